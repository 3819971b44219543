//! wasm3, an interpreter in C. It parses at load time, translates on first call and validates little.
//!
//! Its crate needs libclang to build (it generates bindings), hence the cargo feature.

use super::{Engine, ImportedFunction, Instance, Mode, Module, Value, ValueType, clamp, clock_ms, copy_into, imported_functions};
use crate::Result;

/// The value stack of an instance, in slots of 8 bytes.
const STACK_SLOTS: u32 = 1 << 17;

/// The engine's adapter.
pub struct Wasm3;

struct Loaded {
    wasm: Vec<u8>,
}

struct Running {
    runtime: wasm3::Runtime,
}

impl Engine for Wasm3 {
    fn name(&self) -> &'static str {
        "wasm3"
    }

    fn version(&self) -> &'static str {
        "0.3.1 (crate)"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::LazyValidation]
    }

    fn load(&self, _mode: Mode, wasm: &[u8]) -> Result<Box<dyn Module>> {
        // A parsed module is consumed by its runtime; parse here once to report errors and to be timed.
        let environment = wasm3::Environment::new().map_err(|error| error.to_string())?;
        environment.parse_module(wasm).map_err(|error| error.to_string())?;
        Ok(Box::new(Loaded { wasm: wasm.to_vec() }))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let environment = wasm3::Environment::new().map_err(|error| error.to_string())?;
        let runtime = environment.create_runtime(STACK_SLOTS).map_err(|error| error.to_string())?;
        {
            let parsed = environment.parse_module(self.wasm.as_slice()).map_err(|error| error.to_string())?;
            let mut module = runtime.load_module(parsed).map_err(|error| error.to_string())?;
            for import in imported_functions(&self.wasm)? {
                link(&mut module, &import)?;
            }
        }
        Ok(Box::new(Running { runtime }))
    }
}

/// Links the clock. Other imports stay open: wasm3 checks them only when a function that calls them is translated.
fn link(module: &mut wasm3::Module<'_>, import: &ImportedFunction) -> Result<()> {
    if (import.module.as_str(), import.name.as_str()) != ("env", "clock_ms") {
        return Ok(());
    }
    module.link_closure("env", "clock_ms", |_, (): ()| Ok(clock_ms())).map_err(|error| error.to_string().into())
}

/// Calls with each supported combination of at most one argument and one result.
macro_rules! call {
    ($runtime:expr, $name:expr, $param:ty, $arg:tt, $result:expr) => {
        match $result {
            None => call!(@as $runtime, $name, $param, $arg, ()).map(|()| None),
            Some(ValueType::I32) => call!(@as $runtime, $name, $param, $arg, i32).map(|value| Some(Value::I32(value))),
            Some(ValueType::I64) => call!(@as $runtime, $name, $param, $arg, i64).map(|value| Some(Value::I64(value))),
            Some(ValueType::F32) => call!(@as $runtime, $name, $param, $arg, f32).map(|value| Some(Value::F32(value))),
            Some(ValueType::F64) => call!(@as $runtime, $name, $param, $arg, f64).map(|value| Some(Value::F64(value))),
        }
    };
    (@as $runtime:expr, $name:expr, $param:ty, $arg:tt, $out:ty) => {
        $runtime.find_function::<$param, $out>($name).and_then(|function| function.call $arg)
    };
}

impl Instance for Running {
    fn call(&mut self, name: &str, args: &[Value], result: Option<ValueType>) -> Result<Option<Value>> {
        let returned = match *args {
            [] => call!(self.runtime, name, (), (), result),
            [Value::I32(value)] => call!(self.runtime, name, i32, (value), result),
            [Value::I64(value)] => call!(self.runtime, name, i64, (value), result),
            [Value::F32(value)] => call!(self.runtime, name, f32, (value), result),
            [Value::F64(value)] => call!(self.runtime, name, f64, (value), result),
            _ => return Err("this adapter passes at most one argument".into()),
        };
        Ok(returned.map_err(|error| error.to_string())?)
    }

    #[expect(unsafe_code, reason = "the crate lends memory only as a raw pointer")]
    fn read(&mut self, offset: usize, len: usize) -> Result<Vec<u8>> {
        // SAFETY: the runtime is borrowed for the whole block and no guest code runs in it, so memory cannot move.
        let memory = unsafe { &*self.runtime.memory() };
        Ok(clamp(memory, offset, len))
    }

    #[expect(unsafe_code, reason = "the crate lends memory only as a raw pointer")]
    fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<()> {
        // SAFETY: the runtime is borrowed mutably for the whole block and no guest code runs in it.
        let memory = unsafe { &mut *self.runtime.memory_mut() };
        copy_into(memory, offset, bytes)
    }
}
