//! The lock around a tree, and what keeps a node while a descriptor is open.
//!
//! Called by: `directory`, `file`, the operations. Calls: `tree`.
//!
//! # Invariants
//! K1 A handle counts in its node (M1) from its making to its drop. It is made under the lock as the last step that can fail, and dropped
//!    without the lock, which it takes itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::node::NodeId;
use super::tree::Tree;
use crate::abi::Errno;

/// A tree that stores and threads share.
pub(super) struct Shared {
    tree: Mutex<Tree>,
}

impl Shared {
    /// Shares a tree.
    pub(super) fn new(tree: Tree) -> Shared {
        Shared { tree: Mutex::new(tree) }
    }

    /// The tree. Each operation leaves it consistent also where it fails, and none panics, so that a poisoned lock says nothing.
    pub(super) fn lock(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A node that is in use.
pub(super) struct Handle {
    pub(super) shared: Arc<Shared>,
    pub(super) id: NodeId,
}

impl Handle {
    /// Holds a node of the locked tree (K1).
    pub(super) fn hold(shared: &Arc<Shared>, tree: &mut Tree, id: NodeId) -> Result<Handle, Errno> {
        tree.hold(id)?;
        Ok(Handle { shared: Arc::clone(shared), id })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().release(self.id);
    }
}
