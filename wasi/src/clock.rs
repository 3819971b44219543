//! The clocks that a guest may read: the host's, shifted, or virtual ones that stand still or step.
//!
//! Data in: the embedder's choice. Data out: times as the guest counts them. Called by: `calls::clock`, `calls::poll`, file systems in
//! memory, `ctx`. Calls: the standard library, and `rustix` for CPU time and resolutions on Unix.
//!
//! # Invariants
//! T1 The monotonic clock counts from the creation of the clock: the host's own would tell how long the machine has been up.
//! T2 A virtual clock moves only when it is read (by its step) and when the guest sleeps (by the sleep). A sleep takes no real time, so
//!    that a run is repeatable and a guest that waits for a time gets there.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::abi::Errno;
use crate::abi::types::{Clockid, Timestamp};

/// Where the monotonic clock and the CPU clocks of a virtual clock start: some runtimes take 0 for a clock that does not work.
const VIRTUAL_START: Timestamp = 1_000_000;

/// What a guest takes for time. Clones are the same clock.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use fulgurite_wasi::{Clock, WasiCtx};
///
/// // Always the same times, however long the run takes.
/// let clock = Clock::stepped(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000), Duration::from_millis(1));
/// let ctx = WasiCtx::builder().clock(clock).build()?;
/// # let _ = ctx;
/// # Ok::<(), fulgurite_wasi::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Clock(Arc<Kind>);

/// The kinds of clock.
enum Kind {
    /// The host's, with the time of day shifted by nanoseconds.
    Real { start: Instant, offset: i64 },
    /// A time of day at the start, what has passed since then, and what each reading adds.
    Virtual { origin: Timestamp, passed: AtomicU64, step: u64 },
}

impl Clock {
    /// The clocks of the host. The monotonic one starts at 0 now.
    pub fn real() -> Clock {
        Clock::offset(0)
    }

    /// The clocks of the host, with the time of day shifted by so many nanoseconds: forward, or back if negative.
    pub fn offset(nanoseconds: i64) -> Clock {
        Clock(Arc::new(Kind::Real { start: Instant::now(), offset: nanoseconds }))
    }

    /// Clocks that stand still, the time of day at `time`. A sleep moves them by its duration and takes no time.
    ///
    /// Times before 1970 and after 2554 count as the nearest time between.
    pub fn fixed(time: SystemTime) -> Clock {
        Clock::stepped(time, Duration::ZERO)
    }

    /// Clocks that start with the time of day at `time` and go forward by `step` each time that one is read. A sleep moves them by its
    /// duration and takes no time.
    pub fn stepped(time: SystemTime, step: Duration) -> Clock {
        let origin = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, saturating_nanoseconds);
        Clock(Arc::new(Kind::Virtual { origin, passed: AtomicU64::new(0), step: saturating_nanoseconds(step) }))
    }

    /// The time of day in nanoseconds since 1970, as a guest would be told it now. A virtual clock does not step.
    pub fn time_of_day(&self) -> u64 {
        self.peek(Clockid::Realtime).unwrap_or(0)
    }

    /// What a guest that reads the clock is told.
    pub(crate) fn read(&self, clock: Clockid) -> Result<Timestamp, Errno> {
        let now = self.peek(clock);
        if let Kind::Virtual { step, .. } = &*self.0 {
            self.skip(*step);
        }
        now
    }

    /// The time of a clock, without a step.
    pub(crate) fn peek(&self, clock: Clockid) -> Result<Timestamp, Errno> {
        match (&*self.0, clock) {
            (Kind::Real { offset, .. }, Clockid::Realtime) => {
                let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Errno::Overflow)?;
                nanoseconds(since_1970)?.checked_add_signed(*offset).ok_or(Errno::Overflow)
            }
            (Kind::Real { start, .. }, Clockid::Monotonic) => nanoseconds(start.elapsed()),
            (Kind::Real { .. }, Clockid::ProcessCputime | Clockid::ThreadCputime) => cpu_time(clock),
            (Kind::Virtual { origin, passed, .. }, _) => {
                let start = if clock == Clockid::Realtime { *origin } else { VIRTUAL_START };
                Ok(start.saturating_add(passed.load(Ordering::Relaxed)))
            }
        }
    }

    /// Whether sleeping moves the clock and takes no real time (T2).
    pub(crate) fn is_virtual(&self) -> bool {
        matches!(&*self.0, Kind::Virtual { .. })
    }

    /// Moves a virtual clock forward; it stays at the end of time if it gets there.
    pub(crate) fn skip(&self, nanoseconds: u64) {
        if let Kind::Virtual { passed, .. } = &*self.0 {
            let add = |passed: u64| Some(passed.saturating_add(nanoseconds));
            // The closure never declines.
            let _ = passed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
    }

    /// The smallest step of a clock.
    pub(crate) fn resolution(&self, clock: Clockid) -> Result<Timestamp, Errno> {
        match &*self.0 {
            Kind::Real { .. } => resolution(clock),
            Kind::Virtual { step, .. } => Ok((*step).max(1)),
        }
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::real()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Real { offset, .. } => f.debug_struct("Clock").field("offset", offset).finish_non_exhaustive(),
            Kind::Virtual { origin, step, .. } => {
                f.debug_struct("Clock").field("origin", origin).field("step", step).finish_non_exhaustive()
            }
        }
    }
}

/// A duration as the guest counts it.
fn nanoseconds(duration: Duration) -> Result<Timestamp, Errno> {
    u64::try_from(duration.as_nanos()).map_err(|_| Errno::Overflow)
}

/// A duration as the guest counts it, or the longest that it can count.
fn saturating_nanoseconds(duration: Duration) -> Timestamp {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;

    const BILLION: Duration = Duration::from_secs(1);

    #[test]
    fn virtual_clocks_move_by_steps_and_sleeps_only() {
        let clock = Clock::stepped(SystemTime::UNIX_EPOCH + BILLION, Duration::from_nanos(5));
        let other = clock.clone();
        assert_eq!(clock.read(Clockid::Realtime), Ok(1_000_000_000));
        assert_eq!(other.read(Clockid::Realtime), Ok(1_000_000_005), "clones are one clock");
        assert_eq!(clock.peek(Clockid::Monotonic), Ok(VIRTUAL_START + 10));
        clock.skip(90);
        assert_eq!((clock.peek(Clockid::ThreadCputime), clock.time_of_day()), (Ok(VIRTUAL_START + 100), 1_000_000_100));
        clock.skip(u64::MAX);
        assert_eq!(clock.read(Clockid::Realtime), Ok(u64::MAX));
        let fixed = Clock::fixed(SystemTime::UNIX_EPOCH - BILLION);
        assert_eq!((fixed.read(Clockid::Realtime), fixed.read(Clockid::Realtime)), (Ok(0), Ok(0)));
        assert_eq!((fixed.resolution(Clockid::Monotonic), clock.resolution(Clockid::Monotonic)), (Ok(1), Ok(5)));
    }

    #[test]
    fn an_offset_shifts_the_time_of_day_alone() {
        let (real, ahead) = (Clock::real(), Clock::offset(3_600_000_000_000));
        let now = real.time_of_day();
        let difference = ahead.time_of_day() - now;
        assert!((3_600_000_000_000..3_660_000_000_000).contains(&difference), "{difference}");
        assert!(ahead.peek(Clockid::Monotonic).is_ok_and(|time| time < 60_000_000_000));
        assert_eq!(Clock::offset(i64::MIN).read(Clockid::Realtime), Err(Errno::Overflow));
        real.skip(u64::MAX);
        assert!(real.peek(Clockid::Monotonic).is_ok_and(|time| time < 60_000_000_000));
    }
}
