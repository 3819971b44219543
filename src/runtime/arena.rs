//! Grow-only storage whose elements never move (invariant R1).
//!
//! Called by: `runtime::store`. Chunks double in size, so that a store with one memory allocates little and one with thousands of functions
//! allocates rarely. The size of the first is chosen for each arena.
//!
//! # Why
//! A `Vec<Box<T>>` costs one allocation for each element, and handing out `&mut` to a box would end the validity of the raw pointers that the
//! executor holds; chunks are only ever reached by the pointer that the allocator gave.
#![allow(unsafe_code)] // Elements are shared with the executor by raw pointers, so that they can't be owned by references or boxes.

use alloc::boxed::Box;
use core::{mem::MaybeUninit, ptr::NonNull};

use smallvec::SmallVec;

/// Elements at stable addresses, by number.
///
/// A1: the first `length` elements are initialised; chunk `k` has room for `1 << (FIRST_LOG2 + k)` elements.
#[derive(Debug)]
pub struct Arena<T, const FIRST_LOG2: u32 = 2> {
    chunks: SmallVec<[NonNull<MaybeUninit<T>>; 2]>,
    length: usize,
}

impl<T, const FIRST_LOG2: u32> Default for Arena<T, FIRST_LOG2> {
    fn default() -> Self {
        Self { chunks: SmallVec::new(), length: 0 }
    }
}

impl<T, const FIRST_LOG2: u32> Arena<T, FIRST_LOG2> {
    /// The chunk and the place in it of an element.
    fn locate(index: usize) -> (usize, usize) {
        let shifted = index + (1 << FIRST_LOG2);
        let chunk = shifted.ilog2() - FIRST_LOG2;
        (chunk as usize, shifted - (1 << (chunk + FIRST_LOG2)))
    }

    /// Elements that a chunk has room for.
    const fn capacity(chunk: usize) -> usize {
        1 << (chunk + FIRST_LOG2 as usize)
    }

    /// How many elements there are.
    pub fn count(&self) -> usize {
        self.length
    }

    /// Appends an element and gives its address.
    pub fn push(&mut self, value: T) -> NonNull<T> {
        let (chunk, at) = Self::locate(self.length);
        if chunk == self.chunks.len() {
            let room: Box<[MaybeUninit<T>]> = Box::new_uninit_slice(Self::capacity(chunk));
            self.chunks.push(NonNull::from(Box::leak(room)).cast());
        }
        // SAFETY: A1, `at` is inside of the chunk.
        let place = unsafe { self.chunks[chunk].add(at) }.cast::<T>();
        // SAFETY: the place is inside of the chunk, aligned, and not yet initialised, so that nothing is overwritten.
        unsafe { place.write(value) };
        self.length += 1;
        place
    }

    /// The address of an element.
    pub fn get(&self, index: usize) -> Option<NonNull<T>> {
        if index >= self.length {
            return None;
        }
        let (chunk, at) = Self::locate(index);
        // SAFETY: A1, the element lies in the chunk.
        Some(unsafe { self.chunks[chunk].add(at) }.cast())
    }
}

impl<T, const FIRST_LOG2: u32> Drop for Arena<T, FIRST_LOG2> {
    fn drop(&mut self) {
        for index in 0..self.length {
            if let Some(element) = self.get(index) {
                // SAFETY: A1, initialised, and dropped once since the arena dies.
                unsafe { element.drop_in_place() };
            }
        }
        for (index, &chunk) in self.chunks.iter().enumerate() {
            let chunk = core::ptr::slice_from_raw_parts_mut(chunk.as_ptr(), Self::capacity(index));
            // SAFETY: the chunk came from a box of this length.
            drop(unsafe { Box::from_raw(chunk) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{sync::Arc, vec::Vec};

    #[test]
    fn places_are_dense_and_disjoint() {
        assert_eq!(Arena::<u8>::locate(0), (0, 0));
        assert_eq!(Arena::<u8>::locate(3), (0, 3));
        assert_eq!(Arena::<u8>::locate(4), (1, 0));
        assert_eq!(Arena::<u8>::locate(11), (1, 7));
        assert_eq!(Arena::<u8>::locate(12), (2, 0));
        assert_eq!(Arena::<u8, 0>::locate(0), (0, 0));
        assert_eq!(Arena::<u8, 0>::locate(2), (1, 1));
    }

    #[test]
    fn elements_stay_where_they_are_and_are_dropped() {
        let witness = Arc::new(());
        let mut arena = Arena::<_>::default();
        let mut places = Vec::new();
        for index in 0..100 {
            places.push(arena.push((index, witness.clone())));
        }
        for (index, place) in places.iter().enumerate() {
            assert_eq!(arena.get(index), Some(*place));
            // SAFETY: the arena lives.
            assert_eq!(unsafe { place.as_ref() }.0, index);
        }
        assert_eq!(arena.get(100), None);
        assert_eq!(Arc::strong_count(&witness), 101);
        drop(arena);
        assert_eq!(Arc::strong_count(&witness), 1);
    }
}
