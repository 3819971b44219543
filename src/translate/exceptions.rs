//! What throws and what catches.
//!
//! A block that catches emits nothing: its code is a region of the function's table (`code::unwind`), which is looked at when something is thrown.
//! A clause names the slots where the executor puts the payload, and a *landing*: a stub behind the function's code that loads pinned locals and
//! goes where the clause says. What lies below the operands of that label is in home slots, since it was so when the label's block began (X2),
//! and the block's end starts a new buffer. Pinned locals are stored before each call, and before each `throw` in a region.
//!
//! Legacy `try` makes the same tables. A `catch` is a landing in the place where it stands, with the exception itself in the home slot below its
//! payload, for `rethrow`.

use super::control::{BlockTypes, Frame, FrameKind, Stub};
use super::listing::Recorder;
use super::micro_op::Operand;
use super::{Body, SLOT};
use crate::code::ops::Op;
use crate::code::unwind::{ANY_TAG, Clause, Handlers, NO_REFERENCE, NO_REGION, Region};
use crate::decode::operators::{CatchClause, ReadError, Reader};
use crate::wasm::opcodes::Opcode;
use crate::wasm::types::{ValType, slots_of};

impl<'a, R: Recorder> Body<'a, R> {
    /// Whether exceptions may land in this function from where the translation is.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn in_region(&self) -> bool {
        self.region != NO_REGION
    }

    /// All opcodes that throw or catch.
    #[inline(never)]
    pub(super) fn exception(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        match opcode {
            Opcode::TryTable => {
                let types = self.known_types(reader.block_type()?);
                let region = self.b.regions.len() as u32;
                let mut catches_all = false;
                for _ in 0..reader.u32()? {
                    let clause = reader.catch_clause()?;
                    if !catches_all {
                        self.clause(region, clause);
                    }
                    catches_all |= clause.tag.is_none();
                }
                self.open_region(FrameKind::TryTable, types);
            }
            Opcode::Throw => {
                let tag = reader.u32()?;
                self.throw(tag);
            }
            Opcode::ThrowRef => {
                let (exception, ty, home) = self.pop_operand();
                let slot = self.in_slot(exception, home, ty);
                self.throw_slot(slot);
            }
            Opcode::Try => {
                let types = self.known_types(reader.block_type()?);
                self.open_region(FrameKind::Try, types);
            }
            Opcode::Catch => {
                let tag = reader.u32()?;
                self.catch(tag);
            }
            Opcode::CatchAll => self.catch(ANY_TAG),
            Opcode::Rethrow => {
                let depth = reader.u32()?;
                let slot = self.home(self.frame(depth).height as usize);
                self.throw_slot(slot);
            }
            _ => {
                let depth = reader.u32()?;
                // What is active in the block that the label names, counted from outside of the `try`, is what the next inner block has around it.
                let next = self.frame(depth).outer;
                if let Some(region) = self.b.regions.get_mut(self.region as usize) {
                    region.next = next;
                }
                self.close(reader.remaining());
            }
        }
        Ok(())
    }

    /// Opens a block whose code is a region.
    fn open_region(&mut self, kind: FrameKind, types: BlockTypes) {
        let params = slots_of(self.block_types(types).0);
        self.materialize_locals();
        self.flush();
        let region = self.b.regions.len() as u32;
        let (start, outer) = (self.len as u32, self.region);
        self.b.regions.push(Region { start, end: u32::MAX, parent: outer, next: outer, first_clause: 0, clauses: 0 });
        let label = self.new_label();
        let height = (self.height() - params) as u32;
        let mut frame = Frame::function(label);
        (frame.kind, frame.types, frame.height) = (kind, types, height);
        (frame.outer, frame.region) = (outer, region);
        self.b.frames.push(frame);
        self.region = region;
    }

    /// The code of a block that catches ends here.
    pub(super) fn close_region(&mut self, frame: Frame) {
        self.flush();
        let end = self.len as u32;
        if let Some(region) = self.b.regions.get_mut(frame.region as usize) {
            region.end = end;
        }
        self.region = frame.outer;
    }

    /// A clause of the `try_table` that is about to open.
    fn clause(&mut self, region: u32, clause: CatchClause) {
        let CatchClause { tag, reference, label } = clause;
        let frame = self.frame(label);
        let is_loop = frame.kind == FrameKind::Loop;
        let payload = tag.and_then(|tag| self.module.tag_type(tag)).map_or(0, |(_, ty)| ty.param_slots());
        let (target, slot) = if frame.kind == FrameKind::Function {
            (None, self.first)
        } else {
            self.b.labels[frame.label as usize].used = true;
            let slot = frame.carried.unwrap_or(self.home(frame.height as usize));
            (Some((frame.label, slot)), slot)
        };
        let landing = match frame.landing {
            Some(landing) => landing,
            None => {
                let landing = self.new_label();
                let (types, offset) = (frame.types, self.offset);
                self.b.stubs.push(Stub { label: landing, source: slot, target, types, is_loop, offset, lands: true });
                let index = self.b.frames.len().checked_sub(label as usize + 1);
                if let Some(frame) = index.and_then(|index| self.b.frames.get_mut(index)) {
                    frame.landing = Some(landing);
                }
                landing
            }
        };
        let reference = if reference { slot + payload as i32 * SLOT } else { NO_REFERENCE };
        self.b.clauses.push((region, Clause { tag: tag.unwrap_or(ANY_TAG), payload: slot, reference, target: landing }));
    }

    /// `throw`: its operands go to their home slots.
    fn throw(&mut self, tag: u32) {
        let count = self.module.tag_type(tag).map_or(0, |(_, ty)| ty.param_slots());
        self.materialize_top(count);
        self.keep_top(count);
        let payload = self.home(self.height() - count);
        let mut throw = self.op(Op::Throw);
        throw.set_x(Operand::immediate(u64::from(payload as u32) | u64::from(tag) << 32));
        self.store_pins_in_region();
        self.push(throw);
        self.set_unreachable();
    }

    /// `throw_ref` of what is in a slot.
    fn throw_slot(&mut self, slot: i32) {
        let mut throw = self.op(Op::ThrowRef);
        throw.set_x(Operand::slot(slot));
        self.store_pins_in_region();
        self.push(throw);
        self.set_unreachable();
    }

    /// A landing in this function loads pinned locals from their slots.
    fn store_pins_in_region(&mut self) {
        if self.in_region() {
            self.store_pins();
        }
    }

    /// Legacy `catch`, or `catch_all`.
    fn catch(&mut self, tag: u32) {
        self.end_of_part();
        let frame = self.frame(0);
        if frame.kind == FrameKind::Try {
            self.close_region(frame);
        }
        let landing = self.new_label();
        self.bind(landing);
        self.b.stack.truncate(frame.height as usize);
        let slot = self.home(self.height());
        self.b.clauses.push((frame.region, Clause { tag, payload: slot + SLOT, reference: slot, target: landing }));
        if let Some(frame) = self.b.frames.last_mut() {
            (frame.kind, frame.unreachable) = (FrameKind::Catch, false);
        }
        self.load_pins();
        self.push_temporary(ValType::EXNREF);
        let module = self.module;
        let payload = module.tag_type(tag).map_or(&[][..], |(_, ty)| ty.params());
        payload.iter().for_each(|&ty| self.push_temporary(ty));
    }

    /// The end of the part of a legacy `try` that catches nothing, or of one that follows a `catch`: results go where the block's are.
    pub(super) fn end_of_part(&mut self) {
        if !self.is_unreachable() {
            self.branch(0);
        }
    }

    /// The function's table, if it catches anything.
    pub(super) fn handlers(&mut self) -> Option<Handlers> {
        if self.b.regions.is_empty() {
            return None;
        }
        let mut clauses = core::mem::take(&mut self.b.clauses);
        for (_, clause) in &mut clauses {
            clause.target = self.b.labels.get(clause.target as usize).and_then(|label| label.position).unwrap_or(0);
        }
        Some(Handlers::new(self.frame, core::mem::take(&mut self.b.regions), clauses))
    }
}
