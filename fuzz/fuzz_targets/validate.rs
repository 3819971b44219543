//! Raw bytes, modules with nonsense bodies and mutants of valid modules: the verdict must be that of wasmparser's validator.

#![no_main]

use fulgurite_fuzz::verdict;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(wasm) = verdict::candidate(bytes) else { return Corpus::Reject };
    if let Err(difference) = verdict::agree(&wasm) {
        panic!("{difference}\n{}", fulgurite_fuzz::show(&wasm));
    }
    Corpus::Keep
});
