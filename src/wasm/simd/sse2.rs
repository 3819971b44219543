//! Instructions in terms of SSE2, which every x86-64 machine has.
//!
//! Called by: `wasm::simd`, which exports them. Calls: `wasm::simd::portable` for what SSE2 does no better. What is defined here takes the place of
//! what is imported under the same name.
#![allow(unsafe_code, reason = "intrinsics are unsafe to call, whatever the target's base line; none here takes a pointer")]

pub use super::portable::*;

use core::arch::x86_64::*;

use super::V128;
use super::intrinsics::{common, define, vector};

common! {
    // The count of a shift, as shifts take it.
    count(n: u32) -> __m128i = _mm_cvtsi32_si128(n as i32);
    zero() -> __m128i = _mm_setzero_si128();
    not(a: __m128i) -> __m128i = _mm_xor_si128(a, _mm_set1_epi32(-1));
    // `if mask { a } else { b }`, bit by bit.
    choose(mask: __m128i, a: __m128i, b: __m128i) -> __m128i = _mm_or_si128(_mm_and_si128(mask, a), _mm_andnot_si128(mask, b));
    flip8(a: __m128i) -> __m128i = _mm_xor_si128(a, _mm_set1_epi8(i8::MIN));
    flip16(a: __m128i) -> __m128i = _mm_xor_si128(a, _mm_set1_epi16(i16::MIN));
    flip32(a: __m128i) -> __m128i = _mm_xor_si128(a, _mm_set1_epi32(i32::MIN));
    // `a > b` of unsigned 32-bit lanes.
    above32(a: __m128i, b: __m128i) -> __m128i = _mm_cmpgt_epi32(flip32(a), flip32(b));
    // `a == b` of 64-bit lanes: both halves are.
    equal64(a: __m128i, b: __m128i) -> __m128i = {
        let halves = _mm_cmpeq_epi32(a, b);
        _mm_and_si128(halves, _mm_shuffle_epi32::<0b10_11_00_01>(halves))
    };
    // `a > b` of signed 64-bit lanes: the upper halves are, or they are equal and the lower ones borrow.
    greater64(a: __m128i, b: __m128i) -> __m128i = {
        let borrows = _mm_and_si128(_mm_cmpeq_epi32(a, b), _mm_sub_epi64(b, a));
        _mm_shuffle_epi32::<0b11_11_01_01>(_mm_or_si128(borrows, _mm_cmpgt_epi32(a, b)))
    };
    // All bits of a 64-bit lane that is negative.
    negative64(a: __m128i) -> __m128i = _mm_shuffle_epi32::<0b11_11_01_01>(_mm_srai_epi32::<31>(a));
}

/// `(a ^ sign) - sign`, where the sign is all bits of a negative lane.
macro_rules! absolute {
    ($a:ident $sign:expr, $sub:ident) => {{
        let sign = $sign;
        $sub(_mm_xor_si128($a, sign), sign)
    }};
}

define! {
    v128_not(a) = not(a);
    v128_and(a, b) = _mm_and_si128(a, b);
    v128_andnot(a, b) = _mm_andnot_si128(b, a);
    v128_or(a, b) = _mm_or_si128(a, b);
    v128_xor(a, b) = _mm_xor_si128(a, b);
    v128_bitselect(a, b, c) = choose(c, a, b);
    i8x16_relaxed_laneselect(a, b, c) = choose(c, a, b);
    i16x8_relaxed_laneselect(a, b, c) = choose(c, a, b);
    i32x4_relaxed_laneselect(a, b, c) = choose(c, a, b);
    i64x2_relaxed_laneselect(a, b, c) = choose(c, a, b);
}

define! {
    i8x16_add(a, b) = _mm_add_epi8(a, b);
    i8x16_sub(a, b) = _mm_sub_epi8(a, b);
    i8x16_neg(a) = _mm_sub_epi8(zero(), a);
    i8x16_abs(a) = absolute!(a _mm_cmpgt_epi8(zero(), a), _mm_sub_epi8);
    i8x16_eq(a, b) = _mm_cmpeq_epi8(a, b);
    i8x16_ne(a, b) = not(_mm_cmpeq_epi8(a, b));
    i8x16_gt_s(a, b) = _mm_cmpgt_epi8(a, b);
    i8x16_lt_s(a, b) = _mm_cmpgt_epi8(b, a);
    i8x16_le_s(a, b) = not(_mm_cmpgt_epi8(a, b));
    i8x16_ge_s(a, b) = not(_mm_cmpgt_epi8(b, a));
    i8x16_le_u(a, b) = _mm_cmpeq_epi8(_mm_min_epu8(a, b), a);
    i8x16_ge_u(a, b) = _mm_cmpeq_epi8(_mm_min_epu8(b, a), b);
    i8x16_gt_u(a, b) = not(_mm_cmpeq_epi8(_mm_min_epu8(a, b), a));
    i8x16_lt_u(a, b) = not(_mm_cmpeq_epi8(_mm_min_epu8(b, a), b));
    i8x16_add_sat_s(a, b) = _mm_adds_epi8(a, b);
    i8x16_sub_sat_s(a, b) = _mm_subs_epi8(a, b);
    i8x16_add_sat_u(a, b) = _mm_adds_epu8(a, b);
    i8x16_sub_sat_u(a, b) = _mm_subs_epu8(a, b);
    i8x16_avgr_u(a, b) = _mm_avg_epu8(a, b);
    i16x8_add(a, b) = _mm_add_epi16(a, b);
    i16x8_sub(a, b) = _mm_sub_epi16(a, b);
    i16x8_neg(a) = _mm_sub_epi16(zero(), a);
    i16x8_abs(a) = absolute!(a _mm_srai_epi16::<15>(a), _mm_sub_epi16);
    i16x8_eq(a, b) = _mm_cmpeq_epi16(a, b);
    i16x8_ne(a, b) = not(_mm_cmpeq_epi16(a, b));
    i16x8_gt_s(a, b) = _mm_cmpgt_epi16(a, b);
    i16x8_lt_s(a, b) = _mm_cmpgt_epi16(b, a);
    i16x8_le_s(a, b) = not(_mm_cmpgt_epi16(a, b));
    i16x8_ge_s(a, b) = not(_mm_cmpgt_epi16(b, a));
    i16x8_le_u(a, b) = _mm_cmpeq_epi16(_mm_subs_epu16(a, b), zero());
    i16x8_ge_u(a, b) = _mm_cmpeq_epi16(_mm_subs_epu16(b, a), zero());
    i16x8_gt_u(a, b) = not(_mm_cmpeq_epi16(_mm_subs_epu16(a, b), zero()));
    i16x8_lt_u(a, b) = not(_mm_cmpeq_epi16(_mm_subs_epu16(b, a), zero()));
    i16x8_add_sat_s(a, b) = _mm_adds_epi16(a, b);
    i16x8_sub_sat_s(a, b) = _mm_subs_epi16(a, b);
    i16x8_add_sat_u(a, b) = _mm_adds_epu16(a, b);
    i16x8_sub_sat_u(a, b) = _mm_subs_epu16(a, b);
    i16x8_avgr_u(a, b) = _mm_avg_epu16(a, b);
    i32x4_add(a, b) = _mm_add_epi32(a, b);
    i32x4_sub(a, b) = _mm_sub_epi32(a, b);
    i32x4_neg(a) = _mm_sub_epi32(zero(), a);
    i32x4_abs(a) = absolute!(a _mm_srai_epi32::<31>(a), _mm_sub_epi32);
    i32x4_eq(a, b) = _mm_cmpeq_epi32(a, b);
    i32x4_ne(a, b) = not(_mm_cmpeq_epi32(a, b));
    i32x4_gt_s(a, b) = _mm_cmpgt_epi32(a, b);
    i32x4_lt_s(a, b) = _mm_cmpgt_epi32(b, a);
    i32x4_le_s(a, b) = not(_mm_cmpgt_epi32(a, b));
    i32x4_ge_s(a, b) = not(_mm_cmpgt_epi32(b, a));
    i32x4_le_u(a, b) = not(above32(a, b));
    i32x4_ge_u(a, b) = not(above32(b, a));
    i32x4_gt_u(a, b) = above32(a, b);
    i32x4_lt_u(a, b) = above32(b, a);
    i64x2_add(a, b) = _mm_add_epi64(a, b);
    i64x2_sub(a, b) = _mm_sub_epi64(a, b);
    i64x2_neg(a) = _mm_sub_epi64(zero(), a);
    i64x2_abs(a) = absolute!(a negative64(a), _mm_sub_epi64);
    i64x2_eq(a, b) = equal64(a, b);
    i64x2_ne(a, b) = not(equal64(a, b));
    i64x2_gt_s(a, b) = greater64(a, b);
    i64x2_lt_s(a, b) = greater64(b, a);
    i64x2_le_s(a, b) = not(greater64(a, b));
    i64x2_ge_s(a, b) = not(greater64(b, a));
    i8x16_min_u(a, b) = _mm_min_epu8(a, b);
    i8x16_max_u(a, b) = _mm_max_epu8(a, b);
    i8x16_min_s(a, b) = flip8(_mm_min_epu8(flip8(a), flip8(b)));
    i8x16_max_s(a, b) = flip8(_mm_max_epu8(flip8(a), flip8(b)));
    i16x8_min_s(a, b) = _mm_min_epi16(a, b);
    i16x8_max_s(a, b) = _mm_max_epi16(a, b);
    i16x8_min_u(a, b) = flip16(_mm_min_epi16(flip16(a), flip16(b)));
    i16x8_max_u(a, b) = flip16(_mm_max_epi16(flip16(a), flip16(b)));
    i32x4_min_s(a, b) = choose(_mm_cmpgt_epi32(b, a), a, b);
    i32x4_max_s(a, b) = choose(_mm_cmpgt_epi32(a, b), a, b);
    i32x4_min_u(a, b) = choose(above32(b, a), a, b);
    i32x4_max_u(a, b) = choose(above32(a, b), a, b);
    i16x8_mul(a, b) = _mm_mullo_epi16(a, b);
    i32x4_mul(a, b) = {
        let odd = |x| _mm_shuffle_epi32::<0b11_11_01_01>(x);
        let low = |x| _mm_shuffle_epi32::<0b00_00_10_00>(x);
        _mm_unpacklo_epi32(low(_mm_mul_epu32(a, b)), low(_mm_mul_epu32(odd(a), odd(b))))
    };
    i64x2_mul(a, b) = {
        let crossed = _mm_add_epi64(_mm_mul_epu32(_mm_srli_epi64::<32>(a), b), _mm_mul_epu32(a, _mm_srli_epi64::<32>(b)));
        _mm_add_epi64(_mm_mul_epu32(a, b), _mm_slli_epi64::<32>(crossed))
    };
    i8x16_popcnt(a) = {
        let bits = |mask| _mm_set1_epi8(mask);
        let pairs = _mm_sub_epi8(a, _mm_and_si128(_mm_srli_epi16::<1>(a), bits(0x55)));
        let fours = _mm_add_epi8(_mm_and_si128(pairs, bits(0x33)), _mm_and_si128(_mm_srli_epi16::<2>(pairs), bits(0x33)));
        _mm_and_si128(_mm_add_epi8(fours, _mm_srli_epi16::<4>(fours)), bits(0x0f))
    };
}

define! {
    i16x8_shl(a, n: u32) = _mm_sll_epi16(a, count(n % 16));
    i16x8_shr_s(a, n: u32) = _mm_sra_epi16(a, count(n % 16));
    i16x8_shr_u(a, n: u32) = _mm_srl_epi16(a, count(n % 16));
    i32x4_shl(a, n: u32) = _mm_sll_epi32(a, count(n % 32));
    i32x4_shr_s(a, n: u32) = _mm_sra_epi32(a, count(n % 32));
    i32x4_shr_u(a, n: u32) = _mm_srl_epi32(a, count(n % 32));
    i64x2_shl(a, n: u32) = _mm_sll_epi64(a, count(n % 64));
    i64x2_shr_u(a, n: u32) = _mm_srl_epi64(a, count(n % 64));
    i8x16_shl(a, n: u32) = {
        let kept = _mm_set1_epi8((0xffu8 << (n % 8)) as i8);
        _mm_and_si128(_mm_sll_epi16(a, count(n % 8)), kept)
    };
    i8x16_shr_u(a, n: u32) = {
        let kept = _mm_set1_epi8((0xffu8 >> (n % 8)) as i8);
        _mm_and_si128(_mm_srl_epi16(a, count(n % 8)), kept)
    };
    i8x16_shr_s(a, n: u32) = {
        // Each lane is the upper half of a wider one.
        let shifted = |wide| _mm_sra_epi16(wide, count(n % 8 + 8));
        _mm_packs_epi16(shifted(_mm_unpacklo_epi8(a, a)), shifted(_mm_unpackhi_epi8(a, a)))
    };
    i64x2_shr_s(a, n: u32) = {
        let n = count(n % 64);
        let sign = _mm_srl_epi64(_mm_set1_epi64x(i64::MIN), n);
        _mm_sub_epi64(_mm_xor_si128(_mm_srl_epi64(a, n), sign), sign)
    };
    v128_any_true(a) -> u32 = u32::from(_mm_movemask_epi8(_mm_cmpeq_epi8(a, zero())) != 0xffff);
    i8x16_all_true(a) -> u32 = u32::from(_mm_movemask_epi8(_mm_cmpeq_epi8(a, zero())) == 0);
    i16x8_all_true(a) -> u32 = u32::from(_mm_movemask_epi8(_mm_cmpeq_epi16(a, zero())) == 0);
    i32x4_all_true(a) -> u32 = u32::from(_mm_movemask_epi8(_mm_cmpeq_epi32(a, zero())) == 0);
    i64x2_all_true(a) -> u32 = u32::from(_mm_movemask_epi8(equal64(a, zero())) == 0);
    i8x16_bitmask(a) -> u32 = _mm_movemask_epi8(a) as u32;
    i16x8_bitmask(a) -> u32 = _mm_movemask_epi8(_mm_packs_epi16(a, zero())) as u32;
    i32x4_bitmask(a) -> u32 = _mm_movemask_ps(a) as u32;
    i64x2_bitmask(a) -> u32 = _mm_movemask_pd(a) as u32;
}

common! {
    // Lanes of twice the bits: the lower ones, or the upper ones.
    low8_s(a: __m128i) -> __m128i = _mm_srai_epi16::<8>(_mm_unpacklo_epi8(a, a));
    low8_u(a: __m128i) -> __m128i = _mm_srli_epi16::<8>(_mm_unpacklo_epi8(a, a));
    high8_s(a: __m128i) -> __m128i = _mm_srai_epi16::<8>(_mm_unpackhi_epi8(a, a));
    high8_u(a: __m128i) -> __m128i = _mm_srli_epi16::<8>(_mm_unpackhi_epi8(a, a));
    low16_s(a: __m128i) -> __m128i = _mm_srai_epi32::<16>(_mm_unpacklo_epi16(a, a));
    low16_u(a: __m128i) -> __m128i = _mm_srli_epi32::<16>(_mm_unpacklo_epi16(a, a));
    high16_s(a: __m128i) -> __m128i = _mm_srai_epi32::<16>(_mm_unpackhi_epi16(a, a));
    high16_u(a: __m128i) -> __m128i = _mm_srli_epi32::<16>(_mm_unpackhi_epi16(a, a));
    low32_u(a: __m128i) -> __m128i = _mm_srli_epi64::<32>(_mm_unpacklo_epi32(a, a));
    high32_u(a: __m128i) -> __m128i = _mm_srli_epi64::<32>(_mm_unpackhi_epi32(a, a));
    low32_s(a: __m128i) -> __m128i = _mm_unpacklo_epi32(a, _mm_srai_epi32::<31>(a));
    high32_s(a: __m128i) -> __m128i = _mm_unpackhi_epi32(a, _mm_srai_epi32::<31>(a));
    // Products of the lower halves of signed 64-bit lanes.
    multiply32_s(a: __m128i, b: __m128i) -> __m128i = {
        // A negative factor counts 2^32 too much when it is taken for unsigned.
        let excess = |x, y| _mm_and_si128(_mm_srai_epi32::<31>(x), y);
        let excess = _mm_slli_epi64::<32>(_mm_add_epi32(excess(a, b), excess(b, a)));
        _mm_sub_epi64(_mm_mul_epu32(a, b), excess)
    };
    // The lower halves of products of 16-bit lanes, and the upper ones.
    products16_s(a: __m128i, b: __m128i) -> (__m128i, __m128i) = (_mm_mullo_epi16(a, b), _mm_mulhi_epi16(a, b));
    products16_u(a: __m128i, b: __m128i) -> (__m128i, __m128i) = (_mm_mullo_epi16(a, b), _mm_mulhi_epu16(a, b));
    // Unsigned 16-bit lanes of signed 32-bit ones.
    narrow32_u(a: __m128i) -> __m128i = {
        let positive = _mm_andnot_si128(_mm_srai_epi32::<31>(a), a);
        _mm_sub_epi32(positive, _mm_set1_epi32(0x8000))
    };
}

define! {
    i8x16_narrow_i16x8_s(a, b) = _mm_packs_epi16(a, b);
    i8x16_narrow_i16x8_u(a, b) = _mm_packus_epi16(a, b);
    i16x8_narrow_i32x4_s(a, b) = _mm_packs_epi32(a, b);
    i16x8_narrow_i32x4_u(a, b) = flip16(_mm_packs_epi32(narrow32_u(a), narrow32_u(b)));
    i16x8_extend_low_i8x16_s(a) = low8_s(a);
    i32x4_extend_low_i16x8_s(a) = low16_s(a);
    i64x2_extend_low_i32x4_s(a) = low32_s(a);
    i16x8_extmul_low_i8x16_s(a, b) = _mm_mullo_epi16(low8_s(a), low8_s(b));
    i32x4_extmul_low_i16x8_s(a, b) = {
        let (low, high) = products16_s(a, b);
        _mm_unpacklo_epi16(low, high)
    };
    i64x2_extmul_low_i32x4_s(a, b) = multiply32_s(low32_u(a), low32_u(b));
    i16x8_extend_low_i8x16_u(a) = low8_u(a);
    i32x4_extend_low_i16x8_u(a) = low16_u(a);
    i64x2_extend_low_i32x4_u(a) = low32_u(a);
    i16x8_extmul_low_i8x16_u(a, b) = _mm_mullo_epi16(low8_u(a), low8_u(b));
    i32x4_extmul_low_i16x8_u(a, b) = {
        let (low, high) = products16_u(a, b);
        _mm_unpacklo_epi16(low, high)
    };
    i64x2_extmul_low_i32x4_u(a, b) = _mm_mul_epu32(low32_u(a), low32_u(b));
    i16x8_extend_high_i8x16_s(a) = high8_s(a);
    i32x4_extend_high_i16x8_s(a) = high16_s(a);
    i64x2_extend_high_i32x4_s(a) = high32_s(a);
    i16x8_extmul_high_i8x16_s(a, b) = _mm_mullo_epi16(high8_s(a), high8_s(b));
    i32x4_extmul_high_i16x8_s(a, b) = {
        let (low, high) = products16_s(a, b);
        _mm_unpackhi_epi16(low, high)
    };
    i64x2_extmul_high_i32x4_s(a, b) = multiply32_s(high32_u(a), high32_u(b));
    i16x8_extend_high_i8x16_u(a) = high8_u(a);
    i32x4_extend_high_i16x8_u(a) = high16_u(a);
    i64x2_extend_high_i32x4_u(a) = high32_u(a);
    i16x8_extmul_high_i8x16_u(a, b) = _mm_mullo_epi16(high8_u(a), high8_u(b));
    i32x4_extmul_high_i16x8_u(a, b) = {
        let (low, high) = products16_u(a, b);
        _mm_unpackhi_epi16(low, high)
    };
    i64x2_extmul_high_i32x4_u(a, b) = _mm_mul_epu32(high32_u(a), high32_u(b));
    i16x8_extadd_pairwise_i8x16_s(a) = _mm_add_epi16(_mm_srai_epi16::<8>(_mm_slli_epi16::<8>(a)), _mm_srai_epi16::<8>(a));
    i16x8_extadd_pairwise_i8x16_u(a) = _mm_add_epi16(_mm_and_si128(a, _mm_set1_epi16(0xff)), _mm_srli_epi16::<8>(a));
    i32x4_extadd_pairwise_i16x8_s(a) = _mm_madd_epi16(a, _mm_set1_epi16(1));
    i32x4_extadd_pairwise_i16x8_u(a) = _mm_add_epi32(_mm_and_si128(a, _mm_set1_epi32(0xffff)), _mm_srli_epi32::<16>(a));
    i32x4_dot_i16x8_s(a, b) = _mm_madd_epi16(a, b);
    i16x8_q15mulr_sat_s(a, b) = {
        let (low, high) = products16_s(a, b);
        let rounded = |wide| _mm_srai_epi32::<15>(_mm_add_epi32(wide, _mm_set1_epi32(0x4000)));
        _mm_packs_epi32(rounded(_mm_unpacklo_epi16(low, high)), rounded(_mm_unpackhi_epi16(low, high)))
    };
    i16x8_relaxed_dot_i8x16_i7x16_s(a, b) =
        _mm_packs_epi32(_mm_madd_epi16(low8_s(a), low8_s(b)), _mm_madd_epi16(high8_s(a), high8_s(b)));
}

define! {
    i16x8_relaxed_q15mulr_s(a: V128, b: V128) -> V128 = i16x8_q15mulr_sat_s(a, b);
    i32x4_relaxed_dot_i8x16_i7x16_add_s(a: V128, b: V128, c: V128) -> V128 =
        i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b)), c);
    i8x16_splat(x: u32) = _mm_set1_epi8(x as i8);
    i16x8_splat(x: u32) = _mm_set1_epi16(x as i16);
    i32x4_splat(x: u32) = _mm_set1_epi32(x as i32);
    i64x2_splat(x: u64) = _mm_set1_epi64x(x as i64);
    f32x4_splat(x: f32) = _mm_set1_ps(x);
    f64x2_splat(x: f64) = _mm_set1_pd(x);
    i8x16_replace_lane(a, x: u32, lane: u8) = {
        let places = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        choose(_mm_cmpeq_epi8(places, _mm_set1_epi8((lane % 16) as i8)), _mm_set1_epi8(x as i8), a)
    };
    i16x8_replace_lane(a, x: u32, lane: u8) = {
        let places = _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7);
        choose(_mm_cmpeq_epi16(places, _mm_set1_epi16((lane % 8).into())), _mm_set1_epi16(x as i16), a)
    };
    i32x4_replace_lane(a, x: u32, lane: u8) = {
        let places = _mm_setr_epi32(0, 1, 2, 3);
        choose(_mm_cmpeq_epi32(places, _mm_set1_epi32((lane % 4).into())), _mm_set1_epi32(x as i32), a)
    };
    i64x2_replace_lane(a, x: u64, lane: u8) = {
        let places = _mm_setr_epi32(0, 0, 1, 1);
        choose(_mm_cmpeq_epi32(places, _mm_set1_epi32((lane % 2).into())), _mm_set1_epi64x(x as i64), a)
    };
    f32x4_replace_lane(a, x: f32, lane: u8) = {
        let places = _mm_setr_epi32(0, 1, 2, 3);
        let value = _mm_castps_si128(_mm_set1_ps(x));
        choose(_mm_cmpeq_epi32(places, _mm_set1_epi32((lane % 4).into())), value, a)
    };
    f64x2_replace_lane(a, x: f64, lane: u8) = {
        let places = _mm_setr_epi32(0, 0, 1, 1);
        let value = _mm_castpd_si128(_mm_set1_pd(x));
        choose(_mm_cmpeq_epi32(places, _mm_set1_epi32((lane % 2).into())), value, a)
    };
    v128_load8x8_s(x: u64) = low8_s(low(x));
    v128_load8x8_u(x: u64) = low8_u(low(x));
    v128_load16x4_s(x: u64) = low16_s(low(x));
    v128_load16x4_u(x: u64) = low16_u(low(x));
    v128_load32x2_s(x: u64) = low32_s(low(x));
    v128_load32x2_u(x: u64) = low32_u(low(x));
    v128_load8_splat(x: u8) -> V128 = i8x16_splat(x.into());
    v128_load16_splat(x: u16) -> V128 = i16x8_splat(x.into());
    v128_load32_splat(x: u32) -> V128 = i32x4_splat(x);
    v128_load64_splat(x: u64) -> V128 = i64x2_splat(x);
    v128_load32_zero(x: u32) = _mm_cvtsi32_si128(x as i32);
    v128_load64_zero(x: u64) = low(x);
    v128_load8_lane(a: V128, x: u8, lane: u8) -> V128 = i8x16_replace_lane(a, x.into(), lane);
    v128_load16_lane(a: V128, x: u16, lane: u8) -> V128 = i16x8_replace_lane(a, x.into(), lane);
    v128_load32_lane(a: V128, x: u32, lane: u8) -> V128 = i32x4_replace_lane(a, x, lane);
    v128_load64_lane(a: V128, x: u64, lane: u8) -> V128 = i64x2_replace_lane(a, x, lane);
}

common! {
    low(x: u64) -> __m128i = _mm_cvtsi64_si128(x as i64);
    // Rounds to the nearest integer, ties to even; the sign stays, and NaN becomes quiet.
    nearest_ps(a: __m128) -> __m128 = {
        // From here on all numbers are integers; adding it drops the fraction.
        let whole = _mm_set1_ps(8_388_608.0);
        let sign = _mm_and_ps(a, _mm_set1_ps(-0.0));
        let shift = _mm_or_ps(whole, sign);
        let rounded = _mm_or_ps(_mm_sub_ps(_mm_add_ps(a, shift), shift), sign);
        let fractional = _mm_cmplt_ps(_mm_andnot_ps(_mm_set1_ps(-0.0), a), whole);
        _mm_or_ps(_mm_and_ps(fractional, rounded), _mm_andnot_ps(fractional, _mm_add_ps(a, _mm_set1_ps(0.0))))
    };
    // The canonical NaN where a lane of either is NaN.
    with_nan_ps(a: __m128, b: __m128, value: __m128) -> __m128 = {
        let nan = _mm_cmpunord_ps(a, b);
        let payload = _mm_castsi128_ps(_mm_srli_epi32::<10>(_mm_castps_si128(nan)));
        _mm_andnot_ps(payload, _mm_or_ps(value, nan))
    };
}

define! {
    f32x4_abs(a) = _mm_andnot_ps(_mm_set1_ps(-0.0), a);
    f32x4_neg(a) = _mm_xor_ps(_mm_set1_ps(-0.0), a);
    f32x4_sqrt(a) = _mm_sqrt_ps(a);
    f32x4_add(a, b) = _mm_add_ps(a, b);
    f32x4_sub(a, b) = _mm_sub_ps(a, b);
    f32x4_mul(a, b) = _mm_mul_ps(a, b);
    f32x4_div(a, b) = _mm_div_ps(a, b);
    f32x4_relaxed_madd(a, b, c) = _mm_add_ps(_mm_mul_ps(a, b), c);
    f32x4_relaxed_nmadd(a, b, c) = _mm_sub_ps(c, _mm_mul_ps(a, b));
    f32x4_eq(a, b) = _mm_cmpeq_ps(a, b);
    f32x4_ne(a, b) = _mm_cmpneq_ps(a, b);
    f32x4_lt(a, b) = _mm_cmplt_ps(a, b);
    f32x4_gt(a, b) = _mm_cmplt_ps(b, a);
    f32x4_le(a, b) = _mm_cmple_ps(a, b);
    f32x4_ge(a, b) = _mm_cmple_ps(b, a);
    // Where both are zeros, the instructions give the second operand: the sign is what either has, or both.
    f32x4_min(a, b) = with_nan_ps(a, b, _mm_or_ps(_mm_min_ps(a, b), _mm_min_ps(b, a)));
    f32x4_max(a, b) = with_nan_ps(a, b, _mm_and_ps(_mm_max_ps(a, b), _mm_max_ps(b, a)));
    f32x4_relaxed_min(a, b) = with_nan_ps(a, b, _mm_or_ps(_mm_min_ps(a, b), _mm_min_ps(b, a)));
    f32x4_relaxed_max(a, b) = with_nan_ps(a, b, _mm_and_ps(_mm_max_ps(a, b), _mm_max_ps(b, a)));
    f32x4_pmin(a, b) = _mm_min_ps(b, a);
    f32x4_pmax(a, b) = _mm_max_ps(b, a);
    f32x4_nearest(a) = nearest_ps(a);
    f32x4_floor(a) = {
        let near = nearest_ps(a);
        let down = _mm_sub_ps(near, _mm_and_ps(_mm_cmplt_ps(a, near), _mm_set1_ps(1.0)));
        _mm_or_ps(down, _mm_and_ps(a, _mm_set1_ps(-0.0)))
    };
    f32x4_ceil(a) = {
        let near = nearest_ps(a);
        let up = _mm_add_ps(near, _mm_and_ps(_mm_cmplt_ps(near, a), _mm_set1_ps(1.0)));
        _mm_or_ps(up, _mm_and_ps(a, _mm_set1_ps(-0.0)))
    };
    f32x4_trunc(a) = {
        let sign = _mm_set1_ps(-0.0);
        let size = _mm_andnot_ps(sign, a);
        let near = nearest_ps(size);
        let down = _mm_sub_ps(near, _mm_and_ps(_mm_cmplt_ps(size, near), _mm_set1_ps(1.0)));
        _mm_or_ps(down, _mm_and_ps(a, sign))
    };
}

common! {
    // Rounds to the nearest integer, ties to even; the sign stays, and NaN becomes quiet.
    nearest_pd(a: __m128d) -> __m128d = {
        // From here on all numbers are integers; adding it drops the fraction.
        let whole = _mm_set1_pd(4_503_599_627_370_496.0);
        let sign = _mm_and_pd(a, _mm_set1_pd(-0.0));
        let shift = _mm_or_pd(whole, sign);
        let rounded = _mm_or_pd(_mm_sub_pd(_mm_add_pd(a, shift), shift), sign);
        let fractional = _mm_cmplt_pd(_mm_andnot_pd(_mm_set1_pd(-0.0), a), whole);
        _mm_or_pd(_mm_and_pd(fractional, rounded), _mm_andnot_pd(fractional, _mm_add_pd(a, _mm_set1_pd(0.0))))
    };
    // The canonical NaN where a lane of either is NaN.
    with_nan_pd(a: __m128d, b: __m128d, value: __m128d) -> __m128d = {
        let nan = _mm_cmpunord_pd(a, b);
        let payload = _mm_castsi128_pd(_mm_srli_epi64::<13>(_mm_castpd_si128(nan)));
        _mm_andnot_pd(payload, _mm_or_pd(value, nan))
    };
}

define! {
    f64x2_abs(a) = _mm_andnot_pd(_mm_set1_pd(-0.0), a);
    f64x2_neg(a) = _mm_xor_pd(_mm_set1_pd(-0.0), a);
    f64x2_sqrt(a) = _mm_sqrt_pd(a);
    f64x2_add(a, b) = _mm_add_pd(a, b);
    f64x2_sub(a, b) = _mm_sub_pd(a, b);
    f64x2_mul(a, b) = _mm_mul_pd(a, b);
    f64x2_div(a, b) = _mm_div_pd(a, b);
    f64x2_relaxed_madd(a, b, c) = _mm_add_pd(_mm_mul_pd(a, b), c);
    f64x2_relaxed_nmadd(a, b, c) = _mm_sub_pd(c, _mm_mul_pd(a, b));
    f64x2_eq(a, b) = _mm_cmpeq_pd(a, b);
    f64x2_ne(a, b) = _mm_cmpneq_pd(a, b);
    f64x2_lt(a, b) = _mm_cmplt_pd(a, b);
    f64x2_gt(a, b) = _mm_cmplt_pd(b, a);
    f64x2_le(a, b) = _mm_cmple_pd(a, b);
    f64x2_ge(a, b) = _mm_cmple_pd(b, a);
    // Where both are zeros, the instructions give the second operand: the sign is what either has, or both.
    f64x2_min(a, b) = with_nan_pd(a, b, _mm_or_pd(_mm_min_pd(a, b), _mm_min_pd(b, a)));
    f64x2_max(a, b) = with_nan_pd(a, b, _mm_and_pd(_mm_max_pd(a, b), _mm_max_pd(b, a)));
    f64x2_relaxed_min(a, b) = with_nan_pd(a, b, _mm_or_pd(_mm_min_pd(a, b), _mm_min_pd(b, a)));
    f64x2_relaxed_max(a, b) = with_nan_pd(a, b, _mm_and_pd(_mm_max_pd(a, b), _mm_max_pd(b, a)));
    f64x2_pmin(a, b) = _mm_min_pd(b, a);
    f64x2_pmax(a, b) = _mm_max_pd(b, a);
    f64x2_nearest(a) = nearest_pd(a);
    f64x2_floor(a) = {
        let near = nearest_pd(a);
        let down = _mm_sub_pd(near, _mm_and_pd(_mm_cmplt_pd(a, near), _mm_set1_pd(1.0)));
        _mm_or_pd(down, _mm_and_pd(a, _mm_set1_pd(-0.0)))
    };
    f64x2_ceil(a) = {
        let near = nearest_pd(a);
        let up = _mm_add_pd(near, _mm_and_pd(_mm_cmplt_pd(near, a), _mm_set1_pd(1.0)));
        _mm_or_pd(up, _mm_and_pd(a, _mm_set1_pd(-0.0)))
    };
    f64x2_trunc(a) = {
        let sign = _mm_set1_pd(-0.0);
        let size = _mm_andnot_pd(sign, a);
        let near = nearest_pd(size);
        let down = _mm_sub_pd(near, _mm_and_pd(_mm_cmplt_pd(size, near), _mm_set1_pd(1.0)));
        _mm_or_pd(down, _mm_and_pd(a, sign))
    };
}

define! {
    i32x4_trunc_sat_f32x4_s(a) = {
        let numbers = _mm_and_ps(a, _mm_cmpord_ps(a, a));
        // What is too large gives 2^31, which becomes 2^31 - 1.
        let large = _mm_cmple_ps(_mm_set1_ps(2_147_483_648.0), a);
        _mm_xor_si128(_mm_cvttps_epi32(numbers), _mm_castps_si128(large))
    };
    i32x4_trunc_sat_f32x4_u(a) = {
        let half = _mm_set1_ps(2_147_483_648.0);
        // Not a number, or negative: 0.
        let a = _mm_max_ps(a, _mm_setzero_ps());
        let more = _mm_sub_ps(a, half);
        // What is 2^31 or more above 2^31 gives 2^31, which becomes 2^31 - 1.
        let upper = _mm_xor_si128(_mm_cvttps_epi32(more), _mm_castps_si128(_mm_cmple_ps(half, more)));
        _mm_add_epi32(_mm_cvttps_epi32(a), _mm_and_si128(upper, _mm_castps_si128(_mm_cmple_ps(half, a))))
    };
    i32x4_trunc_sat_f64x2_s_zero(a) = {
        let numbers = _mm_and_pd(a, _mm_cmpord_pd(a, a));
        _mm_cvttpd_epi32(_mm_min_pd(numbers, _mm_set1_pd(2_147_483_647.0)))
    };
    f32x4_convert_i32x4_s(a) = _mm_cvtepi32_ps(a);
    f32x4_convert_i32x4_u(a) = {
        // Both halves are exact, so that the sum is rounded once.
        let upper = _mm_mul_ps(_mm_cvtepi32_ps(_mm_srli_epi32::<16>(a)), _mm_set1_ps(65536.0));
        let lower = _mm_cvtepi32_ps(_mm_and_si128(a, _mm_set1_epi32(0xffff)));
        _mm_add_ps(upper, lower)
    };
    f64x2_convert_low_i32x4_s(a) = _mm_cvtepi32_pd(a);
    f64x2_convert_low_i32x4_u(a) = {
        // The lower half of a float of 2^52 and more counts ones.
        let biased = _mm_castsi128_pd(_mm_unpacklo_epi32(a, _mm_set1_epi32(0x4330_0000)));
        _mm_sub_pd(biased, _mm_set1_pd(4_503_599_627_370_496.0))
    };
    f32x4_demote_f64x2_zero(a) = _mm_cvtpd_ps(a);
    f64x2_promote_low_f32x4(a) = _mm_cvtps_pd(a);
    i32x4_relaxed_trunc_f32x4_s(a: V128) -> V128 = i32x4_trunc_sat_f32x4_s(a);
    i32x4_relaxed_trunc_f32x4_u(a: V128) -> V128 = i32x4_trunc_sat_f32x4_u(a);
    i32x4_relaxed_trunc_f64x2_s_zero(a: V128) -> V128 = i32x4_trunc_sat_f64x2_s_zero(a);
}

/// What takes its lanes from anywhere, where the build may use `pshufb`.
#[cfg(target_feature = "ssse3")]
mod bytes {
    use super::*;

    define! {
        i8x16_swizzle(a, b) = {
            // Indices above 15 get their upper bit, which asks for zero.
            _mm_shuffle_epi8(a, _mm_adds_epu8(b, _mm_set1_epi8(0x70)))
        };
        i8x16_relaxed_swizzle(a: V128, b: V128) -> V128 = i8x16_swizzle(a, b);
        i8x16_shuffle(a: V128, b: V128, lanes: V128) -> V128 = {
            let second = V128(_mm_sub_epi8(lanes.0, _mm_set1_epi8(16)));
            v128_or(i8x16_swizzle(a, lanes), i8x16_swizzle(b, second))
        };
    }
}
#[cfg(target_feature = "ssse3")]
pub use bytes::{i8x16_relaxed_swizzle, i8x16_shuffle, i8x16_swizzle};
