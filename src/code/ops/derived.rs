//! What follows from the rows of `code::ops`: the ops themselves, their numbers, what the translator must know of them, and which opcodes they
//! implement.
//!
//! Read by: `translate`, `exec`, the disassembler, through `code::ops`. Calls: `wasm`, `code::ops::{layout, shapes}`.

use super::for_each_op;
use super::layout::{Layout, Offsets, Tail, layout};
use super::shapes::{Lookup, NO_FORM, SHAPES, Shape};
use crate::code::operands::{Class, Form, Kind};
use crate::wasm::features::Proposal;
use crate::wasm::opcodes::Opcode;
use crate::wasm::simd::V128;

/// `(class, bytes)` of an operand type.
macro_rules! operand {
    (u32) => {
        (Class::Int, 4)
    };
    (u64) => {
        (Class::Int, 8)
    };
    (f64) => {
        (Class::F64, 8)
    };
    (f32) => {
        (Class::F32, 4)
    };
    (V128) => {
        (Class::Vector, 16)
    };
    (raw) => {
        (Class::None, 8)
    };
    (-) => {
        (Class::None, 0)
    };
}
macro_rules! destination {
    (-) => {
        (Class::None, false)
    };
    ($class:ident) => {
        (Class::$class, true)
    };
}
macro_rules! tail {
    (-) => {
        Tail::None
    };
    ($tail:ident) => {
        Tail::$tail
    };
}

/// What an op is to the translator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Template {
    /// Two sources of one type.
    Binary,
    /// Two sources, a truth value.
    Compare,
    /// Two sources, a label.
    CompareBranch,
    /// One source.
    Unary,
    /// Reads memory, or a field of a structure.
    Load,
    /// Writes memory, or a field of a structure.
    Store,
    /// A vector and a scalar, a vector.
    VectorWithScalar,
    /// A vector with one lane replaced by a scalar.
    ReplaceLane,
    /// A lane of a vector.
    ExtractLane,
    /// Three vectors, a vector.
    Ternary,
    /// Reads memory, a vector.
    VectorLoad,
    /// Reads memory into one lane of a vector.
    LoadLane,
    /// Writes one lane of a vector to memory.
    StoreLane,
    /// Reads an element of an array.
    Element,
    /// Writes an element of an array.
    SetElement,
    /// Anything else.
    Other,
}

/// Everything about an op, derived from its row.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Its part in translation.
    pub template: Template,
    /// Its operands.
    pub layout: Layout,
    /// The forms that it exists in.
    pub shape: Shape,
    /// The id of its first form.
    pub base: u16,
    /// Bytes that it accesses, of loads and stores.
    pub access_bytes: u8,
    /// Whether its sources may be exchanged ([`Op::swapped`] then says which op it becomes).
    pub swappable: bool,
    /// Whether the scan for residency asks for it by name: it copies, selects, calls or makes objects.
    pub special: bool,
}

macro_rules! define_ops {
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
        get { $($g_field:ident $g_element:ident $g_shape:ident $g_element_shape:ident $g_type:ident $g_stored:ident $g_via:ident;)* }
        set { $($p_field:ident $p_element:ident $p_shape:ident $p_element_shape:ident $p_type:ident $p_stored:ident;)* }
        other { $($(#[$o_doc:meta])* $o_name:ident $o_shape:ident ($o_x:tt $o_y:tt $o_z:tt $o_imm:tt $o_d:tt $o_tail:tt);)* }
    ) => {
        /// An instruction of ours, without its operand form.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Op {
            $(#[doc = concat!("`d = ", stringify!($b_semantic), "(x, y)`")] $b_name,)*
            $(#[doc = concat!("`d = ", stringify!($c_semantic), "(x, y)` as 0 or 1")] $c_name,)*
            $(#[doc = concat!("Goes to the label if `", stringify!($c_semantic), "(x, y)`")] $c_branch,)*
            $(#[doc = concat!("`d = ", stringify!($u_semantic), "(x)`")] $u_name,)*
            $(#[doc = concat!("`d = memory[x + offset]` (", stringify!($l_stored), ")")] $l_name,)*
            $(#[doc = concat!("`memory[x + offset] = y` (", stringify!($s_stored), ")")] $s_name,)*
            $(#[doc = concat!("`", stringify!($l_name), "` from a memory 0 with 64-bit addresses")] $l_wide,)*
            $(#[doc = concat!("`", stringify!($s_name), "` to a memory 0 with 64-bit addresses")] $s_wide,)*
            $(#[doc = concat!("`d = memory[x + y]` (", stringify!($l_stored), ") of the memory that imm names")] $l_any,)*
            $(#[doc = concat!("`memory[x + y] = z` (", stringify!($s_stored), ") of the memory that imm names")] $s_any,)*
            $(#[doc = concat!("`d = ", stringify!($v_semantic), "(x, y)`")] $v_name,)*
            $(#[doc = concat!("`d = ", stringify!($r_semantic), "(x, y, lane)`")] $r_name,)*
            $(#[doc = concat!("`d` = a lane of x (", stringify!($e_lane), ")")] $e_name,)*
            $(#[doc = concat!("`d = ", stringify!($t_semantic), "(x, y, z)`")] $t_name,)*
            $(#[doc = concat!("`d = ", stringify!($vl_semantic), "(memory[x + offset])` (", stringify!($vl_stored), ")")] $vl_name,)*
            $(#[doc = concat!("`d = ", stringify!($ll_semantic), "(y, memory[x + offset], lane)`")] $ll_name,)*
            $(#[doc = concat!("`memory[x + offset]` = a lane of y (", stringify!($sl_stored), ")")] $sl_name,)*
            $(#[doc = concat!("`d` = a field of structure x (", stringify!($g_stored), "), whose end is imm")] $g_field,)*
            $(#[doc = concat!("`d` = element y of array x (", stringify!($g_stored), ")")] $g_element,)*
            $(#[doc = concat!("A field of structure x (", stringify!($p_stored), "), whose end is imm, = y")] $p_field,)*
            $(#[doc = concat!("Element y of array z (", stringify!($p_stored), ") = x")] $p_element,)*
            $($(#[$o_doc])* $o_name,)*
        }

        impl Op {
            /// Every op, in order.
            pub const ALL: &'static [Op] = &[
                $(Op::$b_name,)* $(Op::$c_name,)* $(Op::$c_branch,)* $(Op::$u_name,)* $(Op::$l_name,)* $(Op::$s_name,)*
                $(Op::$l_wide,)* $(Op::$s_wide,)* $(Op::$l_any,)* $(Op::$s_any,)* $(Op::$v_name,)* $(Op::$r_name,)* $(Op::$e_name,)*
                $(Op::$t_name,)* $(Op::$vl_name,)* $(Op::$ll_name,)* $(Op::$sl_name,)*
                $(Op::$g_field,)* $(Op::$g_element,)* $(Op::$p_field,)* $(Op::$p_element,)* $(Op::$o_name,)*
            ];
        }

        const ROWS: [(&str, OpInfo); OPS] = {
            let compare_d = (Class::Int, true);
            [
                $(row(stringify!($b_name), Template::Binary, Shape::$b_shape, 0,
                    layout(operand!($b_type), operand!($b_type), false, false, (operand!($b_result).0, true), Tail::None)),)*
                $(row(stringify!($c_name), Template::Compare, Shape::$c_shape, 0,
                    layout(operand!($c_type), operand!($c_type), false, false, compare_d, Tail::None)),)*
                $(row(stringify!($c_branch), Template::CompareBranch, Shape::$c_branch_shape, 0,
                    layout(operand!($c_type), operand!($c_type), false, false, destination!(-), Tail::Label)),)*
                $(row(stringify!($u_name), Template::Unary, Shape::$u_shape, 0,
                    layout(operand!($u_type), operand!(-), false, false, (operand!($u_result).0, true), Tail::None)),)*
                $(row(stringify!($l_name), Template::Load, Shape::$l_shape, size_of::<$l_stored>() as u8,
                    layout(operand!(u32), operand!(-), false, true, (operand!($l_type).0, true), Tail::None)),)*
                $(row(stringify!($s_name), Template::Store, Shape::$s_shape, size_of::<$s_stored>() as u8,
                    layout(operand!(u32), operand!($s_type), false, true, destination!(-), Tail::None)),)*
                $(row(stringify!($l_wide), Template::Load, Shape::LoadWide, size_of::<$l_stored>() as u8,
                    layout(operand!(u64), operand!(-), false, true, (operand!($l_type).0, true), Tail::None)),)*
                $(row(stringify!($s_wide), Template::Store, Shape::StoreWide, size_of::<$s_stored>() as u8,
                    layout(operand!(u64), operand!($s_type), false, true, destination!(-), Tail::None)),)*
                $(row(stringify!($l_any), Template::Other, Shape::LoadAny, 0,
                    layout(operand!(raw), operand!(u64), false, true, (operand!($l_type).0, true), Tail::None)),)*
                $(row(stringify!($s_any), Template::Other, Shape::StoreAny, 0,
                    layout(operand!(raw), operand!(u64), true, true, destination!(-), Tail::None)),)*
                $(row(stringify!($v_name), Template::VectorWithScalar, Shape::$v_shape, 0,
                    layout(operand!(V128), operand!($v_type), false, false, destination!(Vector), Tail::None)),)*
                $(row(stringify!($r_name), Template::ReplaceLane, Shape::$r_shape, 0,
                    layout(operand!(V128), operand!($r_type), false, false, destination!(Vector), Tail::Lane)),)*
                $(row(stringify!($e_name), Template::ExtractLane, Shape::$e_shape, size_of::<$e_lane>() as u8,
                    layout(operand!(raw), operand!(-), false, false, (operand!($e_type).0, true), Tail::Lane)),)*
                $(row(stringify!($t_name), Template::Ternary, Shape::VectorBinary, 0,
                    layout(operand!(V128), operand!(V128), true, false, destination!(Vector), Tail::None)),)*
                $(row(stringify!($vl_name), Template::VectorLoad, Shape::LoadVector, size_of::<$vl_stored>() as u8,
                    layout(operand!(u32), operand!(-), false, true, destination!(Vector), Tail::None)),)*
                $(row(stringify!($ll_name), Template::LoadLane, Shape::LoadLane, size_of::<$ll_stored>() as u8,
                    layout(operand!(u32), operand!(V128), false, true, destination!(Vector), Tail::Lane)),)*
                $(row(stringify!($sl_name), Template::StoreLane, Shape::StoreLane, size_of::<$sl_stored>() as u8,
                    layout(operand!(u32), operand!(raw), false, true, destination!(-), Tail::Lane)),)*
                $(row(stringify!($g_field), Template::Load, Shape::$g_shape, size_of::<$g_stored>() as u8,
                    layout(operand!(u32), operand!(-), false, true, (operand!($g_type).0, true), Tail::None)),)*
                $(row(stringify!($g_element), Template::Element, Shape::$g_element_shape, size_of::<$g_stored>() as u8,
                    layout(operand!(u32), operand!(u32), false, false, (operand!($g_type).0, true), Tail::None)),)*
                $(row(stringify!($p_field), Template::Store, Shape::$p_shape, size_of::<$p_stored>() as u8,
                    layout(operand!(u32), operand!($p_type), false, true, destination!(-), Tail::None)),)*
                $(row(stringify!($p_element), Template::SetElement, Shape::$p_element_shape, size_of::<$p_stored>() as u8,
                    layout(operand!($p_type), operand!(u32), true, false, destination!(-), Tail::None)),)*
                $(row(stringify!($o_name), Template::Other, Shape::$o_shape, 0,
                    layout(operand!($o_x), operand!($o_y), present(stringify!($o_z)), present(stringify!($o_imm)), destination!($o_d), tail!($o_tail))),)*
            ]
        };

        /// Negated comparison, comparison with sources exchanged, and branch, of each comparison.
        const COMPARISONS: &[(Op, Op, Op, Op)] = &[$((Op::$c_name, Op::$c_negated, Op::$c_swapped, Op::$c_branch)),*];

        /// The access to plain memory, that to a 64-bit memory 0, and that to any memory.
        const ACCESSES: &[[Op; 3]] = &[$([Op::$l_name, Op::$l_wide, Op::$l_any],)* $([Op::$s_name, Op::$s_wide, Op::$s_any],)*];
    };
}

const fn present(column: &str) -> bool {
    column.as_bytes()[0] != b'-'
}

const fn row(name: &'static str, template: Template, shape: Shape, access_bytes: u8, layout: Layout) -> (&'static str, OpInfo) {
    let swappable = matches!(template, Template::Compare | Template::CompareBranch)
        || matches!(shape, Shape::IntCommutative | Shape::F64Commutative | Shape::F32Commutative | Shape::VectorCommutative);
    (name, OpInfo { template, layout, shape, base: 0, access_bytes, swappable, special: false })
}

/// How many ops there are.
pub const OPS: usize = Op::Count as usize + 1;
for_each_op!(define_ops);

/// [`OpInfo`] of each op, with the ids of their forms.
#[allow(clippy::large_const_arrays, reason = "read at compile time only")]
pub const INFO_TABLE: [OpInfo; OPS] = NUMBERED;
/// The same, in memory.
pub static INFO: [OpInfo; OPS] = NUMBERED;

#[allow(clippy::large_const_arrays, reason = "read at compile time only")]
const NUMBERED: [OpInfo; OPS] = {
    let mut rows = [ROWS[0].1; OPS];
    let mut op = 0;
    let mut next = 0;
    while op < OPS {
        rows[op] = ROWS[op].1;
        rows[op].base = next;
        rows[op].special = Op::ALL[op].is_special();
        next += SHAPES[rows[op].shape as usize].count;
        op += 1;
    }
    rows
};

/// How many ids there are, one for each op and form.
pub const IDS: usize = {
    let last = NUMBERED[OPS - 1];
    last.base as usize + SHAPES[last.shape as usize].count as usize
};

/// The number of an op in a form (invariant O1).
pub type Id = u16;

/// `None` where the op does not exist in that form.
pub const fn id_of(op: Op, form: Form) -> Option<Id> {
    let info = &NUMBERED[op as usize];
    match SHAPES[info.shape as usize].lookup.number[form.code()] {
        NO_FORM => None,
        number => Some(info.base + number as Id),
    }
}

/// The forms of each shape, for look-ups at run time.
static FORMS: [Lookup; SHAPES.len()] = {
    let mut lookups = [SHAPES[0].lookup; SHAPES.len()];
    let mut shape = 0;
    while shape < SHAPES.len() {
        lookups[shape] = SHAPES[shape].lookup;
        shape += 1;
    }
    lookups
};

/// The number of the first comparison; branches follow in the same order.
const FIRST_COMPARISON: usize = COMPARISONS[0].0 as usize;

/// Of each comparison: negated, exchanged, branch; then of each branch likewise (the branch of a branch is itself).
static RELATIONS: [[Op; 3]; 2 * COMPARISONS.len()] = {
    let mut relations = [[Op::Done; 3]; 2 * COMPARISONS.len()];
    let mut i = 0;
    while i < COMPARISONS.len() {
        let (op, negated, swapped, branch) = COMPARISONS[i];
        assert!(op as usize == FIRST_COMPARISON + i && branch as usize == op as usize + COMPARISONS.len());
        relations[i] = [negated, swapped, branch];
        relations[i + COMPARISONS.len()] =
            [Op::ALL[negated as usize + COMPARISONS.len()], Op::ALL[swapped as usize + COMPARISONS.len()], branch];
        i += 1;
    }
    relations
};

impl Op {
    /// Its name.
    pub fn name(self) -> &'static str {
        static NAMES: [&str; OPS] = {
            let mut names = [""; OPS];
            let mut op = 0;
            while op < OPS {
                names[op] = ROWS[op].0;
                op += 1;
            }
            names
        };
        NAMES[self as usize]
    }

    /// What its row says.
    #[inline(always)]
    pub fn info(self) -> &'static OpInfo {
        &INFO[self as usize]
    }

    /// The id of the op in this form, at run time.
    #[inline(always)]
    pub fn id(self, form: Form) -> Option<Id> {
        let info = self.info();
        match FORMS[info.shape as usize].number[form.code()] {
            NO_FORM => None,
            number => Some(info.base + number as Id),
        }
    }

    /// Where the operands lie in this form, whose id is known.
    #[inline(always)]
    pub fn offsets(self, form: Form, id: Id) -> Offsets {
        #[cfg(not(feature = "compact"))]
        {
            _ = form;
            OFFSETS[usize::from(id)]
        }
        #[cfg(feature = "compact")]
        {
            _ = id;
            self.info().layout.offsets(form)
        }
    }

    /// Whether some form has these sources.
    #[inline(always)]
    pub fn has_sources(self, x: Kind, y: Kind) -> bool {
        FORMS[self.info().shape as usize].sources >> (x as u32 | (y as u32) << 3) & 1 != 0
    }

    /// The same, or, where they may be exchanged, whether one has them the other way round.
    #[inline(always)]
    pub fn takes(self, x: Kind, y: Kind) -> bool {
        self.has_sources(x, y) || (self.info().swappable && self.has_sources(y, x))
    }

    /// Whether the form with these sources exists with destination `U`.
    #[inline(always)]
    pub fn has_update(self, x: Kind, y: Kind) -> bool {
        FORMS[self.info().shape as usize].updates >> (x as u32 | (y as u32) << 3) & 1 != 0
    }

    /// Whether sources may be pinned locals.
    #[inline(always)]
    pub fn reads_pins(self) -> bool {
        FORMS[self.info().shape as usize].pins[0]
    }

    /// Whether the destination may be a pinned local.
    #[inline(always)]
    pub fn writes_pins(self) -> bool {
        FORMS[self.info().shape as usize].pins[1]
    }

    /// Whether the destination can be the accumulator alone.
    #[inline(always)]
    pub fn accumulates(self) -> bool {
        FORMS[self.info().shape as usize].accumulates
    }

    /// Whether it calls a function, or is like a call: no accumulator is known to mirror what it did before.
    #[inline(always)]
    pub const fn calls(self) -> bool {
        matches!(
            self,
            Op::Call
                | Op::CallImport
                | Op::CallIndirect
                | Op::CallRef
                | Op::MemoryGrow
                | Op::TableGrow
                | Op::MemoryGrowAny
                | Op::AtomicWait
                | Op::I64Add128
                | Op::I64Sub128
                | Op::I64MulWideS
                | Op::I64MulWideU
        )
    }

    /// Whether it makes an object: it may be left for a collection and done again, so that nothing may come before it in a superinstruction, and
    /// references that an accumulator mirrors are not known any more.
    #[inline(always)]
    pub const fn allocates(self) -> bool {
        matches!(
            self,
            Op::NewStruct
                | Op::NewLargeStruct
                | Op::NewStructDefault
                | Op::NewArray
                | Op::NewArrayDefault
                | Op::NewArrayFixed
                | Op::NewArrayData
                | Op::NewArrayElements
        )
    }

    /// Whether it leaves its source, or its source its result, in an accumulator.
    #[inline(always)]
    pub const fn copies(self) -> bool {
        matches!(self, Op::CopyInt | Op::CopyF64 | Op::CopyF32 | Op::CopyVector)
    }

    /// [`OpInfo::special`].
    const fn is_special(self) -> bool {
        self.copies() || self.calls() || self.allocates() || matches!(self, Op::Select)
    }

    /// Whether source x is a type and the first of the slots of its operands.
    pub const fn names_type(self) -> bool {
        self.allocates() || matches!(self, Op::ArrayFill | Op::ArrayCopy | Op::ArrayInitData | Op::ArrayInitElements)
    }

    /// The same access to a memory 0 with 64-bit addresses, and to any memory; of a load or store.
    pub fn other_accesses(self) -> [Op; 2] {
        let first = ACCESSES[0][0] as usize;
        let [_, wide, any] = (self as usize).checked_sub(first).and_then(|at| ACCESSES.get(at)).copied().unwrap_or([self; 3]);
        [wide, any]
    }

    /// The op negated, exchanged, and as a branch; itself if it compares nothing.
    #[inline(always)]
    fn relations(self) -> [Op; 3] {
        RELATIONS.get((self as usize).wrapping_sub(FIRST_COMPARISON)).copied().unwrap_or([self; 3])
    }

    /// The comparison, or branch, that is true when this one is false.
    #[inline(always)]
    pub fn negated(self) -> Op {
        self.relations()[0]
    }

    /// The op that computes the same with its sources exchanged.
    #[inline(always)]
    pub fn swapped(self) -> Op {
        self.relations()[1]
    }

    /// The branch that a comparison becomes.
    #[inline(always)]
    pub fn branch(self) -> Op {
        self.relations()[2]
    }

    /// Whether it may go elsewhere than to the next instruction, in this function.
    #[inline(always)]
    pub fn branches(self) -> bool {
        matches!(self.info().layout.tail, Tail::Label) || matches!(self, Op::BranchTable)
    }

    /// Whether nothing can follow it in a superinstruction.
    pub const fn ends_group(self) -> bool {
        matches!(
            self,
            Op::Branch
                | Op::BranchTable
                | Op::Call
                | Op::CallImport
                | Op::CallIndirect
                | Op::CallRef
                | Op::ReturnCallRef
                | Op::ReturnCall
                | Op::ReturnCallImport
                | Op::ReturnCallIndirect
                | Op::Return
                | Op::ReturnInt
                | Op::ReturnF64
                | Op::ReturnF32
                | Op::ReturnVector
                | Op::Unreachable
                | Op::OutOfBounds
                | Op::MemoryGrow
                | Op::MemoryGrowAny
                | Op::AtomicWait
                | Op::TableGrow
                | Op::Throw
                | Op::ThrowRef
        )
    }

    /// The op of the same name as a WebAssembly instruction with a fixed signature.
    pub const fn of_opcode(opcode: Opcode) -> Option<Op> {
        OF_OPCODE[opcode.dense()]
    }
}

/// By [`Opcode::dense`]; built by comparing names.
static OF_OPCODE: [Option<Op>; Opcode::DENSE] = OF_OPCODE_TABLE;
const OF_OPCODE_TABLE: [Option<Op>; Opcode::DENSE] = {
    let mut table = [None; Opcode::DENSE];
    macro_rules! fill {
        ($($code:literal $name:ident $mnemonic:literal $immediates:tt $signature:tt $proposal:ident;)*) => {
            $(
                // Atomics share ops with others; looking for theirs would only cost the compiler's time.
                if !matches!(Proposal::$proposal, Proposal::Threads) {
                    table[Opcode::$name.dense()] = op_named(stringify!($name));
                }
            )*
        };
    }
    crate::wasm::opcodes::for_each_opcode!(fill);
    table
};

const fn op_named(name: &str) -> Option<Op> {
    let mut op = 0;
    while op < OPS {
        let (a, b) = (ROWS[op].0.as_bytes(), name.as_bytes());
        // Names differ at their ends.
        let mut left = if a.len() == b.len() { a.len() } else { usize::MAX };
        while left != usize::MAX && left > 0 && a[left - 1] == b[left - 1] {
            left -= 1;
        }
        if left == 0 {
            // Ops that share a name with a special opcode are found by the translator's arms, not here.
            return if matches!(ROWS[op].1.template, Template::Other) { None } else { Some(Op::ALL[op]) };
        }
        op += 1;
    }
    None
}

/// [`Offsets`] by id; with the feature `compact` they are computed again and again.
#[cfg(not(feature = "compact"))]
static OFFSETS: [Offsets; IDS] = {
    let mut offsets = [Offsets { y: 0, z: 0, imm: 0, d: 0, end: 0, has_tail: false }; IDS];
    let mut op = 0;
    while op < OPS {
        let info = NUMBERED[op];
        let shape = &SHAPES[info.shape as usize];
        let mut number = 0;
        while number < shape.count as usize {
            offsets[info.base as usize + number] = info.layout.offsets(shape.forms[number]);
            assert!(offsets[info.base as usize + number].end < 32, "the translator masks offsets");
            number += 1;
        }
        op += 1;
    }
    offsets
};

/// The op with this id, at compile time.
pub const fn op_of(id: Id) -> Op {
    let table = &NUMBERED;
    let (mut first, mut end) = (0, OPS);
    while end - first > 1 {
        let middle = (first + end) / 2;
        if table[middle].base <= id { first = middle } else { end = middle }
    }
    Op::ALL[first]
}

/// The op and form with this id: the inverse of [`Op::id`]; for listings and tests.
#[cfg(any(test, feature = "profile"))]
pub fn describe(id: Id) -> Option<(Op, Form)> {
    use super::shapes::ShapeForms;
    let at = INFO.partition_point(|info| info.base <= id).checked_sub(1)?;
    static TABLE: [ShapeForms; SHAPES.len()] = SHAPES;
    let forms = &TABLE[INFO[at].shape as usize];
    let number = id - INFO[at].base;
    (number < forms.count).then(|| (Op::ALL[at], forms.forms[usize::from(number)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::opcodes::Signature;

    #[test]
    fn ids_and_forms_are_inverse() {
        for id in 0..IDS as Id {
            assert_eq!(Some(op_of(id)), describe(id).map(|(op, _)| op));
            let (op, form) = describe(id).unwrap();
            assert_eq!(op.id(form), Some(id), "{op:?} {form:?}");
        }
        assert_eq!(describe(IDS as Id), None);
    }

    #[test]
    fn every_opcode_with_a_fixed_signature_has_an_op() {
        let without = [
            Opcode::Nop,
            Opcode::I32Const,
            Opcode::I64Const,
            Opcode::F32Const,
            Opcode::F64Const,
            Opcode::I32Eqz,
            Opcode::I64Eqz,
            Opcode::I32WrapI64,
            // These have two results, so that the translator has an arm for them.
            Opcode::I64Add128,
            Opcode::I64Sub128,
            Opcode::I64MulWideS,
            Opcode::I64MulWideU,
            Opcode::V128Const,
            Opcode::V128Store,
            Opcode::I8x16Shuffle,
        ];
        for &opcode in Opcode::ALL {
            // Atomics of one width share an op.
            let atomic = opcode.proposal() == Proposal::Threads;
            if matches!(opcode.signature(), Signature::Fixed(..)) && !atomic && !without.contains(&opcode) {
                assert!(Op::of_opcode(opcode).is_some(), "{}", opcode.mnemonic());
            }
        }
    }

    #[test]
    fn relations_of_comparisons_are_involutions() {
        for &(op, negated, swapped, branch) in COMPARISONS {
            assert_eq!(negated.negated(), op);
            assert_eq!(swapped.swapped(), op);
            assert_eq!(op.branch(), branch);
            assert_eq!(branch.negated(), negated.branch());
            assert_eq!(branch.swapped(), swapped.branch());
        }
    }

    #[test]
    fn accesses_are_numbered_as_they_are_listed() {
        for &[plain, wide, any] in ACCESSES {
            assert_eq!(plain.other_accesses(), [wide, any]);
            assert_eq!(plain.info().access_bytes, wide.info().access_bytes);
        }
    }

    #[test]
    fn commutative_ops_stay_themselves() {
        assert_eq!(Op::I32Add.swapped(), Op::I32Add);
        assert!(Op::I32Add.info().swappable);
        assert!(!Op::I32Sub.info().swappable);
    }
}
