//! The driver: starts calls, and answers what the executor leaves for, until the call is over.
//!
//! Called by: `api::{func, typed, instance}`. Calls: `exec`, `runtime`, and host functions.
//!
//! # Invariants
//! D1. No reference into the store or the machine is alive while the executor runs (R6); the driver holds `&mut Store<T>`, which owns both by
//!     pointers only.
//! D2. While a host function runs, the machine's top lies behind the function's frame, so that calls that it makes touch no live slot.
//! D3. Whatever happens in a call (a trap, an error, a panic of a host function), machine and depth are afterwards as they were before it; but
//!     when no call is left, the engine may take the stack back.
//! D4. A store's host functions are never removed, so that the one that runs stays alive.
#![allow(unsafe_code)] // Arguments and results lie on the machine's stack, which the executor's contract describes by raw pointers.

use alloc::boxed::Box;
use core::ptr::NonNull;
use core::time::Duration;

use super::caller::Caller;
use super::collect;
use super::compile;
use super::engine::Engine;
use super::error::{Error, Frame};
use super::exception::no_room;
use super::host::HostFunc;
use super::store::Store;
use crate::code::cell::Stub;
use crate::code::place::AtomicAccess;
use crate::exec::{self, Activation, Exit, LINK_SLOTS, Machine, Mark, RawFrame};
use crate::runtime::context::{FuncEntity, Slot};
use crate::runtime::limiter::{Refusal, grow_memory, grow_table};
use crate::runtime::shared::Waited;
use crate::runtime::store::{FuncId, HOST, StoreInner};
use crate::wasm::trap::TrapCode;

/// Frames that an error keeps.
const MAX_FRAMES: usize = 64;

/// The owner of a machine, which contexts reach by its address. The machine goes back to its engine in the end.
pub(crate) struct MachineBox {
    machine: NonNull<Machine>,
    engine: Engine,
}

// SAFETY: it owns the machine, which is Send.
unsafe impl Send for MachineBox where Machine: Send {}
// SAFETY: it gives nothing but the address to those who share it.
unsafe impl Sync for MachineBox {}

impl MachineBox {
    /// A machine of an engine that no other store uses.
    pub(crate) fn new(engine: &Engine) -> Self {
        Self { machine: NonNull::from(Box::leak(engine.take_machine())), engine: engine.clone() }
    }

    /// Its address, the same as long as it lives.
    pub(crate) fn address(&self) -> *mut Machine {
        self.machine.as_ptr()
    }
}

impl Drop for MachineBox {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box, and is not used any more. By D3 nothing is left of the calls that it ran.
        let machine = unsafe { Box::from_raw(self.machine.as_ptr()) };
        self.engine.give_back_machine(machine);
    }
}

/// A call that is active; restores machine and depth in the end (D3).
struct Active<'a, T> {
    store: &'a mut Store<T>,
    mark: Mark,
}

impl<T> Drop for Active<'_, T> {
    fn drop(&mut self) {
        self.store.depth -= 1;
        // SAFETY: D1.
        let machine = unsafe { &mut *self.store.machine.address() };
        machine.unwind(self.mark);
        if self.store.depth == 0 {
            self.store.engine.reclaim_stack(machine);
        }
    }
}

/// Calls a function: `write` puts arguments of its parameter types into its slots, `read` takes results from them. `caller` is the instance
/// that a host function sees as its caller.
///
/// # Errors
/// Those of `write`, traps, failures of host functions.
pub(crate) fn call<T, R>(
    store: &mut Store<T>,
    id: FuncId,
    caller: Option<u32>,
    write: impl FnOnce(&mut StoreInner, &mut [Slot]) -> Result<(), Error>,
    read: impl FnOnce(&StoreInner, &[Slot]) -> R,
) -> Result<R, Error> {
    let func = store.inner.function(id).ok_or_else(|| Error::bug("a function handle names no function"))?;
    if store.depth >= store.engine.config().max_host_depth {
        return Err(TrapCode::StackOverflow.into());
    }
    let machine = store.machine.address();
    let (base, mark) = {
        // SAFETY: D1.
        let machine = unsafe { &mut *machine };
        if !machine.has_stack() {
            store.engine.lend_stack(machine)?;
        }
        (machine.top()?, machine.mark())
    };
    // SAFETY: R1.
    let link_slots = unsafe { func.as_ref() }.link_slots as usize;
    {
        // SAFETY: `top` gives room for the slots of any function (A1), initialised, and nothing else refers to them.
        let slots = unsafe { core::slice::from_raw_parts_mut(base, link_slots) };
        write(&mut store.inner, slots)?;
    }
    store.depth += 1;
    let active = Active { store, mark };
    if id.owner == HOST {
        host_function(active.store, id.index, base, link_slots, caller)?;
    } else {
        // SAFETY: R1; the arguments lie at the base, which came from `top`.
        let at = unsafe { exec::begin(&mut *machine, func.as_ptr(), base, core::ptr::null_mut()) }?;
        drive(active.store, at)?;
    }
    // SAFETY: as above; the results were written there.
    let slots = unsafe { core::slice::from_raw_parts(base, link_slots) };
    Ok(read(&active.store.inner, slots))
}

/// Runs until the outermost function returns.
fn drive<T>(store: &mut Store<T>, mut at: Activation) -> Result<(), Error> {
    let machine = store.machine.address();
    loop {
        // SAFETY: D1; `at` is an activation of this machine that has been dealt with.
        let exit = unsafe { exec::run(machine, at) };
        at = match exit {
            Exit::Done => return Ok(()),
            Exit::HostCall { func, at } => host_call(store, func, at)?,
            Exit::Translate { at } => translate(&store.inner, at)?,
            Exit::MemoryGrow { memory, delta, result, at } => memory_grow(store, memory, delta, result, at)?,
            Exit::AtomicWait { access, operands, result, at } => atomic_wait(store, access, operands, result, at)?,
            Exit::TableGrow { table, value, delta, result, at } => table_grow(store, table, value, delta, result, at)?,
            Exit::Collect { at } => {
                let wanted = store.inner.heap.wanted();
                match collect::make_room(store, Some(at), wanted) {
                    Ok(()) => at,
                    Err(error) => {
                        let at = Activation { ip: at.ip.wrapping_byte_add(8), ..at };
                        return Err(with_frames(error, &store.inner, machine, at));
                    }
                }
            }
            Exit::Trap { code, at } => return Err(with_frames(code.into(), &store.inner, machine, at)),
            Exit::Uncaught { exception, at } => return Err(uncaught(store, exception, at)),
            Exit::Unknown => return Err(Error::bug("the executor left for no reason")),
        };
    }
}

/// Answers [`Exit::HostCall`].
fn host_call<T>(store: &mut Store<T>, func: *const FuncEntity, at: Activation) -> Result<Activation, Error> {
    let machine = store.machine.address();
    // SAFETY: R1; the context is that of the calling instance.
    let (index, link_slots, instance) = unsafe { ((*func).index, (*func).link_slots as usize, (*at.cx).instance) };
    // SAFETY: `func` and `at` are those of the exit.
    let arguments = unsafe { exec::arguments(func, at.fp) };
    // SAFETY: `func` and `at` are those of the exit.
    let waiting = unsafe {
        let waiting = Top { machine, mark: (*machine).mark() };
        (*machine).suspend(exec::finish_host_call(func, at));
        waiting
    };
    let result = host_function(store, index, arguments, link_slots, Some(instance));
    drop(waiting);
    // SAFETY: `func` and `at` are those of the exit.
    let back = unsafe { exec::finish_host_call(func, at) };
    match result {
        Ok(()) => Ok(back),
        Err(error) => {
            if let Some(reference) = error.thrown_reference(&store.inner) {
                // SAFETY: D1; `back` is where the call returns to, and the exception is of this store.
                if let exec::Unwound::Caught(at) = unsafe { exec::rethrow(machine, &mut store.inner, reference, back) } {
                    return Ok(at);
                }
            }
            // One byte back from where the call returns to lies the call.
            let call = Activation { ip: back.ip.wrapping_byte_sub(1), ..back };
            Err(with_frames(error, &store.inner, machine, call))
        }
    }
}

/// Answers [`Exit::Uncaught`].
#[cold]
fn uncaught<T>(store: &Store<T>, exception: Option<Slot>, at: Activation) -> Error {
    let error = match exception {
        Some(reference) => Error::uncaught(&store.inner, reference, store.engine.types()),
        None => no_room(),
    };
    with_frames(error, &store.inner, store.machine.address(), at)
}

/// Frees exceptions that nothing refers to, if it is time for that. The host is in control.
pub(crate) fn collect_exceptions<T>(store: &mut Store<T>) {
    if store.inner.exceptions.is_collection_due() {
        // SAFETY: D1, D2: what running calls may read again lies below the machine's top.
        let alive = unsafe { &*(*store.machine.address()).slots_in_use() };
        store.inner.collect_exceptions(alive, &[]);
    }
}

/// Restores the machine's top after a host function (D3).
struct Top {
    machine: *mut Machine,
    mark: Mark,
}

impl Drop for Top {
    fn drop(&mut self) {
        // SAFETY: D1; the machine lives as long as its store, which the caller of `host_function` borrows.
        unsafe { &mut *self.machine }.unwind(self.mark);
    }
}

/// Runs a host function on its frame.
fn host_function<T>(store: &mut Store<T>, number: u32, frame: *mut u64, link_slots: usize, instance: Option<u32>) -> Result<(), Error> {
    let Some(host) = store.hosts.get(number as usize) else { return Err(Error::bug("a host function without a closure")) };
    let host: *const HostFunc<T> = &raw const **host;
    let machine = store.machine.address();
    // SAFETY: D1; the frame and its link end inside of the stack, since the caller has room for them (A1).
    let _top = unsafe {
        let top = Top { machine, mark: (*machine).mark() };
        (*machine).set_top(frame.add(link_slots + LINK_SLOTS));
        top
    };
    // SAFETY: D2; the slots are initialised, and nothing else refers to them while the function runs.
    let slots = unsafe { core::slice::from_raw_parts_mut(frame, link_slots) };
    // SAFETY: D4; the closure lives in its own allocation, which adding more host functions does not move.
    let host = unsafe { &*host };
    let roots = store.inner.roots.mark();
    let result = (host.call)(Caller { store, instance }, slots);
    store.inner.roots.release(roots);
    result
}

/// Answers [`Exit::Translate`].
#[cold]
fn translate(store: &StoreInner, at: Activation) -> Result<Activation, Error> {
    // SAFETY: R1; the context is that of an instance of this store.
    let context = unsafe { &*at.cx };
    let module = store.instance(context.instance).map(|instance| instance.module());
    let found = module.and_then(|module| Some((module, module.code.function_of_stub(at.ip)?)));
    let (module, (function, stub)) = found.ok_or_else(|| Error::bug("the executor left for a function that does not exist"))?;
    let entry = compile::compile(module, function)?;
    match stub {
        Stub::Cell => store.link_function(context.instance, function, entry),
        // SAFETY: `at` is that of the exit, and `compile` has published the entry.
        Stub::Call => unsafe { exec::link_call(at, entry) },
    }
    Ok(Activation { ip: entry, ..at })
}

/// Answers [`Exit::MemoryGrow`].
#[cold]
fn memory_grow<T>(store: &mut Store<T>, memory: u32, delta: u64, result: *mut u64, at: Activation) -> Result<Activation, Error> {
    // SAFETY: R1.
    let instance = unsafe { (*at.cx).instance };
    let address = store.inner.instance(instance).and_then(|instance| instance.memory(memory));
    let mut memory = address.ok_or_else(|| Error::bug("the executor left for a memory that does not exist"))?;
    let machine = store.machine.address();
    let limiter = store.limiter.as_mut().map(|limiter| limiter(&mut store.data));
    // SAFETY: R1, R6; no other reference to the memory is alive.
    let memory = unsafe { memory.as_mut() };
    let refused = minus_one(memory.declared_type().is_64);
    let grown = grow_memory(memory, delta, limiter);
    answer(&store.inner, machine, grown, refused, result, at)
}

/// Answers [`Exit::AtomicWait`].
#[cold]
fn atomic_wait<T>(
    store: &mut Store<T>,
    access: AtomicAccess,
    [address, expected, timeout]: [Slot; 3],
    result: *mut u64,
    at: Activation,
) -> Result<Activation, Error> {
    // SAFETY: R1.
    let instance = unsafe { (*at.cx).instance };
    let place = access.place();
    let memory = store.inner.instance(instance).and_then(|instance| instance.memory(place.memory()));
    let memory = memory.ok_or_else(|| Error::bug("the executor left for a memory that does not exist"))?;
    let wide = access.number() == 1;
    // SAFETY: R1, R6.
    let found = unsafe { memory.as_ref() }.waiting_place(place.address(address), access.offset(), if wide { 8 } else { 4 });
    let waited = found.map_err(Error::from).and_then(|(block, at)| {
        let expected = if wide { expected } else { expected & u64::from(u32::MAX) };
        // A negative timeout is none.
        let timeout = u64::try_from(timeout.cast_signed()).ok().map(Duration::from_nanos);
        let limit = store.engine.config().max_atomic_wait;
        let earlier = limit.filter(|&limit| timeout.is_none_or(|timeout| limit < timeout));
        match block.wait(at, expected, wide, earlier.or(timeout))? {
            Waited::TimedOut if earlier.is_some() => Err(Error::limit("a thread waited longer than the host allows")),
            waited => Ok(waited),
        }
    });
    match waited {
        Ok(waited) => {
            // SAFETY: the exit's slot for the result.
            unsafe { result.write(waited as u64) };
            Ok(at)
        }
        Err(error) => {
            let wait = Activation { ip: at.ip.wrapping_byte_sub(1), ..at };
            Err(with_frames(error, &store.inner, store.machine.address(), wait))
        }
    }
}

/// Answers [`Exit::TableGrow`].
#[cold]
fn table_grow<T>(store: &mut Store<T>, table: u32, value: Slot, delta: u64, result: *mut u64, at: Activation) -> Result<Activation, Error> {
    // SAFETY: R1.
    let instance = unsafe { (*at.cx).instance };
    let address = store.inner.instance(instance).and_then(|instance| instance.table(table));
    let mut table = address.ok_or_else(|| Error::bug("the executor left for a table that does not exist"))?;
    let machine = store.machine.address();
    let limiter = store.limiter.as_mut().map(|limiter| limiter(&mut store.data));
    // SAFETY: R1, R6; no other reference to the table is alive.
    let table = unsafe { table.as_mut() };
    let refused = minus_one(table.declared_type().is_64);
    let grown = grow_table(table, delta, value, limiter);
    answer(&store.inner, machine, grown, refused, result, at)
}

/// -1 of an address type.
fn minus_one(is_64: bool) -> u64 {
    if is_64 { u64::MAX } else { u32::MAX.into() }
}

/// Stores the old size, or `refused` if growth was.
fn answer(
    store: &StoreInner,
    machine: *mut Machine,
    grown: Result<Result<u64, Refusal>, Error>,
    refused: u64,
    result: *mut u64,
    at: Activation,
) -> Result<Activation, Error> {
    let size = match grown {
        Ok(Ok(old)) => old,
        Ok(Err(_)) => refused,
        Err(error) => {
            let growth = Activation { ip: at.ip.wrapping_byte_sub(1), ..at };
            return Err(with_frames(error, store, machine, growth));
        }
    };
    // SAFETY: the exit's slot for the result.
    unsafe { result.write(size) };
    Ok(at)
}

/// The error with the functions that are active added to those that inner calls have added.
#[cold]
fn with_frames(mut error: Error, store: &StoreInner, machine: *mut Machine, at: Activation) -> Error {
    let room = MAX_FRAMES.saturating_sub(error.frame_count());
    // SAFETY: the machine stopped at `at`, and nothing has run on it since that was not unwound (D3).
    let raw = unsafe { (*machine).frames(at, room) };
    let frames = raw.into_iter().filter_map(|frame| {
        let (context, function, code_offset) = match frame {
            RawFrame::Wasm { cx, function, code_offset, .. } => (cx, function, Some(code_offset)),
            RawFrame::Untranslated { cx, function } => (cx, function, None),
        };
        // SAFETY: R1.
        let instance = store.instance(unsafe { (*context).instance })?;
        Some(Frame { module: instance.module().clone(), function, code_offset })
    });
    error.add_frames(frames);
    error
}
