//! `path_remove_directory` on the host.

use super::HostDirectory;
use crate::abi::Errno;

/// Removes an empty directory. Slashes after its name change nothing here, and `cap-std` would read them as a final `.`.
pub(super) fn remove_directory(directory: &HostDirectory, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    let name = path.trim_end_matches('/');
    Ok(directory.dir.remove_dir(if name.is_empty() { path } else { name })?)
}
