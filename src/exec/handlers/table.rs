//! The tables of handlers: one for each op in each form, and one for each superinstruction; all made at compile time.
//!
//! Read by: `api` (which hands [`FUSION`] to the translator), `exec` (stubs).

use super::names::*;
use super::{Instruction, Kind, Op};
use crate::code::forms::with_forms;
use crate::code::fusion::{Builder, Fusion, Handler, Handlers, build};
use crate::code::operands::Form;
use crate::code::ops::{IDS, INFO_TABLE, OPS, OpInfo, for_each_op};
use crate::exec::dispatch::{Dispatch, once, repeated};
use crate::exec::superinstructions::for_each_superinstruction;

/// A handler with its type erased.
const fn erase(handler: Dispatch) -> Handler {
    // SAFETY: function pointers have one size, and the executor turns it back into a `Dispatch` before it calls it.
    Handler(unsafe { core::mem::transmute::<Dispatch, fn()>(handler) })
}

const fn handlers<T: Instruction>() -> Handlers {
    Handlers { once: erase(once::<T>), repeated: if T::BRANCHES { Some(erase(repeated::<T>)) } else { None } }
}

/// Puts the handlers of one op in one form in their place, and checks the layout of their operands.
const fn set<T: Instruction>(table: &mut [Handlers; IDS], row: &OpInfo, form: Form) {
    let id = T::PARTS.ids()[0];
    assert!(T::BYTES == row.layout.bytes(form), "a handler and its op's layout disagree");
    table[id as usize] = handlers::<T>();
}

macro_rules! put {
    ($table:ident $rows:ident $op:ident $template:ident $name:ident; $($x:ident $y:ident: $($d:ident)*),*) => {
        $($(
            let form = Form { x: Kind::$x, y: Kind::$y, d: Kind::$d };
            if form.exists() { set::<$template<$name, $x, $y, $d>>($table, &$rows[Op::$op as usize], form) }
        )*)*
    };
}

macro_rules! define {
    (
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
        other { $($(#[$o_doc:meta])* $o_name:ident $o_shape:ident $o_layout:tt;)* }
    ) => {
        static SINGLES: [Handlers; IDS] = {
            let mut table = [handlers::<Other<Unreachable, N, N, N>>(); IDS];
            const ROWS: [OpInfo; OPS] = INFO_TABLE;
            $( row! { table ROWS $b_shape $b_name Binary $b_name } )*
            $( row! { table ROWS $c_shape $c_name Compare $c_name } )*
            $( row! { table ROWS $c_branch_shape $c_branch CompareBranch $c_name } )*
            $( row! { table ROWS $u_shape $u_name Unary $u_name } )*
            $( row! { table ROWS $l_shape $l_name Load $l_name } )*
            $( row! { table ROWS $s_shape $s_name Store $s_name } )*
            $( row! { table ROWS LoadWide $l_wide LoadWide $l_name } )*
            $( row! { table ROWS StoreWide $s_wide StoreWide $s_name } )*
            $( row! { table ROWS LoadAny $l_any LoadAny $l_name } )*
            $( row! { table ROWS StoreAny $s_any StoreAny $s_name } )*
            $( row! { table ROWS $v_shape $v_name VectorWithScalar $v_name } )*
            $( row! { table ROWS $r_shape $r_name ReplaceLane $r_name } )*
            $( row! { table ROWS $e_shape $e_name ExtractLane $e_name } )*
            $( row! { table ROWS VectorBinary $t_name Ternary $t_name } )*
            $( row! { table ROWS LoadVector $vl_name VectorLoad $vl_name } )*
            $( row! { table ROWS LoadLane $ll_name LoadLane $ll_name } )*
            $( row! { table ROWS StoreLane $sl_name StoreLane $sl_name } )*
            $( row! { table ROWS $o_shape $o_name Other $o_name } )*
            table
        };
    };
}
/// A function of its own for each op, so that the compiler gets small bodies.
macro_rules! row {
    ($table:ident $rows:ident $shape:ident $op:ident $template:ident $name:ident) => {{
        const fn fill(table: &mut [Handlers; IDS], rows: &[OpInfo; OPS]) {
            with_forms!($shape put table rows $op $template $name);
        }
        fill(&mut $table, &$rows);
    }};
}
for_each_op!(define);

macro_rules! superinstructions {
    ($($t:ty,)*) => {
        static FUSED: [Handlers; COUNT] = [$(handlers::<$t>()),*];
        /// How many superinstructions there are.
        const COUNT: usize = [$(stringify!($t)),*].len();
        static TRIE: Builder = build(&[$(<$t as Instruction>::PARTS),*]);
    };
}
for_each_superinstruction!(superinstructions);

/// All handlers.
pub static FUSION: Fusion = Fusion { singles: &SINGLES, fused: &FUSED, edges: &TRIE.edges };

/// The word that stands for an op without operands.
pub fn word(op: Op) -> u64 {
    let form = Form { x: Kind::N, y: Kind::N, d: Kind::N };
    op.id(form).map_or(0, |id| SINGLES[usize::from(id)].once.word())
}
