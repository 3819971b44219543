//! Instructions on lanes of integers, and on all bits at once.
//!
//! Called by: `portable`, which exports them. Calls: nothing.

use super::{Lane, V128, build, compare, define, map, zip};

/// The lanes of a vector as truth values, packed.
#[inline(always)]
fn pack<T: Lane>(a: V128, f: impl Fn(&T) -> bool) -> u32 {
    let lanes = a.lanes::<T>();
    lanes.as_ref().iter().enumerate().fold(0, |bits, (index, lane)| bits | u32::from(f(lane)) << index)
}

/// Whether all lanes are other than zero.
#[inline(always)]
fn all_true<T: Lane + PartialEq>(a: V128) -> u32 {
    u32::from(a.lanes::<T>().as_ref().iter().all(|&lane| lane != T::ZERO))
}

/// Widens one half of the lanes of two vectors (lanes from `first` on), and combines them.
#[inline(always)]
fn widen<T: Lane, W: Lane>(a: V128, b: V128, first: usize, f: impl Fn(T, T) -> W) -> V128 {
    let (a, b) = (a.lanes::<T>(), b.lanes::<T>());
    build::<W>(|index| f(a.as_ref()[first + index], b.as_ref()[first + index]))
}

/// Combines neighbouring lanes.
#[inline(always)]
fn pairs<T: Lane, W: Lane>(a: V128, f: impl Fn(T, T) -> W) -> V128 {
    let a = a.lanes::<T>();
    build::<W>(|index| f(a.as_ref()[2 * index], a.as_ref()[2 * index + 1]))
}

/// The lanes of two vectors, each made narrower.
#[inline(always)]
fn narrow<T: Lane, N: Lane>(a: V128, b: V128, f: impl Fn(T) -> N) -> V128 {
    let (a, b) = (a.lanes::<T>(), b.lanes::<T>());
    let all = |index| if index < a.as_ref().len() { a.as_ref()[index] } else { b.as_ref()[index - a.as_ref().len()] };
    build::<N>(|index| f(all(index)))
}

define! {
    v128_not(a: V128) -> V128 = map::<u64>(a, |x| !x);
    v128_and(a: V128, b: V128) -> V128 = zip::<u64>(a, b, |x, y| x & y);
    v128_andnot(a: V128, b: V128) -> V128 = zip::<u64>(a, b, |x, y| x & !y);
    v128_or(a: V128, b: V128) -> V128 = zip::<u64>(a, b, |x, y| x | y);
    v128_xor(a: V128, b: V128) -> V128 = zip::<u64>(a, b, |x, y| x ^ y);
    v128_bitselect(a: V128, b: V128, c: V128) -> V128 = v128_or(v128_and(a, c), v128_andnot(b, c));
    v128_any_true(a: V128) -> u32 = u32::from(a.to_slots() != [0; 2]);
}

define! {
    i8x16_add(a: V128, b: V128) -> V128 = zip(a, b, u8::wrapping_add);
    i8x16_sub(a: V128, b: V128) -> V128 = zip(a, b, u8::wrapping_sub);
    i8x16_neg(a: V128) -> V128 = map(a, u8::wrapping_neg);
    i8x16_abs(a: V128) -> V128 = map(a, i8::wrapping_abs);
    i8x16_shl(a: V128, n: u32) -> V128 = map(a, |x: u8| x.wrapping_shl(n));
    i8x16_shr_s(a: V128, n: u32) -> V128 = map(a, |x: i8| x.wrapping_shr(n));
    i8x16_shr_u(a: V128, n: u32) -> V128 = map(a, |x: u8| x.wrapping_shr(n));
    i8x16_eq(a: V128, b: V128) -> V128 = compare(a, b, |x: u8, y| x == y);
    i8x16_ne(a: V128, b: V128) -> V128 = compare(a, b, |x: u8, y| x != y);
    i8x16_lt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i8, y| x < y);
    i8x16_lt_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u8, y| x < y);
    i8x16_gt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i8, y| x > y);
    i8x16_gt_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u8, y| x > y);
    i8x16_le_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i8, y| x <= y);
    i8x16_le_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u8, y| x <= y);
    i8x16_ge_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i8, y| x >= y);
    i8x16_ge_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u8, y| x >= y);
    i8x16_min_s(a: V128, b: V128) -> V128 = zip(a, b, |x: i8, y| x.min(y));
    i8x16_min_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u8, y| x.min(y));
    i8x16_max_s(a: V128, b: V128) -> V128 = zip(a, b, |x: i8, y| x.max(y));
    i8x16_max_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u8, y| x.max(y));
    i8x16_add_sat_s(a: V128, b: V128) -> V128 = zip(a, b, i8::saturating_add);
    i8x16_add_sat_u(a: V128, b: V128) -> V128 = zip(a, b, u8::saturating_add);
    i8x16_sub_sat_s(a: V128, b: V128) -> V128 = zip(a, b, i8::saturating_sub);
    i8x16_sub_sat_u(a: V128, b: V128) -> V128 = zip(a, b, u8::saturating_sub);
    i8x16_avgr_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u8, y: u8| (u16::from(x) + u16::from(y)).div_ceil(2) as u8);
    i8x16_all_true(a: V128) -> u32 = all_true::<u8>(a);
    i8x16_bitmask(a: V128) -> u32 = pack(a, |&x: &i8| x < 0);
    i8x16_popcnt(a: V128) -> V128 = map(a, |x: u8| x.count_ones() as u8);
}

define! {
    i16x8_add(a: V128, b: V128) -> V128 = zip(a, b, u16::wrapping_add);
    i16x8_sub(a: V128, b: V128) -> V128 = zip(a, b, u16::wrapping_sub);
    i16x8_mul(a: V128, b: V128) -> V128 = zip(a, b, u16::wrapping_mul);
    i16x8_neg(a: V128) -> V128 = map(a, u16::wrapping_neg);
    i16x8_abs(a: V128) -> V128 = map(a, i16::wrapping_abs);
    i16x8_shl(a: V128, n: u32) -> V128 = map(a, |x: u16| x.wrapping_shl(n));
    i16x8_shr_s(a: V128, n: u32) -> V128 = map(a, |x: i16| x.wrapping_shr(n));
    i16x8_shr_u(a: V128, n: u32) -> V128 = map(a, |x: u16| x.wrapping_shr(n));
    i16x8_eq(a: V128, b: V128) -> V128 = compare(a, b, |x: u16, y| x == y);
    i16x8_ne(a: V128, b: V128) -> V128 = compare(a, b, |x: u16, y| x != y);
    i16x8_lt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i16, y| x < y);
    i16x8_lt_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u16, y| x < y);
    i16x8_gt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i16, y| x > y);
    i16x8_gt_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u16, y| x > y);
    i16x8_le_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i16, y| x <= y);
    i16x8_le_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u16, y| x <= y);
    i16x8_ge_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i16, y| x >= y);
    i16x8_ge_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u16, y| x >= y);
    i16x8_min_s(a: V128, b: V128) -> V128 = zip(a, b, |x: i16, y| x.min(y));
    i16x8_min_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u16, y| x.min(y));
    i16x8_max_s(a: V128, b: V128) -> V128 = zip(a, b, |x: i16, y| x.max(y));
    i16x8_max_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u16, y| x.max(y));
    i16x8_add_sat_s(a: V128, b: V128) -> V128 = zip(a, b, i16::saturating_add);
    i16x8_add_sat_u(a: V128, b: V128) -> V128 = zip(a, b, u16::saturating_add);
    i16x8_sub_sat_s(a: V128, b: V128) -> V128 = zip(a, b, i16::saturating_sub);
    i16x8_sub_sat_u(a: V128, b: V128) -> V128 = zip(a, b, u16::saturating_sub);
    i16x8_avgr_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u16, y: u16| (u32::from(x) + u32::from(y)).div_ceil(2) as u16);
    i16x8_all_true(a: V128) -> u32 = all_true::<u16>(a);
    i16x8_bitmask(a: V128) -> u32 = pack(a, |&x: &i16| x < 0);
}

define! {
    i32x4_add(a: V128, b: V128) -> V128 = zip(a, b, u32::wrapping_add);
    i32x4_sub(a: V128, b: V128) -> V128 = zip(a, b, u32::wrapping_sub);
    i32x4_mul(a: V128, b: V128) -> V128 = zip(a, b, u32::wrapping_mul);
    i32x4_neg(a: V128) -> V128 = map(a, u32::wrapping_neg);
    i32x4_abs(a: V128) -> V128 = map(a, i32::wrapping_abs);
    i32x4_shl(a: V128, n: u32) -> V128 = map(a, |x: u32| x.wrapping_shl(n));
    i32x4_shr_s(a: V128, n: u32) -> V128 = map(a, |x: i32| x.wrapping_shr(n));
    i32x4_shr_u(a: V128, n: u32) -> V128 = map(a, |x: u32| x.wrapping_shr(n));
    i32x4_eq(a: V128, b: V128) -> V128 = compare(a, b, |x: u32, y| x == y);
    i32x4_ne(a: V128, b: V128) -> V128 = compare(a, b, |x: u32, y| x != y);
    i32x4_lt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i32, y| x < y);
    i32x4_lt_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u32, y| x < y);
    i32x4_gt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i32, y| x > y);
    i32x4_gt_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u32, y| x > y);
    i32x4_le_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i32, y| x <= y);
    i32x4_le_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u32, y| x <= y);
    i32x4_ge_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i32, y| x >= y);
    i32x4_ge_u(a: V128, b: V128) -> V128 = compare(a, b, |x: u32, y| x >= y);
    i32x4_min_s(a: V128, b: V128) -> V128 = zip(a, b, |x: i32, y| x.min(y));
    i32x4_min_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u32, y| x.min(y));
    i32x4_max_s(a: V128, b: V128) -> V128 = zip(a, b, |x: i32, y| x.max(y));
    i32x4_max_u(a: V128, b: V128) -> V128 = zip(a, b, |x: u32, y| x.max(y));
    i32x4_all_true(a: V128) -> u32 = all_true::<u32>(a);
    i32x4_bitmask(a: V128) -> u32 = pack(a, |&x: &i32| x < 0);
}

define! {
    i64x2_add(a: V128, b: V128) -> V128 = zip(a, b, u64::wrapping_add);
    i64x2_sub(a: V128, b: V128) -> V128 = zip(a, b, u64::wrapping_sub);
    i64x2_mul(a: V128, b: V128) -> V128 = zip(a, b, u64::wrapping_mul);
    i64x2_neg(a: V128) -> V128 = map(a, u64::wrapping_neg);
    i64x2_abs(a: V128) -> V128 = map(a, i64::wrapping_abs);
    i64x2_shl(a: V128, n: u32) -> V128 = map(a, |x: u64| x.wrapping_shl(n));
    i64x2_shr_s(a: V128, n: u32) -> V128 = map(a, |x: i64| x.wrapping_shr(n));
    i64x2_shr_u(a: V128, n: u32) -> V128 = map(a, |x: u64| x.wrapping_shr(n));
    i64x2_eq(a: V128, b: V128) -> V128 = compare(a, b, |x: u64, y| x == y);
    i64x2_ne(a: V128, b: V128) -> V128 = compare(a, b, |x: u64, y| x != y);
    i64x2_lt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i64, y| x < y);
    i64x2_gt_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i64, y| x > y);
    i64x2_le_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i64, y| x <= y);
    i64x2_ge_s(a: V128, b: V128) -> V128 = compare(a, b, |x: i64, y| x >= y);
    i64x2_all_true(a: V128) -> u32 = all_true::<u64>(a);
    i64x2_bitmask(a: V128) -> u32 = pack(a, |&x: &i64| x < 0);
}

// Between widths.
define! {
    i8x16_narrow_i16x8_s(a: V128, b: V128) -> V128 = narrow(a, b, |x: i16| x.clamp(i8::MIN.into(), i8::MAX.into()) as i8);
    i8x16_narrow_i16x8_u(a: V128, b: V128) -> V128 = narrow(a, b, |x: i16| x.clamp(0, u8::MAX.into()) as u8);
    i16x8_extend_low_i8x16_s(a: V128) -> V128 = widen(a, a, 0, |x: i8, _| i16::from(x));
    i16x8_extmul_low_i8x16_s(a: V128, b: V128) -> V128 = widen(a, b, 0, |x: i8, y| i16::from(x).wrapping_mul(i16::from(y)));
    i16x8_extend_low_i8x16_u(a: V128) -> V128 = widen(a, a, 0, |x: u8, _| u16::from(x));
    i16x8_extmul_low_i8x16_u(a: V128, b: V128) -> V128 = widen(a, b, 0, |x: u8, y| u16::from(x).wrapping_mul(u16::from(y)));
    i16x8_extend_high_i8x16_s(a: V128) -> V128 = widen(a, a, 8, |x: i8, _| i16::from(x));
    i16x8_extmul_high_i8x16_s(a: V128, b: V128) -> V128 = widen(a, b, 8, |x: i8, y| i16::from(x).wrapping_mul(i16::from(y)));
    i16x8_extend_high_i8x16_u(a: V128) -> V128 = widen(a, a, 8, |x: u8, _| u16::from(x));
    i16x8_extmul_high_i8x16_u(a: V128, b: V128) -> V128 = widen(a, b, 8, |x: u8, y| u16::from(x).wrapping_mul(u16::from(y)));
    i16x8_extadd_pairwise_i8x16_s(a: V128) -> V128 = pairs(a, |x: i8, y| i16::from(x) + i16::from(y));
    i16x8_extadd_pairwise_i8x16_u(a: V128) -> V128 = pairs(a, |x: u8, y| u16::from(x) + u16::from(y));
    i16x8_narrow_i32x4_s(a: V128, b: V128) -> V128 = narrow(a, b, |x: i32| x.clamp(i16::MIN.into(), i16::MAX.into()) as i16);
    i16x8_narrow_i32x4_u(a: V128, b: V128) -> V128 = narrow(a, b, |x: i32| x.clamp(0, u16::MAX.into()) as u16);
    i32x4_extend_low_i16x8_s(a: V128) -> V128 = widen(a, a, 0, |x: i16, _| i32::from(x));
    i32x4_extmul_low_i16x8_s(a: V128, b: V128) -> V128 = widen(a, b, 0, |x: i16, y| i32::from(x).wrapping_mul(i32::from(y)));
    i32x4_extend_low_i16x8_u(a: V128) -> V128 = widen(a, a, 0, |x: u16, _| u32::from(x));
    i32x4_extmul_low_i16x8_u(a: V128, b: V128) -> V128 = widen(a, b, 0, |x: u16, y| u32::from(x).wrapping_mul(u32::from(y)));
    i32x4_extend_high_i16x8_s(a: V128) -> V128 = widen(a, a, 4, |x: i16, _| i32::from(x));
    i32x4_extmul_high_i16x8_s(a: V128, b: V128) -> V128 = widen(a, b, 4, |x: i16, y| i32::from(x).wrapping_mul(i32::from(y)));
    i32x4_extend_high_i16x8_u(a: V128) -> V128 = widen(a, a, 4, |x: u16, _| u32::from(x));
    i32x4_extmul_high_i16x8_u(a: V128, b: V128) -> V128 = widen(a, b, 4, |x: u16, y| u32::from(x).wrapping_mul(u32::from(y)));
    i32x4_extadd_pairwise_i16x8_s(a: V128) -> V128 = pairs(a, |x: i16, y| i32::from(x) + i32::from(y));
    i32x4_extadd_pairwise_i16x8_u(a: V128) -> V128 = pairs(a, |x: u16, y| u32::from(x) + u32::from(y));
    i64x2_extend_low_i32x4_s(a: V128) -> V128 = widen(a, a, 0, |x: i32, _| i64::from(x));
    i64x2_extmul_low_i32x4_s(a: V128, b: V128) -> V128 = widen(a, b, 0, |x: i32, y| i64::from(x).wrapping_mul(i64::from(y)));
    i64x2_extend_low_i32x4_u(a: V128) -> V128 = widen(a, a, 0, |x: u32, _| u64::from(x));
    i64x2_extmul_low_i32x4_u(a: V128, b: V128) -> V128 = widen(a, b, 0, |x: u32, y| u64::from(x).wrapping_mul(u64::from(y)));
    i64x2_extend_high_i32x4_s(a: V128) -> V128 = widen(a, a, 2, |x: i32, _| i64::from(x));
    i64x2_extmul_high_i32x4_s(a: V128, b: V128) -> V128 = widen(a, b, 2, |x: i32, y| i64::from(x).wrapping_mul(i64::from(y)));
    i64x2_extend_high_i32x4_u(a: V128) -> V128 = widen(a, a, 2, |x: u32, _| u64::from(x));
    i64x2_extmul_high_i32x4_u(a: V128, b: V128) -> V128 = widen(a, b, 2, |x: u32, y| u64::from(x).wrapping_mul(u64::from(y)));
    i32x4_dot_i16x8_s(a: V128, b: V128) -> V128 = {
        let (a, b) = (a.lanes::<i16>(), b.lanes::<i16>());
        let product = |index: usize| i32::from(a[index]) * i32::from(b[index]);
        build::<i32>(|index| product(2 * index).wrapping_add(product(2 * index + 1)))
    };
    i16x8_q15mulr_sat_s(a: V128, b: V128) -> V128 = zip(a, b, |x: i16, y: i16| {
        ((i32::from(x) * i32::from(y) + 0x4000) >> 15).clamp(i16::MIN.into(), i16::MAX.into()) as i16
    });
    i16x8_relaxed_q15mulr_s(a: V128, b: V128) -> V128 = i16x8_q15mulr_sat_s(a, b);
    i16x8_relaxed_dot_i8x16_i7x16_s(a: V128, b: V128) -> V128 = {
        let (a, b) = (a.lanes::<i8>(), b.lanes::<i8>());
        let product = |index: usize| i16::from(a[index]) * i16::from(b[index]);
        build::<i16>(|index| product(2 * index).saturating_add(product(2 * index + 1)))
    };
    i32x4_relaxed_dot_i8x16_i7x16_add_s(a: V128, b: V128, c: V128) -> V128 =
        i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
    i8x16_relaxed_laneselect(a: V128, b: V128, c: V128) -> V128 = v128_bitselect(a, b, c);
    i16x8_relaxed_laneselect(a: V128, b: V128, c: V128) -> V128 = v128_bitselect(a, b, c);
    i32x4_relaxed_laneselect(a: V128, b: V128, c: V128) -> V128 = v128_bitselect(a, b, c);
    i64x2_relaxed_laneselect(a: V128, b: V128, c: V128) -> V128 = v128_bitselect(a, b, c);
}
