//! References: calls through them, null, casts, structures and arrays.

use super::Body;
use super::listing::Recorder;
use super::micro_op::Operand;
use super::stack::{Entry, EntryKind};
use crate::code::ops::Op;
use crate::decode::operators::{ReadError, Reader};
use crate::wasm::opcodes::Opcode;
use crate::wasm::types::{TypeId, ValType};

impl<R: Recorder> Body<'_, R> {
    /// Translates an operator on references.
    #[inline(never)]
    pub(super) fn reference(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        match opcode {
            Opcode::CallRef => {
                let ty = reader.u32()?;
                self.call_ref(ty);
            }
            Opcode::ReturnCallRef => {
                let ty = reader.u32()?;
                self.return_call_ref(ty);
            }
            Opcode::RefAsNonNull => {
                let ty = self.top_type().non_null();
                self.check(Op::CheckNonNull, 0, ty);
            }
            Opcode::BrOnNull => {
                let depth = reader.u32()?;
                self.branch_on_null(depth);
            }
            Opcode::BrOnNonNull => {
                let depth = reader.u32()?;
                self.branch_on_non_null(depth);
            }
            _ => {
                debug_assert!(false, "no translation of {}", opcode.mnemonic());
                reader.skip(opcode.immediates())?;
            }
        }
        Ok(())
    }

    /// The type of the topmost operand.
    fn top_type(&self) -> ValType {
        self.b.stack.last().map_or(ValType::FUNCREF, |entry| entry.ty)
    }

    /// Whether a function type may have subtypes, so that equality with it is not enough.
    pub(super) fn has_subtypes(&self, type_index: u32) -> bool {
        self.module.types.get(type_index as usize).is_some_and(|(_, ty)| !ty.is_final)
    }

    /// Replaces an index on the stack by the reference that a table holds there, if it is one to a function of this type or a subtype.
    pub(super) fn callee_of_type(&mut self, id: TypeId, table: u32) {
        let (index, ty, home) = self.pop_operand();
        let index = self.in_slot(index, home, ty);
        let mut micro = self.op(Op::CalleeOfType);
        micro.set_x(Operand::Slot(index));
        micro.set_y(Operand::Immediate(u64::from(id.0) | u64::from(table) << 32));
        self.define(micro, ValType::FUNCREF);
    }

    /// Lets the topmost operand be read more than once: it is in its home slot, and written there whoever reads it (X3).
    fn settle_top(&mut self) {
        let Some(height) = self.height().checked_sub(1) else { return };
        self.materialize(height);
        self.keep_top(1);
        // Whoever defines it, a `local.set` must not make it write elsewhere.
        self.b.stack[height].definition = 0;
    }

    /// Takes the topmost operand, which is read by what follows and stays: its slot, and what to push again.
    fn borrow_top(&mut self) -> (i32, Entry) {
        if self.b.stack.last().is_none_or(|entry| entry.kind != EntryKind::Local) {
            self.settle_top();
        }
        let entry = self.pop();
        let slot = match entry.kind {
            EntryKind::Local => entry.value as i32,
            _ => self.home(self.height()),
        };
        (slot, entry)
    }

    /// An op that traps unless the topmost operand is as it should be; the operand stays, with another type.
    fn check(&mut self, op: Op, imm: u32, ty: ValType) {
        let (slot, entry) = self.borrow_top();
        let mut micro = self.op(op);
        micro.set_x(Operand::Slot(slot));
        micro.imm = imm;
        self.push(micro);
        self.b.stack.push(Entry { ty, ..entry });
    }

    /// `br_on_null`: the reference stays if it is not null.
    fn branch_on_null(&mut self, depth: u32) {
        if self.is_carried(depth) {
            // What the branch carries may be what the local of the reference is.
            self.settle_top();
        }
        let (slot, entry) = self.borrow_top();
        let mut branch = self.op(Op::BranchI64Eq);
        branch.set_x(Operand::Slot(slot));
        branch.set_y(Operand::Immediate(0));
        self.branch_conditionally(branch, depth);
        self.b.stack.push(Entry { ty: entry.ty.non_null(), ..entry });
    }

    /// `br_on_non_null`: the reference is carried by the branch.
    fn branch_on_non_null(&mut self, depth: u32) {
        self.settle_top();
        let mut branch = self.op(Op::BranchI64Ne);
        branch.set_x(Operand::Slot(self.home(self.height() - 1)));
        branch.set_y(Operand::Immediate(0));
        self.branch_conditionally(branch, depth);
        self.pop();
    }
}
