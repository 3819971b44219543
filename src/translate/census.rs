//! Which locals to keep in machine registers: counted while a body is validated.
//!
//! Uses are weighted by 8^(loop depth). A pin costs a reload after every call, so a local must be used more than that; the weights are measured.

use alloc::vec::Vec;

use super::{PIN_COUNT, class_of};
use crate::code::operands::{Class, PINS};
use crate::validate::{BodySink, Locals};
use crate::wasm::types::ValType;

/// What a call costs each pinned local, in uses.
const CALL_COST: u32 = 4;
/// What the function's entry costs a pinned local, in uses.
const ENTRY_COST: u32 = 2;
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
    /// Largest height of the operand stack.
    pub(super) max_operands: u32,
    /// Bit i: a `br` goes back to the start of the i-th loop of the body.
    pub(super) turned: u64,
}

/// Counts uses of locals; a sink of the validator. Used again for each body.
#[derive(Debug, Default)]
pub struct Census {
    types: Vec<ValType>,
    uses: Vec<u32>,
    writes: Vec<bool>,
    weight: u32,
    depth: u32,
    call_cost: u32,
    calls: bool,
    max_operands: u32,
    /// Numbers of the open loops.
    open: Vec<u32>,
    loops: u32,
    turned: u64,
}

impl Census {
    /// What was found out about the last body.
    pub fn facts(&self) -> BodyFacts {
        let mut facts = BodyFacts {
            pins: [NO_LOCAL; PIN_COUNT],
            written_pins: 0,
            calls: self.calls,
            max_operands: self.max_operands,
            turned: self.turned,
        };
        let mut pin = 0;
        for (class, count) in [(Class::Int, PINS[0]), (Class::F64, PINS[1])] {
            let first = pin;
            for _ in 0..count {
                let taken = facts.pins;
                let best = self
                    .uses
                    .iter()
                    .zip(&self.types)
                    .take(usize::from(NO_LOCAL))
                    .enumerate()
                    .filter(|&(local, (&uses, &ty))| {
                        uses > self.call_cost
                            && class_of(ty) == class
                            && !ty.is_ref()
                            && ty != ValType::V128
                            && !taken[first..pin].contains(&(local as u16))
                    })
                    .max_by_key(|&(local, (&uses, _))| (uses, core::cmp::Reverse(local)));
                let Some((local, _)) = best else { break };
                facts.pins[pin] = local as u16;
                facts.written_pins |= u8::from(self.writes[local]) << pin;
                pin += 1;
            }
            pin = first + count;
        }
        facts
    }
}

impl BodySink for Census {
    fn begin(&mut self, locals: &Locals) {
        self.types.clear();
        self.types.extend_from_slice(locals.params());
        for (count, ty) in locals.groups() {
            self.types.extend(core::iter::repeat_n(ty, count as usize));
        }
        self.uses.clear();
        self.uses.resize(self.types.len(), 0);
        self.writes.clear();
        self.writes.resize(self.types.len(), false);
        self.open.clear();
        (self.loops, self.turned) = (0, 0);
        (self.weight, self.depth, self.call_cost, self.calls, self.max_operands) = (1, 0, ENTRY_COST, false, 0);
    }

    #[inline(always)]
    fn local(&mut self, index: u32, write: bool) {
        if let Some(uses) = self.uses.get_mut(index as usize) {
            *uses = uses.saturating_add(self.weight);
            self.writes[index as usize] |= write;
        }
    }

    #[inline(always)]
    fn call(&mut self) {
        self.calls = true;
        self.call_cost = self.call_cost.saturating_add(self.weight.saturating_mul(CALL_COST));
    }

    #[inline(always)]
    fn loop_begin(&mut self) {
        self.open.push(self.loops);
        self.loops += 1;
        self.depth += 1;
        self.weight = weight(self.depth);
    }

    fn branch_back(&mut self, loops: usize) {
        let number = self.open.len().checked_sub(loops + 1).map(|index| self.open[index]);
        self.turned |= number.and_then(|number| 1u64.checked_shl(number)).unwrap_or(0);
    }

    #[inline(always)]
    fn loop_end(&mut self) {
        self.open.pop();
        self.depth -= 1;
        self.weight = weight(self.depth);
    }

    fn end(&mut self, max_operands: u32) {
        self.max_operands = max_operands;
    }
}

fn weight(depth: u32) -> u32 {
    8u32.saturating_pow(depth).min(MAX_WEIGHT)
}
