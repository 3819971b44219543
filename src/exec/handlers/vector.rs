//! Vector ops whose operands are not all alike, and what moves whole vectors; generated from the rows of `code::ops`.
//!
//! Those of two sources or one are in `numeric`, with all others of their kind, and whole vectors are read as `accesses` says.
//! Called by: `exec::handlers`. Calls: `wasm::simd`.
//!
//! # Why
//! A single lane is read from the slot of its vector, since which lane it is, is known to the instruction only: an address costs nothing, where
//! choosing among the lanes of a register would.

use core::marker::PhantomData;

use super::accesses::{Memory, Space};
use super::control::global;
use super::memories::any_address;
use super::{Instruction, Is, instruction, parts, settle};
use crate::code::fusion::Parts;
use crate::code::operands::Kind;
use crate::code::ops::{Op, for_each_op};
use crate::code::place::Place;
use crate::exec::registers::{Control, Destination, I, N, Registers, S, Source, Value, W, operand, slot};
use crate::runtime::shared;
use crate::wasm::simd::{self, V128};

/// An op that replaces a lane.
pub trait ReplaceLaneOp {
    /// Its number.
    const OP: Op;
    /// Type of the lane's value.
    type Scalar: Value;
    /// Its semantics.
    fn eval(x: V128, y: Self::Scalar, lane: u8) -> V128;
}

/// `d = op(x, y, lane)`.
#[derive(Debug)]
pub struct ReplaceLane<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: ReplaceLaneOp, X: Source<V128>, Y: Source<O::Scalar>, D: Destination<V128>> Instruction for ReplaceLane<O, X, Y, D> {
    const BYTES: usize = X::BYTES + Y::BYTES + D::BYTES + 2;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller.
        unsafe {
            let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
            let d = at + X::BYTES + Y::BYTES;
            let lane = operand::<u8>(r, d + D::BYTES);
            D::put(r, at, d, O::eval(x, y, lane));
            Control::Next
        }
    }
}

/// An op that reads a lane.
pub trait ExtractLaneOp {
    /// Its number.
    const OP: Op;
    /// Type of the result.
    type Result: Value;
    /// Reads the lane.
    ///
    /// # Safety
    /// A lane can be read there.
    unsafe fn read(lane: *const u8) -> Self::Result;
}

/// `d` = the lane of x that is so many bytes behind its start.
#[derive(Debug)]
pub struct ExtractLane<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: ExtractLaneOp, D: Destination<O::Result>> Instruction for ExtractLane<O, S, N, D> {
    const BYTES: usize = 2 + D::BYTES + 2;
    const PARTS: Parts = parts(O::OP, Kind::S, Kind::N, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; the lane lies in the slots of x.
        unsafe {
            let lane = slot(r, at).add(operand::<u16>(r, at + 2 + D::BYTES).into());
            D::put(r, at, at + 2, O::read(lane));
            Control::Next
        }
    }
}

/// An op of three vectors.
pub trait TernaryOp {
    /// Its number.
    const OP: Op;
    /// Its semantics.
    fn eval(x: V128, y: V128, z: V128) -> V128;
}

/// `d = op(x, y, z)`.
#[derive(Debug)]
pub struct Ternary<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: TernaryOp, X: Source<V128>, Y: Source<V128>, D: Destination<V128>> Instruction for Ternary<O, X, Y, D> {
    const BYTES: usize = X::BYTES + Y::BYTES + 2 + D::BYTES;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller.
        unsafe {
            let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
            let z = V128::load(slot(r, at + X::BYTES + Y::BYTES));
            D::put(r, at, at + X::BYTES + Y::BYTES + 2, O::eval(x, y, z));
            Control::Next
        }
    }
}

/// A read of memory into a lane.
pub trait LoadLaneOp {
    /// Its number.
    const OP: Op;
    /// Bytes accessed.
    const ACCESS: usize;
    /// Reads, and replaces the lane.
    ///
    /// # Safety
    /// `ACCESS` bytes at `address` can be read.
    unsafe fn read(address: *const u8, vector: V128, lane: u8) -> V128;
}

/// `d = y` with a lane from `memory[x + offset]`.
#[derive(Debug)]
pub struct LoadLane<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: LoadLaneOp, X: Source<u32>, Y: Source<V128>, D: Destination<V128>> Instruction for LoadLane<O, X, Y, D> {
    const BYTES: usize = X::BYTES + Y::BYTES + 4 + D::BYTES + 2;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access.
        unsafe {
            let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
            let imm = at + X::BYTES + Y::BYTES;
            let lane = operand::<u8>(r, imm + 4 + D::BYTES);
            settle(Memory::address(r, x, imm, O::ACCESS), at, |address| D::put(r, at, imm + 4, O::read(address, y, lane)))
        }
    }
}

/// A write of a lane to memory.
pub trait StoreLaneOp {
    /// Its number.
    const OP: Op;
    /// What a lane is.
    type Lane: Copy;
}

/// `memory[x + offset]` = the lane of y that is so many bytes behind its start.
#[derive(Debug)]
pub struct StoreLane<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: StoreLaneOp, X: Source<u32>> Instruction for StoreLane<O, X, S, N> {
    const BYTES: usize = X::BYTES + 2 + 4 + 2;
    const PARTS: Parts = parts(O::OP, X::KIND, Kind::S, Kind::N);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access, and the lane lies in the slots of y.
        unsafe {
            let x = X::get(r, at);
            let lane = slot(r, at + X::BYTES).add(operand::<u16>(r, at + X::BYTES + 6).into());
            settle(Memory::address(r, x, at + X::BYTES + 2, size_of::<O::Lane>()), at, |address| {
                address.cast::<O::Lane>().write_unaligned(lane.cast::<O::Lane>().read_unaligned());
            })
        }
    }
}

macro_rules! define {
    (
        binary $binary:tt
        compare $compare:tt
        unary $unary:tt
        load $load:tt
        store $store:tt
        vector_with_scalar $vector_with_scalar:tt
        replace_lane { $($r_name:ident $r_shape:ident $r_type:ident $r_semantic:ident;)* }
        extract_lane { $($e_name:ident $e_shape:ident $e_type:ident $e_lane:ident $e_via:ident;)* }
        ternary { $($t_name:ident $t_semantic:ident;)* }
        vector_load $vector_load:tt
        load_lane { $($ll_name:ident $ll_stored:ident $ll_semantic:ident;)* }
        store_lane { $($sl_name:ident $sl_stored:ident;)* }
        get $get:tt
        set $set:tt
        other $other:tt
    ) => {
        $(
            #[doc = concat!("`", stringify!($r_semantic), "`")]
            #[derive(Debug)]
            pub struct $r_name;
            impl ReplaceLaneOp for $r_name {
                const OP: Op = Op::$r_name;
                type Scalar = $r_type;
                #[inline(always)]
                fn eval(x: V128, y: $r_type, lane: u8) -> V128 {
                    simd::$r_semantic(x, y, lane)
                }
            }
        )*
        $(
            #[doc = concat!("A lane: ", stringify!($e_lane), " as ", stringify!($e_type))]
            #[derive(Debug)]
            pub struct $e_name;
            impl ExtractLaneOp for $e_name {
                const OP: Op = Op::$e_name;
                type Result = $e_type;
                #[inline(always)]
                unsafe fn read(lane: *const u8) -> $e_type {
                    // SAFETY: by the caller. (Little-endian targets only, see lib.rs.)
                    unsafe { lane.cast::<$e_lane>().read_unaligned() as $e_via as $e_type }
                }
            }
        )*
        $(
            #[doc = concat!("`", stringify!($t_semantic), "`")]
            #[derive(Debug)]
            pub struct $t_name;
            impl TernaryOp for $t_name {
                const OP: Op = Op::$t_name;
                #[inline(always)]
                fn eval(x: V128, y: V128, z: V128) -> V128 {
                    simd::$t_semantic(x, y, z)
                }
            }
        )*
        $(
            #[doc = concat!("`", stringify!($ll_semantic), "`")]
            #[derive(Debug)]
            pub struct $ll_name;
            impl LoadLaneOp for $ll_name {
                const OP: Op = Op::$ll_name;
                const ACCESS: usize = size_of::<$ll_stored>();
                #[inline(always)]
                unsafe fn read(address: *const u8, vector: V128, lane: u8) -> V128 {
                    // SAFETY: by the caller.
                    simd::$ll_semantic(vector, unsafe { address.cast::<$ll_stored>().read_unaligned() }, lane)
                }
            }
        )*
        $(
            #[doc = concat!("A lane goes to memory: ", stringify!($sl_stored))]
            #[derive(Debug)]
            pub struct $sl_name;
            impl StoreLaneOp for $sl_name {
                const OP: Op = Op::$sl_name;
                type Lane = $sl_stored;
            }
        )*
    };
}
for_each_op!(define);

instruction! {
    /// A constant.
    V128Const<N, N, D> [D: Destination<V128>] D::BYTES + 16, |r, at| {
        let value = operand::<V128>(r, at + D::BYTES);
        D::put(r, at, at, value);
        Control::Next
    }
}
instruction! {
    /// Lanes of two vectors.
    I8x16Shuffle<X, Y, D> [X: Source<V128>, Y: Source<V128>, D: Destination<V128>] X::BYTES + Y::BYTES + D::BYTES + 16, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        let d = at + X::BYTES + Y::BYTES;
        let lanes = operand::<V128>(r, d + D::BYTES);
        D::put(r, at, d, simd::i8x16_shuffle(x, y, lanes));
        Control::Next
    }
}
instruction! {
    /// Writes a vector to memory.
    V128Store<X, Y, N> [X: Source<u32>, Y: Source<V128>] X::BYTES + Y::BYTES + 4, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        let address = Memory::address(r, x, at + X::BYTES + Y::BYTES, size_of::<V128>());
        settle(address, at, |address| address.cast::<V128>().write_unaligned(y))
    }
}
instruction! {
    /// Reads a vector from any memory.
    V128LoadAny<S, I, W> [] 16, |r, at| {
        let (base, offset, place) = (u64::load(slot(r, at)), operand(r, at + 2), Place::from_bits(operand(r, at + 10)));
        settle(any_address(r, base, offset, place, size_of::<V128>()), at, |address| {
            let vector = match place.is_shared() {
                true => V128::from_bytes(shared::load(address)),
                false => V128::load(address),
            };
            <W as Destination<V128>>::put(r, at, at + 14, vector);
        })
    }
}
instruction! {
    /// Writes a vector to any memory.
    V128StoreAny<S, I, N> [] 16, |r, at| {
        let (base, offset, place) = (u64::load(slot(r, at)), operand(r, at + 2), Place::from_bits(operand(r, at + 12)));
        let value = V128::load(slot(r, at + 10));
        settle(any_address(r, base, offset, place, size_of::<V128>()), at, |address| match place.is_shared() {
            true => shared::store(address, value.to_bytes()),
            false => V128::store(address, value),
        })
    }
}
instruction! {
    /// Selects by a slot.
    SelectVector<X, Y, D> [X: Source<V128>, Y: Source<V128>, D: Destination<V128>] X::BYTES + Y::BYTES + 2 + D::BYTES, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        let condition = u32::load(slot(r, at + X::BYTES + Y::BYTES));
        let mask = simd::i32x4_splat(0u32.wrapping_sub(u32::from(condition != 0)));
        D::put(r, at, at + X::BYTES + Y::BYTES + 2, simd::v128_bitselect(x, y, mask));
        Control::Next
    }
}
instruction! {
    /// Reads a vector whose slots 16 bits can't name.
    FarLoadVector<N, N, W> [] 6, |r, at| {
        let value = V128::load(r.fp.offset(operand::<i32>(r, at) as isize));
        V128::store(slot(r, at + 4), value);
        Control::Next
    }
}
instruction! {
    /// Writes a vector whose slots 16 bits can't name.
    FarStoreVector<S, N, N> [] 6, |r, at| {
        let value = V128::load(slot(r, at));
        V128::store(r.fp.offset(operand::<i32>(r, at + 2) as isize), value);
        Control::Next
    }
}
instruction! {
    /// Reads a global of the module.
    GlobalGetVector<N, N, D> [D: Destination<V128>] 4 + D::BYTES, |r, at| {
        let value = V128::load(global(r.cx, operand(r, at)).cast());
        D::put(r, at, at + 4, value);
        Control::Next
    }
}
instruction! {
    /// Writes a global of the module.
    GlobalSetVector<X, N, N> [X: Source<V128>] X::BYTES + 4, |r, at| {
        let value = X::get(r, at);
        V128::store(global(r.cx, operand(r, at + X::BYTES)).cast(), value);
        Control::Next
    }
}
instruction! {
    /// Reads an imported global.
    ImportedGlobalGetVector<N, N, D> [D: Destination<V128>] 4 + D::BYTES, |r, at| {
        let cell = *(*r.cx).imported_globals.add(operand::<u32>(r, at) as usize);
        D::put(r, at, at + 4, V128::load(cell.cast()));
        Control::Next
    }
}
instruction! {
    /// Writes an imported global.
    ImportedGlobalSetVector<X, N, N> [X: Source<V128>] X::BYTES + 4, |r, at| {
        let value = X::get(r, at);
        let cell = *(*r.cx).imported_globals.add(operand::<u32>(r, at + X::BYTES) as usize);
        V128::store(cell.cast(), value);
        Control::Next
    }
}
