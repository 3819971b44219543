//! Rust types as WebAssembly types, and calls whose types were checked once.

use core::{fmt, marker::PhantomData};

use super::context::AsContextMut;
use super::driver;
use super::error::Error;
use super::func::Func;
use super::refs::ExternRef;
use super::value::{extern_from_slot, extern_to_slot, func_from_slot, func_to_slot};
use crate::runtime::{context::Slot, store::StoreInner};
use crate::wasm::types::ValType;

/// Rust types of single values: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`, `Option<Func>`, `Option<ExternRef>`.
pub trait WasmTy: Sized + sealed::Sealed {
    /// The type of the value.
    #[doc(hidden)]
    const TYPE: ValType;

    /// The value of these bits.
    #[doc(hidden)]
    fn from_slot(slot: Slot, store: &StoreInner) -> Self;

    /// The value's bits.
    #[doc(hidden)]
    fn into_slot(self, store: &mut StoreInner) -> Result<Slot, Error>;
}

/// Rust types of several values: `()`, a [`WasmTy`], or a tuple of up to 16 of them.
pub trait WasmValues: Sized + sealed::Sealed {
    /// The types of the values.
    #[doc(hidden)]
    const TYPES: &'static [ValType];

    /// The values of these slots.
    #[doc(hidden)]
    fn read(slots: &[Slot], store: &StoreInner) -> Self;

    /// Writes the values to slots.
    #[doc(hidden)]
    fn write(self, store: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error>;
}

/// Parameters of a [`TypedFunc`]: any [`WasmValues`].
pub trait WasmParams: WasmValues {}
impl<V: WasmValues> WasmParams for V {}

/// Results of a [`TypedFunc`]: any [`WasmValues`].
pub trait WasmResults: WasmValues {}
impl<V: WasmValues> WasmResults for V {}

mod sealed {
    /// Keeps others from adding types.
    pub trait Sealed {}
}

macro_rules! wasm_ty {
    ($($rust:ty = $ty:ident: |$slot:ident, $from:pat_param| $read:expr, |$value:ident, $into:pat_param| $write:expr;)*) => {
        $(
            impl sealed::Sealed for $rust {}

            impl WasmTy for $rust {
                const TYPE: ValType = ValType::$ty;

                #[inline]
                fn from_slot($slot: Slot, $from: &StoreInner) -> Self {
                    $read
                }

                #[inline]
                fn into_slot(self, $into: &mut StoreInner) -> Result<Slot, Error> {
                    let $value = self;
                    $write
                }
            }

            impl WasmValues for $rust {
                const TYPES: &'static [ValType] = &[ValType::$ty];

                #[inline]
                fn read(slots: &[Slot], store: &StoreInner) -> Self {
                    Self::from_slot(slots[0], store)
                }

                #[inline]
                fn write(self, store: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error> {
                    slots[0] = self.into_slot(store)?;
                    Ok(())
                }
            }
        )*
    };
}
wasm_ty! {
    i32 = I32: |slot, _| (slot as u32).cast_signed(), |value, _| Ok(Slot::from(value.cast_unsigned()));
    u32 = I32: |slot, _| slot as u32, |value, _| Ok(Slot::from(value));
    i64 = I64: |slot, _| slot.cast_signed(), |value, _| Ok(value.cast_unsigned());
    u64 = I64: |slot, _| slot, |value, _| Ok(value);
    f32 = F32: |slot, _| f32::from_bits(slot as u32), |value, _| Ok(Slot::from(value.to_bits()));
    f64 = F64: |slot, _| f64::from_bits(slot), |value, _| Ok(value.to_bits());
    Option<Func> = FUNCREF: |slot, store| func_from_slot(slot, store), |value, store| func_to_slot(value, store);
    Option<ExternRef> = EXTERNREF: |slot, store| extern_from_slot(slot, store), |value, store| extern_to_slot(value, store);
}

macro_rules! tuple {
    ($($ty:ident $index:tt)*) => {
        impl<$($ty: WasmTy),*> sealed::Sealed for ($($ty,)*) {}

        impl<$($ty: WasmTy),*> WasmValues for ($($ty,)*) {
            const TYPES: &'static [ValType] = &[$($ty::TYPE),*];

            #[inline]
            #[allow(unused_variables, reason = "of the empty tuple")]
            #[allow(clippy::unused_unit, reason = "of the empty tuple")]
            fn read(slots: &[Slot], store: &StoreInner) -> Self {
                ($($ty::from_slot(slots[$index], store),)*)
            }

            #[inline]
            #[allow(unused_variables, reason = "of the empty tuple")]
            fn write(self, store: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error> {
                $(slots[$index] = self.$index.into_slot(store)?;)*
                Ok(())
            }
        }
    };
}
tuple! {}
tuple! { A 0 }
tuple! { A 0 B 1 }
tuple! { A 0 B 1 C 2 }
tuple! { A 0 B 1 C 2 D 3 }
tuple! { A 0 B 1 C 2 D 3 E 4 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 }
tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15 }

/// A function whose type was checked against Rust types; calls go straight to the value stack.
///
/// ```
/// use fulgurite::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module
///     (func (export "divmod") (param i32 i32) (result i32 i32)
///         (i32.div_u (local.get 0) (local.get 1)) (i32.rem_u (local.get 0) (local.get 1))))"#)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let divmod = instance.get_typed_func::<(u32, u32), (u32, u32)>(&store, "divmod")?;
/// assert_eq!(divmod.call(&mut store, (17, 5))?, (3, 2));
/// assert!(divmod.call(&mut store, (17, 0)).is_err());
/// # Ok::<(), fulgurite::Error>(())
/// ```
pub struct TypedFunc<P, R> {
    func: Func,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    /// A function whose type was checked.
    pub(crate) fn new(func: Func) -> Self {
        Self { func, types: PhantomData }
    }

    /// The function without its type.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls it.
    ///
    /// # Errors
    /// Traps, failures of host functions, and handles of other stores.
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R, Error> {
        let store = store.as_context_mut().0;
        let id = self.func.id(&store.inner)?;
        driver::call(store, id, None, |store, slots| params.write(store, slots), |store, slots| R::read(slots, store))
    }
}
