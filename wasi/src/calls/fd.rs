//! `fd_*`: operations on open descriptors, except `fd_readdir`.

use std::io::SeekFrom;

use super::transfer;
use crate::abi::flags::{Fdflags, Fstflags, Rights};
use crate::abi::layout::Encode;
use crate::abi::types::{Advice, Fd, Fdstat, Filestat, Iovec, Prestat, Timestamp, Whence};
use crate::abi::{Errno, layout::Layout};
use crate::ctx::WasiCtx;
use crate::descriptor::{DescriptorTable, Object};
use crate::fs::{File, NewTime, SetTimes};
use crate::guest::{GuestMemory, Ptr};

/// `fd_advise`: says how a range will be used. A length of 0 means to the end.
pub(crate) fn advise(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
    let file = ctx.table.file(fd, Rights::FD_ADVISE, Errno::Badf)?;
    if i64::try_from(offset).is_err() || i64::try_from(len).is_err() {
        return Err(Errno::Inval);
    }
    file.advise(offset, len, advice)
}

/// `fd_allocate`: makes sure that a range has storage.
pub(crate) fn allocate(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd, offset: u64, len: u64) -> Result<(), Errno> {
    let file = ctx.table.file(fd, Rights::FD_ALLOCATE, Errno::Badf)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    if offset.checked_add(len).is_none_or(|end| i64::try_from(end).is_err()) {
        return Err(Errno::Fbig);
    }
    ctx.limits.reserve(len)?;
    file.allocate(offset, len)
}

/// `fd_close`.
pub(crate) fn close(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd) -> Result<(), Errno> {
    ctx.table.remove(fd).map(drop)
}

/// `fd_datasync`: brings the data to the device.
pub(crate) fn datasync(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd) -> Result<(), Errno> {
    synchronise(ctx, fd, Rights::FD_DATASYNC, true)
}

/// `fd_sync`: brings data and attributes to the device.
pub(crate) fn sync(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd) -> Result<(), Errno> {
    synchronise(ctx, fd, Rights::FD_SYNC, false)
}

/// Both kinds of synchronisation, of files and directories.
fn synchronise(ctx: &mut WasiCtx, fd: Fd, rights: Rights, data_only: bool) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    descriptor.require(rights)?;
    match &mut descriptor.object {
        Object::File(file) => file.sync(data_only),
        Object::Directory { directory, .. } => directory.sync(data_only),
    }
}

/// `fd_fdstat_get`: type, flags and rights.
pub(crate) fn fdstat_get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, fd: Fd, stat: Ptr<Fdstat>) -> Result<(), Errno> {
    let out = guest.out(stat)?;
    let stat = ctx.table.get(fd)?.fdstat();
    guest.store(out, &stat);
    Ok(())
}

/// `fd_fdstat_set_flags`: replaces the flags.
pub(crate) fn fdstat_set_flags(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd, flags: Fdflags) -> Result<(), Errno> {
    ctx.table.file(fd, Rights::FD_FDSTAT_SET_FLAGS, Errno::Badf)?.set_flags(flags)
}

/// `fd_fdstat_set_rights`: gives rights up.
pub(crate) fn fdstat_set_rights(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd, base: Rights, inheriting: Rights) -> Result<(), Errno> {
    ctx.table.get_mut(fd)?.restrict(base, inheriting)
}

/// `fd_filestat_get`: attributes; `S` is the layout of the interface's version.
pub(crate) fn filestat_get<S: From<Filestat> + Encode>(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    stat: Ptr<S>,
) -> Result<(), Errno> {
    let out = guest.out(stat)?;
    let descriptor = ctx.table.get(fd)?;
    descriptor.require(Rights::FD_FILESTAT_GET)?;
    let stat = match &descriptor.object {
        Object::File(file) => file.filestat()?,
        Object::Directory { directory, .. } => directory.filestat()?,
    };
    guest.store(out, &S::from(stat));
    Ok(())
}

/// `fd_filestat_set_size`.
pub(crate) fn filestat_set_size(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd, size: u64) -> Result<(), Errno> {
    ctx.table.file(fd, Rights::FD_FILESTAT_SET_SIZE, Errno::Badf)?.set_size(size)
}

/// `fd_filestat_set_times`.
pub(crate) fn filestat_set_times(
    ctx: &mut WasiCtx,
    _: &mut GuestMemory<'_>,
    fd: Fd,
    atim: Timestamp,
    mtim: Timestamp,
    flags: Fstflags,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    descriptor.require(Rights::FD_FILESTAT_SET_TIMES)?;
    let times = new_times(atim, mtim, flags)?;
    match &mut descriptor.object {
        Object::File(file) => file.set_times(times),
        Object::Directory { directory, .. } => directory.set_times(times),
    }
}

/// The times that the flags ask for; a time that is both given and "now" is `EINVAL`.
pub(super) fn new_times(atim: Timestamp, mtim: Timestamp, flags: Fstflags) -> Result<SetTimes, Errno> {
    let choose = |given: Fstflags, now: Fstflags, time: Timestamp| match (flags.contains(given), flags.contains(now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(Some(NewTime::At(time))),
        (false, true) => Ok(Some(NewTime::Now)),
        (false, false) => Ok(None),
    };
    Ok(SetTimes {
        accessed: choose(Fstflags::ATIM, Fstflags::ATIM_NOW, atim)?,
        modified: choose(Fstflags::MTIM, Fstflags::MTIM_NOW, mtim)?,
    })
}

/// Defines calls that read into guest memory and store their count: the right that is needed, and the file's operation, which may take an
/// offset.
macro_rules! reads {
    ($($(#[$doc:meta])* $name:ident = $rights:expr, $operation:ident $(($offset:ident))?;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name(
            ctx: &mut WasiCtx,
            guest: &mut GuestMemory<'_>,
            fd: Fd,
            iovs: Ptr<Iovec>,
            iovs_len: u32,
            $($offset: u64,)?
            count: Ptr<u32>,
        ) -> Result<(), Errno> {
            transfer::read_into(
                ctx,
                guest,
                (iovs, iovs_len),
                count,
                |table| file_to_move(table, fd, $rights, [$($offset)?].first()),
                |file, buffers| file.$operation(buffers $(, $offset)?),
            )
        }
    )*};
}

/// The same for calls that write from guest memory.
macro_rules! writes {
    ($($(#[$doc:meta])* $name:ident = $rights:expr, $operation:ident $(($offset:ident))?;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name(
            ctx: &mut WasiCtx,
            guest: &mut GuestMemory<'_>,
            fd: Fd,
            iovs: Ptr<Iovec>,
            iovs_len: u32,
            $($offset: u64,)?
            count: Ptr<u32>,
        ) -> Result<(), Errno> {
            let written = transfer::write_from(
                ctx,
                guest,
                (iovs, iovs_len),
                count,
                |table| file_to_move(table, fd, $rights, [$($offset)?].first()),
                |file, buffers| file.$operation(buffers $(, $offset)?),
            );
            transfer::broken_pipe(ctx, written)
        }
    )*};
}

reads! {
    /// `fd_read`: reads straight into guest memory.
    read = Rights::FD_READ, read;
    /// `fd_pread`: reads at an offset.
    pread = Rights::FD_READ | Rights::FD_SEEK, read_at(offset);
}

writes! {
    /// `fd_write`: writes straight from guest memory.
    write = Rights::FD_WRITE, write;
    /// `fd_pwrite`: writes at an offset.
    pwrite = Rights::FD_WRITE | Rights::FD_SEEK, write_at(offset);
}

/// The file that bytes are to be moved from or to. Hosts count positions with 63 bits.
fn file_to_move<'t>(table: &'t mut DescriptorTable, fd: Fd, rights: Rights, offset: Option<&u64>) -> Result<&'t mut dyn File, Errno> {
    let file = table.file(fd, rights, Errno::Badf)?;
    if offset.is_none_or(|offset| i64::try_from(*offset).is_ok()) { Ok(file) } else { Err(Errno::Inval) }
}

/// `fd_prestat_get`: whether the descriptor is a granted directory, and the length of its name.
pub(crate) fn prestat_get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, fd: Fd, prestat: Ptr<Prestat>) -> Result<(), Errno> {
    let out = guest.out(prestat)?;
    let name = ctx.table.get(fd)?.preopen_name().ok_or(Errno::Badf)?;
    let name_len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    guest.store(out, &Prestat { name_len });
    Ok(())
}

/// `fd_prestat_dir_name`: the name of a granted directory, without a NUL.
pub(crate) fn prestat_dir_name(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, fd: Fd, path: Ptr<u8>, path_len: u32) -> Result<(), Errno> {
    let buffer = guest.slice_mut(path.offset(), path_len)?;
    let name = ctx.table.get(fd)?.preopen_name().ok_or(Errno::Badf)?;
    buffer.get_mut(..name.len()).ok_or(Errno::Nametoolong)?.copy_from_slice(name.as_bytes());
    Ok(())
}

/// `fd_renumber`: moves a descriptor to a number in use. Granted directories keep their names.
pub(crate) fn renumber(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, from: Fd, to: Fd) -> Result<(), Errno> {
    ctx.table.renumber(from, to)
}

/// `fd_seek`: moves the position; `W` is the numbering of the interface's version.
pub(crate) fn seek<W: Into<Whence>>(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    offset: i64,
    whence: W,
    position: Ptr<u64>,
) -> Result<(), Errno> {
    let out = guest.out(position)?;
    let whence = whence.into();
    let rights = if offset == 0 && whence == Whence::Cur { Rights::FD_TELL } else { Rights::FD_SEEK };
    let file = ctx.table.file(fd, rights, Errno::Badf)?;
    let target = match whence {
        Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Cur => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    let position = file.seek(target)?;
    guest.store(out, &position);
    Ok(())
}

/// `fd_tell`: the position.
pub(crate) fn tell(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, fd: Fd, position: Ptr<u64>) -> Result<(), Errno> {
    let out = guest.out(position)?;
    let position = ctx.table.file(fd, Rights::FD_TELL, Errno::Badf)?.seek(SeekFrom::Current(0))?;
    guest.store(out, &position);
    Ok(())
}

/// The fixed size of a structure in guest memory must match the specification; a change of a layout shows here.
const _: () = assert!(Fdstat::SIZE == 24 && Filestat::SIZE == 64 && Prestat::SIZE == 8);
