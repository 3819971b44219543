//! Addresses, counts and result cells that do not fit.

use super::*;
use crate::abi::types::{Clockid, Fdstat, Filestat};
use calls::{args, clock, fd, random};

#[test]
fn a_bad_result_cell_has_no_side_effect() {
    each(|mut guest| {
        let end = Ptr::<u32>::new(65533);
        guest.iovecs(&[(BUFFER, 3)]);
        assert_eq!(guest.call(|ctx, g| fd::write(ctx, g, Fd(1), Ptr::new(0), 1, end)), Err(Errno::Fault));
        assert!(guest.stdout.contents().is_empty());
        let (path, len) = guest.string(0, "new");
        let opened = guest.call(|ctx, g| {
            calls::path::open(
                ctx,
                g,
                ROOT,
                Lookupflags::empty(),
                path,
                len,
                Oflags::CREAT,
                Rights::FILE,
                ALL,
                Fdflags::empty(),
                Ptr::new(65533),
            )
        });
        assert_eq!(opened, Err(Errno::Fault));
        assert!(!guest.exists("new"));
        assert_eq!(guest.open("other", Oflags::CREAT), Ok(Fd(4)), "no descriptor was lost");
        assert_eq!(guest.call(|ctx, g| fd::fdstat_get(ctx, g, ROOT, Ptr::<Fdstat>::new(65520))), Err(Errno::Fault));
        assert_eq!(guest.call(|ctx, g| fd::filestat_get(ctx, g, ROOT, Ptr::<Filestat>::new(u32::MAX))), Err(Errno::Fault));
        assert_eq!(guest.call(|ctx, g| clock::time_get(ctx, g, Clockid::Realtime, 0, Ptr::new(65529))), Err(Errno::Fault));
        assert_eq!(guest.call(|ctx, g| random::get(ctx, g, Ptr::new(1), 65536)), Err(Errno::Fault));
        assert_eq!(guest.call(|ctx, g| random::get(ctx, g, Ptr::new(0), u32::MAX)), Err(Errno::Fault));
    });
}

#[test]
fn arguments_into_a_tiny_memory_fault() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.args(["program", "x"]));
    guest.memory.truncate(12);
    assert_eq!(guest.call(|ctx, g| args::get(ctx, g, Ptr::new(0), Ptr::new(8))), Err(Errno::Fault));
    assert_eq!(guest.memory, [0; 12]);
    guest.memory.clear();
    assert_eq!(guest.call(|ctx, g| args::sizes_get(ctx, g, Ptr::new(0), Ptr::new(4))), Err(Errno::Fault));
}

#[test]
fn iovec_arrays_are_bounded_and_validated() {
    each(|mut guest| {
        let write = |guest: &mut Guest, len| guest.call(|ctx, g| fd::write(ctx, g, Fd(1), Ptr::new(0), len, Ptr::new(RESULT)));
        assert_eq!(write(&mut guest, u32::MAX), Err(Errno::Fault));
        guest.iovecs(&[(BUFFER, 2), (BUFFER, u32::MAX)]);
        assert_eq!(write(&mut guest, 2), Err(Errno::Inval), "the sum does not fit 32 bits");
        guest.iovecs(&[(BUFFER, 2), (65535, 2)]);
        assert_eq!(write(&mut guest, 2), Err(Errno::Fault));
        assert!(guest.stdout.contents().is_empty(), "nothing is written before everything is checked");
        guest.iovecs(&[(BUFFER, 2), (0, 0), (BUFFER + 1, 2)]);
        guest.put(BUFFER, b"abc");
        assert_eq!(write(&mut guest, 3), Ok(()));
        assert_eq!(guest.stdout.take(), b"abbc");
        guest.memory[..8 * 4000].fill(0);
        assert_eq!(write(&mut guest, 4000), Ok(()), "empty regions are allowed");
        assert!(guest.stdout.take().is_empty());
    });
}

#[test]
fn overlapping_reads_and_reads_onto_the_result_cell() {
    each(|mut guest| {
        guest.put_file("f", "abcdefgh");
        let file = guest.open_to_read("f").unwrap();
        guest.iovecs(&[(BUFFER, 4), (BUFFER + 2, 4)]);
        guest.call(|ctx, g| fd::read(ctx, g, file, Ptr::new(0), 2, Ptr::new(RESULT))).unwrap();
        assert_eq!(guest.u32(RESULT), 4, "an overlap makes the read short");
        assert_eq!(guest.bytes(BUFFER, 6), b"abcd\0\0");
        guest.iovecs(&[(RESULT, 4)]);
        guest.call(|ctx, g| fd::read(ctx, g, file, Ptr::new(0), 1, Ptr::new(RESULT))).unwrap();
        assert_eq!(guest.u32(RESULT), 4, "the count is stored last");
    });
}

#[test]
fn scattered_reads_fill_regions_in_order() {
    each(|mut guest| {
        guest.put_file("f", "abcdefgh");
        let file = guest.open_to_read("f").unwrap();
        guest.iovecs(&[(BUFFER + 8, 3), (BUFFER, 2), (BUFFER + 4, 100)]);
        guest.call(|ctx, g| fd::pread(ctx, g, file, Ptr::new(0), 3, 1, Ptr::new(RESULT))).unwrap();
        assert_eq!(guest.u32(RESULT), 5, "the third region overlaps the first");
        assert_eq!(guest.bytes(BUFFER, 11), b"ef\0\0\0\0\0\0bcd");
        assert_eq!(guest.call(|ctx, g| fd::pread(ctx, g, file, Ptr::new(0), 3, u64::MAX, Ptr::new(RESULT))), Err(Errno::Inval));
    });
}
