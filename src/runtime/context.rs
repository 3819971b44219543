//! What the executor reaches of an instance: plain structures at stable addresses.
//!
//! Made by: `runtime::instance` and `runtime::store`. Read by: `exec` through raw pointers. Everything here is state; nothing executes.
//!
//! # Invariants
//! R1. Entities and contexts are boxed, and never move or die before their store does.
//! R2. `Context::memory` is memory 0 of the instance, or, where there is none or it is shared, the store's empty memory; never null.
//! R3. The arrays that a context points to have one element for each index of the module's index space.
//! R4. The context is followed in its allocation by one [`GlobalCell`] for each global that the module defines.
//! R5. A reference in a slot, a global or a table is 0 (null), the address of a [`FuncEntity`] of the same store, or a reference as
//!     `runtime::gc` describes them, as its type says.
//! R6. A running store is reached by one thread only.

use super::memory::MemoryEntity;
use super::store::StoreInner;
use super::table::TableEntity;
use crate::code::cell::{CallTarget, ModuleCode};
use crate::wasm::types::TypeId;

/// The bits of a value in a slot, global or table: i32 zero-extended, floats by their bits, references as R5.
pub type Slot = u64;

/// The storage of a global: two slots, so that a vector fits.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, Default)]
pub struct GlobalCell(pub [Slot; 2]);

/// A function that can be referenced: exported, imported, in a table, or of the host.
#[repr(C)]
#[derive(Debug)]
pub struct FuncEntity {
    /// Where its code is: what the module's cell named when this was last looked up; `stub` for a host function.
    pub target: CallTarget,
    /// The instance it runs in; null for a host function, which runs in its caller's.
    pub context: *mut Context,
    /// Its canonical type.
    pub ty: TypeId,
    /// For a host function, its number among those of the store; otherwise its index among the functions that its module defines.
    pub index: u32,
    /// Slots in front of the link: the larger of the numbers of parameters and results.
    pub link_slots: u32,
    /// Its number among all functions of the store that can be referenced.
    pub number: u32,
    /// For a host function, the instruction that leaves the interpreter.
    pub stub: u64,
}

/// What code of an instance reaches through its context register.
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    /// Memory 0 (R2).
    pub memory: *mut MemoryEntity,
    /// Table 0, if there is one.
    pub table: *mut TableEntity,
    /// Tables by index.
    pub tables: *const *mut TableEntity,
    /// Imported globals by index.
    pub imported_globals: *const *mut GlobalCell,
    /// Imported functions by index.
    pub imported_functions: *const *const FuncEntity,
    /// Code of the module's own functions.
    pub code: *const ModuleCode,
    /// The executor's state, one for each store.
    pub machine: *mut u8,
    /// The store's number of the instance.
    pub instance: u32,
    /// Memories by index.
    pub memories: *const *mut MemoryEntity,
    /// The store that the instance lives in (R6).
    pub owner: *mut StoreInner,
}

impl Context {
    /// Bytes from the start of a context to its first global (R4).
    pub const GLOBALS: usize = size_of::<Self>().next_multiple_of(align_of::<GlobalCell>());
}
