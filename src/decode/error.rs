//! Why bytes are not a module that we can run.
//!
//! Spec: Binary Format (malformed); Appendix, Implementation Limitations. Made by: `decode`. Read by: `api`; `validate` shares the kinds and
//! the representation.

use alloc::{borrow::Cow, boxed::Box, format, string::String};
use core::fmt;

use crate::wasm::{
    features::Proposal,
    limits::{MAX_NAME_BYTES, MAX_PARAMS, MAX_RESULTS},
};

use super::operators::ReadError;

/// The class of a failure, as the spec's scripts tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The bytes do not follow the grammar of the binary format.
    Malformed,
    /// The module breaks a rule of validation.
    Invalid,
    /// The module needs a proposal that this engine does not implement, or that its settings disable.
    Unsupported,
    /// The module exceeds a limit of `wasm::limits`.
    Limit,
}

/// What both layers say about a failure.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) kind: ErrorKind,
    pub(crate) offset: u32,
    pub(crate) message: Cow<'static, str>,
}

/// Why bytes could not be decoded; one word.
#[derive(Clone, Debug)]
pub struct DecodeError(Box<Report>);

impl DecodeError {
    #[cold]
    fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>, offset: u32) -> Self {
        Self(Box::new(Report { kind, offset, message: message.into() }))
    }

    #[cold]
    pub(super) fn malformed(message: impl Into<Cow<'static, str>>, offset: u32) -> Self {
        Self::new(ErrorKind::Malformed, message, offset)
    }

    #[cold]
    pub(super) fn invalid(message: impl Into<Cow<'static, str>>, offset: u32) -> Self {
        Self::new(ErrorKind::Invalid, message, offset)
    }

    #[cold]
    pub(super) fn unsupported(proposal: Proposal, offset: u32) -> Self {
        Self::new(ErrorKind::Unsupported, unsupported(proposal), offset)
    }

    #[cold]
    pub(super) fn limit(what: &str, bound: u64, offset: u32) -> Self {
        Self::new(ErrorKind::Limit, format!("too many {what}: more than {bound}"), offset)
    }

    #[cold]
    pub(super) fn read(error: ReadError, offset: u32) -> Self {
        Self::new(error.kind(), error.message(), offset)
    }

    /// An error of wasmparser. It was asked to read only, so what it rejects is malformed, but for the limits that it enforces while reading.
    #[cold]
    pub(super) fn parser(error: &wasmparser::Error) -> Self {
        let offset = u32::try_from(error.offset()).unwrap_or(u32::MAX);
        let message = error.message();
        match message {
            "string size out of bounds" => return Self::limit("bytes in a name", MAX_NAME_BYTES.into(), offset),
            "function params size is out of bounds" => return Self::limit("parameters", MAX_PARAMS.into(), offset),
            "function returns size is out of bounds" => return Self::limit("results", MAX_RESULTS.into(), offset),
            _ => {}
        }
        Self::malformed(String::from(spec_message(message)), offset)
    }

    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Byte offset in the module.
    pub fn offset(&self) -> u32 {
        self.0.offset
    }

    /// What is wrong; starts with the spec's words where it has some.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

/// What is said of a module that needs a proposal which it may not use.
#[cold]
pub(super) fn unsupported(proposal: Proposal) -> String {
    format!("unsupported proposal: {}", proposal.name())
}

/// wasmparser's message in the words of the spec's scripts.
fn spec_message(message: &str) -> &str {
    const WORDS: &[(&str, &str)] = &[
        ("unexpected end-of-file", "unexpected end of section or function"),
        ("section out of order", "unexpected content after last section"),
        ("trailing bytes at end of section", "section size mismatch"),
        ("function section has non-zero count", "function and code section have inconsistent lengths"),
        ("function section is absent", "function and code section have inconsistent lengths"),
        ("data count is non-zero", "data count and data section have inconsistent lengths"),
        ("malformed global flags", "malformed mutability"),
        ("invalid memory limits flags", "malformed limits flags"),
        ("invalid table resizable limits flags", "malformed limits flags"),
        ("invalid flags byte in element segment", "malformed element segment kind"),
        ("invalid flags byte in data segment", "malformed data segment kind"),
        ("invalid value type", "malformed value type"),
    ];
    if let Some(integer) = message.strip_prefix("invalid var_")
        && let Some((_, problem)) = integer.split_once(": ")
    {
        return problem;
    }
    if message.ends_with("for external kind") {
        return "malformed import kind";
    }
    WORDS.iter().find(|(theirs, _)| message.starts_with(theirs)).map_or(message, |(_, spec)| spec)
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (offset {:#x})", self.0.message, self.0.offset)
    }
}

impl core::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<DecodeError>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), DecodeError>>(), size_of::<usize>());
    }
}
