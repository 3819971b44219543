//! The validator: module rules, constant expressions, and function bodies.
//!
//! Spec: Validation; Appendix, Validation Algorithm. Called by: `api`. Calls: `util`, `wasm`, `decode`.
//!
//! Everything that runs later trusts what was accepted here, so there is no unsafe code. Function bodies are decoded and judged by one loop
//! over raw bytes ([`func`]); what that loop sees can be reported to a [`BodySink`], and costs nothing where nobody listens.
//!
//! # Not here
//! Limits that depend on the host (memory that can't be had, tables that are too large): those are `runtime`'s.

mod body;
mod error;
mod func;
mod locals;
mod module;
mod operands;
mod rare;
mod simple;
mod sink;

pub use error::ValidateError;
pub use func::FuncValidator;
pub use locals::Locals;
pub use module::module;
pub use sink::BodySink;

use crate::decode::module::Module;

/// Validates the bodies of all functions of a module that [`module()`] accepted.
///
/// # Errors
/// The first rule that a body breaks.
pub fn bodies(module: &Module) -> Result<(), ValidateError> {
    let mut validator = FuncValidator::new();
    for index in 0..module.bodies.len() {
        validator.body(module, index as u32, &mut ())?;
    }
    Ok(())
}
