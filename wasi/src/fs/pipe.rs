//! Streams between guest and embedder: an input that another thread fills, and functions as streams.
//!
//! Data in: bytes of the embedder or of the guest. Data out: [`File`] objects. Called by: embedders, through `fs::stdio`.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{File, Interest, Readiness};
use crate::abi::{Errno, Fdflags};
use crate::signal::Signal;

/// The embedder's end of a guest's standard input: what is written here can be read there, while the guest runs. The guest waits while
/// there is nothing, and finds the end when [`InputPipe::close`] is called or the last clone is dropped.
///
/// ```
/// use fulgurite_wasi::{Input, InputPipe, WasiCtx};
///
/// let pipe = InputPipe::new()?;
/// let ctx = WasiCtx::builder().stdin(Input::pipe(&pipe)).build()?;
/// pipe.write(b"a line, perhaps from another thread\n");
/// pipe.close();
/// # let _ = ctx;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct InputPipe(Arc<WriteEnd>);

/// Closes the pipe when the embedder has let go of it.
struct WriteEnd(Arc<Shared>);

/// What both ends see.
struct Shared {
    state: Mutex<State>,
    /// Raised while a read would not wait.
    readable: Signal,
}

/// Bytes on their way, and whether more may come.
#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl Shared {
    /// The state. A panic elsewhere cannot leave it half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and the signal with it.
    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        self.readable.set(state.closed || !state.bytes.is_empty());
        result
    }
}

impl InputPipe {
    /// An empty pipe.
    ///
    /// # Errors
    /// When the host has no descriptors left; the pipe needs two on Unix, for guests that wait.
    pub fn new() -> io::Result<InputPipe> {
        let shared = Shared { state: Mutex::default(), readable: Signal::new()? };
        Ok(InputPipe(Arc::new(WriteEnd(Arc::new(shared)))))
    }

    /// Adds bytes. After [`InputPipe::close`] they are dropped.
    pub fn write(&self, bytes: &[u8]) {
        self.0.0.change(|state| {
            if !state.closed {
                state.bytes.extend(bytes);
            }
        });
    }

    /// Says that no more bytes will come. The guest still reads those that are there.
    pub fn close(&self) {
        self.0.0.change(|state| state.closed = true);
    }

    /// How many bytes the guest has not read yet.
    pub fn unread(&self) -> usize {
        self.0.0.lock().bytes.len()
    }

    /// The guest's end.
    pub(super) fn reader(&self) -> impl File + 'static {
        ReadEnd { shared: Arc::clone(&self.0.0), flags: Fdflags::empty() }
    }
}

impl Drop for WriteEnd {
    fn drop(&mut self) {
        self.0.change(|state| state.closed = true);
    }
}

impl fmt::Debug for InputPipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputPipe").field("unread", &self.unread()).finish_non_exhaustive()
    }
}

/// The guest's end of an [`InputPipe`].
struct ReadEnd {
    shared: Arc<Shared>,
    flags: Fdflags,
}

/// The flags of a stream that keeps them in a field: only [`Fdflags::NONBLOCK`] means something, and `wait` heeds it.
macro_rules! kept_flags {
    () => {
        fn flags(&self) -> Fdflags {
            self.flags
        }

        fn set_flags(&mut self, flags: Fdflags) -> Result<(), Errno> {
            self.flags = flags;
            Ok(())
        }
    };
}

impl File for ReadEnd {
    kept_flags!();

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        self.shared.change(|state| {
            if state.bytes.is_empty() && !state.closed {
                return Err(Errno::Again);
            }
            // A queue of bytes reads from its first half at a time.
            let mut total = 0;
            for buffer in buffers {
                let mut rest = &mut buffer[..];
                while !rest.is_empty() {
                    let count = state.bytes.read(rest)?;
                    if count == 0 {
                        return Ok(total);
                    }
                    total += count;
                    rest = &mut rest[count..];
                }
            }
            Ok(total)
        })
    }

    fn readiness(&self, _: Interest) -> Readiness<'_> {
        let state = self.shared.lock();
        if state.closed || !state.bytes.is_empty() {
            return Readiness::Ready { nbytes: state.bytes.len() as u64 };
        }
        Readiness::Wait(self.shared.readable.handle())
    }
}

/// A function that gives what the guest reads.
pub(super) struct Source<F> {
    read: F,
    flags: Fdflags,
}

impl<F> Source<F> {
    /// A stream of what `read` gives.
    pub(super) fn new(read: F) -> Source<F> {
        Source { read, flags: Fdflags::empty() }
    }
}

impl<F: FnMut(&mut [u8]) -> io::Result<usize> + Send> File for Source<F> {
    kept_flags!();

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        match buffers.first_mut() {
            Some(buffer) => {
                let room = buffer.len();
                Ok((self.read)(buffer)?.min(room))
            }
            None => Ok(0),
        }
    }
}

/// A function that takes what the guest writes.
pub(super) struct Sink<F>(pub(super) F);

impl<F: FnMut(&[u8]) -> io::Result<()> + Send> File for Sink<F> {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let mut total = 0;
        for buffer in buffers {
            match (self.0)(buffer) {
                Ok(()) => total += buffer.len(),
                // What was taken is not to come again.
                Err(_) if total > 0 => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(total)
    }
}
