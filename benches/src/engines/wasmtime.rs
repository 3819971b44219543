//! Wasmtime: Cranelift's machine code, or Pulley, its interpreter of bytecode that Cranelift optimised.
//!
//! Neither is a peer in kind: both run an optimising compiler first, which shows in the start-up tables.

use super::{Engine, Instance, Mode, Module, alike, clock_ms};
use crate::Result;

/// The engine's adapter.
pub struct Wasmtime {
    /// Pulley instead of machine code.
    pub pulley: bool,
    /// How it manages structures and arrays.
    pub collector: wasmtime::Collector,
}

alike::loaded_and_running!(wasmtime, |store| store.gc(None));

impl Engine for Wasmtime {
    fn name(&self) -> &'static str {
        use wasmtime::Collector::{DeferredReferenceCounting, Null};
        match (self.pulley, self.collector) {
            (true, DeferredReferenceCounting) => "wasmtime-pulley-drc",
            (true, Null) => "wasmtime-pulley-null",
            (true, _) => "wasmtime-pulley",
            (false, DeferredReferenceCounting) => "wasmtime-cranelift-drc",
            (false, Null) => "wasmtime-cranelift-null",
            (false, _) => "wasmtime-cranelift",
        }
    }

    fn version(&self) -> &'static str {
        "48"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Eager]
    }

    fn load(&self, _mode: Mode, wasm: &[u8]) -> Result<Box<dyn Module>> {
        let mut config = wasmtime::Config::new();
        config
            .wasm_simd(true)
            .wasm_tail_call(true)
            .wasm_function_references(true)
            .wasm_gc(true)
            .wasm_exceptions(true)
            .collector(self.collector);
        if self.pulley {
            config.target("pulley64").map_err(|error| error.to_string())?;
        }
        let engine = wasmtime::Engine::new(&config).map_err(|error| error.to_string())?;
        let module = wasmtime::Module::from_binary(&engine, wasm).map_err(|error| error.to_string())?;
        Ok(Box::new(Loaded { engine, module }))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let mut store = wasmtime::Store::new(&self.engine, ());
        let mut linker = wasmtime::Linker::new(&self.engine);
        for import in self.module.imports() {
            let wasmtime::ExternType::Func(ty) = import.ty() else { return Err("an import is not a function".into()) };
            let clock = (import.module(), import.name()) == ("env", "clock_ms");
            let zeros: Vec<wasmtime::Val> = ty.results().filter_map(|ty| wasmtime::Val::default_for_ty(&ty)).collect();
            linker
                .func_new(import.module(), import.name(), ty, move |_, _, results| {
                    results.clone_from_slice(&zeros);
                    if clock {
                        results.fill(wasmtime::Val::I32(clock_ms()));
                    }
                    Ok(())
                })
                .map_err(|error| error.to_string())?;
        }
        let instance = linker.instantiate(&mut store, &self.module).map_err(|error| error.to_string())?;
        Ok(Running::boxed(store, instance))
    }
}
