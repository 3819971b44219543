//! Enumerations and structures of Preview 1, as Rust values.
//!
//! Their bytes in guest memory are in `layout`. Everyone in this crate may import it.

use super::errno::Errno;
use super::flags::{Eventrwflags, Fdflags, Rights, Subclockflags};

/// A guest's descriptor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Fd(pub(crate) u32);

/// Nanoseconds: since 1970 for the realtime clock, else since a point of the clock's own.
pub(crate) type Timestamp = u64;

/// What kind of object a descriptor or a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Filetype {
    /// Something that the others do not describe, such as a pipe.
    Unknown = 0,
    /// A block device.
    BlockDevice = 1,
    /// A character device; a terminal is one.
    CharacterDevice = 2,
    /// A directory.
    Directory = 3,
    /// A regular file.
    RegularFile = 4,
    /// A datagram socket.
    SocketDgram = 5,
    /// A stream socket.
    SocketStream = 6,
    /// A symbolic link.
    SymbolicLink = 7,
}

/// Attributes of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filestat {
    /// Device that holds it.
    pub dev: u64,
    /// Serial number on that device.
    pub ino: u64,
    /// What it is.
    pub filetype: Filetype,
    /// Number of hard links.
    pub nlink: u64,
    /// Size in bytes; for a symbolic link the length of its target.
    pub size: u64,
    /// Last access, in nanoseconds since 1970.
    pub atim: u64,
    /// Last modification of the data, in nanoseconds since 1970.
    pub mtim: u64,
    /// Last change of the attributes, in nanoseconds since 1970.
    pub ctim: u64,
}

impl Filestat {
    /// Attributes of an object that is not on any device, such as a pipe.
    pub fn anonymous(filetype: Filetype) -> Filestat {
        Filestat { dev: 0, ino: 0, filetype, nlink: 1, size: 0, atim: 0, mtim: 0, ctim: 0 }
    }
}

/// How a file will be used, for `fd_advise`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Nothing in particular.
    Normal,
    /// From lower to higher offsets.
    Sequential,
    /// In no order.
    Random,
    /// Soon.
    Willneed,
    /// Not soon.
    Dontneed,
    /// Once.
    Noreuse,
}

/// The clocks of Preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clockid {
    /// Time of day, since 1970.
    Realtime,
    /// Never goes back.
    Monotonic,
    /// CPU time of the host process.
    ProcessCputime,
    /// CPU time of the calling thread.
    ThreadCputime,
}

impl Clockid {
    /// The clock of a number that the guest passed.
    pub(crate) fn from_raw(raw: u32) -> Result<Clockid, Errno> {
        match raw {
            0 => Ok(Clockid::Realtime),
            1 => Ok(Clockid::Monotonic),
            2 => Ok(Clockid::ProcessCputime),
            3 => Ok(Clockid::ThreadCputime),
            _ => Err(Errno::Inval),
        }
    }
}

/// From where an offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whence {
    /// From the start of the file.
    Set,
    /// From the current position.
    Cur,
    /// From the end of the file.
    End,
}

/// `whence` as `wasi_unstable` numbers it (current, end, start).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WhenceUnstable(pub(crate) Whence);

impl From<WhenceUnstable> for Whence {
    fn from(whence: WhenceUnstable) -> Whence {
        whence.0
    }
}

/// Attributes of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fdstat {
    pub(crate) filetype: Filetype,
    pub(crate) flags: Fdflags,
    pub(crate) base: Rights,
    pub(crate) inheriting: Rights,
}

/// What is known about a preopened descriptor: it is a directory, with a name of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prestat {
    pub(crate) name_len: u32,
}

/// The fixed part of a directory entry; the name follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dirent {
    /// Cookie of the entry after this one.
    pub(crate) next: u64,
    pub(crate) ino: u64,
    pub(crate) name_len: u32,
    pub(crate) filetype: Filetype,
}

/// One region of guest memory, as the guest names it; not checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Iovec {
    pub(crate) offset: u32,
    pub(crate) len: u32,
}

/// What `poll_oneoff` is asked to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// Returned with the event.
    pub(crate) userdata: u64,
    pub(crate) kind: SubscriptionKind,
}

/// The three kinds of subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubscriptionKind {
    /// A point in time, or a duration.
    Clock { id: u32, timeout: Timestamp, flags: Subclockflags },
    /// Data to read.
    FdRead(Fd),
    /// Room to write.
    FdWrite(Fd),
}

/// `subscription` as `wasi_unstable` lays it out (56 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionUnstable(pub(crate) Subscription);

impl From<SubscriptionUnstable> for Subscription {
    fn from(subscription: SubscriptionUnstable) -> Subscription {
        subscription.0
    }
}

/// `filestat` as `wasi_unstable` lays it out (56 bytes, link count of 32 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FilestatUnstable(pub(crate) Filestat);

impl From<Filestat> for FilestatUnstable {
    fn from(stat: Filestat) -> FilestatUnstable {
        FilestatUnstable(stat)
    }
}

/// The type number of an event; also the tag of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Eventtype {
    /// A clock has reached its time.
    Clock = 0,
    /// A descriptor has data.
    FdRead = 1,
    /// A descriptor has room.
    FdWrite = 2,
}

/// What `poll_oneoff` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) error: Option<Errno>,
    pub(crate) eventtype: Eventtype,
    /// Bytes to read, or room to write.
    pub(crate) nbytes: u64,
    pub(crate) flags: Eventrwflags,
}
