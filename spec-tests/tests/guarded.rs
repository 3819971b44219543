//! The WebAssembly testsuite under the allocator of `tests/guarded_allocator.rs`, which ends the process at reads and writes past an allocation and
//! at stale pointers.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

#[path = "../../tests/guarded_allocator/allocator.rs"]
mod allocator;
mod testsuite;

#[global_allocator]
static ALLOCATOR: allocator::Guarded = allocator::Guarded;
