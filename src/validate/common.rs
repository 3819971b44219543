//! The common operators in their common forms, judged quickly.
//!
//! Called by: `validate::body`, which judges all else, and says what holds; here is only what leaves no doubt.
//!
//! # Invariants
//! C1. What is accepted here, `validate::body` would accept, with the same effect on operands and labels, and the same report to the sink.
//! C2. Where something is not common, or wrong, nothing has changed: reader and operands are in front of the operator.
//!
//! # Why
//! A loop without errors, calls and operands of other than the topmost types is small enough for reader and operand stack to live in registers. When
//! it also held the other operators, they did not, and a module took 1.2 to 1.6 times as long (2026-11-26).
//!
//! Half of the time that is left goes into jumps that the processor guesses wrong: a body that is judged again and again takes half as long. So the
//! most frequent operators are asked for in front of the jump through a table, since branches are guessed better than that; numeric operators, the
//! last in the table, are behind a branch too. More such questions gained nothing that exceeds what the place of the code in memory does (3 %), nor
//! did one arm for loads and stores. One sequence without jumps for all operators, driven by a table, was slower by 20 to 30 %: where the next
//! operator starts then hangs on two loads.

use crate::{
    decode::operators::{BlockType, Reader},
    wasm::types::{GlobalType, ValType},
};

use super::{
    BodySink,
    body::{Body, Kind, Label, State},
    bytes::*,
    operands::{MARK, Operands},
    simple::SIMPLE,
};

/// Operands whose slots are borrowed.
type Lent<'s> = Operands<&'s mut [ValType]>;

impl<'a, S: BodySink> Body<'a, S> {
    /// Judges operators as long as they are common and nothing is wrong with them; stops in front of the first other.
    #[inline(always)]
    pub(super) fn common(&mut self, state: &mut State<'a>) {
        let direct = self.locals.direct();
        // Memory 0 is nearly always one of 32 bits, with which accesses need not be looked at.
        let plain_memory = self.module.memory_types.first().is_some_and(|memory| !memory.is_64);
        let mut reader = state.reader.clone();
        let mut operands = state.operands.lend();
        loop {
            let mut next = reader.clone();
            let is_common = if next.next_is(LOCAL_GET) {
                match short_local(&mut next, direct) {
                    Some((index, ty)) if operands.try_push(ty) => self.note_local(index, false),
                    _ => false,
                }
            } else if next.next_is(I32_CONST) {
                next.skip_integer() && operands.try_push(ValType::I32)
            } else {
                let Ok(byte) = next.byte() else { break };
                match byte {
                    LOCAL_SET | LOCAL_TEE => match short_local(&mut next, direct) {
                        Some((index, ty)) if operands.last() == ty => {
                            operands.truncate(operands.top() - usize::from(byte == LOCAL_SET));
                            self.note_local(index, true)
                        }
                        _ => false,
                    },
                    I64_CONST => next.skip_integer() && operands.try_push(ValType::I64),
                    F64_CONST => next.f64_bits().is_ok() && operands.try_push(ValType::F64),
                    I32_LOAD | I64_LOAD | F32_LOAD | F64_LOAD | I32_LOAD8_S | I32_LOAD8_U | I32_LOAD16_S | I32_LOAD16_U | I64_LOAD8_S
                    | I64_LOAD8_U | I64_LOAD16_S | I64_LOAD16_U | I64_LOAD32_S | I64_LOAD32_U => {
                        let simple = &SIMPLE[byte as usize];
                        plain_memory && next.short_mem_arg(simple.natural) && operands.replace_if(ValType::I32, simple.result)
                    }
                    I32_STORE | I64_STORE | F32_STORE | F64_STORE | I32_STORE8 | I32_STORE16 | I64_STORE8 | I64_STORE16 | I64_STORE32 => {
                        let simple = &SIMPLE[byte as usize];
                        let is_common = plain_memory && next.short_mem_arg(simple.natural) && simple.accepts(operands.pair());
                        if is_common {
                            operands.truncate(operands.top() - 2);
                        }
                        is_common
                    }
                    BLOCK | LOOP | IF => self.common_block(&mut next, &mut operands, byte, &mut state.max_operands),
                    END => self.common_end(&mut operands, &mut state.max_operands),
                    BR_IF => self.common_label(&mut next).is_some() && operands.pop_if(ValType::I32),
                    BR => match self.common_label(&mut next) {
                        Some(kind) if kind != Kind::Loop => {
                            operands.truncate(self.set_unreachable());
                            true
                        }
                        _ => false,
                    },
                    CALL => self.common_call(&mut next, &mut operands),
                    GLOBAL_GET => match self.common_global(&mut next) {
                        Some(global) if global.content != ValType::V128 => operands.try_push(global.content),
                        _ => false,
                    },
                    GLOBAL_SET => match self.common_global(&mut next) {
                        Some(global) if global.mutable => operands.pop_if(global.content),
                        _ => false,
                    },
                    DROP => {
                        let is_common = operands.last() != MARK;
                        operands.truncate(operands.top() - usize::from(is_common));
                        is_common
                    }
                    BR_TABLE | ELSE | SELECT | RETURN | UNREACHABLE => false,
                    _ => {
                        let simple = &SIMPLE[byte as usize];
                        let is_common = simple.accepts(operands.pair());
                        if is_common {
                            operands.replace(simple.operands, simple.result);
                        }
                        is_common
                    }
                }
            };
            if !is_common {
                break;
            }
            reader = next;
        }
        let heights = operands.heights();
        state.operands.settle(heights);
        state.reader = reader;
    }

    /// The start of a block without parameters, with a number for a result if it has one.
    #[inline(always)]
    fn common_block(&mut self, reader: &mut Reader<'a>, operands: &mut Lent<'_>, byte: u8, max_operands: &mut usize) -> bool {
        let Some(block) = reader.short_block_type() else { return false };
        if self.labels.len() == self.labels.capacity() || byte == IF && operands.last() != ValType::I32 || !operands.has_room() {
            return false;
        }
        if S::ACTIVE {
            *max_operands = (*max_operands).max(operands.take_high() - self.labels.len());
        }
        operands.truncate(operands.top() - usize::from(byte == IF));
        let kind = match byte {
            IF => Kind::If,
            BLOCK => Kind::Block,
            _ => Kind::Loop,
        };
        if S::ACTIVE && kind == Kind::Loop {
            self.sink.loop_begin(&[]);
        }
        operands.try_push(MARK);
        self.labels.push(Label { kind, unreachable: false, block, mark: operands.top() as u32 });
        if S::ACTIVE {
            operands.take_high();
        }
        true
    }

    /// The end of a block that is neither the function nor to do with exceptions, where no local without default is set.
    #[inline(always)]
    fn common_end(&mut self, operands: &mut Lent<'_>, max_operands: &mut usize) -> bool {
        let Some(&Label { kind, block, mark, .. }) = self.labels.last() else { return false };
        let height = operands.top() - mark as usize;
        if !self.set.is_empty() || !matches!(kind, Kind::Block | Kind::Loop | Kind::If | Kind::Else) {
            return false;
        }
        let last = operands.last();
        match block {
            BlockType::Empty if height == 0 => {}
            BlockType::Value(ty) if height == 1 && last == ty && kind != Kind::If => {}
            _ => return false,
        }
        if S::ACTIVE {
            *max_operands = (*max_operands).max(operands.take_high() - self.labels.len());
            if kind == Kind::Loop {
                self.sink.loop_end();
            }
        }
        self.labels.pop();
        operands.close(mark as usize - 1 + height, last);
        true
    }

    /// What opened the label that is named, if it takes nothing.
    #[inline(always)]
    fn common_label(&self, reader: &mut Reader<'a>) -> Option<Kind> {
        let depth = reader.short_unsigned()?;
        let label = self.labels.len().checked_sub(depth as usize + 1).and_then(|index| self.labels.get(index))?;
        (label.block == BlockType::Empty).then_some(label.kind)
    }

    /// The global that is named.
    #[inline(always)]
    fn common_global(&self, reader: &mut Reader<'a>) -> Option<&'a GlobalType> {
        self.module.global_types.get(reader.short_unsigned()? as usize)
    }

    /// A call without vectors, of a function of at most one result.
    #[inline(always)]
    fn common_call(&mut self, reader: &mut Reader<'a>, operands: &mut Lent<'_>) -> bool {
        let Some(&type_index) = reader.short_index().and_then(|index| self.module.functions.get(index as usize)) else { return false };
        let Some(ty) = self.block_func(type_index) else { return false };
        if ty.has_vectors() || !operands.exchange(ty.params(), ty.results()) {
            return false;
        }
        if S::ACTIVE {
            self.sink.call();
        }
        true
    }

    /// Tells the sink of a local.
    #[inline(always)]
    fn note_local(&mut self, index: u32, write: bool) -> bool {
        if S::ACTIVE {
            self.sink.local(index, write);
        }
        true
    }
}

/// A local whose index has one byte, if it has an entry and a default.
#[inline(always)]
fn short_local(reader: &mut Reader<'_>, direct: &[ValType]) -> Option<(u32, ValType)> {
    let index = reader.short_unsigned()?;
    let &ty = direct.get(index as usize)?;
    ty.is_defaultable().then_some((index, ty))
}
