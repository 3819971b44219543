//! Which slots of a frame hold references of the garbage-collected heap: found where a collection needs it, by translating again.
//!
//! A collection happens only while an instruction that allocates is done, or inside of a call. There, all references that are needed later lie in
//! slots: those of locals, of what loops carry, and the home slots of operands. Locals start as null; so what has not been set does no harm.
//! Called by: `api`.

use alloc::{collections::BTreeMap, vec::Vec};

use super::listing::Recorder;
use super::micro_op::MicroOp;
use super::{BodyFacts, Options, Translator};
use crate::code::cell::ModuleCode;
use crate::decode::module::Module;

/// The slots with references, of each place of a function where a collection may happen; in bytes from the frame pointer.
#[derive(Debug, Default)]
pub struct RootMap {
    /// Where the operands of calls and allocations lie in the code, in bytes, and which instruction of the module they are of.
    places: Vec<(u32, u32)>,
    roots: BTreeMap<u32, Vec<i32>>,
}

impl Recorder for RootMap {
    fn group(&mut self, _: u32, _: bool, _: usize) {}
    fn op(&mut self, at: u32, op: &MicroOp) {
        if op.op.calls() || op.op.allocates() {
            self.places.push((at, op.offset));
        }
    }
    fn roots(&mut self, offset: u32, slots: Vec<i32>) {
        self.roots.insert(offset, slots);
    }
}

impl RootMap {
    /// The map of a function of a module, which is translated for it.
    pub fn new(module: &Module, code: &ModuleCode, function: u32, facts: &BodyFacts, options: Options) -> Self {
        let mut map = Self::default();
        Translator::new(options).record(module, code, function, facts, &mut map);
        map
    }

    /// The slots at a place in the code: in an instruction that allocates, or behind the operands of a call.
    pub fn slots(&self, code_offset: u32) -> &[i32] {
        let behind = self.places.partition_point(|&(at, _)| at <= code_offset);
        let place = behind.checked_sub(1).and_then(|index| self.places.get(index));
        place.and_then(|(_, offset)| self.roots.get(offset)).map_or(&[], Vec::as_slice)
    }
}
