//! Micro-ops for instructions that compute: operands come from the symbolic stack, results go there.

use super::listing::Recorder;
use super::micro_op::{MicroOp, Operand};
use super::stack::EntryKind;
use super::{Body, SLOT, class_of};
use crate::code::operands::{Class, Kind};
use crate::code::ops::{Op, Template};
use crate::wasm::types::ValType;

impl<R: Recorder> Body<'_, R> {
    /// Appends a micro-op that defines the home slot of the current height, and pushes its result.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn define(&mut self, mut op: MicroOp, ty: ValType) {
        op.d = self.home(self.height());
        self.push(op);
        self.push_result(ty, ty == ValType::I32);
    }

    /// An op of two sources.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn binary(&mut self, mut op: Op, ty: ValType, result: ValType) {
        let (mut y, _, y_home) = self.pop_operand();
        let (mut x, _, x_home) = self.pop_operand();
        if x.is_immediate() || y.is_immediate() {
            (op, x, y) = self.immediates(op, (x, x_home), (y, y_home), ty);
        }
        if !op.reads_pins() {
            x = self.readable(op, x, x_home, ty);
            y = self.readable(op, y, y_home, ty);
        }
        let mut micro = self.op(op);
        micro.set_x(x);
        micro.set_y(y);
        self.define(micro, result);
    }

    /// Brings immediates where the op's forms have them.
    #[inline(never)]
    fn immediates(&mut self, mut op: Op, x: (Operand, i32), y: (Operand, i32), ty: ValType) -> (Op, Operand, Operand) {
        let ((mut x, mut x_home), (mut y, mut y_home)) = (x, y);
        if x.is_immediate() && y.is_immediate() {
            x = self.not_immediate(x, x_home, ty);
        } else if x.is_immediate() && op.info().swappable {
            (x, y, op) = (y, x, op.swapped());
            (x_home, y_home) = (y_home, x_home);
        }
        if x.is_immediate() && !op.has_sources(Kind::I, Kind::S) {
            x = self.not_immediate(x, x_home, ty);
        }
        if y.is_immediate() && !op.has_sources(Kind::S, Kind::I) {
            y = self.not_immediate(y, y_home, ty);
        }
        (op, x, y)
    }

    /// An op of one source.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn unary(&mut self, op: Op, ty: ValType, result: ValType) {
        let (x, _, home) = self.pop_operand();
        let x = self.not_immediate(x, home, ty);
        let x = self.readable(op, x, home, ty);
        let mut micro = self.op(op);
        micro.set_x(x);
        self.define(micro, result);
    }

    /// `i32.eqz`, `i64.eqz`, `ref.is_null`: negates a comparison that was just made, or compares with zero.
    pub(super) fn is_zero(&mut self, ty: ValType) {
        if let Some(&entry) = self.b.stack.last()
            && entry.kind == EntryKind::Temporary
            && entry.definition >= self.first_op
            && entry.definition == self.last_op()
        {
            let homes = self.homes;
            if let Some(last) = self.b.ops.last_mut()
                && last.op.info().template == Template::Compare
                && last.d >= homes
            {
                last.op = last.op.negated();
                return;
            }
        }
        self.push_constant(0, ty);
        self.binary(if ty == ValType::I32 { Op::I32Eq } else { Op::I64Eq }, ty, ValType::I32);
    }

    /// The end of an access, which is what its immediate says; `None` if no address is in bounds.
    pub(super) fn access_end(op: Op, offset: u32) -> Option<u32> {
        offset.checked_add(u32::from(op.info().access_bytes))
    }

    /// A load from memory 0.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn load(&mut self, op: Op, result: ValType, offset: u32) {
        let (x, ..) = self.pop_operand();
        match Self::access_end(op, offset) {
            Some(end) => {
                let mut micro = self.op(op);
                micro.set_x(x);
                micro.imm = end;
                self.define(micro, result);
            }
            None => {
                self.push_op(Op::OutOfBounds);
                self.push_temporary(result);
            }
        }
    }

    /// A store to memory 0.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn store(&mut self, op: Op, offset: u32) {
        let (y, ..) = self.pop_operand();
        let (x, ..) = self.pop_operand();
        match Self::access_end(op, offset) {
            Some(end) => {
                let mut micro = self.op(op);
                micro.set_x(x);
                micro.set_y(y);
                micro.imm = end;
                self.push(micro);
            }
            None => self.push_op(Op::OutOfBounds),
        }
    }

    /// `select`.
    pub(super) fn select(&mut self) {
        let (condition, _, condition_home) = self.pop_operand();
        if self.b.stack.last().is_some_and(|entry| entry.ty == ValType::V128) {
            return self.select_vector(condition, condition_home);
        }
        let (y, _, y_home) = self.pop_operand();
        let (x, ty, x_home) = self.pop_operand();
        let condition = self.in_slot(condition, condition_home, ValType::I32);
        let mut micro;
        if class_of(ty) == Class::Int {
            micro = self.op(Op::Select);
            micro.set_x(x);
            micro.set_y(y);
        } else {
            micro = self.op(Op::SelectRaw);
            let (x, y) = (self.in_slot(x, x_home, ty), self.in_slot(y, y_home, ty));
            micro.set_x(Operand::slot(x));
            micro.set_y(Operand::slot(y));
        }
        micro.z = condition;
        micro.d = self.home(self.height());
        self.push(micro);
        self.push_result(ty, false);
    }

    /// `select` of vectors.
    #[inline(never)]
    fn select_vector(&mut self, condition: Operand, home: i32) {
        let (y, x) = (self.pop_vector(), self.pop_vector());
        let mut micro = self.op(Op::SelectVector);
        micro.set_x(x);
        micro.set_y(y);
        micro.z = self.in_slot(condition, home, ValType::I32);
        self.define_vector(micro);
    }

    /// Appends a micro-op that defines the vector at the current height, and pushes that.
    pub(super) fn define_vector(&mut self, op: MicroOp) {
        self.define(op, ValType::V128);
        self.push_half();
    }

    /// Three sources in slots, and nothing else: `memory.copy` and the like.
    pub(super) fn bulk(&mut self, op: Op, imm: u32) {
        let (z, z_ty, z_home) = self.pop_operand();
        let (y, y_ty, y_home) = self.pop_operand();
        let (x, x_ty, x_home) = self.pop_operand();
        let x = self.in_slot(x, x_home, x_ty);
        let y = self.in_slot(y, y_home, y_ty);
        let z = self.in_slot(z, z_home, z_ty);
        let mut micro = self.op(op);
        micro.set_x(Operand::slot(x));
        micro.set_y(Operand::slot(y));
        (micro.z, micro.imm) = (z, imm);
        self.push(micro);
    }

    /// An op that has one or two sources in slots and defines a slot; between its sources and its result pins are saved if it leaves.
    pub(super) fn raw(&mut self, op: Op, sources: usize, imm: u32, result: Option<ValType>) {
        let mut micro = self.op(op);
        micro.imm = imm;
        let y = (sources == 2).then(|| self.pop_operand());
        if sources > 0 {
            let (x, ty, home) = self.pop_operand();
            let x = self.in_slot(x, home, ty);
            micro.set_x(Operand::slot(x));
        }
        if let Some((y, ty, home)) = y {
            let y = self.in_slot(y, home, ty);
            micro.set_y(Operand::slot(y));
        }
        if op.calls() {
            self.store_pins();
        }
        if result.is_some() {
            micro.d = self.home(self.height());
        }
        self.push(micro);
        if let Some(ty) = result {
            self.push_result(ty, ty == ValType::I32);
        }
        if op.calls() {
            self.load_pins();
        }
    }

    /// `global.get`.
    pub(super) fn global_get(&mut self, index: u32) {
        let Some(ty) = self.module.global_types.get(index as usize).map(|ty| ty.content) else { return };
        let imported = self.module.imported_globals() as u32;
        if ty == ValType::V128 {
            let (op, imm) = vector_global(Op::GlobalGetVector, Op::ImportedGlobalGetVector, index, imported);
            let mut micro = self.op(op);
            micro.imm = imm;
            return self.define_vector(micro);
        }
        match index.checked_sub(imported) {
            Some(defined) => {
                let mut micro = self.op(Op::GlobalGet);
                micro.imm = defined * 2 * SLOT as u32;
                micro.d = self.home(self.height());
                self.push(micro);
                self.push_result(ty, false);
            }
            None => {
                let mut micro = self.op(Op::ImportedGlobalGet);
                micro.imm = index;
                micro.d = self.home(self.height());
                self.push(micro);
                self.push_result(ty, false);
            }
        }
    }

    /// `global.set`.
    pub(super) fn global_set(&mut self, index: u32) {
        let imported = self.module.imported_globals() as u32;
        if self.b.stack.last().is_some_and(|entry| entry.ty == ValType::V128) {
            let (op, imm) = vector_global(Op::GlobalSetVector, Op::ImportedGlobalSetVector, index, imported);
            let x = self.pop_vector();
            let mut micro = self.op(op);
            micro.set_x(x);
            micro.imm = imm;
            return self.push(micro);
        }
        let (x, ty, home) = self.pop_operand();
        let mut micro;
        match index.checked_sub(imported) {
            Some(defined) => {
                if class_of(ty) == Class::Int {
                    micro = self.op(Op::GlobalSet);
                    micro.set_x(x);
                } else {
                    let x = self.in_slot(x, home, ty);
                    micro = self.op(Op::GlobalSetRaw);
                    micro.set_x(Operand::slot(x));
                }
                micro.imm = defined * 2 * SLOT as u32;
            }
            None => {
                let x = self.in_slot(x, home, ty);
                micro = self.op(Op::ImportedGlobalSet);
                micro.set_x(Operand::slot(x));
                micro.imm = index;
            }
        }
        self.push(micro);
    }

    /// `i32.wrap_i64`: readers of an i32 ignore the upper half.
    pub(super) fn wrap(&mut self) {
        if let Some(entry) = self.b.stack.last_mut() {
            (entry.ty, entry.zero_extended) = (ValType::I32, false);
            if entry.kind == EntryKind::Constant {
                entry.value = u64::from(entry.value as u32);
            }
        }
    }

    /// `i64.extend_i32_u`: nothing to do if the upper half is zero.
    pub(super) fn extend_unsigned(&mut self) {
        let Some(entry) = self.b.stack.last_mut() else { return };
        match entry.kind {
            EntryKind::Constant => entry.ty = ValType::I64,
            EntryKind::Temporary if entry.zero_extended => (entry.ty, entry.zero_extended) = (ValType::I64, false),
            _ => self.unary(Op::I64ExtendI32U, ValType::I32, ValType::I64),
        }
    }
}

/// The op for a global of the module, or for an imported one, and its immediate.
fn vector_global(defined: Op, imported: Op, index: u32, imports: u32) -> (Op, u32) {
    match index.checked_sub(imports) {
        Some(number) => (defined, number * 2 * SLOT as u32),
        None => (imported, index),
    }
}
