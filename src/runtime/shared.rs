//! Memories that threads share: their bytes, their growth, and the threads that wait for each other at their addresses.
//!
//! Spec: the proposal Threads. Called by: `runtime::memory`, whose entities stand for them in stores, `exec` and `api`. Calls: the allocator and
//! `mmap` through `runtime::memory`, locks of the standard library.
//!
//! # Invariants
//! H1. The allocation has `capacity` bytes, all that the memory can ever need, from its beginning to its end: it never moves.
//! H2. The length only grows, and is at most `capacity`.
//! H3. While more than one thread may reach the bytes they are read and written by atomic accesses only, of one byte or of aligned 2, 4 or 8.
//!
//! # Why
//! Guests may race: two of their threads may write the same bytes at once, which must not be a data race of ours. Relaxed atomic accesses are none, and
//! cost what plain ones do where the address is aligned; others go byte by byte, which the proposal allows to tear. Copies of ranges go by
//! words where both ends allow it. The length is an atomic as well, and since the whole range is mapped from the start, a reader of an old
//! length is at worst refused what is there by now.
#![allow(unsafe_code)] // Bytes that threads share are reached through raw pointers, by atomics made of them.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use super::memory::{Room, Source, max_pages, range, reserve};
use crate::util::sync::Mutex;
use crate::wasm::{trap::TrapCode, types::MemoryType};

/// The bytes of a shared memory; stores hold references to it.
#[derive(Debug)]
pub struct SharedBlock {
    room: Room,
    /// Bytes that are the guest's (H2).
    length: AtomicU64,
    /// Its declared type.
    ty: MemoryType,
    /// Held while it grows.
    growth: Mutex<()>,
    parking: parking::Lot,
}

// SAFETY: the bytes are accessed by atomics only (H3); the rest is Send and Sync.
unsafe impl Send for SharedBlock {}
// SAFETY: the same.
unsafe impl Sync for SharedBlock {}

impl Drop for SharedBlock {
    fn drop(&mut self) {
        // SAFETY: H1; nobody has a reference to it any more, and so nobody reaches the bytes.
        unsafe { self.room.release() };
    }
}

/// How a wait ended, with the number that the guest gets for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    /// Somebody notified it.
    Notified = 0,
    /// The value in memory was another one.
    NotEqual = 1,
    /// Nobody did in time.
    TimedOut = 2,
}

impl SharedBlock {
    /// A shared memory of its type's minimum size; `None` if there is not enough address space for its maximum.
    pub fn new(ty: MemoryType) -> Option<Arc<Self>> {
        if ty.limits.min > max_pages(&ty) {
            return None;
        }
        let capacity = ty.bytes(max_pages(&ty));
        let room = reserve(usize::try_from(capacity).ok()?, capacity, Source::System)?;
        let length = AtomicU64::new(ty.bytes(ty.limits.min));
        Some(Arc::new(Self { room, length, ty, growth: Mutex::default(), parking: parking::Lot::default() }))
    }

    /// Its declared type.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    /// Byte 0.
    pub fn base(&self) -> *mut u8 {
        self.room.base()
    }

    /// Length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        // Acquire: who sees a length may use what was written before it was set.
        self.length.load(Ordering::Acquire) as usize
    }

    /// Grows by `delta` pages and gives the old size in pages; `None` if the type does not allow that.
    pub fn grow(&self, delta: u64) -> Option<u64> {
        let _guard = self.growth.lock();
        let old = self.len() as u64 >> self.ty.page_size_log2;
        let new = old.checked_add(delta).filter(|&new| new <= max_pages(&self.ty))?;
        self.length.store(self.ty.bytes(new), Ordering::Release);
        Some(old)
    }

    /// The address of `len` bytes from `at` on, if they are inside.
    fn at(&self, at: u64, len: u64) -> Result<*mut u8, TrapCode> {
        let range = range(at, len, self.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        Ok(self.base().wrapping_add(range.start))
    }

    /// Copies bytes out of it.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if they are not all inside.
    pub fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), TrapCode> {
        let from = self.at(at, bytes.len() as u64)?;
        let mut done = 0;
        while done < bytes.len() {
            let rest = &mut bytes[done..];
            // SAFETY: H1, H2: the range was found inside.
            done += unsafe {
                let from = from.add(done);
                match rest.first_chunk_mut::<8>() {
                    Some(word) if from.addr().is_multiple_of(8) => {
                        *word = load(from);
                        8
                    }
                    _ => {
                        [rest[0]] = load(from);
                        1
                    }
                }
            };
        }
        Ok(())
    }

    /// Copies bytes into it.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if there is no room for them all; nothing is written then.
    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<(), TrapCode> {
        let to = self.at(at, bytes.len() as u64)?;
        let mut done = 0;
        while done < bytes.len() {
            let rest = &bytes[done..];
            // SAFETY: H1, H2: the range was found inside.
            done += unsafe {
                let to = to.add(done);
                match rest.first_chunk::<8>() {
                    Some(word) if to.addr().is_multiple_of(8) => {
                        store(to, *word);
                        8
                    }
                    _ => {
                        store(to, [rest[0]]);
                        1
                    }
                }
            };
        }
        Ok(())
    }

    /// Sets `len` bytes from `at` on.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if the range is not inside; nothing is written then.
    pub fn fill(&self, at: u64, value: u8, len: u64) -> Result<(), TrapCode> {
        self.at(at, len)?;
        let chunk = [value; CHUNK];
        let mut done = 0;
        while done < len {
            let part = (len - done).min(CHUNK as u64);
            self.write(at + done, &chunk[..part as usize])?;
            done += part;
        }
        Ok(())
    }

    /// Copies `len` bytes from `from` in `source` to `to` here; both may be the same memory, and the ranges overlap.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] if either range is not inside; nothing is written then.
    pub fn copy(&self, source: &SharedBlock, to: u64, from: u64, len: u64) -> Result<(), TrapCode> {
        source.at(from, len)?;
        self.at(to, len)?;
        let mut chunk = [0; CHUNK];
        let mut done = 0;
        while done < len {
            let part = (len - done).min(CHUNK as u64);
            // What is overwritten must have been read: upwards, the last chunk goes first.
            let place = if to > from { len - done - part } else { done };
            source.read(from + place, &mut chunk[..part as usize])?;
            self.write(to + place, &chunk[..part as usize])?;
            done += part;
        }
        Ok(())
    }

    /// `memory.atomic.wait32` and, if `wide`, `memory.atomic.wait64`: sleeps until somebody notifies the address, if the value there is `expected`;
    /// for `timeout` at most.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] and [`TrapCode::UnalignedAtomic`]
    pub fn wait(&self, at: u64, expected: u64, wide: bool, timeout: Option<Duration>) -> Result<Waited, TrapCode> {
        let address = self.aligned(at, if wide { 8 } else { 4 })?;
        // SAFETY: H1, H2, H3: found inside, and aligned.
        let value = || unsafe {
            if wide {
                AtomicU64::from_ptr(address.cast()).load(Ordering::SeqCst)
            } else {
                u64::from(AtomicU32::from_ptr(address.cast()).load(Ordering::SeqCst))
            }
        };
        Ok(self.parking.park(at, || value() == expected, timeout))
    }

    /// `memory.atomic.notify`: wakes at most `count` of those who wait at an address, and gives how many these were.
    ///
    /// # Traps
    /// [`TrapCode::MemoryOutOfBounds`] and [`TrapCode::UnalignedAtomic`]
    pub fn notify(&self, at: u64, count: u32) -> Result<u32, TrapCode> {
        self.aligned(at, 4)?;
        Ok(self.parking.unpark(at, count))
    }

    /// The address of an atomic access of `bytes` bytes.
    fn aligned(&self, at: u64, bytes: u64) -> Result<*mut u8, TrapCode> {
        let address = self.at(at, bytes)?;
        if at.is_multiple_of(bytes) { Ok(address) } else { Err(TrapCode::UnalignedAtomic) }
    }
}

/// Bytes that are copied at a time.
const CHUNK: usize = 1024;

/// Reads `N` bytes (1, 2, 4, 8 or 16) that other threads may write meanwhile: at once, or 8 at a time, if the address is aligned, one by one if
/// not.
///
/// # Safety
/// They lie in a memory.
#[inline(always)]
pub unsafe fn load<const N: usize>(address: *const u8) -> [u8; N] {
    let mut bytes = [0; N];
    let address = address.cast_mut();
    // SAFETY: the caller's duty; H3.
    unsafe {
        match N {
            2 if address.addr().is_multiple_of(2) => {
                bytes.copy_from_slice(&AtomicU16::from_ptr(address.cast()).load(Ordering::Relaxed).to_ne_bytes());
            }
            4 if address.addr().is_multiple_of(4) => {
                bytes.copy_from_slice(&AtomicU32::from_ptr(address.cast()).load(Ordering::Relaxed).to_ne_bytes());
            }
            8 if address.addr().is_multiple_of(8) => {
                bytes.copy_from_slice(&AtomicU64::from_ptr(address.cast()).load(Ordering::Relaxed).to_ne_bytes());
            }
            16 if address.addr().is_multiple_of(8) => {
                for (index, half) in bytes.as_chunks_mut().0.iter_mut().enumerate() {
                    *half = AtomicU64::from_ptr(address.add(index * 8).cast()).load(Ordering::Relaxed).to_ne_bytes();
                }
            }
            _ => {
                for (index, byte) in bytes.iter_mut().enumerate() {
                    *byte = AtomicU8::from_ptr(address.add(index)).load(Ordering::Relaxed);
                }
            }
        }
    }
    bytes
}

/// Writes `N` bytes (1, 2, 4, 8 or 16) that other threads may access meanwhile: at once, or 8 at a time, if the address is aligned, one by one if
/// not.
///
/// # Safety
/// They lie in a memory.
#[inline(always)]
pub unsafe fn store<const N: usize>(address: *mut u8, bytes: [u8; N]) {
    // SAFETY: the caller's duty; H3.
    unsafe {
        match (N, &bytes[..]) {
            (2, &[a, b]) if address.addr().is_multiple_of(2) => {
                AtomicU16::from_ptr(address.cast()).store(u16::from_ne_bytes([a, b]), Ordering::Relaxed);
            }
            (4, &[a, b, c, d]) if address.addr().is_multiple_of(4) => {
                AtomicU32::from_ptr(address.cast()).store(u32::from_ne_bytes([a, b, c, d]), Ordering::Relaxed);
            }
            (8, &[a, b, c, d, e, f, g, h]) if address.addr().is_multiple_of(8) => {
                AtomicU64::from_ptr(address.cast()).store(u64::from_ne_bytes([a, b, c, d, e, f, g, h]), Ordering::Relaxed);
            }
            (16, _) if address.addr().is_multiple_of(8) => {
                for (index, &half) in bytes.as_chunks().0.iter().enumerate() {
                    AtomicU64::from_ptr(address.add(index * 8).cast()).store(u64::from_ne_bytes(half), Ordering::Relaxed);
                }
            }
            _ => {
                for (index, &byte) in bytes.iter().enumerate() {
                    AtomicU8::from_ptr(address.add(index)).store(byte, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Where threads sleep.
#[cfg(feature = "std")]
mod parking {
    use super::Waited;
    use alloc::collections::{BTreeMap, VecDeque};
    use alloc::sync::Arc;
    use core::time::Duration;
    use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
    use std::time::Instant;

    /// Threads that sleep, in the order in which they came, by address.
    type Sleepers = BTreeMap<u64, VecDeque<Arc<Sleeper>>>;

    /// A thread that sleeps; what it waits for happens under the lot's lock.
    #[derive(Debug, Default)]
    struct Sleeper {
        woken: Condvar,
    }

    /// Sleeping threads of one memory.
    #[derive(Debug, Default)]
    pub struct Lot(Mutex<Sleepers>);

    impl Lot {
        fn lock(&self) -> MutexGuard<'_, Sleepers> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Sleeps at an address if `sleepy` holds, which no notification can come before.
        pub fn park(&self, at: u64, sleepy: impl Fn() -> bool, timeout: Option<Duration>) -> Waited {
            let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
            let mut sleepers = self.lock();
            if !sleepy() {
                return Waited::NotEqual;
            }
            let own = Arc::new(Sleeper::default());
            sleepers.entry(at).or_default().push_back(own.clone());
            loop {
                sleepers = match end {
                    None => own.woken.wait(sleepers).unwrap_or_else(PoisonError::into_inner),
                    Some(end) => {
                        let rest = end.saturating_duration_since(Instant::now());
                        own.woken.wait_timeout(sleepers, rest).unwrap_or_else(PoisonError::into_inner).0
                    }
                };
                // Who wakes a thread takes it off the list.
                let Some(queue) = sleepers.get_mut(&at) else { return Waited::Notified };
                let Some(place) = queue.iter().position(|sleeper| Arc::ptr_eq(sleeper, &own)) else { return Waited::Notified };
                if end.is_some_and(|end| Instant::now() >= end) {
                    queue.remove(place);
                    if queue.is_empty() {
                        sleepers.remove(&at);
                    }
                    return Waited::TimedOut;
                }
            }
        }

        /// Wakes at most `count` threads that sleep at an address.
        pub fn unpark(&self, at: u64, count: u32) -> u32 {
            let mut sleepers = self.lock();
            let Some(queue) = sleepers.get_mut(&at) else { return 0 };
            let mut woken = 0;
            while woken < count
                && let Some(sleeper) = queue.pop_front()
            {
                sleeper.woken.notify_one();
                woken += 1;
            }
            if queue.is_empty() {
                sleepers.remove(&at);
            }
            woken
        }
    }
}

/// Where there are no threads nobody can be woken.
#[cfg(not(feature = "std"))]
mod parking {
    use super::Waited;
    use core::time::Duration;

    /// Nothing.
    #[derive(Debug, Default)]
    pub struct Lot;

    impl Lot {
        /// Does not sleep: without the standard library modules with shared memories are refused.
        pub fn park(&self, _: u64, sleepy: impl Fn() -> bool, _: Option<Duration>) -> Waited {
            if sleepy() { Waited::TimedOut } else { Waited::NotEqual }
        }

        /// Wakes nobody.
        pub fn unpark(&self, _: u64, _: u32) -> u32 {
            0
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};
    use std::thread;

    fn block(min: u64, max: u64) -> Arc<SharedBlock> {
        SharedBlock::new(MemoryType::new(min, Some(max)).shared()).unwrap()
    }

    #[test]
    fn copies_of_all_lengths_and_alignments() {
        let block = block(1, 1);
        let bytes: Vec<u8> = (0..3000).map(|i| (i * 7) as u8).collect();
        for (at, len) in [(0, 1), (1, 7), (3, 8), (5, 29), (8, 64), (65_536 - 3000, 3000)] {
            block.write(at, &bytes[..len]).unwrap();
            let mut back = vec![0; len];
            block.read(at, &mut back).unwrap();
            assert_eq!(back, bytes[..len]);
        }
        for (to, from) in [(10, 3), (3, 10), (2000, 1), (1, 2000), (5, 5)] {
            block.write(0, &[0; 6000]).unwrap();
            block.write(from, &bytes).unwrap();
            block.copy(&block, to, from, 3000).unwrap();
            let mut back = vec![0; 3000];
            block.read(to, &mut back).unwrap();
            assert_eq!(back, bytes, "{to} {from}");
        }
        assert_eq!(block.write(65_530, &bytes[..7]), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(block.fill(u64::MAX, 0, 2), Err(TrapCode::MemoryOutOfBounds));
    }

    #[test]
    fn growth_stays_in_place() {
        let block = block(1, 3);
        let base = block.base();
        assert_eq!((block.grow(2), block.grow(1), block.grow(0)), (Some(1), None, Some(3)));
        assert_eq!((block.len(), block.base()), (3 << 16, base));
    }

    #[test]
    fn who_waits_is_woken_once() {
        let block = block(1, 1);
        assert_eq!(block.wait(8, 1, false, None), Ok(Waited::NotEqual));
        assert_eq!(block.wait(8, 0, true, Some(Duration::from_millis(1))), Ok(Waited::TimedOut));
        assert_eq!(block.wait(4, 0, true, None), Err(TrapCode::UnalignedAtomic));
        assert_eq!(block.notify(65_536, 1), Err(TrapCode::MemoryOutOfBounds));
        thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| block.wait(8, 0, false, None))).collect();
            let mut woken = 0;
            while woken < 3 {
                woken += block.notify(8, 2).unwrap();
                assert_eq!(block.notify(12, u32::MAX), Ok(0));
                thread::yield_now();
            }
            for thread in threads {
                assert_eq!(thread.join().unwrap(), Ok(Waited::Notified));
            }
        });
    }
}
