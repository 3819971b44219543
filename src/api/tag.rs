//! Tags as embedders see them: what tells exceptions apart.

use super::context::{AsContext, AsContextMut};
use super::error::Error;
use crate::runtime::store::StoreInner;
use crate::wasm::types::{CompositeType, FuncType};

/// The type of a tag: a function type without results, whose parameters are what its exceptions carry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagType(FuncType);

impl TagType {
    /// The type of tags of exceptions that carry the parameters of this function type.
    ///
    /// # Errors
    /// Kind `Api` if the function type has results.
    pub fn new(ty: FuncType) -> Result<Self, Error> {
        if ty.results().is_empty() { Ok(Self(ty)) } else { Err(Error::api(alloc::format!("a tag has no results, but {ty} has"))) }
    }

    /// The function type: what exceptions carry as parameters, and no results.
    pub fn ty(&self) -> &FuncType {
        &self.0
    }

    /// The tag type of a function type that validation has seen.
    pub(crate) fn of_valid(ty: FuncType) -> Self {
        Self(ty)
    }
}

/// A handle to a tag of a store. Each tag that a module defines is another one, in each of its instances, whatever its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag {
    store: u64,
    number: u32,
}

impl Tag {
    /// A new tag of this type.
    ///
    /// # Errors
    /// Kind `Limit` if the store or the engine has no number left.
    pub fn new(mut store: impl AsContextMut, ty: &TagType) -> Result<Tag, Error> {
        let store = store.as_context_mut().0;
        let id = store.engine.types().define_func(&ty.0).map_err(|_| Error::limit("the engine has too many types"))?;
        let number = store.inner.add_tag(id, &ty.0).ok_or_else(|| Error::limit("the store has no number left for a tag"))?;
        Ok(Self::from_number(&store.inner, number))
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> TagType {
        match self.checked_type(&store) {
            Ok(ty) => TagType(ty),
            Err(error) => panic!("{error}"),
        }
    }

    /// The function type of its type, if it belongs to this store.
    pub(crate) fn checked_type(&self, store: &impl AsContext) -> Result<FuncType, Error> {
        let store = store.as_context();
        let types = store.engine().types();
        let inner = store.into_inner();
        let ty = inner.tag_type(self.number(inner)?).ok_or_else(|| Error::bug("a tag handle names no tag"))?;
        match &types.get(ty).composite {
            CompositeType::Func(ty) => Ok(ty.clone()),
            _ => Err(Error::bug("a tag without a function type")),
        }
    }

    /// Its number in the store.
    pub(crate) fn number(&self, store: &StoreInner) -> Result<u32, Error> {
        if self.store == store.id() { Ok(self.number) } else { Err(Error::other_store("tag")) }
    }

    /// A handle by its number.
    pub(crate) fn from_number(store: &StoreInner, number: u32) -> Self {
        Self { store: store.id(), number }
    }
}
