//! Decoding and validating a function body, operator by operator.
//!
//! Spec: Appendix, Validation Algorithm, whose names it keeps: operands (`vals`), labels (`ctrls`), unreachable code with a polymorphic stack.
//! Called by: `validate::func`.
//!
//! # Invariants
//! B1. `labels` holds at least the function's label until the final `end`.
//! B2. `label.mark` is the index of the mark below the label's operands.
//! B3. Function types that block types name exist; they are checked where the block begins.
//!
//! # Why
//! One reading of the bytes, not a visitor over decoded operators: most operators are one table look-up and one compare (`validate::simple`), so that
//! decoding them into a value first would cost as much as judging them. What is common is judged by another loop first (`validate::common`); here all
//! operators are, in all forms, one by one: what this says is what holds.

use alloc::{collections::BTreeSet, vec::Vec};

use crate::{
    decode::{
        module::Module,
        operators::{BlockType, PREFIX_FB, PREFIX_FC, PREFIX_FD, PREFIX_FE, ReadError, Reader},
    },
    wasm::{
        features::Proposal,
        matching::Matching,
        types::{FuncType, TableType, ValType},
    },
};

use super::{
    BodySink, Locals,
    bytes::*,
    error::Fault,
    operands::{BOTTOM, MARK, MAX_OPERANDS, Operands},
    rare::known_type,
    simple::{SIMPLE, Simple},
};

/// What opened a label.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Block,
    Loop,
    If,
    Else,
    /// A legacy `try` up to its first `catch`, `catch_all` or `delegate`.
    Try,
    /// What follows a legacy `catch`; it has another mark below its own, for the exception that `rethrow` names.
    Catch,
    /// What follows a legacy `catch_all`; likewise.
    CatchAll,
}

/// An entry of the control stack.
#[derive(Clone, Copy)]
pub(super) struct Label {
    pub(super) kind: Kind,
    /// Whether the code that follows can't be reached, so that its operand stack holds whatever is popped from it.
    pub(super) unreachable: bool,
    pub(super) block: BlockType,
    /// Index of the mark below its operands (invariant B2).
    pub(super) mark: u32,
}

/// Branches out of fewer blocks than this are reported to the sink.
const MAX_REPORTED_DEPTH: usize = 16;

/// A list of types.
#[derive(Clone, Copy)]
pub(super) enum Types<'m> {
    None,
    One(ValType),
    Many(&'m [ValType]),
}

impl<'m> Types<'m> {
    /// These types; most lists have none or one.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn of(types: &'m [ValType]) -> Self {
        match *types {
            [] => Self::None,
            [ty] => Self::One(ty),
            _ => Self::Many(types),
        }
    }

    /// The list.
    pub(super) fn as_slice(&self) -> &[ValType] {
        match self {
            Self::None => &[],
            Self::One(ty) => core::slice::from_ref(ty),
            Self::Many(types) => types,
        }
    }

    fn has_vectors(self) -> bool {
        match self {
            Self::None => false,
            Self::One(ty) => ty == ValType::V128,
            Self::Many(types) => types.contains(&ValType::V128),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::None => 0,
            Self::One(_) => 1,
            Self::Many(types) => types.len(),
        }
    }
}

/// What operators read and change.
pub(super) struct State<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) operands: Operands,
    /// The largest height of the operand stack before the innermost label came or went.
    pub(super) max_operands: usize,
}

/// A body being validated.
pub(super) struct Body<'a, S> {
    pub(super) module: &'a Module,
    pub(super) locals: &'a Locals,
    pub(super) labels: &'a mut Vec<Label>,
    pub(super) sink: &'a mut S,
    /// How many bytes were left at the operator that is being validated.
    at: &'a mut usize,
    /// How many parameters there are.
    params: u32,
    /// Locals without default that have been set, with the number of open labels at that time; in the order of setting.
    pub(super) set: Vec<(usize, u32)>,
    /// The same locals.
    is_set: BTreeSet<u32>,
}

/// Pops an operand of a type: fast if that is the topmost type, through [`Body::pop_other`] if not.
macro_rules! pop {
    ($self:ident, $operands:ident, $ty:expr) => {{
        let ty: ValType = $ty;
        if !$operands.pop_if(ty) {
            let top = $self.pop_other($operands.slots(), ty)?;
            $operands.truncate(top);
        }
    }};
}

/// Pops operands of a list of types.
macro_rules! pop_types {
    ($self:ident, $operands:ident, $types:expr) => {
        match $types {
            Types::None => {}
            Types::One(ty) => pop!($self, $operands, ty),
            Types::Many(types) => {
                let top = $self.pop_many($operands.slots(), types)?;
                $operands.truncate(top);
            }
        }
    };
}

/// Pushes operands of a list of types.
macro_rules! push_types {
    ($self:ident, $operands:ident, $types:expr) => {
        match $types {
            Types::None => {}
            Types::One(ty) => $operands.push(ty),
            Types::Many(types) => {
                if $operands.top() > MAX_OPERANDS {
                    return Err(Fault::TooManyOperands);
                }
                $operands.push_all(types);
            }
        }
    };
}

/// Opens a block: takes its parameters, and gives them to its label.
macro_rules! open_block {
    ($self:ident, $operands:ident, $max_operands:ident, $kind:expr, $block:expr) => {{
        let (kind, block) = ($kind, $block);
        if S::ACTIVE {
            *$max_operands = (*$max_operands).max($operands.take_high() - $self.labels.len());
        }
        let params = $self.block_params(block)?;
        if S::ACTIVE && kind == Kind::Loop {
            $self.sink.loop_begin(if let Types::Many(types) = params { types } else { &[] });
        }
        pop_types!($self, $operands, params);
        $operands.push(MARK);
        $operands.take_high();
        $self.labels.push(Label { kind, unreachable: false, block, mark: $operands.top() as u32 });
        push_types!($self, $operands, params);
    }};
}

impl<'a, S: BodySink> Body<'a, S> {
    pub(super) fn new(
        module: &'a Module,
        locals: &'a Locals,
        params: u32,
        labels: &'a mut Vec<Label>,
        sink: &'a mut S,
        at: &'a mut usize,
    ) -> Self {
        Self { module, locals, labels, sink, at, params, set: Vec::new(), is_set: BTreeSet::new() }
    }

    /// Validates the operators of a function of the type at `type_index`. `stack` must be reset; it is a buffer, and lost on failure.
    pub(super) fn run(&mut self, reader: &Reader<'a>, stack: &mut Operands, type_index: u32) -> Result<(), Fault> {
        let mut state = State { reader: reader.clone(), operands: core::mem::take(stack), max_operands: 0 };
        self.labels.push(Label { kind: Kind::Function, unreachable: false, block: BlockType::Func(type_index), mark: 1 });
        while !self.labels.is_empty() {
            self.common(&mut state);
            *self.at = state.reader.remaining();
            self.operator(&mut state)?;
        }
        if !state.reader.is_at_end() {
            *self.at = state.reader.remaining();
            return Err(Fault::TrailingBytes);
        }
        if S::ACTIVE {
            self.sink.end(self.locals, state.max_operands as u32);
        }
        *stack = state.operands;
        Ok(())
    }

    /// Validates an operator, whichever it is.
    #[inline(never)]
    fn operator(&mut self, state: &mut State<'a>) -> Result<(), Fault> {
        let State { reader, operands, max_operands } = state;
        let Ok(byte) = reader.byte() else { return Err(Fault::EndExpected) };
        match byte {
            LOCAL_GET => {
                let index = reader.u32()?;
                let ty = self.local(index, false)?;
                operands.push(ty);
            }
            LOCAL_SET => {
                let index = reader.u32()?;
                let ty = self.local(index, true)?;
                pop!(self, operands, ty);
            }
            LOCAL_TEE => {
                let index = reader.u32()?;
                let ty = self.local(index, true)?;
                if operands.last() != ty {
                    pop!(self, operands, ty);
                    operands.push(ty);
                }
            }
            I32_CONST => {
                reader.i32()?;
                operands.push(ValType::I32);
            }
            I64_CONST => {
                reader.i64()?;
                operands.push(ValType::I64);
            }
            F32_CONST => {
                reader.f32_bits()?;
                operands.push(ValType::F32);
            }
            F64_CONST => {
                reader.f64_bits()?;
                operands.push(ValType::F64);
            }
            I32_LOAD | I64_LOAD | F32_LOAD | F64_LOAD | I32_LOAD8_S | I32_LOAD8_U | I32_LOAD16_S | I32_LOAD16_U | I64_LOAD8_S
            | I64_LOAD8_U | I64_LOAD16_S | I64_LOAD16_U | I64_LOAD32_S | I64_LOAD32_U => {
                let simple = &SIMPLE[byte as usize];
                let address = self.access(reader.mem_arg()?, simple.natural)?;
                pop!(self, operands, address);
                operands.push(simple.result);
            }
            I32_STORE | I64_STORE | F32_STORE | F64_STORE | I32_STORE8 | I32_STORE16 | I64_STORE8 | I64_STORE16 | I64_STORE32 => {
                let address = self.access(reader.mem_arg()?, SIMPLE[byte as usize].natural)?;
                let value = Simple::operand_types(byte).last().copied().unwrap_or(ValType::I32);
                pop!(self, operands, value);
                pop!(self, operands, address);
            }
            BLOCK | LOOP | IF => {
                let mut block = reader.block_type()?;
                if let BlockType::Value(ty) = block {
                    block = BlockType::Value(known_type(self.module, ty)?);
                }
                if byte == IF {
                    pop!(self, operands, ValType::I32);
                }
                let kind = match byte {
                    BLOCK => Kind::Block,
                    LOOP => Kind::Loop,
                    _ => Kind::If,
                };
                open_block!(self, operands, max_operands, kind, block);
            }
            ELSE => {
                let label = self.innermost()?;
                if label.kind != Kind::If {
                    return Err(Fault::MisplacedElse);
                }
                pop_types!(self, operands, self.results(label.block));
                if operands.top() != label.mark as usize {
                    return Err(Fault::OperandsLeft);
                }
                self.forget_set();
                if let Some(label) = self.labels.last_mut() {
                    label.kind = Kind::Else;
                    label.unreachable = false;
                }
                push_types!(self, operands, self.params(label.block));
            }
            END => {
                let label = self.innermost()?;
                let results = self.results(label.block);
                pop_types!(self, operands, results);
                if operands.top() != label.mark as usize {
                    return Err(Fault::OperandsLeft);
                }
                operands.truncate(label.mark as usize - 1);
                if S::ACTIVE {
                    *max_operands = (*max_operands).max(operands.take_high() - self.labels.len());
                }
                self.forget_set();
                self.labels.pop();
                match label.kind {
                    Kind::Function => return Ok(()),
                    Kind::If => self.check_missing_else(label.block)?,
                    Kind::Loop if S::ACTIVE => self.sink.loop_end(),
                    Kind::Catch | Kind::CatchAll => operands.truncate(label.mark as usize - 2),
                    _ => {}
                }
                push_types!(self, operands, results);
            }
            BR => {
                let depth = reader.u32()?;
                let types = self.label_types(depth)?;
                if S::ACTIVE {
                    self.report_branch(depth as usize);
                }
                pop_types!(self, operands, types);
                let mark = self.set_unreachable();
                operands.truncate(mark);
            }
            BR_IF => {
                let types = self.label_types(reader.u32()?)?;
                pop!(self, operands, ValType::I32);
                match types {
                    Types::None => {}
                    types => {
                        pop_types!(self, operands, types);
                        push_types!(self, operands, types);
                    }
                }
            }
            BR_TABLE => {
                let count = reader.u32()?;
                pop!(self, operands, ValType::I32);
                self.br_table(reader, count, operands.slots())?;
                let mark = self.set_unreachable();
                operands.truncate(mark);
            }
            RETURN => {
                let types = self.label_types(self.labels.len() as u32 - 1)?;
                pop_types!(self, operands, types);
                let mark = self.set_unreachable();
                operands.truncate(mark);
            }
            UNREACHABLE => {
                let mark = self.set_unreachable();
                operands.truncate(mark);
            }
            NOP => {}
            CALL => {
                let index = reader.u32()?;
                let Some(&type_index) = self.module.functions.get(index as usize) else {
                    return Err(Fault::Unknown("function", index));
                };
                let ty = self.called(type_index)?;
                pop_types!(self, operands, Types::Many(ty.params()));
                push_types!(self, operands, Types::of(ty.results()));
            }
            CALL_INDIRECT => {
                let type_index = reader.u32()?;
                let index = self.function_table(reader.u32()?)?;
                pop!(self, operands, index);
                let ty = self.called(type_index)?;
                pop_types!(self, operands, Types::Many(ty.params()));
                push_types!(self, operands, Types::of(ty.results()));
            }
            RETURN_CALL | RETURN_CALL_INDIRECT => {
                self.require(Proposal::TailCall)?;
                let index = reader.u32()?;
                let type_index = if byte == RETURN_CALL {
                    self.module.functions.get(index as usize).copied().ok_or(Fault::Unknown("function", index))?
                } else {
                    let table_index = self.function_table(reader.u32()?)?;
                    pop!(self, operands, table_index);
                    index
                };
                let ty = self.called(type_index)?;
                self.check_results(ty)?;
                pop_types!(self, operands, Types::Many(ty.params()));
                let mark = self.set_unreachable();
                operands.truncate(mark);
            }
            TRY_TABLE | TRY => {
                let block = self.try_block(reader, byte)?;
                open_block!(self, operands, max_operands, if byte == TRY { Kind::Try } else { Kind::Block }, block);
            }
            THROW | THROW_REF | RETHROW => {
                let types = self.throw(reader, byte)?;
                pop_types!(self, operands, types);
                let mark = self.set_unreachable();
                operands.truncate(mark);
            }
            CATCH | CATCH_ALL | DELEGATE => {
                self.forget_set();
                let label = self.innermost()?;
                let results = self.results(label.block);
                let payload = self.end_of_try(reader, byte, label)?;
                pop_types!(self, operands, results);
                if operands.top() != label.mark as usize {
                    return Err(Fault::OperandsLeft);
                }
                if byte == DELEGATE {
                    operands.truncate(label.mark as usize - 1);
                    if S::ACTIVE {
                        *max_operands = (*max_operands).max(operands.take_high() - self.labels.len());
                    }
                    self.labels.pop();
                    push_types!(self, operands, results);
                } else {
                    if label.kind == Kind::Try {
                        operands.push(MARK);
                    }
                    if let Some(label) = self.labels.last_mut() {
                        label.kind = if byte == CATCH { Kind::Catch } else { Kind::CatchAll };
                        (label.unreachable, label.mark) = (false, operands.top() as u32);
                    }
                    self.note_vector(payload.has_vectors());
                    push_types!(self, operands, payload);
                }
            }
            DROP => {
                if operands.last() != MARK {
                    operands.truncate(operands.top() - 1);
                } else {
                    self.check_bottom("an operand", MARK)?;
                }
            }
            SELECT => {
                pop!(self, operands, ValType::I32);
                let [first, second] = operands.pair();
                if first == second && second.is_num_or_vec() && second != MARK {
                    operands.truncate(operands.top() - 1);
                } else {
                    let (ty, top) = self.select(operands.slots())?;
                    operands.truncate(top);
                    operands.push(ty);
                }
            }
            GLOBAL_GET => {
                let index = reader.u32()?;
                let Some(global) = self.module.global_types.get(index as usize) else {
                    return Err(Fault::Unknown("global", index));
                };
                self.note_vector(global.content == ValType::V128);
                operands.push(global.content);
            }
            GLOBAL_SET => {
                let index = reader.u32()?;
                match self.module.global_types.get(index as usize) {
                    Some(global) if global.mutable => pop!(self, operands, global.content),
                    Some(_) => return Err(Fault::ImmutableGlobal(index)),
                    None => return Err(Fault::Unknown("global", index)),
                }
            }
            REF_IS_NULL => {
                let found = operands.last();
                if found.is_ref() {
                    operands.truncate(operands.top() - 1);
                } else {
                    self.check_bottom("a reference", found)?;
                    operands.truncate(operands.top() - usize::from(found == BOTTOM));
                }
                operands.push(ValType::I32);
            }
            CALL_REF | RETURN_CALL_REF | REF_EQ | REF_AS_NON_NULL | BR_ON_NULL | BR_ON_NON_NULL | PREFIX_FB => {
                self.reference(reader, operands, byte)?;
            }
            SELECT_TYPED | TABLE_GET | TABLE_SET | MEMORY_SIZE | MEMORY_GROW | REF_NULL | REF_FUNC | PREFIX_FC | PREFIX_FD | PREFIX_FE => {
                let effect = self.rare(reader, byte)?;
                for &ty in effect.pops.iter().rev() {
                    if ty != MARK {
                        pop!(self, operands, ty);
                    }
                }
                for ty in effect.pushes {
                    if ty != MARK {
                        self.note_vector(ty == ValType::V128);
                        operands.push(ty);
                    }
                }
            }
            _ => {
                let top = self.pop_simple(operands.slots(), byte)?;
                operands.truncate(top);
                operands.push(SIMPLE[byte as usize].result);
            }
        }
        Ok(())
    }
}

impl<'a, S: BodySink> Body<'a, S> {
    /// The type of a local, which is told to the sink.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn local(&mut self, index: u32, write: bool) -> Result<ValType, Fault> {
        let ty = match self.locals.direct().get(index as usize) {
            Some(&ty) => ty,
            None => self.locals.search(index).ok_or(Fault::Unknown("local", index))?,
        };
        if S::ACTIVE {
            self.sink.local(index, write);
        }
        if !ty.is_defaultable() {
            self.track(index, write)?;
        }
        Ok(ty)
    }

    /// Notes that a local without default is set, or checks that it is where it is read.
    #[cold]
    #[inline(never)]
    fn track(&mut self, index: u32, write: bool) -> Result<(), Fault> {
        if index < self.params {
            return Ok(());
        }
        if !write {
            return if self.is_set.contains(&index) { Ok(()) } else { Err(Fault::UninitializedLocal(index)) };
        }
        if self.is_set.insert(index) {
            self.set.push((self.labels.len(), index));
        }
        Ok(())
    }

    /// Forgets which locals have been set in the innermost block.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn forget_set(&mut self) {
        while let Some(&(labels, index)) = self.set.last()
            && labels >= self.labels.len()
        {
            self.set.pop();
            self.is_set.remove(&index);
        }
    }

    /// The innermost label.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn innermost(&self) -> Result<Label, Fault> {
        self.labels.last().copied().ok_or(Fault::TrailingBytes)
    }

    /// Tells the sink of a branch, if it goes back to the start of a loop.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn report_branch(&mut self, depth: usize) {
        // Going out of many blocks is rare, and must not cost more than being in them.
        if depth >= MAX_REPORTED_DEPTH {
            return;
        }
        let mut inner = self.labels.iter().rev().take(depth + 1);
        if inner.next_back().is_some_and(|label| label.kind == Kind::Loop) {
            self.sink.branch_back(inner.filter(|label| label.kind == Kind::Loop).count());
        }
    }

    /// Makes the code that follows unreachable; gives the mark to which the operands are dropped.
    pub(super) fn set_unreachable(&mut self) -> usize {
        match self.labels.last_mut() {
            Some(label) => {
                label.unreachable = true;
                label.mark as usize
            }
            None => 1,
        }
    }

    /// The function type at a type index, as block types name it; checked where the block began (invariant B3).
    pub(super) fn block_func(&self, type_index: u32) -> Option<&'a FuncType> {
        self.module.func_type(type_index).map(|(_, ty)| ty)
    }

    /// Tells the sink of vectors.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn note_vector(&mut self, is_vector: bool) {
        if S::ACTIVE && is_vector {
            self.sink.vector();
        }
    }

    /// The parameters of a block that begins.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn block_params(&mut self, block: BlockType) -> Result<Types<'a>, Fault> {
        match block {
            BlockType::Empty => Ok(Types::None),
            BlockType::Value(ty) => {
                self.note_vector(ty == ValType::V128);
                Ok(Types::None)
            }
            BlockType::Func(index) => match self.block_func(index) {
                Some(ty) => {
                    self.note_vector(ty.has_vectors());
                    Ok(Types::Many(ty.params()))
                }
                None => Err(Fault::Unknown("type", index)),
            },
        }
    }

    /// The parameters of a block.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn params(&self, block: BlockType) -> Types<'a> {
        match block {
            BlockType::Empty | BlockType::Value(_) => Types::None,
            BlockType::Func(index) => Types::Many(self.block_func(index).map_or(&[], FuncType::params)),
        }
    }

    /// The results of a block.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn results(&self, block: BlockType) -> Types<'a> {
        match block {
            BlockType::Empty => Types::None,
            BlockType::Value(ty) => Types::One(ty),
            BlockType::Func(index) => Types::Many(self.block_func(index).map_or(&[], FuncType::results)),
        }
    }

    /// What a branch to a label takes.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn label_types(&self, depth: u32) -> Result<Types<'a>, Fault> {
        let label = self.labels.len().checked_sub(depth as usize + 1).and_then(|index| self.labels.get(index));
        match label {
            Some(label) if label.kind == Kind::Loop => Ok(self.params(label.block)),
            Some(label) => Ok(self.results(label.block)),
            None => Err(Fault::Unknown("label", depth)),
        }
    }

    /// The type of a function that is called, which is told to the sink.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn called(&mut self, type_index: u32) -> Result<&'a FuncType, Fault> {
        if S::ACTIVE {
            self.sink.call();
        }
        let ty = self.block_func(type_index).ok_or(Fault::Unknown("type", type_index))?;
        self.note_vector(ty.has_vectors());
        Ok(ty)
    }

    /// A table.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn table(&self, index: u32) -> Result<&'a TableType, Fault> {
        self.module.table_types.get(index as usize).ok_or(Fault::Unknown("table", index))
    }

    /// Checks that a table exists and has elements that match a type; gives it.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn table_of(&self, index: u32, expected: ValType) -> Result<&'a TableType, Fault> {
        let table = self.table(index)?;
        self.check_elements(table.element, expected)?;
        Ok(table)
    }

    /// The type of indices of a table that functions are called through.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn function_table(&self, index: u32) -> Result<ValType, Fault> {
        self.table_of(index, ValType::FUNCREF).map(TableType::address_type)
    }

    /// Checks that elements of one type may go where those of another are.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub(super) fn check_elements(&self, found: ValType, expected: ValType) -> Result<(), Fault> {
        if found == expected || self.matches(found, expected) { Ok(()) } else { Err(Fault::ElementMismatch { expected, found }) }
    }

    /// Checks that a function that is called in place of the running one has its results.
    #[inline(never)]
    pub(super) fn check_results(&self, ty: &FuncType) -> Result<(), Fault> {
        let expected = self.label_types(self.labels.len() as u32 - 1)?;
        if self.all_match(ty.results(), expected.as_slice()) { Ok(()) } else { Err(Fault::OtherResults) }
    }

    /// Whether values of one type may stand where another is expected.
    #[cold]
    #[inline(never)]
    pub(super) fn matches(&self, found: ValType, expected: ValType) -> bool {
        self.module.known_types.matches(found, expected)
    }

    /// The same, of lists.
    pub(super) fn all_match(&self, found: &[ValType], expected: &[ValType]) -> bool {
        found == expected
            || found.len() == expected.len() && found.iter().zip(expected).all(|(&found, &expected)| self.matches(found, expected))
    }

    /// Pops an operand that is not simply of the expected type; gives the new top. Spec: `pop_val`, where the type is not the topmost.
    #[cold]
    #[inline(never)]
    pub(super) fn pop_other(&self, slots: &[ValType], expected: ValType) -> Result<usize, Fault> {
        let top = slots.len() - 1;
        match slots.last() {
            Some(&found) if found == expected || found == BOTTOM || self.matches(found, expected) => Ok(top - 1),
            Some(&MARK) if self.is_unreachable() => Ok(top),
            found => Err(Fault::TypeMismatch { expected, found: found.copied().unwrap_or(MARK) }),
        }
    }

    /// Pops operands of these types; gives the new top.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn pop_many(&self, slots: &[ValType], types: &[ValType]) -> Result<usize, Fault> {
        if slots.ends_with(types) { Ok(slots.len() - 1 - types.len()) } else { self.pop_many_others(slots, types) }
    }

    /// Pops operands that are not simply of the expected types; gives the new top. Spec: `pop_vals`.
    #[cold]
    #[inline(never)]
    fn pop_many_others(&self, slots: &[ValType], types: &[ValType]) -> Result<usize, Fault> {
        let mut top = slots.len() - 1;
        for &expected in types.iter().rev() {
            top = self.pop_other(&slots[..=top], expected)?;
        }
        Ok(top)
    }

    /// Pops the operands of a simple operator; gives the new top.
    #[inline(never)]
    fn pop_simple(&self, slots: &[ValType], byte: u8) -> Result<usize, Fault> {
        if !SIMPLE[byte as usize].exists() {
            return Err(Reader::one_byte_opcode(byte).err().unwrap_or(ReadError::IllegalOpcode).into());
        }
        self.pop_many_others(slots, Simple::operand_types(byte))
    }

    /// Whether the code can't be reached.
    fn is_unreachable(&self) -> bool {
        self.labels.last().is_some_and(|label| label.unreachable)
    }

    /// Checks that what was found instead of a member of a class of types comes from unreachable code.
    #[cold]
    #[inline(never)]
    pub(super) fn check_bottom(&self, expected: &'static str, found: ValType) -> Result<(), Fault> {
        if found == BOTTOM || found == MARK && self.is_unreachable() { Ok(()) } else { Err(Fault::ClassMismatch { expected, found }) }
    }

    /// The two operands of a `select` without type that are not simply of the same; gives their type and the new top.
    #[cold]
    #[inline(never)]
    fn select(&self, slots: &[ValType]) -> Result<(ValType, usize), Fault> {
        const CLASS: &str = "a number or vector";
        let mut top = slots.len() - 1;
        let mut operands = [BOTTOM; 2];
        for operand in &mut operands {
            let found = slots[top];
            if found == MARK || found.is_ref() {
                self.check_bottom(CLASS, found)?;
            } else {
                *operand = found;
                top -= 1;
            }
        }
        match operands {
            [BOTTOM, ty] | [ty, BOTTOM] => Ok((ty, top)),
            [second, first] if first == second => Ok((first, top)),
            [second, first] => Err(Fault::TypeMismatch { expected: first, found: second }),
        }
    }

    /// An `if` without `else` does nothing where it is not taken.
    fn check_missing_else(&self, block: BlockType) -> Result<(), Fault> {
        let same = match block {
            BlockType::Empty => true,
            BlockType::Value(_) => false,
            BlockType::Func(index) => self.block_func(index).is_none_or(|ty| self.all_match(ty.params(), ty.results())),
        };
        if same { Ok(()) } else { Err(Fault::MissingElse) }
    }

    /// Reads the labels of a `br_table`, all of which must accept the operands.
    #[inline(never)]
    fn br_table(&self, reader: &mut Reader<'a>, count: u32, slots: &[ValType]) -> Result<(), Fault> {
        let mut last = reader.u32()?;
        let mut types = self.label_types(last)?;
        let arity = types.len();
        let mut left = count;
        loop {
            match types {
                Types::None => {}
                Types::One(ty) if slots.last() == Some(&ty) => {}
                Types::One(ty) => _ = self.pop_other(slots, ty)?,
                Types::Many(types) => _ = self.pop_many(slots, types)?,
            }
            // Runs of one label are checked once.
            loop {
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                let label = reader.u32()?;
                if label != last {
                    last = label;
                    break;
                }
            }
            types = self.label_types(last)?;
            if types.len() != arity {
                return Err(Fault::LabelArity);
            }
        }
    }
}
