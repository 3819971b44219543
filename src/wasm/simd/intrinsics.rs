//! How functions are defined in terms of a machine's intrinsics: the frame of each row in `sse2` and `neon`.
//!
//! Called by: `wasm::simd::sse2`, `wasm::simd::neon`; they allow what the macros write. Calls: nothing.
//!
//! # Invariants
//! M1. Every machine of the target has what a function needs: SSE2 on x86-64 and NEON on aarch64 are in the base line, and a function that needs more
//!     is compiled only where the build says that the machine has it. Rows call intrinsics that take no pointer, and nothing else that is unsafe.

/// Defines instructions: each a function of one expression. An operand without a type is a vector, which intrinsics see as the type that they take;
/// a result without a type is a vector too, of whatever type the expression has.
macro_rules! define {
    ($($name:ident($($arg:ident $(: $ty:ty)?),*) $(-> $result:ty)? = $value:expr;)*) => {$(
        #[doc = concat!("`", stringify!($name), "` of the standard.")]
        #[inline(always)]
        #[allow(unused_unsafe, reason = "some consist of others")]
        pub fn $name($($arg: vector!(type $($ty)?)),*) -> vector!(type $($result)?) {
            $(let $arg = vector!(take $arg $($ty)?);)*
            // SAFETY: M1.
            vector!(give (unsafe { $value }) $($result)?)
        }
    )*};
}
pub(super) use define;

/// Defines what several instructions have in common.
macro_rules! common {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $result:ty = $value:expr;)*) => {$(
        #[inline(always)]
        #[allow(unused_unsafe, reason = "some consist of others")]
        fn $name($($arg: $ty),*) -> $result {
            // SAFETY: M1.
            unsafe { $value }
        }
    )*};
}
pub(super) use common;

/// What stands for a vector, and the way to and from it; with a type, nothing.
macro_rules! vector {
    (type) => {
        V128
    };
    (type $ty:ty) => {
        $ty
    };
    (take $arg:ident) => {
        bytemuck::cast($arg.0)
    };
    (take $arg:ident $ty:ty) => {
        $arg
    };
    (give $value:tt) => {
        V128(bytemuck::cast($value))
    };
    (give $value:tt $ty:ty) => {
        $value
    };
}
pub(super) use vector;
