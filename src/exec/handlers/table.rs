//! The tables of handlers: one for each op in each form, and one for each superinstruction; all made at compile time.
//!
//! Read by: `api` (which hands [`FUSION`] to the translator), `exec` (stubs).

use super::names::*;
use super::{Instruction, Kind, Op};
use crate::code::forms::with_forms;
use crate::code::fusion::{Builder, Fusion, Trie, build};
use crate::code::handlers::{Handler, Handlers, Repeated, Repeats, Table};
use crate::code::operands::Form;
use crate::code::ops::{IDS, INFO_TABLE, OPS, OpInfo, for_each_op, forms_of};
use crate::exec::dispatch::{Dispatch, once, repeated};
use crate::exec::superinstructions::for_each_superinstruction;

/// A handler with its type erased.
const fn erase(handler: Dispatch) -> Handler {
    // SAFETY: function pointers have one size, and the executor turns it back into a `Dispatch` before it calls it.
    Handler(unsafe { core::mem::transmute::<Dispatch, fn()>(handler) })
}

/// What unused places of lists hold.
const ANY: Handler = erase(once::<Other<Unreachable, N, N, N>>);

/// Groups of all kinds.
const GROUPS: usize = IDS + COUNT;

/// Adds the handler that repeats a group, if the group can branch.
const fn note<T: Instruction>(repeats: &mut Repeats<GROUPS>, group: usize) {
    if T::BRANCHES {
        repeats.add(group, erase(repeated::<T>));
    }
}

/// The same for an op in one form; checks the layout of its operands.
const fn note_single<T: Instruction>(repeats: &mut Repeats<GROUPS>, row: &OpInfo, form: Form) {
    assert!(T::BYTES == row.layout.bytes(form), "a handler and its op's layout disagree");
    note::<T>(repeats, T::PARTS.ids()[0] as usize);
}

macro_rules! note_all {
    ($repeats:ident $rows:ident $op:ident $template:ident ($name:ty); $($x:ident $y:ident: $($d:ident)*),*) => {
        $($(
            let form = Form { x: Kind::$x, y: Kind::$y, d: Kind::$d };
            if form.exists() { note_single::<$template<$name, $x, $y, $d>>($repeats, &$rows[Op::$op as usize], form) }
        )*)*
    };
}

/// A table of these types' handlers, of which those stay out whose forms this build does not have.
#[cfg(not(fulgurite_distances))]
macro_rules! table {
    ($count:expr; $($t:ty, $form:expr;)*) => {{
        static TABLE: [Handler; $count] = {
            let mut table = [ANY; $count];
            let mut count = 0;
            $( if $form.exists() { table[count] = erase(once::<$t>); count += 1; } )*
            assert!(count == table.len());
            table
        };
        Table::new(&TABLE)
    }};
}
/// What the assembler shall write for a handler.
#[cfg(fulgurite_distances)]
macro_rules! entry {
    ($t:ty) => {
        ".long {} - {table}"
    };
}
/// The same as distances. (This build has all forms.)
#[cfg(fulgurite_distances)]
macro_rules! table {
    ($count:expr; $($t:ty, $form:expr;)*) => {{
        #[unsafe(naked)]
        unsafe extern "C" fn table() {
            core::arch::naked_asm!($(entry!($t),)* $(sym once::<$t>,)* table = sym table)
        }
        const { assert!($count == [$($form),*].len()) };
        // SAFETY: T1: that is what the assembler is told, and there are so many lines.
        unsafe { Table::new(table, $count) }
    }};
}
macro_rules! put {
    ($op:ident $template:ident ($name:ty); $($x:ident $y:ident: $($d:ident)*),*) => {
        table! { forms_of(Op::$op); $($( $template<$name, $x, $y, $d>, Form { x: Kind::$x, y: Kind::$y, d: Kind::$d }; )*)* }
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
        const REPEATS: Repeats<GROUPS> = {
            let mut repeats = Repeats::new(ANY);
            const ROWS: [OpInfo; OPS] = INFO_TABLE;
            let _: [(); OPS] = each_op! { row_repeats (repeats ROWS) $($rows)* };
            note_superinstructions(&mut repeats);
            repeats
        };
    };
}
macro_rules! row_table {
    (() $shape:ident $op:ident $template:ident $name:tt) => {
        with_forms!($shape put $op $template $name)
    };
}
/// A function of its own for each op, so that the compiler gets small bodies.
macro_rules! row_repeats {
    (($repeats:ident $rows:ident) $shape:ident $op:ident $template:ident $name:tt) => {{
        const fn note_op(repeats: &mut Repeats<GROUPS>, rows: &[OpInfo; OPS]) {
            with_forms!($shape note_all repeats rows $op $template $name);
        }
        note_op(&mut $repeats, &$rows);
    }};
}
for_each_op!(define);

macro_rules! superinstructions {
    ($($t:ty,)*) => {
        /// How many superinstructions there are.
        const COUNT: usize = [$(stringify!($t)),*].len();
        const FUSED: Table = table! { COUNT; $($t, ALWAYS;)* };
        static TRIE: Builder = build(&[$(<$t as Instruction>::PARTS),*]);
        const fn note_superinstructions(repeats: &mut Repeats<GROUPS>) {
            let mut group = IDS;
            $( note::<$t>(repeats, group); group += 1; )*
            assert!(group == GROUPS);
        }
    };
}
/// The form of what every build has.
const ALWAYS: Form = Form { x: Kind::N, y: Kind::N, d: Kind::N };
for_each_superinstruction!(superinstructions);

static NUMBERS: [u16; GROUPS] = REPEATS.numbers;
static REPEATED: [Handler; REPEATS.count] = REPEATS.handlers();

/// All handlers.
pub static FUSION: Fusion = Fusion {
    handlers: Handlers { singles: &SINGLES, fused: FUSED, repeated: Repeated { numbers: &NUMBERS, handlers: &REPEATED } },
    trie: Trie(&TRIE.edges),
};

/// The word that stands for an op without operands.
pub fn word(op: Op) -> u64 {
    FUSION.handlers.word(op)
}
