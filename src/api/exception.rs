//! Exceptions as embedders see them.

use alloc::{sync::Arc, vec::Vec};

use super::context::{AsContext, AsContextMut};
use super::driver;
use super::error::Error;
use super::tag::Tag;
use super::value::Val;
use crate::runtime::{context::Slot, exceptions::Exception, store::StoreInner};
use crate::wasm::types::ValType;

/// A reference to an exception of a store. The exception lives as long as its store.
///
/// Exceptions that guests and errors refer to go away when nothing refers to them any more. All exceptions of a store may take 64 MiB; one more is
/// an error of kind [`ErrorKind::Limit`](crate::ErrorKind).
///
/// ```
/// use fulgurite::{Engine, Error, ErrorKind, ExnRef, FuncType, Linker, Module, Store, Tag, TagType, Val, ValType};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, ());
/// let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], []))?)?;
/// let mut linker = Linker::new(&engine);
/// linker.define("host", "tag", tag)?;
/// // A host function throws by returning an error that carries an exception.
/// linker.func_wrap("host", "throw", move |mut caller: fulgurite::Caller<'_, ()>, x: i32| -> Result<(), Error> {
///     let exception = ExnRef::new(&mut caller, tag, &[Val::I32(x)])?;
///     caller.throw(exception)
/// })?;
/// let module = Module::new(&engine, r#"(module
///     (import "host" "tag" (tag $tag (param i32)))
///     (import "host" "throw" (func $throw (param i32)))
///     (func (export "catch") (param i32) (result i32)
///         (block $caught (result i32)
///             (try_table (catch $tag $caught) (call $throw (local.get 0)))
///             (i32.const 0)))
///     (func (export "throw") (param i32) (throw $tag (local.get 0))))"#)?;
/// let instance = linker.instantiate(&mut store, &module)?;
/// assert_eq!(instance.get_typed_func::<i32, i32>(&store, "catch")?.call(&mut store, 7)?, 7);
///
/// // What no function catches comes out of the call as an error.
/// let error = instance.get_typed_func::<i32, ()>(&store, "throw")?.call(&mut store, 8).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Exception);
/// let exception = error.exception(&mut store).unwrap();
/// assert_eq!((exception.tag(&store), exception.payload(&store)), (tag, vec![Val::I32(8)]));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExnRef {
    store: u64,
    /// The reference as guests have it; never null.
    reference: Slot,
}

/// The text of panics.
const OTHER_STORE: &str = "the exception belongs to another store";

impl ExnRef {
    /// A new exception with a tag, and the values that it carries.
    ///
    /// # Errors
    /// Kind `Api` for other values than the tag's type says, and for handles of another store; `Limit` if the store has no room left.
    pub fn new(mut store: impl AsContextMut, tag: Tag, payload: &[Val]) -> Result<ExnRef, Error> {
        let ty = tag.checked_type(&store)?;
        let mut store = store.as_context_mut();
        driver::collect_exceptions(store.0);
        let store = store.inner_mut();
        if payload.len() != ty.params().len() {
            return Err(Error::api(alloc::format!("an exception of tag {ty} carries {} values", payload.len())));
        }
        let mut slots = alloc::vec![0; ty.param_slots()];
        let mut at = 0;
        for (value, &ty) in payload.iter().zip(ty.params()) {
            at += value.write(store, ty, &mut slots[at..])?;
        }
        let tag = tag.number(store)?;
        let reference = store.exceptions.add(tag, &slots).ok_or_else(no_room)?;
        Self::from_slot(store, reference).ok_or_else(|| Error::bug("an exception got lost"))
    }

    /// Its tag.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn tag(&self, store: impl AsContext) -> Tag {
        let store = store.as_context().into_inner();
        match self.exception(store) {
            Some(exception) => Tag::from_number(store, exception.tag),
            None => panic!("{OTHER_STORE}"),
        }
    }

    /// The values that it carries.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn payload(&self, store: impl AsContext) -> Vec<Val> {
        let ty = self.tag(&store).ty(&store);
        let store = store.as_context().into_inner();
        match self.exception(store) {
            Some(exception) => {
                let mut at = 0;
                let value = |&ty: &ValType| {
                    let value = Val::read(&exception.payload[at..], ty, store);
                    at += ty.slots();
                    value
                };
                ty.ty().params().iter().map(value).collect()
            }
            None => panic!("{OTHER_STORE}"),
        }
    }

    fn exception<'s>(&self, store: &'s StoreInner) -> Option<&'s Exception> {
        (self.store == store.id()).then(|| store.exceptions.get(self.reference)).flatten()
    }

    /// The bits of the reference (R5).
    pub(crate) fn to_slot(self, store: &StoreInner) -> Result<Slot, Error> {
        if self.store == store.id() { Ok(self.reference) } else { Err(Error::other_store("exception")) }
    }

    /// The exception that a reference leads to, unless it is null; it is kept from now on.
    pub(crate) fn from_slot(store: &StoreInner, reference: Slot) -> Option<Self> {
        store.exceptions.get(reference)?.pin();
        Some(Self { store: store.id(), reference })
    }
}

/// An exception that an error carries through the host.
pub(crate) struct Thrown {
    store: u64,
    reference: Slot,
    /// Keeps the exception (`Exceptions::carry`).
    _token: Arc<()>,
}

impl Thrown {
    /// What an error carries of an exception; none if the reference is null.
    pub(crate) fn new(store: &StoreInner, reference: Slot) -> Option<Self> {
        Some(Self { store: store.id(), reference, _token: store.exceptions.get(reference)?.carry() })
    }

    /// The reference, if the exception is of this store.
    pub(crate) fn reference(&self, store: &StoreInner) -> Option<Slot> {
        (self.store == store.id()).then_some(self.reference)
    }
}

/// The store is full.
#[cold]
pub(crate) fn no_room() -> Error {
    Error::limit("the store has no room left for an exception")
}

#[cfg(all(test, feature = "wat"))]
mod tests {
    use super::*;
    use crate::{Engine, Instance, Module, Store, TypedFunc};

    /// Exceptions are kept while something refers to them, and a bounded number of others.
    #[test]
    fn exceptions_come_and_go() {
        let text = r#"(module (tag $t (export "t") (param i64)) (tag $u (param exnref)) (global $g (mut exnref) (ref.null exn)) (table $table 3 exnref)
            (func $wrap (param exnref) (result exnref)
                (block $h (result exnref) (try_table (catch_all_ref $h) (throw $u (local.get 0))) (unreachable)))
            (func $value (param exnref) (result i64)
                (block $h (result i64) (try_table (catch $t $h) (throw_ref (local.get 0))) (unreachable)))
            (func $unwrap (param exnref) (result exnref)
                (block $h (result exnref) (try_table (catch $u $h) (throw_ref (local.get 0))) (unreachable)))
            (func (export "throw") (param i64) (throw $t (local.get 0)))
            (func (export "churn") (param i32) (result i64) (local $kept exnref) (local $wrapped exnref)
                (local.set $kept (call $make (i64.const 1)))
                (local.set $wrapped (call $wrap (call $make (i64.const 10))))
                (global.set $g (call $make (i64.const 100)))
                (table.set $table (i32.const 2) (call $make (i64.const 1000)))
                (loop $again
                    (drop (call $wrap (call $make (i64.const 7))))
                    (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (i64.add (i64.add (call $value (local.get $kept)) (call $value (global.get $g)))
                    (i64.add (call $value (call $unwrap (local.get $wrapped))) (call $value (table.get $table (i32.const 2))))))
            (func $make (param i64) (result exnref)
                (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t (local.get 0))) (unreachable))))"#;
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, text).unwrap(), &[]).unwrap();
        let tag = instance.get_tag(&store, "t").unwrap();
        let own = ExnRef::new(&mut store, tag, &[Val::I64(5)]).unwrap();
        let churn: TypedFunc<i32, i64> = instance.get_typed_func(&store, "churn").unwrap();
        let throw: TypedFunc<i64, ()> = instance.get_typed_func(&store, "throw").unwrap();
        let error = throw.call(&mut store, 3).unwrap_err();
        assert_eq!(churn.call(&mut store, 50_000).unwrap(), 1111);
        assert!(store.inner.exceptions.len() < 10_000, "{}", store.inner.exceptions.len());
        for _ in 0..50_000 {
            assert!(throw.call(&mut store, 4).is_err());
        }
        assert!(store.inner.exceptions.len() < 10_000, "{}", store.inner.exceptions.len());
        assert_eq!(error.exception(&mut store).unwrap().payload(&store), [Val::I64(3)]);
        assert_eq!(own.payload(&store), [Val::I64(5)]);
    }
}
