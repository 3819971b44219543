//! Pipes with a name in the host's file system: opening one waits within the guest's bounds, and only where it has to.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::wait::Ended;
use crate::{InterruptHandle, Interruption};

/// How long a guest may wait that waits in vain.
const SHORT: Duration = Duration::from_millis(60);

/// Makes a pipe in the guest's folder, and says where it is.
fn make_pipe(guest: &Guest, name: &str) -> PathBuf {
    let path = guest.path().join(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    path
}

/// Opens the pipe `p`.
fn open(guest: &mut Guest, rights: Rights, flags: Fdflags) -> Result<Fd, Errno> {
    guest.with_path("p", |ctx, g, fd, path, len| {
        calls::path::open(ctx, g, fd, Lookupflags::empty(), path, len, Oflags::empty(), rights, ALL, flags, Ptr::new(RESULT))
    })?;
    Ok(Fd(guest.u32(RESULT)))
}

#[test]
fn a_reader_waits_for_its_first_writer_and_ends_with_the_last() {
    let mut guest = guest();
    let path = make_pipe(&guest, "p");
    // Opening does not wait: a writer that does finds the guest there.
    let pipe = open(&mut guest, Rights::FD_READ, Fdflags::empty()).unwrap();
    let writer = thread::spawn(move || {
        thread::sleep(SHORT);
        let mut pipe = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        pipe.write_all(b"first").unwrap();
        thread::sleep(SHORT);
        pipe.write_all(b"last").unwrap();
    });
    let mut read = Vec::new();
    loop {
        let piece = guest.read(pipe, 100).unwrap();
        if piece.is_empty() {
            break;
        }
        read.extend(piece);
    }
    assert_eq!(read, b"firstlast");
    writer.join().unwrap();
    assert_eq!(guest.read(pipe, 100), Ok(vec![]), "and stays at its end");
}

#[test]
fn a_writer_waits_for_a_reader() {
    let mut guest = guest();
    let path = make_pipe(&guest, "p");
    let reader = thread::spawn(move || {
        thread::sleep(SHORT);
        let mut text = String::new();
        std::fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
        text
    });
    let pipe = open(&mut guest, Rights::FD_WRITE, Fdflags::empty()).unwrap();
    // More than the host keeps for the reader.
    let piece = [b'x'; 30_000];
    for _ in 0..10 {
        let mut rest = &piece[..];
        while !rest.is_empty() {
            rest = &rest[guest.write(pipe, rest).unwrap() as usize..];
        }
    }
    guest.close(pipe).unwrap();
    assert_eq!(reader.join().unwrap().len(), 300_000);
}

#[test]
fn nobody_waits_longer_than_the_guest_may() {
    for (rights, writes) in [(Rights::FD_READ, false), (Rights::FD_WRITE, true)] {
        let handle = InterruptHandle::new().unwrap();
        let bounds: [(Interruption, &dyn Fn(WasiCtxBuilder) -> WasiCtxBuilder); 3] = [
            (Interruption::Deadline, &|builder| builder.timeout(SHORT)),
            (Interruption::WaitingLimit, &|builder| builder.waiting_limit(SHORT)),
            (Interruption::Interrupted, &|builder| builder.interrupt(&handle)),
        ];
        for (expected, bound) in bounds {
            let mut guest = guest_with(Access::ReadWrite, bound);
            make_pipe(&guest, "p");
            let (start, other) = (Instant::now(), handle.clone());
            let interrupts = thread::spawn(move || {
                thread::sleep(SHORT);
                other.interrupt();
            });
            let ended = open(&mut guest, rights, Fdflags::empty()).and_then(|pipe| guest.read(pipe, 10).map(drop));
            assert_eq!((ended, guest.ctx.waiting.take_ended()), (Err(Errno::Intr), Some(Ended::Interrupted(expected))), "{writes}");
            assert!(start.elapsed() >= SHORT / 2 && start.elapsed() < Duration::from_secs(20));
            interrupts.join().unwrap();
            handle.reset();
        }
    }
}

#[test]
fn who_does_not_want_to_wait_does_not() {
    let mut guest = guest();
    let path = make_pipe(&guest, "p");
    assert_eq!(open(&mut guest, Rights::FD_WRITE, Fdflags::NONBLOCK), Err(Errno::Nxio), "nobody reads");
    let pipe = open(&mut guest, Rights::FD_READ, Fdflags::NONBLOCK).unwrap();
    assert_eq!(guest.read(pipe, 10), Ok(vec![]), "nobody writes");
    let mut writer = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    assert_eq!(guest.read(pipe, 10), Err(Errno::Again));
    writer.write_all(b"abc").unwrap();
    assert_eq!(guest.read(pipe, 10).unwrap(), b"abc");
    drop(writer);
    assert_eq!(guest.read(pipe, 10), Ok(vec![]));
    // Sockets can't be opened at all, and that is no reason to wait.
    let _socket = std::os::unix::net::UnixListener::bind(guest.path().join("s")).unwrap();
    assert_eq!(guest.open_with("s", Oflags::empty(), Rights::FD_WRITE, true), Err(Errno::Nxio));
    assert_eq!(guest.open_to_read("s"), Err(Errno::Nxio));
}

#[test]
fn other_files_are_what_they_were() {
    let mut guest = guest();
    let file = guest.open("f", Oflags::CREAT).unwrap();
    guest.write(file, b"text").unwrap();
    assert_eq!(guest.call(|ctx, g| calls::fd::fdstat_get(ctx, g, file, Ptr::new(RESULT))), Ok(()));
    assert_eq!(guest.bytes(RESULT + 2, 2), [0, 0], "flags that the guest did not ask for");
}
