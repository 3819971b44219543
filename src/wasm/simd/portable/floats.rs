//! Instructions on lanes of floats: those of `wasm::numeric`, for each lane.
//!
//! Called by: `portable`, which exports them. Calls: `wasm::numeric`.

use super::{Lane, V128, build, compare, define, map, zip};
use crate::wasm::numeric::*;

/// Lanes made of the first lanes of another type; further lanes are zero.
#[inline(always)]
fn convert<T: Lane, R: Lane>(a: V128, f: impl Fn(T) -> R) -> V128 {
    let (a, count) = (a.lanes::<T>(), (size_of::<V128>() / size_of::<T>()));
    build::<R>(|index| if index < count { f(a.as_ref()[index]) } else { R::ZERO })
}

define! {
    f32x4_abs(a: V128) -> V128 = map(a, f32_abs);
    f32x4_neg(a: V128) -> V128 = map(a, f32_neg);
    f32x4_ceil(a: V128) -> V128 = map(a, f32_ceil);
    f32x4_floor(a: V128) -> V128 = map(a, f32_floor);
    f32x4_trunc(a: V128) -> V128 = map(a, f32_trunc);
    f32x4_nearest(a: V128) -> V128 = map(a, f32_nearest);
    f32x4_sqrt(a: V128) -> V128 = map(a, f32_sqrt);
    f32x4_add(a: V128, b: V128) -> V128 = zip(a, b, f32_add);
    f32x4_sub(a: V128, b: V128) -> V128 = zip(a, b, f32_sub);
    f32x4_mul(a: V128, b: V128) -> V128 = zip(a, b, f32_mul);
    f32x4_div(a: V128, b: V128) -> V128 = zip(a, b, f32_div);
    f32x4_min(a: V128, b: V128) -> V128 = zip(a, b, f32_min);
    f32x4_max(a: V128, b: V128) -> V128 = zip(a, b, f32_max);
    f32x4_pmin(a: V128, b: V128) -> V128 = zip(a, b, |x: f32, y| if y < x { y } else { x });
    f32x4_pmax(a: V128, b: V128) -> V128 = zip(a, b, |x: f32, y| if x < y { y } else { x });
    f32x4_eq(a: V128, b: V128) -> V128 = compare(a, b, |x: f32, y| x == y);
    f32x4_ne(a: V128, b: V128) -> V128 = compare(a, b, |x: f32, y| x != y);
    f32x4_lt(a: V128, b: V128) -> V128 = compare(a, b, |x: f32, y| x < y);
    f32x4_gt(a: V128, b: V128) -> V128 = compare(a, b, |x: f32, y| x > y);
    f32x4_le(a: V128, b: V128) -> V128 = compare(a, b, |x: f32, y| x <= y);
    f32x4_ge(a: V128, b: V128) -> V128 = compare(a, b, |x: f32, y| x >= y);
    f32x4_relaxed_min(a: V128, b: V128) -> V128 = f32x4_min(a, b);
    f32x4_relaxed_max(a: V128, b: V128) -> V128 = f32x4_max(a, b);
    f32x4_relaxed_madd(a: V128, b: V128, c: V128) -> V128 = f32x4_add(f32x4_mul(a, b), c);
    f32x4_relaxed_nmadd(a: V128, b: V128, c: V128) -> V128 = f32x4_add(f32x4_mul(f32x4_neg(a), b), c);
}

define! {
    f64x2_abs(a: V128) -> V128 = map(a, f64_abs);
    f64x2_neg(a: V128) -> V128 = map(a, f64_neg);
    f64x2_ceil(a: V128) -> V128 = map(a, f64_ceil);
    f64x2_floor(a: V128) -> V128 = map(a, f64_floor);
    f64x2_trunc(a: V128) -> V128 = map(a, f64_trunc);
    f64x2_nearest(a: V128) -> V128 = map(a, f64_nearest);
    f64x2_sqrt(a: V128) -> V128 = map(a, f64_sqrt);
    f64x2_add(a: V128, b: V128) -> V128 = zip(a, b, f64_add);
    f64x2_sub(a: V128, b: V128) -> V128 = zip(a, b, f64_sub);
    f64x2_mul(a: V128, b: V128) -> V128 = zip(a, b, f64_mul);
    f64x2_div(a: V128, b: V128) -> V128 = zip(a, b, f64_div);
    f64x2_min(a: V128, b: V128) -> V128 = zip(a, b, f64_min);
    f64x2_max(a: V128, b: V128) -> V128 = zip(a, b, f64_max);
    f64x2_pmin(a: V128, b: V128) -> V128 = zip(a, b, |x: f64, y| if y < x { y } else { x });
    f64x2_pmax(a: V128, b: V128) -> V128 = zip(a, b, |x: f64, y| if x < y { y } else { x });
    f64x2_eq(a: V128, b: V128) -> V128 = compare(a, b, |x: f64, y| x == y);
    f64x2_ne(a: V128, b: V128) -> V128 = compare(a, b, |x: f64, y| x != y);
    f64x2_lt(a: V128, b: V128) -> V128 = compare(a, b, |x: f64, y| x < y);
    f64x2_gt(a: V128, b: V128) -> V128 = compare(a, b, |x: f64, y| x > y);
    f64x2_le(a: V128, b: V128) -> V128 = compare(a, b, |x: f64, y| x <= y);
    f64x2_ge(a: V128, b: V128) -> V128 = compare(a, b, |x: f64, y| x >= y);
    f64x2_relaxed_min(a: V128, b: V128) -> V128 = f64x2_min(a, b);
    f64x2_relaxed_max(a: V128, b: V128) -> V128 = f64x2_max(a, b);
    f64x2_relaxed_madd(a: V128, b: V128, c: V128) -> V128 = f64x2_add(f64x2_mul(a, b), c);
    f64x2_relaxed_nmadd(a: V128, b: V128, c: V128) -> V128 = f64x2_add(f64x2_mul(f64x2_neg(a), b), c);
}

define! {
    i32x4_trunc_sat_f32x4_s(a: V128) -> V128 = convert(a, i32_trunc_sat_f32_s);
    i32x4_trunc_sat_f32x4_u(a: V128) -> V128 = convert(a, i32_trunc_sat_f32_u);
    i32x4_trunc_sat_f64x2_s_zero(a: V128) -> V128 = convert(a, i32_trunc_sat_f64_s);
    i32x4_trunc_sat_f64x2_u_zero(a: V128) -> V128 = convert(a, i32_trunc_sat_f64_u);
    i32x4_relaxed_trunc_f32x4_s(a: V128) -> V128 = i32x4_trunc_sat_f32x4_s(a);
    i32x4_relaxed_trunc_f32x4_u(a: V128) -> V128 = i32x4_trunc_sat_f32x4_u(a);
    i32x4_relaxed_trunc_f64x2_s_zero(a: V128) -> V128 = i32x4_trunc_sat_f64x2_s_zero(a);
    i32x4_relaxed_trunc_f64x2_u_zero(a: V128) -> V128 = i32x4_trunc_sat_f64x2_u_zero(a);
    f32x4_convert_i32x4_s(a: V128) -> V128 = convert(a, f32_convert_i32_s);
    f32x4_convert_i32x4_u(a: V128) -> V128 = convert(a, f32_convert_i32_u);
    f64x2_convert_low_i32x4_s(a: V128) -> V128 = convert(a, f64_convert_i32_s);
    f64x2_convert_low_i32x4_u(a: V128) -> V128 = convert(a, f64_convert_i32_u);
    f32x4_demote_f64x2_zero(a: V128) -> V128 = convert(a, f32_demote_f64);
    f64x2_promote_low_f32x4(a: V128) -> V128 = convert(a, f64_promote_f32);
}
