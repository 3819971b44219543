//! An open directory of a file system in memory.
//!
//! Called by: the embedder, `ctx` (grants), `open`. Calls: the operations, one per file as on the host, and for the same reason.
//!
//! # Invariants
//! H2 and H3 of the host's directories hold here too: what changes anything asks [`MemoryDirectory::writable`] first, and what is opened
//! inherits the access.

use std::any::Any;
use std::sync::{Arc, MutexGuard};

use super::handle::{Handle, Shared};
use super::node::NodeId;
use super::tree::Tree;
use super::{create_directory, link, open, read_dir, read_link, remove_directory, rename, set_times, stat, symlink, unlink_file};
use crate::abi::{Errno, Filestat};
use crate::clock::Clock;
use crate::fs::host::Access;
use crate::fs::{Directory, Listing, OpenOptions, Opened, SetTimes};

/// A directory of a [`MemoryFs`](super::MemoryFs), to be granted to a guest.
pub struct MemoryDirectory {
    pub(super) handle: Handle,
    pub(super) access: Access,
    pub(super) clock: Clock,
}

impl MemoryDirectory {
    /// The tree.
    pub(super) fn lock(&self) -> MutexGuard<'_, Tree> {
        self.shared().lock()
    }

    /// The tree, to share.
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// The directory's node.
    pub(super) fn id(&self) -> NodeId {
        self.handle.id
    }

    /// The present.
    pub(super) fn now(&self) -> u64 {
        self.clock.time_of_day()
    }

    /// H2: refuses a change in a read-only grant.
    pub(super) fn writable(&self) -> Result<(), Errno> {
        match self.access {
            Access::ReadOnly => Err(Errno::Rofs),
            Access::ReadWrite => Ok(()),
        }
    }

    /// The other directory of an operation on two, if it is one of this file system.
    fn peer<'d>(&self, target: &'d dyn Directory) -> Result<&'d MemoryDirectory, Errno> {
        let target: &dyn Any = target;
        let target: &MemoryDirectory = target.downcast_ref().ok_or(Errno::Xdev)?;
        if Arc::ptr_eq(self.shared(), target.shared()) { Ok(target) } else { Err(Errno::Xdev) }
    }
}

impl std::fmt::Debug for MemoryDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryDirectory").field("access", &self.access).finish_non_exhaustive()
    }
}

impl Directory for MemoryDirectory {
    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(self.lock().node(self.id())?.filestat())
    }

    fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        self.writable()?;
        set_times::set(&mut self.lock(), self.id(), times, self.now())
    }

    fn sync(&self, _: bool) -> Result<(), Errno> {
        Ok(())
    }

    fn read_dir(&self) -> Result<Listing, Errno> {
        read_dir::read_dir(self)
    }

    fn open(&self, path: &str, options: &OpenOptions) -> Result<Opened, Errno> {
        open::open(self, path, options)
    }

    fn create_directory(&self, path: &str) -> Result<(), Errno> {
        create_directory::create_directory(self, path)
    }

    fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat, Errno> {
        stat::at(self, path, follow)
    }

    fn set_times_at(&self, path: &str, follow: bool, times: SetTimes) -> Result<(), Errno> {
        set_times::at(self, path, follow, times)
    }

    fn link(&self, path: &str, target: &dyn Directory, target_path: &str) -> Result<(), Errno> {
        link::link(self, path, self.peer(target)?, target_path)
    }

    fn read_link(&self, path: &str) -> Result<String, Errno> {
        read_link::read_link(self, path)
    }

    fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        remove_directory::remove_directory(self, path)
    }

    fn rename(&self, path: &str, target: &dyn Directory, target_path: &str) -> Result<(), Errno> {
        rename::rename(self, path, self.peer(target)?, target_path)
    }

    fn symlink(&self, contents: &str, path: &str) -> Result<(), Errno> {
        symlink::symlink(self, contents, path)
    }

    fn unlink_file(&self, path: &str) -> Result<(), Errno> {
        unlink_file::unlink_file(self, path)
    }
}
