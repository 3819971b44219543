//! How values lie in guest memory: little-endian, at the offsets of the specification.
//!
//! `guest` uses these traits to read and write through typed pointers; nothing else looks at offsets. The types ending in `Unstable`
//! are the three structures whose layout differs in `wasi_unstable`.
//!
//! ```text
//! fdstat        0 filetype u8, 2 flags u16, 8 base rights u64, 16 inheriting rights u64               = 24
//! filestat      0 dev, 8 ino, 16 filetype u8, 24 nlink, 32 size, 40 atim, 48 mtim, 56 ctim           = 64
//!   unstable    0 dev, 8 ino, 16 filetype u8, 20 nlink u32, 24 size, 32 atim, 40 mtim, 48 ctim       = 56
//! dirent        0 next, 8 ino, 16 name length u32, 20 filetype u8                                    = 24
//! prestat       0 tag u8 (0: directory), 4 name length u32                                           = 8
//! subscription  0 userdata, 8 tag u8, 16 fd u32 | 16 clock u32, 24 timeout, 32 precision, 40 flags   = 48
//!   unstable    0 userdata, 8 tag u8, 16 fd u32 | 16 (unused), 24 clock u32, 32 timeout, 48 flags    = 56
//! event         0 userdata, 8 error u16, 10 type u8, 16 nbytes, 24 flags u16                         = 32
//! ```

use super::errno::Errno;
use super::flags::Subclockflags;
use super::types::{
    Dirent, Event, Fd, Fdstat, Filestat, FilestatUnstable, Iovec, Prestat, Subscription, SubscriptionKind, SubscriptionUnstable,
};

/// A type with a place in guest memory.
pub(crate) trait Layout {
    /// Its size there, in bytes.
    const SIZE: u32;
}

/// A type that can be read from guest memory.
pub(crate) trait Decode: Layout + Sized {
    /// Reads the value from exactly `SIZE` bytes. An impossible value is `EINVAL`.
    fn decode(bytes: &[u8]) -> Result<Self, Errno>;
}

/// A type that can be written to guest memory.
pub(crate) trait Encode: Layout {
    /// Writes the value to exactly `SIZE` bytes; padding becomes zero.
    fn encode(&self, bytes: &mut [u8]);
}

/// The `N` bytes at `offset`.
fn take<const N: usize>(bytes: &[u8], offset: usize) -> Result<[u8; N], Errno> {
    bytes.get(offset..).and_then(|rest| rest.first_chunk::<N>()).copied().ok_or(Errno::Fault)
}

/// Reads a little-endian number.
fn u32_at(bytes: &[u8], offset: usize) -> Result<u32, Errno> {
    take(bytes, offset).map(u32::from_le_bytes)
}

/// Reads a little-endian number.
fn u64_at(bytes: &[u8], offset: usize) -> Result<u64, Errno> {
    take(bytes, offset).map(u64::from_le_bytes)
}

/// Writes bytes at `offset`.
fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}

/// Sizes, in one place.
macro_rules! sizes {
    ($($ty:ty = $size:literal,)*) => {
        $(impl Layout for $ty {
            const SIZE: u32 = $size;
        })*
    };
}

sizes! {
    u8 = 1,
    u16 = 2,
    u32 = 4,
    u64 = 8,
    Fd = 4,
    Fdstat = 24,
    Filestat = 64,
    FilestatUnstable = 56,
    Dirent = 24,
    Prestat = 8,
    Iovec = 8,
    Subscription = 48,
    SubscriptionUnstable = 56,
    Event = 32,
}

/// Integers are written as they are.
macro_rules! encode_integers {
    ($($ty:ty),*) => {
        $(impl Encode for $ty {
            fn encode(&self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

encode_integers!(u8, u16, u32, u64);

impl Encode for Fd {
    fn encode(&self, bytes: &mut [u8]) {
        self.0.encode(bytes);
    }
}

impl Decode for Iovec {
    fn decode(bytes: &[u8]) -> Result<Iovec, Errno> {
        Ok(Iovec { offset: u32_at(bytes, 0)?, len: u32_at(bytes, 4)? })
    }
}

impl Encode for Fdstat {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        bytes[0] = self.filetype as u8;
        put(bytes, 2, &self.flags.bits().to_le_bytes());
        put(bytes, 8, &self.base.bits().to_le_bytes());
        put(bytes, 16, &self.inheriting.bits().to_le_bytes());
    }
}

impl Encode for Filestat {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 0, &self.dev.to_le_bytes());
        put(bytes, 8, &self.ino.to_le_bytes());
        bytes[16] = self.filetype as u8;
        put(bytes, 24, &self.nlink.to_le_bytes());
        put(bytes, 32, &self.size.to_le_bytes());
        put(bytes, 40, &self.atim.to_le_bytes());
        put(bytes, 48, &self.mtim.to_le_bytes());
        put(bytes, 56, &self.ctim.to_le_bytes());
    }
}

impl Encode for FilestatUnstable {
    fn encode(&self, bytes: &mut [u8]) {
        let stat = &self.0;
        bytes.fill(0);
        put(bytes, 0, &stat.dev.to_le_bytes());
        put(bytes, 8, &stat.ino.to_le_bytes());
        bytes[16] = stat.filetype as u8;
        put(bytes, 20, &u32::try_from(stat.nlink).unwrap_or(u32::MAX).to_le_bytes());
        put(bytes, 24, &stat.size.to_le_bytes());
        put(bytes, 32, &stat.atim.to_le_bytes());
        put(bytes, 40, &stat.mtim.to_le_bytes());
        put(bytes, 48, &stat.ctim.to_le_bytes());
    }
}

impl Encode for Prestat {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 4, &self.name_len.to_le_bytes());
    }
}

impl Encode for Dirent {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 0, &self.next.to_le_bytes());
        put(bytes, 8, &self.ino.to_le_bytes());
        put(bytes, 16, &self.name_len.to_le_bytes());
        bytes[20] = self.filetype as u8;
    }
}

impl Decode for Subscription {
    fn decode(bytes: &[u8]) -> Result<Subscription, Errno> {
        decode_subscription(bytes, ClockOffsets { id: 16, timeout: 24, flags: 40 })
    }
}

impl Decode for SubscriptionUnstable {
    fn decode(bytes: &[u8]) -> Result<SubscriptionUnstable, Errno> {
        decode_subscription(bytes, ClockOffsets { id: 24, timeout: 32, flags: 48 }).map(SubscriptionUnstable)
    }
}

/// Where the fields of a clock subscription lie.
struct ClockOffsets {
    id: usize,
    timeout: usize,
    flags: usize,
}

/// Reads a subscription of either version.
fn decode_subscription(bytes: &[u8], clock: ClockOffsets) -> Result<Subscription, Errno> {
    let kind = match take::<1>(bytes, 8)?[0] {
        0 => SubscriptionKind::Clock {
            id: u32_at(bytes, clock.id)?,
            timeout: u64_at(bytes, clock.timeout)?,
            flags: Subclockflags::from_bits(u16::from_le_bytes(take(bytes, clock.flags)?)).ok_or(Errno::Inval)?,
        },
        1 => SubscriptionKind::FdRead(Fd(u32_at(bytes, 16)?)),
        2 => SubscriptionKind::FdWrite(Fd(u32_at(bytes, 16)?)),
        _ => return Err(Errno::Inval),
    };
    Ok(Subscription { userdata: u64_at(bytes, 0)?, kind })
}

impl Encode for Event {
    fn encode(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        put(bytes, 0, &self.userdata.to_le_bytes());
        put(bytes, 8, &self.error.map_or(0, Errno::code).to_le_bytes());
        bytes[10] = self.eventtype as u8;
        put(bytes, 16, &self.nbytes.to_le_bytes());
        put(bytes, 24, &self.flags.bits().to_le_bytes());
    }
}
