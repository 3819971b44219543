//! `clock_*`: reading clocks.

use crate::abi::Errno;
use crate::abi::types::Clockid;
use crate::ctx::WasiCtx;
use crate::guest::{GuestMemory, Ptr};

/// `clock_res_get`: the smallest step of a clock.
pub(crate) fn res_get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, id: Clockid, resolution: Ptr<u64>) -> Result<(), Errno> {
    let out = guest.out(resolution)?;
    let resolution = ctx.clock.resolution(id)?;
    guest.store(out, &resolution);
    Ok(())
}

/// `clock_time_get`: the time of a clock. The precision is a hint, and reading a clock is cheap: it is not used.
pub(crate) fn time_get(ctx: &mut WasiCtx, guest: &mut GuestMemory<'_>, id: Clockid, _precision: u64, time: Ptr<u64>) -> Result<(), Errno> {
    let out = guest.out(time)?;
    let now = ctx.clock.read(id)?;
    guest.store(out, &now);
    Ok(())
}
