//! State of running programs: stores, instances, memories, tables, globals, segments. It executes nothing.
//!
//! Spec: Execution, Runtime Structure and Modules. Data in: decoded modules with their code cells, imports by [`store::ExternId`]. Data out:
//! contexts and entities at stable addresses, which `exec` reads through raw pointers. Called by: `exec`, `api`. Calls: `code`, `wasm`,
//! `decode::module`, `util`.
//!
//! # Why ids and pointers
//! What a handle of the API names is an id (store, owner, index), checked on each use; what code names is an address that stays valid as long
//! as the store lives (R1). Function entities are made when something first refers to the function, so that an instance of a big module costs
//! no more than one of a small module.

pub mod arena;
pub mod bulk;
pub mod context;
pub mod exceptions;
pub mod gc;
pub mod instance;
pub mod instantiate;
pub mod limiter;
pub mod link_error;
pub mod memory;
pub mod module;
pub mod objects;
pub mod pool;
pub mod shared;
pub mod store;
pub mod table;
