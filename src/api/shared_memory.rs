//! Memories that several stores share, and the threads that these run on.

use alloc::sync::Arc;
use core::time::Duration;

use super::engine::Engine;
use super::error::Error;
use crate::runtime::shared::{SharedBlock, Waited};
use crate::wasm::{features::Features, types::MemoryType};

/// A memory that instances in any number of stores import, each store perhaps on a thread of its own. Clones are the same memory.
///
/// Guests may write to it at any time, so that there is no slice of its bytes: they are copied in and out, and what is copied while a guest writes may be
/// partly what was there before.
///
/// ```
/// use fulgurite::{Engine, Linker, MemoryType, Module, SharedMemory, Store};
///
/// let engine = Engine::default();
/// let memory = SharedMemory::new(&engine, MemoryType::new(1, Some(1)).shared())?;
/// let module = Module::new(&engine, r#"(module (import "env" "memory" (memory 1 1 shared))
///     (func (export "add") (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))))"#)?;
/// let mut linker = Linker::new(&engine);
/// linker.define("env", "memory", memory.clone())?;
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let mut store = Store::new(&engine, ());
///             let instance = linker.instantiate(&mut store, &module)?;
///             instance.get_typed_func::<(), ()>(&store, "add")?.call(&mut store, ())
///         });
///     }
/// });
/// let mut sum = [0; 4];
/// memory.read(8, &mut sum)?;
/// assert_eq!(sum, [4, 0, 0, 0]);
/// # Ok::<(), fulgurite::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedMemory(Arc<SharedBlock>);

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WaitResult {
    /// Somebody notified the address.
    Ok,
    /// There was another value than the expected one.
    Mismatch,
    /// Nobody did in time.
    TimedOut,
}

impl PartialEq for SharedMemory {
    /// Whether both are the same memory.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SharedMemory {}

impl core::hash::Hash for SharedMemory {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl SharedMemory {
    /// A shared memory of its type's minimum size. Address space is taken for its maximum, and nothing else before a guest uses it.
    ///
    /// # Errors
    /// If the type is none of a shared memory, the engine's settings do not allow threads, or the system has not enough address space.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<Self, Error> {
        if let Some(problem) = ty.problem() {
            return Err(Error::api(problem));
        }
        if !ty.shared {
            return Err(Error::api("the type is not that of a shared memory"));
        }
        if !engine.features().contains(Features::THREADS) {
            return Err(Error::api("the engine's settings do not allow threads"));
        }
        SharedBlock::new(ty).map(Self).ok_or_else(|| Error::limit("the system refused a shared memory"))
    }

    /// Its type, with its present size as minimum.
    pub fn ty(&self) -> MemoryType {
        let mut ty = *self.0.ty();
        ty.limits.min = self.size();
        ty
    }

    /// Its size in pages.
    pub fn size(&self) -> u64 {
        self.0.len() as u64 >> self.0.ty().page_size_log2
    }

    /// Bytes of each of its pages.
    pub fn page_size(&self) -> u64 {
        self.0.ty().page_size()
    }

    /// Its size in bytes.
    pub fn data_size(&self) -> usize {
        self.0.len()
    }

    /// Grows it by a number of pages and gives the old size in pages. Instances that import it see that at once.
    ///
    /// # Errors
    /// If its maximum does not allow that.
    pub fn grow(&self, pages: u64) -> Result<u64, Error> {
        self.0.grow(pages).ok_or_else(|| Error::limit("a shared memory can't grow beyond its maximum"))
    }

    /// Copies bytes out of it.
    ///
    /// # Errors
    /// If they are not all inside.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.0.read(offset, buffer).map_err(Error::from)
    }

    /// Copies bytes into it.
    ///
    /// # Errors
    /// If there is no room for them all.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.0.write(offset, bytes).map_err(Error::from)
    }

    /// Wakes at most `count` threads that wait at an address, and gives how many these were.
    ///
    /// # Errors
    /// If the address is outside, or no multiple of 4.
    pub fn atomic_notify(&self, address: u64, count: u32) -> Result<u32, Error> {
        self.0.notify(address, count).map_err(Error::from)
    }

    /// Waits until somebody notifies the address, if the 32-bit value there is the expected one.
    ///
    /// # Errors
    /// If the address is outside, or no multiple of 4.
    pub fn atomic_wait32(&self, address: u64, expected: u32, timeout: Option<Duration>) -> Result<WaitResult, Error> {
        self.wait(address, expected.into(), false, timeout)
    }

    /// Waits until somebody notifies the address, if the 64-bit value there is the expected one.
    ///
    /// # Errors
    /// If the address is outside, or no multiple of 8.
    pub fn atomic_wait64(&self, address: u64, expected: u64, timeout: Option<Duration>) -> Result<WaitResult, Error> {
        self.wait(address, expected, true, timeout)
    }

    fn wait(&self, address: u64, expected: u64, wide: bool, timeout: Option<Duration>) -> Result<WaitResult, Error> {
        Ok(match self.0.wait(address, expected, wide, timeout)? {
            Waited::Notified => WaitResult::Ok,
            Waited::NotEqual => WaitResult::Mismatch,
            Waited::TimedOut => WaitResult::TimedOut,
        })
    }

    /// What is behind it.
    pub(crate) fn block(&self) -> &Arc<SharedBlock> {
        &self.0
    }

    /// A handle to what is behind one.
    pub(crate) fn from_block(block: Arc<SharedBlock>) -> Self {
        Self(block)
    }
}
