//! `fd_filestat_set_times` and `path_filestat_set_times` in memory.

use super::MemoryDirectory;
use super::node::NodeId;
use super::tree::Tree;
use super::walk::Walk;
use crate::abi::Errno;
use crate::fs::{NewTime, SetTimes};

/// Sets the times of what the path names; without `follow`, of a symbolic link itself.
pub(super) fn at(directory: &MemoryDirectory, path: &str, follow: bool, times: SetTimes) -> Result<(), Errno> {
    directory.writable()?;
    let mut tree = directory.lock();
    let id = Walk::new(&mut tree, directory.id()).node(path, follow)?;
    set(&mut tree, id, times, directory.now())
}

/// Sets the times of a node.
pub(super) fn set(tree: &mut Tree, id: NodeId, times: SetTimes, now: u64) -> Result<(), Errno> {
    let choose = |time: NewTime| match time {
        NewTime::Now => now,
        NewTime::At(nanoseconds) => nanoseconds,
    };
    let own = &mut tree.node_mut(id)?.times;
    if let Some(time) = times.accessed {
        own.accessed = choose(time);
    }
    if let Some(time) = times.modified {
        own.modified = choose(time);
    }
    own.changed = now;
    Ok(())
}
