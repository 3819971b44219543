//! `random_get`: random bytes, written straight into guest memory.

use crate::abi::Errno;
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};

/// How many bytes are made between two looks at the guest's deadline.
const PIECE: usize = 1 << 20;

/// `random_get`: fills the buffer.
pub(crate) fn get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, buf: Ptr<u8>, buf_len: u32) -> Result<(), Errno> {
    for piece in guest.slice_mut(buf.offset(), buf_len)?.chunks_mut(PIECE) {
        ctx.waiting.check()?;
        ctx.random.fill(piece)?;
    }
    Ok(())
}
