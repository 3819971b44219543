//! Branch hints: the unlikely way is laid behind the function's code, so that the likely one falls through.
//!
//! A part of a body that is hinted to run rarely is an [`Arm`]: the part of an `if` before or behind its `else`, or what follows a `br_if` that is
//! likely to be taken, up to the end of the block that it leaves. It is skipped where it stands, together with a note of the state there, and
//! translated when all else is. What is likely is then one extended basic block, without a jump over the arm, and, where the arm does not come
//! back, without a label behind it.
//!
//! Hints change the layout only: the state at the arm's label is that in front of the branch to it, with every operand in its home slot.
//!
//! # Invariants
//! N1. An arm stands outside of regions that catch, since regions are ranges of the code. (It may hold such regions.)
//! N2. Within an arm nothing is moved, so that each byte of a body is read three times at most.
//! N3. Labels that an arm names are marked as used when it is skipped: the blocks end before it is translated.
//!
//! # Why
//! To translate an arm where it stands, and to move its code, would end the likely way's buffer at the branch, and all positions in the arm would
//! have to be found again. Bodies without hints pay for none of this.

use super::control::{Frame, FrameKind};
use super::listing::Recorder;
use super::stack::Entry;
use super::{Body, Carried};
use crate::decode::hints::BranchHint;
use crate::decode::operators::{ReadError, Reader};
use crate::wasm::opcodes::Opcode;

/// A part of a body that is translated behind all else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arm {
    /// Where its code starts.
    label: u32,
    /// Where it starts, in bytes of the module.
    start: u32,
    /// Where its frames and operands start in [`Saved`]; the innermost frame but `inner` is that of the block whose `else` or `end` ends it.
    frames: u32,
    operands: u32,
    /// How many of its frames are in the block that it ends with.
    inner: u32,
    /// Whether the block's parameters, in their home slots, come on top of these operands.
    parameters: bool,
    /// Loops in front of it, and what they carry.
    loops: u32,
    carried: Carried,
}

/// The states in front of arms, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Saved {
    arms: alloc::vec::Vec<Arm>,
    frames: alloc::vec::Vec<Frame>,
    operands: alloc::vec::Vec<Entry>,
}

/// Most frames and operands that are saved for a body. Code of compilers has fewer; hostile code shall not take memory for each pair of a hint and
/// an open block.
const MAX_SAVED: usize = 1 << 14;

impl Saved {
    pub(super) fn clear(&mut self) {
        self.arms.clear();
        self.frames.clear();
        self.operands.clear();
    }
}

impl<R: Recorder> Body<'_, R> {
    /// Whether the operand of the branch being translated is likely to be other than zero, if that is known and what is unlikely may be moved: a part
    /// of a block that has so many of the open ones in it.
    #[cold]
    #[inline(never)]
    pub(super) fn hint(&self, open: usize) -> Option<bool> {
        if self.may_move(open) { BranchHint::find(self.hints, self.offset.wrapping_sub(self.start)) } else { None }
    }

    /// Whether an arm may start here, which has so many of the open blocks in it (N1, N2).
    pub(super) fn may_move(&self, open: usize) -> bool {
        let (frames, operands) = (self.b.frames.len(), self.b.stack.len());
        let catches = |frame: &Frame| matches!(frame.kind, FrameKind::TryTable | FrameKind::Try | FrameKind::Catch);
        !self.hints.is_empty()
            && !self.in_region()
            && self.b.saved.frames.len() + self.b.saved.operands.len() + frames + operands < MAX_SAVED
            && !self.b.frames[frames.saturating_sub(open)..].iter().any(catches)
    }

    /// Whether what follows a branch to a block, up to the block's end, can be moved: for the part of an `if` before its `else` that would not spare
    /// the jump, and a loop is left at its end.
    pub(super) fn ends_with_block(&self, depth: u32) -> bool {
        let frame = self.frame(depth);
        frame.kind != FrameKind::Loop && !frame.may_have_else()
    }

    /// Moves the part of an `if` that follows: its code starts at a label. Operands below the block are in their home slots or constants.
    #[cold]
    #[inline(never)]
    pub(super) fn move_part(&mut self, label: u32, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let operands = self.frame(0).height as usize;
        self.save(label, 0, operands, true, reader)
    }

    /// Moves the part of an `if` in front of its `else`, and goes on with the other part, if there is one: it has the same operands.
    #[cold]
    #[inline(never)]
    pub(super) fn move_then(&mut self, label: u32, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        self.move_part(label, reader)?;
        let mut next = reader.clone();
        if next.opcode()? == Opcode::Else {
            *reader = next;
        }
        Ok(())
    }

    /// Moves what follows up to the end of a block: its code starts at a label.
    pub(super) fn move_rest(&mut self, label: u32, depth: u32, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let operands = self.height();
        self.save(label, depth, operands, false, reader)
    }

    /// Notes an arm, and skips it up to the `else` or `end` that ends it.
    fn save(&mut self, label: u32, inner: u32, operands: usize, parameters: bool, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        let saved = &mut self.b.saved;
        saved.arms.push(Arm {
            label,
            start: reader.offset(),
            frames: saved.frames.len() as u32,
            operands: saved.operands.len() as u32,
            inner,
            parameters,
            loops: self.loops,
            carried: self.carried,
        });
        saved.frames.extend_from_slice(&self.b.frames);
        saved.operands.extend_from_slice(&self.b.stack[..operands]);
        // N3.
        if self.skip(reader, inner, |body, outwards| body.use_label(inner + outwards))? {
            self.use_label(inner);
        }
        Ok(())
    }

    /// Something goes to the label of a block.
    fn use_label(&mut self, depth: u32) {
        let label = self.frame(depth).label;
        self.b.labels[label as usize].used = true;
    }

    /// The arms, behind all else.
    #[cold]
    #[inline(never)]
    pub(super) fn arms(&mut self, function_end: u32) -> Result<(), ReadError> {
        let saved = core::mem::take(&mut self.b.saved);
        // N2.
        self.hints = &[];
        let ends = saved.arms.iter().skip(1).map(|arm| (arm.frames as usize, arm.operands as usize));
        let ends = ends.chain([(saved.frames.len(), saved.operands.len())]);
        for (arm, (frames, operands)) in saved.arms.iter().zip(ends) {
            self.b.frames.clear();
            self.b.frames.extend_from_slice(&saved.frames[arm.frames as usize..frames]);
            self.b.stack.clear();
            self.b.stack.extend_from_slice(&saved.operands[arm.operands as usize..operands]);
            if arm.parameters {
                self.push_parameters(self.frame(0).types);
            }
            (self.loops, self.carried) = (arm.loops, arm.carried);
            self.outermost = self.b.frames.len() - arm.inner as usize;
            self.bind(arm.label);
            let mut reader = Reader::of_range(&self.module.bytes, &(arm.start..function_end));
            self.operators(&mut reader)?;
            self.flush();
        }
        self.b.saved = saved;
        Ok(())
    }
}
