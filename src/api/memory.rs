//! Linear memories as embedders see them.

use super::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use super::error::Error;
use crate::runtime::limiter::{self, Refusal};
use crate::runtime::{memory::MemoryEntity, store::StoreInner};
use crate::wasm::{trap::TrapCode, types::MemoryType};

/// A handle to a linear memory of a store.
///
/// ```
/// use fulgurite::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), 7);
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
/// memory.write(&mut store, 100, b"hello")?;
/// let (bytes, data) = memory.data_and_store_mut(&mut store);
/// *data += 1;
/// assert_eq!(&bytes[100..105], b"hello");
/// assert_eq!(memory.grow(&mut store, 1)?, 1);
/// assert!(memory.grow(&mut store, 1).is_err());
/// # Ok::<(), fulgurite::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    store: u64,
    number: u32,
}

/// The text of panics.
const OTHER_STORE: &str = "the memory belongs to another store";

/// An error for an access outside of the memory.
#[cold]
fn out_of_bounds() -> Error {
    TrapCode::MemoryOutOfBounds.into()
}

impl Memory {
    /// A memory of its type's minimum size.
    ///
    /// # Errors
    /// If the type is none of a memory, or one of a shared memory, or limiter or system refuse it.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        let limits = ty.limits;
        if let Some(problem) = ty.problem() {
            return Err(Error::api(problem));
        }
        if ty.shared {
            return Err(Error::api("a memory of a store is not shared"));
        }
        let store = store.as_context_mut().0;
        let count = store.inner.memory_count();
        if let Some(limiter) = store.limiter_mut() {
            if count >= limiter.memories() {
                return Err(Error::limit(alloc::format!("the store is limited to {} memories", limiter.memories())));
            }
            let bytes = |pages| limiter::saturate(ty.bytes(pages));
            if !limiter.memory_growing(0, bytes(limits.min), limits.max.map(bytes))? {
                return Err(Error::limit("the limiter refused a memory"));
            }
        }
        let refused = || Error::limit("the system refused a memory");
        let number = store.inner.next_memory().ok_or_else(refused)?;
        let memory = MemoryEntity::new(ty, number, store.inner.memory_source()).ok_or_else(refused)?;
        store.inner.add_memory(memory);
        Ok(Self::from_number(&store.inner, number))
    }

    /// Its type, with its present size as minimum.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        self.entity(store.as_context().into_inner()).current_type()
    }

    /// Its size in pages.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.entity(store.as_context().into_inner()).pages()
    }

    /// Bytes of each of its pages: 65536, or 1 if its type says so.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn page_size(&self, store: impl AsContext) -> u64 {
        self.entity(store.as_context().into_inner()).declared_type().page_size()
    }

    /// Its size in bytes.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.entity(store.as_context().into_inner()).len()
    }

    /// Its bytes.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn data<'a, T: 'a>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store: StoreContext<'a, T> = store.into();
        self.entity(store.into_inner()).data()
    }

    /// Its bytes, to change.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn data_mut<'a, T: 'a>(&self, store: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// Its bytes and the embedder's data, both to change.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn data_and_store_mut<'a, T: 'a>(&self, store: impl Into<StoreContextMut<'a, T>>) -> (&'a mut [u8], &'a mut T) {
        let store: StoreContextMut<'a, T> = store.into();
        let store = store.0;
        let Some(memory) = self.number(&store.inner).ok().and_then(|number| store.inner.memory_mut(number)) else {
            panic!("{OTHER_STORE}")
        };
        (memory.data_mut(), &mut store.data)
    }

    /// Copies bytes out of it.
    ///
    /// # Errors
    /// If they are not all inside, or the memory belongs to another store.
    pub fn read(&self, store: impl AsContext, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        let store = store.as_context().into_inner();
        let memory = store.memory(self.number(store)?).ok_or_else(out_of_bounds)?;
        let end = offset.checked_add(buffer.len()).ok_or_else(out_of_bounds)?;
        buffer.copy_from_slice(memory.data().get(offset..end).ok_or_else(out_of_bounds)?);
        Ok(())
    }

    /// Copies bytes into it.
    ///
    /// # Errors
    /// If there is no room for them all, or the memory belongs to another store.
    pub fn write(&self, mut store: impl AsContextMut, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let store = store.inner_mut();
        let memory = store.memory_mut(self.number(store)?).ok_or_else(out_of_bounds)?;
        let end = offset.checked_add(bytes.len()).ok_or_else(out_of_bounds)?;
        memory.data_mut().get_mut(offset..end).ok_or_else(out_of_bounds)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Grows it by a number of pages and gives the old size in pages.
    ///
    /// # Errors
    /// If its maximum, the limiter or the system refuse, or it belongs to another store.
    pub fn grow(&self, mut store: impl AsContextMut, pages: u64) -> Result<u64, Error> {
        let store = store.as_context_mut().0;
        let number = self.number(&store.inner)?;
        let limiter = store.limiter.as_mut().map(|limiter| limiter(&mut store.data));
        let memory = store.inner.memory_mut(number).ok_or_else(|| Error::other_store("memory"))?;
        limiter::grow_memory(memory, pages, limiter)?.map_err(|refusal| {
            Error::limit(match refusal {
                Refusal::Limiter => "the limiter refused to grow a memory",
                Refusal::System => "a memory can't grow beyond its maximum or what the system has",
            })
        })
    }

    fn entity<'a>(&self, store: &'a StoreInner) -> &'a MemoryEntity {
        match self.number(store).ok().and_then(|number| store.memory(number)) {
            Some(memory) => memory,
            None => panic!("{OTHER_STORE}"),
        }
    }

    /// Its number in the store.
    pub(crate) fn number(&self, store: &StoreInner) -> Result<u32, Error> {
        if self.store == store.id() { Ok(self.number) } else { Err(Error::other_store("memory")) }
    }

    /// A handle by its number.
    pub(crate) fn from_number(store: &StoreInner, number: u32) -> Self {
        Self { store: store.id(), number }
    }
}
