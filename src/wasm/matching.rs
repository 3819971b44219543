//! Matching: when a value of one type may stand where another type is expected.
//!
//! Spec: Validation, Matching. Called by: every layer. Calls: `wasm::types`.
//!
//! The abstract heap types form four hierarchies, each with a top and a bottom; defined types stand between `func`, `struct` or `array` and
//! the bottom. Between defined types the declared supertypes decide, which every type lists by depth: a subtype test is one look-up and one compare.

use alloc::{sync::Arc, vec::Vec};

use super::types::{CompositeType, FieldType, GlobalType, HeapType, StorageType, SubType, Supertypes, TypeId, TypeRegistry, ValType};
use crate::util::sort::sort_by;

/// What a defined type is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A function type.
    Func,
    /// A structure type.
    Struct,
    /// An array type.
    Array,
}

impl Kind {
    /// The abstract heap type right above all types of this kind.
    pub const fn heap_type(self) -> HeapType {
        match self {
            Self::Func => HeapType::FUNC,
            Self::Struct => HeapType::STRUCT,
            Self::Array => HeapType::ARRAY,
        }
    }
}

/// Whether `sub` is `sup` or lists it among its supertypes, at the depth that `sup` has.
pub(super) fn is_listed(sub: TypeId, sup: TypeId, of_sub: Option<&[TypeId]>, of_sup: Option<&[TypeId]>) -> bool {
    sub == sup || of_sub.and_then(|list| list.get(of_sup.map_or(0, <[_]>::len))) == Some(&sup)
}

/// Who knows defined types, and so can match all types.
pub trait Matching {
    /// What a defined type is; `None` for one that is not known.
    fn kind(&self, id: TypeId) -> Option<Kind>;

    /// Whether a defined type is another, or a declared subtype of it.
    fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool;

    /// Spec: Matching, Heap Types.
    fn heap_matches(&self, sub: HeapType, sup: HeapType) -> bool {
        if sub == sup || sub == HeapType::BOTTOM {
            return true;
        }
        let kind = |heap: HeapType| heap.as_defined().and_then(|id| self.kind(id));
        match (sub.as_defined(), sup.as_defined()) {
            (Some(sub), Some(sup)) => self.is_subtype(sub, sup),
            (Some(_), None) => kind(sub).is_some_and(|kind| self.heap_matches(kind.heap_type(), sup)),
            (None, Some(_)) => match kind(sup) {
                Some(Kind::Func) => sub == HeapType::NOFUNC,
                Some(Kind::Struct | Kind::Array) => sub == HeapType::NONE,
                None => false,
            },
            (None, None) => abstract_matches(sub, sup),
        }
    }

    /// Spec: Matching, Value Types.
    fn matches(&self, sub: ValType, sup: ValType) -> bool {
        match (sub.heap_type(), sup.heap_type()) {
            _ if sub == sup => true,
            (Some(heap), Some(expected)) => (sup.is_nullable() || !sub.is_nullable()) && self.heap_matches(heap, expected),
            _ => false,
        }
    }

    /// Spec: Matching, Global Types.
    fn global_matches(&self, sub: GlobalType, sup: GlobalType) -> bool {
        sub.mutable == sup.mutable && self.matches(sub.content, sup.content) && (!sub.mutable || self.matches(sup.content, sub.content))
    }

    /// The topmost heap type of a hierarchy.
    fn top(&self, heap: HeapType) -> HeapType {
        match heap {
            HeapType::FUNC | HeapType::NOFUNC => HeapType::FUNC,
            HeapType::EXTERN | HeapType::NOEXTERN => HeapType::EXTERN,
            HeapType::EXN | HeapType::NOEXN => HeapType::EXN,
            heap if heap.as_defined().and_then(|id| self.kind(id)) == Some(Kind::Func) => HeapType::FUNC,
            _ => HeapType::ANY,
        }
    }

    /// Spec: Matching, Composite Types.
    fn composite_matches(&self, sub: &CompositeType, sup: &CompositeType) -> bool {
        match (sub, sup) {
            (CompositeType::Func(sub), CompositeType::Func(sup)) => {
                sub.params().len() == sup.params().len()
                    && sub.results().len() == sup.results().len()
                    && sup.params().iter().zip(sub.params()).all(|(&sup, &sub)| self.matches(sup, sub))
                    && sub.results().iter().zip(sup.results()).all(|(&sub, &sup)| self.matches(sub, sup))
            }
            (CompositeType::Struct(sub), CompositeType::Struct(sup)) => {
                sub.len() >= sup.len() && sub.iter().zip(sup).all(|(&sub, &sup)| self.field_matches(sub, sup))
            }
            (CompositeType::Array(sub), CompositeType::Array(sup)) => self.field_matches(*sub, *sup),
            _ => false,
        }
    }

    /// Spec: Matching, Field Types.
    fn field_matches(&self, sub: FieldType, sup: FieldType) -> bool {
        let matches = |sub: StorageType, sup: StorageType| match (sub, sup) {
            (StorageType::Val(sub), StorageType::Val(sup)) => self.matches(sub, sup),
            _ => sub == sup,
        };
        sub.mutable == sup.mutable && matches(sub.storage, sup.storage) && (!sub.mutable || matches(sup.storage, sub.storage))
    }
}

/// Matching of abstract heap types that differ.
fn abstract_matches(sub: HeapType, sup: HeapType) -> bool {
    match sub {
        HeapType::NONE => matches!(sup, HeapType::ANY | HeapType::EQ | HeapType::I31 | HeapType::STRUCT | HeapType::ARRAY),
        HeapType::I31 | HeapType::STRUCT | HeapType::ARRAY => matches!(sup, HeapType::ANY | HeapType::EQ),
        HeapType::EQ => sup == HeapType::ANY,
        HeapType::NOFUNC => sup == HeapType::FUNC,
        HeapType::NOEXTERN => sup == HeapType::EXTERN,
        HeapType::NOEXN => sup == HeapType::EXN,
        _ => false,
    }
}

/// A defined type that a module can name.
#[derive(Clone, Debug)]
struct Known {
    id: TypeId,
    kind: Kind,
    supertypes: Supertypes,
    is_final: bool,
}

/// The defined types that a module can name: what matching needs of them, found without the registry's lock.
#[derive(Clone, Debug, Default)]
pub struct KnownTypes {
    types: Vec<Known>,
    objects: bool,
}

impl KnownTypes {
    /// Notes the types of a module.
    pub fn new(types: &[(TypeId, Arc<SubType>)], registry: &TypeRegistry) -> Self {
        let mut known: Vec<_> = types
            .iter()
            .map(|(id, ty)| Known {
                id: *id,
                kind: ty.composite.kind(),
                supertypes: ty.supertype.and_then(|_| registry.supertypes(*id)),
                is_final: ty.is_final,
            })
            .collect();
        sort_by(&mut known, |a, b| a.id.cmp(&b.id));
        known.dedup_by_key(|known| known.id);
        let objects = types.iter().any(|(_, ty)| ty.supertype.is_some() || ty.composite.kind() != Kind::Func);
        Self { types: known, objects }
    }

    fn find(&self, id: TypeId) -> Option<&Known> {
        let at = self.types.binary_search_by_key(&id, |known| known.id).ok()?;
        self.types.get(at)
    }

    /// How many supertypes a type has, and whether it has no subtypes.
    pub fn depth(&self, id: TypeId) -> Option<(usize, bool)> {
        self.find(id).map(|known| (known.supertypes.as_deref().map_or(0, <[_]>::len), known.is_final))
    }

    /// Whether there are structure or array types, or declared supertypes, which stores must know too.
    pub fn have_objects(&self) -> bool {
        self.objects
    }
}

impl Matching for KnownTypes {
    fn kind(&self, id: TypeId) -> Option<Kind> {
        self.find(id).map(|known| known.kind)
    }

    fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        let supertypes = |id| self.find(id).and_then(|known| known.supertypes.as_deref());
        is_listed(sub, sup, supertypes(sub), supertypes(sup))
    }
}

#[cfg(test)]
mod tests {
    use alloc::{boxed::Box, vec};

    use super::*;

    fn structure(supertype: Option<HeapType>, fields: &[StorageType]) -> SubType {
        let fields: Box<[_]> = fields.iter().map(|&storage| FieldType { storage, mutable: false }).collect();
        SubType { is_final: false, supertype, composite: CompositeType::Struct(fields) }
    }

    #[test]
    fn defined_types_match_their_supertypes_only() {
        let registry = TypeRegistry::default();
        let int = StorageType::Val(ValType::I32);
        let a = registry.define(vec![structure(None, &[])]).unwrap();
        let b = registry.define(vec![structure(Some(HeapType::defined(a)), &[int])]).unwrap();
        let c = registry.define(vec![structure(Some(HeapType::defined(b)), &[int, int])]).unwrap();
        let d = registry.define(vec![structure(Some(HeapType::defined(a)), &[int, int])]).unwrap();
        for (sub, sup, expected) in [(c, a, true), (c, b, true), (b, a, true), (a, b, false), (d, b, false), (d, a, true), (c, d, false)] {
            assert_eq!(registry.is_subtype(sub, sup), expected, "{sub:?} {sup:?}");
        }
        let defined = HeapType::defined;
        assert!(registry.heap_matches(defined(c), HeapType::EQ) && registry.heap_matches(HeapType::NONE, defined(c)));
        assert!(!registry.heap_matches(defined(c), HeapType::ARRAY) && !registry.heap_matches(HeapType::NOFUNC, defined(c)));
        let types: Vec<_> = [a, b, c, d].map(|id| (id, registry.get(id))).into();
        let known = KnownTypes::new(&types, &registry);
        assert!(known.is_subtype(c, a) && !known.is_subtype(d, b) && known.kind(TypeId(99)).is_none());
    }

    #[test]
    fn null_matches_where_null_is_allowed() {
        let registry = TypeRegistry::default();
        assert!(registry.matches(ValType::FUNCREF.non_null(), ValType::FUNCREF));
        assert!(!registry.matches(ValType::FUNCREF, ValType::FUNCREF.non_null()));
        assert!(!registry.matches(ValType::FUNCREF, ValType::EXTERNREF) && !registry.matches(ValType::I32, ValType::FUNCREF));
    }
}
