//! What instructions do: a small algebra of types, each of which is one handler.
//!
//! `Binary<I32Add, S, I, W>` is `i32.add` of a slot and an immediate into a slot. Each op of `code::ops` is such a type in each of its forms, and
//! [`Seq<P, Q>`] — do P, then Q — is the only way to form a superinstruction: it has no body of its own, so it can't differ from its parts.
//! Values pass between the parts through [`Registers`], which LLVM keeps in machine registers.
//!
//! Called by: `exec::dispatch`. Calls: `wasm::numeric`, `runtime` (bulk operations).
//!
//! # Invariants
//! Those of `exec::registers`, I1 to I5. [`Instruction::BYTES`] agrees with `code::ops`'s layout: checked when the table is built, at compile time.

mod accesses;
mod atomics;
mod control;
mod data;
mod memories;
mod numeric;
mod objects;
mod references;
mod table;
mod vector;

use core::marker::PhantomData;

use super::registers::{Control, Destination, N, Registers, Source, Value, operand};
use crate::code::fusion::Parts;
use crate::code::operands::{Form, Kind};
use crate::code::ops::{Op, id_of};
use crate::wasm::simd::V128;
use crate::wasm::trap::TrapCode;

pub use control::{behind_tail, callee, enter_callee, enter_in_place};
pub use table::{FUSION, word};

/// An instruction in one form, or a sequence of them.
pub trait Instruction {
    /// Bytes of its operands.
    const BYTES: usize;
    /// The ids of its parts.
    const PARTS: Parts;
    /// Whether it can branch, and so become a loop of one handler.
    type Branches: Truth;
    /// Does it. Operands are `at` bytes behind `ip`.
    ///
    /// # Safety
    /// I1 to I5 hold.
    unsafe fn run(r: &mut Registers, at: usize) -> Control;
}

/// A truth value that types are chosen by.
pub trait Truth {
    /// Whether this or that is true.
    type Or<B: Truth>: Truth;
    /// `T` if it is true; otherwise what is never run.
    type Then<T: Instruction>: Instruction;
}

/// [`Truth`] as a type.
#[derive(Debug)]
pub struct Is<const VALUE: bool>;

impl Truth for Is<true> {
    type Or<B: Truth> = Self;
    type Then<T: Instruction> = T;
}
impl Truth for Is<false> {
    type Or<B: Truth> = B;
    type Then<T: Instruction> = Other<control::Unreachable, N, N, N>;
}

/// P, then Q: the only former of superinstructions.
#[derive(Debug)]
pub struct Seq<P, Q>(PhantomData<(P, Q)>);

impl<P: Instruction, Q: Instruction> Instruction for Seq<P, Q> {
    const BYTES: usize = P::BYTES + Q::BYTES;
    const PARTS: Parts = P::PARTS.then(Q::PARTS);
    type Branches = <P::Branches as Truth>::Or<Q::Branches>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: the operands of Q follow those of P (code::ops, layout).
        unsafe {
            match P::run(r, at) {
                Control::Next => Q::run(r, at + P::BYTES),
                control => control,
            }
        }
    }
}

/// The id of an op in the form that these kinds make.
const fn parts(op: Op, x: Kind, y: Kind, d: Kind) -> Parts {
    match id_of(op, Form { x, y, d }) {
        Some(id) => Parts::one(id),
        None => panic!("no such form"),
    }
}

/// The result of a semantic function: a value, or a trap.
pub trait Outcome {
    /// The value's type.
    type Value;
    /// As a `Result`.
    fn outcome(self) -> Result<Self::Value, TrapCode>;
}
macro_rules! outcome {
    ($($t:ty)*) => {$(
        impl Outcome for $t {
            type Value = $t;
            #[inline(always)]
            fn outcome(self) -> Result<$t, TrapCode> {
                Ok(self)
            }
        }
        impl Outcome for Result<$t, TrapCode> {
            type Value = $t;
            #[inline(always)]
            fn outcome(self) -> Result<$t, TrapCode> {
                self
            }
        }
    )*};
}
outcome! { u32 u64 f32 f64 V128 }

/// Does something with what was computed and goes on, or traps.
#[inline(always)]
fn settle<V>(computed: Result<V, TrapCode>, at: usize, then: impl FnOnce(V)) -> Control {
    match computed {
        Ok(value) => {
            then(value);
            Control::Next
        }
        Err(trap) => Control::Trap(trap, at),
    }
}

/// An op of two sources.
pub trait BinaryOp {
    /// Its number.
    const OP: Op;
    /// Type of source x.
    type X: Value;
    /// Type of source y.
    type Y: Value;
    /// Type of the result.
    type Result: Value;
    /// Its semantics.
    fn eval(x: Self::X, y: Self::Y) -> Result<Self::Result, TrapCode>;
}

/// `d = op(x, y)`.
#[derive(Debug)]
pub struct Binary<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: BinaryOp, X: Source<O::X>, Y: Source<O::Y>, D: Destination<O::Result>> Instruction for Binary<O, X, Y, D> {
    const BYTES: usize = X::BYTES + Y::BYTES + D::BYTES;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller.
        unsafe {
            let x = X::get(r, at);
            let y = Y::get(r, at + X::BYTES);
            settle(O::eval(x, y), at, |value| D::put(r, at, at + X::BYTES + Y::BYTES, value))
        }
    }
}

/// An op of one source.
pub trait UnaryOp {
    /// Its number.
    const OP: Op;
    /// Type of the source.
    type Operand: Value;
    /// Type of the result.
    type Result: Value;
    /// Its semantics.
    fn eval(x: Self::Operand) -> Result<Self::Result, TrapCode>;
}

/// `d = op(x)`.
#[derive(Debug)]
pub struct Unary<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: UnaryOp, X: Source<O::Operand>, D: Destination<O::Result>> Instruction for Unary<O, X, N, D> {
    const BYTES: usize = X::BYTES + D::BYTES;
    const PARTS: Parts = parts(O::OP, X::KIND, Kind::N, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller.
        unsafe {
            let x = X::get(r, at);
            settle(O::eval(x), at, |value| D::put(r, at, at + X::BYTES, value))
        }
    }
}

/// A comparison, and the branch that it becomes.
pub trait CompareOp {
    /// Its number.
    const OP: Op;
    /// The number of the branch.
    const BRANCH: Op;
    /// Type of the sources.
    type Operand: Value;
    /// Its semantics.
    fn eval(x: Self::Operand, y: Self::Operand) -> bool;
}

/// `d = compare(x, y)` as 0 or 1.
#[derive(Debug)]
pub struct Compare<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: CompareOp, X: Source<O::Operand>, Y: Source<O::Operand>, D: Destination<u32>> Instruction for Compare<O, X, Y, D> {
    const BYTES: usize = X::BYTES + Y::BYTES + D::BYTES;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller.
        unsafe {
            let x = X::get(r, at);
            let y = Y::get(r, at + X::BYTES);
            D::put(r, at, at + X::BYTES + Y::BYTES, u32::from(O::eval(x, y)));
            Control::Next
        }
    }
}

/// Goes to the label if `compare(x, y)`.
#[derive(Debug)]
pub struct CompareBranch<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: CompareOp, X: Source<O::Operand>, Y: Source<O::Operand>> Instruction for CompareBranch<O, X, Y, N> {
    const BYTES: usize = X::BYTES + Y::BYTES + 8;
    const PARTS: Parts = parts(O::BRANCH, X::KIND, Y::KIND, Kind::N);
    type Branches = Is<true>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller.
        unsafe {
            let x = X::get(r, at);
            let y = Y::get(r, at + X::BYTES);
            if O::eval(x, y) { jump(r, at + X::BYTES + Y::BYTES) } else { Control::Next }
        }
    }
}

/// Goes to the label that is `at` bytes behind `ip`.
///
/// # Safety
/// I1.
#[inline(always)]
unsafe fn jump(r: &mut Registers, at: usize) -> Control {
    // SAFETY: I1: a label is the address of an instruction of the same code, which was exposed when it was published.
    r.ip = core::ptr::with_exposed_provenance(unsafe { operand::<u64>(r, at) } as usize);
    Control::Jump
}

/// An op with a body of its own: `Form<Name, X, Y, D>`.
#[derive(Debug)]
pub struct Other<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

/// Defines an op of the section `other`: which of its kinds vary, bytes of its operands, and its body.
macro_rules! instruction {
    ($(#[$doc:meta])* $name:ident<$x:tt, $y:tt, $d:tt> [$($kind:ident: $bound:path),*] $bytes:expr, |$r:ident, $at:ident| $body:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;
        impl<$($kind: $bound),*> crate::exec::handlers::Instruction for crate::exec::handlers::Other<$name, $x, $y, $d> {
            const BYTES: usize = $bytes;
            const PARTS: crate::code::fusion::Parts = crate::exec::handlers::parts(
                crate::code::ops::Op::$name,
                <$x as crate::exec::registers::OperandKind>::KIND,
                <$y as crate::exec::registers::OperandKind>::KIND,
                <$d as crate::exec::registers::OperandKind>::KIND,
            );
            type Branches = crate::exec::handlers::Is<{ matches!(crate::code::ops::Op::$name, crate::code::ops::Op::Branch) }>;
            #[inline(always)]
            #[allow(unused_variables, reason = "not every body reads all its operands")]
            unsafe fn run($r: &mut crate::exec::registers::Registers, $at: usize) -> crate::exec::registers::Control {
                // SAFETY: by the caller; each body reads operands where its layout says.
                #[allow(unused_unsafe, reason = "some bodies have nothing unsafe")]
                unsafe {
                    $body
                }
            }
        }
    };
}
use instruction;

pub mod names {
    //! Every type that the list of superinstructions names.
    pub use super::super::registers::{A, I, N, R, S, U, W};
    #[cfg(not(feature = "compact"))]
    pub use super::super::registers::{P0, P1, P2, P3};
    pub use super::accesses::*;
    pub use super::atomics::*;
    pub use super::control::*;
    pub use super::data::*;
    pub use super::memories::*;
    pub use super::numeric::*;
    pub use super::objects::*;
    pub use super::references::*;
    pub use super::vector::*;
    pub use super::{Binary, Compare, CompareBranch, Other, Seq, Unary};
}
