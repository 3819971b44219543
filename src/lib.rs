//! A WebAssembly interpreter: it validates modules, translates function bodies to an internal code of folded operands and superinstructions, and
//! runs that. It makes no machine code.
//!
//! ```
//! use fulgurite::{Engine, Linker, Module, Store};
//!
//! let engine = Engine::default();
//! let module = Module::new(&engine, r#"(module
//!     (import "host" "hello" (func $hello (param i32)))
//!     (func (export "run") (call $hello (i32.const 42))))"#)?;
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "hello", |number: i32| println!("hello {number}"))?;
//! let mut store = Store::new(&engine, ());
//! let instance = linker.instantiate(&mut store, &module)?;
//! instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?;
//! # Ok::<(), fulgurite::Error>(())
//! ```
//!
//! # What is what
//! An [`Engine`] holds settings and types, a [`Module`] what was loaded from bytes; both are shared by threads. A [`Store`] owns instances, with
//! data of the embedder that host functions reach through [`Caller`]. A [`Linker`] finds imports by name. Handles ([`Instance`], [`Func`],
//! [`Memory`], [`Table`], [`Global`], [`Tag`], [`ExternRef`], [`ExnRef`]) are numbers that work with their own store only: with another one, what returns a `Result`
//! fails with [`ErrorKind::Api`], and what does not panics.
//!
//! # Re-entrancy
//! A host function may do anything with the store that it is lent: call functions (up to
//! [`max_host_depth`](Config::max_host_depth)), grow memories, instantiate modules. If it panics, the panic passes through the calls that led to
//! it, and the store remains usable.
//!
//! # Starting fast
//! Functions are translated at their first call. What remains is validation, some 3 ms for a megabyte of code; with the feature `parallel` it is
//! split among threads. [`Module::serialize`] writes a validated module to an archive, and [`Module::deserialize`] loads that without validation.
//!
//! # Features
//! `std` (default): memories are mapped lazily on Unix, locks block instead of spinning. `wat` (default): [`Module::new`] takes text too.
//! `parallel`: large modules are validated, and with [`CompilationMode::Eager`] translated, on several threads ([`Config`] bounds their number).
//! Without `std` the crate needs `alloc` and atomics only.

#![no_std]
#![warn(missing_docs)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod api;
mod code;
mod decode;
mod exec;
mod runtime;
mod translate;
mod util;
mod validate;
mod wasm;

pub use api::anyref::{AnyRef, ArrayRef, ArrayType, I31, RootScope, StructRef, StructType};
pub use api::caller::Caller;
pub use api::config::{CompilationMode, Config};
pub use api::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use api::engine::Engine;
pub use api::error::{Error, ErrorKind, FrameInfo};
pub use api::exception::ExnRef;
pub use api::externs::Extern;
pub use api::func::Func;
pub use api::global::Global;
pub use api::host::{IntoFunc, WasmRet};
pub use api::instance::Instance;
pub use api::limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub use api::linker::Linker;
pub use api::memory::Memory;
pub use api::module::{ExportType, ExternType, ImportType, Module};
pub use api::refs::ExternRef;
pub use api::shared_memory::{SharedMemory, WaitResult};
pub use api::store::Store;
pub use api::table::Table;
pub use api::tag::{Tag, TagType};
pub use api::typed::{TypedFunc, WasmParams, WasmResults, WasmTy, WasmValues};
pub use api::value::Val;
pub use wasm::simd::V128;
pub use wasm::trap::TrapCode;
pub use wasm::types::{FieldType, FuncType, GlobalType, HeapType, Limits, MemoryType, StorageType, TableType, ValType};

/// What the code of all modules has run since the last call, for `scripts/superinstructions`: see `code::profile`.
#[cfg(feature = "profile")]
pub fn profile() -> alloc::string::String {
    code::profile::dump()
}
