//! `sched_yield`.

use crate::abi::Errno;
use crate::ctx::WasiCtx;
use crate::guest::GuestMemory;

/// `sched_yield`: lets another thread of the host run.
#[allow(clippy::unnecessary_wraps, reason = "the signature of every call")]
pub(crate) fn yield_now(_: &mut WasiCtx, _: &mut GuestMemory<'_>) -> Result<(), Errno> {
    std::thread::yield_now();
    Ok(())
}
