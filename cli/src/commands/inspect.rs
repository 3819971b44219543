//! `fulgurite inspect`: lists what a module is made of.

use std::ffi::OsString;
use std::io::{self, Write};

use fulgurite::{ExternType, Module};
use wasmparser::{Parser, Payload};

use crate::Command;
use crate::error::CliError;
use crate::input::Input;
use crate::options::ProposalOptions;
use crate::style::HEADING;

/// List the imports, exports and sections of a module
///
/// Imports and exports come with their types; sections with their offset and size in the binary, and how many items they hold.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  fulgurite inspect program.wasm
  fulgurite inspect module.wat")]
pub struct Inspect {
    /// The module, as binary or text; - for standard input
    #[arg(value_name = "FILE")]
    file: OsString,

    #[command(flatten)]
    proposals: ProposalOptions,
}

impl Command for Inspect {
    fn execute(&self) -> Result<i32, CliError> {
        let input = Input::read(&self.file)?;
        let module = Module::from_binary(&self.proposals.engine(), &input.binary).map_err(|error| CliError::engine(&input.name, &error))?;
        let mut out = anstream::stdout().lock();
        if let Some(name) = module.name() {
            writeln!(out, "{HEADING}module{HEADING:#} {name}")?;
        }
        writeln!(out, "{HEADING}imports{HEADING:#}")?;
        for import in module.imports() {
            writeln!(out, "  {}.{}: {}", import.module(), import.name(), show_type(&import.ty()))?;
        }
        writeln!(out, "{HEADING}exports{HEADING:#}")?;
        for export in module.exports() {
            writeln!(out, "  {}: {}", export.name(), show_type(&export.ty()))?;
        }
        writeln!(out, "{HEADING}sections{HEADING:#}    offset       size  items")?;
        print_sections(&mut out, &input.binary)?;
        Ok(0)
    }
}

/// Prints a line for each section of a valid module.
fn print_sections(out: &mut impl Write, binary: &[u8]) -> io::Result<()> {
    for payload in Parser::new(0).parse_all(binary).flatten() {
        let (name, range, items) = match &payload {
            Payload::TypeSection(section) => ("type", section.range(), section.count()),
            Payload::ImportSection(section) => ("import", section.range(), section.count()),
            Payload::FunctionSection(section) => ("function", section.range(), section.count()),
            Payload::TableSection(section) => ("table", section.range(), section.count()),
            Payload::MemorySection(section) => ("memory", section.range(), section.count()),
            Payload::TagSection(section) => ("tag", section.range(), section.count()),
            Payload::GlobalSection(section) => ("global", section.range(), section.count()),
            Payload::ExportSection(section) => ("export", section.range(), section.count()),
            Payload::StartSection { range, .. } => ("start", range.clone(), 1),
            Payload::ElementSection(section) => ("element", section.range(), section.count()),
            Payload::DataCountSection { range, count } => ("data count", range.clone(), *count),
            Payload::CodeSectionStart { count, unchecked_range: range, .. } => ("code", range.clone(), *count),
            Payload::DataSection(section) => ("data", section.range(), section.count()),
            Payload::CustomSection(section) => {
                let range = section.range();
                writeln!(out, "  {:<10}{:>#10x} {:>10}  {}", "custom", range.start, range.end - range.start, section.name())?;
                continue;
            }
            _ => continue,
        };
        writeln!(out, "  {name:<10}{:>#10x} {:>10} {items:>6}", range.start, range.end - range.start)?;
    }
    Ok(())
}

fn show_type(ty: &ExternType) -> String {
    let limits = |min: u64, max: Option<u64>| match max {
        Some(max) => format!("{min} to {max}"),
        None => format!("{min} or more"),
    };
    match ty {
        ExternType::Func(ty) => format!("function {ty}"),
        ExternType::Table(ty) => format!("table of {} {}", limits(ty.limits.min, ty.limits.max), ty.element),
        ExternType::Memory(ty) => format!("memory of {} pages", limits(ty.limits.min, ty.limits.max)),
        ExternType::Global(ty) => format!("{} global {}", if ty.mutable { "mutable" } else { "constant" }, ty.content),
        ExternType::Tag(ty) => format!("tag {}", ty.ty()),
        other => format!("{other:?}"),
    }
}
