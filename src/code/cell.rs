//! Where calls find a function's code: one cell for each function of a module, shared by its instances and by threads.
//!
//! Calls do not read the cell: a `Call` instruction holds the callee's address itself, in a [`CallTarget`], and so does what references refer to.
//! At first that is the address of a stub in the cell, and once that was called, the code's: the driver makes the exchange
//! ([`CallTarget::link`]).
//! Written by: `api` (publishes translated functions, links calls), `runtime` (links references). Read by: `exec` (calls), `translate` (first
//! targets of calls).
//!
//! # Invariants
//! C1. `entry` is the address of the first instruction of runnable code, or of this cell's own `stub`.
//! C2. Both stubs hold a handler that leaves the interpreter; the driver finds the cell, and so the function, by the stub's address.
//! C3. Code that `entry` has ever named stays alive as long as the cell does, and unchanged but for the targets of its calls.
//! C4. A `call_stub` is entered from `Call` instructions only, whose target is the word in front of the return address. No other word of
//!     published code changes, and targets are read as atomics only.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::unwind::{Clause, Handlers};
use crate::util::sync::RwLock;

/// The address of one function's code.
#[repr(C)]
#[derive(Debug)]
pub struct CodeCell {
    entry: AtomicPtr<u64>,
    stub: u64,
    call_stub: u64,
}

/// Where a call goes: the last word of a `Call`, or part of what a reference to a function refers to.
#[repr(transparent)]
#[derive(Debug, Default)]
pub struct CallTarget(AtomicU64);

impl CallTarget {
    /// The first instruction to run.
    #[inline(always)]
    pub fn entry(&self) -> *const u64 {
        core::ptr::with_exposed_provenance(self.0.load(Ordering::Acquire) as usize)
    }

    /// Lets the call go straight to published code from now on.
    pub fn link(&self, entry: *const u64) {
        self.0.store(entry.expose_provenance() as u64, Ordering::Release);
    }
}

/// The stub by which a function without code was entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stub {
    /// Through its cell.
    Cell,
    /// From a `Call` (C4).
    Call,
}

impl CodeCell {
    /// Bytes from a cell to its stub.
    const STUB_OFFSET: usize = core::mem::offset_of!(Self, stub);
    const CALL_STUB_OFFSET: usize = core::mem::offset_of!(Self, call_stub);

    /// A cell that names nothing yet; [`CodeCell::reset`] must follow once it has its final address.
    const fn new(stub_handler: u64) -> Self {
        Self { entry: AtomicPtr::new(core::ptr::null_mut()), stub: stub_handler, call_stub: stub_handler }
    }

    /// Lets the entry name the cell's own stub (C1).
    fn reset(&self) {
        self.entry.store(self.stub_address().cast_mut(), Ordering::Release);
    }

    /// The first instruction to run.
    #[inline(always)]
    pub fn entry(&self) -> *const u64 {
        self.entry.load(Ordering::Acquire)
    }

    /// The address of the stub instruction.
    fn stub_address(&self) -> *const u64 {
        // The address is read back from code as an integer.
        let address = (&raw const self.stub).expose_provenance();
        core::ptr::with_exposed_provenance(address)
    }

    /// What a `Call` of the function names at first: its code, if there is some, or the `call_stub`.
    pub fn first_target(&self) -> u64 {
        let entry = self.entry();
        let target = if core::ptr::eq(entry, self.stub_address()) { &raw const self.call_stub } else { entry };
        target.expose_provenance() as u64
    }

    /// Publishes code; the first to do so wins. Gives the address that is in force afterwards.
    fn publish(&self, code: *const u64) -> *const u64 {
        let stub = self.stub_address().cast_mut();
        match self.entry.compare_exchange(stub, code.cast_mut(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => code,
            Err(first) => first,
        }
    }
}

/// The internal code of one function.
#[derive(Debug)]
pub struct FunctionCode {
    /// Instructions, as words; the first is the entry. They never move, and once published they are reached by address only (C4).
    pub words: Vec<AtomicU64>,
    /// Where exceptions land, if anywhere in it.
    pub handlers: Option<Handlers>,
}

/// Where an exception lands.
#[derive(Clone, Copy, Debug)]
pub struct Landing {
    /// The clause that catches it.
    pub clause: Clause,
    /// Where execution goes on.
    pub target: *const u64,
    /// Bytes of the function's frame, from the frame pointer on.
    pub frame: u32,
}

/// The code of a module's defined functions.
#[derive(Debug)]
pub struct ModuleCode {
    cells: Box<[CodeCell]>,
    /// Published code by address, with the index of its function among the defined ones. A tree: addresses come in any order.
    published: RwLock<BTreeMap<usize, (u32, Arc<FunctionCode>)>>,
}

impl ModuleCode {
    /// Cells for `functions` defined functions, all naming their stubs.
    pub fn new(functions: usize, stub_handler: u64) -> Self {
        let cells: Box<[CodeCell]> = (0..functions).map(|_| CodeCell::new(stub_handler)).collect();
        cells.iter().for_each(CodeCell::reset);
        Self { cells, published: RwLock::new(BTreeMap::new()) }
    }

    /// The cells, by defined function.
    pub fn cells(&self) -> &[CodeCell] {
        &self.cells
    }

    /// The defined function whose cell has a stub at this address, and which stub that is.
    pub fn function_of_stub(&self, stub: *const u64) -> Option<(u32, Stub)> {
        let distance = stub.addr().checked_sub(self.cells.as_ptr().addr())?;
        let (index, offset) = (distance / size_of::<CodeCell>(), distance % size_of::<CodeCell>());
        if index >= self.cells.len() {
            return None;
        }
        match offset {
            CodeCell::STUB_OFFSET => Some((index as u32, Stub::Cell)),
            CodeCell::CALL_STUB_OFFSET => Some((index as u32, Stub::Call)),
            _ => None,
        }
    }

    /// Whether the function has code.
    pub fn is_translated(&self, function: u32) -> bool {
        let cell = &self.cells[function as usize];
        !core::ptr::eq(cell.entry(), cell.stub_address())
    }

    /// Publishes the code of a function and gives the entry in force: that of another thread, if it came first.
    pub fn publish(&self, function: u32, code: FunctionCode) -> *const u64 {
        let code = Arc::new(code);
        let mut published = self.published.write();
        let cell = &self.cells[function as usize];
        let address = core::ptr::with_exposed_provenance::<u64>(code.words.as_ptr().expose_provenance());
        let entry = cell.publish(address);
        if core::ptr::eq(entry, address) {
            published.insert(address.addr(), (function, code));
        }
        entry
    }

    /// The function whose code holds this address, and the byte offset in it.
    pub fn find(&self, ip: *const u64) -> Option<(u32, u32)> {
        let published = self.published.read();
        let (start, (function, code)) = published.range(..=ip.addr()).next_back()?;
        let offset = ip.addr() - start;
        (offset <= size_of_val(code.words.as_slice())).then_some((*function, offset as u32))
    }

    /// Where an exception lands that passes the code at this address: the first clause that `catches`.
    pub fn landing(&self, ip: *const u64, catches: impl FnMut(&Clause) -> bool) -> Option<Landing> {
        let published = self.published.read();
        let (&start, (_, code)) = published.range(..=ip.addr()).next_back()?;
        let offset = ip.addr() - start;
        if offset > size_of_val(code.words.as_slice()) {
            return None;
        }
        let handlers = code.handlers.as_ref()?;
        let clause = handlers.find(offset as u32, catches)?;
        Some(Landing { clause, target: core::ptr::with_exposed_provenance(start + clause.target as usize), frame: handlers.frame() })
    }

    /// Bytes of internal code published so far.
    pub fn code_bytes(&self) -> usize {
        self.published.read().values().map(|(_, code)| size_of_val(code.words.as_slice())).sum()
    }
}
