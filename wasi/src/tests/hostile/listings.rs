//! Listings of large, changing and odd directories.

use std::time::{Duration, Instant};

use super::*;
use calls::readdir;

/// The names in the root, through a buffer of some size; how many calls that took.
fn list(guest: &mut Guest, size: u32) -> (Vec<String>, u32) {
    let (mut names, mut cookie, mut calls) = (Vec::new(), 0, 0);
    loop {
        calls += 1;
        guest.call(|ctx, g| readdir::readdir(ctx, g, ROOT, Ptr::new(BUFFER), size, cookie, Ptr::new(RESULT))).unwrap();
        let used = guest.u32(RESULT);
        let mut start = 0;
        while start + 24 <= used {
            let name_len = guest.u32(BUFFER + start + 16);
            if start + 24 + name_len > used {
                break;
            }
            names.push(String::from_utf8(guest.bytes(BUFFER + start + 24, name_len).to_vec()).unwrap());
            cookie = guest.u64(BUFFER + start);
            start += 24 + name_len;
        }
        if used < size {
            return (names, calls);
        }
    }
}

#[test]
fn large_directories_are_listed_in_linear_time() {
    // A million files of the host would take longer to make and to remove than all other tests together.
    for (world, count) in [(World::Host, 100_000), (World::Memory, 1_000_000), (World::Overlay, 10_000)] {
        let mut guest = guest_in(world, Access::ReadWrite, |builder| builder);
        if world == World::Memory {
            guest.fs = MemoryFs::builder().quota_entries(count.into()).build().unwrap();
            guest.ctx = WasiCtx::builder().directory_in(&guest.fs, "/", Access::ReadWrite).build().unwrap();
        }
        for number in 0..count {
            guest.put_file(&format!("{number:06}"), "");
        }
        let start = Instant::now();
        let (mut names, calls) = list(&mut guest, 4096);
        assert!(guest.ctx.table.listing_bytes() <= 40 * count as usize, "{world:?}: {} bytes are kept", guest.ctx.table.listing_bytes());
        // 30 bytes for each. A new listing for each call would take hours.
        assert!(calls > count / 150 && start.elapsed() < Duration::from_secs(60), "{world:?}: {calls} calls, {:?}", start.elapsed());
        names.sort();
        names.dedup();
        assert_eq!(names.len() as u32, count + 2, "{world:?}");
    }
}

#[test]
fn many_listings_of_a_large_directory_take_bounded_memory() {
    let mut guest = guest_in(World::Memory, Access::ReadWrite, |builder| builder);
    let name = "n".repeat(240);
    for number in 0..5000 {
        guest.put_file(&format!("{name}{number}"), "");
    }
    // 1.3 MB each.
    for number in 4..204 {
        assert_eq!(guest.open_with(".", Oflags::DIRECTORY, Rights::DIRECTORY, true), Ok(Fd(number)));
        guest.call(|ctx, g| readdir::readdir(ctx, g, Fd(number), Ptr::new(BUFFER), 100, 0, Ptr::new(RESULT))).unwrap();
        assert!(guest.ctx.table.listing_bytes() <= 64 << 20);
    }
    // One that was dropped goes on where it was.
    guest.call(|ctx, g| readdir::readdir(ctx, g, Fd(4), Ptr::new(BUFFER), 300, 4999 + 2, Ptr::new(RESULT))).unwrap();
    assert_eq!(guest.u32(RESULT), 24 + 243, "the last by name");
}

#[test]
fn a_directory_that_changes_is_listed_as_it_was() {
    each(|mut guest| {
        for name in ["a", "b", "c", "d"] {
            guest.put_file(name, "");
        }
        let one = 25;
        let next = |guest: &mut Guest, cookie, size| {
            guest.call(|ctx, g| readdir::readdir(ctx, g, ROOT, Ptr::new(BUFFER), size, cookie, Ptr::new(RESULT))).unwrap();
            (guest.u32(RESULT), guest.bytes(BUFFER + 24, 1).to_vec())
        };
        assert_eq!(next(&mut guest, 0, one).1, b".");
        for name in ["a", "b", "c", "d"] {
            guest.with_path(name, calls::path::unlink_file).unwrap();
        }
        guest.open("new", Oflags::CREAT).unwrap();
        let mut names: Vec<_> = (2..6).map(|cookie| next(&mut guest, cookie, one).1).collect();
        names.sort();
        assert_eq!(names, [b"a", b"b", b"c", b"d"]);
        assert_eq!(next(&mut guest, 6, one).0, 0);
        assert_eq!(next(&mut guest, u64::MAX, one).0, 0);
        assert_eq!(next(&mut guest, 0, 1).0, 1, "a buffer of one byte is filled");
        assert_eq!(list(&mut guest, 1000).0, [".", "..", "new"], "the start of a listing looks again");
    });
}

#[test]
fn a_directory_that_is_removed_meanwhile_is_empty() {
    each(|mut guest| {
        guest.make_directory("d");
        let directory = guest.open_with("d", Oflags::DIRECTORY, Rights::DIRECTORY, true).unwrap();
        guest.with_path("d", calls::path::remove_directory).unwrap();
        guest.call(|ctx, g| readdir::readdir(ctx, g, directory, Ptr::new(BUFFER), 1000, 0, Ptr::new(RESULT))).unwrap();
        assert!(guest.u32(RESULT) <= 51, "`.` and `..` at most");
        for name in ["new", "../d", "../new"] {
            let made = guest.open_in(directory, name, Oflags::CREAT, Rights::FILE, true);
            assert!(matches!(made, Err(Errno::Noent | Errno::Perm)), "{name}: {made:?}");
        }
        assert!(!guest.exists("d") && !guest.exists("new"));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_left_out() {
    use std::os::unix::ffi::OsStrExt;
    for world in [World::Host, World::Overlay] {
        let mut guest = guest_in(world, Access::ReadWrite, |builder| builder);
        std::fs::write(guest.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe")), "").unwrap();
        guest.put_file("\u{e4}\u{1f600}", "");
        assert_eq!(list(&mut guest, 1000).0, [".", "..", "\u{e4}\u{1f600}"]);
    }
}
