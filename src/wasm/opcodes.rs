//! The one table of WebAssembly's instructions.
//!
//! Spec: Binary Format, Instructions; Appendix, Index of Instructions. Each row of [`for_each_opcode!`] says everything that the standard says of
//! an instruction by itself: its encoding, its mnemonic, the kinds of its immediates, its type, and the proposal that it came with.
//! The operator reader, the validator's tables, the translator's dispatch and `docs/opcodes.md` are derived from these rows.
//! Called by: every layer. Calls: nothing.
//!
//! # Row
//! `CODE Name "mnemonic" Immediates Signature Proposal`
//! * `CODE`: one-byte opcodes as they are; prefixed ones as `0xFC00 | sub`. What lies behind 0xFD from 0x100 on is `0xFF00 | sub - 0x100`, as no
//!   prefix is 0xFF.
//! * `Immediates`: an [`Immediates`] kind; memory accesses `(MemArg n)`, where 2^n is the access size in bytes; lane indices `(Lane n)`, where n is
//!   the number of lanes.
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
    /// A reserved byte.
    Zero,
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
    /// Sixteen bytes.
    V128,
    /// Sixteen lane indices below 32.
    Lanes,
    /// A lane index below this number.
    Lane(u8),
    /// Alignment and offset of a memory access of 2^n bytes, then a lane index below 16 / 2^n.
    MemArgLane(u8),
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
            // Prefix 0xFD: vectors.
            0xfd00 V128Load "v128.load" (MemArg 4) [I32 -> V128] Simd;
            0xfd01 V128Load8x8S "v128.load8x8_s" (MemArg 3) [I32 -> V128] Simd;
            0xfd02 V128Load8x8U "v128.load8x8_u" (MemArg 3) [I32 -> V128] Simd;
            0xfd03 V128Load16x4S "v128.load16x4_s" (MemArg 3) [I32 -> V128] Simd;
            0xfd04 V128Load16x4U "v128.load16x4_u" (MemArg 3) [I32 -> V128] Simd;
            0xfd05 V128Load32x2S "v128.load32x2_s" (MemArg 3) [I32 -> V128] Simd;
            0xfd06 V128Load32x2U "v128.load32x2_u" (MemArg 3) [I32 -> V128] Simd;
            0xfd07 V128Load8Splat "v128.load8_splat" (MemArg 0) [I32 -> V128] Simd;
            0xfd08 V128Load16Splat "v128.load16_splat" (MemArg 1) [I32 -> V128] Simd;
            0xfd09 V128Load32Splat "v128.load32_splat" (MemArg 2) [I32 -> V128] Simd;
            0xfd0a V128Load64Splat "v128.load64_splat" (MemArg 3) [I32 -> V128] Simd;
            0xfd0b V128Store "v128.store" (MemArg 4) [I32 V128 ->] Simd;
            0xfd0c V128Const "v128.const" V128 [-> V128] Simd;
            0xfd0d I8x16Shuffle "i8x16.shuffle" Lanes [V128 V128 -> V128] Simd;
            0xfd0e I8x16Swizzle "i8x16.swizzle" None [V128 V128 -> V128] Simd;
            0xfd0f I8x16Splat "i8x16.splat" None [I32 -> V128] Simd;
            0xfd10 I16x8Splat "i16x8.splat" None [I32 -> V128] Simd;
            0xfd11 I32x4Splat "i32x4.splat" None [I32 -> V128] Simd;
            0xfd12 I64x2Splat "i64x2.splat" None [I64 -> V128] Simd;
            0xfd13 F32x4Splat "f32x4.splat" None [F32 -> V128] Simd;
            0xfd14 F64x2Splat "f64x2.splat" None [F64 -> V128] Simd;
            0xfd15 I8x16ExtractLaneS "i8x16.extract_lane_s" (Lane 16) [V128 -> I32] Simd;
            0xfd16 I8x16ExtractLaneU "i8x16.extract_lane_u" (Lane 16) [V128 -> I32] Simd;
            0xfd17 I8x16ReplaceLane "i8x16.replace_lane" (Lane 16) [V128 I32 -> V128] Simd;
            0xfd18 I16x8ExtractLaneS "i16x8.extract_lane_s" (Lane 8) [V128 -> I32] Simd;
            0xfd19 I16x8ExtractLaneU "i16x8.extract_lane_u" (Lane 8) [V128 -> I32] Simd;
            0xfd1a I16x8ReplaceLane "i16x8.replace_lane" (Lane 8) [V128 I32 -> V128] Simd;
            0xfd1b I32x4ExtractLane "i32x4.extract_lane" (Lane 4) [V128 -> I32] Simd;
            0xfd1c I32x4ReplaceLane "i32x4.replace_lane" (Lane 4) [V128 I32 -> V128] Simd;
            0xfd1d I64x2ExtractLane "i64x2.extract_lane" (Lane 2) [V128 -> I64] Simd;
            0xfd1e I64x2ReplaceLane "i64x2.replace_lane" (Lane 2) [V128 I64 -> V128] Simd;
            0xfd1f F32x4ExtractLane "f32x4.extract_lane" (Lane 4) [V128 -> F32] Simd;
            0xfd20 F32x4ReplaceLane "f32x4.replace_lane" (Lane 4) [V128 F32 -> V128] Simd;
            0xfd21 F64x2ExtractLane "f64x2.extract_lane" (Lane 2) [V128 -> F64] Simd;
            0xfd22 F64x2ReplaceLane "f64x2.replace_lane" (Lane 2) [V128 F64 -> V128] Simd;
            0xfd23 I8x16Eq "i8x16.eq" None [V128 V128 -> V128] Simd;
            0xfd24 I8x16Ne "i8x16.ne" None [V128 V128 -> V128] Simd;
            0xfd25 I8x16LtS "i8x16.lt_s" None [V128 V128 -> V128] Simd;
            0xfd26 I8x16LtU "i8x16.lt_u" None [V128 V128 -> V128] Simd;
            0xfd27 I8x16GtS "i8x16.gt_s" None [V128 V128 -> V128] Simd;
            0xfd28 I8x16GtU "i8x16.gt_u" None [V128 V128 -> V128] Simd;
            0xfd29 I8x16LeS "i8x16.le_s" None [V128 V128 -> V128] Simd;
            0xfd2a I8x16LeU "i8x16.le_u" None [V128 V128 -> V128] Simd;
            0xfd2b I8x16GeS "i8x16.ge_s" None [V128 V128 -> V128] Simd;
            0xfd2c I8x16GeU "i8x16.ge_u" None [V128 V128 -> V128] Simd;
            0xfd2d I16x8Eq "i16x8.eq" None [V128 V128 -> V128] Simd;
            0xfd2e I16x8Ne "i16x8.ne" None [V128 V128 -> V128] Simd;
            0xfd2f I16x8LtS "i16x8.lt_s" None [V128 V128 -> V128] Simd;
            0xfd30 I16x8LtU "i16x8.lt_u" None [V128 V128 -> V128] Simd;
            0xfd31 I16x8GtS "i16x8.gt_s" None [V128 V128 -> V128] Simd;
            0xfd32 I16x8GtU "i16x8.gt_u" None [V128 V128 -> V128] Simd;
            0xfd33 I16x8LeS "i16x8.le_s" None [V128 V128 -> V128] Simd;
            0xfd34 I16x8LeU "i16x8.le_u" None [V128 V128 -> V128] Simd;
            0xfd35 I16x8GeS "i16x8.ge_s" None [V128 V128 -> V128] Simd;
            0xfd36 I16x8GeU "i16x8.ge_u" None [V128 V128 -> V128] Simd;
            0xfd37 I32x4Eq "i32x4.eq" None [V128 V128 -> V128] Simd;
            0xfd38 I32x4Ne "i32x4.ne" None [V128 V128 -> V128] Simd;
            0xfd39 I32x4LtS "i32x4.lt_s" None [V128 V128 -> V128] Simd;
            0xfd3a I32x4LtU "i32x4.lt_u" None [V128 V128 -> V128] Simd;
            0xfd3b I32x4GtS "i32x4.gt_s" None [V128 V128 -> V128] Simd;
            0xfd3c I32x4GtU "i32x4.gt_u" None [V128 V128 -> V128] Simd;
            0xfd3d I32x4LeS "i32x4.le_s" None [V128 V128 -> V128] Simd;
            0xfd3e I32x4LeU "i32x4.le_u" None [V128 V128 -> V128] Simd;
            0xfd3f I32x4GeS "i32x4.ge_s" None [V128 V128 -> V128] Simd;
            0xfd40 I32x4GeU "i32x4.ge_u" None [V128 V128 -> V128] Simd;
            0xfd41 F32x4Eq "f32x4.eq" None [V128 V128 -> V128] Simd;
            0xfd42 F32x4Ne "f32x4.ne" None [V128 V128 -> V128] Simd;
            0xfd43 F32x4Lt "f32x4.lt" None [V128 V128 -> V128] Simd;
            0xfd44 F32x4Gt "f32x4.gt" None [V128 V128 -> V128] Simd;
            0xfd45 F32x4Le "f32x4.le" None [V128 V128 -> V128] Simd;
            0xfd46 F32x4Ge "f32x4.ge" None [V128 V128 -> V128] Simd;
            0xfd47 F64x2Eq "f64x2.eq" None [V128 V128 -> V128] Simd;
            0xfd48 F64x2Ne "f64x2.ne" None [V128 V128 -> V128] Simd;
            0xfd49 F64x2Lt "f64x2.lt" None [V128 V128 -> V128] Simd;
            0xfd4a F64x2Gt "f64x2.gt" None [V128 V128 -> V128] Simd;
            0xfd4b F64x2Le "f64x2.le" None [V128 V128 -> V128] Simd;
            0xfd4c F64x2Ge "f64x2.ge" None [V128 V128 -> V128] Simd;
            0xfd4d V128Not "v128.not" None [V128 -> V128] Simd;
            0xfd4e V128And "v128.and" None [V128 V128 -> V128] Simd;
            0xfd4f V128Andnot "v128.andnot" None [V128 V128 -> V128] Simd;
            0xfd50 V128Or "v128.or" None [V128 V128 -> V128] Simd;
            0xfd51 V128Xor "v128.xor" None [V128 V128 -> V128] Simd;
            0xfd52 V128Bitselect "v128.bitselect" None [V128 V128 V128 -> V128] Simd;
            0xfd53 V128AnyTrue "v128.any_true" None [V128 -> I32] Simd;
            0xfd54 V128Load8Lane "v128.load8_lane" (MemArgLane 0) [I32 V128 -> V128] Simd;
            0xfd55 V128Load16Lane "v128.load16_lane" (MemArgLane 1) [I32 V128 -> V128] Simd;
            0xfd56 V128Load32Lane "v128.load32_lane" (MemArgLane 2) [I32 V128 -> V128] Simd;
            0xfd57 V128Load64Lane "v128.load64_lane" (MemArgLane 3) [I32 V128 -> V128] Simd;
            0xfd58 V128Store8Lane "v128.store8_lane" (MemArgLane 0) [I32 V128 ->] Simd;
            0xfd59 V128Store16Lane "v128.store16_lane" (MemArgLane 1) [I32 V128 ->] Simd;
            0xfd5a V128Store32Lane "v128.store32_lane" (MemArgLane 2) [I32 V128 ->] Simd;
            0xfd5b V128Store64Lane "v128.store64_lane" (MemArgLane 3) [I32 V128 ->] Simd;
            0xfd5c V128Load32Zero "v128.load32_zero" (MemArg 2) [I32 -> V128] Simd;
            0xfd5d V128Load64Zero "v128.load64_zero" (MemArg 3) [I32 -> V128] Simd;
            0xfd5e F32x4DemoteF64x2Zero "f32x4.demote_f64x2_zero" None [V128 -> V128] Simd;
            0xfd5f F64x2PromoteLowF32x4 "f64x2.promote_low_f32x4" None [V128 -> V128] Simd;
            0xfd60 I8x16Abs "i8x16.abs" None [V128 -> V128] Simd;
            0xfd61 I8x16Neg "i8x16.neg" None [V128 -> V128] Simd;
            0xfd62 I8x16Popcnt "i8x16.popcnt" None [V128 -> V128] Simd;
            0xfd63 I8x16AllTrue "i8x16.all_true" None [V128 -> I32] Simd;
            0xfd64 I8x16Bitmask "i8x16.bitmask" None [V128 -> I32] Simd;
            0xfd65 I8x16NarrowI16x8S "i8x16.narrow_i16x8_s" None [V128 V128 -> V128] Simd;
            0xfd66 I8x16NarrowI16x8U "i8x16.narrow_i16x8_u" None [V128 V128 -> V128] Simd;
            0xfd67 F32x4Ceil "f32x4.ceil" None [V128 -> V128] Simd;
            0xfd68 F32x4Floor "f32x4.floor" None [V128 -> V128] Simd;
            0xfd69 F32x4Trunc "f32x4.trunc" None [V128 -> V128] Simd;
            0xfd6a F32x4Nearest "f32x4.nearest" None [V128 -> V128] Simd;
            0xfd6b I8x16Shl "i8x16.shl" None [V128 I32 -> V128] Simd;
            0xfd6c I8x16ShrS "i8x16.shr_s" None [V128 I32 -> V128] Simd;
            0xfd6d I8x16ShrU "i8x16.shr_u" None [V128 I32 -> V128] Simd;
            0xfd6e I8x16Add "i8x16.add" None [V128 V128 -> V128] Simd;
            0xfd6f I8x16AddSatS "i8x16.add_sat_s" None [V128 V128 -> V128] Simd;
            0xfd70 I8x16AddSatU "i8x16.add_sat_u" None [V128 V128 -> V128] Simd;
            0xfd71 I8x16Sub "i8x16.sub" None [V128 V128 -> V128] Simd;
            0xfd72 I8x16SubSatS "i8x16.sub_sat_s" None [V128 V128 -> V128] Simd;
            0xfd73 I8x16SubSatU "i8x16.sub_sat_u" None [V128 V128 -> V128] Simd;
            0xfd74 F64x2Ceil "f64x2.ceil" None [V128 -> V128] Simd;
            0xfd75 F64x2Floor "f64x2.floor" None [V128 -> V128] Simd;
            0xfd76 I8x16MinS "i8x16.min_s" None [V128 V128 -> V128] Simd;
            0xfd77 I8x16MinU "i8x16.min_u" None [V128 V128 -> V128] Simd;
            0xfd78 I8x16MaxS "i8x16.max_s" None [V128 V128 -> V128] Simd;
            0xfd79 I8x16MaxU "i8x16.max_u" None [V128 V128 -> V128] Simd;
            0xfd7a F64x2Trunc "f64x2.trunc" None [V128 -> V128] Simd;
            0xfd7b I8x16AvgrU "i8x16.avgr_u" None [V128 V128 -> V128] Simd;
            0xfd7c I16x8ExtaddPairwiseI8x16S "i16x8.extadd_pairwise_i8x16_s" None [V128 -> V128] Simd;
            0xfd7d I16x8ExtaddPairwiseI8x16U "i16x8.extadd_pairwise_i8x16_u" None [V128 -> V128] Simd;
            0xfd7e I32x4ExtaddPairwiseI16x8S "i32x4.extadd_pairwise_i16x8_s" None [V128 -> V128] Simd;
            0xfd7f I32x4ExtaddPairwiseI16x8U "i32x4.extadd_pairwise_i16x8_u" None [V128 -> V128] Simd;
            0xfd80 I16x8Abs "i16x8.abs" None [V128 -> V128] Simd;
            0xfd81 I16x8Neg "i16x8.neg" None [V128 -> V128] Simd;
            0xfd82 I16x8Q15mulrSatS "i16x8.q15mulr_sat_s" None [V128 V128 -> V128] Simd;
            0xfd83 I16x8AllTrue "i16x8.all_true" None [V128 -> I32] Simd;
            0xfd84 I16x8Bitmask "i16x8.bitmask" None [V128 -> I32] Simd;
            0xfd85 I16x8NarrowI32x4S "i16x8.narrow_i32x4_s" None [V128 V128 -> V128] Simd;
            0xfd86 I16x8NarrowI32x4U "i16x8.narrow_i32x4_u" None [V128 V128 -> V128] Simd;
            0xfd87 I16x8ExtendLowI8x16S "i16x8.extend_low_i8x16_s" None [V128 -> V128] Simd;
            0xfd88 I16x8ExtendHighI8x16S "i16x8.extend_high_i8x16_s" None [V128 -> V128] Simd;
            0xfd89 I16x8ExtendLowI8x16U "i16x8.extend_low_i8x16_u" None [V128 -> V128] Simd;
            0xfd8a I16x8ExtendHighI8x16U "i16x8.extend_high_i8x16_u" None [V128 -> V128] Simd;
            0xfd8b I16x8Shl "i16x8.shl" None [V128 I32 -> V128] Simd;
            0xfd8c I16x8ShrS "i16x8.shr_s" None [V128 I32 -> V128] Simd;
            0xfd8d I16x8ShrU "i16x8.shr_u" None [V128 I32 -> V128] Simd;
            0xfd8e I16x8Add "i16x8.add" None [V128 V128 -> V128] Simd;
            0xfd8f I16x8AddSatS "i16x8.add_sat_s" None [V128 V128 -> V128] Simd;
            0xfd90 I16x8AddSatU "i16x8.add_sat_u" None [V128 V128 -> V128] Simd;
            0xfd91 I16x8Sub "i16x8.sub" None [V128 V128 -> V128] Simd;
            0xfd92 I16x8SubSatS "i16x8.sub_sat_s" None [V128 V128 -> V128] Simd;
            0xfd93 I16x8SubSatU "i16x8.sub_sat_u" None [V128 V128 -> V128] Simd;
            0xfd94 F64x2Nearest "f64x2.nearest" None [V128 -> V128] Simd;
            0xfd95 I16x8Mul "i16x8.mul" None [V128 V128 -> V128] Simd;
            0xfd96 I16x8MinS "i16x8.min_s" None [V128 V128 -> V128] Simd;
            0xfd97 I16x8MinU "i16x8.min_u" None [V128 V128 -> V128] Simd;
            0xfd98 I16x8MaxS "i16x8.max_s" None [V128 V128 -> V128] Simd;
            0xfd99 I16x8MaxU "i16x8.max_u" None [V128 V128 -> V128] Simd;
            0xfd9b I16x8AvgrU "i16x8.avgr_u" None [V128 V128 -> V128] Simd;
            0xfd9c I16x8ExtmulLowI8x16S "i16x8.extmul_low_i8x16_s" None [V128 V128 -> V128] Simd;
            0xfd9d I16x8ExtmulHighI8x16S "i16x8.extmul_high_i8x16_s" None [V128 V128 -> V128] Simd;
            0xfd9e I16x8ExtmulLowI8x16U "i16x8.extmul_low_i8x16_u" None [V128 V128 -> V128] Simd;
            0xfd9f I16x8ExtmulHighI8x16U "i16x8.extmul_high_i8x16_u" None [V128 V128 -> V128] Simd;
            0xfda0 I32x4Abs "i32x4.abs" None [V128 -> V128] Simd;
            0xfda1 I32x4Neg "i32x4.neg" None [V128 -> V128] Simd;
            0xfda3 I32x4AllTrue "i32x4.all_true" None [V128 -> I32] Simd;
            0xfda4 I32x4Bitmask "i32x4.bitmask" None [V128 -> I32] Simd;
            0xfda7 I32x4ExtendLowI16x8S "i32x4.extend_low_i16x8_s" None [V128 -> V128] Simd;
            0xfda8 I32x4ExtendHighI16x8S "i32x4.extend_high_i16x8_s" None [V128 -> V128] Simd;
            0xfda9 I32x4ExtendLowI16x8U "i32x4.extend_low_i16x8_u" None [V128 -> V128] Simd;
            0xfdaa I32x4ExtendHighI16x8U "i32x4.extend_high_i16x8_u" None [V128 -> V128] Simd;
            0xfdab I32x4Shl "i32x4.shl" None [V128 I32 -> V128] Simd;
            0xfdac I32x4ShrS "i32x4.shr_s" None [V128 I32 -> V128] Simd;
            0xfdad I32x4ShrU "i32x4.shr_u" None [V128 I32 -> V128] Simd;
            0xfdae I32x4Add "i32x4.add" None [V128 V128 -> V128] Simd;
            0xfdb1 I32x4Sub "i32x4.sub" None [V128 V128 -> V128] Simd;
            0xfdb5 I32x4Mul "i32x4.mul" None [V128 V128 -> V128] Simd;
            0xfdb6 I32x4MinS "i32x4.min_s" None [V128 V128 -> V128] Simd;
            0xfdb7 I32x4MinU "i32x4.min_u" None [V128 V128 -> V128] Simd;
            0xfdb8 I32x4MaxS "i32x4.max_s" None [V128 V128 -> V128] Simd;
            0xfdb9 I32x4MaxU "i32x4.max_u" None [V128 V128 -> V128] Simd;
            0xfdba I32x4DotI16x8S "i32x4.dot_i16x8_s" None [V128 V128 -> V128] Simd;
            0xfdbc I32x4ExtmulLowI16x8S "i32x4.extmul_low_i16x8_s" None [V128 V128 -> V128] Simd;
            0xfdbd I32x4ExtmulHighI16x8S "i32x4.extmul_high_i16x8_s" None [V128 V128 -> V128] Simd;
            0xfdbe I32x4ExtmulLowI16x8U "i32x4.extmul_low_i16x8_u" None [V128 V128 -> V128] Simd;
            0xfdbf I32x4ExtmulHighI16x8U "i32x4.extmul_high_i16x8_u" None [V128 V128 -> V128] Simd;
            0xfdc0 I64x2Abs "i64x2.abs" None [V128 -> V128] Simd;
            0xfdc1 I64x2Neg "i64x2.neg" None [V128 -> V128] Simd;
            0xfdc3 I64x2AllTrue "i64x2.all_true" None [V128 -> I32] Simd;
            0xfdc4 I64x2Bitmask "i64x2.bitmask" None [V128 -> I32] Simd;
            0xfdc7 I64x2ExtendLowI32x4S "i64x2.extend_low_i32x4_s" None [V128 -> V128] Simd;
            0xfdc8 I64x2ExtendHighI32x4S "i64x2.extend_high_i32x4_s" None [V128 -> V128] Simd;
            0xfdc9 I64x2ExtendLowI32x4U "i64x2.extend_low_i32x4_u" None [V128 -> V128] Simd;
            0xfdca I64x2ExtendHighI32x4U "i64x2.extend_high_i32x4_u" None [V128 -> V128] Simd;
            0xfdcb I64x2Shl "i64x2.shl" None [V128 I32 -> V128] Simd;
            0xfdcc I64x2ShrS "i64x2.shr_s" None [V128 I32 -> V128] Simd;
            0xfdcd I64x2ShrU "i64x2.shr_u" None [V128 I32 -> V128] Simd;
            0xfdce I64x2Add "i64x2.add" None [V128 V128 -> V128] Simd;
            0xfdd1 I64x2Sub "i64x2.sub" None [V128 V128 -> V128] Simd;
            0xfdd5 I64x2Mul "i64x2.mul" None [V128 V128 -> V128] Simd;
            0xfdd6 I64x2Eq "i64x2.eq" None [V128 V128 -> V128] Simd;
            0xfdd7 I64x2Ne "i64x2.ne" None [V128 V128 -> V128] Simd;
            0xfdd8 I64x2LtS "i64x2.lt_s" None [V128 V128 -> V128] Simd;
            0xfdd9 I64x2GtS "i64x2.gt_s" None [V128 V128 -> V128] Simd;
            0xfdda I64x2LeS "i64x2.le_s" None [V128 V128 -> V128] Simd;
            0xfddb I64x2GeS "i64x2.ge_s" None [V128 V128 -> V128] Simd;
            0xfddc I64x2ExtmulLowI32x4S "i64x2.extmul_low_i32x4_s" None [V128 V128 -> V128] Simd;
            0xfddd I64x2ExtmulHighI32x4S "i64x2.extmul_high_i32x4_s" None [V128 V128 -> V128] Simd;
            0xfdde I64x2ExtmulLowI32x4U "i64x2.extmul_low_i32x4_u" None [V128 V128 -> V128] Simd;
            0xfddf I64x2ExtmulHighI32x4U "i64x2.extmul_high_i32x4_u" None [V128 V128 -> V128] Simd;
            0xfde0 F32x4Abs "f32x4.abs" None [V128 -> V128] Simd;
            0xfde1 F32x4Neg "f32x4.neg" None [V128 -> V128] Simd;
            0xfde3 F32x4Sqrt "f32x4.sqrt" None [V128 -> V128] Simd;
            0xfde4 F32x4Add "f32x4.add" None [V128 V128 -> V128] Simd;
            0xfde5 F32x4Sub "f32x4.sub" None [V128 V128 -> V128] Simd;
            0xfde6 F32x4Mul "f32x4.mul" None [V128 V128 -> V128] Simd;
            0xfde7 F32x4Div "f32x4.div" None [V128 V128 -> V128] Simd;
            0xfde8 F32x4Min "f32x4.min" None [V128 V128 -> V128] Simd;
            0xfde9 F32x4Max "f32x4.max" None [V128 V128 -> V128] Simd;
            0xfdea F32x4Pmin "f32x4.pmin" None [V128 V128 -> V128] Simd;
            0xfdeb F32x4Pmax "f32x4.pmax" None [V128 V128 -> V128] Simd;
            0xfdec F64x2Abs "f64x2.abs" None [V128 -> V128] Simd;
            0xfded F64x2Neg "f64x2.neg" None [V128 -> V128] Simd;
            0xfdef F64x2Sqrt "f64x2.sqrt" None [V128 -> V128] Simd;
            0xfdf0 F64x2Add "f64x2.add" None [V128 V128 -> V128] Simd;
            0xfdf1 F64x2Sub "f64x2.sub" None [V128 V128 -> V128] Simd;
            0xfdf2 F64x2Mul "f64x2.mul" None [V128 V128 -> V128] Simd;
            0xfdf3 F64x2Div "f64x2.div" None [V128 V128 -> V128] Simd;
            0xfdf4 F64x2Min "f64x2.min" None [V128 V128 -> V128] Simd;
            0xfdf5 F64x2Max "f64x2.max" None [V128 V128 -> V128] Simd;
            0xfdf6 F64x2Pmin "f64x2.pmin" None [V128 V128 -> V128] Simd;
            0xfdf7 F64x2Pmax "f64x2.pmax" None [V128 V128 -> V128] Simd;
            0xfdf8 I32x4TruncSatF32x4S "i32x4.trunc_sat_f32x4_s" None [V128 -> V128] Simd;
            0xfdf9 I32x4TruncSatF32x4U "i32x4.trunc_sat_f32x4_u" None [V128 -> V128] Simd;
            0xfdfa F32x4ConvertI32x4S "f32x4.convert_i32x4_s" None [V128 -> V128] Simd;
            0xfdfb F32x4ConvertI32x4U "f32x4.convert_i32x4_u" None [V128 -> V128] Simd;
            0xfdfc I32x4TruncSatF64x2SZero "i32x4.trunc_sat_f64x2_s_zero" None [V128 -> V128] Simd;
            0xfdfd I32x4TruncSatF64x2UZero "i32x4.trunc_sat_f64x2_u_zero" None [V128 -> V128] Simd;
            0xfdfe F64x2ConvertLowI32x4S "f64x2.convert_low_i32x4_s" None [V128 -> V128] Simd;
            0xfdff F64x2ConvertLowI32x4U "f64x2.convert_low_i32x4_u" None [V128 -> V128] Simd;
            // Prefix 0xFD, from 0x100 on: relaxed vectors.
            0xff00 I8x16RelaxedSwizzle "i8x16.relaxed_swizzle" None [V128 V128 -> V128] RelaxedSimd;
            0xff01 I32x4RelaxedTruncF32x4S "i32x4.relaxed_trunc_f32x4_s" None [V128 -> V128] RelaxedSimd;
            0xff02 I32x4RelaxedTruncF32x4U "i32x4.relaxed_trunc_f32x4_u" None [V128 -> V128] RelaxedSimd;
            0xff03 I32x4RelaxedTruncF64x2SZero "i32x4.relaxed_trunc_f64x2_s_zero" None [V128 -> V128] RelaxedSimd;
            0xff04 I32x4RelaxedTruncF64x2UZero "i32x4.relaxed_trunc_f64x2_u_zero" None [V128 -> V128] RelaxedSimd;
            0xff05 F32x4RelaxedMadd "f32x4.relaxed_madd" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff06 F32x4RelaxedNmadd "f32x4.relaxed_nmadd" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff07 F64x2RelaxedMadd "f64x2.relaxed_madd" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff08 F64x2RelaxedNmadd "f64x2.relaxed_nmadd" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff09 I8x16RelaxedLaneselect "i8x16.relaxed_laneselect" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff0a I16x8RelaxedLaneselect "i16x8.relaxed_laneselect" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff0b I32x4RelaxedLaneselect "i32x4.relaxed_laneselect" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff0c I64x2RelaxedLaneselect "i64x2.relaxed_laneselect" None [V128 V128 V128 -> V128] RelaxedSimd;
            0xff0d F32x4RelaxedMin "f32x4.relaxed_min" None [V128 V128 -> V128] RelaxedSimd;
            0xff0e F32x4RelaxedMax "f32x4.relaxed_max" None [V128 V128 -> V128] RelaxedSimd;
            0xff0f F64x2RelaxedMin "f64x2.relaxed_min" None [V128 V128 -> V128] RelaxedSimd;
            0xff10 F64x2RelaxedMax "f64x2.relaxed_max" None [V128 V128 -> V128] RelaxedSimd;
            0xff11 I16x8RelaxedQ15mulrS "i16x8.relaxed_q15mulr_s" None [V128 V128 -> V128] RelaxedSimd;
            0xff12 I16x8RelaxedDotI8x16I7x16S "i16x8.relaxed_dot_i8x16_i7x16_s" None [V128 V128 -> V128] RelaxedSimd;
            0xff13 I32x4RelaxedDotI8x16I7x16AddS "i32x4.relaxed_dot_i8x16_i7x16_add_s" None [V128 V128 V128 -> V128] RelaxedSimd;
            // Prefix 0xFE: atomics.
            0xfe00 MemoryAtomicNotify "memory.atomic.notify" (MemArg 2) [I32 I32 -> I32] Threads;
            0xfe01 MemoryAtomicWait32 "memory.atomic.wait32" (MemArg 2) [I32 I32 I64 -> I32] Threads;
            0xfe02 MemoryAtomicWait64 "memory.atomic.wait64" (MemArg 3) [I32 I64 I64 -> I32] Threads;
            0xfe03 AtomicFence "atomic.fence" Zero special Threads;
            0xfe10 I32AtomicLoad "i32.atomic.load" (MemArg 2) [I32 -> I32] Threads;
            0xfe11 I64AtomicLoad "i64.atomic.load" (MemArg 3) [I32 -> I64] Threads;
            0xfe12 I32AtomicLoad8U "i32.atomic.load8_u" (MemArg 0) [I32 -> I32] Threads;
            0xfe13 I32AtomicLoad16U "i32.atomic.load16_u" (MemArg 1) [I32 -> I32] Threads;
            0xfe14 I64AtomicLoad8U "i64.atomic.load8_u" (MemArg 0) [I32 -> I64] Threads;
            0xfe15 I64AtomicLoad16U "i64.atomic.load16_u" (MemArg 1) [I32 -> I64] Threads;
            0xfe16 I64AtomicLoad32U "i64.atomic.load32_u" (MemArg 2) [I32 -> I64] Threads;
            0xfe17 I32AtomicStore "i32.atomic.store" (MemArg 2) [I32 I32 ->] Threads;
            0xfe18 I64AtomicStore "i64.atomic.store" (MemArg 3) [I32 I64 ->] Threads;
            0xfe19 I32AtomicStore8 "i32.atomic.store8" (MemArg 0) [I32 I32 ->] Threads;
            0xfe1a I32AtomicStore16 "i32.atomic.store16" (MemArg 1) [I32 I32 ->] Threads;
            0xfe1b I64AtomicStore8 "i64.atomic.store8" (MemArg 0) [I32 I64 ->] Threads;
            0xfe1c I64AtomicStore16 "i64.atomic.store16" (MemArg 1) [I32 I64 ->] Threads;
            0xfe1d I64AtomicStore32 "i64.atomic.store32" (MemArg 2) [I32 I64 ->] Threads;
            0xfe1e I32AtomicRmwAdd "i32.atomic.rmw.add" (MemArg 2) [I32 I32 -> I32] Threads;
            0xfe1f I64AtomicRmwAdd "i64.atomic.rmw.add" (MemArg 3) [I32 I64 -> I64] Threads;
            0xfe20 I32AtomicRmw8AddU "i32.atomic.rmw8.add_u" (MemArg 0) [I32 I32 -> I32] Threads;
            0xfe21 I32AtomicRmw16AddU "i32.atomic.rmw16.add_u" (MemArg 1) [I32 I32 -> I32] Threads;
            0xfe22 I64AtomicRmw8AddU "i64.atomic.rmw8.add_u" (MemArg 0) [I32 I64 -> I64] Threads;
            0xfe23 I64AtomicRmw16AddU "i64.atomic.rmw16.add_u" (MemArg 1) [I32 I64 -> I64] Threads;
            0xfe24 I64AtomicRmw32AddU "i64.atomic.rmw32.add_u" (MemArg 2) [I32 I64 -> I64] Threads;
            0xfe25 I32AtomicRmwSub "i32.atomic.rmw.sub" (MemArg 2) [I32 I32 -> I32] Threads;
            0xfe26 I64AtomicRmwSub "i64.atomic.rmw.sub" (MemArg 3) [I32 I64 -> I64] Threads;
            0xfe27 I32AtomicRmw8SubU "i32.atomic.rmw8.sub_u" (MemArg 0) [I32 I32 -> I32] Threads;
            0xfe28 I32AtomicRmw16SubU "i32.atomic.rmw16.sub_u" (MemArg 1) [I32 I32 -> I32] Threads;
            0xfe29 I64AtomicRmw8SubU "i64.atomic.rmw8.sub_u" (MemArg 0) [I32 I64 -> I64] Threads;
            0xfe2a I64AtomicRmw16SubU "i64.atomic.rmw16.sub_u" (MemArg 1) [I32 I64 -> I64] Threads;
            0xfe2b I64AtomicRmw32SubU "i64.atomic.rmw32.sub_u" (MemArg 2) [I32 I64 -> I64] Threads;
            0xfe2c I32AtomicRmwAnd "i32.atomic.rmw.and" (MemArg 2) [I32 I32 -> I32] Threads;
            0xfe2d I64AtomicRmwAnd "i64.atomic.rmw.and" (MemArg 3) [I32 I64 -> I64] Threads;
            0xfe2e I32AtomicRmw8AndU "i32.atomic.rmw8.and_u" (MemArg 0) [I32 I32 -> I32] Threads;
            0xfe2f I32AtomicRmw16AndU "i32.atomic.rmw16.and_u" (MemArg 1) [I32 I32 -> I32] Threads;
            0xfe30 I64AtomicRmw8AndU "i64.atomic.rmw8.and_u" (MemArg 0) [I32 I64 -> I64] Threads;
            0xfe31 I64AtomicRmw16AndU "i64.atomic.rmw16.and_u" (MemArg 1) [I32 I64 -> I64] Threads;
            0xfe32 I64AtomicRmw32AndU "i64.atomic.rmw32.and_u" (MemArg 2) [I32 I64 -> I64] Threads;
            0xfe33 I32AtomicRmwOr "i32.atomic.rmw.or" (MemArg 2) [I32 I32 -> I32] Threads;
            0xfe34 I64AtomicRmwOr "i64.atomic.rmw.or" (MemArg 3) [I32 I64 -> I64] Threads;
            0xfe35 I32AtomicRmw8OrU "i32.atomic.rmw8.or_u" (MemArg 0) [I32 I32 -> I32] Threads;
            0xfe36 I32AtomicRmw16OrU "i32.atomic.rmw16.or_u" (MemArg 1) [I32 I32 -> I32] Threads;
            0xfe37 I64AtomicRmw8OrU "i64.atomic.rmw8.or_u" (MemArg 0) [I32 I64 -> I64] Threads;
            0xfe38 I64AtomicRmw16OrU "i64.atomic.rmw16.or_u" (MemArg 1) [I32 I64 -> I64] Threads;
            0xfe39 I64AtomicRmw32OrU "i64.atomic.rmw32.or_u" (MemArg 2) [I32 I64 -> I64] Threads;
            0xfe3a I32AtomicRmwXor "i32.atomic.rmw.xor" (MemArg 2) [I32 I32 -> I32] Threads;
            0xfe3b I64AtomicRmwXor "i64.atomic.rmw.xor" (MemArg 3) [I32 I64 -> I64] Threads;
            0xfe3c I32AtomicRmw8XorU "i32.atomic.rmw8.xor_u" (MemArg 0) [I32 I32 -> I32] Threads;
            0xfe3d I32AtomicRmw16XorU "i32.atomic.rmw16.xor_u" (MemArg 1) [I32 I32 -> I32] Threads;
            0xfe3e I64AtomicRmw8XorU "i64.atomic.rmw8.xor_u" (MemArg 0) [I32 I64 -> I64] Threads;
            0xfe3f I64AtomicRmw16XorU "i64.atomic.rmw16.xor_u" (MemArg 1) [I32 I64 -> I64] Threads;
            0xfe40 I64AtomicRmw32XorU "i64.atomic.rmw32.xor_u" (MemArg 2) [I32 I64 -> I64] Threads;
            0xfe41 I32AtomicRmwXchg "i32.atomic.rmw.xchg" (MemArg 2) [I32 I32 -> I32] Threads;
            0xfe42 I64AtomicRmwXchg "i64.atomic.rmw.xchg" (MemArg 3) [I32 I64 -> I64] Threads;
            0xfe43 I32AtomicRmw8XchgU "i32.atomic.rmw8.xchg_u" (MemArg 0) [I32 I32 -> I32] Threads;
            0xfe44 I32AtomicRmw16XchgU "i32.atomic.rmw16.xchg_u" (MemArg 1) [I32 I32 -> I32] Threads;
            0xfe45 I64AtomicRmw8XchgU "i64.atomic.rmw8.xchg_u" (MemArg 0) [I32 I64 -> I64] Threads;
            0xfe46 I64AtomicRmw16XchgU "i64.atomic.rmw16.xchg_u" (MemArg 1) [I32 I64 -> I64] Threads;
            0xfe47 I64AtomicRmw32XchgU "i64.atomic.rmw32.xchg_u" (MemArg 2) [I32 I64 -> I64] Threads;
            0xfe48 I32AtomicRmwCmpxchg "i32.atomic.rmw.cmpxchg" (MemArg 2) [I32 I32 I32 -> I32] Threads;
            0xfe49 I64AtomicRmwCmpxchg "i64.atomic.rmw.cmpxchg" (MemArg 3) [I32 I64 I64 -> I64] Threads;
            0xfe4a I32AtomicRmw8CmpxchgU "i32.atomic.rmw8.cmpxchg_u" (MemArg 0) [I32 I32 I32 -> I32] Threads;
            0xfe4b I32AtomicRmw16CmpxchgU "i32.atomic.rmw16.cmpxchg_u" (MemArg 1) [I32 I32 I32 -> I32] Threads;
            0xfe4c I64AtomicRmw8CmpxchgU "i64.atomic.rmw8.cmpxchg_u" (MemArg 0) [I32 I64 I64 -> I64] Threads;
            0xfe4d I64AtomicRmw16CmpxchgU "i64.atomic.rmw16.cmpxchg_u" (MemArg 1) [I32 I64 I64 -> I64] Threads;
            0xfe4e I64AtomicRmw32CmpxchgU "i64.atomic.rmw32.cmpxchg_u" (MemArg 2) [I32 I64 I64 -> I64] Threads;
        }
    };
}
pub(crate) use for_each_opcode;

macro_rules! immediates {
    (($kind:ident $number:literal)) => {
        Immediates::$kind($number)
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
            pub fn mnemonic(self) -> &'static str {
                // It is asked for rarely. A table takes 12 kB more.
                let number = Self::ALL.iter().position(|&opcode| opcode == self);
                number.and_then(|number| concat!($($mnemonic, "\n"),*).lines().nth(number)).unwrap_or_default()
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
        let code = self as u32;
        if code >= 0xff00 { code - 0xff00 + 0x100 } else { code & 0xff }
    }

    /// The prefix, if it has one.
    pub const fn prefix(self) -> Option<u8> {
        match self as u16 >> 8 {
            0 => None,
            0xff => Some(0xfd),
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
            let sub = opcode.sub_opcode();
            let code = opcode.prefix().map_or(alloc::format!("{sub:02x}"), |prefix| alloc::format!("{prefix:02x} {sub:02x}"));
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
