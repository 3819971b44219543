//! `path_rename` on the host.

use super::HostDirectory;
use crate::abi::Errno;

/// Renames, within one granted directory or across two.
pub(super) fn rename(source: &HostDirectory, path: &str, target: &HostDirectory, target_path: &str) -> Result<(), Errno> {
    source.writable()?;
    target.writable()?;
    Ok(source.dir.rename(path, &target.dir, target_path)?)
}
