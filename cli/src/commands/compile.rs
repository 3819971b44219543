//! `fulgurite compile`: validates a module and writes it so that it starts faster.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use fulgurite::Module;

use crate::Command;
use crate::error::CliError;
use crate::input::Input;
use crate::options::ProposalOptions;

/// Validate a module once, and write it in a form that starts without validation
///
/// The output holds the module itself and what its validation found, for `fulgurite run --allow-precompiled`. It holds no machine code: it is the
/// same on all machines, and works with this version of fulgurite only. Functions are still translated when they are first called. The output is
/// checked for damage when it is run, but not for forgery: keep it where only those can write whom you trust.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  fulgurite compile program.wasm -o program.precompiled
  fulgurite run --allow-precompiled program.precompiled input.txt")]
pub struct Compile {
    /// The module, as binary or text; - for standard input
    #[arg(value_name = "FILE")]
    file: OsString,

    /// The file to write; - for standard output
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    proposals: ProposalOptions,
}

impl Command for Compile {
    fn execute(&self) -> Result<i32, CliError> {
        let input = Input::read(&self.file)?;
        let error = |error| CliError::engine(&input.name, &error);
        let module = Module::from_owned(&self.proposals.engine(), input.binary).map_err(error)?;
        let archive = module.serialize().map_err(error)?;
        if self.output.as_os_str() == "-" {
            std::io::stdout().lock().write_all(&archive)?;
        } else {
            fs::write(&self.output, archive).map_err(|error| CliError::failure(format!("{}: {error}", self.output.display())))?;
        }
        Ok(0)
    }
}
