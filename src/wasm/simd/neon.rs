//! Instructions in terms of NEON, which every aarch64 machine has.
//!
//! Called by: `wasm::simd`, which exports them. Calls: `wasm::simd::portable` for what LLVM makes NEON of by itself. What is defined here takes the
//! place of what is imported under the same name: what LLVM does lane by lane, or by a detour, and the kin of it.
//!
//! # Not here
//! What LLVM makes as few instructions of as there are: arithmetic, with and without saturation, comparisons, minimum and maximum of integers,
//! shifts, bits, splats, narrowing, and conversions but those from 64 bits to 32. Whether any lane, or both of two, are true, two words tell.
#![allow(unsafe_code, reason = "intrinsics are unsafe to call, whatever the target's base line; none here takes a pointer")]

pub use super::portable::*;

use core::arch::aarch64::*;

use super::V128;
use super::intrinsics::{common, define, vector};

// Lanes from anywhere. Indices beyond the table give zero; those of a shuffle are all below 32.
define! {
    i8x16_swizzle(a, b) = vqtbl1q_u8(a, b);
    i8x16_relaxed_swizzle(a, b) = vqtbl1q_u8(a, b);
    i8x16_shuffle(a, b, lanes) = vqtbl2q_u8(uint8x16x2_t(a, b), lanes);
}

// Lanes as truth values. Of the wider ones each negative lane gives the bit of its place, and a sum across the vector collects them.
define! {
    i8x16_bitmask(a) -> u32 = {
        // Each lane's bit comes to lie above those of the lanes before it: of two lanes, of four, of eight. What else is left lies above.
        let bits = vreinterpretq_u16_u8(vshrq_n_u8::<7>(a));
        let twos = vreinterpretq_u32_u16(vsraq_n_u16::<7>(bits, bits));
        let fours = vreinterpretq_u64_u32(vsraq_n_u32::<14>(twos, twos));
        let eights = vreinterpretq_u8_u64(vsraq_n_u64::<28>(fours, fours));
        u32::from(vgetq_lane_u8::<0>(eights)) | u32::from(vgetq_lane_u8::<8>(eights)) << 8
    };
    i16x8_bitmask(a) -> u32 = vaddvq_u16(vandq_u16(vcltzq_s16(a), bytemuck::cast([1u16, 2, 4, 8, 16, 32, 64, 128]))).into();
    i32x4_bitmask(a) -> u32 = vaddvq_u32(vandq_u32(vcltzq_s32(a), bytemuck::cast([1u32, 2, 4, 8])));
    i8x16_all_true(a) -> u32 = u32::from(vminvq_u8(a) != 0);
    i16x8_all_true(a) -> u32 = u32::from(vminvq_u16(a) != 0);
    i32x4_all_true(a) -> u32 = u32::from(vminvq_u32(a) != 0);
}

// Arithmetic that has an instruction of its own, and products of 64-bit lanes, which have none.
define! {
    i8x16_avgr_u(a, b) = vrhaddq_u8(a, b);
    i16x8_avgr_u(a, b) = vrhaddq_u16(a, b);
    i16x8_q15mulr_sat_s(a, b) = vqrdmulhq_s16(a, b);
    i16x8_relaxed_q15mulr_s(a, b) = vqrdmulhq_s16(a, b);
    i64x2_mul(a, b) = {
        // Each lane of one times the other half of the other: the sum counts 2^32.
        let crossed = vpaddlq_u32(vmulq_u32(a, vrev64q_u32(b)));
        let narrow = |x| vmovn_u64(vreinterpretq_u64_u32(x));
        vmlal_u32(vshlq_n_u64::<32>(crossed), narrow(a), narrow(b))
    };
}

// Between widths.
define! {
    i16x8_extend_low_i8x16_s(a) = vmovl_s8(vget_low_s8(a));
    i16x8_extend_low_i8x16_u(a) = vmovl_u8(vget_low_u8(a));
    i16x8_extend_high_i8x16_s(a) = vmovl_high_s8(a);
    i16x8_extend_high_i8x16_u(a) = vmovl_high_u8(a);
    i32x4_extend_low_i16x8_s(a) = vmovl_s16(vget_low_s16(a));
    i32x4_extend_low_i16x8_u(a) = vmovl_u16(vget_low_u16(a));
    i32x4_extend_high_i16x8_s(a) = vmovl_high_s16(a);
    i32x4_extend_high_i16x8_u(a) = vmovl_high_u16(a);
    i64x2_extend_low_i32x4_s(a) = vmovl_s32(vget_low_s32(a));
    i64x2_extend_low_i32x4_u(a) = vmovl_u32(vget_low_u32(a));
    i64x2_extend_high_i32x4_s(a) = vmovl_high_s32(a);
    i64x2_extend_high_i32x4_u(a) = vmovl_high_u32(a);
    i16x8_extmul_low_i8x16_s(a, b) = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    i16x8_extmul_low_i8x16_u(a, b) = vmull_u8(vget_low_u8(a), vget_low_u8(b));
    i16x8_extmul_high_i8x16_s(a, b) = vmull_high_s8(a, b);
    i16x8_extmul_high_i8x16_u(a, b) = vmull_high_u8(a, b);
    i32x4_extmul_low_i16x8_s(a, b) = vmull_s16(vget_low_s16(a), vget_low_s16(b));
    i32x4_extmul_low_i16x8_u(a, b) = vmull_u16(vget_low_u16(a), vget_low_u16(b));
    i32x4_extmul_high_i16x8_s(a, b) = vmull_high_s16(a, b);
    i32x4_extmul_high_i16x8_u(a, b) = vmull_high_u16(a, b);
    i64x2_extmul_low_i32x4_s(a, b) = vmull_s32(vget_low_s32(a), vget_low_s32(b));
    i64x2_extmul_low_i32x4_u(a, b) = vmull_u32(vget_low_u32(a), vget_low_u32(b));
    i64x2_extmul_high_i32x4_s(a, b) = vmull_high_s32(a, b);
    i64x2_extmul_high_i32x4_u(a, b) = vmull_high_u32(a, b);
    i16x8_extadd_pairwise_i8x16_s(a) = vpaddlq_s8(a);
    i16x8_extadd_pairwise_i8x16_u(a) = vpaddlq_u8(a);
    i32x4_extadd_pairwise_i16x8_s(a) = vpaddlq_s16(a);
    i32x4_extadd_pairwise_i16x8_u(a) = vpaddlq_u16(a);
}

common! {
    // Sums of neighbouring products; a product has room, and a sum saturates.
    dot8(a: int8x16_t, b: int8x16_t) -> int16x8_t = {
        let (low, high) = (vmull_s8(vget_low_s8(a), vget_low_s8(b)), vmull_high_s8(a, b));
        vqaddq_s16(vuzp1q_s16(low, high), vuzp2q_s16(low, high))
    };
}

define! {
    i32x4_dot_i16x8_s(a, b) = vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
    i16x8_relaxed_dot_i8x16_i7x16_s(a, b) = dot8(a, b);
    i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, c) = vpadalq_s16(c, dot8(a, b));
}

// Floats. Minimum and maximum know the sign of zero, and give the NaN that an addition would; rounding makes NaN quiet.
define! {
    f32x4_ceil(a) = vrndpq_f32(a);
    f32x4_floor(a) = vrndmq_f32(a);
    f32x4_trunc(a) = vrndq_f32(a);
    f32x4_nearest(a) = vrndnq_f32(a);
    f32x4_sqrt(a) = vsqrtq_f32(a);
    f32x4_min(a, b) = vminq_f32(a, b);
    f32x4_max(a, b) = vmaxq_f32(a, b);
    f32x4_relaxed_min(a, b) = vminq_f32(a, b);
    f32x4_relaxed_max(a, b) = vmaxq_f32(a, b);
    f64x2_ceil(a) = vrndpq_f64(a);
    f64x2_floor(a) = vrndmq_f64(a);
    f64x2_trunc(a) = vrndq_f64(a);
    f64x2_nearest(a) = vrndnq_f64(a);
    f64x2_sqrt(a) = vsqrtq_f64(a);
    f64x2_min(a, b) = vminq_f64(a, b);
    f64x2_max(a, b) = vmaxq_f64(a, b);
    f64x2_relaxed_min(a, b) = vminq_f64(a, b);
    f64x2_relaxed_max(a, b) = vmaxq_f64(a, b);
    // What saturates at 64 bits saturates at 32 too.
    i32x4_trunc_sat_f64x2_s_zero(a) = vcombine_s32(vqmovn_s64(vcvtq_s64_f64(a)), vdup_n_s32(0));
    i32x4_trunc_sat_f64x2_u_zero(a) = vcombine_u32(vqmovn_u64(vcvtq_u64_f64(a)), vdup_n_u32(0));
    i32x4_relaxed_trunc_f64x2_s_zero(a: V128) -> V128 = i32x4_trunc_sat_f64x2_s_zero(a);
    i32x4_relaxed_trunc_f64x2_u_zero(a: V128) -> V128 = i32x4_trunc_sat_f64x2_u_zero(a);
}

// One lane. Which one is known when it runs only: it is chosen by comparing places, since through the native stack it would wait for the store.
define! {
    i8x16_replace_lane(a, x: u32, lane: u8) = {
        let places = bytemuck::cast([0u8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        vbslq_u8(vceqq_u8(places, vdupq_n_u8(lane % 16)), vdupq_n_u8(x as u8), a)
    };
    i16x8_replace_lane(a, x: u32, lane: u8) = {
        let places = bytemuck::cast([0u16, 1, 2, 3, 4, 5, 6, 7]);
        vbslq_u16(vceqq_u16(places, vdupq_n_u16((lane % 8).into())), vdupq_n_u16(x as u16), a)
    };
    i32x4_replace_lane(a, x: u32, lane: u8) = vbslq_u32(place32(lane), vdupq_n_u32(x), a);
    i64x2_replace_lane(a, x: u64, lane: u8) = vbslq_u64(place64(lane), vdupq_n_u64(x), a);
    f32x4_replace_lane(a, x: f32, lane: u8) = vbslq_f32(place32(lane), vdupq_n_f32(x), a);
    f64x2_replace_lane(a, x: f64, lane: u8) = vbslq_f64(place64(lane), vdupq_n_f64(x), a);
    v128_load8_lane(a: V128, x: u8, lane: u8) -> V128 = i8x16_replace_lane(a, x.into(), lane);
    v128_load16_lane(a: V128, x: u16, lane: u8) -> V128 = i16x8_replace_lane(a, x.into(), lane);
    v128_load32_lane(a: V128, x: u32, lane: u8) -> V128 = i32x4_replace_lane(a, x, lane);
    v128_load64_lane(a: V128, x: u64, lane: u8) -> V128 = i64x2_replace_lane(a, x, lane);
}

common! {
    // All bits of the lane at a place.
    place32(lane: u8) -> uint32x4_t = vceqq_u32(bytemuck::cast([0u32, 1, 2, 3]), vdupq_n_u32((lane % 4).into()));
    place64(lane: u8) -> uint64x2_t = vceqq_u64(bytemuck::cast([0u64, 1]), vdupq_n_u64((lane % 2).into()));
}

// What loads make of eight bytes.
define! {
    v128_load8x8_s(x: u64) = vmovl_s8(vcreate_s8(x));
    v128_load8x8_u(x: u64) = vmovl_u8(vcreate_u8(x));
    v128_load16x4_s(x: u64) = vmovl_s16(vcreate_s16(x));
    v128_load16x4_u(x: u64) = vmovl_u16(vcreate_u16(x));
    v128_load32x2_s(x: u64) = vmovl_s32(vcreate_s32(x));
    v128_load32x2_u(x: u64) = vmovl_u32(vcreate_u32(x));
}
