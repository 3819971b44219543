//! Tables as embedders see them.

use super::context::{AsContext, AsContextMut};
use super::error::Error;
use super::value::Val;
use crate::runtime::limiter::{self, Refusal};
use crate::runtime::{store::StoreInner, table::TableEntity};
use crate::wasm::types::TableType;

/// A handle to a table of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Table {
    store: u64,
    number: u32,
}

/// The text of panics.
const OTHER_STORE: &str = "the table belongs to another store";

impl Table {
    /// A table of its type's minimum size, filled with `value`.
    ///
    /// # Errors
    /// If the type is none of a table, the value is not of its element type, or limiter or system refuse it.
    pub fn new(mut store: impl AsContextMut, ty: TableType, value: Val) -> Result<Table, Error> {
        let limits = ty.limits;
        if let Some(problem) = ty.problem() {
            return Err(Error::api(problem));
        }
        if !ty.element.is_ref() {
            return Err(Error::api("a table holds references"));
        }
        let store = store.as_context_mut().0;
        let value = value.to_slot(&mut store.inner, ty.element)?;
        let count = store.inner.table_count();
        if let Some(limiter) = store.limiter_mut() {
            if count >= limiter.tables() {
                return Err(Error::limit(alloc::format!("the store is limited to {} tables", limiter.tables())));
            }
            if !limiter.table_growing(0, limiter::saturate(limits.min), limits.max.map(limiter::saturate))? {
                return Err(Error::limit("the limiter refused a table"));
            }
        }
        let refused = || Error::limit("the system refused a table");
        let number = store.inner.next_table().ok_or_else(refused)?;
        let table = TableEntity::new(ty, number, value).ok_or_else(refused)?;
        store.inner.add_table(table);
        Ok(Self::from_number(&store.inner, number))
    }

    /// Its type, with its present size as minimum.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        self.entity(store.as_context().into_inner()).current_type()
    }

    /// How many elements it has.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.entity(store.as_context().into_inner()).elements.len() as u64
    }

    /// An element; `None` past the end.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn get(&self, store: impl AsContext, index: u64) -> Option<Val> {
        let store = store.as_context().into_inner();
        let table = self.entity(store);
        let slot = table.get(index).ok()?;
        Some(Val::from_slot(slot, table.declared_type().element, store))
    }

    /// Sets an element.
    ///
    /// # Errors
    /// Past the end, for a value of another type or store, or if the table belongs to another store.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Val) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let store = store.inner_mut();
        let number = self.number(store)?;
        let element = self.entity(store).declared_type().element;
        let slot = value.to_slot(store, element)?;
        let table = store.table_mut(number).ok_or_else(|| Error::other_store("table"))?;
        table.set(index, slot).map_err(Error::from)
    }

    /// Grows it by a number of elements, all `value`, and gives the old size.
    ///
    /// # Errors
    /// If its maximum, the limiter or the system refuse, for a value of another type or store, or if the table belongs to another store.
    pub fn grow(&self, mut store: impl AsContextMut, elements: u64, value: Val) -> Result<u64, Error> {
        let store = store.as_context_mut().0;
        let number = self.number(&store.inner)?;
        let element = self.entity(&store.inner).declared_type().element;
        let slot = value.to_slot(&mut store.inner, element)?;
        let limiter = store.limiter.as_mut().map(|limiter| limiter(&mut store.data));
        let table = store.inner.table_mut(number).ok_or_else(|| Error::other_store("table"))?;
        limiter::grow_table(table, elements, slot, limiter)?.map_err(|refusal| {
            Error::limit(match refusal {
                Refusal::Limiter => "the limiter refused to grow a table",
                Refusal::System => "a table can't grow beyond its maximum or what the system has",
            })
        })
    }

    fn entity<'a>(&self, store: &'a StoreInner) -> &'a TableEntity {
        match self.number(store).ok().and_then(|number| store.table(number)) {
            Some(table) => table,
            None => panic!("{OTHER_STORE}"),
        }
    }

    /// Its number in the store.
    pub(crate) fn number(&self, store: &StoreInner) -> Result<u32, Error> {
        if self.store == store.id() { Ok(self.number) } else { Err(Error::other_store("table")) }
    }

    /// A handle by its number.
    pub(crate) fn from_number(store: &StoreInner, number: u32) -> Self {
        Self { store: store.id(), number }
    }
}
