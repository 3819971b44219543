//! The binary interface of WASI Preview 1: numbers, flags and memory layouts, without behaviour.
//!
//! Called by: every other module of this crate. Calls: nothing.
//!
//! - `errno`: error numbers and how host errors map to them.
//! - `flags`: the flag words, rights included.
//! - `types`: enumerations and the structures that cross the boundary.
//! - `layout`: how those structures lie in guest memory, for both versions of the interface.
//! - `param`: how a WebAssembly parameter becomes a typed value.

pub(crate) mod errno;
pub(crate) mod flags;
pub(crate) mod layout;
pub(crate) mod param;
pub(crate) mod types;

pub use errno::Errno;
pub use flags::{Fdflags, Oflags, Rights};
pub use types::{Advice, Filestat, Filetype};
