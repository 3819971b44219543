//! Control: branches, calls, returns, frames, and the exits to the driver.
//!
//! A callee's frame starts at its arguments, which are the caller's outermost operands: nothing is copied. Behind the larger of parameters and
//! results lies the link: return address and caller's frame, two slots; then come locals, then operands. `fp` points behind the link.
//!
//! # Why
//! What a call costs is the time from one value of `ip` to the next, since operands can't be read before it is known. So the link is at a fixed
//! place, the callee's address lies in the calling instruction itself, and neither is found through another address.
//! Called by: `exec::handlers`. Calls: nothing of ours.

use core::hint::cold_path;
use core::ptr::with_exposed_provenance as exposed;

use super::{Other, Registers, instruction, jump};
use crate::code::cell::{CallTarget, CodeCell};
use crate::exec::registers::{Control, N, P, Reason, S, Source, Value, operand, slot};
use crate::runtime::context::{Context, FuncEntity};
use crate::wasm::simd::V128;
use crate::wasm::trap::TrapCode;

/// The length of an instruction up to the next one, if its last operand ends `end` bytes behind `ip`.
const fn next(end: usize) -> usize {
    end.next_multiple_of(8)
}

/// Bytes of the tail of a `CallImport` or `CallIndirect`: callee (4), distance to its frame (4), table (2).
const TAIL: usize = 10;

/// Where the caller goes on after a call with this tail. Instructions start at multiples of 8.
pub fn behind_tail(tail: *const u8) -> *const u8 {
    tail.wrapping_add((tail.addr() + TAIL).next_multiple_of(8) - tail.addr())
}

/// Makes the frame of a callee: writes its link, and gives its address. `tail` is the tail of a `CallImport` or `CallIndirect`.
///
/// # Safety
/// I1, I2.
#[inline(always)]
pub unsafe fn enter_callee(tail: *const u8, fp: *mut u8, return_to: *const u8) -> *mut u8 {
    // SAFETY: I2: the caller's frame has room for the arguments and the link of its callees.
    unsafe {
        let frame = fp.add(tail.add(4).cast::<u32>().read_unaligned() as usize);
        write_link(frame, fp, return_to);
        frame
    }
}

/// Makes the frame of a callee that takes the place of the running function: its link is that of the running function, `distance` bytes on.
///
/// # Safety
/// I2; behind the new link there is as much room as behind the old one, or the callee asks for it (`Enter`, or the red zone).
#[inline(always)]
unsafe fn replace_frame(fp: *mut u8, distance: i32) -> *mut u8 {
    // SAFETY: I2: the caller has written the link.
    unsafe {
        let link = fp.cast::<usize>().sub(2);
        let (return_to, caller) = (link.read(), link.add(1).read());
        let frame = fp.offset(distance as isize);
        let link = frame.cast::<usize>().sub(2);
        link.write(return_to);
        link.add(1).write(caller);
        frame
    }
}

/// The same, with the distance of a call that has a `tail`, in bytes.
///
/// # Safety
/// I1; as for [`replace_frame`].
#[inline(always)]
pub unsafe fn enter_in_place(tail: *const u8, fp: *mut u8) -> *mut u8 {
    // SAFETY: by the caller.
    unsafe { replace_frame(fp, tail.add(4).cast::<i32>().read_unaligned()) }
}

/// Writes the link of a callee's frame.
///
/// # Safety
/// I2.
#[inline(always)]
unsafe fn write_link(frame: *mut u8, fp: *mut u8, return_to: *const u8) {
    // SAFETY: I2: the caller's frame has room for the arguments and the link of its callees.
    unsafe {
        let link = frame.cast::<usize>().sub(2);
        link.write(return_to.expose_provenance());
        link.add(1).write(fp.expose_provenance());
    }
}

/// The reference that a table holds for an indirect call: `None` past its end, null where there is none.
///
/// # Safety
/// I1, I4: `tail` is the tail of a `CallIndirect`.
#[inline(always)]
pub unsafe fn callee(cx: *mut Context, tail: *const u8, index: u32) -> Option<*const FuncEntity> {
    // SAFETY: R3, R5.
    unsafe {
        // Nearly always table 0, whose address need not wait for the operand.
        let table = match tail.add(8).cast::<u16>().read_unaligned() {
            0 => (*cx).table,
            index => *(*cx).tables.add(usize::from(index)),
        };
        let elements = &(*table).elements;
        elements.get(index as usize).map(|&reference| exposed(reference as usize))
    }
}

/// Whether the driver must switch to another instance for a call. (A host function runs in its caller's.)
///
/// # Safety
/// I4; `entity` is valid (R5).
#[inline(always)]
unsafe fn crosses(r: &Registers, entity: *const FuncEntity) -> bool {
    // SAFETY: R1, R5.
    let context = unsafe { (*entity).context };
    if context == r.cx {
        return false;
    }
    // Two branches: one condition of both would need a register more.
    cold_path();
    !context.is_null()
}

/// Calls a referenced function: in the same instance, or of the host, directly; of another instance, through the driver.
///
/// # Safety
/// I1, I2; `entity` is valid (R5); the tail is `at` bytes behind `ip`.
#[inline(always)]
unsafe fn enter_entity(r: &mut Registers, entity: *const FuncEntity, at: usize) -> Control {
    // SAFETY: R1, R5.
    unsafe {
        if crosses(r, entity) {
            return Control::Cross(entity, at);
        }
        let code = (*entity).target.entry();
        r.fp = enter_callee(r.ip.add(at), r.fp, r.ip.add(next(at + TAIL)));
        r.ip = code.cast();
        Control::Jump
    }
}

/// The same, in place of the running function.
///
/// # Safety
/// I1, I2; `entity` is valid (R5); the tail is `at` bytes behind `ip`.
#[inline(always)]
unsafe fn replace_by_entity(r: &mut Registers, entity: *const FuncEntity, at: usize) -> Control {
    // SAFETY: R1, R5.
    unsafe {
        if crosses(r, entity) {
            return Control::CrossInPlace(entity, at);
        }
        r.fp = enter_in_place(r.ip.add(at), r.fp);
        r.ip = (*entity).target.entry().cast();
        Control::Jump
    }
}

/// The function that an indirect call with index `index` calls; `None` if there is none, or one of another type.
///
/// # Safety
/// I1, I4: the tail is `at` bytes behind `ip`.
#[inline(always)]
unsafe fn callee_of_type(r: &mut Registers, index: u32, at: usize) -> Option<*const FuncEntity> {
    // The accumulator is free, and the way out that needs the index finds it there.
    r.a = u64::from(index);
    // SAFETY: R5.
    unsafe { callee(r.cx, r.ip.add(at), index).filter(|&entity| !entity.is_null() && (*entity).ty.0 == operand::<u32>(r, at)) }
}

/// Goes back to the caller.
///
/// # Safety
/// I2.
#[inline(always)]
unsafe fn leave_callee(r: &mut Registers) -> Control {
    // SAFETY: I2: the caller has written the link.
    unsafe {
        let link = r.fp.cast::<usize>().sub(2);
        r.ip = exposed(link.read());
        r.fp = core::ptr::with_exposed_provenance_mut(link.add(1).read());
        Control::Jump
    }
}

instruction! {
    /// Goes to the label.
    Branch<N, N, N> [] 8, |r, at| jump(r, at)
}
instruction! {
    /// Goes to one of many labels.
    BranchTable<X, N, N> [X: Source<u32>] X::BYTES + 4, |r, at| {
        let index = X::get(r, at);
        let last = operand::<u32>(r, at + X::BYTES);
        let index = core::hint::select_unpredictable(index < last, index, last);
        let distance = operand::<i32>(r, next(at + X::BYTES + 4) + index as usize * 4);
        r.ip = r.ip.offset(distance as isize);
        Control::Jump
    }
}
instruction! {
    /// Calls a function of the module.
    Call<N, N, N> [] 12, |r, at| {
        let behind = r.ip.add(next(at + 12));
        let code = (*behind.cast::<CallTarget>().sub(1)).entry();
        let frame = r.fp.add(operand::<u32>(r, at) as usize);
        write_link(frame, r.fp, behind);
        r.fp = frame;
        r.ip = code.cast();
        Control::Jump
    }
}
instruction! {
    /// Calls an imported function.
    CallImport<N, N, N> [] TAIL, |r, at| {
        let entity = *(*r.cx).imported_functions.add(operand::<u32>(r, at) as usize);
        enter_entity(r, entity, at)
    }
}
instruction! {
    /// Calls the function that a table holds.
    CallIndirect<X, N, N> [X: Source<u32>] X::BYTES + TAIL, |r, at| {
        let index = X::get(r, at);
        let at = at + X::BYTES;
        match callee_of_type(r, index, at) {
            Some(entity) => enter_entity(r, entity, at),
            None => Control::NoCallee(at),
        }
    }
}
instruction! {
    /// Calls a function of the module in place of the running one.
    ReturnCall<N, N, N> [] 12, |r, at| {
        let cell: *const CodeCell = exposed(operand::<u64>(r, at + 4) as usize);
        let code = (*cell).entry();
        r.fp = replace_frame(r.fp, operand(r, at));
        r.ip = code.cast();
        Control::Jump
    }
}
instruction! {
    /// Calls an imported function in place of the running one.
    ReturnCallImport<N, N, N> [] TAIL, |r, at| {
        let entity = *(*r.cx).imported_functions.add(operand::<u32>(r, at) as usize);
        replace_by_entity(r, entity, at)
    }
}
instruction! {
    /// Calls the function that a table holds in place of the running one.
    ReturnCallIndirect<X, N, N> [X: Source<u32>] X::BYTES + TAIL, |r, at| {
        let index = X::get(r, at);
        let at = at + X::BYTES;
        match callee_of_type(r, index, at) {
            Some(entity) => replace_by_entity(r, entity, at),
            None => Control::NoCallee(at),
        }
    }
}
instruction! {
    /// Calls a referenced function.
    CallRef<X, N, N> [X: Source<u64>] X::BYTES + TAIL, |r, at| {
        let entity: *const FuncEntity = exposed(X::get(r, at) as usize);
        if entity.is_null() { Control::Trap(TrapCode::NullFunctionReference, at) } else { enter_entity(r, entity, at + X::BYTES) }
    }
}
instruction! {
    /// Calls a referenced function in place of the running one.
    ReturnCallRef<X, N, N> [X: Source<u64>] X::BYTES + TAIL, |r, at| {
        let entity: *const FuncEntity = exposed(X::get(r, at) as usize);
        if entity.is_null() { Control::Trap(TrapCode::NullFunctionReference, at) } else { replace_by_entity(r, entity, at + X::BYTES) }
    }
}
instruction! {
    /// Makes room for more arguments than the running function has parameters and results, and moves them there.
    MoveArguments<X, N, N> [X: Source<u64>] X::BYTES, |r, at| {
        let x = X::get(r, at);
        let source = r.fp.offset(x as i32 as isize).cast::<u64>();
        let (count, more) = ((x >> 32) as u16 as usize, (x >> 48) as usize);
        r.a = source.add(count).read();
        let link = r.fp.cast::<u64>().sub(2).cast::<[u64; 2]>().read();
        r.fp = r.fp.add(more * 8);
        let end = r.fp.cast::<u64>().sub(2);
        core::ptr::copy(source, end.sub(count), count);
        end.cast::<[u64; 2]>().write(link);
        Control::Next
    }
}
instruction! {
    /// Returns; results are in place.
    Return<N, N, N> [] 0, |r, at| leave_callee(r)
}

/// Returns one value: in its slot, and in the accumulator of its class.
macro_rules! return_value {
    ($name:ident $t:ty) => {
        instruction! {
            #[doc = concat!("Returns a value of class ", stringify!($t))]
            $name<X, N, N> [X: Source<$t>] X::BYTES + 2, |r, at| {
                let value = X::get(r, at);
                <$t>::set_accumulator(r, value);
                <$t>::store(slot(r, at + X::BYTES), value);
                leave_callee(r)
            }
        }
    };
}
return_value!(ReturnInt u64);
return_value!(ReturnF64 f64);
return_value!(ReturnF32 f32);
return_value!(ReturnVector V128);

instruction! {
    /// Traps.
    Unreachable<N, N, N> [] 0, |r, at| Control::Trap(TrapCode::Unreachable, at)
}
instruction! {
    /// Traps: no address is in bounds.
    OutOfBounds<N, N, N> [] 0, |r, at| Control::Trap(TrapCode::MemoryOutOfBounds, at)
}
instruction! {
    /// Traps when the stack has no room for the frame.
    Enter<N, N, N> [] 4, |r, at| {
        let end = r.fp.wrapping_add(operand::<u32>(r, at) as usize);
        let limit = r.mem.cast::<*mut u8>().sub(2).read();
        if end > limit { Control::Trap(TrapCode::StackOverflow, at) } else { Control::Next }
    }
}

/// Zeroes a fixed number of slots. (A loop would become a call of memset, with a prologue.)
macro_rules! zero {
    ($name:ident $slots:literal) => {
        instruction! {
            #[doc = concat!("Zeroes ", stringify!($slots), " slots")]
            $name<N, N, N> [] 2, |r, at| {
                slot(r, at).cast::<[u64; $slots]>().write([0; $slots]);
                Control::Next
            }
        }
    };
}
zero!(Zero4 4);
zero!(Zero8 8);
zero!(Zero12 12);
zero!(Zero16 16);

instruction! {
    /// Zeroes many slots.
    ZeroMany<N, N, N> [] 6, |r, at| {
        core::ptr::write_bytes(slot(r, at).cast::<u64>(), 0, operand::<u32>(r, at + 2) as usize);
        Control::Next
    }
}

/// Loads a pinned local from its slot, or stores it.
macro_rules! pins {
    ($load:ident $store:ident $t:ty) => {
        #[doc = concat!("Loads a pinned local of class ", stringify!($t))]
        #[derive(Debug)]
        pub struct $load;
        impl<const INDEX: usize> super::Instruction for Other<$load, N, N, P<INDEX>> {
            const BYTES: usize = 2;
            const PARTS: crate::code::fusion::Parts =
                super::parts(crate::code::ops::Op::$load, super::Kind::N, super::Kind::N, super::Kind::pin(INDEX as u8));
            type Branches = crate::exec::handlers::Is<false>;
            #[inline(always)]
            unsafe fn run(r: &mut Registers, at: usize) -> Control {
                // SAFETY: I1, I2.
                let value = unsafe { <$t>::load(slot(r, at)) };
                <$t>::set_pin(r, INDEX, value);
                Control::Next
            }
        }
        instruction! {
            #[doc = concat!("Stores a pinned local of class ", stringify!($t))]
            $store<X, N, N> [X: Source<$t>] 2, |r, at| {
                <$t>::store(slot(r, at), X::get(r, at));
                Control::Next
            }
        }
    };
}
pins!(PinInt UnpinInt u64);
pins!(PinF64 UnpinF64 f64);

instruction! {
    /// Leaves, to throw; `ip` points to the operands.
    Throw<X, N, N> [X: Source<u64>] X::BYTES, |r, at| {
        r.ip = r.ip.add(at);
        Control::Leave(Reason::Throw)
    }
}
instruction! {
    /// Leaves, to throw again; `ip` points to the operands.
    ThrowRef<S, N, N> [] 2, |r, at| {
        r.ip = r.ip.add(at);
        Control::Leave(Reason::ThrowRef)
    }
}

/// Leaves the interpreter; `ip` stays at the instruction.
macro_rules! leave {
    ($($name:ident $reason:ident)*) => {$(
        instruction! {
            #[doc = concat!("Leaves: ", stringify!($reason))]
            $name<N, N, N> [] 0, |r, at| Control::Leave(Reason::$reason)
        }
    )*};
}
leave! { Done Done Recross Recross TranslateStub Translate HostStub HostCall }

instruction! {
    /// Counts an execution (profiles only).
    Count<N, N, N> [] 4, |r, at| {
        #[cfg(feature = "profile")]
        crate::code::profile::count(operand::<u32>(r, at));
        Control::Next
    }
}

/// The address of a global that is `offset` bytes behind the context.
///
/// # Safety
/// I4, R4.
#[inline(always)]
pub unsafe fn global(cx: *mut Context, offset: u32) -> *mut u64 {
    // SAFETY: R4.
    unsafe { cx.cast::<u8>().add(Context::GLOBALS + offset as usize).cast() }
}
