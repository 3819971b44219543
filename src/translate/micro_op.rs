//! Micro-ops: instructions in the buffer of an extended basic block, before their operands have got their kinds.

use super::listing::Recorder;
use super::{Body, class_of};
use crate::code::operands::{Class, Form, Kind};
use crate::code::ops::{Id, Op};
use crate::wasm::types::ValType;

/// No slot.
pub(super) const NO_SLOT: i32 = i32::MIN;

/// An instruction in the buffer. Slots are offsets in the frame, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct MicroOp {
    /// Source x: a slot, or an immediate; of calls, their first target.
    pub(super) x: u64,
    /// Source y: a slot, or an immediate; of calls, the distance to the callee's frame, and the slot of its first argument << 32.
    pub(super) y: u64,
    /// The fixed immediate; or the label, by number; or the import, or the type that a call expects; or a vector, by its place in
    /// [`Buffers::vectors`](super::Buffers::vectors).
    pub(super) imm: u32,
    /// Source z: a slot; of indirect calls, the table; of what works on one lane of a vector, the lane.
    pub(super) z: i32,
    /// The slot that it defines.
    pub(super) d: i32,
    /// Where it comes from: byte offset in the module.
    pub(super) offset: u32,
    /// The op.
    pub(super) op: Op,
    /// Once its kinds are known: its id.
    pub(super) id: Id,
    /// Kinds of its operands.
    pub(super) form: Form,
    /// Class of the value that it defines (which may differ from the layout's: none for what is read from slots only).
    pub(super) class: Class,
    /// Whether the slot that it defines is read by other means than operands, and so must be written.
    pub(super) keep: bool,
}

/// A source as the front end knows it: in a slot, or immediate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operand {
    /// In the slot at this offset.
    Slot(i32),
    /// These bits.
    Immediate(u64),
}

impl Operand {
    pub(super) fn is_immediate(self) -> bool {
        matches!(self, Self::Immediate(_))
    }
}

impl MicroOp {
    /// Sets source x.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn set_x(&mut self, operand: Operand) {
        (self.form.x, self.x) = parts(operand);
    }

    /// Sets source y.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn set_y(&mut self, operand: Operand) {
        (self.form.y, self.y) = parts(operand);
    }

    /// Whether it names a slot as an operand.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn touches(&self, slot: i32) -> bool {
        (self.form.x == Kind::S && self.x as i32 == slot)
            || (self.form.y == Kind::S && self.y as i32 == slot)
            || self.z == slot
            || self.d == slot
    }
}

#[cfg_attr(not(feature = "compact"), inline(always))]
fn parts(operand: Operand) -> (Kind, u64) {
    match operand {
        Operand::Slot(slot) => (Kind::S, u64::from(slot as u32)),
        Operand::Immediate(bits) => (Kind::I, bits),
    }
}

impl<R: Recorder> Body<'_, R> {
    /// A micro-op without operands.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn op(&self, op: Op) -> MicroOp {
        let layout = op.info().layout;
        MicroOp {
            x: 0,
            y: 0,
            imm: 0,
            z: NO_SLOT,
            d: NO_SLOT,
            offset: self.offset,
            op,
            id: 0,
            form: Form { x: Kind::N, y: Kind::N, d: Kind::N },
            class: layout.d,
            keep: false,
        }
    }

    /// Appends to the buffer.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push(&mut self, op: MicroOp) {
        self.b.ops.push(op);
    }

    /// Appends a micro-op without operands.
    pub(super) fn push_op(&mut self, op: Op) {
        let op = self.op(op);
        self.push(op);
    }

    /// The number of the last micro-op.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn last_op(&self) -> u32 {
        self.first_op + self.b.ops.len() as u32 - 1
    }

    /// Whether a slot is that of a pinned local.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn is_pinned(&self, slot: i32) -> bool {
        self.pins.contains(&slot)
    }

    /// Appends `d = operand`.
    #[inline(never)]
    pub(super) fn copy(&mut self, operand: Operand, d: i32, ty: ValType) {
        let op = match class_of(ty) {
            Class::F64 => Op::CopyF64,
            Class::F32 => Op::CopyF32,
            Class::Vector => Op::CopyVector,
            _ => Op::CopyInt,
        };
        let mut copy = self.op(op);
        copy.d = d;
        copy.set_x(operand);
        if let (Operand::Immediate(bits), Op::CopyInt) = (operand, op) {
            let bits = if ty == ValType::I32 { bits as u32 as i32 as u64 } else { bits };
            copy.x = bits;
            if bits as i32 as u64 == bits {
                copy = self.op(Op::Const32);
                (copy.d, copy.imm) = (d, bits as u32);
            }
        }
        self.push(copy);
    }

    /// The operand as a slot that can be read whatever its class: constants and pinned locals go to `home` first.
    pub(super) fn in_slot(&mut self, operand: Operand, home: i32, ty: ValType) -> i32 {
        match operand {
            Operand::Slot(slot) if !self.is_pinned(slot) => slot,
            _ => {
                self.copy(operand, home, ty);
                home
            }
        }
    }

    /// The operand without immediates: constants go to `home` first.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn not_immediate(&mut self, operand: Operand, home: i32, ty: ValType) -> Operand {
        if operand.is_immediate() {
            self.copy(operand, home, ty);
            Operand::Slot(home)
        } else {
            operand
        }
    }

    /// The operand as `op` can read it, as far as pinned locals go.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn readable(&mut self, op: Op, operand: Operand, home: i32, ty: ValType) -> Operand {
        match operand {
            Operand::Slot(slot) if self.is_pinned(slot) && !op.reads_pins() => {
                self.copy(operand, home, ty);
                Operand::Slot(home)
            }
            _ => operand,
        }
    }
}
