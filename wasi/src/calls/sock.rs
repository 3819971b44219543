//! `sock_*`: no descriptor of this crate is a socket yet, so every call says which error that is.

use crate::abi::Errno;
use crate::abi::flags::{Fdflags, Riflags, Sdflags};
use crate::abi::types::{Fd, Iovec};
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};

/// The descriptor must be open; it is not a socket.
fn not_a_socket(ctx: &WasiCtx, fd: Fd) -> Result<(), Errno> {
    ctx.table.get(fd)?;
    Err(Errno::Notsock)
}

/// `sock_accept`.
pub(crate) fn accept(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, fd: Fd, _flags: Fdflags, accepted: Ptr<Fd>) -> Result<(), Errno> {
    guest.out(accepted)?;
    not_a_socket(ctx, fd)
}

/// `sock_recv`.
pub(crate) fn recv(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    iovs: Ptr<Iovec>,
    iovs_len: u32,
    _flags: Riflags,
    count: Ptr<u32>,
    out_flags: Ptr<u16>,
) -> Result<(), Errno> {
    guest.out(count)?;
    guest.out(out_flags)?;
    guest.io_slices(iovs, iovs_len)?;
    not_a_socket(ctx, fd)
}

/// `sock_send`. No flag of it is defined.
pub(crate) fn send(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    fd: Fd,
    iovs: Ptr<Iovec>,
    iovs_len: u32,
    _flags: u32,
    count: Ptr<u32>,
) -> Result<(), Errno> {
    guest.out(count)?;
    guest.io_slices(iovs, iovs_len)?;
    not_a_socket(ctx, fd)
}

/// `sock_shutdown`.
pub(crate) fn shutdown(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, fd: Fd, _how: Sdflags) -> Result<(), Errno> {
    not_a_socket(ctx, fd)
}
