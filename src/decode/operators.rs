//! The reader of operators and their immediates over raw bytes.
//!
//! Spec: Binary Format, Instructions, Values, Types. Called by: `validate` (first reading of a body), `translate` (second reading, of a valid
//! body), `decode` itself (constant expressions). Calls: `wasm`.
//!
//! # Invariants
//! R1. A read that fails may have moved the reader, but never beyond its bytes.
//! R2. What an immediate *means* is not looked at: indices may be out of bounds.
//!
//! # Why
//! The reader is an iterator, of which one word changes, and a number that never does; and what is frequent is inlined. So a loop that lends it to
//! nothing that is not inlined (it can lend a clone) keeps it in registers, and a bounds check is one compare. A slice of the bytes that are left,
//! of which two words change, was 2 to 4 % slower in validation (2026-11-22), and an index into the whole body no faster than that.

use core::{ops::Range, slice};

use crate::wasm::{
    features::Proposal,
    limits::MAX_TYPES,
    opcodes::{Immediates, Opcode},
    types::{HeapType, ValType},
};

use super::{
    error::{ErrorKind, unsupported},
    leb128,
    module::Module,
};

/// The proposal that a one-byte opcode or prefix belongs to, of those that have none in the table.
const fn proposal_of_opcode(byte: u8) -> Option<Proposal> {
    match byte {
        0xe0..=0xe6 => Some(Proposal::StackSwitching),
        0xfe => Some(Proposal::Threads),
        _ => None,
    }
}

/// The proposal that the code of a type belongs to, of those that are not known.
const fn proposal_of_type(byte: u8) -> Option<Proposal> {
    match byte {
        0x68 | 0x75 => Some(Proposal::StackSwitching),
        0x62 | 0x65 => Some(Proposal::CustomDescriptors),
        _ => None,
    }
}

/// Why bytes are no operator, immediate or type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// The bytes end.
    UnexpectedEnd,
    /// An integer has more bytes than its width allows.
    IntegerTooLong,
    /// An integer does not fit its width.
    IntegerTooLarge,
    /// There is no operator with this encoding.
    IllegalOpcode,
    /// A reserved byte is not zero.
    ZeroByteExpected,
    /// A memory access has reserved flags.
    MalformedMemArg,
    /// A value type has no such encoding.
    MalformedValueType,
    /// A reference or heap type has no such encoding.
    MalformedReferenceType,
    /// A block type has no such encoding.
    MalformedBlockType,
    /// A catch clause has no such encoding.
    MalformedCatch,
    /// `br_on_cast` has reserved flags.
    MalformedCastFlags,
    /// The bytes use a proposal that the engine does not implement, or that is disabled.
    Unsupported(Proposal),
}

impl ReadError {
    /// The class of the failure.
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::Unsupported(_) => ErrorKind::Unsupported,
            _ => ErrorKind::Malformed,
        }
    }

    /// What is wrong, in the spec's words where it has some.
    #[cold]
    pub fn message(self) -> alloc::borrow::Cow<'static, str> {
        match self {
            Self::UnexpectedEnd => "unexpected end of section or function",
            Self::IntegerTooLong => "integer representation too long",
            Self::IntegerTooLarge => "integer too large",
            Self::IllegalOpcode => "illegal opcode",
            Self::ZeroByteExpected => "zero byte expected",
            Self::MalformedMemArg => "malformed memop flags",
            Self::MalformedValueType => "malformed value type",
            Self::MalformedReferenceType => "malformed reference type",
            Self::MalformedBlockType => "malformed block type",
            Self::MalformedCatch => "malformed catch clause",
            Self::MalformedCastFlags => "malformed br_on_cast flags",
            Self::Unsupported(proposal) => return unsupported(proposal).into(),
        }
        .into()
    }
}

/// The type of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockType {
    /// No parameters, no results.
    Empty,
    /// No parameters, one result.
    Value(ValType),
    /// As the function type at this type index.
    Func(u32),
}

/// A clause of a `try_table`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CatchClause {
    /// The index of the tag that it catches; `None` for all.
    pub tag: Option<u32>,
    /// Whether its label gets a reference to the exception.
    pub reference: bool,
    /// Its label, counted from outside of the `try_table`.
    pub label: u32,
}

/// The immediates of a memory access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemArg {
    /// Logarithm of the alignment.
    pub align: u32,
    /// The memory.
    pub memory: u32,
    /// What is added to the address.
    pub offset: u64,
}

/// Alignments of 2^64 and more, and flags of later proposals, are malformed. (That an alignment is at most the natural one is validated.)
const MAX_ALIGN: u8 = HAS_MEMORY;

/// The flag, beside the alignment, that a memory index follows.
const HAS_MEMORY: u8 = 0x40;

/// A position in bytes of a module.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: slice::Iter<'a, u8>,
    /// Offset in the module of the end of `rest`.
    end: u32,
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`, which start at `offset` in their module.
    ///
    /// Offsets of modules are 32 bits wide; `decode` refuses longer ones.
    pub fn new(bytes: &'a [u8], offset: u32) -> Self {
        Self { rest: bytes.iter(), end: offset.wrapping_add(bytes.len() as u32) }
    }

    /// A reader of the body of a defined function of a module that is kept, at its local declarations.
    ///
    /// # Panics
    /// If the module defines no such function.
    pub fn of_body(module: &'a Module, defined_index: u32) -> Self {
        Self::of_range(&module.bytes, &module.bodies[defined_index as usize])
    }

    /// A reader of a range of `module`, which is a whole binary.
    ///
    /// # Panics
    /// If the range is none of the binary's.
    pub fn of_range(module: &'a [u8], range: &Range<u32>) -> Self {
        Self { rest: module[range.start as usize..range.end as usize].iter(), end: range.end }
    }

    /// Offset in the module of the next byte.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn offset(&self) -> u32 {
        self.end - self.rest.len() as u32
    }

    /// Offset in the module of the end of the bytes.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// How many bytes are left.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether no byte is left.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn is_at_end(&self) -> bool {
        self.rest.as_slice().is_empty()
    }

    /// The next byte, which stays.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn peek(&self) -> Option<u8> {
        self.rest.as_slice().first().copied()
    }

    /// A byte.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn byte(&mut self) -> Result<u8, ReadError> {
        self.rest.next().copied().ok_or(ReadError::UnexpectedEnd)
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let Some((bytes, rest)) = self.rest.as_slice().split_first_chunk() else { return Err(ReadError::UnexpectedEnd) };
        self.rest = rest.iter();
        Ok(*bytes)
    }

    /// An opcode, with its prefix if it has one.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn opcode(&mut self) -> Result<Opcode, ReadError> {
        match self.byte()? {
            prefix @ (PREFIX_FB | PREFIX_FC | PREFIX_FD | PREFIX_FE) => self.sub_opcode(prefix),
            byte => Self::one_byte_opcode(byte),
        }
    }

    /// The opcode of this byte alone.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn one_byte_opcode(byte: u8) -> Result<Opcode, ReadError> {
        OPCODES[byte as usize].ok_or_else(|| illegal(byte))
    }

    /// The opcode behind a prefix, which has been read.
    #[inline(never)]
    pub fn sub_opcode(&mut self, prefix: u8) -> Result<Opcode, ReadError> {
        let sub = self.u32()?;
        let found = match prefix {
            PREFIX_FB => OPCODES_FB.get(sub as usize),
            PREFIX_FD => OPCODES_FD.get(sub as usize),
            PREFIX_FE => OPCODES_FE.get(sub as usize),
            _ => OPCODES_FC.get(sub as usize),
        };
        match found {
            Some(Some(opcode)) => Ok(*opcode),
            _ => Err(ReadError::IllegalOpcode),
        }
    }

    /// An unsigned 32-bit integer.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn u32(&mut self) -> Result<u32, ReadError> {
        if let Some(value) = self.short_unsigned() {
            return Ok(value);
        }
        let (value, rest) = leb128::unsigned::<32>(self.rest.as_slice()).split(self.rest.as_slice())?;
        self.rest = rest.iter();
        Ok(value as u32)
    }

    /// An unsigned integer of one byte, if the next one is.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn short_unsigned(&mut self) -> Option<u32> {
        let byte = self.peek().filter(|&byte| byte < 0x80)?;
        self.rest.next();
        Some(byte.into())
    }

    /// Reads an integer of at most four bytes, of any width from 32 bits on, signed or not, if one comes next and so many bytes are left.
    #[inline(always)]
    pub fn skip_integer(&mut self) -> bool {
        if self.short_unsigned().is_some() {
            return true;
        }
        let Some(bytes) = self.rest.as_slice().first_chunk() else { return false };
        let ends = !u32::from_le_bytes(*bytes) & 0x8080_8080;
        self.rest.nth(ends.trailing_zeros() as usize / 8);
        ends != 0
    }

    /// A block type of no parameters and at most one result, a number.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn short_block_type(&mut self) -> Option<BlockType> {
        let block = match self.peek()? {
            0x40 => BlockType::Empty,
            0x7f => BlockType::Value(ValType::I32),
            0x7e => BlockType::Value(ValType::I64),
            0x7d => BlockType::Value(ValType::F32),
            0x7c => BlockType::Value(ValType::F64),
            _ => return None,
        };
        self.rest.next();
        Some(block)
    }

    /// Reads this byte, if it comes next and is not the last.
    #[inline(always)]
    pub fn next_is(&mut self, byte: u8) -> bool {
        let found = matches!(self.rest.as_slice(), &[next, _, ..] if next == byte);
        if found {
            self.rest.next();
        }
        found
    }

    /// An index of at most three bytes, if as many bytes are left.
    #[inline(always)]
    pub fn short_index(&mut self) -> Option<u32> {
        let &[a, b, c, ..] = self.rest.as_slice() else { return None };
        let (index, more) = if a < 0x80 {
            (a.into(), 0)
        } else if b < 0x80 {
            (u32::from(a & 0x7f) | u32::from(b) << 7, 1)
        } else if c < 0x80 {
            (u32::from(a & 0x7f) | u32::from(b & 0x7f) << 7 | u32::from(c) << 14, 2)
        } else {
            return None;
        };
        self.rest.nth(more);
        Some(index)
    }

    /// A signed 32-bit integer.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn i32(&mut self) -> Result<i32, ReadError> {
        if let Some(value) = self.short_signed() {
            return Ok(value as i32);
        }
        let (value, rest) = leb128::signed::<32>(self.rest.as_slice()).split(self.rest.as_slice())?;
        self.rest = rest.iter();
        Ok(value as i32)
    }

    /// A signed 64-bit integer.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn i64(&mut self) -> Result<i64, ReadError> {
        if let Some(value) = self.short_signed() {
            return Ok(value);
        }
        let (value, rest) = leb128::signed::<64>(self.rest.as_slice()).split(self.rest.as_slice())?;
        self.rest = rest.iter();
        Ok(value as i64)
    }

    /// A signed 33-bit integer.
    fn i33(&mut self) -> Result<i64, ReadError> {
        let (value, rest) = leb128::signed::<33>(self.rest.as_slice()).split(self.rest.as_slice())?;
        self.rest = rest.iter();
        Ok(value as i64)
    }

    /// A signed integer of one byte, if the next one is.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn short_signed(&mut self) -> Option<i64> {
        if let Some(byte) = self.peek()
            && byte < 0x80
        {
            self.rest.next();
            return Some(i64::from((byte << 1) as i8 >> 1));
        }
        None
    }

    /// The bits of a 32-bit float.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn f32_bits(&mut self) -> Result<u32, ReadError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// The bits of a 64-bit float.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn f64_bits(&mut self) -> Result<u64, ReadError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// The bytes of a vector, or lane indices.
    pub fn bytes_16(&mut self) -> Result<[u8; 16], ReadError> {
        self.array()
    }

    /// The immediates of a memory access.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn mem_arg(&mut self) -> Result<MemArg, ReadError> {
        if let &[align, offset, ..] = self.rest.as_slice()
            && align < MAX_ALIGN
            && offset < 0x80
        {
            self.rest.nth(1);
            return Ok(MemArg { align: u32::from(align), memory: 0, offset: u64::from(offset) });
        }
        let (align, memory) = match self.peek() {
            Some(align) if align < MAX_ALIGN => {
                self.rest.next();
                (u32::from(align), 0)
            }
            _ => {
                let (flags, rest) = mem_arg_flags(self.rest.as_slice()).split(self.rest.as_slice())?;
                self.rest = rest.iter();
                (flags as u32, (flags >> 32) as u32)
            }
        };
        let (offset, rest) = leb128::unsigned::<64>(self.rest.as_slice()).split(self.rest.as_slice())?;
        self.rest = rest.iter();
        Ok(MemArg { align, memory, offset })
    }

    /// Reads the immediates of an access to memory 0, if the alignment is no more than 2^`natural`, and the offset one byte long.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn short_mem_arg(&mut self, natural: u8) -> bool {
        self.peek().is_some_and(|align| align <= natural) && {
            self.rest.next();
            self.skip_integer()
        }
    }

    /// A reserved byte.
    pub fn zero_byte(&mut self) -> Result<(), ReadError> {
        if self.byte()? == 0 { Ok(()) } else { Err(ReadError::ZeroByteExpected) }
    }

    /// A value type.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn val_type(&mut self) -> Result<ValType, ReadError> {
        let byte = self.byte()?;
        if let Some(ty) = val_type_of(byte) {
            return Ok(ty);
        }
        let ty;
        (ty, *self) = self.clone().reference_type(byte)?;
        Ok(ty)
    }

    /// A reference type whose first byte has been read, and the reader behind it.
    #[cold]
    #[inline(never)]
    fn reference_type(mut self, byte: u8) -> Result<(ValType, Self), ReadError> {
        let ty = match byte {
            0x63 | 0x64 => ValType::reference(self.heap_type()?, byte == 0x63),
            _ => match HeapType::of_code(byte) {
                Some(heap) => ValType::reference(heap, true),
                None => return Err(proposal_of_type(byte).map_or(ReadError::MalformedValueType, ReadError::Unsupported)),
            },
        };
        Ok((ty, self))
    }

    /// A heap type; a defined one by its type index.
    pub fn heap_type(&mut self) -> Result<HeapType, ReadError> {
        match self.peek() {
            Some(0x70) => self.byte().map(|_| HeapType::FUNC),
            Some(0x6f) => self.byte().map(|_| HeapType::EXTERN),
            Some(byte) if byte & 0xc0 == 0x40 => match HeapType::of_code(byte) {
                Some(heap) => self.byte().map(|_| heap),
                None => Err(proposal_of_type(byte).map_or(ReadError::MalformedReferenceType, ReadError::Unsupported)),
            },
            // No module has as many types as can be named.
            _ => match u32::try_from(self.i33()?) {
                Ok(index) => Ok(HeapType::indexed(index.min(MAX_TYPES))),
                Err(_) => Err(ReadError::MalformedReferenceType),
            },
        }
    }

    /// The flags of `br_on_cast` and `br_on_cast_fail`: whether the operand's type, and the type that it is cast to, have null.
    pub fn cast_flags(&mut self) -> Result<(bool, bool), ReadError> {
        match self.byte()? {
            flags @ 0..=3 => Ok((flags & 1 != 0, flags & 2 != 0)),
            _ => Err(ReadError::MalformedCastFlags),
        }
    }

    /// A block type.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn block_type(&mut self) -> Result<BlockType, ReadError> {
        match self.peek() {
            Some(0x40) => self.byte().map(|_| BlockType::Empty),
            // Types are negative numbers in their shortest form.
            Some(byte) if byte & 0xc0 == 0x40 => self.val_type().map(BlockType::Value),
            _ => self.block_type_index(),
        }
    }

    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn block_type_index(&mut self) -> Result<BlockType, ReadError> {
        let (value, rest) = leb128::signed::<33>(self.rest.as_slice()).split(self.rest.as_slice())?;
        self.rest = rest.iter();
        u32::try_from(value as i64).map(BlockType::Func).map_err(|_| ReadError::MalformedBlockType)
    }

    /// A clause of a `try_table`.
    pub fn catch_clause(&mut self) -> Result<CatchClause, ReadError> {
        let kind = self.byte()?;
        let tag = match kind {
            0 | 1 => Some(self.u32()?),
            2 | 3 => None,
            _ => return Err(ReadError::MalformedCatch),
        };
        Ok(CatchClause { tag, reference: kind & 1 != 0, label: self.u32()? })
    }

    /// The local declarations: hands each group's size and type to `group`, and leaves the reader at the first operator.
    ///
    /// # Errors
    /// As the reads, and what `group` returns.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn locals<E: From<ReadError>>(&mut self, mut group: impl FnMut(u32, ValType) -> Result<(), E>) -> Result<(), E> {
        for _ in 0..self.u32()? {
            let count = self.u32()?;
            let ty = self.val_type()?;
            group(count, ty)?;
        }
        Ok(())
    }

    /// Reads the immediates of an operator, and forgets them.
    pub fn skip(&mut self, immediates: Immediates) -> Result<(), ReadError> {
        self.skip_but_labels(immediates, |_| {})
    }

    /// Reads the immediates of an operator, and gives the labels that they name, counted from outside of what the operator opens, to `label`.
    #[cfg_attr(not(feature = "compact"), inline(always))]
    pub fn skip_but_labels(&mut self, immediates: Immediates, mut label: impl FnMut(u32)) -> Result<(), ReadError> {
        match immediates {
            Immediates::None => {}
            Immediates::Block => _ = self.block_type()?,
            Immediates::TryTable => {
                self.block_type()?;
                for _ in 0..self.u32()? {
                    label(self.catch_clause()?.label);
                }
            }
            Immediates::LabelTable => {
                for _ in 0..=self.u32()? {
                    label(self.u32()?);
                }
            }
            Immediates::Label => label(self.u32()?),
            Immediates::Tag
            | Immediates::Function
            | Immediates::Local
            | Immediates::Global
            | Immediates::Table
            | Immediates::Memory
            | Immediates::Element
            | Immediates::Data
            | Immediates::Type => _ = self.u32()?,
            Immediates::TypeTable
            | Immediates::TableTable
            | Immediates::ElementTable
            | Immediates::MemoryMemory
            | Immediates::DataMemory
            | Immediates::TypeField
            | Immediates::TypeCount
            | Immediates::TypeData
            | Immediates::TypeElement
            | Immediates::TypeType => {
                self.u32()?;
                self.u32()?;
            }
            Immediates::ValTypes => {
                for _ in 0..self.u32()? {
                    self.val_type()?;
                }
            }
            Immediates::MemArg(_) => _ = self.mem_arg()?,
            Immediates::Zero => self.zero_byte()?,
            Immediates::I32 => _ = self.i32()?,
            Immediates::I64 => _ = self.i64()?,
            Immediates::F32 => _ = self.f32_bits()?,
            Immediates::F64 => _ = self.f64_bits()?,
            Immediates::HeapType => _ = self.heap_type()?,
            Immediates::Cast => {
                self.cast_flags()?;
                label(self.u32()?);
                self.heap_type()?;
                self.heap_type()?;
            }
            Immediates::V128 | Immediates::Lanes => _ = self.bytes_16()?,
            Immediates::Lane(_) => _ = self.byte()?,
            Immediates::MemArgLane(_) => {
                self.mem_arg()?;
                self.byte()?;
            }
        }
        Ok(())
    }
}

/// The flags of a memory access that one small byte does not say: the alignment, and the memory index in the upper half.
#[cold]
#[inline(never)]
fn mem_arg_flags(bytes: &[u8]) -> leb128::Long {
    let read = || {
        let (flags, rest) = leb128::unsigned::<32>(bytes).split(bytes)?;
        let align = flags & !u64::from(HAS_MEMORY);
        if align >= u64::from(MAX_ALIGN) {
            return Err(ReadError::MalformedMemArg);
        }
        if flags == align {
            return Ok((align, rest));
        }
        let (memory, rest) = leb128::unsigned::<32>(rest).split(rest)?;
        Ok((align | memory << 32, rest))
    };
    leb128::Long::of(read(), bytes)
}

/// Why a byte starts no operator.
#[cold]
fn illegal(byte: u8) -> ReadError {
    proposal_of_opcode(byte).map_or(ReadError::IllegalOpcode, ReadError::Unsupported)
}

/// The value type with this code.
#[cfg_attr(not(feature = "compact"), inline(always))]
const fn val_type_of(byte: u8) -> Option<ValType> {
    match byte {
        0x7f => Some(ValType::I32),
        0x7e => Some(ValType::I64),
        0x7d => Some(ValType::F32),
        0x7c => Some(ValType::F64),
        0x7b => Some(ValType::V128),
        0x70 => Some(ValType::FUNCREF),
        0x6f => Some(ValType::EXTERNREF),
        0x69 => Some(ValType::EXNREF),
        0x74 => Some(ValType::reference(HeapType::NOEXN, true)),
        _ => None,
    }
}

/// The prefix of operators of garbage collection.
pub const PREFIX_FB: u8 = 0xfb;
/// The prefix of numeric and bulk operators.
pub const PREFIX_FC: u8 = 0xfc;
/// The prefix of operators on vectors.
pub const PREFIX_FD: u8 = 0xfd;
/// The prefix of atomics.
pub const PREFIX_FE: u8 = 0xfe;

/// The opcodes of one byte.
static OPCODES: [Option<Opcode>; 256] = {
    let mut table = [None; 256];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let opcode = Opcode::ALL[i];
        if opcode.code() < 0x100 {
            table[opcode.code() as usize] = Some(opcode);
        }
        i += 1;
    }
    table
};

/// The opcodes behind the prefix 0xFB.
static OPCODES_FB: [Option<Opcode>; 32] = behind(PREFIX_FB);
/// The opcodes behind the prefix 0xFC.
static OPCODES_FC: [Option<Opcode>; 32] = behind(PREFIX_FC);
/// The opcodes behind the prefix 0xFD.
static OPCODES_FD: [Option<Opcode>; 0x114] = behind(PREFIX_FD);
/// The opcodes behind the prefix 0xFE.
static OPCODES_FE: [Option<Opcode>; 0x4f] = behind(PREFIX_FE);

/// The first opcodes behind a prefix.
const fn behind<const COUNT: usize>(prefix: u8) -> [Option<Opcode>; COUNT] {
    let mut table = [None; COUNT];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let opcode = Opcode::ALL[i];
        if let Some(own) = opcode.prefix()
            && own == prefix
        {
            table[opcode.sub_opcode() as usize] = Some(opcode);
        }
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeSet, string::String};

    use super::*;

    /// Our table of opcodes against wasmparser's, for the proposals that the engine implements.
    #[test]
    fn the_opcodes_are_those_of_wasmparser() {
        macro_rules! names {
            ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
                &[$((stringify!($proposal), stringify!($visit))),*]
            };
        }
        const THEIRS: &[(&str, &str)] = wasmparser::for_each_operator!(names);
        const PROPOSALS: &[&str] = &[
            "mvp",
            "sign_extension",
            "saturating_float_to_int",
            "bulk_memory",
            "reference_types",
            "tail_call",
            "exceptions",
            "legacy_exceptions",
            "wide_arithmetic",
            "function_references",
            "gc",
            "simd",
            "relaxed_simd",
            "threads",
        ];
        let theirs: BTreeSet<String> = THEIRS
            .iter()
            .filter(|(proposal, _)| PROPOSALS.contains(proposal))
            .map(|(_, visit)| visit.strip_prefix("visit_").unwrap())
            // The text format has one name for casts to types with and without null.
            .map(|name| match name {
                "ref_test_non_null" | "ref_test_nullable" => "ref_test".into(),
                "ref_cast_non_null" | "ref_cast_nullable" => "ref_cast".into(),
                name => name.into(),
            })
            .filter(|name: &String| !name.starts_with("typed_select"))
            .collect();
        let ours: BTreeSet<String> = Opcode::ALL.iter().map(|opcode| opcode.mnemonic().replace('.', "_")).collect();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn immediates_of_all_kinds() {
        let bytes = [0x1a, 0xfc, 0x0a, 0, 0, 0x28, 2, 0x81, 1, 0x02, 0x40, 0x02, 0x7f, 0x02, 0x81, 0x01, 0xd0, 0x6f, 0x43, 1, 2, 3, 4];
        let mut reader = Reader::new(&bytes, 100);
        assert_eq!(reader.opcode(), Ok(Opcode::Drop));
        assert_eq!(reader.opcode(), Ok(Opcode::MemoryCopy));
        assert_eq!(reader.skip(Opcode::MemoryCopy.immediates()), Ok(()));
        assert_eq!((reader.opcode(), reader.mem_arg()), (Ok(Opcode::I32Load), Ok(MemArg { align: 2, memory: 0, offset: 129 })));
        for expected in [BlockType::Empty, BlockType::Value(ValType::I32), BlockType::Func(129)] {
            assert_eq!((reader.opcode(), reader.block_type()), (Ok(Opcode::Block), Ok(expected)));
        }
        assert_eq!((reader.opcode(), reader.heap_type()), (Ok(Opcode::RefNull), Ok(HeapType::EXTERN)));
        assert_eq!(reader.offset(), 118);
        assert_eq!((reader.opcode(), reader.f32_bits()), (Ok(Opcode::F32Const), Ok(0x0403_0201)));
        assert!(reader.is_at_end());
        assert_eq!(reader.opcode(), Err(ReadError::UnexpectedEnd));
    }

    #[test]
    fn what_can_be_read_can_be_skipped() {
        for &opcode in Opcode::ALL {
            let mut bytes = [0; 20];
            bytes[0] = 0x70;
            let skips_a_type = matches!(opcode.immediates(), Immediates::HeapType | Immediates::Block | Immediates::TryTable);
            let mut reader = Reader::new(if skips_a_type { &bytes } else { &bytes[1..] }, 0);
            assert_eq!(reader.skip(opcode.immediates()), Ok(()), "{}", opcode.mnemonic());
        }
    }
}
