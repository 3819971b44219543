//! Fulgurite, with and without superinstructions.

use super::{Engine, Mode, Module, alike};
use crate::Result;
use fulgurite as engine;

/// The name of the configuration without superinstructions.
pub const UNFUSED: &str = "fulgurite-unfused";

/// The engine's adapter.
pub struct Fulgurite {
    /// With superinstructions.
    pub fused: bool,
}

alike::loaded_and_running!(engine, |store| store.gc());
alike::instantiation!(engine, instantiate);

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
