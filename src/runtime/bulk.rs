//! Bulk and table operations, as the executor's cold handlers call them.
//!
//! Spec: Execution, Table Instructions and Memory Instructions. Called by: `exec`. Calls: `runtime`.
//!
//! # Safety of all of them
//! `context` is that of an instance of a living store, the caller holds no reference into the store, and it reads lengths and bases afresh
//! afterwards (R1, R6). Indices are those that validation has checked; others trap.
#![allow(unsafe_code)] // The executor names the instance by a raw pointer.

use core::ptr::NonNull;

use super::context::{Context, Slot};
use super::instantiate::{self, InitializeError};
use super::memory::MemoryEntity;
use super::store::StoreInner;
use super::table::TableEntity;
use crate::code::place::{AtomicAccess, Place};
use crate::decode::module::SegmentMode;
use crate::wasm::{matching::Matching, trap::TrapCode, types::TypeId};

/// The store and the number of the instance.
///
/// # Safety
/// As the module's doc says; the reference is used for one operation only.
unsafe fn parts<'a>(context: *mut Context) -> (&'a mut StoreInner, u32) {
    // SAFETY: the caller's duty: R1, R6.
    unsafe { (&mut *(*context).owner, (*context).instance) }
}

/// A table of the instance.
///
/// # Safety
/// As the module's doc says; the reference is used for one operation only.
unsafe fn table<'a>(context: *mut Context, table: u32) -> Result<&'a mut TableEntity, TrapCode> {
    // SAFETY: the caller's duty: R1, R3, R6.
    unsafe { (*context).tables.add(table as usize).read().as_mut() }.ok_or(TrapCode::TableOutOfBounds)
}

/// Memory 0 of the instance.
///
/// # Safety
/// As the module's doc says; the reference is used for one operation only.
unsafe fn memory<'a>(context: *mut Context) -> Result<&'a mut MemoryEntity, TrapCode> {
    // SAFETY: the caller's duty: R1, R2, R6.
    unsafe { (*context).memory.as_mut() }.ok_or(TrapCode::MemoryOutOfBounds)
}

/// `memory.init`
///
/// # Errors
/// [`TrapCode::MemoryOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn memory_init(context: *mut Context, segment: u32, to: u32, from: u32, len: u32) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    let (store, instance) = unsafe { parts(context) };
    let Some(instance) = store.instance(instance) else { return Err(TrapCode::MemoryOutOfBounds) };
    let module = instance.module().clone();
    let data = instance.passive_data(&module, segment);
    // SAFETY: the caller's duty; the memory is no part of the store's own allocation.
    unsafe { memory(context) }?.init(data, to.into(), from.into(), len.into())
}

/// `data.drop`
///
/// # Safety
/// See the module's doc.
pub unsafe fn data_drop(context: *mut Context, segment: u32) {
    // SAFETY: the caller's duty.
    let (store, instance) = unsafe { parts(context) };
    if let Some(instance) = store.instance_mut(instance) {
        instance.drop_data(segment);
    }
}

/// `memory.copy`
///
/// # Errors
/// [`TrapCode::MemoryOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn memory_copy(context: *mut Context, to: u32, from: u32, len: u32) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe { memory(context) }?.copy_within(to.into(), from.into(), len.into())
}

/// `memory.fill`
///
/// # Errors
/// [`TrapCode::MemoryOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn memory_fill(context: *mut Context, to: u32, value: u8, len: u32) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe { memory(context) }?.fill(to.into(), value, len.into())
}

/// A memory of the instance.
///
/// # Safety
/// As the module's doc says; no reference is made.
unsafe fn memory_at(context: *mut Context, place: Place) -> Result<NonNull<MemoryEntity>, TrapCode> {
    // SAFETY: the caller's duty: R1, R3.
    NonNull::new(unsafe { (*context).memories.add(place.memory() as usize).read() }).ok_or(TrapCode::MemoryOutOfBounds)
}

/// `memory.init` of any memory: `immediate` is the place | the segment << 10.
///
/// # Errors
/// [`TrapCode::MemoryOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn memory_init_any(context: *mut Context, immediate: u32, [to, from, len]: [Slot; 3]) -> Result<(), TrapCode> {
    let (place, segment) = (Place::from_bits(immediate), immediate >> Place::BITS);
    // SAFETY: the caller's duty.
    let (store, instance) = unsafe { parts(context) };
    let Some(instance) = store.instance(instance) else { return Err(TrapCode::MemoryOutOfBounds) };
    let module = instance.module().clone();
    let data = instance.passive_data(&module, segment);
    // SAFETY: the caller's duty; the memory is no part of the store's own allocation.
    unsafe { memory_at(context, place)?.as_mut() }.init(data, place.address(to), u64::from(from as u32), u64::from(len as u32))
}

/// `memory.fill` of any memory.
///
/// # Errors
/// [`TrapCode::MemoryOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn memory_fill_any(context: *mut Context, place: u32, [to, value, len]: [Slot; 3]) -> Result<(), TrapCode> {
    let place = Place::from_bits(place);
    // SAFETY: the caller's duty.
    unsafe { memory_at(context, place)?.as_mut() }.fill(place.address(to), value as u8, place.address(len))
}

/// `memory.copy` between any memories: `places` is the place of the destination | that of the source << 10.
///
/// # Errors
/// [`TrapCode::MemoryOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn memory_copy_any(context: *mut Context, places: u32, [to, from, len]: [Slot; 3]) -> Result<(), TrapCode> {
    let (target, source) = (Place::from_bits(places), Place::from_bits(places >> Place::BITS));
    let (to, from) = (target.address(to), source.address(from));
    // Lengths have the narrower of the two address types.
    let len = source.address(target.address(len));
    // SAFETY: the caller's duty.
    let (mut target, source) = unsafe { (memory_at(context, target)?, memory_at(context, source)?) };
    if target == source {
        // SAFETY: the caller's duty: R1, R6.
        return unsafe { target.as_mut() }.copy_within(to, from, len);
    }
    // SAFETY: the caller's duty: R1, R6; the memories are different ones.
    unsafe { target.as_mut().copy_from(source.as_ref(), to, from, len) }
}

/// `memory.atomic.notify`, where `access` says which memory and adds to the address.
///
/// # Errors
/// [`TrapCode::MemoryOutOfBounds`] and [`TrapCode::UnalignedAtomic`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn atomic_notify(context: *mut Context, access: u32, address: Slot, count: u32) -> Result<u32, TrapCode> {
    let access = AtomicAccess::from_bits(access);
    // SAFETY: the caller's duty.
    unsafe { memory_at(context, access.place())?.as_ref() }.notify(access.place().address(address), access.offset(), count)
}

/// `table.init`
///
/// # Errors
/// [`TrapCode::TableOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn table_init(context: *mut Context, table_index: u32, segment: u32, to: u32, from: u32, len: u32) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    let table = unsafe { table(context, table_index) }?.index;
    // SAFETY: the caller's duty; the reference to the table is not alive any more.
    let (store, number) = unsafe { parts(context) };
    let out_of_bounds = TrapCode::TableOutOfBounds;
    let instance = store.instance(number).ok_or(out_of_bounds)?;
    let available = instance.passive_elements(segment) as u64;
    if u64::from(from) + u64::from(len) > available {
        return Err(out_of_bounds);
    }
    let module = instance.module().clone();
    let none = crate::decode::module::Elements::Functions(alloc::boxed::Box::default());
    let items = match module.decoded.elements.get(segment as usize) {
        Some(segment) if available > 0 && matches!(segment.mode, SegmentMode::Passive) => &segment.items,
        _ => &none,
    };
    match instantiate::copy_elements(store, number, table, (segment, items), to.into(), from.into(), len.into()) {
        Ok(()) => Ok(()),
        Err(InitializeError::Trap(code)) => Err(code),
        Err(InitializeError::Bug) => Err(out_of_bounds),
    }
}

/// `elem.drop`
///
/// # Safety
/// See the module's doc.
pub unsafe fn elem_drop(context: *mut Context, segment: u32) {
    // SAFETY: the caller's duty.
    let (store, instance) = unsafe { parts(context) };
    if let Some(instance) = store.instance_mut(instance) {
        instance.drop_elements(segment);
    }
}

/// `table.copy`
///
/// # Errors
/// [`TrapCode::TableOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn table_copy(
    context: *mut Context,
    target_table: u32,
    source_table: u32,
    to: u32,
    from: u32,
    len: u32,
) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty: R1, R3, R6. Only addresses are read here.
    let (target, source) = unsafe {
        let tables = (*context).tables;
        (tables.add(target_table as usize).read(), tables.add(source_table as usize).read())
    };
    let (Some(mut target), Some(source)) = (NonNull::new(target), NonNull::new(source)) else { return Err(TrapCode::TableOutOfBounds) };
    if target == source {
        // SAFETY: the caller's duty: R1, R6.
        return unsafe { target.as_mut() }.copy_within(to.into(), from.into(), len.into());
    }
    // SAFETY: the caller's duty: R1, R6; the tables are different ones.
    unsafe { target.as_mut().copy_from(source.as_ref(), to.into(), from.into(), len.into()) }
}

/// `table.fill`
///
/// # Errors
/// [`TrapCode::TableOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn table_fill(context: *mut Context, table_index: u32, to: u32, value: Slot, len: u32) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe { table(context, table_index) }?.fill(to.into(), value, len.into())
}

/// `table.get`
///
/// # Errors
/// [`TrapCode::TableOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn table_get(context: *mut Context, table_index: u32, index: u32) -> Result<Slot, TrapCode> {
    // SAFETY: the caller's duty.
    unsafe { table(context, table_index) }?.get(index.into())
}

/// `table.set`
///
/// # Errors
/// [`TrapCode::TableOutOfBounds`]
///
/// # Safety
/// See the module's doc.
pub unsafe fn table_set(context: *mut Context, table_index: u32, index: u32, value: Slot) -> Result<(), TrapCode> {
    // SAFETY: the caller's duty.
    unsafe { table(context, table_index) }?.set(index.into(), value)
}

/// `table.size`
///
/// # Safety
/// See the module's doc.
pub unsafe fn table_size(context: *mut Context, table_index: u32) -> u32 {
    // SAFETY: the caller's duty.
    unsafe { table(context, table_index) }.map_or(0, |table| table.len())
}

/// `call_indirect` of a type that may have subtypes: the reference to the function.
///
/// # Errors
/// The traps of `call_indirect`.
///
/// # Safety
/// See the module's doc.
pub unsafe fn callee_of_type(context: *mut Context, table_index: u32, index: u32, ty: u32) -> Result<Slot, TrapCode> {
    // SAFETY: the caller's duty.
    let reference = unsafe { table(context, table_index) }?.get(index.into()).map_err(|_| TrapCode::UndefinedElement)?;
    // SAFETY: the caller's duty; the reference to the table is not alive any more.
    let (store, _) = unsafe { parts(context) };
    let found = store.entity_type(reference).ok_or(TrapCode::UninitializedElement)?;
    if store.heap.types.is_subtype(found, TypeId(ty)) { Ok(reference) } else { Err(TrapCode::IndirectCallTypeMismatch) }
}

/// `ref.func`: the reference, for which an entity is made if there is none yet.
///
/// # Safety
/// See the module's doc.
pub unsafe fn ref_func(context: *mut Context, function: u32) -> Slot {
    // SAFETY: the caller's duty.
    let (store, instance) = unsafe { parts(context) };
    // Validation has checked the index.
    instantiate::function_reference(store, instance, function).unwrap_or(0)
}
