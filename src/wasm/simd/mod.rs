//! Vectors of 128 bits: the type, and what vector instructions compute.
//!
//! Spec: Execution, Numerics, Vectors. Called by: `exec` (handlers), `api` (values). Calls: `wasm::numeric`.
//!
//! Each instruction is a pure function named after its mnemonic. `portable` defines all of them for every machine, lane by lane. `sse2` defines most
//! of them again with the instructions that every x86-64 machine has, `neon` those where it pays with the ones that every aarch64 machine has;
//! tests hold what is exported to `portable`.
//!
//! # Why
//! Loops over lanes are what the standard says, and what LLVM turns into vector instructions for many functions, but not for all, and not
//! reliably across versions. What newer machines have (`pshufb`) is used where the build says so (`-C target-feature`).
//!
//! # Relaxed instructions
//! Always give what the deterministic profile of the standard says: the same on every machine. See RATIONALE.md.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod intrinsics;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg_attr(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    allow(dead_code, unused_imports, reason = "what the machine has takes the place of some or most, and is tested against them")
)]
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "aarch64")]
pub use neon::*;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use portable::*;
#[cfg(target_arch = "x86_64")]
pub use sse2::*;

use core::fmt;
use core::hash::{Hash, Hasher};

/// What holds a vector: the machine's own type where it has one that we know.
#[cfg(target_arch = "x86_64")]
type Bits = core::arch::x86_64::__m128i;
#[cfg(target_arch = "aarch64")]
type Bits = core::arch::aarch64::uint8x16_t;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Bits = [u64; 2];

/// A vector of 128 bits, whose lanes are what instructions make of them.
///
/// ```
/// use fulgurite::V128;
///
/// let vector = V128::from(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100);
/// assert_eq!(vector.to_bytes()[3], 3);
/// assert_eq!(V128::from_bytes(vector.to_bytes()), vector);
/// ```
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct V128(Bits);

impl V128 {
    /// The vector with these bytes, the lowest lane first.
    #[inline(always)]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytemuck::cast(bytes))
    }

    /// Its bytes, the lowest lane first.
    #[inline(always)]
    pub fn to_bytes(self) -> [u8; 16] {
        bytemuck::cast(self.0)
    }

    /// All bits; the lowest lane is in the lowest ones.
    #[inline(always)]
    pub fn bits(self) -> u128 {
        u128::from_le_bytes(self.to_bytes())
    }

    /// Its two halves, as slots have them.
    #[inline(always)]
    pub(crate) fn to_slots(self) -> [u64; 2] {
        bytemuck::cast(self.0)
    }

    /// The vector with these halves.
    #[inline(always)]
    pub(crate) fn of_slots(slots: [u64; 2]) -> Self {
        Self(bytemuck::cast(slots))
    }
}

impl From<u128> for V128 {
    fn from(bits: u128) -> Self {
        Self::from_bytes(bits.to_le_bytes())
    }
}

impl From<V128> for u128 {
    fn from(vector: V128) -> Self {
        vector.bits()
    }
}

impl PartialEq for V128 {
    fn eq(&self, other: &Self) -> bool {
        self.to_slots() == other.to_slots()
    }
}

impl Eq for V128 {}

impl Hash for V128 {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_slots().hash(state);
    }
}

impl fmt::Debug for V128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V128({:#034x})", self.bits())
    }
}
