//! Structures and arrays: allocation, casts, whole arrays, and what holds references to functions. Their fields and elements are in `accesses`.
//!
//! An allocation for which there is no room leaves the interpreter, with all its registers kept; after the collection it is done again.
//! Called by: `exec::handlers`. Calls: `runtime::objects`.

use super::accesses::{Arrays, Space, Structures, heap, in_object};
use super::{instruction, settle};
use crate::exec::registers::{Control, Destination, I, N, Registers, S, Source, Value, W, operand, slot};
use crate::runtime::gc::Failure;
use crate::runtime::objects::{self, store};
use crate::runtime::store::StoreInner;
use crate::wasm::layout::{ARRAY_HEADER, OBJECT_ALIGN, STRUCT_HEADER};
use crate::wasm::trap::TrapCode;

/// Bytes of a reference to a function, in an object.
const FUNCTION_BYTES: usize = 4;

instruction! {
    /// Reads a field that is a reference to a function.
    FieldFunction<X, N, D> [X: Source<u32>, D: Destination<u64>] X::BYTES + 4 + D::BYTES, |r, at| {
        let x = X::get(r, at);
        settle(Structures::address(r, x, at + X::BYTES, FUNCTION_BYTES), at, |address| {
            let function = store(r.cx).function_at(address.cast::<u32>().read_unaligned());
            D::put(r, at, at + X::BYTES + 4, function);
        })
    }
}
instruction! {
    /// Reads an element that is a reference to a function.
    ElementFunction<X, Y, D> [X: Source<u32>, Y: Source<u32>, D: Destination<u64>] X::BYTES + Y::BYTES + D::BYTES, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        settle(Arrays::address(r, x, y, FUNCTION_BYTES), at, |address| {
            let function = store(r.cx).function_at(address.cast::<u32>().read_unaligned());
            D::put(r, at, at + X::BYTES + Y::BYTES, function);
        })
    }
}
instruction! {
    /// Writes a field that is a reference to a function.
    SetFieldFunction<X, Y, N> [X: Source<u32>, Y: Source<u64>] X::BYTES + Y::BYTES + 4, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        settle(Structures::address(r, x, at + X::BYTES + Y::BYTES, FUNCTION_BYTES), at, |address| {
            address.cast::<u32>().write_unaligned(StoreInner::function_number(y));
        })
    }
}
instruction! {
    /// Writes an element that is a reference to a function.
    SetElementFunction<X, Y, N> [X: Source<u64>, Y: Source<u32>] X::BYTES + Y::BYTES + 2, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        let array = u32::load(slot(r, at + X::BYTES + Y::BYTES));
        settle(Arrays::address(r, array, y, FUNCTION_BYTES), at, |address| {
            address.cast::<u32>().write_unaligned(StoreInner::function_number(x));
        })
    }
}
instruction! {
    /// What stands for a reference to a function in an object.
    FunctionNumber<S, N, W> [] 4, |r, at| {
        let number = StoreInner::function_number(u64::load(slot(r, at)));
        put(r, at + 2, number.into());
        Control::Next
    }
}
instruction! {
    /// The length of an array.
    ArrayLen<X, N, D> [X: Source<u32>, D: Destination<u32>] X::BYTES + D::BYTES, |r, at| {
        let array = X::get(r, at);
        let length = in_object(r, array, ARRAY_HEADER.into(), size_of::<u32>()).ok_or(TrapCode::NullArrayReference);
        settle(length, at, |length| D::put(r, at, at + X::BYTES, length.cast::<u32>().read_unaligned()))
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
    /// Makes a structure of few fields.
    NewStruct<I, I, W> [] 22, |r, at| {
        // First, since what is read before it would take registers meanwhile.
        let Ok(reference) = objects::heap(r.cx).allocate(operand(r, at + 16)) else { return Control::Collect };
        let (ty, mut field) = slots(r, at);
        let mut steps = operand::<u64>(r, at + 8);
        let mut place = heap(r).0.add(reference as usize);
        place.cast::<u32>().write_unaligned(ty);
        place = place.add(STRUCT_HEADER as usize);
        // Each writes 8 bytes, whatever its size: those behind it are written later, or belong to no object (G2).
        while steps != 0 {
            place.cast::<u64>().write_unaligned(field.read());
            field = field.add(1);
            place = place.add((steps & 15) as usize);
            steps >>= 4;
        }
        // The reference again, without a register for it meanwhile: the place is in the last 8 bytes of the object.
        let end = (place.addr() - heap(r).0.addr()).next_multiple_of(OBJECT_ALIGN as usize) as u32;
        put(r, at + 20, end.wrapping_sub(operand::<u32>(r, at + 16)).into());
        Control::Next
    }
}
instruction! {
    /// Makes a structure of zeros and nulls.
    NewStructDefault<I, N, W> [] 14, |r, at| {
        let Ok(reference) = objects::heap(r.cx).allocate(operand(r, at + 8)) else { return Control::Collect };
        let (ty, _) = slots(r, at);
        let size = operand::<u32>(r, at + 8);
        let first = heap(r).0.add(reference as usize).cast::<u64>();
        // Objects take multiples of 8 bytes.
        first.write_unaligned(ty.into());
        let mut word = 1;
        while word < size as usize / OBJECT_ALIGN as usize {
            // Volatile, or a call of `memset` is made of it.
            first.add(word).write_volatile(0);
            word += 1;
        }
        put(r, at + 12, reference.into());
        Control::Next
    }
}
instruction! {
    /// Makes an object: `new_struct`.
    NewLargeStruct<I, N, W> [] 10, |r, at| {
        let (ty, first) = slots(r, at);
        let made = objects::new_struct(r.cx, ty, first);
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
/// The type of an object, if the reference leads to one.
///
/// # Safety
/// I3.
#[inline(always)]
unsafe fn type_of(r: &Registers, reference: u32) -> Option<u32> {
    // SAFETY: by the caller.
    unsafe {
        let ty = in_object(r, reference, STRUCT_HEADER.into(), size_of::<u32>())?;
        if reference.is_multiple_of(OBJECT_ALIGN) { Some(ty.cast::<u32>().read_unaligned()) } else { None }
    }
}

/// What a test says of a reference that leads to no object: the last bit lets null pass.
#[inline(always)]
fn is_null(reference: u32, test: u64) -> bool {
    reference == 0 && test.cast_signed() < 0
}

/// Whether a reference leads to an object of a type without subtypes.
///
/// # Safety
/// I3.
#[inline(always)]
unsafe fn is_final(r: &Registers, reference: u32, test: u64) -> bool {
    // SAFETY: by the caller.
    match unsafe { type_of(r, reference) } {
        Some(ty) => ty == test as u32,
        None => is_null(reference, test),
    }
}

/// Whether a reference leads to an object of a type or a subtype.
///
/// # Safety
/// I3, I4.
#[inline(always)]
unsafe fn is_open(r: &Registers, reference: u32, test: u64) -> bool {
    // SAFETY: by the caller.
    unsafe {
        match type_of(r, reference) {
            Some(ty) => objects::heap(r.cx).types.has_ancestor(ty, (test >> 32) as usize, test as u32),
            None => is_null(reference, test),
        }
    }
}

/// A test of a reference, and the same as a check.
macro_rules! cast {
    ($test:ident $check:ident $operand:ident |$r:ident, $x:ident, $y:ident| $is:expr) => {
        instruction! {
            /// Whether a reference is of a type.
            $test<X, I, D> [X: Source<$operand>, D: Destination<u32>] X::BYTES + 8 + D::BYTES, |$r, at| {
                let ($x, $y) = (X::get($r, at), operand::<u64>($r, at + X::BYTES));
                D::put($r, at, at + X::BYTES + 8, u32::from($is));
                Control::Next
            }
        }
        instruction! {
            /// Traps unless a reference is of a type.
            $check<X, I, N> [X: Source<$operand>] X::BYTES + 8, |$r, at| {
                let ($x, $y) = (X::get($r, at), operand::<u64>($r, at + X::BYTES));
                if $is { Control::Next } else { Control::Trap(TrapCode::CastFailure, at) }
            }
        }
    };
}
cast!(RefTest RefCast u32 |r, x, y| objects::is_of_type(r.cx, x.into(), y as u32));
cast!(RefTestFinal RefCastFinal u32 |r, x, y| is_final(r, x, y));
cast!(RefTestOpen RefCastOpen u32 |r, x, y| is_open(r, x, y));
cast!(RefTestFunction RefCastFunction u64 |r, x, y| objects::is_function_of_type(r.cx, x, y as u32));
