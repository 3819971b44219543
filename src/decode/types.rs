//! Types: from wasmparser's to ours, without those of proposals that are disabled or not implemented.
//!
//! Spec: Binary Format, Types. Called by: `decode::sections`. Calls: `wasm::types`.

use alloc::{boxed::Box, format, sync::Arc, vec::Vec};

use wasmparser::{CompositeInnerType, UnpackedIndex};

use crate::wasm::{
    features::{Features, Proposal},
    limits::{MAX_FIELDS, MAX_PARAMS, MAX_RESULTS, MAX_SUBTYPING_DEPTH},
    types::{
        CompositeType, FieldType, FuncType, GlobalType, HeapType, Limits, MemoryType, PAGE_SIZE_LOG2, StorageType, SubType, TableType,
        TypeId, TypeRegistry, ValType,
    },
};

use super::{error::DecodeError, sections::require};

/// The canonical types of a module so far, by type index, and the recursion group that is being decoded.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    types: &'a [(TypeId, Arc<SubType>)],
    /// How many types of the group there are behind them.
    group: u32,
    features: Features,
}

impl<'a> Known<'a> {
    /// These types.
    pub(super) fn new(types: &'a [(TypeId, Arc<SubType>)], features: Features) -> Self {
        Self { types, group: 0, features }
    }

    /// What the module may use.
    pub(super) fn features(self) -> Features {
        self.features
    }

    /// The heap type at a type index.
    pub(super) fn indexed(self, index: u32, offset: u32) -> Result<HeapType, DecodeError> {
        if !self.features.has(Proposal::Gc) {
            require(self.features, Proposal::FunctionReferences, offset)?;
        }
        match (self.types.get(index as usize), index.checked_sub(self.types.len() as u32)) {
            (Some((id, _)), _) => Ok(HeapType::defined(*id)),
            (None, Some(index)) if index < self.group => Ok(HeapType::relative(index)),
            _ => Err(DecodeError::invalid(format!("unknown type {index}"), offset)),
        }
    }

    /// The heap type of a packed index.
    fn unpacked(self, index: UnpackedIndex, offset: u32) -> Result<HeapType, DecodeError> {
        match index {
            UnpackedIndex::Module(index) => self.indexed(index, offset),
            UnpackedIndex::RecGroup(index) => Ok(HeapType::relative(index)),
            // Only a validator of wasmparser's makes others.
            #[allow(unreachable_patterns, reason = "features of wasmparser are the same for the whole build")]
            _ => Err(DecodeError::malformed("malformed type index", offset)),
        }
    }
}

/// Canonicalises a recursion group, and appends its types. Gives whether one of them was declared with a supertype.
pub(super) fn rec_group(
    group: wasmparser::RecGroup,
    registry: &TypeRegistry,
    features: Features,
    offset: u32,
    types: &mut Vec<(TypeId, Arc<SubType>)>,
) -> Result<bool, DecodeError> {
    if group.is_explicit_rec_group() {
        require(features, Proposal::Gc, offset)?;
    }
    let count = group.types().len() as u32;
    let known = Known { types, group: count, features };
    let mut defined = Vec::with_capacity(count as usize);
    for (index, (offset, ty)) in (types.len() as u32..).zip(group.into_types_and_offsets()) {
        defined.push(sub_type(&ty, known, index, offset as u32)?);
    }
    let has_supertypes = defined.iter().any(|ty| ty.supertype.is_some());
    let first = registry.define(defined).map_err(|_| DecodeError::limit("distinct types in the engine", 1 << 22, offset))?;
    for index in 0..count {
        let id = TypeId(first.0 + index);
        if has_supertypes && registry.supertypes(id).is_some_and(|above| above.len() > MAX_SUBTYPING_DEPTH as usize) {
            return Err(DecodeError::limit("supertypes of a type", MAX_SUBTYPING_DEPTH.into(), offset));
        }
        types.push((id, registry.get(id)));
    }
    Ok(has_supertypes)
}

/// The type that is being defined at a type index.
fn sub_type(ty: &wasmparser::SubType, known: Known<'_>, index: u32, offset: u32) -> Result<SubType, DecodeError> {
    let composite = &ty.composite_type;
    if composite.shared || composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
        return Err(DecodeError::unsupported(Proposal::CustomDescriptors, offset));
    }
    let plain = ty.is_final && ty.supertype_idxs.is_empty() && matches!(composite.inner, CompositeInnerType::Func(_));
    if !plain {
        require(known.features, Proposal::Gc, offset)?;
    }
    let supertype = match *ty.supertype_idxs {
        [] => None,
        [parent] => Some(parent.unpack()),
        _ => return Err(DecodeError::invalid("sub type: at most one supertype may be declared", offset)),
    };
    let supertype = match supertype {
        // Supertypes come first, in the same group too.
        Some(UnpackedIndex::Module(parent)) if parent >= index => {
            return Err(DecodeError::invalid(format!("unknown type {parent}: a supertype comes before its subtypes"), offset));
        }
        Some(parent) => Some(known.unpacked(parent, offset)?),
        None => None,
    };
    let composite = match &composite.inner {
        CompositeInnerType::Func(func) => CompositeType::Func(func_type(func, known, offset)?),
        CompositeInnerType::Struct(ty) => {
            if ty.fields.len() > MAX_FIELDS as usize {
                return Err(DecodeError::limit("fields", MAX_FIELDS.into(), offset));
            }
            CompositeType::Struct(ty.fields.iter().map(|field| field_type(field, known, offset)).collect::<Result<Box<[_]>, _>>()?)
        }
        CompositeInnerType::Array(ty) => CompositeType::Array(field_type(&ty.0, known, offset)?),
        CompositeInnerType::Cont(_) => return Err(DecodeError::unsupported(Proposal::StackSwitching, offset)),
    };
    Ok(SubType { is_final: ty.is_final, supertype, composite })
}

fn func_type(func: &wasmparser::FuncType, known: Known<'_>, offset: u32) -> Result<FuncType, DecodeError> {
    if func.params().len() > MAX_PARAMS as usize {
        return Err(DecodeError::limit("parameters", MAX_PARAMS.into(), offset));
    }
    if func.results().len() > MAX_RESULTS as usize {
        return Err(DecodeError::limit("results", MAX_RESULTS.into(), offset));
    }
    let list = |types: &[wasmparser::ValType]| types.iter().map(|&ty| val_type(ty, known, offset)).collect::<Result<Vec<_>, _>>();
    Ok(FuncType::new(list(func.params())?, list(func.results())?))
}

fn field_type(field: &wasmparser::FieldType, known: Known<'_>, offset: u32) -> Result<FieldType, DecodeError> {
    let storage = match field.element_type {
        wasmparser::StorageType::I8 => StorageType::I8,
        wasmparser::StorageType::I16 => StorageType::I16,
        wasmparser::StorageType::Val(ty) => StorageType::Val(val_type(ty, known, offset)?),
    };
    Ok(FieldType { storage, mutable: field.mutable })
}

/// A value type.
pub(super) fn val_type(ty: wasmparser::ValType, known: Known<'_>, offset: u32) -> Result<ValType, DecodeError> {
    match ty {
        wasmparser::ValType::I32 => Ok(ValType::I32),
        wasmparser::ValType::I64 => Ok(ValType::I64),
        wasmparser::ValType::F32 => Ok(ValType::F32),
        wasmparser::ValType::F64 => Ok(ValType::F64),
        wasmparser::ValType::V128 => require(known.features, Proposal::Simd, offset).map(|()| ValType::V128),
        wasmparser::ValType::Ref(ty) => ref_type(ty, known, offset),
    }
}

/// A reference type.
pub(super) fn ref_type(ty: wasmparser::RefType, known: Known<'_>, offset: u32) -> Result<ValType, DecodeError> {
    let heap = match ty.heap_type() {
        wasmparser::HeapType::Abstract { shared: false, ty: heap } => {
            let heap = abstract_heap_type(heap, offset)?;
            require_heap_type(known.features, heap, ty.is_nullable(), offset)?;
            heap
        }
        wasmparser::HeapType::Concrete(index) => known.unpacked(index, offset)?,
        _ => return Err(DecodeError::unsupported(Proposal::CustomDescriptors, offset)),
    };
    Ok(ValType::reference(heap, ty.is_nullable()))
}

/// The proposal that a reference to an abstract heap type came with.
pub(super) fn proposal_of_heap_type(heap: HeapType) -> Proposal {
    match heap {
        HeapType::FUNC | HeapType::EXTERN => Proposal::ReferenceTypes,
        HeapType::EXN | HeapType::NOEXN => Proposal::Exceptions,
        _ => Proposal::Gc,
    }
}

fn require_heap_type(features: Features, heap: HeapType, nullable: bool, offset: u32) -> Result<(), DecodeError> {
    if !nullable && !features.has(Proposal::Gc) {
        require(features, Proposal::FunctionReferences, offset)?;
    }
    require(features, proposal_of_heap_type(heap), offset)
}

fn abstract_heap_type(heap: wasmparser::AbstractHeapType, offset: u32) -> Result<HeapType, DecodeError> {
    use wasmparser::AbstractHeapType as Theirs;
    Ok(match heap {
        Theirs::Func => HeapType::FUNC,
        Theirs::Extern => HeapType::EXTERN,
        Theirs::Any => HeapType::ANY,
        Theirs::None => HeapType::NONE,
        Theirs::NoExtern => HeapType::NOEXTERN,
        Theirs::NoFunc => HeapType::NOFUNC,
        Theirs::Eq => HeapType::EQ,
        Theirs::Struct => HeapType::STRUCT,
        Theirs::Array => HeapType::ARRAY,
        Theirs::I31 => HeapType::I31,
        Theirs::Exn => HeapType::EXN,
        Theirs::NoExn => HeapType::NOEXN,
        Theirs::Cont | Theirs::NoCont => return Err(DecodeError::unsupported(Proposal::StackSwitching, offset)),
    })
}

/// A table type.
pub(super) fn table_type(ty: wasmparser::TableType, known: Known<'_>, offset: u32) -> Result<TableType, DecodeError> {
    if ty.table64 {
        require(known.features, Proposal::Memory64, offset)?;
    }
    if ty.shared {
        return Err(DecodeError::malformed("malformed limits flags", offset));
    }
    let (element, limits) = (ref_type(ty.element_type, known, offset)?, Limits { min: ty.initial, max: ty.maximum });
    Ok(TableType { element, limits, is_64: ty.table64 })
}

/// A memory type.
pub(super) fn memory_type(ty: wasmparser::MemoryType, features: Features, offset: u32) -> Result<MemoryType, DecodeError> {
    let needed =
        [(ty.memory64, Proposal::Memory64), (ty.shared, Proposal::Threads), (ty.page_size_log2.is_some(), Proposal::CustomPageSizes)];
    needed.iter().filter(|(needed, _)| *needed).try_for_each(|&(_, proposal)| require(features, proposal, offset))?;
    let limits = Limits { min: ty.initial, max: ty.maximum };
    // wasmparser has refused what does not fit.
    let page_size_log2 = ty.page_size_log2.map_or(PAGE_SIZE_LOG2, |log2| log2 as u8);
    Ok(MemoryType { limits, is_64: ty.memory64, shared: ty.shared, page_size_log2 })
}

/// A global type.
pub(super) fn global_type(ty: wasmparser::GlobalType, known: Known<'_>, offset: u32) -> Result<GlobalType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::malformed("malformed mutability", offset));
    }
    Ok(GlobalType::new(val_type(ty.content_type, known, offset)?, ty.mutable))
}
