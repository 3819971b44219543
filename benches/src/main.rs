//! `fulgurite-bench`: execution, start-up and validation of Fulgurite beside its peers, and A/B runs of two builds.

mod ab;
mod allocator;
mod cases;
mod chart;
mod engines;
mod exec;
mod instances;
mod io;
mod objects;
mod profile;
mod report;
mod scaling;
mod startup;
mod validate;

use engines::Engine;
use lexopt::prelude::*;
use report::{Report, Row, Table};
use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

/// Any failure; all end in one line on standard error.
pub type Error = Box<dyn std::error::Error>;
/// A result with any failure.
pub type Result<T> = std::result::Result<T, Error>;

const USAGE: &str = "\
Benchmarks of Fulgurite beside its peers.

Usage: fulgurite-bench COMMAND [OPTIONS]

Commands:
  exec          run programs; minimum of interleaved rounds
  startup       load and instantiate modules
  instances     many instances of a small module: time, bytes, resident memory
  objects       garbage-collected objects: making them, and collections by what is alive
  scaling       doubling sizes: time and code; translation memory of real modules
  validate      validate modules, beside wasmparser
  io            read, write, open and list files through WASI, beside a native program
  ab OLD NEW    compare two builds of this program, process by process
  ab --superinstructions [PROGRAM]
                the same program without and with superinstructions
  profile FILE  run each program once and write what ran, for scripts/superinstructions;
                needs a build with --features profile
  run-all       exec, startup and validate; writes results.md, *.json, and charts (*.svg) to benches/results/
  list          cases and engines

Options:
  -t, --time SECONDS    time budget of a case (default 1)
      --only A,B        only these cases
      --engines A,B     only these engines, the first is the base of ratios
      --data DIR        folder of benchmark modules (default ../shared/bench-data beside the workspace, if it is there)
      --no-data         only the programs of this package
      --no-own          not the programs of this package
      --small           smaller problems
      --json FILE       also write JSON; - prints only that
      --out DIR         where run-all writes (default: results/ of this package)
  -r, --rounds N        processes of each side of ab (default 5)
  -h, --help            this text
";

#[derive(Default)]
struct Arguments {
    command: String,
    /// Programs of `ab`, the file of `profile`.
    operands: Vec<String>,
    seconds: Option<f64>,
    only: Option<String>,
    engines: Option<String>,
    data: Option<PathBuf>,
    no_data: bool,
    no_own: bool,
    small: bool,
    json: Option<String>,
    out: Option<PathBuf>,
    rounds: Option<u32>,
    superinstructions: bool,
    help: bool,
}

fn main() -> ExitCode {
    let outcome = parse().and_then(|arguments| run(&arguments));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fulgurite-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Result<Arguments> {
    let mut arguments = Arguments::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('t') | Long("time") => arguments.seconds = Some(parser.value()?.parse()?),
            Short('r') | Long("rounds") => arguments.rounds = Some(parser.value()?.parse()?),
            Short('h') | Long("help") => arguments.help = true,
            Long("only") => arguments.only = Some(parser.value()?.string()?),
            Long("engines") => arguments.engines = Some(parser.value()?.string()?),
            Long("data") => arguments.data = Some(parser.value()?.into()),
            Long("no-data") => arguments.no_data = true,
            Long("no-own") => arguments.no_own = true,
            Long("small") => arguments.small = true,
            Long("json") => arguments.json = Some(parser.value()?.string()?),
            Long("out") => arguments.out = Some(parser.value()?.into()),
            Long("superinstructions") => arguments.superinstructions = true,
            Value(value) if arguments.command.is_empty() => arguments.command = value.string()?,
            Value(value) => arguments.operands.push(value.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    if arguments.seconds.is_some_and(|seconds| !(0.0..=3600.0).contains(&seconds)) {
        return Err("--time takes seconds from 0 to 3600".into());
    }
    if arguments.rounds == Some(0) {
        return Err("--rounds takes at least 1".into());
    }
    Ok(arguments)
}

fn run(arguments: &Arguments) -> Result<()> {
    if arguments.help || arguments.command.is_empty() {
        return print(USAGE);
    }
    let most = match arguments.command.as_str() {
        // It counts by itself.
        "ab" => usize::MAX,
        "profile" => 1,
        "live-instances" => 2,
        _ => 0,
    };
    if let Some(surplus) = arguments.operands.get(most) {
        return Err(format!("`{surplus}` is one argument too many").into());
    }
    match arguments.command.as_str() {
        "exec" => arguments.finish("exec", vec![arguments.exec()?]),
        "startup" => arguments.finish("startup", arguments.startup()?),
        "instances" => {
            let tables = instances::run(arguments.engines.as_deref(), arguments.budget(), progress())?;
            print(&tables.iter().map(Table::text).collect::<Vec<_>>().join("\n"))
        }
        "objects" => {
            let engines = engines::select(arguments.engines.as_deref())?;
            arguments.finish("objects", vec![objects::run(&engines, arguments.budget(), progress())?])
        }
        "scaling" => {
            let tables = scaling::run(&cases::validate_modules(&arguments.sources())?, progress())?;
            print(&tables.iter().map(Table::text).collect::<Vec<_>>().join("\n"))
        }
        "io" => arguments.io(),
        // A process that `instances` starts.
        "live-instances" => instances::live(&arguments.operands),
        "validate" => arguments.finish("validate", arguments.validate()?),
        "ab" => arguments.finish("ab", vec![arguments.ab()?]),
        "profile" => arguments.profile(),
        "run-all" => arguments.run_all(),
        "list" => arguments.list(),
        other => Err(format!("no command `{other}`; try --help").into()),
    }
}

impl Arguments {
    fn exec(&self) -> Result<Table> {
        let engines = engines::select(self.engines.as_deref())?;
        let cases = cases::exec_cases(&self.sources(), self.only.as_deref())?;
        let options = exec::Options { budget: self.budget(), small: self.small };
        exec::run(&engines, &cases, options, progress())
    }

    fn startup(&self) -> Result<Vec<Table>> {
        let engines = engines::select(self.engines.as_deref())?;
        let modules = cases::startup_modules(&self.sources())?;
        if modules.is_empty() {
            eprintln!("fulgurite-bench: no start-up modules: they are in the folder that --data names");
        }
        startup::run(&engines, &modules, self.budget(), progress())
    }

    fn validate(&self) -> Result<Vec<Table>> {
        let modules = cases::validate_modules(&self.sources())?;
        if modules.is_empty() {
            eprintln!("fulgurite-bench: no modules to validate: they are in the folder that --data names");
        }
        validate::run(&modules, self.budget(), progress())
    }

    fn io(&self) -> Result<()> {
        let hosts = io::hosts::select(self.engines.as_deref())?;
        let tables = io::run(&hosts, self.budget(), self.small, progress())?;
        let versions = hosts.iter().map(|host| (host.name().to_string(), host.version().to_string())).collect();
        self.show(&Report::new("io", versions, tables))
    }

    fn ab(&self) -> Result<Table> {
        let engine = self.engines.clone().unwrap_or_else(|| "fulgurite".into());
        let side =
            |program: &str, engine: &str, label: &str| ab::Side { program: program.into(), engine: engine.into(), label: label.into() };
        let sides = match (self.superinstructions, self.operands.as_slice()) {
            (false, [old, new]) => [side(old, &engine, "old"), side(new, &engine, "new")],
            (true, programs @ ([] | [_])) => {
                let own = std::env::current_exe()?.to_string_lossy().into_owned();
                let program = programs.first().unwrap_or(&own);
                [side(program, engines::fulgurite::UNFUSED, "unfused"), side(program, &engine, "fused")]
            }
            _ => return Err("ab takes two programs, or --superinstructions and at most one".into()),
        };
        let cases = cases::exec_cases(&self.sources(), self.only.as_deref())?;
        let mut common = Vec::new();
        if let Some(data) = &self.sources().data {
            common.extend(["--data".to_string(), data.to_string_lossy().into_owned()]);
        } else {
            common.push("--no-data".into());
        }
        ab::run(&sides, &cases, self.rounds.unwrap_or(5), &common, progress())
    }

    fn profile(&self) -> Result<()> {
        let [file] = self.operands.as_slice() else { return Err("profile takes the file to write".into()) };
        let cases = cases::exec_cases(&self.sources(), self.only.as_deref())?;
        profile::write(file.as_ref(), &cases, self.small, |name, what| eprintln!("{name}: {what}"))
    }

    fn run_all(&self) -> Result<()> {
        let out = self.out.clone().unwrap_or_else(|| cases::own_folder().with_file_name("results"));
        std::fs::create_dir_all(&out)?;
        let engines = engines::select(self.engines.as_deref())?;
        let mut all = Vec::new();
        for (name, tables) in [("exec", vec![self.exec()?]), ("startup", self.startup()?), ("validate", self.validate()?)] {
            let report = Report::new(name, versions(&engines), tables);
            report.write_json(&out.join(format!("{name}.json")).to_string_lossy())?;
            for (index, table) in report.tables.iter().enumerate() {
                if let Some(svg) = chart::svg(table) {
                    let number = if report.tables.len() > 1 { format!("-{}", index + 1) } else { String::new() };
                    std::fs::write(out.join(format!("{name}{number}.svg")), svg)?;
                }
            }
            print(&text(&report))?;
            all.extend(report.tables);
        }
        let report = Report::new("run-all", versions(&engines), all);
        std::fs::write(out.join("results.md"), report.markdown())?;
        print(&format!("written to {}\n", out.display()))
    }

    fn list(&self) -> Result<()> {
        let mut text = format!("engines: {}\n", engines::names());
        for case in cases::exec_cases(&self.sources(), None)? {
            text += &format!("{:20} {:?}, {}\n", case.name, case.kind, case.file);
        }
        print(&text)
    }

    fn sources(&self) -> cases::Sources {
        let default = cases::default_data();
        let data = match &self.data {
            Some(data) => Some(data.clone()),
            None => Some(default).filter(|default| default.is_dir()),
        };
        cases::Sources { data: data.filter(|_| !self.no_data), own: !self.no_own }
    }

    fn budget(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.unwrap_or(1.0))
    }

    /// Prints the report and writes the JSON that was asked for.
    fn finish(&self, command: &str, tables: Vec<Table>) -> Result<()> {
        self.show(&Report::new(command, versions(&engines::select(self.engines.as_deref())?), tables))
    }

    /// The same for a report that is made.
    fn show(&self, report: &Report) -> Result<()> {
        if self.json.as_deref() != Some("-") {
            print(&text(report))?;
        }
        match &self.json {
            Some(path) => report.write_json(path),
            None => Ok(()),
        }
    }
}

/// Writes to standard output; a reader that stopped reading is no error.
pub fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The report as aligned text.
fn text(report: &Report) -> String {
    let tables: Vec<String> = report.tables.iter().map(Table::text).collect();
    format!("{}\n\n{}\n", report.heading(), tables.join("\n"))
}

/// Names and versions of engines.
fn versions(engines: &[Box<dyn Engine>]) -> Vec<(String, String)> {
    engines.iter().map(|engine| (engine.name().to_string(), engine.version().to_string())).collect()
}

/// Names each finished row on standard error, if that is a terminal.
fn progress() -> impl FnMut(&Row) {
    let shown = std::io::stderr().is_terminal();
    move |row: &Row| {
        if shown {
            eprint!("\r\x1b[K{}: done\r", row.name);
        }
    }
}
