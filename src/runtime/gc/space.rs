//! The bytes that objects lie in, at an address that handlers know too.
//!
//! Called by: `runtime::gc`. The address and the length are handed to the executor whenever it is entered (`exec::run`), and are those of the running
//! store's heap until it is left: only collections and growth change them, which no handler does.
#![allow(unsafe_code)] // A vector's own slices would end the validity of the address that handlers have.

use alloc::{vec, vec::Vec};
use core::ops::{Deref, DerefMut};

/// Bytes of a word: objects start at multiples of that.
const WORD: usize = size_of::<u64>();

/// Bytes of the heap, whole words; they are read and written as a slice. A vector, since a box says that nothing else points to what it owns.
#[derive(Default, Debug)]
pub struct Space(Vec<u64>);

impl Space {
    /// So many zeroed bytes, if the system has them.
    pub fn zeroed(bytes: usize) -> Option<Self> {
        let mut probe: Vec<u64> = Vec::new();
        probe.try_reserve_exact(bytes / WORD).ok()?;
        drop(probe);
        Some(Self(vec![0; bytes / WORD]))
    }

    /// Makes it shorter.
    pub fn truncate(&mut self, bytes: usize) {
        self.0.truncate(bytes / WORD);
        self.0.shrink_to_fit();
    }

    /// Where the first byte lies.
    #[inline(always)]
    pub fn base(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

impl Deref for Space {
    type Target = [u8];
    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // SAFETY: the vector's words are initialised, and borrowed as it is.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * WORD) }
    }
}

impl DerefMut for Space {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { core::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * WORD) }
    }
}
