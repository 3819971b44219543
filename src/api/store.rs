//! Stores as embedders see them: everything instances consist of, host functions, and the embedder's data.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use core::fmt;

use super::collect::{self, RootMaps};
use super::driver::MachineBox;
use super::engine::Engine;
use super::error::Error;
use super::exception::ExnRef;
use super::host::HostFunc;
use super::limits::ResourceLimiter;
use crate::exec;
use crate::runtime::store::{FuncId, HOST, StoreBox};

/// Finds the limiter in the embedder's data.
pub(crate) type LimiterFn<T> = Box<dyn FnMut(&mut T) -> &mut (dyn ResourceLimiter) + Send + Sync>;

/// The owner of instances and of all that they consist of, with data of the embedder that host functions reach.
///
/// What is created in a store lives until the store is dropped. Handles ([`Func`](crate::Func), [`Memory`](crate::Memory), …) are plain numbers
/// and work only with the store that they are of. The store is `Send` if the data is.
pub struct Store<T> {
    pub(crate) inner: StoreBox,
    pub(crate) machine: MachineBox,
    pub(crate) engine: Engine,
    /// Host functions by number; they never go away.
    pub(crate) hosts: Vec<Arc<HostFunc<T>>>,
    /// Numbers of the host functions that linkers share, by address.
    shared_hosts: BTreeMap<usize, u32>,
    pub(crate) limiter: Option<LimiterFn<T>>,
    /// Which slots of frames hold references, as far as collections had to know.
    pub(crate) root_maps: RootMaps,
    /// Calls from the host that are active.
    pub(crate) depth: u32,
    pub(crate) data: T,
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("inner", &*self.inner).field("data", &self.data).finish_non_exhaustive()
    }
}

impl<T> Store<T> {
    /// An empty store.
    pub fn new(engine: &Engine, data: T) -> Self {
        let machine = MachineBox::new(engine);
        Self {
            inner: StoreBox::new(machine.address().cast(), engine.memory_source(), engine.config().gc_stress),
            machine,
            engine: engine.clone(),
            hosts: Vec::new(),
            shared_hosts: BTreeMap::new(),
            limiter: None,
            root_maps: RootMaps::new(),
            depth: 0,
            data,
        }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The embedder's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The embedder's data, without the store.
    pub fn into_data(self) -> T {
        self.data
    }

    /// The engine that it was made with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Lets a limiter in the data decide about what the store may have from now on.
    ///
    /// ```
    /// use fulgurite::{Engine, Store, StoreLimits, StoreLimitsBuilder};
    ///
    /// let limits = StoreLimitsBuilder::new().memory_size(1 << 20).build();
    /// let mut store = Store::new(&Engine::default(), limits);
    /// store.limiter(|limits| limits);
    /// ```
    pub fn limiter(&mut self, limiter: impl FnMut(&mut T) -> &mut (dyn ResourceLimiter) + Send + Sync + 'static) {
        self.limiter = Some(Box::new(limiter));
    }

    /// Collects garbage now: structures and arrays that nothing refers to go. Happens by itself where room is needed.
    ///
    /// # Errors
    /// Kind `Trap`, if the system has no memory to copy to what is alive; the heap is as before.
    pub fn gc(&mut self) -> Result<(), Error> {
        collect::make_room(self, None, 0)
    }

    /// Bytes of structures and arrays, alive or not, since the last collection.
    pub fn gc_heap_used(&self) -> usize {
        self.inner.heap.used()
    }

    /// The limiter, if there is one.
    pub(crate) fn limiter_mut(&mut self) -> Option<&mut dyn ResourceLimiter> {
        self.limiter.as_mut().map(|limiter| limiter(&mut self.data))
    }

    /// An error that carries an exception, for a host function to return: [`Error::thrown`].
    ///
    /// # Errors
    /// Always.
    pub fn throw<R>(&mut self, exception: ExnRef) -> Result<R, Error> {
        Err(Error::thrown(self, exception))
    }

    /// Adds a host function.
    pub(crate) fn add_host(&mut self, host: Arc<HostFunc<T>>) -> Result<FuncId, Error> {
        if !Engine::same(&host.engine, &self.engine) {
            return Err(Error::api("the host function belongs to another engine"));
        }
        let number = self.inner.add_host_function(host.type_id, &host.ty, exec::host_stub());
        let index = number.ok_or_else(|| Error::limit("the store has no number left for a host function"))?;
        self.hosts.push(host);
        Ok(FuncId { owner: HOST, index })
    }

    /// Adds a host function of a linker, unless it is there already.
    pub(crate) fn add_shared_host(&mut self, host: &Arc<HostFunc<T>>) -> Result<FuncId, Error> {
        let address = Arc::as_ptr(host).addr();
        if let Some(&index) = self.shared_hosts.get(&address) {
            return Ok(FuncId { owner: HOST, index });
        }
        let id = self.add_host(host.clone())?;
        self.shared_hosts.insert(address, id.index);
        Ok(id)
    }
}
