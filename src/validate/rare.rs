//! Operators that are rare, out of the way of the loop: each is read and turned into its effect on the operand stack.
//!
//! Called by: `validate::body`.

use crate::{
    decode::operators::{PREFIX_FC, ReadError, Reader},
    wasm::{
        features::Proposal,
        opcodes::{Opcode, Signature},
        types::ValType,
    },
};

use super::{BodySink, body::Body, error::Fault, operands::MARK};

/// What a rare operator does to the operand stack.
pub(super) struct Effect {
    /// Operands, the last on top; [`MARK`] for none.
    pub(super) pops: [ValType; 3],
    pub(super) push: Option<ValType>,
}

impl Effect {
    /// No operands, no result.
    const NONE: Self = Self { pops: [MARK; 3], push: None };
    /// The three 32-bit operands of copies and fills.
    const RANGE: Self = Self { pops: [ValType::I32; 3], push: None };
}

impl<'a, S: BodySink> Body<'a, S> {
    /// Reads a rare operator whose first byte has been read.
    #[inline(never)]
    pub(super) fn rare(&self, mut reader: Reader<'a>, byte: u8) -> Result<(Reader<'a>, Effect), Fault> {
        let opcode = if byte == PREFIX_FC { reader.sub_opcode()? } else { Reader::one_byte_opcode(byte)? };
        self.require(opcode.proposal())?;
        let effect = match opcode {
            Opcode::SelectTyped => {
                if reader.u32()? != 1 {
                    return Err(Fault::SelectArity);
                }
                let ty = reader.val_type()?;
                Effect { pops: [ty, ty, ValType::I32], push: Some(ty) }
            }
            Opcode::TableGet => {
                let element = self.table(reader.u32()?)?;
                Effect { pops: [MARK, MARK, ValType::I32], push: Some(element) }
            }
            Opcode::TableSet => {
                let element = self.table(reader.u32()?)?;
                Effect { pops: [MARK, ValType::I32, element], push: None }
            }
            Opcode::MemorySize => {
                reader.zero_byte()?;
                self.check_memory()?;
                Effect { push: Some(ValType::I32), ..Effect::NONE }
            }
            Opcode::MemoryGrow => {
                reader.zero_byte()?;
                self.check_memory()?;
                Effect { pops: [MARK, MARK, ValType::I32], push: Some(ValType::I32) }
            }
            Opcode::RefNull => Effect { push: Some(ValType::reference(reader.heap_type()?, true)), ..Effect::NONE },
            Opcode::RefFunc => {
                let index = reader.u32()?;
                if index as usize >= self.module.functions.len() {
                    return Err(Fault::Unknown("function", index));
                }
                if !self.module.is_declared(index) {
                    return Err(Fault::UndeclaredFunction(index));
                }
                Effect { push: Some(ValType::FUNCREF), ..Effect::NONE }
            }
            Opcode::MemoryInit => {
                let index = reader.u32()?;
                reader.zero_byte()?;
                self.check_memory()?;
                self.check_data(index)?;
                Effect::RANGE
            }
            Opcode::DataDrop => {
                self.check_data(reader.u32()?)?;
                Effect::NONE
            }
            Opcode::MemoryCopy => {
                reader.zero_byte()?;
                reader.zero_byte()?;
                self.check_memory()?;
                Effect::RANGE
            }
            Opcode::MemoryFill => {
                reader.zero_byte()?;
                self.check_memory()?;
                Effect::RANGE
            }
            Opcode::TableInit => {
                let segment = reader.u32()?;
                let table = reader.u32()?;
                let found = self.element_segment(segment)?;
                self.check_table(table, found)?;
                Effect::RANGE
            }
            Opcode::ElemDrop => {
                self.element_segment(reader.u32()?)?;
                Effect::NONE
            }
            Opcode::TableCopy => {
                let target = self.table(reader.u32()?)?;
                self.check_table(reader.u32()?, target)?;
                Effect::RANGE
            }
            Opcode::TableGrow => {
                let element = self.table(reader.u32()?)?;
                Effect { pops: [MARK, element, ValType::I32], push: Some(ValType::I32) }
            }
            Opcode::TableSize => {
                self.table(reader.u32()?)?;
                Effect { push: Some(ValType::I32), ..Effect::NONE }
            }
            Opcode::TableFill => {
                let element = self.table(reader.u32()?)?;
                Effect { pops: [ValType::I32, element, ValType::I32], push: None }
            }
            conversion => match conversion.signature() {
                Signature::Fixed(&[operand], &[result]) => Effect { pops: [MARK, MARK, operand], push: Some(result) },
                _ => return Err(Fault::Read(ReadError::IllegalOpcode)),
            },
        };
        Ok((reader, effect))
    }

    /// Refuses what a proposal brought if the module may not use it.
    pub(super) fn require(&self, proposal: Proposal) -> Result<(), Fault> {
        if self.module.features.has(proposal) { Ok(()) } else { Err(Fault::Read(ReadError::Unsupported(proposal))) }
    }

    /// The element type of an element segment.
    fn element_segment(&self, index: u32) -> Result<ValType, Fault> {
        self.module.elements.get(index as usize).map(|segment| segment.ty).ok_or(Fault::Unknown("elem segment", index))
    }

    /// Checks that a data segment exists; data segments come after bodies, which is why a count must have come before.
    fn check_data(&self, index: u32) -> Result<(), Fault> {
        match self.module.data_count {
            Some(count) if index < count => Ok(()),
            Some(_) => Err(Fault::Unknown("data segment", index)),
            None => Err(Fault::DataCountRequired),
        }
    }

    /// Checks that there is a memory.
    fn check_memory(&self) -> Result<(), Fault> {
        if self.module.memory_types.is_empty() { Err(Fault::Unknown("memory", 0)) } else { Ok(()) }
    }
}
