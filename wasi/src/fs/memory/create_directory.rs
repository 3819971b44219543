//! `path_create_directory` in memory.

use std::collections::BTreeMap;

use super::MemoryDirectory;
use super::node::{Entries, Kind};
use super::walk::{Slashes, Walk};
use crate::abi::Errno;

/// Creates a directory. Slashes after its name change nothing.
pub(super) fn create_directory(directory: &MemoryDirectory, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    let mut tree = directory.lock();
    let (parent, name) = Walk::new(&mut tree, directory.id()).parent(path, Slashes::Ignored)?;
    let name = name.ok_or(Errno::Exist)?;
    if tree.find(parent, name)?.is_some() {
        return Err(Errno::Exist);
    }
    let kind = Kind::Directory(Entries { names: BTreeMap::new(), parent });
    tree.create(parent, name, kind, directory.now()).map(drop)
}
