//! Runs WebAssembly spec scripts (`.wast`) on Fulgurite and reports each directive that fails.
//!
//! Data in: the text of a script and an engine configuration. Data out: a [`ScriptReport`] with counts and failures as plain structs, which the
//! tests and the command line print in their own ways. Uses the engine's public API only; imported by `cli` and by this package's tests.
//!
//! ```
//! let report = fulgurite_spec_tests::run_script("add.wast", r#"
//!     (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
//!     (assert_return (invoke "add" (i32.const 2) (i32.const 3)) (i32.const 5))
//!     (assert_return (invoke "add" (i32.const 2) (i32.const 3)) (i32.const 6))
//! "#, &fulgurite::Config::default());
//! assert_eq!((report.passed, report.failures.len()), (2, 1));
//! assert_eq!(report.failures[0].line, 4);
//! assert_eq!(report.failures[0].expected, "(i32.const 6)");
//! assert_eq!(report.failures[0].found, "(i32.const 5)");
//! ```
//!
//! # How outcomes are judged
//! | directive | passes if |
//! |---|---|
//! | `module`, `module definition`, `module instance` | decoded, validated and (but for a definition) instantiated |
//! | `register`, `invoke` | no error |
//! | `assert_return` | as many results as expected, each matching; numbers by their bits, NaN patterns by class |
//! | `assert_trap`, `assert_exhaustion` | the error is a trap and the texts agree; exhaustion is the trap of the stack |
//! | `assert_unlinkable` | the error is of the kind `Unlinkable` and the texts agree |
//! | `assert_malformed` | text: the parser rejects it; binary: the error is of the kind `Malformed` |
//! | `assert_invalid` | the module decodes and the error is of the kind `Invalid` |
//! | `assert_malformed_custom`, `assert_invalid_custom` | the module is rejected, for whatever reason |
//! | `assert_exception` | the error is of the kind `Exception` |
//! | `assert_suspension` | never: the engine does not have the proposal |
//! | `thread` | it was started, with its own store on a thread of the system; its directives count and fail like others |
//! | `wait` | there is such a thread, which has ended then |
//!
//! *Texts agree* if one is a prefix of the other: the reference interpreter appends details (`uninitialized element 2`), and scripts abbreviate
//! (`unreachable` for `unreachable executed`). For malformed and invalid modules only the kind of the error is compared: the texts of the
//! reference interpreter for them name its own parser's and validator's states.
//!
//! # Not here
//! Which scripts run, and with which configurations: `tests/testsuite.rs` and the command line's `wast`.

#![forbid(unsafe_code)]

mod directive;
mod expect;
mod report;
mod script;
mod spectest;

pub use report::{Failure, ScriptReport};
pub use script::run_script;
