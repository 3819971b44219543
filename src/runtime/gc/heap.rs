//! The bytes of the heap: allocation, and reading and writing of objects.
//!
//! Called by: `runtime::gc`, `runtime`, `exec`, `api`.
//!
//! # Invariants
//! G1. `8 <= top <= space.len()` unless the space is empty; objects lie in `8..top` one after another, each as its type's shape says.

use alloc::{vec, vec::Vec};

use super::shapes::{Shape, Storage, Types};
use super::{Reference, is_object};
use crate::wasm::{
    layout::{ARRAY_HEADER, ARRAY_LENGTH, OBJECT_ALIGN, array_size},
    trap::TrapCode,
    types::TypeId,
};

/// The first bytes of the space belong to no object, so that no reference is null.
pub(super) const FIRST: u32 = OBJECT_ALIGN;
/// The smallest space, in bytes.
const MIN_CAPACITY: u64 = 256 << 10;
/// The largest space, in bytes.
pub(super) const MAX_CAPACITY: u64 = (u32::MAX - OBJECT_ALIGN + 1) as u64;

/// What a heap has done.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Statistics {
    /// Collections.
    pub collections: u64,
    /// Bytes that collections found alive, summed up.
    pub copied_bytes: u64,
}

/// The garbage-collected heap of a store.
#[derive(Debug)]
pub struct Heap {
    /// Objects, as bytes (G1).
    pub(super) space: Vec<u8>,
    /// The end of the last object.
    pub(super) top: u32,
    /// A space that is not used at present, kept for the next collection.
    pub(super) spare: Vec<u8>,
    /// The types of objects.
    pub types: Types,
    /// Whether each allocation shall be preceded by a collection.
    stress: bool,
    /// Under stress: whether the next allocation may go on.
    permitted: bool,
    pub(super) statistics: Statistics,
}

/// There is no room: collect, then try again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl Heap {
    /// An empty heap, which takes no memory. With `stress`, every allocation asks for a collection first.
    pub fn new(stress: bool) -> Self {
        Self {
            space: Vec::new(),
            top: FIRST,
            spare: Vec::new(),
            types: Types::default(),
            stress,
            permitted: false,
            statistics: Statistics::default(),
        }
    }

    /// Bytes of the space, used or not.
    pub fn capacity(&self) -> usize {
        self.space.len()
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        if self.space.is_empty() { 0 } else { self.top as usize }
    }

    /// What it has done.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Whether every allocation asks for a collection.
    pub(super) fn is_stressed(&self) -> bool {
        self.stress
    }

    /// Under stress, lets the next allocation go on.
    pub fn permit(&mut self) {
        self.permitted = true;
    }

    /// The capacity that a space should have for so many live bytes and an allocation of `wanted` bytes; `None` if there is no such space.
    ///
    /// Three times what is alive: so a collection copies at most half of what has been allocated since the last one.
    pub fn target_capacity(&self, live: u64, wanted: u64) -> Option<u64> {
        let needed = live + wanted + u64::from(FIRST);
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
        u64::from(self.top) + u64::from(bytes) <= self.space.len() as u64
    }

    /// Makes the space larger without a collection; objects stay where they are. Whether the system has that much.
    pub fn grow(&mut self, capacity: u64) -> bool {
        let Ok(capacity) = usize::try_from(capacity) else { return false };
        if self.space.is_empty() {
            match zeroed(capacity) {
                Some(space) => self.space = space,
                None => return false,
            }
        } else if capacity > self.space.len() {
            if self.space.try_reserve_exact(capacity - self.space.len()).is_err() {
                return false;
            }
            self.space.resize(capacity, 0);
        }
        true
    }

    /// Takes room for an object.
    #[inline]
    fn allocate(&mut self, bytes: u32) -> Result<Reference, Full> {
        let start = self.top;
        let end = u64::from(start) + u64::from(bytes);
        if end > self.space.len() as u64 || (self.stress && !core::mem::take(&mut self.permitted)) {
            return Err(Full);
        }
        self.top = end as u32;
        Ok(start)
    }

    /// A structure of this type, whose bytes `fill` writes behind the header.
    #[inline]
    pub fn new_struct(&mut self, ty: TypeId, size: u32) -> Result<Reference, Full> {
        let reference = self.allocate(size)?;
        self.store(reference, 0, ty.0.to_le_bytes());
        Ok(reference)
    }

    /// A structure of this type, all of whose fields are zero or null.
    pub fn new_struct_default(&mut self, ty: TypeId, size: u32) -> Result<Reference, Full> {
        let reference = self.new_struct(ty, size)?;
        self.bytes_mut(reference, 4, size - 4).fill(0);
        Ok(reference)
    }

    /// An array of this type and length, whose elements remain to be written; [`Full`] too if there can be no such array.
    #[inline]
    pub fn new_array(&mut self, ty: TypeId, length: u32, element: Storage) -> Result<Reference, Full> {
        let reference = self.allocate(array_size(length, element.bytes()).ok_or(Full)?)?;
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

/// Zeroed bytes, if the system has them.
pub(super) fn zeroed(bytes: usize) -> Option<Vec<u8>> {
    let mut probe: Vec<u8> = Vec::new();
    probe.try_reserve_exact(bytes).ok()?;
    drop(probe);
    Some(vec![0; bytes])
}
