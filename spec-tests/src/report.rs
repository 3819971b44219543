//! What a script's run leaves behind: counts, and each failure with its place.
//!
//! Made by `script`; read by the tests and the command line.

use std::fmt;

/// The outcome of one script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptReport {
    /// The name it was run under, usually its path.
    pub name: String,
    /// How many directives passed.
    pub passed: usize,
    /// The directives that failed, in the order of the script.
    pub failures: Vec<Failure>,
}

impl ScriptReport {
    /// Whether every directive passed.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }

    /// How many directives ran.
    pub fn total(&self) -> usize {
        self.passed + self.failures.len()
    }
}

/// One directive that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The line of the directive, from 1.
    pub line: usize,
    /// The column of its keyword, from 1.
    pub column: usize,
    /// The directive's keyword (`assert_return`), or `script` if the script itself could not be read.
    pub directive: &'static str,
    /// What the script demands.
    pub expected: String,
    /// What happened.
    pub found: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: expected {}, found {}", self.line, self.directive, self.expected, self.found)
    }
}
