//! Implementation limits, those of the JavaScript API that all engines share.
//!
//! Spec: Appendix, Implementation Limitations. Called by: `decode`, `validate`.

/// Types in a module.
pub const MAX_TYPES: u32 = 1_000_000;
/// Functions in a module, imports included.
pub const MAX_FUNCTIONS: u32 = 1_000_000;
/// Imports of a module.
pub const MAX_IMPORTS: u32 = 1_000_000;
/// Exports of a module.
pub const MAX_EXPORTS: u32 = 1_000_000;
/// Globals in a module.
pub const MAX_GLOBALS: u32 = 1_000_000;
/// Tags in a module.
pub const MAX_TAGS: u32 = 1_000_000;
/// Data segments in a module.
pub const MAX_DATA_SEGMENTS: u32 = 100_000;
/// Element segments in a module.
pub const MAX_ELEMENT_SEGMENTS: u32 = 100_000;
/// Tables in a module.
pub const MAX_TABLES: u32 = 100;
/// Memories in a module.
pub const MAX_MEMORIES: u32 = 100;
/// Parameters of a function type.
pub const MAX_PARAMS: u32 = 1_000;
/// Results of a function type.
pub const MAX_RESULTS: u32 = 1_000;
/// Fields of a structure.
pub const MAX_FIELDS: u32 = 10_000;
/// Supertypes of a type, one above the other.
pub const MAX_SUBTYPING_DEPTH: u32 = 63;
/// Operands of `array.new_fixed`.
pub const MAX_ARRAY_NEW_FIXED: u32 = 10_000;
/// Locals of a function, parameters included.
pub const MAX_LOCALS: u32 = 50_000;
/// Bytes of a function's body.
pub const MAX_BODY_BYTES: u32 = 7_654_321;
/// Bytes of a name.
pub const MAX_NAME_BYTES: u32 = 100_000;
/// Pages of a 32-bit memory.
pub const MAX_MEMORY32_PAGES: u64 = 65_536;
/// Bytes of a 64-bit memory: some hundred of them still fit into the address space of a process.
pub const MAX_MEMORY64_BYTES: u64 = 1 << 40;
/// Bytes of a shared memory, which takes address space for all that it may become.
pub const MAX_SHARED_BYTES: u64 = 1 << 36;
/// Bytes of a page.
pub const PAGE_BYTES: u64 = 65_536;
/// Elements of a table that is declared or grown.
pub const MAX_TABLE_ELEMENTS: u64 = 10_000_000;
