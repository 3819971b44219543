//! The clocks that a guest may read.
//!
//! Called by: `calls::clock`, `calls::poll`. Calls: the standard library, and `rustix` for CPU time and resolutions on Unix.
//!
//! The monotonic clock counts from the creation of the context: the host's own would tell how long the machine has been up.

use std::time::{Duration, Instant, SystemTime};

use crate::abi::Errno;
use crate::abi::types::{Clockid, Timestamp};

/// The clocks of one context.
pub(crate) struct Clocks {
    start: Instant,
}

impl Clocks {
    /// Starts the monotonic clock.
    pub(crate) fn new() -> Clocks {
        Clocks { start: Instant::now() }
    }

    /// The time of a clock.
    pub(crate) fn now(&self, clock: Clockid) -> Result<Timestamp, Errno> {
        match clock {
            Clockid::Realtime => {
                let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Errno::Overflow)?;
                nanoseconds(since_1970)
            }
            Clockid::Monotonic => nanoseconds(self.start.elapsed()),
            Clockid::ProcessCputime | Clockid::ThreadCputime => cpu_time(clock),
        }
    }

    /// The smallest step of a clock.
    pub(crate) fn resolution(&self, clock: Clockid) -> Result<Timestamp, Errno> {
        resolution(clock)
    }
}

/// A duration as the guest counts it.
fn nanoseconds(duration: Duration) -> Result<Timestamp, Errno> {
    u64::try_from(duration.as_nanos()).map_err(|_| Errno::Overflow)
}

/// The host's number of a clock.
#[cfg(unix)]
fn host_clock(clock: Clockid) -> rustix::time::ClockId {
    match clock {
        Clockid::Realtime => rustix::time::ClockId::Realtime,
        Clockid::Monotonic => rustix::time::ClockId::Monotonic,
        Clockid::ProcessCputime => rustix::time::ClockId::ProcessCPUTime,
        Clockid::ThreadCputime => rustix::time::ClockId::ThreadCPUTime,
    }
}

/// CPU time of the process or thread.
#[cfg(unix)]
fn cpu_time(clock: Clockid) -> Result<Timestamp, Errno> {
    from_timespec(rustix::time::clock_gettime(host_clock(clock)))
}

/// This host's CPU time is out of reach of safe code.
#[cfg(not(unix))]
fn cpu_time(_: Clockid) -> Result<Timestamp, Errno> {
    Err(Errno::Notsup)
}

/// The smallest step of a clock, as the host says.
#[cfg(unix)]
fn resolution(clock: Clockid) -> Result<Timestamp, Errno> {
    from_timespec(rustix::time::clock_getres(host_clock(clock))).map(|step| step.max(1))
}

/// The smallest step of a clock: what common hosts have.
#[cfg(not(unix))]
fn resolution(clock: Clockid) -> Result<Timestamp, Errno> {
    match clock {
        Clockid::Realtime | Clockid::Monotonic => Ok(100),
        Clockid::ProcessCputime | Clockid::ThreadCputime => Err(Errno::Notsup),
    }
}

/// A host time as the guest counts it.
#[cfg(unix)]
fn from_timespec(time: rustix::time::Timespec) -> Result<Timestamp, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::Overflow)?;
    let nanoseconds = u64::try_from(time.tv_nsec).map_err(|_| Errno::Overflow)?;
    seconds.checked_mul(1_000_000_000).and_then(|total| total.checked_add(nanoseconds)).ok_or(Errno::Overflow)
}
