//! Collections of garbage: finds all roots, lets the heap copy what is alive, and decides how large the heap becomes.
//!
//! Called by: `api::{driver, anyref}`. Calls: `runtime`, `exec` (frames), `translate` (which slots of a frame hold references).
//!
//! Nothing is kept for collections while code runs: where a frame stands, its function is translated again once, and what that tells stays with
//! the store.
#![allow(unsafe_code)] // Frames are described by raw pointers into the value stack.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};

use super::compile::ModuleExtension;
use super::error::Error;
use super::store::Store;
use crate::exec::Activation;
use crate::runtime::context::Slot;
use crate::runtime::limiter::{Refusal, resize_heap};
use crate::runtime::module::ModuleInner;
use crate::translate::RootMap;
use crate::util::sort::sort_by;
use crate::wasm::trap::TrapCode;

/// Which slots of frames hold references, by module (its address; the store's instances keep it alive) and function.
pub(crate) type RootMaps = BTreeMap<(usize, u32), Arc<RootMap>>;

/// Makes room for an object of `wanted` bytes. `at` is the instruction that wants it, unless the host does.
///
/// # Errors
/// [`TrapCode::HeapExhausted`] if the heap may not or can't become as large as it would have to; what the limiter says.
#[cold]
pub(crate) fn make_room<T>(store: &mut Store<T>, at: Option<Activation>, wanted: u32) -> Result<(), Error> {
    if store.inner.heap.capacity() > 0 {
        let stack = stack_roots(store, at)?;
        // SAFETY: the slots are those of frames on the stack of this store's machine, on which nothing runs; each is named once.
        if !unsafe { store.inner.collect_garbage(&stack) } {
            return Err(TrapCode::HeapExhausted.into());
        }
    }
    let heap = &mut store.inner.heap;
    let live = heap.used() as u64;
    let limiter = store.limiter.as_mut().map(|limiter| limiter(&mut store.data));
    if let Some(capacity) = heap.target_capacity(live, wanted.into())
        && capacity != heap.capacity() as u64
        && let Err(Refusal::Limiter | Refusal::System) = resize_heap(heap, capacity, limiter)?
    {
        // What is needed at least may be allowed all the same.
        let least = (live + u64::from(wanted) + 64).next_multiple_of(4096);
        let limiter = store.limiter.as_mut().map(|limiter| limiter(&mut store.data));
        if least > heap.capacity() as u64 {
            resize_heap(heap, least, limiter)?.map_err(|_| Error::from(TrapCode::HeapExhausted))?;
        }
    }
    if !heap.has_room(wanted) {
        return Err(TrapCode::HeapExhausted.into());
    }
    heap.permit(wanted);
    Ok(())
}

/// The slots of all frames that hold references.
fn stack_roots<T>(store: &mut Store<T>, at: Option<Activation>) -> Result<Vec<*mut Slot>, Error> {
    let mut frames = Vec::new();
    // SAFETY: nothing runs on the machine since it stopped at `at`, or since a host function was called.
    unsafe { (*store.machine.address()).visit_frames(at, |cx, fp, function, offset| frames.push((cx, fp, function, offset))) };
    let mut slots = Vec::new();
    for (cx, fp, function, offset) in frames {
        // SAFETY: R1.
        let instance = store.inner.instance(unsafe { (*cx).instance });
        let module = instance.ok_or_else(|| Error::bug("a frame of no instance"))?.module().clone();
        let map = root_map(&mut store.root_maps, &module, function)?;
        slots.extend(map.slots(offset).iter().map(|&slot| fp.wrapping_byte_offset(slot as isize)));
    }
    sort_by(&mut slots, Ord::cmp);
    slots.dedup();
    Ok(slots)
}

/// The map of a function, which is made if there is none yet.
fn root_map(maps: &mut RootMaps, module: &Arc<ModuleInner>, function: u32) -> Result<Arc<RootMap>, Error> {
    let key = (Arc::as_ptr(module).addr(), function);
    if let Some(map) = maps.get(&key) {
        return Ok(map.clone());
    }
    let extension = ModuleExtension::of(module).ok_or_else(|| Error::bug("a module without its extension"))?;
    let map = Arc::new(extension.root_map(module, function)?);
    maps.insert(key, map.clone());
    Ok(map)
}
