//! What a guest may use up, and what embedders are told of refusals.

use super::*;
use crate::abi::types::{Event, Subscription};
use calls::{fd, poll};

#[test]
fn written_bytes_are_counted_over_all_descriptors() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.written_limit(10));
    let file = guest.open("f", Oflags::CREAT).unwrap();
    assert_eq!((guest.write(file, b"abcd"), guest.write(Fd(1), b"efg")), (Ok(4), Ok(3)));
    assert_eq!(guest.call(|ctx, g| fd::allocate(ctx, g, file, 0, 4)), Err(Errno::Dquot));
    assert_eq!(guest.write(file, b"hijkl"), Ok(3), "as much as may be written");
    assert_eq!(guest.write(file, b"m"), Err(Errno::Dquot));
    assert_eq!(guest.write(Fd(1), b"m"), Err(Errno::Dquot));
    assert_eq!(guest.write(file, b""), Ok(0));
    guest.iovecs(&[(BUFFER, 1)]);
    assert_eq!(guest.call(|ctx, g| fd::pwrite(ctx, g, file, Ptr::new(0), 1, 0, Ptr::new(RESULT))), Err(Errno::Dquot));
    assert_eq!(std::fs::read(guest.path().join("f")).unwrap(), b"abcdhij");
}

#[test]
fn limits_cut_gathered_writes_in_their_middle() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.written_limit(5));
    guest.put(BUFFER, b"abcdefgh");
    guest.iovecs(&[(BUFFER, 2), (BUFFER + 2, 4), (BUFFER + 6, 2)]);
    guest.call(|ctx, g| fd::write(ctx, g, Fd(1), Ptr::new(0), 3, Ptr::new(RESULT))).unwrap();
    assert_eq!((guest.u32(RESULT), guest.stdout.take()), (5, b"abcde".to_vec()));
}

#[test]
fn subscriptions_can_be_limited() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.subscription_limit(2));
    let poll = |guest: &mut Guest, count| {
        guest.call(|ctx, g| poll::oneoff(ctx, g, Ptr::<Subscription>::new(1024), Ptr::<Event>::new(BUFFER), count, Ptr::new(RESULT)))
    };
    assert_eq!((poll(&mut guest, 2), poll(&mut guest, 3)), (Ok(()), Err(Errno::Inval)));
}

#[test]
fn descriptors_can_be_limited() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.descriptor_limit(5));
    let first = guest.open("a", Oflags::CREAT).unwrap();
    assert_eq!(guest.open("b", Oflags::CREAT), Err(Errno::Mfile));
    assert!(!guest.path().join("b").exists());
    guest.close(first).unwrap();
    assert_eq!(guest.open("b", Oflags::CREAT), Ok(first));
}
