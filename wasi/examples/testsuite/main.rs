//! Runs the folders of the WebAssembly project's `wasi-testsuite` (Preview 1) that are given as arguments.
//!
//! ```text
//! cargo run -p fulgurite-wasi --example testsuite -- [--fs host|memory|overlay] FOLDER…
//! ```
//!
//! Without `--fs` every test runs on each kind of file system. Prints each failure and "N passed, N failed"; the status is 0 only if something
//! ran and nothing failed.

mod runner;

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use fulgurite::{Engine, Linker, Module, Store};
use fulgurite_wasi::{Threads, WasiCtx, add_shared_to_linker};
use runner::FileSystem;

/// How many threads a program may have.
const THREADS: u32 = 64;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == runner::PROGRAM) {
        let status = program().unwrap_or_else(|error| {
            eprintln!("{error}");
            1
        });
        std::process::exit(status);
    }
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

/// Runs a program that may start threads, with this process's streams and no other grants; gives its exit status.
fn program() -> Result<i32, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(2);
    let (engine, file) = (Engine::default(), arguments.next().unwrap_or_default());
    let module = Module::new(&engine, std::fs::read(&file)?)?;
    let arguments: Vec<_> = arguments.map(OsString::into_encoded_bytes).collect();
    let ctx = Arc::new(Mutex::new(WasiCtx::builder().arg(file.as_encoded_bytes()).args(arguments).inherit_stdio().build()?));
    let mut linker = Linker::new(&engine);
    add_shared_to_linker(&mut linker, |ctx: &mut Arc<Mutex<WasiCtx>>| ctx)?;
    let own = ctx.clone();
    let threads = Threads::new(
        &module,
        THREADS,
        move |engine| Store::new(engine, own.clone()),
        |error| match error.exit_status() {
            Some(status) => std::process::exit(status),
            None => {
                eprintln!("{error}");
                std::process::exit(1)
            }
        },
    );
    threads.add_to_linker(&mut linker)?;
    let mut store = Store::new(&engine, ctx);
    let start = linker.instantiate(&mut store, &module)?.get_typed_func::<(), ()>(&store, "_start")?;
    match start.call(&mut store, ()) {
        Ok(()) => Ok(0),
        Err(error) => Ok(error.exit_status().ok_or(error)?),
    }
}
