//! Globals as embedders see them.

use super::context::{AsContext, AsContextMut};
use super::error::Error;
use super::value::Val;
use crate::runtime::store::{GlobalId, StoreInner};
use crate::wasm::types::GlobalType;

/// A handle to a global of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Global {
    store: u64,
    id: GlobalId,
}

/// The text of panics.
const OTHER_STORE: &str = "the global belongs to another store";

impl Global {
    /// A global with this value.
    ///
    /// # Errors
    /// If the value is not of the type's content, or refers into another store.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global, Error> {
        let mut store = store.as_context_mut();
        let store = store.inner_mut();
        let cell = value.to_cell(store, ty.content)?;
        let id = store.add_host_global(ty, cell).ok_or_else(|| Error::limit("the store has no number left for a global"))?;
        Ok(Self::from_id(store, id))
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = store.as_context().into_inner();
        match self.id(store).ok().and_then(|id| store.global_type(id)) {
            Some(ty) => ty,
            None => panic!("{OTHER_STORE}"),
        }
    }

    /// Its value.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn get(&self, store: impl AsContext) -> Val {
        let store = store.as_context().into_inner();
        let value = self.id(store).ok().and_then(|id| Some((store.global(id)?, store.global_type(id)?)));
        match value {
            Some((cell, ty)) => Val::read(&cell.0, ty.content, store),
            None => panic!("{OTHER_STORE}"),
        }
    }

    /// Sets its value.
    ///
    /// # Errors
    /// If it is immutable, for a value of another type or store, or if the global belongs to another store.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let store = store.inner_mut();
        let id = self.id(store)?;
        let ty = store.global_type(id).ok_or_else(|| Error::other_store("global"))?;
        if !ty.mutable {
            return Err(Error::api("the global is immutable"));
        }
        let cell = value.to_cell(store, ty.content)?;
        store.set_global(id, cell).ok_or_else(|| Error::other_store("global"))
    }

    /// Its id in the store.
    pub(crate) fn id(&self, store: &StoreInner) -> Result<GlobalId, Error> {
        if self.store == store.id() { Ok(self.id) } else { Err(Error::other_store("global")) }
    }

    /// A handle by its id.
    pub(crate) fn from_id(store: &StoreInner, id: GlobalId) -> Self {
        Self { store: store.id(), id }
    }
}
