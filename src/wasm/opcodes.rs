//! The one table of WebAssembly's instructions.
//!
//! Spec: Binary Format, Instructions; Appendix, Index of Instructions. Each row of [`for_each_opcode!`] says everything that the standard says of
//! an instruction by itself: its encoding, its mnemonic, the kinds of its immediates, its type, and the proposal that it came with.
//! The operator reader, the validator's tables, the translator's dispatch and `docs/opcodes.md` are derived from these rows.
//! Called by: every layer. Calls: nothing.
//!
//! # Row
//! `CODE Name "mnemonic" Immediates Signature Proposal`
//! * `CODE`: one-byte opcodes as they are; prefixed ones as `0xFC00 | sub`.
//! * `Immediates`: an [`Immediates`] kind; memory accesses `(MemArg n)`, where 2^n is the access size in bytes.
//! * `Signature`: `[operands -> results]`, or `special` where the type depends on immediates or on the stack; those have an arm
//!   of their own in the validator and in the translator.
//!
//! # Not here
//! What an instruction computes (`wasm::numeric`), and how we run it (`code::ops`).

use super::{features::Proposal, types::ValType};

/// What follows an opcode in the binary format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Immediates {
    /// Nothing.
    None,
    /// A block type (s33).
    Block,
    /// A block type (s33), and a vector of catch clauses: kind, tag index if it catches one tag, label index.
    TryTable,
    /// A tag index.
    Tag,
    /// A label index.
    Label,
    /// A vector of label indices and a default label.
    LabelTable,
    /// A function index.
    Function,
    /// A type index, then a table index (`call_indirect`, `return_call_indirect`).
    TypeTable,
    /// A local index.
    Local,
    /// A global index.
    Global,
    /// A table index.
    Table,
    /// Two table indices: destination, source.
    TableTable,
    /// An element segment index, then a table index (`table.init`).
    ElementTable,
    /// An element segment index.
    Element,
    /// A vector of value types (`select t*`).
    ValTypes,
    /// Alignment and offset of a memory access of 2^n bytes.
    MemArg(u8),
    /// A memory index.
    Memory,
    /// Two memory indices: destination, source.
    MemoryMemory,
    /// A data segment index, then a memory index (`memory.init`).
    DataMemory,
    /// A data segment index.
    Data,
    /// A signed 32-bit LEB128 literal.
    I32,
    /// A signed 64-bit LEB128 literal.
    I64,
    /// Four bytes, little endian.
    F32,
    /// Eight bytes, little endian.
    F64,
    /// A heap type.
    HeapType,
    /// A type index.
    Type,
    /// A type index, then a field index.
    TypeField,
    /// A type index, then a number of operands (`array.new_fixed`).
    TypeCount,
    /// A type index, then a data segment index.
    TypeData,
    /// A type index, then an element segment index.
    TypeElement,
    /// Two type indices: destination, source.
    TypeType,
    /// Flags, a label index, and the heap types of the operand and of what it is cast to (`br_on_cast`).
    Cast,
}

/// The type of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signature {
    /// Operand types (last is on top) and result types.
    Fixed(&'static [ValType], &'static [ValType]),
    /// Depends on immediates or on the stack.
    Special,
}

/// Calls the given macro with all rows; see the module's doc for their form.
macro_rules! for_each_opcode {
    ($callback:path) => {
        $callback! {
            // Control.
            0x00 Unreachable "unreachable" None special Mvp;
            0x01 Nop "nop" None [->] Mvp;
            0x02 Block "block" Block special Mvp;
            0x03 Loop "loop" Block special Mvp;
            0x04 If "if" Block special Mvp;
            0x05 Else "else" None special Mvp;
            0x06 Try "try" Block special LegacyExceptions;
            0x07 Catch "catch" Tag special LegacyExceptions;
            0x08 Throw "throw" Tag special Exceptions;
            0x09 Rethrow "rethrow" Label special LegacyExceptions;
            0x0a ThrowRef "throw_ref" None special Exceptions;
            0x0b End "end" None special Mvp;
            0x0c Br "br" Label special Mvp;
            0x0d BrIf "br_if" Label special Mvp;
            0x0e BrTable "br_table" LabelTable special Mvp;
            0x0f Return "return" None special Mvp;
            0x10 Call "call" Function special Mvp;
            0x11 CallIndirect "call_indirect" TypeTable special Mvp;
            0x12 ReturnCall "return_call" Function special TailCall;
            0x13 ReturnCallIndirect "return_call_indirect" TypeTable special TailCall;
            0x14 CallRef "call_ref" Type special FunctionReferences;
            0x15 ReturnCallRef "return_call_ref" Type special FunctionReferences;
            0x18 Delegate "delegate" Label special LegacyExceptions;
            0x19 CatchAll "catch_all" None special LegacyExceptions;
            // Parametric.
            0x1a Drop "drop" None special Mvp;
            0x1b Select "select" None special Mvp;
            0x1c SelectTyped "select" ValTypes special ReferenceTypes;
            0x1f TryTable "try_table" TryTable special Exceptions;
            // Variables.
            0x20 LocalGet "local.get" Local special Mvp;
            0x21 LocalSet "local.set" Local special Mvp;
            0x22 LocalTee "local.tee" Local special Mvp;
            0x23 GlobalGet "global.get" Global special Mvp;
            0x24 GlobalSet "global.set" Global special Mvp;
            // Tables.
            0x25 TableGet "table.get" Table special ReferenceTypes;
            0x26 TableSet "table.set" Table special ReferenceTypes;
            // Memory.
            0x28 I32Load "i32.load" (MemArg 2) [I32 -> I32] Mvp;
            0x29 I64Load "i64.load" (MemArg 3) [I32 -> I64] Mvp;
            0x2a F32Load "f32.load" (MemArg 2) [I32 -> F32] Mvp;
            0x2b F64Load "f64.load" (MemArg 3) [I32 -> F64] Mvp;
            0x2c I32Load8S "i32.load8_s" (MemArg 0) [I32 -> I32] Mvp;
            0x2d I32Load8U "i32.load8_u" (MemArg 0) [I32 -> I32] Mvp;
            0x2e I32Load16S "i32.load16_s" (MemArg 1) [I32 -> I32] Mvp;
            0x2f I32Load16U "i32.load16_u" (MemArg 1) [I32 -> I32] Mvp;
            0x30 I64Load8S "i64.load8_s" (MemArg 0) [I32 -> I64] Mvp;
            0x31 I64Load8U "i64.load8_u" (MemArg 0) [I32 -> I64] Mvp;
            0x32 I64Load16S "i64.load16_s" (MemArg 1) [I32 -> I64] Mvp;
            0x33 I64Load16U "i64.load16_u" (MemArg 1) [I32 -> I64] Mvp;
            0x34 I64Load32S "i64.load32_s" (MemArg 2) [I32 -> I64] Mvp;
            0x35 I64Load32U "i64.load32_u" (MemArg 2) [I32 -> I64] Mvp;
            0x36 I32Store "i32.store" (MemArg 2) [I32 I32 ->] Mvp;
            0x37 I64Store "i64.store" (MemArg 3) [I32 I64 ->] Mvp;
            0x38 F32Store "f32.store" (MemArg 2) [I32 F32 ->] Mvp;
            0x39 F64Store "f64.store" (MemArg 3) [I32 F64 ->] Mvp;
            0x3a I32Store8 "i32.store8" (MemArg 0) [I32 I32 ->] Mvp;
            0x3b I32Store16 "i32.store16" (MemArg 1) [I32 I32 ->] Mvp;
            0x3c I64Store8 "i64.store8" (MemArg 0) [I32 I64 ->] Mvp;
            0x3d I64Store16 "i64.store16" (MemArg 1) [I32 I64 ->] Mvp;
            0x3e I64Store32 "i64.store32" (MemArg 2) [I32 I64 ->] Mvp;
            0x3f MemorySize "memory.size" Memory special Mvp;
            0x40 MemoryGrow "memory.grow" Memory special Mvp;
            // Constants.
            0x41 I32Const "i32.const" I32 [-> I32] Mvp;
            0x42 I64Const "i64.const" I64 [-> I64] Mvp;
            0x43 F32Const "f32.const" F32 [-> F32] Mvp;
            0x44 F64Const "f64.const" F64 [-> F64] Mvp;
            // Numeric: tests and comparisons.
            0x45 I32Eqz "i32.eqz" None [I32 -> I32] Mvp;
            0x46 I32Eq "i32.eq" None [I32 I32 -> I32] Mvp;
            0x47 I32Ne "i32.ne" None [I32 I32 -> I32] Mvp;
            0x48 I32LtS "i32.lt_s" None [I32 I32 -> I32] Mvp;
            0x49 I32LtU "i32.lt_u" None [I32 I32 -> I32] Mvp;
            0x4a I32GtS "i32.gt_s" None [I32 I32 -> I32] Mvp;
            0x4b I32GtU "i32.gt_u" None [I32 I32 -> I32] Mvp;
            0x4c I32LeS "i32.le_s" None [I32 I32 -> I32] Mvp;
            0x4d I32LeU "i32.le_u" None [I32 I32 -> I32] Mvp;
            0x4e I32GeS "i32.ge_s" None [I32 I32 -> I32] Mvp;
            0x4f I32GeU "i32.ge_u" None [I32 I32 -> I32] Mvp;
            0x50 I64Eqz "i64.eqz" None [I64 -> I32] Mvp;
            0x51 I64Eq "i64.eq" None [I64 I64 -> I32] Mvp;
            0x52 I64Ne "i64.ne" None [I64 I64 -> I32] Mvp;
            0x53 I64LtS "i64.lt_s" None [I64 I64 -> I32] Mvp;
            0x54 I64LtU "i64.lt_u" None [I64 I64 -> I32] Mvp;
            0x55 I64GtS "i64.gt_s" None [I64 I64 -> I32] Mvp;
            0x56 I64GtU "i64.gt_u" None [I64 I64 -> I32] Mvp;
            0x57 I64LeS "i64.le_s" None [I64 I64 -> I32] Mvp;
            0x58 I64LeU "i64.le_u" None [I64 I64 -> I32] Mvp;
            0x59 I64GeS "i64.ge_s" None [I64 I64 -> I32] Mvp;
            0x5a I64GeU "i64.ge_u" None [I64 I64 -> I32] Mvp;
            0x5b F32Eq "f32.eq" None [F32 F32 -> I32] Mvp;
            0x5c F32Ne "f32.ne" None [F32 F32 -> I32] Mvp;
            0x5d F32Lt "f32.lt" None [F32 F32 -> I32] Mvp;
            0x5e F32Gt "f32.gt" None [F32 F32 -> I32] Mvp;
            0x5f F32Le "f32.le" None [F32 F32 -> I32] Mvp;
            0x60 F32Ge "f32.ge" None [F32 F32 -> I32] Mvp;
            0x61 F64Eq "f64.eq" None [F64 F64 -> I32] Mvp;
            0x62 F64Ne "f64.ne" None [F64 F64 -> I32] Mvp;
            0x63 F64Lt "f64.lt" None [F64 F64 -> I32] Mvp;
            0x64 F64Gt "f64.gt" None [F64 F64 -> I32] Mvp;
            0x65 F64Le "f64.le" None [F64 F64 -> I32] Mvp;
            0x66 F64Ge "f64.ge" None [F64 F64 -> I32] Mvp;
            // Numeric: i32.
            0x67 I32Clz "i32.clz" None [I32 -> I32] Mvp;
            0x68 I32Ctz "i32.ctz" None [I32 -> I32] Mvp;
            0x69 I32Popcnt "i32.popcnt" None [I32 -> I32] Mvp;
            0x6a I32Add "i32.add" None [I32 I32 -> I32] Mvp;
            0x6b I32Sub "i32.sub" None [I32 I32 -> I32] Mvp;
            0x6c I32Mul "i32.mul" None [I32 I32 -> I32] Mvp;
            0x6d I32DivS "i32.div_s" None [I32 I32 -> I32] Mvp;
            0x6e I32DivU "i32.div_u" None [I32 I32 -> I32] Mvp;
            0x6f I32RemS "i32.rem_s" None [I32 I32 -> I32] Mvp;
            0x70 I32RemU "i32.rem_u" None [I32 I32 -> I32] Mvp;
            0x71 I32And "i32.and" None [I32 I32 -> I32] Mvp;
            0x72 I32Or "i32.or" None [I32 I32 -> I32] Mvp;
            0x73 I32Xor "i32.xor" None [I32 I32 -> I32] Mvp;
            0x74 I32Shl "i32.shl" None [I32 I32 -> I32] Mvp;
            0x75 I32ShrS "i32.shr_s" None [I32 I32 -> I32] Mvp;
            0x76 I32ShrU "i32.shr_u" None [I32 I32 -> I32] Mvp;
            0x77 I32Rotl "i32.rotl" None [I32 I32 -> I32] Mvp;
            0x78 I32Rotr "i32.rotr" None [I32 I32 -> I32] Mvp;
            // Numeric: i64.
            0x79 I64Clz "i64.clz" None [I64 -> I64] Mvp;
            0x7a I64Ctz "i64.ctz" None [I64 -> I64] Mvp;
            0x7b I64Popcnt "i64.popcnt" None [I64 -> I64] Mvp;
            0x7c I64Add "i64.add" None [I64 I64 -> I64] Mvp;
            0x7d I64Sub "i64.sub" None [I64 I64 -> I64] Mvp;
            0x7e I64Mul "i64.mul" None [I64 I64 -> I64] Mvp;
            0x7f I64DivS "i64.div_s" None [I64 I64 -> I64] Mvp;
            0x80 I64DivU "i64.div_u" None [I64 I64 -> I64] Mvp;
            0x81 I64RemS "i64.rem_s" None [I64 I64 -> I64] Mvp;
            0x82 I64RemU "i64.rem_u" None [I64 I64 -> I64] Mvp;
            0x83 I64And "i64.and" None [I64 I64 -> I64] Mvp;
            0x84 I64Or "i64.or" None [I64 I64 -> I64] Mvp;
            0x85 I64Xor "i64.xor" None [I64 I64 -> I64] Mvp;
            0x86 I64Shl "i64.shl" None [I64 I64 -> I64] Mvp;
            0x87 I64ShrS "i64.shr_s" None [I64 I64 -> I64] Mvp;
            0x88 I64ShrU "i64.shr_u" None [I64 I64 -> I64] Mvp;
            0x89 I64Rotl "i64.rotl" None [I64 I64 -> I64] Mvp;
            0x8a I64Rotr "i64.rotr" None [I64 I64 -> I64] Mvp;
            // Numeric: f32.
            0x8b F32Abs "f32.abs" None [F32 -> F32] Mvp;
            0x8c F32Neg "f32.neg" None [F32 -> F32] Mvp;
            0x8d F32Ceil "f32.ceil" None [F32 -> F32] Mvp;
            0x8e F32Floor "f32.floor" None [F32 -> F32] Mvp;
            0x8f F32Trunc "f32.trunc" None [F32 -> F32] Mvp;
            0x90 F32Nearest "f32.nearest" None [F32 -> F32] Mvp;
            0x91 F32Sqrt "f32.sqrt" None [F32 -> F32] Mvp;
            0x92 F32Add "f32.add" None [F32 F32 -> F32] Mvp;
            0x93 F32Sub "f32.sub" None [F32 F32 -> F32] Mvp;
            0x94 F32Mul "f32.mul" None [F32 F32 -> F32] Mvp;
            0x95 F32Div "f32.div" None [F32 F32 -> F32] Mvp;
            0x96 F32Min "f32.min" None [F32 F32 -> F32] Mvp;
            0x97 F32Max "f32.max" None [F32 F32 -> F32] Mvp;
            0x98 F32Copysign "f32.copysign" None [F32 F32 -> F32] Mvp;
            // Numeric: f64.
            0x99 F64Abs "f64.abs" None [F64 -> F64] Mvp;
            0x9a F64Neg "f64.neg" None [F64 -> F64] Mvp;
            0x9b F64Ceil "f64.ceil" None [F64 -> F64] Mvp;
            0x9c F64Floor "f64.floor" None [F64 -> F64] Mvp;
            0x9d F64Trunc "f64.trunc" None [F64 -> F64] Mvp;
            0x9e F64Nearest "f64.nearest" None [F64 -> F64] Mvp;
            0x9f F64Sqrt "f64.sqrt" None [F64 -> F64] Mvp;
            0xa0 F64Add "f64.add" None [F64 F64 -> F64] Mvp;
            0xa1 F64Sub "f64.sub" None [F64 F64 -> F64] Mvp;
            0xa2 F64Mul "f64.mul" None [F64 F64 -> F64] Mvp;
            0xa3 F64Div "f64.div" None [F64 F64 -> F64] Mvp;
            0xa4 F64Min "f64.min" None [F64 F64 -> F64] Mvp;
            0xa5 F64Max "f64.max" None [F64 F64 -> F64] Mvp;
            0xa6 F64Copysign "f64.copysign" None [F64 F64 -> F64] Mvp;
            // Numeric: conversions.
            0xa7 I32WrapI64 "i32.wrap_i64" None [I64 -> I32] Mvp;
            0xa8 I32TruncF32S "i32.trunc_f32_s" None [F32 -> I32] Mvp;
            0xa9 I32TruncF32U "i32.trunc_f32_u" None [F32 -> I32] Mvp;
            0xaa I32TruncF64S "i32.trunc_f64_s" None [F64 -> I32] Mvp;
            0xab I32TruncF64U "i32.trunc_f64_u" None [F64 -> I32] Mvp;
            0xac I64ExtendI32S "i64.extend_i32_s" None [I32 -> I64] Mvp;
            0xad I64ExtendI32U "i64.extend_i32_u" None [I32 -> I64] Mvp;
            0xae I64TruncF32S "i64.trunc_f32_s" None [F32 -> I64] Mvp;
            0xaf I64TruncF32U "i64.trunc_f32_u" None [F32 -> I64] Mvp;
            0xb0 I64TruncF64S "i64.trunc_f64_s" None [F64 -> I64] Mvp;
            0xb1 I64TruncF64U "i64.trunc_f64_u" None [F64 -> I64] Mvp;
            0xb2 F32ConvertI32S "f32.convert_i32_s" None [I32 -> F32] Mvp;
            0xb3 F32ConvertI32U "f32.convert_i32_u" None [I32 -> F32] Mvp;
            0xb4 F32ConvertI64S "f32.convert_i64_s" None [I64 -> F32] Mvp;
            0xb5 F32ConvertI64U "f32.convert_i64_u" None [I64 -> F32] Mvp;
            0xb6 F32DemoteF64 "f32.demote_f64" None [F64 -> F32] Mvp;
            0xb7 F64ConvertI32S "f64.convert_i32_s" None [I32 -> F64] Mvp;
            0xb8 F64ConvertI32U "f64.convert_i32_u" None [I32 -> F64] Mvp;
            0xb9 F64ConvertI64S "f64.convert_i64_s" None [I64 -> F64] Mvp;
            0xba F64ConvertI64U "f64.convert_i64_u" None [I64 -> F64] Mvp;
            0xbb F64PromoteF32 "f64.promote_f32" None [F32 -> F64] Mvp;
            0xbc I32ReinterpretF32 "i32.reinterpret_f32" None [F32 -> I32] Mvp;
            0xbd I64ReinterpretF64 "i64.reinterpret_f64" None [F64 -> I64] Mvp;
            0xbe F32ReinterpretI32 "f32.reinterpret_i32" None [I32 -> F32] Mvp;
            0xbf F64ReinterpretI64 "f64.reinterpret_i64" None [I64 -> F64] Mvp;
            0xc0 I32Extend8S "i32.extend8_s" None [I32 -> I32] SignExtension;
            0xc1 I32Extend16S "i32.extend16_s" None [I32 -> I32] SignExtension;
            0xc2 I64Extend8S "i64.extend8_s" None [I64 -> I64] SignExtension;
            0xc3 I64Extend16S "i64.extend16_s" None [I64 -> I64] SignExtension;
            0xc4 I64Extend32S "i64.extend32_s" None [I64 -> I64] SignExtension;
            // References.
            0xd0 RefNull "ref.null" HeapType special ReferenceTypes;
            0xd1 RefIsNull "ref.is_null" None special ReferenceTypes;
            0xd2 RefFunc "ref.func" Function special ReferenceTypes;
            0xd3 RefEq "ref.eq" None special Gc;
            0xd4 RefAsNonNull "ref.as_non_null" None special FunctionReferences;
            0xd5 BrOnNull "br_on_null" Label special FunctionReferences;
            0xd6 BrOnNonNull "br_on_non_null" Label special FunctionReferences;
            // Prefix 0xFB: garbage collection.
            0xfb00 StructNew "struct.new" Type special Gc;
            0xfb01 StructNewDefault "struct.new_default" Type special Gc;
            0xfb02 StructGet "struct.get" TypeField special Gc;
            0xfb03 StructGetS "struct.get_s" TypeField special Gc;
            0xfb04 StructGetU "struct.get_u" TypeField special Gc;
            0xfb05 StructSet "struct.set" TypeField special Gc;
            0xfb06 ArrayNew "array.new" Type special Gc;
            0xfb07 ArrayNewDefault "array.new_default" Type special Gc;
            0xfb08 ArrayNewFixed "array.new_fixed" TypeCount special Gc;
            0xfb09 ArrayNewData "array.new_data" TypeData special Gc;
            0xfb0a ArrayNewElem "array.new_elem" TypeElement special Gc;
            0xfb0b ArrayGet "array.get" Type special Gc;
            0xfb0c ArrayGetS "array.get_s" Type special Gc;
            0xfb0d ArrayGetU "array.get_u" Type special Gc;
            0xfb0e ArraySet "array.set" Type special Gc;
            0xfb0f ArrayLen "array.len" None special Gc;
            0xfb10 ArrayFill "array.fill" Type special Gc;
            0xfb11 ArrayCopy "array.copy" TypeType special Gc;
            0xfb12 ArrayInitData "array.init_data" TypeData special Gc;
            0xfb13 ArrayInitElem "array.init_elem" TypeElement special Gc;
            0xfb14 RefTest "ref.test" HeapType special Gc;
            0xfb15 RefTestNull "ref.test" HeapType special Gc;
            0xfb16 RefCast "ref.cast" HeapType special Gc;
            0xfb17 RefCastNull "ref.cast" HeapType special Gc;
            0xfb18 BrOnCast "br_on_cast" Cast special Gc;
            0xfb19 BrOnCastFail "br_on_cast_fail" Cast special Gc;
            0xfb1a AnyConvertExtern "any.convert_extern" None special Gc;
            0xfb1b ExternConvertAny "extern.convert_any" None special Gc;
            0xfb1c RefI31 "ref.i31" None special Gc;
            0xfb1d I31GetS "i31.get_s" None special Gc;
            0xfb1e I31GetU "i31.get_u" None special Gc;
            // Prefix 0xFC.
            0xfc00 I32TruncSatF32S "i32.trunc_sat_f32_s" None [F32 -> I32] SaturatingFloatToInt;
            0xfc01 I32TruncSatF32U "i32.trunc_sat_f32_u" None [F32 -> I32] SaturatingFloatToInt;
            0xfc02 I32TruncSatF64S "i32.trunc_sat_f64_s" None [F64 -> I32] SaturatingFloatToInt;
            0xfc03 I32TruncSatF64U "i32.trunc_sat_f64_u" None [F64 -> I32] SaturatingFloatToInt;
            0xfc04 I64TruncSatF32S "i64.trunc_sat_f32_s" None [F32 -> I64] SaturatingFloatToInt;
            0xfc05 I64TruncSatF32U "i64.trunc_sat_f32_u" None [F32 -> I64] SaturatingFloatToInt;
            0xfc06 I64TruncSatF64S "i64.trunc_sat_f64_s" None [F64 -> I64] SaturatingFloatToInt;
            0xfc07 I64TruncSatF64U "i64.trunc_sat_f64_u" None [F64 -> I64] SaturatingFloatToInt;
            0xfc08 MemoryInit "memory.init" DataMemory special BulkMemory;
            0xfc09 DataDrop "data.drop" Data special BulkMemory;
            0xfc0a MemoryCopy "memory.copy" MemoryMemory special BulkMemory;
            0xfc0b MemoryFill "memory.fill" Memory special BulkMemory;
            0xfc0c TableInit "table.init" ElementTable special BulkMemory;
            0xfc0d ElemDrop "elem.drop" Element special BulkMemory;
            0xfc0e TableCopy "table.copy" TableTable special BulkMemory;
            0xfc0f TableGrow "table.grow" Table special ReferenceTypes;
            0xfc10 TableSize "table.size" Table special ReferenceTypes;
            0xfc11 TableFill "table.fill" Table special ReferenceTypes;
            0xfc13 I64Add128 "i64.add128" None [I64 I64 I64 I64 -> I64 I64] WideArithmetic;
            0xfc14 I64Sub128 "i64.sub128" None [I64 I64 I64 I64 -> I64 I64] WideArithmetic;
            0xfc15 I64MulWideS "i64.mul_wide_s" None [I64 I64 -> I64 I64] WideArithmetic;
            0xfc16 I64MulWideU "i64.mul_wide_u" None [I64 I64 -> I64 I64] WideArithmetic;
        }
    };
}
pub(crate) use for_each_opcode;

macro_rules! immediates {
    ((MemArg $log2:literal)) => {
        Immediates::MemArg($log2)
    };
    ($kind:ident) => {
        Immediates::$kind
    };
}

macro_rules! signature {
    (special) => {
        Signature::Special
    };
    ([$($operand:ident)* -> $($result:ident)*]) => {
        Signature::Fixed(&[$(ValType::$operand),*], &[$(ValType::$result),*])
    };
}

macro_rules! define_opcodes {
    ($($code:literal $name:ident $mnemonic:literal $immediates:tt $signature:tt $proposal:ident;)*) => {
        /// A WebAssembly instruction; the discriminant is its encoding (`0xFC00 | sub` for prefixed ones).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Opcode {
            $(#[doc = concat!("`", $mnemonic, "`")] $name = $code,)*
        }

        impl Opcode {
            /// Every opcode, in the table's order.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$name),*];

            /// The opcode with this encoding, if there is one.
            pub const fn from_code(code: u16) -> Option<Opcode> {
                match code {
                    $($code => Some(Opcode::$name),)*
                    _ => None,
                }
            }

            /// The name in the text format.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Opcode::$name => $mnemonic,)* }
            }

            /// What follows the opcode in the binary format.
            pub const fn immediates(self) -> Immediates {
                match self { $(Opcode::$name => immediates!($immediates),)* }
            }

            /// Operand and result types.
            pub const fn signature(self) -> Signature {
                match self { $(Opcode::$name => signature!($signature),)* }
            }

            /// The proposal that brought it.
            pub const fn proposal(self) -> Proposal {
                match self { $(Opcode::$name => Proposal::$proposal,)* }
            }
        }
    };
}
for_each_opcode!(define_opcodes);

impl Opcode {
    /// The encoding: one byte, or prefix and sub-opcode as in the table.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The sub-opcode behind the prefix; of an opcode of one byte, that byte.
    pub const fn sub_opcode(self) -> u32 {
        self as u32 & 0xff
    }

    /// The prefix, if it has one.
    pub const fn prefix(self) -> Option<u8> {
        match self as u16 >> 8 {
            0 => None,
            prefix => Some(prefix as u8),
        }
    }

    /// Numbers below which [`Opcode::dense`] stays.
    pub const DENSE: usize = 6 << 8;

    /// A small number, different for each opcode.
    #[inline(always)]
    pub const fn dense(self) -> usize {
        let code = self as usize;
        // No prefix is below 0xFB.
        code & 0xff | (code >> 8).saturating_sub(0xfa) << 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as a page.
    fn page() -> alloc::string::String {
        use core::fmt::Write as _;
        let mut page = alloc::string::String::from(
            "# Instructions\n\nMade from the table in `src/wasm/opcodes.rs` by `BLESS=1 cargo test --lib opcodes`; a test holds it to that.\n\n\
             | code | instruction | immediates | type | proposal |\n|---|---|---|---|---|\n",
        );
        for &opcode in Opcode::ALL {
            let code = opcode.code();
            let code = if code < 0x100 { alloc::format!("{code:02x}") } else { alloc::format!("{:02x} {:02x}", code >> 8, code & 0xff) };
            let immediates = match opcode.immediates() {
                Immediates::None => alloc::string::String::new(),
                other => alloc::format!("{other:?}"),
            };
            let signature = match opcode.signature() {
                Signature::Special => alloc::string::String::from("special"),
                Signature::Fixed(operands, results) => alloc::format!("{operands:?} -> {results:?}").replace(',', ""),
            };
            let _ = writeln!(page, "| {code} | `{}` | {immediates} | {signature} | {:?} |", opcode.mnemonic(), opcode.proposal());
        }
        page
    }

    #[test]
    fn the_page_of_instructions_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/opcodes.md");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, page()).expect("the page is written");
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page(), "run `BLESS=1 cargo test --lib opcodes`");
    }

    #[test]
    fn codes_round_trip() {
        for &opcode in Opcode::ALL {
            assert_eq!(Opcode::from_code(opcode.code()), Some(opcode), "{}", opcode.mnemonic());
        }
    }
}
