//! The tables of handlers: one for each op in each form, and one for each superinstruction; all made at compile time.
//!
//! Read by: `api` (which hands [`FUSION`] to the translator), `exec` (stubs).

use super::names::*;
use super::{Instruction, Is, Kind, Op, Truth};
use crate::code::forms::with_forms;
use crate::code::fusion::{Fusion, Trie, build};
#[cfg(not(fulgurite_distances))]
use crate::code::handlers::Handler;
use crate::code::handlers::{Handlers, Table};
use crate::code::operands::Form;
use crate::code::ops::{IDS, INFO_TABLE, OPS, OpInfo, for_each_op};
#[cfg(not(fulgurite_distances))]
use crate::exec::dispatch::Dispatch;
use crate::exec::dispatch::{Handle, Locality, Repeated};
use crate::exec::superinstructions::{for_each_common_instruction, for_each_superinstruction};

/// A handler with its type erased.
#[cfg(not(fulgurite_distances))]
const fn erase(handler: Dispatch) -> Handler {
    // SAFETY: function pointers have one size, and the executor turns it back into a `Dispatch` before it calls it.
    Handler(unsafe { core::mem::transmute::<Dispatch, fn()>(handler) })
}

/// Checks the layout of an op's operands in one form.
const fn check<T: Instruction>(row: &OpInfo, form: Form) {
    assert!(T::BYTES == row.layout.bytes(form), "a handler and its op's layout disagree");
}

macro_rules! check_all {
    ($row:ident $template:ident ($name:ty); $($x:ident $y:ident: $($d:ident)*),*) => {
        $($( check::<$template<$name, $x, $y, $d>>($row, Form { x: Kind::$x, y: Kind::$y, d: Kind::$d }); )*)*
    };
}

macro_rules! common {
    ($($t:ty,)*) => {
        /// Which instructions have their handlers with those that are used often.
        const COMMON: [bool; IDS] = {
            #[allow(unused_mut, reason = "the list may be empty")]
            let mut common = [false; IDS];
            $( common[<$t as Instruction>::PARTS.ids()[0] as usize] = true; )*
            common
        };
    };
}
for_each_common_instruction!(common);

/// Whether an instruction has.
const fn is_common<T: Instruction>() -> bool {
    COMMON[T::PARTS.ids()[0] as usize]
}

/// A table of handlers.
#[cfg(not(fulgurite_distances))]
macro_rules! table {
    ($($handler:ty;)*) => {{
        static TABLE: &[Handler] = &[$(erase(<$handler as Handle>::run)),*];
        Table::new(TABLE)
    }};
}
/// What the assembler shall write for a handler.
#[cfg(fulgurite_distances)]
macro_rules! entry {
    ($handler:ty) => {
        ".long {} - {table}"
    };
}
/// The same as distances.
#[cfg(fulgurite_distances)]
macro_rules! table {
    () => {
        Table::EMPTY
    };
    ($($handler:ty;)*) => {{
        #[unsafe(naked)]
        unsafe extern "C" fn table() {
            core::arch::naked_asm!($(entry!($handler),)* $(sym <$handler as Handle>::run,)* table = sym table)
        }
        // SAFETY: T1: that is what the assembler is told, and there are so many lines.
        unsafe { Table::new(table, [$(stringify!($handler)),*].len()) }
    }};
}
macro_rules! put {
    ($template:ident ($name:ty); $($x:ident $y:ident: $($d:ident)*),*) => {
        table! { $($( <Is<{ is_common::<$template<$name, $x, $y, $d>>() }> as Locality>::Handler<$template<$name, $x, $y, $d>>; )*)* }
    };
}

/// Calls `$row! { $arguments shape op template (type) }` for each op, and makes an array of what that gives, in the order of [`Op::ALL`].
macro_rules! each_op {
    ($row:ident $arguments:tt
        binary { $($b_name:ident $b_shape:ident $b_type:ident $b_result:ident $b_semantic:ident;)* }
        compare { $($c_name:ident $c_branch:ident $c_shape:ident $c_branch_shape:ident $c_type:ident $c_semantic:ident $c_negated:ident $c_swapped:ident;)* }
        unary { $($u_name:ident $u_shape:ident $u_type:ident $u_result:ident $u_semantic:ident;)* }
        load { $($l_name:ident $l_wide:ident $l_any:ident $l_shape:ident $l_type:ident $l_stored:ident $l_via:ident;)* }
        store { $($s_name:ident $s_wide:ident $s_any:ident $s_shape:ident $s_type:ident $s_stored:ident;)* }
        vector_with_scalar { $($v_name:ident $v_shape:ident $v_type:ident $v_semantic:ident;)* }
        replace_lane { $($r_name:ident $r_shape:ident $r_type:ident $r_semantic:ident;)* }
        extract_lane { $($e_name:ident $e_shape:ident $e_type:ident $e_lane:ident $e_via:ident;)* }
        ternary { $($t_name:ident $t_semantic:ident;)* }
        vector_load { $($vl_name:ident $vl_stored:ident $vl_semantic:ident;)* }
        load_lane { $($ll_name:ident $ll_stored:ident $ll_semantic:ident;)* }
        store_lane { $($sl_name:ident $sl_stored:ident;)* }
        get { $($g_field:ident $g_element:ident $g_shape:ident $g_element_shape:ident $g_type:ident $g_stored:ident $g_via:ident;)* }
        set { $($p_field:ident $p_element:ident $p_shape:ident $p_element_shape:ident $p_type:ident $p_stored:ident;)* }
        other { $($(#[$o_doc:meta])* $o_name:ident $o_shape:ident $o_layout:tt;)* }
    ) => {
        [
            $( $row! { $arguments $b_shape $b_name Binary ($b_name) }, )*
            $( $row! { $arguments $c_shape $c_name Compare ($c_name) }, )*
            $( $row! { $arguments $c_branch_shape $c_branch CompareBranch ($c_name) }, )*
            $( $row! { $arguments $u_shape $u_name Unary ($u_name) }, )*
            $( $row! { $arguments $l_shape $l_name Load ($l_name) }, )*
            $( $row! { $arguments $s_shape $s_name Store ($s_name) }, )*
            $( $row! { $arguments LoadWide $l_wide Load (Wide<$l_name>) }, )*
            $( $row! { $arguments StoreWide $s_wide Store (Wide<$s_name>) }, )*
            $( $row! { $arguments LoadAny $l_any LoadAny ($l_name) }, )*
            $( $row! { $arguments StoreAny $s_any StoreAny ($s_name) }, )*
            $( $row! { $arguments $v_shape $v_name Binary ($v_name) }, )*
            $( $row! { $arguments $r_shape $r_name ReplaceLane ($r_name) }, )*
            $( $row! { $arguments $e_shape $e_name ExtractLane ($e_name) }, )*
            $( $row! { $arguments VectorBinary $t_name Ternary ($t_name) }, )*
            $( $row! { $arguments LoadVector $vl_name Load ($vl_name) }, )*
            $( $row! { $arguments LoadLane $ll_name LoadLane ($ll_name) }, )*
            $( $row! { $arguments StoreLane $sl_name StoreLane ($sl_name) }, )*
            $( $row! { $arguments $g_shape $g_field Load ($g_field) }, )*
            $( $row! { $arguments $g_element_shape $g_element Element ($g_element) }, )*
            $( $row! { $arguments $p_shape $p_field Store ($p_field) }, )*
            $( $row! { $arguments $p_element_shape $p_element SetElement ($p_element) }, )*
            $( $row! { $arguments $o_shape $o_name Other ($o_name) }, )*
        ]
    };
}
macro_rules! define {
    ($($rows:tt)*) => {
        static SINGLES: [Table; OPS] = each_op! { row_table () $($rows)* };
        const _: [(); OPS] = {
            const ROWS: [OpInfo; OPS] = INFO_TABLE;
            each_op! { row_check ROWS $($rows)* }
        };
    };
}
macro_rules! row_table {
    (() $shape:ident $op:ident $template:ident $name:tt) => {
        with_forms!($shape put $template $name)
    };
}
/// A function of its own for each op, so that the compiler gets small bodies.
macro_rules! row_check {
    ($rows:ident $shape:ident $op:ident $template:ident $name:tt) => {{
        #[allow(unused_variables, reason = "a shape may have no forms")]
        const fn check_op(row: &OpInfo) {
            with_forms!($shape check_all row $template $name);
        }
        check_op(&$rows[Op::$op as usize])
    }};
}
for_each_op!(define);

macro_rules! superinstructions {
    (often { $($t:ty,)* } seldom { $($u:ty,)* }) => {
        const FUSED: Table = table! { $( <Is<true> as Locality>::Handler<$t>; )* $( <Is<false> as Locality>::Handler<$u>; )* };
        const REPEATED: Table = table! {
            $( Repeated<<<$t as Instruction>::Branches as Truth>::Then<$t>>; )*
            $( Repeated<<<$u as Instruction>::Branches as Truth>::Then<$u>>; )*
        };
        static TRIE: Trie = build(&[$(<$t as Instruction>::PARTS,)* $(<$u as Instruction>::PARTS,)*]);
    };
}
for_each_superinstruction!(superinstructions);

/// All handlers.
pub static FUSION: Fusion = Fusion { handlers: Handlers { singles: &SINGLES, fused: FUSED, repeated: REPEATED }, trie: &TRIE };

/// The word that stands for an op without operands.
pub fn word(op: Op) -> u64 {
    FUSION.handlers.word(op)
}
