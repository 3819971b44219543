//! Linear memory that is kept when instances go, for instances that come: slots for small memories, and mappings for large ones.
//!
//! Called by: `runtime::memory`. Calls: the system's `mmap`, `madvise` and `mincore`. One pool serves the process: Linux on 64 bits.
//!
//! # Layout
//! ```text
//! slab: [Slab, one page][slot 0][slot 1] ... [slot 63]        slot: header and two pages of WebAssembly, rounded up to pages of the system
//! ```
//! # Invariants
//! P1. A slab is one mapping, laid out as above, and is reached under the pool's lock only; its slots belong to whoever took them.
//! P2. A slab is on the list exactly if one of its slots is free.
//! P3. Every byte of a free slot, and of a kept mapping, is zero.
//!
//! # Why
//! What a new mapping costs is page faults (1 µs each on the machine of `docs/PERFORMANCE.md`) and its end (1 µs and more), and what memory from the
//! allocator costs is zeroing all of it. Here a page that a guest touched stays where it is, and only such pages are zeroed, which takes 20 ns for
//! each: the system knows which they are. Pages that it does not hold resident may be swapped out, so they are given back rather than taken for zero.
//! To ask the system and give back takes 2 µs, though, where zeroing 64 KiB of resident pages takes 0.6. So a slot that comes back again and again is
//! zeroed as a whole, if the guest's memory was small. What stays resident is bounded: `WARM_SLOTS` slots, and `MAPPINGS` mappings with `RESIDENT`
//! bytes each.
#![allow(unsafe_code)] // Mappings come from the system, and their parts are handed out by address.

pub use imp::{AVAILABLE, Slab, give_mapping, give_slot, release_mappings, take_mapping, take_slot};

/// Bytes of linear memory that a slot has room for.
pub const SLOT_BYTES: usize = 2 * crate::wasm::limits::PAGE_BYTES as usize;

/// Bytes in front of linear memory, in slots as in all allocations.
pub const HEADER: usize = 64;

#[cfg(all(target_os = "linux", feature = "std", target_pointer_width = "64", not(miri)))]
mod imp {
    use super::{HEADER, SLOT_BYTES};
    use crate::util::sync::Mutex;
    use core::{
        ffi::c_void,
        ptr::{NonNull, null_mut},
    };

    /// Whether there is a pool.
    pub const AVAILABLE: bool = true;

    /// Slots of a slab: bits of a word.
    const SLOTS: usize = u64::BITS as usize;

    /// Free slots whose pages may stay resident.
    const WARM_SLOTS: u32 = 16;

    /// Free mappings that are kept.
    const MAPPINGS: usize = 4;

    /// Bytes of a slot that are zeroed without asking which pages are resident: a memory of one page.
    const SMALL: usize = HEADER + SLOT_BYTES / 2;

    /// Bytes at the start of a kept mapping whose pages may stay resident.
    const RESIDENT: usize = 4 << 20;

    /// The smallest page that the system can have.
    const SMALLEST_PAGE: usize = 4096;

    /// Stretches of a mapping that are given back one by one; the rest goes as a whole.
    const MAX_STRETCHES: u32 = 16;

    /// What stands at the start of a slab.
    #[derive(Debug)]
    pub struct Slab {
        next: *mut Slab,
        previous: *mut Slab,
        /// Slots that nobody has.
        free: u64,
        /// Of those, the ones with resident pages.
        warm: u64,
        /// Slots that had resident pages when they were last taken.
        reused: u64,
    }

    /// The pool's state.
    struct Pool {
        /// The first slab with a free slot (P2), or null.
        first: *mut Slab,
        /// Slots that are free and warm.
        warm: u32,
        /// Kept mappings with their capacities.
        mappings: [Option<(NonNull<u8>, usize)>; MAPPINGS],
        /// Which of them goes when there is no room.
        oldest: usize,
        /// The system's page size and the bytes from one slot to the next, once known.
        page: usize,
        stride: usize,
    }

    // SAFETY: the pointers lead to mappings that belong to the pool alone (P1).
    unsafe impl Send for Pool {}

    static POOL: Mutex<Pool> = Mutex::new(Pool { first: null_mut(), warm: 0, mappings: [None; MAPPINGS], oldest: 0, page: 0, stride: 0 });

    impl Pool {
        /// Asks for the system's page size, once.
        fn measure(&mut self) -> usize {
            if self.page == 0 {
                // SAFETY: a question without side effects.
                let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
                self.page = usize::try_from(page).unwrap_or(SMALLEST_PAGE).max(SMALLEST_PAGE);
                self.stride = (HEADER + SLOT_BYTES).next_multiple_of(self.page);
            }
            self.page
        }

        /// Puts a slab on the list.
        ///
        /// # Safety
        /// P1; it is not on the list.
        unsafe fn link(&mut self, slab: *mut Slab) {
            // SAFETY: the caller's duty; P1 for the first of the list.
            unsafe {
                (*slab).next = self.first;
                (*slab).previous = null_mut();
                if let Some(first) = self.first.as_mut() {
                    first.previous = slab;
                }
            }
            self.first = slab;
        }

        /// Takes a slab off the list.
        ///
        /// # Safety
        /// P1; it is on the list.
        unsafe fn unlink(&mut self, slab: *mut Slab) {
            // SAFETY: the caller's duty; P1 for its neighbours.
            unsafe {
                let (next, previous) = ((*slab).next, (*slab).previous);
                match previous.as_mut() {
                    Some(previous) => previous.next = next,
                    None => self.first = next,
                }
                if let Some(next) = next.as_mut() {
                    next.previous = previous;
                }
            }
        }

        /// Bytes of a slab.
        fn slab_bytes(&self) -> usize {
            self.page + SLOTS * self.stride
        }

        /// A new slab, on the list; `None` if the system refuses.
        #[cold]
        fn add_slab(&mut self) -> Option<()> {
            self.measure();
            let slab = map(self.slab_bytes())?.cast::<Slab>();
            // SAFETY: the whole mapping; the advice is only about speed. Huge pages would make pages resident that nobody touched.
            unsafe { libc::madvise(slab.as_ptr().cast(), self.slab_bytes(), libc::MADV_NOHUGEPAGE) };
            // SAFETY: P1: just mapped, aligned to a page, and not on the list.
            unsafe {
                slab.write(Slab { next: null_mut(), previous: null_mut(), free: u64::MAX, warm: 0, reused: 0 });
                self.link(slab.as_ptr());
            }
            Some(())
        }
    }

    /// A new mapping; `None` if the system refuses.
    pub fn map(bytes: usize) -> Option<NonNull<u8>> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
        // SAFETY: a new private anonymous mapping at an address of the system's choice touches nothing that exists.
        let start = unsafe { libc::mmap(null_mut(), bytes, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()) }
    }

    /// A slot with all bytes zero, and its slab; `None` if the system refuses.
    pub fn take_slot() -> Option<(NonNull<u8>, NonNull<Slab>)> {
        let mut pool = POOL.lock();
        if pool.first.is_null() {
            pool.add_slab()?;
        }
        let slab = NonNull::new(pool.first)?;
        // SAFETY: P1, P2: it has a free slot, which lies in the mapping.
        unsafe {
            let Slab { free, warm, reused, .. } = &mut *slab.as_ptr();
            let slot = if *warm == 0 { free.trailing_zeros() } else { warm.trailing_zeros() };
            let bit = 1 << slot;
            pool.warm -= u32::from(*warm & bit != 0);
            *reused = *reused & !bit | *warm & bit;
            *free &= !bit;
            *warm &= !bit;
            if *free == 0 {
                pool.unlink(slab.as_ptr());
            }
            Some((slab.cast::<u8>().add(pool.page + slot as usize * pool.stride), slab))
        }
    }

    /// Takes a slot back; of its bytes at most the first `used` are not zero.
    ///
    /// # Safety
    /// It came from [`take_slot`] with this slab, and is not used any more.
    pub unsafe fn give_slot(start: NonNull<u8>, slab: NonNull<Slab>, used: usize) {
        let mut pool = POOL.lock();
        let slab = slab.as_ptr();
        let slot = (start.as_ptr().addr() - slab.addr() - pool.page) / pool.stride;
        let mut warm = false;
        if used > 0 {
            let (page, room) = (pool.page, pool.warm < WARM_SLOTS);
            // SAFETY: P1.
            let reused = unsafe { (*slab).reused } >> slot & 1 == 1;
            drop(pool);
            // SAFETY: P1: the slot is the caller's until it is free.
            warm = unsafe {
                if room && reused && used <= SMALL {
                    start.write_bytes(0, used);
                    true
                } else {
                    clear(start, used, if room { used } else { 0 }, page)
                }
            };
            pool = POOL.lock();
        }
        // SAFETY: P1, P2, and P3 by what is done above.
        unsafe {
            if (*slab).free == 0 {
                pool.link(slab);
            }
            (*slab).free |= 1 << slot;
            (*slab).warm |= u64::from(warm) << slot;
            pool.warm += u32::from(warm);
            // One slab may stay without a taken slot, so that a program with one instance at a time does not map and unmap.
            if (*slab).free == u64::MAX && !((*slab).next.is_null() && (*slab).previous.is_null()) {
                pool.unlink(slab);
                pool.warm -= (*slab).warm.count_ones();
                let bytes = pool.slab_bytes();
                drop(pool);
                libc::munmap(slab.cast(), bytes);
            }
        }
    }

    /// A kept mapping of this capacity with all bytes zero, if there is one.
    pub fn take_mapping(capacity: usize) -> Option<NonNull<u8>> {
        let mut pool = POOL.lock();
        let kept = pool.mappings.iter_mut().find(|kept| kept.is_some_and(|kept| kept.1 == capacity))?;
        kept.take().map(|kept| kept.0)
    }

    /// Takes a mapping that starts with a header, to keep it; of its bytes at most the first `used` are not zero. Another one goes if there is no room.
    ///
    /// # Safety
    /// It has a header and `capacity` bytes, at least `used` in all, and is not used any more.
    pub unsafe fn give_mapping(start: NonNull<u8>, capacity: usize, used: usize) {
        if used > 0 {
            let page = POOL.lock().measure();
            // SAFETY: the caller's duty.
            unsafe { clear(start, used, RESIDENT, page) };
        }
        let mut pool = POOL.lock();
        let place = pool.mappings.iter().position(Option::is_none).unwrap_or(pool.oldest);
        let evicted = pool.mappings[place].replace((start, capacity));
        if evicted.is_some() {
            pool.oldest = (place + 1) % MAPPINGS;
        }
        drop(pool);
        if let Some((start, capacity)) = evicted {
            // SAFETY: it was the pool's.
            unsafe { libc::munmap(start.as_ptr().cast(), capacity + HEADER) };
        }
    }

    /// Gives kept mappings back to the system, for when it has no room for a new one. Whether there were any.
    #[cold]
    pub fn release_mappings() -> bool {
        let kept = core::mem::take(&mut POOL.lock().mappings);
        for (start, capacity) in kept.into_iter().flatten() {
            // SAFETY: it was the pool's.
            unsafe { libc::munmap(start.as_ptr().cast(), capacity + HEADER) };
        }
        kept.iter().any(Option::is_some)
    }

    /// Makes bytes of a mapping zero. Pages among the first `keep` bytes that are resident stay so, the others go back to the system. Whether any
    /// stay.
    ///
    /// # Safety
    /// `start` is aligned to a page; the mapping has `bytes` bytes, and they are the caller's.
    unsafe fn clear(start: NonNull<u8>, bytes: usize, keep: usize, page: usize) -> bool {
        let bytes = bytes.next_multiple_of(page);
        let mut resident = [0_u8; RESIDENT / SMALLEST_PAGE + 1];
        let keep = keep.next_multiple_of(page).min(bytes).min(RESIDENT);
        let resident = &mut resident[..keep / page];
        // SAFETY: the system writes one byte for each page of a range that is mapped.
        let known = keep > 0 && unsafe { libc::mincore(start.as_ptr().cast::<c_void>(), keep, resident.as_mut_ptr().cast()) } == 0;
        if !known {
            // SAFETY: the caller's duty.
            unsafe { give_back(start, 0, bytes) };
            return false;
        }
        let mut warm = false;
        let mut stretches = 0;
        let mut at = 0;
        while at < resident.len() {
            let stays = resident[at] & 1 == 1;
            let length = resident[at..].iter().take_while(|&&page| (page & 1 == 1) == stays).count();
            let (from, length) = (at * page, length * page);
            at += length / page;
            if stays && stretches < MAX_STRETCHES {
                warm = true;
                // SAFETY: the caller's duty.
                unsafe { start.add(from).write_bytes(0, length) };
                continue;
            }
            stretches += 1;
            if stretches > MAX_STRETCHES || at >= resident.len() {
                // SAFETY: the caller's duty.
                unsafe { give_back(start, from, bytes) };
                return warm;
            }
            // SAFETY: the caller's duty.
            unsafe { give_back(start, from, from + length) };
        }
        if keep < bytes {
            // SAFETY: the caller's duty.
            unsafe { give_back(start, keep, bytes) };
        }
        warm
    }

    /// Gives pages back to the system; they read as zero afterwards.
    ///
    /// # Safety
    /// They are the caller's; both offsets are those of pages.
    unsafe fn give_back(start: NonNull<u8>, from: usize, to: usize) {
        // SAFETY: the caller's duty.
        unsafe {
            let place = start.add(from);
            if libc::madvise(place.as_ptr().cast(), to - from, libc::MADV_DONTNEED) != 0 {
                // Locked pages, for instance, are not taken.
                place.write_bytes(0, to - from);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::vec::Vec;

        fn page() -> usize {
            POOL.lock().measure()
        }

        /// Whether all bytes are zero.
        ///
        /// # Safety
        /// There are that many.
        unsafe fn is_zero(start: NonNull<u8>, bytes: usize) -> bool {
            // SAFETY: the caller's duty.
            unsafe { core::slice::from_raw_parts(start.as_ptr(), bytes) }.iter().all(|&byte| byte == 0)
        }

        #[test]
        fn slots_are_disjoint_and_come_back_zeroed() {
            // More than a slab has, in an order that empties and fills slabs.
            let mut taken = Vec::new();
            for round in 0..4 {
                while taken.len() < 3 * SLOTS {
                    let (start, slab) = take_slot().unwrap();
                    assert_eq!(start.as_ptr().addr() % page(), 0);
                    // SAFETY: the slot is ours.
                    unsafe {
                        assert!(is_zero(start, HEADER + SLOT_BYTES));
                        start.write_bytes(round + 1, HEADER + SLOT_BYTES);
                    }
                    taken.push((start, slab));
                }
                let mut starts: Vec<_> = taken.iter().map(|slot| slot.0.as_ptr().addr()).collect();
                starts.sort_unstable();
                assert!(starts.windows(2).all(|pair| pair[0] + HEADER + SLOT_BYTES <= pair[1]));
                for _ in 0..(2 + usize::from(round % 2)) * SLOTS {
                    let (start, slab) = taken.swap_remove(taken.len() / 2);
                    // SAFETY: ours, and not used any more.
                    unsafe { give_slot(start, slab, HEADER + SLOT_BYTES) };
                }
            }
            for (start, slab) in taken {
                // SAFETY: ours, and not used any more.
                unsafe { give_slot(start, slab, HEADER + SLOT_BYTES) };
            }
            let pool = POOL.lock();
            assert!(pool.warm <= WARM_SLOTS);
        }

        #[test]
        fn clearing_zeroes_what_was_touched_anywhere() {
            let page = page();
            let bytes = RESIDENT + 64 * page;
            let start = map(bytes).unwrap();
            // Every second page: more stretches than are given back one by one. Then few.
            for (step, keep) in [(2, RESIDENT), (2, bytes), (200, RESIDENT), (200, 0), (1, page)] {
                for at in (0..bytes / page).step_by(step) {
                    // SAFETY: in the mapping.
                    unsafe { start.add(at * page + at % page).write(1) };
                }
                // SAFETY: the mapping is ours.
                unsafe {
                    assert_eq!(clear(start, bytes, keep, page), keep > 0);
                    assert!(is_zero(start, bytes));
                }
            }
            // SAFETY: ours, and not used any more.
            unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
        }

        #[test]
        fn kept_mappings_are_found_by_capacity() {
            // A capacity that no memory has, so that tests that run meanwhile don't take it.
            let capacity = 12_345;
            let start = map(capacity + HEADER).unwrap();
            // SAFETY: ours throughout: written to while it is not kept, unmapped in the end.
            unsafe {
                start.add(1000).write(7);
                give_mapping(start, capacity, capacity);
                assert_eq!(take_mapping(capacity + 1), None);
                assert_eq!(take_mapping(capacity), Some(start));
                assert!(is_zero(start, capacity));
                // One more than there is room for: it is kept, another one is not.
                for capacity in capacity..=capacity + MAPPINGS {
                    give_mapping(map(capacity + HEADER).unwrap(), capacity, 0);
                }
                give_mapping(start, capacity, 0);
                let found = take_mapping(capacity);
                assert_eq!(found, Some(start));
                libc::munmap(start.as_ptr().cast(), capacity + HEADER);
                assert!(release_mappings() && take_mapping(capacity + 1).is_none());
            }
        }
    }
}

/// Stands for the pool where there is none.
#[cfg(not(all(target_os = "linux", feature = "std", target_pointer_width = "64", not(miri))))]
mod imp {
    use core::ptr::NonNull;

    /// Whether there is a pool.
    pub const AVAILABLE: bool = false;

    /// There is none.
    #[derive(Debug)]
    pub enum Slab {}

    /// None.
    pub fn take_slot() -> Option<(NonNull<u8>, NonNull<Slab>)> {
        None
    }

    /// Never called: there are no slots.
    ///
    /// # Safety
    /// None is needed.
    pub unsafe fn give_slot(_: NonNull<u8>, _: NonNull<Slab>, _: usize) {}

    /// None.
    pub fn take_mapping(_: usize) -> Option<NonNull<u8>> {
        None
    }

    /// Never called: there is no pool.
    ///
    /// # Safety
    /// None is needed.
    pub unsafe fn give_mapping(_: NonNull<u8>, _: usize, _: usize) {}

    /// There are none.
    pub fn release_mappings() -> bool {
        false
    }
}
