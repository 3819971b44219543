//! All instructions, lane by lane.
//!
//! Called by: `wasm::simd`, which exports them where the machine has nothing better. Calls: `wasm::numeric`.

mod floats;
mod integers;
mod moves;

pub use floats::*;
pub use integers::*;
pub use moves::*;

use bytemuck::Pod;

use super::V128;

/// A type of lanes.
pub(super) trait Lane: Pod {
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

impl V128 {
    /// Its lanes of a type.
    #[inline(always)]
    pub(super) fn lanes<T: Lane>(self) -> T::Lanes {
        bytemuck::cast(self.0)
    }

    /// The vector with these lanes.
    #[inline(always)]
    pub(super) fn of<T: Lane>(lanes: T::Lanes) -> Self {
        Self(bytemuck::cast(lanes))
    }
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
#[inline(always)]
fn map<T: Lane>(a: V128, f: impl Fn(T) -> T) -> V128 {
    let a = a.lanes::<T>();
    build::<T>(|index| f(a.as_ref()[index]))
}

/// Applies a function to each pair of lanes.
#[inline(always)]
fn zip<T: Lane>(a: V128, b: V128, f: impl Fn(T, T) -> T) -> V128 {
    let (a, b) = (a.lanes::<T>(), b.lanes::<T>());
    build::<T>(|index| f(a.as_ref()[index], b.as_ref()[index]))
}

/// Compares each pair of lanes.
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
