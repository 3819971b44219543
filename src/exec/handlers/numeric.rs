//! The numeric ops, each a type without values; generated from the rows of `code::ops`.
//!
//! Called by: `exec::handlers`. Calls: `wasm::{numeric, simd}`.

use super::{BinaryOp, CompareOp, Outcome, UnaryOp};
use crate::code::ops::{Op, for_each_op};
use crate::wasm::simd::V128;
use crate::wasm::trap::TrapCode;

/// What instructions compute, by the names of the rows.
mod semantics {
    pub use crate::wasm::numeric::*;
    pub use crate::wasm::simd::*;
}

macro_rules! define {
    (
        binary { $($b_name:ident $b_shape:ident $b_type:ident $b_result:ident $b_semantic:ident;)* }
        compare { $($c_name:ident $c_branch:ident $c_shape:ident $c_branch_shape:ident $c_type:ident $c_semantic:ident $c_negated:ident $c_swapped:ident;)* }
        unary { $($u_name:ident $u_shape:ident $u_type:ident $u_result:ident $u_semantic:ident;)* }
        load $load:tt
        store $store:tt
        vector_with_scalar { $($v_name:ident $v_shape:ident $v_type:ident $v_semantic:ident;)* }
        replace_lane $replace_lane:tt
        extract_lane $extract_lane:tt
        ternary $ternary:tt
        vector_load $vector_load:tt
        load_lane $load_lane:tt
        store_lane $store_lane:tt
        get $get:tt
        set $set:tt
        other $other:tt
    ) => {
        $( binary! { $b_name $b_type $b_type $b_result $b_semantic } )*
        $( binary! { $v_name V128 $v_type V128 $v_semantic } )*
        $(
            #[doc = concat!("`", stringify!($c_semantic), "`")]
            #[derive(Debug)]
            pub struct $c_name;
            impl CompareOp for $c_name {
                const OP: Op = Op::$c_name;
                const BRANCH: Op = Op::$c_branch;
                type Operand = $c_type;
                #[inline(always)]
                fn eval(x: $c_type, y: $c_type) -> bool {
                    semantics::$c_semantic(x, y)
                }
            }
        )*
        $(
            #[doc = concat!("`", stringify!($u_semantic), "`")]
            #[derive(Debug)]
            pub struct $u_name;
            impl UnaryOp for $u_name {
                const OP: Op = Op::$u_name;
                type Operand = $u_type;
                type Result = $u_result;
                #[inline(always)]
                fn eval(x: $u_type) -> Result<$u_result, TrapCode> {
                    semantics::$u_semantic(x).outcome()
                }
            }
        )*
    };
}

macro_rules! binary {
    ($name:ident $x:ident $y:ident $result:ident $semantic:ident) => {
        #[doc = concat!("`", stringify!($semantic), "`")]
        #[derive(Debug)]
        pub struct $name;
        impl BinaryOp for $name {
            const OP: Op = Op::$name;
            type X = $x;
            type Y = $y;
            type Result = $result;
            #[inline(always)]
            fn eval(x: $x, y: $y) -> Result<$result, TrapCode> {
                semantics::$semantic(x, y).outcome()
            }
        }
    };
}
for_each_op!(define);
