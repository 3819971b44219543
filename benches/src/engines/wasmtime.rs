//! Wasmtime: Cranelift's machine code, or Pulley, its interpreter of bytecode that Cranelift optimised.
//!
//! Neither is a peer in kind: both run an optimising compiler first, which shows in the start-up tables.

use super::{Engine, Instance, Mode, Module, Value, ValueType, clamp, clock_ms, copy_into, single};
use crate::Result;

/// The engine's adapter.
pub struct Wasmtime {
    /// Pulley instead of machine code.
    pub pulley: bool,
}

struct Loaded {
    engine: wasmtime::Engine,
    module: wasmtime::Module,
}

struct Running {
    store: wasmtime::Store<()>,
    instance: wasmtime::Instance,
    memory: Option<wasmtime::Memory>,
}

impl Engine for Wasmtime {
    fn name(&self) -> &'static str {
        if self.pulley { "wasmtime-pulley" } else { "wasmtime-cranelift" }
    }

    fn version(&self) -> &'static str {
        "48"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Eager]
    }

    fn load(&self, _mode: Mode, wasm: &[u8]) -> Result<Box<dyn Module>> {
        let mut config = wasmtime::Config::new();
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
        let memory = instance.get_memory(&mut store, "memory");
        Ok(Box::new(Running { store, instance, memory }))
    }
}

impl Instance for Running {
    fn call(&mut self, name: &str, args: &[Value], result: Option<ValueType>) -> Result<Option<Value>> {
        let function = self.instance.get_func(&mut self.store, name).ok_or_else(|| format!("no function `{name}`"))?;
        let args: Vec<wasmtime::Val> = args.iter().map(|arg| lower(*arg)).collect();
        let mut results = vec![wasmtime::Val::I32(0); usize::from(result.is_some())];
        function.call(&mut self.store, &args, &mut results).map_err(|error| format!("{error:#}"))?;
        single(results.first().map(lift).transpose()?, result)
    }

    fn read(&mut self, offset: usize, len: usize) -> Result<Vec<u8>> {
        Ok(self.memory.map(|memory| clamp(memory.data(&self.store), offset, len)).unwrap_or_default())
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<()> {
        copy_into(self.memory.ok_or("no memory")?.data_mut(&mut self.store), offset, bytes)
    }
}

fn lower(value: Value) -> wasmtime::Val {
    match value {
        Value::I32(value) => wasmtime::Val::I32(value),
        Value::I64(value) => wasmtime::Val::I64(value),
        Value::F32(value) => wasmtime::Val::F32(value.to_bits()),
        Value::F64(value) => wasmtime::Val::F64(value.to_bits()),
    }
}

fn lift(value: &wasmtime::Val) -> Result<Value> {
    Ok(match value {
        wasmtime::Val::I32(value) => Value::I32(*value),
        wasmtime::Val::I64(value) => Value::I64(*value),
        wasmtime::Val::F32(bits) => Value::F32(f32::from_bits(*bits)),
        wasmtime::Val::F64(bits) => Value::F64(f64::from_bits(*bits)),
        _ => return Err("neither integer nor float came back".into()),
    })
}
