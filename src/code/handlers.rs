//! Where the handlers are: the tables that the executor hands to the translator, by the numbers of ops, forms and superinstructions.
//!
//! Made by: `exec::handlers`. Read by: `translate` (words of code). Calls: nothing.
//!
//! A table of addresses must be put right by the loader whenever a program starts, 19,000 words of it. So where the build script knows that the
//! assembler can do it (`fulgurite_distances`), a table holds distances from its own start, 4 bytes each, which are the same wherever it lies.
//!
//! # Invariants
//! T1. A table of distances is a function without code: entry i, 4 bytes, is the distance from the function's address to a handler, and there are
//!     as many as [`Table::new`] says.
#![cfg_attr(fulgurite_distances, allow(unsafe_code, reason = "reads a table that the assembler made; T1"))]

use super::ops::{IDS, OPS, Op};

/// The address of a handler, its type erased.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Handler(pub fn());

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

/// The handlers that run a group again as long as it goes to its own start.
#[derive(Clone, Copy, Debug)]
pub struct Repeated {
    /// By group: 1 + the number of its handler, or 0.
    pub numbers: &'static [u16],
    /// The handlers.
    pub handlers: &'static [Handler],
}

/// All handlers.
#[derive(Clone, Copy, Debug)]
pub struct Handlers {
    /// Of instructions: for each op, its forms in the order of their ids.
    pub singles: &'static [Table; OPS],
    /// Of superinstructions, in the order of the list.
    pub fused: Table,
    /// Of those that can branch.
    pub repeated: Repeated,
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

    /// The word for a group that is to be run again as long as it goes to its own start; none if it can't.
    #[inline(always)]
    pub fn repeated(&self, group: Group) -> Option<u64> {
        let number = self.repeated.numbers.get(usize::from(group))?.checked_sub(1)?;
        self.repeated.handlers.get(usize::from(number)).copied().map(Handler::word)
    }

    /// The word for an op in its first form.
    pub fn word(&self, op: Op) -> u64 {
        self.singles[op as usize].word(0)
    }
}

/// Collects [`Repeated`] at compile time, for `N` groups.
#[derive(Debug)]
pub struct Repeats<const N: usize> {
    /// [`Repeated::numbers`].
    pub numbers: [u16; N],
    handlers: [Handler; MOST_REPEATED],
    /// How many handlers there are.
    pub count: usize,
}

/// No more groups than this can branch.
const MOST_REPEATED: usize = 8192;

impl<const N: usize> Repeats<N> {
    /// None yet; `any` is what unused places hold.
    pub const fn new(any: Handler) -> Self {
        Self { numbers: [0; N], handlers: [any; MOST_REPEATED], count: 0 }
    }

    /// Adds the handler of a group.
    pub const fn add(&mut self, group: usize, handler: Handler) {
        self.handlers[self.count] = handler;
        self.count += 1;
        self.numbers[group] = self.count as u16;
    }

    /// The handlers, as many as there are.
    pub const fn handlers<const COUNT: usize>(&self) -> [Handler; COUNT] {
        assert!(COUNT == self.count);
        let mut handlers = [self.handlers[0]; COUNT];
        let mut i = 0;
        while i < COUNT {
            handlers[i] = self.handlers[i];
            i += 1;
        }
        handlers
    }
}
