//! Registration in a [`Linker`]: the only module that knows the engine.
//!
//! Data in: the table of functions in `calls`. Data out: host functions. Called by: embedders.
//!
//! Each host function finds the memory that the calling instance exports as `memory`, borrows it together with the store's data, and runs
//! the call body.

use std::sync::{Arc, Mutex, PoisonError};

use fulgurite::{Caller, Error, Extern, Linker, Memory, SharedMemory};

use crate::abi::Errno;
use crate::abi::flags::{Fdflags, Fstflags, Lookupflags, Oflags, Riflags, Rights, Sdflags};
use crate::abi::param::Param;
use crate::abi::types::{
    Advice, Clockid, Event, Fd, Fdstat, Filestat, FilestatUnstable, Iovec, Prestat, Subscription, SubscriptionUnstable, Whence,
    WhenceUnstable,
};
use crate::calls::proc::Raised;
use crate::calls::{args, clock, environ, fd, for_each_function, path, poll, proc, random, readdir, sched, sock};
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};
use crate::refusal;
use crate::wait::{Ended, Turn};

/// The module name of Preview 1.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// The module name of the version before it.
const UNSTABLE: &str = "wasi_unstable";

/// Registers the functions of one list under a module name.
macro_rules! register {
    ($linker:ident, $module:expr, $get:ident; $($name:ident($($arg:ident: $ty:ty),*) = $call:path;)*) => {
        $($linker.func_wrap(
            $module,
            stringify!($name),
            move |mut caller: Caller<'_, T>, $($arg: <$ty as Param>::Wire),*| -> Result<u32, Error> {
                let call = |ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>| {
                    let mut run = || {
                        ctx.waiting.check()?;
                        $call(ctx, guest, $(<$ty as Param>::from_wire($arg)?),*)
                    };
                    match run() {
                        Ok(()) => Ok(0),
                        Err(errno) => failed(ctx, guest, stringify!($name), &[$((stringify!($arg), u32::try_from($arg).ok())),*], errno),
                    }
                };
                match memory(&caller)? {
                    Found::Own(memory) => {
                        let (bytes, data) = memory.data_and_store_mut(&mut caller);
                        $get.lend(data, |ctx| call(ctx, &mut GuestMemory::with_path_max(bytes, ctx.limits.path)))
                    }
                    Found::Shared(memory) => $get.lend(caller.data_mut(), |ctx| {
                        let mut guest = GuestMemory::shared(&memory, ctx.limits.path);
                        let result = call(ctx, &mut guest);
                        if ctx.waiting.has_results() {
                            guest.finish();
                        }
                        result
                    }),
                }
            },
        )?;)*
    };
}

/// Defines all functions of `wasi_snapshot_preview1`, and of the older `wasi_unstable`, in the linker.
///
/// `get` finds the context in the store's data.
///
/// ```
/// use fulgurite::{Engine, Linker, Module, Store};
/// use fulgurite_wasi::{Output, OutputPipe, WasiCtx, add_to_linker};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
///         (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))))"#,
/// )?;
/// let output = OutputPipe::new();
/// let ctx = WasiCtx::builder().stdout(Output::pipe(&output)).build()?;
/// let mut store = Store::new(&engine, ctx);
/// let mut linker = Linker::new(&engine);
/// add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ())?;
/// assert_eq!(output.contents(), b"hello\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the linker already has one of the functions and does not allow shadowing.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> Result<(), Error> {
    register_all(linker, Own(get))
}

/// The same for a context that several stores share, each perhaps on a thread of its own. Calls have it in turns; one that waits, for input or for a
/// time, lets others have it meanwhile.
///
/// # Errors
/// As [`add_to_linker`].
pub fn add_shared_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &Arc<Mutex<WasiCtx>> + Copy + Send + Sync + 'static,
) -> Result<(), Error> {
    register_all(linker, Locked(get))
}

/// Where the context of a call is.
trait Lend<T>: Copy + Send + Sync + 'static {
    /// Gives it to the call, again if the call had to wait for something.
    fn lend<R>(self, data: &mut T, call: impl FnMut(&mut WasiCtx) -> R) -> R;
}

/// In the store's data.
#[derive(Clone, Copy)]
struct Own<F>(F);

impl<T, F: Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static> Lend<T> for Own<F> {
    fn lend<R>(self, data: &mut T, mut call: impl FnMut(&mut WasiCtx) -> R) -> R {
        call((self.0)(data))
    }
}

/// Behind a lock.
#[derive(Clone, Copy)]
struct Locked<F>(F);

impl<T, F: Fn(&mut T) -> &Arc<Mutex<WasiCtx>> + Copy + Send + Sync + 'static> Lend<T> for Locked<F> {
    fn lend<R>(self, data: &mut T, mut call: impl FnMut(&mut WasiCtx) -> R) -> R {
        let shared = (self.0)(data).clone();
        let mut turn = Turn::default();
        loop {
            let mut ctx = shared.lock().unwrap_or_else(PoisonError::into_inner);
            ctx.waiting.begin(turn);
            let result = call(&mut ctx);
            // What comes of a call that is to be made again is nothing yet.
            let Some(waits) = ctx.waiting.give_up() else { return result };
            drop(ctx);
            turn = waits.wait();
        }
    }
}

/// Defines all functions.
fn register_all<T: 'static>(linker: &mut Linker<T>, get: impl Lend<T>) -> Result<(), Error> {
    for_each_function!(common, register, linker, PREVIEW1, get;);
    for_each_function!(preview1, register, linker, PREVIEW1, get;);
    for_each_function!(common, register, linker, UNSTABLE, get;);
    for_each_function!(unstable, register, linker, UNSTABLE, get;);
    for module in [PREVIEW1, UNSTABLE] {
        linker.func_wrap(module, "proc_exit", |_: Caller<'_, T>, status: u32| -> Result<(), Error> {
            Err(Error::exit(proc::exit(status)))
        })?;
        linker.func_wrap(module, "proc_raise", |_: Caller<'_, T>, signal: u32| -> Result<u32, Error> {
            match proc::raise(signal) {
                Ok(Raised::Continue) => Ok(0),
                Ok(Raised::Exit(status)) => Err(Error::exit(status)),
                Err(errno) => Ok(errno.code().into()),
            }
        })?;
    }
    Ok(())
}

/// The memory that WASI works on.
enum Found {
    /// The instance's own.
    Own(Memory),
    /// One that threads share.
    Shared(SharedMemory),
}

/// The memory that the calling instance exports. Its addresses must be those of Preview 1, in the parameters and in what they point to.
fn memory<T>(caller: &Caller<'_, T>) -> Result<Found, Error> {
    let wide =
        || Err(Error::new("a WASI function was called by a module whose `memory` has 64-bit addresses; those of Preview 1 have 32 bits"));
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) if memory.ty(caller).is_64 => wide(),
        Some(Extern::SharedMemory(memory)) if memory.ty().is_64 => wide(),
        Some(Extern::Memory(memory)) => Ok(Found::Own(memory)),
        Some(Extern::SharedMemory(memory)) => Ok(Found::Shared(memory)),
        _ => Err(Error::new("a WASI function was called by a module that does not export a memory named `memory`")),
    }
}

/// What becomes of an error: the end of the guest, if that is what it stands for, else a number for it. Parameters are given by their names.
#[cold]
fn failed(
    ctx: &mut WasiCtx,
    guest: &GuestMemory<'_>,
    call: &'static str,
    parameters: &[(&'static str, Option<u32>)],
    errno: Errno,
) -> Result<u32, Error> {
    match ctx.waiting.take_ended() {
        Some(Ended::Interrupted(why)) => return Err(Error::host(why)),
        Some(Ended::Exit(status)) => return Err(Error::exit(status)),
        None => refusal::report(ctx, guest, call, parameters, errno),
    }
    Ok(errno.code().into())
}
