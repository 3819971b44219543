//! The symbolic operand stack: what is on it, and which of it has been computed.

use super::listing::Recorder;
use super::micro_op::{MicroOp, Operand};
use super::{Body, SLOT, class_of};
use crate::code::operands::{Form, Kind};
use crate::wasm::types::ValType;

/// A local, or what a loop carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    /// Its slot.
    pub(super) slot: i32,
    /// Its type.
    pub(super) ty: ValType,
    /// The kind that reads and writes it: `S`, or that of a pinned local.
    pub(super) kind: Kind,
}

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
    /// The kind that reads it.
    pub(super) source: Kind,
    pub(super) ty: ValType,
    /// Whether the upper half of its slot is zero, of an i32.
    pub(super) zero_extended: bool,
}

impl Entry {
    /// A temporary that this micro-op defines.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn temporary(definition: u32, ty: ValType) -> Self {
        Self { value: 0, definition, kind: EntryKind::Temporary, source: Kind::S, ty, zero_extended: false }
    }
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
    pub(super) fn push_local(&mut self, Local { slot, ty, kind: source }: Local) {
        let value = u64::from(slot as u32);
        self.b.stack.push(Entry { value, definition: 0, kind: EntryKind::Local, source, ty, zero_extended: false });
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
        self.b.stack.push(Entry { value: bits, definition: 0, kind: EntryKind::Constant, source: Kind::I, ty, zero_extended: false });
    }

    /// Pushes what the last micro-op defines.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push_result(&mut self, ty: ValType, zero_extended: bool) {
        let definition = self.last_op();
        self.b.stack.push(Entry { zero_extended, ..Entry::temporary(definition, ty) });
    }

    /// Pushes a temporary that is already in its home slot.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push_temporary(&mut self, ty: ValType) {
        self.b.stack.push(Entry::temporary(0, ty));
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
        self.b.stack.pop().unwrap_or(Entry { kind: EntryKind::Constant, source: Kind::I, ..Entry::temporary(0, ValType::I32) })
    }

    /// An entry that was just taken from this height, as an operand.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn operand(&self, entry: Entry, height: usize) -> Operand {
        let bits = if entry.kind == EntryKind::Temporary { u64::from(self.home(height) as u32) } else { entry.value };
        Operand { kind: entry.source, bits }
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
        self.b.stack[height] = Entry::temporary(definition, entry.ty);
        if let (ValType::V128, Some(half)) = (entry.ty, self.b.stack.get_mut(height + 1)) {
            (half.kind, half.source) = (EntryKind::Temporary, Kind::S);
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
    pub(super) fn set_local(&mut self, local: Local, tee: bool) {
        let Local { slot, ty, .. } = local;
        let entry = self.pop_value();
        if entry.kind == EntryKind::Local && entry.value as i32 == slot {
            if tee {
                self.push_local(Local { ty: entry.ty, ..local });
            }
            return;
        }
        let height = self.height();
        let on_stack = self.is_on_stack(slot);
        if !(entry.kind == EntryKind::Temporary && entry.definition >= self.first_op && self.redirect(entry, height, local, on_stack)) {
            if on_stack {
                self.preserve(slot);
            }
            let operand = self.operand(entry, height);
            self.copy(operand, slot, ty);
        }
        if tee {
            self.push_local(local);
        }
    }

    /// Lets the definition of a temporary write a local instead; whether that was possible.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn redirect(&mut self, entry: Entry, height: usize, local: Local, on_stack: bool) -> bool {
        let Local { slot, ty, kind } = local;
        let index = (entry.definition - self.first_op) as usize;
        let home = self.home(height);
        let definition = self.b.ops[index];
        let to_pin = kind.is_pin();
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
            let definition = &mut self.b.ops[index];
            (definition.d, definition.form.d) = (slot, kind);
            true
        } else if index + 1 == self.b.ops.len() {
            self.b.ops.pop();
            self.preserve(slot);
            let form = Form { d: kind, ..definition.form };
            self.b.ops.push(MicroOp { d: slot, form, ..definition });
            true
        } else {
            false
        }
    }
}
