//! `fulgurite dis`: shows the internal code of functions.

use std::ffi::OsString;
use std::io::Write as _;

use fulgurite::{ExternType, Module};

use crate::Command;
use crate::error::CliError;
use crate::input::Input;
use crate::options::EngineOptions;
use crate::style::HEADING;

/// Show the internal code that functions are translated to
///
/// WebAssembly's instructions are translated into the interpreter's own, with operands in slots of a frame, and frequent sequences fused into
/// superinstructions. The listing is what runs; CONTRIBUTING.md tells how to read it. With --no-fuse it shows the code before fusing.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  fulgurite dis program.wasm              all functions
  fulgurite dis program.wasm main         a function by its export or its name
  fulgurite dis --no-fuse program.wasm 7  a function by its index, without superinstructions")]
pub struct Dis {
    /// The module, as binary or text; - for standard input
    #[arg(value_name = "FILE")]
    file: OsString,

    /// Index, export or name of the function [default: all]
    #[arg(value_name = "FUNC")]
    func: Option<String>,

    #[command(flatten)]
    engine: EngineOptions,
}

impl Command for Dis {
    fn execute(&self) -> Result<i32, CliError> {
        let input = Input::read(&self.file)?;
        let name = &input.name;
        let module = Module::from_binary(&self.engine.engine(), &input.binary).map_err(|error| CliError::engine(name, &error))?;
        let indices: Vec<u32> = match &self.func {
            None => (imported(&module)..module.function_count()).collect(),
            Some(text) => vec![find(name, &module, text)?],
        };
        let mut out = anstream::stdout().lock();
        for (position, &index) in indices.iter().enumerate() {
            let listing = module.disassemble(index).map_err(|error| CliError::engine(name, &error))?;
            let gap = if position == 0 { "" } else { "\n" };
            match function_name(&module, index) {
                Some(function) => writeln!(out, "{gap}{HEADING}function {index} {function}{HEADING:#}")?,
                None => writeln!(out, "{gap}{HEADING}function {index}{HEADING:#}")?,
            }
            writeln!(out, "{}", listing.trim_end())?;
        }
        Ok(0)
    }
}

/// How many functions are imported: their indices come before those of functions with code.
fn imported(module: &Module) -> u32 {
    let count = module.imports().filter(|import| matches!(import.ty(), ExternType::Func(_))).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What to call a function besides its index: its name in the name section, else what it is exported as.
fn function_name(module: &Module, index: u32) -> Option<&str> {
    let exported = || module.exports().find(|export| export.func_index() == Some(index)).map(|export| export.name());
    module.function_name(index).or_else(exported)
}

/// The function that `text` means: an index, an export, or a name of the name section, in this order. It must have code.
fn find(file: &str, module: &Module, text: &str) -> Result<u32, CliError> {
    let exported = || module.exports().find(|export| export.name() == text).and_then(|export| export.func_index());
    let named = || (0..module.function_count()).find(|&index| module.function_name(index) == Some(text));
    let Some(index) = text.parse().ok().or_else(exported).or_else(named) else {
        return Err(CliError::failure(format!("{file}: no function is exported or named {text:?}")));
    };
    if index < imported(module) {
        return Err(CliError::failure(format!("{file}: function {index} is imported: it has no code here")));
    }
    let count = module.function_count();
    if index >= count {
        return Err(CliError::failure(format!("{file}: there is no function {index}: the module has {count}, counted from 0")));
    }
    Ok(index)
}
