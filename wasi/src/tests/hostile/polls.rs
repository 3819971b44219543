//! Polls of files, directories and nonsense.

use super::super::time::{poll, subscribe};
use super::*;
use crate::abi::types::{Event, Subscription};
use calls::poll::oneoff;

#[test]
fn files_are_ready_and_directories_are_errors_without_waiting() {
    each(|mut guest| {
        guest.put_file("f", "0123456789");
        let file = guest.open("f", Oflags::empty()).unwrap();
        guest.read(file, 3).unwrap();
        let (clock, read, write) = (0, 1, 2);
        subscribe(&mut guest, 0, 10, read, file.0, 0, false);
        subscribe(&mut guest, 1, 11, write, file.0, 0, false);
        subscribe(&mut guest, 2, 12, read, ROOT.0, 0, false);
        subscribe(&mut guest, 3, 13, clock, 1, u64::MAX, false);
        subscribe(&mut guest, 4, 14, write, 1 << 31, 0, false);
        let mut events = poll(&mut guest, 5).unwrap();
        events.sort_unstable();
        let bad = Errno::Badf.code();
        assert_eq!(events, [(10, 0, 1), (11, 0, 2), (12, bad, 1), (14, bad, 2)]);
        assert_eq!(poll(&mut guest, 1), Ok(vec![(10, 0, 1)]));
        assert_eq!(guest.u64(BUFFER + 16), 7, "what is left to read");
    });
}

#[test]
fn the_same_subscription_many_times_is_as_many_events() {
    each(|mut guest| {
        guest.memory = vec![0; 2 << 20];
        guest.put_file("f", "");
        let file = guest.open("f", Oflags::empty()).unwrap();
        for position in 0..500 {
            subscribe(&mut guest, position, position.into(), 1, file.0, 0, false);
        }
        let events = poll(&mut guest, 500).unwrap();
        assert!(events.len() == 500 && events.iter().all(|event| event.1 == 0));
    });
}

#[test]
fn arrays_out_of_bounds_are_found_before_anything_is_waited_for() {
    each(|mut guest| {
        subscribe(&mut guest, 0, 1, 0, 1, u64::MAX, false);
        let mut at = |subscriptions, events, count, stored| {
            let (subscriptions, events) = (Ptr::<Subscription>::new(subscriptions), Ptr::<Event>::new(events));
            guest.call(|ctx, g| oneoff(ctx, g, subscriptions, events, count, Ptr::new(stored)))
        };
        assert_eq!(at(1024, BUFFER, 1, 65533), Err(Errno::Fault));
        assert_eq!(at(1024, 65505, 1, RESULT), Err(Errno::Fault));
        assert_eq!(at(65489, BUFFER, 1, RESULT), Err(Errno::Fault));
        for count in [1 << 11, 1 << 28, u32::MAX] {
            assert_eq!(at(1024, BUFFER, count, RESULT), Err(Errno::Fault), "{count}");
        }
        // Events over the subscriptions: those were read before.
        subscribe(&mut guest, 0, 7, 2, 1, 0, false);
        let (subscriptions, events) = (Ptr::<Subscription>::new(1024), Ptr::<Event>::new(1024));
        assert_eq!(guest.call(|ctx, g| oneoff(ctx, g, subscriptions, events, 1, Ptr::new(RESULT))), Ok(()));
        assert_eq!((guest.u32(RESULT), guest.u64(1024)), (1, 7));
    });
}
