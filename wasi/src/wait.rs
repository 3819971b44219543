//! Waiting: the one place where a call of the guest's may block, so that deadlines and interruption hold for all of them.
//!
//! Data in: what is waited for. Data out: what became ready, or the end of the guest. Called by: `calls`. Calls: `fs` traits, `interrupt`,
//! and `rustix` for `poll` on Unix.
//!
//! # Invariants
//! W1 Where a deadline, an interrupt handle or a limit bounds a guest, nothing else in this crate waits for what a guest or its peers decide:
//!    an operation on a stream is begun when the host says that it would not wait.
//! W2 A guest that is ended sees no error number: `ended` holds the reason, the call body returns `EINTR`, and `link` makes the error.
//!
//! # Not here
//! Operations on regular files and directories: how long they take is the host's business, and no system offers to cut them short.

use std::time::{Duration, Instant};

use crate::abi::{Errno, Fdflags, Rights};
use crate::fs::{File, Interest, Readiness, WaitHandle};
use crate::interrupt::{InterruptHandle, Interruption};

/// The longest that the host is asked to wait at once; longer waits are repeated.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// How long a host that can't wait for flags looks away from them.
#[cfg(not(unix))]
const SLICE: Duration = Duration::from_millis(5);

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
}

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
        self.check_wait()?;
        let start = Instant::now();
        let until_deadline = self.deadline.map(|deadline| deadline.saturating_duration_since(start));
        let longest = [timeout, until_deadline, self.budget].into_iter().flatten().fold(LONGEST_WAIT, Duration::min);
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
                std::thread::yield_now();
                Ok(())
            }
            Readiness::Wait(handle) => self.wait(&[Waiter { interest, handle }], None).map(drop),
        }
    }

    /// Whether an operation on the file may wait longer than the guest's bounds allow, unless it is asked first (W1).
    pub(crate) fn must_ask(&self, file: &dyn File) -> bool {
        self.is_bounded() && !file.rights().contains(Rights::FD_SEEK) && !file.flags().contains(Fdflags::NONBLOCK)
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
