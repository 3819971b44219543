//! The collector: copies what is alive from one space to the other (Cheney 1970).
//!
//! Who collects begins a [`Collection`], exchanges every root for what [`Collection::forward`] gives, and finishes it. Called by: `api`.

use super::heap::{FIRST, Heap, SLACK};
use super::shapes::{Shape, Types};
use super::space::Space;
use super::{Reference, is_object};
use crate::wasm::layout::{ARRAY_HEADER, ARRAY_LENGTH, array_size};

/// In the place of a type: the object has moved to where the next 4 bytes say.
const MOVED: u32 = u32::MAX;

/// What stale references read, under stress.
const POISON: u8 = 0xa5;

/// A collection that has begun. Dropped before it is finished, it leaves the heap empty.
#[derive(Debug)]
pub struct Collection<'h> {
    types: &'h Types,
    /// The space that objects are copied to.
    to: &'h mut Space,
    /// The end of the objects in it.
    top: &'h mut u32,
    /// The space that objects are copied from.
    from: Space,
    /// The end of the objects in it.
    from_top: u32,
    /// Where that space goes when the collection is done.
    spare: &'h mut Space,
    /// Whether what lies in it shall be overwritten then.
    poison: bool,
}

/// A word of a space.
fn word(space: &[u8], at: usize) -> u32 {
    space.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Writes a word of a space.
fn set_word(space: &mut [u8], at: usize, value: u32) {
    if let Some(place) = space.get_mut(at..).and_then(|bytes| bytes.first_chunk_mut()) {
        *place = value.to_le_bytes();
    }
}

impl Heap {
    /// Begins a collection. The space that things are copied to is as large as that which they come from; so it can't run out.
    /// `None` if the system has not so much memory.
    pub fn begin_collection(&mut self) -> Option<Collection<'_>> {
        let capacity = self.space.len();
        let mut to = core::mem::take(&mut self.spare);
        if to.len() != capacity {
            drop(to);
            to = Space::zeroed(capacity)?;
        }
        let from = core::mem::replace(&mut self.space, to);
        let from_top = core::mem::replace(&mut self.top, FIRST);
        let poison = self.is_stressed();
        Some(Collection { types: &self.types, to: &mut self.space, top: &mut self.top, from, from_top, spare: &mut self.spare, poison })
    }
}

/// The size of an object in a space, if it is one.
#[inline]
fn size_in(types: &Types, space: &[u8], at: usize) -> Option<u32> {
    match types.shape(word(space, at))? {
        Shape::None => None,
        Shape::Struct(shape) => Some(shape.size),
        Shape::Array(storage) => array_size(word(space, at + ARRAY_LENGTH as usize), storage.bytes()),
    }
}

impl Collection<'_> {
    /// Where the referenced object lies from now on; it is copied if it has not been. What leads to no object stays as it is.
    #[inline]
    pub fn forward(&mut self, reference: Reference) -> Reference {
        if is_object(reference) { self.forward_object(reference) } else { reference }
    }

    /// The same, of a slot.
    pub fn forward_slot(&mut self, slot: &mut u64) {
        *slot = self.forward(*slot as u32).into();
    }

    fn forward_object(&mut self, reference: Reference) -> Reference {
        let at = reference as usize;
        if word(&self.from, at) == MOVED {
            return word(&self.from, at + 4);
        }
        // What is none of our objects becomes null.
        let Some(size) = size_in(self.types, &self.from, at) else { return 0 };
        let (size, to) = (size as usize, *self.top as usize);
        if reference >= self.from_top {
            return 0;
        }
        let (Some(source), Some(target)) = (self.from.get(at..at + size), self.to.get_mut(to..to + size)) else { return 0 };
        target.copy_from_slice(source);
        *self.top += size as u32;
        set_word(&mut self.from, at, MOVED);
        set_word(&mut self.from, at + 4, to as u32);
        to as u32
    }

    /// Copies all that is reachable from what has been copied.
    fn scan(&mut self) {
        let types = self.types;
        let mut at = FIRST as usize;
        while at < *self.top as usize {
            match types.shape(word(self.to, at)) {
                Some(Shape::Struct(shape)) => {
                    for &offset in &shape.references {
                        self.update(at + offset as usize);
                    }
                    at += shape.size as usize;
                }
                Some(Shape::Array(storage)) => {
                    let length = word(self.to, at + ARRAY_LENGTH as usize);
                    if *storage == super::Storage::Reference {
                        for index in 0..length as usize {
                            self.update(at + ARRAY_HEADER as usize + index * 4);
                        }
                    }
                    at += array_size(length, storage.bytes()).unwrap_or(ARRAY_HEADER) as usize;
                }
                // There is no such object (G1).
                Some(Shape::None) | None => return,
            }
        }
    }

    /// Exchanges the reference at this place of the new space.
    #[inline]
    fn update(&mut self, at: usize) {
        let old = word(self.to, at);
        let new = self.forward(old);
        set_word(self.to, at, new);
    }

    /// Ends the collection: every root has been exchanged.
    pub fn finish(mut self) {
        self.scan();
        if self.poison {
            self.from.fill(POISON);
        }
        *self.spare = self.from;
    }
}

impl Heap {
    /// After a collection: gives the space the capacity that it should have, and drops the spare one if that is of another size.
    pub fn resize(&mut self, capacity: u64) -> bool {
        let Ok(capacity) = usize::try_from(capacity) else { return false };
        if capacity != self.spare.len() {
            self.spare = Space::default();
        }
        if capacity < self.space.len() && capacity >= self.top as usize + SLACK as usize {
            self.space.truncate(capacity);
            self.set_limit();
        } else if !self.grow(capacity as u64) {
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use alloc::{boxed::Box, sync::Arc, vec};

    use super::super::Storage;
    use super::*;
    use crate::wasm::types::{CompositeType, FieldType, HeapType, StorageType, SubType, TypeId, TypeRegistry, ValType};

    const REFERENCE: FieldType = FieldType { storage: StorageType::Val(ValType::reference(HeapType::ANY, true)), mutable: true };
    const INT: FieldType = FieldType { storage: StorageType::Val(ValType::I32), mutable: true };

    fn heap() -> (Heap, TypeId, TypeId) {
        let registry = TypeRegistry::default();
        let define = |composite| registry.define(vec![SubType { is_final: true, supertype: None, composite }]).unwrap();
        let fields: Box<[_]> = [REFERENCE, INT, REFERENCE].into();
        let (pair, list) = (define(CompositeType::Struct(fields)), define(CompositeType::Array(REFERENCE)));
        let mut heap = Heap::new(false);
        heap.types.learn(&[pair, list].map(|id| (id, registry.get(id))), &registry);
        assert!(heap.grow(4096));
        (heap, pair, list)
    }

    #[test]
    fn what_is_reachable_survives_and_the_rest_does_not() {
        let (mut heap, pair, list) = heap();
        let new = |heap: &mut Heap, value: u32| {
            let reference = heap.new_struct_default(pair).unwrap();
            heap.store(reference, 8, value.to_le_bytes());
            reference
        };
        let _garbage = new(&mut heap, 1);
        let a = new(&mut heap, 2);
        let b = new(&mut heap, 3);
        let array = heap.new_array(list, 3, Storage::Reference).unwrap();
        for (index, reference) in [a, 7, 0].into_iter().enumerate() {
            heap.store(array, 8 + 4 * index as u32, u32::to_le_bytes(reference));
        }
        // A circle, reached through the array.
        heap.store(a, 4, b.to_le_bytes());
        heap.store(b, 12, a.to_le_bytes());
        let used = heap.used();
        let mut collection = heap.begin_collection().unwrap();
        let array = collection.forward(array);
        assert_eq!((collection.forward(0), collection.forward(7), collection.forward(0xa)), (0, 7, 0xa));
        collection.finish();
        assert_eq!(heap.used(), used - 16);
        let read = |reference, offset| u32::from_le_bytes(heap.load(reference, offset));
        assert_eq!((heap.type_of(array), heap.array_length(array), read(array, 12), read(array, 16)), (list, 3, 7, 0));
        let a = read(array, 8);
        let b = read(a, 4);
        assert_eq!((read(a, 8), read(b, 8), read(b, 12)), (2, 3, a));
    }

    #[test]
    fn wrong_references_become_null() {
        let (mut heap, pair, _) = heap();
        heap.new_struct_default(pair).unwrap();
        let mut collection = heap.begin_collection().unwrap();
        assert_eq!((collection.forward(24), collection.forward(4096), collection.forward(0xffff_fff8)), (0, 0, 0));
        collection.finish();
        assert_eq!(heap.used(), FIRST as usize);
    }

    #[test]
    fn under_stress_each_allocation_needs_a_permit() {
        let registry = TypeRegistry::default();
        let id =
            registry.define(vec![SubType { is_final: true, supertype: None, composite: CompositeType::Struct(Box::new([])) }]).unwrap();
        let mut heap = Heap::new(true);
        heap.types.learn(&[(id, Arc::clone(&registry.get(id)))], &registry);
        assert!(heap.grow(4096) && heap.new_struct_default(id).is_err());
        heap.permit(8);
        assert!(heap.new_struct_default(id).is_ok() && heap.new_struct_default(id).is_err());
    }

    #[test]
    fn capacity_follows_what_is_alive() {
        let (heap, ..) = heap();
        assert_eq!(heap.target_capacity(0, 16), Some(256 << 10));
        assert_eq!(heap.target_capacity(1 << 20, 0), Some((3 << 20) + (64 << 10)));
        assert_eq!(heap.target_capacity(u64::from(u32::MAX), 1), None);
    }
}
