//! The symbolic operand stack: what is on it, and which of it has been computed.

use super::listing::Recorder;
use super::micro_op::Operand;
use super::{Body, SLOT, class_of};
use crate::wasm::types::ValType;

/// What an entry of the operand stack is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EntryKind {
    /// The value of the local whose slot is `value`, not yet read.
    Local,
    /// The constant `value`.
    Constant,
    /// A temporary in the home slot of its height.
    Temporary,
}

/// An entry of the operand stack: a value of one slot, or one half of a vector. The halves of a vector lie one behind the other, the first one says
/// where the vector is; both are of the same kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// See [`EntryKind`].
    pub(super) value: u64,
    /// The number of the micro-op that defines it; 0 if that is not in the buffer's reach.
    pub(super) definition: u32,
    pub(super) kind: EntryKind,
    pub(super) ty: ValType,
    /// Whether the upper half of its slot is zero, of an i32.
    pub(super) zero_extended: bool,
}

impl<R: Recorder> Body<'_, R> {
    /// The home slot of a height (X2).
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn home(&self, height: usize) -> i32 {
        self.homes + height as i32 * SLOT
    }

    /// How many slots the operands take.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn height(&self) -> usize {
        self.b.stack.len()
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push_local(&mut self, slot: i32, ty: ValType) {
        let entry = Entry { value: u64::from(slot as u32), definition: 0, kind: EntryKind::Local, ty, zero_extended: false };
        self.b.stack.push(entry);
        if ty == ValType::V128 {
            self.push_half();
        }
    }

    /// Pushes the second half of the vector whose first half was just pushed.
    #[inline(never)]
    pub(super) fn push_half(&mut self) {
        if let Some(&first) = self.b.stack.last() {
            self.b.stack.push(Entry { value: first.value.wrapping_add(SLOT as u64), definition: 0, ..first });
        }
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push_constant(&mut self, bits: u64, ty: ValType) {
        self.b.stack.push(Entry { value: bits, definition: 0, kind: EntryKind::Constant, ty, zero_extended: false });
    }

    /// Pushes what the last micro-op defines.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push_result(&mut self, ty: ValType, zero_extended: bool) {
        let definition = self.last_op();
        self.b.stack.push(Entry { value: 0, definition, kind: EntryKind::Temporary, ty, zero_extended });
    }

    /// Pushes a temporary that is already in its home slot.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push_temporary(&mut self, ty: ValType) {
        self.b.stack.push(Entry { value: 0, definition: 0, kind: EntryKind::Temporary, ty, zero_extended: false });
        if ty == ValType::V128 {
            self.push_half();
        }
    }

    /// Takes the top value, of any type: both halves of a vector, of which it gives the first.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn pop_value(&mut self) -> Entry {
        let entry = self.pop();
        if entry.ty == ValType::V128 { self.pop() } else { entry }
    }

    /// Takes the vector on top as an operand, which is in a slot.
    pub(super) fn pop_vector(&mut self) -> Operand {
        let entry = self.pop_value();
        self.operand(entry, self.height())
    }

    /// Takes the top entry. (An empty stack can't be, X1: it gives a constant.)
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn pop(&mut self) -> Entry {
        debug_assert!(!self.b.stack.is_empty());
        self.b.stack.pop().unwrap_or(Entry { value: 0, definition: 0, kind: EntryKind::Constant, ty: ValType::I32, zero_extended: false })
    }

    /// An entry that was just taken from this height, as an operand.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn operand(&self, entry: Entry, height: usize) -> Operand {
        match entry.kind {
            EntryKind::Constant => Operand::Immediate(entry.value),
            EntryKind::Temporary => Operand::Slot(self.home(height)),
            EntryKind::Local => Operand::Slot(entry.value as i32),
        }
    }

    /// Takes the top entry as an operand; gives it with its type and home slot.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn pop_operand(&mut self) -> (Operand, ValType, i32) {
        let entry = self.pop();
        let height = self.height();
        (self.operand(entry, height), entry.ty, self.home(height))
    }

    /// Computes an entry, the first half of a vector, into its home slot, if it is not there.
    pub(super) fn materialize(&mut self, height: usize) {
        let entry = self.b.stack[height];
        if entry.kind == EntryKind::Temporary {
            return;
        }
        let operand = self.operand(entry, height);
        self.copy(operand, self.home(height), entry.ty);
        let definition = self.last_op();
        self.b.stack[height] = Entry { value: 0, definition, kind: EntryKind::Temporary, ty: entry.ty, zero_extended: false };
        if let (ValType::V128, Some(half)) = (entry.ty, self.b.stack.get_mut(height + 1)) {
            half.kind = EntryKind::Temporary;
        }
    }

    /// Computes what is in the top `count` slots into their home slots.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn materialize_top(&mut self, count: usize) {
        for height in self.height() - count..self.height() {
            self.materialize(height);
        }
    }

    /// Reads all locals that are on the stack unread.
    pub(super) fn materialize_locals(&mut self) {
        for height in 0..self.height() {
            if self.b.stack[height].kind == EntryKind::Local {
                self.materialize(height);
            }
        }
    }

    /// The top `count` entries are read by other means than operands: their slots must be written (X3).
    pub(super) fn keep_top(&mut self, count: usize) {
        for height in self.height() - count..self.height() {
            let definition = self.b.stack[height].definition;
            if definition >= self.first_op {
                self.b.ops[(definition - self.first_op) as usize].keep = true;
            }
        }
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn is_on_stack(&self, slot: i32) -> bool {
        self.b.stack.iter().any(|entry| entry.kind == EntryKind::Local && entry.value as i32 == slot)
    }

    /// Reads a local that is about to change, wherever it is on the stack unread.
    #[inline(never)]
    fn preserve(&mut self, slot: i32) {
        for height in 0..self.height() {
            let entry = self.b.stack[height];
            if entry.kind == EntryKind::Local && entry.value as i32 == slot {
                self.materialize(height);
            }
        }
    }

    /// `local.set`, and `local.tee` if `tee`. The micro-op that defines the value writes the local directly where nothing in between would
    /// notice; otherwise the value is copied.
    pub(super) fn set_local(&mut self, slot: i32, ty: ValType, tee: bool) {
        let entry = self.pop_value();
        if entry.kind == EntryKind::Local && entry.value as i32 == slot {
            if tee {
                self.push_local(slot, entry.ty);
            }
            return;
        }
        let height = self.height();
        let on_stack = self.is_on_stack(slot);
        if !(entry.kind == EntryKind::Temporary && entry.definition >= self.first_op && self.redirect(entry, height, slot, ty, on_stack)) {
            if on_stack {
                self.preserve(slot);
            }
            let operand = self.operand(entry, height);
            self.copy(operand, slot, ty);
        }
        if tee {
            self.push_local(slot, ty);
        }
    }

    /// Lets the definition of a temporary write a local instead; whether that was possible.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn redirect(&mut self, entry: Entry, height: usize, slot: i32, ty: ValType, on_stack: bool) -> bool {
        let index = (entry.definition - self.first_op) as usize;
        let home = self.home(height);
        let definition = self.b.ops[index];
        let to_pin = self.is_pinned(slot);
        // An exception may land here from a call: it must find what the local held then.
        let lands = self.in_region();
        let possible = definition.d == home
            && !definition.keep
            && !definition.op.calls()
            && (!to_pin || (definition.class == class_of(ty) && definition.op.writes_pins()))
            && self.b.ops[index + 1..].iter().all(|later| !(later.op.branches() || later.touches(slot) || lands && later.op.calls()));
        if !possible {
            return false;
        }
        if !on_stack {
            self.b.ops[index].d = slot;
            true
        } else if index + 1 == self.b.ops.len() {
            self.b.ops.pop();
            self.preserve(slot);
            self.b.ops.push(super::micro_op::MicroOp { d: slot, ..definition });
            true
        } else {
            false
        }
    }
}
