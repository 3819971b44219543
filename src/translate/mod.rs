//! From validated bytes to internal code: one pass over a body, one tier.
//!
//! ```text
//! bytes -> symbolic operand stack -> micro-ops of one extended basic block -> residency -> longest match of superinstructions -> code
//! ```
//! `local.get`, constants and `i32.wrap_i64` emit nothing: they are entries of the symbolic stack (`stack`), and end up as operands of what uses
//! them. Micro-ops are buffered until the next label (`micro_op`); then every operand gets its kind (`residency`), runs of micro-ops become
//! superinstructions, and bytes are emitted (`emit`). What the module's producer calls unlikely is put off until all else is done (`hints`).
//!
//! Translation is a function of the bytes: the same body gives the same code. So nothing that is needed rarely is kept: where a trap happened
//! ([`locate`]) and what code looks like ([`listing`]) is found by translating again, with a recorder.
//!
//! Called by: `api`. Calls: `decode` (operator reader), `code`, `wasm`. It never sees the runtime.
//!
//! # Invariants
//! X1. The body has been validated. (A body that can't be read all the same becomes a trap.)
//! X2. Every operand stack height, counted in slots (a vector takes two), has one *home slot*; at a label, live operands are in their home slots, or are constants. What a loop carries
//!     from turn to turn (its parameters) has slots of its own, like locals, in the first loops of a body.
//! X3. A temporary is read once. If that read is from the accumulator, its slot is never written.
//! X4. A pinned local lives in its register only, between `Pin` and `Unpin`; code that reads its slot must unpin it first.
//! X5. Frames are `[parameters or results][link: 2][scratch: 8, if large][locals][carried][home slots][outgoing link]`; `Enter` asks for all of it.
//!     Slots are named by their distance from the end of the link, in bytes: those of parameters and results are negative.

mod calls;
mod census;
mod control;
mod emit;
mod exceptions;
mod hints;
mod instructions;
mod listing;
mod memories;
mod micro_op;
mod operators;
mod references;
mod residency;
mod roots;
mod stack;
mod vectors;

use census::Carried;
pub use census::{BodyFacts, Census};
pub use listing::{listing, locate};
pub use roots::RootMap;

use alloc::vec::Vec;
use core::sync::atomic::AtomicU64;

use crate::code::cell::{FunctionCode, ModuleCode};
use crate::code::fusion::Fusion;
use crate::code::operands::{Class, Kind, PINS};
use crate::code::ops::Op;
use crate::code::unwind::{Clause, NO_REGION, Region};
use crate::decode::hints::BranchHint;
use crate::decode::module::Module;
use crate::decode::operators::{ReadError, Reader};
use crate::wasm::types::{FuncType, ValType};
use control::{Frame, Label, Stub};
use listing::Recorder;
use micro_op::{MicroOp, NO_SLOT};
use stack::{Entry, Local};

/// Bytes of a slot.
const SLOT: i32 = 8;
/// Slots of the link.
const LINK_SLOTS: i32 = 2;
/// Slots for operands that instructions can't name, in functions whose frames are too large for 16 bits: a vector for each.
const SCRATCH_SLOTS: i32 = 8;
/// Bytes of the largest frame that a function may use without `Enter`, if it calls nothing.
const LEAF_FRAME_BYTES: i32 = 4096;

/// How to translate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether to use superinstructions.
    pub fuse: bool,
    /// The handlers, and which superinstructions there are.
    pub fusion: &'static Fusion,
}

/// Whether 16 bits can't name a slot.
fn is_far(slot: i32) -> bool {
    i16::try_from(slot).is_err()
}

/// Bytes from a function's arguments to its frame pointer, which is behind the link.
fn behind_link(ty: &FuncType) -> i32 {
    (ty.param_slots().max(ty.result_slots()) as i32 + LINK_SLOTS) * SLOT
}

/// The class of values of a type.
pub(crate) const fn class_of(ty: ValType) -> Class {
    match ty {
        ValType::F64 => Class::F64,
        ValType::F32 => Class::F32,
        ValType::V128 => Class::Vector,
        _ => Class::Int,
    }
}

/// Translates functions; its buffers are used again for each.
#[derive(Debug)]
pub struct Translator {
    options: Options,
    buffers: Buffers,
}

/// What translation of a function needs for a while.
#[derive(Debug, Default)]
struct Buffers {
    stack: Vec<Entry>,
    frames: Vec<Frame>,
    ops: Vec<MicroOp>,
    heads: Vec<MicroOp>,
    labels: Vec<Label>,
    fixups: Vec<control::Fixup>,
    stubs: Vec<Stub>,
    targets: Vec<u32>,
    vectors: Vec<[u64; 2]>,
    locals: Vec<Local>,
    words: Vec<u64>,
    relocations: Vec<u32>,
    /// Regions that catch, in the order of their starts.
    regions: Vec<Region>,
    /// Clauses, with the numbers of their regions; targets are labels.
    clauses: Vec<(u32, Clause)>,
    saved: hints::Saved,
}

/// The translation of one body.
struct Body<'a, R> {
    module: &'a Module,
    code: &'a ModuleCode,
    options: Options,
    recorder: &'a mut R,
    b: Buffers,
    ty: &'a FuncType,
    /// Its number among the functions that the module defines.
    function: u32,
    /// Number of the first micro-op in the buffer; they are numbered from 1.
    first_op: u32,
    /// Length of the code so far, in bytes.
    len: usize,
    /// The slot of the first parameter and of the first result.
    first: i32,
    /// The first slot of what loops carry.
    first_carried: i32,
    /// The first home slot.
    homes: i32,
    /// Bytes of the frame behind the link.
    frame: u32,
    /// The first scratch slot, if some slots can't be named by 16 bits.
    scratch: Option<i32>,
    /// Slots of pinned locals: of class Int, then of class F64.
    pins: [i32; PIN_COUNT],
    /// Bit i: pinned local i is written somewhere.
    written_pins: u8,
    /// Bit i: a `br` goes back to the i-th loop of the body.
    turned: u64,
    /// Loops so far.
    loops: u32,
    /// Parameters of loops so far that have slots of their own.
    carried: Carried,
    /// The innermost region that catches, or [`NO_REGION`].
    region: u32,
    /// Which way its branches are expected to go.
    hints: &'a [BranchHint],
    /// Where the body starts, in bytes of the module.
    start: u32,
    /// How many blocks are open where the translation ends: the function's; in an arm (`hints`), those down to the block that it ends with.
    outermost: usize,
    /// Whether memory 0 is an unshared one with 32-bit addresses.
    plain_memory: bool,
    /// Byte offset in the module of the instruction being translated.
    offset: u32,
}

/// Pinned locals of all classes.
const PIN_COUNT: usize = PINS[0] + PINS[1];

/// The longest code, in words, whose translation leaves its buffers for the next.
const MAX_KEPT_WORDS: usize = 1 << 15;

impl Translator {
    /// A translator.
    pub fn new(options: Options) -> Self {
        Self { options, buffers: Buffers::default() }
    }

    /// Translates the `function`-th of the functions that the module defines; `facts` are what its validation said of it.
    pub fn function(&mut self, module: &Module, code: &ModuleCode, function: u32, facts: &BodyFacts) -> FunctionCode {
        self.translate(module, code, function, facts, &mut listing::nobody())
    }

    /// The same, while a recorder looks on.
    fn record(
        &mut self,
        module: &Module,
        code: &ModuleCode,
        function: u32,
        facts: &BodyFacts,
        recorder: &mut dyn Recorder,
    ) -> FunctionCode {
        self.translate(module, code, function, facts, &mut Some(recorder))
    }

    fn translate<R: Recorder>(
        &mut self,
        module: &Module,
        code: &ModuleCode,
        function: u32,
        facts: &BodyFacts,
        recorder: &mut R,
    ) -> FunctionCode {
        let empty = FuncType::new([], []);
        let type_index = module.functions.get((module.imported_functions + function) as usize).copied().unwrap_or(u32::MAX);
        let ty = module.func_type(type_index).map_or(&empty, |(_, ty)| ty);
        let mut body = Body {
            module,
            code,
            options: self.options,
            recorder,
            b: core::mem::take(&mut self.buffers),
            ty,
            function,
            first_op: 1,
            len: 0,
            first: 0,
            first_carried: 0,
            homes: 0,
            frame: 0,
            scratch: None,
            pins: [NO_SLOT; PIN_COUNT],
            written_pins: facts.written_pins,
            turned: facts.turned,
            loops: 0,
            carried: Carried::default(),
            region: NO_REGION,
            hints: module.branch_hints.of_function(module.imported_functions + function),
            start: 0,
            outermost: 1,
            plain_memory: module.memory_types.first().is_some_and(|memory| !memory.is_64 && !memory.shared),
            offset: 0,
        };
        body.b.clear();
        if body.translate(Reader::of_body(module, function), facts).is_err() {
            // X1 does not hold: run nothing of it.
            body.b.clear();
            (body.len, body.first_op, body.region) = (0, 1, NO_REGION);
            body.push_op(Op::Unreachable);
            body.flush();
        }
        let code = body.finish();
        // What a huge body needed is not kept: idle translators would hold many times its size.
        if code.words.len() <= MAX_KEPT_WORDS {
            self.buffers = body.b;
        }
        code
    }
}

impl Buffers {
    fn clear(&mut self) {
        self.stack.clear();
        self.frames.clear();
        self.ops.clear();
        self.heads.clear();
        self.labels.clear();
        self.fixups.clear();
        self.stubs.clear();
        self.vectors.clear();
        self.locals.clear();
        self.relocations.clear();
        self.regions.clear();
        self.clauses.clear();
        self.saved.clear();
    }
}

impl<R: Recorder> Body<'_, R> {
    /// Translates everything.
    fn translate(&mut self, mut reader: Reader<'_>, facts: &BodyFacts) -> Result<(), ReadError> {
        self.offset = reader.offset();
        self.start = self.offset;
        self.lay_out_frame(&mut reader, facts)?;
        let label = self.new_label();
        self.b.frames.push(Frame::function(label));
        let declared = self.prologue(facts);
        debug_assert!(declared as usize <= 2 * self.b.locals.len());
        self.operators(&mut reader)?;
        self.flush();
        if !self.hints.is_empty() {
            self.arms(reader.end())?;
        }
        self.stubs();
        Ok(())
    }

    /// Gives every local its slot (X5).
    fn lay_out_frame(&mut self, reader: &mut Reader<'_>, facts: &BodyFacts) -> Result<(), ReadError> {
        let params = self.ty.params();
        self.first = -behind_link(self.ty);
        let mut at = self.first;
        for &ty in params {
            self.b.locals.push(Local { slot: at, ty, kind: Kind::S });
            at += ty.slots() as i32 * SLOT;
        }
        let groups = reader.u32()?;
        let first = self.b.locals.len();
        let mut declared = 0;
        for _ in 0..groups {
            let count = reader.u32()?;
            let ty = reader.val_type()?;
            let ty = self.module.val_type(ty).unwrap_or(ty);
            declared += count as i32 * ty.slots() as i32;
            for _ in 0..count {
                self.b.locals.push(Local { slot: 0, ty, kind: Kind::S });
            }
        }
        let mut at = 0;
        let carried = facts.carried.count() as i32;
        if is_far((declared + carried + facts.max_operands as i32 + LINK_SLOTS + SCRATCH_SLOTS) * SLOT) {
            self.scratch = Some(at);
            at += SCRATCH_SLOTS * SLOT;
        }
        for local in &mut self.b.locals[first..] {
            local.slot = at;
            at += local.ty.slots() as i32 * SLOT;
        }
        self.first_carried = at;
        self.homes = at + carried * SLOT;
        for (pin, &local) in self.pins.iter_mut().zip(&facts.pins) {
            if local == census::NO_LOCAL {
                continue;
            }
            let slot = match usize::from(local).checked_sub(self.b.locals.len()) {
                Some(carried) => self.first_carried + carried as i32 * SLOT,
                None => self.b.locals[usize::from(local)].slot,
            };
            if !is_far(slot) {
                *pin = slot;
            }
        }
        for &local in &facts.pins {
            let kind = self.b.locals.get(usize::from(local)).map_or(Kind::S, |local| self.kind_of(local.slot));
            if let Some(local) = self.b.locals.get_mut(usize::from(local)) {
                local.kind = kind;
            }
        }
        Ok(())
    }

    /// Asks for the frame, zeroes declared locals, loads pinned ones. Gives the slots of declared locals.
    fn prologue(&mut self, facts: &BodyFacts) -> i32 {
        let first = self.scratch.map_or(0, |_| SCRATCH_SLOTS * SLOT);
        let declared = (self.first_carried - first) / SLOT;
        // Zeroing works on four slots at a time and may touch three home slots.
        let frame = self.homes + (facts.max_operands as i32 + LINK_SLOTS + 4) * SLOT;
        self.frame = frame as u32;
        if facts.calls || frame > LEAF_FRAME_BYTES {
            let mut enter = self.op(Op::Enter);
            enter.imm = frame as u32;
            self.push(enter);
        }
        if declared > 64 {
            let mut zero = self.op(Op::ZeroMany);
            (zero.z, zero.imm) = (first, declared as u32);
            self.push(zero);
        } else {
            let mut done = 0;
            while done < declared {
                let fours = ((declared - done + 3) / 4).min(4);
                let mut zero = self.op([Op::Zero4, Op::Zero8, Op::Zero12, Op::Zero16][fours as usize - 1]);
                zero.z = first + done * SLOT;
                self.push(zero);
                done += fours * 4;
            }
        }
        self.load_pins();
        declared
    }

    /// The code, with the addresses that are known only now.
    fn finish(&mut self) -> FunctionCode {
        let words = self.len.div_ceil(SLOT as usize);
        // Its place must be known before it is filled.
        let mut code: Vec<AtomicU64> = Vec::with_capacity(words);
        let base = code.as_ptr().addr() as u64;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.b.words);
        for &at in &self.b.relocations {
            if let Some(word) = bytes[at as usize..].first_chunk_mut::<8>() {
                *word = (u64::from_ne_bytes(*word) + base).to_ne_bytes();
            }
        }
        code.extend(self.b.words.iter().take(words).map(|&word| AtomicU64::new(word)));
        debug_assert_eq!(code.as_ptr().addr() as u64, base);
        FunctionCode { words: code, handlers: self.handlers() }
    }
}
