//! Instances: the block of memory that code reaches through its context register, and what only cold code needs.
//!
//! Spec: Execution, Module Instances. Called by: `runtime`, `api`.
//!
//! # Layout of the block
//! ```text
//! Context | GlobalCell for each defined global | table pointers | memory pointers | imported global pointers | imported function pointers
//! ```
//! One allocation, made when the instance is and freed when its store dies (R1, R3, R4).
#![allow(unsafe_code)] // The block is one allocation with parts of run-time lengths, which only raw pointers can describe.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use core::{alloc::Layout, ptr::NonNull};

use smallvec::SmallVec;

use super::context::{Context, FuncEntity, GlobalCell, Slot};
use super::memory::MemoryEntity;
use super::module::ModuleInner;
use super::store::{GlobalId, StoreInner};
use super::table::TableEntity;
use crate::decode::module::SegmentMode;

/// An instance.
#[derive(Debug)]
pub struct Instance {
    /// The block (its first part).
    context: NonNull<Context>,
    /// Its size and alignment.
    layout: Layout,
    /// What it is an instance of.
    module: Arc<ModuleInner>,
    /// Entities of defined functions, null where there is none yet; empty until the first is made.
    pub(super) entities: Vec<*const FuncEntity>,
    /// Whose the imported globals are.
    imported_globals: Box<[GlobalId]>,
    /// Numbers of tags in the store, by index.
    tags: Box<[u32]>,
    /// Passive segments that `data.drop` has emptied.
    dropped_data: BitSet,
    /// Passive segments that `elem.drop` has emptied.
    dropped_elements: BitSet,
    /// The values of passive element segments whose expressions make objects.
    evaluated: BTreeMap<u32, Vec<Slot>>,
}

/// A set of small numbers that is nearly always empty.
#[derive(Debug, Default)]
struct BitSet(SmallVec<[u64; 1]>);

impl BitSet {
    fn contains(&self, bit: u32) -> bool {
        self.0.get(bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    fn insert(&mut self, bit: u32) {
        let word = bit as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (bit % 64);
    }
}

/// What an instance is made of.
pub struct Parts<'a> {
    /// The module.
    pub module: &'a Arc<ModuleInner>,
    /// The instance's number in the store.
    pub number: u32,
    /// The store.
    pub owner: NonNull<StoreInner>,
    /// The executor's state.
    pub machine: *mut u8,
    /// Memory 0, or what stands for it (R2).
    pub memory: NonNull<MemoryEntity>,
    /// Tables by index.
    pub tables: &'a [NonNull<TableEntity>],
    /// Memories by index.
    pub memories: &'a [NonNull<MemoryEntity>],
    /// Imported globals by index.
    pub imported_globals: &'a [(GlobalId, NonNull<GlobalCell>)],
    /// Imported functions by index.
    pub imported_functions: &'a [NonNull<FuncEntity>],
    /// Numbers of tags in the store, by index.
    pub tags: &'a [u32],
}

impl Instance {
    /// Allocates the block and links its parts; defined globals start as zero.
    pub fn new(parts: &Parts<'_>) -> Self {
        let globals = parts.module.decoded.globals.len();
        let mut bytes = Context::GLOBALS + globals * size_of::<GlobalCell>();
        let mut place = |pointers: usize| {
            let at = bytes;
            bytes += pointers * size_of::<*mut u8>();
            at
        };
        let tables = place(parts.tables.len());
        let memories = place(parts.memories.len());
        let imported_globals = place(parts.imported_globals.len());
        let imported_functions = place(parts.imported_functions.len());
        // Counts are bounded by the module's size, so that neither the sum nor the layout overflows.
        let align = align_of::<GlobalCell>().max(align_of::<Context>());
        let layout = Layout::from_size_align(bytes, align).unwrap_or(Layout::new::<Context>());
        // SAFETY: the size is that of a context at least, so not zero.
        let block = unsafe { alloc::alloc::alloc_zeroed(layout) };
        let Some(block) = NonNull::new(block) else { alloc::alloc::handle_alloc_error(layout) };
        // SAFETY: each part lies in the block, at an offset that was reserved for it above, aligned for pointers since GlobalCell and Context are
        // multiples of that; zeroed bytes are valid cells.
        let context = unsafe {
            fill(block, tables, parts.tables.iter().map(|p| p.as_ptr().cast()));
            fill(block, memories, parts.memories.iter().map(|p| p.as_ptr().cast()));
            fill(block, imported_globals, parts.imported_globals.iter().map(|p| p.1.as_ptr().cast()));
            fill(block, imported_functions, parts.imported_functions.iter().map(|p| p.as_ptr().cast()));
            let context = block.cast::<Context>();
            context.write(Context {
                memory: parts.memory.as_ptr(),
                table: parts.tables.first().map_or(core::ptr::null_mut(), |table| table.as_ptr()),
                tables: block.add(tables).as_ptr().cast(),
                imported_globals: block.add(imported_globals).as_ptr().cast(),
                imported_functions: block.add(imported_functions).as_ptr().cast(),
                code: &raw const parts.module.code,
                machine: parts.machine,
                instance: parts.number,
                memories: block.add(memories).as_ptr().cast(),
                owner: parts.owner.as_ptr(),
            });
            context
        };
        Self {
            context,
            layout,
            module: parts.module.clone(),
            entities: Vec::new(),
            imported_globals: parts.imported_globals.iter().map(|p| p.0).collect(),
            tags: parts.tags.into(),
            dropped_data: BitSet::default(),
            dropped_elements: BitSet::default(),
            evaluated: BTreeMap::new(),
        }
    }

    /// What code of the instance reaches.
    pub fn context(&self) -> NonNull<Context> {
        self.context
    }

    /// What it is an instance of.
    pub fn module(&self) -> &Arc<ModuleInner> {
        &self.module
    }

    /// A table, by index.
    pub fn table(&self, index: u32) -> Option<NonNull<TableEntity>> {
        if index as usize >= self.module.decoded.table_types.len() {
            return None;
        }
        // SAFETY: R1, R3.
        NonNull::new(unsafe { *self.context.as_ref().tables.add(index as usize) })
    }

    /// A memory, by index.
    pub fn memory(&self, index: u32) -> Option<NonNull<MemoryEntity>> {
        if index as usize >= self.module.decoded.memory_types.len() {
            return None;
        }
        // SAFETY: R1, R3.
        NonNull::new(unsafe { *self.context.as_ref().memories.add(index as usize) })
    }

    /// An imported function, by index.
    pub fn imported_function(&self, index: u32) -> Option<NonNull<FuncEntity>> {
        if index >= self.module.decoded.imported_functions {
            return None;
        }
        // SAFETY: R1, R3.
        NonNull::new(unsafe { *self.context.as_ref().imported_functions.add(index as usize) }.cast_mut())
    }

    /// Whose a global is, and where; by index.
    pub fn global(&self, index: u32) -> Option<(GlobalId, NonNull<GlobalCell>)> {
        let imported = self.module.decoded.imported_globals();
        let index = index as usize;
        if index < imported {
            // SAFETY: R1, R3.
            let cell = unsafe { *self.context.as_ref().imported_globals.add(index) };
            return Some((*self.imported_globals.get(index)?, NonNull::new(cell)?));
        }
        let defined = (index - imported) as u32;
        // SAFETY: R1.
        let owner = unsafe { self.context.as_ref().instance };
        Some((GlobalId { owner, index: defined }, self.defined_global(defined)?))
    }

    /// The storage of a global that the module defines, by index among those.
    pub fn defined_global(&self, index: u32) -> Option<NonNull<GlobalCell>> {
        if index as usize >= self.module.decoded.globals.len() {
            return None;
        }
        // SAFETY: R4, the cells follow the context in the same allocation.
        Some(unsafe { self.context.byte_add(Context::GLOBALS).cast::<GlobalCell>().add(index as usize) })
    }

    /// The number of a tag in the store, by index.
    pub fn tag(&self, index: u32) -> Option<u32> {
        self.tags.get(index as usize).copied()
    }

    /// The bytes of a data segment as `memory.init` sees them: empty once dropped, or if it was active.
    pub fn passive_data<'m>(&self, module: &'m ModuleInner, segment: u32) -> &'m [u8] {
        match module.decoded.data.get(segment as usize) {
            Some(data) if matches!(data.mode, SegmentMode::Passive) && !self.dropped_data.contains(segment) => {
                module.decoded.slice(&data.bytes)
            }
            _ => &[],
        }
    }

    /// How many elements `table.init` sees in a segment: none once dropped, or if it was active or declarative.
    pub fn passive_elements(&self, segment: u32) -> usize {
        match self.module.decoded.elements.get(segment as usize) {
            Some(elements) if matches!(elements.mode, SegmentMode::Passive) && !self.dropped_elements.contains(segment) => {
                elements.items.len()
            }
            _ => 0,
        }
    }

    /// Keeps the values of a passive element segment whose expressions make objects.
    pub(super) fn set_evaluated(&mut self, segment: u32, values: Vec<Slot>) {
        self.evaluated.insert(segment, values);
    }

    /// The values of a passive element segment whose expressions make objects, unless it has been dropped.
    pub fn evaluated(&self, segment: u32) -> Option<&[Slot]> {
        self.evaluated.get(&segment).map(Vec::as_slice)
    }

    /// The same, to change; empty for other segments.
    pub(super) fn evaluated_mut(&mut self, segment: u32) -> &mut [Slot] {
        self.evaluated.get_mut(&segment).map_or(&mut [], Vec::as_mut_slice)
    }

    /// `data.drop`
    pub fn drop_data(&mut self, segment: u32) {
        if (segment as usize) < self.module.decoded.data.len() {
            self.dropped_data.insert(segment);
        }
    }

    /// `elem.drop`
    pub fn drop_elements(&mut self, segment: u32) {
        if (segment as usize) < self.module.decoded.elements.len() {
            self.dropped_elements.insert(segment);
            self.evaluated.remove(&segment);
        }
    }
}

/// Writes pointers into a part of a block.
///
/// # Safety
/// The block has room for them at this offset, aligned.
unsafe fn fill(block: NonNull<u8>, offset: usize, pointers: impl Iterator<Item = *mut u8>) {
    for (index, pointer) in pointers.enumerate() {
        // SAFETY: the caller's duty.
        unsafe { block.add(offset).cast::<*mut u8>().add(index).write(pointer) };
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: the block came from the allocator with this layout; nothing reaches it once the store dies (R1). It holds nothing to drop.
        unsafe { alloc::alloc::dealloc(self.context.as_ptr().cast(), self.layout) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_sets_grow_on_demand() {
        let mut set = BitSet::default();
        assert!(!set.contains(1000));
        set.insert(1000);
        set.insert(3);
        assert!(set.contains(1000) && set.contains(3) && !set.contains(4) && !set.contains(2000));
    }
}
