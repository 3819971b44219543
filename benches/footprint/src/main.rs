//! The engine alone, in a program without the standard library: it runs the recursive Fibonacci function, and leaves with 0 if the result is right.
//! Its size, stripped, is what the engine adds to a program; see `scripts/footprint`.
#![no_std]
#![no_main]
#![expect(unsafe_code, reason = "a program without the standard library brings its own allocator and entry point")]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_char, c_int, c_void};

use fulgurite::{Engine, Instance, Module, Store};

/// The C library's allocator.
struct Malloc;

#[global_allocator]
static ALLOCATOR: Malloc = Malloc;

/// The alignment that `malloc` gives.
const MALLOC_ALIGN: usize = 16;

// SAFETY: `malloc` and `aligned_alloc` give what the layout asks for, and `free` takes what either gave.
unsafe impl GlobalAlloc for Malloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let size = layout.size().next_multiple_of(layout.align());
        // SAFETY: any size will do; the size is a multiple of the alignment.
        unsafe { if layout.align() <= MALLOC_ALIGN { libc::malloc(size) } else { libc::aligned_alloc(layout.align(), size) }.cast() }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        // SAFETY: the caller's duty.
        unsafe { libc::free(pointer.cast::<c_void>()) }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::abort() }
}

/// Named by the unwinding tables of the precompiled `alloc`; never called, since a panic ends the process.
#[unsafe(no_mangle)]
pub extern "C" fn rust_eh_personality() {}

/// The same.
#[unsafe(no_mangle)]
pub extern "C" fn _Unwind_Resume() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::abort() }
}

/// `(func $fib (export "fib") (param i64) (result i64)` that adds its own results for the two numbers before.
const MODULE: &[u8] = &[
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7e, 0x01, 0x7e, 0x03, 0x02, 0x01, 0x00, 0x07, 0x07,
    0x01, 0x03, 0x66, 0x69, 0x62, 0x00, 0x00, 0x0a, 0x1e, 0x01, 0x1c, 0x00, 0x20, 0x00, 0x42, 0x02, 0x54, 0x04, 0x7e, 0x20, 0x00, 0x05,
    0x20, 0x00, 0x42, 0x01, 0x7d, 0x10, 0x00, 0x20, 0x00, 0x42, 0x02, 0x7d, 0x10, 0x00, 0x7c, 0x0b, 0x0b,
];

fn run() -> Result<i64, fulgurite::Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, MODULE)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<i64, i64>(&store, "fib")?.call(&mut store, 20)
}

/// Where the C library starts the program.
#[unsafe(no_mangle)]
pub extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    c_int::from(!matches!(run(), Ok(6765)))
}
