//! Where the operands of a block live: one forward scan over the buffer gives every operand its kind.
//!
//! The accumulator of each class mirrors up to two slots: the one that was defined last, and after a copy also its source. A source that is mirrored
//! is read from the accumulator (a copy from a pinned local leaves it as it is); if it is a temporary, its only read has now been found, so the store to its slot is dropped (X3). Sources of
//! commutative ops and comparisons are ordered, so that half of the forms suffice.

use super::listing::Recorder;
use super::micro_op::{MicroOp, NO_SLOT, Operand};
use super::{Body, PIN_COUNT, is_far};
use crate::code::operands::{Class, Form, Kind, PINS};
use crate::code::ops::{Id, Op, Template};

/// The slots that accumulators mirror, two for each class, and the indices of the micro-ops that wrote them.
#[derive(Clone, Copy)]
struct Mirrors {
    slots: [i32; 8],
    writers: [u32; 8],
}

impl Mirrors {
    const NONE: Self = Self { slots: [NO_SLOT; 8], writers: [0; 8] };

    /// The micro-op that wrote a slot which is mirrored.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn writer(&self, class: Class, slot: i32) -> Option<u32> {
        let first = class as usize * 2;
        if self.slots[first] == slot {
            Some(self.writers[first])
        } else if self.slots[first + 1] == slot {
            Some(self.writers[first + 1])
        } else {
            None
        }
    }

    /// The slot is written; no accumulator mirrors it.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn forget(&mut self, slot: i32) {
        for mirrored in &mut self.slots {
            *mirrored = if *mirrored == slot { NO_SLOT } else { *mirrored };
        }
    }

    /// The accumulator of a class mirrors nothing.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn forget_class(&mut self, class: Class) {
        let at = class as usize * 2;
        self.slots[at..at + 2].fill(NO_SLOT);
    }

    /// An accumulator mirrors these from now on; each is a slot and its writer.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn set(&mut self, class: Class, first: (i32, u32), second: (i32, u32)) {
        let at = class as usize * 2;
        (self.slots[at], self.writers[at]) = first;
        (self.slots[at + 1], self.writers[at + 1]) = second;
    }
}

/// The id of an op whose kinds are known.
#[cfg_attr(not(feature = "compact"), inline(always))]
fn id(op: Op, form: Form) -> Id {
    match op.id(form) {
        Some(id) => id,
        None => {
            debug_assert!(false, "{op:?} has no form {form:?}");
            unreachable!("an op has no such form")
        }
    }
}

/// A < P < S < I.
const RANK: [u8; 8] = [5, 0, 6, 1, 2, 3, 4, 7];

/// What the scan must know of the function.
#[derive(Clone, Copy)]
struct Scan {
    pins: [i32; PIN_COUNT],
    homes: i32,
}

impl Scan {
    /// The kind of a slot of a pinned local, for values of a class.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn pin_of(&self, class: Class, slot: i32) -> Option<Kind> {
        let pins = match class {
            Class::Int => &self.pins[..PINS[0]],
            Class::F64 => &self.pins[PINS[0]..],
            _ => return None,
        };
        pins.iter().position(|&pin| pin == slot).map(|index| Kind::pin(index as u8))
    }

    /// The store of a temporary that was read from the accumulator is not needed.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn drop_store(&self, earlier: &mut [MicroOp], writer: u32) {
        let Some(op) = earlier.get_mut(writer as usize) else { return };
        if op.d >= self.homes && !op.keep && matches!(op.form.d, Kind::W | Kind::U) && op.op.accumulates() {
            op.form.d = Kind::R;
            op.id = id(op.op, op.form);
        }
    }

    /// Gives the sources of a micro-op their kinds; those before it have theirs.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn sources(&self, op: &mut MicroOp, earlier: &mut [MicroOp], mirrors: &Mirrors) -> Form {
        let info = op.op.info();
        let (x_class, y_class) = (info.layout.x, info.layout.y);
        let Form { mut x, mut y, d } = op.form;
        let (mut x_writer, mut y_writer) = (None, None);
        if x == Kind::S && x_class != Class::None {
            match self.pin_of(x_class, op.x as i32) {
                Some(kind) => x = kind,
                None => x_writer = mirrors.writer(x_class, op.x as i32),
            }
        }
        if y == Kind::S && y_class != Class::None {
            match self.pin_of(y_class, op.y as i32) {
                Some(kind) => y = kind,
                None => y_writer = mirrors.writer(y_class, op.y as i32),
            }
        }
        if let Some(writer) = x_writer
            && op.op.takes(Kind::A, y)
        {
            x = Kind::A;
            self.drop_store(earlier, writer);
        }
        if let Some(writer) = y_writer
            && (x != Kind::A || x_class != y_class)
            && op.op.takes(x, Kind::A)
        {
            y = Kind::A;
            self.drop_store(earlier, writer);
        }
        if info.swappable {
            if RANK[x as usize] > RANK[y as usize] {
                core::mem::swap(&mut op.x, &mut op.y);
                core::mem::swap(&mut x, &mut y);
                op.op = op.op.swapped();
            }
        } else if op.op == Op::Select
            && let Some(writer) = mirrors.writer(Class::Int, op.z)
            && Op::SelectByAcc.has_sources(x, y)
        {
            op.op = Op::SelectByAcc;
            op.z = NO_SLOT;
            self.drop_store(earlier, writer);
        }
        Form { x, y, d }
    }

    /// Gives the destination its kind.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn destination(&self, op: &MicroOp, form: &mut Form, index: u32, mirrors: &mut Mirrors) {
        let slot = op.d;
        if slot == NO_SLOT {
            return;
        }
        let layout = op.op.info().layout;
        if layout.has_d {
            if let Some(kind) = self.pin_of(layout.d, slot) {
                form.d = kind;
                return;
            }
            let updates = form.x == Kind::S && op.x as i32 == slot && op.op.has_update(form.x, form.y);
            form.d = if updates { Kind::U } else { Kind::W };
        }
        let is_copy = matches!(op.op, Op::CopyInt | Op::CopyF64 | Op::CopyF32 | Op::CopyVector);
        // After a copy the accumulator mirrors the source too.
        let source = match form.x {
            Kind::S if is_copy => (op.x as i32, index),
            Kind::A if is_copy => (op.x as i32, mirrors.writer(op.class, op.x as i32).unwrap_or(index)),
            _ => (NO_SLOT, 0),
        };
        mirrors.forget(slot);
        if op.class != Class::None && !(is_copy && form.x.is_pin()) {
            mirrors.set(op.class, (slot, index), source);
        }
    }
}

impl<R: Recorder> Body<'_, R> {
    /// Gives all operands in the buffer their kinds.
    pub(super) fn assign(&mut self) {
        if self.scratch.is_some() {
            self.bring_near();
        }
        let scan = Scan { pins: self.pins, homes: self.homes };
        let mut mirrors = Mirrors::NONE;
        let ops = self.b.ops.as_mut_slice();
        for index in 0..ops.len() {
            let (earlier, rest) = ops.split_at_mut(index);
            let Some(op) = rest.first_mut() else { break };
            // Kinds are written once, together: reading bytes that were just written one by one would stall.
            let mut form = scan.sources(op, earlier, &mirrors);
            if op.op.calls() {
                mirrors = Mirrors::NONE;
            }
            if op.op.allocates() {
                mirrors.forget_class(Class::Int);
            }
            scan.destination(op, &mut form, index as u32, &mut mirrors);
            op.form = form;
            op.id = id(op.op, form);
        }
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
            // Lanes are read from slots of any class, but those of a vector.
            let lanes = matches!(op.op.info().template, Template::ExtractLane | Template::StoreLane);
            let whole = |class| if lanes && class == Class::None { Class::Vector } else { class };
            let mut load = |slot: i32, number: i32, class: Class| {
                let mut load = self.op(if class == Class::Vector { Op::FarLoadVector } else { Op::FarLoad });
                (load.offset, load.imm, load.d, load.class) = (offset, slot as u32, scratch + number * 2 * super::SLOT, Class::None);
                near.push(load);
                load.d
            };
            if op.form.x == Kind::S && is_far(op.x as i32) {
                let slot = load(op.x as i32, 0, whole(layout.x));
                op.set_x(Operand::Slot(slot));
            }
            if op.form.y == Kind::S && is_far(op.y as i32) {
                let slot = load(op.y as i32, 1, whole(layout.y));
                op.set_y(Operand::Slot(slot));
            }
            if layout.z && is_far(op.z) {
                let class = match op.op {
                    Op::SelectVector | Op::SetElementVector => Class::Int,
                    Op::V128StoreAny => Class::Vector,
                    _ => layout.x,
                };
                op.z = load(op.z, 2, class);
            }
            let far_d = (layout.has_d && op.d != NO_SLOT && is_far(op.d)).then_some(op.d);
            if far_d.is_some() {
                op.d = scratch + 6 * super::SLOT;
                op.keep = true;
            }
            near.push(op);
            if let Some(slot) = far_d {
                let mut store = self.op(if layout.d == Class::Vector { Op::FarStoreVector } else { Op::FarStore });
                (store.offset, store.imm) = (offset, slot as u32);
                store.set_x(Operand::Slot(scratch + 6 * super::SLOT));
                near.push(store);
            }
        }
        self.b.ops = near;
    }
}
