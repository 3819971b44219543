//! The engines' WASI hosts behind one face: load a program once, run it with arguments in a folder.
//!
//! Each has the folder as `.`, everything else is empty. The peers need the features `wasi-wasmi` and `wasi-wasmtime`.

use crate::Result;
use std::{path::Path, time::Duration};

/// An engine with its WASI host.
pub trait Host {
    /// The name used on the command line and in reports.
    fn name(&self) -> &'static str;
    /// The version of the crate.
    fn version(&self) -> &'static str;
    /// Validates and translates a module.
    ///
    /// # Errors
    /// When the engine refuses it.
    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Program>>;
}

/// A loaded program.
pub trait Program {
    /// Runs it to its end, in a fresh instance.
    ///
    /// # Errors
    /// When it does not end with status 0.
    fn run(&self, args: &[String], folder: &Path) -> Result<()>;
}

/// All hosts of this build, or those named, with commas between.
///
/// # Errors
/// When a name is unknown.
pub fn select(names: Option<&str>) -> Result<Vec<Box<dyn Host>>> {
    let mut all: Vec<Option<Box<dyn Host>>> = vec![Some(Box::new(fulgurite_host::Fulgurite))];
    #[cfg(feature = "wasi-wasmi")]
    all.push(Some(Box::new(wasmi_host::Wasmi)));
    #[cfg(feature = "wasi-wasmtime")]
    all.push(Some(Box::new(wasmtime_host::Wasmtime)));
    let Some(names) = names else { return Ok(all.into_iter().flatten().collect()) };
    let pick = |name: &str| {
        let found = all.iter_mut().find(|host| host.as_ref().is_some_and(|host| host.name() == name));
        found.and_then(Option::take).ok_or_else(|| format!("no WASI host `{name}` in this build, or named twice").into())
    };
    names.split(',').map(pick).collect()
}

/// Processor time of all threads of this process so far.
pub fn processor_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// This project's.
mod fulgurite_host {
    use super::{Host, Path, Program, Result};
    use fulgurite::{CompilationMode, Config, Engine, Linker, Module, Store};
    use fulgurite_wasi::{Access, WasiCtx, add_to_linker};

    pub struct Fulgurite;

    struct Loaded(Module);

    impl Host for Fulgurite {
        fn name(&self) -> &'static str {
            "fulgurite"
        }

        fn version(&self) -> &'static str {
            env!("CARGO_PKG_VERSION")
        }

        fn load(&self, wasm: &[u8]) -> Result<Box<dyn Program>> {
            let mut config = Config::new();
            config.compilation_mode(CompilationMode::Eager);
            Ok(Box::new(Loaded(Module::new(&Engine::new(&config), wasm)?)))
        }
    }

    impl Program for Loaded {
        fn run(&self, args: &[String], folder: &Path) -> Result<()> {
            let engine = self.0.engine();
            let ctx = WasiCtx::builder().arg("io").args(args).directory(folder, ".", Access::ReadWrite).build()?;
            let mut store = Store::new(engine, ctx);
            let mut linker = Linker::new(engine);
            add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
            let instance = linker.instantiate(&mut store, &self.0)?;
            match instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ()) {
                Err(error) if error.exit_status() != Some(0) => Err(error.into()),
                _ => Ok(()),
            }
        }
    }
}

/// wasmi with wasmi_wasi, which is wasi-common.
#[cfg(feature = "wasi-wasmi")]
mod wasmi_host {
    use super::{Host, Path, Program, Result};
    use wasmi_wasi::{WasiCtx, WasiCtxBuilder, ambient_authority, wasi_common::sync::Dir};

    pub struct Wasmi;

    struct Loaded(wasmi::Module);

    impl Host for Wasmi {
        fn name(&self) -> &'static str {
            "wasmi"
        }

        fn version(&self) -> &'static str {
            "2.0.0"
        }

        fn load(&self, wasm: &[u8]) -> Result<Box<dyn Program>> {
            let mut config = wasmi::Config::default();
            config.compilation_mode(wasmi::CompilationMode::Eager);
            Ok(Box::new(Loaded(wasmi::Module::new(&wasmi::Engine::new(&config), wasm)?)))
        }
    }

    impl Program for Loaded {
        fn run(&self, args: &[String], folder: &Path) -> Result<()> {
            let engine = self.0.engine();
            let mut builder = WasiCtxBuilder::new();
            builder.arg("io")?.args(args)?;
            builder.preopened_dir(Dir::open_ambient_dir(folder, ambient_authority())?, ".")?;
            let mut store = wasmi::Store::new(engine, builder.build());
            let mut linker = wasmi::Linker::<WasiCtx>::new(engine);
            wasmi_wasi::add_to_linker(&mut linker, |ctx| ctx)?;
            let instance = linker.instantiate_and_start(&mut store, &self.0)?;
            match instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ()) {
                Err(error) if error.i32_exit_status() != Some(0) => Err(error.into()),
                _ => Ok(()),
            }
        }
    }
}

/// Wasmtime's machine code with wasmtime-wasi, which may block the thread that calls, as its command line has it.
#[cfg(feature = "wasi-wasmtime")]
mod wasmtime_host {
    use super::{Host, Path, Program, Result};
    use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder, p1};

    pub struct Wasmtime;

    struct Loaded(wasmtime::Module);

    impl Host for Wasmtime {
        fn name(&self) -> &'static str {
            "wasmtime"
        }

        fn version(&self) -> &'static str {
            "48"
        }

        fn load(&self, wasm: &[u8]) -> Result<Box<dyn Program>> {
            let module = wasmtime::Module::from_binary(&wasmtime::Engine::default(), wasm);
            Ok(Box::new(Loaded(module.map_err(|error| error.to_string())?)))
        }
    }

    impl Loaded {
        fn start(&self, args: &[String], folder: &Path) -> wasmtime::Result<()> {
            let engine = self.0.engine();
            let mut builder = WasiCtxBuilder::new();
            builder.arg("io").args(args).allow_blocking_current_thread(true);
            builder.preopened_dir(folder, ".", FsPerms::ReadWrite)?;
            let mut store = wasmtime::Store::new(engine, builder.build_p1());
            let mut linker = wasmtime::Linker::new(engine);
            p1::add_to_linker_sync(&mut linker, |ctx| ctx)?;
            let instance = linker.instantiate(&mut store, &self.0)?;
            match instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ()) {
                Err(error) if error.downcast_ref::<I32Exit>().is_none_or(|exit| exit.0 != 0) => Err(error),
                _ => Ok(()),
            }
        }
    }

    impl Program for Loaded {
        fn run(&self, args: &[String], folder: &Path) -> Result<()> {
            self.start(args, folder).map_err(|error| error.to_string().into())
        }
    }
}
