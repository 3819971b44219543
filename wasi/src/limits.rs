//! What one guest may use up: bytes that it writes, and the sizes of single calls.
//!
//! Called by: `ctx` (grants), `calls`, `guest`. The number of open descriptors is bounded by `descriptor`, time by `wait`.

use crate::abi::Errno;

/// The longest path that a guest may pass, in bytes, unless the embedder says otherwise: that of common hosts.
pub(crate) const PATH_MAX: u32 = 4096;

/// The most subscriptions of one poll, unless the embedder says otherwise.
const SUBSCRIPTIONS_MAX: u32 = 1 << 14;

/// The limits of a guest.
pub(crate) struct Limits {
    /// The longest path, in bytes.
    pub(crate) path: u32,
    /// The most subscriptions of one poll.
    pub(crate) subscriptions: u32,
    /// How many bytes may still be written.
    pub(crate) to_write: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { path: PATH_MAX, subscriptions: SUBSCRIPTIONS_MAX, to_write: u64::MAX }
    }
}

impl Limits {
    /// How many of `wanted` bytes may be written now; `EDQUOT` if none.
    pub(crate) fn writable(&self, wanted: u64) -> Result<u64, Errno> {
        if self.to_write == 0 && wanted > 0 { Err(Errno::Dquot) } else { Ok(wanted.min(self.to_write)) }
    }

    /// Counts bytes that were written; a limit that was never set does not shrink.
    pub(crate) fn wrote(&mut self, bytes: u64) {
        if self.to_write != u64::MAX {
            self.to_write = self.to_write.saturating_sub(bytes);
        }
    }

    /// Counts storage that is to be reserved; `EDQUOT` if it is too much.
    pub(crate) fn reserve(&mut self, bytes: u64) -> Result<(), Errno> {
        if bytes > self.to_write {
            return Err(Errno::Dquot);
        }
        self.wrote(bytes);
        Ok(())
    }
}
