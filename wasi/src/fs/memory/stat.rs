//! `path_filestat_get` in memory.

use super::MemoryDirectory;
use super::walk::Walk;
use crate::abi::{Errno, Filestat};

/// Attributes of what the path names.
pub(super) fn at(directory: &MemoryDirectory, path: &str, follow: bool) -> Result<Filestat, Errno> {
    let mut tree = directory.lock();
    let id = Walk::new(&mut tree, directory.id()).node(path, follow)?;
    Ok(tree.node(id)?.filestat())
}
