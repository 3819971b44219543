//! Where the operands of a block live: one forward scan over the buffer gives every operand its kind, as far as it is not an immediate or a pinned
//! local, which those know that made it.
//!
//! The accumulator of each class mirrors up to two slots: the one that was defined last, and after a copy also its source. A source that is mirrored
//! is read from the accumulator (a copy from a pinned local leaves it as it is); if it is a temporary, its only read has now been found, so the store to its slot is dropped (X3). Sources of
//! commutative ops and comparisons are ordered, so that half of the forms suffice.

use super::listing::Recorder;
use super::micro_op::{MicroOp, NO_SLOT, Operand};
use super::{Body, is_far};
use crate::code::operands::{Class, Form, Kind};
use crate::code::ops::{Id, Op, Template};

/// The slots that the accumulator of each class mirrors, two at most, and the indices of the micro-ops that wrote them.
#[derive(Clone, Copy)]
struct Mirrors {
    slots: [[i32; 2]; 4],
    writers: [[u32; 2]; 4],
    /// Whether an accumulator of another class than Int may mirror something: in most code none does.
    others: bool,
}

impl Mirrors {
    const NONE: Self = Self { slots: [[NO_SLOT; 2]; 4], writers: [[0; 2]; 4], others: false };

    /// The micro-op that wrote a slot which is mirrored.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn writer(&self, class: Class, slot: i32) -> Option<u32> {
        let [first, second] = self.slots[class as usize & 3];
        let [first_writer, second_writer] = self.writers[class as usize & 3];
        if first == slot {
            Some(first_writer)
        } else if second == slot {
            Some(second_writer)
        } else {
            None
        }
    }

    /// The slot is written; no accumulator mirrors it.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn forget(&mut self, slot: i32) {
        for mirrored in &mut self.slots[Class::Int as usize] {
            *mirrored = if *mirrored == slot { NO_SLOT } else { *mirrored };
        }
        if self.others {
            for mirrored in self.slots[1..].iter_mut().flatten() {
                *mirrored = if *mirrored == slot { NO_SLOT } else { *mirrored };
            }
        }
    }

    /// The accumulator of a class mirrors nothing.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn forget_class(&mut self, class: Class) {
        self.slots[class as usize & 3] = [NO_SLOT; 2];
    }

    /// An accumulator mirrors these from now on; each is a slot and its writer.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn set(&mut self, class: Class, first: (i32, u32), second: (i32, u32)) {
        self.slots[class as usize & 3] = [first.0, second.0];
        self.writers[class as usize & 3] = [first.1, second.1];
        self.others |= class != Class::Int;
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
    homes: i32,
}

impl Scan {
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
        let writer = |kind, class, slot| if kind == Kind::S && class != Class::None { mirrors.writer(class, slot) } else { None };
        let x_writer = writer(x, x_class, op.x as i32);
        let y_writer = writer(y, y_class, op.y as i32);
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
        } else if info.special
            && op.op == Op::Select
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
        let info = op.op.info();
        let layout = info.layout;
        if layout.has_d {
            if form.d.is_pin() {
                return;
            }
            let updates = form.x == Kind::S && op.x as i32 == slot && op.op.has_update(form.x, form.y);
            form.d = if updates { Kind::U } else { Kind::W };
        }
        let is_copy = info.special && op.op.copies();
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
        let scan = Scan { homes: self.homes };
        let mut mirrors = Mirrors::NONE;
        let ops = self.b.ops.as_mut_slice();
        for index in 0..ops.len() {
            let (earlier, rest) = ops.split_at_mut(index);
            let Some(op) = rest.first_mut() else { break };
            // Kinds are written once, together: reading bytes that were just written one by one would stall.
            let mut form = scan.sources(op, earlier, &mirrors);
            if op.op.info().special {
                if op.op.calls() {
                    mirrors = Mirrors::NONE;
                }
                if op.op.allocates() {
                    mirrors.forget_class(Class::Int);
                }
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
                op.set_x(Operand::slot(slot));
            }
            if op.form.y == Kind::S && is_far(op.y as i32) {
                let slot = load(op.y as i32, 1, whole(layout.y));
                op.set_y(Operand::slot(slot));
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
                store.set_x(Operand::slot(scratch + 6 * super::SLOT));
                near.push(store);
            }
        }
        self.b.ops = near;
    }
}
