//! File systems and streams as the guest's calls see them: two traits, and what crosses them.
//!
//! Called by: `calls`, `ctx`. Calls: `abi` for error numbers and attribute types.
//!
//! - [`File`]: anything with bytes: a file of the host, a pipe in memory, a terminal.
//! - [`Directory`]: a place that a guest may name paths in. The host's is in `host`, over `cap-std`; one in memory, which may lie over another
//!   directory, is in `memory`; granted single files are in `files`.
//!
//! # Why
//! Traits instead of an enum of host objects: an embedder may bring a file system of its own, and call bodies are tested without a host.
//! An object call for each WASI call costs nothing against a system call.

pub(crate) mod files;
pub(crate) mod host;
pub(crate) mod memory;
pub(crate) mod pipe;
pub(crate) mod stdio;

use std::any::Any;
use std::io::{IoSlice, IoSliceMut, SeekFrom};

use crate::abi::{Advice, Errno, Fdflags, Filestat, Filetype, Oflags, Rights};
use crate::net::Socket;

/// An open file, stream or device.
///
/// The default bodies are those of a stream: no position, no size, nothing to synchronise.
pub trait File: Send {
    /// What kind of object it is.
    fn filetype(&self) -> Filetype {
        Filetype::Unknown
    }

    /// The rights that make sense for it. A guest's program takes a character device without [`Rights::FD_SEEK`] for a terminal.
    fn rights(&self) -> Rights {
        Rights::STREAM
    }

    /// Its attributes.
    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(Filestat::anonymous(self.filetype()))
    }

    /// Reads into the buffers in order and says how many bytes came; 0 at the end.
    ///
    /// `EAGAIN` says that there is nothing yet. Unless the guest asked for that with [`Fdflags::NONBLOCK`], it waits for
    /// [`File::readiness`] then, and the read is repeated.
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        let _ = buffers;
        Err(Errno::Badf)
    }

    /// Writes the buffers in order and says how many bytes went. `EAGAIN` is as for a read.
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let _ = buffers;
        Err(Errno::Badf)
    }

    /// Reads at an offset, without moving the position.
    fn read_at(&mut self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        let _ = (buffers, offset);
        Err(Errno::Spipe)
    }

    /// Writes at an offset, without moving the position.
    fn write_at(&mut self, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        let _ = (buffers, offset);
        Err(Errno::Spipe)
    }

    /// Moves the position and returns it.
    fn seek(&mut self, position: SeekFrom) -> Result<u64, Errno> {
        let _ = position;
        Err(Errno::Spipe)
    }

    /// The flags in force.
    fn flags(&self) -> Fdflags {
        Fdflags::empty()
    }

    /// Replaces the flags. A stream that never waits and has no device behind it keeps every flag's promise without storing it.
    fn set_flags(&mut self, flags: Fdflags) -> Result<(), Errno> {
        let _ = flags;
        Ok(())
    }

    /// Sets the size; new bytes are zero.
    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        let _ = size;
        Err(Errno::Inval)
    }

    /// Sets the access and modification times.
    fn set_times(&mut self, times: SetTimes) -> Result<(), Errno> {
        let _ = times;
        Err(Errno::Notsup)
    }

    /// Makes sure that the range has storage; the file grows if it ends before the range.
    fn allocate(&mut self, offset: u64, len: u64) -> Result<(), Errno> {
        let _ = (offset, len);
        Err(Errno::Spipe)
    }

    /// Says how a range will be used.
    fn advise(&mut self, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        let _ = (offset, len, advice);
        Err(Errno::Spipe)
    }

    /// Brings the data to the device, and the attributes too unless `data_only`.
    fn sync(&mut self, data_only: bool) -> Result<(), Errno> {
        let _ = data_only;
        Ok(())
    }

    /// Whether it can be read or written without waiting.
    fn readiness(&self, interest: Interest) -> Readiness<'_> {
        let _ = interest;
        Readiness::Ready { nbytes: 1 }
    }

    /// What it can do as a socket, if it is one.
    fn as_socket(&mut self) -> Option<&mut dyn Socket> {
        None
    }
}

/// What a poll waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Data to read.
    Read,
    /// Room to write.
    Write,
}

/// The answer of [`File::readiness`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Readiness<'f> {
    /// An operation would not wait; about this many bytes can be moved.
    Ready {
        /// Bytes to read, or room to write.
        nbytes: u64,
    },
    /// The host can wait for this descriptor.
    Wait(WaitHandle<'f>),
}

/// What the host can wait for: a descriptor.
#[cfg(unix)]
pub type WaitHandle<'f> = std::os::fd::BorrowedFd<'f>;

/// What the host can wait for: nothing; a poll takes it for ready.
#[cfg(not(unix))]
pub type WaitHandle<'f> = std::marker::PhantomData<&'f ()>;

/// A new time for [`SetTimes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewTime {
    /// The present.
    Now,
    /// Nanoseconds since 1970.
    At(u64),
}

/// Which times to set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetTimes {
    /// Access time; `None` leaves it.
    pub accessed: Option<NewTime>,
    /// Modification time; `None` leaves it.
    pub modified: Option<NewTime>,
}

/// How [`Directory::open`] opens.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// The descriptor will be read.
    pub read: bool,
    /// The descriptor will be written.
    pub write: bool,
    /// Create, truncate, only a directory, only a new file.
    pub oflags: Oflags,
    /// Flags of the new descriptor.
    pub fdflags: Fdflags,
    /// Follow a symbolic link in the last component.
    pub follow: bool,
}

/// What [`Directory::open`] found.
pub enum Opened {
    /// Anything that is not a directory.
    File(Box<dyn File>),
    /// A directory.
    Directory(Box<dyn Directory>),
}

/// The entries of a directory at one moment, without `.` and `..`. The names are one allocation.
#[derive(Debug, Default)]
pub struct Listing {
    names: String,
    entries: Vec<ListedEntry>,
}

/// An entry of a [`Listing`], its name being a range of the common string.
#[derive(Debug)]
struct ListedEntry {
    name_end: usize,
    ino: u64,
    filetype: Filetype,
}

impl Listing {
    /// An empty listing.
    pub fn new() -> Listing {
        Listing::default()
    }

    /// Adds an entry.
    pub fn push(&mut self, name: &str, ino: u64, filetype: Filetype) {
        self.names.push_str(name);
        self.entries.push(ListedEntry { name_end: self.names.len(), ino, filetype });
    }

    /// How much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.names.len() + self.entries.len() * size_of::<ListedEntry>()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Name, serial number and type of an entry.
    pub fn get(&self, position: usize) -> Option<(&str, u64, Filetype)> {
        let entry = self.entries.get(position)?;
        let start = match position.checked_sub(1) {
            Some(previous) => self.entries[previous].name_end,
            None => 0,
        };
        Some((&self.names[start..entry.name_end], entry.ino, entry.filetype))
    }
}

/// A directory that paths are resolved in. No path leads out of it.
///
/// Paths are UTF-8 without NUL, perhaps empty, absolute or with `..`; the directory refuses what it does not hold. A call checks rights
/// and descriptors before it comes here; what a grant allows is the directory's own business, and so is what a path means. Guests rely on the
/// errors of `openat2` with `RESOLVE_BENEATH`: `EPERM` for what leads out, `ELOOP` after 40 symbolic links, `ENOTDIR` for a slash after
/// a file's name, `EROFS` for a change where none is allowed.
///
/// An operation on two directories gets the other one as an object; `Any` is a supertrait so that it can be asked whether it is of
/// the same kind.
///
/// ```
/// use fulgurite_wasi::fs::{Directory, File, Listing, OpenOptions, Opened, SetTimes};
/// use fulgurite_wasi::{Errno, Filestat, Filetype, WasiCtx};
///
/// /// A directory with one file, which says `hello`.
/// struct Greeting;
///
/// struct Hello(usize);
///
/// impl File for Hello {
///     fn read(&mut self, buffers: &mut [std::io::IoSliceMut<'_>]) -> Result<usize, Errno> {
///         let Some(buffer) = buffers.first_mut() else { return Ok(0) };
///         let rest = &b"hello"[self.0..];
///         let count = rest.len().min(buffer.len());
///         buffer[..count].copy_from_slice(&rest[..count]);
///         self.0 += count;
///         Ok(count)
///     }
/// }
///
/// impl Directory for Greeting {
///     fn filestat(&self) -> Result<Filestat, Errno> {
///         Ok(Filestat::anonymous(Filetype::Directory))
///     }
///     fn read_dir(&self) -> Result<Listing, Errno> {
///         let mut listing = Listing::new();
///         listing.push("greeting", 1, Filetype::RegularFile);
///         Ok(listing)
///     }
///     fn open(&self, path: &str, options: &OpenOptions) -> Result<Opened, Errno> {
///         match path {
///             _ if options.write => Err(Errno::Rofs),
///             "greeting" => Ok(Opened::File(Box::new(Hello(0)))),
///             _ => Err(Errno::Noent),
///         }
///     }
///     fn filestat_at(&self, path: &str, _follow: bool) -> Result<Filestat, Errno> {
///         match path {
///             "greeting" => Ok(Filestat { size: 5, ..Filestat::anonymous(Filetype::RegularFile) }),
///             "." => self.filestat(),
///             _ => Err(Errno::Noent),
///         }
///     }
/// }
///
/// let ctx = WasiCtx::builder().custom_directory(Greeting, "/").build()?;
/// # Ok::<(), fulgurite_wasi::BuildError>(())
/// ```
///
/// The default bodies are those of a directory that cannot be changed and has no symbolic links.
pub trait Directory: Any + Send {
    /// Its own attributes.
    fn filestat(&self) -> Result<Filestat, Errno>;

    /// Sets its own times.
    fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        let _ = times;
        Err(Errno::Rofs)
    }

    /// Brings it to the device.
    fn sync(&self, data_only: bool) -> Result<(), Errno> {
        let _ = data_only;
        Ok(())
    }

    /// Lists it, without `.` and `..`.
    fn read_dir(&self) -> Result<Listing, Errno>;

    /// Opens a file or directory.
    ///
    /// `EAGAIN` says that it would have to wait, as for the other end of a pipe. Unless the guest asked for that with [`Fdflags::NONBLOCK`], the call
    /// is made again after a while.
    fn open(&self, path: &str, options: &OpenOptions) -> Result<Opened, Errno>;

    /// Creates a directory.
    fn create_directory(&self, path: &str) -> Result<(), Errno> {
        let _ = path;
        Err(Errno::Rofs)
    }

    /// Attributes of what the path names.
    fn filestat_at(&self, path: &str, follow: bool) -> Result<Filestat, Errno>;

    /// Sets the times of what the path names.
    fn set_times_at(&self, path: &str, follow: bool, times: SetTimes) -> Result<(), Errno> {
        let _ = (path, follow, times);
        Err(Errno::Rofs)
    }

    /// Creates a hard link to `path` in `target`. Another file system is `EXDEV`.
    fn link(&self, path: &str, target: &dyn Directory, target_path: &str) -> Result<(), Errno> {
        let _ = (path, target, target_path);
        Err(Errno::Rofs)
    }

    /// The target of a symbolic link.
    fn read_link(&self, path: &str) -> Result<String, Errno> {
        self.filestat_at(path, false).and(Err(Errno::Inval))
    }

    /// Removes an empty directory.
    fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        let _ = path;
        Err(Errno::Rofs)
    }

    /// Renames `path` to `target_path` in `target`. Another file system is `EXDEV`.
    fn rename(&self, path: &str, target: &dyn Directory, target_path: &str) -> Result<(), Errno> {
        let _ = (path, target, target_path);
        Err(Errno::Rofs)
    }

    /// Creates a symbolic link that says `contents`.
    fn symlink(&self, contents: &str, path: &str) -> Result<(), Errno> {
        let _ = (contents, path);
        Err(Errno::Rofs)
    }

    /// Removes anything but a directory.
    fn unlink_file(&self, path: &str) -> Result<(), Errno> {
        let _ = path;
        Err(Errno::Rofs)
    }
}
