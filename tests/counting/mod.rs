//! An allocator that counts, for tests of what things take. A test program that has this module uses it for all that it allocates.
#![allow(dead_code, reason = "not every test that counts asks for the peak")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Bytes that this thread has allocated and not freed; only differences mean something.
pub fn live() -> isize {
    LIVE.get()
}

/// The most bytes that were live since [`restart_peak`].
pub fn peak() -> isize {
    PEAK.get()
}

/// Forgets the peak so far.
pub fn restart_peak() {
    PEAK.set(LIVE.get());
}

fn note(bytes: isize) {
    let live = LIVE.get() + bytes;
    LIVE.set(live);
    PEAK.set(PEAK.get().max(live));
}

/// The system's allocator, counted.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: it only counts; the system's allocator does the work.
#[allow(unsafe_code, reason = "a global allocator is unsafe by its nature")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        // SAFETY: the caller's duty.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        // SAFETY: the caller's duty.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(-(layout.size() as isize));
        // SAFETY: the caller's duty.
        unsafe { System.dealloc(pointer, layout) }
    }
}
