//! Instructions that move lanes: splats, replacement, shuffles, and what loads make of the bytes that they read.
//!
//! Called by: `portable`, which exports them; `exec` (handlers). Calls: nothing.

use super::{Lane, V128, build, define, integers::*};

/// The vector with one lane replaced; indices are taken modulo the number of lanes.
#[inline(always)]
fn replace<T: Lane>(a: V128, value: T, lane: u8) -> V128 {
    let mut lanes = a.lanes::<T>();
    let count = size_of::<V128>() / size_of::<T>();
    lanes.as_mut()[usize::from(lane) % count] = value;
    V128::of::<T>(lanes)
}

/// A vector whose lower half is this, and whose upper half is zero.
#[inline(always)]
fn low(bits: u64) -> V128 {
    V128::of_slots([bits, 0])
}

define! {
    i8x16_splat(x: u32) -> V128 = build::<u8>(|_| x as u8);
    i16x8_splat(x: u32) -> V128 = build::<u16>(|_| x as u16);
    i32x4_splat(x: u32) -> V128 = build::<u32>(|_| x);
    i64x2_splat(x: u64) -> V128 = build::<u64>(|_| x);
    f32x4_splat(x: f32) -> V128 = build::<f32>(|_| x);
    f64x2_splat(x: f64) -> V128 = build::<f64>(|_| x);
    i8x16_replace_lane(a: V128, x: u32, lane: u8) -> V128 = replace(a, x as u8, lane);
    i16x8_replace_lane(a: V128, x: u32, lane: u8) -> V128 = replace(a, x as u16, lane);
    i32x4_replace_lane(a: V128, x: u32, lane: u8) -> V128 = replace(a, x, lane);
    i64x2_replace_lane(a: V128, x: u64, lane: u8) -> V128 = replace(a, x, lane);
    f32x4_replace_lane(a: V128, x: f32, lane: u8) -> V128 = i32x4_replace_lane(a, x.to_bits(), lane);
    f64x2_replace_lane(a: V128, x: f64, lane: u8) -> V128 = i64x2_replace_lane(a, x.to_bits(), lane);
    i8x16_swizzle(a: V128, b: V128) -> V128 = {
        let (a, b) = (a.lanes::<u8>(), b.lanes::<u8>());
        build::<u8>(|index| if b[index] < 16 { a[usize::from(b[index] & 15)] } else { 0 })
    };
    i8x16_relaxed_swizzle(a: V128, b: V128) -> V128 = i8x16_swizzle(a, b);
    i8x16_shuffle(a: V128, b: V128, lanes: V128) -> V128 = {
        let (mut bytes, lanes) = ([0; 32], lanes.lanes::<u8>());
        bytes[..16].copy_from_slice(&a.to_bytes());
        bytes[16..].copy_from_slice(&b.to_bytes());
        build::<u8>(|index| bytes[usize::from(lanes[index] & 31)])
    };
    v128_load(x: V128) -> V128 = x;
    v128_load8x8_s(x: u64) -> V128 = i16x8_extend_low_i8x16_s(low(x));
    v128_load8x8_u(x: u64) -> V128 = i16x8_extend_low_i8x16_u(low(x));
    v128_load16x4_s(x: u64) -> V128 = i32x4_extend_low_i16x8_s(low(x));
    v128_load16x4_u(x: u64) -> V128 = i32x4_extend_low_i16x8_u(low(x));
    v128_load32x2_s(x: u64) -> V128 = i64x2_extend_low_i32x4_s(low(x));
    v128_load32x2_u(x: u64) -> V128 = i64x2_extend_low_i32x4_u(low(x));
    v128_load8_splat(x: u8) -> V128 = i8x16_splat(x.into());
    v128_load16_splat(x: u16) -> V128 = i16x8_splat(x.into());
    v128_load32_splat(x: u32) -> V128 = i32x4_splat(x);
    v128_load64_splat(x: u64) -> V128 = i64x2_splat(x);
    v128_load32_zero(x: u32) -> V128 = low(x.into());
    v128_load64_zero(x: u64) -> V128 = low(x);
    v128_load8_lane(a: V128, x: u8, lane: u8) -> V128 = i8x16_replace_lane(a, x.into(), lane);
    v128_load16_lane(a: V128, x: u16, lane: u8) -> V128 = i16x8_replace_lane(a, x.into(), lane);
    v128_load32_lane(a: V128, x: u32, lane: u8) -> V128 = i32x4_replace_lane(a, x, lane);
    v128_load64_lane(a: V128, x: u64, lane: u8) -> V128 = i64x2_replace_lane(a, x, lane);
}
