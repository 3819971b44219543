//! Engines: settings, canonical types, and idle translators, shared by modules and stores.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicUsize, Ordering};

use super::config::Config;
use crate::exec::{FUSION, Machine, Stack};
use crate::runtime::memory::Source;
use crate::translate::{Options, Translator};
use crate::util::sync::Mutex;
use crate::wasm::{features::Features, trap::TrapCode, types::TypeRegistry};

/// What modules and stores share: settings and types. Cheap to clone; clones are the same engine.
///
/// ```
/// use fulgurite::{Config, Engine, Module};
///
/// let mut config = Config::new();
/// config.max_stack_bytes(64 << 10);
/// let engine = Engine::new(&config);
/// let module = Module::new(&engine, r#"(module (func (export "f")))"#)?;
/// assert_eq!(module.exports().len(), 1);
/// # Ok::<(), fulgurite::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine(Arc<EngineInner>);

/// The engine proper.
pub(crate) struct EngineInner {
    pub(crate) config: Config,
    pub(crate) types: TypeRegistry,
    /// Translators that nobody uses at present; their tables are worth keeping.
    idle: Mutex<Vec<Translator>>,
    /// Machines of stores that are gone; their stacks are worth keeping, as allocating and zeroing one takes longer than a short program.
    #[expect(clippy::vec_box, reason = "contexts hold the addresses of machines")]
    idle_machines: Mutex<Vec<Box<Machine>>>,
    /// Stacks that no machine has.
    idle_stacks: Mutex<Vec<Stack>>,
    /// How many stacks machines have.
    lent_stacks: AtomicUsize,
}

/// Translators, machines and stacks that are kept when idle.
const MAX_IDLE: usize = 4;

/// Stacks that stores may keep between calls. With more stores than that, a call borrows one: so ten thousand idle stores don't have ten thousand.
const MAX_KEPT_STACKS: usize = 64;

impl Default for Engine {
    fn default() -> Self {
        Self::new(&Config::default())
    }
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine with these settings.
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(EngineInner {
            config: config.clone(),
            types: TypeRegistry::default(),
            idle: Mutex::default(),
            idle_machines: Mutex::default(),
            idle_stacks: Mutex::default(),
            lent_stacks: AtomicUsize::new(0),
        }))
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// How this build goes from one instruction to the next: `"tail"` where handlers jump to each other (optimised builds for known targets), `"loop"`
    /// elsewhere.
    pub fn dispatch_back_end() -> &'static str {
        crate::exec::dispatch::BACK_END
    }

    /// Whether both are the same engine. Modules and stores of different engines don't mix.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    /// The canonical types.
    pub(crate) fn types(&self) -> &TypeRegistry {
        &self.0.types
    }

    /// The proposals that its modules may use.
    pub(crate) fn features(&self) -> Features {
        self.0.config.features
    }

    /// How its code is translated.
    pub(crate) fn options(&self) -> Options {
        Options { fuse: self.0.config.superinstructions, fusion: &FUSION }
    }

    /// Where memories of its stores come from.
    pub(crate) fn memory_source(&self) -> Source {
        if self.0.config.memory_pool { Source::Pool } else { Source::System }
    }

    /// A machine for a store.
    pub(crate) fn take_machine(&self) -> Box<Machine> {
        let idle = self.0.idle_machines.lock().pop();
        idle.unwrap_or_else(|| Box::new(Machine::new()))
    }

    /// Takes back the machine of a store that is gone; nothing runs on it.
    pub(crate) fn give_back_machine(&self, mut machine: Box<Machine>) {
        let mut idle = self.0.idle_machines.lock();
        if idle.len() < MAX_IDLE {
            idle.push(machine);
        } else {
            drop(idle);
            self.take_stack(&mut machine);
        }
    }

    /// Lends a stack to a machine that has none.
    ///
    /// # Errors
    /// There is no memory for one.
    #[inline(never)]
    pub(crate) fn lend_stack(&self, machine: &mut Machine) -> Result<(), TrapCode> {
        let idle = self.0.idle_stacks.lock().pop();
        let stack = idle.or_else(|| Stack::new(self.0.config.max_stack_bytes)).ok_or(TrapCode::StackOverflow)?;
        machine.put_stack(stack);
        self.0.lent_stacks.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Takes the stack of a machine on which nothing runs back, if many are lent.
    pub(crate) fn reclaim_stack(&self, machine: &mut Machine) {
        if self.0.lent_stacks.load(Ordering::Relaxed) > MAX_KEPT_STACKS {
            self.take_stack(machine);
        }
    }

    /// Takes the stack of a machine on which nothing runs back, if it has one.
    #[inline(never)]
    fn take_stack(&self, machine: &mut Machine) {
        if let Some(stack) = machine.take_stack() {
            self.0.lent_stacks.fetch_sub(1, Ordering::Relaxed);
            let mut idle = self.0.idle_stacks.lock();
            if idle.len() < MAX_IDLE {
                idle.push(stack);
            }
        }
    }

    /// Lends a translator.
    pub(crate) fn with_translator<R>(&self, use_it: impl FnOnce(&mut Translator) -> R) -> R {
        let idle = self.0.idle.lock().pop();
        let mut translator = idle.unwrap_or_else(|| Translator::new(self.options()));
        let result = use_it(&mut translator);
        let mut idle = self.0.idle.lock();
        if idle.len() < MAX_IDLE {
            idle.push(translator);
        }
        result
    }
}
