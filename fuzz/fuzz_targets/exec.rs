//! Modules of wasm-smith, run in all configurations and in wasmi.

#![no_main]

use fulgurite_fuzz::{compare, smith};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(wasm) = smith::module(bytes) else { return Corpus::Reject };
    if let Err(difference) = compare::run(&wasm, compare::Memory::Bytes) {
        panic!("{difference}\n{}", fulgurite_fuzz::show(&wasm));
    }
    Corpus::Keep
});
