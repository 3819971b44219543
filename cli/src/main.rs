//! The command line `fulgurite`: reads arguments, hands them to a command, and turns its outcome into an exit status.
//!
//! Commands show what the library does and decide nothing about WebAssembly themselves. Uses the public APIs of `fulgurite`,
//! `fulgurite-wasi` and the script runner.
//!
//! # Exit status
//! | status | meaning |
//! |---|---|
//! | the guest's | `run`: the program ended, by returning (0) or through `proc_exit` |
//! | 128 + n | `run`: the program raised signal n, or (141) wrote to a pipe that nobody reads |
//! | 134 | `run`: the program trapped, or threw what it did not catch (what a shell reports for a process that aborted) |
//! | 124 | `run`: `--timeout` ended the program |
//! | 1 | another error: a file, a module, a failed script |
//! | 2 | a mistake in the command line |

#![deny(unsafe_code)]

mod commands;
mod error;
mod grants;
mod input;
mod options;
mod precompiled;
mod style;
mod time;
mod values;

use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::error::CliError;

const EXAMPLES: &str = "\
Examples:
  fulgurite run program.wasm --flag-of-the-program      run a WASI program
  fulgurite run --invoke add add.wat 2 3                call an export
  fulgurite validate *.wasm                             say what is wrong with modules
  fulgurite compile program.wasm -o program.precompiled  validate once, and start faster from then on
  fulgurite dis program.wasm main                       show the internal code of a function
  fulgurite wast i32.wast                               run a script of the spec's testsuite

Each command has more under 'fulgurite COMMAND --help'.";

/// A command: its arguments, and what it does with them.
trait Command: Args {
    /// Does it, and gives the exit status.
    fn execute(&self) -> Result<i32, CliError>;
}

/// A command by its name.
struct Entry {
    name: &'static str,
    describe: fn(clap::Command) -> clap::Command,
    execute: fn(ArgMatches) -> Result<i32, CliError>,
}

impl Entry {
    const fn new<C: Command>(name: &'static str) -> Self {
        Self { name, describe: C::augment_args, execute: execute::<C> }
    }
}

/// Reads the arguments of a command, and does it.
fn execute<C: Command>(mut matches: ArgMatches) -> Result<i32, CliError> {
    C::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit()).execute()
}

const COMMANDS: [Entry; 7] = [
    Entry::new::<commands::run::Run>("run"),
    Entry::new::<commands::validate::Validate>("validate"),
    Entry::new::<commands::compile::Compile>("compile"),
    Entry::new::<commands::dis::Dis>("dis"),
    Entry::new::<commands::inspect::Inspect>("inspect"),
    Entry::new::<commands::wast::Wast>("wast"),
    Entry::new::<commands::completions::Completions>("completions"),
];

/// The command line with those commands that have a name which is `wanted`.
fn command_line(wanted: impl Fn(&str) -> bool) -> clap::Command {
    let commands = COMMANDS.iter().filter(|entry| wanted(entry.name));
    clap::Command::new("fulgurite")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Fulgurite: a WebAssembly interpreter without JIT")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(EXAMPLES)
        .subcommands(commands.map(|entry| (entry.describe)(clap::Command::new(entry.name))))
}

fn main() -> ExitCode {
    // To describe all commands takes longer than to run a small program, so that is done only where they are listed.
    let first = std::env::args_os().nth(1).unwrap_or_default();
    let named = |name: &str| first == OsStr::new(name);
    let all = !COMMANDS.iter().any(|entry| named(entry.name));
    // The process ends soon enough without taking the description apart.
    let mut line = ManuallyDrop::new(command_line(|name| all || named(name)));
    let mut matches = line.try_get_matches_from_mut(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let outcome = match matches.remove_subcommand() {
        Some((name, matches)) => match COMMANDS.iter().find(|entry| entry.name == name) {
            Some(entry) => (entry.execute)(matches),
            None => Err(CliError::usage(format!("no command is called {name}"))),
        },
        None => Err(CliError::usage("no command")),
    };
    match outcome {
        Ok(status) => exit(status),
        Err(error) => {
            error.print();
            exit(error.status())
        }
    }
}

/// Ends the process with the low byte of `status`, which is all that the operating system passes on.
fn exit(status: i32) -> ExitCode {
    ExitCode::from(status.to_le_bytes()[0])
}
