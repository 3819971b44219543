//! `sock_*`: what is special about sockets. Reading, writing, polling and closing them is `fd_*` and `poll_oneoff`.
//!
//! A socket is a file that is a [`Socket`] too; everything else is `ENOTSOCK`.

use std::io::IoSliceMut;

use super::transfer;
use crate::abi::Errno;
use crate::abi::flags::{Fdflags, Riflags, Rights, Sdflags};
use crate::abi::types::{Fd, Iovec};
use crate::ctx::WasiCtx;
use crate::descriptor::{Descriptor, DescriptorTable, Object};
use crate::fs::{File, Interest};
use crate::guest::{GuestMemory, Ptr};
use crate::net::Socket;

/// The file of a number that is a socket, with these rights.
fn socket(table: &mut DescriptorTable, fd: Fd, rights: Rights) -> Result<&mut dyn File, Errno> {
    let file = table.file(fd, rights, Errno::Notsock)?;
    as_socket(file)?;
    Ok(file)
}

/// What is special about a socket.
fn as_socket(file: &mut dyn File) -> Result<&mut dyn Socket, Errno> {
    file.as_socket().ok_or(Errno::Notsock)
}

/// `sock_accept`: takes a connection, waiting for one unless the listening socket is `NONBLOCK`. The flags are those of the connection.
pub(crate) fn accept(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, fd: Fd, flags: Fdflags, accepted: Ptr<Fd>) -> Result<(), Errno> {
    let out = guest.out(accepted)?;
    ctx.table.get(fd)?;
    // A connection that cannot get a number is left in the queue.
    let room = ctx.table.check_room();
    let listener = socket(&mut ctx.table, fd, Rights::SOCK_ACCEPT)?;
    room?;
    if !flags.difference(Fdflags::NONBLOCK).is_empty() {
        return Err(Errno::Inval);
    }
    let mut connection = ctx.waiting.until_possible(listener, Interest::Read, |listener| as_socket(listener)?.accept())?;
    connection.set_flags(flags)?;
    let rights = connection.rights();
    let number = ctx.table.insert(Descriptor::new(Object::File(connection), rights, Rights::empty()))?;
    guest.store(out, &number);
    Ok(())
}

/// `sock_recv`: reads; with `PEEK` without taking the bytes away, with `WAITALL` until the buffers are full or the other end is done.
/// No result flag is ever set: a stream does not cut messages.
pub(crate) fn recv(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    iovs: Ptr<Iovec>,
    iovs_len: u32,
    flags: Riflags,
    count: Ptr<u32>,
    out_flags: Ptr<u16>,
) -> Result<(), Errno> {
    let flags_out = guest.out(out_flags)?;
    let (peek, wait_all) = (flags.contains(Riflags::PEEK), flags.contains(Riflags::WAITALL));
    // How far a read that waits for all of its buffers has come.
    let mut filled = ctx.waiting.filled();
    let receive = |file: &mut dyn File, buffers: &mut [IoSliceMut<'_>]| {
        if peek {
            return as_socket(file)?.peek(buffers);
        }
        loop {
            let mut rest: Vec<IoSliceMut<'_>> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
            let mut rest = rest.as_mut_slice();
            IoSliceMut::advance_slices(&mut rest, filled);
            match file.read(rest) {
                Ok(0) => return Ok(filled),
                Ok(count) => filled += count,
                Err(error) if filled == 0 || (error == Errno::Again && wait_all) => return Err(error),
                // What came before the error is not lost; the next call meets it again.
                Err(_) => return Ok(filled),
            }
            if !wait_all || buffers.iter().map(|buffer| buffer.len()).sum::<usize>() == filled {
                return Ok(filled);
            }
        }
    };
    let received = transfer::read_into(ctx, guest, (iovs, iovs_len), count, |table| socket(table, fd, Rights::FD_READ), receive);
    ctx.waiting.keep_filled(filled);
    received?;
    guest.store(flags_out, &0);
    Ok(())
}

/// `sock_send`. No flag of it is defined, and one that is set is `EINVAL`.
pub(crate) fn send(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    iovs: Ptr<Iovec>,
    iovs_len: u32,
    flags: u32,
    count: Ptr<u32>,
) -> Result<(), Errno> {
    transfer::write_from(
        ctx,
        guest,
        (iovs, iovs_len),
        count,
        |table| {
            let file = socket(table, fd, Rights::FD_WRITE)?;
            if flags == 0 { Ok(file) } else { Err(Errno::Inval) }
        },
        |file, buffers| file.write(buffers),
    )
}

/// `sock_shutdown`: ends one or both directions.
pub(crate) fn shutdown(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd, how: Sdflags) -> Result<(), Errno> {
    let file = socket(&mut ctx.table, fd, Rights::SOCK_SHUTDOWN)?;
    if how.is_empty() {
        return Err(Errno::Inval);
    }
    as_socket(file)?.shutdown(how.contains(Sdflags::RD), how.contains(Sdflags::WR))
}
