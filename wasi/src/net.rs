//! Sockets: the trait behind `sock_*`, and its implementation by the host's TCP sockets.
//!
//! Data in: sockets that the embedder opened; a guest of Preview 1 cannot open any. Data out: [`File`] objects that are [`Socket`]s too.
//! Called by: `ctx` (grants), `calls::sock` through the trait.
//!
//! # Invariants
//! N1 The host's sockets never wait: an operation that would is `EAGAIN`, and `wait` decides whether the guest sees that. So a peer that goes
//!    away between the host's "ready" and the operation cannot hold a call up.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use crate::abi::{Errno, Fdflags, Filestat, Filetype, Rights};
use crate::fs::{File, Interest, Readiness};

/// What a socket can do besides reading and writing. See [`File::as_socket`].
///
/// The default bodies are those of a connection: it has nothing to accept.
pub trait Socket {
    /// Takes a connection that waits; `EAGAIN` if none does.
    fn accept(&mut self) -> Result<Box<dyn File>, Errno> {
        Err(Errno::Inval)
    }

    /// Reads without taking the bytes away; `EAGAIN` if there are none.
    fn peek(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        let _ = buffers;
        Err(Errno::Notconn)
    }

    /// Ends one or both directions.
    fn shutdown(&mut self, read: bool, write: bool) -> Result<(), Errno> {
        let _ = (read, write);
        Err(Errno::Notconn)
    }
}

/// A listening socket of the host.
pub(crate) struct Listener {
    listener: TcpListener,
    nonblocking: bool,
}

impl Listener {
    /// Makes sure of N1.
    pub(crate) fn new(listener: TcpListener) -> std::io::Result<Listener> {
        listener.set_nonblocking(true)?;
        Ok(Listener { listener, nonblocking: false })
    }
}

impl Socket for Listener {
    fn accept(&mut self) -> Result<Box<dyn File>, Errno> {
        let (stream, _) = self.listener.accept()?;
        Ok(Box::new(Stream::new(stream)?))
    }
}

/// A connected socket of the host.
pub(crate) struct Stream {
    stream: TcpStream,
    nonblocking: bool,
}

impl Stream {
    /// Makes sure of N1.
    pub(crate) fn new(stream: TcpStream) -> std::io::Result<Stream> {
        stream.set_nonblocking(true)?;
        Ok(Stream { stream, nonblocking: false })
    }
}

impl Socket for Stream {
    /// The host peeks into one buffer: the first.
    fn peek(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        match buffers.first_mut() {
            Some(buffer) => Ok(self.stream.peek(buffer)?),
            None => Ok(0),
        }
    }

    fn shutdown(&mut self, read: bool, write: bool) -> Result<(), Errno> {
        let how = match (read, write) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        Ok(self.stream.shutdown(how)?)
    }
}

/// What both kinds of socket have in common as files: the field that holds the host's socket, and the rights.
macro_rules! file_of_a_socket {
    ($field:ident, $rights:expr) => {
        fn filetype(&self) -> Filetype {
            Filetype::SocketStream
        }

        fn rights(&self) -> Rights {
            $rights
        }

        fn filestat(&self) -> Result<Filestat, Errno> {
            Ok(Filestat::anonymous(Filetype::SocketStream))
        }

        fn flags(&self) -> Fdflags {
            if self.nonblocking { Fdflags::NONBLOCK } else { Fdflags::empty() }
        }

        /// The host's flag is always on (N1); the guest's is kept here.
        fn set_flags(&mut self, flags: Fdflags) -> Result<(), Errno> {
            if flags.difference(Fdflags::NONBLOCK).is_empty() {
                self.nonblocking = flags.contains(Fdflags::NONBLOCK);
                return Ok(());
            }
            Err(Errno::Inval)
        }

        fn readiness(&self, _: Interest) -> Readiness<'_> {
            #[cfg(unix)]
            return Readiness::Wait(std::os::fd::AsFd::as_fd(&self.$field));
            #[cfg(not(unix))]
            return Readiness::Wait(std::marker::PhantomData);
        }

        fn as_socket(&mut self) -> Option<&mut dyn Socket> {
            Some(self)
        }
    };
}

impl File for Listener {
    file_of_a_socket!(listener, Rights::LISTENER);

    fn read(&mut self, _: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        Err(Errno::Notconn)
    }

    fn write(&mut self, _: &[IoSlice<'_>]) -> Result<usize, Errno> {
        Err(Errno::Notconn)
    }
}

impl File for Stream {
    file_of_a_socket!(stream, Rights::STREAM.union(Rights::SOCK_SHUTDOWN));

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        retry(|| self.stream.read_vectored(buffers))
    }

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        retry(|| self.stream.write_vectored(buffers))
    }
}

/// Repeats an operation that a signal interrupted.
fn retry<R>(mut operation: impl FnMut() -> std::io::Result<R>) -> Result<R, Errno> {
    loop {
        match operation() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            result => return Ok(result?),
        }
    }
}
