//! What a host function sees of its caller.

use super::context::AsContext;
use super::engine::Engine;
use super::error::Error;
use super::exception::ExnRef;
use super::externs::Extern;
use super::instance::Instance;
use super::store::Store;

/// The store, as lent to a host function, and the instance that called it.
///
/// ```
/// use fulgurite::{Caller, Engine, Extern, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("env", "log", |mut caller: Caller<'_, Vec<u8>>, start: u32, len: u32| {
///     let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
///     let (bytes, log) = memory.data_and_store_mut(&mut caller);
///     log.extend_from_slice(&bytes[start as usize..][..len as usize]);
/// })?;
/// let module = Module::new(&engine, r#"(module
///     (import "env" "log" (func $log (param i32 i32)))
///     (memory (export "memory") 1) (data (i32.const 8) "hi")
///     (func (export "run") (call $log (i32.const 8) (i32.const 2))))"#)?;
/// let mut store = Store::new(&engine, Vec::new());
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?;
/// assert_eq!(store.data(), b"hi");
/// # Ok::<(), fulgurite::Error>(())
/// ```
#[derive(Debug)]
pub struct Caller<'a, T> {
    pub(crate) store: &'a mut Store<T>,
    /// The calling instance; none if the host called.
    pub(crate) instance: Option<u32>,
}

impl<T> Caller<'_, T> {
    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The embedder's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The store's engine.
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// The instance that called; `None` if the host did.
    pub fn instance(&self) -> Option<Instance> {
        self.instance.map(|number| Instance::from_number(&self.store.inner, number))
    }

    /// An export of the instance that called.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        self.instance()?.get_export(self.as_context(), name)
    }

    /// An error that carries an exception, for the host function to return: the exception is thrown where it was called.
    ///
    /// # Errors
    /// Always.
    pub fn throw<R>(&mut self, exception: ExnRef) -> Result<R, Error> {
        self.store.throw(exception)
    }

    /// The same for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Caller<'_, T> {
        Caller { store: self.store, instance: self.instance }
    }
}
