//! What the standard defines: types and matching, the opcode table, numeric semantics, trap codes, limits.
//!
//! Spec: Structure; Validation, Types; Execution, Numerics. Called by: every layer. Calls: `util`.
//!
//! # Not here
//! Reading bytes (`decode`), judging them (`validate`), and our own instruction set (`code`).

pub mod features;
pub mod limits;
pub mod numeric;
pub mod opcodes;
pub mod trap;
pub mod types;
