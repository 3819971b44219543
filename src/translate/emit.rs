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

/// Offsets of operands are below.
const MAX_OFFSET: usize = 32;

/// Bytes that writing the operands of one micro-op may touch.
const WINDOW: usize = 64;

/// Writes a word at a byte offset.
#[cfg_attr(not(feature = "compact"), inline(always))]
fn write(code: &mut [u8], at: usize, word: u64) {
    if let Some(place) = code.get_mut(at..).and_then(|code| code.first_chunk_mut::<8>()) {
        *place = word.to_ne_bytes();
    }
}

/// Where the next bytes go.
struct Cursor<'a> {
    /// What is behind it.
    rest: &'a mut [u8],
    /// Its place in the function's code.
    at: usize,
}

impl Cursor<'_> {
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn advance(&mut self, bytes: usize) {
        self.rest = core::mem::take(&mut self.rest).get_mut(bytes..).unwrap_or_default();
        self.at += bytes;
    }

    /// Writes words at offsets below [`MAX_OFFSET`], later ones over earlier ones, and advances to the last.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn put<const N: usize>(&mut self, words: [(usize, u64); N]) {
        debug_assert!(self.rest.len() >= WINDOW, "room was made for all that follows");
        let Some(window) = self.rest.first_chunk_mut::<WINDOW>() else { return };
        for (at, word) in words {
            debug_assert!(at < MAX_OFFSET);
            // The mask tells the compiler.
            let at = at & (MAX_OFFSET - 1);
            window[at..at + 8].copy_from_slice(&word.to_ne_bytes());
        }
        if let Some(&(at, _)) = words.last() {
            self.advance(at & (MAX_OFFSET - 1));
        }
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
        self.reserve(ops.len() * (MOST_BYTES + 16) + WINDOW);
        let mut words = core::mem::take(&mut self.b.words);
        let code: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        let mut cursor = Cursor { rest: code.get_mut(self.len..).unwrap_or_default(), at: self.len };
        let mut start = self.len;
        let mut rest = ops;
        while !rest.is_empty() {
            let (number, count) = self.longest_match(rest);
            let (group, next) = rest.split_at(count);
            rest = next;
            debug_assert!(group[..count - 1].iter().all(|op| !op.op.ends_group()), "O2");
            debug_assert!(group[1..].iter().all(|op| !op.op.allocates()), "what is done again comes first");
            let padding = cursor.at.wrapping_neg() % 8;
            start = cursor.at + padding;
            let handlers = &self.options.fusion.handlers;
            // Labels lie between blocks: only the first group can have one at its start.
            let repeated = if start == self.len && self.goes_to(group, start) { handlers.repeated(number) } else { None };
            let handler = repeated.unwrap_or_else(|| handlers.once(number, group[0].op));
            cursor.put([(padding, handler), (padding + 8, 0)]);
            if self.recorder.is_active() {
                self.recorder.group(start as u32, repeated.is_some(), group.len());
            }
            for op in group {
                if self.recorder.is_active() {
                    self.recorder.op(cursor.at as u32, op);
                }
                self.emit_operands(&mut cursor, op);
            }
        }
        self.len = cursor.at.next_multiple_of(8);
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

    /// Writes the operands of an op, and zeroes behind them: padding is zero, so that equal input gives equal code.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn emit_operands(&mut self, cursor: &mut Cursor<'_>, op: &MicroOp) {
        let offsets = op.op.offsets(op.form, op.id);
        cursor.put([
            (0, op.x),
            (offsets.y.into(), op.y),
            (offsets.z.into(), u64::from(op.z as u32)),
            (offsets.imm.into(), u64::from(op.imm)),
            (offsets.d.into(), u64::from(op.d as u32)),
            (offsets.end.into(), 0),
        ]);
        if offsets.has_tail {
            self.emit_tail(cursor, op);
        }
    }

    /// Writes the tail of an op.
    fn emit_tail(&mut self, cursor: &mut Cursor<'_>, op: &MicroOp) {
        let tail = op.op.info().layout.tail;
        let at = cursor.at;
        let mut bytes = tail.bytes();
        let code = &mut *cursor.rest;
        match tail {
            Tail::None => {}
            Tail::Label => {
                self.b.relocations.push(at as u32);
                let position = self.position(op.imm, at as u32, None);
                write(code, 0, position.unwrap_or(0).into());
            }
            Tail::Call => {
                write(code, 0, u64::from(op.y as u32));
                write(code, 8, 0);
                // The target is aligned.
                bytes = (at + bytes).next_multiple_of(8) - at;
                write(code, bytes - 8, op.x);
            }
            Tail::ReturnCall => {
                write(code, 0, u64::from(op.y as u32));
                write(code, 4, op.x);
            }
            Tail::CallImport => {
                write(code, 0, u64::from(op.imm));
                write(code, 4, u64::from(op.y as u32));
            }
            Tail::CallIndirect => {
                write(code, 0, u64::from(op.imm));
                write(code, 4, op.y);
                write(code, 8, u64::from(op.z as u32));
            }
            Tail::Lane => write(code, 0, u64::from(op.z as u32)),
            Tail::Vector => {
                let [low, high] = self.b.vectors.get(op.imm as usize).copied().unwrap_or_default();
                write(code, 0, low);
                write(code, 8, high);
            }
        }
        write(code, bytes, 0);
        cursor.advance(bytes);
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
