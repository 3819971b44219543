//! Clocks, polls, deadlines and interruption.

use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::abi::types::{Clockid, Event, Subscription, SubscriptionUnstable};
use crate::wait::Ended;
use crate::{Clock, Input, InputPipe, InterruptHandle, Interruption};
use calls::{clock, fd, poll};

#[test]
fn every_clock_goes_forward() {
    let mut guest = guest();
    for id in [Clockid::Realtime, Clockid::Monotonic, Clockid::ProcessCputime, Clockid::ThreadCputime] {
        guest.call(|ctx, g| clock::res_get(ctx, g, id, Ptr::new(RESULT))).unwrap();
        assert!((1..=1_000_000_000).contains(&guest.u64(RESULT)), "{id:?}");
        let mut time = || {
            guest.call(|ctx, g| clock::time_get(ctx, g, id, 0, Ptr::new(RESULT))).unwrap();
            guest.u64(RESULT)
        };
        let first = time();
        let mut spin = 0_u64;
        while time() == first {
            spin += 1;
            assert!(spin < 100_000_000, "{id:?} stands still");
        }
        assert!(time() > first, "{id:?}");
    }
    guest.call(|ctx, g| clock::time_get(ctx, g, Clockid::Realtime, 0, Ptr::new(RESULT))).unwrap();
    assert!(guest.u64(RESULT) > 1_700_000_000_000_000_000);
    assert_eq!(Clockid::from_raw(4), Err(Errno::Inval));
}

/// What a guest is told the time is.
fn read_clock(guest: &mut Guest, id: Clockid) -> u64 {
    guest.call(|ctx, g| clock::time_get(ctx, g, id, 0, Ptr::new(RESULT))).unwrap();
    guest.u64(RESULT)
}

#[test]
fn a_fixed_clock_moves_by_sleeping_only() {
    let start = Instant::now();
    let clock = Clock::fixed(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000));
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.clock(clock.clone()));
    assert_eq!(
        (read_clock(&mut guest, Clockid::Realtime), read_clock(&mut guest, Clockid::Realtime)),
        (1_000_000_000_000, 1_000_000_000_000)
    );
    let monotonic = read_clock(&mut guest, Clockid::Monotonic);
    assert!(monotonic > 0, "some runtimes take 0 for a broken clock");
    // A minute, then until an hour after the start.
    subscribe(&mut guest, 0, 1, 0, 1, 60_000_000_000, false);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 0)]));
    assert_eq!(read_clock(&mut guest, Clockid::Monotonic), monotonic + 60_000_000_000);
    subscribe(&mut guest, 0, 2, 0, 0, 4_600_000_000_000, true);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(2, 0, 0)]));
    assert_eq!((read_clock(&mut guest, Clockid::Realtime), clock.time_of_day()), (4_600_000_000_000, 4_600_000_000_000));
    subscribe(&mut guest, 0, 3, 0, 1, u64::MAX, false);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(3, 0, 0)]), "the end of time comes too");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_stepped_clock_goes_forward_by_reading() {
    let clock = Clock::stepped(SystemTime::UNIX_EPOCH, Duration::from_millis(1));
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.clock(clock));
    assert_eq!([(); 3].map(|()| read_clock(&mut guest, Clockid::Realtime)), [0, 1_000_000, 2_000_000]);
    guest.call(|ctx, g| clock::res_get(ctx, g, Clockid::ProcessCputime, Ptr::new(RESULT))).unwrap();
    assert_eq!(guest.u64(RESULT), 1_000_000);
}

/// One subscription in memory.
pub(super) fn subscribe(guest: &mut Guest, position: u32, userdata: u64, tag: u8, id: u32, timeout: u64, absolute: bool) {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = tag;
    bytes[16..20].copy_from_slice(&id.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40] = absolute.into();
    guest.put(1024 + position * 48, &bytes);
}

/// Polls and returns (user data, error, type) of each event.
pub(super) fn poll(guest: &mut Guest, count: u32) -> Result<Vec<(u64, u16, u8)>, Errno> {
    guest.call(|ctx, g| poll::oneoff(ctx, g, Ptr::<Subscription>::new(1024), Ptr::<Event>::new(BUFFER), count, Ptr::new(RESULT)))?;
    let event = |position| BUFFER + position * 32;
    Ok((0..guest.u32(RESULT))
        .map(|position| {
            let error = guest.bytes(event(position) + 8, 3);
            (guest.u64(event(position)), u16::from_le_bytes([error[0], error[1]]), error[2])
        })
        .collect())
}

#[test]
fn polls_of_clocks_wait_for_the_earliest() {
    let mut guest = guest();
    let start = Instant::now();
    subscribe(&mut guest, 0, 7, 0, 1, 20_000_000, false);
    subscribe(&mut guest, 1, 8, 0, 0, u64::MAX, false);
    subscribe(&mut guest, 2, 9, 0, 1, u64::MAX, true);
    assert_eq!(poll(&mut guest, 3), Ok(vec![(7, 0, 0)]));
    assert!(start.elapsed() >= Duration::from_millis(20));
    subscribe(&mut guest, 0, 7, 0, 0, 1, true);
    assert_eq!(poll(&mut guest, 3), Ok(vec![(7, 0, 0)]), "a time in the past");
    subscribe(&mut guest, 1, 8, 0, 99, 1, false);
    subscribe(&mut guest, 2, 9, 0, 2, 1, false);
    let events = poll(&mut guest, 3).unwrap();
    assert!(events.contains(&(8, Errno::Inval.code(), 0)) && events.contains(&(9, Errno::Notsup.code(), 0)), "{events:?}");
}

#[test]
fn polls_with_a_bad_descriptor_do_not_wait() {
    let mut guest = guest();
    subscribe(&mut guest, 0, 1, 0, 1, u64::MAX, false);
    subscribe(&mut guest, 1, 2, 1, 99, 0, false);
    subscribe(&mut guest, 2, 3, 2, 1, 0, false);
    subscribe(&mut guest, 3, 4, 1, 1, 0, false);
    assert_eq!(poll(&mut guest, 4), Ok(vec![(2, Errno::Badf.code(), 1), (3, 0, 2), (4, Errno::Notcapable.code(), 1)]));
}

#[test]
fn polls_of_odd_counts_and_buffers() {
    let mut guest = guest();
    assert_eq!(poll(&mut guest, 0), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, 1 << 28), Err(Errno::Fault));
    assert_eq!(poll(&mut guest, u32::MAX), Err(Errno::Fault));
    subscribe(&mut guest, 0, 1, 3, 0, 0, false);
    assert_eq!(poll(&mut guest, 1), Err(Errno::Inval), "no such kind");
    let unstable =
        guest.call(|ctx, g| poll::oneoff(ctx, g, Ptr::<SubscriptionUnstable>::new(50000), Ptr::<Event>::new(BUFFER), 1, Ptr::new(RESULT)));
    assert_eq!(unstable, Ok(()), "all zero: a clock that is due");
    guest.memory = vec![0; 2 << 20];
    assert_eq!(poll(&mut guest, (1 << 14) + 1), Err(Errno::Inval), "more than a host should wait for");
    assert_eq!(poll(&mut guest, 1 << 14).map(|events| events.len()), Ok(1 << 14));
}

#[cfg(unix)]
#[test]
fn polls_of_host_pipes_are_real() {
    use std::io::Write;
    let (reader, mut writer) = std::io::pipe().unwrap();
    let reader = std::fs::File::from(std::os::fd::OwnedFd::from(reader));
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.stdin(Input::file(reader)));
    subscribe(&mut guest, 0, 1, 1, 0, 0, false);
    subscribe(&mut guest, 1, 2, 0, 1, 5_000_000, false);
    assert_eq!(poll(&mut guest, 2), Ok(vec![(2, 0, 0)]), "nothing to read");
    assert_eq!(guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, Fd(0), Fdflags::NONBLOCK)), Ok(()));
    assert_eq!(guest.read(Fd(0), 1), Err(Errno::Again));
    writer.write_all(b"abc").unwrap();
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 1)]));
    assert_eq!(guest.u64(BUFFER + 16), 3);
    assert_eq!(guest.read(Fd(0), 10).unwrap(), b"abc");
    drop(writer);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 1)]));
    assert_eq!(guest.bytes(BUFFER + 24, 1), [1], "hung up");
    assert_eq!(guest.read(Fd(0), 10).unwrap(), b"");
}

/// A guest whose standard input never comes, with bounds; and what keeps the input open.
fn waiting_guest(bounds: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> (Guest, InputPipe) {
    let pipe = InputPipe::new().unwrap();
    let guest = guest_with(Access::ReadWrite, |builder| bounds(builder.stdin(Input::pipe(&pipe))));
    (guest, pipe)
}

/// Runs a call that must end the guest, and gives the reason.
fn ends(guest: &mut Guest, call: impl FnOnce(&mut Guest) -> Result<(), Errno>) -> Interruption {
    assert_eq!(call(guest), Err(Errno::Intr));
    match guest.ctx.waiting.take_ended() {
        Some(Ended::Interrupted(why)) => why,
        other => panic!("ended by {other:?}"),
    }
}

#[test]
fn every_call_that_waits_keeps_to_the_deadline() {
    let start = Instant::now();
    let (mut guest, _pipe) = waiting_guest(|builder| builder.timeout(Duration::from_millis(30)));
    assert_eq!(ends(&mut guest, |guest| guest.read(Fd(0), 1).map(drop)), Interruption::Deadline);
    assert!(start.elapsed() >= Duration::from_millis(30));
    // The same for a sleep, and for input with a later alarm.
    subscribe(&mut guest, 0, 1, 0, 1, u64::MAX, false);
    subscribe(&mut guest, 1, 2, 1, 0, 0, false);
    for (count, left) in [(1, 20), (2, 20), (2, 0)] {
        guest.ctx.set_deadline(Some(Instant::now() + Duration::from_millis(left)));
        assert_eq!(ends(&mut guest, |guest| poll(guest, count).map(drop)), Interruption::Deadline);
    }
    guest.ctx.set_deadline(Some(Instant::now() + Duration::from_secs(60)));
    subscribe(&mut guest, 0, 1, 0, 1, 1_000, false);
    assert_eq!(poll(&mut guest, 2), Ok(vec![(1, 0, 0)]), "what is due before the deadline is reported");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[cfg(unix)]
#[test]
fn host_pipes_keep_to_the_deadline_in_both_directions() {
    let (reader, writer) = std::io::pipe().unwrap();
    let [input, output] = [std::os::fd::OwnedFd::from(reader), std::os::fd::OwnedFd::from(writer)].map(std::fs::File::from);
    let mut guest = guest_with(Access::ReadWrite, |builder| {
        builder.stdin(Input::file(input)).stdout(Output::file(output)).timeout(Duration::from_millis(100))
    });
    guest.memory = vec![0; 1 << 20];
    let mut written = 0;
    // The pipe has room for less than a megabyte; nobody reads.
    let why = ends(&mut guest, |guest| {
        loop {
            guest.iovecs(&[(BUFFER, 900_000)]);
            guest.call(|ctx, g| fd::write(ctx, g, Fd(1), Ptr::new(0), 1, Ptr::new(RESULT)))?;
            written += guest.u32(RESULT);
        }
    });
    assert!(why == Interruption::Deadline && written >= 4096, "{why:?} after {written}");
    guest.ctx.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
    while written > 0 {
        written -= guest.read(Fd(0), written.min(16384)).unwrap().len() as u32;
    }
    assert_eq!(ends(&mut guest, |guest| guest.read(Fd(0), 1).map(drop)), Interruption::Deadline);
}

#[test]
fn another_thread_interrupts_what_waits() {
    let handle = InterruptHandle::new().unwrap();
    let (mut guest, pipe) = waiting_guest(|builder| builder.interrupt(&handle));
    subscribe(&mut guest, 0, 1, 0, 1, u64::MAX, false);
    subscribe(&mut guest, 1, 2, 1, 0, 0, false);
    type Waiting = fn(&mut Guest) -> Result<(), Errno>;
    let calls: [Waiting; 3] = [|guest| guest.read(Fd(0), 1).map(drop), |guest| poll(guest, 1).map(drop), |guest| poll(guest, 2).map(drop)];
    for call in calls {
        let other = handle.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            other.interrupt();
        });
        assert_eq!(ends(&mut guest, call), Interruption::Interrupted);
        assert_eq!(ends(&mut guest, call), Interruption::Interrupted, "until it is reset");
        assert!(handle.is_interrupted());
        thread.join().unwrap();
        handle.reset();
    }
    pipe.write(b"x");
    assert_eq!(guest.read(Fd(0), 1).unwrap(), b"x");
}

#[test]
fn waiting_may_be_limited_in_all() {
    let (mut guest, _pipe) = waiting_guest(|builder| builder.waiting_limit(Duration::from_millis(50)));
    subscribe(&mut guest, 0, 1, 0, 1, 30_000_000, false);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 0)]));
    assert_eq!(ends(&mut guest, |guest| poll(guest, 1).map(drop)), Interruption::WaitingLimit);
    assert_eq!(ends(&mut guest, |guest| guest.read(Fd(0), 1).map(drop)), Interruption::WaitingLimit);
    assert_eq!(guest.write(Fd(1), b"goes on"), Ok(7), "what does not wait is not limited");
    subscribe(&mut guest, 0, 1, 0, 1, 0, false);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(1, 0, 0)]));
}
