//! `path_open` in memory.

use super::content::Content;
use super::file::MemoryFile;
use super::handle::Handle;
use super::node::{Kind, NodeId};
use super::tree::Tree;
use super::walk::{Place, Walk};
use super::{Access, MemoryDirectory};
use crate::abi::{Errno, Oflags};
use crate::fs::{OpenOptions, Opened};

/// Opens a file or directory, in the order of checks that Linux has.
pub(super) fn open(directory: &MemoryDirectory, path: &str, options: &OpenOptions) -> Result<Opened, Errno> {
    let oflags = options.oflags;
    if oflags.contains(Oflags::DIRECTORY) && oflags.intersects(Oflags::CREAT | Oflags::EXCL | Oflags::TRUNC) {
        return Err(Errno::Inval);
    }
    let read_only = directory.access == Access::ReadOnly;
    if read_only && (options.write || oflags.intersects(Oflags::TRUNC | Oflags::EXCL)) {
        return Err(Errno::Rofs);
    }
    let mut tree = directory.lock();
    let id = match find(directory, &mut tree, path, options) {
        // In a read-only grant `CREAT` opens what exists.
        Err(Errno::Noent) if read_only && oflags.contains(Oflags::CREAT) => return Err(Errno::Rofs),
        found => found?,
    };
    let is_directory = tree.node(id)?.is_directory();
    let handle = Handle::hold(directory.shared(), &mut tree, id)?;
    let (access, clock) = (directory.access, directory.clock.clone());
    if is_directory {
        return Ok(Opened::Directory(Box::new(MemoryDirectory { handle, access, clock })));
    }
    let read = options.read || !options.write;
    Ok(Opened::File(Box::new(MemoryFile { handle, access, clock, flags: options.fdflags, read, write: options.write, position: 0 })))
}

/// Finds what to open, or makes it, and cuts it if that was asked for.
fn find(directory: &MemoryDirectory, tree: &mut Tree, path: &str, options: &OpenOptions) -> Result<NodeId, Errno> {
    let oflags = options.oflags;
    let creates = oflags.contains(Oflags::CREAT) && directory.access == Access::ReadWrite;
    let exclusive = creates && oflags.contains(Oflags::EXCL);
    let id = match Walk::new(tree, directory.id()).place(path, options.follow && !exclusive, creates)? {
        Place::Free(parent, name) => return tree.create(parent, &name, Kind::File(Content::default()), directory.now()),
        Place::Node(_) if exclusive => return Err(Errno::Exist),
        Place::Node(id) => id,
    };
    let only_directory = oflags.contains(Oflags::DIRECTORY);
    let writes = options.write || creates || oflags.contains(Oflags::TRUNC);
    match &mut tree.node_mut(id)?.kind {
        Kind::Directory(_) if writes => Err(Errno::Isdir),
        Kind::Directory(_) => Ok(id),
        _ if only_directory => Err(Errno::Notdir),
        Kind::Symlink(_) => Err(Errno::Loop),
        // Nothing here stands for the host's devices and pipes, and opening one could wait.
        Kind::Special(_) => Err(Errno::Nxio),
        // A file of the lower directory must be there before anybody relies on it.
        Kind::Lower(_) if !oflags.contains(Oflags::TRUNC) => tree.open_lower(id).map(|_| id),
        Kind::File(_) | Kind::Lower(_) => {
            if oflags.contains(Oflags::TRUNC) {
                truncate(tree, id, directory.now())?;
            }
            Ok(id)
        }
    }
}

/// Cuts a file to nothing; one of the lower directory is not read for that.
fn truncate(tree: &mut Tree, id: NodeId, now: u64) -> Result<(), Errno> {
    let node = tree.node_mut(id)?;
    if let Kind::Lower(_) = node.kind {
        node.kind = Kind::File(Content::default());
    }
    let (node, ledger) = tree.own(id)?;
    let Kind::File(content) = &mut node.kind else { return Err(Errno::Stale) };
    content.set_size(0, ledger)?;
    node.times.touch(now);
    Ok(())
}

/// Opens a directory for the embedder.
pub(super) fn directory(root: &MemoryDirectory, path: &str) -> Result<MemoryDirectory, Errno> {
    let mut tree = root.lock();
    let id = Walk::new(&mut tree, root.id()).node(path, true)?;
    if !tree.node(id)?.is_directory() {
        return Err(Errno::Notdir);
    }
    Ok(MemoryDirectory { handle: Handle::hold(root.shared(), &mut tree, id)?, access: root.access, clock: root.clock.clone() })
}
