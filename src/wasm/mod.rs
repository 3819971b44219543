//! What the standard defines: types and matching, the opcode table, numeric semantics, trap codes, limits.
//!
//! Spec: Structure; Validation, Types; Execution, Numerics. Called by: every layer. Calls: `util`.
//!
//! # Not here
//! Reading bytes (`decode`), judging them (`validate`), and our own instruction set (`code`).

pub mod features;
pub mod layout;
pub mod limits;
pub mod matching;
pub mod numeric;
pub mod opcodes;
pub mod simd;
pub mod trap;
pub mod types;
