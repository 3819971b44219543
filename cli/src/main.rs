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

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Fulgurite: a WebAssembly interpreter without JIT.
#[derive(Parser)]
#[command(
    name = "fulgurite",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  fulgurite run program.wasm --flag-of-the-program      run a WASI program
  fulgurite run --invoke add add.wat 2 3                call an export
  fulgurite validate *.wasm                             say what is wrong with modules
  fulgurite compile program.wasm -o program.precompiled  validate once, and start faster from then on
  fulgurite dis program.wasm main                       show the internal code of a function
  fulgurite wast i32.wast                               run a script of the spec's testsuite

Each command has more under 'fulgurite COMMAND --help'."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(Box<commands::run::Run>),
    Validate(commands::validate::Validate),
    Compile(commands::compile::Compile),
    Dis(commands::dis::Dis),
    Inspect(commands::inspect::Inspect),
    Wast(commands::wast::Wast),
    Completions(commands::completions::Completions),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(command) => command.execute(),
        Command::Validate(command) => command.execute(),
        Command::Compile(command) => command.execute(),
        Command::Dis(command) => command.execute(),
        Command::Inspect(command) => command.execute(),
        Command::Wast(command) => command.execute(),
        Command::Completions(command) => command.execute(),
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
