//! `path_unlink_file` on the host.

use cap_fs_ext::DirExt;

use super::HostDirectory;
use crate::abi::Errno;

/// Removes a file or a symbolic link; a directory is `EISDIR`.
pub(super) fn unlink_file(directory: &HostDirectory, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    Ok(directory.dir.remove_file_or_symlink(path)?)
}
