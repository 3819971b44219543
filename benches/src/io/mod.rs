//! `io`: a program that reads, writes, opens and lists, through the WASI hosts of several engines, beside the same program as native code.
//!
//! The program is `cases/io/io.c`; its module is kept beside it, and the native one is compiled when the command runs. Each run has fresh grants
//! and a fresh instance, in a folder that is made for the purpose and removed afterwards. Two tables: the time that passed, and the processor's
//! time in all threads, which other programs on the machine do not change.

pub mod hosts;

use crate::{
    Result, cases,
    report::{Cell, Row, Table},
};
use hosts::Host;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// The module under test.
const MODULE: &[u8] = include_bytes!("../../cases/io/io.wasm");

/// The column of the native program.
const NATIVE: &str = "native";

/// After how long a case is not repeated, budget or not: some hosts list a folder in quadratic time.
const LONG: Duration = Duration::from_secs(30);

/// A case: its name, the program's arguments, and how much there is of what.
struct Case {
    name: String,
    args: Vec<String>,
}

/// What one run took, in milliseconds.
#[derive(Clone, Copy)]
struct Took {
    passed: f64,
    processor: f64,
}

impl Took {
    fn least(self, other: Took) -> Took {
        Took { passed: self.passed.min(other.passed), processor: self.processor.min(other.processor) }
    }
}

/// The folder of the program, removed when it goes.
struct Folder(PathBuf);

impl Folder {
    /// Makes the files that the cases want: `in` of so many bytes, and `many` with so many empty files.
    fn new(bytes: usize, files: usize) -> Result<Folder> {
        let path = std::env::temp_dir().join(format!("fulgurite-bench-io-{}", std::process::id()));
        fs::create_dir(&path)?;
        let folder = Folder(path);
        // Not all alike, so that no file system makes it smaller.
        let contents: Vec<u8> = (0..bytes as u64).map(|index| (index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
        fs::write(folder.0.join("in"), contents)?;
        fs::create_dir(folder.0.join("many"))?;
        for index in 0..files {
            fs::File::create(folder.0.join(format!("many/{index}")))?;
        }
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed is left to the system.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs all cases on all hosts, in turns, and gives the tables of times passed and of processor time.
///
/// # Errors
/// When the folder cannot be made, or a program fails.
pub fn run(hosts: &[Box<dyn Host>], budget: Duration, small: bool, mut done: impl FnMut(&Row)) -> Result<Vec<Table>> {
    let scale = if small { 10 } else { 1 };
    let (bytes, count) = ((256 << 20) / scale, 100_000 / scale);
    let folder = Folder::new(bytes, count)?;
    let native = compile(&folder.0)?;
    let programs = hosts.iter().map(|host| host.load(MODULE)).collect::<Result<Vec<_>>>()?;
    let mut tables = ["time that passed", "processor time"].map(|what| Table {
        title: format!("Input and output through WASI, {what} (ms)"),
        unit: "ms".into(),
        lower_is_better: true,
        columns: hosts.iter().map(|host| host.name().to_owned()).chain([NATIVE.to_owned()]).collect(),
        rows: Vec::new(),
    });
    for case in all_cases(bytes, count) {
        let mut best: Vec<Option<Took>> = vec![None; hosts.len() + 1];
        let mut keep = |index: usize, took: Took| best[index] = Some(best[index].map_or(took, |best: Took| best.least(took)));
        let (start, mut rounds) = (Instant::now(), 0);
        while rounds == 0 || (rounds < 3 && start.elapsed() < LONG) || start.elapsed() < budget {
            for (index, program) in programs.iter().enumerate() {
                let took = measure(|| program.run(&case.args, &folder.0))?;
                keep(index, took);
            }
            if let Some(native) = &native {
                keep(hosts.len(), measure_native(native, &case.args, &folder.0)?);
            }
            rounds += 1;
        }
        for (table, value) in tables.iter_mut().zip([|took: Took| took.passed, |took: Took| took.processor]) {
            let cells = best.iter().map(|took| took.map(|took| Cell(value(took)))).collect();
            let notes = if native.is_none() { vec!["no C compiler for the native program".to_owned()] } else { Vec::new() };
            table.rows.push(Row { name: case.name.clone(), cells, rounds: Some(rounds), notes });
        }
        done(&tables[0].rows[tables[0].rows.len() - 1]);
    }
    Ok(tables.into())
}

fn all_cases(bytes: usize, count: usize) -> Vec<Case> {
    let case = |name: String, args: &[&str]| Case { name, args: args.iter().map(|arg| (*arg).to_owned()).collect() };
    let count = count.to_string();
    vec![
        case(format!("copy {} MB", bytes >> 20), &["copy"]),
        case(format!("{count} writes"), &["write", &count]),
        case(format!("{count} files"), &["files", &count]),
        case(format!("list {count}"), &["list", &count]),
    ]
}

/// Times a run in this process.
fn measure(run: impl FnOnce() -> Result<()>) -> Result<Took> {
    let (processor, start) = (hosts::processor_time(), Instant::now());
    run()?;
    let passed = start.elapsed();
    Ok(Took { passed: milliseconds(passed), processor: milliseconds(hosts::processor_time().saturating_sub(processor)) })
}

/// Times a run of the native program, which prints how much processor time it used, in nanoseconds.
fn measure_native(program: &Path, args: &[String], folder: &Path) -> Result<Took> {
    let start = Instant::now();
    let output = Command::new(program).args(args).current_dir(folder).output()?;
    let passed = start.elapsed();
    if !output.status.success() {
        return Err(format!("the native program failed: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    let used: u64 = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    Ok(Took { passed: milliseconds(passed), processor: milliseconds(Duration::from_nanos(used)) })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Compiles the native program into the folder; `None` if this machine has no C compiler.
fn compile(folder: &Path) -> Result<Option<PathBuf>> {
    let (source, program) = (cases::own_folder().join("io/io.c"), folder.join("io"));
    match Command::new("cc").arg("-O2").arg("-o").args([&program, &source]).output() {
        Ok(output) if output.status.success() => Ok(Some(program)),
        Ok(output) => Err(format!("cc: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
        Err(_) => Ok(None),
    }
}
