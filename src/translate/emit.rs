//! The end of the pass over a block: micro-ops become superinstructions by longest match, and bytes.
//!
//! Operands are written at offsets that are known for each id, all of them whether present or not, later ones over earlier ones: no branch depends
//! on the form.

use super::Body;
use super::listing::Recorder;
use super::micro_op::MicroOp;
use crate::code::fusion::Node;
use crate::code::handlers::Group;
use crate::code::ops::Tail;

/// Most bytes that one micro-op can take.
const MOST_BYTES: usize = 48;

/// Writes a word at a byte offset.
#[cfg_attr(not(feature = "compact"), inline(always))]
fn write(code: &mut [u8], at: usize, word: u64) {
    if let Some(place) = code.get_mut(at..).and_then(|code| code.first_chunk_mut::<8>()) {
        *place = word.to_ne_bytes();
    }
}

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
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn reserve(&mut self, bytes: usize) {
        let words = (self.len + bytes).div_ceil(8) + 8;
        if self.b.words.len() < words {
            self.b.words.resize(words.next_power_of_two(), 0);
        }
    }

    fn emit(&mut self, ops: &[MicroOp]) -> usize {
        self.reserve(ops.len() * (MOST_BYTES + 16));
        let mut words = core::mem::take(&mut self.b.words);
        let code: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        let (mut start, mut end) = (self.len, self.len);
        let mut rest = ops;
        while !rest.is_empty() {
            let (number, count) = self.longest_match(rest);
            let (group, next) = rest.split_at(count);
            rest = next;
            debug_assert!(group[..count - 1].iter().all(|op| !op.op.ends_group()), "O2");
            debug_assert!(group[1..].iter().all(|op| !op.op.allocates()), "what is done again comes first");
            start = end;
            let handlers = &self.options.fusion.handlers;
            let repeated = if self.goes_to(group, start) { handlers.repeated(number) } else { None };
            write(code, end, repeated.unwrap_or_else(|| handlers.once(number, group[0].op)));
            end += 8;
            if self.recorder.is_active() {
                self.recorder.group(start as u32, repeated.is_some(), group.len());
            }
            for op in group {
                if self.recorder.is_active() {
                    self.recorder.op(end as u32, op);
                }
                end = self.emit_operands(code, end, op);
            }
            // Padding is zero, so that equal input gives equal code.
            write(code, end, 0);
            end = end.next_multiple_of(8);
        }
        self.len = end;
        self.b.words = words;
        start
    }

    /// Whether a group that starts here branches to its own start.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn goes_to(&self, group: &[MicroOp], start: usize) -> bool {
        let at = Some(start as u32);
        group.iter().any(|op| op.op.info().layout.tail == Tail::Label && self.b.labels[op.imm as usize].position == at)
    }

    /// The longest superinstruction that the buffer starts with, and its length.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn longest_match(&self, ops: &[MicroOp]) -> (Group, usize) {
        let trie = self.options.fusion.trie;
        let mut node: Node = ops[0].id;
        let mut best = (node, 1);
        if self.options.fuse {
            for (index, op) in ops[1..].iter().enumerate() {
                let Some((next, group)) = trie.step(node, op.id) else { break };
                node = next;
                if let Some(group) = group {
                    best = (group, index + 2);
                }
            }
        }
        best
    }

    /// Writes the operands of an op at `at`, and gives where they end.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn emit_operands(&mut self, code: &mut [u8], at: usize, op: &MicroOp) -> usize {
        let offsets = op.op.offsets(op.form, op.id);
        let Some(window) = code.get_mut(at..).and_then(|code| code.first_chunk_mut::<MOST_BYTES>()) else { return at };
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
        let end = at + usize::from(offsets.tail);
        if op.op.info().layout.tail == Tail::None { end } else { self.emit_tail(code, end, op) }
    }

    /// Writes the tail of an op at `at`, and gives where it ends.
    fn emit_tail(&mut self, code: &mut [u8], at: usize, op: &MicroOp) -> usize {
        let tail = op.op.info().layout.tail;
        let end = at + tail.bytes();
        match tail {
            Tail::None => {}
            Tail::Label => {
                self.b.relocations.push(at as u32);
                let position = self.position(op.imm, at as u32, None);
                write(code, at, position.unwrap_or(0).into());
            }
            Tail::Call => {
                let end = end.next_multiple_of(8);
                write(code, at, u64::from(op.y as u32));
                write(code, end - 8, op.x);
                return end;
            }
            Tail::ReturnCall => {
                write(code, at, u64::from(op.y as u32));
                write(code, at + 4, op.x);
            }
            Tail::CallImport => {
                write(code, at, u64::from(op.imm));
                write(code, at + 4, u64::from(op.y as u32));
            }
            Tail::CallIndirect => {
                write(code, at, u64::from(op.imm));
                write(code, at + 4, op.y);
                write(code, at + 8, u64::from(op.z as u32));
            }
            Tail::Lane => write(code, at, u64::from(op.z as u32)),
            Tail::Vector => {
                let [low, high] = self.b.vectors.get(op.imm as usize).copied().unwrap_or_default();
                write(code, at, low);
                write(code, at + 8, high);
            }
        }
        end
    }

    /// Writes a label's position: as an address that is relocated later, or as a distance from an instruction.
    pub(super) fn patch(&mut self, at: u32, from: Option<u32>, position: u32) {
        let code: &mut [u8] = bytemuck::cast_slice_mut(&mut self.b.words);
        match from {
            None => write(code, at as usize, position.into()),
            Some(from) => {
                if let Some(place) = code.get_mut(at as usize..).and_then(|code| code.first_chunk_mut::<4>()) {
                    *place = position.wrapping_sub(from).to_ne_bytes();
                }
            }
        }
    }

    /// Empties the buffer, whose last micro-op is a `BranchTable`, and writes its labels behind it.
    pub(super) fn flush_table(&mut self, labels: &[u32]) {
        let start = self.flush() as u32;
        self.reserve(labels.len() * 4 + 16);
        for &label in labels {
            let at = self.len as u32;
            self.len += 4;
            if let Some(position) = self.position(label, at, Some(start)) {
                self.patch(at, Some(start), position);
            }
        }
        write(bytemuck::cast_slice_mut(&mut self.b.words), self.len, 0);
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
