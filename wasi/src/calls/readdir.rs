//! `fd_readdir`: the entries of a directory, in pieces of the guest's buffer size.
//!
//! # Invariants
//! R1 Cookie 0 takes a new listing; every other cookie counts entries of that listing. So a directory that changes meanwhile neither
//!    repeats nor loses entries, and the whole walk costs linear time. Only a guest that goes through many huge directories at once may
//!    lose listings (D4).
//! R2 Entries are `.`, `..`, then the listing. The last entry may be cut: a full buffer tells the guest to ask again.

use crate::abi::Errno;
use crate::abi::flags::Rights;
use crate::abi::layout::{Encode, Layout};
use crate::abi::types::{Dirent, Fd, Filetype};
use crate::ctx::WasiCtx;
use crate::descriptor::Object;
use crate::fs::{Directory, Listing};
use crate::guest::{GuestMemory, Ptr};

/// Size of an entry's fixed part.
const HEADER: usize = Dirent::SIZE as usize;

/// `fd_readdir`: fills the buffer from entry `cookie` on.
pub(crate) fn readdir(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    buf: Ptr<u8>,
    buf_len: u32,
    cookie: u64,
    used: Ptr<u32>,
) -> Result<(), Errno> {
    let out = guest.out(used)?;
    let buffer = guest.slice_mut(buf.offset(), buf_len)?;
    take_listing(ctx, fd, cookie)?;
    let Object::Directory { directory, listing: Some(listing) } = &ctx.table.get(fd)?.object else { return Err(Errno::Notdir) };
    let used = fill(buffer, directory.as_ref(), listing, cookie)?;
    guest.store(out, &u32::try_from(used).map_err(|_| Errno::Overflow)?);
    Ok(())
}

/// Makes sure that the descriptor has the listing that the cookie counts in (R1).
fn take_listing(ctx: &mut WasiCtx, fd: Fd, cookie: u64) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    if matches!(descriptor.object, Object::File(_)) {
        return Err(Errno::Notdir);
    }
    descriptor.require(Rights::FD_READDIR)?;
    let Object::Directory { directory, listing } = &mut descriptor.object else { return Err(Errno::Notdir) };
    if listing.is_some() && cookie != 0 {
        return Ok(());
    }
    // The old one goes first, so that there are never two.
    *listing = None;
    let new = directory.read_dir()?;
    ctx.table.make_room_for_listing(new.size());
    if let Object::Directory { listing, .. } = &mut ctx.table.get_mut(fd)?.object {
        *listing = Some(new);
    }
    Ok(())
}

/// Writes entries until the buffer or the listing ends (R2); returns how many bytes were written.
fn fill(buffer: &mut [u8], directory: &dyn Directory, listing: &Listing, cookie: u64) -> Result<usize, Errno> {
    // A cookie past every index is past the end.
    let mut position = usize::try_from(cookie).unwrap_or(usize::MAX);
    let mut used = 0;
    while used < buffer.len() {
        let (name, ino, filetype) = match position {
            0 => (".", directory.filestat()?.ino, Filetype::Directory),
            // The parent may lie outside the grant: 0 says that its number is not known.
            1 => ("..", 0, Filetype::Directory),
            _ => match listing.get(position - 2) {
                Some(entry) => entry,
                None => break,
            },
        };
        position += 1;
        let name_len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
        let mut header = [0; HEADER];
        Dirent { next: position as u64, ino, name_len, filetype }.encode(&mut header);
        for part in [&header[..], name.as_bytes()] {
            let room = &mut buffer[used..];
            let count = part.len().min(room.len());
            room[..count].copy_from_slice(&part[..count]);
            used += count;
        }
    }
    Ok(used)
}
