//! Where calls find a function's code: one cell for each function of a module, shared by its instances and by threads.
//!
//! Written by: `api` (publishes translated functions). Read by: `exec` (calls), `translate` (addresses of cells as operands).
//!
//! # Invariants
//! C1. `entry` is the address of the first instruction of runnable code, or of this cell's own `stub`.
//! C2. `stub` holds a handler that leaves the interpreter; the driver finds the cell, and so the function, by the stub's address.
//! C3. Code that `entry` has ever named stays alive, unchanged, as long as the cell does.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::util::sync::RwLock;

/// The address of one function's code.
#[repr(C)]
#[derive(Debug)]
pub struct CodeCell {
    entry: AtomicPtr<u64>,
    stub: u64,
}

impl CodeCell {
    /// Bytes from a cell to its stub.
    pub const STUB_OFFSET: usize = core::mem::offset_of!(Self, stub);

    /// A cell that names nothing yet; [`CodeCell::reset`] must follow once it has its final address.
    pub const fn new(stub_handler: u64) -> Self {
        Self { entry: AtomicPtr::new(core::ptr::null_mut()), stub: stub_handler }
    }

    /// Lets the entry name the cell's own stub (C1).
    pub fn reset(&self) {
        self.entry.store(self.stub_address().cast_mut(), Ordering::Release);
    }

    /// The first instruction to run.
    #[inline(always)]
    pub fn entry(&self) -> *const u64 {
        self.entry.load(Ordering::Acquire)
    }

    /// The address of the stub instruction.
    pub fn stub_address(&self) -> *const u64 {
        // The address is read back from code as an integer.
        let address = (&raw const self.stub).expose_provenance();
        core::ptr::with_exposed_provenance(address)
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
    /// Instructions, as words; the first is the entry.
    pub words: Box<[u64]>,
    /// Slots in front of the link: the larger of the numbers of parameters and results.
    pub link_slots: u32,
}

/// The code of a module's defined functions.
#[derive(Debug)]
pub struct ModuleCode {
    cells: Box<[CodeCell]>,
    /// Published code, sorted by address, with the index of its function among the defined ones.
    published: RwLock<Vec<(usize, u32, Arc<FunctionCode>)>>,
}

impl ModuleCode {
    /// Cells for `functions` defined functions, all naming their stubs.
    pub fn new(functions: usize, stub_handler: u64) -> Self {
        let cells: Box<[CodeCell]> = (0..functions).map(|_| CodeCell::new(stub_handler)).collect();
        cells.iter().for_each(CodeCell::reset);
        Self { cells, published: RwLock::new(Vec::new()) }
    }

    /// The cells, by defined function.
    pub fn cells(&self) -> &[CodeCell] {
        &self.cells
    }

    /// The defined function whose cell has its stub at this address.
    pub fn function_of_stub(&self, stub: *const u64) -> Option<u32> {
        let first = self.cells.first()?.stub_address().addr();
        let distance = stub.addr().checked_sub(first)?;
        let index = distance / size_of::<CodeCell>();
        (distance.is_multiple_of(size_of::<CodeCell>()) && index < self.cells.len()).then_some(index as u32)
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
            let at = published.partition_point(|p| p.0 < address.addr());
            published.insert(at, (address.addr(), function, code));
        }
        entry
    }

    /// The function whose code holds this address, and the byte offset in it.
    pub fn find(&self, ip: *const u64) -> Option<(u32, u32, Arc<FunctionCode>)> {
        let published = self.published.read();
        let at = published.partition_point(|p| p.0 <= ip.addr()).checked_sub(1)?;
        let (start, function, code) = &published[at];
        let offset = ip.addr() - start;
        (offset <= size_of_val(&*code.words)).then(|| (*function, offset as u32, code.clone()))
    }

    /// Bytes of internal code published so far.
    pub fn code_bytes(&self) -> usize {
        self.published.read().iter().map(|(_, _, code)| size_of_val(&*code.words)).sum()
    }
}
