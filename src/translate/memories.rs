//! Memories other than a plain memory 0, operations on whole memories and tables, and arithmetic on 128 bits.
//!
//! Called by: `translate::operators`.

use super::Body;
use super::listing::Recorder;
use super::micro_op::{NO_SLOT, Operand};
use super::stack::Entry;
use crate::code::ops::Op;
use crate::code::place::{AtomicAccess, Place};
use crate::decode::operators::{MemArg, ReadError, Reader};
use crate::wasm::opcodes::{Immediates, Opcode, Signature};
use crate::wasm::types::{MemoryType, PAGE_SIZE_LOG2, TableType, ValType};

impl<R: Recorder> Body<'_, R> {
    /// The type of a memory.
    fn memory_type(&self, memory: u32) -> MemoryType {
        // Validation has checked the index (X1).
        self.module.memory_types.get(memory as usize).copied().unwrap_or(MemoryType::new(0, None))
    }

    /// The type of a table.
    fn table_type(&self, table: u32) -> TableType {
        self.module.table_types.get(table as usize).copied().unwrap_or(TableType::new(ValType::FUNCREF, 0, None))
    }

    /// How an instruction names a memory.
    pub(super) fn place(&self, memory: u32) -> Place {
        Place::new(memory, &self.memory_type(memory))
    }

    /// The end of an access to a memory 0 with 64-bit addresses, where there is an op of its own for that.
    fn wide_end(&self, op: Op, arg: MemArg) -> Option<u32> {
        let ty = self.memory_type(arg.memory);
        let wide = arg.memory == 0 && ty.is_64 && !ty.shared;
        Self::access_end(op, u32::try_from(arg.offset).ok().filter(|_| wide)?)
    }

    /// A load from another memory than a plain memory 0.
    #[inline(never)]
    pub(super) fn other_load(&mut self, op: Op, result: ValType, arg: MemArg) {
        let [wide, any] = op.other_accesses();
        let (x, ty, home) = self.pop_operand();
        let mut micro;
        if let Some(end) = self.wide_end(op, arg) {
            let x = self.not_immediate(x, home, ty);
            let x = self.readable(wide, x, home, ty);
            micro = self.op(wide);
            micro.set_x(x);
            micro.imm = end;
        } else {
            let x = self.in_slot(x, home, ty);
            micro = self.op(any);
            micro.set_x(Operand::slot(x));
            micro.set_y(Operand::immediate(arg.offset));
            micro.imm = self.place(arg.memory).bits();
        }
        self.define(micro, result);
    }

    /// A store to another memory than a plain memory 0.
    #[inline(never)]
    pub(super) fn other_store(&mut self, op: Op, arg: MemArg) {
        let [wide, any] = op.other_accesses();
        let (y, y_ty, y_home) = self.pop_operand();
        let (x, x_ty, x_home) = self.pop_operand();
        let mut micro;
        if let Some(end) = self.wide_end(op, arg) {
            let x = self.not_immediate(x, x_home, x_ty);
            let x = self.readable(wide, x, x_home, x_ty);
            let y = self.not_immediate(y, y_home, y_ty);
            let y = self.readable(wide, y, y_home, y_ty);
            micro = self.op(wide);
            micro.set_x(x);
            micro.set_y(y);
            micro.imm = end;
        } else {
            let x = self.in_slot(x, x_home, x_ty);
            let y = self.in_slot(y, y_home, y_ty);
            micro = self.op(any);
            micro.set_x(Operand::slot(x));
            micro.set_y(Operand::immediate(arg.offset));
            (micro.z, micro.imm) = (y, self.place(arg.memory).bits());
        }
        self.push(micro);
    }

    /// An operator on whole memories or data segments.
    pub(super) fn memory_operator(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let first = reader.u32()?;
        let plain = self.plain_memory && first == 0;
        let address = self.memory_type(first).address_type();
        match opcode {
            Opcode::MemorySize if plain && self.memory_type(0).page_size_log2 == PAGE_SIZE_LOG2 => {
                let micro = self.op(Op::MemorySize);
                self.define(micro, ValType::I32);
            }
            Opcode::MemorySize => self.raw(Op::MemorySizeAny, 0, self.place(first).bits(), Some(address)),
            Opcode::MemoryGrow if plain => self.raw(Op::MemoryGrow, 1, 0, Some(ValType::I32)),
            Opcode::MemoryGrow => self.raw(Op::MemoryGrowAny, 1, self.place(first).bits(), Some(address)),
            Opcode::MemoryFill if plain => self.bulk(Op::MemoryFill, 0),
            Opcode::MemoryFill => self.bulk(Op::MemoryFillAny, self.place(first).bits()),
            Opcode::MemoryCopy => {
                let source = reader.u32()?;
                if plain && source == 0 {
                    self.bulk(Op::MemoryCopy, 0);
                } else {
                    self.bulk(Op::MemoryCopyAny, self.place(first).bits() | self.place(source).bits() << Place::BITS);
                }
            }
            Opcode::MemoryInit => {
                let memory = reader.u32()?;
                if self.plain_memory && memory == 0 {
                    self.bulk(Op::MemoryInit, first);
                } else {
                    self.bulk(Op::MemoryInitAny, self.place(memory).bits() | first << Place::BITS);
                }
            }
            _ => self.raw(Op::DataDrop, 0, first, None),
        }
        Ok(())
    }

    /// An operator on tables or element segments.
    pub(super) fn table_operator(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let first = reader.u32()?;
        let ty = self.table_type(first);
        match opcode {
            Opcode::TableGet => {
                self.narrow_index(first, 0);
                self.raw(Op::TableGet, 1, first, Some(ty.element));
            }
            Opcode::TableSet => {
                self.narrow_index(first, 1);
                self.raw(Op::TableSet, 2, first, None);
            }
            Opcode::TableSize => self.raw(Op::TableSize, 0, first, Some(ty.address_type())),
            Opcode::TableGrow => {
                self.narrow_index(first, 0);
                self.raw(Op::TableGrow, 2, first, Some(ty.address_type()));
            }
            Opcode::TableFill => {
                self.narrow_index(first, 2);
                self.narrow_index(first, 0);
                self.bulk(Op::TableFill, first);
            }
            Opcode::TableCopy => {
                let source = reader.u32()?;
                self.narrow_index(first, 2);
                self.narrow_index(source, 1);
                if ty.is_64 {
                    self.narrow_index(source, 0);
                }
                self.bulk(Op::TableCopy, first | source << 16);
            }
            Opcode::TableInit => {
                let table = reader.u32()?;
                self.narrow_index(table, 2);
                self.bulk(Op::TableInit, first | table << 24);
            }
            _ => self.raw(Op::ElemDrop, 0, first, None),
        }
        Ok(())
    }

    /// Makes the operand that lies `depth` below the top an index of 32 bits, if it is one of 64 bits into a table: such an index is out of bounds
    /// afterwards if it was before, because tables are never that large.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn narrow_index(&mut self, table: u32, depth: usize) {
        if self.module.table_types.get(table as usize).is_some_and(|ty| ty.is_64) {
            self.saturate(depth);
        }
    }

    /// Replaces the operand that lies `depth` below the top by the smaller of it and 2^32 - 1.
    #[cold]
    #[inline(never)]
    fn saturate(&mut self, depth: usize) {
        let Some(height) = self.height().checked_sub(depth + 1) else { return };
        let (entry, home) = (self.b.stack[height], self.home(height));
        let x = self.in_slot(self.operand(entry, height), home, entry.ty);
        let mut micro = self.op(Op::SaturateIndex);
        micro.set_x(Operand::slot(x));
        micro.d = home;
        self.push(micro);
        let definition = self.last_op();
        self.b.stack[height] = Entry { zero_extended: true, ..Entry::temporary(definition, ValType::I32) };
    }

    /// An operator whose sources lie in home slots one after another, and whose two results come to the first of them.
    pub(super) fn wide_arithmetic(&mut self, op: Op, sources: usize) {
        self.materialize_top(sources);
        self.keep_top(sources);
        let height = self.height() - sources;
        self.b.stack.truncate(height);
        let mut micro = self.op(op);
        micro.imm = self.home(height) as u32;
        self.push(micro);
        self.push_temporary(ValType::I64);
        self.push_temporary(ValType::I64);
    }

    /// An atomic access, or one of the operators that threads wait with.
    pub(super) fn atomic(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let arg = reader.mem_arg()?;
        let (Immediates::MemArg(log2), Signature::Fixed(operands, results)) = (opcode.immediates(), opcode.signature()) else {
            return Ok(());
        };
        let (op, kind) = match opcode {
            Opcode::MemoryAtomicNotify => (Op::AtomicNotify, 0),
            Opcode::MemoryAtomicWait32 => (Op::AtomicWait, 0),
            Opcode::MemoryAtomicWait64 => (Op::AtomicWait, 1),
            _ => ([Op::Atomic8, Op::Atomic16, Op::Atomic32, Op::Atomic64][usize::from(log2 & 3)], kind_of(opcode)),
        };
        let (place, below) = (self.place(arg.memory), operands.len() - 1);
        let access = AtomicAccess::new(place, kind, arg.offset).unwrap_or_else(|| {
            self.add_offset(below, place, arg.offset);
            // The sum has 64 bits, whatever the memory's addresses have.
            AtomicAccess::sum(place, kind)
        });
        let slots: [i32; 3] = {
            let mut slots = [NO_SLOT; 3];
            for slot in slots[..operands.len()].iter_mut().rev() {
                let (operand, ty, home) = self.pop_operand();
                *slot = self.in_slot(operand, home, ty);
            }
            // What an access does not need it reads all the same.
            slots.map(|slot| if slot == NO_SLOT { slots[0] } else { slot })
        };
        if op.calls() {
            self.store_pins();
        }
        let mut micro = self.op(op);
        micro.set_x(Operand::slot(slots[0]));
        micro.set_y(Operand::slot(slots[1]));
        (micro.z, micro.imm, micro.d) = (slots[2], access.bits(), self.home(self.height()));
        self.push(micro);
        if let &[ty] = results {
            self.push_result(ty, true);
        }
        if op.calls() {
            self.load_pins();
        }
        Ok(())
    }

    /// Adds an offset to the address that lies `depth` below the top.
    fn add_offset(&mut self, depth: usize, place: Place, offset: u64) {
        let Some(height) = self.height().checked_sub(depth + 1) else { return };
        let (entry, home) = (self.b.stack[height], self.home(height));
        let x = self.in_slot(self.operand(entry, height), home, entry.ty);
        let mut micro = self.op(Op::AddOffset);
        micro.set_x(Operand::slot(x));
        micro.set_y(Operand::immediate(offset));
        (micro.imm, micro.d) = (place.bits(), home);
        self.push(micro);
        let definition = self.last_op();
        self.b.stack[height] = Entry::temporary(definition, ValType::I64);
    }
}

/// The number of what an atomic access does: opcodes come in groups of seven, in the order of [`AtomicKind`].
///
/// [`AtomicKind`]: crate::code::place::AtomicKind
const fn kind_of(opcode: Opcode) -> u32 {
    (opcode.sub_opcode() - Opcode::I32AtomicLoad.sub_opcode()) / 7
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::features::Proposal;

    #[test]
    fn kinds_of_atomics_are_those_of_their_names() {
        for &opcode in Opcode::ALL {
            if opcode.proposal() != Proposal::Threads || opcode.sub_opcode() < Opcode::I32AtomicLoad.sub_opcode() {
                continue;
            }
            let access = AtomicAccess::sum(Place::from_bits(0), kind_of(opcode));
            let name = alloc::format!("{:?}", access.kind()).to_lowercase();
            let mnemonic = opcode.mnemonic();
            let last = mnemonic.rsplit('.').next().unwrap_or_default();
            let last = last.trim_end_matches("_u").trim_end_matches(|c: char| c.is_ascii_digit());
            assert_eq!(last, name, "{mnemonic}");
        }
    }
}
