//! How much a file system in memory may hold, and how much it holds.
//!
//! Called by: `content` and `tree`, which take before they store and give back when they drop. Calls: nothing.
//!
//! # Invariants
//! Q1 Nothing that a guest can make many of is stored without having been taken from here: contents by blocks, targets of symbolic links by
//!    bytes, names by their number.
//! Q2 What is taken is given back when its node or name goes; a file that is removed while it is open counts until it is closed.

use crate::abi::Errno;

/// Contents are counted in blocks of this many bytes, so that many tiny pieces do not cost more memory than they count for.
const BLOCK: u64 = 512;

/// An amount of storage: what a [`MemoryFs`](super::MemoryFs) holds, or may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of file contents, in blocks of 512, and of the targets of symbolic links. Holes in files are free.
    pub bytes: u64,
    /// Names in directories.
    pub entries: u64,
}

/// The account of a file system.
pub(super) struct Ledger {
    quota: Usage,
    used: Usage,
}

impl Ledger {
    /// An empty account.
    pub(super) fn new(quota: Usage) -> Ledger {
        Ledger { quota, used: Usage { bytes: 0, entries: 0 } }
    }

    /// What is stored.
    pub(super) fn used(&self) -> Usage {
        self.used
    }

    /// How many bytes may still be taken.
    pub(super) fn room(&self) -> u64 {
        self.quota.bytes.saturating_sub(self.used.bytes)
    }

    /// Takes bytes, or fails with `ENOSPC` and takes none.
    pub(super) fn take_bytes(&mut self, count: u64) -> Result<(), Errno> {
        if count > self.room() {
            return Err(Errno::Nospc);
        }
        self.used.bytes += count;
        Ok(())
    }

    /// Gives bytes back.
    pub(super) fn give_bytes(&mut self, count: u64) {
        self.used.bytes = self.used.bytes.saturating_sub(count);
    }

    /// Takes a name, or fails with `ENOSPC`.
    pub(super) fn take_entry(&mut self) -> Result<(), Errno> {
        if self.used.entries >= self.quota.entries {
            return Err(Errno::Nospc);
        }
        self.used.entries += 1;
        Ok(())
    }

    /// Gives a name back.
    pub(super) fn give_entry(&mut self) {
        self.used.entries = self.used.entries.saturating_sub(1);
    }
}

/// What `len` stored bytes count for.
pub(super) fn charge(len: usize) -> u64 {
    (len as u64).next_multiple_of(BLOCK)
}

/// The largest length that counts for no more than `bytes`.
pub(super) fn affordable(bytes: u64) -> u64 {
    bytes - bytes % BLOCK
}
