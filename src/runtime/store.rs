//! Stores: the owners of everything that instances consist of.
//!
//! Spec: Execution, Store. Called by: `runtime`, `api`. Nothing here knows the type of the embedder's data.
//!
//! # Ids
//! Handles name things by [`FuncId`], [`GlobalId`], or a number of a table, memory, instance or host value; the store's own number tells stores
//! apart. Two ids are equal exactly if they name the same thing.
//!
//! # Invariants
//! S1. A store lives at one address, which contexts hold, from its creation to its end; it is reached through [`StoreBox`] or that address.
//! S2. `empty` holds the memory that stands for memory 0 in instances without one, once there is such an instance; handles never name it.
#![allow(unsafe_code)] // Entities are shared with the executor by raw pointers (R1).

use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use core::{
    any::Any,
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

use super::arena::Arena;
use super::context::{FuncEntity, GlobalCell, Slot};
use super::exceptions::Exceptions;
use super::gc::{Heap, MAX_HOST_VALUES, Roots};
use super::instance::{Instance, Parts};
use super::memory::{MemoryEntity, Source};
use super::module::ModuleInner;
use super::shared::SharedBlock;
use super::table::TableEntity;
use crate::code::cell::CallTarget;
use crate::util::sync::Mutex;
use crate::wasm::types::{FuncType, GlobalType, HeapType, MemoryType, SubType, TableType, TypeId, TypeRegistry, ValType};

/// The owner of what belongs to no instance.
pub const HOST: u32 = u32::MAX;

/// A function of a store: the `index`-th function that instance `owner` defines, or the `index`-th host function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FuncId {
    /// Instance, or [`HOST`].
    pub owner: u32,
    /// Number within the owner.
    pub index: u32,
}

/// A global of a store: the `index`-th global that instance `owner` defines, or the `index`-th of the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalId {
    /// Instance, or [`HOST`].
    pub owner: u32,
    /// Number within the owner.
    pub index: u32,
}

/// Something that can be imported or exported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExternId {
    /// A function.
    Func(FuncId),
    /// A table, by number in the store.
    Table(u32),
    /// A memory, by number in the store.
    Memory(u32),
    /// A global.
    Global(GlobalId),
    /// A tag, by number in the store.
    Tag(u32),
}

/// A value of the host that guests hold references to.
pub type HostValue = Box<dyn Any + Send + Sync>;

/// A global that the host made.
#[derive(Debug)]
struct HostGlobal {
    cell: GlobalCell,
    ty: GlobalType,
}

/// A tag: what tells exceptions apart. Its number in the store is its identity.
#[derive(Clone, Debug)]
struct TagEntity {
    ty: TypeId,
    /// Its type; the parameters are the payload.
    signature: FuncType,
    /// Slots of its payload.
    slots: u32,
}

/// A store, apart from the embedder's data.
pub struct StoreInner {
    id: u64,
    instances: Vec<Instance>,
    functions: Arena<FuncEntity>,
    /// Their addresses, by number, once objects may hold references to them.
    listed_functions: Vec<Slot>,
    host_functions: Vec<NonNull<FuncEntity>>,
    tables: Arena<TableEntity, 0>,
    memories: Arena<MemoryEntity, 0>,
    empty: Arena<MemoryEntity, 0>,
    /// Where memories come from.
    source: Source,
    /// What the host has put in, apart, since few stores have any.
    host: Option<Box<HostItems>>,
    tags: Vec<TagEntity>,
    /// The exceptions that something refers to.
    pub exceptions: Exceptions,
    /// Structures, arrays, and their types.
    pub heap: Heap,
    /// References that the host holds.
    pub roots: Roots,
    machine: *mut u8,
    /// Its own address (S1).
    this: NonNull<StoreInner>,
}

/// Globals and values of the host.
#[derive(Default)]
struct HostItems {
    globals: Arena<HostGlobal>,
    values: Vec<HostValue>,
}

// SAFETY: the raw pointers lead to what the store owns, or to the machine, which is moved together with it; what it owns of others (modules, host
// values) is Send.
unsafe impl Send for StoreInner {}
// SAFETY: shared references only read; nothing has interior mutability but code cells, which are atomic.
unsafe impl Sync for StoreInner {}

/// The last store number given out.
static LAST_ID: Mutex<u64> = Mutex::new(0);

/// The owning pointer to a store.
pub struct StoreBox(NonNull<StoreInner>);

// SAFETY: it owns a StoreInner, which is Send.
unsafe impl Send for StoreBox {}
// SAFETY: it shares a StoreInner, which is Sync.
unsafe impl Sync for StoreBox {}

impl StoreBox {
    /// An empty store whose instances will run on this machine. With `gc_stress`, each allocation of an object is preceded by a collection.
    pub fn new(machine: *mut u8, source: Source, gc_stress: bool) -> Self {
        let id = {
            let mut last = LAST_ID.lock();
            *last += 1;
            *last
        };
        let inner = Box::leak(Box::new(StoreInner {
            id,
            instances: Vec::new(),
            functions: Arena::default(),
            listed_functions: Vec::new(),
            host_functions: Vec::new(),
            tables: Arena::default(),
            memories: Arena::default(),
            empty: Arena::default(),
            source,
            host: None,
            tags: Vec::new(),
            exceptions: Exceptions::default(),
            heap: Heap::new(gc_stress),
            roots: Roots::default(),
            machine,
            this: NonNull::dangling(),
        }));
        let this = NonNull::from(inner);
        // SAFETY: just made, and not shared yet.
        unsafe { (*this.as_ptr()).this = this };
        Self(this)
    }
}

impl Deref for StoreBox {
    type Target = StoreInner;

    #[inline]
    fn deref(&self) -> &StoreInner {
        // SAFETY: S1; while the executor runs, which reaches the store too, no reference made here is alive (R6).
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for StoreBox {
    #[inline]
    fn deref_mut(&mut self) -> &mut StoreInner {
        // SAFETY: as in `deref`, and the owner is borrowed exclusively.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for StoreBox {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box, and dies here.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl core::fmt::Debug for StoreInner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StoreInner").field("id", &self.id).field("instances", &self.instances.len()).finish_non_exhaustive()
    }
}

impl StoreInner {
    /// The number that tells it from all other stores of the process.
    #[inline]
    pub fn id(&self) -> u64 {
        self.id
    }

    // Instances.

    /// How many instances there are.
    pub fn instance_count(&self) -> usize {
        self.instances.len()
    }

    /// An instance.
    #[inline]
    pub fn instance(&self, number: u32) -> Option<&Instance> {
        self.instances.get(number as usize)
    }

    /// An instance, to change.
    pub fn instance_mut(&mut self, number: u32) -> Option<&mut Instance> {
        self.instances.get_mut(number as usize)
    }

    /// Adds an instance and gives its number; `None` when numbers are used up.
    pub(super) fn add_instance(
        &mut self,
        module: &Arc<ModuleInner>,
        tables: &[NonNull<TableEntity>],
        memories: &[NonNull<MemoryEntity>],
        imported_globals: &[(GlobalId, NonNull<GlobalCell>)],
        imported_functions: &[NonNull<FuncEntity>],
        tags: &[u32],
    ) -> Option<u32> {
        let number = u32::try_from(self.instances.len()).ok().filter(|&number| number != HOST)?;
        let parts = Parts {
            module,
            number,
            owner: self.this,
            machine: self.machine,
            memory: match memories.first() {
                // SAFETY: R1, R6; the reference is used at once only.
                Some(&memory) if unsafe { memory.as_ref() }.shared().is_none() => memory,
                _ => self.empty_memory()?,
            },
            tables,
            memories,
            imported_globals,
            imported_functions,
            tags,
        };
        for &memory in memories.iter().skip(1) {
            // SAFETY: R1, R6; no other reference to it is alive.
            unsafe { (*memory.as_ptr()).set_used() };
        }
        if self.instances.is_empty() {
            // Most stores have one.
            self.instances.reserve_exact(1);
        }
        self.instances.push(Instance::new(&parts));
        Some(number)
    }

    /// The memory of instances without one (S2); `None` if the allocator has no 64 bytes left.
    fn empty_memory(&mut self) -> Option<NonNull<MemoryEntity>> {
        match self.empty.get(0) {
            Some(empty) => Some(empty),
            None => Some(self.empty.push(MemoryEntity::empty()?)),
        }
    }

    // Functions.

    /// Adds a host function, whose cell holds `stub`; gives its number among host functions, `None` when numbers are used up.
    pub fn add_host_function(&mut self, ty: TypeId, signature: &FuncType, stub: u64) -> Option<u32> {
        let number = u32::try_from(self.host_functions.len()).ok().filter(|&number| number != u32::MAX)?;
        let place = self.functions.push(FuncEntity {
            target: CallTarget::default(),
            context: core::ptr::null_mut(),
            ty,
            index: number,
            link_slots: link_slots(signature),
            number: self.functions.count() as u32,
            stub,
        });
        // SAFETY: R1; just made.
        unsafe { (*place.as_ptr()).target.link(&raw const (*place.as_ptr()).stub) };
        self.host_functions.push(place);
        self.list_functions();
        Some(number)
    }

    /// The entity of a function, which is made if need be; `None` if there is no such function.
    #[inline]
    pub fn function(&mut self, id: FuncId) -> Option<NonNull<FuncEntity>> {
        if id.owner == HOST {
            return self.host_functions.get(id.index as usize).copied();
        }
        match self.instances.get(id.owner as usize)?.entities.get(id.index as usize) {
            Some(&entity) if !entity.is_null() => NonNull::new(entity.cast_mut()),
            _ => self.make_function(id),
        }
    }

    /// Lets calls by reference of a function of an instance go straight to published code from now on.
    pub fn link_function(&self, instance: u32, function: u32, entry: *const u64) {
        let entities = self.instances.get(instance as usize).map(|instance| &instance.entities);
        if let Some(&entity) = entities.and_then(|entities| entities.get(function as usize))
            && !entity.is_null()
        {
            // SAFETY: R1; targets are atomic.
            unsafe { &*entity }.target.link(entry);
        }
    }

    /// Makes the entity of a function that an instance defines.
    #[cold]
    fn make_function(&mut self, id: FuncId) -> Option<NonNull<FuncEntity>> {
        let instance = &mut self.instances[id.owner as usize];
        let module = instance.module();
        let cell = module.code.cells().get(id.index as usize)?;
        let type_index = *module.decoded.functions.get(module.decoded.imported_functions as usize + id.index as usize)?;
        let (ty, signature) = module.decoded.func_type(type_index)?;
        let entity = FuncEntity {
            target: CallTarget::default(),
            context: instance.context().as_ptr(),
            ty,
            index: id.index,
            link_slots: link_slots(signature),
            number: self.functions.count() as u32,
            stub: 0,
        };
        entity.target.link(cell.entry());
        let functions = module.defined_functions();
        let place = self.functions.push(entity);
        if instance.entities.is_empty() {
            instance.entities = vec![core::ptr::null(); functions];
        }
        *instance.entities.get_mut(id.index as usize)? = place.as_ptr();
        self.list_functions();
        Some(place)
    }

    /// The id of a function of an instance, by index in the instance's index space.
    pub fn function_id(&self, instance: u32, function: u32) -> Option<FuncId> {
        let owner = self.instance(instance)?;
        if let Some(imported) = owner.imported_function(function) {
            return Some(self.id_of(imported));
        }
        let index = function - owner.module().decoded.imported_functions;
        ((index as usize) < owner.module().defined_functions()).then_some(FuncId { owner: instance, index })
    }

    /// The id of an entity of this store.
    fn id_of(&self, entity: NonNull<FuncEntity>) -> FuncId {
        // SAFETY: R1; entities do not change.
        let entity = unsafe { entity.as_ref() };
        // SAFETY: R1; the context of an entity is null or that of an instance of its store.
        let owner = unsafe { entity.context.as_ref() }.map_or(HOST, |context| context.instance);
        FuncId { owner, index: entity.index }
    }

    /// The canonical type of a function.
    pub fn function_type(&self, id: FuncId) -> Option<TypeId> {
        if id.owner == HOST {
            // SAFETY: R1.
            return Some(unsafe { self.host_functions.get(id.index as usize)?.as_ref() }.ty);
        }
        let decoded = &self.instance(id.owner)?.module().decoded;
        let type_index = *decoded.functions.get(decoded.imported_functions as usize + id.index as usize)?;
        Some(decoded.func_type(type_index)?.0)
    }

    /// A function as the bits of a reference (R5); null for `None`.
    pub fn reference_to(&mut self, id: Option<FuncId>) -> Option<Slot> {
        match id {
            None => Some(0),
            Some(id) => Some(self.function(id)?.as_ptr().expose_provenance() as Slot),
        }
    }

    /// The function that a reference leads to, unless it is null.
    pub fn referenced(&self, reference: Slot) -> Option<FuncId> {
        let entity = NonNull::new(core::ptr::with_exposed_provenance_mut::<FuncEntity>(reference as usize))?;
        Some(self.id_of(entity))
    }

    /// The type of the function that a reference leads to, unless it is null.
    pub fn entity_type(&self, reference: Slot) -> Option<TypeId> {
        let entity = NonNull::new(core::ptr::with_exposed_provenance_mut::<FuncEntity>(reference as usize))?;
        // SAFETY: R1, R5; entities do not change.
        Some(unsafe { entity.as_ref() }.ty)
    }

    /// What stands for a reference to a function in the garbage-collected heap: 1 + the function's number, or 0 for null.
    pub fn function_number(reference: Slot) -> u32 {
        match NonNull::new(core::ptr::with_exposed_provenance_mut::<FuncEntity>(reference as usize)) {
            // SAFETY: R1, R5; entities do not change.
            Some(entity) => unsafe { entity.as_ref() }.number + 1,
            None => 0,
        }
    }

    /// The reference to a function that such a number stands for; null if there is none.
    #[inline(always)]
    pub fn function_at(&self, number: u32) -> Slot {
        // No list is so long that the number of null is in it.
        self.listed_functions.get(number.wrapping_sub(1) as usize).copied().unwrap_or(0)
    }

    /// Lets the heap know types. Objects of them may hold references to functions from then on.
    pub fn learn(&mut self, types: &[(TypeId, Arc<SubType>)], registry: &TypeRegistry) {
        self.heap.types.learn(types, registry);
        self.list_functions();
    }

    /// Notes the addresses of functions that are new, if objects may hold references to them.
    fn list_functions(&mut self) {
        if self.heap.types.have_functions() {
            let new = self.listed_functions.len()..self.functions.count();
            self.listed_functions.extend(new.filter_map(|number| Some(self.functions.get(number)?.as_ptr().expose_provenance() as Slot)));
        }
    }

    /// Collects garbage: what is reachable from globals, tables, segments, exceptions, roots of the host and the slots of `stack` stays. Whether the
    /// system had the memory for that.
    ///
    /// # Safety
    /// `stack` are slots that hold references of the garbage-collected heap, to which no other reference is alive.
    pub unsafe fn collect_garbage(&mut self, stack: &[*mut Slot]) -> bool {
        let mut heap = core::mem::replace(&mut self.heap, Heap::new(false));
        let collected = self.collect_into(&mut heap, stack);
        self.heap = heap;
        collected
    }

    fn collect_into(&mut self, heap: &mut Heap, stack: &[*mut Slot]) -> bool {
        let mut slots: Vec<*mut Slot> = stack.to_vec();
        for number in 0..self.tables.count() as u32 {
            if let Some(table) = self.table_mut(number)
                && heap.types.is_traced(table.declared_type().element)
            {
                slots.extend(table.elements.iter_mut().map(|slot| &raw mut *slot));
            }
        }
        let host = (0..self.host_globals()).map(|index| GlobalId { owner: HOST, index });
        let defined = (0..).zip(&self.instances).flat_map(|(owner, instance)| {
            let globals = (0..).zip(&instance.module().decoded.globals);
            globals.map(move |(index, _)| GlobalId { owner, index })
        });
        let traced = host.chain(defined).filter(|&id| self.global_type(id).is_some_and(|ty| heap.types.is_traced(ty.content)));
        // SAFETY: R1; only the address of a part is taken.
        slots.extend(traced.filter_map(|id| self.global_address(id)).map(|cell| unsafe { &raw mut (*cell.as_ptr()).0[0] }));
        for instance in &mut self.instances {
            let elements = &instance.module().decoded.elements;
            let traced: Vec<u32> =
                (0..).zip(elements).filter(|(_, segment)| heap.types.is_traced(segment.ty)).map(|(index, _)| index).collect();
            for segment in traced {
                slots.extend(instance.evaluated_mut(segment).iter_mut().map(|slot| &raw mut *slot));
            }
        }
        for (tag, payload) in self.exceptions.payloads() {
            let params = self.tags.get(tag as usize).map_or(&[][..], |tag| tag.signature.params());
            let mut at = 0;
            for &ty in params {
                if heap.types.is_traced(ty)
                    && let Some(slot) = payload.get_mut(at)
                {
                    slots.push(&raw mut *slot);
                }
                at += ty.slots();
            }
        }
        let Some(mut collection) = heap.begin_collection() else { return false };
        for slot in slots {
            // SAFETY: by the caller, and R6: these are slots of the stack and of what the store owns, each named once, and no reference to them is
            // alive.
            collection.forward_slot(unsafe { &mut *slot });
        }
        self.roots.update(|slot| collection.forward_slot(slot));
        collection.finish();
        true
    }

    // Tables.

    /// How many tables there are.
    pub fn table_count(&self) -> usize {
        self.tables.count()
    }

    /// The number that the next table will have; `None` when numbers are used up.
    pub fn next_table(&self) -> Option<u32> {
        u32::try_from(self.tables.count()).ok()
    }

    /// Adds a table.
    pub fn add_table(&mut self, table: TableEntity) -> NonNull<TableEntity> {
        self.tables.push(table)
    }

    /// The address of a table.
    pub fn table_address(&self, number: u32) -> Option<NonNull<TableEntity>> {
        self.tables.get(number as usize)
    }

    /// A table.
    pub fn table(&self, number: u32) -> Option<&TableEntity> {
        // SAFETY: R1, R6; the borrow of the store covers its entities.
        self.table_address(number).map(|table| unsafe { table.as_ref() })
    }

    /// A table, to change.
    pub fn table_mut(&mut self, number: u32) -> Option<&mut TableEntity> {
        // SAFETY: R1, R6; the borrow of the store covers its entities.
        self.table_address(number).map(|mut table| unsafe { table.as_mut() })
    }

    /// Two different tables, the first to change.
    pub fn two_tables(&mut self, first: u32, second: u32) -> Option<(&mut TableEntity, &TableEntity)> {
        if first == second {
            return None;
        }
        let (mut first, second) = (self.table_address(first)?, self.table_address(second)?);
        // SAFETY: R1, R6; they are different elements of the arena, and the borrow of the store covers both.
        Some(unsafe { (first.as_mut(), second.as_ref()) })
    }

    // Memories.

    /// How many memories there are.
    pub fn memory_count(&self) -> usize {
        self.memories.count()
    }

    /// Where its memories come from.
    pub fn memory_source(&self) -> Source {
        self.source
    }

    /// The number that the next memory will have; `None` when numbers are used up.
    pub fn next_memory(&self) -> Option<u32> {
        u32::try_from(self.memories.count()).ok()
    }

    /// Adds a memory.
    pub fn add_memory(&mut self, memory: MemoryEntity) -> NonNull<MemoryEntity> {
        self.memories.push(memory)
    }

    /// The number of the memory that stands for a shared memory, which is added if need be; `None` when numbers are used up.
    pub fn add_shared_memory(&mut self, block: &Arc<SharedBlock>) -> Option<u32> {
        let known = (0..self.memories.count() as u32)
            .find(|&number| self.memory(number).and_then(MemoryEntity::shared).is_some_and(|known| Arc::ptr_eq(known, block)));
        match known {
            Some(number) => Some(number),
            None => {
                let number = self.next_memory()?;
                self.add_memory(MemoryEntity::of_shared(block.clone(), number));
                Some(number)
            }
        }
    }

    /// The address of a memory.
    #[inline]
    pub fn memory_address(&self, number: u32) -> Option<NonNull<MemoryEntity>> {
        self.memories.get(number as usize)
    }

    /// A memory.
    #[inline]
    pub fn memory(&self, number: u32) -> Option<&MemoryEntity> {
        // SAFETY: R1, R6; the borrow of the store covers its entities.
        self.memory_address(number).map(|memory| unsafe { memory.as_ref() })
    }

    /// A memory, to change.
    #[inline]
    pub fn memory_mut(&mut self, number: u32) -> Option<&mut MemoryEntity> {
        // SAFETY: R1, R6; the borrow of the store covers its entities.
        self.memory_address(number).map(|mut memory| unsafe { memory.as_mut() })
    }

    // Globals.

    /// Adds a global of the host; `None` when numbers are used up.
    pub fn add_host_global(&mut self, ty: GlobalType, value: GlobalCell) -> Option<GlobalId> {
        let globals = &mut self.host.get_or_insert_default().globals;
        let index = u32::try_from(globals.count()).ok()?;
        globals.push(HostGlobal { cell: value, ty });
        Some(GlobalId { owner: HOST, index })
    }

    /// How many globals the host has made.
    fn host_globals(&self) -> u32 {
        self.host.as_ref().map_or(0, |host| host.globals.count() as u32)
    }

    /// Where a global is.
    pub fn global_address(&self, id: GlobalId) -> Option<NonNull<GlobalCell>> {
        if id.owner == HOST {
            let global = self.host.as_ref()?.globals.get(id.index as usize)?;
            // SAFETY: R1; only the address of a field is taken.
            return NonNull::new(unsafe { &raw mut (*global.as_ptr()).cell });
        }
        self.instance(id.owner)?.defined_global(id.index)
    }

    /// The type of a global.
    pub fn global_type(&self, id: GlobalId) -> Option<GlobalType> {
        if id.owner == HOST {
            // SAFETY: R1, R6; the borrow of the store covers its entities.
            return self.host.as_ref()?.globals.get(id.index as usize).map(|global| unsafe { global.as_ref() }.ty);
        }
        Some(self.instance(id.owner)?.module().decoded.globals.get(id.index as usize)?.ty)
    }

    /// The value of a global.
    pub fn global(&self, id: GlobalId) -> Option<GlobalCell> {
        // SAFETY: R1, R6; the borrow of the store covers its entities.
        self.global_address(id).map(|cell| unsafe { cell.read() })
    }

    /// Sets the value of a global, whatever its type says.
    pub fn set_global(&mut self, id: GlobalId, value: GlobalCell) -> Option<()> {
        // SAFETY: R1, R6; the borrow of the store covers its entities.
        self.global_address(id).map(|cell| unsafe { cell.write(value) })
    }

    // Tags.

    /// The number that the next tag will have; `None` when numbers are used up.
    pub fn next_tag(&self) -> Option<u32> {
        u32::try_from(self.tags.len()).ok().filter(|&number| number != u32::MAX)
    }

    /// Adds a tag and gives its number; `None` when numbers are used up.
    pub fn add_tag(&mut self, ty: TypeId, signature: &FuncType) -> Option<u32> {
        let number = self.next_tag()?;
        self.tags.push(TagEntity { ty, slots: signature.param_slots() as u32, signature: signature.clone() });
        Some(number)
    }

    /// The canonical type of a tag.
    pub fn tag_type(&self, number: u32) -> Option<TypeId> {
        self.tags.get(number as usize).map(|tag| tag.ty)
    }

    /// Slots of the payload of a tag's exceptions.
    pub fn tag_slots(&self, number: u32) -> Option<usize> {
        self.tags.get(number as usize).map(|tag| tag.slots as usize)
    }

    // Exceptions.

    /// The exceptions that are kept: the type of each one's tag, and its payload.
    pub fn exception_payloads(&mut self) -> impl Iterator<Item = (TypeId, &mut [Slot])> {
        let tags = &self.tags;
        self.exceptions.payloads().filter_map(|(tag, payload)| Some((tags.get(tag as usize)?.ty, payload)))
    }

    /// Frees exceptions that nothing refers to: `stack` is all of the value stack that may be read again, `on_the_way` what else may be.
    pub fn collect_exceptions(&mut self, stack: &[Slot], on_the_way: &[Slot]) {
        let mut exceptions = core::mem::take(&mut self.exceptions);
        let is_exception = |ty: ValType| matches!(ty.heap_type(), Some(HeapType::EXN | HeapType::NOEXN));
        let tables = (0..self.tables.count() as u32).filter_map(|number| self.table(number));
        let tables = tables.filter(|table| is_exception(table.declared_type().element));
        let host = (0..self.host_globals()).map(|index| GlobalId { owner: HOST, index });
        let defined = (0..).zip(&self.instances).flat_map(|(owner, instance)| {
            let globals = (0..).zip(&instance.module().decoded.globals).filter(|(_, global)| is_exception(global.ty.content));
            globals.map(move |(index, _)| GlobalId { owner, index })
        });
        let globals = host.chain(defined).filter_map(|id| self.global(id)).map(|cell| cell.0[0]);
        let elements = tables.flat_map(|table| table.elements.iter().copied());
        let objects = self.heap.exceptions();
        exceptions.collect(stack.iter().chain(on_the_way).copied().chain(globals).chain(elements).chain(objects));
        self.exceptions = exceptions;
    }

    // Host values.

    /// Keeps a value of the host and gives its number; `None` when numbers are used up.
    pub fn add_host_value(&mut self, value: HostValue) -> Option<u32> {
        let values = &mut self.host.get_or_insert_default().values;
        let number = u32::try_from(values.len()).ok().filter(|&number| number < MAX_HOST_VALUES)?;
        values.push(value);
        Some(number)
    }

    /// A value of the host.
    pub fn host_value(&self, number: u32) -> Option<&(dyn Any + Send + Sync)> {
        self.host.as_ref()?.values.get(number as usize).map(|value| &**value)
    }

    /// The id of an export of an instance.
    pub fn export(&self, instance: u32, item: crate::decode::module::ExternIndex) -> Option<ExternId> {
        use crate::decode::module::ExternIndex;
        let owner = self.instance(instance)?;
        Some(match item {
            ExternIndex::Func(index) => ExternId::Func(self.function_id(instance, index)?),
            // SAFETY: R1, R6.
            ExternIndex::Table(index) => ExternId::Table(unsafe { owner.table(index)?.as_ref() }.index),
            // SAFETY: R1, R6.
            ExternIndex::Memory(index) => ExternId::Memory(unsafe { owner.memory(index)?.as_ref() }.index),
            ExternIndex::Global(index) => ExternId::Global(owner.global(index)?.0),
            ExternIndex::Tag(index) => ExternId::Tag(owner.tag(index)?),
        })
    }

    /// The present type of a memory.
    pub fn memory_type(&self, number: u32) -> Option<MemoryType> {
        self.memory(number).map(MemoryEntity::current_type)
    }

    /// The present type of a table.
    pub fn table_type(&self, number: u32) -> Option<TableType> {
        self.table(number).map(TableEntity::current_type)
    }
}

/// Slots in front of the link of a function of this type. (A vector takes two.)
pub fn link_slots(signature: &FuncType) -> u32 {
    signature.param_slots().max(signature.result_slots()) as u32
}
