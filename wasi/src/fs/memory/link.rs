//! `path_link` in memory.

use super::MemoryDirectory;
use super::walk::{Slashes, Walk};
use crate::abi::Errno;

/// Creates a hard link. A symbolic link as the source is linked itself, not followed; a directory is `EPERM`.
pub(super) fn link(source: &MemoryDirectory, path: &str, target: &MemoryDirectory, target_path: &str) -> Result<(), Errno> {
    source.writable()?;
    target.writable()?;
    let mut tree = source.lock();
    let from = Walk::new(&mut tree, source.id()).parent(path, Slashes::Directory)?;
    let to = Walk::new(&mut tree, target.id()).parent(target_path, Slashes::Directory)?;
    let old = match from.1 {
        Some(name) => tree.lookup(from.0, name)?,
        None => from.0,
    };
    let name = to.1.ok_or(Errno::Exist)?;
    if tree.find(to.0, name)?.is_some() {
        return Err(Errno::Exist);
    }
    tree.check_alive(to.0)?;
    if tree.node(old)?.is_directory() {
        return Err(Errno::Perm);
    }
    tree.link(to.0, name, old, target.now())
}
