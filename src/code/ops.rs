//! The one table of our own instructions ("ops"). What follows from it stands beside it, in the folder of the same name: numbers, names and relations
//! (`derived`), how operands lie (`layout`), the lists of forms (`shapes`).
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
//!
//! [`Layout`]: layout::Layout
//! [`Layout::tail`]: layout::Layout::tail
//! [`Opcode`]: crate::wasm::opcodes::Opcode
//! [`Shape`]: shapes::Shape

mod derived;
mod layout;
mod shapes;

#[cfg(feature = "profile")]
pub use derived::describe;
pub use derived::{IDS, INFO_TABLE, Id, OPS, Op, OpInfo, Template, id_of, op_of};
pub use layout::Tail;

/// Calls the given macro with all rows.
///
/// * `binary`, `unary`: `Name Shape operand result semantic`
/// * `compare`: `Name Branch Shape BranchShape operand semantic Negated Swapped`
/// * `load`, `store`: `Name Wide Any Shape value stored extended`, with the names of the ops for a 64-bit memory 0, and for any memory
/// * `vector_with_scalar`: `Name Shape scalar semantic`; `replace_lane` likewise, of one lane; `extract_lane`: `Name Shape result lane extended`
/// * `ternary`: `Name semantic`, three vectors; `vector_load`: `Name stored semantic`; `load_lane` likewise; `store_lane`: `Name stored`
/// * `get`: `Field Element FieldShape ElementShape value stored extended`, reads of structures and arrays; `set` likewise, without the last
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
                F32Min F32Rare f32 f32 f32_min;
                F32Max F32Rare f32 f32 f32_max;
                F32Copysign F32Rare f32 f32 f32_copysign;
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
            get {
                Field8S Element8S FieldInt ElementInt u32 i8 i32;
                Field8U Element8U FieldInt ElementInt u32 u8 u32;
                Field16S Element16S FieldInt ElementInt u32 i16 i32;
                Field16U Element16U FieldInt ElementInt u32 u16 u32;
                Field32 Element32 FieldInt ElementInt u32 u32 u32;
                Field64 Element64 FieldInt ElementInt u64 u64 u64;
                FieldF32 ElementF32 FieldF32 ElementOther f32 f32 f32;
                FieldF64 ElementF64 FieldF64 ElementF64 f64 f64 f64;
                FieldVector ElementVector FieldVector ElementOther V128 V128 V128;
            }
            set {
                SetField8 SetElement8 SetFieldInt SetElementInt u32 u8;
                SetField16 SetElement16 SetFieldInt SetElementInt u32 u16;
                SetField32 SetElement32 SetFieldInt SetElementInt u32 u32;
                SetField64 SetElement64 SetFieldInt SetElementInt u64 u64;
                SetFieldF32 SetElementF32 SetFieldOther SetElementOther f32 f32;
                SetFieldF64 SetElementF64 SetFieldF64 SetElementF64 f64 f64;
                SetFieldVector SetElementVector SetFieldOther SetElementOther V128 V128;
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
                /// `d` = a reference to a function of structure x; imm is its end.
                FieldFunction FieldF32 (u32 - - imm Int -);
                /// `d` = a reference to a function that is element y of array x.
                ElementFunction ElementOther (u32 u32 - - Int -);
                /// A reference to a function of structure x = y; imm is its end.
                SetFieldFunction SetFieldInt (u32 u64 - imm - -);
                /// A reference to a function that is element y of array z = x.
                SetElementFunction SetElementInt (u64 u32 z - - -);
                /// `d` = length of array x.
                ArrayLen FieldInt (u32 - - - Int -);
                /// `d` = a structure of type x (32 bits) and imm bytes; its fields lie from slot x >> 32 on, and y has four bits for each slot: how far
                /// the next field is.
                NewStruct ImmediatesToSlot (u64 u64 - imm Int -);
                /// `d` = a structure of type x (32 bits), of any fields, which lie from slot x >> 32 on.
                NewLargeStruct ImmediateToSlot (u64 - - - Int -);
                /// `d` = a structure of type x (32 bits) and imm bytes, of zeros and nulls.
                NewStructDefault ImmediateToSlot (u64 - - imm Int -);
                /// `d` = what stands for x, a reference to a function, in a structure.
                FunctionNumber SlotToSlot (raw - - - Int -);
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
                /// `d` = whether x is of the reference type with bits y.
                RefTest TestReference (u32 u64 - - Int -);
                /// `d` = whether x is of the type with number y (32 bits), which has no subtypes; bit 63: or null.
                RefTestFinal TestReference (u32 u64 - - Int -);
                /// `d` = whether x is of the type with number y (32 bits), or a subtype, at the depth that y has in bits 32 to 47; bit 63: or null.
                RefTestOpen TestReference (u32 u64 - - Int -);
                /// `d` = whether x, a reference to a function, is of the reference type with bits y.
                RefTestFunction TestReference (u64 u64 - - Int -);
                /// Traps unless x is as `RefTest` says.
                RefCast CheckReference (u32 u64 - - - -);
                /// Traps unless x is as `RefTestFinal` says.
                RefCastFinal CheckReference (u32 u64 - - - -);
                /// Traps unless x is as `RefTestOpen` says.
                RefCastOpen CheckReference (u32 u64 - - - -);
                /// Traps unless x is as `RefTestFunction` says.
                RefCastFunction CheckReference (u64 u64 - - - -);
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
