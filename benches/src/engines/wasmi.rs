//! wasmi 2: a register-based interpreter with its own bytecode.

use super::{Engine, Mode, Module, alike};
use crate::Result;

/// The engine's adapter.
pub struct Wasmi;

alike::loaded_and_running!(wasmi);
alike::instantiation!(wasmi, instantiate_and_start);

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
