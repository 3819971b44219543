//! Who decides how much a store may have.

use super::error::Error;
use crate::runtime::limiter::Limiter;

/// Decides about growth in a store. Sizes of memories are in bytes, of tables in elements.
pub trait ResourceLimiter {
    /// Whether a memory of `current` bytes may get `desired` bytes. A new memory grows from 0. `maximum` is what its type allows. After a no,
    /// `memory.grow` gives -1, and instantiation fails.
    ///
    /// # Errors
    /// An error ends the call that wanted to grow.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error>;

    /// Whether a table of `current` elements may get `desired` elements; as with memories.
    ///
    /// # Errors
    /// An error ends the call that wanted to grow.
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error>;

    /// Whether the garbage-collected heap, which has room for `current` bytes, may get room for `desired` bytes; it may unless overridden. While
    /// garbage is collected, twice as much is in use. After a no, an allocation for which there is no room traps with
    /// [`TrapCode::HeapExhausted`](crate::TrapCode::HeapExhausted).
    ///
    /// # Errors
    /// An error ends the call that wanted to allocate.
    fn gc_heap_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        let _ = (current, desired);
        Ok(true)
    }

    /// Most instances in the store; 10,000 unless overridden.
    fn instances(&self) -> usize {
        DEFAULT_COUNT
    }

    /// Most tables in the store; 10,000 unless overridden.
    fn tables(&self) -> usize {
        DEFAULT_COUNT
    }

    /// Most memories in the store; 10,000 unless overridden.
    fn memories(&self) -> usize {
        DEFAULT_COUNT
    }
}

/// Instances, tables and memories where a limiter does not say.
const DEFAULT_COUNT: usize = 10_000;

impl Limiter for dyn ResourceLimiter + '_ {
    type Error = Error;

    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        ResourceLimiter::memory_growing(self, current, desired, maximum)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, Error> {
        ResourceLimiter::table_growing(self, current, desired, maximum)
    }

    fn gc_heap_growing(&mut self, current: usize, desired: usize) -> Result<bool, Error> {
        ResourceLimiter::gc_heap_growing(self, current, desired)
    }

    fn instances(&self) -> usize {
        ResourceLimiter::instances(self)
    }

    fn tables(&self) -> usize {
        ResourceLimiter::tables(self)
    }

    fn memories(&self) -> usize {
        ResourceLimiter::memories(self)
    }
}

/// A [`ResourceLimiter`] with fixed limits; made by [`StoreLimitsBuilder`].
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    gc_heap_size: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            memory_size: None,
            table_elements: None,
            gc_heap_size: None,
            instances: DEFAULT_COUNT,
            tables: DEFAULT_COUNT,
            memories: DEFAULT_COUNT,
            trap_on_grow_failure: false,
        }
    }
}

/// Makes [`StoreLimits`].
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// No limit on sizes; 10,000 instances, tables and memories.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most bytes of each memory.
    pub fn memory_size(mut self, bytes: usize) -> Self {
        self.0.memory_size = Some(bytes);
        self
    }

    /// Most elements of each table.
    pub fn table_elements(mut self, elements: usize) -> Self {
        self.0.table_elements = Some(elements);
        self
    }

    /// Most bytes of the garbage-collected heap.
    pub fn gc_heap_size(mut self, bytes: usize) -> Self {
        self.0.gc_heap_size = Some(bytes);
        self
    }

    /// Most instances.
    pub fn instances(mut self, count: usize) -> Self {
        self.0.instances = count;
        self
    }

    /// Most tables.
    pub fn tables(mut self, count: usize) -> Self {
        self.0.tables = count;
        self
    }

    /// Most memories.
    pub fn memories(mut self, count: usize) -> Self {
        self.0.memories = count;
        self
    }

    /// Whether growth beyond the limits ends the program with an error of kind `Limit`, instead of giving it -1.
    pub fn trap_on_grow_failure(mut self, trap: bool) -> Self {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

impl StoreLimits {
    fn decide(&self, what: &str, desired: usize, limit: Option<usize>) -> Result<bool, Error> {
        match limit {
            Some(limit) if desired > limit => {
                if self.trap_on_grow_failure {
                    return Err(Error::limit(alloc::format!("growth of a {what} to {desired} exceeds the limit of {limit}")));
                }
                Ok(false)
            }
            _ => Ok(true),
        }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        self.decide("memory", desired, self.memory_size)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        self.decide("table", desired, self.table_elements)
    }

    fn gc_heap_growing(&mut self, _current: usize, desired: usize) -> Result<bool, Error> {
        self.decide("garbage-collected heap", desired, self.gc_heap_size)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
