//! A flag that another thread can raise and that a wait for descriptors notices.
//!
//! Called by: `interrupt`, `fs::pipe`.
//!
//! On Unix it is a pipe of the host with one byte in it while the flag is raised, since that is what a wait for files, sockets and flags
//! together can wait for. Elsewhere it is a flag that waits look at from time to time.

use std::io;
use std::sync::{Mutex, PoisonError};

use crate::fs::WaitHandle;

/// The flag.
pub(crate) struct Signal {
    raised: Mutex<bool>,
    #[cfg(unix)]
    reader: io::PipeReader,
    #[cfg(unix)]
    writer: io::PipeWriter,
}

impl Signal {
    /// A flag that is not raised.
    ///
    /// # Errors
    /// When the host has no descriptors left.
    pub(crate) fn new() -> io::Result<Signal> {
        #[cfg(unix)]
        let (reader, writer) = io::pipe()?;
        Ok(Signal {
            raised: Mutex::new(false),
            #[cfg(unix)]
            reader,
            #[cfg(unix)]
            writer,
        })
    }

    /// Whether it is raised.
    pub(crate) fn is_raised(&self) -> bool {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises or lowers it. The byte in the pipe follows the flag under its lock, so neither the write nor the read can wait.
    pub(crate) fn set(&self, raise: bool) {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        if *raised == raise {
            return;
        }
        *raised = raise;
        #[cfg(unix)]
        {
            use std::io::{Read, Write};
            // Both ends are open as long as this is, so that neither can fail for good.
            let _ = if raise { (&self.writer).write(&[1]) } else { (&self.reader).read(&mut [0]) };
        }
    }

    /// What becomes readable while it is raised.
    #[cfg(unix)]
    pub(crate) fn handle(&self) -> WaitHandle<'_> {
        std::os::fd::AsFd::as_fd(&self.reader)
    }

    /// Nothing that this host can wait for.
    #[cfg(not(unix))]
    pub(crate) fn handle(&self) -> WaitHandle<'_> {
        std::marker::PhantomData
    }
}
