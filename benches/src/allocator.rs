//! The allocator of this program: the system's, and a count of the bytes that are allocated while somebody wants to know.
#![expect(unsafe_code, reason = "the trait of allocators is unsafe to implement")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

/// The system's allocator, counted.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Whether to count: timed code pays for one load and a branch only.
static WANTED: AtomicBool = AtomicBool::new(false);

/// Bytes that are allocated, less those that were when counting began; may wrap.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Starts to count.
pub fn count() {
    WANTED.store(true, Relaxed);
}

/// Bytes allocated and not freed; only differences mean something.
pub fn bytes() -> usize {
    BYTES.load(Relaxed)
}

fn add(bytes: usize) {
    if WANTED.load(Relaxed) {
        BYTES.fetch_add(bytes, Relaxed);
    }
}

fn subtract(bytes: usize) {
    if WANTED.load(Relaxed) {
        BYTES.fetch_sub(bytes, Relaxed);
    }
}

// SAFETY: the system's allocator does all the work; what is counted beside it touches no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's duty.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's duty.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: the caller's duty.
        unsafe { System.dealloc(start, layout) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        subtract(layout.size());
        // SAFETY: the caller's duty.
        unsafe { System.realloc(start, layout, size) }
    }
}
