//! What the guest's standard streams are: the host's, nothing, bytes in memory, or any [`File`].
//!
//! Data in: the embedder's choice. Data out: [`File`] objects for descriptors 0, 1 and 2. Called by: `ctx`.
//!
//! # Why
//! The host's streams are used through a duplicate of their descriptor and not through `std::io::Stdout`, which holds output back
//! until the end of a line.

use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::sync::{Arc, Mutex, PoisonError};

use super::host::{Access, HostFile};
use super::pipe::{InputPipe, Sink, Source};
use super::{File, Interest, Readiness};
use crate::abi::Errno;

/// A source for the guest's standard input.
///
/// ```
/// use fulgurite_wasi::{Input, WasiCtx};
///
/// let ctx = WasiCtx::builder().stdin(Input::bytes("4 8 15\n")).build()?;
/// # Ok::<(), fulgurite_wasi::BuildError>(())
/// ```
pub struct Input(pub(crate) Box<dyn File>);

impl Input {
    /// The standard input of the host process.
    pub fn inherit() -> Input {
        Input(inherited(duplicate(&std::io::stdin())))
    }

    /// An empty input.
    pub fn null() -> Input {
        Input(Box::new(Null))
    }

    /// The given bytes, then the end.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Input {
        Input(Box::new(Bytes { bytes: bytes.into(), position: 0 }))
    }

    /// Bytes that the embedder writes while the guest runs; see [`InputPipe`].
    pub fn pipe(pipe: &InputPipe) -> Input {
        Input(Box::new(pipe.reader()))
    }

    /// What a function gives: it fills the front of a buffer and says how much that was, 0 at the end.
    ///
    /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) says that there is nothing yet; the guest asks again, without a pause, unless it
    /// asked not to wait.
    pub fn callback(read: impl FnMut(&mut [u8]) -> std::io::Result<usize> + Send + 'static) -> Input {
        Input(Box::new(Source::new(read)))
    }

    /// An open file or pipe of the host.
    pub fn file(file: std::fs::File) -> Input {
        Input(inherited(Ok(file)))
    }

    /// Any stream.
    pub fn custom(file: impl File + 'static) -> Input {
        Input(Box::new(file))
    }
}

/// A place for the guest's standard output or error.
pub struct Output(pub(crate) Box<dyn File>);

impl Output {
    /// The standard output of the host process.
    pub fn inherit_stdout() -> Output {
        Output(inherited(duplicate(&std::io::stdout())))
    }

    /// The standard error of the host process.
    pub fn inherit_stderr() -> Output {
        Output(inherited(duplicate(&std::io::stderr())))
    }

    /// Takes everything and keeps nothing.
    pub fn null() -> Output {
        Output(Box::new(Null))
    }

    /// Collects the bytes in memory; see [`OutputPipe`].
    pub fn pipe(pipe: &OutputPipe) -> Output {
        Output(Box::new(pipe.clone()))
    }

    /// Gives each piece that the guest writes to a function, which takes all of it or fails.
    ///
    /// ```
    /// use fulgurite_wasi::{Output, WasiCtx};
    ///
    /// let log = Output::callback(|bytes| Ok(eprint!("guest: {}", String::from_utf8_lossy(bytes))));
    /// let ctx = WasiCtx::builder().stderr(log).build()?;
    /// # let _ = ctx;
    /// # Ok::<(), fulgurite_wasi::BuildError>(())
    /// ```
    pub fn callback(write: impl FnMut(&[u8]) -> std::io::Result<()> + Send + 'static) -> Output {
        Output(Box::new(Sink(write)))
    }

    /// An open file or pipe of the host.
    pub fn file(file: std::fs::File) -> Output {
        Output(inherited(Ok(file)))
    }

    /// Any stream.
    pub fn custom(file: impl File + 'static) -> Output {
        Output(Box::new(file))
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input({:?})", self.0.filetype())
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output({:?})", self.0.filetype())
    }
}

/// A second handle of a standard stream, without the buffer of the standard library.
#[cfg(unix)]
fn duplicate(stream: &impl std::os::fd::AsFd) -> std::io::Result<std::fs::File> {
    stream.as_fd().try_clone_to_owned().map(std::fs::File::from)
}

/// A second handle of a standard stream, without the buffer of the standard library.
#[cfg(windows)]
fn duplicate(stream: &impl std::os::windows::io::AsHandle) -> std::io::Result<std::fs::File> {
    stream.as_handle().try_clone_to_owned().map(std::fs::File::from)
}

/// This host's streams cannot be duplicated.
#[cfg(not(any(unix, windows)))]
fn duplicate<S>(_: &S) -> std::io::Result<std::fs::File> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// A stream of the host, or [`Closed`] if the host process has none.
fn inherited(file: std::io::Result<std::fs::File>) -> Box<dyn File> {
    match file.map_err(Errno::from).and_then(|file| HostFile::shared(file, Access::ReadWrite)) {
        Ok(file) => Box::new(file),
        Err(_) => Box::new(Closed),
    }
}

/// A stream that the host does not have. It occupies its number, so that no file of the guest's becomes its standard output.
struct Closed;

impl File for Closed {}

/// Empty to read, bottomless to write.
struct Null;

impl File for Null {
    fn read(&mut self, _: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        Ok(0)
    }

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        Ok(buffers.iter().map(|buffer| buffer.len()).sum())
    }
}

/// Bytes to read.
struct Bytes {
    bytes: Vec<u8>,
    position: usize,
}

impl File for Bytes {
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        let mut total = 0;
        for buffer in buffers {
            let rest = &self.bytes[self.position..];
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.position += count;
            total += count;
        }
        Ok(total)
    }

    fn readiness(&self, _: Interest) -> Readiness<'_> {
        Readiness::Ready { nbytes: (self.bytes.len() - self.position) as u64 }
    }
}

/// Collects what the guest writes. Clones share the bytes, so one stays with the embedder.
///
/// ```
/// use fulgurite_wasi::{Output, OutputPipe, WasiCtx};
///
/// let pipe = OutputPipe::new();
/// let ctx = WasiCtx::builder().stdout(Output::pipe(&pipe)).build()?;
/// assert!(pipe.contents().is_empty());
/// # Ok::<(), fulgurite_wasi::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OutputPipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl Default for OutputPipe {
    fn default() -> OutputPipe {
        OutputPipe::new()
    }
}

impl OutputPipe {
    /// A pipe without a limit. For guests that are not trusted use [`OutputPipe::with_limit`].
    pub fn new() -> OutputPipe {
        OutputPipe::with_limit(usize::MAX)
    }

    /// A pipe that holds at most `limit` bytes; a write to a full pipe fails with `ENOSPC`.
    pub fn with_limit(limit: usize) -> OutputPipe {
        OutputPipe { bytes: Arc::default(), limit }
    }

    /// A copy of the bytes so far.
    pub fn contents(&self) -> Vec<u8> {
        self.lock().clone()
    }

    /// Takes the bytes so far out of the pipe.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.lock())
    }

    /// The bytes. A panic elsewhere cannot leave them half written.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File for OutputPipe {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let mut bytes = self.lock();
        let wanted: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let mut room = self.limit.saturating_sub(bytes.len());
        if room == 0 && wanted > 0 {
            return Err(Errno::Nospc);
        }
        bytes.try_reserve(wanted.min(room)).map_err(|_| Errno::Nomem)?;
        let mut written = 0;
        for buffer in buffers {
            let count = buffer.len().min(room);
            bytes.extend_from_slice(&buffer[..count]);
            room -= count;
            written += count;
        }
        Ok(written)
    }
}
