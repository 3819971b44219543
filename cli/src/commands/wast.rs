//! `fulgurite wast`: runs scripts of the spec's testsuite.

use std::ffi::OsString;
use std::io::Write as _;

use fulgurite_spec_tests::{Failure, ScriptReport, run_script};
use serde_json::{Value, json};

use crate::Command;
use crate::error::CliError;
use crate::input::read_bytes;
use crate::options::EngineOptions;
use crate::style::{BAD, GOOD, HEADING};

/// How many failures of a script are shown without `--all`.
const SHOWN: usize = 10;

/// Run spec scripts (.wast); print a table, and each failure with its line
///
/// Runs every directive of each script, also those after a failure. A failure is shown as FILE:LINE, with what the script expects and what was
/// found.
#[derive(clap::Args)]
#[command(after_help = "\
Exit status: 0 if every directive passed, 1 otherwise.

Examples:
  fulgurite wast i32.wast
  fulgurite wast --no-fuse testsuite/*.wast
  fulgurite wast --json i32.wast | jq '.[].failures'")]
pub struct Wast {
    /// Scripts; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Print a JSON array with an object for each script: file, passed, failed and the failures
    #[arg(long)]
    json: bool,

    /// Show all failures, not only the first 10 of each script
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    engine: EngineOptions,
}

impl Command for Wast {
    fn execute(&self) -> Result<i32, CliError> {
        let config = self.engine.config();
        let mut reports = Vec::new();
        for file in &self.files {
            let (name, bytes) = read_bytes(file)?;
            let Ok(text) = String::from_utf8(bytes) else {
                return Err(CliError::failure(format!("{name}: a script is UTF-8 text, and this is not")));
            };
            reports.push(run_script(&name, &text, &config));
        }
        let failed: usize = reports.iter().map(|report| report.failures.len()).sum();
        if self.json {
            writeln!(anstream::stdout(), "{:#}", reports.iter().map(to_json).collect::<Value>())?;
        } else {
            self.print(&reports, failed)?;
        }
        Ok((failed != 0).into())
    }
}

impl Wast {
    fn print(&self, reports: &[ScriptReport], failed: usize) -> Result<(), CliError> {
        let mut out = anstream::stdout().lock();
        let width = reports.iter().map(|report| report.name.chars().count()).max().unwrap_or(0).max("script".len());
        writeln!(out, "{HEADING}{:width$} {:>8} {:>8}{HEADING:#}", "script", "passed", "failed")?;
        for report in reports {
            let color = if report.is_ok() { GOOD } else { BAD };
            writeln!(out, "{:width$} {:>8} {color}{:>8}{color:#}", report.name, report.passed, report.failures.len())?;
        }
        for report in reports.iter().filter(|report| !report.is_ok()) {
            let shown = if self.all { report.failures.len() } else { SHOWN };
            for Failure { line, directive, expected, found, .. } in report.failures.iter().take(shown) {
                writeln!(out, "\n{BAD}{}:{line}: {directive}{BAD:#}\n  expected {expected}\n  found    {found}", report.name)?;
            }
            if let Some(rest) = report.failures.len().checked_sub(shown).filter(|&rest| rest != 0) {
                writeln!(out, "\n{}: {rest} more; --all shows them", report.name)?;
            }
        }
        let passed: usize = reports.iter().map(|report| report.passed).sum();
        writeln!(out, "\n{passed} passed, {failed} failed")?;
        Ok(())
    }
}

fn to_json(report: &ScriptReport) -> Value {
    let failure = |failure: &Failure| {
        json!({
            "line": failure.line,
            "column": failure.column,
            "directive": failure.directive,
            "expected": failure.expected,
            "found": failure.found,
        })
    };
    json!({
        "file": report.name,
        "passed": report.passed,
        "failed": report.failures.len(),
        "failures": report.failures.iter().map(failure).collect::<Value>(),
    })
}
