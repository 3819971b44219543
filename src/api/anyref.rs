//! References to integers, structures and arrays as embedders see them.
//!
//! What is referenced lies in a heap from which it goes when nothing refers to it. So a handle names a *root*, which keeps its object alive; roots
//! end with the host function in which they were made, with a [`RootScope`], or with the store.

use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};

use super::collect;
use super::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use super::engine::Engine;
use super::error::Error;
use super::refs::ExternRef;
use super::store::Store;
use super::value::Val;
use crate::runtime::context::Slot;
use crate::runtime::gc::{Full, Reference, RootId, Storage, is_i31, is_object};
use crate::runtime::store::StoreInner;
use crate::wasm::limits::MAX_SUBTYPING_DEPTH;
use crate::wasm::matching::{Kind, Matching};
use crate::wasm::numeric::ref_i31;
use crate::wasm::types::{CompositeType, FieldType, HeapType, SubType, TypeId, ValType};

/// A scope of references: those that are made while it lives end with it. It is a store, to all who need one.
///
/// ```
/// use fulgurite::{AnyRef, Engine, I31, RootScope, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let reference = {
///     let mut scope = RootScope::new(&mut store);
///     AnyRef::from_i31(&mut scope, I31::wrapping(5))
/// };
/// assert!(reference.as_i31(&store).is_err());
/// ```
#[derive(Debug)]
pub struct RootScope<'a, T> {
    store: &'a mut Store<T>,
    mark: usize,
}

impl<'a, T> RootScope<'a, T> {
    /// A scope that begins now.
    pub fn new(store: &'a mut Store<T>) -> Self {
        let mark = store.inner.roots.mark();
        Self { store, mark }
    }
}

impl<T> Drop for RootScope<'_, T> {
    fn drop(&mut self) {
        self.store.inner.roots.release(self.mark);
    }
}

impl<T> AsContext for RootScope<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.store)
    }
}

impl<T> AsContextMut for RootScope<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.store)
    }
}

/// An integer of 31 bits that is a reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct I31(u32);

impl I31 {
    /// The integer, if it has 31 bits, as signed ones.
    pub fn new(value: i32) -> Option<Self> {
        let this = Self::wrapping(value);
        (this.get() == value).then_some(this)
    }

    /// The low 31 bits of an integer.
    pub fn wrapping(value: i32) -> Self {
        Self(value.cast_unsigned() & 0x7fff_ffff)
    }

    /// The integer, as signed.
    pub fn get(self) -> i32 {
        (self.0 << 1).cast_signed() >> 1
    }

    /// The integer, as unsigned.
    pub fn get_u32(self) -> u32 {
        self.0
    }
}

/// A reference that is not null, of the hierarchy of `any`: to an integer, a structure, an array, or a host value that a guest has converted.
///
/// Equality is that of roots; [`AnyRef::same`] compares what is referenced.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AnyRef {
    store: u64,
    root: RootId,
}

impl AnyRef {
    /// A reference to an integer.
    pub fn from_i31(mut store: impl AsContextMut, value: I31) -> Self {
        let store = store.as_context_mut().0;
        let root = store.inner.roots.add(ref_i31(value.0).into());
        Self { store: store.inner.id(), root }
    }

    /// The integer, if it is one.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn as_i31(&self, store: impl AsContext) -> Result<Option<I31>, Error> {
        let slot = self.to_slot(store.as_context().into_inner())? as Reference;
        Ok(is_i31(slot).then_some(I31(slot >> 1)))
    }

    /// The structure, if it is one.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn as_struct(&self, store: impl AsContext) -> Result<Option<StructRef>, Error> {
        Ok((self.kind(&store)? == Some(Kind::Struct)).then_some(StructRef(*self)))
    }

    /// The array, if it is one.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn as_array(&self, store: impl AsContext) -> Result<Option<ArrayRef>, Error> {
        Ok((self.kind(&store)? == Some(Kind::Array)).then_some(ArrayRef(*self)))
    }

    /// Whether `ref.eq` could compare it: all but host values.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn is_eq(&self, store: impl AsContext) -> Result<bool, Error> {
        let slot = self.to_slot(store.as_context().into_inner())? as Reference;
        Ok(is_i31(slot) || is_object(slot))
    }

    /// Whether both refer to the same, as `ref.eq` says.
    ///
    /// # Errors
    /// If one belongs to another store, or its scope has ended.
    pub fn same(&self, other: &AnyRef, store: impl AsContext) -> Result<bool, Error> {
        let store = store.as_context().into_inner();
        Ok(self.to_slot(store)? == other.to_slot(store)?)
    }

    /// Whether it is of a reference type.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn is_of_type(&self, ty: ValType, store: impl AsContext) -> Result<bool, Error> {
        let store = store.as_context().into_inner();
        Ok(store.is_of_type(self.to_slot(store)?, ty))
    }

    /// The same reference in the hierarchy of `extern`, as `extern.convert_any` gives it.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn to_extern(&self, store: impl AsContext) -> Result<ExternRef, Error> {
        let store = store.as_context().into_inner();
        ExternRef::from_slot(store, self.to_slot(store)?).ok_or_else(|| Error::bug("a reference became null"))
    }

    fn kind(&self, store: &impl AsContext) -> Result<Option<Kind>, Error> {
        let store = store.as_context().into_inner();
        let ty = store.heap.object_type(self.to_slot(store)? as Reference);
        Ok(ty.and_then(|ty| store.heap.types.kind(ty)))
    }

    /// Its bits in a slot (R5).
    pub(crate) fn to_slot(self, store: &StoreInner) -> Result<Slot, Error> {
        if self.store != store.id() {
            return Err(Error::other_store("reference"));
        }
        store.roots.get(self.root).ok_or_else(|| Error::api("the reference's scope has ended"))
    }

    /// A handle to what these bits refer to, unless they are null.
    pub(crate) fn from_slot(store: &StoreInner, slot: Slot) -> Option<Self> {
        (slot as Reference != 0).then(|| Self { store: store.id(), root: store.roots.add(slot) })
    }
}

/// A type of structures or arrays of an engine.
#[derive(Clone, Debug)]
struct ObjectType {
    engine: Engine,
    id: TypeId,
    ty: Arc<SubType>,
}

impl ObjectType {
    /// A final type without supertypes.
    fn new(engine: &Engine, composite: CompositeType) -> Result<Self, Error> {
        Self::define(engine, SubType { is_final: true, supertype: None, composite })
    }

    /// A type that may have subtypes, below another one if that is given.
    fn open(engine: &Engine, supertype: Option<&Self>, composite: CompositeType) -> Result<Self, Error> {
        if let Some(supertype) = supertype {
            let above = engine.types().supertypes(supertype.id).map_or(0, |types| types.len());
            if !Engine::same(engine, &supertype.engine) {
                return Err(Error::api("the supertype belongs to another engine"));
            } else if supertype.ty.is_final {
                return Err(Error::api("the supertype is final"));
            } else if !engine.types().composite_matches(&composite, &supertype.ty.composite) {
                return Err(Error::api("the type does not match its supertype"));
            } else if above >= MAX_SUBTYPING_DEPTH as usize {
                return Err(Error::limit("the supertype has too many supertypes"));
            }
        }
        Self::define(engine, SubType { is_final: false, supertype: supertype.map(|ty| HeapType::defined(ty.id)), composite })
    }

    fn define(engine: &Engine, ty: SubType) -> Result<Self, Error> {
        let id = engine.types().define(vec![ty]).map_err(|_| Error::limit("the engine has too many types"))?;
        Ok(Self { engine: engine.clone(), id, ty: engine.types().get(id) })
    }

    /// The type of this name in a module of the engine, if it is of a kind.
    fn of(engine: &Engine, heap: HeapType, kind: Kind) -> Option<Self> {
        let id = heap.as_defined()?;
        let ty = (engine.types().kind(id)? == kind).then(|| engine.types().get(id))?;
        Some(Self { engine: engine.clone(), id, ty })
    }

    /// Lets a store know it.
    fn teach<T>(&self, store: &mut Store<T>) -> Result<(), Error> {
        if !Engine::same(&self.engine, &store.engine) {
            return Err(Error::api("the type belongs to another engine"));
        }
        store.inner.learn(&[(self.id, self.ty.clone())], self.engine.types());
        Ok(())
    }
}

/// A type of structures.
#[derive(Clone, Debug)]
pub struct StructType(ObjectType);

impl StructType {
    /// A final type with these fields, without supertype.
    ///
    /// # Errors
    /// If the engine has too many types.
    pub fn new(engine: &Engine, fields: impl IntoIterator<Item = FieldType>) -> Result<Self, Error> {
        let fields: Box<[_]> = fields.into_iter().collect();
        ObjectType::new(engine, CompositeType::Struct(fields)).map(Self)
    }

    /// A type with these fields that may have subtypes; it is one itself, if a supertype is given. It is the type that a module means which
    /// declares such a one, open and in a recursion group of its own.
    ///
    /// # Errors
    /// Kind `Api` if the supertype is final, of another engine, or has other fields than these start with; kind `Limit` if it has too many supertypes,
    /// or the engine too many types.
    pub fn open(engine: &Engine, supertype: Option<&StructType>, fields: impl IntoIterator<Item = FieldType>) -> Result<Self, Error> {
        let fields: Box<[_]> = fields.into_iter().collect();
        ObjectType::open(engine, supertype.map(|ty| &ty.0), CompositeType::Struct(fields)).map(Self)
    }

    /// The type behind a heap type, if it is one of structures: of a parameter of a function of the engine, for example.
    pub fn of(engine: &Engine, heap: HeapType) -> Option<Self> {
        ObjectType::of(engine, heap, Kind::Struct).map(Self)
    }

    /// Its fields.
    pub fn fields(&self) -> &[FieldType] {
        match &self.0.ty.composite {
            CompositeType::Struct(fields) => fields,
            _ => &[],
        }
    }

    /// The heap type that references to it have.
    pub fn heap_type(&self) -> HeapType {
        HeapType::defined(self.0.id)
    }
}

/// A type of arrays.
#[derive(Clone, Debug)]
pub struct ArrayType(ObjectType);

impl ArrayType {
    /// A final type with such elements, without supertype.
    ///
    /// # Errors
    /// If the engine has too many types.
    pub fn new(engine: &Engine, element: FieldType) -> Result<Self, Error> {
        ObjectType::new(engine, CompositeType::Array(element)).map(Self)
    }

    /// The type behind a heap type, if it is one of arrays.
    pub fn of(engine: &Engine, heap: HeapType) -> Option<Self> {
        ObjectType::of(engine, heap, Kind::Array).map(Self)
    }

    /// What its elements are; `None` cannot be, but for a fault of ours.
    pub fn element(&self) -> Option<FieldType> {
        match self.0.ty.composite {
            CompositeType::Array(element) => Some(element),
            _ => None,
        }
    }

    /// The heap type that references to it have.
    pub fn heap_type(&self) -> HeapType {
        HeapType::defined(self.0.id)
    }
}

/// Makes an object, after a collection if need be.
fn allocate<T>(
    store: &mut Store<T>,
    mut make: impl FnMut(&mut StoreInner) -> Result<Result<Reference, Full>, Error>,
) -> Result<AnyRef, Error> {
    let made = match make(&mut store.inner)? {
        Ok(reference) => reference,
        Err(Full) => {
            let wanted = store.inner.heap.wanted();
            collect::make_room(store, None, wanted)?;
            // Values are read again: the collection has moved what they refer to.
            make(&mut store.inner)?.map_err(|Full| Error::bug("there is no room after a collection"))?
        }
    };
    AnyRef::from_slot(&store.inner, made.into()).ok_or_else(|| Error::bug("a new object is null"))
}

/// The slots of values of these types.
fn slots(store: &mut StoreInner, values: &[Val], types: impl Iterator<Item = ValType>) -> Result<Vec<Slot>, Error> {
    let mut slots = Vec::with_capacity(values.len());
    for (value, ty) in values.iter().zip(types) {
        slots.extend_from_slice(&value.to_cell(store, ty)?.0[..ty.slots()]);
    }
    Ok(slots)
}

/// The value at an offset of an object.
fn read(store: &StoreInner, object: Reference, offset: u32, field: FieldType) -> Val {
    let storage = Storage::of(field.storage, &store.heap.types);
    let slots = store.heap.value(object, offset, storage, |number| store.function_at(number));
    Val::read(&slots, field.storage.unpacked(), store)
}

/// Sets the value at an offset of an object.
fn write(store: &mut StoreInner, object: Reference, offset: u32, field: FieldType, value: Val) -> Result<(), Error> {
    if !field.mutable {
        return Err(Error::api("the field is immutable"));
    }
    let cell = value.to_cell(store, field.storage.unpacked())?;
    let storage = Storage::of(field.storage, &store.heap.types);
    store.heap.set_value(object, offset, storage, cell.0, StoreInner::function_number);
    Ok(())
}

/// A reference to a structure.
///
/// ```
/// use fulgurite::{Engine, FieldType, StorageType, Store, StructRef, StructType, Val, ValType};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, ());
/// let field = |storage| FieldType { storage, mutable: true };
/// let point = StructType::new(&engine, [field(StorageType::Val(ValType::I32)), field(StorageType::I8)])?;
/// let p = StructRef::new(&mut store, &point, &[Val::I32(-7), Val::I32(0x1ff)])?;
/// p.set_field(&mut store, 0, Val::I32(8))?;
/// assert_eq!((p.field(&store, 0)?, p.field(&store, 1)?), (Val::I32(8), Val::I32(0xff)));
/// # Ok::<(), fulgurite::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StructRef(AnyRef);

impl StructRef {
    /// A new structure with these fields.
    ///
    /// # Errors
    /// Values of other types or in another number, handles of other stores and engines; [`TrapCode::HeapExhausted`](crate::TrapCode) if there is
    /// no room.
    pub fn new(mut store: impl AsContextMut, ty: &StructType, fields: &[Val]) -> Result<Self, Error> {
        let store = store.as_context_mut().0;
        ty.0.teach(store)?;
        if fields.len() != ty.fields().len() {
            return Err(Error::api(alloc::format!("a structure of {} fields was given {}", ty.fields().len(), fields.len())));
        }
        let made = allocate(store, |store| {
            let slots = slots(store, fields, ty.fields().iter().map(|field| field.storage.unpacked()))?;
            Ok(store.new_struct(ty.0.id, |index| slots.get(index).copied().unwrap_or(0)))
        });
        made.map(Self)
    }

    /// The same, as a reference to anything.
    pub fn to_any(self) -> AnyRef {
        self.0
    }

    /// A field; packed ones as unsigned integers.
    ///
    /// # Errors
    /// If there is no such field, it belongs to another store, or its scope has ended.
    pub fn field(&self, store: impl AsContext, index: u32) -> Result<Val, Error> {
        let store = store.as_context().into_inner();
        let (object, offset, field) = self.place(store, index)?;
        Ok(read(store, object, offset, field))
    }

    /// Sets a field; of a packed one, the low bits count.
    ///
    /// # Errors
    /// If there is no such field, it is immutable or of another type, or handles belong to other stores or ended scopes.
    pub fn set_field(&self, mut store: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        let (object, offset, field) = self.place(store, index)?;
        write(store, object, offset, field, value)
    }

    fn place(&self, store: &StoreInner, index: u32) -> Result<(Reference, u32, FieldType), Error> {
        let object = self.0.to_slot(store)? as Reference;
        let id = store.heap.type_of(object);
        let place = || {
            let CompositeType::Struct(fields) = &store.heap.types.ty(id)?.composite else { return None };
            let offset = store.heap.struct_shape(id)?.fields.get(index as usize)?.0;
            Some((object, offset, *fields.get(index as usize)?))
        };
        place().ok_or_else(|| Error::api(alloc::format!("the structure has no field {index}")))
    }
}

/// A reference to an array.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ArrayRef(AnyRef);

impl ArrayRef {
    /// A new array with these elements.
    ///
    /// # Errors
    /// As [`StructRef::new`].
    pub fn new(mut store: impl AsContextMut, ty: &ArrayType, elements: &[Val]) -> Result<Self, Error> {
        let store = store.as_context_mut().0;
        ty.0.teach(store)?;
        let element = ty.element().ok_or_else(|| Error::bug("an array type without elements"))?;
        let length = u32::try_from(elements.len()).map_err(|_| Error::api("an array has fewer than 2^32 elements"))?;
        let made = allocate(store, |store| {
            let slots = slots(store, elements, core::iter::repeat(element.storage.unpacked()))?;
            Ok(store.new_array_fixed(ty.0.id, length, |index| slots.get(index).copied().unwrap_or(0)))
        });
        made.map(Self)
    }

    /// A new array of `length` elements that are all `value`.
    ///
    /// # Errors
    /// As [`StructRef::new`].
    pub fn filled(mut store: impl AsContextMut, ty: &ArrayType, value: Val, length: u32) -> Result<Self, Error> {
        let store = store.as_context_mut().0;
        ty.0.teach(store)?;
        let element = ty.element().ok_or_else(|| Error::bug("an array type without elements"))?;
        let made = allocate(store, |store| {
            let cell = value.to_cell(store, element.storage.unpacked())?;
            Ok(store.new_array(ty.0.id, cell.0, length))
        });
        made.map(Self)
    }

    /// The same, as a reference to anything.
    pub fn to_any(self) -> AnyRef {
        self.0
    }

    /// How many elements it has.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn len(&self, store: impl AsContext) -> Result<u32, Error> {
        let store = store.as_context().into_inner();
        Ok(store.heap.array_length(self.0.to_slot(store)? as Reference))
    }

    /// Whether it has no element.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn is_empty(&self, store: impl AsContext) -> Result<bool, Error> {
        Ok(self.len(store)? == 0)
    }

    /// An element; packed ones as unsigned integers.
    ///
    /// # Errors
    /// If there is no such element, it belongs to another store, or its scope has ended.
    pub fn get(&self, store: impl AsContext, index: u32) -> Result<Val, Error> {
        let store = store.as_context().into_inner();
        let (object, offset, element) = self.place(store, index)?;
        Ok(read(store, object, offset, element))
    }

    /// Sets an element; of a packed one, the low bits count.
    ///
    /// # Errors
    /// If there is no such element, elements are immutable or of another type, or handles belong to other stores or ended scopes.
    pub fn set(&self, mut store: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let store = &mut store.as_context_mut().0.inner;
        let (object, offset, element) = self.place(store, index)?;
        write(store, object, offset, element, value)
    }

    fn place(&self, store: &StoreInner, index: u32) -> Result<(Reference, u32, FieldType), Error> {
        let object = self.0.to_slot(store)? as Reference;
        let id = store.heap.type_of(object);
        let place = || {
            let CompositeType::Array(element) = store.heap.types.ty(id)?.composite else { return None };
            let offset = store.heap.element(object, index, element.storage.bytes()).ok()?;
            Some((object, offset, element))
        };
        place().ok_or_else(|| Error::api(alloc::format!("the array has no element {index}")))
    }
}
