//! What happens to the bodies of a module: validation and translation, at once or at the first call, on one thread or on several.
//!
//! Called by: `api::{module, archive, driver, error}`. Calls: `validate`, `translate`, `code`, `util::parallel`.

use alloc::{boxed::Box, sync::Arc, vec};

use bytes::Bytes;
use spin::Once;

use super::config::CompilationMode;
use super::engine::Engine;
use super::error::Error;
use crate::decode::module::Module;
use crate::runtime::module::ModuleInner;
use crate::translate::{self, BodyFacts, Census, RootMap};
use crate::util::parallel;
use crate::validate::{FuncValidator, ValidateError};

/// Bytes of bodies that are worth a thread for validation, which does some 350 in a microsecond: to start a thread, and have it at work, takes as
/// long as some 20,000 (2026-11-23), and to ask for the number of processors twice as much.
const VALIDATED_BYTES: usize = 80 << 10;
/// Bytes that are worth a thread to copy them: some 4,000 in a microsecond, to pages that are new.
pub(super) const COPIED_BYTES: usize = 512 << 10;
/// Bytes of bodies that are worth a thread for translation, which does some 70 in a microsecond.
const TRANSLATED_BYTES: usize = 16 << 10;

/// What this layer keeps with a module.
pub(crate) struct ModuleExtension {
    engine: Engine,
    facts: Facts,
}

/// By-products of validation, which translation needs.
pub(super) enum Facts {
    /// Of all bodies.
    All(Box<[BodyFacts]>),
    /// Of the bodies that were called so far.
    Called(Box<[Once<BodyFacts>]>),
    /// Of all bodies, as records in the archive that the module comes from.
    Archived(Bytes),
}

impl Facts {
    /// Of `count` bodies of which none was called yet.
    pub(super) fn called(count: usize) -> Self {
        Self::Called((0..count).map(|_| Once::new()).collect())
    }
}

impl ModuleExtension {
    /// What to keep with a module of this engine.
    pub(super) fn new(engine: &Engine, facts: Facts) -> Self {
        Self { engine: engine.clone(), facts }
    }

    /// The extension of a module.
    pub(crate) fn of(module: &ModuleInner) -> Option<&ModuleExtension> {
        module.extension.downcast_ref()
    }

    /// The engine that the module was loaded with.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What translation needs to know of a body, which is validated if that was not done yet.
    pub(super) fn facts(&self, module: &ModuleInner, function: u32) -> Result<BodyFacts, Error> {
        match &self.facts {
            Facts::All(facts) => facts.get(function as usize).copied().ok_or_else(|| Error::bug("a function without facts")),
            Facts::Archived(records) => {
                let record = records.get(function as usize * BodyFacts::RECORD..).and_then(<[u8]>::first_chunk);
                record.map(BodyFacts::from_record).ok_or_else(|| Error::bug("a function without facts"))
            }
            Facts::Called(facts) => {
                let facts = facts.get(function as usize).ok_or_else(|| Error::bug("a function without facts"))?;
                let facts = facts.try_call_once(|| {
                    let mut census = Census::default();
                    FuncValidator::new().body(&module.decoded, &module.decoded.bytes, function, &mut census)?;
                    Ok::<_, Error>(census.facts())
                })?;
                Ok(*facts)
            }
        }
    }

    /// Which slots of a function's frames hold references of the garbage-collected heap.
    pub(crate) fn root_map(&self, module: &ModuleInner, function: u32) -> Result<RootMap, Error> {
        let facts = self.facts(module, function)?;
        Ok(RootMap::new(&module.decoded, &module.code, function, &facts, self.engine.options()))
    }

    /// The byte offset in the module of the operator that internal code at `code_offset` belongs to.
    pub(crate) fn locate(&self, module: &ModuleInner, function: u32, code_offset: u32) -> Option<u32> {
        let facts = self.facts(module, function).ok()?;
        translate::locate(&module.decoded, &module.code, function, &facts, self.engine.options(), code_offset)
    }
}

/// What this layer keeps with a module.
pub(super) fn extension(module: &ModuleInner) -> Result<&ModuleExtension, Error> {
    ModuleExtension::of(module).ok_or_else(|| Error::bug("a module lacks what its loader keeps with it"))
}

/// On how many threads to do something with so many bytes, of which `worth` are worth a thread.
#[cfg(feature = "parallel")]
pub(super) fn threads(engine: &Engine, bytes: usize, worth: usize) -> usize {
    let (wanted, most) = (engine.config().compilation_threads, bytes / worth);
    if wanted == 1 || most < 2 {
        return 1;
    }
    most.min(if wanted == 0 { parallel::available() } else { wanted })
}

/// On how many threads to do something with so many bytes, of which `worth` are worth a thread.
#[cfg(not(feature = "parallel"))]
pub(super) fn threads(_engine: &Engine, _bytes: usize, _worth: usize) -> usize {
    1
}

/// Whether so many bytes are worth a thread that copies them while they are judged: of bodies that are not, only the sections take time, too little for
/// fewer than 2 MiB (2026-11-26).
pub(super) fn copies_beside(engine: &Engine, bytes: usize) -> bool {
    let worth = if engine.config().mode == CompilationMode::LazyValidation { 2 * COPIED_BYTES } else { COPIED_BYTES };
    threads(engine, bytes, worth) > 1
}

/// Bytes of all bodies.
fn body_bytes(module: &Module) -> usize {
    match (module.bodies.first(), module.bodies.last()) {
        (Some(first), Some(last)) => (last.end - first.start) as usize,
        _ => 0,
    }
}

/// Validates all bodies and keeps what translation needs.
///
/// # Errors
/// The first rule that is broken, in the order of bytes.
pub(super) fn validate_bodies(engine: &Engine, module: &Module, bytes: &[u8]) -> Result<Facts, Error> {
    let mut facts = vec![BodyFacts::NONE; module.bodies.len()].into_boxed_slice();
    let threads = threads(engine, body_bytes(module), VALIDATED_BYTES);
    parallel::chunks(&mut facts, threads, |first, facts: &mut [BodyFacts]| {
        let (mut validator, mut census) = (FuncValidator::new(), Census::default());
        for (function, facts) in (first as u32..).zip(facts) {
            validator.body(module, bytes, function, &mut census)?;
            *facts = census.facts();
        }
        Ok::<_, ValidateError>(())
    })?;
    Ok(Facts::All(facts))
}

/// Validates all bodies.
///
/// # Errors
/// The first rule that is broken, in the order of bytes.
pub(super) fn check_bodies(engine: &Engine, module: &Module, bytes: &[u8]) -> Result<(), Error> {
    // There is nothing to keep, so the items, of which each thread gets its share, take no space.
    let mut bodies = vec![(); module.bodies.len()];
    let threads = threads(engine, body_bytes(module), VALIDATED_BYTES);
    let judge = |first, bodies: &mut [()]| {
        let mut validator = FuncValidator::new();
        (first as u32..).zip(bodies).try_for_each(|(function, ())| validator.body(module, bytes, function, &mut ()))
    };
    Ok(parallel::chunks(&mut bodies, threads, judge)?)
}

/// Translates all functions.
///
/// # Errors
/// None where all bodies are validated.
pub(super) fn translate_all(module: &Arc<ModuleInner>) -> Result<(), Error> {
    let extension = extension(module)?;
    let functions = module.decoded.bodies.len();
    let threads = threads(&extension.engine, body_bytes(&module.decoded), TRANSLATED_BYTES);
    if threads < 2 {
        return (0..functions as u32).try_for_each(|function| compile(module, function).map(|_| ()));
    }
    let translate = |first, functions: &mut [()]| {
        extension.engine.with_translator(|translator| {
            for (function, ()) in (first as u32..).zip(functions) {
                let facts = extension.facts(module, function)?;
                module.code.publish(function, translator.function(&module.decoded, &module.code, function, &facts));
            }
            Ok(())
        })
    };
    parallel::chunks(&mut vec![(); functions], threads, translate)
}

/// Translates a function, unless that was done, and gives the address of its code.
///
/// # Errors
/// With lazy validation, if its body is invalid.
pub(crate) fn compile(module: &Arc<ModuleInner>, function: u32) -> Result<*const u64, Error> {
    if module.code.is_translated(function) {
        return Ok(module.code.cells()[function as usize].entry());
    }
    let extension = extension(module)?;
    let facts = extension.facts(module, function)?;
    let code = extension.engine.with_translator(|translator| translator.function(&module.decoded, &module.code, function, &facts));
    Ok(module.code.publish(function, code))
}
