//! Runs the folders of the WebAssembly project's `wasi-testsuite` (Preview 1) that are given as arguments.
//!
//! ```text
//! cargo run -p fulgurite-wasi --example testsuite -- [--fs host|memory|overlay] FOLDER…
//! ```
//!
//! Without `--fs` every test runs on each kind of file system. Prints each failure and "N passed, N failed"; the status is 0 only if something
//! ran and nothing failed.

mod runner;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use runner::FileSystem;

fn main() -> ExitCode {
    let (file_systems, folders) = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let (mut passed, mut failed) = (0_u32, 0_u32);
    for folder in &folders {
        for file_system in &file_systems {
            match runner::run_folder(Path::new(folder), *file_system) {
                Ok(outcome) => {
                    passed += outcome.passed;
                    failed += u32::try_from(outcome.failures.len()).unwrap_or(u32::MAX);
                    outcome.failures.iter().for_each(|failure| println!("FAILED {failure}"));
                }
                Err(error) => {
                    eprintln!("{}: {error}", Path::new(folder).display());
                    return ExitCode::from(2);
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if passed > 0 && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The file systems to run on, and the folders.
fn arguments() -> Result<(Vec<FileSystem>, Vec<OsString>), String> {
    let (mut file_systems, mut folders) = (FileSystem::ALL.to_vec(), Vec::new());
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--fs" {
            let name = arguments.next().unwrap_or_default();
            let found = FileSystem::ALL.into_iter().find(|kind| name == kind.name());
            file_systems = vec![found.ok_or_else(|| format!("--fs {}: it is host, memory or overlay", name.display()))?];
        } else {
            folders.push(argument);
        }
    }
    Ok((file_systems, folders))
}
