//! Exceptions that something refers to: by a reference of a guest, by an error that carries one through the host, or by a handle of the host.
//!
//! An exception that a clause without reference catches is never here: its payload goes from slot to slot.
//! Spec: Execution, Exception Instances. Called by: `runtime::store`, `exec::unwind`, `api`. Calls: nothing.
//!
//! # Invariants
//! X1. A reference to an exception is 0 (null), or [`FIRST`] + the number of an entry of the same store, in 32 bits. An entry is freed only when no
//!     slot that may be read again holds its reference, and nothing of the host does.
//!
//! # Why
//! What refers to an exception is found by looking at every slot that may be alive, whatever its type: references start at a number that is
//! rare among others, so that few exceptions stay too long, and no table of slots is needed. Exceptions do not move.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
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
    /// Whether the collection that runs has found a reference to it.
    marked: bool,
}

/// The first reference: in slots, few other values are so large and fit 32 bits.
const FIRST: Slot = 0xc000_0000;
/// Most exceptions at a time; the last 32-bit numbers, small negative ones, are no references.
const MOST: usize = 0x3fff_0000;

impl Exception {
    /// Bytes that one with such a payload takes.
    fn bytes(payload: &[Slot]) -> usize {
        size_of::<Option<Self>>() + size_of_val(payload)
    }

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
#[derive(Debug, Default)]
pub struct Exceptions {
    /// Apart, since few stores have any.
    kept: Option<Box<Kept>>,
}

#[derive(Debug)]
struct Kept {
    entries: Vec<Option<Exception>>,
    /// Numbers of entries that are free.
    free: Vec<u32>,
    /// How many exceptions make a collection worth while.
    threshold: usize,
    /// Bytes that they take.
    bytes: usize,
    /// How many bytes make a collection worth while.
    byte_threshold: usize,
}

/// Fewer exceptions than this are not worth a collection.
const MIN_THRESHOLD: usize = 4096;
/// Fewer bytes than this are not worth a collection.
const MIN_BYTE_THRESHOLD: usize = 1 << 20;
/// Most bytes that exceptions of a store take: guests choose how long payloads are, and how many exceptions they keep.
const MAX_BYTES: usize = 64 << 20;

impl Default for Kept {
    fn default() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), threshold: MIN_THRESHOLD, bytes: 0, byte_threshold: MIN_BYTE_THRESHOLD }
    }
}

impl Exceptions {
    /// Keeps an exception and gives a reference to it; `None` when numbers or bytes are used up.
    pub fn add(&mut self, tag: u32, payload: &[Slot]) -> Option<Slot> {
        self.kept.get_or_insert_default().add(tag, payload)
    }

    /// The exception that a reference leads to, unless it is null.
    pub fn get(&self, reference: Slot) -> Option<&Exception> {
        self.kept.as_ref()?.get(reference)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.len())
    }

    /// Whether so many have been kept since the last collection that another one is due.
    pub fn is_collection_due(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.len() >= kept.threshold || kept.bytes >= kept.byte_threshold)
    }

    /// All of them: the number of each one's tag, and its payload.
    pub fn payloads(&mut self) -> impl Iterator<Item = (u32, &mut [Slot])> {
        let entries = self.kept.iter_mut().flat_map(|kept| kept.entries.iter_mut().flatten());
        entries.map(|exception| (exception.tag, exception.payload.as_mut_slice()))
    }

    /// Frees all exceptions but those that the host has, those that a slot refers to, and those that are in the payload of one that stays.
    pub fn collect(&mut self, slots: impl Iterator<Item = Slot>) {
        if let Some(kept) = &mut self.kept {
            kept.collect(slots);
        }
    }
}

impl Kept {
    fn add(&mut self, tag: u32, payload: &[Slot]) -> Option<Slot> {
        let bytes = self.bytes + Exception::bytes(payload);
        if bytes > MAX_BYTES {
            return None;
        }
        let exception = Exception { tag, payload: payload.into(), carried: Once::new(), pinned: AtomicBool::new(false), marked: false };
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                let number = u32::try_from(self.entries.len()).ok().filter(|_| self.entries.len() < MOST)?;
                self.entries.push(None);
                number
            }
        };
        *self.entries.get_mut(number as usize)? = Some(exception);
        self.bytes = bytes;
        Some(FIRST + Slot::from(number))
    }

    fn get(&self, reference: Slot) -> Option<&Exception> {
        self.entries.get(usize::try_from(reference.checked_sub(FIRST)?).ok()?)?.as_ref()
    }

    fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    fn collect(&mut self, slots: impl Iterator<Item = Slot>) {
        let mut found = Vec::new();
        let held = (FIRST..).zip(&self.entries).filter(|(_, entry)| entry.as_ref().is_some_and(Exception::is_held));
        let held: Vec<Slot> = held.map(|(reference, _)| reference).collect();
        for slot in held.into_iter().chain(slots) {
            self.mark(slot, &mut found);
        }
        while let Some(reference) = found.pop() {
            let payload = self.get(reference).map(|exception| exception.payload.clone()).unwrap_or_default();
            for slot in payload {
                self.mark(slot, &mut found);
            }
        }
        self.sweep();
    }

    /// If a slot refers to an exception that was not found yet, notes it.
    fn mark(&mut self, slot: Slot, found: &mut Vec<Slot>) {
        let entry = slot.checked_sub(FIRST).and_then(|number| self.entries.get_mut(usize::try_from(number).ok()?)?.as_mut());
        if let Some(exception) = entry.filter(|exception| !exception.marked) {
            exception.marked = true;
            found.push(slot);
        }
    }

    /// Frees what is not marked, and takes the marks away.
    fn sweep(&mut self) {
        for (number, entry) in (0..).zip(&mut self.entries) {
            match entry {
                Some(exception) if exception.marked => exception.marked = false,
                Some(exception) => {
                    self.bytes -= Exception::bytes(&exception.payload);
                    *entry = None;
                    self.free.push(number);
                }
                None => {}
            }
        }
        self.threshold = (2 * self.len()).max(MIN_THRESHOLD);
        // Near the end of all bytes, every exception is worth a collection.
        self.byte_threshold = (2 * self.bytes).clamp(MIN_BYTE_THRESHOLD, MAX_BYTES - MAX_BYTES / 16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_bounded() {
        let mut exceptions = Exceptions::default();
        let payload = [5; 1000];
        let count = (0..).take_while(|_| exceptions.add(0, &payload).is_some()).count();
        assert!(exceptions.kept.as_ref().unwrap().bytes <= MAX_BYTES && count * size_of_val(&payload) > MAX_BYTES * 9 / 10);
        assert!(exceptions.is_collection_due());
        exceptions.collect(core::iter::empty());
        assert_eq!((exceptions.len(), exceptions.kept.as_ref().unwrap().bytes), (0, 0));
        assert!(exceptions.add(0, &payload).is_some() && !exceptions.is_collection_due());
    }

    #[test]
    fn what_nothing_holds_is_swept() {
        let mut exceptions = Exceptions::default();
        let references: Vec<Slot> = (0..4).map(|tag| exceptions.add(tag, &[7, u64::from(tag)]).unwrap()).collect();
        exceptions.get(references[1]).unwrap().pin();
        let token = exceptions.get(references[2]).unwrap().carry();
        exceptions.collect([references[3], 17, u64::MAX].into_iter());
        assert_eq!(exceptions.len(), 3);
        assert!(exceptions.get(references[0]).is_none());
        drop(token);
        let inner = exceptions.add(8, &[references[3]]).unwrap();
        exceptions.collect([inner].into_iter());
        assert_eq!(exceptions.len(), 3);
        assert!(exceptions.get(references[2]).is_none());
        assert_eq!(inner, references[0]);
        assert_eq!(exceptions.get(references[3]).map(|exception| exception.payload.as_slice()), Some(&[7, 3][..]));
        assert!(exceptions.get(0).is_none() && exceptions.get(u64::MAX).is_none());
    }
}
