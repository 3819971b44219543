//! Rust types as WebAssembly types, and calls whose types were checked once.

use core::{fmt, marker::PhantomData};

use super::anyref::AnyRef;
use super::context::AsContextMut;
use super::driver;
use super::error::Error;
use super::func::Func;
use super::refs::ExternRef;
use super::value::{extern_from_slot, extern_to_slot, func_from_slot, func_to_slot};
use crate::runtime::{context::Slot, store::StoreInner};
use crate::wasm::simd::V128;
use crate::wasm::types::ValType;

/// Rust types of single values: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`, [`V128`], `Option<Func>`, `Option<ExternRef>`,
/// `Option<AnyRef>`.
pub trait WasmTy: Sized + sealed::Sealed {
    /// The type of the value.
    #[doc(hidden)]
    const TYPE: ValType;

    /// The value that starts at the first of these slots.
    #[doc(hidden)]
    fn from_slots(slots: &[Slot], store: &StoreInner) -> Self;

    /// Writes the value, from the first of these slots on.
    #[doc(hidden)]
    fn into_slots(self, store: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error>;
}

/// Rust types of several values: `()`, a [`WasmTy`], or a tuple of up to 16 of them.
pub trait WasmValues: Sized + sealed::Sealed {
    /// The types of the values.
    #[doc(hidden)]
    const TYPES: &'static [ValType];

    /// The first slot of each value.
    #[doc(hidden)]
    const PLACES: &'static [usize];

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

/// The first slots of values of these types that lie one behind the other.
const fn places<const COUNT: usize>(types: &[ValType; COUNT]) -> [usize; COUNT] {
    let mut places = [0; COUNT];
    let mut i = 1;
    while i < COUNT {
        places[i] = places[i - 1] + types[i - 1].slots();
        i += 1;
    }
    places
}

/// A type that is a [`WasmTy`] as a list of one.
macro_rules! single {
    ($rust:ty) => {
        impl sealed::Sealed for $rust {}

        impl WasmValues for $rust {
            const TYPES: &'static [ValType] = &[<Self as WasmTy>::TYPE];
            const PLACES: &'static [usize] = &[0];

            #[inline]
            fn read(slots: &[Slot], store: &StoreInner) -> Self {
                Self::from_slots(slots, store)
            }

            #[inline]
            fn write(self, store: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error> {
                self.into_slots(store, slots)
            }
        }
    };
}

/// Types of one slot.
macro_rules! wasm_ty {
    ($($rust:ty = $ty:ident: |$slot:ident, $from:pat_param| $read:expr, |$value:ident, $into:pat_param| $write:expr;)*) => {
        $(
            single!($rust);

            impl WasmTy for $rust {
                const TYPE: ValType = ValType::$ty;

                #[inline]
                fn from_slots(slots: &[Slot], $from: &StoreInner) -> Self {
                    let $slot = slots[0];
                    $read
                }

                #[inline]
                fn into_slots(self, $into: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error> {
                    let $value = self;
                    let slot: Result<Slot, Error> = $write;
                    slots[0] = slot?;
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
    Option<AnyRef> = ANYREF: |slot, store| AnyRef::from_slot(store, slot), |value, store| value.map_or(Ok(0), |any| any.to_slot(store));
}

single!(V128);

impl WasmTy for V128 {
    const TYPE: ValType = ValType::V128;

    #[inline]
    fn from_slots(slots: &[Slot], _: &StoreInner) -> Self {
        V128::of_slots([slots[0], slots[1]])
    }

    #[inline]
    fn into_slots(self, _: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error> {
        slots[..2].copy_from_slice(&self.to_slots());
        Ok(())
    }
}

macro_rules! tuple {
    ($($ty:ident $index:tt)*) => {
        impl<$($ty: WasmTy),*> sealed::Sealed for ($($ty,)*) {}

        impl<$($ty: WasmTy),*> WasmValues for ($($ty,)*) {
            const TYPES: &'static [ValType] = &[$($ty::TYPE),*];
            const PLACES: &'static [usize] = &places(&[$($ty::TYPE),*]);

            #[inline]
            #[allow(unused_variables, reason = "of the empty tuple")]
            #[allow(clippy::unused_unit, reason = "of the empty tuple")]
            fn read(slots: &[Slot], store: &StoreInner) -> Self {
                ($($ty::from_slots(&slots[Self::PLACES[$index]..], store),)*)
            }

            #[inline]
            #[allow(unused_variables, reason = "of the empty tuple")]
            fn write(self, store: &mut StoreInner, slots: &mut [Slot]) -> Result<(), Error> {
                $(self.$index.into_slots(store, &mut slots[Self::PLACES[$index]..])?;)*
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
