//! An open file of a file system in memory.
//!
//! Called by: `open`. Calls: `tree`, `content`.

use std::io::{IoSlice, IoSliceMut, SeekFrom};
use std::sync::MutexGuard;

use super::content::Content;
use super::handle::Handle;
use super::node::{Kind, Node};
use super::quota::Ledger;
use super::set_times;
use super::tree::Tree;
use crate::abi::{Advice, Errno, Fdflags, Filestat, Filetype, Rights};
use crate::clock::Clock;
use crate::fs::host::Access;
use crate::fs::{File, Interest, Readiness, SetTimes};

/// An open file, with a position of its own.
pub(super) struct MemoryFile {
    pub(super) handle: Handle,
    pub(super) access: Access,
    pub(super) clock: Clock,
    pub(super) flags: Fdflags,
    /// What it was opened for; a host's descriptor knows that too.
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) position: u64,
}

impl MemoryFile {
    /// The tree.
    fn lock(&self) -> MutexGuard<'_, Tree> {
        self.handle.shared.lock()
    }

    /// Refuses a change in a read-only grant.
    fn writable(&self) -> Result<(), Errno> {
        match self.access {
            Access::ReadOnly => Err(Errno::Rofs),
            Access::ReadWrite => Ok(()),
        }
    }

    /// Changes the contents and notes when.
    fn change<R>(&self, change: impl FnOnce(&mut Content, &mut Ledger) -> Result<R, Errno>) -> Result<R, Errno> {
        let mut tree = self.lock();
        let (node, ledger) = tree.own(self.handle.id)?;
        let Node { kind: Kind::File(content), times, .. } = node else { return Err(Errno::Stale) };
        let result = change(content, ledger)?;
        times.touch(self.clock.time_of_day());
        Ok(result)
    }

    /// Where a write goes: to the end if that was asked for.
    fn write_position(&self) -> Result<u64, Errno> {
        if self.flags.contains(Fdflags::APPEND) { Ok(self.filestat()?.size) } else { Ok(self.position) }
    }
}

/// Refuses a range that ends after the greatest position, as Linux does before it looks at the file.
fn check_range(offset: u64, mut lengths: impl Iterator<Item = usize>) -> Result<(), Errno> {
    let end = lengths.try_fold(offset, |end, len| end.checked_add(len as u64));
    if end.is_some_and(|end| i64::try_from(end).is_ok()) { Ok(()) } else { Err(Errno::Inval) }
}

impl File for MemoryFile {
    fn filetype(&self) -> Filetype {
        Filetype::RegularFile
    }

    fn rights(&self) -> Rights {
        Rights::FILE
    }

    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(self.lock().node(self.handle.id)?.filestat())
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        let count = self.read_at(buffers, self.position)?;
        self.position += count as u64;
        Ok(count)
    }

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        if !self.write {
            return Err(Errno::Badf);
        }
        // Under one lock, so that what two descriptors append does not overlap.
        let (append, position) = (self.flags.contains(Fdflags::APPEND), self.position);
        let (count, end) = self.change(|content, ledger| {
            let at = if append { content.size() } else { position };
            check_range(at, buffers.iter().map(|buffer| buffer.len()))?;
            let count = content.write(buffers, at, ledger)?;
            Ok((count, at + count as u64))
        })?;
        self.position = end;
        Ok(count)
    }

    fn read_at(&mut self, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        if !self.read {
            return Err(Errno::Badf);
        }
        check_range(offset, buffers.iter().map(|buffer| buffer.len()))?;
        let now = self.clock.time_of_day();
        let mut tree = self.lock();
        let node = tree.open_lower(self.handle.id)?;
        let count = match &mut node.kind {
            Kind::File(content) => content.read(buffers, offset),
            Kind::Lower(lower) => lower.file.as_mut().ok_or(Errno::Stale)?.read_at(buffers, offset)?,
            _ => return Err(Errno::Stale),
        };
        node.times.access(now);
        Ok(count)
    }

    fn write_at(&mut self, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        if !self.write {
            return Err(Errno::Badf);
        }
        // On Linux, the model, appending wins over the offset.
        let at = if self.flags.contains(Fdflags::APPEND) { self.write_position()? } else { offset };
        check_range(at, buffers.iter().map(|buffer| buffer.len()))?;
        self.change(|content, ledger| content.write(buffers, at, ledger))
    }

    fn seek(&mut self, position: SeekFrom) -> Result<u64, Errno> {
        let base = match position {
            SeekFrom::Start(_) => 0,
            SeekFrom::Current(_) => self.position,
            SeekFrom::End(_) => self.filestat()?.size,
        };
        let target = match position {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) | SeekFrom::End(offset) => base.checked_add_signed(offset),
        };
        // Positions have 63 bits, as on hosts.
        self.position = target.filter(|target| i64::try_from(*target).is_ok()).ok_or(Errno::Inval)?;
        Ok(self.position)
    }

    fn flags(&self) -> Fdflags {
        self.flags
    }

    fn set_flags(&mut self, flags: Fdflags) -> Result<(), Errno> {
        self.flags = flags;
        Ok(())
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        self.writable()?;
        if !self.write {
            return Err(Errno::Inval);
        }
        self.change(|content, ledger| content.set_size(size, ledger))
    }

    fn set_times(&mut self, times: SetTimes) -> Result<(), Errno> {
        self.writable()?;
        set_times::set(&mut self.lock(), self.handle.id, times, self.clock.time_of_day())
    }

    fn allocate(&mut self, offset: u64, len: u64) -> Result<(), Errno> {
        self.writable()?;
        if !self.write {
            return Err(Errno::Badf);
        }
        self.change(|content, ledger| content.allocate(offset, len, ledger))
    }

    fn advise(&mut self, _: u64, _: u64, _: Advice) -> Result<(), Errno> {
        Ok(())
    }

    fn readiness(&self, interest: Interest) -> Readiness<'_> {
        let nbytes = match interest {
            Interest::Write => 1,
            Interest::Read => self.filestat().map_or(0, |stat| stat.size.saturating_sub(self.position)),
        };
        Readiness::Ready { nbytes }
    }
}
