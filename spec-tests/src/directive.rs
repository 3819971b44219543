//! Runs one directive and judges its outcome.
//!
//! Spec: the script grammar of the reference interpreter, and its `run` function for what each assertion means. Imported by `script`; the rules
//! of judgement are in the crate's documentation.
//!
//! # Why the runner encodes text itself
//! `assert_malformed` with quoted text asks whether the *text* is malformed, which the parser of the text format answers; the engine then gets
//! the binary, through `Module::from_binary`, so that a binary is never taken for text.

use std::collections::HashMap;

use fulgurite::{Config, Engine, Error, ErrorKind, Extern, Instance, Linker, Module, SharedMemory, Store, TrapCode, Val};
use wast::token::Id;
use wast::{QuoteWat, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use crate::expect::{argument, results_match, show_patterns, show_values};
use crate::spectest;

/// Why a directive failed.
pub(crate) struct Mismatch {
    /// What the script demands.
    pub(crate) expected: String,
    /// What happened.
    pub(crate) found: String,
}

impl Mismatch {
    /// A failure with these texts.
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }

    /// An error where none, or another one, was expected.
    pub(crate) fn unexpected(expected: impl Into<String>, error: &Error) -> Self {
        Self::new(expected, describe(error))
    }
}

/// An error with its kind, on one line.
fn describe(error: &Error) -> String {
    let kind = match error.kind() {
        ErrorKind::Malformed => "malformed",
        ErrorKind::Invalid => "invalid",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Unlinkable => "unlinkable",
        ErrorKind::Trap => "trap",
        ErrorKind::Exception => "exception",
        ErrorKind::Exit => "exit",
        ErrorKind::Host => "host error",
        ErrorKind::Limit => "limit",
        ErrorKind::Archive => "precompiled module",
        ErrorKind::Api => "misuse",
        ErrorKind::Bug => "BUG",
        _ => "error",
    };
    match error.offset() {
        Some(offset) => format!("{kind}: {} (at offset {offset:#x})", error.message()),
        None => format!("{kind}: {}", error.message()),
    }
}

/// Whether the engine's message and the script's are the same but for details that one of them appends.
fn texts_agree(found: &str, expected: &str) -> bool {
    found.starts_with(expected) || (!found.is_empty() && expected.starts_with(found))
}

/// The keyword of a directive.
pub(crate) fn keyword(directive: &WastDirective<'_>) -> &'static str {
    match directive {
        WastDirective::Module(_) => "module",
        WastDirective::ModuleDefinition(_) => "module definition",
        WastDirective::ModuleInstance { .. } => "module instance",
        WastDirective::Register { .. } => "register",
        WastDirective::Invoke(_) => "invoke",
        WastDirective::AssertReturn { .. } => "assert_return",
        WastDirective::AssertTrap { .. } => "assert_trap",
        WastDirective::AssertExhaustion { .. } => "assert_exhaustion",
        WastDirective::AssertUnlinkable { .. } => "assert_unlinkable",
        WastDirective::AssertMalformed { .. } => "assert_malformed",
        WastDirective::AssertMalformedCustom { .. } => "assert_malformed_custom",
        WastDirective::AssertInvalid { .. } => "assert_invalid",
        WastDirective::AssertInvalidCustom { .. } => "assert_invalid_custom",
        WastDirective::AssertException { .. } => "assert_exception",
        WastDirective::AssertSuspension { .. } => "assert_suspension",
        WastDirective::Thread(_) => "thread",
        WastDirective::Wait { .. } => "wait",
    }
}

/// Why a module was not made from the text or binary of a script.
enum Rejected {
    /// The parser of the text format says so.
    Text(String),
    /// The engine says so.
    Engine(Error),
    /// It is no core module.
    Component,
}

impl Rejected {
    /// The failure of a directive that wants a module.
    fn mismatch(self, expected: &str) -> Mismatch {
        match self {
            Self::Text(message) => Mismatch::new(expected, format!("malformed text: {message}")),
            Self::Engine(error) => Mismatch::unexpected(expected, &error),
            Self::Component => Mismatch::new(expected, "a component: not supported"),
        }
    }
}

/// The shared memories that a module exports, for the threads of a script.
#[derive(Clone)]
pub(crate) struct Shared {
    /// The name of its instance.
    instance: String,
    memories: Vec<(String, SharedMemory)>,
}

/// What a running script, or a thread of one, can refer to.
pub(crate) struct State {
    engine: Engine,
    store: Store<()>,
    linker: Linker<()>,
    /// The last instance, if its module could be instantiated.
    current: Option<Instance>,
    instances: HashMap<String, Instance>,
    /// The last `module definition`.
    last_definition: Option<Module>,
    definitions: HashMap<String, Module>,
    /// What a thread has from the script that started it.
    shared: Option<Shared>,
}

impl State {
    /// The state before the first directive: nothing but `spectest`.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        Self::of_thread(Engine::new(config), None)
    }

    /// The state before the first directive of a thread: besides `spectest` what it shares.
    pub(crate) fn of_thread(engine: Engine, shared: Option<Shared>) -> Result<Self, Error> {
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        // Scripts register under a name again to replace what it meant.
        linker.allow_shadowing(true);
        spectest::define(&mut linker, &mut store)?;
        Ok(Self {
            engine,
            store,
            linker,
            current: None,
            instances: HashMap::new(),
            last_definition: None,
            definitions: HashMap::new(),
            shared,
        })
    }

    /// The engine, which threads of the script use too.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What a thread gets of an instance: its shared memories. (All else belongs to a store.)
    pub(crate) fn share(&self, id: Id<'_>) -> Result<Shared, Mismatch> {
        if let Some(shared) = self.shared_as(id) {
            return Ok(shared.clone());
        }
        let instance = self.find(Some(id))?;
        let memories = instance.exports(&self.store).filter_map(|(name, item)| match item {
            Extern::SharedMemory(memory) => Some((name.to_owned(), memory)),
            _ => None,
        });
        Ok(Shared { instance: id.name().into(), memories: memories.collect() })
    }

    /// What a thread shares by this name, unless it has an instance of that name.
    fn shared_as(&self, id: Id<'_>) -> Option<&Shared> {
        self.shared.as_ref().filter(|shared| shared.instance == id.name() && !self.instances.contains_key(id.name()))
    }

    /// Runs a directive.
    pub(crate) fn run(&mut self, directive: WastDirective<'_>) -> Result<(), Mismatch> {
        match directive {
            WastDirective::Module(mut module) => self.module(&mut module),
            WastDirective::ModuleDefinition(mut module) => self.definition(&mut module),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance(instance, module),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(call) => match self.invoke(&call)? {
                Ok(_) => Ok(()),
                Err(error) => Err(Mismatch::unexpected("a return", &error)),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => self.assert_trap(exec, message),
            WastDirective::AssertExhaustion { call, message, .. } => self.assert_exhaustion(&call, message),
            WastDirective::AssertUnlinkable { module, message, .. } => self.assert_unlinkable(module, message),
            WastDirective::AssertMalformed { mut module, message, .. } => self.assert_malformed(&mut module, message),
            WastDirective::AssertInvalid { mut module, message, .. } => self.assert_invalid(&mut module, message),
            // A custom section that an engine does not interpret cannot make a module bad; what is left is that somebody rejects it.
            WastDirective::AssertMalformedCustom { mut module, message, .. }
            | WastDirective::AssertInvalidCustom { mut module, message, .. } => match self.compile(&mut module) {
                Ok(_) => Err(Mismatch::new(format!("rejection: {message}"), "acceptance")),
                Err(Rejected::Component) => Err(Rejected::Component.mismatch("a core module")),
                Err(_) => Ok(()),
            },
            WastDirective::AssertException { exec, .. } => self.assert_exception(exec),
            WastDirective::AssertSuspension { exec, message, .. } => self.assert_unsupported(exec, &format!("suspension: {message}")),
            // The runner of the script starts and joins threads.
            WastDirective::Thread(_) | WastDirective::Wait { .. } => Err(Mismatch::new("a thread", "a directive within another")),
        }
    }

    /// Decodes and validates.
    fn compile(&self, module: &mut QuoteWat<'_>) -> Result<Module, Rejected> {
        if matches!(module, QuoteWat::QuoteComponent(..) | QuoteWat::Wat(Wat::Component(_))) {
            return Err(Rejected::Component);
        }
        let binary = module.encode().map_err(|error| Rejected::Text(error.message()))?;
        Module::from_binary(&self.engine, &binary).map_err(Rejected::Engine)
    }

    fn instantiate(&mut self, module: &Module) -> Result<Instance, Error> {
        self.linker.instantiate(&mut self.store, module)
    }

    fn module(&mut self, module: &mut QuoteWat<'_>) -> Result<(), Mismatch> {
        let expected = "an instance";
        let name = module.name();
        // If this fails, what follows must not run on the module before it.
        self.current = None;
        if let Some(name) = name {
            self.instances.remove(name.name());
        }
        let module = self.compile(module).map_err(|rejected| rejected.mismatch(expected))?;
        let instance = self.instantiate(&module).map_err(|error| Mismatch::unexpected(expected, &error))?;
        self.name_instance(name, instance);
        Ok(())
    }

    fn definition(&mut self, module: &mut QuoteWat<'_>) -> Result<(), Mismatch> {
        let name = module.name();
        self.last_definition = None;
        let module = self.compile(module).map_err(|rejected| rejected.mismatch("a valid module"))?;
        if let Some(name) = name {
            self.definitions.insert(name.name().into(), module.clone());
        }
        self.last_definition = Some(module);
        Ok(())
    }

    fn instance(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>) -> Result<(), Mismatch> {
        self.current = None;
        let definition = match module {
            Some(id) => self.definitions.get(id.name()),
            None => self.last_definition.as_ref(),
        };
        let Some(definition) = definition.cloned() else {
            return Err(Mismatch::new("a module definition", "none of that name"));
        };
        let made = self.instantiate(&definition).map_err(|error| Mismatch::unexpected("an instance", &error))?;
        self.name_instance(instance, made);
        Ok(())
    }

    fn name_instance(&mut self, name: Option<Id<'_>>, instance: Instance) {
        if let Some(name) = name {
            self.instances.insert(name.name().into(), instance);
        }
        self.current = Some(instance);
    }

    /// The instance of that name, or the last one.
    fn find(&self, name: Option<Id<'_>>) -> Result<Instance, Mismatch> {
        match name {
            Some(id) => self
                .instances
                .get(id.name())
                .copied()
                .ok_or_else(|| Mismatch::new(format!("an instance ${}", id.name()), "none of that name, or its module failed")),
            None => self.current.ok_or_else(|| Mismatch::new("an instance", "none: the module before failed, or there is none")),
        }
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Mismatch> {
        let registered = match module.and_then(|id| self.shared_as(id)).cloned() {
            Some(shared) => {
                shared.memories.into_iter().try_for_each(|(export, memory)| self.linker.define(name, &export, memory).map(drop))
            }
            None => {
                let instance = self.find(module)?;
                self.linker.instance(&mut self.store, name, instance).map(drop)
            }
        };
        registered.map_err(|error| Mismatch::unexpected("a registration", &error))
    }

    /// Calls an export: the outer error is the script's or its arguments', the inner one the callee's.
    fn invoke(&mut self, call: &WastInvoke<'_>) -> Result<Result<Vec<Val>, Error>, Mismatch> {
        let instance = self.find(call.module)?;
        let Some(func) = instance.get_func(&self.store, call.name) else {
            return Err(Mismatch::new(format!("an exported function {:?}", call.name), "none of that name"));
        };
        let args = self.arguments(&call.args)?;
        let ty = func.ty(&self.store);
        let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default_for(ty)).collect();
        Ok(func.call(&mut self.store, &args, &mut results).map(|()| results))
    }

    fn arguments(&mut self, args: &[WastArg<'_>]) -> Result<Vec<Val>, Mismatch> {
        let convert = |arg| argument(&mut self.store, arg).map_err(|error| Mismatch::unexpected("arguments", &error));
        args.iter().map(convert).collect()
    }

    /// Carries out what an assertion is about: an invocation, a global's value, or an instantiation.
    fn execute(&mut self, exec: WastExecute<'_>) -> Result<Result<Vec<Val>, Error>, Mismatch> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(&call),
            WastExecute::Get { module, global, .. } => {
                let instance = self.find(module)?;
                match instance.get_export(&self.store, global) {
                    Some(Extern::Global(global)) => Ok(Ok(vec![global.get(&self.store)])),
                    _ => Err(Mismatch::new(format!("an exported global {global:?}"), "none of that name")),
                }
            }
            WastExecute::Wat(module) => match self.compile(&mut QuoteWat::Wat(module)) {
                Ok(module) => Ok(self.instantiate(&module).map(|_| Vec::new())),
                Err(rejected) => Err(rejected.mismatch("a valid module")),
            },
        }
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[WastRet<'_>]) -> Result<(), Mismatch> {
        match self.execute(exec)? {
            Ok(values) if results_match(&self.store, &values, results) => Ok(()),
            Ok(values) => Err(Mismatch::new(show_patterns(results), show_values(&self.store, &values))),
            Err(error) => Err(Mismatch::unexpected(show_patterns(results), &error)),
        }
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, message: &str) -> Result<(), Mismatch> {
        let expected = || format!("trap: {message}");
        match self.execute(exec)? {
            Err(error) if error.kind() == ErrorKind::Trap && texts_agree(error.message(), message) => Ok(()),
            Err(error) => Err(Mismatch::unexpected(expected(), &error)),
            Ok(values) => Err(Mismatch::new(expected(), format!("a return: {}", show_values(&self.store, &values)))),
        }
    }

    fn assert_exhaustion(&mut self, call: &WastInvoke<'_>, message: &str) -> Result<(), Mismatch> {
        let expected = || format!("exhaustion: {message}");
        match self.invoke(call)? {
            Err(error) if error.trap_code() == Some(TrapCode::StackOverflow) && texts_agree(error.message(), message) => Ok(()),
            Err(error) => Err(Mismatch::unexpected(expected(), &error)),
            Ok(values) => Err(Mismatch::new(expected(), format!("a return: {}", show_values(&self.store, &values)))),
        }
    }

    fn assert_unlinkable(&mut self, module: Wat<'_>, message: &str) -> Result<(), Mismatch> {
        let expected = || format!("unlinkable: {message}");
        let module = self.compile(&mut QuoteWat::Wat(module)).map_err(|rejected| rejected.mismatch(&expected()))?;
        match self.instantiate(&module) {
            Err(error) if error.kind() == ErrorKind::Unlinkable && texts_agree(error.message(), message) => Ok(()),
            Err(error) => Err(Mismatch::unexpected(expected(), &error)),
            Ok(_) => Err(Mismatch::new(expected(), "an instance")),
        }
    }

    fn assert_malformed(&mut self, module: &mut QuoteWat<'_>, message: &str) -> Result<(), Mismatch> {
        let expected = || format!("malformed: {message}");
        let quoted = matches!(module, QuoteWat::QuoteModule(..));
        match self.compile(module) {
            Ok(_) => Err(Mismatch::new(expected(), "a valid module")),
            Err(Rejected::Text(_)) => Ok(()),
            Err(Rejected::Engine(error)) if error.kind() == ErrorKind::Malformed => Ok(()),
            // The parser of text leaves some bounds on numbers (sizes of memories and tables) to the binary format and to validation, and knows
            // the words of more proposals than a script is written for.
            Err(Rejected::Engine(error)) if quoted && matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported) => Ok(()),
            Err(rejected) => Err(rejected.mismatch(&expected())),
        }
    }

    fn assert_invalid(&mut self, module: &mut QuoteWat<'_>, message: &str) -> Result<(), Mismatch> {
        let expected = || format!("invalid: {message}");
        match self.compile(module) {
            Ok(_) => Err(Mismatch::new(expected(), "a valid module")),
            Err(Rejected::Engine(error)) if error.kind() == ErrorKind::Invalid => Ok(()),
            Err(rejected) => Err(rejected.mismatch(&expected())),
        }
    }

    fn assert_exception(&mut self, exec: WastExecute<'_>) -> Result<(), Mismatch> {
        let expected = "an exception";
        match self.execute(exec)? {
            Err(error) if error.kind() == ErrorKind::Exception => Ok(()),
            Err(error) => Err(Mismatch::unexpected(expected, &error)),
            Ok(values) => Err(Mismatch::new(expected, format!("a return: {}", show_values(&self.store, &values)))),
        }
    }

    /// Runs what the assertion is about; no outcome of it is what the assertion wants, since the engine lacks the proposal.
    fn assert_unsupported(&mut self, exec: WastExecute<'_>, expected: &str) -> Result<(), Mismatch> {
        match self.execute(exec)? {
            Ok(values) => Err(Mismatch::new(expected, format!("a return: {}", show_values(&self.store, &values)))),
            Err(error) => Err(Mismatch::unexpected(expected, &error)),
        }
    }
}
