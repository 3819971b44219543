//! The failure of a command: what to print on standard error, and the exit status.

use std::fmt::{Display, Write as _};
use std::io;
use std::io::Write as _;

use fulgurite::{Error, ErrorKind};
use fulgurite_wasi::Interruption;

use crate::style;

/// Exit status after a trap: 128 and the number of the signal by which an aborted process ends.
pub const STATUS_TRAP: i32 = 134;

/// Exit status of a guest whose time was up, as `timeout` has it.
pub const STATUS_TIMEOUT: i32 = 124;

/// How many functions of a backtrace are shown; recursion that ran away has no end of them.
const SHOWN_FRAMES: usize = 20;

/// Why a command could not do what it was asked.
pub struct CliError {
    status: i32,
    message: String,
}

impl CliError {
    /// A failure of the work itself: exit status 1.
    pub fn failure(message: impl Display) -> Self {
        Self { status: 1, message: message.to_string() }
    }

    /// A mistake in the command line: exit status 2.
    pub fn usage(message: impl Display) -> Self {
        Self { status: 2, message: message.to_string() }
    }

    /// A guest whose time was up: exit status 124.
    pub fn timeout(message: impl Display) -> Self {
        Self { status: STATUS_TIMEOUT, message: message.to_string() }
    }

    /// An error of the engine about the file `name`; a trap or an uncaught exception comes with its backtrace.
    pub fn engine(name: &str, error: &Error) -> Self {
        let (status, what) = match (error.kind(), error.downcast_ref::<Interruption>()) {
            (_, Some(Interruption::Deadline)) => (STATUS_TIMEOUT, "the guest's time is up (--timeout)".to_owned()),
            (_, Some(Interruption::WaitingLimit)) => (1, "the guest has waited longer than it may (--max-wait)".to_owned()),
            (ErrorKind::Trap | ErrorKind::Exception, _) => (STATUS_TRAP, describe(error)),
            _ => (1, describe(error)),
        };
        let mut message = format!("{name}: {what}");
        let frames = error.backtrace();
        for (index, frame) in frames.iter().take(SHOWN_FRAMES).enumerate() {
            let place = match frame.module_offset {
                Some(offset) => format!(" at offset {offset:#x}"),
                None => String::new(),
            };
            let number = frame.func_index;
            // Writing to a string cannot fail.
            let _ = match &frame.func_name {
                Some(function) => write!(message, "\n  {index:>3}: {function} (function {number}){place}"),
                None => write!(message, "\n  {index:>3}: function {number}{place}"),
            };
        }
        if frames.len() > SHOWN_FRAMES {
            message.push_str("\n       and more");
        }
        Self { status, message }
    }

    /// The text of the message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The exit status that it means.
    pub fn status(&self) -> i32 {
        self.status
    }

    /// Prints it on standard error; nothing if the reader of our output went away.
    pub fn print(&self) {
        if self.message.is_empty() {
            return;
        }
        let error = style::ERROR;
        // If standard error is gone too there is nobody left to tell.
        let _ = writeln!(anstream::stderr(), "{error}error:{error:#} {}", self.message);
    }
}

/// A write to standard output that failed. A reader that has seen enough (`| head`) is no error.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { status: 0, message: String::new() },
            _ => Self::failure(format!("standard output: {error}")),
        }
    }
}

/// The kind of an error in a word or two of the specification.
pub fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Malformed => "malformed module",
        ErrorKind::Invalid => "invalid module",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Unlinkable => "unlinkable",
        ErrorKind::Trap => "trap",
        ErrorKind::Exception => "exception",
        ErrorKind::Exit => "exit",
        ErrorKind::Host => "host error",
        ErrorKind::Limit => "limit",
        ErrorKind::Archive => "precompiled module",
        ErrorKind::Api => "misuse",
        ErrorKind::Bug => "bug in Fulgurite, please report it",
        _ => "error",
    }
}

/// Kind, message and, if known, the offset in the module.
pub fn describe(error: &Error) -> String {
    let kind = kind_name(error.kind());
    match error.offset() {
        Some(offset) => format!("{kind}: {} (at offset {offset:#x})", error.message()),
        None => format!("{kind}: {}", error.message()),
    }
}
