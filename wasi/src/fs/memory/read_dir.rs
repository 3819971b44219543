//! Listing a directory in memory for `fd_readdir`.

use super::MemoryDirectory;
use crate::abi::Errno;
use crate::fs::Listing;

/// Lists the directory at this moment, by name.
pub(super) fn read_dir(directory: &MemoryDirectory) -> Result<Listing, Errno> {
    directory.lock().list(directory.id())
}
