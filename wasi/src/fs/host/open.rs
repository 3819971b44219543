//! `path_open` on the host.
//!
//! Nothing is waited for here: every descriptor is opened, and stays, `O_NONBLOCK`, which means something to pipes, terminals and the like only. So a
//! pipe of the host's file system is open for reading at once, and its first read waits for a writer (`file`); one for writing that nobody reads is
//! `EAGAIN`, and the call is made again after a while (`wait`).

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, File, OpenOptions as HostOptions};

use super::{Access, HostDirectory, HostFile, stat};
use crate::abi::{Errno, Fdflags, Filetype, Oflags};
use crate::fs::{OpenOptions, Opened};

/// Opens a file or directory; what it is, is asked of the opened object and never of the path.
pub(super) fn open(directory: &HostDirectory, path: &str, options: &OpenOptions) -> Result<Opened, Errno> {
    let oflags = options.oflags;
    if oflags.contains(Oflags::DIRECTORY) && oflags.intersects(Oflags::CREAT | Oflags::EXCL | Oflags::TRUNC) {
        return Err(Errno::Inval);
    }
    let opened = match directory.access {
        Access::ReadWrite => open_writable(directory, path, options),
        Access::ReadOnly => open_read_only(directory, path, options),
    };
    let file = match opened {
        Err(Errno::Nxio) if !options.fdflags.contains(Fdflags::NONBLOCK) && is_pipe(directory, path, options) => return Err(Errno::Again),
        opened => opened?,
    };
    let filetype = stat::filetype(file.metadata()?.file_type());
    if filetype == Filetype::Directory {
        if options.write {
            return Err(Errno::Isdir);
        }
        let dir = Dir::from_std_file(file.into_std());
        return Ok(Opened::Directory(Box::new(HostDirectory { dir, access: directory.access })));
    }
    if oflags.contains(Oflags::DIRECTORY) {
        return Err(Errno::Notdir);
    }
    let writers = filetype == Filetype::Unknown && !options.write;
    Ok(Opened::File(Box::new(HostFile::opened(file, filetype, directory.access, options.fdflags)?.awaiting_writer(writers))))
}

/// Whether what could not be opened is a pipe that nobody reads, and not a socket or a device that is not there. If it has been exchanged meanwhile,
/// the guest waits once in vain, or not once.
fn is_pipe(directory: &HostDirectory, path: &str, options: &OpenOptions) -> bool {
    options.write && stat::at(directory, path, options.follow).is_ok_and(|stat| stat.filetype == Filetype::Unknown)
}

/// Opens in a grant that allows changes.
fn open_writable(directory: &HostDirectory, path: &str, options: &OpenOptions) -> Result<File, Errno> {
    let creates = options.oflags.contains(Oflags::CREAT);
    // The host creates and truncates only through a writable descriptor; the rights of the guest's descriptor stay those it asked for.
    let write = options.write || creates || options.oflags.contains(Oflags::TRUNC);
    let mut host = host_options(options, write);
    if creates {
        host.create(true).create_new(options.oflags.contains(Oflags::EXCL));
    }
    host.truncate(options.oflags.contains(Oflags::TRUNC));
    match directory.dir.open_with(path, &host).map_err(Errno::from) {
        // An existing file that may only be read: `CREAT` alone must still open it.
        Err(Errno::Acces | Errno::Rofs) if !options.write && options.oflags == Oflags::CREAT => {
            Ok(directory.dir.open_with(path, &host_options(options, false))?)
        }
        result => result,
    }
}

/// Opens in a read-only grant (H2). `CREAT` opens what exists, as it does on a read-only file system.
fn open_read_only(directory: &HostDirectory, path: &str, options: &OpenOptions) -> Result<File, Errno> {
    if options.write || options.oflags.intersects(Oflags::TRUNC | Oflags::EXCL) {
        return Err(Errno::Rofs);
    }
    match directory.dir.open_with(path, &host_options(options, false)).map_err(Errno::from) {
        Err(Errno::Noent) if options.oflags.contains(Oflags::CREAT) => Err(Errno::Rofs),
        result => result,
    }
}

/// The host's options, without creation and truncation.
fn host_options(options: &OpenOptions, write: bool) -> HostOptions {
    let directory = options.oflags.contains(Oflags::DIRECTORY);
    let mut host = HostOptions::new();
    host.read(options.read || !options.write || directory).write(write).maybe_dir(true);
    host.follow(if options.follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
    host.nonblock(true);
    #[cfg(unix)]
    if directory {
        use cap_std::fs::OpenOptionsExt;
        host.custom_flags(super::sys::O_DIRECTORY);
    }
    host
}

/// Opens the directory again as a descriptor that can be synchronised: the one that resolves paths may not be readable.
pub(super) fn reopen(directory: &HostDirectory) -> Result<HostFile, Errno> {
    let mut host = HostOptions::new();
    host.read(true).maybe_dir(true);
    let file = directory.dir.open_with(".", &host)?;
    HostFile::opened(file, Filetype::Directory, Access::ReadWrite, Fdflags::empty())
}
