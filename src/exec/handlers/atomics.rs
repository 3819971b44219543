//! Atomic accesses, fences, and what threads wait with.
//!
//! One op for each width does what its immediate says: a guest's atomics are rare beside its other instructions, and each costs more than choosing.
//! They find their memory as those of `memories` do, shared or not.
//! Called by: `exec::handlers`. Calls: `runtime`.

use core::sync::atomic::{self, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use super::memories::any_address;
use super::{instruction, settle};
use crate::code::place::{AtomicAccess, AtomicKind, Place};
use crate::exec::registers::{Control, I, N, Reason, S, Value, W, operand, slot};
use crate::runtime::bulk;
use crate::wasm::trap::TrapCode;

instruction! {
    /// Adds a static offset that the immediate of an atomic access has no room for.
    AddOffset<S, I, W> [] 16, |r, at| {
        let place = Place::from_bits(operand(r, at + 10));
        let address = place.address(u64::load(slot(r, at))).checked_add(operand(r, at + 2));
        settle(address.ok_or(TrapCode::MemoryOutOfBounds), at, |address| u64::store(slot(r, at + 14), address))
    }
}

/// The atomic accesses of one width.
macro_rules! atomic {
    ($($name:ident $value:ident $atomic:ident;)*) => {$(
        instruction! {
            #[doc = concat!("Atomic accesses of ", stringify!($value))]
            $name<S, S, W> [] 12, |r, at| {
                let (base, y) = (u64::load(slot(r, at)), u64::load(slot(r, at + 2)) as $value);
                let access = AtomicAccess::from_bits(operand(r, at + 6));
                let found = any_address(r, base, access.offset(), access.place(), size_of::<$value>());
                let aligned = found.and_then(|address| {
                    if address.addr().is_multiple_of(size_of::<$value>()) { Ok(address) } else { Err(TrapCode::UnalignedAtomic) }
                });
                settle(aligned, at, |address| {
                    let cell = $atomic::from_ptr(address.cast());
                    let order = Ordering::SeqCst;
                    let old = match access.kind() {
                        AtomicKind::Load => cell.load(order),
                        AtomicKind::Store => {
                            cell.store(y, order);
                            0
                        }
                        AtomicKind::Add => cell.fetch_add(y, order),
                        AtomicKind::Sub => cell.fetch_sub(y, order),
                        AtomicKind::And => cell.fetch_and(y, order),
                        AtomicKind::Or => cell.fetch_or(y, order),
                        AtomicKind::Xor => cell.fetch_xor(y, order),
                        AtomicKind::Xchg => cell.swap(y, order),
                        AtomicKind::Cmpxchg => {
                            let z = u64::load(slot(r, at + 4)) as $value;
                            cell.compare_exchange(y, z, order, order).unwrap_or_else(|found| found)
                        }
                    };
                    u64::store(slot(r, at + 10), u64::from(old));
                })
            }
        }
    )*};
}
atomic! {
    Atomic8 u8 AtomicU8;
    Atomic16 u16 AtomicU16;
    Atomic32 u32 AtomicU32;
    Atomic64 u64 AtomicU64;
}

instruction! {
    /// Orders all accesses before it and behind it.
    AtomicFence<N, N, N> [] 0, |r, at| {
        atomic::fence(Ordering::SeqCst);
        Control::Next
    }
}
instruction! {
    /// Wakes threads.
    AtomicNotify<S, S, W> [] 10, |r, at| {
        let (base, count) = (u64::load(slot(r, at)), u32::load(slot(r, at + 2)));
        settle(bulk::atomic_notify(r.cx, operand(r, at + 4), base, count), at, |woken| u32::store(slot(r, at + 8), woken))
    }
}
instruction! {
    /// Leaves, to wait.
    AtomicWait<S, S, W> [] 12, |r, at| {
        r.ip = r.ip.add(at);
        Control::Leave(Reason::AtomicWait)
    }
}
