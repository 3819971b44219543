//! Which locals to keep in machine registers: counted while a body is validated.
//!
//! Uses are weighted by 8^(loop depth). A pin costs a reload after every call, so a local must be used more than that; the weights are measured.
//!
//! # Why
//! Three bytes declare 50,000 locals, so only those are counted whose types the validator keeps at hand: as many as the body has bytes. No body
//! that a compiler makes has so many locals that the others were worth a pin.

use alloc::vec::Vec;
use core::iter::repeat_n;

use super::{PIN_COUNT, class_of};
use crate::code::operands::{Class, PINNING, PINS};
use crate::validate::{BodySink, Locals};
use crate::wasm::types::{ValType, slots_of};

/// What a call costs each pinned local, in uses.
const CALL_COST: u64 = 4;
/// What the function's entry costs a pinned local, in uses.
const ENTRY_COST: u64 = 2;
/// No local.
pub(super) const NO_LOCAL: u16 = u16::MAX;
/// The deepest loop that adds weight.
const MAX_WEIGHT: u32 = 1 << 24;

/// What validation tells the translator of a body.
#[derive(Clone, Copy, Debug)]
pub struct BodyFacts {
    /// Locals to pin: of class Int, then of class F64; [`NO_LOCAL`] for none.
    pub(super) pins: [u16; PIN_COUNT],
    /// Bit i: the i-th pinned local is written.
    pub(super) written_pins: u8,
    /// Whether it calls anything.
    pub(super) calls: bool,
    /// Largest height of the operand stack, in slots; where there are vectors, a bound.
    pub(super) max_operands: u32,
    /// Bit i: a `br` goes back to the start of the i-th loop of the body.
    pub(super) turned: u64,
    /// Parameters of loops that have slots of their own.
    pub(super) carried: Carried,
}

/// Deals out slots for what loops carry from turn to turn, in the order of loops in the body: to the first, as long as their parameters are few.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Carried(u32);

impl Carried {
    /// So many at most.
    const MAX: usize = 16;

    /// The number of the first of the slots of a loop's parameters, which take so many, if it gets slots.
    pub(super) fn take(&mut self, params: usize) -> Option<u32> {
        let first = self.0;
        let fits = params > 0 && first as usize + params <= Self::MAX;
        self.0 += if fits { params as u32 } else { 0 };
        fits.then_some(first)
    }

    /// How many have been dealt out.
    pub(super) fn count(self) -> u32 {
        self.0
    }
}

/// The bit of a count that says that the local is written; the sum of all weights of a body stays below it.
const WRITTEN: u64 = 1 << 63;

/// Counts uses of locals; a sink of the validator. Used again for each body.
#[derive(Debug)]
pub struct Census {
    /// The weighted uses of each of the first locals ([`Locals::direct`]), and [`WRITTEN`].
    uses: Vec<u64>,
    weight: u32,
    depth: u32,
    call_cost: u64,
    facts: BodyFacts,
    /// Numbers of the open loops.
    open: Vec<u32>,
    loops: u32,
    /// Whether a vector was seen.
    vectors: bool,
    /// Uses and types of what loops carry, by slot; it comes behind the locals.
    carried: Vec<(u64, ValType)>,
}

impl Default for Census {
    fn default() -> Self {
        Self {
            uses: Vec::new(),
            weight: 1,
            depth: 0,
            call_cost: 0,
            facts: BodyFacts::NONE,
            open: Vec::new(),
            loops: 0,
            vectors: false,
            carried: Vec::new(),
        }
    }
}

impl BodyFacts {
    /// Of a body without locals, calls and operands.
    pub const NONE: Self =
        Self { pins: [NO_LOCAL; PIN_COUNT], written_pins: 0, calls: false, max_operands: 0, turned: 0, carried: Carried(0) };

    /// Bytes of a record.
    pub const RECORD: usize = 2 * PIN_COUNT + 16;

    /// The facts as bytes, the same on every machine. What they look like is part of the format of archives.
    pub fn to_record(self) -> [u8; Self::RECORD] {
        let Self { pins, written_pins, calls, max_operands, turned, carried } = self;
        let mut record = [0; Self::RECORD];
        let (places, rest) = record.split_at_mut(2 * PIN_COUNT);
        for (place, pin) in places.chunks_exact_mut(2).zip(pins) {
            place.copy_from_slice(&pin.to_le_bytes());
        }
        rest[..8].copy_from_slice(&turned.to_le_bytes());
        rest[8..12].copy_from_slice(&max_operands.to_le_bytes());
        // There are at most `Carried::MAX` of them.
        rest[12..].copy_from_slice(&[written_pins, u8::from(calls), carried.0 as u8, 0]);
        record
    }

    /// The facts that [`BodyFacts::to_record`] has written.
    pub fn from_record(record: &[u8; Self::RECORD]) -> Self {
        let mut facts = Self::NONE;
        let (places, rest) = record.split_at(2 * PIN_COUNT);
        for (pin, place) in facts.pins.iter_mut().zip(places.chunks_exact(2)) {
            *pin = u16::from_le_bytes([place[0], place[1]]);
        }
        if let (Some(turned), Some(max_operands), &[_, _, _, _, _, _, _, _, _, _, _, _, written, calls, carried, _]) =
            (rest.first_chunk(), rest[8..].first_chunk(), rest)
        {
            (facts.turned, facts.max_operands) = (u64::from_le_bytes(*turned), u32::from_le_bytes(*max_operands));
            (facts.written_pins, facts.calls, facts.carried) = (written, calls != 0, Carried(carried.into()));
        }
        facts
    }
}

impl Census {
    /// What was found out about the last body.
    pub fn facts(&self) -> BodyFacts {
        self.facts
    }

    /// Chooses the locals to pin: those used most, of equal ones the first.
    fn choose(&mut self, types: &[ValType], locals: usize) {
        if !PINNING {
            return;
        }
        // Of class Int, then of class F64; each in falling order.
        let mut most = [0; PIN_COUNT];
        let mut entries = [0; PIN_COUNT];
        let pins = &mut self.facts.pins;
        let uses = self.uses.iter().copied().zip(types.iter().copied()).enumerate();
        let carried = self.carried.iter().enumerate().map(|(index, &carried)| (locals + index, carried));
        for (local, (entry, ty)) in uses.chain(carried.filter(|carried| carried.0 < usize::from(NO_LOCAL))) {
            let uses = entry & !WRITTEN;
            if uses <= self.call_cost || ty.is_ref() {
                continue;
            }
            let (first, end) = match class_of(ty) {
                Class::Int => (0, PINS[0]),
                Class::F64 => (PINS[0], PIN_COUNT),
                Class::F32 | Class::Vector | Class::None => continue,
            };
            // An equal one that came first stays before it.
            let Some(place) = (first..end).find(|&pin| uses > most[pin]) else { continue };
            most.copy_within(place..end - 1, place + 1);
            pins.copy_within(place..end - 1, place + 1);
            entries.copy_within(place..end - 1, place + 1);
            (most[place], pins[place], entries[place]) = (uses, local as u16, entry);
        }
        for (pin, entry) in entries.into_iter().enumerate() {
            self.facts.written_pins |= u8::from(entry & WRITTEN != 0) << pin;
        }
    }
}

impl BodySink for Census {
    fn begin(&mut self, locals: &Locals) {
        self.uses.clear();
        self.uses.resize(locals.direct().len().min(usize::from(NO_LOCAL)), 0);
        self.open.clear();
        self.carried.clear();
        self.loops = 0;
        self.vectors = locals.has_vectors();
        (self.weight, self.depth, self.call_cost, self.facts) = (1, 0, ENTRY_COST, BodyFacts::NONE);
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn local(&mut self, index: u32, write: bool) {
        if let Some(entry) = self.uses.get_mut(index as usize) {
            *entry += u64::from(self.weight);
            if write {
                *entry |= WRITTEN;
            }
        }
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn call(&mut self) {
        self.facts.calls = true;
        self.call_cost += u64::from(self.weight) * CALL_COST;
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn loop_begin(&mut self, params: &[ValType]) {
        self.open.push(self.loops);
        self.loops += 1;
        self.depth += 1;
        self.weight = weight(self.depth);
        if self.facts.carried.take(slots_of(params)).is_some() {
            // Each turn reads it and writes it.
            let entry = (u64::from(self.weight) * 2) | WRITTEN;
            self.carried.extend(params.iter().flat_map(|&ty| repeat_n((entry, ty), ty.slots())));
        }
    }

    fn vector(&mut self) {
        self.vectors = true;
    }

    fn branch_back(&mut self, loops: usize) {
        let number = self.open.len().checked_sub(loops + 1).map(|index| self.open[index]);
        self.facts.turned |= number.and_then(|number| 1u64.checked_shl(number)).unwrap_or(0);
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn loop_end(&mut self) {
        self.open.pop();
        self.depth -= 1;
        self.weight = weight(self.depth);
    }

    fn end(&mut self, locals: &Locals, max_operands: u32) {
        self.facts.max_operands = max_operands << u32::from(self.vectors);
        self.choose(locals.direct(), locals.count());
    }
}

fn weight(depth: u32) -> u32 {
    8u32.saturating_pow(depth).min(MAX_WEIGHT)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::decode;
    use crate::validate::FuncValidator;
    use crate::wasm::{features::Features, types::TypeRegistry};

    /// The facts about the bodies of functions `[] -> []`, counted by one census.
    fn facts(bodies: &[&[u8]]) -> Vec<BodyFacts> {
        let count = bodies.len() as u8;
        let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03".to_vec();
        bytes.extend([count + 1, count]);
        bytes.resize(bytes.len() + bodies.len(), 0);
        bytes.extend([10, bodies.iter().map(|body| body.len() as u8 + 1).sum::<u8>() + 1, count]);
        for body in bodies {
            bytes.push(body.len() as u8);
            bytes.extend_from_slice(body);
        }
        let module = decode::decode(&bytes, &TypeRegistry::default(), Features::default()).unwrap();
        let (mut validator, mut census) = (FuncValidator::new(), Census::default());
        let judge = |function| {
            validator.body(&module, &bytes, function, &mut census).unwrap();
            census.facts()
        };
        (0..u32::from(count)).map(judge).collect()
    }

    #[test]
    fn the_locals_used_most_are_pinned() {
        // (local i32 i64 f64 i32) loop: 0 once, 1 three times, 2 once, 3 three times and set; all in the loop.
        let body =
            [4, 1, 0x7f, 1, 0x7e, 1, 0x7c, 1, 0x7f, 3, 0x40, 0x20, 0, 0x1a, 0x20, 1, 0x1a, 0x20, 1, 0x1a, 0x20, 1, 0x1a, 0x20, 2, 0x1a];
        let more = [0x20, 3, 0x1a, 0x20, 3, 0x21, 3, 0x0b, 0x0b];
        let facts = facts(&[&[&body[..], &more].concat()])[0];
        let mut pins = [NO_LOCAL; PIN_COUNT];
        if PINNING {
            (pins[0], pins[1], pins[PINS[0]]) = (1, 3, 2);
        }
        assert_eq!((facts.pins, facts.written_pins), (pins, if PINNING { 0b10 } else { 0 }));
        assert_eq!((facts.calls, facts.max_operands), (false, 1));
    }

    #[test]
    fn facts_survive_their_record() {
        let mut facts =
            BodyFacts { written_pins: 0b10_1010, calls: true, max_operands: 0x1234_5678, turned: 1 << 63 | 5, ..BodyFacts::NONE };
        for (index, pin) in (0..).zip(&mut facts.pins[1..]) {
            *pin = 0x1fe + index;
        }
        assert_eq!(facts.carried.take(16), Some(0));
        for facts in [facts, BodyFacts::NONE] {
            assert_eq!(alloc::format!("{:?}", BodyFacts::from_record(&facts.to_record())), alloc::format!("{facts:?}"));
        }
    }

    /// Locals that hostile declarations leave without a count are as valid as others, and not pinned; nor do they disturb the next body.
    #[test]
    fn locals_without_a_count_are_not_pinned() {
        // (local i32 * 50000) loop: local.get `index`, local.set `index`, twice.
        let body = |index: [u8; 3]| {
            let [a, b, c] = index;
            let twice = [0x20, a, b, c, 0x21, a, b, c].repeat(2);
            [&[1, 0xd0, 0x86, 0x03, 0x7f, 3, 0x40][..], &twice, &[0x0b, 0x0b]].concat()
        };
        let (last, first) = (body([0xcf, 0x86, 0x03]), body([0x80, 0x80, 0]));
        let facts = facts(&[&last, &first, &last]);
        let pins = |local| [vec![local], vec![NO_LOCAL; PIN_COUNT - 1]].concat();
        assert_eq!(
            facts.iter().map(|facts| facts.pins.to_vec()).collect::<Vec<_>>(),
            [pins(NO_LOCAL), pins(if PINNING { 0 } else { NO_LOCAL }), pins(NO_LOCAL)]
        );
        assert_eq!(facts.iter().map(|facts| facts.written_pins).collect::<Vec<_>>(), [0, u8::from(PINNING), 0]);
    }

    /// What a census keeps grows with the bytes of a body, not with the locals it declares.
    #[test]
    fn the_cost_of_declared_locals_is_bounded() {
        let body = [1, 0xd0, 0x86, 0x03, 0x7f, 0x0b];
        let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x08\x01\x06".to_vec();
        bytes.extend(body);
        let module = decode::decode(&bytes, &TypeRegistry::default(), Features::default()).unwrap();
        let mut census = Census::default();
        FuncValidator::new().body(&module, &bytes, 0, &mut census).unwrap();
        assert!(census.uses.len() <= body.len());
    }
}
