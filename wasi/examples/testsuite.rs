//! Runs the folders of the WebAssembly project's `wasi-testsuite` (Preview 1) that are given as arguments.
//!
//! ```text
//! cargo run -p fulgurite-wasi --example testsuite -- FOLDER…
//! ```
//!
//! A test is `NAME.wasm` with an optional `NAME.json` beside it: `args`, `env`, `root` (a folder, granted as `/` in a fresh copy),
//! `exit_code` and `stdout`. Prints each failure and "N passed, N failed"; the status is 0 only if something ran and nothing failed.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fulgurite::{Engine, Linker, Module, Store};
use fulgurite_wasi::{Access, Output, OutputPipe, WasiCtx, add_to_linker};

fn main() -> ExitCode {
    let (mut passed, mut failed) = (0_u32, 0_u32);
    for folder in std::env::args_os().skip(1) {
        let tests = match modules(Path::new(&folder)) {
            Ok(tests) => tests,
            Err(error) => {
                eprintln!("{}: {error}", Path::new(&folder).display());
                return ExitCode::from(2);
            }
        };
        for test in tests {
            match run(&test) {
                Ok(()) => passed += 1,
                Err(error) => {
                    failed += 1;
                    println!("FAILED {}: {error}", test.display());
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if passed > 0 && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The modules of a folder, by name.
fn modules(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What a test expects and is given.
struct Expectation {
    args: Vec<String>,
    env: Vec<(String, String)>,
    root: Option<String>,
    exit_code: i32,
    stdout: Option<String>,
}

impl Expectation {
    /// Reads the file beside a module; without one, everything has its default.
    fn read(path: &Path) -> Result<Expectation, Box<dyn Error>> {
        let json = if path.exists() { serde_json::from_slice(&fs::read(path)?)? } else { serde_json::Value::Null };
        let strings = |key: &str| -> Vec<String> {
            json[key].as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let env = json["env"].as_object().into_iter().flatten();
        Ok(Expectation {
            args: strings("args"),
            env: env.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
            root: json["root"].as_str().map(str::to_owned),
            exit_code: i32::try_from(json["exit_code"].as_i64().unwrap_or(0))?,
            stdout: json["stdout"].as_str().map(str::to_owned),
        })
    }
}

/// Runs one test and compares.
fn run(module: &Path) -> Result<(), Box<dyn Error>> {
    let expected = Expectation::read(&module.with_extension("json"))?;
    let name = module.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (stdout, stderr) = (OutputPipe::new(), OutputPipe::new());
    let mut builder =
        WasiCtx::builder().arg(name).args(&expected.args).envs(expected.env).stdout(Output::pipe(&stdout)).stderr(Output::pipe(&stderr));
    let scratch = tempfile::tempdir()?;
    if let Some(root) = &expected.root {
        copy(&module.with_file_name(root), scratch.path())?;
        builder = builder.directory(scratch.path(), "/", Access::ReadWrite);
    }
    let status = start(module, builder.build()?).map_err(|error| describe(&error.to_string(), &stderr))?;
    if status != expected.exit_code {
        return Err(describe(&format!("exit status {status}, not {}", expected.exit_code), &stderr).into());
    }
    match expected.stdout {
        Some(text) if stdout.contents() != text.as_bytes() => {
            Err(format!("standard output {:?}, not {text:?}", String::from_utf8_lossy(&stdout.contents())).into())
        }
        _ => Ok(()),
    }
}

/// An error with what the guest said about it.
fn describe(error: &str, stderr: &OutputPipe) -> String {
    format!("{error}\n{}", String::from_utf8_lossy(&stderr.contents()))
}

/// Runs a program and returns its exit status.
fn start(module: &Path, ctx: WasiCtx) -> Result<i32, Box<dyn Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, fs::read(module)?)?;
    let mut store = Store::new(&engine, ctx);
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
    let instance = linker.instantiate(&mut store, &module)?;
    match instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ()) {
        Ok(()) => Ok(0),
        Err(error) => match error.exit_status() {
            Some(status) => Ok(status),
            None => Err(error.into()),
        },
    }
}

/// Copies a folder's files and folders.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
