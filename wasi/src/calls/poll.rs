//! `poll_oneoff`: waiting for clocks and descriptors.
//!
//! # Invariants
//! P1 What is wrong with one subscription is an event with an error, ready at once; only the arrays themselves can fail the call.
//! P2 Something that is ready now is reported without waiting.
//! P3 Regular files and streams in memory are always ready. Pipes and terminals of the host are waited for, on Unix; elsewhere they count
//!    as ready.

use std::time::Duration;

use crate::abi::Errno;
use crate::abi::flags::{Eventrwflags, Rights, Subclockflags};
use crate::abi::layout::Decode;
use crate::abi::types::{Clockid, Event, Eventtype, Fd, Subscription, SubscriptionKind, Timestamp};
use crate::clock::Clocks;
use crate::ctx::WasiCtx;
use crate::fs::{Interest, Readiness, WaitHandle};
use crate::guest::{GuestMemory, Ptr};

/// The most subscriptions of one call.
const SUBSCRIPTIONS_MAX: u32 = 1 << 14;

/// The longest that the host is asked to wait at once; longer waits are repeated.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// `poll_oneoff`: waits until at least one subscription is ready; `S` is the layout of the interface's version.
pub(crate) fn oneoff<S: Decode + Into<Subscription>>(
    ctx: &mut WasiCtx,
    guest: &mut GuestMemory<'_>,
    subscriptions: Ptr<S>,
    events: Ptr<Event>,
    count: u32,
    stored: Ptr<u32>,
) -> Result<(), Errno> {
    let out = guest.out(stored)?;
    guest.out_array(events, count)?;
    if count == 0 {
        return Err(Errno::Inval);
    }
    let subscriptions: Vec<Subscription> = guest.array(subscriptions, count, SUBSCRIPTIONS_MAX)?.into_iter().map(Into::into).collect();
    let found = wait(ctx, &subscriptions)?;
    let mut stored = 0;
    for event in &found {
        guest.store_element(events, stored, event)?;
        stored += 1;
    }
    guest.store(out, &stored);
    Ok(())
}

/// A clock that has not reached its time.
struct Alarm {
    userdata: u64,
    clock: Clockid,
    deadline: Timestamp,
}

/// A descriptor that is not known to be ready.
struct Waiter<'f> {
    userdata: u64,
    interest: Interest,
    handle: WaitHandle<'f>,
}

/// Waits until there is an event.
fn wait(ctx: &WasiCtx, subscriptions: &[Subscription]) -> Result<Vec<Event>, Errno> {
    let (mut events, mut alarms, mut waiters) = (Vec::new(), Vec::new(), Vec::new());
    for subscription in subscriptions {
        let userdata = subscription.userdata;
        match subscription.kind {
            SubscriptionKind::Clock { id, timeout, flags } => match deadline(&ctx.clocks, id, timeout, flags) {
                Ok((clock, deadline)) => alarms.push(Alarm { userdata, clock, deadline }),
                Err(error) => events.push(event(userdata, Eventtype::Clock, Err(error))),
            },
            SubscriptionKind::FdRead(fd) => subscribe(ctx, fd, userdata, Interest::Read, &mut events, &mut waiters),
            SubscriptionKind::FdWrite(fd) => subscribe(ctx, fd, userdata, Interest::Write, &mut events, &mut waiters),
        }
    }
    loop {
        let mut earliest: Option<Duration> = None;
        for alarm in &alarms {
            let left = alarm.deadline.saturating_sub(ctx.clocks.now(alarm.clock)?);
            if left == 0 {
                events.push(event(alarm.userdata, Eventtype::Clock, Ok(0)));
            }
            let left = Duration::from_nanos(left);
            earliest = Some(earliest.map_or(left, |earliest| earliest.min(left)));
        }
        let timeout = if events.is_empty() { earliest.map(|left| left.min(LONGEST_WAIT)) } else { Some(Duration::ZERO) };
        host_wait(&waiters, timeout, &mut events)?;
        if !events.is_empty() {
            return Ok(events);
        }
    }
}

/// When a clock subscription is due.
fn deadline(clocks: &Clocks, id: u32, timeout: Timestamp, flags: Subclockflags) -> Result<(Clockid, Timestamp), Errno> {
    let clock = Clockid::from_raw(id)?;
    match clock {
        Clockid::Realtime | Clockid::Monotonic if flags.contains(Subclockflags::ABSTIME) => Ok((clock, timeout)),
        // A duration does not change when somebody sets the time of day.
        Clockid::Realtime | Clockid::Monotonic => Ok((Clockid::Monotonic, clocks.now(Clockid::Monotonic)?.saturating_add(timeout))),
        Clockid::ProcessCputime | Clockid::ThreadCputime => Err(Errno::Notsup),
    }
}

/// Adds a descriptor: to the events if it is ready or wrong (P1, P2), else to what is waited for.
fn subscribe<'c>(ctx: &'c WasiCtx, fd: Fd, userdata: u64, interest: Interest, events: &mut Vec<Event>, waiters: &mut Vec<Waiter<'c>>) {
    let right = match interest {
        Interest::Read => Rights::FD_READ,
        Interest::Write => Rights::FD_WRITE,
    };
    match ctx.table.shared_file(fd, right | Rights::POLL_FD_READWRITE) {
        Err(error) => events.push(event(userdata, eventtype(interest), Err(error))),
        Ok(file) => match file.readiness(interest) {
            Readiness::Ready { nbytes } => events.push(event(userdata, eventtype(interest), Ok(nbytes))),
            Readiness::Wait(handle) => waiters.push(Waiter { userdata, interest, handle }),
        },
    }
}

/// The event type of an interest.
fn eventtype(interest: Interest) -> Eventtype {
    match interest {
        Interest::Read => Eventtype::FdRead,
        Interest::Write => Eventtype::FdWrite,
    }
}

/// An event: ready with a number of bytes, or an error.
fn event(userdata: u64, eventtype: Eventtype, result: Result<u64, Errno>) -> Event {
    Event { userdata, error: result.err(), eventtype, nbytes: result.unwrap_or(0), flags: Eventrwflags::empty() }
}

/// Waits for descriptors at most `timeout`, or without end if there is none, and reports those that are ready.
#[cfg(unix)]
fn host_wait(waiters: &[Waiter<'_>], timeout: Option<Duration>, events: &mut Vec<Event>) -> Result<(), Errno> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    if waiters.is_empty() {
        sleep(timeout);
        return Ok(());
    }
    let mut fds: Vec<PollFd<'_>> = waiters
        .iter()
        .map(|waiter| {
            let flags = match waiter.interest {
                Interest::Read => PollFlags::IN,
                Interest::Write => PollFlags::OUT,
            };
            PollFd::from_borrowed_fd(waiter.handle, flags)
        })
        .collect();
    let timeout = timeout.map(|timeout| Timespec { tv_sec: timeout.as_secs().cast_signed(), tv_nsec: timeout.subsec_nanos().into() });
    match poll(&mut fds, timeout.as_ref()) {
        // A signal: the caller asks again with what time is left.
        Err(rustix::io::Errno::INTR) => return Ok(()),
        result => result?,
    };
    for (waiter, fd) in waiters.iter().zip(&fds) {
        let found = fd.revents();
        if found.is_empty() {
            continue;
        }
        let nbytes = match waiter.interest {
            Interest::Read => rustix::io::ioctl_fionread(waiter.handle).unwrap_or(1),
            Interest::Write => 1,
        };
        let mut event = event(waiter.userdata, eventtype(waiter.interest), Ok(nbytes));
        event.flags.set(Eventrwflags::HANGUP, found.contains(PollFlags::HUP));
        events.push(event);
    }
    Ok(())
}

/// Waits at most `timeout`; descriptors count as ready.
#[cfg(not(unix))]
fn host_wait(waiters: &[Waiter<'_>], timeout: Option<Duration>, events: &mut Vec<Event>) -> Result<(), Errno> {
    if waiters.is_empty() {
        sleep(timeout);
    }
    events.extend(waiters.iter().map(|waiter| event(waiter.userdata, eventtype(waiter.interest), Ok(1))));
    Ok(())
}

/// Sleeps; there is always a timeout when nothing else is waited for.
fn sleep(timeout: Option<Duration>) {
    std::thread::sleep(timeout.unwrap_or(Duration::ZERO));
}
