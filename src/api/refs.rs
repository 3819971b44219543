//! References to host values.

use alloc::boxed::Box;
use core::any::Any;

use super::context::{AsContextMut, StoreContext};
use super::error::Error;
use crate::runtime::store::StoreInner;

/// A reference to a value of the host, which guests pass around but can't look into. The value lives as long as its store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef {
    store: u64,
    number: u32,
}

impl ExternRef {
    /// Puts a value into a store.
    ///
    /// # Panics
    /// If the store has 2^32 values already.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        let mut store = store.as_context_mut();
        let inner = store.inner_mut();
        match inner.add_host_value(Box::new(value)) {
            Some(number) => Self::from_number(inner, number),
            None => panic!("a store holds at most 2^32 host values"),
        }
    }

    /// The value.
    ///
    /// # Panics
    /// If the reference belongs to another store.
    pub fn data<'a, T: 'a>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a (dyn Any + Send + Sync) {
        let store: StoreContext<'a, T> = store.into();
        let inner = store.into_inner();
        match self.number(inner).ok().and_then(|number| inner.host_value(number)) {
            Some(value) => value,
            None => panic!("the reference belongs to another store"),
        }
    }

    /// Its number in the store.
    pub(crate) fn number(&self, store: &StoreInner) -> Result<u32, Error> {
        if self.store == store.id() { Ok(self.number) } else { Err(Error::other_store("reference")) }
    }

    /// A reference by its number.
    pub(crate) fn from_number(store: &StoreInner, number: u32) -> Self {
        Self { store: store.id(), number }
    }
}
