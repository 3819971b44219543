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
    /// Set where other threads may access the memory at the same time.
    const SHARED: u32 = 0x200;

    /// The place of a memory of this type.
    pub const fn new(memory: u32, ty: &MemoryType) -> Self {
        let wide = if ty.is_64 { Self::WIDE } else { 0 };
        let shared = if ty.shared { Self::SHARED } else { 0 };
        Self((memory & Self::INDEX) | wide | shared)
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

    /// Whether the memory is shared.
    #[inline(always)]
    pub const fn is_shared(self) -> bool {
        self.0 & Self::SHARED != 0
    }

    /// An address or length, out of its slot.
    #[inline(always)]
    pub const fn address(self, slot: u64) -> u64 {
        if self.is_wide() { slot } else { slot & 0xffff_ffff }
    }
}

/// What an atomic access does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum AtomicKind {
    /// Reads.
    Load,
    /// Writes.
    Store,
    /// Adds.
    Add,
    /// Subtracts.
    Sub,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Exchanges.
    Xchg,
    /// Exchanges, if the value is what was expected.
    Cmpxchg,
}

impl AtomicKind {
    /// The kind with this number, in the order of the list.
    #[inline(always)]
    const fn of(number: u32) -> Self {
        match number {
            0 => Self::Load,
            1 => Self::Store,
            2 => Self::Add,
            3 => Self::Sub,
            4 => Self::And,
            5 => Self::Or,
            6 => Self::Xor,
            7 => Self::Xchg,
            _ => Self::Cmpxchg,
        }
    }
}

/// An atomic access: the place, the kind, and a static offset, in 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtomicAccess(u32);

impl AtomicAccess {
    /// Bits of the kind.
    const KIND_BITS: u32 = 4;
    /// Bits below the offset.
    const LOW: u32 = Place::BITS + Self::KIND_BITS;

    /// An access; `None` if the offset has too many bits.
    pub const fn new(place: Place, kind: u32, offset: u64) -> Option<Self> {
        if offset >> (32 - Self::LOW) != 0 {
            return None;
        }
        Some(Self(place.bits() | kind << Place::BITS | (offset as u32) << Self::LOW))
    }

    /// An access to an address that an offset was added to: it has 64 bits.
    pub const fn sum(place: Place, kind: u32) -> Self {
        Self(place.bits() | Place::WIDE | kind << Place::BITS)
    }

    /// Its bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The access with these bits.
    #[inline(always)]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Where it goes.
    #[inline(always)]
    pub const fn place(self) -> Place {
        Place::from_bits(self.0)
    }

    /// What it does.
    #[inline(always)]
    pub const fn kind(self) -> AtomicKind {
        AtomicKind::of(self.number())
    }

    /// The number of what it does; of a wait, 1 if the value has 64 bits.
    #[inline(always)]
    pub const fn number(self) -> u32 {
        self.0 >> Place::BITS & ((1 << Self::KIND_BITS) - 1)
    }

    /// Its static offset.
    #[inline(always)]
    pub const fn offset(self) -> u64 {
        (self.0 >> Self::LOW) as u64
    }
}
