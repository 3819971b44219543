//! Linkers: imports by name.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc};

use smallvec::SmallVec;

use super::caller::Caller;
use super::context::AsContextMut;
use super::engine::Engine;
use super::error::Error;
use super::externs::Extern;
use super::host::{HostFunc, IntoFunc};
use super::instance::Instance;
use super::module::Module;
use super::value::Val;
use crate::runtime::{link_error::LinkError, store::ExternId};
use crate::wasm::types::FuncType;

/// Definitions by module name and name, from which imports are taken. Host functions may be used with any number of stores, other
/// definitions with the store that they are of.
///
/// ```
/// use fulgurite::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("math", "double", |x: i64| 2 * x)?;
/// let module = Module::new(&engine, r#"(module
///     (import "math" "double" (func $double (param i64) (result i64)))
///     (func (export "quadruple") (param i64) (result i64) (call $double (call $double (local.get 0)))))"#)?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let quadruple = instance.get_typed_func::<i64, i64>(&store, "quadruple")?;
/// assert_eq!(quadruple.call(&mut store, 5)?, 20);
/// # Ok::<(), fulgurite::Error>(())
/// ```
pub struct Linker<T> {
    engine: Engine,
    shadowing: bool,
    items: BTreeMap<Box<str>, BTreeMap<Box<str>, Item<T>>>,
}

/// A definition.
enum Item<T> {
    Host(Arc<HostFunc<T>>),
    Extern(Extern),
}

impl<T> Clone for Item<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Host(host) => Self::Host(host.clone()),
            Self::Extern(item) => Self::Extern(item.clone()),
        }
    }
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self { engine: self.engine.clone(), shadowing: self.shadowing, items: self.items.clone() }
    }
}

impl<T> core::fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names = self.items.iter().flat_map(|(module, items)| items.keys().map(move |name| (module, name)));
        f.debug_list().entries(names).finish()
    }
}

impl<T> Linker<T> {
    /// A linker without definitions.
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), shadowing: false, items: BTreeMap::new() }
    }

    /// Its engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a definition may replace an earlier one of the same name; it may not by default.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.shadowing = allow;
        self
    }

    /// Defines a host function from a closure, as [`Func::wrap`](crate::Func::wrap) takes.
    ///
    /// # Errors
    /// If the name is defined already.
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        function: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Self, Error> {
        let host = HostFunc::wrap(&self.engine, function)?;
        self.insert(module, name, Item::Host(Arc::new(host)))
    }

    /// Defines a host function of a type that is known at run time only, as [`Func::new`](crate::Func::new) takes.
    ///
    /// # Errors
    /// If the name is defined already, or the type is none that host functions can have.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        let host = HostFunc::new(&self.engine, ty, function)?;
        self.insert(module, name, Item::Host(Arc::new(host)))
    }

    /// Defines something of a store.
    ///
    /// # Errors
    /// If the name is defined already.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Self, Error> {
        self.insert(module, name, Item::Extern(item.into()))
    }

    /// Defines all exports of an instance under a module name.
    ///
    /// # Errors
    /// If a name is defined already, or the instance belongs to another store.
    pub fn instance(&mut self, store: impl AsContextMut<Data = T>, module: &str, instance: Instance) -> Result<&mut Self, Error> {
        let store = store.as_context();
        instance.number(store.into_inner())?;
        for (name, item) in instance.exports(store) {
            self.insert(module, name, Item::Extern(item))?;
        }
        Ok(self)
    }

    /// A definition; a host function is added to the store if it is not there yet. `None` if there is none of this name.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        let store = store.as_context_mut().0;
        match self.items.get(module)?.get(name)? {
            Item::Extern(item) => Some(item.clone()),
            Item::Host(host) => {
                let id = store.add_shared_host(host).ok()?;
                Some(Extern::from_id(&store.inner, ExternId::Func(id)))
            }
        }
    }

    /// Instantiates a module with imports from the definitions, and runs its start function.
    ///
    /// # Errors
    /// As [`Instance::new`]; the first import that is not defined is named.
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance, Error> {
        let store = store.as_context_mut().0;
        let mut ids = SmallVec::<[ExternId; 16]>::new();
        for import in &module.inner().decoded.imports {
            let item = self.items.get(&*import.module).and_then(|items| items.get(&*import.name));
            ids.push(match item {
                Some(Item::Extern(item)) => item.id(&mut store.inner)?,
                Some(Item::Host(host)) => ExternId::Func(store.add_shared_host(host)?),
                None => return Err(LinkError::unknown_import(&import.module, &import.name).into()),
            });
        }
        Instance::from_ids(store, module, &ids)
    }

    fn insert(&mut self, module: &str, name: &str, item: Item<T>) -> Result<&mut Self, Error> {
        let items = match self.items.get_mut(module) {
            Some(items) => items,
            None => self.items.entry(Box::from(module)).or_default(),
        };
        if !self.shadowing && items.contains_key(name) {
            return Err(Error::api(alloc::format!("`{module}` `{name}` is defined already")));
        }
        items.insert(Box::from(name), item);
        Ok(self)
    }
}
