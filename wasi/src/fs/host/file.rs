//! An open file of the host: regular file, device, pipe, terminal, or an inherited standard stream.
//!
//! Called by: `open`, `fs::stdio`. Calls: `sys`. Nothing is buffered: what the guest writes has left when the call returns.
//!
//! # Invariants
//! E1 What was opened for the guest never waits in the host: it is `O_NONBLOCK`, an operation that would wait is `EAGAIN`, and `wait` decides whether
//!    the guest sees that. Streams that are shared with other processes have the flags that those gave them, and are asked first.

use std::io::{IoSlice, IoSliceMut, IsTerminal, Read, Seek, SeekFrom, Write};

use cap_std::fs::File as CapFile;

use super::{Access, set_times, stat, sys};
use crate::abi::{Advice, Errno, Fdflags, Filestat, Filetype, Rights};
use crate::fs::{File, Interest, NewTime, Readiness, SetTimes};

/// An open file of the host.
pub(crate) struct HostFile {
    file: CapFile,
    filetype: Filetype,
    terminal: bool,
    access: Access,
    flags: Fdflags,
    /// The descriptor shares its host flags with other processes (standard streams), so they are not touched.
    shared: bool,
    /// A pipe that no writer was seen at yet: without one the host takes it for ended.
    awaits_writer: bool,
}

impl HostFile {
    /// Wraps a file that was opened for the guest alone, `O_NONBLOCK` (E1).
    pub(super) fn opened(file: CapFile, filetype: Filetype, access: Access, flags: Fdflags) -> Result<HostFile, Errno> {
        let terminal = filetype == Filetype::CharacterDevice && is_terminal(&file);
        let mut opened = HostFile { file, filetype, terminal, access, flags: Fdflags::empty(), shared: false, awaits_writer: false };
        if !flags.is_empty() {
            opened.set_flags(flags)?;
        }
        Ok(opened)
    }

    /// Says that it is a pipe for reading, whose end is not before its first writer has come and gone.
    pub(super) fn awaiting_writer(self, awaits_writer: bool) -> HostFile {
        HostFile { awaits_writer, ..self }
    }

    /// Wraps a descriptor that the host process shares with the guest.
    pub(crate) fn shared(file: std::fs::File, access: Access) -> Result<HostFile, Errno> {
        let file = CapFile::from_std(file);
        let filetype = stat::filetype(file.metadata()?.file_type());
        let terminal = is_terminal(&file);
        Ok(HostFile { file, filetype, terminal, access, flags: Fdflags::empty(), shared: true, awaits_writer: false })
    }

    /// Whether the object has a position. Devices such as `/dev/null` let themselves be positioned; terminals do not.
    fn positioned(&self) -> bool {
        match self.filetype {
            Filetype::RegularFile | Filetype::BlockDevice | Filetype::Directory => true,
            Filetype::CharacterDevice => !self.terminal,
            _ => false,
        }
    }

    /// `EAGAIN` in place of waiting, if the guest asked for that and the host's own flag, which is shared, does not say so.
    fn check_wait(&self, write: bool) -> Result<(), Errno> {
        if self.shared && self.flags.contains(Fdflags::NONBLOCK) && !self.positioned() && !sys::is_ready(&self.file, write)? {
            return Err(Errno::Again);
        }
        Ok(())
    }

    /// `EAGAIN` if there was no writer yet, and the guest wants to wait for one. On Linux a pipe is not ready until its first writer writes or goes.
    fn check_writer(&mut self) -> Result<(), Errno> {
        if self.awaits_writer && !self.flags.contains(Fdflags::NONBLOCK) {
            if !sys::is_ready(&self.file, false)? {
                return Err(Errno::Again);
            }
            self.awaits_writer = false;
        }
        Ok(())
    }

    /// H2 for what an open file can change besides its data.
    fn writable(&self) -> Result<(), Errno> {
        match self.access {
            Access::ReadOnly => Err(Errno::Rofs),
            Access::ReadWrite => Ok(()),
        }
    }

    /// Keeps the promise of `DSYNC` and `SYNC` after a write.
    fn after_write(&self) -> Result<(), Errno> {
        if self.flags.contains(Fdflags::SYNC) {
            self.file.sync_all()?;
        } else if self.flags.contains(Fdflags::DSYNC) {
            self.file.sync_data()?;
        }
        Ok(())
    }
}

/// Whether the file is a terminal.
fn is_terminal(file: &CapFile) -> bool {
    #[cfg(unix)]
    return std::os::fd::AsFd::as_fd(file).is_terminal();
    #[cfg(windows)]
    return std::os::windows::io::AsHandle::as_handle(file).is_terminal();
    #[cfg(not(any(unix, windows)))]
    return false;
}

impl File for HostFile {
    fn filetype(&self) -> Filetype {
        self.filetype
    }

    fn rights(&self) -> Rights {
        if self.positioned() { Rights::FILE } else { Rights::STREAM }
    }

    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(stat::from_metadata(&self.file.metadata()?))
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        self.check_wait(false)?;
        self.check_writer()?;
        // One buffer is the usual case, and the plain call spares the kernel a list.
        match buffers {
            [buffer] => sys::retry(|| self.file.read(buffer)),
            _ => sys::retry(|| self.file.read_vectored(buffers)),
        }
    }

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        self.check_wait(true)?;
        if self.flags.contains(Fdflags::APPEND) && (self.shared || cfg!(not(unix))) && self.positioned() {
            self.file.seek(SeekFrom::End(0))?;
        }
        let written = match buffers {
            [buffer] => sys::retry(|| self.file.write(buffer))?,
            _ => sys::retry(|| self.file.write_vectored(buffers))?,
        };
        self.after_write()?;
        Ok(written)
    }

    fn read_at(&mut self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        sys::read_at(&self.file, buffers, offset)
    }

    fn write_at(&mut self, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        let written = sys::write_at(&self.file, buffers, offset)?;
        self.after_write()?;
        Ok(written)
    }

    fn seek(&mut self, position: SeekFrom) -> Result<u64, Errno> {
        if !self.positioned() {
            return Err(Errno::Spipe);
        }
        Ok(self.file.seek(position)?)
    }

    fn flags(&self) -> Fdflags {
        self.flags
    }

    fn set_flags(&mut self, flags: Fdflags) -> Result<(), Errno> {
        let append = flags.contains(Fdflags::APPEND);
        if append != self.flags.contains(Fdflags::APPEND) && !self.shared && self.positioned() {
            sys::set_append(&self.file, append)?;
        }
        self.flags = flags;
        Ok(())
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        self.writable()?;
        Ok(self.file.set_len(size)?)
    }

    fn set_times(&mut self, times: SetTimes) -> Result<(), Errno> {
        self.writable()?;
        let mut host = std::fs::FileTimes::new();
        if let Some(time) = times.accessed {
            host = host.set_accessed(host_time(time)?);
        }
        if let Some(time) = times.modified {
            host = host.set_modified(host_time(time)?);
        }
        Ok(self.file.try_clone()?.into_std().set_times(host)?)
    }

    fn allocate(&mut self, offset: u64, len: u64) -> Result<(), Errno> {
        self.writable()?;
        let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
        match sys::allocate(&self.file, offset, len) {
            // Without a reservation the promise left is the size.
            Err(Errno::Notsup) if end > self.file.metadata()?.len() => Ok(self.file.set_len(end)?),
            Err(Errno::Notsup) => Ok(()),
            result => result,
        }
    }

    fn advise(&mut self, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        if self.filetype == Filetype::RegularFile { sys::advise(&self.file, offset, len, advice) } else { Err(Errno::Spipe) }
    }

    fn sync(&mut self, data_only: bool) -> Result<(), Errno> {
        let result = if data_only { self.file.sync_data() } else { self.file.sync_all() };
        match result.map_err(Errno::from) {
            // Pipes and terminals have no device to bring data to.
            Err(Errno::Inval | Errno::Notsup | Errno::Rofs) if !self.positioned() => Ok(()),
            result => result,
        }
    }

    fn readiness(&self, interest: Interest) -> Readiness<'_> {
        #[cfg(unix)]
        if !self.positioned() || self.filetype == Filetype::CharacterDevice {
            return Readiness::Wait(std::os::fd::AsFd::as_fd(&self.file));
        }
        let nbytes = match interest {
            Interest::Write => 1,
            Interest::Read => {
                let size = self.file.metadata().map_or(0, |metadata| metadata.len());
                let position = (&self.file).stream_position().unwrap_or(0);
                size.saturating_sub(position)
            }
        };
        Readiness::Ready { nbytes }
    }
}

/// A time as the standard library takes it.
fn host_time(time: NewTime) -> Result<std::time::SystemTime, Errno> {
    match time {
        NewTime::Now => Ok(std::time::SystemTime::now()),
        NewTime::At(nanoseconds) => set_times::system_time(nanoseconds),
    }
}
