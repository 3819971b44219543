//! `path_readlink` on the host.

use super::HostDirectory;
use crate::abi::Errno;

/// The target of a symbolic link. An absolute one is refused (`EPERM`): it would tell the guest about the host's tree.
pub(super) fn read_link(directory: &HostDirectory, path: &str) -> Result<String, Errno> {
    let target = directory.dir.read_link(path)?;
    target.into_os_string().into_string().map_err(|_| Errno::Ilseq)
}
