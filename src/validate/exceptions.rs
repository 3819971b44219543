//! Operators that throw and catch, out of the way of others: each is read, and turned into what it does to operands and labels.
//!
//! Spec: Validation, Instructions, Control Instructions; the legacy ones as the proposal first had them. Called by: `validate::body`.

use crate::{
    decode::operators::{BlockType, Reader},
    wasm::{
        features::Proposal,
        opcodes::Opcode,
        types::{HeapType, ValType},
    },
};

use super::{
    BodySink,
    body::{Body, Kind, Label, Types},
    error::Fault,
    rare::known_type,
};

impl<'a, S: BodySink> Body<'a, S> {
    /// Reads the immediates of `try_table` or `try`, and judges the clauses.
    #[inline(never)]
    pub(super) fn try_block(&self, reader: &mut Reader<'a>, byte: u8) -> Result<BlockType, Fault> {
        let legacy = u16::from(byte) == Opcode::Try.code();
        self.require(if legacy { Proposal::LegacyExceptions } else { Proposal::Exceptions })?;
        let mut block = reader.block_type()?;
        if let BlockType::Value(ty) = block {
            block = BlockType::Value(known_type(self.module, ty)?);
        }
        if !legacy {
            for _ in 0..reader.u32()? {
                let clause = reader.catch_clause()?;
                let payload = match clause.tag {
                    Some(tag) => self.payload(tag)?,
                    None => &[],
                };
                if !self.takes(self.label_types(clause.label)?.as_slice(), payload, clause.reference) {
                    return Err(Fault::CatchLabel { payload: payload.len(), reference: clause.reference });
                }
            }
        }
        Ok(block)
    }

    /// Reads the immediates of `throw`, `throw_ref` or `rethrow`; gives the types of its operands.
    #[inline(never)]
    pub(super) fn throw(&self, reader: &mut Reader<'a>, byte: u8) -> Result<Types<'a>, Fault> {
        Ok(match Reader::one_byte_opcode(byte)? {
            Opcode::Throw => {
                if !self.module.features.has(Proposal::LegacyExceptions) {
                    self.require(Proposal::Exceptions)?;
                }
                Types::Many(self.payload(reader.u32()?)?)
            }
            Opcode::ThrowRef => {
                self.require(Proposal::Exceptions)?;
                Types::One(ValType::EXNREF)
            }
            _ => {
                self.require(Proposal::LegacyExceptions)?;
                let depth = reader.u32()?;
                let label = self.labels.len().checked_sub(depth as usize + 1).and_then(|index| self.labels.get(index));
                match label {
                    Some(label) if matches!(label.kind, Kind::Catch | Kind::CatchAll) => Types::None,
                    Some(_) => return Err(Fault::NoExceptionToRethrow(depth)),
                    None => return Err(Fault::Unknown("label", depth)),
                }
            }
        })
    }

    /// Reads the immediates of `catch`, `catch_all` or `delegate`, which belongs to `label`; gives what a `catch` finds as its operands.
    #[inline(never)]
    pub(super) fn end_of_try(&self, reader: &mut Reader<'a>, byte: u8, label: Label) -> Result<Types<'a>, Fault> {
        self.require(Proposal::LegacyExceptions)?;
        let opcode = Reader::one_byte_opcode(byte)?;
        if label.kind != Kind::Try && (label.kind != Kind::Catch || opcode == Opcode::Delegate) {
            return Err(Fault::MisplacedCatch);
        }
        Ok(match opcode {
            Opcode::Catch => Types::Many(self.payload(reader.u32()?)?),
            Opcode::CatchAll => Types::None,
            _ => {
                // Its label is counted from outside of the `try`.
                let depth = reader.u32()?;
                self.label_types(depth.checked_add(1).ok_or(Fault::Unknown("label", depth))?)?;
                Types::None
            }
        })
    }

    /// What exceptions of a tag carry.
    fn payload(&self, tag: u32) -> Result<&'a [ValType], Fault> {
        self.module.tag_type(tag).map(|(_, ty)| ty.params()).ok_or(Fault::Unknown("tag", tag))
    }

    /// Whether a label of these types takes a payload, and after it a reference to an exception, if there is one: `(ref exn)`.
    fn takes(&self, types: &[ValType], payload: &[ValType], reference: bool) -> bool {
        match (types.split_last(), reference) {
            (Some((&last, rest)), true) => self.all_match(payload, rest) && self.matches(ValType::reference(HeapType::EXN, false), last),
            (_, true) => false,
            (_, false) => self.all_match(payload, types),
        }
    }
}
