//! The proposals that extend WebAssembly 1.0, and the sets of them that engines accept.
//!
//! Spec: the process of the WebAssembly community group. Called by: `decode` and `validate`, which refuse what a disabled proposal brought;
//! `api` (settings). Calls: nothing.
//!
//! # Why
//! A proposal is recognised where what it brought is read or judged: an encoding, a type, a rule that it relaxed. What WebAssembly 2.0 has taken in
//! without vectors can't be disabled, since every toolchain takes it for granted.

use bitflags::bitflags;

/// Defines [`Proposal`] and [`Features`] from one list.
macro_rules! proposals {
    ($($(#[doc = $doc:literal])* $variant:ident $flag:ident $name:literal;)*) => {
        /// A proposal; `Mvp` stands for WebAssembly 1.0.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Proposal {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Proposal {
            /// Every proposal, in the order of the list.
            pub const ALL: &'static [Proposal] = &[$(Self::$variant),*];

            /// Its name, as messages have it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The set of this proposal alone.
            pub const fn feature(self) -> Features {
                match self { $(Self::$variant => Features::$flag,)* }
            }
        }

        bitflags! {
            /// A set of proposals.
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct Features: u32 {
                $($(#[doc = $doc])* const $flag = 1 << Proposal::$variant as u32;)*
            }
        }
    };
}

proposals! {
    /// WebAssembly 1.0.
    Mvp MVP "WebAssembly 1.0";
    /// Sign-extension operators.
    SignExtension SIGN_EXTENSION "sign extension";
    /// Non-trapping float-to-int conversions.
    SaturatingFloatToInt SATURATING_FLOAT_TO_INT "non-trapping float-to-int conversions";
    /// Bulk memory operations.
    BulkMemory BULK_MEMORY "bulk memory operations";
    /// Reference types.
    ReferenceTypes REFERENCE_TYPES "reference types";
    /// Vectors of 128 bits.
    Simd SIMD "fixed-width SIMD";
    /// Vector instructions whose results may depend on the machine.
    RelaxedSimd RELAXED_SIMD "relaxed SIMD";
    /// Tail calls.
    TailCall TAIL_CALL "tail calls";
    /// Addition, subtraction and multiplication in constant expressions.
    ExtendedConst EXTENDED_CONST "extended constant expressions";
    /// More than one memory.
    MultiMemory MULTI_MEMORY "multiple memories";
    /// Memories and tables whose addresses are 64 bits wide.
    Memory64 MEMORY64 "memory64";
    /// Memories with pages of one byte.
    CustomPageSizes CUSTOM_PAGE_SIZES "custom page sizes";
    /// Arithmetic on 128-bit integers.
    WideArithmetic WIDE_ARITHMETIC "wide arithmetic";
    /// Import sections that share what imports have in common.
    CompactImports COMPACT_IMPORTS "compact import section";
    /// References to functions of a declared type.
    FunctionReferences FUNCTION_REFERENCES "typed function references";
    /// Structures, arrays and their references.
    Gc GC "garbage collection";
    /// Exceptions and their tags.
    Exceptions EXCEPTIONS "exception handling";
    /// Exceptions as they were before they became part of 3.0.
    LegacyExceptions LEGACY_EXCEPTIONS "legacy exception handling";
    /// Shared memories and atomic accesses.
    Threads THREADS "threads";
    /// Stack switching.
    StackSwitching STACK_SWITCHING "stack switching";
    /// Shared types and types with descriptors.
    CustomDescriptors CUSTOM_DESCRIPTORS "shared and descriptor types";
}

impl Features {
    /// What cannot be disabled: WebAssembly 2.0 without vectors.
    const BASE: Self =
        Self::MVP.union(Self::SIGN_EXTENSION).union(Self::SATURATING_FLOAT_TO_INT).union(Self::BULK_MEMORY).union(Self::REFERENCE_TYPES);

    /// Whether a proposal is in the set.
    pub const fn has(self, proposal: Proposal) -> bool {
        self.contains(proposal.feature())
    }
}

impl Default for Features {
    /// All proposals that the engine implements, but those that are a matter of taste.
    fn default() -> Self {
        Self::BASE
            | Self::TAIL_CALL
            | Self::EXTENDED_CONST
            | Self::MULTI_MEMORY
            | Self::MEMORY64
            | Self::CUSTOM_PAGE_SIZES
            | Self::WIDE_ARITHMETIC
            | Self::COMPACT_IMPORTS
            | Self::EXCEPTIONS
            | Self::FUNCTION_REFERENCES
            | Self::SIMD
            | Self::RELAXED_SIMD
            | Self::GC
            | if cfg!(feature = "std") { Self::THREADS } else { Self::empty() }
    }
}
