//! Waiting: the one place where a call of the guest's may block, so that deadlines and interruption hold for all of them.
//!
//! Data in: what is waited for. Data out: what became ready, or the end of the guest. Called by: `calls`. Calls: `fs` traits, `interrupt`,
//! and `rustix` for `poll` on Unix. `link` waits for calls of contexts that stores share.
//!
//! # Invariants
//! W1 Where a deadline, an interrupt handle or a limit bounds a guest, nothing else in this crate waits for what a guest or its peers decide:
//!    an operation on a stream is begun when the host says that it would not wait.
//! W2 A guest that is ended sees no error number: `ended` holds the reason, the call body returns `EINTR`, and `link` makes the error.
//! W3 Where stores share a context, no call keeps it while it waits: what is waited for is noted in the call's [`Turn`], the call body returns
//!    `EINTR`, and `link` gives the context up, waits, and makes the call again, from its start. So a call does nothing before it waits that cannot
//!    be done again, but for what its turn keeps. Descriptors are waited for as duplicates, since others may close theirs meanwhile; there are at
//!    most [`OWNED_MAX`] of them for a call, so that many threads with many descriptors do not use up those of the host.
//!
//! # Not here
//! Operations on regular files and directories: how long they take is the host's business, and no system offers to cut them short.

use std::time::{Duration, Instant};

use crate::abi::types::Timestamp;
use crate::abi::{Errno, Fdflags, Rights};
use crate::fs::{File, Interest, Readiness, WaitHandle};
use crate::interrupt::{InterruptHandle, Interruption};

/// The longest that the host is asked to wait at once; longer waits are repeated.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// How long the host looks away from what it can't wait for.
const SLICE: Duration = Duration::from_millis(5);

/// The most descriptors that are duplicated for a call; one that waits for more looks at its own from time to time.
const OWNED_MAX: usize = 16;

/// Why a guest does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The embedder's bounds.
    Interrupted(Interruption),
    /// An exit status that the host decided on.
    Exit(i32),
}

/// What bounds a guest's waiting.
#[derive(Default)]
pub(crate) struct Waiting {
    pub(crate) deadline: Option<Instant>,
    pub(crate) interrupt: Option<InterruptHandle>,
    /// How long the guest may still wait in all.
    pub(crate) budget: Option<Duration>,
    /// Why the guest is being ended (W2).
    ended: Option<Ended>,
    /// The call that has the context, if others may have it while that waits (W3).
    turn: Option<Turn>,
}

/// A call that may be made again: what it has to know then.
#[derive(Default)]
pub(crate) struct Turn {
    /// When it began, by the guest's clock, if it asked.
    began: Option<Timestamp>,
    /// How many bytes of its buffers are filled.
    filled: usize,
    /// How long it has waited since it last had the context.
    waited: Duration,
    /// What it waits for.
    until: Option<Until>,
}

/// What a call without its context waits for.
struct Until {
    handles: Vec<(Interest, OwnedHandle)>,
    interrupt: Option<InterruptHandle>,
    longest: Duration,
}

/// A descriptor that stays open while it is waited for.
#[cfg(unix)]
type OwnedHandle = std::os::fd::OwnedFd;

/// This host does not wait for descriptors.
#[cfg(not(unix))]
type OwnedHandle = ();

/// A descriptor that is waited for.
pub(crate) struct Waiter<'f> {
    pub(crate) interest: Interest,
    pub(crate) handle: WaitHandle<'f>,
}

/// What the host says of a [`Waiter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// An operation would not wait.
    pub(crate) ready: bool,
    /// The other end has hung up.
    pub(crate) hangup: bool,
}

impl Waiting {
    /// Whether anything can end a wait but what is waited for.
    pub(crate) fn is_bounded(&self) -> bool {
        self.deadline.is_some() || self.interrupt.is_some() || self.budget.is_some()
    }

    /// Whether an operation must not wait in the host: the guest is bounded (W1), or others want the context (W3).
    pub(crate) fn must_not_block(&self) -> bool {
        self.is_bounded() || self.turn.is_some()
    }

    /// Gives the context to a call, of which others do not wait for the end.
    pub(crate) fn begin(&mut self, turn: Turn) {
        if let Some(budget) = &mut self.budget {
            *budget = budget.saturating_sub(turn.waited);
        }
        self.turn = Some(turn);
    }

    /// Takes the context from a call; it must wait and be made again if it has a [`Turn`] still.
    pub(crate) fn give_up(&mut self) -> Option<Turn> {
        self.turn.take().filter(|turn| turn.until.is_some())
    }

    /// Whether the call is over, or has come so far that what it wrote must not be lost.
    pub(crate) fn has_results(&self) -> bool {
        self.turn.as_ref().is_none_or(|turn| turn.until.is_none() || turn.filled > 0)
    }

    /// When the call began, if `now` is when it was made or made again.
    pub(crate) fn began(&mut self, now: Timestamp) -> Timestamp {
        self.turn.as_mut().map_or(now, |turn| *turn.began.get_or_insert(now))
    }

    /// How many bytes of its buffers the call has filled before it was made again.
    pub(crate) fn filled(&self) -> usize {
        self.turn.as_ref().map_or(0, |turn| turn.filled)
    }

    /// Keeps how many bytes are filled, for when the call is made again.
    pub(crate) fn keep_filled(&mut self, filled: usize) {
        if let Some(turn) = &mut self.turn {
            turn.filled = filled;
        }
    }

    /// Takes the reason for the guest's end, if it is being ended.
    pub(crate) fn take_ended(&mut self) -> Option<Ended> {
        self.ended.take()
    }

    /// Ends the guest (W2).
    #[cold]
    pub(crate) fn end(&mut self, why: Ended) -> Errno {
        self.ended = Some(why);
        Errno::Intr
    }

    /// Ends the guest if its time is up or somebody says so.
    pub(crate) fn check(&mut self) -> Result<(), Errno> {
        if !self.is_bounded() {
            return Ok(());
        }
        let why = if self.interrupt.as_ref().is_some_and(InterruptHandle::is_interrupted) {
            Interruption::Interrupted
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Interruption::Deadline
        } else {
            return Ok(());
        };
        Err(self.end(Ended::Interrupted(why)))
    }

    /// Waits until one of the descriptors is ready, but no longer than `timeout`. The answer has an element for each; it may come early,
    /// with nothing ready.
    pub(crate) fn wait(&mut self, waiters: &[Waiter<'_>], timeout: Option<Duration>) -> Result<Vec<Found>, Errno> {
        if timeout == Some(Duration::ZERO) {
            return host_wait(waiters, None, Duration::ZERO);
        }
        if self.turn.is_some() {
            let found = host_wait(waiters, None, Duration::ZERO)?;
            if found.iter().any(|found| found.ready) {
                return Ok(found);
            }
        }
        self.check_wait()?;
        let start = Instant::now();
        let until_deadline = self.deadline.map(|deadline| deadline.saturating_duration_since(start));
        let longest = [timeout, until_deadline, self.budget].into_iter().flatten().fold(LONGEST_WAIT, Duration::min);
        if let Some(turn) = &mut self.turn {
            turn.until = Some(Until::new(waiters, self.interrupt.clone(), longest));
            return Err(Errno::Intr);
        }
        let found = host_wait(waiters, self.interrupt.as_ref(), longest)?;
        let waited = start.elapsed();
        if let Some(budget) = &mut self.budget {
            *budget = budget.saturating_sub(waited);
        }
        // What the guest waited for counts, also where its bounds are reached with it.
        if !found.iter().any(|found| found.ready) && timeout.is_none_or(|timeout| waited < timeout) {
            self.check_wait()?;
        }
        Ok(found)
    }

    /// Ends the guest if it may not wait any longer.
    fn check_wait(&mut self) -> Result<(), Errno> {
        self.check()?;
        if self.budget == Some(Duration::ZERO) {
            return Err(self.end(Ended::Interrupted(Interruption::WaitingLimit)));
        }
        Ok(())
    }

    /// Waits until an operation on the file would not wait, or for a while.
    fn for_file(&mut self, file: &dyn File, interest: Interest) -> Result<(), Errno> {
        self.check()?;
        match file.readiness(interest) {
            Readiness::Ready { .. } => {
                // It was not a moment ago, or the file does not know: another thread may have something to say.
                if let Some(turn) = &mut self.turn {
                    turn.until = Some(Until::new(&[], None, Duration::ZERO));
                    return Err(Errno::Intr);
                }
                std::thread::yield_now();
                Ok(())
            }
            Readiness::Wait(handle) => self.wait(&[Waiter { interest, handle }], None).map(drop),
        }
    }

    /// Lets some time pass before something is tried again that nobody can wait for.
    pub(crate) fn pause(&mut self) -> Result<(), Errno> {
        self.wait(&[], Some(SLICE)).map(drop)
    }

    /// Whether an operation on the file may wait longer than it must, unless it is asked first (W1, W3).
    pub(crate) fn must_ask(&self, file: &dyn File) -> bool {
        self.must_not_block() && !file.rights().contains(Rights::FD_SEEK) && !file.flags().contains(Fdflags::NONBLOCK)
    }

    /// Does an operation that may have to wait: at once if the guest asked not to wait, else when it is possible.
    pub(crate) fn until_possible<R>(
        &mut self,
        file: &mut dyn File,
        interest: Interest,
        mut operation: impl FnMut(&mut dyn File) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        if self.must_ask(file) && matches!(file.readiness(interest), Readiness::Wait(_)) {
            self.until_ready(file, interest)?;
        }
        loop {
            match operation(file) {
                Err(Errno::Again) if !file.flags().contains(Fdflags::NONBLOCK) => self.for_file(file, interest)?,
                result => return result,
            }
        }
    }

    /// Waits until the host says that the file is ready.
    fn until_ready(&mut self, file: &dyn File, interest: Interest) -> Result<(), Errno> {
        while let Readiness::Wait(handle) = file.readiness(interest) {
            if self.wait(&[Waiter { interest, handle }], None)?.iter().any(|found| found.ready) {
                break;
            }
        }
        Ok(())
    }
}

impl Turn {
    /// Waits without the context, and is ready to have it again.
    pub(crate) fn wait(self) -> Turn {
        let start = Instant::now();
        if let Some(until) = self.until {
            until.wait();
        }
        Turn { waited: start.elapsed(), until: None, ..self }
    }
}

impl Until {
    /// For the descriptors, the handle, or until some time has passed.
    fn new(waiters: &[Waiter<'_>], interrupt: Option<InterruptHandle>, longest: Duration) -> Until {
        let mut different: Vec<&Waiter<'_>> = Vec::new();
        for waiter in waiters {
            if different.len() > OWNED_MAX {
                break;
            }
            if !different.iter().any(|other| other.interest == waiter.interest && is_same(other.handle, waiter.handle)) {
                different.push(waiter);
            }
        }
        if different.len() <= OWNED_MAX
            && let Ok(handles) = different.iter().map(|waiter| Ok((waiter.interest, own(waiter.handle)?))).collect::<std::io::Result<_>>()
        {
            return Until { handles, interrupt, longest };
        }
        // Too many, or the host has no more.
        Until { handles: Vec::new(), interrupt, longest: longest.min(SLICE) }
    }

    /// Waits. Whatever comes of it, the call looks for itself.
    fn wait(self) {
        if self.longest.is_zero() {
            return std::thread::yield_now();
        }
        let waiters: Vec<_> =
            self.handles.iter().map(|(interest, handle)| Waiter { interest: *interest, handle: borrow(handle) }).collect();
        // An error is one that the call meets again.
        let _ = host_wait(&waiters, self.interrupt.as_ref(), self.longest);
    }
}

/// Whether two descriptors are one.
#[cfg(unix)]
fn is_same(one: WaitHandle<'_>, other: WaitHandle<'_>) -> bool {
    use std::os::fd::AsRawFd;
    one.as_raw_fd() == other.as_raw_fd()
}

/// Nothing is waited for here.
#[cfg(not(unix))]
fn is_same(_: WaitHandle<'_>, _: WaitHandle<'_>) -> bool {
    true
}

/// A duplicate of a descriptor.
#[cfg(unix)]
fn own(handle: WaitHandle<'_>) -> std::io::Result<OwnedHandle> {
    handle.try_clone_to_owned()
}

/// Nothing.
#[cfg(not(unix))]
fn own(_: WaitHandle<'_>) -> std::io::Result<OwnedHandle> {
    Ok(())
}

/// What can be waited for.
#[cfg(unix)]
fn borrow(handle: &OwnedHandle) -> WaitHandle<'_> {
    std::os::fd::AsFd::as_fd(handle)
}

/// What can be waited for.
#[cfg(not(unix))]
fn borrow(_: &OwnedHandle) -> WaitHandle<'_> {
    std::marker::PhantomData
}

/// Waits for descriptors and for the interrupt handle, at most `timeout`.
#[cfg(unix)]
fn host_wait(waiters: &[Waiter<'_>], interrupt: Option<&InterruptHandle>, timeout: Duration) -> Result<Vec<Found>, Errno> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::collections::HashMap;
    use std::os::fd::AsRawFd;
    let flags = |interest| match interest {
        Interest::Read => PollFlags::IN,
        Interest::Write => PollFlags::OUT,
    };
    // Each descriptor once, since the host allows no more places than open files.
    let (mut fds, mut places) = (Vec::new(), HashMap::new());
    for waiter in waiters {
        places.entry((waiter.handle.as_raw_fd(), flags(waiter.interest))).or_insert_with(|| {
            fds.push(PollFd::from_borrowed_fd(waiter.handle, flags(waiter.interest)));
            fds.len() - 1
        });
    }
    if let Some(interrupt) = interrupt {
        fds.push(PollFd::from_borrowed_fd(interrupt.wait_handle(), PollFlags::IN));
    }
    if fds.is_empty() {
        std::thread::sleep(timeout);
        return Ok(Vec::new());
    }
    let timeout = Timespec { tv_sec: timeout.as_secs().cast_signed(), tv_nsec: timeout.subsec_nanos().into() };
    match poll(&mut fds, Some(&timeout)) {
        // A signal: the caller asks again with what time is left.
        Err(rustix::io::Errno::INTR) => return Ok(vec![Found::default(); waiters.len()]),
        result => result?,
    };
    let found = |waiter: &Waiter<'_>| {
        let place = places.get(&(waiter.handle.as_raw_fd(), flags(waiter.interest)));
        let found = place.and_then(|place| fds.get(*place)).map_or(PollFlags::empty(), |fd| fd.revents());
        Found { ready: !found.is_empty(), hangup: found.contains(PollFlags::HUP) }
    };
    Ok(waiters.iter().map(found).collect())
}

/// Waits at most `timeout`; descriptors count as ready, so that only a wait without any is one.
#[cfg(not(unix))]
fn host_wait(waiters: &[Waiter<'_>], interrupt: Option<&InterruptHandle>, timeout: Duration) -> Result<Vec<Found>, Errno> {
    let start = Instant::now();
    let slice = if waiters.is_empty() { timeout } else { timeout.min(SLICE) };
    while start.elapsed() < slice && !interrupt.is_some_and(InterruptHandle::is_interrupted) {
        std::thread::sleep(slice.saturating_sub(start.elapsed()).min(SLICE));
    }
    Ok(waiters.iter().map(|_| Found { ready: true, hangup: false }).collect())
}

/// How many bytes can be read from a descriptor that is ready; 1 where the host does not say.
pub(crate) fn readable_bytes(handle: WaitHandle<'_>) -> u64 {
    #[cfg(unix)]
    return rustix::io::ioctl_fionread(handle).unwrap_or(1);
    #[cfg(not(unix))]
    {
        let _ = handle;
        1
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn few_descriptors_are_duplicated_however_many_are_waited_for() {
        let pipes: Vec<_> = (0..20).map(|_| std::io::pipe().unwrap()).collect();
        let until = |count: usize, times: usize| {
            let waiters: Vec<_> = pipes[..count]
                .iter()
                .cycle()
                .take(count * times)
                .flat_map(|(reader, writer)| [(Interest::Read, reader.as_fd()), (Interest::Write, writer.as_fd())])
                .map(|(interest, handle)| Waiter { interest, handle })
                .collect();
            let until = Until::new(&waiters, None, LONGEST_WAIT);
            (until.handles.len(), until.longest)
        };
        assert_eq!(until(1, 1), (2, LONGEST_WAIT));
        assert_eq!(until(8, 1000), (16, LONGEST_WAIT));
        assert_eq!(until(9, 1), (0, SLICE));
        assert_eq!(until(20, 1000), (0, SLICE));
    }
}
