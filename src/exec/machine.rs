//! The state of a store's execution: the value stack, calls between instances, and where execution stopped.
//!
//! One stack of 8-byte slots holds the frames of all calls of a store; native frames are used only where the host and WebAssembly call each other.
//! Called by: `exec`, `api::driver`. Calls: `runtime::context`, `code`.
//!
//! # Invariants
//! A1. While a call runs there is a stack, which never moves; `top` lies in it, `limit` is [`RED_ZONE_SLOTS`] before its end. Without a stack, both are
//!     null.
//! A2. Each entry of `crossings` belongs to one running call into another instance; its callee returns to [`RECROSS`].

use alloc::{boxed::Box, vec::Vec};

use super::registers::Registers;
use super::{Activation, stubs};
use crate::runtime::context::Context;
use crate::wasm::trap::TrapCode;

/// Slots behind the limit that every function may use without asking: arguments and link of a call (1,000 vectors, and 2), and frames of leaf
/// functions.
pub const RED_ZONE_SLOTS: usize = 3072;

/// The smallest stack, in bytes.
pub const MIN_STACK_BYTES: usize = 8 * 2 * RED_ZONE_SLOTS;

/// A running call into another instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing {
    /// Where the caller goes on.
    pub(super) return_to: *const u64,
    /// The caller's instance.
    pub(super) cx: *mut Context,
    /// Where the callee's arguments are, and its results will be.
    pub(super) results: *mut u64,
}

/// A value stack: what calls leave in it means nothing to the next one, so that any machine can have it.
#[derive(Debug)]
pub struct Stack(Vec<u64>);

impl Stack {
    /// A stack of this many bytes (at least [`MIN_STACK_BYTES`]), or `None` if there is no memory for it.
    pub fn new(bytes: usize) -> Option<Self> {
        let slots = bytes.max(MIN_STACK_BYTES) / 8;
        let layout = core::alloc::Layout::array::<u64>(slots).ok()?;
        // SAFETY: the layout is not empty (MIN_STACK_BYTES); a vector of zeroed words may own it.
        unsafe {
            let start = alloc::alloc::alloc_zeroed(layout).cast::<u64>();
            (!start.is_null()).then(|| Self(Vec::from_raw_parts(start, slots, slots)))
        }
    }
}

/// The state of a store's execution.
#[derive(Debug)]
pub struct Machine {
    stack: Stack,
    top: *mut u64,
    pub(super) limit: *mut u64,
    pub(super) crossings: Vec<Crossing>,
    pub(super) stopped: Option<Activation>,
    /// The registers of an instruction that will be done again; apart, since few stores ever need room for them.
    pub(super) paused: Option<Box<Registers>>,
    /// Where running host functions return to that code has called, outermost first.
    suspended: Vec<Activation>,
}

/// What to restore after a trap.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    top: *mut u64,
    crossings: usize,
    suspended: usize,
}

/// A frame of a backtrace.
#[derive(Clone, Debug)]
pub enum RawFrame {
    /// A function of a module.
    Wasm {
        /// The instance that it runs in.
        cx: *mut Context,
        /// Its index among the functions that the module defines.
        function: u32,
        /// Where in its code: bytes.
        code_offset: u32,
    },
    /// A function that was about to be translated.
    Untranslated {
        /// The instance that it runs in.
        cx: *mut Context,
        /// Its index among the functions that the module defines.
        function: u32,
    },
}

// SAFETY: the pointers lead into the machine's own stack and into the store that owns the machine, which moves between threads as a whole.
unsafe impl Send for Machine {}
// SAFETY: shared references give nothing that writes.
unsafe impl Sync for Machine {}

impl Machine {
    /// A machine without a stack.
    pub fn new() -> Self {
        Self {
            stack: Stack(Vec::new()),
            top: core::ptr::null_mut(),
            limit: core::ptr::null_mut(),
            crossings: Vec::new(),
            stopped: None,
            paused: None,
            suspended: Vec::new(),
        }
    }

    /// Whether it has a stack.
    pub fn has_stack(&self) -> bool {
        !self.top.is_null()
    }

    /// Gives it a stack, which takes the place of the one that it may have; no call is active.
    pub fn put_stack(&mut self, stack: Stack) {
        self.stack = stack;
        let slots = &mut self.stack.0;
        self.top = slots.as_mut_ptr();
        self.limit = self.top.wrapping_add(slots.len() - RED_ZONE_SLOTS);
        self.top.expose_provenance();
    }

    /// Takes its stack, if it has one; no call is active.
    pub fn take_stack(&mut self) -> Option<Stack> {
        let had = self.has_stack();
        (self.top, self.limit) = (core::ptr::null_mut(), core::ptr::null_mut());
        let stack = core::mem::replace(&mut self.stack, Stack(Vec::new()));
        had.then_some(stack)
    }

    /// Where the arguments of the next call go.
    ///
    /// # Errors
    /// The stack is exhausted, or there is none.
    pub fn top(&self) -> Result<*mut u64, TrapCode> {
        if self.top.is_null() || self.top > self.limit { Err(TrapCode::StackOverflow) } else { Ok(self.top) }
    }

    /// Moves the top behind the frame of a host function that runs now.
    pub fn set_top(&mut self, top: *mut u64) {
        self.top = top;
    }

    /// The limit of the stack that goes in front of memories.
    pub fn limit(&self) -> *mut u8 {
        self.limit.cast()
    }

    /// What [`Machine::unwind`] needs.
    pub fn mark(&self) -> Mark {
        Mark { top: self.top, crossings: self.crossings.len(), suspended: self.suspended.len() }
    }

    /// Forgets what was called since the mark.
    pub fn unwind(&mut self, mark: Mark) {
        self.top = mark.top;
        self.crossings.truncate(mark.crossings);
        self.suspended.truncate(mark.suspended);
        self.paused = None;
    }

    /// Notes where a host function that code has called returns to; until [`Machine::unwind`] to a mark that was made before.
    pub fn suspend(&mut self, back: Activation) {
        self.suspended.push(back);
    }

    /// Notes the registers of an instruction that will be done again.
    ///
    /// # Safety
    /// They are those of the interpreter, whose machine this is.
    pub unsafe fn pause(&mut self, registers: Registers) {
        // SAFETY: by the caller.
        unsafe { self.stop(registers.ip, registers.fp, registers.cx) };
        self.paused = Some(Box::new(registers));
    }

    /// Visits the frames of all functions that are active, those that wait for host functions included: context, frame, index of the function
    /// among those that its module defines, and where in its code it is, in bytes. `at` is where the machine stopped, unless the host is in control.
    ///
    /// # Safety
    /// The machine stopped at `at`, and nothing has run on it since.
    pub unsafe fn visit_frames(&self, at: Option<Activation>, mut visit: impl FnMut(*mut Context, *mut u64, u32, u32)) {
        let mut crossings = self.crossings.iter().rev();
        let suspended = self.suspended.iter().rev().map(|&back| (back, true));
        for (Activation { mut ip, mut fp, mut cx, .. }, mut returns) in at.map(|at| (at, false)).into_iter().chain(suspended) {
            loop {
                if returns && core::ptr::eq(ip, stubs().recross()) {
                    let Some(crossing) = crossings.next() else { break };
                    (ip, cx) = (crossing.return_to, crossing.cx);
                    continue;
                }
                // SAFETY: R3, and I1: the instruction belongs to the context's module.
                let code = unsafe { &*(*cx).code };
                // A return address is behind its call, operands are behind the start of their instruction.
                let inside = if returns { ip.wrapping_byte_sub(1) } else { ip.wrapping_byte_add(8) };
                let Some((function, code_offset)) = code.find(inside) else { break };
                visit(cx, fp, function, code_offset);
                // SAFETY: I2: the link lies in front of the frame pointer.
                unsafe {
                    let link = link(fp);
                    ip = core::ptr::with_exposed_provenance(link.read());
                    fp = core::ptr::with_exposed_provenance_mut(link.add(1).read());
                }
                returns = true;
            }
        }
    }

    /// All slots of the stack that running calls may read again, while the host is in control.
    pub fn slots_in_use(&self) -> *const [u64] {
        self.slots_below(self.top)
    }

    /// All slots of the stack below an address in it.
    pub(super) fn slots_below(&self, end: *mut u64) -> *const [u64] {
        let slots = &self.stack.0;
        let start = slots.as_ptr();
        core::ptr::slice_from_raw_parts(start, (end.addr().saturating_sub(start.addr()) / 8).min(slots.len()))
    }

    /// Notes where execution stopped.
    ///
    /// # Safety
    /// The pointers are those of the interpreter's registers.
    pub unsafe fn stop(&mut self, ip: *const u8, fp: *mut u8, cx: *mut Context) {
        self.stopped = Some(Activation { ip: ip.cast(), fp: fp.cast(), cx, result: core::ptr::null() });
    }

    /// The frames of running calls, innermost first, down to the outermost call since the host was last in control; at most `most`.
    ///
    /// # Safety
    /// `at` is where this machine stopped, and nothing has run on it since.
    pub unsafe fn frames(&self, at: Activation, most: usize) -> Vec<RawFrame> {
        let mut frames = Vec::new();
        let mut crossings = self.crossings.iter().rev();
        let Activation { mut ip, mut fp, mut cx, .. } = at;
        while frames.len() < most {
            // SAFETY: R3, and I1: the instruction belongs to the context's module.
            let code = unsafe { &*(*cx).code };
            if let Some((function, code_offset)) = code.find(ip) {
                frames.push(RawFrame::Wasm { cx, function, code_offset });
            } else if let Some((function, _)) = code.function_of_stub(ip) {
                frames.push(RawFrame::Untranslated { cx, function });
            } else {
                break;
            }
            // SAFETY: I2: the link lies in front of the frame pointer.
            unsafe {
                let link = link(fp);
                ip = core::ptr::with_exposed_provenance(link.read());
                fp = core::ptr::with_exposed_provenance_mut(link.add(1).read());
            }
            if core::ptr::eq(ip, stubs().recross()) {
                let Some(crossing) = crossings.next() else { break };
                (ip, cx) = (crossing.return_to, crossing.cx);
            }
            // A return address is behind its call: the call is what the trace shows.
            ip = ip.wrapping_byte_sub(1);
        }
        frames
    }
}

/// Slots of a link: return address and caller's frame.
pub const LINK_SLOTS: usize = 2;

/// The link of a frame.
///
/// # Safety
/// I2.
pub(super) unsafe fn link(fp: *mut u64) -> *mut usize {
    // SAFETY: by the caller.
    unsafe { fp.sub(LINK_SLOTS).cast() }
}
