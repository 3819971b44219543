//! Why imports do not fit a module.
//!
//! Spec: Execution, External Typing. The texts start with those that the testsuite expects. Made by: `runtime::instantiate`, `api::linker`.

use alloc::{format, string::String};
use core::fmt;

/// An import that is missing or of the wrong type; one line of text.
#[derive(Debug, PartialEq, Eq)]
pub struct LinkError(String);

impl LinkError {
    /// Nothing of this name was defined.
    #[cold]
    pub fn unknown_import(module: &str, name: &str) -> Self {
        Self(format!("unknown import: `{module}` `{name}` has not been defined"))
    }

    /// What was defined is not what the module needs.
    #[cold]
    pub fn incompatible(module: &str, name: &str, expected: &dyn fmt::Display, found: &dyn fmt::Display) -> Self {
        Self(format!("incompatible import type: `{module}` `{name}` must be {expected}, but is {found}"))
    }

    /// Fewer or more values than the module has imports.
    #[cold]
    pub fn wrong_count(expected: usize, found: usize) -> Self {
        Self(format!("unknown import: the module has {expected} imports, but {found} values were given"))
    }

    /// Its text.
    pub fn into_message(self) -> String {
        self.0
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
