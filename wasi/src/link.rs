//! Registration in a [`Linker`]: the only module that knows the engine.
//!
//! Data in: the table of functions in `calls`. Data out: host functions. Called by: embedders.
//!
//! Each host function finds the memory that the calling instance exports as `memory`, borrows it together with the store's data, and runs
//! the call body.

use std::sync::{Arc, Mutex, PoisonError};

use fulgurite::{Caller, Error, Extern, Linker, Memory, Module, SharedMemory, WasmTy};

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

/// What a function does with the guest's memory and its parameters as they come; returns the number of an error.
type Body<Wires> = fn(&mut WasiCtx, &mut GuestMemory<'_>, Wires) -> Result<u32, Error>;

/// Defines the functions of one list under names of modules.
macro_rules! define {
    ($definer:ident, $modules:expr; $($name:ident($($arg:ident: $ty:ty),*) = $call:path;)*) => {
        $($definer.function(&$modules, stringify!($name), |ctx, guest, ($($arg,)*): ($(<$ty as Param>::Wire,)*)| {
            let mut run = || {
                ctx.waiting.check()?;
                $call(ctx, guest, $(<$ty as Param>::from_wire($arg)?),*)
            };
            match run() {
                Ok(()) => Ok(0),
                Err(errno) => failed(ctx, guest, stringify!($name), &[$((stringify!($arg), u32::try_from($arg).ok())),*], errno),
            }
        })?;)*
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
    register(linker, Own(get), all)
}

/// The same, but only those functions that the module imports: a linker for one module is made in a tenth of the time then.
///
/// # Errors
/// As [`add_to_linker`].
pub fn add_imports_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    module: &Module,
    get: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> Result<(), Error> {
    register(linker, Own(get), imported_by(module))
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
    register(linker, Locked(get), all)
}

/// The same, but only those functions that the module imports.
///
/// # Errors
/// As [`add_to_linker`].
pub fn add_shared_imports_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    module: &Module,
    get: impl Fn(&mut T) -> &Arc<Mutex<WasiCtx>> + Copy + Send + Sync + 'static,
) -> Result<(), Error> {
    register(linker, Locked(get), imported_by(module))
}

/// Wants every function.
fn all(_module: &str, _name: &str) -> bool {
    true
}

/// Wants the functions that a module imports.
fn imported_by(module: &Module) -> impl Fn(&str, &str) -> bool {
    let imports: Vec<_> = module
        .imports()
        .map(|import| (import.module(), import.name()))
        .filter(|(module, _)| [PREVIEW1, UNSTABLE].contains(module))
        .collect();
    move |module, name| imports.contains(&(module, name))
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

/// Parameters as they come: tuples of `u32`, `u64` and `i64`.
///
/// The code that the engine calls is compiled once for each of these and each type of data in stores, not for each function.
trait Wires: Copy + 'static {
    /// Defines a function that has such parameters.
    fn define<T: 'static>(linker: &mut Linker<T>, module: &str, name: &str, get: impl Lend<T>, body: Body<Self>) -> Result<(), Error>;
}

macro_rules! wires {
    ($($wire:ident)*) => {
        impl<$($wire: WasmTy + Copy + 'static),*> Wires for ($($wire,)*) {
            #[allow(non_snake_case, reason = "type names stand for variables")]
            fn define<T: 'static>(linker: &mut Linker<T>, module: &str, name: &str, get: impl Lend<T>, body: Body<Self>) -> Result<(), Error> {
                linker.func_wrap(module, name, move |caller: Caller<'_, T>, $($wire: $wire),*| -> Result<u32, Error> {
                    enter(caller, get, body, ($($wire,)*))
                })?;
                Ok(())
            }
        }
    };
}

wires!();
wires!(A);
wires!(A B);
wires!(A B C);
wires!(A B C D);
wires!(A B C D E);
wires!(A B C D E F);
wires!(A B C D E F G);
wires!(A B C D E F G H I);

/// Makes a call, with the context and the memory of the calling instance.
fn enter<T, A: Wires>(mut caller: Caller<'_, T>, get: impl Lend<T>, body: Body<A>, wires: A) -> Result<u32, Error> {
    match memory(&caller)? {
        Found::Own(memory) => {
            let (bytes, data) = memory.data_and_store_mut(&mut caller);
            get.lend(data, |ctx| body(ctx, &mut GuestMemory::with_path_max(bytes, ctx.limits.path), wires))
        }
        Found::Shared(memory) => get.lend(caller.data_mut(), |ctx| {
            let mut guest = GuestMemory::shared(&memory, ctx.limits.path);
            let result = body(ctx, &mut guest, wires);
            if ctx.waiting.has_results() {
                guest.finish();
            }
            result
        }),
    }
}

/// Defines those functions in a linker that are wanted.
struct Definer<'a, T, L, W> {
    linker: &'a mut Linker<T>,
    get: L,
    wanted: W,
}

impl<T: 'static, L: Lend<T>, W: Fn(&str, &str) -> bool> Definer<'_, T, L, W> {
    /// Defines a function in those modules that want it.
    fn function<A: Wires>(&mut self, modules: &[&str], name: &str, body: Body<A>) -> Result<(), Error> {
        for module in modules {
            if (self.wanted)(module, name) {
                A::define(self.linker, module, name, self.get, body)?;
            }
        }
        Ok(())
    }
}

/// Defines those of all functions that are wanted.
fn register<T: 'static>(linker: &mut Linker<T>, get: impl Lend<T>, wanted: impl Fn(&str, &str) -> bool) -> Result<(), Error> {
    let mut definer = Definer { linker, get, wanted };
    for_each_function!(common, define, definer, [PREVIEW1, UNSTABLE];);
    for_each_function!(preview1, define, definer, [PREVIEW1];);
    for_each_function!(unstable, define, definer, [UNSTABLE];);
    let Definer { linker, wanted, .. } = definer;
    for module in [PREVIEW1, UNSTABLE] {
        if wanted(module, "proc_exit") {
            linker.func_wrap(module, "proc_exit", |_: Caller<'_, T>, status: u32| -> Result<(), Error> {
                Err(Error::exit(proc::exit(status)))
            })?;
        }
        if wanted(module, "proc_raise") {
            linker.func_wrap(module, "proc_raise", |_: Caller<'_, T>, signal: u32| -> Result<u32, Error> {
                match proc::raise(signal) {
                    Ok(Raised::Continue) => Ok(0),
                    Ok(Raised::Exit(status)) => Err(Error::exit(status)),
                    Err(errno) => Ok(errno.code().into()),
                }
            })?;
        }
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

#[cfg(test)]
mod tests {
    use fulgurite::Engine;

    use super::*;

    #[test]
    fn a_linker_for_one_module_has_what_that_imports() {
        let engine = Engine::default();
        let text = r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (import "wasi_unstable" "sched_yield" (func (result i32)))
            (import "elsewhere" "random_get" (func (param i32 i32) (result i32))))"#;
        let module = Module::new(&engine, text).expect("a module");
        let mut linker = Linker::new(&engine);
        add_imports_to_linker(&mut linker, &module, |ctx: &mut WasiCtx| ctx).expect("functions");
        let expected =
            r#"[("wasi_snapshot_preview1", "fd_write"), ("wasi_snapshot_preview1", "proc_exit"), ("wasi_unstable", "sched_yield")]"#;
        assert_eq!(format!("{linker:?}"), expected);
        let mut shared = Linker::new(&engine);
        add_shared_imports_to_linker(&mut shared, &module, |ctx: &mut Arc<Mutex<WasiCtx>>| ctx).expect("functions");
        assert_eq!(format!("{shared:?}"), expected);
    }
}
