//! Instantiation: from a module and its imports to an instance, up to the start function, which `api` runs.
//!
//! Spec: Execution, Instantiation. Called by: `api`.
//!
//! # Order
//! Imports are matched before anything is made; memories and tables are made, and the limiter asked, before the store changes. Then globals,
//! tables, active element segments and active data segments are initialised in this order. A segment that does not fit traps; what was
//! written before stays, and so does the instance, because tables may already refer to its functions.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use core::{fmt, ptr::NonNull};

use smallvec::SmallVec;

use super::context::{FuncEntity, GlobalCell, Slot};
use super::limiter::{Limiter, resize_heap, saturate};
use super::link_error::LinkError;
use super::memory::MemoryEntity;
use super::module::ModuleInner;
use super::shared::SharedBlock;
use super::store::{ExternId, GlobalId, StoreInner};
use super::table::TableEntity;
use crate::decode::module::{ConstExpr, ConstOp, Elements, Import, ImportType, SegmentMode};
use crate::wasm::{
    matching::Matching,
    numeric::ref_i31,
    trap::TrapCode,
    types::{CompositeType, GlobalType, Limits, MemoryType, SubType, TableType, TypeId, TypeRegistry, ValType},
};

/// Why a module could not be instantiated.
#[derive(Debug)]
pub enum InstantiateError<E> {
    /// An import does not fit.
    Link(LinkError),
    /// An active segment does not fit.
    Trap(TrapCode),
    /// The limiter or the system refused something.
    Limit(String),
    /// The limiter ended the program.
    Limiter(E),
    /// What validation should have prevented.
    Bug(&'static str),
}

/// The reference to something that validation has not seen.
const UNVALIDATED: &str = "a module that was not validated was instantiated";

/// Makes an instance and gives its number. The start function remains to be run.
///
/// # Errors
/// [`InstantiateError`]; only after `Trap` (or `Bug`) does the instance exist.
pub fn instantiate<L: Limiter + ?Sized>(
    store: &mut StoreInner,
    module: &Arc<ModuleInner>,
    imports: &[ExternId],
    types: &TypeRegistry,
    limiter: Option<&mut L>,
) -> Result<u32, InstantiateError<L::Error>> {
    let linked = link(store, module, imports, types).map_err(InstantiateError::Link)?;
    let mut limiter = limiter;
    if module.decoded.known_types.have_objects() {
        store.learn(&module.decoded.types, types);
    }
    let instance = allocate(store, module, linked, limiter.as_deref_mut())?;
    initialize(store, module, instance, limiter)?;
    Ok(instance)
}

/// Imports by index space.
#[derive(Default)]
struct Linked {
    functions: SmallVec<[NonNull<FuncEntity>; 8]>,
    tables: SmallVec<[NonNull<TableEntity>; 2]>,
    memories: SmallVec<[NonNull<MemoryEntity>; 1]>,
    globals: SmallVec<[(GlobalId, NonNull<GlobalCell>); 4]>,
    tags: SmallVec<[u32; 4]>,
}

/// Matches imports with what the module needs.
fn link(store: &mut StoreInner, module: &ModuleInner, given: &[ExternId], types: &TypeRegistry) -> Result<Linked, LinkError> {
    let imports = &module.decoded.imports;
    if imports.len() != given.len() {
        return Err(LinkError::wrong_count(imports.len(), given.len()));
    }
    let mut linked = Linked::default();
    for (import, &found) in imports.iter().zip(given) {
        if !matches(store, module, import, found, types) {
            return Err(mismatch(store, module, import, found, types));
        }
        let unknown = || LinkError::unknown_import(&import.module, &import.name);
        match found {
            ExternId::Func(id) => linked.functions.push(store.function(id).ok_or_else(unknown)?),
            ExternId::Table(number) => linked.tables.push(store.table_address(number).ok_or_else(unknown)?),
            ExternId::Memory(number) => linked.memories.push(store.memory_address(number).ok_or_else(unknown)?),
            ExternId::Global(id) => linked.globals.push((id, store.global_address(id).ok_or_else(unknown)?)),
            ExternId::Tag(number) => linked.tags.push(number),
        }
    }
    Ok(linked)
}

/// Spec, Matching, External Types.
fn matches(store: &StoreInner, module: &ModuleInner, import: &Import, found: ExternId, types: &TypeRegistry) -> bool {
    let matched = match (&import.ty, found) {
        (ImportType::Func(index), ExternId::Func(id)) => {
            let required = module.decoded.func_type(*index).map(|(ty, _)| ty);
            required.zip(store.function_type(id)).map(|(required, found)| types.is_subtype(found, required))
        }
        (ImportType::Table(ty), ExternId::Table(number)) => {
            store.table_type(number).map(|found| found.element == ty.element && found.is_64 == ty.is_64 && found.limits.matches(&ty.limits))
        }
        (ImportType::Memory(ty), ExternId::Memory(number)) => {
            let same = |found: MemoryType| (found.is_64, found.shared, found.page_size_log2) == (ty.is_64, ty.shared, ty.page_size_log2);
            store.memory_type(number).map(|found| same(found) && found.limits.matches(&ty.limits))
        }
        (ImportType::Tag(index), ExternId::Tag(number)) => {
            module.decoded.func_type(*index).map(|(ty, _)| store.tag_type(number) == Some(ty))
        }
        (ImportType::Global(ty), ExternId::Global(id)) => store.global_type(id).map(|found| types.global_matches(found, *ty)),
        _ => None,
    };
    matched.unwrap_or(false)
}

/// Says how an import differs from what was found.
#[cold]
fn mismatch(store: &StoreInner, module: &ModuleInner, import: &Import, found: ExternId, types: &TypeRegistry) -> LinkError {
    let of_type = |what: &str, ty: Option<TypeId>| match ty.map(|ty| types.get(ty)).as_deref() {
        Some(SubType { composite: CompositeType::Func(ty), .. }) => format!("a {what} {ty}"),
        _ => format!("a {what}"),
    };
    let function = |ty| of_type("function", ty);
    let tag = |ty| of_type("tag", ty);
    let global = |ty: GlobalType| format!("a {}global {}", if ty.mutable { "mutable " } else { "" }, ty.content);
    let width = |is_64| if is_64 { "64-bit " } else { "" };
    let table = |ty: TableType| format!("a {}table of {} {}", width(ty.is_64), Bounds(ty.limits), ty.element);
    let memory = |ty: MemoryType| {
        let shared = if ty.shared { "shared " } else { "" };
        let pages = if ty.page_size() == 1 { "bytes" } else { "pages" };
        format!("a {}{shared}memory of {} {pages}", width(ty.is_64), Bounds(ty.limits))
    };
    let expected = match import.ty {
        ImportType::Func(index) => function(module.decoded.func_type(index).map(|(ty, _)| ty)),
        ImportType::Table(ty) => table(ty),
        ImportType::Memory(ty) => memory(ty),
        ImportType::Global(ty) => global(ty),
        ImportType::Tag(index) => tag(module.decoded.func_type(index).map(|(ty, _)| ty)),
    };
    let found = match found {
        ExternId::Func(id) => Some(function(store.function_type(id))),
        ExternId::Table(number) => store.table_type(number).map(table),
        ExternId::Memory(number) => store.memory_type(number).map(memory),
        ExternId::Global(id) => store.global_type(id).map(global),
        ExternId::Tag(number) => Some(tag(store.tag_type(number))),
    };
    LinkError::incompatible(&import.module, &import.name, &expected, &found.unwrap_or_default())
}

/// Bounds in words.
struct Bounds(Limits);

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.max {
            Some(max) => write!(f, "{}..={max}", self.0.min),
            None => write!(f, "{}..", self.0.min),
        }
    }
}

/// Makes the module's own memories and tables and the instance; nothing is added to the store unless all can be.
fn allocate<L: Limiter + ?Sized>(
    store: &mut StoreInner,
    module: &Arc<ModuleInner>,
    mut linked: Linked,
    mut limiter: Option<&mut L>,
) -> Result<u32, InstantiateError<L::Error>> {
    let decoded = &module.decoded;
    if let Some(limiter) = limiter.as_deref_mut() {
        let counts = [
            ("instances", store.instance_count() + 1, limiter.instances()),
            ("tables", store.table_count() + decoded.tables.len(), limiter.tables()),
            ("memories", store.memory_count() + decoded.memories.len(), limiter.memories()),
        ];
        for (what, count, limit) in counts {
            if count > limit {
                return Err(InstantiateError::Limit(format!("the store is limited to {limit} {what}")));
            }
        }
    }
    let mut memories: SmallVec<[MemoryEntity; 1]> = SmallVec::new();
    for (number, memory) in (store.memory_count() as u64..).zip(&decoded.memories) {
        let ty = memory.ty;
        let refused = |why| InstantiateError::Limit(format!("a memory of {} pages was refused by {why}", ty.limits.min));
        if let Some(limiter) = limiter.as_deref_mut() {
            let bytes = |pages| saturate(ty.bytes(pages));
            let answer = limiter.memory_growing(0, bytes(ty.limits.min), ty.limits.max.map(bytes));
            if !answer.map_err(InstantiateError::Limiter)? {
                return Err(refused("the limiter"));
            }
        }
        let number = u32::try_from(number).map_err(|_| refused("the store"))?;
        let made = match ty.shared {
            true => SharedBlock::new(ty).map(|block| MemoryEntity::of_shared(block, number)),
            false => MemoryEntity::new(ty, number, store.memory_source()),
        };
        memories.push(made.ok_or_else(|| refused("the system"))?);
    }
    let mut tables: SmallVec<[TableEntity; 2]> = SmallVec::new();
    for (number, table) in (store.table_count() as u64..).zip(&decoded.tables) {
        let ty = table.ty;
        let refused = |why| InstantiateError::Limit(format!("a table of {} elements was refused by {why}", ty.limits.min));
        if let Some(limiter) = limiter.as_deref_mut() {
            let answer = limiter.table_growing(0, saturate(ty.limits.min), ty.limits.max.map(saturate));
            if !answer.map_err(InstantiateError::Limiter)? {
                return Err(refused("the limiter"));
            }
        }
        let number = u32::try_from(number).map_err(|_| refused("the store"))?;
        tables.push(TableEntity::new(ty, number, 0).ok_or_else(|| refused("the system"))?);
    }
    for &(type_index, _) in decoded.tags.iter().skip(decoded.imported_tags as usize) {
        let (ty, signature) = decoded.func_type(type_index).ok_or(InstantiateError::Bug(UNVALIDATED))?;
        let number = store.add_tag(ty, signature);
        linked.tags.push(number.ok_or_else(|| InstantiateError::Limit(String::from("the store has no number left for a tag")))?);
    }
    linked.memories.extend(memories.into_iter().map(|memory| store.add_memory(memory)));
    linked.tables.extend(tables.into_iter().map(|table| store.add_table(table)));
    store
        .add_instance(module, &linked.tables, &linked.memories, &linked.globals, &linked.functions, &linked.tags)
        .ok_or_else(|| InstantiateError::Limit(String::from("the store has no number left for an instance")))
}

/// What can end initialisation.
#[derive(Debug)]
pub(super) enum InitializeError {
    /// A segment does not fit.
    Trap(TrapCode),
    /// What validation should have prevented.
    Bug,
}

impl<E> From<InitializeError> for InstantiateError<E> {
    fn from(error: InitializeError) -> Self {
        match error {
            InitializeError::Trap(code) => Self::Trap(code),
            InitializeError::Bug => Self::Bug(UNVALIDATED),
        }
    }
}

impl From<TrapCode> for InitializeError {
    fn from(code: TrapCode) -> Self {
        Self::Trap(code)
    }
}

/// Gives globals and tables their first values and copies active segments.
fn initialize<L: Limiter + ?Sized>(
    store: &mut StoreInner,
    module: &ModuleInner,
    instance: u32,
    mut limiter: Option<&mut L>,
) -> Result<(), InstantiateError<L::Error>> {
    let bug = || InitializeError::Bug;
    let decoded = &module.decoded;
    for (index, global) in (0..).zip(&decoded.globals) {
        let value = evaluate_with_room(store, instance, &global.init, limiter.as_deref_mut())?;
        store.set_global(GlobalId { owner: instance, index }, value).ok_or_else(bug)?;
    }
    let imported_tables = decoded.table_types.len() - decoded.tables.len();
    for (index, table) in (imported_tables as u32..).zip(&decoded.tables) {
        if let Some(init) = &table.init {
            let GlobalCell([value, _]) = evaluate_with_room(store, instance, init, limiter.as_deref_mut())?;
            let number = table_number(store, instance, index).ok_or_else(bug)?;
            store.table_mut(number).ok_or_else(bug)?.elements.fill(value);
        }
    }
    for (index, segment) in (0..).zip(&decoded.elements) {
        if segment.items.allocate() && !matches!(segment.mode, SegmentMode::Declarative) {
            let Elements::Expressions(items) = &segment.items else { continue };
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(evaluate_with_room(store, instance, item, limiter.as_deref_mut())?.0[0]);
            }
            store.instance_mut(instance).ok_or_else(bug)?.set_evaluated(index, values);
        }
    }
    for (index, segment) in (0..).zip(&decoded.elements) {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let offset = evaluate(store, instance, offset).ok_or_else(bug)?;
            let number = table_number(store, instance, *target).ok_or_else(bug)?;
            copy_elements(store, instance, number, (index, &segment.items), offset, 0, segment.items.len() as u64)?;
            if segment.items.allocate() {
                store.instance_mut(instance).ok_or_else(bug)?.drop_elements(index);
            }
        }
    }
    for segment in &decoded.data {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let offset = evaluate(store, instance, offset).ok_or_else(bug)?;
            let number = match store.export(instance, crate::decode::module::ExternIndex::Memory(*target)) {
                Some(ExternId::Memory(number)) => number,
                _ => return Err(bug().into()),
            };
            let data = decoded.slice(&segment.bytes);
            store.memory_mut(number).ok_or_else(bug)?.init(data, offset, 0, data.len() as u64).map_err(InstantiateError::Trap)?;
        }
    }
    Ok(())
}

/// The number of a table of an instance.
fn table_number(store: &StoreInner, instance: u32, table: u32) -> Option<u32> {
    match store.export(instance, crate::decode::module::ExternIndex::Table(table))? {
        ExternId::Table(number) => Some(number),
        _ => None,
    }
}

/// `table.init`: copies `len` elements of a segment, from `from` on, to a table at `to`.
pub(super) fn copy_elements(
    store: &mut StoreInner,
    instance: u32,
    table: u32,
    segment: (u32, &Elements),
    to: u64,
    from: u64,
    len: u64,
) -> Result<(), InitializeError> {
    let source = super::memory::range(from, len, segment.1.len()).ok_or(TrapCode::TableOutOfBounds)?;
    let size = store.table(table).ok_or(InitializeError::Bug)?.elements.len();
    let target = super::memory::range(to, len, size).ok_or(TrapCode::TableOutOfBounds)?;
    for (item, place) in source.zip(target) {
        let value = element(store, instance, segment, item).ok_or(InitializeError::Bug)?;
        // Looked up each time: evaluation may change the store, so that the table can't be borrowed meanwhile.
        store.table_mut(table).ok_or(InitializeError::Bug)?.elements[place] = value;
    }
    Ok(())
}

/// An element of a segment.
fn element(store: &mut StoreInner, instance: u32, (index, items): (u32, &Elements), item: usize) -> Option<Slot> {
    if let Some(values) = store.instance(instance)?.evaluated(index) {
        return values.get(item).copied();
    }
    match items {
        Elements::Functions(functions) => function_reference(store, instance, *functions.get(item)?),
        Elements::Expressions(expressions) => evaluate(store, instance, expressions.get(item)?),
    }
}

/// An element of a passive segment of an instance.
pub(super) fn passive_element(store: &mut StoreInner, instance: u32, segment: u32, item: usize) -> Option<Slot> {
    let module = store.instance(instance)?.module().clone();
    element(store, instance, (segment, &module.decoded.elements.get(segment as usize)?.items), item)
}

/// `ref.func`: a reference to a function of an instance, by index.
pub(super) fn function_reference(store: &mut StoreInner, instance: u32, function: u32) -> Option<Slot> {
    let id = store.function_id(instance, function)?;
    store.reference_to(Some(id))
}

/// The value of a constant expression that may make objects: the heap grows as it must. (Garbage is collected only between calls, so that objects stay
/// where they are meanwhile.)
fn evaluate_with_room<L: Limiter + ?Sized>(
    store: &mut StoreInner,
    instance: u32,
    expression: &ConstExpr,
    mut limiter: Option<&mut L>,
) -> Result<GlobalCell, InstantiateError<L::Error>> {
    loop {
        store.heap.clear_wanted();
        store.heap.set_quiet(true);
        let value = evaluate_cell(store, instance, expression);
        store.heap.set_quiet(false);
        let wanted = u64::from(store.heap.wanted());
        match value {
            Some(value) => return Ok(value),
            None if wanted == 0 => return Err(InstantiateError::Bug(UNVALIDATED)),
            None => {}
        }
        let refused = || InstantiateError::Limit(String::from("the garbage-collected heap has no room for constant expressions"));
        let capacity = store.heap.target_capacity(store.heap.used() as u64, wanted).ok_or_else(refused)?;
        let grown = resize_heap(&mut store.heap, capacity, limiter.as_deref_mut()).map_err(InstantiateError::Limiter)?;
        grown.map_err(|_| refused())?;
    }
}

/// The value of a constant expression of any type; `None` for one that validation would not accept, or if the heap is full.
fn evaluate_cell(store: &mut StoreInner, instance: u32, expression: &ConstExpr) -> Option<GlobalCell> {
    match expression.ops[..] {
        [(ConstOp::V128(bytes), _)] => Some(GlobalCell(bytemuck::cast(bytes))),
        [(ConstOp::GlobalGet(index), _)] => {
            let (id, _) = store.instance(instance)?.global(index)?;
            store.global(id)
        }
        _ => evaluate(store, instance, expression).map(|value| GlobalCell([value, 0])),
    }
}

/// The value of a constant expression of a type that takes one slot; as above.
fn evaluate(store: &mut StoreInner, instance: u32, expression: &ConstExpr) -> Option<Slot> {
    if let [(op, _)] = expression.ops[..] {
        return evaluate_one(store, instance, op);
    }
    let mut stack: Vec<Slot> = Vec::new();
    for &(op, _) in &expression.ops {
        let value = match op {
            ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => {
                let (right, left) = (stack.pop()? as u32, stack.pop()? as u32);
                Slot::from(match op {
                    ConstOp::I32Add => left.wrapping_add(right),
                    ConstOp::I32Sub => left.wrapping_sub(right),
                    _ => left.wrapping_mul(right),
                })
            }
            ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => {
                let (right, left) = (stack.pop()?, stack.pop()?);
                match op {
                    ConstOp::I64Add => left.wrapping_add(right),
                    ConstOp::I64Sub => left.wrapping_sub(right),
                    _ => left.wrapping_mul(right),
                }
            }
            ConstOp::RefI31 | ConstOp::AnyConvertExtern | ConstOp::ExternConvertAny => {
                let operand = stack.pop()?;
                if op == ConstOp::RefI31 { ref_i31(operand as u32).into() } else { operand }
            }
            ConstOp::V128(bytes) => {
                let [low, high]: [Slot; 2] = bytemuck::cast(bytes);
                stack.push(low);
                high
            }
            ConstOp::GlobalGet(index) => {
                let (id, _) = store.instance(instance)?.global(index)?;
                let GlobalCell([low, high]) = store.global(id)?;
                if store.global_type(id)?.content == ValType::V128 {
                    stack.push(low);
                    high
                } else {
                    low
                }
            }
            op if op.allocates() => new_object(store, instance, op, &mut stack)?,
            _ => evaluate_one(store, instance, op)?,
        };
        stack.push(value);
    }
    stack.pop().filter(|_| stack.is_empty())
}

/// An object that a constant expression makes, from operands on the stack.
fn new_object(store: &mut StoreInner, instance: u32, op: ConstOp, stack: &mut Vec<Slot>) -> Option<Slot> {
    let module = store.instance(instance)?.module().clone();
    let made = match op {
        ConstOp::StructNew(index) => {
            let (id, fields) = module.decoded.struct_type(index)?;
            let slots: usize = fields.iter().map(|field| field.storage.unpacked().slots()).sum();
            let first = stack.len().checked_sub(slots)?;
            let made = store.new_struct(id, |at| stack[first + at]);
            stack.truncate(first);
            made
        }
        ConstOp::StructNewDefault(index) => store.heap.new_struct_default(module.decoded.struct_type(index)?.0),
        ConstOp::ArrayNewDefault(index) => {
            let length = stack.pop()? as u32;
            store.new_array_default(module.decoded.array_type(index)?.0, length)
        }
        ConstOp::ArrayNew(index) | ConstOp::ArrayNewFixed(index, _) => {
            let (id, element) = module.decoded.array_type(index)?;
            let width = element.storage.unpacked().slots();
            let length = if let ConstOp::ArrayNewFixed(_, count) = op { count } else { stack.pop()? as u32 };
            let operands = if let ConstOp::ArrayNew(_) = op { width } else { width * length as usize };
            let first = stack.len().checked_sub(operands)?;
            let made = match op {
                ConstOp::ArrayNew(_) => store.new_array(id, [stack[first], if width > 1 { stack[first + 1] } else { 0 }], length),
                _ => store.new_array_fixed(id, length, |at| stack[first + at]),
            };
            stack.truncate(first);
            made
        }
        _ => return None,
    };
    made.ok().map(Slot::from)
}

/// The value of an operator without operands.
fn evaluate_one(store: &mut StoreInner, instance: u32, op: ConstOp) -> Option<Slot> {
    Some(match op {
        ConstOp::I32(value) => Slot::from(value.cast_unsigned()),
        ConstOp::I64(value) => value.cast_unsigned(),
        ConstOp::F32(bits) => Slot::from(bits),
        ConstOp::F64(bits) => bits,
        ConstOp::RefNull(_) => 0,
        ConstOp::GlobalGet(index) => {
            let (id, _) = store.instance(instance)?.global(index)?;
            store.global(id)?.0[0]
        }
        ConstOp::RefFunc(index) => function_reference(store, instance, index)?,
        ConstOp::StructNewDefault(_) => return new_object(store, instance, op, &mut Vec::new()),
        // The others have operands.
        _ => return None,
    })
}
