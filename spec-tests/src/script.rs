//! Reads a script, runs its directives in order, and keeps going after failures.
//!
//! Calls `directive` for each; `thread` and `wait` are dealt with here. A directive in which the engine panics is a failure like any other: a runner
//! that dies says less.
//!
//! # Threads
//! `(thread $T (shared (module $M)) …)` is a script of its own, with its own store, on a thread of the system. Of `$M` it gets the memories that it
//! exports and that are shared; `(register "m" $M)` in the thread makes them importable. `(wait $T)` is done when the thread is. What fails in a thread is
//! reported like all else, with its place in the script.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, Scope, ScopedJoinHandle};

use fulgurite::Config;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Span;
use wast::{Wast, WastDirective, WastThread};

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
    let state = match State::new(config) {
        Ok(state) => state,
        Err(error) => {
            let found = Mismatch::unexpected(SPECTEST, &error).found;
            report.failures.push(Failure { line: 1, column: 1, directive: "script", expected: SPECTEST.into(), found });
            return report;
        }
    };
    let Outcome { passed, mut failures } = thread::scope(|scope| Runner::new(text, scope, state).run(script.directives));
    failures.sort_by_key(|failure| (failure.line, failure.column));
    ScriptReport { passed, failures, ..report }
}

/// What is there before the first directive.
const SPECTEST: &str = "the module spectest";

/// What directives came to.
#[derive(Default)]
struct Outcome {
    passed: usize,
    failures: Vec<Failure>,
}

/// A script, or a thread of one, while it runs.
struct Runner<'scope, 'script> {
    text: &'script str,
    scope: &'scope Scope<'scope, 'script>,
    state: State,
    /// Its threads that nobody has waited for.
    threads: Vec<(String, ScopedJoinHandle<'scope, Outcome>)>,
    outcome: Outcome,
}

impl<'scope, 'script> Runner<'scope, 'script> {
    fn new(text: &'script str, scope: &'scope Scope<'scope, 'script>, state: State) -> Self {
        Self { text, scope, state, threads: Vec::new(), outcome: Outcome::default() }
    }

    /// Runs directives, and waits for the threads that are left.
    fn run(mut self, directives: Vec<WastDirective<'script>>) -> Outcome {
        for directive in directives {
            let (span, keyword) = (directive.span(), keyword(&directive));
            let outcome = match directive {
                WastDirective::Thread(thread) => self.start(thread),
                WastDirective::Wait { thread, .. } => self.wait(thread.name()),
                directive => no_panic(|| self.state.run(directive)),
            };
            self.judge(span, keyword, outcome);
        }
        while let Some((_, thread)) = self.threads.pop() {
            self.join(thread);
        }
        self.outcome
    }

    /// Counts a directive.
    fn judge(&mut self, span: Span, directive: &'static str, outcome: Result<(), Mismatch>) {
        match outcome {
            Ok(()) => self.outcome.passed += 1,
            Err(Mismatch { expected, found }) => {
                let (line, column) = span.linecol_in(self.text);
                self.outcome.failures.push(Failure { line: line + 1, column: column + 1, directive, expected, found });
            }
        }
    }

    /// `thread`: starts it.
    fn start(&mut self, thread: WastThread<'script>) -> Result<(), Mismatch> {
        let shared = thread.shared_module.map(|module| self.state.share(module)).transpose()?;
        let (text, scope, engine) = (self.text, self.scope, self.state.engine().clone());
        let (name, span) = (thread.name.name().to_owned(), thread.span);
        let run = move || match State::of_thread(engine, shared) {
            Ok(state) => Runner::new(text, scope, state).run(thread.directives),
            Err(error) => {
                let (line, column) = span.linecol_in(text);
                let Mismatch { expected, found } = Mismatch::unexpected(SPECTEST, &error);
                Outcome { passed: 0, failures: vec![Failure { line: line + 1, column: column + 1, directive: "thread", expected, found }] }
            }
        };
        let started = thread::Builder::new().name(name.clone()).spawn_scoped(scope, run);
        let handle = started.map_err(|error| Mismatch::new("a thread", error.to_string()))?;
        self.threads.push((name, handle));
        Ok(())
    }

    /// `wait`: takes over what the last thread of that name came to.
    fn wait(&mut self, name: &str) -> Result<(), Mismatch> {
        let Some(index) = self.threads.iter().rposition(|(thread, _)| thread == name) else {
            return Err(Mismatch::new(format!("a thread ${name}"), "none of that name, or it was waited for"));
        };
        let (_, thread) = self.threads.remove(index);
        self.join(thread);
        Ok(())
    }

    fn join(&mut self, thread: ScopedJoinHandle<'scope, Outcome>) {
        // Each directive of it catches its panics.
        if let Ok(Outcome { passed, failures }) = thread.join() {
            self.outcome.passed += passed;
            self.outcome.failures.extend(failures);
        }
    }
}

/// Runs a directive; a panic of the engine is a mismatch.
fn no_panic(run: impl FnOnce() -> Result<(), Mismatch>) -> Result<(), Mismatch> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Mismatch::new("no panic", format!("a panic of the engine: {}", message.unwrap_or("without a message"))))
    })
}

/// The failure of a script that the parser rejects as a whole.
fn unreadable(text: &str, error: &wast::Error) -> Failure {
    let (line, column) = error.span().linecol_in(text);
    Failure { line: line + 1, column: column + 1, directive: "script", expected: "a script".into(), found: error.message() }
}
