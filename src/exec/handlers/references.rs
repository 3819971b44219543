//! References to functions and objects: null, casts.
//!
//! Called by: `exec::handlers`. Calls: `runtime`.

use super::{instruction, settle};
use crate::exec::registers::{Control, Destination, I, N, S, Value, W, operand, slot};
use crate::runtime::bulk;
use crate::wasm::trap::TrapCode;

instruction! {
    /// Traps if a reference is null.
    CheckNonNull<S, N, N> [] 2, |r, at| {
        if u64::load(slot(r, at)) == 0 { Control::Trap(TrapCode::NullReference, at) } else { Control::Next }
    }
}
instruction! {
    /// The function that a table holds, if it is of a type.
    CalleeOfType<S, I, W> [] 12, |r, at| {
        let (index, wanted) = (u32::load(slot(r, at)), operand::<u64>(r, at + 2));
        let found = bulk::callee_of_type(r.cx, (wanted >> 32) as u32, index, wanted as u32);
        settle(found, at, |callee| <W as Destination<u64>>::put(r, at, at + 10, callee))
    }
}
