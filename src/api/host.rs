//! Host functions: closures over Rust values, or over [`Val`]s, as one kind of closure over slots.

use alloc::boxed::Box;
use core::fmt;

use smallvec::SmallVec;

use super::caller::Caller;
use super::engine::Engine;
use super::error::Error;
use super::typed::{WasmTy, WasmValues};
use super::value::Val;
use crate::runtime::context::Slot;
use crate::wasm::types::{FuncType, TypeId};

/// A closure over slots: parameters are read from them, results written to them.
#[doc(hidden)]
pub type HostClosure<T> = Box<dyn Fn(Caller<'_, T>, &mut [Slot]) -> Result<(), Error> + Send + Sync>;

/// A host function, which stores and linkers share.
pub(crate) struct HostFunc<T> {
    pub(crate) engine: Engine,
    pub(crate) ty: FuncType,
    pub(crate) type_id: TypeId,
    /// Called with as many slots as parameters or results take, whichever is more.
    pub(crate) call: HostClosure<T>,
}

impl<T> fmt::Debug for HostFunc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFunc").field("ty", &self.ty).finish_non_exhaustive()
    }
}

impl<T> HostFunc<T> {
    /// A host function of this type.
    fn with(engine: &Engine, ty: FuncType, call: HostClosure<T>) -> Result<Self, Error> {
        let type_id = engine.types().define_func(&ty).map_err(|_| Error::limit("the engine has too many types"))?;
        Ok(Self { engine: engine.clone(), ty, type_id, call })
    }

    /// A function over Rust values.
    pub(crate) fn wrap<Params, Results>(engine: &Engine, function: impl IntoFunc<T, Params, Results>) -> Result<Self, Error> {
        let (ty, call) = function.into_closure();
        Self::with(engine, ty, call)
    }

    /// A function over values whose types are known at run time only.
    pub(crate) fn new(
        engine: &Engine,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let all = || ty.params().iter().chain(ty.results());
        if let Some(other) = all().find(|&&ty| !ty.is_ref() && Val::default_for(ty).ty() != ty) {
            return Err(Error::api(alloc::format!("host functions can't have values of type {other}")));
        }
        if ty.params().len() > MAX_ARITY || ty.results().len() > MAX_ARITY {
            return Err(Error::api(alloc::format!("a function has at most {MAX_ARITY} parameters and results")));
        }
        let signature = ty.clone();
        let call = Box::new(move |mut caller: Caller<'_, T>, slots: &mut [Slot]| {
            let mut values: SmallVec<[Val; 8]> = SmallVec::new();
            let mut at = 0;
            for &ty in signature.params() {
                values.push(Val::read(&slots[at..], ty, &caller.store.inner));
                at += ty.slots();
            }
            values.extend(signature.results().iter().map(|&ty| Val::default_for(ty)));
            let (params, results) = values.split_at_mut(signature.params().len());
            function(caller.reborrow(), params, results)?;
            let mut at = 0;
            for (value, &ty) in results.iter().zip(signature.results()) {
                at += value.write(&mut caller.store.inner, ty, &mut slots[at..])?;
            }
            Ok(())
        });
        Self::with(engine, ty, call)
    }
}

/// Most parameters and most results of a function.
const MAX_ARITY: usize = crate::wasm::limits::MAX_PARAMS as usize;

/// What a wrapped host function may return: nothing, a value, a tuple of up to 16 values, or a `Result` of those with an [`Error`].
pub trait WasmRet {
    /// The values.
    #[doc(hidden)]
    type Values: WasmValues;

    /// The values, or why there are none.
    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Values, Error>;
}

impl<V: WasmValues> WasmRet for V {
    type Values = V;

    #[inline]
    fn into_result(self) -> Result<V, Error> {
        Ok(self)
    }
}

impl<V: WasmValues> WasmRet for Result<V, Error> {
    type Values = V;

    #[inline]
    fn into_result(self) -> Result<V, Error> {
        self
    }
}

/// Closures that can be host functions: up to 16 parameters of types [`WasmTy`], after an optional [`Caller`], and results as [`WasmRet`] says.
pub trait IntoFunc<T, Params, Results>: Send + Sync + 'static {
    /// Its type, and the closure over slots.
    #[doc(hidden)]
    fn into_closure(self) -> (FuncType, HostClosure<T>);
}

macro_rules! into_func {
    ($($param:ident $index:tt)*) => {
        impl<T, F, R, $($param),*> IntoFunc<T, (Caller<'_, T>, $($param,)*), R> for F
        where
            F: Fn(Caller<'_, T>, $($param),*) -> R + Send + Sync + 'static,
            R: WasmRet,
            $($param: WasmTy,)*
        {
            fn into_closure(self) -> (FuncType, HostClosure<T>) {
                let params = [$($param::TYPE),*];
                #[allow(unused_variables, reason = "without parameters")]
                let places = <($($param,)*) as WasmValues>::PLACES;
                let ty = FuncType::new(params, R::Values::TYPES.iter().copied());
                (ty, Box::new(move |mut caller: Caller<'_, T>, slots: &mut [Slot]| {
                    #[allow(unused_variables, non_snake_case, reason = "without parameters; type names stand for variables")]
                    let store = &caller.store.inner;
                    $(#[allow(non_snake_case, reason = "type names stand for variables")] let $param = <$param as WasmTy>::from_slots(&slots[places[$index]..], store);)*
                    let results = self(caller.reborrow(), $($param),*).into_result()?;
                    results.write(&mut caller.store.inner, slots)
                }))
            }
        }

        impl<T, F, R, $($param),*> IntoFunc<T, ($($param,)*), R> for F
        where
            F: Fn($($param),*) -> R + Send + Sync + 'static,
            R: WasmRet,
            $($param: WasmTy,)*
        {
            fn into_closure(self) -> (FuncType, HostClosure<T>) {
                let params = [$($param::TYPE),*];
                #[allow(unused_variables, reason = "without parameters")]
                let places = <($($param,)*) as WasmValues>::PLACES;
                let ty = FuncType::new(params, R::Values::TYPES.iter().copied());
                (ty, Box::new(move |caller: Caller<'_, T>, slots: &mut [Slot]| {
                    #[allow(unused_variables, reason = "without parameters")]
                    let store = &caller.store.inner;
                    $(#[allow(non_snake_case, reason = "type names stand for variables")] let $param = <$param as WasmTy>::from_slots(&slots[places[$index]..], store);)*
                    let results = self($($param),*).into_result()?;
                    results.write(&mut caller.store.inner, slots)
                }))
            }
        }
    };
}
into_func! {}
into_func! { A1 0 }
into_func! { A1 0 A2 1 }
into_func! { A1 0 A2 1 A3 2 }
into_func! { A1 0 A2 1 A3 2 A4 3 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 A10 9 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 A10 9 A11 10 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 A10 9 A11 10 A12 11 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 A10 9 A11 10 A12 11 A13 12 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 A10 9 A11 10 A12 11 A13 12 A14 13 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 A10 9 A11 10 A12 11 A13 12 A14 13 A15 14 }
into_func! { A1 0 A2 1 A3 2 A4 3 A5 4 A6 5 A7 6 A8 7 A9 8 A10 9 A11 10 A12 11 A13 12 A14 13 A15 14 A16 15 }
