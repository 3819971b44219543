//! WASI Preview 1 for the WebAssembly interpreter Fulgurite.
//!
//! A guest gets what a [`WasiCtx`] grants and nothing else: arguments, variables, standard streams and directories. See
//! [`add_to_linker`] for a complete example.
//!
//! ```
//! use fulgurite_wasi::{Access, WasiCtx};
//!
//! # let folder = tempfile::tempdir()?;
//! # let (data, out) = (folder.path(), folder.path());
//! let ctx = WasiCtx::builder()
//!     .args(["convert", "in.txt", "/out/result.txt"])
//!     .inherit_stdio()
//!     .directory(data, ".", Access::ReadOnly)
//!     .directory(out, "/out", Access::ReadWrite)
//!     .build()?;
//! # let _ = ctx;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Structure
//!
//! - `link` names the functions to the engine; nothing else knows it.
//! - `calls` has the body of each function, by group.
//! - `guest` is the only place that turns a guest's addresses into host memory.
//! - `descriptor` is the table of descriptors, with their rights.
//! - [`fs`] are the traits of files and directories: the host's behind `cap-std`, and those in memory; `net` is
//!   the same for sockets.
//! - `wait` is the only place where a guest waits, within the bounds of deadline and `interrupt`. `limits` is what it may use up.
//! - `clock` and `random` are what a guest takes for time and chance. `refusal` is what embedders are told of what it was refused.
//! - `abi` holds numbers, flags and layouts of the specification.

#![forbid(unsafe_code)]
// A call body has the parameters that the specification gives it.
#![allow(clippy::too_many_arguments, reason = "the signatures are those of the specification")]

mod abi;
mod bytes;
mod calls;
mod clock;
mod ctx;
mod descriptor;
pub mod fs;
mod guest;
mod interrupt;
mod limits;
mod link;
mod net;
mod random;
mod refusal;
mod signal;
mod threads;
mod wait;

#[cfg(test)]
mod tests;

/// Compiles the example of the front page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use abi::{Advice, Errno, Fdflags, Filestat, Filetype, Oflags, Rights};
pub use clock::Clock;
pub use ctx::{BuildError, WasiCtx, WasiCtxBuilder};
pub use fs::host::Access;
pub use fs::memory::{Copied, CopyError, MemoryDirectory, MemoryFs, MemoryFsBuilder, Usage};
pub use fs::pipe::InputPipe;
pub use fs::stdio::{Input, Output, OutputPipe};
pub use interrupt::{InterruptHandle, Interruption};
pub use link::{add_imports_to_linker, add_shared_imports_to_linker, add_shared_to_linker, add_to_linker};
pub use net::Socket;
pub use random::Random;
pub use refusal::{Refusal, RefusedPath};
pub use threads::Threads;
