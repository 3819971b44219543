//! References that the host holds: by number, in the order in which they were made, until their scope ends.
//!
//! Called by: `runtime::store` (collections), `api`.

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::runtime::context::Slot;
use crate::util::sync::Mutex;

/// A root: where it lies, and which of all that ever lay there it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RootId {
    index: u32,
    serial: u32,
}

/// The references that the host holds. Reading a value makes a root, and needs no exclusive store; hence the lock.
#[derive(Debug, Default)]
pub struct Roots {
    /// Apart, since few stores have any.
    held: Mutex<Option<Box<Held>>>,
    /// How many there are, for those who need not lock.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Held {
    slots: Vec<Slot>,
    serials: Vec<u32>,
    last_serial: u32,
}

impl Roots {
    /// Keeps a reference.
    pub fn add(&self, reference: Slot) -> RootId {
        let mut held = self.held.lock();
        let held = held.get_or_insert_default();
        held.last_serial = held.last_serial.wrapping_add(1);
        let serial = held.last_serial;
        // A root takes 12 bytes: before numbers are used up, memory is.
        let index = held.slots.len() as u32;
        held.slots.push(reference);
        held.serials.push(serial);
        self.count.store(held.slots.len(), Ordering::Relaxed);
        RootId { index, serial }
    }

    /// The reference that a root holds; `None` once its scope has ended.
    pub fn get(&self, id: RootId) -> Option<Slot> {
        let held = self.held.lock();
        let held = held.as_ref()?;
        let index = id.index as usize;
        (held.serials.get(index) == Some(&id.serial)).then(|| held.slots.get(index).copied()).flatten()
    }

    /// How many there are: the mark of a scope that begins.
    pub fn mark(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Ends the scope that began at this mark.
    pub fn release(&self, mark: usize) {
        if self.mark() <= mark {
            return;
        }
        if let Some(held) = self.held.lock().as_mut() {
            held.slots.truncate(mark);
            held.serials.truncate(mark);
        }
        self.count.store(mark, Ordering::Relaxed);
    }

    /// All references, to change.
    pub fn update(&mut self, change: impl FnMut(&mut Slot)) {
        if let Some(held) = self.held.lock().as_mut() {
            held.slots.iter_mut().for_each(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_end_with_their_scope() {
        let roots = Roots::default();
        let outer = roots.add(8);
        let mark = roots.mark();
        let inner = roots.add(16);
        assert_eq!((roots.get(outer), roots.get(inner)), (Some(8), Some(16)));
        roots.release(mark);
        let other = roots.add(24);
        assert_eq!((roots.get(outer), roots.get(inner), roots.get(other)), (Some(8), None, Some(24)));
    }
}
