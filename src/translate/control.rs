//! Control: frames, labels, branches, returns.
//!
//! A branch copies its operands to the home slots that its target expects. Conditional branches whose operands are elsewhere go to a *stub* behind
//! the function's code, which copies and goes on.
//!
//! A loop that starts by asking whether to leave it is turned over: `br` back to it asks the same itself ([`Head`]), and goes on behind the
//! question.

use alloc::vec::Vec;

use super::listing::Recorder;
use super::micro_op::{MicroOp, NO_SLOT, Operand, names_slot, pin_kind};
use super::stack::{EntryKind, Local};
use super::{Body, SLOT, class_of};
use crate::code::operands::{Class, PINS};
use crate::code::ops::{Op, Template};
use crate::code::unwind::NO_REGION;
use crate::decode::operators::{BlockType, ReadError, Reader};
use crate::wasm::opcodes::Opcode;
use crate::wasm::types::{ValType, slots_of};

/// What opened a control frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FrameKind {
    Function,
    Block,
    Loop,
    If,
    /// A `try_table`.
    TryTable,
    /// A legacy `try`, before its first `catch`.
    Try,
    /// What follows a legacy `catch`.
    Catch,
}

/// The types of a block.
#[derive(Clone, Copy, Debug)]
pub(super) enum BlockTypes {
    /// Those of the function.
    Function,
    /// No parameters; this result, or none.
    Result(Option<ValType>),
    /// Those of a type of the module.
    Type(u32),
}

impl From<BlockType> for BlockTypes {
    fn from(block: BlockType) -> Self {
        match block {
            BlockType::Empty => Self::Result(None),
            BlockType::Value(ty) => Self::Result(Some(ty)),
            BlockType::Func(index) => Self::Type(index),
        }
    }
}

/// An open block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) types: BlockTypes,
    /// Height of the operand stack below its parameters, in slots.
    pub(super) height: u32,
    /// Where branches to it go.
    pub(super) label: u32,
    /// Where its `else` starts, while it is not known.
    else_label: Option<u32>,
    /// Of an `if`: whether its `else` is hinted to be unlikely.
    likely: bool,
    /// Of a loop: the first slot of its parameters, if they have slots of their own.
    pub(super) carried: Option<i32>,
    /// Of a loop: whether a `br` goes back to it.
    turned: bool,
    /// Of a loop: how it starts.
    head: Option<Head>,
    /// The innermost region that catches around it.
    pub(super) outer: u32,
    /// Its own region, of one that catches.
    pub(super) region: u32,
    /// The landing of exceptions that go to it, once there is one: each clause that names it can share that.
    pub(super) landing: Option<u32>,
    pub(super) unreachable: bool,
}

/// The start of a loop up to the first conditional branch, if that is short: micro-ops that can be made again.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// Its micro-ops, in [`Buffers::heads`](super::Buffers::heads); the branch is the last.
    first: u32,
    count: u32,
    /// What follows when the branch is not taken.
    body: u32,
}

/// Most micro-ops of a [`Head`].
const MAX_HEAD: usize = 4;

impl Frame {
    pub(super) fn function(label: u32) -> Self {
        Self {
            kind: FrameKind::Function,
            types: BlockTypes::Function,
            height: 0,
            label,
            else_label: None,
            likely: false,
            carried: None,
            turned: false,
            head: None,
            outer: NO_REGION,
            region: NO_REGION,
            landing: None,
            unreachable: false,
        }
    }

    /// Whether it is the part of an `if` in front of an `else`, if there is one.
    pub(super) fn may_have_else(&self) -> bool {
        self.else_label.is_some()
    }
}

/// A position in the code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    /// In bytes, once it is known.
    pub(super) position: Option<u32>,
    /// 1 + the number of the last fix-up that waits for it.
    fixup: u32,
    pub(super) used: bool,
}

/// A place that waits for a label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixup {
    /// In bytes.
    at: u32,
    /// Start of the instruction that the distance counts from; `None` for an address.
    from: Option<u32>,
    /// 1 + the number of the next one.
    next: u32,
}

/// What a conditional branch does if its operands are elsewhere, or where an exception lands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stub {
    pub(super) label: u32,
    /// The first operand's slot.
    pub(super) source: i32,
    /// The block it goes to: types, and where its operands go; `None` to return.
    pub(super) target: Option<(u32, i32)>,
    pub(super) types: BlockTypes,
    pub(super) is_loop: bool,
    pub(super) offset: u32,
    /// Whether an exception lands here: its payload is in place, and pinned locals are not loaded.
    pub(super) lands: bool,
}

impl<'a, R: Recorder> Body<'a, R> {
    /// The types of a block that begins.
    pub(super) fn known_types(&self, block: BlockType) -> BlockTypes {
        match block {
            BlockType::Value(ty) if ty.is_ref() => BlockTypes::Result(Some(self.module.val_type(ty).unwrap_or(ty))),
            block => block.into(),
        }
    }

    /// Parameters and results of a block.
    pub(super) fn block_types(&self, types: BlockTypes) -> (&'a [ValType], BlockResults<'a>) {
        match types {
            BlockTypes::Function => (self.ty.params(), BlockResults::Slice(self.ty.results())),
            BlockTypes::Result(result) => (&[], BlockResults::One(result)),
            BlockTypes::Type(index) => match self.module.func_type(index) {
                Some((_, ty)) => (ty.params(), BlockResults::Slice(ty.results())),
                None => (&[], BlockResults::One(None)),
            },
        }
    }

    /// The types that branches to a block carry.
    fn label_types(&self, types: BlockTypes, is_loop: bool) -> BlockResults<'a> {
        let (params, results) = self.block_types(types);
        if is_loop { BlockResults::Slice(params) } else { results }
    }

    /// What the loops that are open carry: first slot and types.
    pub(super) fn carried_by_loops(&self) -> impl Iterator<Item = (i32, &'a [ValType])> + '_ {
        self.b.frames.iter().filter_map(|frame| Some((frame.carried?, self.block_types(frame.types).0)))
    }

    /// Whether a branch to a block carries operands to slots of their own.
    pub(super) fn is_carried(&self, depth: u32) -> bool {
        self.frame(depth).carried.is_some()
    }

    pub(super) fn frame(&self, depth: u32) -> Frame {
        let outermost = Frame::function(0);
        self.b.frames.len().checked_sub(depth as usize + 1).map_or(outermost, |index| self.b.frames[index])
    }

    pub(super) fn new_label(&mut self) -> u32 {
        self.b.labels.push(Label { position: None, fixup: 0, used: false });
        self.b.labels.len() as u32 - 1
    }

    /// Puts a label here. Who was about to go there needs not.
    pub(super) fn bind(&mut self, label: u32) {
        self.b.ops.pop_if(|last| last.op == Op::Branch && last.imm == label);
        self.flush();
        let position = self.len as u32;
        let label = &mut self.b.labels[label as usize];
        label.position = Some(position);
        let mut fixup = label.fixup;
        while let Some(index) = fixup.checked_sub(1) {
            let Fixup { at, from, next } = self.b.fixups[index as usize];
            self.patch(at, from, position);
            fixup = next;
        }
    }

    /// The position of a label; if it is not bound yet, it will be written at `at` then.
    pub(super) fn position(&mut self, label: u32, at: u32, from: Option<u32>) -> Option<u32> {
        let label = &mut self.b.labels[label as usize];
        if label.position.is_none() {
            self.b.fixups.push(Fixup { at, from, next: label.fixup });
            label.fixup = self.b.fixups.len() as u32;
        }
        label.position
    }

    /// The innermost frame can't be reached any more.
    pub(super) fn set_unreachable(&mut self) {
        if let Some(frame) = self.b.frames.last_mut() {
            frame.unreachable = true;
            self.b.stack.truncate(frame.height as usize);
        }
    }

    /// Whether what follows can be reached.
    pub(super) fn is_unreachable(&self) -> bool {
        self.b.frames.last().is_some_and(|frame| frame.unreachable)
    }

    /// Skips what can't be reached, up to the `else` or `end` that ends it.
    pub(super) fn skip_unreachable(&mut self, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        self.skip(reader, 0, |_, _| {}).map(|_| ())
    }

    /// Skips operators up to the `else`, `catch` or `end` of an open block, or of a part of it, that has `depth` open blocks in it. Gives the labels
    /// outside of what is skipped to `label`, counted from that block, and whether the last operator goes on.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn skip(
        &mut self,
        reader: &mut Reader<'_>,
        mut depth: u32,
        mut label: impl FnMut(&mut Self, u32),
    ) -> Result<bool, ReadError> {
        let mut goes_on = true;
        loop {
            let before = reader.clone();
            let opcode = reader.opcode()?;
            match opcode {
                Opcode::Else | Opcode::End | Opcode::Catch | Opcode::CatchAll | Opcode::Delegate if depth == 0 => {
                    *reader = before;
                    return Ok(goes_on);
                }
                Opcode::Loop => {
                    // Validation has counted it.
                    let types = BlockTypes::from(reader.clone().block_type()?);
                    self.loops += 1;
                    self.carried.take(slots_of(self.block_types(types).0));
                }
                _ => {}
            }
            goes_on = !matches!(
                opcode,
                Opcode::Br
                    | Opcode::BrTable
                    | Opcode::Return
                    | Opcode::Unreachable
                    | Opcode::ReturnCall
                    | Opcode::ReturnCallIndirect
                    | Opcode::ReturnCallRef
                    | Opcode::Throw
                    | Opcode::ThrowRef
                    | Opcode::Rethrow
            );
            reader.skip_but_labels(opcode.immediates(), |named| {
                if let Some(outwards) = named.checked_sub(depth) {
                    label(self, outwards);
                }
            })?;
            match opcode {
                Opcode::Block | Opcode::Loop | Opcode::If | Opcode::TryTable | Opcode::Try => depth += 1,
                Opcode::End | Opcode::Delegate => depth -= 1,
                _ => {}
            }
        }
    }

    /// Takes an i32 and gives the branch, without its label, that is taken if it is not zero, or if it is zero.
    fn condition(&mut self, if_zero: bool) -> MicroOp {
        let entry = self.pop();
        let height = self.height();
        let home = self.home(height);
        if entry.kind == EntryKind::Temporary
            && entry.definition >= self.first_op
            && entry.definition == self.last_op()
            && let Some(&last) = self.b.ops.last()
            && last.op.info().template == Template::Compare
            && last.d == home
        {
            self.b.ops.pop();
            let op = if if_zero { last.op.negated() } else { last.op };
            return MicroOp { op: op.branch(), d: NO_SLOT, class: Class::None, ..last };
        }
        let operand = self.operand(entry, height);
        let operand = self.not_immediate(operand, home, ValType::I32);
        let mut branch = self.op(if if_zero { Op::BranchI32Eq } else { Op::BranchI32Ne });
        branch.set_x(operand);
        branch.set_y(Operand::immediate(0));
        branch
    }

    pub(super) fn goto(&mut self, label: u32) {
        self.b.labels[label as usize].used = true;
        let mut branch = self.op(Op::Branch);
        branch.imm = label;
        self.push(branch);
    }

    /// `block`, `loop`, `if`.
    pub(super) fn open(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let types = self.known_types(reader.block_type()?);
        let hint = if opcode == Opcode::If && !self.hints.is_empty() { self.hint(0) } else { None };
        let unlikely = hint == Some(false);
        let condition = (opcode == Opcode::If).then(|| self.condition(!unlikely));
        let params = slots_of(self.block_types(types).0);
        let carried = if opcode == Opcode::Loop { self.carried.take(params) } else { None };
        let carried = carried.map(|number| self.first_carried + number as i32 * SLOT);
        if let Some(first) = carried {
            self.carry(first, params);
        }
        self.materialize_locals();
        if opcode != Opcode::Block && carried.is_none() {
            self.materialize_top(params);
        }
        let label = self.new_label();
        let mut else_label = None;
        if let Some(mut branch) = condition {
            branch.imm = self.new_label();
            else_label = Some(branch.imm);
            self.keep_top(if hint.is_some() { self.height() } else { params });
            self.push(branch);
            self.note_head();
        }
        let mut turned = false;
        if opcode == Opcode::Loop {
            self.bind(label);
            if let Some(first) = carried {
                self.push_carried(first, self.block_types(types).0);
            }
            turned = self.turned.checked_shr(self.loops).is_some_and(|loops| loops & 1 != 0);
            self.loops += 1;
        }
        let kind = match opcode {
            Opcode::Loop => FrameKind::Loop,
            Opcode::If => FrameKind::If,
            _ => FrameKind::Block,
        };
        let height = (self.height() - params) as u32;
        let outer = self.region;
        let likely = hint == Some(true);
        let part = if unlikely { else_label.take() } else { None };
        self.b.frames.push(Frame { kind, types, height, else_label, likely, carried, turned, outer, ..Frame::function(label) });
        match part {
            Some(part) => self.move_then(part, reader),
            None => Ok(()),
        }
    }

    /// `else`. Gives whether the translation goes on.
    pub(super) fn switch_to_else(&mut self, reader: &mut Reader<'_>) -> Result<bool, ReadError> {
        let frame = self.frame(0);
        if self.b.frames.len() == self.outermost {
            self.leave_arm(frame, reader.remaining());
            return Ok(false);
        }
        let part = if frame.likely && !frame.unreachable && self.may_move(1) { frame.else_label } else { None };
        if let Some(frame) = self.b.frames.last_mut() {
            (frame.else_label, frame.unreachable) = (None, false);
        }
        if let Some(part) = part {
            self.move_part(part, reader)?;
            return Ok(true);
        }
        let results = self.block_types(frame.types).1.slots();
        if !frame.unreachable {
            self.materialize_top(results);
            self.goto(frame.label);
            self.flush();
        }
        if let Some(label) = frame.else_label {
            self.bind(label);
        }
        self.b.stack.truncate(frame.height as usize);
        self.push_parameters(frame.types);
        Ok(true)
    }

    pub(super) fn push_parameters(&mut self, types: BlockTypes) {
        for &ty in self.block_types(types).0 {
            self.push_temporary(ty);
        }
    }

    fn push_results(&mut self, types: BlockTypes) {
        match self.block_types(types).1 {
            BlockResults::Slice(types) => types.iter().for_each(|&ty| self.push_temporary(ty)),
            BlockResults::One(ty) => ty.into_iter().for_each(|ty| self.push_temporary(ty)),
        }
    }

    /// `end`, behind which `rest` bytes of the body are left. Gives whether the body goes on.
    pub(super) fn close(&mut self, rest: usize) -> bool {
        let frame = self.frame(0);
        if self.b.frames.len() == self.outermost {
            self.leave_arm(frame, rest);
            return false;
        }
        let frame = match frame.kind {
            FrameKind::TryTable | FrameKind::Try => {
                self.close_region(frame);
                frame
            }
            FrameKind::Catch => {
                self.end_of_part();
                self.frame(0)
            }
            _ => frame,
        };
        let is_target = frame.kind != FrameKind::Loop && (frame.else_label.is_some() || self.b.labels[frame.label as usize].used);
        let results = self.block_types(frame.types).1.slots();
        if is_target {
            if !frame.unreachable && !self.returns_early(results, rest) {
                self.materialize_top(results);
            }
            // An `if` without `else` has equal parameters and results: they are in their home slots.
            if let Some(label) = frame.else_label {
                self.bind(label);
            }
            self.bind(frame.label);
        }
        self.b.frames.pop();
        if is_target {
            self.b.stack.truncate(frame.height as usize);
            self.push_results(frame.types);
        } else if frame.unreachable {
            self.b.stack.truncate(frame.height as usize);
            if let Some(outer) = self.b.frames.last_mut() {
                outer.unreachable = true;
                self.b.stack.truncate(outer.height as usize);
            }
        }
        true
    }

    /// Where results of so many slots are on the stack, and nothing but `end`s follows: who comes this way returns here, and what it has computed
    /// need not wait in a slot. Gives whether that was so.
    fn returns_early(&mut self, results: usize, rest: usize) -> bool {
        let returns = results < 2 && results == self.ty.results().len() && rest + 1 == self.b.frames.len();
        if returns {
            self.return_values();
        }
        returns
    }

    /// The end of the function, or of an arm, which goes on behind its block.
    #[inline(never)]
    fn leave_arm(&mut self, frame: Frame, rest: usize) {
        let results = self.block_types(frame.types).1.slots();
        if frame.kind == FrameKind::Function {
            if !frame.unreachable {
                self.return_values();
            }
        } else if !frame.unreachable && !self.returns_early(results, rest) {
            self.materialize_top(results);
            self.goto(frame.label);
        }
        self.b.frames.pop();
    }

    /// The micro-op just made is a conditional branch: if it is the first since the start of the innermost block, and that is a loop to which a
    /// `br` goes back, notes how the loop starts.
    fn note_head(&mut self) {
        let Some(&Frame { turned: true, label, .. }) = self.b.frames.last() else { return };
        let count = self.b.ops.len();
        if self.b.labels[label as usize].position != Some(self.len as u32) || count > MAX_HEAD {
            return;
        }
        let first = self.b.heads.len() as u32;
        self.b.heads.extend_from_slice(&self.b.ops);
        let body = self.new_label();
        self.bind(body);
        if let Some(frame) = self.b.frames.last_mut() {
            frame.head = Some(Head { first, count: count as u32, body });
        }
    }

    /// Goes to the start of a loop, whose operands are in place.
    fn goto_loop(&mut self, frame: Frame) {
        // What the head calls would be called from another region.
        let head = if frame.outer == self.region { frame.head } else { None };
        let Some(Head { first, count, body }) = head else { return self.goto(frame.label) };
        for index in first..first + count {
            self.push(self.b.heads[index as usize]);
        }
        if let Some(branch) = self.b.ops.last_mut() {
            let leave = branch.imm;
            (branch.op, branch.imm) = (branch.op.negated(), body);
            self.goto(leave);
        }
    }

    /// Takes operands of so many slots from the stack into slots that are like locals: what a loop carries into its next turn, arguments of a tail
    /// call.
    pub(super) fn carry(&mut self, first: i32, slots: usize) {
        let mut left = slots;
        while left > 0 {
            let ty = self.b.stack.last().map_or(ValType::I32, |entry| entry.ty);
            left = left.saturating_sub(ty.slots());
            let slot = first + left as i32 * SLOT;
            self.set_local(Local { slot, ty, kind: self.kind_of(slot) }, false);
        }
    }

    /// What a loop carries is on the stack, unread.
    fn push_carried(&mut self, first: i32, types: &[ValType]) {
        let mut slot = first;
        for &ty in types {
            self.push_local(Local { slot, ty, kind: self.kind_of(slot) });
            slot += ty.slots() as i32 * SLOT;
        }
    }

    /// Does what `carry` does before a conditional branch, and leaves the operands on the stack. The branch reads what was there before.
    fn carry_and_keep(&mut self, first: i32, types: &[ValType], branch: &mut MicroOp) {
        let slots = slots_of(types);
        let carried = first..first + slots as i32 * SLOT;
        let ty = match branch.op.info().layout.x {
            Class::F64 => ValType::F64,
            Class::F32 => ValType::F32,
            _ => ValType::I64,
        };
        // The condition has left the stack: its operands' home slots are free.
        let height = self.height();
        if names_slot(branch.form.x) && carried.contains(&(branch.x as i32)) {
            let home = self.home(height);
            self.copy(Operand { kind: branch.form.x, bits: branch.x }, home, ty);
            branch.set_x(Operand::slot(home));
        }
        if names_slot(branch.form.y) && carried.contains(&(branch.y as i32)) {
            let home = self.home(height + 1);
            self.copy(Operand { kind: branch.form.y, bits: branch.y }, home, ty);
            branch.set_y(Operand::slot(home));
        }
        self.carry(first, slots);
        self.push_carried(first, types);
    }

    /// `br`.
    pub(super) fn branch(&mut self, depth: u32) {
        let frame = self.frame(depth);
        if frame.kind == FrameKind::Function {
            self.return_values();
            return;
        }
        self.place_operands(frame);
        self.goto_loop(frame);
        self.set_unreachable();
    }

    /// Takes along what the label of a block wants from the stack.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn place_operands(&mut self, frame: Frame) {
        let count = self.label_types(frame.types, frame.kind == FrameKind::Loop).slots();
        let (source, target) = (self.height() - count, frame.height as usize);
        if let Some(first) = frame.carried {
            self.carry(first, count);
        } else {
            let mut index = 0;
            while index < count {
                let entry = self.b.stack[source + index];
                if source == target {
                    self.materialize(source + index);
                } else {
                    // Upwards: a target's height is never above that of its source.
                    let operand = self.operand(entry, source + index);
                    self.copy(operand, self.home(target + index), entry.ty);
                }
                index += entry.ty.slots();
            }
        }
    }

    /// The label that a conditional branch names: the target's, or that of a stub. Operands are in their home slots.
    fn label_of_branch(&mut self, depth: u32) -> u32 {
        let frame = self.frame(depth);
        let is_loop = frame.kind == FrameKind::Loop;
        let count = self.label_types(frame.types, is_loop).slots();
        let source = self.home(self.height() - count);
        let destination = frame.carried.unwrap_or(self.home(frame.height as usize));
        let target = if frame.kind == FrameKind::Function {
            None
        } else {
            self.b.labels[frame.label as usize].used = true;
            if count == 0 || source == destination {
                return frame.label;
            }
            Some((frame.label, destination))
        };
        let label = self.new_label();
        self.b.stubs.push(Stub { label, source, target, types: frame.types, is_loop, offset: self.offset, lands: false });
        label
    }

    /// `br_if`.
    pub(super) fn branch_if(&mut self, depth: u32) {
        let branch = self.condition(false);
        self.branch_conditionally(branch, depth);
    }

    /// A `br_if` that is likely to leave a block: what follows it there is moved, and the translation goes on with the end of the block. Gives
    /// whether it is such a branch.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_likely(&mut self, depth: u32, reader: &mut Reader<'_>) -> Result<bool, ReadError> {
        if self.hint(depth as usize + 1) != Some(true) || !self.ends_with_block(depth) {
            return Ok(false);
        }
        let mut branch = self.condition(true);
        branch.imm = self.new_label();
        self.keep_top(self.height());
        self.push(branch);
        self.note_head();
        self.move_rest(branch.imm, depth, reader)?;
        let frame = self.frame(depth);
        if frame.kind == FrameKind::Function {
            self.return_values();
        } else {
            self.place_operands(frame);
        }
        let open = self.b.frames.len() - depth as usize;
        self.b.frames.truncate(open);
        self.b.stack.truncate(frame.height as usize);
        if frame.kind == FrameKind::Function {
            self.set_unreachable();
        } else {
            self.push_results(frame.types);
        }
        Ok(true)
    }

    /// Branches out of blocks, taking along what the target wants from the stack; `branch` says when.
    pub(super) fn branch_conditionally(&mut self, mut branch: MicroOp, depth: u32) {
        let frame = self.frame(depth);
        let types = self.label_types(frame.types, frame.kind == FrameKind::Loop);
        if let (Some(first), BlockResults::Slice(types)) = (frame.carried, types) {
            self.carry_and_keep(first, types, &mut branch);
            branch.imm = frame.label;
        } else {
            self.materialize_top(types.slots());
            self.keep_top(types.slots());
            branch.imm = self.label_of_branch(depth);
        }
        self.push(branch);
        self.note_head();
    }

    /// `br_table`.
    pub(super) fn branch_table(&mut self, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let count = reader.u32()?;
        let mut targets = core::mem::take(&mut self.b.targets);
        targets.clear();
        for _ in 0..=count {
            targets.push(reader.u32()?);
        }
        let (index, _, home) = self.pop_operand();
        let index = self.not_immediate(index, home, ValType::I32);
        let last = self.frame(targets.last().copied().unwrap_or(0));
        let operands = self.label_types(last.types, last.kind == FrameKind::Loop).slots();
        self.materialize_top(operands);
        self.keep_top(operands);
        // One label for each block, however many targets name it.
        let mut known: Vec<Option<u32>> = alloc::vec![None; self.b.frames.len()];
        for target in &mut targets {
            let depth = *target;
            *target = match known.get(depth as usize).copied().flatten() {
                Some(label) => label,
                None => {
                    let label = self.label_of_branch(depth);
                    if let Some(place) = known.get_mut(depth as usize) {
                        *place = Some(label);
                    }
                    label
                }
            };
        }
        let mut branch = self.op(Op::BranchTable);
        branch.set_x(index);
        branch.imm = count;
        self.push(branch);
        self.flush_table(&targets);
        self.b.targets = targets;
        self.set_unreachable();
        Ok(())
    }

    /// `return`, and the end of the function.
    pub(super) fn return_values(&mut self) {
        let count = self.ty.result_slots();
        if self.ty.results() == [ValType::V128] {
            let operand = self.pop_vector();
            self.return_one(operand, ValType::V128);
        } else if let &[ty] = self.ty.results() {
            let (operand, _, home) = self.pop_operand();
            let operand = if class_of(ty) == Class::Int { operand } else { self.not_immediate(operand, home, ty) };
            self.return_one(operand, ty);
        } else {
            self.materialize_top(count);
            self.keep_top(count);
            let source = self.home(self.height() - count);
            self.return_many(source, count);
        }
        self.set_unreachable();
    }

    fn return_one(&mut self, operand: Operand, ty: ValType) {
        let mut ret = self.op(match class_of(ty) {
            Class::F64 => Op::ReturnF64,
            Class::F32 => Op::ReturnF32,
            Class::Vector => Op::ReturnVector,
            _ => Op::ReturnInt,
        });
        ret.set_x(operand);
        ret.z = self.first;
        self.push(ret);
    }

    /// Copies slots of any class, downwards.
    pub(super) fn copy_slots(&mut self, source: i32, destination: i32, count: usize) {
        for index in 0..count as i32 {
            let mut copy = self.op(Op::CopyRaw);
            copy.set_x(Operand::slot(source + index * SLOT));
            copy.d = destination + index * SLOT;
            self.push(copy);
        }
    }

    fn return_many(&mut self, source: i32, count: usize) {
        if source != self.first {
            self.copy_slots(source, self.first, count);
        }
        self.push_op(Op::Return);
    }

    /// The stubs, behind everything else.
    pub(super) fn stubs(&mut self) {
        for index in 0..self.b.stubs.len() {
            let stub = self.b.stubs[index];
            self.offset = stub.offset;
            self.bind(stub.label);
            let types = self.label_types(stub.types, stub.is_loop);
            let count = types.len();
            if stub.lands {
                self.load_pins();
            }
            match stub.target {
                None if count == 1 => self.return_one(Operand::slot(stub.source), types.get(0)),
                None => self.return_many(stub.source, types.slots()),
                Some((label, _)) if stub.lands => self.goto(label),
                Some((label, destination)) => {
                    let mut offset = 0;
                    for operand in 0..count {
                        let ty = types.get(operand);
                        self.copy(Operand::slot(stub.source + offset), destination + offset, ty);
                        offset += ty.slots() as i32 * SLOT;
                    }
                    self.goto(label);
                }
            }
            self.flush();
        }
    }

    /// Loads pinned locals from their slots.
    pub(super) fn load_pins(&mut self) {
        for (index, &slot) in self.pins.clone().iter().enumerate() {
            if slot != NO_SLOT {
                let is_int = index < PINS[0];
                let mut load = self.op(if is_int { Op::PinInt } else { Op::PinF64 });
                load.z = slot;
                load.form.d = pin_kind(index);
                self.push(load);
            }
        }
    }

    /// Stores pinned locals that may have changed into their slots.
    pub(super) fn store_pins(&mut self) {
        for (index, &slot) in self.pins.clone().iter().enumerate() {
            if slot != NO_SLOT && self.written_pins >> index & 1 != 0 {
                let is_int = index < PINS[0];
                let mut store = self.op(if is_int { Op::UnpinInt } else { Op::UnpinF64 });
                store.z = slot;
                store.form.x = pin_kind(index);
                self.push(store);
            }
        }
    }
}

/// The results of a block, or what a branch to it carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum BlockResults<'a> {
    /// These.
    Slice(&'a [ValType]),
    /// One or none.
    One(Option<ValType>),
}

impl BlockResults<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Slice(types) => types.len(),
            Self::One(ty) => usize::from(ty.is_some()),
        }
    }

    /// How many slots they take.
    fn slots(&self) -> usize {
        match self {
            Self::Slice(types) => slots_of(types),
            Self::One(ty) => ty.map_or(0, ValType::slots),
        }
    }

    fn get(&self, index: usize) -> ValType {
        let ty = match self {
            Self::Slice(types) => types.get(index).copied(),
            Self::One(ty) => *ty,
        };
        ty.unwrap_or(ValType::I32)
    }
}
