//! The end of the pass over a block: micro-ops become superinstructions by longest match, and bytes.
//!
//! Operands are written at offsets that are known for each id, all of them whether present or not, later ones over earlier ones: no branch depends
//! on the form.

use super::Body;
use super::listing::Recorder;
use super::micro_op::MicroOp;
use crate::code::fusion::{Handlers, Node};
use crate::code::ops::{OFFSETS, Tail};

/// Most bytes that one micro-op can take.
const MOST_BYTES: usize = 48;

impl<R: Recorder> Body<'_, R> {
    /// Empties the buffer into the code. Gives the start of the last instruction.
    pub(super) fn flush(&mut self) -> usize {
        self.first_op += self.b.ops.len() as u32;
        if self.b.ops.is_empty() {
            return self.len;
        }
        self.assign();
        #[cfg(feature = "profile")]
        self.count();
        let ops = core::mem::take(&mut self.b.ops);
        let start = self.emit(&ops);
        self.b.ops = ops;
        self.b.ops.clear();
        start
    }

    /// Room for `bytes` more bytes of code.
    #[inline(always)]
    fn reserve(&mut self, bytes: usize) {
        let words = (self.len + bytes).div_ceil(8) + 8;
        if self.b.words.len() < words {
            self.b.words.resize(words.next_power_of_two(), 0);
        }
    }

    fn emit(&mut self, ops: &[MicroOp]) -> usize {
        self.reserve(ops.len() * (MOST_BYTES + 16));
        let mut start = self.len;
        let mut first = 0;
        while first < ops.len() {
            let (handlers, count) = self.longest_match(&ops[first..]);
            let group = &ops[first..first + count];
            debug_assert!(group[..count - 1].iter().all(|op| !op.op.ends_group()), "O2");
            start = self.len;
            let goes_to_itself = handlers.repeated.is_some()
                && group
                    .iter()
                    .any(|op| op.op.info().layout.tail == Tail::Label && self.b.labels[op.imm as usize].position == Some(start as u32));
            let handler = match handlers.repeated {
                Some(repeated) if goes_to_itself => repeated,
                _ => handlers.once,
            };
            self.write(self.len, &handler.word().to_ne_bytes());
            self.len += 8;
            if R::ACTIVE {
                self.recorder.group(start as u32, goes_to_itself, group.len());
            }
            for op in group {
                if R::ACTIVE {
                    self.recorder.op(self.len as u32, op);
                }
                self.emit_operands(op);
            }
            // Padding is zero, so that equal input gives equal code.
            self.write(self.len, &[0; 8]);
            self.len = self.len.next_multiple_of(8);
            first += count;
        }
        start
    }

    /// The handlers of the longest superinstruction that the buffer starts with, and its length.
    #[inline(always)]
    fn longest_match(&self, ops: &[MicroOp]) -> (Handlers, usize) {
        let mut node: Node = ops[0].id;
        let mut best = (self.options.fusion.singles[usize::from(node)], 1);
        if !self.options.fuse {
            return best;
        }
        for (index, op) in ops[1..].iter().enumerate() {
            let Some(next) = self.options.fusion.step(node, op.id) else { break };
            node = next;
            if let Some(&handlers) = self.options.fusion.handlers(node) {
                best = (handlers, index + 2);
            }
        }
        best
    }

    #[inline(always)]
    fn write<const N: usize>(&mut self, at: usize, bytes: &[u8; N]) {
        let code: &mut [u8] = bytemuck::cast_slice_mut(&mut self.b.words);
        if let Some(place) = code.get_mut(at..).and_then(|code| code.first_chunk_mut::<N>()) {
            *place = *bytes;
        }
    }

    #[inline(always)]
    fn emit_operands(&mut self, op: &MicroOp) {
        let offsets = OFFSETS[usize::from(op.id)];
        let code: &mut [u8] = bytemuck::cast_slice_mut(&mut self.b.words);
        let Some(window) = code.get_mut(self.len..).and_then(|code| code.first_chunk_mut::<MOST_BYTES>()) else { return };
        let mut put = |at: u8, value: u64| {
            // Offsets are below 32; the mask tells the compiler.
            let at = usize::from(at & 31);
            window[at..at + 8].copy_from_slice(&value.to_le_bytes());
        };
        put(0, op.x);
        put(offsets.y, op.y);
        put(offsets.z, u64::from(op.z as u32));
        put(offsets.imm, u64::from(op.imm));
        put(offsets.d, u64::from(op.d as u32));
        let tail = op.op.info().layout.tail;
        let end = self.len + usize::from(offsets.tail);
        self.len = end + tail.bytes();
        match tail {
            Tail::None => {}
            Tail::Label => {
                put(offsets.tail, 0);
                self.b.relocations.push(end as u32);
                self.refer(op.imm, end as u32, None);
            }
            Tail::Call => {
                put(offsets.tail, u64::from(op.y as u32));
                self.len = self.len.next_multiple_of(8);
                self.write(self.len - 8, &op.x.to_ne_bytes());
            }
            Tail::CallImport => {
                put(offsets.tail, u64::from(op.imm));
                put(offsets.tail + 4, u64::from(op.y as u32));
            }
            Tail::CallIndirect => {
                put(offsets.tail, u64::from(op.imm));
                put(offsets.tail + 4, op.y);
                put(offsets.tail + 8, u64::from(op.z as u32));
            }
        }
    }

    /// Writes a label's position: as an address that is relocated later, or as a distance from an instruction.
    pub(super) fn patch(&mut self, at: u32, from: Option<u32>, position: u32) {
        match from {
            None => self.write(at as usize, &u64::from(position).to_ne_bytes()),
            Some(from) => self.write(at as usize, &(position.wrapping_sub(from)).to_ne_bytes()),
        }
    }

    /// Empties the buffer, whose last micro-op is a `BranchTable`, and writes its labels behind it.
    pub(super) fn flush_table(&mut self, labels: &[u32]) {
        let start = self.flush() as u32;
        self.reserve(labels.len() * 4 + 16);
        for &label in labels {
            let at = self.len as u32;
            self.write(self.len, &[0; 4]);
            self.len += 4;
            self.refer(label, at, Some(start));
        }
        self.write(self.len, &[0; 8]);
        self.len = self.len.next_multiple_of(8);
    }

    /// Puts a counter in front of each straight line, and notes what is in it.
    #[cfg(feature = "profile")]
    fn count(&mut self) {
        use crate::code::ops::Op;
        use crate::code::profile;
        let ops = core::mem::take(&mut self.b.ops);
        let mut counter = None;
        let mut line = alloc::vec::Vec::with_capacity(ops.len());
        for op in ops {
            let number = *counter.get_or_insert_with(|| {
                let number = profile::counter();
                let mut count = self.op(Op::Count);
                count.imm = number;
                count.id = Op::Count.id(count.form).unwrap_or(0);
                self.b.ops.push(count);
                number
            });
            line.push((op.id, number));
            if op.op.branches() || op.op.calls() {
                counter = None;
            }
            self.b.ops.push(op);
        }
        profile::note(line);
    }
}
