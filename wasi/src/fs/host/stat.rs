//! `fd_filestat_get` and `path_filestat_get` on the host.

use cap_fs_ext::{FileTypeExt, MetadataExt};
use cap_std::fs::{FileType, Metadata};
use cap_std::time::SystemTime;

use super::{HostDirectory, follows};
use crate::abi::{Errno, Filestat, Filetype};

/// Attributes of the directory itself.
pub(super) fn directory(directory: &HostDirectory) -> Result<Filestat, Errno> {
    Ok(from_metadata(&directory.dir.dir_metadata()?))
}

/// Attributes of what the path names.
///
/// A plain name is looked at without following it first, which is one call of the host that can't leave the directory. Only if it is a symbolic link
/// it is resolved, from the start: should it be something else by then, that is what the guest sees. Nothing of the first look is used for the
/// second.
pub(super) fn at(directory: &HostDirectory, path: &str, follow: bool) -> Result<Filestat, Errno> {
    let follow = follows(path, follow);
    if !follow || is_plain(path) {
        let metadata = directory.dir.symlink_metadata(path)?;
        if !follow || !metadata.is_symlink() {
            return Ok(from_metadata(&metadata));
        }
    }
    Ok(from_metadata(&directory.dir.metadata(path)?))
}

/// Whether a path is one name, which means something in the directory itself and nowhere else unless it is a symbolic link.
fn is_plain(path: &str) -> bool {
    !path.contains('/') && !matches!(path, "" | "." | "..")
}

/// The host's attributes in the guest's form.
pub(super) fn from_metadata(metadata: &Metadata) -> Filestat {
    Filestat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        filetype: filetype(metadata.file_type()),
        nlink: metadata.nlink(),
        size: metadata.len(),
        atim: metadata.accessed().map_or(0, nanoseconds),
        mtim: metadata.modified().map_or(0, nanoseconds),
        ctim: changed(metadata),
    }
}

/// Last change of the attributes.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> u64 {
    use cap_std::fs::MetadataExt as _;
    let seconds = u64::try_from(cap_std::fs::MetadataExt::ctime(metadata)).unwrap_or(0);
    let nanoseconds = u64::try_from(metadata.ctime_nsec()).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

/// Last change of the attributes; hosts that do not keep it give the time of creation.
#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> u64 {
    metadata.created().map_or(0, nanoseconds)
}

/// Nanoseconds since 1970; earlier times are 0, and times after 2554 the greatest number.
fn nanoseconds(time: SystemTime) -> u64 {
    match time.into_std().duration_since(std::time::SystemTime::UNIX_EPOCH) {
        Ok(duration) => u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX),
        Err(_) => 0,
    }
}

/// The host's file type in the guest's form. Preview 1 has no name for a pipe.
pub(super) fn filetype(filetype: FileType) -> Filetype {
    if filetype.is_file() {
        Filetype::RegularFile
    } else if filetype.is_dir() {
        Filetype::Directory
    } else if filetype.is_symlink() {
        Filetype::SymbolicLink
    } else if FileTypeExt::is_char_device(&filetype) {
        Filetype::CharacterDevice
    } else if FileTypeExt::is_block_device(&filetype) {
        Filetype::BlockDevice
    } else if FileTypeExt::is_socket(&filetype) {
        Filetype::SocketStream
    } else {
        Filetype::Unknown
    }
}
