//! Exceptions on their way to a clause that catches them: from frame to frame by their links, and back through calls between instances.
//!
//! The walk ends where the host was last in control; the exception leaves as a value then, and may be thrown again where the host was called.
//! Called by: `exec::run`, `api::driver`. Calls: `code::{cell, unwind}`, `runtime`.
//!
//! # Why
//! What is thrown and caught without a reference is never allocated: payloads go from slots to slots.

use core::ptr::{null, slice_from_raw_parts};

use super::machine::{self, Machine};
use super::{Activation, exposed, stubs};
use crate::code::cell::Landing;
use crate::code::unwind::{ANY_TAG, Clause, NO_REFERENCE};
use crate::runtime::context::Slot;
use crate::runtime::store::StoreInner;

/// How the search for a clause ended.
#[derive(Debug)]
pub enum Unwound {
    /// An exception lands: frames and crossings above are gone.
    Caught(Activation),
    /// Nothing has changed; a reference to the exception, or none if the store has no room for it.
    Uncaught(Option<Slot>),
    /// There is no exception: the reference is null.
    Null,
}

/// An exception on its way.
struct Thrown {
    /// Its tag's number in the store.
    tag: u32,
    payload: *const Slot,
    slots: usize,
    /// A reference to it, or 0 if nothing refers to it yet.
    reference: Slot,
}

/// Answers `Reason::Throw`, or `Reason::ThrowRef` if `by_reference`.
///
/// # Safety
/// `at` is where the machine stopped for that reason.
pub(super) unsafe fn throw(machine: &mut Machine, at: Activation, by_reference: bool) -> Unwound {
    // SAFETY: I1, I2: `ip` points to the operands; R6: no other reference to the store is alive. The tag exists (I5).
    unsafe {
        let store = &mut *(*at.cx).owner;
        if by_reference {
            let slot = at.ip.cast::<i16>().read_unaligned();
            let reference = at.fp.byte_offset(isize::from(slot)).read();
            return rethrow(machine, store, reference, at);
        }
        let operand = at.ip.cast::<u64>().read_unaligned();
        let tag = store.instance((*at.cx).instance).and_then(|instance| instance.tag((operand >> 32) as u32)).unwrap_or(ANY_TAG);
        let payload = at.fp.byte_offset(operand as i32 as isize).cast_const();
        let slots = store.tag_slots(tag).unwrap_or(0);
        unwind(machine, store, &Thrown { tag, payload, slots, reference: 0 }, at)
    }
}

/// Throws the exception at a reference of this store. `at` is where the machine stopped, or where a host function returns to.
///
/// # Safety
/// `at` is an activation of this machine, and the store is the one that it belongs to.
pub unsafe fn rethrow(machine: *mut Machine, store: &mut StoreInner, reference: Slot, at: Activation) -> Unwound {
    let Some(exception) = store.exceptions.get(reference) else { return Unwound::Null };
    let thrown = Thrown { tag: exception.tag, payload: exception.payload.as_ptr(), slots: exception.payload.len(), reference };
    // SAFETY: by the caller; the exception stays where it is, since no other is added while it has a reference.
    unsafe { unwind(&mut *machine, store, &thrown, at) }
}

/// Looks for a clause, and lands there.
///
/// # Safety
/// As for [`rethrow`]; the payload is readable.
unsafe fn unwind(machine: &mut Machine, store: &mut StoreInner, thrown: &Thrown, at: Activation) -> Unwound {
    let Activation { mut ip, mut fp, mut cx, .. } = at;
    let mut crossings = machine.crossings.len();
    loop {
        if core::ptr::eq(ip, stubs().recross()) {
            let Some(index) = crossings.checked_sub(1) else { break };
            let crossing = machine.crossings[index];
            (crossings, ip, cx) = (index, crossing.return_to, crossing.cx);
        }
        if core::ptr::eq(ip, stubs().done()) {
            break;
        }
        // SAFETY: I4, R1.
        let (code, instance) = unsafe { (&*(*cx).code, store.instance((*cx).instance)) };
        let catches = |clause: &Clause| clause.tag == ANY_TAG || instance.and_then(|instance| instance.tag(clause.tag)) == Some(thrown.tag);
        // Return addresses are behind their calls, operands behind the start of what throws.
        if let Some(Landing { clause, target, frame }) = code.landing(ip.wrapping_byte_sub(1), catches) {
            // SAFETY: U2: the slots are those of the frame of the function whose code it is, which ends behind `frame` bytes.
            unsafe {
                if clause.reference != NO_REFERENCE {
                    make_room(machine, store, thrown, fp.byte_add(frame as usize));
                }
                if !land(store, thrown, &clause, fp) {
                    return Unwound::Uncaught(None);
                }
            }
            machine.crossings.truncate(crossings);
            return Unwound::Caught(Activation { ip: target, fp, cx, result: null() });
        }
        // SAFETY: I2: the link lies in front of the frame pointer.
        unsafe {
            let link = machine::link(fp);
            ip = exposed(link.read());
            fp = core::ptr::with_exposed_provenance_mut(link.add(1).read());
        }
    }
    // SAFETY: by the caller; what lies behind the outermost frame pointer is not read again.
    unsafe {
        make_room(machine, store, thrown, fp);
        Unwound::Uncaught(reference_to(store, thrown))
    }
}

/// Frees exceptions that nothing refers to, if it is time for that and a reference must be made. `end` is the end of what is alive on the stack.
///
/// # Safety
/// The payload is readable, and `end` lies in the machine's stack.
unsafe fn make_room(machine: &Machine, store: &mut StoreInner, thrown: &Thrown, end: *mut u64) {
    if thrown.reference == 0 && store.exceptions.is_collection_due() {
        // SAFETY: by the caller; slots are initialised, and nothing writes to them meanwhile.
        unsafe { store.collect_exceptions(&*machine.slots_below(end), &*slice_from_raw_parts(thrown.payload, thrown.slots)) };
    }
}

/// Gives a clause what it takes; whether there was room for it.
///
/// # Safety
/// The clause is of the function whose frame `fp` is; the payload is readable.
unsafe fn land(store: &mut StoreInner, thrown: &Thrown, clause: &Clause, fp: *mut u64) -> bool {
    // SAFETY: by the caller; payload and slots may overlap. The reference is made first, since it may need the payload as it was.
    unsafe {
        let mut reference = 0;
        if clause.reference != NO_REFERENCE {
            let Some(made) = reference_to(store, thrown) else { return false };
            reference = made;
        }
        if clause.tag != ANY_TAG {
            let payload = fp.byte_offset(clause.payload as isize);
            core::ptr::copy(thrown.payload, payload, thrown.slots);
        }
        if clause.reference != NO_REFERENCE {
            fp.byte_offset(clause.reference as isize).write(reference);
        }
    }
    true
}

/// A reference to an exception, which is kept from now on.
///
/// # Safety
/// The payload is readable.
unsafe fn reference_to(store: &mut StoreInner, thrown: &Thrown) -> Option<Slot> {
    if thrown.reference != 0 {
        return Some(thrown.reference);
    }
    // SAFETY: by the caller; slots are initialised.
    let payload = unsafe { &*slice_from_raw_parts(thrown.payload, thrown.slots) };
    store.exceptions.add(thrown.tag, payload)
}
