//! Types, and the engine-wide registry that makes their equality an integer compare.
//!
//! Spec: Structure, Types; Validation, Types and Matching. Called by: every layer. Calls: `util::sync`.
//!
//! # Representation
//! A [`ValType`] is one `u32`: the low byte is the kind (`0x7f` = i32 …, `0x64` = `ref`, `0x63` = `ref null`), and for references the upper
//! 24 bits are the heap type: an abstract one, or the [`TypeId`] of a defined type. A [`TypeId`] names one *canonical* type of an engine:
//! structurally equal recursion groups of all modules share their ids, so that equal types have equal ids and the check of `call_indirect` is
//! one compare. Numeric, vector and reference types of WebAssembly 3.0 all fit; what a module may use is decided by `decode` and `validate`.
//!
//! # Invariants
//! T1. Within one registry two types are equal (spec: equivalent after rolling up their recursion groups) if and only if their ids are.
//! T2. Ids are dense, start at 0, and are never reused while the registry lives.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use core::fmt;

use super::limits::PAGE_BYTES;
use super::matching::{Kind, Matching, is_listed};
use crate::util::sync::RwLock;

/// The canonical, engine-wide number of a defined type (invariants T1, T2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct TypeId(pub u32);

/// The heap type that a reference points to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct HeapType(u32);

/// Heap types from here up are abstract; their low byte is the code of the binary format.
const ABSTRACT: u32 = 0xff_ff00;
/// Marks a defined heap type as relative to its own, not yet canonical, recursion group.
const RELATIVE: u32 = 0x80_0000;
/// Marks a heap type that is named by a type index of a module.
const INDEXED: u32 = 0xc0_0000;
/// What tells these apart from canonical ids.
const MARKS: u32 = 0xc0_0000;

impl HeapType {
    /// Any function.
    pub const FUNC: Self = Self(ABSTRACT | 0x70);
    /// Any host value.
    pub const EXTERN: Self = Self(ABSTRACT | 0x6f);
    /// Any internal value (GC).
    pub const ANY: Self = Self(ABSTRACT | 0x6e);
    /// Internal values with identity (GC).
    pub const EQ: Self = Self(ABSTRACT | 0x6d);
    /// Unboxed 31-bit integers (GC).
    pub const I31: Self = Self(ABSTRACT | 0x6c);
    /// Structures (GC).
    pub const STRUCT: Self = Self(ABSTRACT | 0x6b);
    /// Arrays (GC).
    pub const ARRAY: Self = Self(ABSTRACT | 0x6a);
    /// Exceptions.
    pub const EXN: Self = Self(ABSTRACT | 0x69);
    /// Below all others: what unreachable code may leave. No module can name it.
    pub(crate) const BOTTOM: Self = Self(ABSTRACT);
    /// The bottom of `any`.
    pub const NONE: Self = Self(ABSTRACT | 0x71);
    /// The bottom of `extern`.
    pub const NOEXTERN: Self = Self(ABSTRACT | 0x72);
    /// The bottom of `func`.
    pub const NOFUNC: Self = Self(ABSTRACT | 0x73);
    /// The bottom of `exn`.
    pub const NOEXN: Self = Self(ABSTRACT | 0x74);

    /// The heap type of a defined type.
    pub const fn defined(id: TypeId) -> Self {
        Self(id.0)
    }

    /// The `index`-th type of the recursion group that is being defined; only in types that are being defined.
    pub const fn relative(index: u32) -> Self {
        Self(RELATIVE | index)
    }

    /// The type at a type index of a module, below 2^22 − 2^8; only as the binary format names it, until the module says which type that is.
    pub const fn indexed(index: u32) -> Self {
        Self(INDEXED | index)
    }

    /// The type index, if it is one that names a type.
    pub const fn as_indexed(self) -> Option<u32> {
        if self.0 & MARKS == INDEXED && self.0 < ABSTRACT { Some(self.0 & !MARKS) } else { None }
    }

    /// The abstract heap type with this code in the binary format.
    pub const fn of_code(code: u8) -> Option<Self> {
        match code {
            0x69..=0x74 => Some(Self(ABSTRACT | code as u32)),
            _ => None,
        }
    }

    /// The code in the binary format, of an abstract heap type.
    pub const fn code(self) -> Option<u8> {
        if self.0 >= ABSTRACT { Some((self.0 & 0xff) as u8) } else { None }
    }

    /// Its bits; equal for equal types.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The heap type with these bits, which [`HeapType::bits`] gave.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The defined type, if it is one.
    pub const fn as_defined(self) -> Option<TypeId> {
        if self.0 < RELATIVE { Some(TypeId(self.0)) } else { None }
    }
}

/// A value type; see the module's doc for the bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ValType(u32);

impl ValType {
    /// 32-bit integer.
    pub const I32: Self = Self(0x7f);
    /// 64-bit integer.
    pub const I64: Self = Self(0x7e);
    /// 32-bit float.
    pub const F32: Self = Self(0x7d);
    /// 64-bit float.
    pub const F64: Self = Self(0x7c);
    /// 128-bit vector.
    pub const V128: Self = Self(0x7b);
    /// `(ref null func)`.
    pub const FUNCREF: Self = Self::reference(HeapType::FUNC, true);
    /// `(ref null exn)`.
    pub const EXNREF: Self = Self::reference(HeapType::EXN, true);
    /// `(ref null extern)`.
    pub const EXTERNREF: Self = Self::reference(HeapType::EXTERN, true);
    /// `(ref null any)`.
    pub const ANYREF: Self = Self::reference(HeapType::ANY, true);

    /// A reference type.
    pub const fn reference(heap: HeapType, nullable: bool) -> Self {
        Self(heap.0 << 8 | if nullable { 0x63 } else { 0x64 })
    }

    /// All 32 bits; equal for equal types.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The type with these bits, which [`ValType::bits`] gave.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether it is a reference type.
    pub const fn is_ref(self) -> bool {
        matches!(self.0 & 0xff, 0x63 | 0x64)
    }

    /// How many slots of 8 bytes a value takes in a frame.
    #[inline(always)]
    pub const fn slots(self) -> usize {
        if self.0 == Self::V128.0 { 2 } else { 1 }
    }

    /// Whether it is a number or vector type.
    pub const fn is_num_or_vec(self) -> bool {
        !self.is_ref()
    }

    /// Whether it is a reference type with a null value.
    pub const fn is_nullable(self) -> bool {
        self.0 & 0xff == 0x63
    }

    /// The heap type, of a reference type.
    pub const fn heap_type(self) -> Option<HeapType> {
        if self.is_ref() { Some(HeapType(self.0 >> 8)) } else { None }
    }

    /// Whether values of the type have a default (all but non-null references).
    pub const fn is_defaultable(self) -> bool {
        self.0 & 0xff != 0x64
    }

    /// The same reference type without null; other types as they are.
    pub const fn non_null(self) -> Self {
        if self.is_ref() { Self(self.0 & !0xff | 0x64) } else { self }
    }

    /// The same reference type with null; other types as they are.
    pub const fn nullable(self) -> Self {
        if self.is_ref() { Self(self.0 & !0xff | 0x63) } else { self }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::FUNC => "func",
            Self::EXTERN => "extern",
            Self::ANY => "any",
            Self::EQ => "eq",
            Self::I31 => "i31",
            Self::STRUCT => "struct",
            Self::ARRAY => "array",
            Self::EXN => "exn",
            Self::NONE => "none",
            Self::NOEXTERN => "noextern",
            Self::NOFUNC => "nofunc",
            Self::NOEXN => "noexn",
            Self::BOTTOM => "bottom",
            Self(other) => return write!(f, "type {}", other & !MARKS),
        })
    }
}

impl fmt::Debug for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::I32 => f.write_str("i32"),
            Self::I64 => f.write_str("i64"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::V128 => f.write_str("v128"),
            Self::FUNCREF => f.write_str("funcref"),
            Self::EXTERNREF => f.write_str("externref"),
            Self::EXNREF => f.write_str("exnref"),
            Self(bits)
                if self.is_nullable()
                    && matches!(
                        HeapType(bits >> 8),
                        HeapType::ANY | HeapType::EQ | HeapType::STRUCT | HeapType::ARRAY | HeapType::I31 | HeapType::EXN
                    ) =>
            {
                write!(f, "{}ref", HeapType(bits >> 8))
            }
            Self(bits) => {
                let null = if self.is_nullable() { "null " } else { "" };
                write!(f, "(ref {null}{})", HeapType(bits >> 8))
            }
        }
    }
}

impl fmt::Debug for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A function type: parameter types and result types.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FuncType {
    types: Box<[ValType]>,
    params: u32,
    /// Slots of the parameters, and of the results.
    slots: [u32; 2],
}

/// Slots of values of these types.
pub fn slots_of(types: &[ValType]) -> usize {
    types.iter().map(|ty| ty.slots()).sum()
}

impl FuncType {
    /// A function type with these parameters and results.
    pub fn new(params: impl IntoIterator<Item = ValType>, results: impl IntoIterator<Item = ValType>) -> Self {
        let mut types: Vec<ValType> = params.into_iter().collect();
        let params = u32::try_from(types.len()).unwrap_or(u32::MAX);
        types.extend(results);
        let (first, second) = types.split_at(params as usize);
        let slots = [first, second].map(|types| u32::try_from(slots_of(types)).unwrap_or(u32::MAX));
        Self { types: types.into_boxed_slice(), params, slots }
    }

    /// The parameter types.
    pub fn params(&self) -> &[ValType] {
        &self.types[..self.params as usize]
    }

    /// The result types.
    pub fn results(&self) -> &[ValType] {
        &self.types[self.params as usize..]
    }

    /// Slots of the parameters.
    #[inline(always)]
    pub fn param_slots(&self) -> usize {
        self.slots[0] as usize
    }

    /// Slots of the results.
    #[inline(always)]
    pub fn result_slots(&self) -> usize {
        self.slots[1] as usize
    }

    /// Whether a parameter or result is a vector.
    #[inline(always)]
    pub fn has_vectors(&self) -> bool {
        self.param_slots() + self.result_slots() != self.types.len()
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[ValType]| {
            f.write_str("[")?;
            for (i, ty) in types.iter().enumerate() {
                write!(f, "{}{ty}", if i == 0 { "" } else { " " })?;
            }
            f.write_str("]")
        };
        list(f, self.params())?;
        f.write_str(" -> ")?;
        list(f, self.results())
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a field of a structure or array holds (GC).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StorageType {
    /// 8-bit integer.
    I8,
    /// 16-bit integer.
    I16,
    /// A value type.
    Val(ValType),
}

impl StorageType {
    /// The type of the values that it is read as.
    pub const fn unpacked(self) -> ValType {
        match self {
            Self::I8 | Self::I16 => ValType::I32,
            Self::Val(ty) => ty,
        }
    }

    /// Whether it is narrower than the values that it is read as.
    pub const fn is_packed(self) -> bool {
        !matches!(self, Self::Val(_))
    }

    /// Bytes of its values.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::Val(ValType::I64 | ValType::F64) => 8,
            Self::Val(ValType::V128) => 16,
            Self::Val(_) => 4,
        }
    }
}

/// A field of a structure, or the elements of an array (GC).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FieldType {
    /// What it holds.
    pub storage: StorageType,
    /// Whether it can be set.
    pub mutable: bool,
}

/// The shape of a defined type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CompositeType {
    /// A function type.
    Func(FuncType),
    /// A structure type (GC).
    Struct(Box<[FieldType]>),
    /// An array type (GC).
    Array(FieldType),
}

impl CompositeType {
    /// What it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Func(_) => Kind::Func,
            Self::Struct(_) => Kind::Struct,
            Self::Array(_) => Kind::Array,
        }
    }
}

/// A defined type: shape, and place in the subtype order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubType {
    /// Whether no subtype may be declared.
    pub is_final: bool,
    /// The declared supertype.
    pub supertype: Option<HeapType>,
    /// The shape.
    pub composite: CompositeType,
}

impl SubType {
    /// The final function type without supertype, which is what WebAssembly 1.0 and 2.0 declare.
    pub fn func(ty: FuncType) -> Self {
        Self { is_final: true, supertype: None, composite: CompositeType::Func(ty) }
    }
}

/// Bounds of a table or memory, in elements or pages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Initial size.
    pub min: u64,
    /// Largest size, if bounded.
    pub max: Option<u64>,
}

impl Limits {
    /// Spec, Matching, Limits: whether something of `actual` size and these limits' maximum can be imported as `required`.
    pub fn matches(&self, required: &Limits) -> bool {
        self.min >= required.min
            && match (self.max, required.max) {
                (_, None) => true,
                (Some(max), Some(bound)) => max <= bound,
                (None, Some(_)) => false,
            }
    }

    /// The rule that limits within a range break, if there is one: `message`, where they are beyond `bound`.
    fn problem(&self, bound: u64, message: &'static str) -> Option<&'static str> {
        if self.min > bound || self.max.is_some_and(|max| max > bound) {
            return Some(message);
        }
        self.max.is_some_and(|max| max < self.min).then_some("size minimum must not be greater than maximum")
    }
}

/// The type of a memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryType {
    /// Bounds in pages.
    pub limits: Limits,
    /// Whether addresses are 64 bits wide (memory64).
    pub is_64: bool,
    /// Whether threads share it (threads).
    pub shared: bool,
    /// Logarithm of the bytes of a page: 16, or 0 (custom page sizes).
    pub page_size_log2: u8,
}

impl MemoryType {
    /// A 32-bit memory of `min` pages of 64 KiB that grows to `max` pages.
    pub const fn new(min: u64, max: Option<u64>) -> Self {
        Self { limits: Limits { min, max }, is_64: false, shared: false, page_size_log2: PAGE_SIZE_LOG2 }
    }

    /// The same, with addresses of 64 bits.
    pub const fn new64(min: u64, max: Option<u64>) -> Self {
        Self { is_64: true, ..Self::new(min, max) }
    }

    /// The same, shared by threads; it must have a maximum.
    #[must_use]
    pub const fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// The same, with pages of 2^`log2` bytes. There are memories with `log2` 16, which is the default, and 0.
    #[must_use]
    pub const fn with_page_size_log2(self, log2: u8) -> Self {
        Self { page_size_log2: log2, ..self }
    }

    /// Bytes of a page.
    pub const fn page_size(&self) -> u64 {
        1 << (self.page_size_log2 & 63)
    }

    /// Bytes of so many pages, as far as 64 bits go.
    pub const fn bytes(&self, pages: u64) -> u64 {
        pages.saturating_mul(self.page_size())
    }

    /// The type of its addresses.
    pub const fn address_type(&self) -> ValType {
        address_type(self.is_64)
    }

    /// Pages of the largest memory whose bytes have addresses.
    pub const fn address_space_pages(&self) -> u64 {
        let (bits, log2) = (if self.is_64 { 64 } else { 32 }, self.page_size_log2 as u32);
        if log2 == 0 { u64::MAX >> (64 - bits) } else { 1 << (bits - log2) }
    }

    /// The rule that it breaks, if it is none of a memory. Spec: Validation, Memory Types.
    pub fn problem(&self) -> Option<&'static str> {
        if self.page_size_log2 != 0 && self.page_size_log2 != PAGE_SIZE_LOG2 {
            return Some("invalid custom page size: pages have 1 byte or 64 KiB");
        }
        if self.shared && self.limits.max.is_none() {
            return Some("shared memory must have maximum");
        }
        let message = match (self.is_64, self.page_size_log2) {
            (false, 0) => "memory size must be at most 2^32-1 bytes",
            (false, _) => "memory size must be at most 65536 pages (4GiB)",
            (true, _) => "memory size must be at most 2^48 pages",
        };
        self.limits.problem(self.address_space_pages(), message)
    }
}

/// The type of addresses.
const fn address_type(is_64: bool) -> ValType {
    if is_64 { ValType::I64 } else { ValType::I32 }
}

/// Logarithm of the bytes of a page, where no other size is declared.
pub const PAGE_SIZE_LOG2: u8 = PAGE_BYTES.trailing_zeros() as u8;

/// The type of a table; limits in elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableType {
    /// What it holds: a reference type.
    pub element: ValType,
    /// Bounds in elements.
    pub limits: Limits,
    /// Whether indices are 64 bits wide (table64).
    pub is_64: bool,
}

impl TableType {
    /// A table of `min` elements that grows to `max`.
    pub const fn new(element: ValType, min: u64, max: Option<u64>) -> Self {
        Self { element, limits: Limits { min, max }, is_64: false }
    }

    /// The same, with indices of 64 bits.
    pub const fn new64(element: ValType, min: u64, max: Option<u64>) -> Self {
        Self { is_64: true, ..Self::new(element, min, max) }
    }

    /// The type of its indices.
    pub const fn address_type(&self) -> ValType {
        address_type(self.is_64)
    }

    /// The rule that its limits break, if there is one. Spec: Validation, Table Types.
    pub fn problem(&self) -> Option<&'static str> {
        let bound = if self.is_64 { u64::MAX } else { u32::MAX.into() };
        self.limits.problem(bound, "table size must be at most 2^32-1")
    }
}

/// The type of a global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalType {
    /// What it holds.
    pub content: ValType,
    /// Whether it can be set.
    pub mutable: bool,
}

impl GlobalType {
    /// A global that holds `content`.
    pub const fn new(content: ValType, mutable: bool) -> Self {
        Self { content, mutable }
    }
}

/// One canonical type.
struct Entry {
    ty: Arc<SubType>,
    supertypes: Supertypes,
}

/// The supertypes of a type by depth, outermost first, without the type itself.
pub type Supertypes = Option<Arc<[TypeId]>>;

#[derive(Default)]
struct Registered {
    entries: Vec<Entry>,
    /// Recursion groups as they were rolled up (own types relative), and the id of their first type.
    groups: BTreeMap<Box<[SubType]>, TypeId>,
}

/// The canonical types of an engine.
#[derive(Default)]
pub struct TypeRegistry {
    inner: RwLock<Registered>,
}

/// More distinct types than ids in one engine.
#[derive(Debug, PartialEq, Eq)]
pub struct TooManyTypes;

impl TypeRegistry {
    /// Canonicalises a recursion group: references between its own types are [`HeapType::relative`], all others canonical. Supertypes come before
    /// their subtypes. Gives the id of its first type; the others follow it.
    ///
    /// # Errors
    /// [`TooManyTypes`] when the engine's 2^23 ids are used up.
    pub fn define(&self, group: Vec<SubType>) -> Result<TypeId, TooManyTypes> {
        let group = group.into_boxed_slice();
        if let Some(&id) = self.inner.read().groups.get(&group) {
            return Ok(id);
        }
        let mut inner = self.inner.write();
        if let Some(&id) = inner.groups.get(&group) {
            return Ok(id);
        }
        let first = inner.entries.len();
        if first + group.len() >= RELATIVE as usize {
            return Err(TooManyTypes);
        }
        let first = TypeId(first as u32);
        for ty in &group {
            let ty = absolute(ty, first);
            let supertypes = ty.supertype.and_then(HeapType::as_defined).map(|parent| {
                let above = inner.entries.get(parent.0 as usize).and_then(|entry| entry.supertypes.clone());
                above.iter().flat_map(|above| above.iter().copied()).chain([parent]).collect()
            });
            inner.entries.push(Entry { ty: Arc::new(ty), supertypes });
        }
        inner.groups.insert(group, first);
        Ok(first)
    }

    /// Canonicalises one final function type.
    ///
    /// # Errors
    /// As [`TypeRegistry::define`].
    pub fn define_func(&self, ty: &FuncType) -> Result<TypeId, TooManyTypes> {
        self.define(alloc::vec![SubType::func(ty.clone())])
    }

    /// The type with this id.
    ///
    /// # Panics
    /// If the id is of another registry.
    pub fn get(&self, id: TypeId) -> Arc<SubType> {
        self.inner.read().entries[id.0 as usize].ty.clone()
    }

    /// The supertypes of a type; none of an id of another registry.
    pub fn supertypes(&self, id: TypeId) -> Supertypes {
        self.inner.read().entries.get(id.0 as usize)?.supertypes.clone()
    }

    /// How many types there are.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.inner.read().entries.len()
    }
}

impl Matching for TypeRegistry {
    fn kind(&self, id: TypeId) -> Option<Kind> {
        self.inner.read().entries.get(id.0 as usize).map(|entry| entry.ty.composite.kind())
    }

    fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        let inner = self.inner.read();
        let supertypes = |id: TypeId| inner.entries.get(id.0 as usize).and_then(|entry| entry.supertypes.as_deref());
        is_listed(sub, sup, supertypes(sub), supertypes(sup))
    }
}

/// The type with references into its own group made absolute.
fn absolute(ty: &SubType, first: TypeId) -> SubType {
    let heap = |h: HeapType| if h.0 & MARKS == RELATIVE { HeapType(first.0 + (h.0 & !MARKS)) } else { h };
    let val = |t: ValType| match t.heap_type() {
        Some(h) => ValType::reference(heap(h), t.is_nullable()),
        None => t,
    };
    let field = |t: &FieldType| FieldType {
        storage: match t.storage {
            StorageType::Val(t) => StorageType::Val(val(t)),
            packed => packed,
        },
        mutable: t.mutable,
    };
    SubType {
        is_final: ty.is_final,
        supertype: ty.supertype.map(heap),
        composite: match &ty.composite {
            CompositeType::Func(ty) => {
                CompositeType::Func(FuncType::new(ty.params().iter().map(|&t| val(t)), ty.results().iter().map(|&t| val(t))))
            }
            CompositeType::Struct(fields) => CompositeType::Struct(fields.iter().map(field).collect()),
            CompositeType::Array(element) => CompositeType::Array(field(element)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn equal_types_share_an_id() {
        let registry = TypeRegistry::default();
        let a = FuncType::new([ValType::I32], [ValType::I64]);
        let b = FuncType::new([], [ValType::I32, ValType::I64]);
        let id = registry.define_func(&a).unwrap();
        assert_eq!(registry.define_func(&a), Ok(id));
        assert_ne!(registry.define_func(&b), Ok(id));
        assert_eq!(registry.len(), 2);
    }

    #[test]
    fn recursive_groups_are_equal_by_structure_and_position() {
        let registry = TypeRegistry::default();
        let this = |i| ValType::reference(HeapType::relative(i), true);
        let f = |i| SubType::func(FuncType::new([this(i)], []));
        let a = registry.define(vec![f(0)]).unwrap();
        assert_eq!(registry.define(vec![f(0)]), Ok(a));
        let pair = registry.define(vec![f(0), f(1)]).unwrap();
        assert_ne!(pair, a);
        assert_ne!(registry.define(vec![f(1), f(0)]), Ok(pair));
        let CompositeType::Func(ty) = &registry.get(TypeId(pair.0 + 1)).composite else { panic!() };
        assert_eq!(ty.params()[0].heap_type().unwrap().as_defined(), Some(TypeId(pair.0 + 1)));
    }

    #[test]
    fn value_types_print_as_in_the_text_format() {
        use alloc::string::ToString;
        assert_eq!(ValType::FUNCREF.to_string(), "funcref");
        assert_eq!(ValType::reference(HeapType::defined(TypeId(7)), false).to_string(), "(ref type 7)");
        assert_eq!(FuncType::new([ValType::I32, ValType::F64], []).to_string(), "[i32 f64] -> []");
    }
}
