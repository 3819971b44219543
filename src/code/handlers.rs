//! Where the handlers are: the tables that the executor hands to the translator, by the numbers of ops, forms and superinstructions.
//!
//! Made by: `exec::handlers`. Read by: `translate` (words of code). Calls: nothing.
//!
//! A table of addresses must be put right by the loader whenever a program starts, 32,000 words of it. So where the build script knows that the
//! assembler can do it (`fulgurite_distances`), a table holds distances from its own start, 4 bytes each, which are the same wherever it lies.
//!
//! # Invariants
//! T1. A table of distances is a function without code: entry i, 4 bytes, is the distance from the function's address to a handler, and there are
//!     as many as [`Table::new`] says.
#![cfg_attr(fulgurite_distances, allow(unsafe_code, reason = "reads a table that the assembler made; T1"))]

use super::ops::{IDS, OPS, Op};

/// The address of a handler, its type erased.
#[cfg(not(fulgurite_distances))]
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Handler(pub fn());

#[cfg(not(fulgurite_distances))]
impl Handler {
    /// The word that stands for it in code.
    #[inline(always)]
    pub fn word(self) -> u64 {
        (self.0 as *const ()).expose_provenance() as u64
    }
}

/// Some handlers, by number.
#[cfg(not(fulgurite_distances))]
#[derive(Clone, Copy, Debug)]
pub struct Table(&'static [Handler]);

#[cfg(not(fulgurite_distances))]
impl Table {
    /// A table of addresses.
    pub const fn new(handlers: &'static [Handler]) -> Self {
        Self(handlers)
    }

    /// The word that stands for a handler in code.
    ///
    /// # Panics
    /// If there is no such handler.
    #[inline(always)]
    pub fn word(&self, number: usize) -> u64 {
        self.0[number].word()
    }
}

/// Some handlers, by number.
#[cfg(fulgurite_distances)]
#[derive(Clone, Copy, Debug)]
pub struct Table {
    distances: unsafe extern "C" fn(),
    count: usize,
}

#[cfg(fulgurite_distances)]
impl Table {
    /// No handlers: of ops that a build has no forms of.
    #[cfg(feature = "compact")]
    pub const EMPTY: Self = {
        extern "C" fn nothing() {}
        Self { distances: nothing, count: 0 }
    };

    /// A table of distances.
    ///
    /// # Safety
    /// T1.
    pub const unsafe fn new(distances: unsafe extern "C" fn(), count: usize) -> Self {
        Self { distances, count }
    }

    /// The word that stands for a handler in code.
    ///
    /// # Panics
    /// If there is no such handler.
    #[inline(always)]
    pub fn word(&self, number: usize) -> u64 {
        assert!(number < self.count, "no such handler");
        let table = self.distances as *const ();
        // SAFETY: T1, as whoever made the table has promised.
        let distance = unsafe { table.cast::<i32>().add(number).read() };
        (table.expose_provenance() as u64).wrapping_add_signed(distance.into())
    }
}

/// What a word of code does: an instruction, by its id, or a superinstruction, as [`IDS`] + its place in the list.
pub type Group = u16;

/// All handlers.
#[derive(Clone, Copy, Debug)]
pub struct Handlers {
    /// Of instructions: for each op, its forms in the order of their ids.
    pub singles: &'static [Table; OPS],
    /// Of superinstructions, in the order of the list.
    pub fused: Table,
    /// The same, of those that can branch, for when they go to their own start; others have any handler here.
    pub repeated: Table,
}

impl Handlers {
    /// The word for a group that starts with this op.
    ///
    /// # Panics
    /// If there is no such group.
    #[inline(always)]
    pub fn once(&self, group: Group, first: Op) -> u64 {
        match usize::from(group).checked_sub(IDS) {
            None => self.singles[first as usize].word(usize::from(group - first.info().base)),
            Some(number) => self.fused.word(number),
        }
    }

    /// The word for a group that is to be run again as long as it goes to its own start. None for a single instruction: a loop of nothing but a branch
    /// changes nothing.
    #[inline(always)]
    pub fn repeated(&self, group: Group) -> Option<u64> {
        usize::from(group).checked_sub(IDS).map(|number| self.repeated.word(number))
    }

    /// The word for an op in its first form.
    pub fn word(&self, op: Op) -> u64 {
        self.singles[op as usize].word(0)
    }
}
