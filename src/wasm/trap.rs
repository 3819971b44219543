//! The reasons for which WebAssembly code traps.
//!
//! Spec: Execution, Instructions; the texts are those of the reference interpreter, which the testsuite expects.
//! Called by: `wasm::numeric`, `exec`, `runtime`, `api`.

use core::fmt;

/// Why execution trapped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum TrapCode {
    /// `unreachable` was executed.
    Unreachable = 1,
    /// A memory access, or a bulk operation on a memory, past its end.
    MemoryOutOfBounds,
    /// A table access, or a bulk operation on a table, past its end.
    TableOutOfBounds,
    /// `call_indirect` with an index past the end of the table.
    UndefinedElement,
    /// `call_indirect` through a null reference.
    UninitializedElement,
    /// `call_indirect` to a function of another type.
    IndirectCallTypeMismatch,
    /// Integer division or remainder by zero.
    IntegerDivideByZero,
    /// The result of a division or conversion is not representable.
    IntegerOverflow,
    /// Conversion of NaN to an integer.
    InvalidConversionToInteger,
    /// The value stack or the depth of host calls is exhausted.
    StackOverflow,
    /// `throw_ref` of a null reference.
    NullExceptionReference,
    /// A null reference where one that is not null is needed.
    NullReference,
    /// `call_ref` of a null reference.
    NullFunctionReference,
    /// An access to a structure through a null reference.
    NullStructureReference,
    /// An access to an array through a null reference.
    NullArrayReference,
    /// `i31.get` of a null reference.
    NullI31Reference,
    /// `ref.cast` of a reference to something of another type.
    CastFailure,
    /// An array access, or a bulk operation on an array, past its end.
    ArrayOutOfBounds,
    /// The garbage-collected heap is full, and must not or can't grow.
    HeapExhausted,
    /// An atomic access to an address that is no multiple of the bytes accessed.
    UnalignedAtomic,
    /// `memory.atomic.wait32` or `memory.atomic.wait64` in a memory that is not shared.
    ExpectedSharedMemory,
}

impl TrapCode {
    /// Every code, in the order of their discriminants, which start at 1.
    pub const ALL: [TrapCode; 21] = [
        Self::Unreachable,
        Self::MemoryOutOfBounds,
        Self::TableOutOfBounds,
        Self::UndefinedElement,
        Self::UninitializedElement,
        Self::IndirectCallTypeMismatch,
        Self::IntegerDivideByZero,
        Self::IntegerOverflow,
        Self::InvalidConversionToInteger,
        Self::StackOverflow,
        Self::NullExceptionReference,
        Self::NullReference,
        Self::NullFunctionReference,
        Self::NullStructureReference,
        Self::NullArrayReference,
        Self::NullI31Reference,
        Self::CastFailure,
        Self::ArrayOutOfBounds,
        Self::HeapExhausted,
        Self::UnalignedAtomic,
        Self::ExpectedSharedMemory,
    ];

    /// The code with this discriminant.
    pub fn from_u8(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The message of the reference interpreter.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::MemoryOutOfBounds => "out of bounds memory access",
            Self::TableOutOfBounds => "out of bounds table access",
            Self::UndefinedElement => "undefined element",
            Self::UninitializedElement => "uninitialized element",
            Self::IndirectCallTypeMismatch => "indirect call type mismatch",
            Self::IntegerDivideByZero => "integer divide by zero",
            Self::IntegerOverflow => "integer overflow",
            Self::InvalidConversionToInteger => "invalid conversion to integer",
            Self::StackOverflow => "call stack exhausted",
            Self::NullExceptionReference => "null exception reference",
            Self::NullReference => "null reference",
            Self::NullFunctionReference => "null function reference",
            Self::NullStructureReference => "null structure reference",
            Self::NullArrayReference => "null array reference",
            Self::NullI31Reference => "null i31 reference",
            Self::CastFailure => "cast failure",
            Self::ArrayOutOfBounds => "out of bounds array access",
            Self::HeapExhausted => "garbage-collected heap exhausted",
            Self::UnalignedAtomic => "unaligned atomic",
            Self::ExpectedSharedMemory => "expected shared memory",
        }
    }
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discriminants_round_trip() {
        for code in TrapCode::ALL {
            assert_eq!(TrapCode::from_u8(code as u8), Some(code));
        }
        assert_eq!(TrapCode::from_u8(0), None);
        assert_eq!(TrapCode::from_u8(TrapCode::ALL.len() as u8 + 1), None);
    }
}
