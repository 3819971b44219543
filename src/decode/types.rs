//! Types: from wasmparser's to ours, without those of proposals that are disabled or not implemented.
//!
//! Spec: Binary Format, Types. Called by: `decode::sections`. Calls: `wasm::types`.

use alloc::{sync::Arc, vec::Vec};

use wasmparser::{AbstractHeapType, CompositeInnerType, HeapType};

use crate::wasm::{
    features::{Features, Proposal},
    limits::{MAX_PARAMS, MAX_RESULTS},
    types::{FuncType, GlobalType, Limits, MemoryType, PAGE_SIZE_LOG2, SubType, TableType, TypeId, TypeRegistry, ValType},
};

use super::{error::DecodeError, sections::require};

/// Canonicalises a recursion group, and appends its types.
pub(super) fn rec_group(
    group: wasmparser::RecGroup,
    registry: &TypeRegistry,
    offset: u32,
    types: &mut Vec<(TypeId, Arc<SubType>)>,
) -> Result<(), DecodeError> {
    if group.is_explicit_rec_group() {
        return Err(DecodeError::unsupported(Proposal::Gc, offset));
    }
    for ty in group.into_types() {
        let ty = func_type(&ty, offset)?;
        let id = registry.define_func(&ty).map_err(|_| DecodeError::limit("distinct types in the engine", 1 << 23, offset))?;
        types.push((id, registry.get(id)));
    }
    Ok(())
}

fn func_type(ty: &wasmparser::SubType, offset: u32) -> Result<FuncType, DecodeError> {
    let composite = &ty.composite_type;
    let CompositeInnerType::Func(func) = &composite.inner else {
        return Err(DecodeError::unsupported(Proposal::Gc, offset));
    };
    if !ty.is_final || !ty.supertype_idxs.is_empty() {
        return Err(DecodeError::unsupported(Proposal::Gc, offset));
    }
    if composite.shared || composite.descriptor_idx.is_some() || composite.describes_idx.is_some() {
        return Err(DecodeError::unsupported(Proposal::CustomDescriptors, offset));
    }
    if func.params().len() > MAX_PARAMS as usize {
        return Err(DecodeError::limit("parameters", MAX_PARAMS.into(), offset));
    }
    if func.results().len() > MAX_RESULTS as usize {
        return Err(DecodeError::limit("results", MAX_RESULTS.into(), offset));
    }
    let list = |types: &[wasmparser::ValType]| types.iter().map(|&ty| val_type(ty, offset)).collect::<Result<Vec<_>, _>>();
    Ok(FuncType::new(list(func.params())?, list(func.results())?))
}

/// A value type.
pub(super) fn val_type(ty: wasmparser::ValType, offset: u32) -> Result<ValType, DecodeError> {
    match ty {
        wasmparser::ValType::I32 => Ok(ValType::I32),
        wasmparser::ValType::I64 => Ok(ValType::I64),
        wasmparser::ValType::F32 => Ok(ValType::F32),
        wasmparser::ValType::F64 => Ok(ValType::F64),
        wasmparser::ValType::V128 => Err(DecodeError::unsupported(Proposal::Simd, offset)),
        wasmparser::ValType::Ref(ty) => ref_type(ty, offset),
    }
}

/// A reference type.
pub(super) fn ref_type(ty: wasmparser::RefType, offset: u32) -> Result<ValType, DecodeError> {
    let HeapType::Abstract { shared: false, ty: heap } = ty.heap_type() else {
        return Err(DecodeError::unsupported(Proposal::FunctionReferences, offset));
    };
    match heap {
        AbstractHeapType::Func if ty.is_nullable() => Ok(ValType::FUNCREF),
        AbstractHeapType::Extern if ty.is_nullable() => Ok(ValType::EXTERNREF),
        AbstractHeapType::Func | AbstractHeapType::Extern => Err(DecodeError::unsupported(Proposal::FunctionReferences, offset)),
        AbstractHeapType::Exn => Ok(ValType::reference(crate::wasm::types::HeapType::EXN, ty.is_nullable())),
        AbstractHeapType::NoExn => Ok(ValType::reference(crate::wasm::types::HeapType::NOEXN, ty.is_nullable())),
        AbstractHeapType::Cont | AbstractHeapType::NoCont => Err(DecodeError::unsupported(Proposal::StackSwitching, offset)),
        _ => Err(DecodeError::unsupported(Proposal::Gc, offset)),
    }
}

/// A table type.
pub(super) fn table_type(ty: wasmparser::TableType, features: Features, offset: u32) -> Result<TableType, DecodeError> {
    if ty.table64 {
        require(features, Proposal::Memory64, offset)?;
    }
    if ty.shared {
        return Err(DecodeError::malformed("malformed limits flags", offset));
    }
    let (element, limits) = (ref_type(ty.element_type, offset)?, Limits { min: ty.initial, max: ty.maximum });
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
pub(super) fn global_type(ty: wasmparser::GlobalType, offset: u32) -> Result<GlobalType, DecodeError> {
    if ty.shared {
        return Err(DecodeError::malformed("malformed mutability", offset));
    }
    Ok(GlobalType::new(val_type(ty.content_type, offset)?, ty.mutable))
}
