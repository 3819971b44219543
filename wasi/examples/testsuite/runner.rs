//! Runs the tests of one folder of the `wasi-testsuite` on one kind of file system.
//!
//! Data in: a folder with modules. Data out: what passed and what failed, and how. Used by the example `testsuite` and by the test of that name.
//!
//! A program that can start threads runs in a process of its own, which is this one with `--program`: it ends when one of its threads says so,
//! whatever the others do, and its input is open and silent.
//!
//! A test is `NAME.wasm` with an optional `NAME.json` beside it: `args`, `env`, `root` (a folder, granted as `/`), `exit_code` and `stdout`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use fulgurite::{Engine, ExternType, Linker, Module, Store};
use fulgurite_wasi::{Access, MemoryFs, Output, OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

/// The argument before the module and the arguments of a program that is to run in a process of its own.
pub const PROGRAM: &str = "--program";

/// How long such a program may run.
const LONGEST: Duration = Duration::from_secs(60);

/// What a test's root is granted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// A fresh copy of the folder in the host's file system.
    Host,
    /// A copy in memory.
    Memory,
    /// The folder itself, below an overlay; it must not change.
    Overlay,
}

impl FileSystem {
    /// All of them.
    pub const ALL: [FileSystem; 3] = [FileSystem::Host, FileSystem::Memory, FileSystem::Overlay];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            FileSystem::Host => "host",
            FileSystem::Memory => "memory",
            FileSystem::Overlay => "overlay",
        }
    }
}

/// What came of a folder.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many tests passed.
    pub passed: u32,
    /// The others, each with its reason.
    pub failures: Vec<String>,
}

/// Runs every test of a folder.
pub fn run_folder(folder: &Path, file_system: FileSystem) -> std::io::Result<Outcome> {
    let mut outcome = Outcome::default();
    for test in modules(folder)? {
        match run(&test, file_system) {
            Ok(()) => outcome.passed += 1,
            Err(error) => outcome.failures.push(format!("{} ({}): {error}", test.display(), file_system.name())),
        }
    }
    Ok(outcome)
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
fn run(module: &Path, file_system: FileSystem) -> Result<(), Box<dyn Error>> {
    let expected = Expectation::read(&module.with_extension("json"))?;
    if starts_threads(module)? {
        return run_elsewhere(module, &expected);
    }
    let name = module.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (stdout, stderr) = (OutputPipe::new(), OutputPipe::new());
    let mut builder =
        WasiCtx::builder().arg(name).args(&expected.args).envs(expected.env).stdout(Output::pipe(&stdout)).stderr(Output::pipe(&stderr));
    let root = expected.root.as_ref().map(|root| module.with_file_name(root));
    let (scratch, before) = (tempfile::tempdir()?, root.as_deref().map(snapshot).transpose()?);
    if let Some(root) = &root {
        builder = grant(builder, file_system, root, scratch.path())?;
    }
    let status = start(module, builder.build()?).map_err(|error| describe(&error.to_string(), &stderr))?;
    if status != expected.exit_code {
        return Err(describe(&format!("exit status {status}, not {}", expected.exit_code), &stderr).into());
    }
    if root.as_deref().map(snapshot).transpose()? != before {
        return Err("the folder of the testsuite has changed".into());
    }
    match expected.stdout {
        Some(text) if stdout.contents() != text.as_bytes() => {
            Err(format!("standard output {:?}, not {text:?}", String::from_utf8_lossy(&stdout.contents())).into())
        }
        _ => Ok(()),
    }
}

/// Whether a module can start threads.
fn starts_threads(module: &Path) -> Result<bool, Box<dyn Error>> {
    let module = Module::new(&Engine::default(), fs::read(module)?)?;
    Ok(module.imports().any(|import| matches!(import.ty(), ExternType::Memory(ty) if ty.shared)))
}

/// Runs a program in a process of its own, and compares.
fn run_elsewhere(module: &Path, expected: &Expectation) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(PROGRAM).arg(module).args(&expected.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, start) = (command.spawn()?, Instant::now());
    while child.try_wait()?.is_none() {
        if start.elapsed() > LONGEST {
            child.kill()?;
            child.wait()?;
            return Err(format!("it has not ended after {LONGEST:?}").into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output()?;
    if output.status.code() != Some(expected.exit_code) {
        return Err(format!("{}, not {}\n{}", output.status, expected.exit_code, String::from_utf8_lossy(&output.stderr)).into());
    }
    match &expected.stdout {
        Some(text) if output.stdout != text.as_bytes() => {
            Err(format!("standard output {:?}, not {text:?}", String::from_utf8_lossy(&output.stdout)).into())
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

/// Grants a test's root.
fn grant(builder: WasiCtxBuilder, file_system: FileSystem, root: &Path, scratch: &Path) -> Result<WasiCtxBuilder, Box<dyn Error>> {
    let copy = MemoryFs::from_host(root)?;
    Ok(match file_system {
        FileSystem::Memory => builder.directory_in(&copy, "/", Access::ReadWrite),
        FileSystem::Overlay => {
            let overlay = MemoryFs::builder().over_host(root)?.build()?;
            builder.directory_in(&overlay, "/", Access::ReadWrite)
        }
        FileSystem::Host => {
            copy.copy_out("", scratch)?;
            builder.directory(scratch, "/", Access::ReadWrite)
        }
    })
}

/// Path, length and modification time of everything in a folder.
fn snapshot(folder: &Path) -> std::io::Result<Vec<(PathBuf, u64, SystemTime)>> {
    let (mut found, mut left) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() {
                left.push(entry.path());
            }
            found.push((entry.path(), metadata.len(), metadata.modified()?));
        }
    }
    found.sort();
    Ok(found)
}
