//! `fulgurite run`: runs a program for WASI Preview 1, or calls one export.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::mem::ManuallyDrop;
#[cfg(feature = "profile")]
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use fulgurite::{Engine, Error, ExternType, FuncType, Instance, Linker, Module, Store, StoreLimits, StoreLimitsBuilder, Val};
use fulgurite_wasi::{Threads, WasiCtx};

use crate::Command;
use crate::error::{CliError, STATUS_TIMEOUT};
use crate::grants::{GrantOptions, LimitOptions, context, program_name};
use crate::input::{Input, read_bytes};
use crate::options::EngineOptions;
use crate::precompiled;
use crate::values;

/// How much longer than its calls a guest's code may run, so that a call that waits can end it with a backtrace.
const GRACE: Duration = Duration::from_millis(50);

/// Run a WASI program, or call an export of a module
///
/// Everything after FILE belongs to the guest, options included. Without --invoke the export `_start` runs as a program; it sees the arguments
/// after FILE, what the options grant, the time, random bytes, and nothing else of this machine but standard input, output and error.
#[derive(clap::Args)]
#[command(
    override_usage = "fulgurite run [OPTIONS] FILE [ARGS]...",
    after_help = "\
Exit status: that of the program; 128 and the signal's number if it raised a signal, 141 if it wrote to a pipe that nobody reads; 134 if it trapped
or did not catch an exception (the message and a backtrace go to standard error); 124 if --timeout ended it; 1 for other errors, 2 for a mistake in the command line.

Examples:
  fulgurite run hello.wasm
  fulgurite run --dir . --env HOME --env LANG=C program.wasm --verbose input.txt
  fulgurite run --dir /srv/data::/data program.wasm /data/input.txt
  fulgurite run --max-memory 64M --timeout 10s program.wasm < input.txt
  fulgurite run --tcp-listen 127.0.0.1:8080 server.wasm
  fulgurite run --clock fixed:2026-01-01T00:00:00Z --seed 1 program.wasm    the same in each run
  fulgurite run --invoke add add.wat 2 3
  fulgurite run --allow-precompiled program.precompiled input.txt"
)]
pub struct Run {
    /// Call this export instead of `_start`: ARGS are read by its signature, each result is printed on a line
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,

    /// Print each call of the guest that was refused, which path, and which option would grant it
    #[arg(long)]
    explain_denied: bool,

    /// Let FILE be a module that `fulgurite compile` wrote; it is not validated, so run only what you or somebody you trust has written
    #[arg(long)]
    allow_precompiled: bool,

    /// Append what ran to a profile, under the name of FILE
    #[cfg(feature = "profile")]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<std::path::PathBuf>,

    /// The module, as binary or text, - for standard input; then the guest's own arguments
    // One list: what follows the file is never an option of ours.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
    command: Vec<OsString>,

    #[command(flatten)]
    engine: EngineOptions,

    #[command(flatten)]
    grants: GrantOptions,

    #[command(flatten)]
    limits: LimitOptions,
}

/// What the functions of the host work on: a context, or one that threads share.
struct Host<C> {
    wasi: C,
    limits: StoreLimits,
}

impl<C> Host<C> {
    /// The store of a thread.
    fn store(engine: &Engine, wasi: C, limits: &StoreLimits) -> Store<Host<C>> {
        let mut store = Store::new(engine, Host { wasi, limits: limits.clone() });
        store.limiter(|host| &mut host.limits);
        store
    }
}

/// The call that was asked for, with its arguments read.
struct Call {
    name: String,
    args: Vec<Val>,
    results: Vec<Val>,
}

impl Command for Run {
    fn execute(&self) -> Result<i32, CliError> {
        let Some((file, args)) = self.command.split_first() else {
            return Err(CliError::usage("no FILE to run"));
        };
        let deadline = self.limits.deadline();
        let (name, bytes) = read_bytes(file)?;
        let name = name.as_str();
        let mut config = self.engine.config();
        if let Some(bytes) = self.limits.max_stack {
            config.max_stack_bytes(bytes);
        }
        // The process ends when the program does, and that gives back all at once what dropping would clear and free piece by piece.
        let engine = ManuallyDrop::new(Engine::new(&config));
        let module = ManuallyDrop::new(self.module(&engine, file, name, bytes)?);
        let mut call = self.call(name, &module, args)?;
        let wasi = self.wasi(file, if self.invoke.is_some() { &[] } else { args }, deadline)?;
        if let Some(deadline) = deadline {
            watch(name, deadline);
        }
        let result = self.start(&engine, &module, wasi, &mut call);
        #[cfg(feature = "profile")]
        self.write_profile(file)?;
        match result {
            Ok(()) => {}
            Err(error) => {
                let status = error.exit_status();
                if self.explain_denied && status != Some(0) {
                    self.grants.explain_end();
                }
                return status.ok_or_else(|| CliError::engine(name, &error));
            }
        }
        let mut out = anstream::stdout().lock();
        for result in &call.results {
            writeln!(out, "{}", values::show(result))?;
        }
        Ok(0)
    }
}

impl Run {
    /// Loads what was read from the file: a module, or, where that is allowed, a precompiled one.
    fn module(&self, engine: &Engine, file: &OsStr, name: &str, bytes: Vec<u8>) -> Result<Module, CliError> {
        let module = if !Module::is_serialized(&bytes) {
            let input = Input::parse(file, name.to_owned(), bytes)?;
            Module::from_owned(engine, input.binary)
        } else if self.allow_precompiled {
            precompiled::load(engine, bytes)
        } else {
            let message = "a precompiled module, which is run without validation: if it is yours, say so with --allow-precompiled";
            return Err(CliError::failure(format!("{name}: {message}")));
        };
        module.map_err(|error| CliError::engine(name, &error))
    }

    /// Appends what ran to the profile that was asked for.
    #[cfg(feature = "profile")]
    fn write_profile(&self, file: &OsStr) -> Result<(), CliError> {
        let Some(path) = &self.profile else { return Ok(()) };
        let mut profile = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        let name = Path::new(file).file_stem().unwrap_or(file).to_string_lossy();
        write!(profile, "# {name}\n{}", fulgurite::profile())?;
        Ok(())
    }

    /// Instantiates and calls.
    fn start(&self, engine: &Engine, module: &Module, wasi: WasiCtx, call: &mut Call) -> Result<(), Error> {
        let mut limits = StoreLimitsBuilder::new();
        if let Some(bytes) = self.limits.max_memory {
            limits = limits.memory_size(bytes);
        }
        if let Some(elements) = self.limits.max_table {
            limits = limits.table_elements(elements);
        }
        let limits = limits.build();
        if !may_share(module) {
            let mut linker = Linker::new(engine);
            fulgurite_wasi::add_imports_to_linker(&mut linker, module, |host: &mut Host<WasiCtx>| &mut host.wasi)?;
            return self.call_in(Host::store(engine, wasi, &limits), &linker, module, call);
        }
        let mut linker = Linker::new(engine);
        fulgurite_wasi::add_shared_imports_to_linker(&mut linker, module, |host: &mut Host<Arc<Mutex<WasiCtx>>>| &host.wasi)?;
        let wasi = Arc::new(Mutex::new(wasi));
        let store = move |engine: &Engine| Host::store(engine, wasi.clone(), &limits);
        let threads = Threads::new(module, self.limits.max_threads, store.clone(), |error| end(&error));
        threads.add_to_linker(&mut linker)?;
        self.call_in(store(engine), &linker, module, call)
    }

    /// Instantiates in a store, and calls.
    fn call_in<C: 'static>(&self, store: Store<Host<C>>, linker: &Linker<Host<C>>, module: &Module, call: &mut Call) -> Result<(), Error> {
        let mut store = ManuallyDrop::new(store);
        let store = &mut *store;
        let instance = linker.instantiate(&mut *store, module)?;
        // A library (reactor) sets itself up in `_initialize`, before any other of its exports may be called.
        if self.invoke.is_some() && matches!(module.get_export("_initialize"), Some(ExternType::Func(_))) {
            invoke(store, instance, "_initialize", &[], &mut [])?;
        }
        invoke(store, instance, &call.name, &call.args, &mut call.results)
    }

    /// Finds the export to call, and reads the arguments if they are its own.
    fn call(&self, file: &str, module: &Module, args: &[OsString]) -> Result<Call, CliError> {
        let name = self.invoke.as_deref().unwrap_or("_start");
        let ty = match module.get_export(name) {
            Some(ExternType::Func(ty)) => ty,
            Some(_) => {
                return Err(CliError::failure(format!("{file}: the export {name:?} is no function; {}", exported_functions(module))));
            }
            None if self.invoke.is_some() => {
                return Err(CliError::failure(format!("{file}: there is no export {name:?}; {}", exported_functions(module))));
            }
            None => {
                let hint = "it is no program; --invoke NAME calls an export";
                return Err(CliError::failure(format!("{file}: there is no export \"_start\": {hint}; {}", exported_functions(module))));
            }
        };
        let args = if self.invoke.is_some() {
            read_args(name, &ty, args)?
        } else if ty.params().is_empty() && ty.results().is_empty() {
            Vec::new()
        } else {
            return Err(CliError::failure(format!("{file}: the export \"_start\" has the type {ty}, and a program's is [] -> []")));
        };
        Ok(Call { name: name.into(), args, results: ty.results().iter().map(|&ty| Val::default_for(ty)).collect() })
    }

    /// The guest's view of this machine, with its arguments.
    fn wasi(&self, file: &OsStr, args: &[OsString], deadline: Option<Instant>) -> Result<WasiCtx, CliError> {
        let builder = context(&self.grants, &self.limits, deadline, self.explain_denied)?;
        let args = [program_name(file)].into_iter().chain(args.iter().map(OsString::as_os_str));
        builder.args(args.map(OsStr::as_encoded_bytes)).build().map_err(CliError::failure)
    }
}

/// Ends this process when the guest's time is up. Calls that wait end by themselves and tell where; this is for code that does not wait.
fn watch(name: &str, deadline: Instant) {
    let error = CliError::timeout(format!("{name}: the guest's time is up (--timeout)"));
    thread::spawn(move || {
        thread::sleep(deadline.saturating_duration_since(Instant::now()) + GRACE);
        error.print();
        std::process::exit(STATUS_TIMEOUT);
    });
}

/// Ends the program, since one of its threads did.
fn end(error: &Error) {
    let status = error.exit_status().unwrap_or_else(|| {
        let error = CliError::engine("a thread of the guest", error);
        error.print();
        error.status()
    });
    std::process::exit(status);
}

/// Whether a module can start threads, or wants a memory that they would share: then calls have the context in turns, which costs something.
fn may_share(module: &Module) -> bool {
    module.imports().any(|import| match import.ty() {
        ExternType::Memory(ty) => ty.shared,
        _ => (import.module(), import.name()) == ("wasi", "thread-spawn"),
    })
}

fn invoke<C>(store: &mut Store<Host<C>>, instance: Instance, name: &str, args: &[Val], results: &mut [Val]) -> Result<(), Error> {
    match instance.get_func(&*store, name) {
        Some(func) => func.call(store, args, results),
        None => Err(Error::new(format!("the export {name:?} is missing"))),
    }
}

/// Reads the arguments of an export by its parameter types.
fn read_args(name: &str, ty: &FuncType, args: &[OsString]) -> Result<Vec<Val>, CliError> {
    let params = ty.params();
    if params.len() != args.len() {
        let (wants, given) = (params.len(), args.len());
        return Err(CliError::usage(format!("the export {name:?} has the type {ty}: it takes {wants} arguments, and there are {given}")));
    }
    let read = |(position, (&ty, arg)): (usize, (_, &OsString))| {
        let value = arg.to_str().ok_or_else(|| "it is not UTF-8".to_owned()).and_then(|text| values::parse(ty, text));
        value.map_err(|why| CliError::usage(format!("argument {} of {name:?}: {why}", position + 1)))
    };
    params.iter().zip(args).enumerate().map(read).collect()
}

/// A sentence that lists what could be called.
fn exported_functions(module: &Module) -> String {
    let functions: Vec<String> = module
        .exports()
        .filter_map(|export| match export.ty() {
            ExternType::Func(ty) => Some(format!("{} {ty}", export.name())),
            _ => None,
        })
        .collect();
    if functions.is_empty() { "it exports no function".into() } else { format!("it exports the functions {}", functions.join(", ")) }
}
