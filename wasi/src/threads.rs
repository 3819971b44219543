//! Threads of the guest: the proposal wasi-threads.
//!
//! Data in: what a guest passes to `thread-spawn`. Data out: a thread of the system that runs an instance of the same module in a store of its own.
//! Called by: embedders. Calls: the engine.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use fulgurite::{Caller, Engine, Error, ExternType, Linker, Module, SharedMemory, Store};

/// What makes a store.
type MakeStore<T> = dyn Fn(&Engine) -> Store<T> + Send + Sync;

/// What the guest's threads need, on whichever thread they are started.
struct Inner<T> {
    engine: Engine,
    module: Module,
    /// With all that an instance imports; there once the embedder is done with it.
    linker: OnceLock<Linker<T>>,
    /// Makes a store for a thread.
    store: Box<MakeStore<T>>,
    /// Hears of threads that ended with an error, or with the exit of the program.
    failed: Box<dyn Fn(Error) + Send + Sync>,
    most: u32,
    running: AtomicU32,
    last: AtomicI32,
}

/// Lets guests start threads: `thread-spawn` of the module `wasi` makes an instance of the same module, with the same shared memories, in a store of its
/// own on a new thread of the system, and calls its export `wasi_thread_start` there.
pub struct Threads<T: 'static>(Arc<Inner<T>>);

impl<T: 'static> Threads<T> {
    /// Threads of a module, at most `most` at a time. `store` makes the store of each; `failed` hears of errors that end one, the exit of the program
    /// among them (see [`Error::exit_status`]), of which the proposal says that they end all: that is for the embedder to do.
    pub fn new(
        module: &Module,
        most: u32,
        store: impl Fn(&Engine) -> Store<T> + Send + Sync + 'static,
        failed: impl Fn(Error) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            engine: module.engine().clone(),
            module: module.clone(),
            linker: OnceLock::new(),
            store: Box::new(store),
            failed: Box::new(failed),
            most,
            running: AtomicU32::new(0),
            last: AtomicI32::new(0),
        }))
    }

    /// Defines `thread-spawn`, and a memory for each shared memory that the module imports. Everything else must be in the linker already: threads get
    /// what it holds now.
    ///
    /// # Errors
    /// When the linker has one of these and does not allow shadowing, or a memory can't be had.
    pub fn add_to_linker(&self, linker: &mut Linker<T>) -> Result<(), Error> {
        for import in self.0.module.imports() {
            if let ExternType::Memory(ty) = import.ty()
                && ty.shared
            {
                linker.define(import.module(), import.name(), SharedMemory::new(&self.0.engine, ty)?)?;
            }
        }
        let threads = self.0.clone();
        linker.func_wrap("wasi", "thread-spawn", move |_: Caller<'_, T>, argument: i32| spawn(&threads, argument))?;
        // Set once: a second linker has the same functions.
        let _ = self.0.linker.set(linker.clone());
        Ok(())
    }
}

/// A thread that was started counts as running until this is dropped.
struct Running<T: 'static>(Arc<Inner<T>>);

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Starts a thread and gives its number; a negative one if there can't be one more.
fn spawn<T: 'static>(threads: &Arc<Inner<T>>, argument: i32) -> i32 {
    const REFUSED: i32 = -1;
    let more = |running: u32| (running < threads.most).then_some(running + 1);
    if threads.running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
        return REFUSED;
    }
    let running = Running(threads.clone());
    // Numbers are from 1 to 2^29 - 1.
    let next = |last: i32| (last < (1 << 29) - 1).then_some(last + 1);
    let Ok(last) = threads.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) else { return REFUSED };
    let number = last + 1;
    let started = thread::Builder::new().name(format!("guest {number}")).spawn(move || {
        if let Err(error) = run(&running.0, number, argument) {
            (running.0.failed)(error);
        }
    });
    if started.is_ok() { number } else { REFUSED }
}

/// What a thread does.
fn run<T: 'static>(threads: &Inner<T>, number: i32, argument: i32) -> Result<(), Error> {
    let Some(linker) = threads.linker.get() else { return Err(Error::new("a thread was started before the linker was complete")) };
    let mut store = (threads.store)(&threads.engine);
    let instance = linker.instantiate(&mut store, &threads.module)?;
    instance.get_typed_func::<(i32, i32), ()>(&store, "wasi_thread_start")?.call(&mut store, (number, argument))
}
