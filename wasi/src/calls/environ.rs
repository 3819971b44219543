//! `environ_*`: the guest's environment variables.

use super::args::{store_sizes, store_strings};
use crate::abi::Errno;
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};

/// `environ_get`: stores the address of each variable in `environ` and the strings in `environ_buf`.
pub(crate) fn get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, environ: Ptr<u32>, environ_buf: Ptr<u8>) -> Result<(), Errno> {
    store_strings(&ctx.environ, guest, environ, environ_buf)
}

/// `environ_sizes_get`: how many variables there are, and the size of their strings.
pub(crate) fn sizes_get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, count: Ptr<u32>, size: Ptr<u32>) -> Result<(), Errno> {
    store_sizes(&ctx.environ, guest, count, size)
}
