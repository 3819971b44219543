//! Instructions on structures and arrays, as the executor's handlers call them.
//!
//! Called by: `exec`. Calls: `runtime::gc`.
//!
//! # Safety of all of them
//! As of `runtime::bulk`: `context` is that of an instance of a living store, and the caller holds no reference into the store. `slots` points to
//! the first of as many slots of the caller's frame as the instruction takes (I2).
#![allow(unsafe_code)] // The executor names the instance and the slots by raw pointers.

use super::context::{Context, Slot};
use super::gc::{Failure, Heap, Segment};
use super::store::StoreInner;
use crate::wasm::trap::TrapCode;
use crate::wasm::types::{TypeId, ValType};

/// The store of an instance.
///
/// # Safety
/// As the module's doc says; the reference is used for one operation only.
#[inline(always)]
pub unsafe fn store<'a>(context: *mut Context) -> &'a mut StoreInner {
    // SAFETY: the caller's duty: R1, R6.
    unsafe { &mut *(*context).owner }
}

/// The heap of an instance's store.
///
/// # Safety
/// As the module's doc says; the reference is used for one operation only.
#[inline(always)]
pub unsafe fn heap<'a>(context: *mut Context) -> &'a mut Heap {
    // SAFETY: the caller's duty: R1, R6.
    unsafe { &mut (*(*context).owner).heap }
}

/// A slot.
///
/// # Safety
/// As the module's doc says.
#[inline(always)]
unsafe fn at(slots: *const Slot, index: usize) -> Slot {
    // SAFETY: the caller's duty.
    unsafe { slots.add(index).read() }
}

/// Slots of a value of an array of this type, which lies from a slot on.
///
/// # Safety
/// As the module's doc says.
unsafe fn value(store: &StoreInner, ty: TypeId, slots: *const Slot, index: usize) -> ([Slot; 2], usize) {
    let wide = store.heap.element_storage(ty).is_some_and(|storage| storage.slots() > 1);
    // SAFETY: the caller's duty.
    let value = unsafe { [at(slots, index), if wide { at(slots, index + 1) } else { 0 }] };
    (value, index + if wide { 2 } else { 1 })
}

/// A segment of the instance.
///
/// # Safety
/// As the module's doc says.
unsafe fn segment(context: *mut Context, index: u32) -> Segment {
    // SAFETY: the caller's duty.
    Segment { instance: unsafe { (*context).instance }, index }
}

/// `struct.new`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn new_struct(context: *mut Context, ty: u32, slots: *const Slot) -> Result<Slot, Failure> {
    // SAFETY: the caller's duty.
    let made = unsafe { store(context).new_struct(TypeId(ty), |index| at(slots, index)) };
    Ok(made?.into())
}

/// `array.new`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn new_array(context: *mut Context, ty: u32, slots: *const Slot) -> Result<Slot, Failure> {
    // SAFETY: the caller's duty.
    let (store, (value, next)) = unsafe { (store(context), value(store(context), TypeId(ty), slots, 0)) };
    // SAFETY: the caller's duty.
    Ok(store.new_array(TypeId(ty), value, unsafe { at(slots, next) } as u32)?.into())
}

/// `array.new_default`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn new_array_default(context: *mut Context, ty: u32, slots: *const Slot) -> Result<Slot, Failure> {
    // SAFETY: the caller's duty.
    unsafe { Ok(store(context).new_array_default(TypeId(ty), at(slots, 0) as u32)?.into()) }
}

/// `array.new_fixed`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn new_array_fixed(context: *mut Context, ty: u32, length: u32, slots: *const Slot) -> Result<Slot, Failure> {
    // SAFETY: the caller's duty.
    unsafe { Ok(store(context).new_array_fixed(TypeId(ty), length, |index| at(slots, index))?.into()) }
}

/// `array.new_data`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn new_array_data(context: *mut Context, ty: u32, index: u32, slots: *const Slot) -> Result<Slot, Failure> {
    // SAFETY: the caller's duty.
    unsafe {
        let (offset, length) = (at(slots, 0) as u32, at(slots, 1) as u32);
        Ok(store(context).new_array_data(TypeId(ty), segment(context, index), offset, length)?.into())
    }
}

/// `array.new_elem`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn new_array_elements(context: *mut Context, ty: u32, index: u32, slots: *const Slot) -> Result<Slot, Failure> {
    // SAFETY: the caller's duty.
    unsafe {
        let (offset, length) = (at(slots, 0) as u32, at(slots, 1) as u32);
        Ok(store(context).new_array_elements(TypeId(ty), segment(context, index), offset, length)?.into())
    }
}

/// `array.fill`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn array_fill(context: *mut Context, ty: u32, slots: *const Slot) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe {
        let (array, start) = (at(slots, 0) as u32, at(slots, 1) as u32);
        let (value, next) = value(store(context), TypeId(ty), slots, 2);
        store(context).array_fill(TypeId(ty), array, start, value, at(slots, next) as u32)
    }
}

/// `array.copy`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn array_copy(context: *mut Context, ty: u32, slots: *const Slot) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe {
        let word = |index| at(slots, index) as u32;
        store(context).array_copy(TypeId(ty), (word(0), word(1)), (word(2), word(3)), word(4))
    }
}

/// `array.init_data`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn array_init_data(context: *mut Context, ty: u32, index: u32, slots: *const Slot) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe {
        let word = |index| at(slots, index) as u32;
        store(context).array_init_data(TypeId(ty), word(0), word(1), segment(context, index), word(2), word(3))
    }
}

/// `array.init_elem`
///
/// # Safety
/// As the module's doc says.
pub unsafe fn array_init_elements(context: *mut Context, ty: u32, index: u32, slots: *const Slot) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe {
        let word = |index| at(slots, index) as u32;
        store(context).array_init_elements(TypeId(ty), word(0), word(1), segment(context, index), word(2), word(3))
    }
}

/// Whether a reference is of the type with these bits.
///
/// # Safety
/// As the module's doc says.
pub unsafe fn is_of_type(context: *mut Context, reference: Slot, ty: u32) -> bool {
    // SAFETY: the caller's duty.
    unsafe { store(context) }.is_of_type(reference, ValType::from_bits(ty))
}

/// Whether a reference to a function is of the type with these bits.
///
/// # Safety
/// As the module's doc says.
pub unsafe fn is_function_of_type(context: *mut Context, reference: Slot, ty: u32) -> bool {
    // SAFETY: the caller's duty.
    unsafe { store(context) }.is_function_of_type(reference, ValType::from_bits(ty))
}
