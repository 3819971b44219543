//! sf-nano (Silverfir-nano), its interpreter only.
//!
//! Loading validates; translation is part of instantiation and happens anew for each instance, since a module is
//! consumed by it. Thus its "instantiate" times include translation.

use super::{Engine, Instance, Mode, Module, Value, ValueType, clamp, clock_ms, copy_into, imported_functions, single};
use crate::Result;
use std::cell::RefCell;

/// The engine's adapter.
pub struct SfNano;

struct Loaded {
    engine: sf_nano_core::Engine,
    wasm: Vec<u8>,
    /// The validated module until the first instantiation takes it.
    module: RefCell<Option<sf_nano_core::Module>>,
}

struct Running {
    instance: sf_nano_core::Instance,
}

impl Engine for SfNano {
    fn name(&self) -> &'static str {
        "sf-nano"
    }

    fn version(&self) -> &'static str {
        "0.6.0"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Eager]
    }

    fn load(&self, _mode: Mode, wasm: &[u8]) -> Result<Box<dyn Module>> {
        let config = sf_nano_core::Config::new().tier(sf_nano_core::Tier::Interp).parallel_compilation(false);
        let engine = sf_nano_core::Engine::new(config).map_err(|error| error.to_string())?;
        let module = sf_nano_core::Module::new("bench", wasm).map_err(|error| error.to_string())?;
        Ok(Box::new(Loaded { engine, wasm: wasm.to_vec(), module: RefCell::new(Some(module)) }))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let mut imports = Vec::new();
        for import in imported_functions(&self.wasm)? {
            let clock = (import.module.as_str(), import.name.as_str()) == ("env", "clock_ms");
            let types = import.results.clone();
            imports.push(sf_nano_core::Import::func(&import.module, &import.name, move |_, _, results| {
                for (slot, ty) in results.iter_mut().zip(&types) {
                    *slot = if clock { sf_nano_core::Value::I32(clock_ms()) } else { zero(*ty) };
                }
                Ok(())
            }));
        }
        let module = match self.module.take() {
            Some(module) => module,
            None => sf_nano_core::Module::new("bench", &self.wasm).map_err(|error| error.to_string())?,
        };
        let instance = sf_nano_core::Instance::from_module(&self.engine, module, &imports).map_err(|error| error.to_string())?;
        Ok(Box::new(Running { instance }))
    }
}

impl Instance for Running {
    fn call(&mut self, name: &str, args: &[Value], result: Option<ValueType>) -> Result<Option<Value>> {
        let function = self.instance.get_func(name).ok_or_else(|| format!("no function `{name}`"))?;
        let args: Vec<sf_nano_core::Value> = args.iter().map(|arg| lower(*arg)).collect();
        let mut results = vec![sf_nano_core::Value::I32(0); usize::from(result.is_some())];
        self.instance.call(&function, &args, &mut results).map_err(|error| error.to_string())?;
        single(results.first().map(lift).transpose()?, result)
    }

    fn read(&mut self, offset: usize, len: usize) -> Result<Vec<u8>> {
        // A module without memory gives an error here.
        Ok(self.instance.memory().map(|memory| clamp(&memory, offset, len)).unwrap_or_default())
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<()> {
        copy_into(&mut self.instance.memory_mut().map_err(|error| error.to_string())?, offset, bytes)
    }
}

fn zero(ty: ValueType) -> sf_nano_core::Value {
    match ty {
        ValueType::I32 => sf_nano_core::Value::I32(0),
        ValueType::I64 => sf_nano_core::Value::I64(0),
        ValueType::F32 => sf_nano_core::Value::F32(0.0),
        ValueType::F64 => sf_nano_core::Value::F64(0.0),
    }
}

fn lower(value: Value) -> sf_nano_core::Value {
    match value {
        Value::I32(value) => sf_nano_core::Value::I32(value),
        Value::I64(value) => sf_nano_core::Value::I64(value),
        Value::F32(value) => sf_nano_core::Value::F32(value),
        Value::F64(value) => sf_nano_core::Value::F64(value),
    }
}

fn lift(value: &sf_nano_core::Value) -> Result<Value> {
    Ok(match value {
        sf_nano_core::Value::I32(value) => Value::I32(*value),
        sf_nano_core::Value::I64(value) => Value::I64(*value),
        sf_nano_core::Value::F32(value) => Value::F32(*value),
        sf_nano_core::Value::F64(value) => Value::F64(*value),
        _ => return Err("neither integer nor float came back".into()),
    })
}
