//! The operators whose type is fixed, as patterns of the top of the operand stack.
//!
//! Derived from the signatures of `wasm::opcodes`. Called by: `validate::{body, common}`.
//!
//! # Why
//! One compare of the two topmost types covers "there are enough operands" (a mark lies below a block's operands) and "they have the right types",
//! for unary and binary operators alike. So 150 operators share one path with no branch that depends on which of them it is.

use crate::wasm::{
    opcodes::{Immediates, Opcode, Signature},
    types::ValType,
};

/// An operator of one or two operands: an access to memory, or one without immediates that has a result.
#[derive(Clone, Copy)]
pub(super) struct Simple {
    /// The operand types: the top one in the upper half.
    pattern: u64,
    /// The bits of `pattern` that count.
    mask: u64,
    /// The result, if there is one.
    pub(super) result: ValType,
    /// How many operands there are; `NONE` marks bytes that are no simple operator.
    pub(super) operands: u8,
    /// Log2 of the natural alignment of a memory access.
    pub(super) natural: u8,
}

/// No simple operator.
const NONE: u8 = u8::MAX;

impl Simple {
    /// Whether the two topmost operands are what the operator takes.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn accepts(&self, [below, top]: [ValType; 2]) -> bool {
        ((below.bits() as u64 | (top.bits() as u64) << 32) ^ self.pattern) & self.mask == 0
    }

    /// Whether the byte is a simple operator.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn exists(&self) -> bool {
        self.operands != NONE
    }

    /// The operand types of a simple operator.
    pub(super) fn operand_types(byte: u8) -> &'static [ValType] {
        match Opcode::from_code(byte.into()).map(Opcode::signature) {
            Some(Signature::Fixed(operands, _)) => operands,
            _ => &[],
        }
    }

    const fn new(opcode: Opcode) -> Option<Self> {
        let Signature::Fixed(operands, results) = opcode.signature() else { return None };
        let (pattern, mask) = match *operands {
            [a] => ((a.bits() as u64) << 32, (u32::MAX as u64) << 32),
            [a, b] => (a.bits() as u64 | (b.bits() as u64) << 32, u64::MAX),
            _ => return None,
        };
        let (natural, result) = match (opcode.immediates(), results) {
            (Immediates::None, [ty]) => (0, *ty),
            (Immediates::MemArg(natural), [ty]) => (natural, *ty),
            (Immediates::MemArg(natural), []) => (natural, ValType::I32),
            _ => return None,
        };
        Some(Self { pattern, mask, result, operands: operands.len() as u8, natural })
    }
}

/// The simple operators of one byte.
pub(super) static SIMPLE: [Simple; 256] = {
    // What is no operator has a pattern that no operands match.
    let mut table = [Simple { pattern: u64::MAX, mask: u64::MAX, result: ValType::I32, operands: NONE, natural: 0 }; 256];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let opcode = Opcode::ALL[i];
        if opcode.code() < 0x100
            && let Some(simple) = Simple::new(opcode)
        {
            table[opcode.code() as usize] = simple;
        }
        i += 1;
    }
    table
};
