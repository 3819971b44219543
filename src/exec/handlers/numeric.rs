//! The numeric ops and the memory accesses, each a type without values; generated from the rows of `code::ops`.
//!
//! Called by: `exec::handlers`. Calls: `wasm::{numeric, simd}`.

use core::marker::PhantomData;

use super::{BinaryOp, CompareOp, Instruction, Outcome, UnaryOp, parts, settle};
use crate::code::fusion::Parts;
use crate::code::operands::Kind;
use crate::code::ops::{Op, for_each_op};
use crate::exec::registers::{Control, Destination, N, Registers, Source, Value, operand};
use crate::runtime::shared;
use crate::wasm::simd::V128;
use crate::wasm::trap::TrapCode;

/// What instructions compute, by the names of the rows.
mod semantics {
    pub use crate::wasm::numeric::*;
    pub use crate::wasm::simd::*;
}

/// An access to memory.
pub trait AccessOp {
    /// Its number.
    const OP: Op;
    /// The number of the same access to a memory 0 with 64-bit addresses.
    const WIDE: Op;
    /// The number of the same access to any memory.
    const ANY: Op;
    /// Type of the value.
    type Value: Value;
    /// Bytes accessed.
    const ACCESS: usize;
    /// Reads.
    ///
    /// # Safety
    /// `ACCESS` bytes at `address` can be read.
    unsafe fn read(address: *const u8) -> Self::Value;
    /// Writes.
    ///
    /// # Safety
    /// `ACCESS` bytes at `address` can be written.
    unsafe fn write(address: *mut u8, value: Self::Value);
    /// Reads what other threads may write meanwhile.
    ///
    /// # Safety
    /// `ACCESS` bytes at `address` lie in a memory.
    unsafe fn read_shared(address: *const u8) -> Self::Value;
    /// Writes what other threads may access meanwhile.
    ///
    /// # Safety
    /// `ACCESS` bytes at `address` lie in a memory.
    unsafe fn write_shared(address: *mut u8, value: Self::Value);
}

macro_rules! define {
    (
        binary { $($b_name:ident $b_shape:ident $b_type:ident $b_result:ident $b_semantic:ident;)* }
        compare { $($c_name:ident $c_branch:ident $c_shape:ident $c_branch_shape:ident $c_type:ident $c_semantic:ident $c_negated:ident $c_swapped:ident;)* }
        unary { $($u_name:ident $u_shape:ident $u_type:ident $u_result:ident $u_semantic:ident;)* }
        load { $($l_name:ident $l_wide:ident $l_any:ident $l_shape:ident $l_type:ident $l_stored:ident $l_via:ident;)* }
        store { $($s_name:ident $s_wide:ident $s_any:ident $s_shape:ident $s_type:ident $s_stored:ident;)* }
        vector_with_scalar $vector_with_scalar:tt
        replace_lane $replace_lane:tt
        extract_lane $extract_lane:tt
        ternary $ternary:tt
        vector_load $vector_load:tt
        load_lane $load_lane:tt
        store_lane $store_lane:tt
        other $other:tt
    ) => {
        $(
            #[doc = concat!("`", stringify!($b_semantic), "`")]
            #[derive(Debug)]
            pub struct $b_name;
            impl BinaryOp for $b_name {
                const OP: Op = Op::$b_name;
                type Operand = $b_type;
                type Result = $b_result;
                #[inline(always)]
                fn eval(x: $b_type, y: $b_type) -> Result<$b_result, TrapCode> {
                    semantics::$b_semantic(x, y).outcome()
                }
            }
        )*
        $(
            #[doc = concat!("`", stringify!($c_semantic), "`")]
            #[derive(Debug)]
            pub struct $c_name;
            impl CompareOp for $c_name {
                const OP: Op = Op::$c_name;
                const BRANCH: Op = Op::$c_branch;
                type Operand = $c_type;
                #[inline(always)]
                fn eval(x: $c_type, y: $c_type) -> bool {
                    semantics::$c_semantic(x, y)
                }
            }
        )*
        $(
            #[doc = concat!("`", stringify!($u_semantic), "`")]
            #[derive(Debug)]
            pub struct $u_name;
            impl UnaryOp for $u_name {
                const OP: Op = Op::$u_name;
                type Operand = $u_type;
                type Result = $u_result;
                #[inline(always)]
                fn eval(x: $u_type) -> Result<$u_result, TrapCode> {
                    semantics::$u_semantic(x).outcome()
                }
            }
        )*
        $( access!($l_name $l_wide $l_any $l_type $l_stored $l_via); )*
        $( access!($s_name $s_wide $s_any $s_type $s_stored $s_stored); )*
    };
}

macro_rules! access {
    ($name:ident $wide:ident $any:ident $value:ident $stored:ident $via:ident) => {
        #[doc = concat!("Access to memory: ", stringify!($stored), " as ", stringify!($value))]
        #[derive(Debug)]
        pub struct $name;
        impl AccessOp for $name {
            const OP: Op = Op::$name;
            const WIDE: Op = Op::$wide;
            const ANY: Op = Op::$any;
            type Value = $value;
            const ACCESS: usize = size_of::<$stored>();
            #[inline(always)]
            unsafe fn read(address: *const u8) -> $value {
                // SAFETY: by the caller. (Little-endian targets only, see lib.rs.)
                unsafe { address.cast::<$stored>().read_unaligned() as $via as $value }
            }
            #[inline(always)]
            unsafe fn write(address: *mut u8, value: $value) {
                // SAFETY: by the caller.
                unsafe { address.cast::<$stored>().write_unaligned(value as $stored) }
            }
            #[inline(always)]
            unsafe fn read_shared(address: *const u8) -> $value {
                // SAFETY: by the caller.
                <$stored>::from_le_bytes(unsafe { shared::load(address) }) as $via as $value
            }
            #[inline(always)]
            unsafe fn write_shared(address: *mut u8, value: $value) {
                // SAFETY: by the caller.
                unsafe { shared::store(address, (value as $stored).to_le_bytes()) }
            }
        }
    };
}
for_each_op!(define);

/// The address of an access of `bytes` bytes: the immediate is the sum of the static offset and the bytes accessed, so that one addition and one
/// comparison decide.
///
/// # Safety
/// I1, I3.
#[inline(always)]
pub(super) unsafe fn address(r: &Registers, base: u32, at: usize, bytes: usize) -> Result<*mut u8, TrapCode> {
    // SAFETY: I3: the header is in front of the memory; an end within the length lies in the memory, and it is at least `bytes`.
    unsafe {
        let end = u64::from(base) + u64::from(operand::<u32>(r, at));
        let length = r.mem.cast::<u64>().sub(1).read();
        if end > length { Err(TrapCode::MemoryOutOfBounds) } else { Ok(r.mem.add(end as usize).sub(bytes)) }
    }
}

/// `d = memory[x + offset]`.
#[derive(Debug)]
pub struct Load<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: AccessOp, X: Source<u32>, D: Destination<O::Value>> Instruction for Load<O, X, N, D> {
    const BYTES: usize = X::BYTES + 4 + D::BYTES;
    const PARTS: Parts = parts(O::OP, X::KIND, Kind::N, D::KIND);
    const BRANCHES: bool = false;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access.
        unsafe {
            let x = X::get(r, at);
            settle(address(r, x, at + X::BYTES, O::ACCESS), at, |address| D::put(r, at, at + X::BYTES + 4, O::read(address)))
        }
    }
}

/// `memory[x + offset] = y`.
#[derive(Debug)]
pub struct Store<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: AccessOp, X: Source<u32>, Y: Source<O::Value>> Instruction for Store<O, X, Y, N> {
    const BYTES: usize = X::BYTES + Y::BYTES + 4;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, Kind::N);
    const BRANCHES: bool = false;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access.
        unsafe {
            let x = X::get(r, at);
            let y = Y::get(r, at + X::BYTES);
            settle(address(r, x, at + X::BYTES + Y::BYTES, O::ACCESS), at, |address| O::write(address, y))
        }
    }
}
