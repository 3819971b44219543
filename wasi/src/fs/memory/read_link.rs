//! `path_readlink` in memory.

use super::MemoryDirectory;
use super::node::Kind;
use super::walk::{Slashes, Walk};
use crate::abi::Errno;

/// The target of a symbolic link. An absolute one, which only the embedder or a lower directory can have made, is refused (`EPERM`).
pub(super) fn read_link(directory: &MemoryDirectory, path: &str) -> Result<String, Errno> {
    let mut tree = directory.lock();
    let (parent, name) = Walk::new(&mut tree, directory.id()).parent(path, Slashes::Directory)?;
    let id = tree.lookup(parent, name.ok_or(Errno::Inval)?)?;
    match &tree.node(id)?.kind {
        Kind::Symlink(Ok(target)) if target.starts_with('/') => Err(Errno::Perm),
        Kind::Symlink(Ok(target)) => Ok(target.to_string()),
        Kind::Symlink(Err((_, error))) => Err(*error),
        _ => Err(Errno::Inval),
    }
}
