//! The one table of our own instructions ("ops"), and everything that follows from it: numbers, layouts, forms, names.
//!
//! A row says what an op computes (by its function in `wasm::numeric`, or by its body in `exec::handlers`), its operand types, and its
//! [`Shape`], which is the list of operand forms that it exists in (`code::forms`). An op with the name of an [`Opcode`] implements that opcode.
//! Read by: `translate` (layouts, numbers), `exec` (handlers), the disassembler (names). Calls: `wasm`.
//!
//! # Layout of an instruction in the code stream
//! `[handler: 8 bytes][x][y][z][imm][d][tail]`, operands packed without padding, the whole rounded up to 8 bytes. A superinstruction has one
//! handler and the operands of its parts, one after another. Widths: see [`Layout`].
//!
//! # Invariants
//! O1. An [`Id`] names one op in one form; ids are dense, in the order of ops and of their forms.
//! O2. An op that leaves its straight line ([`Layout::tail`] or [`Op::ends_group`]) is the last of its group, branches excepted, which may be
//!     followed by what runs when they are not taken.

use super::forms::with_forms;
use super::operands::{Class, Form, Kind, PINNING};
use crate::wasm::features::Proposal;
use crate::wasm::opcodes::Opcode;
use crate::wasm::simd::V128;

/// What follows the operands of an op.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// Nothing.
    None,
    /// 8 bytes: address of the instruction to go on with.
    Label,
    /// 12 bytes and padding: distance to the callee's frame in bytes (4); and at the end of the instruction, aligned, where the callee's code is
    /// ([`CallTarget`](super::cell::CallTarget), 8).
    Call,
    /// 12 bytes: distance as above (4); address of the callee's cell (8).
    ReturnCall,
    /// 10 bytes: import index (4), distance as above, padding (2).
    CallImport,
    /// 10 bytes: canonical type (4), distance as above, table index (2).
    CallIndirect,
    /// 2 bytes: a lane, as its number, or as its distance from the start of the vector in bytes.
    Lane,
    /// 16 bytes: a vector.
    Vector,
}

impl Tail {
    /// Its length in the code stream.
    pub const fn bytes(self) -> usize {
        match self {
            Tail::None => 0,
            Tail::Label => 8,
            Tail::Call | Tail::ReturnCall => 12,
            Tail::CallImport | Tail::CallIndirect => 10,
            Tail::Lane => 2,
            Tail::Vector => 16,
        }
    }
}

/// The operands of an op. A field of 0 bytes is absent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Class of source x.
    pub x: Class,
    /// Bytes of source x as an immediate.
    pub x_bytes: u8,
    /// Class of source y.
    pub y: Class,
    /// Bytes of source y as an immediate.
    pub y_bytes: u8,
    /// Whether there is a third source, always a slot (2 bytes).
    pub z: bool,
    /// Whether there is a fixed 4-byte immediate.
    pub imm: bool,
    /// Class of the destination.
    pub d: Class,
    /// Whether there is a destination.
    pub has_d: bool,
    /// What follows.
    pub tail: Tail,
}

impl Layout {
    /// Bytes of the operands in one form.
    pub const fn bytes(self, form: Form) -> usize {
        source_bytes(self.x_bytes, form.x)
            + source_bytes(self.y_bytes, form.y)
            + if self.z { 2 } else { 0 }
            + if self.imm { 4 } else { 0 }
            + if self.has_d && matches!(form.d, Kind::W) { 2 } else { 0 }
            + self.tail.bytes()
    }
}

/// Bytes of one source operand.
pub const fn source_bytes(immediate: u8, kind: Kind) -> usize {
    match kind {
        Kind::S if immediate > 0 => 2,
        Kind::I => immediate as usize,
        _ => 0,
    }
}

/// Calls the given macro with all rows.
///
/// * `binary`, `unary`: `Name Shape operand result semantic`
/// * `compare`: `Name Branch Shape BranchShape operand semantic Negated Swapped`
/// * `load`, `store`: `Name Wide Any Shape value stored extended`, with the names of the ops for a 64-bit memory 0, and for any memory
/// * `vector_with_scalar`: `Name Shape scalar semantic`; `replace_lane` likewise, of one lane; `extract_lane`: `Name Shape result lane extended`
/// * `ternary`: `Name semantic`, three vectors; `vector_load`: `Name stored semantic`; `load_lane` likewise; `store_lane`: `Name stored`
/// * `other`: `Name Shape (x y z imm d tail)`, where `raw` is a source read from its slot whatever its type.
macro_rules! for_each_op {
    ($callback:path) => {
        $callback! {
            binary {
                I32Add IntCommutative u32 u32 i32_add;
                I32Sub IntBinary u32 u32 i32_sub;
                I32Mul IntCommutative u32 u32 i32_mul;
                I32And IntCommutative u32 u32 i32_and;
                I32Or IntCommutative u32 u32 i32_or;
                I32Xor IntCommutative u32 u32 i32_xor;
                I32Shl IntBinary u32 u32 i32_shl;
                I32ShrS IntBinary u32 u32 i32_shr_s;
                I32ShrU IntBinary u32 u32 i32_shr_u;
                I32Rotl IntBinary u32 u32 i32_rotl;
                I32Rotr IntBinary u32 u32 i32_rotr;
                I32DivS IntRare u32 u32 i32_div_s;
                I32DivU IntRare u32 u32 i32_div_u;
                I32RemS IntRare u32 u32 i32_rem_s;
                I32RemU IntRare u32 u32 i32_rem_u;
                I64Add IntCommutative u64 u64 i64_add;
                I64Sub IntBinary u64 u64 i64_sub;
                I64Mul IntCommutative u64 u64 i64_mul;
                I64And IntCommutative u64 u64 i64_and;
                I64Or IntCommutative u64 u64 i64_or;
                I64Xor IntCommutative u64 u64 i64_xor;
                I64Shl IntBinary u64 u64 i64_shl;
                I64ShrS IntBinary u64 u64 i64_shr_s;
                I64ShrU IntBinary u64 u64 i64_shr_u;
                I64Rotl IntBinary u64 u64 i64_rotl;
                I64Rotr IntBinary u64 u64 i64_rotr;
                I64DivS IntRare u64 u64 i64_div_s;
                I64DivU IntRare u64 u64 i64_div_u;
                I64RemS IntRare u64 u64 i64_rem_s;
                I64RemU IntRare u64 u64 i64_rem_u;
                F32Add F32Commutative f32 f32 f32_add;
                F32Sub F32Binary f32 f32 f32_sub;
                F32Mul F32Commutative f32 f32 f32_mul;
                F32Div F32Binary f32 f32 f32_div;
                F32Min F32Binary f32 f32 f32_min;
                F32Max F32Binary f32 f32 f32_max;
                F32Copysign F32Binary f32 f32 f32_copysign;
                F64Add F64Commutative f64 f64 f64_add;
                F64Sub F64Binary f64 f64 f64_sub;
                F64Mul F64Commutative f64 f64 f64_mul;
                F64Div F64Binary f64 f64 f64_div;
                F64Min F64Rare f64 f64 f64_min;
                F64Max F64Rare f64 f64 f64_max;
                F64Copysign F64Rare f64 f64 f64_copysign;
                I8x16Swizzle VectorBinary V128 V128 i8x16_swizzle;
                I8x16Eq VectorCommutative V128 V128 i8x16_eq;
                I8x16Ne VectorCommutative V128 V128 i8x16_ne;
                I8x16LtS VectorBinary V128 V128 i8x16_lt_s;
                I8x16LtU VectorBinary V128 V128 i8x16_lt_u;
                I8x16GtS VectorBinary V128 V128 i8x16_gt_s;
                I8x16GtU VectorBinary V128 V128 i8x16_gt_u;
                I8x16LeS VectorBinary V128 V128 i8x16_le_s;
                I8x16LeU VectorBinary V128 V128 i8x16_le_u;
                I8x16GeS VectorBinary V128 V128 i8x16_ge_s;
                I8x16GeU VectorBinary V128 V128 i8x16_ge_u;
                I16x8Eq VectorCommutative V128 V128 i16x8_eq;
                I16x8Ne VectorCommutative V128 V128 i16x8_ne;
                I16x8LtS VectorBinary V128 V128 i16x8_lt_s;
                I16x8LtU VectorBinary V128 V128 i16x8_lt_u;
                I16x8GtS VectorBinary V128 V128 i16x8_gt_s;
                I16x8GtU VectorBinary V128 V128 i16x8_gt_u;
                I16x8LeS VectorBinary V128 V128 i16x8_le_s;
                I16x8LeU VectorBinary V128 V128 i16x8_le_u;
                I16x8GeS VectorBinary V128 V128 i16x8_ge_s;
                I16x8GeU VectorBinary V128 V128 i16x8_ge_u;
                I32x4Eq VectorCommutative V128 V128 i32x4_eq;
                I32x4Ne VectorCommutative V128 V128 i32x4_ne;
                I32x4LtS VectorBinary V128 V128 i32x4_lt_s;
                I32x4LtU VectorBinary V128 V128 i32x4_lt_u;
                I32x4GtS VectorBinary V128 V128 i32x4_gt_s;
                I32x4GtU VectorBinary V128 V128 i32x4_gt_u;
                I32x4LeS VectorBinary V128 V128 i32x4_le_s;
                I32x4LeU VectorBinary V128 V128 i32x4_le_u;
                I32x4GeS VectorBinary V128 V128 i32x4_ge_s;
                I32x4GeU VectorBinary V128 V128 i32x4_ge_u;
                F32x4Eq VectorCommutative V128 V128 f32x4_eq;
                F32x4Ne VectorCommutative V128 V128 f32x4_ne;
                F32x4Lt VectorBinary V128 V128 f32x4_lt;
                F32x4Gt VectorBinary V128 V128 f32x4_gt;
                F32x4Le VectorBinary V128 V128 f32x4_le;
                F32x4Ge VectorBinary V128 V128 f32x4_ge;
                F64x2Eq VectorCommutative V128 V128 f64x2_eq;
                F64x2Ne VectorCommutative V128 V128 f64x2_ne;
                F64x2Lt VectorBinary V128 V128 f64x2_lt;
                F64x2Gt VectorBinary V128 V128 f64x2_gt;
                F64x2Le VectorBinary V128 V128 f64x2_le;
                F64x2Ge VectorBinary V128 V128 f64x2_ge;
                V128And VectorCommutative V128 V128 v128_and;
                V128Andnot VectorBinary V128 V128 v128_andnot;
                V128Or VectorCommutative V128 V128 v128_or;
                V128Xor VectorCommutative V128 V128 v128_xor;
                I8x16NarrowI16x8S VectorBinary V128 V128 i8x16_narrow_i16x8_s;
                I8x16NarrowI16x8U VectorBinary V128 V128 i8x16_narrow_i16x8_u;
                I8x16Add VectorCommutative V128 V128 i8x16_add;
                I8x16AddSatS VectorCommutative V128 V128 i8x16_add_sat_s;
                I8x16AddSatU VectorCommutative V128 V128 i8x16_add_sat_u;
                I8x16Sub VectorBinary V128 V128 i8x16_sub;
                I8x16SubSatS VectorBinary V128 V128 i8x16_sub_sat_s;
                I8x16SubSatU VectorBinary V128 V128 i8x16_sub_sat_u;
                I8x16MinS VectorCommutative V128 V128 i8x16_min_s;
                I8x16MinU VectorCommutative V128 V128 i8x16_min_u;
                I8x16MaxS VectorCommutative V128 V128 i8x16_max_s;
                I8x16MaxU VectorCommutative V128 V128 i8x16_max_u;
                I8x16AvgrU VectorCommutative V128 V128 i8x16_avgr_u;
                I16x8Q15mulrSatS VectorCommutative V128 V128 i16x8_q15mulr_sat_s;
                I16x8NarrowI32x4S VectorBinary V128 V128 i16x8_narrow_i32x4_s;
                I16x8NarrowI32x4U VectorBinary V128 V128 i16x8_narrow_i32x4_u;
                I16x8Add VectorCommutative V128 V128 i16x8_add;
                I16x8AddSatS VectorCommutative V128 V128 i16x8_add_sat_s;
                I16x8AddSatU VectorCommutative V128 V128 i16x8_add_sat_u;
                I16x8Sub VectorBinary V128 V128 i16x8_sub;
                I16x8SubSatS VectorBinary V128 V128 i16x8_sub_sat_s;
                I16x8SubSatU VectorBinary V128 V128 i16x8_sub_sat_u;
                I16x8Mul VectorCommutative V128 V128 i16x8_mul;
                I16x8MinS VectorCommutative V128 V128 i16x8_min_s;
                I16x8MinU VectorCommutative V128 V128 i16x8_min_u;
                I16x8MaxS VectorCommutative V128 V128 i16x8_max_s;
                I16x8MaxU VectorCommutative V128 V128 i16x8_max_u;
                I16x8AvgrU VectorCommutative V128 V128 i16x8_avgr_u;
                I16x8ExtmulLowI8x16S VectorCommutative V128 V128 i16x8_extmul_low_i8x16_s;
                I16x8ExtmulHighI8x16S VectorCommutative V128 V128 i16x8_extmul_high_i8x16_s;
                I16x8ExtmulLowI8x16U VectorCommutative V128 V128 i16x8_extmul_low_i8x16_u;
                I16x8ExtmulHighI8x16U VectorCommutative V128 V128 i16x8_extmul_high_i8x16_u;
                I32x4Add VectorCommutative V128 V128 i32x4_add;
                I32x4Sub VectorBinary V128 V128 i32x4_sub;
                I32x4Mul VectorCommutative V128 V128 i32x4_mul;
                I32x4MinS VectorCommutative V128 V128 i32x4_min_s;
                I32x4MinU VectorCommutative V128 V128 i32x4_min_u;
                I32x4MaxS VectorCommutative V128 V128 i32x4_max_s;
                I32x4MaxU VectorCommutative V128 V128 i32x4_max_u;
                I32x4DotI16x8S VectorCommutative V128 V128 i32x4_dot_i16x8_s;
                I32x4ExtmulLowI16x8S VectorCommutative V128 V128 i32x4_extmul_low_i16x8_s;
                I32x4ExtmulHighI16x8S VectorCommutative V128 V128 i32x4_extmul_high_i16x8_s;
                I32x4ExtmulLowI16x8U VectorCommutative V128 V128 i32x4_extmul_low_i16x8_u;
                I32x4ExtmulHighI16x8U VectorCommutative V128 V128 i32x4_extmul_high_i16x8_u;
                I64x2Add VectorCommutative V128 V128 i64x2_add;
                I64x2Sub VectorBinary V128 V128 i64x2_sub;
                I64x2Mul VectorCommutative V128 V128 i64x2_mul;
                I64x2Eq VectorCommutative V128 V128 i64x2_eq;
                I64x2Ne VectorCommutative V128 V128 i64x2_ne;
                I64x2LtS VectorBinary V128 V128 i64x2_lt_s;
                I64x2GtS VectorBinary V128 V128 i64x2_gt_s;
                I64x2LeS VectorBinary V128 V128 i64x2_le_s;
                I64x2GeS VectorBinary V128 V128 i64x2_ge_s;
                I64x2ExtmulLowI32x4S VectorCommutative V128 V128 i64x2_extmul_low_i32x4_s;
                I64x2ExtmulHighI32x4S VectorCommutative V128 V128 i64x2_extmul_high_i32x4_s;
                I64x2ExtmulLowI32x4U VectorCommutative V128 V128 i64x2_extmul_low_i32x4_u;
                I64x2ExtmulHighI32x4U VectorCommutative V128 V128 i64x2_extmul_high_i32x4_u;
                F32x4Add VectorCommutative V128 V128 f32x4_add;
                F32x4Sub VectorBinary V128 V128 f32x4_sub;
                F32x4Mul VectorCommutative V128 V128 f32x4_mul;
                F32x4Div VectorBinary V128 V128 f32x4_div;
                F32x4Min VectorBinary V128 V128 f32x4_min;
                F32x4Max VectorBinary V128 V128 f32x4_max;
                F32x4Pmin VectorBinary V128 V128 f32x4_pmin;
                F32x4Pmax VectorBinary V128 V128 f32x4_pmax;
                F64x2Add VectorCommutative V128 V128 f64x2_add;
                F64x2Sub VectorBinary V128 V128 f64x2_sub;
                F64x2Mul VectorCommutative V128 V128 f64x2_mul;
                F64x2Div VectorBinary V128 V128 f64x2_div;
                F64x2Min VectorBinary V128 V128 f64x2_min;
                F64x2Max VectorBinary V128 V128 f64x2_max;
                F64x2Pmin VectorBinary V128 V128 f64x2_pmin;
                F64x2Pmax VectorBinary V128 V128 f64x2_pmax;
                I8x16RelaxedSwizzle VectorBinary V128 V128 i8x16_relaxed_swizzle;
                F32x4RelaxedMin VectorBinary V128 V128 f32x4_relaxed_min;
                F32x4RelaxedMax VectorBinary V128 V128 f32x4_relaxed_max;
                F64x2RelaxedMin VectorBinary V128 V128 f64x2_relaxed_min;
                F64x2RelaxedMax VectorBinary V128 V128 f64x2_relaxed_max;
                I16x8RelaxedQ15mulrS VectorCommutative V128 V128 i16x8_relaxed_q15mulr_s;
                I16x8RelaxedDotI8x16I7x16S VectorBinary V128 V128 i16x8_relaxed_dot_i8x16_i7x16_s;
            }
            compare {
                I32Eq BranchI32Eq IntCompare IntBranch u32 i32_eq I32Ne I32Eq;
                I32Ne BranchI32Ne IntCompare IntBranch u32 i32_ne I32Eq I32Ne;
                I32LtS BranchI32LtS IntCompare IntBranch u32 i32_lt_s I32GeS I32GtS;
                I32GeS BranchI32GeS IntCompare IntBranch u32 i32_ge_s I32LtS I32LeS;
                I32LtU BranchI32LtU IntCompare IntBranch u32 i32_lt_u I32GeU I32GtU;
                I32GeU BranchI32GeU IntCompare IntBranch u32 i32_ge_u I32LtU I32LeU;
                I32GtS BranchI32GtS IntCompare IntBranch u32 i32_gt_s I32LeS I32LtS;
                I32LeS BranchI32LeS IntCompare IntBranch u32 i32_le_s I32GtS I32GeS;
                I32GtU BranchI32GtU IntCompare IntBranch u32 i32_gt_u I32LeU I32LtU;
                I32LeU BranchI32LeU IntCompare IntBranch u32 i32_le_u I32GtU I32GeU;
                I64Eq BranchI64Eq IntCompare IntBranch u64 i64_eq I64Ne I64Eq;
                I64Ne BranchI64Ne IntCompare IntBranch u64 i64_ne I64Eq I64Ne;
                I64LtS BranchI64LtS IntCompare IntBranch u64 i64_lt_s I64GeS I64GtS;
                I64GeS BranchI64GeS IntCompare IntBranch u64 i64_ge_s I64LtS I64LeS;
                I64LtU BranchI64LtU IntCompare IntBranch u64 i64_lt_u I64GeU I64GtU;
                I64GeU BranchI64GeU IntCompare IntBranch u64 i64_ge_u I64LtU I64LeU;
                I64GtS BranchI64GtS IntCompare IntBranch u64 i64_gt_s I64LeS I64LtS;
                I64LeS BranchI64LeS IntCompare IntBranch u64 i64_le_s I64GtS I64GeS;
                I64GtU BranchI64GtU IntCompare IntBranch u64 i64_gt_u I64LeU I64LtU;
                I64LeU BranchI64LeU IntCompare IntBranch u64 i64_le_u I64GtU I64GeU;
                F32Eq BranchF32Eq F32Compare F32Branch f32 f32_eq F32Ne F32Eq;
                F32Ne BranchF32Ne F32Compare F32Branch f32 f32_ne F32Eq F32Ne;
                F32Lt BranchF32Lt F32Compare F32Branch f32 f32_lt F32NotLt F32Gt;
                F32Gt BranchF32Gt F32Compare F32Branch f32 f32_gt F32NotGt F32Lt;
                F32Le BranchF32Le F32Compare F32Branch f32 f32_le F32NotLe F32Ge;
                F32Ge BranchF32Ge F32Compare F32Branch f32 f32_ge F32NotGe F32Le;
                F32NotLt BranchF32NotLt F32Compare F32Branch f32 f32_not_lt F32Lt F32NotGt;
                F32NotGt BranchF32NotGt F32Compare F32Branch f32 f32_not_gt F32Gt F32NotLt;
                F32NotLe BranchF32NotLe F32Compare F32Branch f32 f32_not_le F32Le F32NotGe;
                F32NotGe BranchF32NotGe F32Compare F32Branch f32 f32_not_ge F32Ge F32NotLe;
                F64Eq BranchF64Eq F64Compare F64Branch f64 f64_eq F64Ne F64Eq;
                F64Ne BranchF64Ne F64Compare F64Branch f64 f64_ne F64Eq F64Ne;
                F64Lt BranchF64Lt F64Compare F64Branch f64 f64_lt F64NotLt F64Gt;
                F64Gt BranchF64Gt F64Compare F64Branch f64 f64_gt F64NotGt F64Lt;
                F64Le BranchF64Le F64Compare F64Branch f64 f64_le F64NotLe F64Ge;
                F64Ge BranchF64Ge F64Compare F64Branch f64 f64_ge F64NotGe F64Le;
                F64NotLt BranchF64NotLt F64Compare F64Branch f64 f64_not_lt F64Lt F64NotGt;
                F64NotGt BranchF64NotGt F64Compare F64Branch f64 f64_not_gt F64Gt F64NotLt;
                F64NotLe BranchF64NotLe F64Compare F64Branch f64 f64_not_le F64Le F64NotGe;
                F64NotGe BranchF64NotGe F64Compare F64Branch f64 f64_not_ge F64Ge F64NotLe;
            }
            unary {
                I32Clz IntToInt u32 u32 i32_clz;
                I32Ctz IntToInt u32 u32 i32_ctz;
                I32Popcnt IntToInt u32 u32 i32_popcnt;
                I32Extend8S IntToInt u32 u32 i32_extend8_s;
                I32Extend16S IntToInt u32 u32 i32_extend16_s;
                I64Clz IntToInt u64 u64 i64_clz;
                I64Ctz IntToInt u64 u64 i64_ctz;
                I64Popcnt IntToInt u64 u64 i64_popcnt;
                I64Extend8S IntToInt u64 u64 i64_extend8_s;
                I64Extend16S IntToInt u64 u64 i64_extend16_s;
                I64Extend32S IntToInt u64 u64 i64_extend32_s;
                I64ExtendI32S IntToInt u32 u64 i64_extend_i32_s;
                I64ExtendI32U IntToInt u32 u64 i64_extend_i32_u;
                F32Abs F32ToF32 f32 f32 f32_abs;
                F32Neg F32ToF32 f32 f32 f32_neg;
                F32Ceil F32ToF32 f32 f32 f32_ceil;
                F32Floor F32ToF32 f32 f32 f32_floor;
                F32Trunc F32ToF32 f32 f32 f32_trunc;
                F32Nearest F32ToF32 f32 f32 f32_nearest;
                F32Sqrt F32ToF32 f32 f32 f32_sqrt;
                F64Abs F64ToF64 f64 f64 f64_abs;
                F64Neg F64ToF64 f64 f64 f64_neg;
                F64Ceil F64ToF64 f64 f64 f64_ceil;
                F64Floor F64ToF64 f64 f64 f64_floor;
                F64Trunc F64ToF64 f64 f64 f64_trunc;
                F64Nearest F64ToF64 f64 f64 f64_nearest;
                F64Sqrt F64ToF64 f64 f64 f64_sqrt;
                I32TruncF32S F32ToInt f32 u32 i32_trunc_f32_s;
                I32TruncF32U F32ToInt f32 u32 i32_trunc_f32_u;
                I32TruncF64S F64ToInt f64 u32 i32_trunc_f64_s;
                I32TruncF64U F64ToInt f64 u32 i32_trunc_f64_u;
                I64TruncF32S F32ToInt f32 u64 i64_trunc_f32_s;
                I64TruncF32U F32ToInt f32 u64 i64_trunc_f32_u;
                I64TruncF64S F64ToInt f64 u64 i64_trunc_f64_s;
                I64TruncF64U F64ToInt f64 u64 i64_trunc_f64_u;
                I32TruncSatF32S F32ToInt f32 u32 i32_trunc_sat_f32_s;
                I32TruncSatF32U F32ToInt f32 u32 i32_trunc_sat_f32_u;
                I32TruncSatF64S F64ToInt f64 u32 i32_trunc_sat_f64_s;
                I32TruncSatF64U F64ToInt f64 u32 i32_trunc_sat_f64_u;
                I64TruncSatF32S F32ToInt f32 u64 i64_trunc_sat_f32_s;
                I64TruncSatF32U F32ToInt f32 u64 i64_trunc_sat_f32_u;
                I64TruncSatF64S F64ToInt f64 u64 i64_trunc_sat_f64_s;
                I64TruncSatF64U F64ToInt f64 u64 i64_trunc_sat_f64_u;
                F32ConvertI32S IntToF32 u32 f32 f32_convert_i32_s;
                F32ConvertI32U IntToF32 u32 f32 f32_convert_i32_u;
                F32ConvertI64S IntToF32 u64 f32 f32_convert_i64_s;
                F32ConvertI64U IntToF32 u64 f32 f32_convert_i64_u;
                F64ConvertI32S IntToF64 u32 f64 f64_convert_i32_s;
                F64ConvertI32U IntToF64 u32 f64 f64_convert_i32_u;
                F64ConvertI64S IntToF64 u64 f64 f64_convert_i64_s;
                F64ConvertI64U IntToF64 u64 f64 f64_convert_i64_u;
                F32DemoteF64 F64ToF32 f64 f32 f32_demote_f64;
                F64PromoteF32 F32ToF64 f32 f64 f64_promote_f32;
                I32ReinterpretF32 F32ToInt f32 u32 i32_reinterpret_f32;
                I64ReinterpretF64 F64ToInt f64 u64 i64_reinterpret_f64;
                F32ReinterpretI32 IntToF32 u32 f32 f32_reinterpret_i32;
                F64ReinterpretI64 IntToF64 u64 f64 f64_reinterpret_i64;
                I8x16Splat IntToVector u32 V128 i8x16_splat;
                I16x8Splat IntToVector u32 V128 i16x8_splat;
                I32x4Splat IntToVector u32 V128 i32x4_splat;
                I64x2Splat IntToVector u64 V128 i64x2_splat;
                F32x4Splat F32ToVector f32 V128 f32x4_splat;
                F64x2Splat F64ToVector f64 V128 f64x2_splat;
                V128Not VectorToVector V128 V128 v128_not;
                V128AnyTrue VectorToInt V128 u32 v128_any_true;
                F32x4DemoteF64x2Zero VectorToVector V128 V128 f32x4_demote_f64x2_zero;
                F64x2PromoteLowF32x4 VectorToVector V128 V128 f64x2_promote_low_f32x4;
                I8x16Abs VectorToVector V128 V128 i8x16_abs;
                I8x16Neg VectorToVector V128 V128 i8x16_neg;
                I8x16Popcnt VectorToVector V128 V128 i8x16_popcnt;
                I8x16AllTrue VectorToInt V128 u32 i8x16_all_true;
                I8x16Bitmask VectorToInt V128 u32 i8x16_bitmask;
                F32x4Ceil VectorToVector V128 V128 f32x4_ceil;
                F32x4Floor VectorToVector V128 V128 f32x4_floor;
                F32x4Trunc VectorToVector V128 V128 f32x4_trunc;
                F32x4Nearest VectorToVector V128 V128 f32x4_nearest;
                F64x2Ceil VectorToVector V128 V128 f64x2_ceil;
                F64x2Floor VectorToVector V128 V128 f64x2_floor;
                F64x2Trunc VectorToVector V128 V128 f64x2_trunc;
                I16x8ExtaddPairwiseI8x16S VectorToVector V128 V128 i16x8_extadd_pairwise_i8x16_s;
                I16x8ExtaddPairwiseI8x16U VectorToVector V128 V128 i16x8_extadd_pairwise_i8x16_u;
                I32x4ExtaddPairwiseI16x8S VectorToVector V128 V128 i32x4_extadd_pairwise_i16x8_s;
                I32x4ExtaddPairwiseI16x8U VectorToVector V128 V128 i32x4_extadd_pairwise_i16x8_u;
                I16x8Abs VectorToVector V128 V128 i16x8_abs;
                I16x8Neg VectorToVector V128 V128 i16x8_neg;
                I16x8AllTrue VectorToInt V128 u32 i16x8_all_true;
                I16x8Bitmask VectorToInt V128 u32 i16x8_bitmask;
                I16x8ExtendLowI8x16S VectorToVector V128 V128 i16x8_extend_low_i8x16_s;
                I16x8ExtendHighI8x16S VectorToVector V128 V128 i16x8_extend_high_i8x16_s;
                I16x8ExtendLowI8x16U VectorToVector V128 V128 i16x8_extend_low_i8x16_u;
                I16x8ExtendHighI8x16U VectorToVector V128 V128 i16x8_extend_high_i8x16_u;
                F64x2Nearest VectorToVector V128 V128 f64x2_nearest;
                I32x4Abs VectorToVector V128 V128 i32x4_abs;
                I32x4Neg VectorToVector V128 V128 i32x4_neg;
                I32x4AllTrue VectorToInt V128 u32 i32x4_all_true;
                I32x4Bitmask VectorToInt V128 u32 i32x4_bitmask;
                I32x4ExtendLowI16x8S VectorToVector V128 V128 i32x4_extend_low_i16x8_s;
                I32x4ExtendHighI16x8S VectorToVector V128 V128 i32x4_extend_high_i16x8_s;
                I32x4ExtendLowI16x8U VectorToVector V128 V128 i32x4_extend_low_i16x8_u;
                I32x4ExtendHighI16x8U VectorToVector V128 V128 i32x4_extend_high_i16x8_u;
                I64x2Abs VectorToVector V128 V128 i64x2_abs;
                I64x2Neg VectorToVector V128 V128 i64x2_neg;
                I64x2AllTrue VectorToInt V128 u32 i64x2_all_true;
                I64x2Bitmask VectorToInt V128 u32 i64x2_bitmask;
                I64x2ExtendLowI32x4S VectorToVector V128 V128 i64x2_extend_low_i32x4_s;
                I64x2ExtendHighI32x4S VectorToVector V128 V128 i64x2_extend_high_i32x4_s;
                I64x2ExtendLowI32x4U VectorToVector V128 V128 i64x2_extend_low_i32x4_u;
                I64x2ExtendHighI32x4U VectorToVector V128 V128 i64x2_extend_high_i32x4_u;
                F32x4Abs VectorToVector V128 V128 f32x4_abs;
                F32x4Neg VectorToVector V128 V128 f32x4_neg;
                F32x4Sqrt VectorToVector V128 V128 f32x4_sqrt;
                F64x2Abs VectorToVector V128 V128 f64x2_abs;
                F64x2Neg VectorToVector V128 V128 f64x2_neg;
                F64x2Sqrt VectorToVector V128 V128 f64x2_sqrt;
                I32x4TruncSatF32x4S VectorToVector V128 V128 i32x4_trunc_sat_f32x4_s;
                I32x4TruncSatF32x4U VectorToVector V128 V128 i32x4_trunc_sat_f32x4_u;
                F32x4ConvertI32x4S VectorToVector V128 V128 f32x4_convert_i32x4_s;
                F32x4ConvertI32x4U VectorToVector V128 V128 f32x4_convert_i32x4_u;
                I32x4TruncSatF64x2SZero VectorToVector V128 V128 i32x4_trunc_sat_f64x2_s_zero;
                I32x4TruncSatF64x2UZero VectorToVector V128 V128 i32x4_trunc_sat_f64x2_u_zero;
                F64x2ConvertLowI32x4S VectorToVector V128 V128 f64x2_convert_low_i32x4_s;
                F64x2ConvertLowI32x4U VectorToVector V128 V128 f64x2_convert_low_i32x4_u;
                I32x4RelaxedTruncF32x4S VectorToVector V128 V128 i32x4_relaxed_trunc_f32x4_s;
                I32x4RelaxedTruncF32x4U VectorToVector V128 V128 i32x4_relaxed_trunc_f32x4_u;
                I32x4RelaxedTruncF64x2SZero VectorToVector V128 V128 i32x4_relaxed_trunc_f64x2_s_zero;
                I32x4RelaxedTruncF64x2UZero VectorToVector V128 V128 i32x4_relaxed_trunc_f64x2_u_zero;
                RefI31 IntToInt u32 u32 ref_i31;
                I31GetS IntToInt u32 u32 i31_get_s;
                I31GetU IntToInt u32 u32 i31_get_u;
            }
            load {
                I32Load I32LoadWide I32LoadAny LoadInt u32 u32 u32;
                I64Load I64LoadWide I64LoadAny LoadInt u64 u64 u64;
                F32Load F32LoadWide F32LoadAny LoadF32 f32 f32 f32;
                F64Load F64LoadWide F64LoadAny LoadF64 f64 f64 f64;
                I32Load8S I32Load8SWide I32Load8SAny LoadInt u32 i8 i32;
                I32Load8U I32Load8UWide I32Load8UAny LoadInt u32 u8 u32;
                I32Load16S I32Load16SWide I32Load16SAny LoadInt u32 i16 i32;
                I32Load16U I32Load16UWide I32Load16UAny LoadInt u32 u16 u32;
                I64Load8S I64Load8SWide I64Load8SAny LoadInt u64 i8 i64;
                I64Load8U I64Load8UWide I64Load8UAny LoadInt u64 u8 u64;
                I64Load16S I64Load16SWide I64Load16SAny LoadInt u64 i16 i64;
                I64Load16U I64Load16UWide I64Load16UAny LoadInt u64 u16 u64;
                I64Load32S I64Load32SWide I64Load32SAny LoadInt u64 i32 i64;
                I64Load32U I64Load32UWide I64Load32UAny LoadInt u64 u32 u64;
            }
            store {
                I32Store I32StoreWide I32StoreAny StoreInt u32 u32;
                I64Store I64StoreWide I64StoreAny StoreInt u64 u64;
                F32Store F32StoreWide F32StoreAny StoreF32 f32 f32;
                F64Store F64StoreWide F64StoreAny StoreF64 f64 f64;
                I32Store8 I32Store8Wide I32Store8Any StoreInt u32 u8;
                I32Store16 I32Store16Wide I32Store16Any StoreInt u32 u16;
                I64Store8 I64Store8Wide I64Store8Any StoreInt u64 u8;
                I64Store16 I64Store16Wide I64Store16Any StoreInt u64 u16;
                I64Store32 I64Store32Wide I64Store32Any StoreInt u64 u32;
            }
            vector_with_scalar {
                I8x16Shl VectorShift u32 i8x16_shl;
                I8x16ShrS VectorShift u32 i8x16_shr_s;
                I8x16ShrU VectorShift u32 i8x16_shr_u;
                I16x8Shl VectorShift u32 i16x8_shl;
                I16x8ShrS VectorShift u32 i16x8_shr_s;
                I16x8ShrU VectorShift u32 i16x8_shr_u;
                I32x4Shl VectorShift u32 i32x4_shl;
                I32x4ShrS VectorShift u32 i32x4_shr_s;
                I32x4ShrU VectorShift u32 i32x4_shr_u;
                I64x2Shl VectorShift u32 i64x2_shl;
                I64x2ShrS VectorShift u32 i64x2_shr_s;
                I64x2ShrU VectorShift u32 i64x2_shr_u;
            }
            replace_lane {
                I8x16ReplaceLane VectorShift u32 i8x16_replace_lane;
                I16x8ReplaceLane VectorShift u32 i16x8_replace_lane;
                I32x4ReplaceLane VectorShift u32 i32x4_replace_lane;
                I64x2ReplaceLane VectorShift u64 i64x2_replace_lane;
                F32x4ReplaceLane VectorAndF64 f32 f32x4_replace_lane;
                F64x2ReplaceLane VectorAndF64 f64 f64x2_replace_lane;
            }
            extract_lane {
                I8x16ExtractLaneS ExtractInt u32 i8 i32;
                I8x16ExtractLaneU ExtractInt u32 u8 u32;
                I16x8ExtractLaneS ExtractInt u32 i16 i32;
                I16x8ExtractLaneU ExtractInt u32 u16 u32;
                I32x4ExtractLane ExtractInt u32 u32 u32;
                I64x2ExtractLane ExtractInt u64 u64 u64;
                F32x4ExtractLane ExtractF32 f32 f32 f32;
                F64x2ExtractLane ExtractF64 f64 f64 f64;
            }
            ternary {
                V128Bitselect v128_bitselect;
                F32x4RelaxedMadd f32x4_relaxed_madd;
                F32x4RelaxedNmadd f32x4_relaxed_nmadd;
                F64x2RelaxedMadd f64x2_relaxed_madd;
                F64x2RelaxedNmadd f64x2_relaxed_nmadd;
                I8x16RelaxedLaneselect i8x16_relaxed_laneselect;
                I16x8RelaxedLaneselect i16x8_relaxed_laneselect;
                I32x4RelaxedLaneselect i32x4_relaxed_laneselect;
                I64x2RelaxedLaneselect i64x2_relaxed_laneselect;
                I32x4RelaxedDotI8x16I7x16AddS i32x4_relaxed_dot_i8x16_i7x16_add_s;
            }
            vector_load {
                V128Load V128 v128_load;
                V128Load8x8S u64 v128_load8x8_s;
                V128Load8x8U u64 v128_load8x8_u;
                V128Load16x4S u64 v128_load16x4_s;
                V128Load16x4U u64 v128_load16x4_u;
                V128Load32x2S u64 v128_load32x2_s;
                V128Load32x2U u64 v128_load32x2_u;
                V128Load8Splat u8 v128_load8_splat;
                V128Load16Splat u16 v128_load16_splat;
                V128Load32Splat u32 v128_load32_splat;
                V128Load64Splat u64 v128_load64_splat;
                V128Load32Zero u32 v128_load32_zero;
                V128Load64Zero u64 v128_load64_zero;
            }
            load_lane {
                V128Load8Lane u8 v128_load8_lane;
                V128Load16Lane u16 v128_load16_lane;
                V128Load32Lane u32 v128_load32_lane;
                V128Load64Lane u64 v128_load64_lane;
            }
            store_lane {
                V128Store8Lane u8;
                V128Store16Lane u16;
                V128Store32Lane u32;
                V128Store64Lane u64;
            }
            other {
                /// `d = x`, 64 bits of an integer or reference.
                CopyInt CopyInt (u64 - - - Int -);
                /// `d = x`.
                CopyF64 CopyF64 (f64 - - - F64 -);
                /// `d = x`.
                CopyF32 CopyF32 (f32 - - - F32 -);
                /// `d = imm`, sign-extended to 64 bits.
                Const32 Produce (- - - imm Int -);
                /// `d = if z (i32) != 0 { x } else { y }`.
                Select Select (u64 u64 z - Int -);
                /// `d = if accumulator (i32) != 0 { x } else { y }`.
                SelectByAcc SelectByAcc (u64 u64 - - Int -);
                /// As `Select`, for values of any class: sources are read from their slots.
                SelectRaw SlotsToSlot (raw raw z - None -);
                /// `d = x`, 64 bits of any class, from slot to slot.
                CopyRaw SlotToSlot (raw - - - None -);
                /// Goes to the label.
                Branch Plain (- - - - - Label);
                /// Goes to the min(x, imm)-th of the labels that follow the instruction: imm + 1 distances of 4 bytes from its start.
                BranchTable ConsumeIndex (u32 - - imm - -);
                /// Calls a function of the module.
                Call Plain (- - - - - Call);
                /// Calls an imported function.
                CallImport Plain (- - - - - CallImport);
                /// Calls the function that a table holds at x.
                CallIndirect ConsumeIndex (u32 - - - - CallIndirect);
                /// Calls a function of the module in place of the running one; arguments are in place.
                ReturnCall Plain (- - - - - ReturnCall);
                /// Calls an imported function in place of the running one; arguments are in place.
                ReturnCallImport Plain (- - - - - CallImport);
                /// Calls the function that a table holds at x in place of the running one; arguments are in place.
                ReturnCallIndirect ConsumeIndex (u32 - - - - CallIndirect);
                /// Makes the frame larger in front of its link, and moves arguments there: from slot x (32 bits), x >> 32 (16 bits) of them, for
                /// x >> 48 more slots than there were. The slot behind the arguments goes to the accumulator.
                MoveArguments ConsumeImmediate (u64 - - - - -);
                /// Returns; results are in place.
                Return Plain (- - - - - -);
                /// Returns x, which goes to slot z.
                ReturnInt ConsumeInt (u64 - z - - -);
                /// Returns x, which goes to slot z.
                ReturnF64 ConsumeF64 (f64 - z - - -);
                /// Returns x, which goes to slot z.
                ReturnF32 ConsumeF32 (f32 - z - - -);
                /// Traps: unreachable.
                Unreachable Plain (- - - - - -);
                /// Traps: an access that is out of bounds whatever the address.
                OutOfBounds Plain (- - - - - -);
                /// Traps when the stack has no room for a frame of imm bytes.
                Enter Plain (- - - imm - -);
                /// Zeroes 4 slots from z.
                Zero4 Plain (- - z - - -);
                /// Zeroes 8 slots from z.
                Zero8 Plain (- - z - - -);
                /// Zeroes 12 slots from z.
                Zero12 Plain (- - z - - -);
                /// Zeroes 16 slots from z.
                Zero16 Plain (- - z - - -);
                /// Zeroes imm slots from z.
                ZeroMany Plain (- - z imm - -);
                /// Loads a pinned local from its slot z.
                PinInt LoadPinInt (- - z - Int -);
                /// Loads a pinned local from its slot z.
                PinF64 LoadPinF64 (- - z - F64 -);
                /// Stores a pinned local into its slot z.
                UnpinInt StorePinInt (u64 - z - - -);
                /// Stores a pinned local into its slot z.
                UnpinF64 StorePinF64 (f64 - z - - -);
                /// `d` (slot) = the slot at imm bytes, which 16 bits can't name.
                FarLoad ToSlot (- - - imm None -);
                /// The slot at imm bytes, which 16 bits can't name, = x.
                FarStore FromSlot (raw - - imm - -);
                /// `d` = the global that is imm bytes behind the context.
                GlobalGet Produce (- - - imm Int -);
                /// The global that is imm bytes behind the context = x.
                GlobalSet ConsumeInt (u64 - - imm - -);
                /// As `GlobalSet`, for values of any class.
                GlobalSetRaw FromSlot (raw - - imm - -);
                /// `d` = imported global imm.
                ImportedGlobalGet ToSlot (- - - imm None -);
                /// Imported global imm = x.
                ImportedGlobalSet FromSlot (raw - - imm - -);
                /// `d` = pages of memory 0.
                MemorySize Produce (- - - - Int -);
                /// Leaves, to grow memory 0 by x pages and set `d`.
                MemoryGrow SlotToSlot (raw - - - None -);
                /// Copies z bytes from y to x.
                MemoryCopy FromSlots (raw raw z - - -);
                /// Sets z bytes from x to y.
                MemoryFill FromSlots (raw raw z - - -);
                /// Copies z bytes from y of data segment imm to x.
                MemoryInit FromSlots (raw raw z imm - -);
                /// Drops data segment imm.
                DataDrop Plain (- - - imm - -);
                /// `d` = element x of table imm.
                TableGet SlotToSlot (raw - - imm None -);
                /// Element x of table imm = y.
                TableSet FromSlots (raw raw - imm - -);
                /// `d` = size of table imm.
                TableSize ToSlot (- - - imm None -);
                /// Leaves, to grow table imm by y elements x and set `d`.
                TableGrow SlotsToSlot (raw raw - imm None -);
                /// Sets z elements from x of table imm to y.
                TableFill FromSlots (raw raw z imm - -);
                /// Copies z elements from y to x; imm is destination table | source table << 16.
                TableCopy FromSlots (raw raw z imm - -);
                /// Copies z elements from y of a segment to x; imm is segment | table << 24.
                TableInit FromSlots (raw raw z imm - -);
                /// Drops element segment imm.
                ElemDrop Plain (- - - imm - -);
                /// `d` = reference to function imm.
                RefFunc ToSlot (- - - imm None -);
                /// Calls the function that x refers to.
                CallRef ConsumeIndex (u64 - - - - CallImport);
                /// Calls the function that x refers to in place of the running one; arguments are in place.
                ReturnCallRef ConsumeIndex (u64 - - - - CallImport);
                /// `d` = the reference in a table (y >> 32) at x, if it is one to a function of canonical type y (32 bits) or a subtype.
                CalleeOfType SlotAndImmediate (raw u64 - - Int -);
                /// Traps if x is null.
                CheckNonNull FromSlot (raw - - - - -);
                /// `d` = a signed byte of structure x at imm.
                Field8S SlotToSlot (raw - - imm Int -);
                /// `d` = a signed byte that is element y of array x.
                Element8S SlotsToSlot (raw raw - - Int -);
                /// `d` = a byte of structure x at imm.
                Field8U SlotToSlot (raw - - imm Int -);
                /// `d` = a byte that is element y of array x.
                Element8U SlotsToSlot (raw raw - - Int -);
                /// `d` = a signed 16-bit number of structure x at imm.
                Field16S SlotToSlot (raw - - imm Int -);
                /// `d` = a signed 16-bit number that is element y of array x.
                Element16S SlotsToSlot (raw raw - - Int -);
                /// `d` = a 16-bit number of structure x at imm.
                Field16U SlotToSlot (raw - - imm Int -);
                /// `d` = a 16-bit number that is element y of array x.
                Element16U SlotsToSlot (raw raw - - Int -);
                /// `d` = 4 bytes of structure x at imm.
                Field32 SlotToSlot (raw - - imm Int -);
                /// `d` = 4 bytes that is element y of array x.
                Element32 SlotsToSlot (raw raw - - Int -);
                /// `d` = 8 bytes of structure x at imm.
                Field64 SlotToSlot (raw - - imm Int -);
                /// `d` = 8 bytes that is element y of array x.
                Element64 SlotsToSlot (raw raw - - Int -);
                /// `d` = 4 bytes of a float of structure x at imm.
                Field32Raw SlotToSlot (raw - - imm None -);
                /// `d` = 4 bytes of a float that is element y of array x.
                Element32Raw SlotsToSlot (raw raw - - None -);
                /// `d` = 8 bytes of a float of structure x at imm.
                Field64Raw SlotToSlot (raw - - imm None -);
                /// `d` = 8 bytes of a float that is element y of array x.
                Element64Raw SlotsToSlot (raw raw - - None -);
                /// `d` = a reference to a function of structure x at imm.
                FieldFunction SlotToSlot (raw - - imm Int -);
                /// `d` = a reference to a function that is element y of array x.
                ElementFunction SlotsToSlot (raw raw - - Int -);
                /// 1 byte of structure x at imm = y.
                SetField8 FromSlots (raw raw - imm - -);
                /// 1 byte that is element y of array x = z.
                SetElement8 FromSlots (raw raw z - - -);
                /// 2 bytes of structure x at imm = y.
                SetField16 FromSlots (raw raw - imm - -);
                /// 2 bytes that is element y of array x = z.
                SetElement16 FromSlots (raw raw z - - -);
                /// 4 bytes of structure x at imm = y.
                SetField32 FromSlots (raw raw - imm - -);
                /// 4 bytes that is element y of array x = z.
                SetElement32 FromSlots (raw raw z - - -);
                /// 8 bytes of structure x at imm = y.
                SetField64 FromSlots (raw raw - imm - -);
                /// 8 bytes that is element y of array x = z.
                SetElement64 FromSlots (raw raw z - - -);
                /// A reference to a function of structure x at imm = y.
                SetFieldFunction FromSlots (raw raw - imm - -);
                /// A reference to a function that is element y of array x = z.
                SetElementFunction FromSlots (raw raw z - - -);
                /// `d` = a vector of structure x at imm.
                FieldVector SlotToSlot (raw - - imm Vector -);
                /// `d` = a vector that is element y of array x.
                ElementVector SlotsToSlot (raw raw - - Vector -);
                /// A vector of structure x at imm = y.
                SetFieldVector FromSlots (raw V128 - imm - -);
                /// A vector that is element y of array x = z.
                SetElementVector FromSlots (raw raw z - - -);
                /// `d` = length of array x.
                ArrayLen SlotToSlot (raw - - - Int -);
                /// `d` = a structure of type x (32 bits) with fields from slot x >> 32 on.
                NewStruct ImmediateToSlot (u64 - - - Int -);
                /// `d` = a structure of type x (32 bits) of zeros and nulls.
                NewStructDefault ImmediateToSlot (u64 - - - Int -);
                /// `d` = an array of type x (32 bits); value and length lie from slot x >> 32 on.
                NewArray ImmediateToSlot (u64 - - - Int -);
                /// `d` = an array of type x (32 bits) of zeros or nulls; its length lies in slot x >> 32.
                NewArrayDefault ImmediateToSlot (u64 - - - Int -);
                /// `d` = an array of type x (32 bits) of imm elements from slot x >> 32 on.
                NewArrayFixed ImmediateToSlot (u64 - - imm Int -);
                /// `d` = an array of type x (32 bits) of the bytes of data segment imm; offset and length lie from slot x >> 32 on.
                NewArrayData ImmediateToSlot (u64 - - imm Int -);
                /// `d` = an array of type x (32 bits) of element segment imm; offset and length lie from slot x >> 32 on.
                NewArrayElements ImmediateToSlot (u64 - - imm Int -);
                /// Fills an array of type x (32 bits); array, offset, value and length lie from slot x >> 32 on.
                ArrayFill ConsumeImmediate (u64 - - - - -);
                /// Copies between arrays, to one of type x (32 bits); array, offset, source, offset and length lie from slot x >> 32 on.
                ArrayCopy ConsumeImmediate (u64 - - - - -);
                /// Copies from data segment imm to an array of type x (32 bits); array, offset, offset and length lie from slot x >> 32 on.
                ArrayInitData ConsumeImmediate (u64 - - imm - -);
                /// Copies from element segment imm to an array of type x (32 bits); array, offset, offset and length lie from slot x >> 32 on.
                ArrayInitElements ConsumeImmediate (u64 - - imm - -);
                /// `d` = whether x is of the reference type with bits imm.
                RefTest SlotToSlot (raw - - imm Int -);
                /// `d` = whether x, a reference to a function, is of the reference type with bits imm.
                RefTestFunction SlotToSlot (raw - - imm Int -);
                /// Traps unless x is of the reference type with bits imm.
                RefCast FromSlot (raw - - imm - -);
                /// Traps unless x, a reference to a function, is of the reference type with bits imm.
                RefCastFunction FromSlot (raw - - imm - -);
                /// Leaves: the outermost function has returned.
                Done Plain (- - - - - -);
                /// Leaves: back from a call into another instance.
                Recross Plain (- - - - - -);
                /// Leaves: the function has no code yet.
                TranslateStub Plain (- - - - - -);
                /// Leaves: a host function is called.
                HostStub Plain (- - - - - -);
                /// Leaves, to throw: x is the slot of the payload (32 bits), and the index of the tag << 32.
                Throw ConsumeImmediate (u64 - - - - -);
                /// Leaves, to throw the exception x, or traps if that is null.
                ThrowRef FromSlot (raw - - - - -);
                /// `d` = pages of the memory that imm names.
                MemorySizeAny ToSlot (- - - imm None -);
                /// Leaves, to grow the memory that imm names by x pages and set `d`.
                MemoryGrowAny SlotToSlot (raw - - imm None -);
                /// Copies z bytes from y to x; imm is the place of the destination | that of the source << 10.
                MemoryCopyAny FromSlots (raw raw z imm - -);
                /// Sets z bytes from x of the memory that imm names to y.
                MemoryFillAny FromSlots (raw raw z imm - -);
                /// Copies z bytes from y of a data segment to x; imm is the place | the segment << 10.
                MemoryInitAny FromSlots (raw raw z imm - -);
                /// `d` = min(x, 2^32 - 1): an index of 64 bits for ops that take one of 32.
                SaturateIndex SlotToSlot (raw - - - None -);
                /// The slots at imm bytes and behind: of four, the sum of two 128-bit integers goes to the first two.
                I64Add128 Plain (- - - imm - -);
                /// The same, with their difference.
                I64Sub128 Plain (- - - imm - -);
                /// Of two slots at imm bytes, the signed product goes to both.
                I64MulWideS Plain (- - - imm - -);
                /// The same, with the unsigned product.
                I64MulWideU Plain (- - - imm - -);
                /// `d = x`.
                CopyVector CopyVector (V128 - - - Vector -);
                /// `d` = the vector behind the operands.
                V128Const ProduceVector (- - - - Vector Vector);
                /// `d` = lanes of x and y, as the vector behind the operands says.
                I8x16Shuffle VectorBinary (V128 V128 - - Vector Vector);
                /// `memory[x + offset] = y`; the offset is in imm, with the bytes accessed.
                V128Store StoreVector (u32 V128 - imm - -);
                /// `d = memory[x + y]`, of the memory that imm names.
                V128LoadAny LoadAny (raw u64 - imm Vector -);
                /// `memory[x + y] = z`, of the memory that imm names.
                V128StoreAny StoreAny (raw u64 z imm - -);
                /// `d = if z (i32) != 0 { x } else { y }`.
                SelectVector VectorBinary (V128 V128 z - Vector -);
                /// Returns x, which goes to slot z.
                ReturnVector ConsumeVector (V128 - z - - -);
                /// `d` (slot) = the vector in slots at imm bytes, which 16 bits can't name.
                FarLoadVector ToSlot (- - - imm None -);
                /// The slots at imm bytes, which 16 bits can't name, = the vector in slot x.
                FarStoreVector FromSlot (raw - - imm - -);
                /// `d` = the global that is imm bytes behind the context.
                GlobalGetVector ProduceVector (- - - imm Vector -);
                /// The global that is imm bytes behind the context = x.
                GlobalSetVector ConsumeVector (V128 - - imm - -);
                /// `d` = imported global imm.
                ImportedGlobalGetVector ProduceVector (- - - imm Vector -);
                /// Imported global imm = x.
                ImportedGlobalSetVector ConsumeVector (V128 - - imm - -);
                /// `d` = x + y, an address in the memory that imm names; traps if that has more than 64 bits.
                AddOffset LoadAny (raw u64 - imm None -);
                /// An atomic access of one byte, at x with y and z, as imm says; `d` = what was there.
                Atomic8 SlotsToSlot (raw raw z imm None -);
                /// The same, of 2 bytes.
                Atomic16 SlotsToSlot (raw raw z imm None -);
                /// The same, of 4 bytes.
                Atomic32 SlotsToSlot (raw raw z imm None -);
                /// The same, of 8 bytes.
                Atomic64 SlotsToSlot (raw raw z imm None -);
                /// Orders all accesses before it and behind it.
                AtomicFence Plain (- - - - - -);
                /// `d` = how many of at most y threads that wait at x were woken.
                AtomicNotify SlotsToSlot (raw raw - imm None -);
                /// Leaves, to wait at x if y is there, for z nanoseconds at most; the kind in imm is 1 for 64 bits. `d` = how that ended.
                AtomicWait SlotsToSlot (raw raw z imm None -);
                /// Counts an execution (profiles only).
                Count Plain (- - - imm - -);
            }
        }
    };
}
pub(crate) use for_each_op;

/// The lists of operand forms, see `code::forms`.
macro_rules! define_shapes {
    ($($shape:ident)*) => {
        /// A list of operand forms that an op exists in.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Shape { $($shape),* }

        const SHAPES: [ShapeForms; [$(Shape::$shape),*].len()] = [$({
            let mut forms = ShapeForms::EMPTY;
            with_forms!($shape add_forms forms);
            forms
        }),*];
    };
}
macro_rules! add_forms {
    ($forms:ident; $($x:ident $y:ident: $($d:ident)*),*) => {
        $($( $forms = $forms.with(Form { x: Kind::$x, y: Kind::$y, d: Kind::$d }); )*)*
    };
}

/// The forms of one shape, numbered.
#[derive(Clone, Copy)]
struct ShapeForms {
    number: [FormNumber; Form::CODES],
    count: u16,
    /// Bit `x | y << 3`: some form has these sources.
    sources: u64,
    /// Bit `x | y << 3`: the form with these sources and destination `U` exists.
    updates: u64,
    /// Whether a source, and the destination, can be pinned.
    pins: [bool; 2],
    /// Whether the destination can be the accumulator alone.
    accumulates: bool,
    /// The form of each number.
    forms: [Form; MAX_FORMS],
}

/// Most forms of a shape.
const MAX_FORMS: usize = if PINNING { 320 } else { 32 };

/// The number of a form in its shape: narrow where there are few.
#[cfg(not(feature = "compact"))]
type FormNumber = u16;
#[cfg(feature = "compact")]
type FormNumber = u8;

const NO_FORM: FormNumber = FormNumber::MAX;

impl ShapeForms {
    const EMPTY: Self = Self {
        number: [NO_FORM; Form::CODES],
        count: 0,
        sources: 0,
        updates: 0,
        pins: [false; 2],
        accumulates: false,
        forms: [Form { x: Kind::N, y: Kind::N, d: Kind::N }; MAX_FORMS],
    };

    const fn with(mut self, form: Form) -> Self {
        if !form.exists() {
            return self;
        }
        assert!(self.number[form.code()] == NO_FORM, "a form is listed twice");
        self.number[form.code()] = self.count as FormNumber;
        self.forms[self.count as usize] = form;
        self.accumulates |= matches!(form.d, Kind::R);
        self.count += 1;
        let bit = 1 << (form.x as u64 | (form.y as u64) << 3);
        self.sources |= bit;
        if form.d as u8 == Kind::U as u8 {
            self.updates |= bit;
        }
        self.pins[0] |= matches!(form.x, Kind::P0);
        self.pins[1] |= matches!(form.d, Kind::P0);
        self
    }
}

define_shapes! {
    IntCommutative IntBinary IntRare IntCompare IntBranch
    F64Commutative F64Binary F64Rare F64Compare F64Branch
    F32Commutative F32Binary F32Compare F32Branch
    IntToInt IntToF64 IntToF32 F64ToInt F64ToF64 F64ToF32 F32ToInt F32ToF64 F32ToF32
    LoadInt LoadF64 LoadF32 StoreInt StoreF64 StoreF32 LoadWide StoreWide LoadAny StoreAny
    VectorCommutative VectorBinary VectorToVector VectorToInt VectorShift VectorAndF64 IntToVector F64ToVector F32ToVector
    LoadVector LoadLane StoreVector StoreLane ExtractInt ExtractF64 ExtractF32 CopyVector ProduceVector ConsumeVector
    CopyInt CopyF64 CopyF32 Produce Select SelectByAcc ConsumeInt ConsumeF64 ConsumeF32 ConsumeIndex
    ConsumeImmediate SlotAndImmediate ImmediateToSlot Plain SlotToSlot SlotsToSlot ToSlot FromSlot FromSlots LoadPinInt LoadPinF64 StorePinInt StorePinF64
}

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

const fn layout(x: (Class, u8), y: (Class, u8), z: bool, imm: bool, d: (Class, bool), tail: Tail) -> Layout {
    Layout { x: x.0, x_bytes: x.1, y: y.0, y_bytes: y.1, z, imm, d: d.0, has_d: d.1, tail }
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
    /// Reads memory.
    Load,
    /// Writes memory.
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
    /// Anything else.
    Other,
}

/// Everything about an op, derived from its row.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Its name.
    pub name: &'static str,
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
            $($(#[$o_doc])* $o_name,)*
        }

        impl Op {
            /// Every op, in order.
            pub const ALL: &'static [Op] = &[
                $(Op::$b_name,)* $(Op::$c_name,)* $(Op::$c_branch,)* $(Op::$u_name,)* $(Op::$l_name,)* $(Op::$s_name,)*
                $(Op::$l_wide,)* $(Op::$s_wide,)* $(Op::$l_any,)* $(Op::$s_any,)* $(Op::$v_name,)* $(Op::$r_name,)* $(Op::$e_name,)*
                $(Op::$t_name,)* $(Op::$vl_name,)* $(Op::$ll_name,)* $(Op::$sl_name,)* $(Op::$o_name,)*
            ];
        }

        const ROWS: [OpInfo; OPS] = {
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

const fn row(name: &'static str, template: Template, shape: Shape, access_bytes: u8, layout: Layout) -> OpInfo {
    let swappable = matches!(template, Template::Compare | Template::CompareBranch)
        || matches!(shape, Shape::IntCommutative | Shape::F64Commutative | Shape::F32Commutative | Shape::VectorCommutative);
    OpInfo { name, template, layout, shape, base: 0, access_bytes, swappable }
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
    let mut rows = ROWS;
    let mut op = 0;
    let mut next = 0;
    while op < OPS {
        rows[op].base = next;
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
    match SHAPES[info.shape as usize].number[form.code()] {
        NO_FORM => None,
        number => Some(info.base + number as Id),
    }
}

/// The forms of each shape, for look-ups at run time.
static FORMS: [ShapeForms; SHAPES.len()] = SHAPES;

/// Of each comparison: negated, exchanged, branch; of each branch likewise (the branch of a branch is itself).
static RELATIONS: [[Op; 3]; OPS] = {
    let mut relations = [[Op::Done; 3]; OPS];
    let mut op = 0;
    while op < OPS {
        relations[op] = [Op::ALL[op]; 3];
        op += 1;
    }
    let mut i = 0;
    while i < COMPARISONS.len() {
        let (op, negated, swapped, branch) = COMPARISONS[i];
        relations[op as usize] = [negated, swapped, branch];
        relations[branch as usize] = [Op::ALL[negated as usize + COMPARISONS.len()], Op::ALL[swapped as usize + COMPARISONS.len()], branch];
        i += 1;
    }
    relations
};

impl Op {
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

    /// Whether some form has these sources.
    #[inline(always)]
    pub fn has_sources(self, x: Kind, y: Kind) -> bool {
        FORMS[self.info().shape as usize].sources >> (x as u32 | (y as u32) << 3) & 1 != 0
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
                | Op::NewStructDefault
                | Op::NewArray
                | Op::NewArrayDefault
                | Op::NewArrayFixed
                | Op::NewArrayData
                | Op::NewArrayElements
        )
    }

    /// The same access to a memory 0 with 64-bit addresses, and to any memory; of a load or store.
    pub fn other_accesses(self) -> [Op; 2] {
        let first = ACCESSES[0][0] as usize;
        let [_, wide, any] = (self as usize).checked_sub(first).and_then(|at| ACCESSES.get(at)).copied().unwrap_or([self; 3]);
        [wide, any]
    }

    /// The comparison, or branch, that is true when this one is false.
    #[inline(always)]
    pub fn negated(self) -> Op {
        RELATIONS[self as usize][0]
    }

    /// The op that computes the same with its sources exchanged.
    #[inline(always)]
    pub fn swapped(self) -> Op {
        RELATIONS[self as usize][1]
    }

    /// The branch that a comparison becomes.
    #[inline(always)]
    pub fn branch(self) -> Op {
        RELATIONS[self as usize][2]
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
        let (a, b) = (ROWS[op].name.as_bytes(), name.as_bytes());
        // Names differ at their ends.
        let mut left = if a.len() == b.len() { a.len() } else { usize::MAX };
        while left != usize::MAX && left > 0 && a[left - 1] == b[left - 1] {
            left -= 1;
        }
        if left == 0 {
            // Ops that share a name with a special opcode are found by the translator's arms, not here.
            return if matches!(ROWS[op].template, Template::Other) { None } else { Some(Op::ALL[op]) };
        }
        op += 1;
    }
    None
}

/// Where the operands of an instruction lie, in bytes from its first operand; x is at 0.
#[derive(Clone, Copy, Debug)]
pub struct Offsets {
    /// Source y.
    pub y: u8,
    /// Source z.
    pub z: u8,
    /// Fixed immediate.
    pub imm: u8,
    /// Destination.
    pub d: u8,
    /// Tail.
    pub tail: u8,
}

/// [`Offsets`] by id.
pub static OFFSETS: [Offsets; IDS] = {
    let mut offsets = [Offsets { y: 0, z: 0, imm: 0, d: 0, tail: 0 }; IDS];
    let mut op = 0;
    while op < OPS {
        let info = NUMBERED[op];
        let layout = info.layout;
        let shape = &SHAPES[info.shape as usize];
        let mut number = 0;
        while number < shape.count as usize {
            let form = shape.forms[number];
            let y = source_bytes(layout.x_bytes, form.x);
            let z = y + source_bytes(layout.y_bytes, form.y);
            let imm = z + if layout.z { 2 } else { 0 };
            let d = imm + if layout.imm { 4 } else { 0 };
            let tail = layout.bytes(form) - layout.tail.bytes();
            offsets[info.base as usize + number] = Offsets { y: y as u8, z: z as u8, imm: imm as u8, d: d as u8, tail: tail as u8 };
            number += 1;
        }
        op += 1;
    }
    offsets
};

/// The op and form with this id: the inverse of [`Op::id`]; for listings and tests.
#[cfg(any(test, feature = "profile"))]
pub fn describe(id: Id) -> Option<(Op, Form)> {
    let at = INFO.partition_point(|info| info.base <= id).checked_sub(1)?;
    let forms = &FORMS[INFO[at].shape as usize];
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
