//! Structures and arrays: fields, elements, allocation, casts.
//!
//! An allocation for which there is no room leaves the interpreter, with all its registers kept; after the collection it is done again.
//! Called by: `exec::handlers`. Calls: `runtime::objects`.

use super::{instruction, settle};
use crate::exec::registers::{Control, Destination, I, N, Registers, S, Value, W, operand, slot};
use crate::runtime::gc::Failure;
use crate::runtime::objects::{self, heap, store};
use crate::runtime::store::StoreInner;
use crate::wasm::simd::V128;
use crate::wasm::trap::TrapCode;

/// The reference in a slot, which must not be null.
///
/// # Safety
/// I1, I2.
#[inline(always)]
unsafe fn object(r: &Registers, at: usize) -> u32 {
    // SAFETY: by the caller.
    unsafe { u64::load(slot(r, at)) as u32 }
}

/// The offset of the element that two slots name: array and index.
///
/// # Safety
/// I1, I2, I4.
#[inline(always)]
unsafe fn element(r: &Registers, at: usize, bytes: u32) -> Result<(u32, u32), TrapCode> {
    // SAFETY: by the caller.
    unsafe {
        let (array, index) = (object(r, at), u32::load(slot(r, at + 2)));
        if array == 0 {
            return Err(TrapCode::NullArrayReference);
        }
        heap(r.cx).element(array, index, bytes).map(|offset| (array, offset))
    }
}

/// Puts a result into its slot and the accumulator.
///
/// # Safety
/// I1, I2.
#[inline(always)]
unsafe fn put(r: &mut Registers, at: usize, value: u64) {
    // SAFETY: by the caller.
    unsafe { <W as Destination<u64>>::put(r, at, at, value) }
}

/// Loads of a field and of an element that lie in the same way.
macro_rules! load {
    ($field:ident $element:ident $bytes:literal |$b:ident| $value:expr) => {
        load! { $field $element $bytes |r, at, $b| put(r, at, $value) }
    };
    ($field:ident $element:ident $bytes:literal |$r:ident, $d:ident, $b:ident| $put:expr) => {
        instruction! {
            #[doc = concat!("Loads a field of ", stringify!($bytes), " bytes")]
            $field<S, N, W> [] 8, |$r, at| {
                let reference = object($r, at);
                if reference == 0 {
                    return Control::Trap(TrapCode::NullStructureReference, at);
                }
                let $b: [u8; $bytes] = heap($r.cx).load(reference, operand($r, at + 2));
                let $d = at + 6;
                $put;
                Control::Next
            }
        }
        instruction! {
            #[doc = concat!("Loads an element of ", stringify!($bytes), " bytes")]
            $element<S, S, W> [] 6, |$r, at| {
                match element($r, at, $bytes) {
                    Ok((array, offset)) => {
                        let $b: [u8; $bytes] = heap($r.cx).load(array, offset);
                        let $d = at + 4;
                        $put;
                        Control::Next
                    }
                    Err(trap) => Control::Trap(trap, at),
                }
            }
        }
    };
}
load!(Field8S Element8S 1 |b| u64::from(i32::from(b[0] as i8) as u32));
load!(Field8U Element8U 1 |b| u64::from(b[0]));
load!(Field16S Element16S 2 |b| u64::from(i32::from(i16::from_le_bytes(b)) as u32));
load!(Field16U Element16U 2 |b| u64::from(u16::from_le_bytes(b)));
load!(Field32 Element32 4 |b| u64::from(u32::from_le_bytes(b)));
load!(Field64 Element64 8 |b| u64::from_le_bytes(b));
load!(Field32Raw Element32Raw 4 |r, d, b| u64::store(slot(r, d), u64::from(u32::from_le_bytes(b))));
load!(Field64Raw Element64Raw 8 |r, d, b| u64::store(slot(r, d), u64::from_le_bytes(b)));
load!(FieldVector ElementVector 16 |r, d, b| <W as Destination<V128>>::put(r, d, d, V128::from_bytes(b)));
load!(FieldFunction ElementFunction 4 |r, d, b| {
    let function = store(r.cx).function_at(u32::from_le_bytes(b));
    put(r, d, function);
});

/// Stores of a field and of an element that lie in the same way.
macro_rules! store {
    ($field:ident $element:ident $bytes:literal |$v:ident| $value:expr) => {
        instruction! {
            #[doc = concat!("Stores a field of ", stringify!($bytes), " bytes")]
            $field<S, S, N> [] 8, |r, at| {
                let (reference, $v) = (object(r, at), u64::load(slot(r, at + 2)));
                if reference == 0 {
                    return Control::Trap(TrapCode::NullStructureReference, at);
                }
                let bytes: [u8; $bytes] = $value.to_le_bytes();
                heap(r.cx).store(reference, operand(r, at + 4), bytes);
                Control::Next
            }
        }
        instruction! {
            #[doc = concat!("Stores an element of ", stringify!($bytes), " bytes")]
            $element<S, S, N> [] 6, |r, at| {
                let $v = u64::load(slot(r, at + 4));
                let bytes: [u8; $bytes] = $value.to_le_bytes();
                settle(element(r, at, $bytes), at, |(array, offset)| heap(r.cx).store(array, offset, bytes))
            }
        }
    };
}
store!(SetField8 SetElement8 1 |v| (v as u8));
store!(SetField16 SetElement16 2 |v| (v as u16));
store!(SetField32 SetElement32 4 |v| (v as u32));
store!(SetField64 SetElement64 8 |v| v);
store!(SetFieldFunction SetElementFunction 4 |v| StoreInner::function_number(v));

instruction! {
    /// Stores a field that is a vector.
    SetFieldVector<S, S, N> [] 8, |r, at| {
        let (reference, value) = (object(r, at), V128::load(slot(r, at + 2)));
        if reference == 0 {
            return Control::Trap(TrapCode::NullStructureReference, at);
        }
        heap(r.cx).store(reference, operand(r, at + 4), value.to_bytes());
        Control::Next
    }
}
instruction! {
    /// Stores an element that is a vector.
    SetElementVector<S, S, N> [] 6, |r, at| {
        let value = V128::load(slot(r, at + 4));
        settle(element(r, at, 16), at, |(array, offset)| heap(r.cx).store(array, offset, value.to_bytes()))
    }
}
instruction! {
    /// The length of an array.
    ArrayLen<S, N, W> [] 4, |r, at| {
        let array = object(r, at);
        if array == 0 {
            return Control::Trap(TrapCode::NullArrayReference, at);
        }
        let length = heap(r.cx).array_length(array);
        put(r, at + 2, length.into());
        Control::Next
    }
}

/// Goes on with a new object, traps, or asks for a collection.
///
/// # Safety
/// I1, I2; the destination is `at` bytes behind `ip`.
#[inline(always)]
unsafe fn allocated(r: &mut Registers, at: usize, d: usize, made: Result<u64, Failure>) -> Control {
    match made {
        Ok(reference) => {
            // SAFETY: by the caller.
            unsafe { put(r, at + d, reference) };
            Control::Next
        }
        Err(Failure::Trap(trap)) => Control::Trap(trap, at),
        Err(Failure::Full) => Control::Collect,
    }
}

/// The type and the first slot that an immediate names.
///
/// # Safety
/// I1, I2.
#[inline(always)]
unsafe fn slots(r: &Registers, at: usize) -> (u32, *const u64) {
    // SAFETY: by the caller.
    unsafe {
        let x = operand::<u64>(r, at);
        (x as u32, r.fp.offset((x >> 32) as i32 as isize).cast_const().cast())
    }
}

instruction! {
    /// Makes an object: `new_struct`.
    NewStruct<I, N, W> [] 10, |r, at| {
        let (ty, first) = slots(r, at);
        let made = objects::new_struct(r.cx, ty, first);
        allocated(r, at, 8, made)
    }
}
instruction! {
    /// Makes an object: `new_struct_default`.
    NewStructDefault<I, N, W> [] 10, |r, at| {
        let (ty, _) = slots(r, at);
        let made = objects::new_struct_default(r.cx, ty);
        allocated(r, at, 8, made)
    }
}
instruction! {
    /// Makes an object: `new_array`.
    NewArray<I, N, W> [] 10, |r, at| {
        let (ty, first) = slots(r, at);
        let made = objects::new_array(r.cx, ty, first);
        allocated(r, at, 8, made)
    }
}
instruction! {
    /// Makes an object: `new_array_default`.
    NewArrayDefault<I, N, W> [] 10, |r, at| {
        let (ty, first) = slots(r, at);
        let made = objects::new_array_default(r.cx, ty, first);
        allocated(r, at, 8, made)
    }
}
instruction! {
    /// Makes an object: `new_array_fixed`.
    NewArrayFixed<I, N, W> [] 14, |r, at| {
        let (ty, first) = slots(r, at);
        let made = objects::new_array_fixed(r.cx, ty, operand(r, at + 8), first);
        allocated(r, at, 12, made)
    }
}
instruction! {
    /// Makes an object: `new_array_data`.
    NewArrayData<I, N, W> [] 14, |r, at| {
        let (ty, first) = slots(r, at);
        let made = objects::new_array_data(r.cx, ty, operand(r, at + 8), first);
        allocated(r, at, 12, made)
    }
}
instruction! {
    /// Makes an object: `new_array_elements`.
    NewArrayElements<I, N, W> [] 14, |r, at| {
        let (ty, first) = slots(r, at);
        let made = objects::new_array_elements(r.cx, ty, operand(r, at + 8), first);
        allocated(r, at, 12, made)
    }
}
instruction! {
    /// Changes arrays: `array_fill`.
    ArrayFill<I, N, N> [] 8, |r, at| {
        let (ty, first) = slots(r, at);
        settle(objects::array_fill(r.cx, ty, first), at, |()| ())
    }
}
instruction! {
    /// Changes arrays: `array_copy`.
    ArrayCopy<I, N, N> [] 8, |r, at| {
        let (ty, first) = slots(r, at);
        settle(objects::array_copy(r.cx, ty, first), at, |()| ())
    }
}
instruction! {
    /// Changes arrays: `array_init_data`.
    ArrayInitData<I, N, N> [] 12, |r, at| {
        let (ty, first) = slots(r, at);
        settle(objects::array_init_data(r.cx, ty, operand(r, at + 8), first), at, |()| ())
    }
}
instruction! {
    /// Changes arrays: `array_init_elements`.
    ArrayInitElements<I, N, N> [] 12, |r, at| {
        let (ty, first) = slots(r, at);
        settle(objects::array_init_elements(r.cx, ty, operand(r, at + 8), first), at, |()| ())
    }
}
instruction! {
    /// Whether a reference is of a type.
    RefTest<S, N, W> [] 8, |r, at| {
        let is = objects::is_of_type(r.cx, u64::load(slot(r, at)), operand(r, at + 2));
        put(r, at + 6, is.into());
        Control::Next
    }
}
instruction! {
    /// Traps unless a reference is of a type.
    RefCast<S, N, N> [] 6, |r, at| {
        if objects::is_of_type(r.cx, u64::load(slot(r, at)), operand(r, at + 2)) { Control::Next } else { Control::Trap(TrapCode::CastFailure, at) }
    }
}
instruction! {
    /// Whether a reference is of a type.
    RefTestFunction<S, N, W> [] 8, |r, at| {
        let is = objects::is_function_of_type(r.cx, u64::load(slot(r, at)), operand(r, at + 2));
        put(r, at + 6, is.into());
        Control::Next
    }
}
instruction! {
    /// Traps unless a reference is of a type.
    RefCastFunction<S, N, N> [] 6, |r, at| {
        if objects::is_function_of_type(r.cx, u64::load(slot(r, at)), operand(r, at + 2)) { Control::Next } else { Control::Trap(TrapCode::CastFailure, at) }
    }
}
