//! The embedder's interface, and the driver that answers what the executor leaves for.
//!
//! Data in: bytes, host functions, values. Data out: instances, results, [`error::Error`]. Calls every layer below; nothing below names it.
//! Only `driver` does what is unsafe, and `archive` trusts what it is given; everything else works on ids that the store checks.

pub mod anyref;
pub mod archive;
pub mod caller;
pub mod collect;
pub mod compile;
pub mod config;
pub mod context;
pub mod driver;
pub mod engine;
pub mod error;
pub mod exception;
pub mod externs;
pub mod func;
pub mod global;
pub mod host;
pub mod instance;
pub mod limits;
pub mod linker;
pub mod memory;
pub mod module;
pub mod refs;
pub mod shared_memory;
pub mod store;
pub mod table;
pub mod tag;
pub mod typed;
pub mod value;
