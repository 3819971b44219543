//! The machine registers of the interpreter, and the types by which a handler says where its operands are.
//!
//! Read by: `exec::handlers`. A handler is instantiated for each operand form from these types; LLVM sees through all of it, and keeps every
//! field of [`Registers`] in a machine register (see `exec::dispatch::tail`).
//!
//! # Invariants (the executor's contract; SAFETY comments cite the numbers)
//! I1. `ip` points to an instruction of code that lives as long as the running activation (its module is held by the instance), and operands
//!     lie where the op's layout says (`code::ops`).
//! I2. `fp` points into the current frame, behind the link: every slot that code of the function names lies inside the store's value stack,
//!     because `Enter` has checked the frame's size, or the function is a leaf whose frame is not larger than the red zone.
//! I3. `mem` is the base of the memory of `cx`, with its header in front (`runtime::memory`): length at −8, limit of the stack at −16, the first byte of
//!     the store's heap of objects at −24, and how many bytes it has at −32. No handler moves that heap.
//! I4. `cx` is the context of the running instance (`runtime::context`, R1 to R6).
//! I5. Code was translated from a validated body: operand types agree with what the slots hold, references in slots are null or valid (R5).

use core::marker::PhantomData;

use crate::code::operands::{Class, Kind, PINS};
use crate::runtime::context::{Context, FuncEntity};
use crate::wasm::simd::V128;
use crate::wasm::trap::TrapCode;

/// What handlers hand to each other.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// The running instruction (I1).
    pub ip: *const u8,
    /// The frame (I2).
    pub fp: *mut u8,
    /// Memory 0 (I3).
    pub mem: *mut u8,
    /// The instance (I4).
    pub cx: *mut Context,
    /// Accumulator of integers and references; an i32 is zero-extended in it.
    pub a: u64,
    /// Accumulator of f64.
    pub f: f64,
    /// Accumulator of f32.
    pub g: f32,
    /// Accumulator of vectors.
    pub v: V128,
    /// Pinned integer locals.
    pub p: [u64; PINS[Class::Int as usize]],
    /// Pinned f64 locals.
    pub q: [f64; PINS[Class::F64 as usize]],
}

/// Where to go on after an instruction.
#[derive(Clone, Copy, Debug)]
pub enum Control {
    /// With the next instruction.
    Next,
    /// At `ip`, which has been set.
    Jump,
    /// Nowhere: a trap of the instruction whose operands are `at` bytes behind `ip`.
    Trap(TrapCode, usize),
    /// Nowhere: the driver must do something; `ip` has been set as it expects.
    Leave(Reason),
    /// Into another instance: the function to call, and where the tail of the calling instruction is, in bytes behind `ip`.
    Cross(*const FuncEntity, usize),
    /// The same, in place of the running function.
    CrossInPlace(*const FuncEntity, usize),
    /// Nowhere: there is no room for an object. All registers are kept, and the instruction is done again after a collection.
    Collect,
    /// Nowhere: an indirect call through the index in the accumulator can't be made; where the tail of the instruction is.
    NoCallee(usize),
}

/// Why the interpreter was left, apart from traps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Reason {
    /// The outermost function has returned.
    Done = 100,
    /// A function without code is called; `ip` is the address of its stub.
    Translate,
    /// A host function is called; `ip` is the address of its stub.
    HostCall,
    /// A function of another instance is called; `ip` is the address of its entity, `fp` the new frame.
    Cross,
    /// A call of another instance has returned.
    Recross,
    /// Memory 0 must grow; `ip` points to the operands.
    MemoryGrow,
    /// The memory that the immediate names must grow; `ip` points to the operands.
    MemoryGrowAny,
    /// A thread wants to wait; `ip` points to the operands.
    AtomicWait,
    /// A table must grow; `ip` points to the operands.
    TableGrow,
    /// Garbage must be collected; the machine has the registers.
    Collect,
    /// An exception is thrown; `ip` points to the operands.
    Throw,
    /// An exception is thrown by reference; `ip` points to the operands.
    ThrowRef,
}

/// Reads a value from the code stream.
///
/// # Safety
/// I1: an operand of this type is `at` bytes behind `ip`.
#[inline(always)]
pub unsafe fn operand<T: Copy>(r: &Registers, at: usize) -> T {
    // SAFETY: I1.
    unsafe { r.ip.add(at).cast::<T>().read_unaligned() }
}

/// The slot that an operand names.
///
/// # Safety
/// I1 and I2: a slot operand is `at` bytes behind `ip`.
#[inline(always)]
pub unsafe fn slot(r: &Registers, at: usize) -> *mut u8 {
    // SAFETY: I1, I2.
    unsafe { r.fp.offset(isize::from(operand::<i16>(r, at))) }
}

/// A type of values that slots, accumulators and pinned locals hold.
pub trait Value: Copy {
    /// Bytes as an immediate.
    const IMMEDIATE: usize;
    /// Reads it from a slot.
    ///
    /// # Safety
    /// I2: the pointer is that of a slot.
    unsafe fn load(slot: *const u8) -> Self;
    /// Writes it to a slot.
    ///
    /// # Safety
    /// I2: the pointer is that of a slot.
    unsafe fn store(slot: *mut u8, value: Self);
    /// The accumulator of its class.
    fn accumulator(r: &Registers) -> Self;
    /// Sets the accumulator of its class.
    fn set_accumulator(r: &mut Registers, value: Self);
    /// A pinned local of its class.
    fn pin(r: &Registers, index: usize) -> Self;
    /// Sets a pinned local of its class.
    fn set_pin(r: &mut Registers, index: usize, value: Self);
}

macro_rules! value {
    ($t:ty, $slot:ty, |$v:ident| $widen:expr, $accumulator:ident, $pins:ident) => {
        impl Value for $t {
            const IMMEDIATE: usize = size_of::<$t>();
            #[inline(always)]
            unsafe fn load(slot: *const u8) -> Self {
                // SAFETY: I2.
                unsafe { slot.cast::<$t>().read() }
            }
            #[inline(always)]
            unsafe fn store(slot: *mut u8, $v: Self) {
                // SAFETY: I2.
                unsafe { slot.cast::<$slot>().write($widen) }
            }
            #[inline(always)]
            fn accumulator(r: &Registers) -> Self {
                r.$accumulator as $t
            }
            #[inline(always)]
            fn set_accumulator(r: &mut Registers, $v: Self) {
                r.$accumulator = $widen;
            }
            #[inline(always)]
            fn pin(r: &Registers, index: usize) -> Self {
                r.$pins[index] as $t
            }
            #[inline(always)]
            fn set_pin(r: &mut Registers, index: usize, $v: Self) {
                r.$pins[index] = $widen;
            }
        }
    };
}
value!(u32, u64, |v| u64::from(v), a, p);
value!(u64, u64, |v| v, a, p);
value!(f64, f64, |v| v, f, q);

impl Value for f32 {
    const IMMEDIATE: usize = 4;
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> Self {
        // SAFETY: I2.
        unsafe { slot.cast::<f32>().read() }
    }
    #[inline(always)]
    unsafe fn store(slot: *mut u8, value: Self) {
        // SAFETY: I2. The upper half stays as it is: no one reads it.
        unsafe { slot.cast::<f32>().write(value) }
    }
    #[inline(always)]
    fn accumulator(r: &Registers) -> Self {
        r.g
    }
    #[inline(always)]
    fn set_accumulator(r: &mut Registers, value: Self) {
        r.g = value;
    }
    #[inline(always)]
    fn pin(r: &Registers, _: usize) -> Self {
        r.g
    }
    #[inline(always)]
    fn set_pin(r: &mut Registers, _: usize, value: Self) {
        r.g = value;
    }
}

impl Value for V128 {
    const IMMEDIATE: usize = 16;
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> Self {
        // SAFETY: I2: a vector takes two slots.
        unsafe { slot.cast::<V128>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(slot: *mut u8, value: Self) {
        // SAFETY: I2: a vector takes two slots.
        unsafe { slot.cast::<V128>().write_unaligned(value) }
    }
    #[inline(always)]
    fn accumulator(r: &Registers) -> Self {
        r.v
    }
    #[inline(always)]
    fn set_accumulator(r: &mut Registers, value: Self) {
        r.v = value;
    }
    #[inline(always)]
    fn pin(r: &Registers, _: usize) -> Self {
        r.v
    }
    #[inline(always)]
    fn set_pin(r: &mut Registers, _: usize, value: Self) {
        r.v = value;
    }
}

/// The number of an operand kind.
pub trait OperandKind {
    /// Its number.
    const KIND: Kind;
}

/// Where a source comes from.
pub trait Source<T>: OperandKind {
    /// Bytes in the code stream.
    const BYTES: usize;
    /// Its value.
    ///
    /// # Safety
    /// I1 to I5; the operand is `at` bytes behind `ip`.
    unsafe fn get(r: &Registers, at: usize) -> T;
}

/// Where a result goes.
pub trait Destination<T>: OperandKind {
    /// Bytes in the code stream.
    const BYTES: usize;
    /// Puts the value there.
    ///
    /// # Safety
    /// I1 to I5; the operand is `at` bytes behind `ip`, source x is `x_at` bytes behind.
    unsafe fn put(r: &mut Registers, x_at: usize, at: usize, value: T);
}

/// Source: slot.
#[derive(Debug)]
pub struct S;
/// Source: accumulator.
#[derive(Debug)]
pub struct A;
/// Source: immediate.
#[derive(Debug)]
pub struct I;
/// Destination: slot and accumulator.
#[derive(Debug)]
pub struct W;
/// Destination: accumulator.
#[derive(Debug)]
pub struct R;
/// Destination: the slot of source x, and the accumulator.
#[derive(Debug)]
pub struct U;
/// Neither.
#[derive(Debug)]
pub struct N;
/// Source or destination: a pinned local.
#[derive(Debug)]
pub struct P<const INDEX: usize>(PhantomData<()>);
/// Pinned local 0.
#[cfg(not(feature = "compact"))]
pub type P0 = P<0>;
/// Pinned local 1.
#[cfg(not(feature = "compact"))]
pub type P1 = P<1>;
/// Pinned local 2.
#[cfg(not(feature = "compact"))]
pub type P2 = P<2>;
/// Pinned local 3.
#[cfg(not(feature = "compact"))]
pub type P3 = P<3>;

macro_rules! kinds {
    ($($t:ident)*) => {$( impl OperandKind for $t { const KIND: Kind = Kind::$t; } )*};
}
kinds! { S A I W R U N }
impl<const INDEX: usize> OperandKind for P<INDEX> {
    const KIND: Kind = Kind::pin(INDEX as u8);
}

impl<T: Value> Source<T> for S {
    const BYTES: usize = 2;
    #[inline(always)]
    unsafe fn get(r: &Registers, at: usize) -> T {
        // SAFETY: I1, I2.
        unsafe { T::load(slot(r, at)) }
    }
}
impl<T: Value> Source<T> for A {
    const BYTES: usize = 0;
    #[inline(always)]
    unsafe fn get(r: &Registers, _: usize) -> T {
        T::accumulator(r)
    }
}
impl<T: Value> Source<T> for I {
    const BYTES: usize = T::IMMEDIATE;
    #[inline(always)]
    unsafe fn get(r: &Registers, at: usize) -> T {
        // SAFETY: I1.
        unsafe { operand(r, at) }
    }
}
impl<T: Value, const INDEX: usize> Source<T> for P<INDEX> {
    const BYTES: usize = 0;
    #[inline(always)]
    unsafe fn get(r: &Registers, _: usize) -> T {
        T::pin(r, INDEX)
    }
}
impl<T> Source<T> for N {
    const BYTES: usize = 0;
    #[inline(always)]
    unsafe fn get(_: &Registers, _: usize) -> T {
        unreachable!("no form reads an operand that it does not have")
    }
}
impl<T: Value> Destination<T> for W {
    const BYTES: usize = 2;
    #[inline(always)]
    unsafe fn put(r: &mut Registers, _: usize, at: usize, value: T) {
        // SAFETY: I1, I2.
        unsafe { T::store(slot(r, at), value) };
        T::set_accumulator(r, value);
    }
}
impl<T: Value> Destination<T> for R {
    const BYTES: usize = 0;
    #[inline(always)]
    unsafe fn put(r: &mut Registers, _: usize, _: usize, value: T) {
        T::set_accumulator(r, value);
    }
}
impl<T: Value> Destination<T> for U {
    const BYTES: usize = 0;
    #[inline(always)]
    unsafe fn put(r: &mut Registers, x_at: usize, _: usize, value: T) {
        // SAFETY: I1, I2; U exists only where x is a slot.
        unsafe { T::store(slot(r, x_at), value) };
        T::set_accumulator(r, value);
    }
}
impl<T: Value, const INDEX: usize> Destination<T> for P<INDEX> {
    const BYTES: usize = 0;
    #[inline(always)]
    unsafe fn put(r: &mut Registers, _: usize, _: usize, value: T) {
        T::set_pin(r, INDEX, value);
    }
}
