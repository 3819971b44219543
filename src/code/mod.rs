//! Our own instruction set: base operations, operand kinds, encoding, superinstructions, and the cells in which translated functions are published.
//!
//! Data: made by `translate`, run by `exec`, printed by the disassembler. Called by: `translate`, `runtime`, `exec`, `api`. Calls: `wasm`, `util`.
//! It never mentions instances.

pub mod cell;
#[cfg_attr(feature = "compact", path = "compact.rs")]
pub mod forms;
pub mod fusion;
pub mod handlers;
pub mod operands;
pub mod ops;
pub mod place;
#[cfg(feature = "profile")]
pub mod profile;
pub mod unwind;
