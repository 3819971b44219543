//! `poll_oneoff`: waiting for clocks and descriptors.
//!
//! # Invariants
//! P1 What is wrong with one subscription is an event with an error, ready at once; only the arrays themselves can fail the call.
//! P2 Something that is ready now is reported without waiting.
//! P3 Regular files and streams in memory are always ready. Pipes, terminals and sockets of the host are waited for, on Unix; elsewhere they
//!    count as ready.
//! P4 A virtual clock is moved to the earliest time that is waited for if no descriptor is ready; nothing waits for real.

use std::time::Duration;

use crate::abi::flags::{Eventrwflags, Rights, Subclockflags};
use crate::abi::layout::Decode;
use crate::abi::types::{Clockid, Event, Eventtype, Fd, Subscription, SubscriptionKind, Timestamp};
use crate::abi::{Errno, Filetype};
use crate::clock::Clock;
use crate::ctx::WasiCtx;
use crate::descriptor::DescriptorTable;
use crate::fs::{Interest, Readiness};
use crate::guest::{GuestMemory, Ptr};
use crate::wait::{Found, Waiter, readable_bytes};

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
    let subscriptions = guest.array(subscriptions, count, ctx.limits.subscriptions)?;
    let found = Poll::new(ctx, subscriptions.into_iter().map(Into::into)).wait(ctx)?;
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
struct Watched {
    userdata: u64,
    fd: Fd,
    interest: Interest,
}

/// What one call waits for.
struct Poll {
    /// What is ready already.
    events: Vec<Event>,
    alarms: Vec<Alarm>,
    watched: Vec<Watched>,
}

impl Poll {
    /// Sorts subscriptions into those that are ready or wrong (P1, P2), clocks, and descriptors.
    fn new(ctx: &mut WasiCtx, subscriptions: impl Iterator<Item = Subscription>) -> Poll {
        let mut poll = Poll { events: Vec::new(), alarms: Vec::new(), watched: Vec::new() };
        let now = ctx.clock.peek(Clockid::Monotonic).map(|now| ctx.waiting.began(now));
        for Subscription { userdata, kind } in subscriptions {
            match kind {
                SubscriptionKind::Clock { id, timeout, flags } => match deadline(now, id, timeout, flags) {
                    Ok((clock, deadline)) => poll.alarms.push(Alarm { userdata, clock, deadline }),
                    Err(error) => poll.events.push(event(userdata, Eventtype::Clock, Err(error))),
                },
                SubscriptionKind::FdRead(fd) => poll.subscribe(&ctx.table, Watched { userdata, fd, interest: Interest::Read }),
                SubscriptionKind::FdWrite(fd) => poll.subscribe(&ctx.table, Watched { userdata, fd, interest: Interest::Write }),
            }
        }
        poll
    }

    /// Adds a descriptor.
    fn subscribe(&mut self, table: &DescriptorTable, watched: Watched) {
        let right = match watched.interest {
            Interest::Read => Rights::FD_READ,
            Interest::Write => Rights::FD_WRITE,
        };
        let kind = eventtype(watched.interest);
        match table.shared_file(watched.fd, right | Rights::POLL_FD_READWRITE) {
            Err(error) => self.events.push(event(watched.userdata, kind, Err(error))),
            Ok(file) => match file.readiness(watched.interest) {
                Readiness::Ready { nbytes } => self.events.push(event(watched.userdata, kind, Ok(nbytes))),
                Readiness::Wait(_) => self.watched.push(watched),
            },
        }
    }

    /// Waits until there is an event.
    fn wait(mut self, ctx: &mut WasiCtx) -> Result<Vec<Event>, Errno> {
        loop {
            let earliest = self.ring(&ctx.clock)?;
            let (virtual_time, ready) = (ctx.clock.is_virtual() && earliest.is_some(), !self.events.is_empty());
            let timeout = if ready || virtual_time { Some(Duration::ZERO) } else { earliest.map(Duration::from_nanos) };
            self.watch(ctx, timeout)?;
            if !self.events.is_empty() {
                return Ok(self.events);
            }
            if virtual_time {
                ctx.clock.skip(earliest.unwrap_or(0));
            }
        }
    }

    /// Makes events of the alarms that are due, and says how long it is to the earliest.
    fn ring(&mut self, clock: &Clock) -> Result<Option<Timestamp>, Errno> {
        let mut earliest: Option<Timestamp> = None;
        for alarm in &self.alarms {
            let left = alarm.deadline.saturating_sub(clock.peek(alarm.clock)?);
            if left == 0 {
                self.events.push(event(alarm.userdata, Eventtype::Clock, Ok(0)));
            }
            earliest = Some(earliest.map_or(left, |earliest| earliest.min(left)));
        }
        Ok(earliest)
    }

    /// Waits for the descriptors at most `timeout`, and makes events of those that are ready.
    fn watch(&mut self, ctx: &mut WasiCtx, timeout: Option<Duration>) -> Result<(), Errno> {
        let mut waiters = Vec::with_capacity(self.watched.len());
        for watched in &self.watched {
            let file = ctx.table.shared_file(watched.fd, Rights::empty())?;
            match file.readiness(watched.interest) {
                Readiness::Wait(handle) => waiters.push((watched, file.filetype(), Waiter { interest: watched.interest, handle })),
                // It became ready meanwhile.
                Readiness::Ready { nbytes } => self.events.push(event(watched.userdata, eventtype(watched.interest), Ok(nbytes))),
            }
        }
        let timeout = if self.events.is_empty() { timeout } else { Some(Duration::ZERO) };
        let (sources, waiters): (Vec<_>, Vec<_>) =
            waiters.into_iter().map(|(watched, filetype, waiter)| ((watched, filetype), waiter)).unzip();
        let found = ctx.waiting.wait(&waiters, timeout)?;
        for (((watched, filetype), waiter), Found { ready, hangup }) in sources.into_iter().zip(&waiters).zip(found) {
            if !ready {
                continue;
            }
            let nbytes = match watched.interest {
                Interest::Read => readable_bytes(waiter.handle),
                Interest::Write => 1,
            };
            // A connection that is readable without a byte has come to its end.
            let ended = filetype == Filetype::SocketStream && watched.interest == Interest::Read && nbytes == 0;
            let mut event = event(watched.userdata, eventtype(watched.interest), Ok(nbytes));
            event.flags.set(Eventrwflags::HANGUP, hangup || ended);
            self.events.push(event);
        }
        Ok(())
    }
}

/// When a clock subscription is due, if it is `now` by the monotonic clock.
fn deadline(now: Result<Timestamp, Errno>, id: u32, timeout: Timestamp, flags: Subclockflags) -> Result<(Clockid, Timestamp), Errno> {
    let id = Clockid::from_raw(id)?;
    match id {
        Clockid::Realtime | Clockid::Monotonic if flags.contains(Subclockflags::ABSTIME) => Ok((id, timeout)),
        // A duration does not change when somebody sets the time of day.
        Clockid::Realtime | Clockid::Monotonic => Ok((Clockid::Monotonic, now?.saturating_add(timeout))),
        Clockid::ProcessCputime | Clockid::ThreadCputime => Err(Errno::Notsup),
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
