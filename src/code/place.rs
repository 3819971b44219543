//! How an instruction names a memory other than a plain memory 0.
//!
//! Written by: `translate`. Read by: `exec`, `runtime` (operations on whole memories). Calls: `wasm`.

use crate::wasm::{limits::MAX_MEMORIES, types::MemoryType};

/// A memory index, and what of the memory's type decides how an access works: 10 bits of an immediate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(u32);

const _: () = assert!(MAX_MEMORIES <= Place::INDEX + 1);

impl Place {
    /// How many bits it has.
    pub const BITS: u32 = 10;
    /// The bits of the memory index.
    const INDEX: u32 = 0xff;
    /// Set where addresses have 64 bits; otherwise the upper half of their slots means nothing.
    const WIDE: u32 = 0x100;

    /// The place of a memory of this type.
    pub const fn new(memory: u32, ty: &MemoryType) -> Self {
        let wide = if ty.is_64 { Self::WIDE } else { 0 };
        Self((memory & Self::INDEX) | wide)
    }

    /// Its bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The place with these bits; higher ones are ignored.
    #[inline(always)]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Self::BITS) - 1))
    }

    /// The memory index.
    #[inline(always)]
    pub const fn memory(self) -> u32 {
        self.0 & Self::INDEX
    }

    /// Whether addresses have 64 bits.
    #[inline(always)]
    pub const fn is_wide(self) -> bool {
        self.0 & Self::WIDE != 0
    }

    /// An address or length, out of its slot.
    #[inline(always)]
    pub const fn address(self, slot: u64) -> u64 {
        if self.is_wide() { slot } else { slot & 0xffff_ffff }
    }
}
