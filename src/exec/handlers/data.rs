//! Copies, constants, selection, variables, and what works on whole memories and tables.
//!
//! Bulk operations call `runtime::bulk`; growing leaves the interpreter, since the driver asks the limiter.
//! Called by: `exec::handlers`. Calls: `runtime`.

use super::control::global;
use super::{instruction, settle};
use crate::exec::registers::{Control, Destination, N, Reason, Registers, S, Source, Value, W, operand, slot};
use crate::runtime::bulk;
use crate::wasm::limits::PAGE_BYTES;
use crate::wasm::simd::V128;

/// `d = x`, of one class.
macro_rules! copy {
    ($name:ident $t:ty) => {
        instruction! {
            #[doc = concat!("Copies a value of class ", stringify!($t))]
            $name<X, N, D> [X: Source<$t>, D: Destination<$t>] X::BYTES + D::BYTES, |r, at| {
                let value = X::get(r, at);
                // What is in a pinned register need not displace the accumulator (`translate::residency` counts on it).
                let accumulator = <$t>::accumulator(r);
                D::put(r, at, at + X::BYTES, value);
                if X::KIND.is_pin() {
                    <$t>::set_accumulator(r, accumulator);
                }
                Control::Next
            }
        }
    };
}
copy!(CopyInt u64);
copy!(CopyF64 f64);
copy!(CopyF32 f32);
copy!(CopyVector V128);

instruction! {
    /// A constant, sign-extended.
    Const32<N, N, D> [D: Destination<u64>] 4 + D::BYTES, |r, at| {
        let value = i64::from(operand::<i32>(r, at)) as u64;
        D::put(r, at, at + 4, value);
        Control::Next
    }
}
instruction! {
    /// Selects by a slot.
    Select<X, Y, D> [X: Source<u64>, Y: Source<u64>, D: Destination<u64>] X::BYTES + Y::BYTES + 2 + D::BYTES, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        let condition = <S as Source<u32>>::get(r, at + X::BYTES + Y::BYTES);
        D::put(r, at, at + X::BYTES + Y::BYTES + 2, core::hint::select_unpredictable(condition != 0, x, y));
        Control::Next
    }
}
instruction! {
    /// Selects by the accumulator.
    SelectByAcc<X, Y, D> [X: Source<u64>, Y: Source<u64>, D: Destination<u64>] X::BYTES + Y::BYTES + D::BYTES, |r, at| {
        let (x, y) = (X::get(r, at), Y::get(r, at + X::BYTES));
        let condition = u32::accumulator(r);
        D::put(r, at, at + X::BYTES + Y::BYTES, core::hint::select_unpredictable(condition != 0, x, y));
        Control::Next
    }
}
instruction! {
    /// Selects slots of any class by a slot.
    SelectRaw<S, S, W> [] 8, |r, at| {
        let (x, y) = (u64::load(slot(r, at)), u64::load(slot(r, at + 2)));
        let condition = u32::load(slot(r, at + 4));
        u64::store(slot(r, at + 6), core::hint::select_unpredictable(condition != 0, x, y));
        Control::Next
    }
}
instruction! {
    /// Copies a slot of any class.
    CopyRaw<S, N, W> [] 4, |r, at| {
        let value = u64::load(slot(r, at));
        u64::store(slot(r, at + 2), value);
        Control::Next
    }
}
instruction! {
    /// Reads a slot that 16 bits can't name.
    FarLoad<N, N, W> [] 6, |r, at| {
        let value = u64::load(r.fp.offset(operand::<i32>(r, at) as isize));
        u64::store(slot(r, at + 4), value);
        Control::Next
    }
}
instruction! {
    /// Writes a slot that 16 bits can't name.
    FarStore<S, N, N> [] 6, |r, at| {
        let value = u64::load(slot(r, at));
        u64::store(r.fp.offset(operand::<i32>(r, at + 2) as isize), value);
        Control::Next
    }
}
instruction! {
    /// Reads a global of the module.
    GlobalGet<N, N, D> [D: Destination<u64>] 4 + D::BYTES, |r, at| {
        let value = *global(r.cx, operand(r, at));
        D::put(r, at, at + 4, value);
        Control::Next
    }
}
instruction! {
    /// Writes a global of the module.
    GlobalSet<X, N, N> [X: Source<u64>] X::BYTES + 4, |r, at| {
        let value = X::get(r, at);
        *global(r.cx, operand(r, at + X::BYTES)) = value;
        Control::Next
    }
}
instruction! {
    /// Writes a global of the module from a slot of any class.
    GlobalSetRaw<S, N, N> [] 6, |r, at| {
        *global(r.cx, operand(r, at + 2)) = u64::load(slot(r, at));
        Control::Next
    }
}
instruction! {
    /// Reads an imported global.
    ImportedGlobalGet<N, N, W> [] 6, |r, at| {
        let cell = *(*r.cx).imported_globals.add(operand::<u32>(r, at) as usize);
        u64::store(slot(r, at + 4), (*cell).0[0]);
        Control::Next
    }
}
instruction! {
    /// Writes an imported global.
    ImportedGlobalSet<S, N, N> [] 6, |r, at| {
        let cell = *(*r.cx).imported_globals.add(operand::<u32>(r, at + 2) as usize);
        (*cell).0[0] = u64::load(slot(r, at));
        Control::Next
    }
}
instruction! {
    /// Pages of memory 0.
    MemorySize<N, N, D> [D: Destination<u32>] D::BYTES, |r, at| {
        let pages = r.mem.cast::<u64>().sub(1).read() / PAGE_BYTES;
        D::put(r, at, at, pages as u32);
        Control::Next
    }
}

/// Leaves with `ip` at the operands.
macro_rules! grow {
    ($name:ident $x:tt $y:tt $bytes:literal $reason:ident) => {
        instruction! {
            #[doc = concat!("Leaves: ", stringify!($reason))]
            $name<$x, $y, W> [] $bytes, |r, at| {
                r.ip = r.ip.add(at);
                Control::Leave(Reason::$reason)
            }
        }
    };
}
grow!(MemoryGrow S N 4 MemoryGrow);
grow!(TableGrow S S 10 TableGrow);

/// The three sources of a bulk operation.
///
/// # Safety
/// I1, I2.
#[inline(always)]
unsafe fn three(r: &Registers, at: usize) -> (u32, u32, u32) {
    // SAFETY: by the caller.
    unsafe { (u32::load(slot(r, at)), u32::load(slot(r, at + 2)), u32::load(slot(r, at + 4))) }
}

instruction! {
    /// Copies within memory 0.
    MemoryCopy<S, S, N> [] 6, |r, at| {
        let (x, y, z) = three(r, at);
        settle(bulk::memory_copy(r.cx, x, y, z), at, |()| ())
    }
}
instruction! {
    /// Fills memory 0.
    MemoryFill<S, S, N> [] 6, |r, at| {
        let (x, y, z) = three(r, at);
        settle(bulk::memory_fill(r.cx, x, y as u8, z), at, |()| ())
    }
}
instruction! {
    /// Copies from a data segment.
    MemoryInit<S, S, N> [] 10, |r, at| {
        let (x, y, z) = three(r, at);
        settle(bulk::memory_init(r.cx, operand(r, at + 6), x, y, z), at, |()| ())
    }
}
instruction! {
    /// Drops a data segment.
    DataDrop<N, N, N> [] 4, |r, at| {
        bulk::data_drop(r.cx, operand(r, at));
        Control::Next
    }
}
instruction! {
    /// Reads an element of a table.
    TableGet<S, N, W> [] 8, |r, at| {
        let index = u32::load(slot(r, at));
        settle(bulk::table_get(r.cx, operand(r, at + 2), index), at, |value| u64::store(slot(r, at + 6), value))
    }
}
instruction! {
    /// Writes an element of a table.
    TableSet<S, S, N> [] 8, |r, at| {
        let (index, value) = (u32::load(slot(r, at)), u64::load(slot(r, at + 2)));
        settle(bulk::table_set(r.cx, operand(r, at + 4), index, value), at, |()| ())
    }
}
instruction! {
    /// The size of a table.
    TableSize<N, N, W> [] 6, |r, at| {
        let size = bulk::table_size(r.cx, operand(r, at));
        u32::store(slot(r, at + 4), size);
        Control::Next
    }
}
instruction! {
    /// Fills a table.
    TableFill<S, S, N> [] 10, |r, at| {
        let (index, _, count) = three(r, at);
        let value = u64::load(slot(r, at + 2));
        settle(bulk::table_fill(r.cx, operand(r, at + 6), index, value, count), at, |()| ())
    }
}
instruction! {
    /// Copies between tables.
    TableCopy<S, S, N> [] 10, |r, at| {
        let (x, y, z) = three(r, at);
        let tables = operand::<u32>(r, at + 6);
        settle(bulk::table_copy(r.cx, tables & 0xffff, tables >> 16, x, y, z), at, |()| ())
    }
}
instruction! {
    /// Copies from an element segment.
    TableInit<S, S, N> [] 10, |r, at| {
        let (x, y, z) = three(r, at);
        let segment = operand::<u32>(r, at + 6);
        settle(bulk::table_init(r.cx, segment >> 24, segment & 0xff_ffff, x, y, z), at, |()| ())
    }
}
instruction! {
    /// Drops an element segment.
    ElemDrop<N, N, N> [] 4, |r, at| {
        bulk::elem_drop(r.cx, operand(r, at));
        Control::Next
    }
}
instruction! {
    /// A reference to a function.
    RefFunc<N, N, W> [] 6, |r, at| {
        let reference = bulk::ref_func(r.cx, operand(r, at));
        u64::store(slot(r, at + 4), reference);
        Control::Next
    }
}
