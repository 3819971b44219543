//! By-products of validation, for whoever wants them.
//!
//! Called by: `validate::body`. Implemented by: `translate`; `()` is the sink that drops all.

use super::Locals;
use crate::wasm::types::ValType;

/// What the validator reports of a body while it reads it. Dead code is reported like any other; after an error nothing more comes.
pub trait BodySink {
    /// Whether anybody listens; where not, nothing is computed for the sink.
    const ACTIVE: bool = true;

    /// A body begins; `locals` are its parameters and declared locals.
    fn begin(&mut self, _locals: &Locals) {}

    /// `local.get` (`write` is false), `local.set` or `local.tee` (`write` is true).
    fn local(&mut self, _index: u32, _write: bool) {}

    /// There may be vectors on the operand stack. (Not told of those that come from locals.)
    fn vector(&mut self) {}

    /// A call, direct or not.
    fn call(&mut self) {}

    /// A `loop` with these parameters begins.
    fn loop_begin(&mut self, _params: &[ValType]) {}

    /// A `br` goes back to the start of the `loop` that is outside of `loops` others.
    fn branch_back(&mut self, _loops: usize) {}

    /// The innermost `loop` ends.
    fn loop_end(&mut self) {}

    /// The body, whose locals `begin` has shown, ends; it never has more than `max_operands` values on the operand stack.
    fn end(&mut self, _locals: &Locals, _max_operands: u32) {}
}

impl BodySink for () {
    const ACTIVE: bool = false;
}
