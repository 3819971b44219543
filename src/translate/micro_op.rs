//! Micro-ops: instructions in the buffer of an extended basic block, before their operands have got their kinds.

use super::listing::Recorder;
use super::{Body, class_of};
use crate::code::operands::{Class, Form, Kind, PINS};
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

/// A source as the front end knows it: in a slot, in the register of a pinned local, or immediate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Operand {
    /// `S`, `I` or a pinned local.
    pub(super) kind: Kind,
    /// The slot, that of a pinned local too, or the immediate.
    pub(super) bits: u64,
}

impl Operand {
    /// What is in the slot at this offset.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn slot(slot: i32) -> Self {
        Self { kind: Kind::S, bits: u64::from(slot as u32) }
    }

    /// These bits.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn immediate(bits: u64) -> Self {
        Self { kind: Kind::I, bits }
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn is_immediate(self) -> bool {
        self.kind == Kind::I
    }
}

/// Whether a source of this kind names a slot.
#[cfg_attr(not(feature = "compact"), inline(always))]
pub(super) fn names_slot(kind: Kind) -> bool {
    kind == Kind::S || kind.is_pin()
}

impl MicroOp {
    /// Sets source x.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn set_x(&mut self, operand: Operand) {
        (self.form.x, self.x) = (operand.kind, operand.bits);
    }

    /// Sets source y.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn set_y(&mut self, operand: Operand) {
        (self.form.y, self.y) = (operand.kind, operand.bits);
    }

    /// Whether it names a slot as an operand.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn touches(&self, slot: i32) -> bool {
        (self.x as i32 == slot && names_slot(self.form.x))
            || (self.y as i32 == slot && names_slot(self.form.y))
            || self.z == slot
            || self.d == slot
    }
}

/// The kind of a pinned local, by its place in [`Body::pins`](super::Body).
pub(super) fn pin_kind(index: usize) -> Kind {
    Kind::pin(index.checked_sub(PINS[0]).unwrap_or(index) as u8)
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

    /// The kind that reads or writes a slot: that of a pinned local, if it is one's.
    pub(super) fn kind_of(&self, slot: i32) -> Kind {
        match self.pins.iter().position(|&pin| pin == slot) {
            Some(index) if slot != NO_SLOT => pin_kind(index),
            _ => Kind::S,
        }
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
        copy.set_x(operand);
        if operand.is_immediate() && op == Op::CopyInt {
            let bits = if ty == ValType::I32 { operand.bits as u32 as i32 as u64 } else { operand.bits };
            copy.x = bits;
            if bits as i32 as u64 == bits {
                copy = self.op(Op::Const32);
                copy.imm = bits as u32;
            }
        }
        (copy.d, copy.form.d) = (d, self.kind_of(d));
        self.push(copy);
    }

    /// The operand as a slot that can be read whatever its class: constants and pinned locals go to `home` first.
    pub(super) fn in_slot(&mut self, operand: Operand, home: i32, ty: ValType) -> i32 {
        if operand.kind == Kind::S {
            operand.bits as i32
        } else {
            self.copy(operand, home, ty);
            home
        }
    }

    /// The operand without immediates: constants go to `home` first.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn not_immediate(&mut self, operand: Operand, home: i32, ty: ValType) -> Operand {
        if operand.is_immediate() {
            self.copy(operand, home, ty);
            Operand::slot(home)
        } else {
            operand
        }
    }

    /// The operand as `op` can read it, as far as pinned locals go.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn readable(&mut self, op: Op, operand: Operand, home: i32, ty: ValType) -> Operand {
        if operand.kind.is_pin() && !op.reads_pins() {
            self.copy(operand, home, ty);
            Operand::slot(home)
        } else {
            operand
        }
    }
}
