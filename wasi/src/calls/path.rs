//! `path_*`: operations on names inside a directory.
//!
//! The path is checked here only as a string; what it means is the directory's business, see `fs`.

use super::fd::new_times;
use crate::abi::Errno;
use crate::abi::flags::{Fdflags, Fstflags, Lookupflags, Oflags, Rights};
use crate::abi::layout::Encode;
use crate::abi::types::{Fd, Filestat, Timestamp};
use crate::ctx::WasiCtx;
use crate::descriptor::Descriptor;
use crate::fs::OpenOptions;
use crate::guest::{GuestMemory, Ptr};

/// Rights that need a descriptor which the host can write to.
const NEEDS_WRITE: Rights = Rights::FD_WRITE.union(Rights::FD_ALLOCATE).union(Rights::FD_FILESTAT_SET_SIZE);

/// Rights that need a descriptor which the host can read from.
const NEEDS_READ: Rights = Rights::FD_READ.union(Rights::FD_READDIR);

/// Defines calls that do to a name what the directory's operation of the same name does, under one right.
macro_rules! of_a_name {
    ($($(#[$doc:meta])* $name:ident = $rights:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, fd: Fd, path: Ptr<u8>, path_len: u32) -> Result<(), Errno> {
            let path = guest.string(path, path_len)?;
            ctx.table.directory(fd, $rights)?.$name(path)
        }
    )*};
}

of_a_name! {
    /// `path_create_directory`.
    create_directory = Rights::PATH_CREATE_DIRECTORY;
    /// `path_remove_directory`.
    remove_directory = Rights::PATH_REMOVE_DIRECTORY;
    /// `path_unlink_file`.
    unlink_file = Rights::PATH_UNLINK_FILE;
}

/// `path_filestat_get`; `S` is the layout of the interface's version.
pub(crate) fn filestat_get<S: From<Filestat> + Encode>(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    flags: Lookupflags,
    path: Ptr<u8>,
    path_len: u32,
    stat: Ptr<S>,
) -> Result<(), Errno> {
    let out = guest.out(stat)?;
    let path = guest.string(path, path_len)?;
    let directory = ctx.table.directory(fd, Rights::PATH_FILESTAT_GET)?;
    let stat = directory.filestat_at(path, flags.contains(Lookupflags::SYMLINK_FOLLOW))?;
    guest.store(out, &S::from(stat));
    Ok(())
}

/// `path_filestat_set_times`.
pub(crate) fn filestat_set_times(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    flags: Lookupflags,
    path: Ptr<u8>,
    path_len: u32,
    atim: Timestamp,
    mtim: Timestamp,
    fst_flags: Fstflags,
) -> Result<(), Errno> {
    let path = guest.string(path, path_len)?;
    let directory = ctx.table.directory(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    let times = new_times(atim, mtim, fst_flags)?;
    directory.set_times_at(path, flags.contains(Lookupflags::SYMLINK_FOLLOW), times)
}

/// `path_link`: a hard link. Following a symbolic link first is not offered: the host cannot do it in one step, so the link could be
/// exchanged in between.
pub(crate) fn link(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    old_fd: Fd,
    old_flags: Lookupflags,
    old_path: Ptr<u8>,
    old_path_len: u32,
    new_fd: Fd,
    new_path: Ptr<u8>,
    new_path_len: u32,
) -> Result<(), Errno> {
    let (old_path, new_path) = (guest.string(old_path, old_path_len)?, guest.string(new_path, new_path_len)?);
    let source = ctx.table.directory(old_fd, Rights::PATH_LINK_SOURCE)?;
    let target = ctx.table.directory(new_fd, Rights::PATH_LINK_TARGET)?;
    if old_flags.contains(Lookupflags::SYMLINK_FOLLOW) {
        return Err(Errno::Inval);
    }
    source.link(old_path, target, new_path)
}

/// `path_open`: opens a file or directory and gives it the lowest free number.
///
/// The new descriptor has the rights that were asked for, that the directory hands on, and that make sense for what was opened. Asking to
/// read or write through a directory that does not hand that right on is `ENOTCAPABLE`; other rights are dropped, since guests ask for
/// more than they use.
pub(crate) fn open(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    dirflags: Lookupflags,
    path: Ptr<u8>,
    path_len: u32,
    oflags: Oflags,
    base: Rights,
    inheriting: Rights,
    fdflags: Fdflags,
    opened: Ptr<Fd>,
) -> Result<(), Errno> {
    let out = guest.out(opened)?;
    let path = guest.string(path, path_len)?;
    let mut needed = Rights::PATH_OPEN;
    needed.set(Rights::PATH_CREATE_FILE, oflags.contains(Oflags::CREAT));
    needed.set(Rights::PATH_FILESTAT_SET_SIZE, oflags.contains(Oflags::TRUNC));
    let directory = ctx.table.directory(fd, needed)?;
    let handed_on = ctx.table.get(fd)?.inheriting();
    if !handed_on.contains(base & (Rights::FD_READ | Rights::FD_WRITE)) {
        return Err(Errno::Notcapable);
    }
    ctx.table.check_room()?;
    let base = base & handed_on;
    // For a directory, sizes and storage are rights without a use, which many guests set; only writing to it is a mistake.
    let needs_write = if oflags.contains(Oflags::DIRECTORY) { Rights::FD_WRITE } else { NEEDS_WRITE };
    let options = OpenOptions {
        read: base.intersects(NEEDS_READ),
        write: base.intersects(needs_write),
        oflags,
        fdflags,
        follow: dirflags.contains(Lookupflags::SYMLINK_FOLLOW),
    };
    let object = loop {
        match directory.open(path, &options) {
            Err(Errno::Again) if !fdflags.contains(Fdflags::NONBLOCK) => ctx.waiting.pause()?,
            opened => break opened?,
        }
    };
    let descriptor = Descriptor::new(object.into(), base, inheriting & handed_on);
    let fd = ctx.table.insert(descriptor)?;
    guest.store(out, &fd);
    Ok(())
}

/// `path_readlink`: the target of a symbolic link, cut to the buffer.
pub(crate) fn readlink(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    path: Ptr<u8>,
    path_len: u32,
    buf: Ptr<u8>,
    buf_len: u32,
    used: Ptr<u32>,
) -> Result<(), Errno> {
    let out = guest.out(used)?;
    guest.slice(buf.offset(), buf_len)?;
    let path = guest.string(path, path_len)?;
    let target = ctx.table.directory(fd, Rights::PATH_READLINK)?.read_link(path)?;
    let used = u32::try_from(target.len()).unwrap_or(u32::MAX).min(buf_len);
    let buffer = guest.slice_mut(buf.offset(), used)?;
    buffer.copy_from_slice(&target.as_bytes()[..buffer.len()]);
    guest.store(out, &used);
    Ok(())
}

/// `path_rename`.
pub(crate) fn rename(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    old_path: Ptr<u8>,
    old_path_len: u32,
    new_fd: Fd,
    new_path: Ptr<u8>,
    new_path_len: u32,
) -> Result<(), Errno> {
    let (old_path, new_path) = (guest.string(old_path, old_path_len)?, guest.string(new_path, new_path_len)?);
    let source = ctx.table.directory(fd, Rights::PATH_RENAME_SOURCE)?;
    let target = ctx.table.directory(new_fd, Rights::PATH_RENAME_TARGET)?;
    source.rename(old_path, target, new_path)
}

/// `path_symlink`: a symbolic link that says `old_path`.
pub(crate) fn symlink(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    old_path: Ptr<u8>,
    old_path_len: u32,
    fd: Fd,
    new_path: Ptr<u8>,
    new_path_len: u32,
) -> Result<(), Errno> {
    let (old_path, new_path) = (guest.string(old_path, old_path_len)?, guest.string(new_path, new_path_len)?);
    ctx.table.directory(fd, Rights::PATH_SYMLINK)?.symlink(old_path, new_path)
}
