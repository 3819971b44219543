//! Arguments, random bytes, standard streams, and what the builder refuses.

use super::*;
use crate::abi::types::FilestatUnstable;
use crate::{Input, InputPipe, Random};
use calls::{args, environ, fd, random, sched, sock};

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
fn random_bytes_fill_exactly_the_buffer() {
    let mut guest = guest();
    guest.call(|ctx, g| random::get(ctx, g, Ptr::new(100), 64)).unwrap();
    assert!(guest.bytes(100, 64).iter().any(|byte| *byte != 0));
    assert_eq!((guest.memory[99], guest.memory[164]), (0, 0));
    assert_eq!(guest.call(|ctx, g| random::get(ctx, g, Ptr::new(65536), 0)), Ok(()));
    assert_eq!(guest.call(sched::yield_now), Ok(()));
}

#[test]
fn random_bytes_follow_from_the_seed() {
    let bytes = |random| {
        let mut guest = guest_with(Access::ReadWrite, |builder| builder.random(random));
        guest.call(|ctx, g| random::get(ctx, g, Ptr::new(100), 40)).unwrap();
        guest.bytes(100, 40).to_vec()
    };
    assert_eq!(bytes(Random::seeded(1)), bytes(Random::seeded(1)));
    assert_ne!(bytes(Random::seeded(1)), bytes(Random::seeded(2)));
    assert_eq!(bytes(Random::custom(|buffer| buffer.fill(7))), [7; 40]);
}

#[test]
fn what_is_no_socket_is_told_so() {
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
fn standard_input_from_a_pipe_that_is_filled_meanwhile() {
    let pipe = InputPipe::new().unwrap();
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.stdin(Input::pipe(&pipe)));
    let set_flags = |guest: &mut Guest, flags| guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, Fd(0), flags)).unwrap();
    set_flags(&mut guest, Fdflags::NONBLOCK);
    assert_eq!(guest.read(Fd(0), 100), Err(Errno::Again));
    pipe.write(b"ab");
    assert_eq!(guest.read(Fd(0), 100).unwrap(), b"ab");
    set_flags(&mut guest, Fdflags::empty());
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        pipe.write(b"cd");
        assert!(pipe.unread() <= 2);
    });
    assert_eq!(guest.read(Fd(0), 100).unwrap(), b"cd", "waited for");
    assert_eq!(guest.read(Fd(0), 100).unwrap(), b"", "the last end is dropped");
    writer.join().unwrap();
}

#[test]
fn callbacks_as_streams() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut calls = 0;
    let input = Input::callback(move |buffer| {
        calls += 1;
        buffer[..2].copy_from_slice(b"xy");
        // More than there is room for is an error of the embedder's that must not reach the guest.
        Ok(if calls == 1 { usize::MAX } else { 0 })
    });
    let output = Output::callback(move |bytes| match bytes {
        b"full" => Err(std::io::ErrorKind::StorageFull.into()),
        bytes => sender.send(bytes.to_vec()).map_err(std::io::Error::other),
    });
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.stdin(input).stdout(output));
    assert_eq!(guest.read(Fd(0), 2).unwrap(), b"xy");
    assert_eq!(guest.read(Fd(0), 2).unwrap(), b"");
    assert_eq!((guest.write(Fd(1), b"abc"), guest.write(Fd(1), b"full")), (Ok(3), Err(Errno::Nospc)));
    assert_eq!(receiver.try_recv().unwrap(), b"abc");
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
