//! Functions as embedders see them.

use alloc::sync::Arc;

use super::caller::Caller;
use super::context::{AsContext, AsContextMut};
use super::driver;
use super::error::Error;
use super::host::{HostFunc, IntoFunc};
use super::typed::{TypedFunc, WasmParams, WasmResults};
use super::value::Val;
use crate::runtime::store::{FuncId, StoreInner};
use crate::wasm::types::{CompositeType, FuncType};

/// A handle to a function of a store: of an instance, or of the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Func {
    store: u64,
    id: FuncId,
}

impl Func {
    /// A host function from a closure over Rust values. The closure has up to 16 parameters ([`WasmTy`](crate::WasmTy)) after an optional
    /// [`Caller`], and returns what [`WasmRet`](crate::WasmRet) lists.
    ///
    /// ```
    /// use fulgurite::{Caller, Engine, Error, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 0u32);
    /// let add = Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
    /// let count = Func::wrap(&mut store, |mut caller: Caller<'_, u32>, limit: u32| {
    ///     *caller.data_mut() += 1;
    ///     if *caller.data() > limit { Err(Error::new("too often")) } else { Ok(*caller.data()) }
    /// });
    /// assert_eq!(add.typed::<(i32, i32), i32>(&store)?.call(&mut store, (1, 2))?, 3);
    /// let count = count.typed::<u32, u32>(&store)?;
    /// assert_eq!(count.call(&mut store, 1)?, 1);
    /// assert_eq!(count.call(&mut store, 1).unwrap_err().message(), "too often");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// If the engine has no room for another type, or the store for another function: both have millions.
    pub fn wrap<T, Params, Results>(mut store: impl AsContextMut<Data = T>, function: impl IntoFunc<T, Params, Results>) -> Func {
        let store = store.as_context_mut().0;
        let added = HostFunc::wrap(&store.engine, function).and_then(|host| store.add_host(Arc::new(host)));
        match added {
            Ok(id) => Self::from_id(&store.inner, id),
            Err(error) => panic!("{error}"),
        }
    }

    /// A host function from a closure over [`Val`]s, of a type that is known at run time only. Results start as zeros and nulls; the closure
    /// fails if it leaves other types than `ty` says.
    ///
    /// # Panics
    /// If the type has values that [`Val`] has not, or more than 1,000 parameters or results; and as [`Func::wrap`].
    pub fn new<T>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        let store = store.as_context_mut().0;
        let added = HostFunc::new(&store.engine, ty, function).and_then(|host| store.add_host(Arc::new(host)));
        match added {
            Ok(id) => Self::from_id(&store.inner, id),
            Err(error) => panic!("{error}"),
        }
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        match self.checked_type(&store) {
            Ok(ty) => ty,
            Err(error) => panic!("{error}"),
        }
    }

    /// Its type, if it belongs to this store.
    fn checked_type(&self, store: &impl AsContext) -> Result<FuncType, Error> {
        let store = store.as_context();
        let types = store.engine().types();
        let inner = store.into_inner();
        let ty = inner.function_type(self.id(inner)?).ok_or_else(|| Error::bug("a function handle names no function"))?;
        match &types.get(ty).composite {
            CompositeType::Func(ty) => Ok(ty.clone()),
            _ => Err(Error::bug("a function without a function type")),
        }
    }

    /// Calls it. The numbers of `params` and `results` must be those of its type; `results` are overwritten.
    ///
    /// # Errors
    /// Other numbers or types of values, handles of another store, traps, and failures of host functions.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
        let ty = self.checked_type(&store)?;
        if params.len() != ty.params().len() || results.len() != ty.results().len() {
            return Err(Error::api(alloc::format!(
                "a function {ty} was called with {} arguments and room for {} results",
                params.len(),
                results.len()
            )));
        }
        let store = store.as_context_mut().0;
        let id = self.id(&store.inner)?;
        let write = |store: &mut StoreInner, slots: &mut [u64]| {
            let mut at = 0;
            for (value, &ty) in params.iter().zip(ty.params()) {
                at += value.write(store, ty, &mut slots[at..])?;
            }
            Ok(())
        };
        driver::call(store, id, None, write, |store, slots| {
            let mut at = 0;
            for (result, &ty) in results.iter_mut().zip(ty.results()) {
                *result = Val::read(&slots[at..], ty, store);
                at += ty.slots();
            }
        })
    }

    /// The function with Rust types, if they are its types.
    ///
    /// # Errors
    /// If they are not, or the function belongs to another store.
    pub fn typed<P: WasmParams, R: WasmResults>(&self, store: impl AsContext) -> Result<TypedFunc<P, R>, Error> {
        let ty = self.checked_type(&store)?;
        if ty.params() != P::TYPES || ty.results() != R::TYPES {
            let wanted = FuncType::new(P::TYPES.iter().copied(), R::TYPES.iter().copied());
            return Err(Error::api(alloc::format!("type mismatch: the function is {ty}, not {wanted}")));
        }
        Ok(TypedFunc::new(*self))
    }

    /// Its id in the store.
    #[inline]
    pub(crate) fn id(&self, store: &StoreInner) -> Result<FuncId, Error> {
        if self.store == store.id() { Ok(self.id) } else { Err(Error::other_store("function")) }
    }

    /// A handle by its id.
    pub(crate) fn from_id(store: &StoreInner, id: FuncId) -> Self {
        Self { store: store.id(), id }
    }
}
