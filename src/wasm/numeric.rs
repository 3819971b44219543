//! What numeric instructions compute, as pure functions named after their mnemonics.
//!
//! Spec: Execution, Numerics. Called by: `exec` (handlers), `runtime` (constant expressions). Calls: `wasm::trap`.
//!
//! Integers are held unsigned, as the standard has them; `_s` functions reinterpret. Functions that can trap give a `Result`.
//! Everything is inlined into handlers, and leaf: rounding is done by additions (2^52 and 2^23 have no fraction bits left), so that no handler
//! calls the C library, whatever instructions the target has.

use super::trap::TrapCode;

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $result:ty = $value:expr;)*) => {$(
        $(#[$doc])*
        #[doc = concat!("`", stringify!($name), "` of the standard.")]
        #[inline(always)]
        pub fn $name($($arg: $ty),*) -> $result { $value }
    )*};
}

macro_rules! integer {
    ($u:ident $s:ident: $add:ident $sub:ident $mul:ident $and:ident $or:ident $xor:ident $shl:ident $shr_s:ident $shr_u:ident $rotl:ident $rotr:ident
     $div_s:ident $div_u:ident $rem_s:ident $rem_u:ident $clz:ident $ctz:ident $popcnt:ident $extend8:ident $extend16:ident
     $eq:ident $ne:ident $lt_s:ident $lt_u:ident $gt_s:ident $gt_u:ident $le_s:ident $le_u:ident $ge_s:ident $ge_u:ident) => {
        define! {
            $add(a: $u, b: $u) -> $u = a.wrapping_add(b);
            $sub(a: $u, b: $u) -> $u = a.wrapping_sub(b);
            $mul(a: $u, b: $u) -> $u = a.wrapping_mul(b);
            $and(a: $u, b: $u) -> $u = a & b;
            $or(a: $u, b: $u) -> $u = a | b;
            $xor(a: $u, b: $u) -> $u = a ^ b;
            $shl(a: $u, b: $u) -> $u = a.wrapping_shl(b as u32);
            $shr_s(a: $u, b: $u) -> $u = (a as $s).wrapping_shr(b as u32) as $u;
            $shr_u(a: $u, b: $u) -> $u = a.wrapping_shr(b as u32);
            $rotl(a: $u, b: $u) -> $u = a.rotate_left(b as u32 & ($u::BITS - 1));
            $rotr(a: $u, b: $u) -> $u = a.rotate_right(b as u32 & ($u::BITS - 1));
            $div_s(a: $u, b: $u) -> Result<$u, TrapCode> = if b == 0 {
                Err(TrapCode::IntegerDivideByZero)
            } else {
                (a as $s).checked_div(b as $s).map(|v| v as $u).ok_or(TrapCode::IntegerOverflow)
            };
            $div_u(a: $u, b: $u) -> Result<$u, TrapCode> = a.checked_div(b).ok_or(TrapCode::IntegerDivideByZero);
            $rem_s(a: $u, b: $u) -> Result<$u, TrapCode> = if b == 0 {
                Err(TrapCode::IntegerDivideByZero)
            } else {
                Ok((a as $s).wrapping_rem(b as $s) as $u)
            };
            $rem_u(a: $u, b: $u) -> Result<$u, TrapCode> = a.checked_rem(b).ok_or(TrapCode::IntegerDivideByZero);
            $clz(a: $u) -> $u = a.leading_zeros() as $u;
            $ctz(a: $u) -> $u = a.trailing_zeros() as $u;
            $popcnt(a: $u) -> $u = a.count_ones() as $u;
            $extend8(a: $u) -> $u = a as i8 as $u;
            $extend16(a: $u) -> $u = a as i16 as $u;
            $eq(a: $u, b: $u) -> bool = a == b;
            $ne(a: $u, b: $u) -> bool = a != b;
            $lt_s(a: $u, b: $u) -> bool = (a as $s) < b as $s;
            $lt_u(a: $u, b: $u) -> bool = a < b;
            $gt_s(a: $u, b: $u) -> bool = a as $s > b as $s;
            $gt_u(a: $u, b: $u) -> bool = a > b;
            $le_s(a: $u, b: $u) -> bool = a as $s <= b as $s;
            $le_u(a: $u, b: $u) -> bool = a <= b;
            $ge_s(a: $u, b: $u) -> bool = a as $s >= b as $s;
            $ge_u(a: $u, b: $u) -> bool = a >= b;
        }
    };
}
integer! { u32 i32: i32_add i32_sub i32_mul i32_and i32_or i32_xor i32_shl i32_shr_s i32_shr_u i32_rotl i32_rotr
i32_div_s i32_div_u i32_rem_s i32_rem_u i32_clz i32_ctz i32_popcnt i32_extend8_s i32_extend16_s
i32_eq i32_ne i32_lt_s i32_lt_u i32_gt_s i32_gt_u i32_le_s i32_le_u i32_ge_s i32_ge_u }
integer! { u64 i64: i64_add i64_sub i64_mul i64_and i64_or i64_xor i64_shl i64_shr_s i64_shr_u i64_rotl i64_rotr
i64_div_s i64_div_u i64_rem_s i64_rem_u i64_clz i64_ctz i64_popcnt i64_extend8_s i64_extend16_s
i64_eq i64_ne i64_lt_s i64_lt_u i64_gt_s i64_gt_u i64_le_s i64_le_u i64_ge_s i64_ge_u }

macro_rules! float {
    ($f:ident $quiet:ident $quiet_bit:literal $whole:literal: $add:ident $sub:ident $mul:ident $div:ident $min:ident $max:ident $copysign:ident
     $abs:ident $neg:ident $ceil:ident $floor:ident $trunc:ident $nearest:ident $sqrt:ident
     $eq:ident $ne:ident $lt:ident $gt:ident $le:ident $ge:ident $not_lt:ident $not_gt:ident $not_le:ident $not_ge:ident) => {
        define! {
            $add(a: $f, b: $f) -> $f = a + b;
            $sub(a: $f, b: $f) -> $f = a - b;
            $mul(a: $f, b: $f) -> $f = a * b;
            $div(a: $f, b: $f) -> $f = a / b;
            $min(a: $f, b: $f) -> $f = if a.is_nan() || b.is_nan() {
                a + b
            } else if a == b {
                $f::from_bits(a.to_bits() | b.to_bits())
            } else if a < b {
                a
            } else {
                b
            };
            $max(a: $f, b: $f) -> $f = if a.is_nan() || b.is_nan() {
                a + b
            } else if a == b {
                $f::from_bits(a.to_bits() & b.to_bits())
            } else if a > b {
                a
            } else {
                b
            };
            $copysign(a: $f, b: $f) -> $f = a.copysign(b);
            $abs(a: $f) -> $f = a.abs();
            $neg(a: $f) -> $f = -a;
            /// Adding and subtracting 2^(fraction bits) rounds to even in the default rounding mode.
            $nearest(a: $f) -> $f = if a.abs() < $whole { ((a.abs() + $whole) - $whole).copysign(a) } else { $quiet(a) };
            $floor(a: $f) -> $f = {
                let nearest = $nearest(a);
                if nearest > a { nearest - 1.0 } else { nearest }
            };
            $ceil(a: $f) -> $f = {
                let nearest = $nearest(a);
                if nearest < a { (nearest + 1.0).copysign(a) } else { nearest }
            };
            $trunc(a: $f) -> $f = {
                let nearest = $nearest(a.abs());
                let down = if nearest > a.abs() { nearest - 1.0 } else { nearest };
                if a.is_nan() { $quiet(a) } else { down.copysign(a) }
            };
            $eq(a: $f, b: $f) -> bool = a == b;
            $ne(a: $f, b: $f) -> bool = a != b;
            $lt(a: $f, b: $f) -> bool = a < b;
            $gt(a: $f, b: $f) -> bool = a > b;
            $le(a: $f, b: $f) -> bool = a <= b;
            $ge(a: $f, b: $f) -> bool = a >= b;
            /// Negations have functions of their own: with NaN they are no other comparison.
            $not_lt(a: $f, b: $f) -> bool = !$lt(a, b);
            /// As above.
            $not_gt(a: $f, b: $f) -> bool = !$gt(a, b);
            /// As above.
            $not_le(a: $f, b: $f) -> bool = !$le(a, b);
            /// As above.
            $not_ge(a: $f, b: $f) -> bool = !$ge(a, b);
        }
        /// NaN without its signal; by its bits, since LLVM takes an addition of zero for nothing.
        #[inline(always)]
        fn $quiet(a: $f) -> $f {
            if a.is_nan() { $f::from_bits(a.to_bits() | 1 << $quiet_bit) } else { a }
        }

        /// Square root, correctly rounded.
        #[inline(always)]
        pub fn $sqrt(a: $f) -> $f {
            #[cfg(feature = "std")]
            {
                a.sqrt()
            }
            #[cfg(not(feature = "std"))]
            {
                without_std::$sqrt(a)
            }
        }
    };
}
float! { f32 f32_quiet 22 8_388_608.0: f32_add f32_sub f32_mul f32_div f32_min f32_max f32_copysign
f32_abs f32_neg f32_ceil f32_floor f32_trunc f32_nearest f32_sqrt
f32_eq f32_ne f32_lt f32_gt f32_le f32_ge f32_not_lt f32_not_gt f32_not_le f32_not_ge }
float! { f64 f64_quiet 51 4_503_599_627_370_496.0: f64_add f64_sub f64_mul f64_div f64_min f64_max f64_copysign
f64_abs f64_neg f64_ceil f64_floor f64_trunc f64_nearest f64_sqrt
f64_eq f64_ne f64_lt f64_gt f64_le f64_ge f64_not_lt f64_not_gt f64_not_le f64_not_ge }

#[cfg(not(feature = "std"))]
mod without_std {
    pub fn f32_sqrt(a: f32) -> f32 {
        libm::sqrtf(a)
    }
    pub fn f64_sqrt(a: f64) -> f64 {
        libm::sqrt(a)
    }
}

/// Truncation of a float that must lie strictly between two bounds.
macro_rules! trunc {
    ($a:ident, $low:literal, $high:literal, $via:ty, $to:ty) => {
        if $a.is_nan() {
            Err(TrapCode::InvalidConversionToInteger)
        } else if $a > $low && $a < $high {
            Ok($a as $via as $to)
        } else {
            Err(TrapCode::IntegerOverflow)
        }
    };
}

define! {
    i64_extend_i32_s(a: u32) -> u64 = a as i32 as u64;
    i64_extend_i32_u(a: u32) -> u64 = u64::from(a);
    i64_extend32_s(a: u64) -> u64 = a as i32 as u64;
    i32_trunc_f32_s(a: f32) -> Result<u32, TrapCode> = trunc!(a, -2_147_483_904.0, 2_147_483_648.0, i32, u32);
    i32_trunc_f32_u(a: f32) -> Result<u32, TrapCode> = trunc!(a, -1.0, 4_294_967_296.0, u32, u32);
    i32_trunc_f64_s(a: f64) -> Result<u32, TrapCode> = trunc!(a, -2_147_483_649.0, 2_147_483_648.0, i32, u32);
    i32_trunc_f64_u(a: f64) -> Result<u32, TrapCode> = trunc!(a, -1.0, 4_294_967_296.0, u32, u32);
    i64_trunc_f32_s(a: f32) -> Result<u64, TrapCode> = trunc!(a, -9_223_373_136_366_403_584.0, 9_223_372_036_854_775_808.0, i64, u64);
    i64_trunc_f32_u(a: f32) -> Result<u64, TrapCode> = trunc!(a, -1.0, 18_446_744_073_709_551_616.0, u64, u64);
    i64_trunc_f64_s(a: f64) -> Result<u64, TrapCode> = trunc!(a, -9_223_372_036_854_777_856.0, 9_223_372_036_854_775_808.0, i64, u64);
    i64_trunc_f64_u(a: f64) -> Result<u64, TrapCode> = trunc!(a, -1.0, 18_446_744_073_709_551_616.0, u64, u64);
    i32_trunc_sat_f32_s(a: f32) -> u32 = a as i32 as u32;
    i32_trunc_sat_f32_u(a: f32) -> u32 = a as u32;
    i32_trunc_sat_f64_s(a: f64) -> u32 = a as i32 as u32;
    i32_trunc_sat_f64_u(a: f64) -> u32 = a as u32;
    i64_trunc_sat_f32_s(a: f32) -> u64 = a as i64 as u64;
    i64_trunc_sat_f32_u(a: f32) -> u64 = a as u64;
    i64_trunc_sat_f64_s(a: f64) -> u64 = a as i64 as u64;
    i64_trunc_sat_f64_u(a: f64) -> u64 = a as u64;
    f32_convert_i32_s(a: u32) -> f32 = a as i32 as f32;
    f32_convert_i32_u(a: u32) -> f32 = a as f32;
    f32_convert_i64_s(a: u64) -> f32 = a as i64 as f32;
    f32_convert_i64_u(a: u64) -> f32 = a as f32;
    f64_convert_i32_s(a: u32) -> f64 = f64::from(a as i32);
    f64_convert_i32_u(a: u32) -> f64 = f64::from(a);
    f64_convert_i64_s(a: u64) -> f64 = a as i64 as f64;
    f64_convert_i64_u(a: u64) -> f64 = a as f64;
    f32_demote_f64(a: f64) -> f32 = a as f32;
    f64_promote_f32(a: f32) -> f64 = f64::from(a);
    i32_reinterpret_f32(a: f32) -> u32 = a.to_bits();
    i64_reinterpret_f64(a: f64) -> u64 = a.to_bits();
    f32_reinterpret_i32(a: u32) -> f32 = f32::from_bits(a);
    f64_reinterpret_i64(a: u64) -> f64 = f64::from_bits(a);
}

/// The halves of a 128-bit integer, the low one first.
const fn halves(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}

/// A 128-bit integer from its halves, the low one first.
const fn whole(low: u64, high: u64) -> u128 {
    low as u128 | (high as u128) << 64
}

define! {
    i64_add128(operands: [u64; 4]) -> [u64; 2] =
        halves(whole(operands[0], operands[1]).wrapping_add(whole(operands[2], operands[3])));
    i64_sub128(operands: [u64; 4]) -> [u64; 2] =
        halves(whole(operands[0], operands[1]).wrapping_sub(whole(operands[2], operands[3])));
    i64_mul_wide_s(operands: [u64; 2]) -> [u64; 2] = halves((i128::from(operands[0] as i64) * i128::from(operands[1] as i64)) as u128);
    i64_mul_wide_u(operands: [u64; 2]) -> [u64; 2] = halves(u128::from(operands[0]) * u128::from(operands[1]));
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    const F64: [f64; 22] = [
        0.0,
        -0.0,
        0.4,
        -0.4,
        0.5,
        -0.5,
        0.6,
        1.0,
        -1.0,
        1.5,
        -1.5,
        2.5,
        -2.5,
        4_503_599_627_370_495.5,
        -4_503_599_627_370_495.5,
        4_503_599_627_370_496.0,
        9_007_199_254_740_993.0,
        1e300,
        -1e300,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
    ];

    #[test]
    fn rounding_is_that_of_the_standard_library() {
        for a in F64 {
            let bits = |v: f64| v.to_bits();
            assert_eq!(bits(f64_nearest(a)), bits(a.round_ties_even()), "nearest {a}");
            assert_eq!(bits(f64_floor(a)), bits(a.floor()), "floor {a}");
            assert_eq!(bits(f64_ceil(a)), bits(a.ceil()), "ceil {a}");
            assert_eq!(bits(f64_trunc(a)), bits(a.trunc()), "trunc {a}");
            let (a, bits) = (a as f32, |v: f32| v.to_bits());
            assert_eq!(bits(f32_nearest(a)), bits(a.round_ties_even()), "nearest {a}");
            assert_eq!(bits(f32_floor(a)), bits(a.floor()), "floor {a}");
            assert_eq!(bits(f32_ceil(a)), bits(a.ceil()), "ceil {a}");
            assert_eq!(bits(f32_trunc(a)), bits(a.trunc()), "trunc {a}");
        }
    }

    #[test]
    fn rounding_quiets_nan() {
        let signalling = f64::from_bits(0x7ff0_0000_0000_0001);
        for f in [f64_nearest, f64_floor, f64_ceil, f64_trunc] {
            assert_eq!(f(core::hint::black_box(signalling)).to_bits(), 0x7ff8_0000_0000_0001);
        }
    }

    #[test]
    fn integer_corners() {
        assert_eq!(i32_div_s(0x8000_0000, u32::MAX), Err(TrapCode::IntegerOverflow));
        assert_eq!(i32_rem_s(0x8000_0000, u32::MAX), Ok(0));
        assert_eq!(i64_div_u(1, 0), Err(TrapCode::IntegerDivideByZero));
        assert_eq!(i32_shl(1, 33), 2);
        assert_eq!(i32_trunc_f32_s(f32::NAN), Err(TrapCode::InvalidConversionToInteger));
        assert_eq!(i32_trunc_f64_u(-0.9), Ok(0));
        assert_eq!(f64_min(0.0, -0.0).to_bits(), (-0.0f64).to_bits());
    }

    #[test]
    fn wide_arithmetic_carries_between_the_halves() {
        assert_eq!(i64_add128([u64::MAX, 1, 1, 2]), [0, 4]);
        assert_eq!(i64_add128([u64::MAX, u64::MAX, 1, 0]), [0, 0]);
        assert_eq!(i64_sub128([0, 1, 1, 0]), [u64::MAX, 0]);
        assert_eq!(i64_sub128([0, 0, 1, 0]), [u64::MAX, u64::MAX]);
        assert_eq!(i64_mul_wide_s([u64::MAX, 5]), [(-5i64) as u64, u64::MAX]);
        assert_eq!(i64_mul_wide_u([u64::MAX, 5]), [(-5i64) as u64, 4]);
    }
}

define! {
    /// The low 31 bits, as a reference; the lowest bit tells it from references to objects, which are even.
    ref_i31(x: u32) -> u32 = x << 1 | 1;
    /// The integer at a reference, which must not be null.
    i31_get_s(x: u32) -> Result<u32, TrapCode> = if x == 0 { Err(TrapCode::NullI31Reference) } else { Ok((x.cast_signed() >> 1).cast_unsigned()) };
    /// The integer at a reference, which must not be null.
    i31_get_u(x: u32) -> Result<u32, TrapCode> = if x == 0 { Err(TrapCode::NullI31Reference) } else { Ok(x >> 1) };
}
