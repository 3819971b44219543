//! Differential testing of Fulgurite: makers of modules from bytes, and comparisons with other judges.
//!
//! The fuzz targets use this as a library; `tests/differential.rs` of the engine includes the same files and feeds them fixed seeds.
//! So everything here is a pure function of its input bytes. Modules refer to each other by `super`, never by `crate`.

pub mod compare;
pub mod guest;
pub mod hints;
pub mod program;
pub mod random;
pub mod smith;
pub mod verdict;

/// A module for a report: its bytes as an escaped string, as a `(module binary …)` takes them.
pub fn show(wasm: &[u8]) -> String {
    let bytes: String = wasm.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(module binary \"{bytes}\")")
}
