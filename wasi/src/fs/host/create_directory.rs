//! `path_create_directory` on the host.

use super::HostDirectory;
use crate::abi::Errno;

/// Creates a directory.
pub(super) fn create_directory(directory: &HostDirectory, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    Ok(directory.dir.create_dir(path)?)
}
