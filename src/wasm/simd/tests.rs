//! Tests that what is exported computes what `portable` does, bit by bit, whatever the machine.
//!
//! One table, at the end, names the instructions by the types of their operands; the opcode table knows whether one is missing.

use alloc::vec::Vec;
use core::fmt::Debug;

use super::portable::Lane;
use super::{V128, portable};
use crate::wasm::features::Proposal;
use crate::wasm::opcodes::Opcode;

/// Vectors of all kinds: lanes at the ends of their ranges, floats of all classes, and others from a generator.
fn vectors() -> Vec<V128> {
    let signal = f32::from_bits(0x7f80_0001);
    let floats = [
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -1.7,
        3e9,
        -3e9,
        4294967040.0,
        2147483648.0,
        1e30,
        1e-40,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        -f32::NAN,
        signal,
    ];
    let signal = f64::from_bits(0xfff0_0000_0000_0001);
    let doubles =
        [0.0, -0.0, 0.5, -2.5, 4503599627370496.5, -1e300, 2147483647.9, 4294967295.5, f64::NAN, -f64::NAN, f64::INFINITY, 5e-324, signal];
    let mut all: Vec<V128> =
        [0u128, !0, 0x8000_0000_0000_0000_8000_0000_8000_8080, 0x7fff_ffff_ffff_ffff_7fff_ffff_7fff_7f7f].map(V128::from).into();
    let cycle = |index: usize| floats[index % floats.len()];
    all.extend((0..floats.len()).map(|index| V128::of::<f32>([cycle(index), cycle(index + 4), cycle(index + 9), 7.25])));
    let cycle = |index: usize| doubles[index % doubles.len()];
    all.extend((0..doubles.len()).map(|index| V128::of::<f64>([cycle(index), cycle(index + 3)])));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    all.extend((0..40).map(|_| V128::of_slots([next(), next()])));
    all
}

/// What instructions give.
trait Outcome: Copy + Debug + PartialEq {
    /// Whether it is the same as what lanes give.
    fn alike(self, name: &str, lanes: Self) -> bool;
}

impl Outcome for u32 {
    fn alike(self, _: &str, lanes: Self) -> bool {
        self == lanes
    }
}

impl Outcome for V128 {
    /// The bits of NaN may differ, as the standard leaves them open; on aarch64 they don't, since its instructions agree with each other.
    fn alike(self, name: &str, lanes: Self) -> bool {
        fn same<T: Lane>(ours: V128, theirs: V128, nan: impl Fn(T) -> bool) -> bool {
            let (ours, theirs) = (ours.lanes::<T>(), theirs.lanes::<T>());
            let bits = bytemuck::bytes_of::<T>;
            ours.as_ref().iter().zip(theirs.as_ref()).all(|(x, y)| bits(x) == bits(y) || nan(*x) && nan(*y))
        }
        let floats = |prefix| cfg!(not(target_arch = "aarch64")) && name.starts_with(prefix);
        self == lanes || floats("f32") && same::<f32>(self, lanes, f32::is_nan) || floats("f64") && same::<f64>(self, lanes, f64::is_nan)
    }
}

/// Calls what is exported and what `portable` has.
macro_rules! check {
    ($name:ident($($arg:expr),*)) => {
        let (ours, lanes) = (super::$name($($arg),*), portable::$name($($arg),*));
        assert!(ours.alike(stringify!($name), lanes), "{}{:?}: {ours:?} and {lanes:?}", stringify!($name), ($($arg,)*));
    };
}

macro_rules! tests {
    (
        unary { $($unary:ident)* }
        binary { $($binary:ident)* }
        ternary { $($ternary:ident)* }
        shuffle { $($shuffle:ident)* }
        shift { $($shift:ident)* }
        scalar { $($scalar:ident $scalar_type:ident;)* }
        lane { $($lane:ident $lane_type:ident;)* }
    ) => {
        const NAMES: &[&str] = &[
            $(stringify!($unary),)* $(stringify!($binary),)* $(stringify!($ternary),)* $(stringify!($shuffle),)* $(stringify!($shift),)*
            $(stringify!($scalar),)* $(stringify!($lane),)*
        ];

        #[test]
        fn instructions_of_one_vector_are_those_of_lanes() {
            for a in vectors() {
                $( check!($unary(a)); )*
            }
        }

        #[test]
        fn instructions_of_two_vectors_are_those_of_lanes() {
            let all = vectors();
            for &a in &all {
                for &b in &all {
                    $( check!($binary(a, b)); )*
                }
            }
        }

        #[test]
        fn instructions_of_three_vectors_are_those_of_lanes() {
            let all: Vec<V128> = vectors().into_iter().step_by(3).collect();
            for &a in &all {
                for &b in &all {
                    for &c in &all {
                        $( check!($ternary(a, b, c)); )*
                        let lanes = portable::v128_and(c, portable::i8x16_splat(31));
                        $( check!($shuffle(a, b, lanes)); )*
                    }
                }
            }
        }

        #[test]
        fn shifts_are_those_of_lanes() {
            for a in vectors() {
                for n in (0..70).chain([u32::MAX]) {
                    $( check!($shift(a, n)); )*
                }
            }
        }

        #[test]
        fn instructions_of_scalars_are_those_of_lanes() {
            for x in SCALARS {
                $( check!($scalar(x as $scalar_type)); )*
            }
        }

        #[test]
        fn replacements_are_those_of_lanes() {
            for a in vectors() {
                for x in SCALARS {
                    for lane in 0..32 {
                        $( check!($lane(a, x as $lane_type, lane)); )*
                    }
                }
            }
        }
    };
}

const SCALARS: [u64; 9] = [0, 1, 0x80, 0xff, 0x8001, 0xffff_8000, 0x8000_7fff_ffff_0180, 1 << 63 | 1, u64::MAX];

#[test]
fn no_instruction_is_missing() {
    // Constants and whole vectors need no function, and single lanes are read from where the vector lies.
    let without = |name: &str| name.contains("extract_lane") || name.starts_with("v128_store") || name == "v128_const";
    let vector = |opcode: &&Opcode| matches!(opcode.proposal(), Proposal::Simd | Proposal::RelaxedSimd);
    let mut expected: Vec<_> = Opcode::ALL.iter().filter(vector).map(|opcode| opcode.mnemonic().replace('.', "_")).collect();
    expected.retain(|name| !without(name));
    expected.sort();
    let mut names = NAMES.to_vec();
    names.sort();
    assert_eq!(names, expected);
}

tests! {
    // Of one vector.
    unary {
        v128_not f32x4_demote_f64x2_zero f64x2_promote_low_f32x4 i8x16_abs i8x16_neg i8x16_popcnt f32x4_ceil f32x4_floor f32x4_trunc
        f32x4_nearest f64x2_ceil f64x2_floor f64x2_trunc i16x8_extadd_pairwise_i8x16_s i16x8_extadd_pairwise_i8x16_u
        i32x4_extadd_pairwise_i16x8_s i32x4_extadd_pairwise_i16x8_u i16x8_abs i16x8_neg i16x8_extend_low_i8x16_s
        i16x8_extend_high_i8x16_s i16x8_extend_low_i8x16_u i16x8_extend_high_i8x16_u f64x2_nearest i32x4_abs i32x4_neg
        i32x4_extend_low_i16x8_s i32x4_extend_high_i16x8_s i32x4_extend_low_i16x8_u i32x4_extend_high_i16x8_u i64x2_abs i64x2_neg
        i64x2_extend_low_i32x4_s i64x2_extend_high_i32x4_s i64x2_extend_low_i32x4_u i64x2_extend_high_i32x4_u f32x4_abs f32x4_neg
        f32x4_sqrt f64x2_abs f64x2_neg f64x2_sqrt i32x4_trunc_sat_f32x4_s i32x4_trunc_sat_f32x4_u f32x4_convert_i32x4_s
        f32x4_convert_i32x4_u i32x4_trunc_sat_f64x2_s_zero i32x4_trunc_sat_f64x2_u_zero f64x2_convert_low_i32x4_s
        f64x2_convert_low_i32x4_u i32x4_relaxed_trunc_f32x4_s i32x4_relaxed_trunc_f32x4_u i32x4_relaxed_trunc_f64x2_s_zero
        i32x4_relaxed_trunc_f64x2_u_zero v128_any_true i8x16_all_true i8x16_bitmask i16x8_all_true i16x8_bitmask i32x4_all_true
        i32x4_bitmask i64x2_all_true i64x2_bitmask v128_load
    }
    // Of two vectors.
    binary {
        i8x16_swizzle i8x16_eq i8x16_ne i8x16_lt_s i8x16_lt_u i8x16_gt_s i8x16_gt_u i8x16_le_s i8x16_le_u i8x16_ge_s i8x16_ge_u
        i16x8_eq i16x8_ne i16x8_lt_s i16x8_lt_u i16x8_gt_s i16x8_gt_u i16x8_le_s i16x8_le_u i16x8_ge_s i16x8_ge_u i32x4_eq i32x4_ne
        i32x4_lt_s i32x4_lt_u i32x4_gt_s i32x4_gt_u i32x4_le_s i32x4_le_u i32x4_ge_s i32x4_ge_u f32x4_eq f32x4_ne f32x4_lt f32x4_gt
        f32x4_le f32x4_ge f64x2_eq f64x2_ne f64x2_lt f64x2_gt f64x2_le f64x2_ge v128_and v128_andnot v128_or v128_xor
        i8x16_narrow_i16x8_s i8x16_narrow_i16x8_u i8x16_add i8x16_add_sat_s i8x16_add_sat_u i8x16_sub i8x16_sub_sat_s i8x16_sub_sat_u
        i8x16_min_s i8x16_min_u i8x16_max_s i8x16_max_u i8x16_avgr_u i16x8_q15mulr_sat_s i16x8_narrow_i32x4_s i16x8_narrow_i32x4_u
        i16x8_add i16x8_add_sat_s i16x8_add_sat_u i16x8_sub i16x8_sub_sat_s i16x8_sub_sat_u i16x8_mul i16x8_min_s i16x8_min_u
        i16x8_max_s i16x8_max_u i16x8_avgr_u i16x8_extmul_low_i8x16_s i16x8_extmul_high_i8x16_s i16x8_extmul_low_i8x16_u
        i16x8_extmul_high_i8x16_u i32x4_add i32x4_sub i32x4_mul i32x4_min_s i32x4_min_u i32x4_max_s i32x4_max_u i32x4_dot_i16x8_s
        i32x4_extmul_low_i16x8_s i32x4_extmul_high_i16x8_s i32x4_extmul_low_i16x8_u i32x4_extmul_high_i16x8_u i64x2_add i64x2_sub
        i64x2_mul i64x2_eq i64x2_ne i64x2_lt_s i64x2_gt_s i64x2_le_s i64x2_ge_s i64x2_extmul_low_i32x4_s i64x2_extmul_high_i32x4_s
        i64x2_extmul_low_i32x4_u i64x2_extmul_high_i32x4_u f32x4_add f32x4_sub f32x4_mul f32x4_div f32x4_min f32x4_max f32x4_pmin
        f32x4_pmax f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_min f64x2_max f64x2_pmin f64x2_pmax i8x16_relaxed_swizzle
        f32x4_relaxed_min f32x4_relaxed_max f64x2_relaxed_min f64x2_relaxed_max i16x8_relaxed_q15mulr_s
        i16x8_relaxed_dot_i8x16_i7x16_s
    }
    // Of three vectors.
    ternary {
        v128_bitselect f32x4_relaxed_madd f32x4_relaxed_nmadd f64x2_relaxed_madd f64x2_relaxed_nmadd i8x16_relaxed_laneselect
        i16x8_relaxed_laneselect i32x4_relaxed_laneselect i64x2_relaxed_laneselect i32x4_relaxed_dot_i8x16_i7x16_add_s
    }
    // Of two vectors, and of lanes below 32.
    shuffle { i8x16_shuffle }
    // Of a vector and a count.
    shift {
        i8x16_shl i8x16_shr_s i8x16_shr_u i16x8_shl i16x8_shr_s i16x8_shr_u i32x4_shl i32x4_shr_s i32x4_shr_u i64x2_shl i64x2_shr_s
        i64x2_shr_u
    }
    // Of a scalar.
    scalar {
        i8x16_splat u32; i16x8_splat u32; i32x4_splat u32; i64x2_splat u64; f32x4_splat f32; f64x2_splat f64; v128_load8x8_s u64;
        v128_load8x8_u u64; v128_load16x4_s u64; v128_load16x4_u u64; v128_load32x2_s u64; v128_load32x2_u u64; v128_load8_splat u8;
        v128_load16_splat u16; v128_load32_splat u32; v128_load64_splat u64; v128_load32_zero u32; v128_load64_zero u64;
    }
    // Of a vector, a scalar, and the place of one of so many lanes.
    lane {
        i8x16_replace_lane u32; i16x8_replace_lane u32; i32x4_replace_lane u32; i64x2_replace_lane u64;
        f32x4_replace_lane f32; f64x2_replace_lane f64; v128_load8_lane u8; v128_load16_lane u16; v128_load32_lane u32;
        v128_load64_lane u64;
    }
}
