//! What the heap must know of types: where the fields lie, which of them are references, and which types are subtypes of which.
//!
//! Made when a module with such types is instantiated; by canonical id. Called by: `runtime::gc`, `runtime`, `api`. Calls: `wasm`.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use crate::wasm::{
    layout::{DISPLAYED, field_offsets, struct_size},
    matching::{Kind, Matching},
    types::{CompositeType, HeapType, StorageType, SubType, Supertypes, TypeId, TypeRegistry, ValType},
};

/// How a value lies in the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storage {
    /// 1 byte.
    I8,
    /// 2 bytes.
    I16,
    /// 4 bytes of a number.
    Word,
    /// 8 bytes of a number.
    Long,
    /// 16 bytes of a vector.
    Vector,
    /// A reference of the hierarchies of `any` and `extern`, which collections change.
    Reference,
    /// A reference to a function: 1 + its number.
    Function,
    /// A reference to an exception.
    Exception,
}

impl Storage {
    /// How values of a field type lie in the heap.
    pub fn of(storage: StorageType, types: &(impl Matching + ?Sized)) -> Self {
        match storage {
            StorageType::I8 => Self::I8,
            StorageType::I16 => Self::I16,
            StorageType::Val(ValType::I64 | ValType::F64) => Self::Long,
            StorageType::Val(ValType::V128) => Self::Vector,
            StorageType::Val(ty) => match ty.heap_type().map(|heap| types.top(heap)) {
                Some(HeapType::FUNC) => Self::Function,
                Some(HeapType::ANY | HeapType::EXTERN) => Self::Reference,
                Some(_) => Self::Exception,
                None => Self::Word,
            },
        }
    }

    /// Bytes in the heap.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::Word | Self::Reference | Self::Function | Self::Exception => 4,
            Self::Long => 8,
            Self::Vector => 16,
        }
    }

    /// Slots on the stack.
    pub const fn slots(self) -> usize {
        match self {
            Self::Vector => 2,
            _ => 1,
        }
    }
}

/// The fields of a structure type.
#[derive(Debug)]
pub struct StructShape {
    /// Bytes of the whole.
    pub size: u32,
    /// Offset and kind of each field.
    pub fields: Box<[(u32, Storage)]>,
    /// Offsets of the references that collections change.
    pub references: Box<[u32]>,
}

/// What objects of a type look like.
#[derive(Clone, Debug)]
pub enum Shape {
    /// There are none: a function type.
    None,
    /// Structures.
    Struct(Arc<StructShape>),
    /// Arrays with elements that lie so.
    Array(Storage),
}

impl Shape {
    /// Whether objects of the type have fields or elements that lie so.
    fn holds(&self, storage: Storage) -> bool {
        match self {
            Self::Struct(shape) => shape.fields.iter().any(|field| field.1 == storage),
            Self::Array(element) => *element == storage,
            Self::None => false,
        }
    }
}

/// A type that the heap knows.
#[derive(Debug)]
struct Known {
    shape: Shape,
    supertypes: Supertypes,
    ty: Arc<SubType>,
}

/// Types by depth, as far as they are so few: a subtype test is one look-up.
type Display = [u32; DISPLAYED];
/// No type has this number.
const NO_TYPE: u32 = u32::MAX;

/// The types that the heap knows, in lists that start with the first of them: types of a module have numbers near each other, whatever other
/// modules of the engine have.
#[derive(Debug, Default)]
pub struct Types {
    /// The smallest id in the lists.
    first: u32,
    known: Vec<Option<Known>>,
    /// Of each type, its outermost supertypes and itself, by depth.
    displays: Vec<Display>,
    /// Whether some objects hold exceptions.
    exceptions: bool,
    /// Whether some objects hold references to functions.
    functions: bool,
}

impl Types {
    /// Learns the types of a module, but for function types without supertypes: what is not known is taken for one.
    pub fn learn(&mut self, types: &[(TypeId, Arc<SubType>)], registry: &TypeRegistry) {
        let types = || types.iter().filter(|ty| ty.1.supertype.is_some() || ty.1.composite.kind() != Kind::Func);
        self.make_room(types().map(|ty| ty.0.0));
        for (id, ty) in types() {
            let index = self.index(id.0);
            if self.known[index].is_none() {
                let shape = shape(&ty.composite, registry);
                self.exceptions |= shape.holds(Storage::Exception);
                self.functions |= shape.holds(Storage::Function);
                let supertypes = registry.supertypes(*id);
                let line = supertypes.iter().flat_map(|list| list.iter()).chain([id]);
                self.displays[index].iter_mut().zip(line).for_each(|(place, ancestor)| *place = ancestor.0);
                self.known[index] = Some(Known { shape, supertypes, ty: ty.clone() });
            }
        }
    }

    /// Makes the lists as long as types with these ids need.
    fn make_room(&mut self, ids: impl Iterator<Item = u32> + Clone) {
        let (Some(first), Some(last)) = (ids.clone().min(), ids.max()) else { return };
        if self.known.is_empty() {
            self.first = first;
        }
        let before = self.first.saturating_sub(first) as usize;
        self.first = self.first.min(first);
        self.known.splice(..0, core::iter::repeat_with(|| None).take(before));
        self.displays.splice(..0, core::iter::repeat_n([NO_TYPE; DISPLAYED], before));
        let length = self.known.len().max(self.index(last) + 1);
        self.known.resize_with(length, || None);
        self.displays.resize(length, [NO_TYPE; DISPLAYED]);
    }

    /// Where a type is in the lists, if it is there.
    #[inline(always)]
    fn index(&self, id: u32) -> usize {
        id.wrapping_sub(self.first) as usize
    }

    fn get(&self, id: u32) -> Option<&Known> {
        self.known.get(self.index(id))?.as_ref()
    }

    /// Whether a type is another one, which has so many supertypes (fewer than [`DISPLAYED`]), or a subtype of it.
    #[inline(always)]
    pub fn has_ancestor(&self, id: u32, depth: usize, ancestor: u32) -> bool {
        self.displays.get(self.index(id)).is_some_and(|display| display[depth % DISPLAYED] == ancestor)
    }

    /// Whether some objects hold exceptions.
    pub fn have_exceptions(&self) -> bool {
        self.exceptions
    }

    /// Whether some objects hold references to functions.
    pub fn have_functions(&self) -> bool {
        self.functions
    }

    /// Whether values of a type are references that collections change.
    pub fn is_traced(&self, ty: ValType) -> bool {
        ty.is_ref() && Storage::of(StorageType::Val(ty), self) == Storage::Reference
    }

    /// What objects of the type with this id look like.
    #[inline]
    pub fn shape(&self, id: u32) -> Option<&Shape> {
        self.get(id).map(|known| &known.shape)
    }

    /// The type with this id, if it is known.
    pub fn ty(&self, id: TypeId) -> Option<&Arc<SubType>> {
        self.get(id.0).map(|known| &known.ty)
    }
}

impl Matching for Types {
    fn kind(&self, id: TypeId) -> Option<Kind> {
        // Every structure and array type is learned.
        Some(self.get(id.0).map_or(Kind::Func, |known| known.ty.composite.kind()))
    }

    fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        if sub == sup {
            return true;
        }
        let supertypes = |id: TypeId| self.get(id.0).and_then(|known| known.supertypes.as_deref()).unwrap_or(&[]);
        supertypes(sub).get(supertypes(sup).len()) == Some(&sup)
    }
}

fn shape(ty: &CompositeType, types: &TypeRegistry) -> Shape {
    match ty {
        CompositeType::Func(_) => Shape::None,
        CompositeType::Array(element) => Shape::Array(Storage::of(element.storage, types)),
        CompositeType::Struct(fields) => {
            let fields_of: Box<[_]> = field_offsets(fields).zip(fields.iter().map(|field| Storage::of(field.storage, types))).collect();
            let references = fields_of.iter().filter(|field| field.1 == Storage::Reference).map(|field| field.0).collect();
            Shape::Struct(Arc::new(StructShape { size: struct_size(fields), fields: fields_of, references }))
        }
    }
}
