//! Where the operands of a block live: one forward scan over the buffer gives every operand its kind.
//!
//! The accumulator of each class mirrors up to two slots: the one that was defined last, and after a copy also its source. A source that is mirrored
//! is read from the accumulator (a copy from a pinned local leaves it as it is); if it is a temporary, its only read has now been found, so the store to its slot is dropped (X3). Sources of
//! commutative ops and comparisons are ordered, so that half of the forms suffice.

use super::listing::Recorder;
use super::micro_op::{MicroOp, NO_SLOT, Operand};
use super::{Body, is_far};
use crate::code::operands::{Class, Kind, PINS};
use crate::code::ops::{Id, Op};

/// A slot that an accumulator mirrors, and the index of the micro-op that wrote it.
#[derive(Clone, Copy)]
struct Mirror {
    slot: i32,
    writer: u32,
}

const NOTHING: Mirror = Mirror { slot: NO_SLOT, writer: 0 };

/// Mirrors of each class; the last is always empty.
type Mirrors = [[Mirror; 2]; 4];

#[inline(always)]
fn mirrored(mirrors: &Mirrors, class: Class, slot: i32) -> Option<u32> {
    let [first, second] = &mirrors[class as usize];
    if first.slot == slot {
        Some(first.writer)
    } else if second.slot == slot {
        Some(second.writer)
    } else {
        None
    }
}

/// The id of a micro-op whose kinds are known.
#[inline(always)]
fn id(op: &MicroOp) -> Id {
    match op.op.id(op.form) {
        Some(id) => id,
        None => unreachable!("{} has no form {:?}", op.op.info().name, op.form),
    }
}

/// A < P < S < I.
const RANK: [u8; 8] = [5, 0, 6, 1, 2, 3, 4, 7];

impl<R: Recorder> Body<'_, R> {
    /// The kind of a slot of a pinned local, for values of a class.
    #[inline(always)]
    fn pin_of(&self, class: Class, slot: i32) -> Option<Kind> {
        let pins = match class {
            Class::Int => &self.pins[..PINS[0]],
            Class::F64 => &self.pins[PINS[0]..],
            _ => return None,
        };
        pins.iter().position(|&pin| pin == slot).map(|index| Kind::pin(index as u8))
    }

    /// The store of a temporary that was read from the accumulator is not needed.
    #[inline(always)]
    fn drop_store(&mut self, writer: u32) {
        let homes = self.homes;
        let op = &mut self.b.ops[writer as usize];
        if op.d >= homes && !op.keep && matches!(op.form.d, Kind::W | Kind::U) && op.op.accumulates() {
            op.form.d = Kind::R;
            op.id = id(op);
        }
    }

    /// Gives all operands in the buffer their kinds.
    pub(super) fn assign(&mut self) {
        if self.scratch.is_some() {
            self.bring_near();
        }
        let mut mirrors: Mirrors = [[NOTHING; 2]; 4];
        for index in 0..self.b.ops.len() {
            let mut op = self.b.ops[index];
            self.assign_sources(&mut op, &mirrors);
            if op.op.calls() {
                mirrors = [[NOTHING; 2]; 4];
            }
            self.assign_destination(&mut op, index as u32, &mut mirrors);
            op.id = id(&op);
            self.b.ops[index] = op;
        }
    }

    #[inline(always)]
    fn assign_sources(&mut self, op: &mut MicroOp, mirrors: &Mirrors) {
        let info = op.op.info();
        let (x_class, y_class) = (info.layout.x, info.layout.y);
        let (mut x_writer, mut y_writer) = (None, None);
        if op.form.x == Kind::S && x_class != Class::None {
            match self.pin_of(x_class, op.x as i32) {
                Some(kind) => op.form.x = kind,
                None => x_writer = mirrored(mirrors, x_class, op.x as i32),
            }
        }
        if op.form.y == Kind::S && y_class != Class::None {
            match self.pin_of(y_class, op.y as i32) {
                Some(kind) => op.form.y = kind,
                None => y_writer = mirrored(mirrors, y_class, op.y as i32),
            }
        }
        if let Some(writer) = x_writer
            && (info.swappable || op.op.has_sources(Kind::A, op.form.y))
        {
            op.form.x = Kind::A;
            self.drop_store(writer);
        }
        if let Some(writer) = y_writer
            && (op.form.x != Kind::A || x_class != y_class)
            && (info.swappable || op.op.has_sources(op.form.x, Kind::A))
        {
            op.form.y = Kind::A;
            self.drop_store(writer);
        }
        if info.swappable {
            if RANK[op.form.x as usize] > RANK[op.form.y as usize] {
                core::mem::swap(&mut op.x, &mut op.y);
                core::mem::swap(&mut op.form.x, &mut op.form.y);
                op.op = op.op.swapped();
            }
        } else if op.op == Op::Select
            && let Some(writer) = mirrored(mirrors, Class::Int, op.z)
            && op.form.x != Kind::A
            && op.form.y != Kind::A
        {
            op.op = Op::SelectByAcc;
            op.z = NO_SLOT;
            self.drop_store(writer);
        }
    }

    #[inline(always)]
    fn assign_destination(&mut self, op: &mut MicroOp, index: u32, mirrors: &mut Mirrors) {
        if op.d == NO_SLOT {
            return;
        }
        let has_d = op.op.info().layout.has_d;
        let slot = op.d;
        if has_d {
            if let Some(kind) = self.pin_of(op.op.info().layout.d, slot) {
                op.form.d = kind;
                return;
            }
            let updates = op.form.x == Kind::S && op.x as i32 == slot && op.op.has_update(op.form.x, op.form.y);
            op.form.d = if updates { Kind::U } else { Kind::W };
        }
        for mirror in mirrors.iter_mut().flatten() {
            if mirror.slot == slot {
                *mirror = NOTHING;
            }
        }
        let class = op.class;
        let from_pin = op.form.x.is_pin() && matches!(op.op, Op::CopyInt | Op::CopyF64);
        if class == Class::None || from_pin {
            return;
        }
        // After a copy the accumulator mirrors the source too.
        let source = match (op.op, op.form.x) {
            (Op::CopyInt | Op::CopyF64 | Op::CopyF32, Kind::S) => Mirror { slot: op.x as i32, writer: index },
            (Op::CopyInt | Op::CopyF64 | Op::CopyF32, Kind::A) => {
                let [first, second] = mirrors[class as usize];
                if first.slot == op.x as i32 { first } else { second }
            }
            _ => NOTHING,
        };
        mirrors[class as usize] = [Mirror { slot, writer: index }, source];
    }

    /// In frames that are too large for 16 bits: copies far sources to scratch slots, and far results from one.
    #[cold]
    #[inline(never)]
    fn bring_near(&mut self) {
        let Some(scratch) = self.scratch else { return };
        let ops = core::mem::take(&mut self.b.ops);
        let mut near = alloc::vec::Vec::with_capacity(ops.len() * 2);
        for mut op in ops {
            let layout = op.op.info().layout;
            let offset = op.offset;
            let mut load = |slot: i32, number: i32| {
                let mut load = self.op(Op::FarLoad);
                (load.offset, load.imm, load.d, load.class) = (offset, slot as u32, scratch + number * super::SLOT, Class::None);
                near.push(load);
                load.d
            };
            if op.form.x == Kind::S && is_far(op.x as i32) {
                let slot = load(op.x as i32, 0);
                op.set_x(Operand::Slot(slot));
            }
            if op.form.y == Kind::S && is_far(op.y as i32) {
                let slot = load(op.y as i32, 1);
                op.set_y(Operand::Slot(slot));
            }
            if layout.z && is_far(op.z) {
                op.z = load(op.z, 2);
            }
            let far_d = (layout.has_d && op.d != NO_SLOT && is_far(op.d)).then_some(op.d);
            if far_d.is_some() {
                op.d = scratch + 3 * super::SLOT;
                op.keep = true;
            }
            near.push(op);
            if let Some(slot) = far_d {
                let mut store = self.op(Op::FarStore);
                (store.offset, store.imm) = (offset, slot as u32);
                store.set_x(Operand::Slot(scratch + 3 * super::SLOT));
                near.push(store);
            }
        }
        self.b.ops = near;
    }
}
