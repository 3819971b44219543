//! Sequences of file operations on the host's file system, in memory, and on an overlay.
//!
//! What is drawn, done and compared is in the tests of `fulgurite-wasi`, which run it too, without a fuzzer.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../wasi/tests/model/mod.rs"]
mod model;

fuzz_target!(|bytes: &[u8]| model::run(bytes));
