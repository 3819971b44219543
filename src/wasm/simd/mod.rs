//! Vectors of 128 bits: the type, and what vector instructions compute.
//!
//! Spec: Execution, Numerics, Vectors. Called by: `exec` (handlers), `api` (values). Calls: `wasm::numeric`.
//!
//! Each instruction is a pure function named after its mnemonic. `integers`, `floats` and `moves` define all of them for every machine, lane by
//! lane. `sse2` defines most of them again with the instructions that every x86-64 machine has; a test holds the two to each other.
//!
//! # Why
//! Loops over lanes are what the standard says, and what LLVM turns into vector instructions for many functions, but not for all, and not
//! reliably across versions. What newer machines have (`pshufb`) is used where the build says so (`-C target-feature`).
//!
//! # Relaxed instructions
//! Always give what the deterministic profile of the standard says: the same on every machine. See RATIONALE.md.

#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "`sse2` takes the place of most, and is tested against them"))]
mod floats;
#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "`sse2` takes the place of most, and is tested against them"))]
mod integers;
#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "`sse2` takes the place of most, and is tested against them"))]
mod moves;
#[cfg(target_arch = "x86_64")]
mod sse2;

/// All instructions, lane by lane.
#[cfg_attr(target_arch = "x86_64", allow(unused_imports, reason = "as above"))]
mod portable {
    pub use super::floats::*;
    pub use super::integers::*;
    pub use super::moves::*;
}

#[cfg(not(target_arch = "x86_64"))]
pub use portable::*;
#[cfg(target_arch = "x86_64")]
pub use sse2::*;

use bytemuck::Pod;
use core::fmt;
use core::hash::{Hash, Hasher};

/// What holds a vector: the machine's own type where it has one that we know.
#[cfg(target_arch = "x86_64")]
type Bits = core::arch::x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
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

    /// Its lanes of a type.
    #[inline(always)]
    fn lanes<T: Lane>(self) -> T::Lanes {
        bytemuck::cast(self.0)
    }

    /// The vector with these lanes.
    #[inline(always)]
    fn of<T: Lane>(lanes: T::Lanes) -> Self {
        Self(bytemuck::cast(lanes))
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

/// A type of lanes.
#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "as above"))]
trait Lane: Pod {
    /// All lanes of a vector.
    type Lanes: Pod + AsRef<[Self]> + AsMut<[Self]>;
    /// Zero.
    const ZERO: Self;
    /// The lane of a comparison: all bits, or none.
    fn mask(holds: bool) -> Self;
}

macro_rules! lane {
    ($($t:ty: $count:literal, $zero:expr, |$holds:ident| $mask:expr;)*) => {$(
        impl Lane for $t {
            type Lanes = [$t; $count];
            const ZERO: Self = $zero;
            #[inline(always)]
            fn mask($holds: bool) -> Self {
                $mask
            }
        }
    )*};
}
lane! {
    u8: 16, 0, |holds| 0u8.wrapping_sub(holds.into());
    i8: 16, 0, |holds| 0i8.wrapping_sub(holds.into());
    u16: 8, 0, |holds| 0u16.wrapping_sub(holds.into());
    i16: 8, 0, |holds| 0i16.wrapping_sub(holds.into());
    u32: 4, 0, |holds| 0u32.wrapping_sub(holds.into());
    i32: 4, 0, |holds| 0i32.wrapping_sub(holds.into());
    u64: 2, 0, |holds| 0u64.wrapping_sub(holds.into());
    i64: 2, 0, |holds| 0i64.wrapping_sub(holds.into());
    f32: 4, 0.0, |holds| Self::from_bits(u32::mask(holds));
    f64: 2, 0.0, |holds| Self::from_bits(u64::mask(holds));
}

/// The vector whose lanes are these, by index.
#[inline(always)]
fn build<T: Lane>(lane: impl Fn(usize) -> T) -> V128 {
    let mut lanes = V128::of_slots([0; 2]).lanes::<T>();
    for (index, place) in lanes.as_mut().iter_mut().enumerate() {
        *place = lane(index);
    }
    V128::of::<T>(lanes)
}

/// Applies a function to each lane.
#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "as above"))]
#[inline(always)]
fn map<T: Lane>(a: V128, f: impl Fn(T) -> T) -> V128 {
    let a = a.lanes::<T>();
    build::<T>(|index| f(a.as_ref()[index]))
}

/// Applies a function to each pair of lanes.
#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "as above"))]
#[inline(always)]
fn zip<T: Lane>(a: V128, b: V128, f: impl Fn(T, T) -> T) -> V128 {
    let (a, b) = (a.lanes::<T>(), b.lanes::<T>());
    build::<T>(|index| f(a.as_ref()[index], b.as_ref()[index]))
}

/// Compares each pair of lanes.
#[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "as above"))]
#[inline(always)]
fn compare<T: Lane>(a: V128, b: V128, f: impl Fn(T, T) -> bool) -> V128 {
    zip::<T>(a, b, |x, y| T::mask(f(x, y)))
}

/// Defines instructions: each a function of one expression.
macro_rules! define {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $result:ty = $value:expr;)*) => {$(
        #[doc = concat!("`", stringify!($name), "` of the standard.")]
        #[inline(always)]
        pub fn $name($($arg: $ty),*) -> $result { $value }
    )*};
}
use define;
