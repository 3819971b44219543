//! How the embedder ends a guest that waits: a handle for other threads, and the error that the guest's call ends with.
//!
//! Called by: embedders, `wait`, `link`.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::fs::WaitHandle;
use crate::signal::Signal;

/// Ends the WASI calls of one or more guests from another thread. Clones are one handle.
///
/// Once [`interrupt`](InterruptHandle::interrupt) is called, a call that waits (`poll_oneoff`, a read of a pipe, an accept) ends at once, and
/// so does every further WASI call, until [`reset`](InterruptHandle::reset). The guest's function ends with an error that holds
/// [`Interruption::Interrupted`]. Code that makes no WASI call is not reached.
///
/// ```
/// use fulgurite::{Engine, Linker, Module, Store};
/// use fulgurite_wasi::{InterruptHandle, Interruption, WasiCtx, add_to_linker};
///
/// let handle = InterruptHandle::new()?;
/// let ctx = WasiCtx::builder().interrupt(&handle).build()?;
/// let engine = Engine::default();
/// // Sleeps for ever.
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 16) "\01") (data (i32.const 24) "\ff\ff\ff\ff\ff\ff\ff\ff")
///         (func (export "_start") (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#,
/// )?;
/// let mut store = Store::new(&engine, ctx);
/// let mut linker = Linker::new(&engine);
/// add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
/// let start = linker.instantiate(&mut store, &module)?.get_typed_func::<(), ()>(&store, "_start")?;
/// let other = handle.clone();
/// std::thread::spawn(move || other.interrupt());
/// let error = start.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&Interruption::Interrupted));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct InterruptHandle(Arc<Signal>);

impl InterruptHandle {
    /// A handle for [`WasiCtxBuilder::interrupt`](crate::WasiCtxBuilder::interrupt).
    ///
    /// # Errors
    /// When the host has no descriptors left; the handle needs two on Unix.
    pub fn new() -> io::Result<InterruptHandle> {
        Ok(InterruptHandle(Arc::new(Signal::new()?)))
    }

    /// Ends the guests' WASI calls, that of now and those to come.
    pub fn interrupt(&self) {
        self.0.set(true);
    }

    /// Lets guests call again.
    pub fn reset(&self) {
        self.0.set(false);
    }

    /// Whether guests are being ended.
    pub fn is_interrupted(&self) -> bool {
        self.0.is_raised()
    }

    /// What becomes readable when guests are to end.
    pub(crate) fn wait_handle(&self) -> WaitHandle<'_> {
        self.0.handle()
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").field("interrupted", &self.is_interrupted()).finish()
    }
}

/// Why the host ended a guest in a WASI call. It is the value of the error that the guest's function returns:
/// `error.downcast_ref::<Interruption>()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interruption {
    /// The deadline of the context has passed.
    Deadline,
    /// An [`InterruptHandle`] said so.
    Interrupted,
    /// The guest has waited as long as it may in all.
    WaitingLimit,
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Interruption::Deadline => "the guest's deadline has passed",
            Interruption::Interrupted => "the guest was interrupted",
            Interruption::WaitingLimit => "the guest has waited longer than it may",
        })
    }
}

impl std::error::Error for Interruption {}
