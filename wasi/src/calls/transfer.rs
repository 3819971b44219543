//! Moving bytes between files and regions of guest memory, for `fd_read`, `fd_write` and their kin, and for sockets.
//!
//! # Invariants
//! X1 The regions are lent to the file as they are: bytes go straight between guest memory and the host (G3).
//! X2 Where the guest's time is bounded, or others want the context while it waits, a stream of the host that may make a write wait gets no more than
//!    [`PIPE_ROOM`] bytes at once, which fit when the host says that there is room.

use std::io::{IoSlice, IoSliceMut};

use crate::abi::Errno;
use crate::abi::types::Iovec;
use crate::ctx::WasiCtx;
use crate::descriptor::DescriptorTable;
use crate::fs::{File, Interest, Readiness};
use crate::guest::{GuestMemory, Ptr};
use crate::wait::Ended;

/// What a pipe takes without waiting if it says that it takes anything (`PIPE_BUF` of common hosts is at least this).
const PIPE_ROOM: u64 = 4096;

/// Reads from the file that `file` finds into the regions, and stores the count.
pub(super) fn read_into(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    (iovs, iovs_len): (Ptr<Iovec>, u32),
    count: Ptr<u32>,
    file: impl FnOnce(&mut DescriptorTable) -> Result<&mut dyn File, Errno>,
    mut read: impl FnMut(&mut dyn File, &mut [IoSliceMut<'_>]) -> Result<usize, Errno>,
) -> Result<(), Errno> {
    let out = guest.out(count)?;
    let mut buffers = guest.io_slices_mut(iovs, iovs_len)?;
    let file = file(&mut ctx.table)?;
    let moved =
        if buffers.is_empty() { 0 } else { ctx.waiting.until_possible(file, Interest::Read, |file| read(file, buffers.as_mut_slice()))? };
    drop(buffers);
    guest.store(out, &count32(moved)?);
    Ok(())
}

/// Writes the regions to the file that `file` finds, as far as limits allow, and stores the count.
pub(super) fn write_from(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    (iovs, iovs_len): (Ptr<Iovec>, u32),
    count: Ptr<u32>,
    file: impl FnOnce(&mut DescriptorTable) -> Result<&mut dyn File, Errno>,
    mut write: impl FnMut(&mut dyn File, &[IoSlice<'_>]) -> Result<usize, Errno>,
) -> Result<(), Errno> {
    let out = guest.out(count)?;
    let mut buffers = guest.io_slices(iovs, iovs_len, u64::MAX)?;
    let file = file(&mut ctx.table)?;
    let wanted = buffers.iter().map(|buffer| buffer.len() as u64).sum();
    let mut room = ctx.limits.writable(wanted)?;
    if ctx.waiting.must_not_block() && wanted > PIPE_ROOM && may_wait(file) {
        room = room.min(PIPE_ROOM);
    }
    if room < wanted {
        buffers = guest.io_slices(iovs, iovs_len, room)?;
    }
    let moved = if buffers.is_empty() { 0 } else { ctx.waiting.until_possible(file, Interest::Write, |file| write(file, &buffers))? };
    ctx.limits.wrote(moved as u64);
    drop(buffers);
    guest.store(out, &count32(moved)?);
    Ok(())
}

/// Whether the host might begin a write to the file and wait in its middle. Sockets never do.
fn may_wait(file: &mut dyn File) -> bool {
    file.as_socket().is_none() && matches!(file.readiness(Interest::Write), Readiness::Wait(_))
}

/// What a write that failed because nobody reads any more means to the guest: the error number, or its end as by a signal.
pub(super) fn broken_pipe(ctx: &mut WasiCtx, result: Result<(), Errno>) -> Result<(), Errno> {
    match (result, ctx.broken_pipe_status) {
        (Err(Errno::Pipe), Some(status)) => Err(ctx.waiting.end(Ended::Exit(status))),
        (result, _) => result,
    }
}

/// A count of bytes as a 32-bit result. The regions' sum was checked, so it fits.
fn count32(count: usize) -> Result<u32, Errno> {
    u32::try_from(count).map_err(|_| Errno::Overflow)
}
