//! Growth of memories and tables: asks the limiter, then the entity.
//!
//! Called by: `runtime::instantiate`, and `api` for `memory.grow`, `table.grow` and their API forms.

use super::context::Slot;
use super::gc::Heap;
use super::memory::MemoryEntity;
use super::table::TableEntity;

/// Who decides what a store may have. The layer above gives the error type; `runtime` only passes it on.
pub trait Limiter {
    /// Why the limiter ends the program instead of refusing.
    type Error;
    /// Whether a memory of `current` bytes may get `desired` bytes; its type allows `maximum`.
    ///
    /// # Errors
    /// What ends the program.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Self::Error>;
    /// Whether a table of `current` elements may get `desired` elements; its type allows `maximum`.
    ///
    /// # Errors
    /// What ends the program.
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Self::Error>;
    /// Whether the garbage-collected heap, which has room for `current` bytes, may get room for `desired` bytes.
    ///
    /// # Errors
    /// What ends the program.
    fn gc_heap_growing(&mut self, current: usize, desired: usize) -> Result<bool, Self::Error>;
    /// Most instances in a store.
    fn instances(&self) -> usize;
    /// Most tables in a store.
    fn tables(&self) -> usize;
    /// Most memories in a store.
    fn memories(&self) -> usize;
}

/// Why something did not grow.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The limiter said no.
    Limiter,
    /// The type's maximum, an implementation limit, or the system said no.
    System,
}

/// A number as far as `usize` goes.
pub fn saturate(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Grows a memory by `delta` pages and gives its old size in pages.
///
/// # Errors
/// The limiter's.
pub fn grow_memory<L: Limiter + ?Sized>(
    memory: &mut MemoryEntity,
    delta: u64,
    limiter: Option<&mut L>,
) -> Result<Result<u64, Refusal>, L::Error> {
    let Some(pages) = memory.grown_pages(delta) else { return Ok(Err(Refusal::System)) };
    if let Some(limiter) = limiter {
        let ty = memory.declared_type();
        let bytes = |pages| saturate(ty.bytes(pages));
        if !limiter.memory_growing(memory.len(), bytes(pages), ty.limits.max.map(bytes))? {
            return Ok(Err(Refusal::Limiter));
        }
    }
    Ok(memory.grow(delta).ok_or(Refusal::System))
}

/// Gives the garbage-collected heap another capacity, in bytes; whether that was possible.
///
/// # Errors
/// The limiter's.
pub fn resize_heap<L: Limiter + ?Sized>(heap: &mut Heap, capacity: u64, limiter: Option<&mut L>) -> Result<Result<(), Refusal>, L::Error> {
    if capacity > heap.capacity() as u64
        && let Some(limiter) = limiter
        && !limiter.gc_heap_growing(heap.capacity(), saturate(capacity))?
    {
        return Ok(Err(Refusal::Limiter));
    }
    Ok(if heap.resize(capacity) { Ok(()) } else { Err(Refusal::System) })
}

/// Grows a table by `delta` elements of `value` and gives its old size.
///
/// # Errors
/// The limiter's.
pub fn grow_table<L: Limiter + ?Sized>(
    table: &mut TableEntity,
    delta: u64,
    value: Slot,
    limiter: Option<&mut L>,
) -> Result<Result<u64, Refusal>, L::Error> {
    let Some(elements) = table.grown_elements(delta) else { return Ok(Err(Refusal::System)) };
    if let Some(limiter) = limiter {
        let maximum = table.declared_type().limits.max.map(saturate);
        if !limiter.table_growing(table.elements.len(), saturate(elements), maximum)? {
            return Ok(Err(Refusal::Limiter));
        }
    }
    Ok(table.grow(delta, value).ok_or(Refusal::System))
}
