//! Why a module is not valid.
//!
//! Spec: Validation. Made by: `validate`. Read by: `api`.
//!
//! A body's failure starts as a [`Fault`]: a few words that the validator's loop can return without slowing down. It becomes a
//! [`ValidateError`] with offset, function and operator once the loop has been left.

use alloc::{borrow::Cow, boxed::Box, format, string::String};
use core::fmt;

use crate::decode::{
    ErrorKind,
    error::Report,
    module::Module,
    operators::{ReadError, Reader},
};
use crate::wasm::{
    limits::{MAX_ARRAY_NEW_FIXED, MAX_LOCALS},
    types::ValType,
};

use super::operands::{BOTTOM, MARK, MAX_OPERANDS};

/// Why a module is not valid; one word.
#[derive(Clone, Debug)]
pub struct ValidateError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    report: Report,
    /// The function whose body it is, and its name if it has one.
    function: Option<(u32, Option<Box<str>>)>,
}

impl ValidateError {
    #[cold]
    fn new(kind: ErrorKind, message: Cow<'static, str>, offset: u32) -> Self {
        Self(Box::new(Inner { report: Report { kind, offset, message }, function: None }))
    }

    /// A rule is broken.
    #[cold]
    pub(super) fn invalid(message: impl Into<Cow<'static, str>>, offset: u32) -> Self {
        Self::new(ErrorKind::Invalid, message.into(), offset)
    }

    /// An index is out of bounds.
    #[cold]
    pub(super) fn unknown(what: &str, index: u32, offset: u32) -> Self {
        Self::invalid(format!("unknown {what} {index}"), offset)
    }

    /// Types do not fit.
    #[cold]
    pub(super) fn mismatch(expected: ValType, found: ValType, offset: u32) -> Self {
        Self::invalid(format!("type mismatch: expected {expected}, found {found}"), offset)
    }

    /// A body's operator at `offset` broke a rule.
    #[cold]
    pub(super) fn in_body(fault: Fault, module: &Module, bytes: &[u8], defined_index: u32, offset: u32) -> Self {
        let function = module.imported_functions + defined_index;
        let end = module.bodies[defined_index as usize].end;
        let mnemonic = Reader::of_range(bytes, &(offset.min(end)..end)).opcode().map_or("", |opcode| opcode.mnemonic());
        let mut error = Self::new(fault.kind(), fault.message(mnemonic), offset);
        error.0.function = Some((function, module.names.function(function).map(Box::from)));
        error
    }

    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.report.kind
    }

    /// Byte offset in the module.
    pub fn offset(&self) -> u32 {
        self.0.report.offset
    }

    /// What is wrong; starts with the spec's words.
    pub fn message(&self) -> &str {
        &self.0.report.message
    }

    /// Index of the function whose body is at fault.
    pub fn function(&self) -> Option<u32> {
        self.0.function.as_ref().map(|function| function.0)
    }

    /// Name of that function, if the name section has one.
    pub fn function_name(&self) -> Option<&str> {
        self.0.function.as_ref()?.1.as_deref()
    }
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { report, function } = &*self.0;
        write!(f, "{} (offset {:#x}", report.message, report.offset)?;
        if let Some((index, name)) = function {
            write!(f, ", function {index}")?;
            if let Some(name) = name {
                write!(f, " {name:?}")?;
            }
        }
        f.write_str(")")
    }
}

impl core::error::Error for ValidateError {}

/// How a body breaks a rule.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// The bytes are no operators.
    Read(ReadError),
    /// The body ends without closing all its blocks.
    EndExpected,
    /// Bytes follow the `end` of the body.
    TrailingBytes,
    /// An `else` that belongs to no `if`.
    MisplacedElse,
    /// More locals than 32 bits count, or than we allow.
    TooManyLocals(u64),
    /// More operands than we allow.
    TooManyOperands,
    /// An operand has the wrong type, or is missing (`found` is the mark).
    TypeMismatch { expected: ValType, found: ValType },
    /// An operand has not the class of types that is needed, or is missing (`found` is the mark).
    ClassMismatch { expected: &'static str, found: ValType },
    /// More operands than results at the end of a block.
    OperandsLeft,
    /// An `if` without `else` whose parameters are not its results.
    MissingElse,
    /// A tail call of a function with other results than the caller's.
    OtherResults,
    /// A table or element segment has a type that does not fit.
    ElementMismatch { expected: ValType, found: ValType },
    /// Targets of a `br_table` take different numbers of operands.
    LabelArity,
    /// A `select` with a number of types other than 1.
    SelectArity,
    /// A memory access promises too much.
    Alignment { align: u32, natural: u8 },
    /// An atomic access promises another alignment than its own.
    AtomicAlignment { align: u32, natural: u8 },
    /// An access to a 32-bit memory has an offset of more bits.
    OffsetOutOfRange(u64),
    /// A `global.set` of an immutable global.
    ImmutableGlobal(u32),
    /// A legacy `catch`, `catch_all` or `delegate` that belongs to no `try`, or comes too late in it.
    MisplacedCatch,
    /// A legacy `rethrow` of a label that is no `catch`.
    NoExceptionToRethrow(u32),
    /// The label of a catch clause does not take what the clause gives it.
    CatchLabel { payload: usize, reference: bool },
    /// A `ref.func` of a function that occurs in bodies only.
    UndeclaredFunction(u32),
    /// A `memory.init` or `data.drop` in a module without data count section.
    DataCountRequired,
    /// A local without default is read where it need not have been set.
    UninitializedLocal(u32),
    /// The type at an index is not of the kind that is needed.
    OtherKind { expected: &'static str, index: u32 },
    /// A field, or the elements of an array, can't be set.
    ImmutableField(&'static str, u32),
    /// An access with extension of a field that is not packed, or without one of a field that is.
    Packing { packed: bool },
    /// A field without default is to have one.
    NoDefault(ValType),
    /// The elements of an array are not of the class that is needed.
    ElementClass(&'static str),
    /// `array.new_fixed` with more operands than we allow.
    TooManyElements(u32),
    /// A branch that carries a reference to a label that takes none.
    LabelWithoutReference,
    /// A lane index that the vector does not have.
    Lane { lane: u8, lanes: u8 },
    /// An index is out of bounds.
    Unknown(&'static str, u32),
}

impl From<ReadError> for Fault {
    #[cfg_attr(not(feature = "compact"), inline(always))]
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// An operand as messages name it.
fn operand(ty: ValType) -> String {
    match ty {
        MARK => "nothing".into(),
        BOTTOM => "any value".into(),
        ty => format!("{ty}"),
    }
}

impl Fault {
    /// Whether it is a broken rule, of bytes that may be well-formed.
    pub(super) fn is_invalid(self) -> bool {
        self.kind() == ErrorKind::Invalid
    }

    fn kind(self) -> ErrorKind {
        match self {
            Self::Read(error) => error.kind(),
            Self::EndExpected | Self::TrailingBytes | Self::MisplacedElse | Self::MisplacedCatch | Self::DataCountRequired => {
                ErrorKind::Malformed
            }
            Self::TooManyLocals(count) if count > u32::MAX.into() => ErrorKind::Malformed,
            Self::TooManyLocals(_) | Self::TooManyOperands | Self::TooManyElements(_) => ErrorKind::Limit,
            _ => ErrorKind::Invalid,
        }
    }

    fn message(self, mnemonic: &str) -> Cow<'static, str> {
        match self {
            Self::Read(error) => error.message(),
            Self::EndExpected => "END opcode expected: unexpected end of section or function".into(),
            Self::TrailingBytes => "section size mismatch: bytes after the end of the function".into(),
            Self::MisplacedElse => "misplaced ELSE opcode: no if to belong to".into(),
            Self::TooManyLocals(count) => format!("too many locals: {count}, at most {MAX_LOCALS} are supported").into(),
            Self::TooManyOperands => format!("too many operands: at most {MAX_OPERANDS} at a time are supported").into(),
            Self::TypeMismatch { expected, found } => {
                format!("type mismatch: {mnemonic} expects {expected}, found {}", operand(found)).into()
            }
            Self::ClassMismatch { expected, found } => {
                format!("type mismatch: {mnemonic} expects {expected}, found {}", operand(found)).into()
            }
            Self::OperandsLeft => format!("type mismatch: {mnemonic} finds more operands than the block has results").into(),
            Self::OtherResults => "type mismatch: a tail call must have the results of its function".into(),
            Self::MissingElse => "type mismatch: if without else must have its parameters as results".into(),
            Self::ElementMismatch { expected, found } => {
                format!("type mismatch: {mnemonic} needs elements of type {expected}, found {found}").into()
            }
            Self::MisplacedCatch => format!("misplaced {mnemonic}: no try to belong to").into(),
            Self::NoExceptionToRethrow(label) => format!("invalid rethrow label: label {label} is no catch").into(),
            Self::CatchLabel { payload, reference } => {
                let and = if reference { " and exnref" } else { "" };
                format!("type mismatch: the label of a catch clause must take the tag's {payload} values{and}").into()
            }
            Self::LabelArity => "type mismatch: br_table has targets that take different numbers of operands".into(),
            Self::SelectArity => "invalid result arity: select takes one type".into(),
            Self::Alignment { align, natural } => {
                format!("alignment must not be larger than natural: {mnemonic} has 2^{align}, natural is 2^{natural}").into()
            }
            Self::AtomicAlignment { align, natural } => {
                format!("atomic alignment must be natural: {mnemonic} has 2^{align}, natural is 2^{natural}").into()
            }
            Self::OffsetOutOfRange(offset) => format!("offset out of range: {mnemonic} adds {offset} to an address of 32 bits").into(),
            Self::ImmutableGlobal(index) => format!("global is immutable: global.set of global {index}").into(),
            Self::UndeclaredFunction(index) => format!("undeclared function reference: function {index}").into(),
            Self::DataCountRequired => format!("data count section required by {mnemonic}").into(),
            Self::UninitializedLocal(index) => format!("uninitialized local: local {index} is not set on all ways here").into(),
            Self::OtherKind { expected, index } => format!("type mismatch: {mnemonic} needs {expected}, type {index} is none").into(),
            Self::ImmutableField(what, index) => format!("immutable {what}: {mnemonic} of {what} {index}").into(),
            Self::Packing { packed: true } => format!("type mismatch: {mnemonic} of packed values, which need an extension").into(),
            Self::Packing { packed: false } => format!("type mismatch: {mnemonic} of values that are not packed").into(),
            Self::NoDefault(ty) => format!("type mismatch: {mnemonic} of type {ty}, which has no default value").into(),
            Self::ElementClass(expected) => format!("type mismatch: {mnemonic} needs an array of {expected}").into(),
            Self::TooManyElements(count) => {
                format!("too many operands: {count} of {mnemonic}, at most {MAX_ARRAY_NEW_FIXED} are supported").into()
            }
            Self::LabelWithoutReference => format!("type mismatch: {mnemonic} to a label that takes no reference").into(),
            Self::Lane { lane, lanes } => format!("invalid lane index {lane}: {mnemonic} has lanes below {lanes}").into(),
            Self::Unknown(what, index) => format!("unknown {what} {index}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<ValidateError>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), ValidateError>>(), size_of::<usize>());
    }
}
