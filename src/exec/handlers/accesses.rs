//! Reads and writes: of a memory 0, of a field, of an element; one template for each shape of operands, over the way an address is found.
//!
//! What is accessed as which value is generated from the rows of `code::ops`. Accesses to memories that are found through the context are in
//! `memories`. Called by: `exec::handlers`. Calls: `wasm`.

use core::marker::PhantomData;

use super::{Instruction, Is, parts, settle};
use crate::code::fusion::Parts;
use crate::code::operands::Kind;
use crate::code::ops::{Op, for_each_op};
use crate::exec::registers::{Control, Destination, N, Registers, S, Source, Value, operand};
use crate::runtime::shared;
use crate::wasm::layout::{ARRAY_HEADER, ARRAY_LENGTH};
use crate::wasm::simd::{self, V128};
use crate::wasm::trap::TrapCode;

/// Where bytes are accessed: how an address is found and checked.
pub trait Space {
    /// What operands name a place by.
    type Base: Value;
    /// The address of an access of `bytes` bytes: the immediate, `at` bytes behind `ip`, is the sum of the static offset and the bytes accessed, so
    /// that one addition and one comparison decide.
    ///
    /// # Safety
    /// I1, I3.
    unsafe fn address(r: &Registers, base: Self::Base, at: usize, bytes: usize) -> Result<*mut u8, TrapCode>;
}

/// A memory 0 with 32-bit addresses.
#[derive(Debug)]
pub struct Memory;

impl Space for Memory {
    type Base = u32;
    #[inline(always)]
    unsafe fn address(r: &Registers, base: u32, at: usize, bytes: usize) -> Result<*mut u8, TrapCode> {
        // SAFETY: I3: the header is in front of the memory; an end within the length lies in the memory, and it is at least `bytes`.
        unsafe {
            let end = u64::from(base) + u64::from(operand::<u32>(r, at));
            let length = r.mem.cast::<u64>().sub(1).read();
            if end > length { Err(TrapCode::MemoryOutOfBounds) } else { Ok(r.mem.add(end as usize).sub(bytes)) }
        }
    }
}

/// A memory 0 with 64-bit addresses.
#[derive(Debug)]
pub struct WideMemory;

impl Space for WideMemory {
    type Base = u64;
    #[inline(always)]
    unsafe fn address(r: &Registers, base: u64, at: usize, bytes: usize) -> Result<*mut u8, TrapCode> {
        // SAFETY: I3, as above.
        unsafe {
            let (end, overflow) = base.overflowing_add(u64::from(operand::<u32>(r, at)));
            let length = r.mem.cast::<u64>().sub(1).read();
            if overflow || end > length { Err(TrapCode::MemoryOutOfBounds) } else { Ok(r.mem.add(end as usize).sub(bytes)) }
        }
    }
}

/// Where the heap of objects starts, and how many bytes it has.
///
/// # Safety
/// I3.
#[inline(always)]
pub(super) unsafe fn heap(r: &Registers) -> (*mut u8, u64) {
    // SAFETY: I3: the header.
    unsafe {
        let header = r.mem.cast::<u64>();
        (core::ptr::with_exposed_provenance_mut(header.sub(3).read() as usize), header.sub(4).read())
    }
}

/// The address of `bytes` bytes of an object, which end `end` bytes behind its start; `None` if they lie in no heap, as those of null do: in front of
/// it comes the largest reference, and no heap is so large.
///
/// # Safety
/// I3; `end` is at least `bytes`.
#[inline(always)]
pub(super) unsafe fn in_object(r: &Registers, reference: u32, end: u64, bytes: usize) -> Option<*mut u8> {
    // SAFETY: I3; the last byte lies in the heap, and so do those in front of it.
    unsafe {
        let (base, length) = heap(r);
        let last = u64::from(reference.wrapping_sub(1)) + end;
        if last >= length { None } else { Some(base.add(last as usize + 1).sub(bytes)) }
    }
}

/// The fields of structures.
#[derive(Debug)]
pub struct Structures;

impl Space for Structures {
    type Base = u32;
    #[inline(always)]
    unsafe fn address(r: &Registers, reference: u32, at: usize, bytes: usize) -> Result<*mut u8, TrapCode> {
        // SAFETY: by the caller.
        unsafe { in_object(r, reference, operand::<u32>(r, at).into(), bytes).ok_or(TrapCode::NullStructureReference) }
    }
}

/// The elements of arrays: an index says which.
#[derive(Debug)]
pub struct Arrays;

impl Arrays {
    /// The address of an element of `bytes` bytes.
    ///
    /// # Safety
    /// I3.
    #[inline(always)]
    pub(super) unsafe fn address(r: &Registers, array: u32, index: u32, bytes: usize) -> Result<*mut u8, TrapCode> {
        let end = u64::from(index) * bytes as u64 + (u64::from(ARRAY_HEADER) + bytes as u64);
        // SAFETY: I3; where an element lies in the heap, so does what comes before it in its array.
        unsafe {
            if in_object(r, array, end, bytes).is_none() {
                return Err(if array == 0 { TrapCode::NullArrayReference } else { TrapCode::ArrayOutOfBounds });
            }
            // From the array's address on, since the address that was checked would take one more register.
            let array = heap(r).0.add(array as usize);
            let length = array.add(ARRAY_LENGTH as usize).cast::<u32>().read_unaligned();
            if index < length { Ok(array.add(ARRAY_HEADER as usize + index as usize * bytes)) } else { Err(TrapCode::ArrayOutOfBounds) }
        }
    }
}

/// An access.
pub trait AccessOp {
    /// Its number.
    const OP: Op;
    /// Where.
    type Space;
    /// Type of the value.
    type Value: Value;
    /// Bytes accessed.
    const ACCESS: usize;
}

/// One that reads.
pub trait ReadOp: AccessOp {
    /// Reads.
    ///
    /// # Safety
    /// `ACCESS` bytes at `address` can be read.
    unsafe fn read(address: *const u8) -> Self::Value;
}

/// One that writes.
pub trait WriteOp: AccessOp {
    /// Writes.
    ///
    /// # Safety
    /// `ACCESS` bytes at `address` can be written.
    unsafe fn write(address: *mut u8, value: Self::Value);
}

/// An access to a memory 0, which exists for other memories too.
pub trait MemoryOp: ReadOp + WriteOp {
    /// The number of the same access to a memory 0 with 64-bit addresses.
    const WIDE: Op;
    /// The number of the same access to any memory.
    const ANY: Op;
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

/// The same access to a memory 0 with 64-bit addresses.
#[derive(Debug)]
pub struct Wide<O>(PhantomData<O>);

impl<O: MemoryOp> AccessOp for Wide<O> {
    const OP: Op = O::WIDE;
    type Space = WideMemory;
    type Value = O::Value;
    const ACCESS: usize = O::ACCESS;
}
impl<O: MemoryOp> ReadOp for Wide<O> {
    #[inline(always)]
    unsafe fn read(address: *const u8) -> O::Value {
        // SAFETY: by the caller.
        unsafe { O::read(address) }
    }
}
impl<O: MemoryOp> WriteOp for Wide<O> {
    #[inline(always)]
    unsafe fn write(address: *mut u8, value: O::Value) {
        // SAFETY: by the caller.
        unsafe { O::write(address, value) }
    }
}

macro_rules! define {
    (
        binary $binary:tt
        compare $compare:tt
        unary $unary:tt
        load { $($l_name:ident $l_wide:ident $l_any:ident $l_shape:ident $l_type:ident $l_stored:ident $l_via:ident;)* }
        store { $($s_name:ident $s_wide:ident $s_any:ident $s_shape:ident $s_type:ident $s_stored:ident;)* }
        vector_with_scalar $vector_with_scalar:tt
        replace_lane $replace_lane:tt
        extract_lane $extract_lane:tt
        ternary $ternary:tt
        vector_load { $($vl_name:ident $vl_stored:ident $vl_semantic:ident;)* }
        load_lane $load_lane:tt
        store_lane $store_lane:tt
        get { $($g_field:ident $g_element:ident $g_shape:ident $g_element_shape:ident $g_type:ident $g_stored:ident $g_via:ident;)* }
        set { $($p_field:ident $p_element:ident $p_shape:ident $p_element_shape:ident $p_type:ident $p_stored:ident;)* }
        other $other:tt
    ) => {
        $(
            access! { $l_name Memory $l_type $l_stored $l_via }
            memory_access! { $l_name $l_wide $l_any $l_stored $l_via }
        )*
        $(
            access! { $s_name Memory $s_type $s_stored $s_stored }
            memory_access! { $s_name $s_wide $s_any $s_stored $s_stored }
        )*
        $(
            name! { $vl_name Memory V128 $vl_stored }
            impl ReadOp for $vl_name {
                #[inline(always)]
                unsafe fn read(address: *const u8) -> V128 {
                    // SAFETY: by the caller.
                    simd::$vl_semantic(unsafe { address.cast::<$vl_stored>().read_unaligned() })
                }
            }
        )*
        $(
            access! { $g_field Structures $g_type $g_stored $g_via }
            access! { $g_element Arrays $g_type $g_stored $g_via }
        )*
        $(
            access! { $p_field Structures $p_type $p_stored $p_stored }
            access! { $p_element Arrays $p_type $p_stored $p_stored }
        )*
    };
}

/// The type that stands for an access.
macro_rules! name {
    ($name:ident $space:ident $value:ident $stored:ident) => {
        #[doc = concat!("Access to ", stringify!($space), ": ", stringify!($stored), " as ", stringify!($value))]
        #[derive(Debug)]
        pub struct $name;
        impl AccessOp for $name {
            const OP: Op = Op::$name;
            type Space = $space;
            type Value = $value;
            const ACCESS: usize = size_of::<$stored>();
        }
    };
}
/// The type that stands for an access, and what it does with bytes.
macro_rules! access {
    ($name:ident $space:ident $value:ident $stored:ident $via:ident) => {
        name! { $name $space $value $stored }
        #[allow(trivial_numeric_casts, clippy::unnecessary_cast, reason = "some types are the same")]
        impl ReadOp for $name {
            #[inline(always)]
            unsafe fn read(address: *const u8) -> $value {
                // SAFETY: by the caller. (Little-endian targets only, see lib.rs.)
                unsafe { address.cast::<$stored>().read_unaligned() as $via as $value }
            }
        }
        impl WriteOp for $name {
            #[inline(always)]
            unsafe fn write(address: *mut u8, value: $value) {
                // SAFETY: by the caller.
                unsafe { address.cast::<$stored>().write_unaligned(value as $stored) }
            }
        }
    };
}
/// What is more to tell of accesses to memories.
macro_rules! memory_access {
    ($name:ident $wide:ident $any:ident $stored:ident $via:ident) => {
        impl MemoryOp for $name {
            const WIDE: Op = Op::$wide;
            const ANY: Op = Op::$any;
            #[inline(always)]
            unsafe fn read_shared(address: *const u8) -> Self::Value {
                // SAFETY: by the caller.
                <$stored>::from_le_bytes(unsafe { shared::load(address) }) as $via as Self::Value
            }
            #[inline(always)]
            unsafe fn write_shared(address: *mut u8, value: Self::Value) {
                // SAFETY: by the caller.
                unsafe { shared::store(address, (value as $stored).to_le_bytes()) }
            }
        }
    };
}
for_each_op!(define);

/// `d` = what lies at x and the immediate.
#[derive(Debug)]
pub struct Load<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: ReadOp<Space: Space>, X: Source<<O::Space as Space>::Base>, D: Destination<O::Value>> Instruction for Load<O, X, N, D> {
    const BYTES: usize = X::BYTES + 4 + D::BYTES;
    const PARTS: Parts = parts(O::OP, X::KIND, Kind::N, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access.
        unsafe {
            let x = X::get(r, at);
            let address = O::Space::address(r, x, at + X::BYTES, O::ACCESS);
            settle(address, at, |address| D::put(r, at, at + X::BYTES + 4, O::read(address)))
        }
    }
}

/// What lies at x and the immediate = y.
#[derive(Debug)]
pub struct Store<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: WriteOp<Space: Space>, X: Source<<O::Space as Space>::Base>, Y: Source<O::Value>> Instruction for Store<O, X, Y, N> {
    const BYTES: usize = X::BYTES + Y::BYTES + 4;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, Kind::N);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access.
        unsafe {
            let x = X::get(r, at);
            let y = Y::get(r, at + X::BYTES);
            settle(O::Space::address(r, x, at + X::BYTES + Y::BYTES, O::ACCESS), at, |address| O::write(address, y))
        }
    }
}

/// `d` = element y of array x.
#[derive(Debug)]
pub struct Element<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: ReadOp, X: Source<u32>, Y: Source<u32>, D: Destination<O::Value>> Instruction for Element<O, X, Y, D> {
    const BYTES: usize = X::BYTES + Y::BYTES + D::BYTES;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, D::KIND);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access.
        unsafe {
            let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
            let address = Arrays::address(r, x, y, O::ACCESS);
            settle(address, at, |address| D::put(r, at, at + X::BYTES + Y::BYTES, O::read(address)))
        }
    }
}

/// Element y of array z = x. (What is computed last may be in an accumulator; an array seldom is.)
#[derive(Debug)]
pub struct SetElement<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: WriteOp, X: Source<O::Value>, Y: Source<u32>> Instruction for SetElement<O, X, Y, N> {
    const BYTES: usize = X::BYTES + Y::BYTES + 2;
    const PARTS: Parts = parts(O::OP, X::KIND, Y::KIND, Kind::N);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `address` has checked the access.
        unsafe {
            let y = Y::get(r, at + X::BYTES);
            let array = <S as Source<u32>>::get(r, at + X::BYTES + Y::BYTES);
            // The value is read last, when registers are free again.
            settle(Arrays::address(r, array, y, O::ACCESS), at, |address| O::write(address, X::get(r, at)))
        }
    }
}
