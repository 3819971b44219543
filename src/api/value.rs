//! Values whose types are known at run time only.

use super::anyref::AnyRef;
use super::error::Error;
use super::exception::ExnRef;
use super::func::Func;
use super::refs::ExternRef;
use crate::runtime::{
    context::{GlobalCell, Slot},
    store::StoreInner,
};
use crate::wasm::{
    matching::{Kind, Matching},
    simd::V128,
    types::{HeapType, ValType},
};

/// A value.
///
/// Floats are held by their bits, so that NaN payloads survive and equality is that of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 32-bit float, by its bits.
    F32(u32),
    /// A 64-bit float, by its bits.
    F64(u64),
    /// A vector of 128 bits.
    V128(V128),
    /// A reference to a function, or null.
    FuncRef(Option<Func>),
    /// A reference to a host value, or null.
    ExternRef(Option<ExternRef>),
    /// A reference to an exception, or null.
    ExnRef(Option<ExnRef>),
    /// A reference to an integer, a structure or an array, or null.
    AnyRef(Option<AnyRef>),
}

impl Val {
    /// Its type.
    pub fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(_) => ValType::FUNCREF,
            Self::ExternRef(_) => ValType::EXTERNREF,
            Self::ExnRef(_) => ValType::EXNREF,
            Self::AnyRef(_) => ValType::ANYREF,
        }
    }

    /// The value that a local of this type starts with: zero or null. Types that no [`Val`] has give an `i32`.
    pub fn default_for(ty: ValType) -> Val {
        match ty {
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::V128 => Self::V128(V128::from(0)),
            _ => match ty.heap_type() {
                Some(HeapType::EXTERN | HeapType::NOEXTERN) => Self::ExternRef(None),
                Some(HeapType::EXN | HeapType::NOEXN) => Self::ExnRef(None),
                Some(HeapType::ANY | HeapType::EQ | HeapType::I31 | HeapType::STRUCT | HeapType::ARRAY | HeapType::NONE) => {
                    Self::AnyRef(None)
                }
                Some(_) => Self::FuncRef(None),
                None => Self::I32(0),
            },
        }
    }

    /// The number, if it is an `i32`.
    pub fn i32(&self) -> Option<i32> {
        match *self {
            Self::I32(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is an `i64`.
    pub fn i64(&self) -> Option<i64> {
        match *self {
            Self::I64(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is an `f32`.
    pub fn f32(&self) -> Option<f32> {
        match *self {
            Self::F32(bits) => Some(f32::from_bits(bits)),
            _ => None,
        }
    }

    /// The number, if it is an `f64`.
    pub fn f64(&self) -> Option<f64> {
        match *self {
            Self::F64(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// The vector, if it is one.
    pub fn v128(&self) -> Option<V128> {
        match *self {
            Self::V128(vector) => Some(vector),
            _ => None,
        }
    }

    /// The reference, if it is one to a function.
    pub fn func_ref(&self) -> Option<Option<Func>> {
        match *self {
            Self::FuncRef(func) => Some(func),
            _ => None,
        }
    }

    /// The reference, if it is one to a host value.
    pub fn extern_ref(&self) -> Option<Option<ExternRef>> {
        match *self {
            Self::ExternRef(value) => Some(value),
            _ => None,
        }
    }

    /// The reference, if it is one of the hierarchy of `any`.
    pub fn any_ref(&self) -> Option<Option<AnyRef>> {
        match *self {
            Self::AnyRef(any) => Some(any),
            _ => None,
        }
    }

    /// The reference, if it is one to an exception.
    pub fn exn_ref(&self) -> Option<Option<ExnRef>> {
        match *self {
            Self::ExnRef(exception) => Some(exception),
            _ => None,
        }
    }

    /// Its bits in a slot, of all but vectors.
    ///
    /// # Errors
    /// If it is not of type `expected`, or refers into another store.
    pub(crate) fn to_slot(self, store: &mut StoreInner, expected: ValType) -> Result<Slot, Error> {
        self.to_cell(store, expected).map(|cell| cell.0[0])
    }

    /// Its bits in a global.
    ///
    /// # Errors
    /// If it is not of type `expected`, or refers into another store.
    pub(crate) fn to_cell(self, store: &mut StoreInner, expected: ValType) -> Result<GlobalCell, Error> {
        let matches = match self {
            Self::FuncRef(None) => expected.is_nullable() && store.heap.types.matches(NULL_FUNCTION, expected),
            Self::FuncRef(Some(func)) => {
                let ty = store.function_type(func.id(store)?).ok_or_else(|| Error::bug("a function handle names no function"))?;
                store.heap.types.matches(ValType::reference(HeapType::defined(ty), false), expected)
            }
            Self::ExternRef(None) => expected.is_nullable() && store.heap.types.matches(NULL_EXTERN, expected),
            Self::ExternRef(Some(_)) => store.heap.types.matches(ValType::EXTERNREF.non_null(), expected),
            Self::ExnRef(None) => expected.is_nullable() && store.heap.types.matches(NULL_EXCEPTION, expected),
            Self::ExnRef(Some(_)) => store.heap.types.matches(ValType::EXNREF.non_null(), expected),
            Self::AnyRef(None) => expected.is_nullable() && store.heap.types.matches(NULL_ANY, expected),
            Self::AnyRef(Some(any)) => {
                let slot = any.to_slot(store)?;
                store.heap.types.is_traced(expected) && expected.heap_type() != Some(HeapType::EXTERN) && store.is_of_type(slot, expected)
            }
            _ => self.ty() == expected,
        };
        if !matches {
            return Err(type_error(expected, self.ty()));
        }
        let slot = match self {
            Self::V128(vector) => return Ok(GlobalCell(vector.to_slots())),
            Self::I32(value) => Ok(Slot::from(value.cast_unsigned())),
            Self::I64(value) => Ok(value.cast_unsigned()),
            Self::F32(bits) => Ok(Slot::from(bits)),
            Self::F64(bits) => Ok(bits),
            Self::FuncRef(func) => func_to_slot(func, store),
            Self::ExternRef(value) => extern_to_slot(value, store),
            Self::ExnRef(exception) => exception.map_or(Ok(0), |exception| exception.to_slot(store)),
            Self::AnyRef(any) => any.map_or(Ok(0), |any| any.to_slot(store)),
        };
        slot.map(|slot| GlobalCell([slot, 0]))
    }

    /// Writes its bits to as many slots as the type takes, and gives their number.
    ///
    /// # Errors
    /// As for [`Val::to_cell`].
    pub(crate) fn write(self, store: &mut StoreInner, expected: ValType, slots: &mut [Slot]) -> Result<usize, Error> {
        let cell = self.to_cell(store, expected)?;
        slots[..expected.slots()].copy_from_slice(&cell.0[..expected.slots()]);
        Ok(expected.slots())
    }

    /// The value of type `ty` that these slots hold.
    pub(crate) fn read(slots: &[Slot], ty: ValType, store: &StoreInner) -> Val {
        match *slots {
            [low, high, ..] if ty == ValType::V128 => Self::V128(V128::of_slots([low, high])),
            [slot, ..] => Self::from_slot(slot, ty, store),
            [] => Self::default_for(ty),
        }
    }

    /// The value of type `ty`, which is none of vectors, that these bits are.
    pub(crate) fn from_slot(slot: Slot, ty: ValType, store: &StoreInner) -> Val {
        let kind = ty.heap_type().and_then(HeapType::as_defined).and_then(|id| store.heap.types.kind(id));
        if let Some(Kind::Struct | Kind::Array) = kind {
            return Self::AnyRef(AnyRef::from_slot(store, slot));
        }
        match Self::default_for(ty) {
            Self::I32(_) => Self::I32((slot as u32).cast_signed()),
            Self::I64(_) => Self::I64(slot.cast_signed()),
            Self::F32(_) => Self::F32(slot as u32),
            Self::F64(_) => Self::F64(slot),
            Self::V128(_) => Self::V128(V128::of_slots([slot, 0])),
            Self::FuncRef(_) => Self::FuncRef(func_from_slot(slot, store)),
            Self::ExternRef(_) => Self::ExternRef(extern_from_slot(slot, store)),
            Self::ExnRef(_) => Self::ExnRef(ExnRef::from_slot(store, slot)),
            Self::AnyRef(_) => Self::AnyRef(AnyRef::from_slot(store, slot)),
        }
    }
}

/// The type of a null reference to a function.
const NULL_FUNCTION: ValType = ValType::reference(HeapType::NOFUNC, true);
/// The type of a null reference to a host value.
const NULL_EXTERN: ValType = ValType::reference(HeapType::NOEXTERN, true);

/// The type of a null reference to an object.
const NULL_ANY: ValType = ValType::reference(HeapType::NONE, true);
/// The type of a null reference to an exception.
const NULL_EXCEPTION: ValType = ValType::reference(HeapType::NOEXN, true);

/// A value of another type than was needed.
#[cold]
pub(crate) fn type_error(expected: ValType, found: ValType) -> Error {
    Error::api(alloc::format!("type mismatch: expected {expected}, found {found}"))
}

/// The bits of a function reference (invariant R5).
pub(crate) fn func_to_slot(func: Option<Func>, store: &mut StoreInner) -> Result<Slot, Error> {
    let id = match func {
        Some(func) => Some(func.id(store)?),
        None => None,
    };
    store.reference_to(id).ok_or_else(|| Error::bug("a function handle names no function"))
}

/// The function that a reference leads to.
pub(crate) fn func_from_slot(slot: Slot, store: &StoreInner) -> Option<Func> {
    store.referenced(slot).map(|id| Func::from_id(store, id))
}

/// The bits of a host reference (invariant R5).
pub(crate) fn extern_to_slot(value: Option<ExternRef>, store: &StoreInner) -> Result<Slot, Error> {
    value.map_or(Ok(0), |value| value.to_slot(store))
}

/// The host value that a reference leads to.
pub(crate) fn extern_from_slot(slot: Slot, store: &StoreInner) -> Option<ExternRef> {
    ExternRef::from_slot(store, slot)
}

macro_rules! conversions {
    ($($from:ty => $variant:ident($value:ident) $bits:expr;)*) => {
        $(impl From<$from> for Val {
            fn from($value: $from) -> Self {
                Self::$variant($bits)
            }
        })*
    };
}
conversions! {
    i32 => I32(value) value;
    u32 => I32(value) value.cast_signed();
    i64 => I64(value) value;
    u64 => I64(value) value.cast_signed();
    f32 => F32(value) value.to_bits();
    f64 => F64(value) value.to_bits();
    V128 => V128(value) value;
    Func => FuncRef(value) Some(value);
    ExternRef => ExternRef(value) Some(value);
    ExnRef => ExnRef(value) Some(value);
    AnyRef => AnyRef(value) Some(value);
}
