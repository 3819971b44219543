//! Reading, writing, listing, and the descriptor table.

use super::*;
use crate::abi::types::{Advice, Whence, WhenceUnstable};
use calls::{fd, path, readdir};

fn seek(guest: &mut Guest, fd: Fd, offset: i64, whence: Whence) -> Result<u64, Errno> {
    guest.call(|ctx, g| fd::seek(ctx, g, fd, offset, whence, Ptr::new(RESULT)))?;
    Ok(guest.u64(RESULT))
}

#[test]
fn seek_tell_and_their_limits() {
    each(|mut guest| {
        let file = guest.open("f", Oflags::CREAT).unwrap();
        guest.write(file, b"0123456789").unwrap();
        assert_eq!(seek(&mut guest, file, -4, Whence::End), Ok(6));
        assert_eq!(seek(&mut guest, file, -2, Whence::Cur), Ok(4));
        assert_eq!(guest.call(|ctx, g| fd::seek(ctx, g, file, 0, WhenceUnstable(Whence::Cur), Ptr::new(RESULT))), Ok(()));
        assert_eq!(guest.u64(RESULT), 4);
        assert_eq!(seek(&mut guest, file, -1, Whence::Set), Err(Errno::Inval));
        assert_eq!(seek(&mut guest, file, i64::MIN, Whence::Cur), Err(Errno::Inval));
        assert!(seek(&mut guest, file, i64::MAX, Whence::End).is_err());
        assert_eq!(guest.call(|ctx, g| fd::tell(ctx, g, file, Ptr::new(RESULT))), Ok(()));
        assert_eq!(guest.u64(RESULT), 4);
        assert_eq!(seek(&mut guest, Fd(1), 0, Whence::Cur), Err(Errno::Spipe), "a stream has no position");
        assert_eq!(seek(&mut guest, ROOT, 0, Whence::Set), Err(Errno::Badf));
    });
}

#[test]
fn appending_and_synchronous_writes() {
    each(|mut guest| {
        let file = guest.open("f", Oflags::CREAT).unwrap();
        guest.write(file, b"abc").unwrap();
        let flags = Fdflags::APPEND | Fdflags::DSYNC;
        assert_eq!(guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, file, flags)), Ok(()));
        assert_eq!(seek(&mut guest, file, 0, Whence::Set), Ok(0));
        guest.write(file, b"def").unwrap();
        assert_eq!(guest.get_file("f"), b"abcdef");
        assert_eq!(guest.call(|ctx, g| fd::fdstat_get(ctx, g, file, Ptr::new(RESULT))), Ok(()));
        assert_eq!(u16::from_le_bytes(guest.bytes(RESULT + 2, 2).try_into().unwrap()), flags.bits());
        assert_eq!(guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, file, Fdflags::empty())), Ok(()));
        assert_eq!(seek(&mut guest, file, 0, Whence::Set), Ok(0));
        guest.write(file, b"X").unwrap();
        assert_eq!(guest.get_file("f"), b"Xbcdef");
    });
}

#[test]
fn sizes_storage_and_advice() {
    each(|mut guest| {
        let file = guest.open("f", Oflags::CREAT).unwrap();
        assert_eq!(guest.call(|ctx, g| fd::filestat_set_size(ctx, g, file, 100)), Ok(()));
        assert_eq!(guest.call(|ctx, g| fd::allocate(ctx, g, file, 50, 100)), Ok(()));
        assert_eq!(guest.get_file("f").len(), 150);
        assert_eq!(guest.call(|ctx, g| fd::allocate(ctx, g, file, 0, 0)), Err(Errno::Inval));
        assert_eq!(guest.call(|ctx, g| fd::allocate(ctx, g, file, 0, 1 << 63)), Err(Errno::Fbig));
        assert_eq!(guest.call(|ctx, g| fd::allocate(ctx, g, file, u64::MAX, 2)), Err(Errno::Fbig));
        assert!(guest.call(|ctx, g| fd::filestat_set_size(ctx, g, file, u64::MAX)).is_err());
        assert_eq!(guest.call(|ctx, g| fd::advise(ctx, g, file, 0, 0, Advice::Sequential)), Ok(()));
        assert_eq!(guest.call(|ctx, g| fd::advise(ctx, g, file, u64::MAX, 1, Advice::Normal)), Err(Errno::Inval));
        assert_eq!(guest.call(|ctx, g| fd::advise(ctx, g, ROOT, 0, 0, Advice::Normal)), Err(Errno::Badf));
        assert_eq!(guest.call(|ctx, g| fd::sync(ctx, g, file)), Ok(()));
        assert_eq!(guest.call(|ctx, g| fd::datasync(ctx, g, ROOT)), Ok(()));
        assert_eq!(guest.call(|ctx, g| fd::sync(ctx, g, ROOT)), Ok(()));
    });
}

#[test]
fn times_are_set_and_read_to_the_nanosecond() {
    use crate::abi::flags::Fstflags;
    use crate::abi::types::Filestat;
    each(|mut guest| {
        let file = guest.open("f", Oflags::CREAT).unwrap();
        let time = 1_000_000_000_123_456_789;
        let flags = Fstflags::ATIM | Fstflags::MTIM;
        for target in [file, ROOT] {
            assert_eq!(guest.call(|ctx, g| fd::filestat_set_times(ctx, g, target, time, time + 1, flags)), Ok(()));
            guest.call(|ctx, g| fd::filestat_get::<Filestat>(ctx, g, target, Ptr::new(RESULT))).unwrap();
            assert_eq!((guest.u64(RESULT + 40), guest.u64(RESULT + 48)), (time, time + 1));
        }
        let both = Fstflags::ATIM | Fstflags::ATIM_NOW;
        assert_eq!(guest.call(|ctx, g| fd::filestat_set_times(ctx, g, file, 0, 0, both)), Err(Errno::Inval));
        assert_eq!(guest.call(|ctx, g| fd::filestat_set_times(ctx, g, file, 0, 0, Fstflags::MTIM_NOW)), Ok(()));
        guest.call(|ctx, g| fd::filestat_get::<Filestat>(ctx, g, file, Ptr::new(RESULT))).unwrap();
        assert_eq!(guest.u64(RESULT + 40), time, "what is not named is left");
        assert!(guest.u64(RESULT + 48) > time);
        // Some hosts cannot store the extremes; none may fail in another way.
        for extreme in [0, u64::MAX] {
            let set = guest.with_path("f", |ctx, g, fd, path, len| {
                path::filestat_set_times(ctx, g, fd, Lookupflags::empty(), path, len, extreme, extreme, flags)
            });
            assert!(matches!(set, Ok(()) | Err(Errno::Inval | Errno::Overflow)), "{set:?}");
        }
    });
}

/// Lists through a buffer of `size` bytes, as a C library does: an entry that is cut is asked for again.
fn list(guest: &mut Guest, fd: Fd, size: u32) -> Vec<(String, u8)> {
    let (mut names, mut cookie) = (Vec::new(), 0);
    loop {
        guest.call(|ctx, g| readdir::readdir(ctx, g, fd, Ptr::new(BUFFER), size, cookie, Ptr::new(RESULT))).unwrap();
        let used = guest.u32(RESULT);
        let mut start = 0;
        while start + 24 <= used {
            let entry = BUFFER + start;
            let name_len = guest.u32(entry + 16);
            if start + 24 + name_len > used {
                break;
            }
            names.push((String::from_utf8(guest.bytes(entry + 24, name_len).to_vec()).unwrap(), guest.memory[entry as usize + 20]));
            cookie = guest.u64(entry);
            start += 24 + name_len;
        }
        if used < size {
            return names;
        }
        assert!(start > 0, "the buffer is too small for one entry");
    }
}

#[test]
fn directories_are_listed_through_any_buffer() {
    each(|mut guest| {
        guest.make_directory("dir");
        for number in 0..20 {
            guest.put_file(&format!("datei-{number}-\u{e4}\u{6f22}"), "");
        }
        let mut whole = list(&mut guest, ROOT, 32768);
        assert_eq!(whole.len(), 23);
        assert_eq!(whole[0], (".".into(), Filetype::Directory as u8));
        assert_eq!(whole[1], ("..".into(), Filetype::Directory as u8));
        assert!(whole.contains(&("dir".into(), Filetype::Directory as u8)));
        whole.sort();
        for size in [40, 41, 64, 100, 1000] {
            let mut names = list(&mut guest, ROOT, size);
            names.sort();
            assert_eq!(names, whole, "buffer of {size} bytes");
        }
    });
}

#[test]
fn odd_buffers_and_cookies_of_a_listing() {
    each(|mut guest| {
        let mut readdir = |size, cookie| {
            guest.call(|ctx, g| readdir::readdir(ctx, g, ROOT, Ptr::new(BUFFER), size, cookie, Ptr::new(RESULT)))?;
            Ok::<_, Errno>(guest.u32(RESULT))
        };
        assert_eq!(readdir(0, 0), Ok(0));
        assert_eq!(readdir(1, 0), Ok(1));
        assert_eq!(readdir(100, 0), Ok(51), "`.` and `..`");
        assert_eq!(readdir(100, 2), Ok(0));
        assert_eq!(readdir(100, u64::MAX), Ok(0));
        assert_eq!(readdir(65535, 0), Err(Errno::Fault));
        let file = guest.open("f", Oflags::CREAT).unwrap();
        let listed = guest.call(|ctx, g| readdir::readdir(ctx, g, file, Ptr::new(BUFFER), 10, 0, Ptr::new(RESULT)));
        assert_eq!(listed, Err(Errno::Notdir));
    });
}

#[test]
fn a_listing_is_of_one_moment() {
    let mut guest = guest();
    for number in 0..4 {
        std::fs::write(guest.path().join(number.to_string()), "").unwrap();
    }
    let one = 24 + 1;
    let mut next = |cookie, size| {
        guest.call(|ctx, g| readdir::readdir(ctx, g, ROOT, Ptr::new(BUFFER), size, cookie, Ptr::new(RESULT))).unwrap();
        let used = guest.u32(RESULT);
        let name = guest.bytes(BUFFER + 24, 1).to_vec();
        for number in 0..4 {
            let _ = std::fs::remove_file(guest.path().join(number.to_string()));
        }
        (used, name)
    };
    assert_eq!(next(0, one).1, b".");
    let mut names: Vec<_> = (2..6).map(|cookie| next(cookie, one).1).collect();
    names.sort();
    assert_eq!(names, [b"0", b"1", b"2", b"3"]);
    assert_eq!(next(6, one).0, 0);
    assert_eq!(next(0, 1000).0, 51, "cookie 0 looks again");
}

#[test]
fn renumber_onto_itself_streams_grants_and_closed_numbers() {
    each(|mut guest| {
        let file = guest.open("f", Oflags::CREAT).unwrap();
        let renumber = |guest: &mut Guest, from, to| guest.call(|ctx, g| fd::renumber(ctx, g, from, to));
        assert_eq!(renumber(&mut guest, file, file), Ok(()));
        assert_eq!(guest.write(file, b"a"), Ok(1));
        assert_eq!(renumber(&mut guest, Fd(99), file), Err(Errno::Badf));
        assert_eq!(renumber(&mut guest, file, Fd(99)), Err(Errno::Badf));
        assert_eq!(renumber(&mut guest, file, Fd(1 << 31)), Err(Errno::Badf));
        assert_eq!(renumber(&mut guest, file, Fd(1)), Ok(()));
        assert_eq!(guest.write(Fd(1), b"b"), Ok(1));
        assert_eq!(guest.write(file, b"c"), Err(Errno::Badf));
        assert_eq!(guest.get_file("f"), b"ab");
        assert!(guest.stdout.contents().is_empty());
        assert_eq!(renumber(&mut guest, ROOT, Fd(0)), Ok(()), "a grant moves with its name");
        assert_eq!(guest.call(|ctx, g| fd::prestat_get(ctx, g, Fd(0), Ptr::new(RESULT))), Ok(()));
        assert_eq!(guest.call(|ctx, g| fd::prestat_get(ctx, g, ROOT, Ptr::new(RESULT))), Err(Errno::Badf));
    });
}

#[test]
fn grants_have_names() {
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.directory(".", "/grant", Access::ReadOnly));
    assert_eq!(guest.call(|ctx, g| fd::prestat_get(ctx, g, Fd(4), Ptr::new(RESULT))), Ok(()));
    assert_eq!((guest.u32(RESULT), guest.u32(RESULT + 4)), (0, 6));
    assert_eq!(guest.call(|ctx, g| fd::prestat_dir_name(ctx, g, Fd(4), Ptr::new(BUFFER), 5)), Err(Errno::Nametoolong));
    assert_eq!(guest.call(|ctx, g| fd::prestat_dir_name(ctx, g, Fd(4), Ptr::new(BUFFER), 6)), Ok(()));
    assert_eq!(guest.bytes(BUFFER, 7), b"/grant\0");
    assert_eq!(guest.call(|ctx, g| fd::prestat_get(ctx, g, Fd(1), Ptr::new(RESULT))), Err(Errno::Badf));
    assert_eq!(guest.call(|ctx, g| fd::prestat_get(ctx, g, Fd(5), Ptr::new(RESULT))), Err(Errno::Badf));
}

#[test]
fn closing_grants_and_streams_and_the_descriptor_limit() {
    each_with(
        Access::ReadWrite,
        |builder| builder.descriptor_limit(6),
        |mut guest| {
            assert_eq!(guest.open("a", Oflags::CREAT), Ok(Fd(4)));
            assert_eq!(guest.open("a", Oflags::CREAT), Ok(Fd(5)));
            assert_eq!(guest.open("b", Oflags::CREAT), Err(Errno::Mfile));
            assert!(!guest.exists("b"), "nothing is created without a number for it");
            assert_eq!(guest.close(Fd(1)), Ok(()));
            assert_eq!(guest.close(Fd(1)), Err(Errno::Badf));
            assert_eq!(guest.open("b", Oflags::CREAT), Ok(Fd(1)));
            assert_eq!(guest.close(ROOT), Ok(()));
            assert_eq!(guest.open("c", Oflags::CREAT), Err(Errno::Badf));
            for fd in [Fd(3), Fd(6), Fd(1 << 31), Fd(u32::MAX)] {
                assert_eq!(guest.close(fd), Err(Errno::Badf));
            }
        },
    );
}

#[test]
fn many_opens_and_closes_leave_nothing() {
    each(|mut guest| {
        guest.put_file("f", "");
        for _ in 0..20_000 {
            assert_eq!(guest.open_to_read("f"), Ok(Fd(4)));
            guest.close(Fd(4)).unwrap();
        }
    });
}

#[test]
fn links_and_renames_stay_inside() {
    each(|mut guest| {
        guest.put_file("f", "x");
        let two = |guest: &mut Guest, from: &str, to: &str, link: bool| {
            let (from, from_len) = guest.string(0, from);
            let (to, to_len) = guest.string(8192, to);
            guest.call(|ctx, g| {
                if link {
                    path::link(ctx, g, ROOT, Lookupflags::empty(), from, from_len, ROOT, to, to_len)
                } else {
                    path::rename(ctx, g, ROOT, from, from_len, ROOT, to, to_len)
                }
            })
        };
        for link in [true, false] {
            assert_eq!(two(&mut guest, "f", "../g", link), Err(Errno::Perm));
            assert_eq!(two(&mut guest, "/etc/passwd", "g", link), Err(Errno::Perm));
            assert_eq!(two(&mut guest, "missing", "g", link), Err(Errno::Noent));
        }
        assert_eq!(two(&mut guest, "f", "g", true), Ok(()));
        assert_eq!(two(&mut guest, "g", "h", false), Ok(()));
        assert_eq!(guest.get_file("h"), b"x");
        assert!(!guest.exists("g"));
    });
}
