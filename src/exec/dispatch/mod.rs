//! From one instruction to the next: two back ends around the same bodies.
//!
//! `tail`: a handler is a leaf function that ends in a jump to the next one. Stable Rust promises no tail calls, but LLVM makes sibling calls of
//! them in optimised builds when all arguments are in registers; the build script selects this back end only there, and
//! `scripts/check-handlers` and `tests/tail_stack.rs` hold it to that. `looping`: a loop calls one handler after another; for all other builds.
//!
//! Called by: `exec`. Calls: `exec::handlers`.

#[cfg(not(fulgurite_tail_dispatch))]
mod looping;
#[cfg(fulgurite_tail_dispatch)]
#[allow(
    improper_ctypes_definitions,
    reason = "both sides of the calling convention are ours; a vector of the base line goes in a register"
)]
mod tail;

#[cfg(not(fulgurite_tail_dispatch))]
pub use looping::{Dispatch, Handle, Repeated, enter};
#[cfg(all(fulgurite_tail_dispatch, not(fulgurite_distances)))]
pub use tail::Dispatch;
#[cfg(fulgurite_tail_dispatch)]
pub use tail::{Handle, Repeated, enter};

#[cfg(not(fulgurite_tail_dispatch))]
use looping::{Common, Rare};
#[cfg(fulgurite_tail_dispatch)]
use tail::{Common, Rare};

use super::handlers::{Instruction, Is};

use super::machine::Machine;
use super::registers::{Reason, Registers};
use crate::runtime::context::{Context, FuncEntity};
use crate::wasm::trap::TrapCode;

/// Where the handlers of instructions lie that are used often, or not; the back end may have one place for both.
pub trait Locality {
    /// The handler of an instruction there.
    type Handler<T: Instruction>: Handle;
}

impl Locality for Is<true> {
    type Handler<T: Instruction> = Common<T>;
}

impl Locality for Is<false> {
    type Handler<T: Instruction> = Rare<T>;
}

/// The name of the back end that this build uses.
pub const BACK_END: &str = if cfg!(fulgurite_tail_dispatch) { "tail" } else { "loop" };

/// Bytes from the start of an instruction to the next one.
const fn instruction_bytes(operands: usize) -> usize {
    (8 + operands).next_multiple_of(8)
}

/// Leaves because of a trap. Cold, so that the exits lie behind the fast path; the stores keep it from being folded into its callers. The third
/// argument is the register of `mem`, unused: the fast path need not save it for the slow one. So are the last ones, the accumulators of floats:
/// what a superinstruction has loaded before it may trap again must be there then, so the address of the load need not be kept.
#[cold]
#[inline(never)]
unsafe extern "C" fn leave_by_trap(ip: *const u8, fp: *mut u8, _: *mut u8, cx: *mut Context, trap: TrapCode, _: f64, _: f32) -> u32 {
    // SAFETY: I4: the context knows its machine.
    unsafe { (*(*cx).machine.cast::<Machine>()).stop(ip, fp, cx) };
    trap as u32
}

/// Leaves because the driver must do something.
#[cold]
#[inline(never)]
unsafe extern "C" fn leave(ip: *const u8, fp: *mut u8, _: *mut u8, cx: *mut Context, reason: Reason) -> u32 {
    // SAFETY: I4: the context knows its machine.
    unsafe { (*(*cx).machine.cast::<Machine>()).stop(ip, fp, cx) };
    reason as u32
}

/// Keeps all registers, for when the instruction is done again.
///
/// # Safety
/// I1 to I5.
unsafe fn keep(r: Registers) -> u32 {
    // SAFETY: I4: the context knows its machine.
    unsafe { (*(*r.cx).machine.cast::<Machine>()).pause(r) };
    Reason::Collect as u32
}

/// Leaves to call a function of another instance: makes its frame, as `exec::handlers::control` does for others. `tail` is the tail of the calling
/// instruction.
#[cold]
#[inline(never)]
unsafe extern "C" fn leave_by_crossing(tail: *const u8, fp: *mut u8, callee: *const FuncEntity, cx: *mut Context) -> u32 {
    // SAFETY: I1, I2, I4: as for a call in the same instance.
    unsafe {
        let frame = super::handlers::enter_callee(tail, fp, super::handlers::behind_tail(tail));
        (*(*cx).machine.cast::<Machine>()).stop(callee.cast(), frame, cx);
    }
    Reason::Cross as u32
}

/// The same, for a call in place of the running function.
#[cold]
#[inline(never)]
unsafe extern "C" fn leave_in_place(tail: *const u8, fp: *mut u8, callee: *const FuncEntity, cx: *mut Context) -> u32 {
    // SAFETY: I1, I2, I4: as for a call in the same instance.
    unsafe {
        let frame = super::handlers::enter_in_place(tail, fp);
        (*(*cx).machine.cast::<Machine>()).stop(callee.cast(), frame, cx);
    }
    Reason::Cross as u32
}

/// Leaves because an indirect call can't be made, and finds out why.
#[cold]
#[inline(never)]
unsafe extern "C" fn leave_without_callee(tail: *const u8, fp: *mut u8, index: u64, cx: *mut Context) -> u32 {
    // SAFETY: I1, I4, R3, R5.
    unsafe {
        let trap = match super::handlers::callee(cx, tail, index as u32) {
            None => TrapCode::UndefinedElement,
            Some(entity) if entity.is_null() => TrapCode::UninitializedElement,
            Some(_) => TrapCode::IndirectCallTypeMismatch,
        };
        (*(*cx).machine.cast::<Machine>()).stop(tail, fp, cx);
        trap as u32
    }
}
