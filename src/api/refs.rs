//! References to host values.

use alloc::boxed::Box;
use core::any::Any;

use super::anyref::AnyRef;
use super::context::{AsContext, AsContextMut, StoreContext};
use super::error::Error;
use crate::runtime::context::Slot;
use crate::runtime::gc::{host_number, host_reference};
use crate::runtime::store::StoreInner;

/// A reference to a value of the host, which guests pass around but can't look into. The value lives as long as its store.
///
/// A guest may turn a reference to something of its own into such a reference too (`extern.convert_any`); [`ExternRef::as_any`] gives that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef(Inner);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Inner {
    /// A value of the host, by store and number.
    Host { store: u64, number: u32 },
    /// Something of the guest's.
    Guest(AnyRef),
}

impl ExternRef {
    /// Puts a value into a store.
    ///
    /// # Panics
    /// If the store has 2^29 values already.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> ExternRef {
        let mut store = store.as_context_mut();
        let inner = store.inner_mut();
        match inner.add_host_value(Box::new(value)) {
            Some(number) => Self(Inner::Host { store: inner.id(), number }),
            None => panic!("a store holds at most 2^29 host values"),
        }
    }

    /// The value; `()` if it is none of the host.
    ///
    /// # Panics
    /// If the reference belongs to another store.
    pub fn data<'a, T: 'a>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a (dyn Any + Send + Sync) {
        let store: StoreContext<'a, T> = store.into();
        let inner = store.into_inner();
        let value = match self.0 {
            Inner::Host { store, number } if store == inner.id() => inner.host_value(number),
            Inner::Host { .. } => None,
            Inner::Guest(any) => any.to_slot(inner).ok().map(|_| &() as &(dyn Any + Send + Sync)),
        };
        match value {
            Some(value) => value,
            None => panic!("the reference belongs to another store"),
        }
    }

    /// The same reference in the hierarchy of `any`, as `any.convert_extern` gives it.
    ///
    /// # Errors
    /// If the reference belongs to another store, or its scope has ended.
    pub fn as_any(&self, store: impl AsContext) -> Result<AnyRef, Error> {
        let store = store.as_context().into_inner();
        let slot = self.to_slot(store)?;
        AnyRef::from_slot(store, slot).ok_or_else(|| Error::bug("a reference became null"))
    }

    /// Its bits in a slot (R5).
    pub(crate) fn to_slot(self, inner: &StoreInner) -> Result<Slot, Error> {
        match self.0 {
            Inner::Host { store, number } if store == inner.id() => Ok(host_reference(number).into()),
            Inner::Host { .. } => Err(Error::other_store("reference")),
            Inner::Guest(any) => any.to_slot(inner),
        }
    }

    /// The reference that these bits are, unless they are null.
    pub(crate) fn from_slot(store: &StoreInner, slot: Slot) -> Option<Self> {
        match host_number(slot as u32) {
            Some(number) => Some(Self(Inner::Host { store: store.id(), number })),
            None => Some(Self(Inner::Guest(AnyRef::from_slot(store, slot)?))),
        }
    }
}
