//! `path_remove_directory` in memory.

use super::MemoryDirectory;
use super::walk::{Slashes, Walk};
use crate::abi::Errno;

/// Removes an empty directory. Slashes after its name change nothing.
pub(super) fn remove_directory(directory: &MemoryDirectory, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    let mut tree = directory.lock();
    let (parent, name) = Walk::new(&mut tree, directory.id()).parent(path, Slashes::Ignored)?;
    let name = name.ok_or(Errno::Inval)?;
    let id = tree.lookup(parent, name)?;
    if !tree.node(id)?.is_directory() {
        return Err(Errno::Notdir);
    }
    if !tree.is_empty(id)? {
        return Err(Errno::Notempty);
    }
    tree.remove(parent, name, directory.now())
}
