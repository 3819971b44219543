//! An allocator that gives each allocation pages of its own, so that a read or write past its end, or after its release, ends the process.
//!
//! For tests only. Included by `tests/guarded_allocator.rs` and `spec-tests/tests/guarded.rs`; imports nothing of ours.
//!
//! # Layout
//! ```text
//! canary ... | allocation | canary, if its alignment leaves a gap || inaccessible page
//! ^ first page                                                    ^ end of the last page
//! ```
//! # Invariants
//! G1. The arena is one reservation that is never given back. Each allocation has whole pages of it, and one more behind them that stays inaccessible.
//! G2. Addresses are handed out once: `NEXT` only grows. So released pages stay inaccessible, and stale pointers never meet a later allocation.
//! G3. The pages of an allocation follow from its address and layout alone, see [`Place`].
//!
//! # What it finds
//! Accesses behind an allocation, however far below a page, and of one that was released: the process dies of the access. Writes in front of an
//! allocation, and into the gap that alignment leaves: the process aborts when the allocation is released. Fresh bytes are [`FRESH`], so that
//! reads of what was never written do not see zeros by luck. Growing a `Vec` moves it always, so that pointers into the old one are found.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Address space for all allocations that the process ever makes: at two pages each, more than a hundred million of them.
const ARENA_BYTES: usize = 1 << 40;

/// What lies around allocations, in their pages.
const CANARY: u8 = 0xc5;

/// What fresh allocations are filled with.
const FRESH: u8 = 0xa7;

/// The allocator; see the head of the file.
pub struct Guarded;

/// The arena: its first address and the size of a page.
#[derive(Clone, Copy)]
struct Arena {
    start: usize,
    page: usize,
}

static ARENA: OnceLock<Arena> = OnceLock::new();

/// Bytes of the arena that were handed out.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Allocations with pages of their own that were not released yet.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// More are left to the system: each takes two mappings, and Linux allows a process 65,530 by default. Syntax trees of large texts reach it.
const MOST_LIVE: usize = 31_000;

/// The pages of one allocation: `first..end`, with the allocation at the end as far as its alignment permits.
#[derive(Clone, Copy)]
struct Place {
    first: usize,
    allocation: usize,
    size: usize,
    end: usize,
}

impl Place {
    /// The place of an allocation of this layout in pages that start at `first`, a multiple of the page and so of the alignment.
    fn in_pages(first: usize, layout: Layout, page: usize) -> Self {
        let end = first + pages(layout, page);
        Self { first, allocation: (end - layout.size()) & !(layout.align() - 1), size: layout.size(), end }
    }

    /// The place of an allocation at this address, which lies in its first page (G3).
    fn at(address: usize, layout: Layout, page: usize) -> Self {
        Self::in_pages(address & !(page - 1), layout, page)
    }

    /// The bytes in front of the allocation, and behind it: addresses and lengths.
    fn canaries(self) -> [(usize, usize); 2] {
        let behind = self.allocation + self.size;
        [(self.first, self.allocation - self.first), (behind, self.end - behind)]
    }
}

/// The bytes of the pages that an allocation needs.
fn pages(layout: Layout, page: usize) -> usize {
    layout.size().max(1).next_multiple_of(page)
}

/// Ends the process with a message, without allocating.
fn die(message: &str) -> ! {
    // SAFETY: the bytes of a string that lives; what cannot be written is lost.
    #[allow(unsafe_code, reason = "printing may allocate")]
    unsafe {
        libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
    }
    std::process::abort()
}

#[allow(unsafe_code, reason = "memory is mapped by the system")]
impl Arena {
    /// The arena, reserved at the first call.
    fn get() -> Self {
        *ARENA.get_or_init(|| {
            // SAFETY: asks for a number.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
            match Self::map(std::ptr::null_mut(), ARENA_BYTES, 0) {
                Some(start) => Self { start, page },
                None => die("guarded allocator: no address space\n"),
            }
        })
    }

    /// Maps inaccessible pages, at an address of the system's choice unless the flags fix it.
    fn map(at: *mut libc::c_void, length: usize, fixed: libc::c_int) -> Option<usize> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE | fixed;
        // SAFETY: a new mapping touches nothing; a fixed one replaces pages of an allocation that was released (`dealloc`).
        let start = unsafe { libc::mmap(at, length, libc::PROT_NONE, flags, -1, 0) };
        (start != libc::MAP_FAILED).then(|| start.expose_provenance())
    }

    /// Takes pages for an allocation and makes them accessible; they are zero. `None` if it is too large for the arena.
    fn take(self, layout: Layout) -> Option<Place> {
        let length = pages(layout, self.page);
        let offset = NEXT.fetch_add(length + self.page, Ordering::Relaxed);
        if offset.checked_add(length + self.page)? > ARENA_BYTES {
            return None;
        }
        let place = Place::in_pages(self.start + offset, layout, self.page);
        // SAFETY: G1, G2: pages of the arena that nobody has yet.
        let failed =
            unsafe { libc::mprotect(std::ptr::with_exposed_provenance_mut(place.first), length, libc::PROT_READ | libc::PROT_WRITE) };
        if failed != 0 {
            die("guarded allocator: the system has no pages left\n");
        }
        Some(place)
    }

    /// Whether an address is of the arena; others are the system's.
    fn contains(self, address: usize) -> bool {
        address.wrapping_sub(self.start) < ARENA_BYTES
    }
}

#[allow(unsafe_code, reason = "a global allocator is unsafe by its nature")]
impl Guarded {
    /// An allocation whose bytes are zero, or null.
    fn allocate(layout: Layout) -> *mut u8 {
        let arena = Arena::get();
        if layout.align() > arena.page || LIVE.load(Ordering::Relaxed) >= MOST_LIVE {
            // SAFETY: the caller of the allocator promises that the size is not zero.
            return unsafe { System.alloc_zeroed(layout) };
        }
        let Some(place) = arena.take(layout) else { return std::ptr::null_mut() };
        LIVE.fetch_add(1, Ordering::Relaxed);
        for (start, length) in place.canaries() {
            // SAFETY: G3, inside of the pages that `take` made accessible.
            unsafe { std::ptr::with_exposed_provenance_mut::<u8>(start).write_bytes(CANARY, length) };
        }
        std::ptr::with_exposed_provenance_mut(place.allocation)
    }

    /// Ends the process if a byte around an allocation was written.
    fn check(place: Place) {
        for (start, length) in place.canaries() {
            // SAFETY: G3, inside of the allocation's pages, which are accessible until it is released; no reference into them is left.
            let canary = unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<u8>(start), length) };
            if canary.iter().any(|byte| *byte != CANARY) {
                die("guarded allocator: a write beside an allocation\n");
            }
        }
    }
}

// SAFETY: allocations are disjoint (G2), as large and as aligned as asked for (`Place`), and stay until they are released.
#[allow(unsafe_code, reason = "a global allocator is unsafe by its nature")]
unsafe impl GlobalAlloc for Guarded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let allocation = Self::allocate(layout);
        if !allocation.is_null() {
            // SAFETY: it has that many bytes.
            unsafe { allocation.write_bytes(FRESH, layout.size()) };
        }
        allocation
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::allocate(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let arena = Arena::get();
        if !arena.contains(pointer.addr()) {
            // SAFETY: the caller's duty; it is one of those that `allocate` left to the system.
            return unsafe { System.dealloc(pointer, layout) };
        }
        let place = Place::at(pointer.addr(), layout, arena.page);
        if place.allocation != pointer.addr() {
            die("guarded allocator: released with another layout\n");
        }
        Self::check(place);
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // A new mapping in their place gives the pages back and forbids access.
        let length = place.end - place.first;
        if Arena::map(std::ptr::with_exposed_provenance_mut(place.first), length, libc::MAP_FIXED).is_none() {
            die("guarded allocator: pages cannot be given back\n");
        }
    }
}
