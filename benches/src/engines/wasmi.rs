//! wasmi 2: a register-based interpreter with its own bytecode.

use super::{Engine, Instance, Mode, Module, Value, ValueType, clamp, clock_ms, copy_into, single};
use crate::Result;

/// The engine's adapter.
pub struct Wasmi;

struct Loaded {
    engine: wasmi::Engine,
    module: wasmi::Module,
}

struct Running {
    store: wasmi::Store<()>,
    instance: wasmi::Instance,
    memory: Option<wasmi::Memory>,
}

impl Engine for Wasmi {
    fn name(&self) -> &'static str {
        "wasmi"
    }

    fn version(&self) -> &'static str {
        "2.0.0"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Eager, Mode::LazyTranslation, Mode::LazyValidation]
    }

    fn load(&self, mode: Mode, wasm: &[u8]) -> Result<Box<dyn Module>> {
        let mut config = wasmi::Config::default();
        config.wasm_tail_call(true);
        config.compilation_mode(match mode {
            Mode::Eager => wasmi::CompilationMode::Eager,
            Mode::LazyTranslation => wasmi::CompilationMode::LazyTranslation,
            Mode::LazyValidation => wasmi::CompilationMode::Lazy,
        });
        let engine = wasmi::Engine::new(&config);
        let module = wasmi::Module::new(&engine, wasm)?;
        Ok(Box::new(Loaded { engine, module }))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let mut store = wasmi::Store::new(&self.engine, ());
        let mut linker = wasmi::Linker::new(&self.engine);
        for import in self.module.imports() {
            if (import.module(), import.name()) == ("env", "clock_ms") {
                linker.func_wrap("env", "clock_ms", clock_ms)?;
            } else if let wasmi::ExternType::Func(ty) = import.ty() {
                // Results come in as zeros of their types.
                linker.func_new(import.module(), import.name(), ty.clone(), |_, _, _| Ok(()))?;
            }
        }
        let instance = linker.instantiate_and_start(&mut store, &self.module)?;
        let memory = instance.get_memory(&store, "memory");
        Ok(Box::new(Running { store, instance, memory }))
    }
}

impl Instance for Running {
    fn call(&mut self, name: &str, args: &[Value], result: Option<ValueType>) -> Result<Option<Value>> {
        let function = self.instance.get_func(&self.store, name).ok_or_else(|| format!("no function `{name}`"))?;
        let args: Vec<wasmi::Val> = args.iter().map(|arg| lower(*arg)).collect();
        let mut results = vec![wasmi::Val::I32(0); usize::from(result.is_some())];
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

fn lower(value: Value) -> wasmi::Val {
    match value {
        Value::I32(value) => wasmi::Val::I32(value),
        Value::I64(value) => wasmi::Val::I64(value),
        Value::F32(value) => wasmi::Val::F32(value.into()),
        Value::F64(value) => wasmi::Val::F64(value.into()),
    }
}

fn lift(value: &wasmi::Val) -> Result<Value> {
    Ok(match value {
        wasmi::Val::I32(value) => Value::I32(*value),
        wasmi::Val::I64(value) => Value::I64(*value),
        wasmi::Val::F32(value) => Value::F32(f32::from_bits(value.to_bits())),
        wasmi::Val::F64(value) => Value::F64(f64::from_bits(value.to_bits())),
        _ => return Err("neither integer nor float came back".into()),
    })
}
