//! Linear memories: their bytes, their growth, and the header in front of them that handlers read.
//!
//! Spec: Execution, Memory Instances. Called by: `runtime`, `exec` (through [`MemoryEntity::base`]), `api`. Calls: the allocator, or the system's `mmap`.
//!
//! # Layout
//! ```text
//! allocation ... | stack limit (base - 16) | length in bytes, u64 (base - 8) | byte 0 (base) ... byte length - 1 | zero bytes up to the capacity
//! ```
//! # Invariants
//! L1. `base` is 64-byte aligned, has 64 bytes of header in front of it and `capacity` bytes after it, all in one allocation of this entity.
//! L2. The length at `base - 8` is at most `capacity`; bytes between length and capacity are zero.
//! L3. Only growth changes `base` and the length.
//!
//! # Why
//! On 64-bit Unix one mapping reserves all that the memory can ever need, so that growth moves nothing and untouched pages cost nothing. Memories
//! that start with one or two pages come from the allocator and move to a mapping when they first grow: a mapping costs system calls and page
//! faults, which made instances with one page six times slower (13 against 2 µs, November 2026). Guard pages that replace the bounds check were
//! rejected: signal handlers in a library, and a gain below 2 %. Elsewhere the allocator serves, with doubling capacity.
#![allow(unsafe_code)] // Bytes are reached by handlers through raw pointers, and mappings come from the system.

use core::ptr::NonNull;

use crate::wasm::{
    limits::{MAX_MEMORY32_PAGES, PAGE_BYTES},
    trap::TrapCode,
    types::MemoryType,
};

/// Bytes of the header.
const HEADER: usize = 64;

/// A linear memory.
#[derive(Debug)]
pub struct MemoryEntity {
    /// Byte 0 (L1).
    pub base: *mut u8,
    /// Bytes after `base` that the allocation has.
    capacity: usize,
    /// Its declared type.
    ty: MemoryType,
    /// Its number in the store.
    pub index: u32,
    /// Whether the allocation is a mapping rather than from the allocator.
    mapped: bool,
}

/// Where the bytes of a memory come from, portably.
mod heap {
    use super::{HEADER, NonNull};
    use core::alloc::Layout;

    /// The layout of a header with `capacity` bytes after it.
    fn layout(capacity: usize) -> Option<Layout> {
        Layout::from_size_align(capacity.checked_add(HEADER)?, HEADER).ok()
    }

    /// Zeroed bytes; `None` if there are none.
    pub fn allocate(capacity: usize) -> Option<NonNull<u8>> {
        let layout = layout(capacity)?;
        // SAFETY: the size is at least HEADER, so not zero.
        NonNull::new(unsafe { alloc::alloc::alloc_zeroed(layout) })
    }

    /// Gives them back.
    ///
    /// # Safety
    /// `start` came from [`allocate`] with this capacity and is not used any more.
    pub unsafe fn release(start: *mut u8, capacity: usize) {
        if let Some(layout) = layout(capacity) {
            // SAFETY: the caller's duty.
            unsafe { alloc::alloc::dealloc(start, layout) };
        }
    }
}

/// Where the bytes of a memory come from on 64-bit Unix.
#[cfg(all(unix, feature = "std", target_pointer_width = "64", not(miri)))]
mod map {
    use super::{HEADER, NonNull};

    /// Whether mappings are to be had.
    pub const AVAILABLE: bool = true;

    /// Zeroed bytes that cost nothing until touched; `None` if the system refuses.
    pub fn allocate(capacity: usize) -> Option<NonNull<u8>> {
        let length = capacity.checked_add(HEADER)?;
        // SAFETY: a new private anonymous mapping at an address of the system's choice touches nothing that exists.
        let start = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()) }
    }

    /// Gives them back.
    ///
    /// # Safety
    /// `start` came from [`allocate`] with this capacity and is not used any more.
    pub unsafe fn release(start: *mut u8, capacity: usize) {
        // SAFETY: the caller's duty; the result can only say that the arguments are wrong, which they are not.
        unsafe { libc::munmap(start.cast(), capacity + HEADER) };
    }
}

/// Stands for mappings where there are none.
#[cfg(not(all(unix, feature = "std", target_pointer_width = "64", not(miri))))]
mod map {
    pub use super::heap::{allocate, release};

    /// Whether mappings are to be had.
    pub const AVAILABLE: bool = false;
}

/// The largest reservation that is tried: a whole 32-bit memory.
const RESERVATION: u64 = MAX_MEMORY32_PAGES * PAGE_BYTES;

/// Memories of up to this many bytes come from the allocator.
const SMALL: usize = 2 * PAGE_BYTES as usize;

impl MemoryEntity {
    /// A memory of its type's minimum size; `None` if there is not enough address space or memory.
    pub fn new(ty: MemoryType, index: u32) -> Option<Self> {
        let length = ty.limits.min.checked_mul(PAGE_BYTES)?;
        if ty.limits.min > max_pages(&ty) {
            return None;
        }
        let largest = max_pages(&ty).saturating_mul(PAGE_BYTES).min(RESERVATION).max(length);
        Self::allocate(ty, index, length, largest)
    }

    /// The memory of instances without one: no bytes, no growth.
    pub fn empty() -> Option<Self> {
        Self::allocate(MemoryType::new(0, Some(0)), 0, 0, 0)
    }

    /// A memory with this length that can become `largest` bytes long without moving, if the system lets it.
    fn allocate(ty: MemoryType, index: u32, length: u64, largest: u64) -> Option<Self> {
        let needed = usize::try_from(length).ok()?;
        let (start, capacity, mapped) = reserve(needed, if needed > SMALL { largest } else { length })?;
        // SAFETY: `reserve` gives at least HEADER bytes.
        let base = unsafe { start.as_ptr().add(HEADER) };
        let mut memory = Self { base, capacity, ty, index, mapped };
        memory.set_length(needed);
        Some(memory)
    }

    /// Length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        // SAFETY: L1, the header; written on creation.
        let length = unsafe { self.base.sub(8).cast::<u64>().read() };
        length as usize
    }

    /// Whether it has no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the length, which is at most the capacity (L2).
    fn set_length(&mut self, length: usize) {
        debug_assert!(length <= self.capacity);
        // SAFETY: L1, the header.
        unsafe { self.base.sub(8).cast::<u64>().write(length as u64) };
    }

    /// Writes the end of the store's value stack into the header; the executor does so before it runs on this memory.
    #[inline]
    pub fn set_stack_limit(&mut self, limit: *mut u8) {
        // SAFETY: L1, the header.
        unsafe { self.base.sub(16).cast::<usize>().write(limit.addr()) };
    }

    /// Length in pages.
    pub fn pages(&self) -> u64 {
        self.len() as u64 / PAGE_BYTES
    }

    /// Its declared type.
    pub fn declared_type(&self) -> &MemoryType {
        &self.ty
    }

    /// Its type with the present size as minimum, which imports are matched with.
    pub fn current_type(&self) -> MemoryType {
        let mut ty = self.ty;
        ty.limits.min = self.pages();
        ty
    }

    /// Its bytes.
    #[inline]
    pub fn data(&self) -> &[u8] {
        // SAFETY: L1, L2; the borrow of the entity keeps growth away, and R6 the executor.
        unsafe { core::slice::from_raw_parts(self.base, self.len()) }
    }

    /// Its bytes, to write.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `data`, and the entity is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.base, self.len()) }
    }

    /// Pages that it could have after growing by `delta`, if its type allows that.
    pub fn grown_pages(&self, delta: u64) -> Option<u64> {
        let pages = self.pages().checked_add(delta)?;
        (pages <= max_pages(&self.ty)).then_some(pages)
    }

    /// Grows by `delta` pages and gives the old size in pages; `None`, with nothing changed, if type or system do not allow it.
    pub fn grow(&mut self, delta: u64) -> Option<u64> {
        let old = self.pages();
        let length = self.grown_pages(delta)?.checked_mul(PAGE_BYTES)?;
        let needed = usize::try_from(length).ok()?;
        if needed > self.capacity {
            self.relocate(needed)?;
        }
        self.set_length(needed);
        Some(old)
    }

    /// Moves to an allocation for at least `needed` bytes.
    #[cold]
    fn relocate(&mut self, needed: usize) -> Option<()> {
        let largest = max_pages(&self.ty).saturating_mul(PAGE_BYTES);
        let wanted = if self.mapped || !map::AVAILABLE { (self.capacity as u64).saturating_mul(2) } else { RESERVATION };
        let (start, capacity, mapped) = reserve(needed, wanted.min(largest))?;
        let length = self.len();
        // SAFETY: both allocations are different, and have the header and at least `length` bytes (L1, L2).
        let base = unsafe {
            let base = start.as_ptr().add(HEADER);
            core::ptr::copy_nonoverlapping(self.base, base, length);
            base
        };
        let old = core::mem::replace(self, Self { base, capacity, ty: self.ty, index: self.index, mapped });
        drop(old);
        self.set_length(length);
        Some(())
    }

    /// `memory.init`, and active segments: copies `source[from..from + len]` to `to`.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn init(&mut self, source: &[u8], to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        let source = range(from, len, source.len()).map(|range| &source[range]);
        let to = range(to, len, self.len());
        let (Some(source), Some(to)) = (source, to) else { return Err(TrapCode::MemoryOutOfBounds) };
        self.data_mut()[to].copy_from_slice(source);
        Ok(())
    }

    /// `memory.fill`: sets `len` bytes from `to`.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if the range is not inside; nothing is written then.
    pub fn fill(&mut self, to: u64, value: u8, len: u64) -> Result<(), TrapCode> {
        let to = range(to, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        self.data_mut()[to].fill(value);
        Ok(())
    }

    /// `memory.copy` inside of one memory; the ranges may overlap.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn copy_within(&mut self, to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        let from = range(from, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        let to = range(to, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        self.data_mut().copy_within(from, to.start);
        Ok(())
    }
}

/// An allocation with room for `needed` bytes, and for `wanted` if the system lets it; its capacity, and whether it is a mapping.
fn reserve(needed: usize, wanted: u64) -> Option<(NonNull<u8>, usize, bool)> {
    let mapped = map::AVAILABLE && wanted > SMALL as u64;
    let allocate = if mapped { map::allocate } else { heap::allocate };
    let mut capacity = usize::try_from(wanted).unwrap_or(needed).max(needed);
    loop {
        if let Some(start) = allocate(capacity) {
            return Some((start, capacity, mapped));
        }
        if capacity == needed {
            return None;
        }
        capacity = (capacity / 8).max(needed);
    }
}

impl Drop for MemoryEntity {
    fn drop(&mut self) {
        // SAFETY: L1, the start of the allocation.
        let start = unsafe { self.base.sub(HEADER) };
        let release = if self.mapped { map::release } else { heap::release };
        // SAFETY: L1, and nothing reaches a dead entity (R1).
        unsafe { release(start, self.capacity) };
    }
}

/// The largest size that a type allows, in pages.
fn max_pages(ty: &MemoryType) -> u64 {
    let bound = if ty.is_64 { 1 << 48 } else { MAX_MEMORY32_PAGES };
    ty.limits.max.map_or(bound, |max| max.min(bound))
}

/// `start..start + len`, if that lies inside of `size` elements.
pub fn range(start: u64, len: u64, size: usize) -> Option<core::ops::Range<usize>> {
    let end = start.checked_add(len)?;
    if end > size as u64 {
        return None;
    }
    Some(start as usize..end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(min: u64, max: Option<u64>) -> MemoryEntity {
        MemoryEntity::new(MemoryType::new(min, max), 0).unwrap()
    }

    #[test]
    fn grows_up_to_its_maximum_and_keeps_its_bytes() {
        let mut m = memory(1, Some(3));
        m.data_mut()[65_535] = 7;
        assert_eq!(m.grow(2), Some(1));
        assert_eq!((m.pages(), m.data()[65_535], m.data()[65_536]), (3, 7, 0));
        assert_eq!(m.grow(1), None);
        assert_eq!(m.grow(u64::MAX), None);
        assert_eq!(m.grow(0), Some(3));
        assert_eq!(m.base.addr() % 64, 0);
    }

    #[test]
    fn moves_keep_length_and_bytes() {
        let mut m = memory(1, Some(100));
        m.data_mut()[1] = 9;
        m.relocate(20 << 16).unwrap();
        assert_eq!((m.pages(), m.data()[1]), (1, 9));
        assert_eq!(m.grow(19), Some(1));
        assert!(m.data()[65_536..].iter().all(|&byte| byte == 0));
    }

    #[test]
    fn small_memories_move_once() {
        let mut m = memory(1, None);
        m.data_mut()[7] = 7;
        assert!(!m.mapped && m.capacity == 65_536);
        assert_eq!(m.grow(1), Some(1));
        let base = m.base;
        assert_eq!(m.grow(100), Some(2));
        assert_eq!((m.data()[7], m.data()[102 * 65_536 - 1]), (7, 0));
        assert!(!map::AVAILABLE || m.mapped && m.base == base);
        // A memory that stays small never asks for more.
        let mut m = memory(1, Some(2));
        assert_eq!(m.grow(1), Some(1));
        assert!(!m.mapped && m.capacity == 2 * 65_536);
    }

    #[test]
    fn empty_memory_has_a_base_and_no_byte() {
        let mut m = MemoryEntity::empty().unwrap();
        assert!(!m.base.is_null() && m.is_empty());
        assert_eq!(m.grow(1), None);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let mut ty = MemoryType::new(65_537, None);
        assert!(MemoryEntity::new(ty, 0).is_none());
        ty.is_64 = true;
        ty.limits.min = 1 << 48;
        assert!(MemoryEntity::new(ty, 0).is_none());
    }

    #[test]
    fn bulk_operations_check_before_they_write() {
        let mut m = memory(1, None);
        let end = 65_536;
        assert_eq!(m.fill(end - 1, 1, 2), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(m.data()[65_535], 0);
        assert_eq!(m.fill(end, 1, 0), Ok(()));
        assert_eq!(m.fill(end + 1, 1, 0), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(m.init(b"abc", 0, 1, 2), Ok(()));
        assert_eq!(m.init(b"abc", 0, 2, 2), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(m.copy_within(1, 0, 2), Ok(()));
        assert_eq!(&m.data()[..3], b"bbc");
        assert_eq!(m.copy_within(u64::MAX, 0, 2), Err(TrapCode::MemoryOutOfBounds));
    }
}
