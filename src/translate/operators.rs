//! The loop over a body's operators: special ones have an arm each; the others are found by the name that their opcode shares with an op.

use super::Body;
use super::listing::Recorder;
use super::stack::Local;
use crate::code::operands::Kind;
use crate::code::ops::{Op, Template};
use crate::decode::operators::{PREFIX_FB, ReadError, Reader};
use crate::wasm::features::Proposal;
use crate::wasm::opcodes::{Opcode, Signature};
use crate::wasm::types::ValType;

/// Micro-ops of a block that are looked at together. Code of compilers has fewer; hostile code shall not make buffers many times its size.
const MAX_BUFFERED: usize = 1024;

/// How an opcode with a fixed signature is translated.
#[derive(Clone, Copy)]
struct Simple {
    op: Op,
    template: Template,
    /// The type that matters of its operands, and its result: their places in [`TYPES`].
    types: u8,
}

/// The types of fixed signatures.
static TYPES: [ValType; 8] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128, ValType::FUNCREF, ValType::EXTERNREF, ValType::ANYREF];

impl Simple {
    const fn new(op: Op, operand: ValType, result: ValType) -> Self {
        let template = crate::code::ops::INFO_TABLE[op as usize].template;
        Self { op, template, types: place(operand) | place(result) << 4 }
    }

    /// The type of its last operand: the value of a store, both of a binary op.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn operand(self) -> ValType {
        TYPES[usize::from(self.types & 7)]
    }

    /// The type of its result.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn result(self) -> ValType {
        TYPES[usize::from(self.types >> 4 & 7)]
    }
}

/// The place of a type in [`TYPES`].
const fn place(ty: ValType) -> u8 {
    let mut place = 0;
    while TYPES[place].bits() != ty.bits() {
        place += 1;
    }
    place as u8
}

/// By [`Opcode::dense`].
static SIMPLE: [Option<Simple>; Opcode::DENSE] = {
    let mut table = [None; Opcode::DENSE];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let opcode = Opcode::ALL[i];
        if let (Some(op), Signature::Fixed(operands, results)) = (Op::of_opcode(opcode), opcode.signature()) {
            let operand = operands[operands.len() - 1];
            let result = if results.is_empty() { ValType::I32 } else { results[0] };
            table[opcode.dense()] = Some(Simple::new(op, operand, result));
        }
        i += 1;
    }
    table
};

impl<R: Recorder> Body<'_, R> {
    /// Translates all operators of the body.
    pub(super) fn operators(&mut self, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        loop {
            if self.b.ops.len() >= MAX_BUFFERED {
                self.flush();
            }
            self.offset = reader.offset();
            // Asked for first: a branch is guessed better than the jump through a table.
            if reader.next_is(Opcode::LocalGet.code() as u8) {
                let local = self.local(reader.u32()?);
                self.push_local(local);
                continue;
            }
            if reader.next_is(Opcode::I32Const.code() as u8) {
                let value = reader.i32()?;
                self.push_constant(u64::from(value as u32), ValType::I32);
                continue;
            }
            let opcode = reader.opcode()?;
            match opcode {
                Opcode::LocalSet | Opcode::LocalTee => {
                    let local = self.local(reader.u32()?);
                    self.set_local(local, opcode == Opcode::LocalTee);
                    continue;
                }
                Opcode::I64Const => {
                    let value = reader.i64()?;
                    self.push_constant(value as u64, ValType::I64);
                    continue;
                }
                Opcode::F32Const => {
                    let bits = reader.f32_bits()?;
                    self.push_constant(u64::from(bits), ValType::F32);
                    continue;
                }
                Opcode::F64Const => {
                    let bits = reader.f64_bits()?;
                    self.push_constant(bits, ValType::F64);
                    continue;
                }
                Opcode::Block | Opcode::Loop | Opcode::If => self.open(opcode, reader)?,
                Opcode::Else => {
                    if !self.switch_to_else(reader)? {
                        return Ok(());
                    }
                }
                Opcode::End => {
                    if !self.close(reader.remaining()) {
                        return Ok(());
                    }
                }
                Opcode::BrIf => {
                    let depth = reader.u32()?;
                    if self.hints.is_empty() || !self.leave_likely(depth, reader)? {
                        self.branch_if(depth);
                    }
                }
                Opcode::Br => {
                    let depth = reader.u32()?;
                    self.branch(depth);
                }
                Opcode::BrTable => self.branch_table(reader)?,
                Opcode::Return => self.return_values(),
                Opcode::Unreachable => {
                    self.push_op(Op::Unreachable);
                    self.set_unreachable();
                }
                Opcode::Call => {
                    let function = reader.u32()?;
                    self.call(function);
                }
                Opcode::CallIndirect => {
                    let ty = reader.u32()?;
                    let table = reader.u32()?;
                    self.narrow_index(table, 0);
                    self.call_indirect(ty, table);
                }
                Opcode::ReturnCall => {
                    let function = reader.u32()?;
                    self.return_call(function);
                }
                Opcode::ReturnCallIndirect => {
                    let ty = reader.u32()?;
                    let table = reader.u32()?;
                    self.narrow_index(table, 0);
                    self.return_call_indirect(ty, table);
                }
                Opcode::Nop => {}
                Opcode::TryTable
                | Opcode::Throw
                | Opcode::ThrowRef
                | Opcode::Try
                | Opcode::Catch
                | Opcode::CatchAll
                | Opcode::Rethrow
                | Opcode::Delegate => self.exception(opcode, reader)?,
                Opcode::Drop => {
                    self.pop_value();
                }
                Opcode::Select => self.select(),
                Opcode::SelectTyped => {
                    reader.skip(opcode.immediates())?;
                    self.select();
                }
                Opcode::GlobalGet => {
                    let global = reader.u32()?;
                    self.global_get(global);
                }
                Opcode::GlobalSet => {
                    let global = reader.u32()?;
                    self.global_set(global);
                }
                Opcode::I32Eqz => self.is_zero(ValType::I32),
                Opcode::I64Eqz | Opcode::RefIsNull => self.is_zero(ValType::I64),
                Opcode::I32WrapI64 => self.wrap(),
                Opcode::I64ExtendI32U => self.extend_unsigned(),
                Opcode::RefNull => {
                    let heap = reader.heap_type()?;
                    self.push_constant(0, ValType::reference(heap, true));
                }
                _ if self.other(opcode, reader)? => continue,
                _ => self.rare(opcode, reader)?,
            }
            // Operators behind which code is always reachable have gone on with the loop.
            if self.is_unreachable() && opcode != Opcode::Else {
                self.skip_unreachable(reader)?;
            }
        }
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn local(&self, index: u32) -> Local {
        self.b.locals.get(index as usize).copied().unwrap_or(Local { slot: 0, ty: ValType::I32, kind: Kind::S })
    }

    /// Opcodes that are found by their name. Gives whether it was one.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn other(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<bool, ReadError> {
        let Some(simple) = SIMPLE[opcode.dense()] else { return Ok(false) };
        let (operand, result) = (simple.operand(), simple.result());
        match simple.template {
            Template::Binary | Template::Compare if operand == ValType::V128 => self.vector_binary(simple.op),
            Template::Unary if operand == ValType::V128 || result == ValType::V128 => {
                self.vector_unary(simple.op, operand, result);
            }
            Template::Binary | Template::Compare => self.binary(simple.op, operand, result),
            Template::Unary => self.unary(simple.op, operand, result),
            Template::Load => {
                let arg = reader.mem_arg()?;
                if self.plain_memory && arg.memory == 0 {
                    self.load(simple.op, result, arg.offset as u32);
                } else {
                    self.other_load(simple.op, result, arg);
                }
            }
            Template::Store => {
                let arg = reader.mem_arg()?;
                if self.plain_memory && arg.memory == 0 {
                    self.store(simple.op, arg.offset as u32);
                } else {
                    self.other_store(simple.op, arg);
                }
            }
            _ => self.vector(opcode, simple.op, simple.template, operand, reader)?,
        }
        Ok(true)
    }

    /// Tables, bulk operations, and other things that no loop is hot with.
    #[inline(never)]
    fn rare(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        match opcode {
            Opcode::MemorySize | Opcode::MemoryGrow | Opcode::MemoryCopy | Opcode::MemoryFill | Opcode::MemoryInit | Opcode::DataDrop => {
                self.memory_operator(opcode, reader)?
            }
            Opcode::TableGet
            | Opcode::TableSet
            | Opcode::TableSize
            | Opcode::TableGrow
            | Opcode::TableFill
            | Opcode::TableCopy
            | Opcode::TableInit
            | Opcode::ElemDrop => self.table_operator(opcode, reader)?,
            Opcode::AtomicFence => {
                reader.skip(opcode.immediates())?;
                self.push_op(Op::AtomicFence);
            }
            atomic if atomic.proposal() == Proposal::Threads => self.atomic(atomic, reader)?,
            Opcode::I64Add128 => self.wide_arithmetic(Op::I64Add128, 4),
            Opcode::I64Sub128 => self.wide_arithmetic(Op::I64Sub128, 4),
            Opcode::I64MulWideS => self.wide_arithmetic(Op::I64MulWideS, 2),
            Opcode::I64MulWideU => self.wide_arithmetic(Op::I64MulWideU, 2),
            Opcode::RefFunc => {
                let function = reader.u32()?;
                self.raw(Op::RefFunc, 0, function, Some(ValType::FUNCREF));
            }
            _ if opcode.prefix() == Some(PREFIX_FB) => self.reference(opcode, reader)?,
            Opcode::CallRef | Opcode::ReturnCallRef | Opcode::RefEq | Opcode::RefAsNonNull | Opcode::BrOnNull | Opcode::BrOnNonNull => {
                self.reference(opcode, reader)?
            }
            Opcode::V128Const | Opcode::I8x16Shuffle | Opcode::V128Store => self.vector_rare(opcode, reader)?,
            // Every other opcode has an arm above or an op of its name (tested in `code::ops`); X1.
            _ => {
                debug_assert!(false, "no translation of {}", opcode.mnemonic());
                reader.skip(opcode.immediates())?;
            }
        }
        Ok(())
    }
}
