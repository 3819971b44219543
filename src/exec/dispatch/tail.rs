//! The fast back end: every handler ends in a jump to the next.
//!
//! All of [`Registers`] travels in the argument registers of the System V calling convention:
//!
//! | register | holds | register | holds |
//! |---|---|---|---|
//! | rdi | `ip` | xmm0 | f64 accumulator |
//! | rsi | `fp` | xmm1 | f32 accumulator |
//! | rdx | `mem` | xmm2–xmm5 | pinned f64 locals |
//! | rcx | pinned integer local 1 | xmm6 | `cx`, as the bits of an f64 |
//! | r8 | integer accumulator | xmm7 | vector accumulator |
//! | r9 | pinned integer local 0 | | |
//!
//! rax, r10 and r11 are left to the handlers, which is enough for nearly all of them. `cx` is needed rarely, so it can live where a move is
//! needed to get at it; the length of the memory and the limit of the stack, which are needed often, lie in front of the memory.
//! A handler must stay free of anything with a destructor and of locals whose address is taken, or the sibling call is lost.

#![allow(improper_ctypes_definitions, reason = "vectors have a register of their own in this convention; nothing foreign calls a handler")]

use super::super::handlers::Instruction;
use super::super::registers::{Control, Registers};
use super::{instruction_bytes, keep, leave, leave_by_crossing, leave_by_trap, leave_in_place, leave_without_callee};
use crate::runtime::context::Context;
use crate::wasm::simd::V128;

/// A handler: does an instruction, and all that follows.
pub type Dispatch = unsafe extern "sysv64" fn(
    ip: *const u8,
    fp: *mut u8,
    mem: *mut u8,
    p1: u64,
    a: u64,
    p0: u64,
    f: f64,
    g: f32,
    q0: f64,
    q1: f64,
    q2: f64,
    q3: f64,
    cx: f64,
    v: V128,
) -> u32;

/// Jumps to the instruction at `ip`.
macro_rules! dispatch {
    ($r:expr) => {{
        let r = &$r;
        // I1: an instruction starts with its handler, which is a `Dispatch` (exec::handlers::table).
        let handler = core::mem::transmute::<*const (), Dispatch>(core::ptr::with_exposed_provenance(r.ip.cast::<u64>().read() as usize));
        let cx = f64::from_bits(r.cx.expose_provenance() as u64);
        return handler(r.ip, r.fp, r.mem, r.p[1], r.a, r.p[0], r.f, r.g, r.q[0], r.q[1], r.q[2], r.q[3], cx, r.v);
    }};
}

/// The registers, from the arguments of a handler.
macro_rules! registers {
    ($ip:ident $fp:ident $mem:ident $p1:ident $a:ident $p0:ident $f:ident $g:ident $q0:ident $q1:ident $q2:ident $q3:ident $cx:ident $v:ident) => {
        Registers {
            ip: $ip,
            fp: $fp,
            mem: $mem,
            cx: core::ptr::with_exposed_provenance_mut::<Context>($cx.to_bits() as usize),
            a: $a,
            f: $f,
            g: $g,
            v: $v,
            p: [$p0, $p1],
            q: [$q0, $q1, $q2, $q3],
        }
    };
}

/// Defines a module of handlers, which lie next to each other in the program: the compiler keeps together what a module defines.
macro_rules! neighbours {
    ($(#[$doc:meta])* $place:ident) => {
        $(#[$doc])*
        mod $place {
            use super::*;

            /// The handler of one instruction or superinstruction.
            #[derive(Debug)]
            pub struct Handler<T>(core::marker::PhantomData<T>);

            impl<T: Instruction> Handle for Handler<T> {
                #[rustfmt::skip]
                unsafe extern "sysv64" fn run(
                    ip: *const u8, fp: *mut u8, mem: *mut u8, p1: u64, a: u64, p0: u64, f: f64, g: f32, q0: f64, q1: f64, q2: f64, q3: f64,
                    cx: f64, v: V128,
                ) -> u32 {
                    // SAFETY: by the caller.
                    unsafe {
                        let mut r = registers!(ip fp mem p1 a p0 f g q0 q1 q2 q3 cx v);
                        match T::run(&mut r, 8) {
                            Control::Next => {
                                r.ip = r.ip.add(instruction_bytes(T::BYTES));
                                dispatch!(r)
                            }
                            Control::Jump => dispatch!(r),
                            Control::Trap(trap, at) => leave_by_trap(r.ip.add(at), r.fp, r.mem, r.cx, trap, r.f, r.g),
                            Control::Leave(reason) => leave(r.ip, r.fp, r.mem, r.cx, reason),
                            Control::Cross(callee, tail) => leave_by_crossing(r.ip.add(tail), r.fp, callee, r.cx),
                            Control::CrossInPlace(callee, tail) => leave_in_place(r.ip.add(tail), r.fp, callee, r.cx),
                            Control::Collect => leave_to_collect(ip, fp, mem, p1, a, p0, f, g, q0, q1, q2, q3, cx, v),
                            Control::NoCallee(tail) => leave_without_callee(r.ip.add(tail), r.fp, r.a, r.cx),
                        }
                    }
                }
            }
        }
    };
}
neighbours! {
    /// What programs use often: so it takes few pages, and few entries of the table that finds them.
    common
}
neighbours! {
    /// All the rest.
    rare
}
pub use common::Handler as Common;
pub use rare::Handler as Rare;

/// A handler.
pub trait Handle {
    /// Does an instruction, and all that follows.
    ///
    /// # Safety
    /// I1 to I5.
    #[rustfmt::skip]
    unsafe extern "sysv64" fn run(
        ip: *const u8, fp: *mut u8, mem: *mut u8, p1: u64, a: u64, p0: u64, f: f64, g: f32, q0: f64, q1: f64, q2: f64, q3: f64, cx: f64,
        v: V128,
    ) -> u32;
}

/// Leaves for a collection, with what all registers held before the instruction: they are where they must be for this call.
///
/// # Safety
/// I1 to I5.
#[cold]
#[inline(never)]
#[rustfmt::skip]
unsafe extern "sysv64" fn leave_to_collect(
    ip: *const u8, fp: *mut u8, mem: *mut u8, p1: u64, a: u64, p0: u64, f: f64, g: f32, q0: f64, q1: f64, q2: f64, q3: f64, cx: f64,
    v: V128,
) -> u32 {
    // SAFETY: by the caller.
    unsafe { keep(registers!(ip fp mem p1 a p0 f g q0 q1 q2 q3 cx v)) }
}

/// The handler of a superinstruction that goes to its own start: a loop of the guest becomes a loop of the machine, in which LLVM keeps even the
/// decoded operands in registers.
#[derive(Debug)]
pub struct Repeated<T>(core::marker::PhantomData<T>);

impl<T: Instruction> Handle for Repeated<T> {
    #[rustfmt::skip]
    unsafe extern "sysv64" fn run(
        ip: *const u8, fp: *mut u8, mem: *mut u8, p1: u64, a: u64, p0: u64, f: f64, g: f32, q0: f64, q1: f64, q2: f64, q3: f64, cx: f64,
        v: V128,
    ) -> u32 {
        // SAFETY: by the caller.
        unsafe {
            let mut r = registers!(ip fp mem p1 a p0 f g q0 q1 q2 q3 cx v);
            loop {
                match T::run(&mut r, 8) {
                    Control::Next => {
                        r.ip = r.ip.add(instruction_bytes(T::BYTES));
                        dispatch!(r)
                    }
                    Control::Jump => {
                        if r.ip != ip {
                            dispatch!(r)
                        }
                        // Not the address just loaded, though equal: the loop must not wait for the load.
                        r.ip = ip;
                    }
                    Control::Trap(trap, at) => return leave_by_trap(r.ip.add(at), r.fp, r.mem, r.cx, trap, r.f, r.g),
                    Control::Leave(reason) => return leave(r.ip, r.fp, r.mem, r.cx, reason),
                    Control::Cross(callee, tail) => return leave_by_crossing(r.ip.add(tail), r.fp, callee, r.cx),
                    Control::CrossInPlace(callee, tail) => return leave_in_place(r.ip.add(tail), r.fp, callee, r.cx),
                    Control::Collect => return leave_to_collect(r.ip, r.fp, r.mem, r.p[1], r.a, r.p[0], r.f, r.g, r.q[0], r.q[1], r.q[2], r.q[3], cx, r.v),
                    Control::NoCallee(tail) => return leave_without_callee(r.ip.add(tail), r.fp, r.a, r.cx),
                }
            }
        }
    }
}

/// Runs from `r.ip` until something must be done outside.
///
/// # Safety
/// I1 to I5.
pub unsafe fn enter(r: Registers) -> u32 {
    // SAFETY: by the caller.
    unsafe { dispatch!(r) }
}
