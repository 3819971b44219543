//! The operand stack of the validation algorithm.
//!
//! Spec: Appendix, Validation Algorithm, `vals`. Called by: `validate::{body, common, references}`.
//!
//! # Invariants
//! O1. `slots[0]` is a mark, and so is the slot below the first operand of every label; marks are never popped as operands.
//! O2. `1 <= top < slots.len()`.
//!
//! # Why
//! With a mark below each label's operands, a pop needs no separate check of the height: a mark equals no type. The stack can be lent, without the
//! power to grow, to a loop that calls nothing, and lives in registers there.

use alloc::{boxed::Box, vec};

use crate::wasm::types::ValType;

/// Lies below the operands of a label; no value type has these bits.
pub(super) const MARK: ValType = ValType::from_bits(1);
/// The type of an operand of unreachable code: matches every type.
pub(super) const BOTTOM: ValType = ValType::from_bits(0);

/// How many operands a body may have at a time; far above what any frame could hold.
pub(super) const MAX_OPERANDS: usize = 1_000_000;

/// The operand stack, which owns its slots or has borrowed them.
#[derive(Default)]
pub(super) struct Operands<Slots = Box<[ValType]>> {
    slots: Slots,
    /// Index of the topmost operand or mark.
    top: usize,
    /// The largest `top` since [`Operands::take_high`].
    high: usize,
}

impl Operands {
    /// Empties the stack: two marks, the upper of which is the function's.
    pub(super) fn reset(&mut self) {
        if self.slots.len() < 2 {
            self.slots = vec![MARK; 256].into_boxed_slice();
        }
        self.slots[..2].fill(MARK);
        self.top = 1;
        self.high = 1;
    }

    /// The stack with borrowed slots, for [`Operands::settle`].
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn lend(&mut self) -> Operands<&mut [ValType]> {
        Operands { slots: &mut self.slots, top: self.top, high: self.high }
    }

    /// Takes over the heights of a stack that was lent.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn settle(&mut self, (top, high): (usize, usize)) {
        (self.top, self.high) = (top, high);
    }

    /// Pushes an operand or mark.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn push(&mut self, ty: ValType) {
        if !self.try_push(ty) {
            self.grow(&[ty]);
        }
    }

    /// Pushes operands.
    pub(super) fn push_all(&mut self, types: &[ValType]) {
        let start = self.top + 1;
        match self.slots.get_mut(start..start + types.len()) {
            Some(slots) => {
                slots.copy_from_slice(types);
                self.top += types.len();
                self.high = self.high.max(self.top);
            }
            None => self.grow(types),
        }
    }

    /// Pushes operands for which there is no room.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, types: &[ValType]) {
        let mut slots = core::mem::take(&mut self.slots).into_vec();
        slots.resize((self.top + 1 + types.len()).max(2 * slots.len()), MARK);
        slots[self.top + 1..][..types.len()].copy_from_slice(types);
        self.slots = slots.into_boxed_slice();
        self.top += types.len();
        self.high = self.high.max(self.top);
    }
}

impl<Slots: AsRef<[ValType]> + AsMut<[ValType]>> Operands<Slots> {
    /// The index of the topmost operand or mark, and the largest.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn heights(&self) -> (usize, usize) {
        (self.top, self.high)
    }

    /// The largest index of the topmost operand or mark since this was asked before.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn take_high(&mut self) -> usize {
        core::mem::replace(&mut self.high, self.top)
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
        match self.slots.as_ref().get(..self.top + 1) {
            Some(slots) => slots,
            None => missing(),
        }
    }

    /// The topmost operand or mark.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn last(&self) -> ValType {
        self.slots.as_ref().get(self.top).copied().unwrap_or(MARK)
    }

    /// The two topmost operands or marks.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn pair(&self) -> [ValType; 2] {
        match (self.slots.as_ref().get(self.top.wrapping_sub(1)), self.slots.as_ref().get(self.top)) {
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
        match self.slots.as_mut().get_mut(self.top) {
            Some(slot) if *slot == old => {
                *slot = new;
                true
            }
            _ => false,
        }
    }

    /// Pops so many operands, of which there are enough, and not none; and pushes one of this type.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn replace(&mut self, popped: u8, ty: ValType) {
        self.top = self.top + 1 - usize::from(popped);
        if let Some(slot) = self.slots.as_mut().get_mut(self.top) {
            *slot = ty;
        }
    }

    /// Drops all above `top`, and puts this there unless it is a mark; begins anew with the largest height.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn close(&mut self, top: usize, ty: ValType) {
        self.top = top;
        if ty != MARK
            && let Some(slot) = self.slots.as_mut().get_mut(top)
        {
            *slot = ty;
        }
        self.high = top;
    }

    /// Whether something can be pushed.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.top + 1 < self.slots.as_ref().len()
    }

    /// Pops operands of these types, and pushes at most one, if these are the topmost and there is room.
    #[inline(always)]
    pub(super) fn exchange(&mut self, popped: &[ValType], pushed: &[ValType]) -> bool {
        let Some(below) = (self.top + 1).checked_sub(popped.len()) else { return false };
        let slots = self.slots.as_mut();
        if !slots.get(below..=self.top).is_some_and(|found| found.iter().zip(popped).all(|(found, popped)| found == popped)) {
            return false;
        }
        match *pushed {
            [] => self.top = below - 1,
            [ty] => match slots.get_mut(below) {
                Some(slot) => {
                    *slot = ty;
                    self.top = below;
                    self.high = self.high.max(below);
                }
                None => return false,
            },
            _ => return false,
        }
        true
    }

    /// Pushes an operand or mark, if there is room.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn try_push(&mut self, ty: ValType) -> bool {
        let top = self.top + 1;
        let Some(slot) = self.slots.as_mut().get_mut(top) else { return false };
        *slot = ty;
        self.top = top;
        self.high = self.high.max(top);
        true
    }
}

/// No slots, which invariant O2 excludes; out of line, so that it is a branch that is never taken.
#[cold]
#[inline(never)]
fn missing() -> &'static [ValType] {
    &[MARK]
}
