//! The operand stack of the validation algorithm.
//!
//! Spec: Appendix, Validation Algorithm, `vals`. Called by: `validate::body`.
//!
//! # Invariants
//! O1. `slots[0]` is a mark, and so is the slot below the first operand of every label; marks are never popped as operands.
//! O2. `1 <= top < slots.len()`.
//!
//! # Why
//! With a mark below each label's operands, a pop needs no separate check of the height: a mark equals no type. The stack is a boxed slice and
//! an index, used as a local variable and passed by value where it grows, so that it lives in registers.

use alloc::{boxed::Box, vec};

use crate::wasm::types::ValType;

/// Lies below the operands of a label; no value type has these bits.
pub(super) const MARK: ValType = ValType::from_bits(1);
/// The type of an operand of unreachable code: matches every type.
pub(super) const BOTTOM: ValType = ValType::from_bits(0);

/// How many operands a body may have at a time; far above what any frame could hold.
pub(super) const MAX_OPERANDS: usize = 1_000_000;

/// The operand stack.
#[derive(Default)]
pub(super) struct Operands {
    slots: Box<[ValType]>,
    /// Index of the topmost operand or mark.
    top: usize,
}

impl Operands {
    /// Empties the stack: two marks, the upper of which is the function's.
    pub(super) fn reset(&mut self) {
        if self.slots.len() < 2 {
            self.slots = vec![MARK; 256].into_boxed_slice();
        }
        self.slots[..2].fill(MARK);
        self.top = 1;
    }

    /// Index of the topmost operand or mark.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn top(&self) -> usize {
        self.top
    }

    /// Drops all above `top`.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn truncate(&mut self, top: usize) {
        self.top = top;
    }

    /// All slots up to the topmost.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn slots(&self) -> &[ValType] {
        match self.slots.get(..self.top + 1) {
            Some(slots) => slots,
            None => missing(),
        }
    }

    /// The topmost operand or mark.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn last(&self) -> ValType {
        self.slots.get(self.top).copied().unwrap_or(MARK)
    }

    /// The two topmost operands or marks.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn pair(&self) -> [ValType; 2] {
        match (self.slots.get(self.top.wrapping_sub(1)), self.slots.get(self.top)) {
            (Some(&below), Some(&top)) => [below, top],
            _ => [MARK; 2],
        }
    }

    /// Pops an operand of this type, if it is the topmost.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn pop_if(&mut self, ty: ValType) -> bool {
        let same = self.last() == ty;
        self.top -= usize::from(same);
        same
    }

    /// Replaces the topmost operand if it is of this type.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn replace_if(&mut self, old: ValType, new: ValType) -> bool {
        match self.slots.get_mut(self.top) {
            Some(slot) if *slot == old => {
                *slot = new;
                true
            }
            _ => false,
        }
    }

    /// Pushes an operand or mark.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push(&mut self, ty: ValType) {
        self.top += 1;
        match self.slots.get_mut(self.top) {
            Some(slot) => *slot = ty,
            None => *self = core::mem::take(self).grow(&[ty]),
        }
    }

    /// Pushes operands.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push_all(&mut self, types: &[ValType]) {
        let start = self.top + 1;
        match self.slots.get_mut(start..start + types.len()) {
            Some(slots) => {
                slots.copy_from_slice(types);
                self.top += types.len();
            }
            None => {
                self.top += 1;
                *self = core::mem::take(self).grow(types);
            }
        }
    }

    /// Grows the stack, then writes `types` from `top` on.
    #[cold]
    #[inline(never)]
    fn grow(self, types: &[ValType]) -> Self {
        let mut slots = self.slots.into_vec();
        slots.resize((self.top + types.len()).max(2 * slots.len()), MARK);
        slots[self.top..self.top + types.len()].copy_from_slice(types);
        Self { slots: slots.into_boxed_slice(), top: self.top + types.len() - 1 }
    }
}

/// No slots, which invariant O2 excludes; out of line, so that it is a branch that is never taken.
#[cold]
#[inline(never)]
fn missing() -> &'static [ValType] {
    &[MARK]
}
