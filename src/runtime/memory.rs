//! Linear memories: their bytes, their growth, and the header in front of them that handlers read.
//!
//! Spec: Execution, Memory Instances. Called by: `runtime`, `exec` (through [`MemoryEntity::base`]), `api`. Calls: the allocator, or the system's `mmap`.
//!
//! # Layout
//! ```text
//! allocation ... | length of the heap (base - 32) | its first byte (base - 24) | stack limit (base - 16) | length in bytes, u64 (base - 8)
//!            | byte 0 (base) ... byte length - 1 | zero bytes up to the capacity
//! ```
//! # Invariants
//! L1. `base` is 16-byte aligned, has 64 bytes of header in front of it and `capacity` bytes after it, all in one allocation of this entity.
//! L2. `length` is at most `capacity`; bytes between length and capacity are zero. Once the entity is `used`, the length stands at `base - 8` too.
//! L3. Only growth changes `base` and the length.
//! L4. Unless the entity is `used`, nothing has been written to the allocation: not even the header, so that no page of it is resident.
//!
//! # Why
//! On 64-bit Unix one mapping reserves all that the memory can ever need, so that growth moves nothing and untouched pages cost nothing. Memories
//! that start with one or two pages come from slots of the pool (`runtime::pool`), or, without one, from the allocator, and move to a mapping when they
//! outgrow that: a mapping costs system calls and page faults, which made instances with one page six times slower (13 against 2 µs, November
//! 2026). Data segments are copied: mapping them copy-on-write from a file in memory was rejected, since with kept mappings copying and clearing are
//! a fifth of what the largest module takes (12 of 59 µs for 1 MB of data), and each page that a guest then touches would cost a fault (1 µs).
//! Guard pages that replace the bounds check were rejected: signal handlers in a library, and a gain below 2 %. Elsewhere the allocator serves, with
//! doubling capacity.
#![allow(unsafe_code)] // Bytes are reached by handlers through raw pointers, and mappings come from the system.

use alloc::sync::Arc;
use core::ptr::NonNull;

use super::pool::{self, HEADER, SLOT_BYTES, Slab};
use super::shared::SharedBlock;
use crate::wasm::{
    limits::{MAX_MEMORY32_PAGES, MAX_MEMORY64_BYTES, MAX_SHARED_BYTES, PAGE_BYTES},
    trap::TrapCode,
    types::MemoryType,
};

/// A linear memory.
#[derive(Debug)]
pub struct MemoryEntity {
    /// Byte 0 (L1).
    pub base: *mut u8,
    /// Bytes that are the guest's (L2).
    length: usize,
    /// Bytes after `base` that the allocation has.
    capacity: usize,
    /// Its declared type.
    ty: MemoryType,
    /// Its number in the store.
    pub index: u32,
    /// Whether anything may have been written to the allocation (L4).
    used: bool,
    /// Where allocations of it come from, and go to.
    source: Source,
    /// Where the present one came from.
    origin: Origin,
}

/// Where allocations of a memory come from, and go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The pool, as far as it has what is needed.
    Pool,
    /// Always the system or the allocator.
    System,
}

/// Where an allocation came from.
#[derive(Debug)]
enum Origin {
    Heap,
    Mapping,
    Slot(NonNull<Slab>),
    /// It belongs to a shared memory, for which this entity stands in its store: the length is found there, and there is no header.
    Shared(Arc<SharedBlock>),
}

/// Where the bytes of a memory come from, portably.
mod heap {
    use super::{HEADER, NonNull};
    use core::alloc::Layout;

    /// The layout of a header with `capacity` bytes after it.
    fn layout(capacity: usize) -> Option<Layout> {
        // Allocators give zeroed pages of this alignment without writing to them.
        Layout::from_size_align(capacity.checked_add(HEADER)?, 16).ok()
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

/// Memories of up to this many bytes come from slots, or from the allocator.
const SMALL: usize = SLOT_BYTES;

impl MemoryEntity {
    /// A memory of its type's minimum size; `None` if there is not enough address space or memory.
    pub fn new(ty: MemoryType, index: u32, source: Source) -> Option<Self> {
        if ty.limits.min > max_pages(&ty) {
            return None;
        }
        let length = ty.bytes(ty.limits.min);
        let largest = ty.bytes(max_pages(&ty)).min(RESERVATION).max(length);
        let needed = usize::try_from(length).ok()?;
        // Without an allocation that is larger than needed, small memories would move when they first grow.
        let room = reserve(needed, if needed > SMALL { largest } else { length }, source)?;
        Some(Self::from_room(room, ty, index, needed, source))
    }

    /// The memory of instances without one: no bytes, no growth.
    pub fn empty() -> Option<Self> {
        let room = reserve(0, 0, Source::System)?;
        Some(Self::from_room(room, MemoryType::new(0, Some(0)), 0, 0, Source::System))
    }

    /// A memory with this length in an allocation that nothing was written to.
    fn from_room(room: Room, ty: MemoryType, index: u32, length: usize, source: Source) -> Self {
        // SAFETY: `reserve` gives at least HEADER bytes.
        let base = unsafe { room.start.as_ptr().add(HEADER) };
        Self { base, length, capacity: room.capacity, ty, index, used: false, source, origin: room.origin }
    }

    /// What stands for a shared memory in a store.
    pub fn of_shared(block: Arc<SharedBlock>, index: u32) -> Self {
        let (base, ty) = (block.base(), *block.ty());
        Self { base, length: 0, capacity: 0, ty, index, used: true, source: Source::System, origin: Origin::Shared(block) }
    }

    /// The shared memory that it stands for.
    #[inline]
    pub fn shared(&self) -> Option<&Arc<SharedBlock>> {
        match &self.origin {
            Origin::Shared(block) => Some(block),
            _ => None,
        }
    }

    /// Length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        match &self.origin {
            Origin::Shared(block) => block.len(),
            _ => self.length,
        }
    }

    /// Whether it has no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets the length, which is at most the capacity (L2).
    fn set_length(&mut self, length: usize) {
        debug_assert!(length <= self.capacity);
        self.length = length;
        if self.used {
            self.write_header();
        }
    }

    /// Writes the length to where the executor reads it.
    #[inline]
    fn write_header(&mut self) {
        // SAFETY: L1, the header.
        unsafe { self.base.sub(8).cast::<u64>().write(self.length as u64) };
    }

    /// Fills the header: length, the end of the store's value stack, and where its heap lies. The executor does so before it runs on this memory.
    #[inline]
    pub fn enter(&mut self, stack_limit: *mut u8, heap: (*mut u8, usize)) {
        self.used = true;
        self.write_header();
        // SAFETY: L1, the header.
        unsafe {
            self.base.sub(16).cast::<usize>().write(stack_limit.addr());
            self.base.sub(24).cast::<usize>().write(heap.0.expose_provenance());
            self.base.sub(32).cast::<usize>().write(heap.1);
        }
    }

    /// Readies it for writes by the executor where it is not memory 0: nobody writes to a memory that is not used (L4).
    pub fn set_used(&mut self) {
        if !self.used {
            self.used = true;
            self.write_header();
        }
    }

    /// Length in pages.
    pub fn pages(&self) -> u64 {
        self.len() as u64 >> self.ty.page_size_log2
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

    /// Its bytes; of a shared memory, none.
    #[inline]
    pub fn data(&self) -> &[u8] {
        // SAFETY: L1, L2; the borrow of the entity keeps growth away, and R6 the executor.
        unsafe { core::slice::from_raw_parts(self.base, self.length) }
    }

    /// Its bytes, to write; of a shared memory, none.
    #[inline]
    pub fn data_mut(&mut self) -> &mut [u8] {
        self.set_used();
        // SAFETY: as in `data`, and the entity is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.base, self.length) }
    }

    /// Pages that it could have after growing by `delta`, if its type allows that.
    pub fn grown_pages(&self, delta: u64) -> Option<u64> {
        let pages = self.pages().checked_add(delta)?;
        (pages <= max_pages(&self.ty)).then_some(pages)
    }

    /// Grows by `delta` pages and gives the old size in pages; `None`, with nothing changed, if type or system do not allow it.
    pub fn grow(&mut self, delta: u64) -> Option<u64> {
        if let Origin::Shared(block) = &self.origin {
            return block.grow(delta);
        }
        let old = self.pages();
        let needed = usize::try_from(self.ty.bytes(self.grown_pages(delta)?)).ok()?;
        if needed > self.capacity {
            self.relocate(needed)?;
        }
        self.set_length(needed);
        Some(old)
    }

    /// Moves to an allocation for at least `needed` bytes.
    #[cold]
    fn relocate(&mut self, needed: usize) -> Option<()> {
        let largest = self.ty.bytes(max_pages(&self.ty));
        let mapped = matches!(self.origin, Origin::Mapping);
        let wanted = if mapped || !map::AVAILABLE { (self.capacity as u64).saturating_mul(2) } else { RESERVATION };
        let room = reserve(needed, wanted.min(largest), self.source)?;
        let mut moved = Self::from_room(room, self.ty, self.index, self.length, self.source);
        if self.used {
            moved.data_mut().copy_from_slice(self.data());
        }
        *self = moved;
        Some(())
    }

    /// `memory.init`, and active segments: copies `source[from..from + len]` to `to`.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn init(&mut self, source: &[u8], to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        let source = range(from, len, source.len()).map(|range| &source[range]);
        if let (Origin::Shared(block), Some(source)) = (&self.origin, source) {
            return block.write(to, source);
        }
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
        if let Origin::Shared(block) = &self.origin {
            return block.fill(to, value, len);
        }
        let to = range(to, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        self.data_mut()[to].fill(value);
        Ok(())
    }

    /// `memory.copy` inside of one memory; the ranges may overlap.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn copy_within(&mut self, to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        if let Origin::Shared(block) = &self.origin {
            return block.copy(block, to, from, len);
        }
        let from = range(from, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        let to = range(to, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        self.data_mut().copy_within(from, to.start);
        Ok(())
    }

    /// `memory.copy` from another memory.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn copy_from(&mut self, source: &MemoryEntity, to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        match (&self.origin, &source.origin) {
            (Origin::Shared(block), Origin::Shared(source)) => block.copy(source, to, from, len),
            (_, Origin::Shared(source)) => {
                // Refused before anything is written.
                range(from, len, source.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
                let to = range(to, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
                source.read(from, &mut self.data_mut()[to])
            }
            _ => self.init(source.data(), to, from, len),
        }
    }
}

impl MemoryEntity {
    /// `memory.atomic.notify`: wakes at most `count` threads that wait at `address + offset`.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] and [`TrapCode::UnalignedAtomic`]
    pub fn notify(&self, address: u64, offset: u64, count: u32) -> Result<u32, TrapCode> {
        let at = self.aligned(address, offset, 4)?;
        // Nobody can wait in a memory that is not shared.
        self.shared().map_or(Ok(0), |block| block.notify(at, count))
    }

    /// The shared memory in which a thread may wait at `address + offset` for a value of `bytes` bytes, and the place there.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`], [`TrapCode::UnalignedAtomic`] and [`TrapCode::ExpectedSharedMemory`]
    pub fn waiting_place(&self, address: u64, offset: u64, bytes: u64) -> Result<(Arc<SharedBlock>, u64), TrapCode> {
        let at = self.aligned(address, offset, bytes)?;
        Ok((self.shared().ok_or(TrapCode::ExpectedSharedMemory)?.clone(), at))
    }

    /// The place of an atomic access of `bytes` bytes.
    fn aligned(&self, address: u64, offset: u64, bytes: u64) -> Result<u64, TrapCode> {
        let at = address.checked_add(offset).ok_or(TrapCode::MemoryOutOfBounds)?;
        range(at, bytes, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        if at.is_multiple_of(bytes) { Ok(at) } else { Err(TrapCode::UnalignedAtomic) }
    }
}

/// An allocation that nothing was written to.
#[derive(Debug)]
pub(super) struct Room {
    start: NonNull<u8>,
    /// Bytes behind the header.
    capacity: usize,
    origin: Origin,
}

impl Room {
    /// The first byte behind the header.
    pub(super) fn base(&self) -> *mut u8 {
        self.start.as_ptr().wrapping_add(HEADER)
    }

    /// Gives it back to the system or the allocator.
    ///
    /// # Safety
    /// It came from [`reserve`] with [`Source::System`], and is not used any more.
    pub(super) unsafe fn release(&self) {
        // SAFETY: the caller's duty.
        unsafe {
            match self.origin {
                Origin::Mapping => map::release(self.start.as_ptr(), self.capacity),
                _ => heap::release(self.start.as_ptr(), self.capacity),
            }
        }
    }
}

/// An allocation with room for `needed` bytes, and for `wanted` if the system lets it.
pub(super) fn reserve(needed: usize, wanted: u64, source: Source) -> Option<Room> {
    let pooled = pool::AVAILABLE && source == Source::Pool;
    if pooled
        && wanted <= SLOT_BYTES as u64
        && let Some((start, slab)) = pool::take_slot()
    {
        return Some(Room { start, capacity: SLOT_BYTES, origin: Origin::Slot(slab) });
    }
    let mapped = map::AVAILABLE && wanted > SMALL as u64;
    let allocate: fn(usize) -> _ = if mapped { map::allocate } else { heap::allocate };
    let room = |start, capacity| Room { start, capacity, origin: if mapped { Origin::Mapping } else { Origin::Heap } };
    let mut capacity = usize::try_from(wanted).unwrap_or(needed).max(needed);
    if mapped {
        // Whole pages of any system, so that kept mappings fit again.
        capacity = capacity.checked_next_multiple_of(PAGE_BYTES as usize)?;
    }
    if pooled && let Some(start) = pool::take_mapping(capacity) {
        return Some(room(start, capacity));
    }
    loop {
        if let Some(start) = allocate(capacity) {
            return Some(room(start, capacity));
        }
        // What is kept may be what is missing.
        if pooled && pool::release_mappings() {
            continue;
        }
        if capacity == needed {
            return None;
        }
        capacity = (capacity / 8).max(needed);
    }
}

impl Drop for MemoryEntity {
    fn drop(&mut self) {
        let used = if self.used { HEADER + self.length } else { 0 };
        // SAFETY: L1, the start of the allocation; nothing reaches a dead entity (R1). By L2 and L4 all bytes behind `used` are zero.
        unsafe {
            let start = self.base.wrapping_sub(HEADER);
            match (&self.origin, NonNull::new(start)) {
                (Origin::Shared(_), _) => {}
                (&Origin::Slot(slab), Some(start)) => pool::give_slot(start, slab, used),
                (Origin::Mapping, Some(start)) if pool::AVAILABLE && self.source == Source::Pool => {
                    pool::give_mapping(start, self.capacity, used);
                }
                (Origin::Mapping, _) => map::release(start, self.capacity),
                _ => heap::release(start, self.capacity),
            }
        }
    }
}

/// The largest size that a type allows, in pages.
pub(super) fn max_pages(ty: &MemoryType) -> u64 {
    let bytes = if ty.shared { MAX_SHARED_BYTES } else { MAX_MEMORY64_BYTES };
    let bound = ty.address_space_pages().min(bytes >> ty.page_size_log2);
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
        MemoryEntity::new(MemoryType::new(min, max), 0, Source::System).unwrap()
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
        assert_eq!(m.base.addr() % 16, 0);
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
        assert!(matches!(m.origin, Origin::Heap) && m.capacity == 65_536);
        assert_eq!(m.grow(1), Some(1));
        let base = m.base;
        assert_eq!(m.grow(100), Some(2));
        assert_eq!((m.data()[7], m.data()[102 * 65_536 - 1]), (7, 0));
        assert!(!map::AVAILABLE || matches!(m.origin, Origin::Mapping) && m.base == base);
        // A memory that stays small never asks for more.
        let mut m = memory(1, Some(2));
        assert_eq!(m.grow(1), Some(1));
        assert!(matches!(m.origin, Origin::Heap) && m.capacity == 2 * 65_536);
    }

    #[test]
    fn pooled_memories_are_zero_wherever_they_come_from() {
        for (min, max, grow) in [(1, None, 0), (2, Some(2), 0), (1, None, 1), (1, None, 30), (40, Some(100), 3), (100, Some(100), 0)] {
            for _ in 0..3 {
                let mut m = MemoryEntity::new(MemoryType::new(min, max), 0, Source::Pool).unwrap();
                assert!(m.data().iter().all(|&byte| byte == 0) && !m.used);
                let slot = pool::AVAILABLE && min <= 2;
                assert_eq!(matches!(m.origin, Origin::Slot(_)), slot);
                m.data_mut().fill(1);
                let base = m.base;
                assert_eq!(m.grow(grow), Some(min));
                assert!(!slot || (m.base == base) == (min + grow <= 2));
                let (old, new) = m.data().split_at(min as usize * 65_536);
                assert!(old.iter().all(|&byte| byte == 1) && new.iter().all(|&byte| byte == 0));
                m.data_mut().fill(2);
            }
        }
    }

    #[test]
    fn headers_are_written_at_first_use() {
        let length = |m: &MemoryEntity| {
            // SAFETY: L1.
            unsafe { m.base.sub(8).cast::<u64>().read() }
        };
        let mut m = memory(1, None);
        assert_eq!((m.grow(1), m.data().len(), length(&m)), (Some(1), 2 * 65_536, 0));
        m.enter(core::ptr::null_mut(), (core::ptr::null_mut(), 0));
        assert_eq!(length(&m), 2 * 65_536);
        assert_eq!((m.grow(1), length(&m)), (Some(2), 3 * 65_536));
        let mut m = memory(3, None);
        m.data_mut()[0] = 1;
        assert_eq!(length(&m), 3 * 65_536);
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
        assert!(MemoryEntity::new(ty, 0, Source::System).is_none());
        ty.is_64 = true;
        ty.limits.min = 1 << 48;
        assert!(MemoryEntity::new(ty, 0, Source::System).is_none());
    }

    #[test]
    fn pages_of_one_byte() {
        for source in [Source::System, Source::Pool] {
            let mut m = MemoryEntity::new(MemoryType::new(3, None).with_page_size_log2(0), 0, source).unwrap();
            assert_eq!((m.pages(), m.len()), (3, 3));
            m.data_mut()[2] = 7;
            assert_eq!((m.grow(100_000), m.grow(200_000)), (Some(3), Some(100_003)));
            assert_eq!((m.pages(), m.data()[2], m.data()[300_002]), (300_003, 7, 0));
            m.data_mut()[300_002] = 1;
        }
        let largest = MemoryType::new(0, None).with_page_size_log2(0);
        assert_eq!(max_pages(&largest), u32::MAX.into());
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
