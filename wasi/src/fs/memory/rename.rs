//! `path_rename` in memory.

use super::MemoryDirectory;
use super::tree::Tree;
use super::walk::{Slashes, Walk};
use crate::abi::Errno;

/// Renames, within one granted directory or across two of the same file system. What is replaced goes with its last descriptor.
pub(super) fn rename(source: &MemoryDirectory, path: &str, target: &MemoryDirectory, target_path: &str) -> Result<(), Errno> {
    source.writable()?;
    target.writable()?;
    let mut tree = source.lock();
    let (from, name) = Walk::new(&mut tree, source.id()).parent(path, Slashes::Ignored)?;
    let (to, new_name) = Walk::new(&mut tree, target.id()).parent(target_path, Slashes::Ignored)?;
    let (name, new_name) = (name.ok_or(Errno::Busy)?, new_name.ok_or(Errno::Busy)?);
    let old = tree.lookup(from, name)?;
    let replaced = tree.find(to, new_name)?;
    let is_directory = tree.node(old)?.is_directory();
    if !is_directory && (path.ends_with('/') || target_path.ends_with('/')) {
        return Err(Errno::Notdir);
    }
    if is_directory && tree.lies_in(to, old)? {
        return Err(Errno::Inval);
    }
    if let Some(replaced) = replaced {
        if tree.node(replaced)?.is_directory() && tree.lies_in(from, replaced)? {
            return Err(Errno::Notempty);
        }
        if replaced == old {
            return Ok(());
        }
        check_replaceable(&tree, is_directory, replaced)?;
        tree.remove(to, new_name, target.now())?;
    }
    tree.rename((from, name), (to, new_name), target.now())
}

/// A directory replaces an empty directory, anything else replaces anything else.
fn check_replaceable(tree: &Tree, is_directory: bool, replaced: super::node::NodeId) -> Result<(), Errno> {
    match (is_directory, tree.node(replaced)?.is_directory()) {
        (true, false) => Err(Errno::Notdir),
        (false, true) => Err(Errno::Isdir),
        (true, true) if !tree.is_empty(replaced)? => Err(Errno::Notempty),
        _ => Ok(()),
    }
}
