//! The executor: runs internal code until it returns, traps, or needs the driver.
//!
//! It knows no host, no type parameter and no allocator policy: whatever needs them leaves the interpreter as an [`Exit`], is dealt with by the
//! driver (`api::driver`), and goes on with [`run`]. Called by: `api`. Calls: `runtime`, `code`, `wasm`.
//!
//! # Invariants
//! Those of `exec::registers` (I1 to I5) and `exec::machine` (A1, A2).
#![allow(unsafe_code, reason = "this is the interpreter: pointers into code, frames and memory; every block names its invariant")]

pub mod dispatch;
pub mod handlers;
pub mod machine;
pub mod registers;
#[cfg_attr(feature = "compact", path = "compact.rs")]
mod superinstructions;
mod unwind;

pub use handlers::FUSION;
pub use machine::{LINK_SLOTS, Machine, Mark, RawFrame, Stack};
pub use unwind::{Unwound, rethrow};

use core::ptr::{null, with_exposed_provenance as exposed};
use spin::Once;

use crate::code::cell::CallTarget;
use crate::code::ops::Op;
use crate::code::place::{AtomicAccess, Place};
use crate::runtime::context::{Context, FuncEntity, Slot};
use crate::wasm::simd::V128;
use crate::wasm::trap::TrapCode;
use machine::Crossing;
use registers::{Reason, Registers};

/// Where execution goes on.
#[derive(Clone, Copy, Debug)]
pub struct Activation {
    /// The instruction (I1).
    pub ip: *const u64,
    /// The frame (I2).
    pub fp: *mut u64,
    /// The instance (I4).
    pub cx: *mut Context,
    /// The slot whose value the accumulators take first, after a call; or null.
    pub result: *const u64,
}

/// Why [`run`] came back.
#[derive(Debug)]
pub enum Exit {
    /// The outermost function returned; its results lie where its arguments were.
    Done,
    /// A trap.
    Trap {
        /// Why.
        code: TrapCode,
        /// Where.
        at: Activation,
    },
    /// An exception was thrown that nothing catches which was called since the host was last in control.
    Uncaught {
        /// A reference to it; none if the store has no room for it.
        exception: Option<Slot>,
        /// Where.
        at: Activation,
    },
    /// No reason that there is: a fault of ours.
    Unknown,
    /// A function without code is called; go on at its entry.
    Translate {
        /// `ip` is the stub of the function's cell.
        at: Activation,
    },
    /// A host function is called; go on with [`finish_host_call`].
    HostCall {
        /// The function.
        func: *const FuncEntity,
        /// `fp` is its frame, see [`arguments`].
        at: Activation,
    },
    /// A memory must grow.
    MemoryGrow {
        /// Its index.
        memory: u32,
        /// By how many pages.
        delta: u64,
        /// Where the old size goes, or −1 of the memory's address type.
        result: *mut u64,
        /// Where to go on.
        at: Activation,
    },
    /// A thread wants to wait, as the operands say.
    AtomicWait {
        /// Which memory, how wide the value is (kind 1 for 64 bits), and the static offset.
        access: AtomicAccess,
        /// The slots of the address, of the expected value, and of the timeout.
        operands: [u64; 3],
        /// Where the outcome goes.
        result: *mut u64,
        /// Where to go on.
        at: Activation,
    },
    /// There is no room for an object; go on at the same place once garbage has been collected.
    Collect {
        /// The instruction.
        at: Activation,
    },
    /// A table must grow.
    TableGrow {
        /// Its index.
        table: u32,
        /// What the new elements are.
        value: Slot,
        /// By how many elements.
        delta: u64,
        /// Where the old size goes, or −1 of the table's index type.
        result: *mut u64,
        /// Where to go on.
        at: Activation,
    },
}

/// Instructions that are not part of any function: return addresses of calls that the driver made.
#[derive(Debug)]
struct Stubs {
    words: [u64; 2],
}

impl Stubs {
    fn done(&self) -> *const u64 {
        exposed((&raw const self.words[0]).expose_provenance())
    }

    fn recross(&self) -> *const u64 {
        exposed((&raw const self.words[1]).expose_provenance())
    }
}

/// Made on first use: addresses of handlers are not known at compile time.
fn stubs() -> &'static Stubs {
    static STUBS: Once<Stubs> = Once::new();
    STUBS.call_once(|| Stubs { words: [handlers::word(Op::Done), handlers::word(Op::Recross)] })
}

/// The word of the instruction that asks for translation; for `ModuleCode::new`.
pub fn translate_stub() -> u64 {
    handlers::word(Op::TranslateStub)
}

/// The word of the instruction that calls a host function; for a `FuncEntity`'s stub.
pub fn host_stub() -> u64 {
    handlers::word(Op::HostStub)
}

/// Starts a call of `func`, whose arguments lie at `base`. `caller` is the instance that a host function is called from, or null.
///
/// # Errors
/// The stack is exhausted.
///
/// # Safety
/// `func` is valid (R1), `base` came from [`Machine::top`] and holds arguments of its parameter types.
pub unsafe fn begin(machine: &mut Machine, func: *const FuncEntity, base: *mut u64, caller: *mut Context) -> Result<Activation, TrapCode> {
    if base > machine.limit {
        return Err(TrapCode::StackOverflow);
    }
    // SAFETY: A1: behind the limit there is room for arguments and link.
    unsafe {
        let fp = base.add((*func).link_slots as usize + LINK_SLOTS);
        let link = machine::link(fp);
        link.write(stubs().done().expose_provenance());
        link.add(1).write(fp.expose_provenance());
        let context = (*func).context;
        let cx = if context.is_null() { caller } else { context };
        Ok(Activation { ip: (*func).target.entry(), fp, cx, result: null() })
    }
}

/// Goes on after a host function whose results have been written: as if it had returned.
///
/// # Safety
/// `func` and `at` are those of [`Exit::HostCall`].
pub unsafe fn finish_host_call(func: *const FuncEntity, at: Activation) -> Activation {
    // SAFETY: I2: the caller has written the link.
    unsafe {
        let link = machine::link(at.fp);
        let fp = core::ptr::with_exposed_provenance_mut(link.add(1).read());
        Activation { ip: exposed(link.read()), fp, cx: at.cx, result: arguments(func, at.fp) }
    }
}

/// Where the arguments of a call lie, and its results will.
///
/// # Safety
/// `func` is valid (R1), `fp` is the frame of a call of it.
pub unsafe fn arguments(func: *const FuncEntity, fp: *mut u64) -> *mut u64 {
    // SAFETY: I2.
    unsafe { fp.sub((*func).link_slots as usize + LINK_SLOTS) }
}

/// Lets the call that has just entered a function through its cell's `call_stub` go straight to its code from now on.
///
/// # Safety
/// `at` is that of [`Exit::Translate`], `ip` the `call_stub` of a cell of its module, and `entry` published code of that function.
pub unsafe fn link_call(at: Activation, entry: *const u64) {
    // SAFETY: C4: the word in front of the return address is the call's target. It belongs to code that lives (I1), as atomics.
    unsafe {
        let return_to: *const u64 = exposed(machine::link(at.fp).read());
        (*return_to.sub(1).cast::<CallTarget>()).link(entry);
    }
}

/// Runs until something happens that only the driver can deal with.
///
/// # Safety
/// `at` is an activation of this machine: from [`begin`], [`finish_host_call`], or an [`Exit`] that has been dealt with.
pub unsafe fn run(machine: *mut Machine, mut at: Activation) -> Exit {
    loop {
        // SAFETY: I1 to I5 hold for an activation of this machine; the context leads to the machine by the same pointer.
        let (left, stopped) = unsafe {
            if at.cx.is_null() {
                // A host function called by the host: there is no instance, and nothing to interpret but its stub.
                return Exit::HostCall { func: entity_of_stub(at.ip), at };
            }
            (*(*at.cx).memory).enter((*machine).limit(), (*(*at.cx).owner).heap.place());
            let left = match (*machine).paused.take() {
                Some(paused) => dispatch::enter(*paused),
                None => dispatch::enter(registers(at)),
            };
            (left, (*machine).stopped.take())
        };
        let Some(stopped) = stopped else { return Exit::Done };
        // SAFETY: as above; what each reason says of `ip` and `fp` is in `registers::Reason`.
        unsafe {
            match left {
                left if left == Reason::Done as u32 => return Exit::Done,
                left if left == Reason::Translate as u32 => return Exit::Translate { at: stopped },
                left if left == Reason::HostCall as u32 => return Exit::HostCall { func: entity_of_stub(stopped.ip), at: stopped },
                left if left == Reason::Cross as u32 => at = cross(&mut *machine, stopped),
                left if left == Reason::Recross as u32 => match (*machine).crossings.pop() {
                    Some(Crossing { return_to, cx, results }) => at = Activation { ip: return_to, fp: stopped.fp, cx, result: results },
                    None => return Exit::Done,
                },
                left if left == Reason::MemoryGrow as u32 => {
                    let [delta, result] = slots(stopped).map(|slot| slot.cast::<u32>());
                    return Exit::MemoryGrow { memory: 0, delta: u64::from(*delta), result: result.cast(), at: behind(stopped, 4) };
                }
                left if left == Reason::MemoryGrowAny as u32 => {
                    let [delta, _] = slots(stopped);
                    let place = Place::from_bits(stopped.ip.byte_add(2).cast::<u32>().read_unaligned());
                    let [result, _] = slots(Activation { ip: stopped.ip.byte_add(6), ..stopped });
                    let delta = place.address(*delta);
                    return Exit::MemoryGrow { memory: place.memory(), delta, result, at: behind(stopped, 8) };
                }
                left if left == Reason::AtomicWait as u32 => {
                    let [address, expected] = slots(stopped);
                    let [timeout, _] = slots(Activation { ip: stopped.ip.byte_add(4), ..stopped });
                    let access = AtomicAccess::from_bits(stopped.ip.byte_add(6).cast::<u32>().read_unaligned());
                    let [result, _] = slots(Activation { ip: stopped.ip.byte_add(10), ..stopped });
                    let operands = [*address, *expected, *timeout];
                    return Exit::AtomicWait { access, operands, result, at: behind(stopped, 12) };
                }
                left if left == Reason::TableGrow as u32 => {
                    let [value, delta] = slots(stopped);
                    let table = stopped.ip.byte_add(4).cast::<u32>().read_unaligned();
                    let [result, _] = slots(Activation { ip: stopped.ip.byte_add(8), ..stopped });
                    let delta = u64::from(*delta.cast::<u32>());
                    return Exit::TableGrow { table, value: *value, delta, result, at: behind(stopped, 10) };
                }
                left if left == Reason::Collect as u32 => return Exit::Collect { at: stopped },
                left if left == Reason::Throw as u32 || left == Reason::ThrowRef as u32 => {
                    match unwind::throw(&mut *machine, stopped, left == Reason::ThrowRef as u32) {
                        Unwound::Caught(next) => at = next,
                        Unwound::Uncaught(exception) => return Exit::Uncaught { exception, at: stopped },
                        Unwound::Null => return Exit::Trap { code: TrapCode::NullExceptionReference, at: stopped },
                    }
                }
                left => {
                    let code = u8::try_from(left).ok().and_then(TrapCode::from_u8);
                    return code.map_or(Exit::Unknown, |code| Exit::Trap { code, at: stopped });
                }
            }
        }
    }
}

/// The registers of an activation.
unsafe fn registers(at: Activation) -> Registers {
    // SAFETY: I3, I4; `result` is a slot.
    unsafe {
        let value = if at.result.is_null() { 0 } else { at.result.read() };
        // The slot behind a result that is no vector is one of the stack too: that of the link, at least.
        let vector = if at.result.is_null() { [0; 2] } else { at.result.cast::<[u64; 2]>().read() };
        Registers {
            ip: at.ip.cast(),
            fp: at.fp.cast(),
            mem: (*(*at.cx).memory).base,
            cx: at.cx,
            a: value,
            f: f64::from_bits(value),
            g: f32::from_bits(value as u32),
            v: V128::of_slots(vector),
            p: [0; 2],
            q: [0.0; 4],
        }
    }
}

/// The two slots that the first four bytes of operands name.
unsafe fn slots(at: Activation) -> [*mut u64; 2] {
    // SAFETY: I1, I2.
    unsafe {
        let [x, y] = at.ip.cast::<[i16; 2]>().read_unaligned();
        [at.fp.byte_offset(isize::from(x)), at.fp.byte_offset(isize::from(y))]
    }
}

/// Behind an instruction whose operands start at `ip` and are `bytes` long.
fn behind(at: Activation, bytes: usize) -> Activation {
    let end = at.ip.addr() + bytes;
    Activation { ip: at.ip.wrapping_byte_add(end.next_multiple_of(8) - at.ip.addr()), ..at }
}

/// Switches to the instance of the function that is called.
unsafe fn cross(machine: &mut Machine, stopped: Activation) -> Activation {
    let func: *const FuncEntity = stopped.ip.cast();
    // SAFETY: Reason::Cross: `ip` is the entity, `fp` its frame with a link.
    unsafe {
        let link = machine::link(stopped.fp);
        let results = arguments(func, stopped.fp);
        let recross = stubs().recross().expose_provenance();
        // In a tail call by a function that another instance has called, the way back is there already.
        if link.read() != recross {
            machine.crossings.push(Crossing { return_to: exposed(link.read()), cx: stopped.cx, results });
            link.write(recross);
        }
        Activation { ip: (*func).target.entry(), fp: stopped.fp, cx: (*func).context, result: null() }
    }
}

/// The host function whose stub this is.
unsafe fn entity_of_stub(stub: *const u64) -> *const FuncEntity {
    let address = stub.addr() - core::mem::offset_of!(FuncEntity, stub);
    exposed(address)
}
