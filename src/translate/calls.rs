//! Calls and tail calls: where arguments go, and what the callee's frame starts with.
//!
//! Arguments lie in the home slots of their heights, which are the callee's first slots; results come to the same place. Pinned locals are stored
//! before a call and loaded behind it. A tail call moves its arguments to the first slots of its own frame. Called by: `operators`, `references`.

use super::listing::Recorder;
use super::micro_op::{MicroOp, Operand};
use super::stack::EntryKind;
use super::{Body, SLOT, behind_link, class_of};
use crate::code::operands::Kind;
use crate::code::ops::Op;
use crate::wasm::types::{FuncType, ValType};

impl<R: Recorder> Body<'_, R> {
    /// `call`.
    pub(super) fn call(&mut self, function: u32) {
        let Some(&type_index) = self.module.functions.get(function as usize) else { return };
        let Some((_, ty)) = self.module.func_type(type_index) else { return };
        match function.checked_sub(self.module.imported_functions) {
            Some(defined) => {
                let mut call = self.op(Op::Call);
                call.x = self.code.cells()[defined as usize].first_target();
                self.finish_call(call, ty);
            }
            None => {
                let mut call = self.op(Op::CallImport);
                call.imm = function;
                self.finish_call(call, ty);
            }
        }
    }

    /// `call_indirect`.
    pub(super) fn call_indirect(&mut self, type_index: u32, table: u32) {
        let Some((id, ty)) = self.module.func_type(type_index) else { return };
        if self.has_subtypes(type_index) {
            self.callee_of_type(id, table);
            return self.call_ref(type_index);
        }
        let mut call = self.op(Op::CallIndirect);
        let (index, _, home) = self.pop_operand();
        let index = self.not_immediate(index, home, ValType::I32);
        call.set_x(index);
        (call.imm, call.z) = (id.0, table as i32);
        self.finish_call(call, ty);
    }

    /// `return_call`.
    pub(super) fn return_call(&mut self, function: u32) {
        let Some(&type_index) = self.module.functions.get(function as usize) else { return };
        let Some((_, ty)) = self.module.func_type(type_index) else { return };
        let moved = self.place_arguments(ty, false);
        match function.checked_sub(self.module.imported_functions) {
            Some(defined) if defined == self.function && !moved => {
                // The frame and the way back stay as they are: no address need be read.
                let start = self.new_label();
                self.b.labels[start as usize].position = Some(0);
                self.goto(start);
                self.set_unreachable();
            }
            Some(defined) => {
                let mut call = self.op(Op::ReturnCall);
                call.x = (&raw const self.code.cells()[defined as usize]).expose_provenance() as u64;
                self.finish_return_call(call, ty);
            }
            None => {
                let mut call = self.op(Op::ReturnCallImport);
                call.imm = function;
                self.finish_return_call(call, ty);
            }
        }
    }

    /// `return_call_indirect`.
    pub(super) fn return_call_indirect(&mut self, type_index: u32, table: u32) {
        let Some((id, ty)) = self.module.func_type(type_index) else { return };
        if self.has_subtypes(type_index) {
            self.callee_of_type(id, table);
            return self.return_call_ref(type_index);
        }
        let mut call = self.op(Op::ReturnCallIndirect);
        call.set_x(Operand::slot(self.home(self.height() - 1)));
        if self.place_arguments(ty, true) {
            call.form.x = Kind::A;
        }
        (call.imm, call.z) = (id.0, table as i32);
        self.finish_return_call(call, ty);
    }

    /// `call_ref`.
    pub(super) fn call_ref(&mut self, type_index: u32) {
        let Some((_, ty)) = self.module.func_type(type_index) else { return };
        let mut call = self.op(Op::CallRef);
        let (callee, _, home) = self.pop_operand();
        call.set_x(self.not_immediate(callee, home, ValType::FUNCREF));
        self.finish_call(call, ty);
    }

    /// `return_call_ref`.
    pub(super) fn return_call_ref(&mut self, type_index: u32) {
        let Some((_, ty)) = self.module.func_type(type_index) else { return };
        let mut call = self.op(Op::ReturnCallRef);
        call.set_x(Operand::slot(self.home(self.height() - 1)));
        if self.place_arguments(ty, true) {
            call.form.x = Kind::A;
        }
        self.finish_return_call(call, ty);
    }

    /// Arguments of a tail call go to the first slots of the frame, the index that is behind them on the stack, if there is one, to its home slot.
    /// Gives whether the frame had to become larger for that; the index is in the accumulator then.
    fn place_arguments(&mut self, ty: &FuncType, index: bool) -> bool {
        let params = ty.param_slots();
        let all = params + usize::from(index);
        let more = behind_link(ty) + self.first;
        let slots = self.first..self.first + params as i32 * SLOT;
        if more <= 0 && !self.pins.iter().any(|pin| slots.contains(pin)) {
            // They are set like locals. What the innermost block has below them is not needed any more; what other blocks have is in home slots.
            self.materialize_top(usize::from(index));
            let dropped = self.frame(0).height as usize..self.height() - all;
            self.b.stack[dropped].iter_mut().for_each(|entry| entry.kind = EntryKind::Constant);
            let height = self.height() - usize::from(index);
            self.b.stack.truncate(height);
            self.carry(self.first, params);
            return false;
        }
        self.materialize_top(all);
        self.keep_top(all);
        let source = self.home(self.height() - all);
        if more > 0 {
            let mut arguments = self.op(Op::MoveArguments);
            let more = (more / SLOT) as u64;
            arguments.set_x(Operand::immediate(u64::from(source as u32) | (params as u64) << 32 | more << 48));
            self.push(arguments);
        } else {
            self.copy_slots(source, self.first, params);
        }
        more > 0
    }

    /// Its frame's end is where the callee's type says, whatever ours was.
    fn finish_return_call(&mut self, mut call: MicroOp, ty: &FuncType) {
        call.y = u64::from((behind_link(ty) + self.first).min(0) as u32);
        self.push(call);
        self.set_unreachable();
    }

    /// Arguments to their home slots, which are the callee's first slots; results come to the same place.
    fn finish_call(&mut self, mut call: MicroOp, ty: &FuncType) {
        let (params, results) = (ty.param_slots(), ty.results());
        self.materialize_top(params);
        self.keep_top(params);
        let height = self.height() - params;
        self.b.stack.truncate(height);
        let arguments = self.home(height);
        call.y = u64::from((arguments + behind_link(ty)) as u32) | u64::from(arguments as u32) << 32;
        if let &[ty] = results {
            call.d = self.home(height);
            call.class = class_of(ty);
        }
        self.record_roots();
        self.store_pins();
        self.push(call);
        let definition = if results.len() == 1 { self.last_op() } else { 0 };
        self.load_pins();
        for &ty in results {
            self.push_temporary(ty);
        }
        if let (true, Some(entry)) = (definition != 0, self.b.stack.get_mut(height)) {
            entry.definition = definition;
        }
        debug_assert!(behind_link(ty) <= 2002 * SLOT);
    }
}
