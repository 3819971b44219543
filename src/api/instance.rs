//! Instances as embedders see them.

use super::context::{AsContext, AsContextMut};
use super::driver;
use super::engine::Engine;
use super::error::Error;
use super::externs::Extern;
use super::func::Func;
use super::global::Global;
use super::memory::Memory;
use super::module::Module;
use super::shared_memory::SharedMemory;
use super::store::Store;
use super::table::Table;
use super::tag::Tag;
use super::typed::{TypedFunc, WasmParams, WasmResults};
use crate::runtime::instantiate::instantiate;
use crate::runtime::store::{ExternId, StoreInner};

/// A handle to an instance of a module in a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    store: u64,
    number: u32,
}

impl Instance {
    /// Instantiates a module with its imports in order, and runs its start function. [`Linker`](crate::Linker) finds imports by name.
    ///
    /// # Errors
    /// Imports that do not fit, segments that do not fit, refused memories and tables, failures of the start function, modules of another
    /// engine, handles of another store.
    pub fn new(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance, Error> {
        let store = store.as_context_mut().0;
        let mut ids = smallvec::SmallVec::<[ExternId; 16]>::new();
        for import in imports {
            ids.push(import.id(&mut store.inner)?);
        }
        Self::from_ids(store, module, &ids)
    }

    /// Instantiates a module with imports by id.
    pub(crate) fn from_ids<T>(store: &mut Store<T>, module: &Module, imports: &[ExternId]) -> Result<Instance, Error> {
        if !Engine::same(&store.engine, module.engine()) {
            return Err(Error::api("the module belongs to another engine"));
        }
        let limiter = store.limiter.as_mut().map(|limiter| limiter(&mut store.data));
        let number = instantiate(&mut store.inner, module.inner(), imports, store.engine.types(), limiter)?;
        if let Some((start, _)) = module.inner().decoded.start {
            let id = store.inner.function_id(number, start).ok_or_else(|| Error::bug("the start function does not exist"))?;
            driver::call(store, id, Some(number), |_, _| Ok(()), |_, _| ())?;
        }
        Ok(Self::from_number(&store.inner, number))
    }

    /// The module that it is an instance of.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn module(&self, store: impl AsContext) -> Module {
        let store = store.as_context().into_inner();
        match self.number(store).ok().and_then(|number| store.instance(number)) {
            Some(instance) => Module::from_inner(instance.module().clone()),
            None => panic!("the instance belongs to another store"),
        }
    }

    /// An export; `None` if there is none of this name, or the instance belongs to another store.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        let store = store.as_context().into_inner();
        let number = self.number(store).ok()?;
        let item = store.instance(number)?.module().export(name)?.item;
        Some(Extern::from_id(store, store.export(number, item)?))
    }

    /// An exported function.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// An exported memory that is shared.
    pub fn get_shared_memory(&self, store: impl AsContext, name: &str) -> Option<SharedMemory> {
        self.get_export(store, name)?.into_shared_memory()
    }

    /// An exported memory that is not shared.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// An exported table.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// An exported global.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// An exported tag.
    pub fn get_tag(&self, store: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }

    /// An exported function with Rust types.
    ///
    /// # Errors
    /// If there is none of this name, if its type is another one, or if the instance belongs to another store.
    pub fn get_typed_func<P: WasmParams, R: WasmResults>(&self, store: impl AsContext, name: &str) -> Result<TypedFunc<P, R>, Error> {
        self.number(store.as_context().into_inner())?;
        let func = self.get_func(&store, name).ok_or_else(|| Error::api(alloc::format!("there is no exported function `{name}`")))?;
        func.typed(&store)
    }

    /// All exports with their names, in the order of the module.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn exports<'a, T: 'a>(&self, store: impl Into<super::context::StoreContext<'a, T>>) -> impl Iterator<Item = (&'a str, Extern)> {
        let store: super::context::StoreContext<'a, T> = store.into();
        let store = store.into_inner();
        let number = self.number;
        let exports = match self.number(store).ok().and_then(|number| store.instance(number)) {
            Some(instance) => &instance.module().decoded.exports,
            None => panic!("the instance belongs to another store"),
        };
        exports.iter().filter_map(move |export| Some((&*export.name, Extern::from_id(store, store.export(number, export.item)?))))
    }

    /// Its number in the store.
    pub(crate) fn number(&self, store: &StoreInner) -> Result<u32, Error> {
        if self.store == store.id() { Ok(self.number) } else { Err(Error::other_store("instance")) }
    }

    /// A handle by its number.
    pub(crate) fn from_number(store: &StoreInner, number: u32) -> Self {
        Self { store: store.id(), number }
    }
}
