//! Settings of an engine.

use core::time::Duration;

use crate::wasm::features::Features;

/// When function bodies are validated and translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum CompilationMode {
    /// Everything is validated when the module is loaded; a function is translated when it is first called.
    #[default]
    Lazy,
    /// Everything is validated and translated when the module is loaded.
    Eager,
    /// A function is validated and translated when it is first called. A module with invalid functions loads, and a call of such a function
    /// fails: this departs from the standard.
    LazyValidation,
}

/// Settings of an [`Engine`](crate::Engine); they do not change once the engine exists.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) mode: CompilationMode,
    pub(crate) max_stack_bytes: usize,
    pub(crate) max_host_depth: u32,
    pub(crate) superinstructions: bool,
    #[cfg(feature = "parallel")]
    pub(crate) compilation_threads: usize,
    pub(crate) memory_pool: bool,
    pub(crate) gc_stress: bool,
    pub(crate) max_atomic_wait: Option<Duration>,
    pub(crate) features: Features,
}

/// The value stack of a store. It is touched only as far as calls reach.
const DEFAULT_STACK_BYTES: usize = if cfg!(feature = "std") { 8 << 20 } else { 128 << 10 };

/// Calls from the host into a store that are active at once. Each takes some of the native stack.
const DEFAULT_HOST_DEPTH: u32 = 100;

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: CompilationMode::default(),
            max_stack_bytes: DEFAULT_STACK_BYTES,
            max_host_depth: DEFAULT_HOST_DEPTH,
            superinstructions: true,
            #[cfg(feature = "parallel")]
            compilation_threads: 0,
            memory_pool: !cfg!(debug_assertions),
            gc_stress: false,
            max_atomic_wait: None,
            features: Features::default(),
        }
    }
}

impl Config {
    /// The default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// When function bodies are validated and translated; [`CompilationMode::Lazy`] by default.
    pub fn compilation_mode(&mut self, mode: CompilationMode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// The size of a store's value stack, on which locals, operands and calls live: 8 MiB by default, 128 KiB without the feature `std`. A call
    /// that does not fit traps with [`TrapCode::StackOverflow`](crate::TrapCode::StackOverflow). Of an engine's stores, 64 keep their stacks between
    /// calls; the others borrow one for each call from the host.
    pub fn max_stack_bytes(&mut self, bytes: usize) -> &mut Self {
        self.max_stack_bytes = bytes;
        self
    }

    /// How many calls from the host into a store may be active at once, 100 by default: a host function that calls back counts, a call from
    /// WebAssembly to WebAssembly does not. One more traps with [`TrapCode::StackOverflow`](crate::TrapCode::StackOverflow).
    pub fn max_host_depth(&mut self, depth: u32) -> &mut Self {
        self.max_host_depth = depth;
        self
    }

    /// Whether translation fuses operators into superinstructions; it does by default. Results are the same.
    pub fn superinstructions(&mut self, on: bool) -> &mut Self {
        self.superinstructions = on;
        self
    }

    /// On how many threads at most a module is validated, and with [`CompilationMode::Eager`] translated: 0, the default, for as many as the
    /// machine runs at a time, 1 for the calling thread alone. Threads are started for large modules only, and end before the module is there;
    /// the outcome, errors included, does not depend on their number. Needs the feature `parallel`.
    #[cfg(feature = "parallel")]
    pub fn compilation_threads(&mut self, threads: usize) -> &mut Self {
        self.compilation_threads = threads;
        self
    }

    /// Whether linear memory of dropped stores is kept, cleared, for new instances; it is by default, except in builds with debug assertions, so
    /// that tools that watch allocations see each memory. It makes instances several times cheaper; the process keeps up to 18 MiB of resident
    /// memory for it, less if guests touch less. Only 64-bit Linux has such a pool.
    pub fn memory_pool(&mut self, on: bool) -> &mut Self {
        self.memory_pool = on;
        self
    }

    /// Whether garbage is collected before each allocation of an object, and what is left behind overwritten; it is not by default. Results are the
    /// same, and it is very slow: it is there to find references that collections miss.
    pub fn gc_stress(&mut self, on: bool) -> &mut Self {
        self.gc_stress = on;
        self
    }

    /// How long a thread of the guest may wait at an address of a shared memory at a time; as long as it likes by default. One that is not woken until
    /// then fails with an error of kind `Limit`, unless its own timeout comes first.
    pub fn max_atomic_wait(&mut self, limit: Option<Duration>) -> &mut Self {
        self.max_atomic_wait = limit;
        self
    }
}

/// Defines the switches of proposals.
macro_rules! switches {
    ($($method:ident $flag:ident $doc:literal;)*) => {
        /// Proposals that modules may use. A module that needs a disabled one is refused with [`ErrorKind::Unsupported`](crate::ErrorKind) and the
        /// proposal's name.
        impl Config {
            $(
                #[doc = $doc]
                pub fn $method(&mut self, on: bool) -> &mut Self {
                    self.features.set(Features::$flag, on);
                    self
                }
            )*
        }
    };
}

switches! {
    wasm_simd SIMD "Whether modules may use vectors of 128 bits; they may by default.";
    wasm_relaxed_simd RELAXED_SIMD "Whether modules may use relaxed vector instructions, which always give the results of the deterministic profile; they may by default.";
    wasm_tail_call TAIL_CALL "Whether modules may use tail calls; they may by default.";
    wasm_exceptions EXCEPTIONS "Whether modules may throw and catch exceptions; they may by default.";
    wasm_legacy_exceptions LEGACY_EXCEPTIONS "Whether modules may use exceptions as they were before 3.0 (`try`, `catch`, `delegate`, `rethrow`); they may not by default.";
    wasm_extended_const EXTENDED_CONST "Whether modules may add, subtract and multiply in constant expressions; they may by default.";
    wasm_multi_memory MULTI_MEMORY "Whether modules may have more than one memory; they may by default.";
    wasm_memory64 MEMORY64 "Whether modules may have memories and tables with 64-bit addresses; they may by default.";
    wasm_custom_page_sizes CUSTOM_PAGE_SIZES "Whether modules may have memories with pages of one byte; they may by default.";
    wasm_wide_arithmetic WIDE_ARITHMETIC "Whether modules may use arithmetic on 128-bit integers; they may by default.";
    wasm_threads THREADS "Whether modules may use shared memories and atomic accesses; they may by default, if there is the standard library.";
    wasm_compact_imports COMPACT_IMPORTS "Whether modules may have import sections that share module names and types; they may by default.";
    wasm_function_references FUNCTION_REFERENCES "Whether modules may use references to functions of a declared type; they may by default.";
    wasm_gc GC "Whether modules may use structures, arrays and recursive types; they may by default.";
}
