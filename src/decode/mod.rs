//! Bytes to [`module::Module`], and the reader of operators over the bytes of a body.
//!
//! Spec: Binary Format. Called by: `api`; [`operators`] also by `validate` and `translate`. Calls: `util`, `wasm`, wasmparser.
//!
//! Sections, names and types come through wasmparser, which is asked to read and never to judge. Function bodies are left as byte ranges:
//! [`operators::Reader`] reads them, first for `validate`, later, and only for functions that are called, for `translate`.
//!
//! # Not here
//! Any judgement on types, indices or bounds (`validate`), except that constant expressions hold constant operators only: their decoded form
//! has no room for others.

mod const_expr;
pub mod error;
pub mod hints;
mod leb128;
pub mod module;
mod names;
pub mod operators;
mod sections;
mod types;

pub use error::ErrorKind;
pub use sections::decode;
