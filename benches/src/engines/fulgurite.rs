//! Fulgurite, with and without superinstructions.

use super::{Engine, Instance, Mode, Module, Value, ValueType, clamp, clock_ms, copy_into, single};
use crate::Result;
use fulgurite as engine;

/// The name of the configuration without superinstructions.
pub const UNFUSED: &str = "fulgurite-unfused";

/// The engine's adapter.
pub struct Fulgurite {
    /// With superinstructions.
    pub fused: bool,
}

struct Loaded {
    engine: engine::Engine,
    module: engine::Module,
}

struct Running {
    store: engine::Store<()>,
    instance: engine::Instance,
    memory: Option<engine::Memory>,
}

impl Engine for Fulgurite {
    fn name(&self) -> &'static str {
        if self.fused { "fulgurite" } else { UNFUSED }
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Eager, Mode::LazyTranslation, Mode::LazyValidation]
    }

    fn load(&self, mode: Mode, wasm: &[u8]) -> Result<Box<dyn Module>> {
        let mut config = engine::Config::new();
        config.superinstructions(self.fused);
        config.compilation_mode(match mode {
            Mode::Eager => engine::CompilationMode::Eager,
            Mode::LazyTranslation => engine::CompilationMode::Lazy,
            Mode::LazyValidation => engine::CompilationMode::LazyValidation,
        });
        let engine = engine::Engine::new(&config);
        let module = engine::Module::from_binary(&engine, wasm)?;
        Ok(Box::new(Loaded { engine, module }))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let mut store = engine::Store::new(&self.engine, ());
        let mut linker = engine::Linker::new(&self.engine);
        for import in self.module.imports() {
            if (import.module(), import.name()) == ("env", "clock_ms") {
                linker.func_wrap("env", "clock_ms", |_: engine::Caller<'_, ()>| clock_ms())?;
            } else if let engine::ExternType::Func(ty) = import.ty() {
                // Results come in as zeros of their types.
                linker.func_new(import.module(), import.name(), ty, |_, _, _| Ok(()))?;
            }
        }
        let instance = linker.instantiate(&mut store, &self.module)?;
        let memory = instance.get_memory(&store, "memory");
        Ok(Box::new(Running { store, instance, memory }))
    }
}

impl Instance for Running {
    fn call(&mut self, name: &str, args: &[Value], result: Option<ValueType>) -> Result<Option<Value>> {
        let function = self.instance.get_func(&self.store, name).ok_or_else(|| format!("no function `{name}`"))?;
        let args: Vec<engine::Val> = args.iter().map(|arg| lower(*arg)).collect();
        let mut results = vec![engine::Val::I32(0); usize::from(result.is_some())];
        function.call(&mut self.store, &args, &mut results)?;
        single(results.first().map(lift).transpose()?, result)
    }

    fn read(&mut self, offset: usize, len: usize) -> Result<Vec<u8>> {
        Ok(self.memory.map(|memory| clamp(memory.data(&self.store), offset, len)).unwrap_or_default())
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<()> {
        copy_into(self.memory.ok_or("no memory")?.data_mut(&mut self.store), offset, bytes)
    }
}

fn lower(value: Value) -> engine::Val {
    match value {
        Value::I32(value) => engine::Val::I32(value),
        Value::I64(value) => engine::Val::I64(value),
        Value::F32(value) => engine::Val::F32(value.to_bits()),
        Value::F64(value) => engine::Val::F64(value.to_bits()),
    }
}

fn lift(value: &engine::Val) -> Result<Value> {
    Ok(match value {
        engine::Val::I32(value) => Value::I32(*value),
        engine::Val::I64(value) => Value::I64(*value),
        engine::Val::F32(bits) => Value::F32(f32::from_bits(*bits)),
        engine::Val::F64(bits) => Value::F64(f64::from_bits(*bits)),
        _ => return Err("a reference came back".into()),
    })
}
