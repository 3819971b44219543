//! Programs in the manner of compilers, run in all configurations and in wasmi.

#![no_main]

use fulgurite_fuzz::{compare, program};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = program::text(bytes);
    let wasm = wat::parse_str(&text).expect("the generator writes valid text");
    if let Err(difference) = compare::run(&wasm, compare::Memory::Program) {
        panic!("{difference}\n{text}");
    }
});
