//! `path_link` on the host.

use super::HostDirectory;
use crate::abi::Errno;

/// Creates a hard link. A symbolic link as the source is linked itself, not followed.
pub(super) fn link(source: &HostDirectory, path: &str, target: &HostDirectory, target_path: &str) -> Result<(), Errno> {
    source.writable()?;
    target.writable()?;
    Ok(source.dir.hard_link(path, &target.dir, target_path)?)
}
