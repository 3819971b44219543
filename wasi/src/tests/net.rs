//! Sockets: accepting, reading, writing, polling, and their bounds.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::time::{poll, subscribe};
use super::*;
use crate::abi::flags::{Riflags, Sdflags};
use crate::wait::Ended;
use crate::{Interruption, abi::types::Fdstat};
use calls::{fd, sock};

/// The listening socket: directories come first.
const LISTENER: Fd = Fd(4);

/// A guest that may accept connections, and where.
fn server(more: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> (Guest, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (guest_with(Access::ReadWrite, |builder| more(builder.tcp_listener(listener))), address)
}

impl Guest {
    fn accept(&mut self, flags: Fdflags) -> Result<Fd, Errno> {
        self.call(|ctx, g| sock::accept(ctx, g, LISTENER, flags, Ptr::new(RESULT)))?;
        Ok(Fd(self.u32(RESULT)))
    }

    fn recv(&mut self, fd: Fd, len: u32, flags: Riflags) -> Result<Vec<u8>, Errno> {
        self.iovecs(&[(BUFFER, len)]);
        self.call(|ctx, g| sock::recv(ctx, g, fd, Ptr::new(0), 1, flags, Ptr::new(RESULT), Ptr::new(RESULT + 4)))?;
        Ok(self.bytes(BUFFER, self.u32(RESULT)).to_vec())
    }
}

#[test]
fn a_connection_is_accepted_used_and_shut_down() {
    let (mut guest, address) = server(|builder| builder);
    let mut client = TcpStream::connect(address).unwrap();
    let fd = guest.accept(Fdflags::empty()).unwrap();
    assert_eq!(fd, Fd(5));
    client.write_all(b"hello").unwrap();
    assert_eq!(guest.recv(fd, 5, Riflags::PEEK | Riflags::WAITALL).unwrap()[..1], *b"h");
    assert_eq!(guest.recv(fd, 5, Riflags::WAITALL).unwrap(), b"hello");
    assert_eq!(guest.u32(RESULT + 4) & 0xffff, 0, "no result flag");
    guest.put(BUFFER, b"answer");
    guest.iovecs(&[(BUFFER, 3), (BUFFER + 3, 3)]);
    guest.call(|ctx, g| sock::send(ctx, g, fd, Ptr::new(0), 2, 0, Ptr::new(RESULT))).unwrap();
    assert_eq!(guest.call(|ctx, g| sock::send(ctx, g, fd, Ptr::new(0), 2, 1, Ptr::new(RESULT))), Err(Errno::Inval));
    assert_eq!(guest.write(fd, b" and more"), Ok(9), "fd_write works on sockets too");
    guest.call(|ctx, g| sock::shutdown(ctx, g, fd, Sdflags::WR)).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "answer and more");
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(guest.read(fd, 10).unwrap(), b"", "the end");
    assert_eq!(guest.call(|ctx, g| sock::shutdown(ctx, g, fd, Sdflags::empty())), Err(Errno::Inval));
    guest.close(fd).unwrap();
    assert_eq!(guest.recv(fd, 1, Riflags::empty()), Err(Errno::Badf));
}

#[test]
fn reads_that_want_all_wait_for_all() {
    let (mut guest, address) = server(|builder| builder);
    let mut client = TcpStream::connect(address).unwrap();
    let fd = guest.accept(Fdflags::empty()).unwrap();
    let thread = std::thread::spawn(move || {
        for piece in [&b"ab"[..], b"cd", b"ef"] {
            client.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    guest.iovecs(&[(BUFFER, 3), (BUFFER + 10, 2)]);
    guest.call(|ctx, g| sock::recv(ctx, g, fd, Ptr::new(0), 2, Riflags::WAITALL, Ptr::new(RESULT), Ptr::new(RESULT + 4))).unwrap();
    assert_eq!((guest.u32(RESULT), guest.bytes(BUFFER, 3), guest.bytes(BUFFER + 10, 2)), (5, &b"abc"[..], &b"de"[..]));
    assert_eq!(guest.recv(fd, 9, Riflags::WAITALL).unwrap(), b"f", "the end comes before the buffer is full");
    thread.join().unwrap();
}

#[test]
fn types_flags_and_rights_of_sockets() {
    let (mut guest, address) = server(|builder| builder);
    let fdstat = |guest: &mut Guest, fd| {
        guest.call(|ctx, g| fd::fdstat_get(ctx, g, fd, Ptr::<Fdstat>::new(RESULT))).unwrap();
        (guest.memory[RESULT as usize], guest.u32(RESULT) >> 16, Rights::from_bits(guest.u64(RESULT + 8)).unwrap())
    };
    assert_eq!(fdstat(&mut guest, LISTENER), (Filetype::SocketStream as u8, 0, Rights::LISTENER));
    guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, LISTENER, Fdflags::NONBLOCK)).unwrap();
    assert_eq!(guest.accept(Fdflags::empty()), Err(Errno::Again));
    let _client = TcpStream::connect(address).unwrap();
    // The connection may take a moment.
    let fd = loop {
        match guest.accept(Fdflags::NONBLOCK) {
            Err(Errno::Again) => std::thread::yield_now(),
            result => break result.unwrap(),
        }
    };
    assert_eq!(fdstat(&mut guest, fd), (Filetype::SocketStream as u8, 4, Rights::STREAM | Rights::SOCK_SHUTDOWN));
    assert_eq!(guest.read(fd, 1), Err(Errno::Again));
    assert_eq!(guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, fd, Fdflags::APPEND)), Err(Errno::Inval));
    assert_eq!(guest.read(LISTENER, 1), Err(Errno::Notconn));
    assert_eq!(guest.recv(LISTENER, 1, Riflags::empty()), Err(Errno::Notconn));
    assert_eq!(guest.call(|ctx, g| sock::accept(ctx, g, fd, Fdflags::empty(), Ptr::new(RESULT))), Err(Errno::Inval));
    assert_eq!(
        guest.call(|ctx, g| fd::seek::<crate::abi::types::Whence>(ctx, g, fd, 0, crate::abi::types::Whence::Cur, Ptr::new(RESULT))),
        Err(Errno::Spipe)
    );
}

#[test]
fn a_connection_without_a_number_stays_in_the_queue() {
    let (mut guest, address) = server(|builder| builder.descriptor_limit(5));
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"x").unwrap();
    assert_eq!(guest.accept(Fdflags::empty()), Err(Errno::Mfile));
    guest.close(Fd(0)).unwrap();
    assert_eq!(guest.accept(Fdflags::APPEND), Err(Errno::Inval));
    assert_eq!(guest.accept(Fdflags::empty()), Ok(Fd(0)));
    assert_eq!(guest.read(Fd(0), 9).unwrap(), b"x");
}

#[test]
fn accepting_and_receiving_keep_to_the_deadline() {
    let (mut guest, address) = server(|builder| builder.timeout(Duration::from_millis(20)));
    let ended = |guest: &mut Guest| guest.ctx.waiting.take_ended();
    assert_eq!(guest.accept(Fdflags::empty()), Err(Errno::Intr));
    assert_eq!(ended(&mut guest), Some(Ended::Interrupted(Interruption::Deadline)));
    guest.ctx.set_deadline(None);
    let _client = TcpStream::connect(address).unwrap();
    let fd = guest.accept(Fdflags::empty()).unwrap();
    guest.ctx.set_deadline(Some(std::time::Instant::now() + Duration::from_millis(20)));
    assert_eq!(guest.recv(fd, 1, Riflags::empty()), Err(Errno::Intr));
    assert_eq!(ended(&mut guest), Some(Ended::Interrupted(Interruption::Deadline)));
    // Nobody reads: sending ends too.
    guest.ctx.set_deadline(Some(std::time::Instant::now() + Duration::from_millis(100)));
    guest.memory = vec![0; 1 << 20];
    let error = loop {
        guest.iovecs(&[(BUFFER, 1_000_000)]);
        if let Err(error) = guest.call(|ctx, g| fd::write(ctx, g, fd, Ptr::new(0), 1, Ptr::new(RESULT))) {
            break error;
        }
    };
    assert_eq!((error, ended(&mut guest)), (Errno::Intr, Some(Ended::Interrupted(Interruption::Deadline))));
}

#[test]
fn connections_are_granted_and_bad_addresses_are_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.tcp_stream(client));
    peer.write_all(b"granted").unwrap();
    assert_eq!(guest.recv(Fd(4), 100, Riflags::empty()).unwrap(), b"granted");
    let taken = listener.local_addr().unwrap();
    let error = WasiCtx::builder().tcp_listen(taken).build().unwrap_err().to_string();
    assert!(error.contains(&taken.to_string()), "{error}");
}

#[cfg(unix)]
#[test]
fn polls_of_sockets_files_pipes_and_clocks_together() {
    let (mut guest, address) = server(|builder| builder);
    let file = guest.open("f", Oflags::CREAT).unwrap();
    const SECOND: u64 = 1_000_000_000;
    subscribe(&mut guest, 0, 10, 1, LISTENER.0, 0, false);
    subscribe(&mut guest, 1, 11, 0, 1, SECOND / 50, false);
    assert_eq!(poll(&mut guest, 2), Ok(vec![(11, 0, 0)]), "nobody connects");
    subscribe(&mut guest, 2, 12, 1, file.0, 0, false);
    subscribe(&mut guest, 3, 13, 1, 77, 0, false);
    assert_eq!(poll(&mut guest, 4), Ok(vec![(13, Errno::Badf.code(), 1), (12, 0, 1)].into_iter().rev().collect()));
    let mut client = TcpStream::connect(address).unwrap();
    subscribe(&mut guest, 1, 11, 0, 1, 60 * SECOND, false);
    assert_eq!(poll(&mut guest, 2), Ok(vec![(10, 0, 1)]));
    let fd = guest.accept(Fdflags::empty()).unwrap();
    subscribe(&mut guest, 0, 20, 1, fd.0, 0, false);
    subscribe(&mut guest, 1, 21, 2, fd.0, 0, false);
    assert_eq!(poll(&mut guest, 2), Ok(vec![(21, 0, 2)]), "room to write, nothing to read");
    client.write_all(b"abc").unwrap();
    assert_eq!(poll(&mut guest, 1), Ok(vec![(20, 0, 1)]));
    assert_eq!((guest.u64(BUFFER + 16), guest.u32(BUFFER + 24)), (3, 0));
    assert_eq!(guest.read(fd, 9).unwrap(), b"abc");
    drop(client);
    assert_eq!(poll(&mut guest, 1), Ok(vec![(20, 0, 1)]));
    assert_eq!((guest.u64(BUFFER + 16), guest.u32(BUFFER + 24)), (0, 1), "the end, with a flag");
}
