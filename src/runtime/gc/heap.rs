//! The bytes of the heap: allocation, and reading and writing of objects.
//!
//! Called by: `runtime::gc`, `runtime`, `exec`, `api`.
//!
//! # Invariants
//! G1. `8 <= top <= space.len()` unless the space is empty; objects lie in `8..top` one after another, each as its type's shape says.
//! G2. Allocations end at `limit` at most, and behind that the space has [`SLACK`] more bytes: whoever writes the fields of a new object may write
//!     8 bytes for each of them, in their order.

use alloc::vec::Vec;

use super::shapes::{Shape, Storage, StructShape, Types};
use super::space::Space;
use super::{Reference, is_object};
use crate::runtime::context::Slot;
use crate::wasm::{
    layout::{ARRAY_HEADER, ARRAY_LENGTH, OBJECT_ALIGN, array_size},
    trap::TrapCode,
    types::TypeId,
};

/// The first bytes of the space belong to no object, so that no reference is null.
pub(super) const FIRST: u32 = OBJECT_ALIGN;
/// The smallest space, in bytes.
const MIN_CAPACITY: u64 = 256 << 10;
/// Bytes behind the last object (G2).
pub(super) const SLACK: u32 = 8;
/// The largest space, in bytes.
pub(super) const MAX_CAPACITY: u64 = (u32::MAX - OBJECT_ALIGN + 1) as u64;

/// The garbage-collected heap of a store.
#[derive(Debug)]
pub struct Heap {
    /// Objects, as bytes (G1).
    pub(super) space: Space,
    /// The end of the last object.
    pub(super) top: u32,
    /// The end of what may be allocated now (G2): under stress, nothing without a permit. As wide as a sum that is compared with it.
    limit: u64,
    /// A space that is not used at present, kept for the next collection.
    pub(super) spare: Space,
    /// The types of objects.
    pub types: Types,
    /// Whether each allocation shall be preceded by a collection.
    stress: bool,
    /// Where the last allocation without success would have ended: allocations need no register for more.
    wanted_end: u64,
}

/// There is no room: collect, then try again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl Heap {
    /// An empty heap, which takes no memory. With `stress`, every allocation asks for a collection first.
    pub fn new(stress: bool) -> Self {
        Self { space: Space::default(), top: FIRST, limit: 0, spare: Space::default(), types: Types::default(), stress, wanted_end: 0 }
    }

    /// Bytes of the space, used or not.
    pub fn capacity(&self) -> usize {
        self.space.len()
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        if self.space.is_empty() { 0 } else { self.top as usize }
    }

    /// Whether every allocation asks for a collection.
    pub(super) fn is_stressed(&self) -> bool {
        self.stress
    }

    /// The end of what the space has room for.
    fn end(&self) -> u32 {
        (self.space.len() as u32).saturating_sub(SLACK)
    }

    /// The space is another one: allocations may use all of it, or, under stress, nothing.
    pub(super) fn set_limit(&mut self) {
        self.limit = if self.stress { 0 } else { self.end().into() };
    }

    /// Under stress, lets the next allocation, of so many bytes, go on.
    pub fn permit(&mut self, bytes: u32) {
        if self.stress {
            self.limit = self.top.saturating_add(bytes).min(self.end()).into();
        }
    }

    /// While constant expressions are evaluated, allocations ask for no collection, under stress too.
    pub fn set_quiet(&mut self, quiet: bool) {
        self.set_limit();
        if quiet {
            self.limit = self.end().into();
        }
    }

    /// Where the bytes of objects lie, and how many there are; until the next collection or growth.
    #[inline]
    pub fn place(&mut self) -> (*mut u8, usize) {
        (self.space.base(), self.space.len())
    }

    /// The capacity that a space should have for so many live bytes and an allocation of `wanted` bytes; `None` if there is no such space.
    ///
    /// Three times what is alive: so a collection copies at most half of what has been allocated since the last one.
    pub fn target_capacity(&self, live: u64, wanted: u64) -> Option<u64> {
        let needed = live + wanted + u64::from(FIRST + SLACK);
        let capacity = self.space.len() as u64;
        if needed > MAX_CAPACITY {
            return None;
        }
        if needed * 2 > capacity || needed * 8 < capacity {
            return Some((needed * 3).next_multiple_of(64 << 10).clamp(MIN_CAPACITY, MAX_CAPACITY));
        }
        Some(capacity)
    }

    /// Whether an allocation of so many bytes would succeed.
    pub fn has_room(&self, bytes: u32) -> bool {
        u64::from(self.top) + u64::from(bytes) <= self.end().into()
    }

    /// Makes the space larger without a collection; objects keep their references. Whether the system has that much.
    pub fn grow(&mut self, capacity: u64) -> bool {
        let Ok(capacity) = usize::try_from(capacity) else { return false };
        if capacity > self.space.len() {
            // A new one, whose bytes are zero without being touched, and not the old one made longer.
            let Some(mut space) = Space::zeroed(capacity) else { return false };
            let used = self.used();
            if let (Some(to), Some(from)) = (space.get_mut(..used), self.space.get(..used)) {
                to.copy_from_slice(from);
            }
            self.space = space;
        }
        self.set_limit();
        true
    }

    /// Takes room for an object, whose bytes are anything.
    #[inline(always)]
    pub fn allocate(&mut self, bytes: u32) -> Result<Reference, Full> {
        let start = self.top;
        let end = u64::from(start) + u64::from(bytes);
        if end > self.limit {
            self.wanted_end = end;
            return Err(Full);
        }
        self.top = end as u32;
        Ok(start)
    }

    /// Forgets what an allocation wanted.
    pub fn clear_wanted(&mut self) {
        self.wanted_end = 0;
    }

    /// Bytes that the last allocation without success wanted; more than there can be if there can be no such object.
    pub fn wanted(&self) -> u32 {
        u32::try_from(self.wanted_end.saturating_sub(self.top.into())).unwrap_or(u32::MAX)
    }

    /// A structure of this type; its fields are the values of slots, and `number_of` gives what stands for a reference to a function.
    #[inline]
    pub fn build_struct(&mut self, ty: TypeId, slot: impl Fn(usize) -> Slot, number_of: impl Fn(Slot) -> u32) -> Result<Reference, Full> {
        let size = self.struct_shape(ty).map_or(OBJECT_ALIGN, |shape| shape.size);
        let reference = self.allocate(size)?;
        let Some(Shape::Struct(shape)) = self.types.shape(ty.0) else { return Ok(reference) };
        let start = reference as usize;
        let Some(object) = self.space.get_mut(start..start + size as usize) else { return Ok(reference) };
        put(object, 0, ty.0.to_le_bytes());
        let mut at = 0;
        for &(offset, storage) in &shape.fields {
            put_value(object, offset as usize, storage, [slot(at), if storage == Storage::Vector { slot(at + 1) } else { 0 }], &number_of);
            at += storage.slots();
        }
        Ok(reference)
    }

    /// The fields of a structure type.
    pub fn struct_shape(&self, ty: TypeId) -> Option<&StructShape> {
        match self.types.shape(ty.0)? {
            Shape::Struct(shape) => Some(shape),
            _ => None,
        }
    }

    /// Sets an element or field that lies at this offset of an object.
    pub fn set_value(&mut self, reference: Reference, offset: u32, storage: Storage, value: [Slot; 2], number_of: impl Fn(Slot) -> u32) {
        let start = reference as usize + offset as usize;
        if let Some(place) = self.space.get_mut(start..start + storage.bytes() as usize) {
            put_value(place, 0, storage, value, &number_of);
        }
    }

    /// An element or field at this offset of an object, as slots; packed values unsigned. `function_at` gives the reference to a function.
    pub fn value(&self, reference: Reference, offset: u32, storage: Storage, function_at: impl Fn(u32) -> Slot) -> [Slot; 2] {
        let word = |offset| u32::from_le_bytes(self.load(reference, offset));
        let long = |offset| u64::from_le_bytes(self.load(reference, offset));
        match storage {
            Storage::I8 => [self.load::<1>(reference, offset)[0].into(), 0],
            Storage::I16 => [u16::from_le_bytes(self.load(reference, offset)).into(), 0],
            Storage::Word | Storage::Reference | Storage::Exception => [word(offset).into(), 0],
            Storage::Function => [function_at(word(offset)), 0],
            Storage::Long => [long(offset), 0],
            Storage::Vector => [long(offset), long(offset + 8)],
        }
    }

    /// References to exceptions in all objects, alive or not.
    pub fn exceptions(&self) -> impl Iterator<Item = Slot> + '_ {
        let mut at = FIRST;
        let mut pending = Vec::<Slot>::new().into_iter();
        core::iter::from_fn(move || {
            loop {
                if let Some(reference) = pending.next() {
                    return Some(reference);
                }
                if !self.types.have_exceptions() || at >= self.top {
                    return None;
                }
                let word = |offset| Slot::from(u32::from_le_bytes(self.load(at, offset)));
                match self.types.shape(self.type_of(at).0)? {
                    Shape::None => return None,
                    Shape::Struct(shape) => {
                        let fields = shape.fields.iter().filter(|field| field.1 == Storage::Exception);
                        pending = fields.map(|field| word(field.0)).collect::<Vec<_>>().into_iter();
                        at += shape.size;
                    }
                    Shape::Array(storage) => {
                        let length = self.array_length(at);
                        if *storage == Storage::Exception {
                            pending = (0..length).map(|index| word(ARRAY_HEADER + index * 4)).collect::<Vec<_>>().into_iter();
                        }
                        at += array_size(length, storage.bytes())?;
                    }
                }
            }
        })
    }

    /// A structure of this type and size, whose fields remain to be written.
    #[inline]
    fn new_struct(&mut self, ty: TypeId, size: u32) -> Result<Reference, Full> {
        let reference = self.allocate(size)?;
        self.store(reference, 0, ty.0.to_le_bytes());
        Ok(reference)
    }

    /// A structure of this type, all of whose fields are zero or null.
    pub fn new_struct_default(&mut self, ty: TypeId) -> Result<Reference, Full> {
        let size = self.struct_shape(ty).map_or(OBJECT_ALIGN, |shape| shape.size);
        let reference = self.new_struct(ty, size)?;
        self.bytes_mut(reference, 4, size - 4).fill(0);
        Ok(reference)
    }

    /// An array of this type and length, whose elements remain to be written; [`Full`] too if there can be no such array.
    #[inline]
    pub fn new_array(&mut self, ty: TypeId, length: u32, element: Storage) -> Result<Reference, Full> {
        let Some(size) = array_size(length, element.bytes()) else {
            self.wanted_end = u64::MAX;
            return Err(Full);
        };
        let reference = self.allocate(size)?;
        self.store(reference, 0, ty.0.to_le_bytes());
        self.store(reference, ARRAY_LENGTH, length.to_le_bytes());
        Ok(reference)
    }

    /// The canonical type of an object.
    #[inline]
    pub fn type_of(&self, reference: Reference) -> TypeId {
        TypeId(u32::from_le_bytes(self.load(reference, 0)))
    }

    /// Whether the reference leads to an object, and of which type.
    pub fn object_type(&self, reference: Reference) -> Option<TypeId> {
        is_object(reference).then(|| self.type_of(reference))
    }

    /// Bytes of an object; zeros where there are none.
    #[inline(always)]
    pub fn load<const N: usize>(&self, reference: Reference, offset: u32) -> [u8; N] {
        let at = reference as usize + offset as usize;
        match self.space.get(at..).and_then(|bytes| bytes.first_chunk()) {
            Some(bytes) => *bytes,
            None => [0; N],
        }
    }

    /// Writes bytes of an object; nothing where there are none.
    #[inline(always)]
    pub fn store<const N: usize>(&mut self, reference: Reference, offset: u32, bytes: [u8; N]) {
        let at = reference as usize + offset as usize;
        if let Some(place) = self.space.get_mut(at..).and_then(|bytes| bytes.first_chunk_mut()) {
            *place = bytes;
        }
    }

    /// A range of the bytes of an object; empty where there is none.
    pub fn bytes(&self, reference: Reference, offset: u32, length: u32) -> &[u8] {
        let start = reference as usize + offset as usize;
        self.space.get(start..start + length as usize).unwrap_or(&[])
    }

    /// A range of the bytes of an object; empty where there is none.
    pub fn bytes_mut(&mut self, reference: Reference, offset: u32, length: u32) -> &mut [u8] {
        let start = reference as usize + offset as usize;
        self.space.get_mut(start..start + length as usize).unwrap_or(&mut [])
    }

    /// The length of an array.
    #[inline(always)]
    pub fn array_length(&self, array: Reference) -> u32 {
        u32::from_le_bytes(self.load(array, ARRAY_LENGTH))
    }

    /// The offset of an element of an array.
    ///
    /// # Traps
    /// [`TrapCode::ArrayOutOfBounds`]
    #[inline(always)]
    pub fn element(&self, array: Reference, index: u32, bytes: u32) -> Result<u32, TrapCode> {
        // The length is such that this does not overflow; if it were not, the access would be checked all the same.
        if index < self.array_length(array) {
            Ok(ARRAY_HEADER.wrapping_add(index.wrapping_mul(bytes)))
        } else {
            Err(TrapCode::ArrayOutOfBounds)
        }
    }

    /// The offset of a range of elements of an array, and its length in bytes.
    ///
    /// # Traps
    /// [`TrapCode::ArrayOutOfBounds`]
    pub fn elements(&self, array: Reference, start: u32, length: u32, bytes: u32) -> Result<(u32, u32), TrapCode> {
        let end = u64::from(start) + u64::from(length);
        if end > u64::from(self.array_length(array)) {
            return Err(TrapCode::ArrayOutOfBounds);
        }
        Ok((ARRAY_HEADER.wrapping_add(start.wrapping_mul(bytes)), length.wrapping_mul(bytes)))
    }

    /// How the elements of an array lie, and their type's id.
    pub fn element_storage(&self, ty: TypeId) -> Option<Storage> {
        match self.types.shape(ty.0)? {
            Shape::Array(storage) => Some(*storage),
            _ => None,
        }
    }

    /// `array.copy`: copies bytes between objects, which may be the same; ranges that do not exist are left alone.
    pub fn copy(&mut self, to: (Reference, u32), from: (Reference, u32), length: u32) {
        let (to, from) = (to.0 as usize + to.1 as usize, from.0 as usize + from.1 as usize);
        let length = length as usize;
        if from + length <= self.space.len() && to + length <= self.space.len() {
            self.space.copy_within(from..from + length, to);
        }
    }
}

/// Writes bytes at an offset.
#[inline(always)]
fn put<const N: usize>(object: &mut [u8], offset: usize, bytes: [u8; N]) {
    if let Some(place) = object.get_mut(offset..).and_then(|bytes| bytes.first_chunk_mut()) {
        *place = bytes;
    }
}

/// Writes a value of slots at an offset.
#[inline(always)]
fn put_value(object: &mut [u8], offset: usize, storage: Storage, value: [Slot; 2], number_of: &impl Fn(Slot) -> u32) {
    let [low, high] = value;
    match storage {
        Storage::I8 => put(object, offset, [low as u8]),
        Storage::I16 => put(object, offset, (low as u16).to_le_bytes()),
        Storage::Word | Storage::Reference | Storage::Exception => put(object, offset, (low as u32).to_le_bytes()),
        Storage::Function => put(object, offset, number_of(low).to_le_bytes()),
        Storage::Long => put(object, offset, low.to_le_bytes()),
        Storage::Vector => {
            put(object, offset, low.to_le_bytes());
            put(object, offset + 8, high.to_le_bytes());
        }
    }
}
