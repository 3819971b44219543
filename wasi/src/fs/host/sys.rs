//! The few system calls that neither the standard library nor `cap-std` offers: through `rustix` on Unix, by other means elsewhere.
//!
//! Called by: `file`, `open`. Every function works on an open file; none takes a path.

use std::io::{self, IoSlice, IoSliceMut};

use cap_std::fs::File;

use crate::abi::{Advice, Errno};

#[cfg(unix)]
pub(super) use unix::*;

#[cfg(not(unix))]
pub(super) use other::*;

/// Repeats an operation that a signal interrupted.
pub(super) fn retry<R>(mut operation: impl FnMut() -> io::Result<R>) -> Result<R, Errno> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Ok(result?),
        }
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::OFlags;

    /// "Only a directory", as a flag of the host's `open`.
    #[allow(clippy::cast_possible_wrap, reason = "the bit is far below the sign")]
    pub(in super::super) const O_DIRECTORY: i32 = OFlags::DIRECTORY.bits() as i32;

    /// Reads at an offset.
    pub(in super::super) fn read_at(file: &File, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        retry(|| Ok(rustix::io::preadv(file, buffers, offset)?))
    }

    /// Writes at an offset.
    pub(in super::super) fn write_at(file: &File, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        retry(|| Ok(rustix::io::pwritev(file, buffers, offset)?))
    }

    /// Turns appending on or off for the open file.
    pub(in super::super) fn set_append(file: &File, append: bool) -> Result<(), Errno> {
        let mut flags = rustix::fs::fcntl_getfl(file)?;
        flags.set(OFlags::APPEND, append);
        Ok(rustix::fs::fcntl_setfl(file, flags)?)
    }

    /// Whether a read or write would not wait.
    pub(in super::super) fn is_ready(file: &File, write: bool) -> Result<bool, Errno> {
        let mut fds = [PollFd::new(file, if write { PollFlags::OUT } else { PollFlags::IN })];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        Ok(poll(&mut fds, Some(&now))? != 0)
    }

    /// Reserves storage, if the host's file system can.
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    pub(in super::super) fn allocate(file: &File, offset: u64, len: u64) -> Result<(), Errno> {
        Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), offset, len)?)
    }

    /// This host has no such call.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    pub(in super::super) fn allocate(_: &File, _: u64, _: u64) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }

    /// Passes advice on.
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    pub(in super::super) fn advise(file: &File, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        use rustix::fs::Advice as Host;
        let advice = match advice {
            Advice::Normal => Host::Normal,
            Advice::Sequential => Host::Sequential,
            Advice::Random => Host::Random,
            Advice::Willneed => Host::WillNeed,
            Advice::Dontneed => Host::DontNeed,
            Advice::Noreuse => Host::NoReuse,
        };
        Ok(rustix::fs::fadvise(file, offset, std::num::NonZeroU64::new(len), advice)?)
    }

    /// Advice may be ignored.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    pub(in super::super) fn advise(_: &File, _: u64, _: u64, _: Advice) -> Result<(), Errno> {
        Ok(())
    }
}

#[cfg(not(unix))]
mod other {
    use super::*;
    use std::io::{Read, Seek, SeekFrom, Write};

    /// Reads at an offset: moves the position there and back.
    pub(in super::super) fn read_at(file: &File, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        at(file, offset, |mut file| file.read_vectored(buffers))
    }

    /// Writes at an offset: moves the position there and back.
    pub(in super::super) fn write_at(file: &File, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        at(file, offset, |mut file| file.write_vectored(buffers))
    }

    /// Runs an operation at an offset and restores the position.
    fn at(mut file: &File, offset: u64, operation: impl FnOnce(&File) -> io::Result<usize>) -> Result<usize, Errno> {
        let position = file.stream_position()?;
        file.seek(SeekFrom::Start(offset))?;
        let result = operation(file);
        file.seek(SeekFrom::Start(position))?;
        Ok(result?)
    }

    /// Appending is done by moving to the end before each write.
    pub(in super::super) fn set_append(_: &File, _: bool) -> Result<(), Errno> {
        Ok(())
    }

    /// This host cannot tell.
    pub(in super::super) fn is_ready(_: &File, _: bool) -> Result<bool, Errno> {
        Ok(true)
    }

    /// This host has no such call.
    pub(in super::super) fn allocate(_: &File, _: u64, _: u64) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }

    /// Advice may be ignored.
    pub(in super::super) fn advise(_: &File, _: u64, _: u64, _: Advice) -> Result<(), Errno> {
        Ok(())
    }
}
