//! Reads a script, runs its directives in order, and keeps going after failures.
//!
//! Calls `directive` for each. A directive in which the engine panics is a failure like any other: a runner that dies says less.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fulgurite::Config;
use wast::Wast;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};

use crate::directive::{Mismatch, State, keyword};
use crate::report::{Failure, ScriptReport};

/// Runs the script `text` on an engine with this configuration. `name` is only carried into the report.
pub fn run_script(name: &str, text: &str, config: &Config) -> ScriptReport {
    let mut report = ScriptReport { name: name.into(), passed: 0, failures: Vec::new() };
    // The testsuite has identifiers and names with characters that the lexer takes for an attack by default.
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = match ParseBuffer::new_with_lexer(lexer) {
        Ok(buffer) => buffer,
        Err(error) => {
            report.failures.push(unreadable(text, &error));
            return report;
        }
    };
    let script = match parser::parse::<Wast<'_>>(&buffer) {
        Ok(script) => script,
        Err(error) => {
            report.failures.push(unreadable(text, &error));
            return report;
        }
    };
    let mut state = match State::new(config) {
        Ok(state) => state,
        Err(error) => {
            let found = Mismatch::unexpected("the module spectest", &error).found;
            report.failures.push(Failure { line: 1, column: 1, directive: "script", expected: "the module spectest".into(), found });
            return report;
        }
    };
    for directive in script.directives {
        let (line, column) = directive.span().linecol_in(text);
        let directive_name = keyword(&directive);
        let outcome = catch_unwind(AssertUnwindSafe(|| state.run(directive))).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Mismatch::new("no panic", format!("a panic of the engine: {}", message.unwrap_or("without a message"))))
        });
        match outcome {
            Ok(()) => report.passed += 1,
            Err(Mismatch { expected, found }) => {
                report.failures.push(Failure { line: line + 1, column: column + 1, directive: directive_name, expected, found });
            }
        }
    }
    report
}

/// The failure of a script that the parser rejects as a whole.
fn unreadable(text: &str, error: &wast::Error) -> Failure {
    let (line, column) = error.span().linecol_in(text);
    Failure { line: line + 1, column: column + 1, directive: "script", expected: "a script".into(), found: error.message() }
}
