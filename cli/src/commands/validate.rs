//! `fulgurite validate`: decodes and validates modules.

use std::ffi::OsString;
use std::io::Write as _;

use fulgurite::{Error, Module};
use serde_json::{Value, json};

use crate::Command;
use crate::error::{CliError, describe, kind_name};
use crate::input::Input;
use crate::options::ProposalOptions;
use crate::style::{BAD, GOOD};

/// Decode and validate modules; print a verdict for each
///
/// Prints one line for each file. For a bad module it says whether the module is malformed (not decodable), invalid (breaks a rule of
/// validation) or needs an unsupported proposal, which rule it breaks, and where: the offset is that of the byte in the binary. For a module in
/// the text format it is the offset in the binary that the text stands for.
#[derive(clap::Args)]
#[command(after_help = "\
Exit status: 0 if all modules are valid, 1 if one is not or could not be read.

Examples:
  fulgurite validate program.wasm
  fulgurite validate --json *.wasm
  some-compiler | fulgurite validate -")]
pub struct Validate {
    /// Modules, as binary or text; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Print a JSON array with an object for each file: file, valid, and kind, message and offset of the error
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    proposals: ProposalOptions,
}

/// What is wrong with a file.
enum Problem {
    /// It could not be read, or its text not parsed.
    Input(CliError),
    /// The engine rejects it.
    Module(Error),
}

impl Command for Validate {
    fn execute(&self) -> Result<i32, CliError> {
        let engine = self.proposals.engine();
        let mut verdicts = Vec::new();
        let mut out = anstream::stdout();
        let mut bad = false;
        for file in &self.files {
            let name = if file == "-" { "standard input".into() } else { file.to_string_lossy().into_owned() };
            let verdict = match Input::read(file) {
                Ok(input) => Module::validate(&engine, &input.binary).map_err(Problem::Module),
                Err(error) => Err(Problem::Input(error)),
            };
            bad |= verdict.is_err();
            if self.json {
                verdicts.push(to_json(&name, &verdict));
                continue;
            }
            match verdict {
                Ok(()) => writeln!(out, "{name}: {GOOD}valid{GOOD:#}")?,
                Err(Problem::Module(error)) => writeln!(out, "{name}: {BAD}{}{BAD:#}", describe(&error))?,
                Err(Problem::Input(error)) => writeln!(out, "{BAD}{}{BAD:#}", error.message())?,
            }
        }
        if self.json {
            writeln!(out, "{:#}", Value::from(verdicts))?;
        }
        Ok(bad.into())
    }
}

fn to_json(name: &str, verdict: &Result<(), Problem>) -> Value {
    match verdict {
        Ok(()) => json!({ "file": name, "valid": true }),
        Err(Problem::Module(error)) => json!({
            "file": name,
            "valid": false,
            "kind": kind_name(error.kind()),
            "message": error.message(),
            "offset": error.offset(),
        }),
        Err(Problem::Input(error)) => json!({ "file": name, "valid": false, "kind": "unreadable", "message": error.message() }),
    }
}
