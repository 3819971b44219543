//! `path_symlink` in memory.

use std::sync::Arc;

use super::MemoryDirectory;
use super::node::Kind;
use super::walk::{Slashes, Walk};
use crate::abi::Errno;

/// The longest target of a symbolic link, that of common hosts.
const TARGET_MAX: usize = 4095;

/// Creates a symbolic link for a guest. Absolute contents are refused (`EPERM`), as on the host.
pub(super) fn symlink(directory: &MemoryDirectory, contents: &str, path: &str) -> Result<(), Errno> {
    directory.writable()?;
    if contents.starts_with('/') {
        return Err(Errno::Perm);
    }
    create(directory, contents, path)
}

/// Creates a symbolic link with any contents; one that leads out is made, and not followed.
pub(super) fn create(directory: &MemoryDirectory, contents: &str, path: &str) -> Result<(), Errno> {
    let mut tree = directory.lock();
    let (parent, name) = Walk::new(&mut tree, directory.id()).parent(path, Slashes::Directory)?;
    if contents.is_empty() {
        return Err(Errno::Noent);
    }
    if contents.len() > TARGET_MAX {
        return Err(Errno::Nametoolong);
    }
    let name = name.ok_or(Errno::Exist)?;
    if tree.find(parent, name)?.is_some() {
        return Err(Errno::Exist);
    }
    tree.create(parent, name, Kind::Symlink(Ok(Arc::from(contents))), directory.now()).map(drop)
}
