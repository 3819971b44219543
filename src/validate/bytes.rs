//! The bytes of opcodes, for patterns.
//!
//! Derived from `wasm::opcodes`. Called by: `validate::{body, common}`.

use crate::wasm::opcodes::Opcode;

macro_rules! bytes {
    ($($name:ident = $opcode:ident,)*) => { $(pub(super) const $name: u8 = Opcode::$opcode.code() as u8;)* };
}

bytes! {
    UNREACHABLE = Unreachable, NOP = Nop, BLOCK = Block, LOOP = Loop, IF = If, ELSE = Else, END = End, BR = Br, BR_IF = BrIf,
    BR_TABLE = BrTable, RETURN = Return, CALL = Call, CALL_INDIRECT = CallIndirect,
    RETURN_CALL = ReturnCall, RETURN_CALL_INDIRECT = ReturnCallIndirect,
    TRY_TABLE = TryTable, THROW = Throw, THROW_REF = ThrowRef,
    TRY = Try, CATCH = Catch, CATCH_ALL = CatchAll, RETHROW = Rethrow, DELEGATE = Delegate, DROP = Drop, SELECT = Select,
    SELECT_TYPED = SelectTyped, LOCAL_GET = LocalGet, LOCAL_SET = LocalSet, LOCAL_TEE = LocalTee, GLOBAL_GET = GlobalGet,
    GLOBAL_SET = GlobalSet, TABLE_GET = TableGet, TABLE_SET = TableSet,
    I32_LOAD = I32Load, I64_LOAD = I64Load, F32_LOAD = F32Load, F64_LOAD = F64Load, I32_LOAD8_S = I32Load8S, I32_LOAD8_U = I32Load8U,
    I32_LOAD16_S = I32Load16S, I32_LOAD16_U = I32Load16U, I64_LOAD8_S = I64Load8S, I64_LOAD8_U = I64Load8U, I64_LOAD16_S = I64Load16S,
    I64_LOAD16_U = I64Load16U, I64_LOAD32_S = I64Load32S, I64_LOAD32_U = I64Load32U,
    I32_STORE = I32Store, I64_STORE = I64Store, F32_STORE = F32Store, F64_STORE = F64Store, I32_STORE8 = I32Store8, I32_STORE16 = I32Store16,
    I64_STORE8 = I64Store8, I64_STORE16 = I64Store16, I64_STORE32 = I64Store32,
    MEMORY_SIZE = MemorySize, MEMORY_GROW = MemoryGrow, I32_CONST = I32Const, I64_CONST = I64Const, F32_CONST = F32Const,
    F64_CONST = F64Const, CALL_REF = CallRef, RETURN_CALL_REF = ReturnCallRef, REF_EQ = RefEq, REF_AS_NON_NULL = RefAsNonNull,
    BR_ON_NULL = BrOnNull, BR_ON_NON_NULL = BrOnNonNull, REF_NULL = RefNull, REF_IS_NULL = RefIsNull, REF_FUNC = RefFunc,
}
