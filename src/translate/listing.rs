//! What translation did, for people and for backtraces: it is done again while a recorder looks on.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::sync::atomic::Ordering;

use super::micro_op::{MicroOp, NO_SLOT};
use super::{BodyFacts, Options, SLOT, Translator};
use crate::code::cell::{FunctionCode, ModuleCode};
use crate::code::operands::{Class, Kind};
use crate::code::ops::{Op, Tail, Template};
use crate::code::unwind::{ANY_TAG, NO_REFERENCE};
use crate::decode::module::Module;

/// Looks on while code is emitted.
pub(super) trait Recorder {
    /// Whether it does anything.
    fn is_active(&self) -> bool {
        true
    }
    /// An instruction of `parts` ops starts at `start`; `repeated` if it loops by itself.
    fn group(&mut self, start: u32, repeated: bool, parts: usize);
    /// The operands of an op start at `at`.
    fn op(&mut self, at: u32, op: &MicroOp);
    /// While the instruction at this offset of the module runs, these slots hold references of the garbage-collected heap.
    fn roots(&mut self, _offset: u32, _slots: Vec<i32>) {}
}

/// What looks on in ordinary translation: nothing, and the compiler knows it.
#[cfg(not(feature = "compact"))]
pub(super) struct Nobody;

/// [`Nobody`].
#[cfg(not(feature = "compact"))]
pub(super) fn nobody() -> Nobody {
    Nobody
}

#[cfg(not(feature = "compact"))]
impl Recorder for Nobody {
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn is_active(&self) -> bool {
        false
    }
    fn group(&mut self, _: u32, _: bool, _: usize) {}
    fn op(&mut self, _: u32, _: &MicroOp) {}
}

/// With the feature `compact` it is of the type that somebody would have, so that the translator is compiled once.
#[cfg(feature = "compact")]
pub(super) fn nobody() -> Option<&'static mut dyn Recorder> {
    None
}

/// Recorders are called through a pointer: the translator shall not be compiled for each of them.
impl Recorder for Option<&mut dyn Recorder> {
    fn is_active(&self) -> bool {
        self.is_some()
    }
    fn group(&mut self, start: u32, repeated: bool, parts: usize) {
        if let Some(recorder) = self {
            recorder.group(start, repeated, parts);
        }
    }
    fn op(&mut self, at: u32, op: &MicroOp) {
        if let Some(recorder) = self {
            recorder.op(at, op);
        }
    }
    fn roots(&mut self, offset: u32, slots: Vec<i32>) {
        if let Some(recorder) = self {
            recorder.roots(offset, slots);
        }
    }
}

/// Where each op comes from.
#[derive(Default)]
struct Origins(Vec<(u32, u32)>);

impl Recorder for Origins {
    fn group(&mut self, _: u32, _: bool, _: usize) {}
    fn op(&mut self, at: u32, op: &MicroOp) {
        self.0.push((at, op.offset));
    }
}

/// The byte offset in the module of the instruction whose operands lie at `code_offset` of a function's code.
pub fn locate(module: &Module, code: &ModuleCode, function: u32, facts: &BodyFacts, options: Options, code_offset: u32) -> Option<u32> {
    let mut origins = Origins::default();
    Translator::new(options).record(module, code, function, facts, &mut origins);
    // Stubs come last in the code, so offsets of code rise.
    let behind = origins.0.partition_point(|&(at, _)| at <= code_offset);
    origins.0.get(behind.checked_sub(1)?).map(|&(_, offset)| offset)
}

/// The internal code of a function, as text: one line for each instruction, one more for each further part of a superinstruction.
pub fn listing(module: &Module, code: &ModuleCode, function: u32, facts: &BodyFacts, options: Options) -> String {
    let mut lines = Lines::default();
    let translated = Translator::new(options).record(module, code, function, facts, &mut lines);
    let index = module.imported_functions + function;
    let ty = module.functions.get(index as usize).and_then(|&ty| module.func_type(ty));
    lines.finish(&translated, ty.map_or(0, |(_, ty)| -super::behind_link(ty)), module)
}

/// The recorded instructions.
#[derive(Default)]
struct Lines {
    groups: Vec<(u32, bool, usize)>,
    ops: Vec<(u32, MicroOp)>,
}

impl Recorder for Lines {
    fn group(&mut self, start: u32, repeated: bool, parts: usize) {
        self.groups.push((start, repeated, parts));
    }
    fn op(&mut self, at: u32, op: &MicroOp) {
        self.ops.push((at, *op));
    }
}

impl Lines {
    fn finish(self, code: &FunctionCode, first: i32, module: &Module) -> String {
        let words: Vec<u64> = code.words.iter().map(|word| word.load(Ordering::Relaxed)).collect();
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        let base = code.words.as_ptr().addr() as u64;
        let mut text = String::new();
        let mut ops = self.ops.iter();
        for (start, repeated, parts) in self.groups {
            for part in 0..parts {
                let Some((at, op)) = ops.next() else { break };
                if part == 0 {
                    let _ = write!(text, "{start:5x}  {:<3}", if repeated { "rep" } else { "" });
                } else {
                    text.push_str("        + ");
                }
                let _ = write!(text, " {}", Operands { op, at: *at, start, bytes, base, first, module });
                let _ = writeln!(text, "  ; {:#x}", op.offset);
            }
        }
        for region in code.handlers.iter().flat_map(|handlers| handlers.regions().iter().map(move |region| (handlers, region))) {
            let (handlers, region) = region;
            for clause in handlers.clauses(region) {
                let slot = |slot: i32| (slot - first) / SLOT;
                let _ = write!(text, "{:5x}..{:x}  catch", region.start, region.end);
                let _ = match clause.tag {
                    ANY_TAG => write!(text, " all"),
                    tag => write!(text, " tag {tag} to s{}", slot(clause.payload)),
                };
                if clause.reference != NO_REFERENCE {
                    let _ = write!(text, ", reference to s{}", slot(clause.reference));
                }
                let _ = writeln!(text, " -> {:x}", clause.target);
            }
        }
        text
    }
}

/// An op with its operands: `d = op x, y`.
struct Operands<'a> {
    op: &'a MicroOp,
    at: u32,
    start: u32,
    bytes: &'a [u8],
    base: u64,
    /// The first slot of the frame.
    first: i32,
    module: &'a Module,
}

impl Operands<'_> {
    fn read<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes.get(self.at as usize + at..).and_then(|bytes| bytes.first_chunk()).copied().unwrap_or([0; N])
    }

    /// Slots are numbered from the start of the frame.
    fn number(&self, slot: i32) -> i32 {
        (slot - self.first) / SLOT
    }

    fn arguments(&self) -> i32 {
        self.number((self.op.y >> 32) as i32)
    }

    fn slot(&self, f: &mut core::fmt::Formatter<'_>, at: usize) -> core::fmt::Result {
        write!(f, "s{}", self.number(i16::from_le_bytes(self.read(at)).into()))
    }

    fn source(&self, f: &mut core::fmt::Formatter<'_>, kind: Kind, class: Class, bytes: u8, at: usize) -> core::fmt::Result {
        match kind {
            Kind::S => self.slot(f, at),
            Kind::I => match (class, bytes) {
                (Class::F64, _) => write!(f, "{:?}", f64::from_le_bytes(self.read(at))),
                (Class::F32, _) => write!(f, "{:?}", f32::from_le_bytes(self.read(at))),
                (_, 4) => write!(f, "{}", i32::from_le_bytes(self.read(at))),
                _ => write!(f, "{}", i64::from_le_bytes(self.read(at))),
            },
            Kind::A => f.write_str(accumulator(class)),
            kind => f.write_str(kind.source_name()),
        }
    }

    fn tail(&self, f: &mut core::fmt::Formatter<'_>, tail: Tail, at: usize) -> core::fmt::Result {
        match tail {
            Tail::None => Ok(()),
            Tail::Label => write!(f, " -> {:x}", u64::from_le_bytes(self.read(at)).wrapping_sub(self.base)),
            Tail::Call => {
                let index = self.function_of_cell();
                write!(f, " {} args s{}", FunctionName(self.module, index), self.arguments())
            }
            Tail::ReturnCall => write!(f, " {}", FunctionName(self.module, self.function_of_cell())),
            Tail::CallImport => {
                let index = u32::from_le_bytes(self.read(at));
                write!(f, " {} args s{}", FunctionName(self.module, Some(index)), self.arguments())
            }
            Tail::CallIndirect => {
                let table = u16::from_le_bytes(self.read(at + 8));
                write!(f, " in table {table} args s{}", self.arguments())
            }
            Tail::Lane => write!(f, " lane {}", u16::from_le_bytes(self.read(at)) / self.lane_bytes()),
            Tail::Vector => write!(f, " {:#034x}", u128::from_le_bytes(self.read(at))),
        }
    }

    /// Bytes of what the lane operand counts: lanes that are read from slots are named by distances.
    fn lane_bytes(&self) -> u16 {
        let info = self.op.op.info();
        match info.template {
            Template::ExtractLane | Template::StoreLane => u16::from(info.access_bytes).max(1),
            _ => 1,
        }
    }

    /// The function that a call names, found in the Wasm code that the call comes from.
    fn function_of_cell(&self) -> Option<u32> {
        let bytes = self.module.bytes.get(self.op.offset as usize..)?;
        let mut reader = crate::decode::operators::Reader::new(bytes, self.op.offset);
        reader.opcode().ok()?;
        reader.u32().ok()
    }
}

/// `func 3 <name>`.
struct FunctionName<'a>(&'a Module, Option<u32>);

impl core::fmt::Display for FunctionName<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Some(index) = self.1 else { return f.write_str("func ?") };
        write!(f, "func {index}")?;
        match self.0.names.function(index) {
            Some(name) => write!(f, " <{name}>"),
            None => Ok(()),
        }
    }
}

fn accumulator(class: Class) -> &'static str {
    match class {
        Class::F64 => "f",
        Class::F32 => "g",
        Class::Vector => "v",
        _ => "a",
    }
}

impl core::fmt::Display for Operands<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let op = self.op;
        let info = op.op.info();
        let (layout, offsets) = (info.layout, op.op.offsets(op.form, op.id));
        if layout.has_d {
            match op.form.d {
                Kind::W if op.class == Class::None || (op.form.x.is_pin() && matches!(op.op, Op::CopyInt | Op::CopyF64)) => {
                    self.slot(f, usize::from(offsets.d))?
                }
                Kind::W => {
                    self.slot(f, usize::from(offsets.d))?;
                    write!(f, ",{}", accumulator(layout.d))?;
                }
                Kind::R => f.write_str(accumulator(layout.d))?,
                Kind::U => {
                    self.slot(f, 0)?;
                    write!(f, ",{}", accumulator(layout.d))?;
                }
                kind => f.write_str(kind.destination_name())?,
            }
            f.write_str(" = ")?;
        }
        f.write_str(op.op.name())?;
        if op.op == Op::Throw {
            return write!(f, " tag {} from s{}", op.x >> 32, self.number(op.x as i32));
        }
        if op.op.names_type() {
            write!(f, " type {} from s{}", op.x as u32, self.number((op.x >> 32) as i32))?;
            return if layout.imm { write!(f, " #{}", op.imm) } else { Ok(()) };
        }
        if op.form.x != Kind::N {
            f.write_str(" ")?;
            self.source(f, op.form.x, layout.x, layout.x_bytes, 0)?;
        }
        if matches!(op.op, Op::RefTestFinal | Op::RefTestOpen | Op::RefCastFinal | Op::RefCastOpen) {
            write!(f, ", type {}{}", op.y as u32, if op.y.cast_signed() < 0 { " or null" } else { "" })?;
        } else if op.form.y != Kind::N {
            f.write_str(", ")?;
            self.source(f, op.form.y, layout.y, layout.y_bytes, usize::from(offsets.y))?;
        }
        if layout.z && op.z != NO_SLOT {
            f.write_str(if op.form.x == Kind::N { " " } else { ", " })?;
            self.slot(f, usize::from(offsets.z))?;
        }
        if layout.imm {
            let imm = u32::from_le_bytes(self.read(usize::from(offsets.imm)));
            match info.access_bytes {
                0 => write!(f, " #{imm}")?,
                bytes => write!(f, " +{}", imm.wrapping_sub(u32::from(bytes)))?,
            }
        }
        self.tail(f, layout.tail, usize::from(offsets.end))?;
        if op.op == Op::BranchTable {
            let count = op.imm as usize;
            let first = (self.at as usize + usize::from(offsets.end)).next_multiple_of(8) - self.at as usize;
            f.write_str(" ->")?;
            for index in 0..=count.min(15) {
                write!(f, " {:x}", i64::from(self.start) + i64::from(i32::from_le_bytes(self.read(first + index * 4))))?;
            }
            if count > 15 {
                write!(f, " … ({} labels)", count + 1)?;
            }
        }
        Ok(())
    }
}
