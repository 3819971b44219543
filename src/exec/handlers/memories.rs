//! Accesses to memories other than a memory 0, and operations on whole ones of them.
//!
//! They find their memory through the context, and their static offset may have 64 bits.
//! Called by: `exec::handlers`. Calls: `runtime`.

use core::marker::PhantomData;

use super::accesses::MemoryOp;
use super::{Instruction, Is, instruction, parts, settle};
use crate::code::fusion::Parts;
use crate::code::operands::Kind;
use crate::code::place::Place;
use crate::exec::registers::{Control, Destination, I, N, Reason, Registers, S, Value, W, operand, slot};
use crate::runtime::bulk;
use crate::runtime::memory::MemoryEntity;
use crate::wasm::{numeric, trap::TrapCode};

/// A memory of the instance.
///
/// # Safety
/// I4.
#[inline(always)]
unsafe fn memory(r: &Registers, place: Place) -> *const MemoryEntity {
    // SAFETY: R1, R3: validation has checked the index.
    unsafe { *(*r.cx).memories.add(place.memory() as usize) }
}

/// The address of an access of `bytes` bytes to any memory: `base` is a slot, with the memory's address in it.
///
/// # Safety
/// I4.
#[inline(always)]
pub unsafe fn any_address(r: &Registers, base: u64, offset: u64, place: Place, bytes: usize) -> Result<*mut u8, TrapCode> {
    // SAFETY: R1, L1, L2: `bytes` bytes in front of an end within the length lie in the memory.
    unsafe {
        let memory = memory(r, place);
        let end = place.address(base).checked_add(offset).and_then(|start| start.checked_add(bytes as u64));
        match end {
            Some(end) if end <= (*memory).len() as u64 => Ok((*memory).base.add(end as usize - bytes)),
            _ => Err(TrapCode::MemoryOutOfBounds),
        }
    }
}

/// `d = memory[x + y]`, of any memory.
#[derive(Debug)]
pub struct LoadAny<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: MemoryOp> Instruction for LoadAny<O, S, I, W> {
    const BYTES: usize = 16;
    const PARTS: Parts = parts(O::ANY, Kind::S, Kind::I, Kind::W);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `any_address` has checked the access.
        unsafe {
            let (base, offset, place) = (u64::load(slot(r, at)), operand(r, at + 2), Place::from_bits(operand(r, at + 10)));
            settle(any_address(r, base, offset, place, O::ACCESS), at, |address| {
                let value = if place.is_shared() { O::read_shared(address) } else { O::read(address) };
                <W as Destination<O::Value>>::put(r, at, at + 14, value);
            })
        }
    }
}

/// `memory[x + y] = z`, of any memory.
#[derive(Debug)]
pub struct StoreAny<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O: MemoryOp> Instruction for StoreAny<O, S, I, N> {
    const BYTES: usize = 16;
    const PARTS: Parts = parts(O::ANY, Kind::S, Kind::I, Kind::N);
    type Branches = Is<false>;
    #[inline(always)]
    unsafe fn run(r: &mut Registers, at: usize) -> Control {
        // SAFETY: by the caller; `any_address` has checked the access.
        unsafe {
            let (base, offset, place) = (u64::load(slot(r, at)), operand(r, at + 2), Place::from_bits(operand(r, at + 12)));
            let value = O::Value::load(slot(r, at + 10));
            settle(any_address(r, base, offset, place, O::ACCESS), at, |address| match place.is_shared() {
                true => O::write_shared(address, value),
                false => O::write(address, value),
            })
        }
    }
}

instruction! {
    /// Pages of any memory.
    MemorySizeAny<N, N, W> [] 6, |r, at| {
        let pages = (*memory(r, Place::from_bits(operand(r, at)))).pages();
        u64::store(slot(r, at + 4), pages);
        Control::Next
    }
}
instruction! {
    /// Leaves: any memory must grow.
    MemoryGrowAny<S, N, W> [] 8, |r, at| {
        r.ip = r.ip.add(at);
        Control::Leave(Reason::MemoryGrowAny)
    }
}

/// The three sources of an operation on whole memories, and its immediate.
///
/// # Safety
/// I1, I2.
#[inline(always)]
unsafe fn whole(r: &Registers, at: usize) -> ([u64; 3], u32) {
    // SAFETY: by the caller.
    unsafe { ([0, 2, 4].map(|operand| u64::load(slot(r, at + operand))), operand(r, at + 6)) }
}

instruction! {
    /// Copies between any memories.
    MemoryCopyAny<S, S, N> [] 10, |r, at| {
        let (operands, places) = whole(r, at);
        settle(bulk::memory_copy_any(r.cx, places, operands), at, |()| ())
    }
}
instruction! {
    /// Fills any memory.
    MemoryFillAny<S, S, N> [] 10, |r, at| {
        let (operands, place) = whole(r, at);
        settle(bulk::memory_fill_any(r.cx, place, operands), at, |()| ())
    }
}
instruction! {
    /// Copies from a data segment to any memory.
    MemoryInitAny<S, S, N> [] 10, |r, at| {
        let (operands, segment_and_place) = whole(r, at);
        settle(bulk::memory_init_any(r.cx, segment_and_place, operands), at, |()| ())
    }
}
instruction! {
    /// An index of 64 bits as one of 32 bits, which is out of bounds if it was.
    SaturateIndex<S, N, W> [] 4, |r, at| {
        let index = u64::load(slot(r, at));
        u64::store(slot(r, at + 2), index.min(u64::from(u32::MAX)));
        Control::Next
    }
}

/// Arithmetic on 128-bit integers: sources lie in slots one after another, and the results come to the first two of them.
macro_rules! wide_arithmetic {
    ($($name:ident $sources:literal $semantic:ident;)*) => {$(
        instruction! {
            #[doc = concat!("`", stringify!($semantic), "`")]
            $name<N, N, N> [] 4, |r, at| {
                let slots = r.fp.offset(operand::<i32>(r, at) as isize);
                let sources = slots.cast::<[u64; $sources]>().read();
                slots.cast::<[u64; 2]>().write(numeric::$semantic(sources));
                Control::Next
            }
        }
    )*};
}
wide_arithmetic! {
    I64Add128 4 i64_add128;
    I64Sub128 4 i64_sub128;
    I64MulWideS 2 i64_mul_wide_s;
    I64MulWideU 2 i64_mul_wide_u;
}
