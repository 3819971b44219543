//! `random_get`: random bytes of the host's secure generator, written straight into guest memory.

use crate::abi::Errno;
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};

/// `random_get`: fills the buffer.
pub(crate) fn get(_: &mut WasiCtx, guest: &mut GuestMemory<'_>, buf: Ptr<u8>, buf_len: u32) -> Result<(), Errno> {
    let bytes = guest.slice_mut(buf.offset(), buf_len)?;
    getrandom::fill(bytes).map_err(|_| Errno::Io)
}
