//! Exceptions that something refers to: by a reference of a guest, by an error that carries one through the host, or by a handle of the host.
//!
//! An exception that a clause without reference catches is never here: its payload goes from slot to slot.
//! Spec: Execution, Exception Instances. Called by: `exec::unwind`, `api`. Calls: nothing.
//!
//! # Invariants
//! X1. A reference to an exception is 0 (null), or 1 + the number of an entry of the same store; an entry is given to another exception only
//!     after [`Exceptions::sweep`] has found it unmarked, and nothing of the host holds it.

use alloc::{sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering};

use smallvec::SmallVec;
use spin::Once;

use super::context::Slot;

/// An exception.
#[derive(Debug)]
pub struct Exception {
    /// The number of its tag in the store.
    pub tag: u32,
    /// The values that it carries, as slots.
    pub payload: SmallVec<[Slot; 2]>,
    /// Shared with the errors that carry it.
    carried: Once<Arc<()>>,
    /// Whether the host has a handle, which lives as long as the store.
    pinned: AtomicBool,
    /// Whether the collection that runs has reached it.
    marked: bool,
}

impl Exception {
    /// Lets an error carry it: it stays as long as the token that is given, or a copy of it.
    pub fn carry(&self) -> Arc<()> {
        self.carried.call_once(Arc::default).clone()
    }

    /// Keeps it as long as the store lives.
    pub fn pin(&self) {
        self.pinned.store(true, Ordering::Relaxed);
    }

    /// Whether the host has it.
    fn is_held(&self) -> bool {
        self.pinned.load(Ordering::Relaxed) || self.carried.get().is_some_and(|token| Arc::strong_count(token) > 1)
    }
}

/// The exceptions of a store.
#[derive(Debug)]
pub struct Exceptions {
    entries: Vec<Option<Exception>>,
    /// Numbers of entries that are free.
    free: Vec<u32>,
    /// How many exceptions make a collection worth while.
    threshold: usize,
}

/// Fewer exceptions than this are not worth a collection.
const MIN_THRESHOLD: usize = 4096;

impl Default for Exceptions {
    fn default() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), threshold: MIN_THRESHOLD }
    }
}

impl Exceptions {
    /// Keeps an exception and gives a reference to it; `None` when numbers are used up.
    pub fn add(&mut self, tag: u32, payload: &[Slot]) -> Option<Slot> {
        let exception = Exception { tag, payload: payload.into(), carried: Once::new(), pinned: AtomicBool::new(false), marked: false };
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                let number = u32::try_from(self.entries.len()).ok()?;
                self.entries.push(None);
                number
            }
        };
        *self.entries.get_mut(number as usize)? = Some(exception);
        Some(Slot::from(number) + 1)
    }

    /// The exception that a reference leads to, unless it is null.
    pub fn get(&self, reference: Slot) -> Option<&Exception> {
        self.entries.get(usize::try_from(reference.checked_sub(1)?).ok()?)?.as_ref()
    }

    fn get_mut(&mut self, reference: Slot) -> Option<&mut Exception> {
        self.entries.get_mut(usize::try_from(reference.checked_sub(1)?).ok()?)?.as_mut()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Whether so many have been kept since the last collection that another one is due.
    pub fn is_collection_due(&self) -> bool {
        self.len() >= self.threshold
    }

    /// Marks the exception that a reference leads to; gives its tag and payload if that is new, so that what they refer to can be marked too.
    pub fn mark(&mut self, reference: Slot) -> Option<(u32, SmallVec<[Slot; 2]>)> {
        let exception = self.get_mut(reference).filter(|exception| !exception.marked)?;
        exception.marked = true;
        Some((exception.tag, exception.payload.clone()))
    }

    /// References to what the host holds.
    pub fn roots(&self) -> impl Iterator<Item = Slot> {
        (1..).zip(&self.entries).filter(|(_, entry)| entry.as_ref().is_some_and(Exception::is_held)).map(|(reference, _)| reference)
    }

    /// Frees what is not marked, and takes the marks away.
    pub fn sweep(&mut self) {
        for (number, entry) in (0..).zip(&mut self.entries) {
            match entry {
                Some(exception) if exception.marked => exception.marked = false,
                Some(_) => {
                    *entry = None;
                    self.free.push(number);
                }
                None => {}
            }
        }
        self.threshold = (2 * self.len()).max(MIN_THRESHOLD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_holds_is_swept() {
        let mut exceptions = Exceptions::default();
        let references: Vec<Slot> = (0..4).map(|tag| exceptions.add(tag, &[7, u64::from(tag)]).unwrap()).collect();
        exceptions.get(references[1]).unwrap().pin();
        let token = exceptions.get(references[2]).unwrap().carry();
        for root in exceptions.roots().collect::<Vec<_>>() {
            assert!(exceptions.mark(root).is_some());
        }
        assert!(exceptions.mark(references[3]).is_some());
        assert!(exceptions.mark(references[3]).is_none());
        exceptions.sweep();
        assert_eq!(exceptions.len(), 3);
        assert!(exceptions.get(references[0]).is_none());
        drop(token);
        assert_eq!(exceptions.roots().collect::<Vec<_>>(), [references[1]]);
        assert_eq!(exceptions.add(9, &[]), Some(references[0]));
        assert_eq!(exceptions.get(references[3]).map(|exception| exception.payload.as_slice()), Some(&[7, 3][..]));
        assert!(exceptions.get(0).is_none() && exceptions.get(u64::MAX).is_none());
    }
}
