//! What instructions on structures and arrays do to a store.
//!
//! Spec: Execution, Aggregate Reference Instructions. Called by: `runtime::objects` (which `exec` calls), `runtime::instantiate`, `api`.

use super::heap::Full;
use super::{Reference, Storage, is_i31, is_object};
use crate::runtime::context::Slot;
use crate::runtime::instantiate;
use crate::runtime::store::StoreInner;
use crate::wasm::matching::Matching;
use crate::wasm::trap::TrapCode;
use crate::wasm::types::{HeapType, TypeId, ValType};

/// Why an instruction did nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// It traps.
    Trap(TrapCode),
    /// There is no room: collect garbage, then do it again.
    Full,
}

impl From<TrapCode> for Failure {
    fn from(code: TrapCode) -> Self {
        Self::Trap(code)
    }
}

impl From<Full> for Failure {
    fn from(Full: Full) -> Self {
        Self::Full
    }
}

/// An element segment or data segment of an instance.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The instance.
    pub instance: u32,
    /// The segment's index.
    pub index: u32,
}

impl StoreInner {
    /// `struct.new`
    #[inline]
    pub fn new_struct(&mut self, ty: TypeId, slot: impl Fn(usize) -> Slot) -> Result<Reference, Full> {
        self.heap.build_struct(ty, slot, Self::function_number)
    }

    /// How the elements of arrays of a type lie.
    fn storage(&self, ty: TypeId) -> Storage {
        self.heap.element_storage(ty).unwrap_or(Storage::Word)
    }

    /// `array.new`
    pub fn new_array(&mut self, ty: TypeId, value: [Slot; 2], length: u32) -> Result<Reference, Full> {
        let storage = self.storage(ty);
        let array = self.heap.new_array(ty, length, storage)?;
        self.fill(array, storage, 0, value, length);
        Ok(array)
    }

    /// `array.new_default`
    pub fn new_array_default(&mut self, ty: TypeId, length: u32) -> Result<Reference, Full> {
        self.new_array(ty, [0; 2], length)
    }

    /// `array.new_fixed`
    pub fn new_array_fixed(&mut self, ty: TypeId, length: u32, slot: impl Fn(usize) -> Slot) -> Result<Reference, Full> {
        let storage = self.storage(ty);
        let array = self.heap.new_array(ty, length, storage)?;
        let slots = storage.slots();
        for index in 0..length {
            let at = index as usize * slots;
            let value = [slot(at), if slots > 1 { slot(at + 1) } else { 0 }];
            self.set_element(array, storage, index, value);
        }
        Ok(array)
    }

    /// Sets an element that exists.
    fn set_element(&mut self, array: Reference, storage: Storage, index: u32, value: [Slot; 2]) {
        if let Ok(offset) = self.heap.element(array, index, storage.bytes()) {
            self.heap.set_value(array, offset, storage, value, Self::function_number);
        }
    }

    /// Sets elements that exist to one value: the first, and then as many copies as there are so far.
    fn fill(&mut self, array: Reference, storage: Storage, start: u32, value: [Slot; 2], length: u32) {
        let bytes = storage.bytes();
        let Ok((offset, total)) = self.heap.elements(array, start, length, bytes) else { return };
        if length == 0 {
            return;
        }
        self.heap.set_value(array, offset, storage, value, Self::function_number);
        let mut done = bytes;
        while done < total {
            let more = done.min(total - done);
            self.heap.copy((array, offset + done), (array, offset), more);
            done += more;
        }
    }

    /// `array.fill`
    pub fn array_fill(&mut self, ty: TypeId, array: Reference, start: u32, value: [Slot; 2], length: u32) -> Result<(), TrapCode> {
        let array = not_null(array)?;
        let storage = self.storage(ty);
        self.heap.elements(array, start, length, storage.bytes())?;
        self.fill(array, storage, start, value, length);
        Ok(())
    }

    /// `array.copy`
    pub fn array_copy(&mut self, ty: TypeId, to: (Reference, u32), from: (Reference, u32), length: u32) -> Result<(), TrapCode> {
        let (target, source) = (not_null(to.0)?, not_null(from.0)?);
        let bytes = self.storage(ty).bytes();
        let (target_offset, total) = self.heap.elements(target, to.1, length, bytes)?;
        let (source_offset, _) = self.heap.elements(source, from.1, length, bytes)?;
        self.heap.copy((target, target_offset), (source, source_offset), total);
        Ok(())
    }

    /// `array.new_data`
    pub fn new_array_data(&mut self, ty: TypeId, segment: Segment, offset: u32, length: u32) -> Result<Reference, Failure> {
        let storage = self.storage(ty);
        self.check_data(segment, offset, length, storage)?;
        let array = self.heap.new_array(ty, length, storage)?;
        self.array_init_data(ty, array, 0, segment, offset, length)?;
        Ok(array)
    }

    /// `array.init_data`
    pub fn array_init_data(
        &mut self,
        ty: TypeId,
        array: Reference,
        start: u32,
        segment: Segment,
        offset: u32,
        length: u32,
    ) -> Result<(), TrapCode> {
        let array = not_null(array)?;
        let storage = self.storage(ty);
        let (at, total) = self.heap.elements(array, start, length, storage.bytes())?;
        let module = self.instance(segment.instance).map(|instance| instance.module().clone());
        let data = match (&module, self.instance(segment.instance)) {
            (Some(module), Some(instance)) => instance.passive_data(module, segment.index),
            _ => &[],
        };
        let source = data.get(offset as usize..).and_then(|data| data.get(..total as usize)).ok_or(TrapCode::MemoryOutOfBounds)?;
        let place = self.heap.bytes_mut(array, at, total);
        if place.len() == source.len() {
            place.copy_from_slice(source);
        }
        Ok(())
    }

    /// Whether a data segment has the bytes of so many elements from an offset on.
    fn check_data(&self, segment: Segment, offset: u32, length: u32, storage: Storage) -> Result<(), TrapCode> {
        let instance = self.instance(segment.instance).ok_or(TrapCode::MemoryOutOfBounds)?;
        let data = instance.passive_data(instance.module(), segment.index);
        let end = u64::from(offset) + u64::from(length) * u64::from(storage.bytes());
        if end > data.len() as u64 { Err(TrapCode::MemoryOutOfBounds) } else { Ok(()) }
    }

    /// Whether an element segment has so many elements from an offset on.
    fn check_elements(&self, segment: Segment, offset: u32, length: u32) -> Result<(), TrapCode> {
        let available = self.instance(segment.instance).map_or(0, |instance| instance.passive_elements(segment.index));
        let end = u64::from(offset) + u64::from(length);
        if end > available as u64 { Err(TrapCode::TableOutOfBounds) } else { Ok(()) }
    }

    /// `array.new_elem`
    pub fn new_array_elements(&mut self, ty: TypeId, segment: Segment, offset: u32, length: u32) -> Result<Reference, Failure> {
        self.check_elements(segment, offset, length)?;
        let storage = self.storage(ty);
        let array = self.heap.new_array(ty, length, storage)?;
        self.array_init_elements(ty, array, 0, segment, offset, length)?;
        Ok(array)
    }

    /// `array.init_elem`
    pub fn array_init_elements(
        &mut self,
        ty: TypeId,
        array: Reference,
        start: u32,
        segment: Segment,
        offset: u32,
        length: u32,
    ) -> Result<(), TrapCode> {
        let array = not_null(array)?;
        let storage = self.storage(ty);
        self.heap.elements(array, start, length, storage.bytes())?;
        self.check_elements(segment, offset, length)?;
        for index in 0..length {
            let value = instantiate::passive_element(self, segment.instance, segment.index, (offset + index) as usize);
            self.set_element(array, storage, start + index, [value.ok_or(TrapCode::TableOutOfBounds)?, 0]);
        }
        Ok(())
    }

    /// Whether a reference of the hierarchies of `any` and `extern` is of a type.
    #[inline]
    pub fn is_of_type(&self, reference: Slot, ty: ValType) -> bool {
        let (Some(heap), reference) = (ty.heap_type(), reference as Reference) else { return false };
        if reference == 0 {
            return ty.is_nullable();
        }
        if matches!(heap, HeapType::EXN | HeapType::NOEXN) {
            return heap == HeapType::EXN;
        }
        if is_object(reference) {
            let id = self.heap.type_of(reference);
            return heap == HeapType::EXTERN || heap == HeapType::defined(id) || self.heap.types.heap_matches(HeapType::defined(id), heap);
        }
        match heap {
            HeapType::ANY | HeapType::EXTERN => true,
            HeapType::EQ | HeapType::I31 => is_i31(reference),
            _ => false,
        }
    }

    /// Whether a reference to a function is of a type.
    pub fn is_function_of_type(&self, reference: Slot, ty: ValType) -> bool {
        match (self.entity_type(reference), ty.heap_type()) {
            (None, _) => ty.is_nullable(),
            (Some(id), Some(heap)) => self.heap.types.heap_matches(HeapType::defined(id), heap),
            _ => false,
        }
    }
}

/// The array at a reference.
fn not_null(array: Reference) -> Result<Reference, TrapCode> {
    if array == 0 { Err(TrapCode::NullArrayReference) } else { Ok(array) }
}
