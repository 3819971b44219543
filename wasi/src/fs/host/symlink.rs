//! `path_symlink` on the host.

use cap_fs_ext::DirExt;

use super::HostDirectory;
use crate::abi::Errno;

/// Creates a symbolic link. Absolute contents are refused (`EPERM`): other programs of the host could be led astray by them.
pub(super) fn symlink(directory: &HostDirectory, contents: &str, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    Ok(DirExt::symlink(&directory.dir, contents, path)?)
}
