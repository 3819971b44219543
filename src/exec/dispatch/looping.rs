//! The portable back end: a loop calls the handlers. It runs in debug builds, under Miri, and on targets where tail calls are not known to work.

use super::super::handlers::Instruction;
use super::super::registers::{Control, Registers};
use super::{instruction_bytes, keep, leave, leave_by_crossing, leave_by_trap, leave_in_place, leave_without_callee};

/// A handler: does one instruction; 0 to go on, otherwise why not.
pub type Dispatch = unsafe fn(&mut Registers) -> u32;

/// The handler of one instruction or superinstruction.
#[derive(Debug)]
pub struct Handler<T>(core::marker::PhantomData<T>);

/// A handler.
pub trait Handle {
    /// Does one instruction; 0 to go on, otherwise why not.
    ///
    /// # Safety
    /// I1 to I5.
    unsafe fn run(r: &mut Registers) -> u32;
}

impl<T: Instruction> Handle for Handler<T> {
    unsafe fn run(r: &mut Registers) -> u32 {
        // SAFETY: by the caller.
        unsafe {
            match T::run(r, 8) {
                Control::Next => {
                    r.ip = r.ip.add(instruction_bytes(T::BYTES));
                    0
                }
                Control::Jump => 0,
                Control::Trap(trap, at) => leave_by_trap(r.ip.add(at), r.fp, r.mem, r.cx, trap, r.f, r.g),
                Control::Leave(reason) => leave(r.ip, r.fp, r.mem, r.cx, reason),
                Control::Cross(callee, tail) => leave_by_crossing(r.ip.add(tail), r.fp, callee, r.cx),
                Control::CrossInPlace(callee, tail) => leave_in_place(r.ip.add(tail), r.fp, callee, r.cx),
                Control::Collect => leave_to_collect(*r),
                Control::NoCallee(tail) => leave_without_callee(r.ip.add(tail), r.fp, r.a, r.cx),
            }
        }
    }
}

pub use Handler as Common;
pub use Handler as Rare;

/// The same: a loop of one handler needs no special one here.
#[derive(Debug)]
pub struct Repeated<T>(core::marker::PhantomData<T>);

impl<T: Instruction> Handle for Repeated<T> {
    unsafe fn run(r: &mut Registers) -> u32 {
        // SAFETY: by the caller.
        unsafe { Handler::<T>::run(r) }
    }
}

/// Runs from `r.ip` until something must be done outside.
///
/// # Safety
/// I1 to I5.
pub unsafe fn enter(mut r: Registers) -> u32 {
    loop {
        // SAFETY: I1: an instruction starts with its handler, which is a `Dispatch` (exec::handlers::table).
        let left = unsafe {
            let word = r.ip.cast::<u64>().read();
            let handler = core::mem::transmute::<*const (), Dispatch>(core::ptr::with_exposed_provenance(word as usize));
            handler(&mut r)
        };
        if left != 0 {
            return left;
        }
    }
}

/// Leaves for a collection.
///
/// # Safety
/// I1 to I5.
#[cold]
#[inline(never)]
unsafe fn leave_to_collect(r: Registers) -> u32 {
    // SAFETY: by the caller.
    unsafe { keep(r) }
}
