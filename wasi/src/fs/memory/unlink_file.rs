//! `path_unlink_file` in memory.

use super::MemoryDirectory;
use super::walk::{Slashes, Walk};
use crate::abi::Errno;

/// Removes a file or a symbolic link; a directory is `EISDIR`. What is open stays until it is closed.
pub(super) fn unlink_file(directory: &MemoryDirectory, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    let mut tree = directory.lock();
    let (parent, name) = Walk::new(&mut tree, directory.id()).parent(path, Slashes::Directory)?;
    let name = name.ok_or(Errno::Isdir)?;
    let id = tree.lookup(parent, name)?;
    if tree.node(id)?.is_directory() {
        return Err(Errno::Isdir);
    }
    tree.remove(parent, name, directory.now())
}
