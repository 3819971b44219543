//! Arguments, clocks, random bytes, polls, standard streams, and what the builder refuses.

use super::*;
use crate::Input;
use crate::abi::types::{Clockid, Event, FilestatUnstable, Subscription, SubscriptionUnstable};
use calls::{args, clock, environ, fd, poll, random, sched, sock};

#[test]
fn arguments_and_variables_are_laid_out_as_in_c() {
    let mut guest =
        guest_with(Access::ReadWrite, |builder| builder.args(["p", "", "\u{e4}"]).env("A", "1").env("B", "x=y").env("A", "2").arg([0xff]));
    guest.call(|ctx, g| args::sizes_get(ctx, g, Ptr::new(0), Ptr::new(4))).unwrap();
    assert_eq!((guest.u32(0), guest.u32(4)), (4, 2 + 1 + 3 + 2));
    guest.call(|ctx, g| args::get(ctx, g, Ptr::new(16), Ptr::new(100))).unwrap();
    assert_eq!([16, 20, 24, 28].map(|address| guest.u32(address)), [100, 102, 103, 106]);
    assert_eq!(guest.bytes(100, 9), b"p\0\0\xc3\xa4\0\xff\0\0");
    guest.call(|ctx, g| environ::sizes_get(ctx, g, Ptr::new(0), Ptr::new(4))).unwrap();
    assert_eq!((guest.u32(0), guest.u32(4)), (2, 4 + 6));
    guest.call(|ctx, g| environ::get(ctx, g, Ptr::new(16), Ptr::new(100))).unwrap();
    assert_eq!(guest.bytes(100, 10), b"A=2\0B=x=y\0");
}

#[test]
fn strings_may_end_where_memory_ends() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.arg("abc"));
    guest.call(|ctx, g| args::get(ctx, g, Ptr::new(0), Ptr::new(65532))).unwrap();
    assert_eq!(guest.bytes(65532, 4), b"abc\0");
    assert_eq!(guest.call(|ctx, g| args::get(ctx, g, Ptr::new(0), Ptr::new(65533))), Err(Errno::Fault));
}

#[test]
fn the_builder_refuses_what_a_guest_cannot_be_told() {
    let error = |builder: WasiCtxBuilder| builder.build().unwrap_err().to_string();
    assert!(error(WasiCtx::builder().arg("a\0b")).contains("NUL"));
    assert!(error(WasiCtx::builder().env("A=B", "")).contains("A=B"));
    assert!(error(WasiCtx::builder().env("", "")).contains("empty"));
    assert!(error(WasiCtx::builder().directory("no/such/folder", "/", Access::ReadWrite)).contains("no/such/folder"));
    assert!(error(WasiCtx::builder().descriptor_limit(2)).contains('2'));
    assert!(WasiCtx::builder().descriptor_limit(3).build().is_ok());
}

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

#[test]
fn random_bytes_fill_exactly_the_buffer() {
    let mut guest = guest();
    guest.call(|ctx, g| random::get(ctx, g, Ptr::new(100), 64)).unwrap();
    assert!(guest.bytes(100, 64).iter().any(|byte| *byte != 0));
    assert_eq!((guest.memory[99], guest.memory[164]), (0, 0));
    assert_eq!(guest.call(|ctx, g| random::get(ctx, g, Ptr::new(65536), 0)), Ok(()));
    assert_eq!(guest.call(sched::yield_now), Ok(()));
}

#[test]
fn nothing_is_a_socket() {
    let mut guest = guest();
    assert_eq!(guest.call(|ctx, g| sock::shutdown(ctx, g, Fd(1), crate::abi::flags::Sdflags::RD)), Err(Errno::Notsock));
    assert_eq!(guest.call(|ctx, g| sock::shutdown(ctx, g, Fd(9), crate::abi::flags::Sdflags::RD)), Err(Errno::Badf));
    assert_eq!(guest.call(|ctx, g| sock::accept(ctx, g, ROOT, Fdflags::empty(), Ptr::new(RESULT))), Err(Errno::Notsock));
    assert_eq!(guest.call(|ctx, g| sock::send(ctx, g, Fd(1), Ptr::new(0), 0, 0, Ptr::new(RESULT))), Err(Errno::Notsock));
}

#[test]
fn standard_input_from_bytes() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.stdin(Input::bytes("abcdef")));
    guest.iovecs(&[(BUFFER, 2), (BUFFER + 10, 2)]);
    guest.call(|ctx, g| fd::read(ctx, g, Fd(0), Ptr::new(0), 2, Ptr::new(RESULT))).unwrap();
    assert_eq!((guest.u32(RESULT), guest.bytes(BUFFER, 2), guest.bytes(BUFFER + 10, 2)), (4, &b"ab"[..], &b"cd"[..]));
    assert_eq!(guest.read(Fd(0), 100).unwrap(), b"ef");
    assert_eq!(guest.read(Fd(0), 100).unwrap(), b"");
}

#[test]
fn a_full_pipe_takes_what_fits() {
    let pipe = OutputPipe::with_limit(3);
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.stdout(Output::pipe(&pipe)));
    assert_eq!(guest.write(Fd(1), b"abcdef"), Ok(3));
    assert_eq!(guest.write(Fd(1), b"d"), Err(Errno::Nospc));
    assert_eq!(pipe.take(), b"abc");
    assert_eq!(guest.write(Fd(1), b"d"), Ok(1));
}

#[cfg(unix)]
#[test]
fn host_pipes_report_a_closed_end_and_do_not_hold_back() {
    use std::io::Read;
    let (mut reader, writer) = std::io::pipe().unwrap();
    let writer = std::fs::File::from(std::os::fd::OwnedFd::from(writer));
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.stderr(Output::file(writer)));
    assert_eq!(guest.write(Fd(2), b"no newline"), Ok(10));
    let mut bytes = [0; 10];
    reader.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"no newline");
    guest.call(|ctx, g| fd::fdstat_get(ctx, g, Fd(2), Ptr::new(RESULT))).unwrap();
    assert_eq!(guest.memory[RESULT as usize], Filetype::Unknown as u8);
    drop(reader);
    assert_eq!(guest.write(Fd(2), b"x"), Err(Errno::Pipe));
}

#[cfg(unix)]
#[test]
fn a_device_that_is_no_terminal_does_not_look_like_one() {
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.stdout(Output::file(null)));
    guest.call(|ctx, g| fd::fdstat_get(ctx, g, Fd(1), Ptr::new(RESULT))).unwrap();
    assert_eq!(guest.memory[RESULT as usize], Filetype::CharacterDevice as u8);
    assert!(Rights::from_bits(guest.u64(RESULT + 8)).unwrap().contains(Rights::FD_SEEK));
    let full = std::fs::File::options().write(true).open("/dev/full");
    if let Ok(full) = full {
        let mut guest = guest_with(Access::ReadWrite, |builder| builder.stdout(Output::file(full)));
        assert_eq!(guest.write(Fd(1), b"x"), Err(Errno::Nospc));
    }
}

/// One subscription in memory.
fn subscribe(guest: &mut Guest, position: u32, userdata: u64, tag: u8, id: u32, timeout: u64, absolute: bool) {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = tag;
    bytes[16..20].copy_from_slice(&id.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40] = absolute.into();
    guest.put(1024 + position * 48, &bytes);
}

/// Polls and returns (user data, error, type) of each event.
fn poll(guest: &mut Guest, count: u32) -> Result<Vec<(u64, u16, u8)>, Errno> {
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
    let start = std::time::Instant::now();
    subscribe(&mut guest, 0, 7, 0, 1, 20_000_000, false);
    subscribe(&mut guest, 1, 8, 0, 0, u64::MAX, false);
    subscribe(&mut guest, 2, 9, 0, 1, u64::MAX, true);
    assert_eq!(poll(&mut guest, 3), Ok(vec![(7, 0, 0)]));
    assert!(start.elapsed() >= std::time::Duration::from_millis(20));
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

#[test]
fn the_older_layout_of_attributes_is_shorter() {
    let mut guest = guest();
    std::fs::write(guest.path().join("f"), "12345").unwrap();
    let file = guest.open_to_read("f").unwrap();
    guest.memory[RESULT as usize..RESULT as usize + 64].fill(0xaa);
    guest.call(|ctx, g| fd::filestat_get::<FilestatUnstable>(ctx, g, file, Ptr::new(RESULT))).unwrap();
    assert_eq!((guest.u32(RESULT + 20), guest.u64(RESULT + 24)), (1, 5));
    assert_eq!(guest.bytes(RESULT + 56, 8), [0xaa; 8]);
}
