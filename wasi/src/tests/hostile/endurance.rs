//! Many descriptors, names and levels: nothing is lost, and nothing grows without bound.

use super::*;
use calls::{fd, path};

#[test]
fn a_hundred_thousand_files_come_and_go() {
    let mut guest = guest_in(World::Memory, Access::ReadWrite, |builder| builder);
    for _ in 0..100_000 {
        assert_eq!(guest.open("f", Oflags::CREAT), Ok(Fd(4)));
        guest.write(Fd(4), b"some bytes").unwrap();
        guest.with_path("f", path::unlink_file).unwrap();
        guest.close(Fd(4)).unwrap();
    }
    assert_eq!((guest.fs.usage().bytes, guest.fs.usage().entries), (0, 0));
}

#[test]
fn every_descriptor_number_is_used_again() {
    each_with(
        Access::ReadWrite,
        |builder| builder.descriptor_limit(100),
        |mut guest| {
            guest.put_file("f", "");
            for round in 0..20 {
                for number in 4..100 {
                    assert_eq!(guest.open("f", Oflags::empty()), Ok(Fd(number)), "round {round}");
                }
                assert_eq!(guest.open("f", Oflags::empty()), Err(Errno::Mfile));
                // Renumbering closes what was there, and frees the number that it came from.
                assert_eq!(guest.call(|ctx, g| fd::renumber(ctx, g, Fd(99), Fd(50))), Ok(()));
                assert_eq!(guest.open("f", Oflags::empty()), Ok(Fd(99)));
                for number in (4..100).rev() {
                    guest.close(Fd(number)).unwrap();
                }
            }
        },
    );
}

#[test]
fn renumbering_over_and_over_loses_nothing() {
    each(|mut guest| {
        guest.put_file("f", "contents");
        let directory = guest.open_with(".", Oflags::DIRECTORY, Rights::DIRECTORY, true).unwrap();
        for _ in 0..2000 {
            let file = guest.open_to_read("f").unwrap();
            assert_eq!(guest.call(|ctx, g| fd::renumber(ctx, g, file, directory)), Ok(()));
            assert_eq!(guest.open_with(".", Oflags::DIRECTORY, Rights::DIRECTORY, true), Ok(file), "the number is free again");
            assert_eq!(guest.call(|ctx, g| fd::renumber(ctx, g, file, directory)), Ok(()));
        }
        assert_eq!(guest.call(|ctx, g| fd::renumber(ctx, g, Fd(1 << 31), directory)), Err(Errno::Badf));
        assert_eq!(guest.call(|ctx, g| fd::renumber(ctx, g, directory, Fd(u32::MAX))), Err(Errno::Badf));
        assert_eq!(guest.open_in(directory, "f", Oflags::empty(), Rights::FD_READ, true), Ok(Fd(5)));
    });
}

#[test]
fn deep_trees_are_made_moved_and_removed() {
    each(|mut guest| {
        // Deeper than a path is long, one level at a time.
        let depth = if guest.world == World::Memory { 20_000 } else { 3000 };
        let mut here = ROOT;
        for level in 0..depth {
            let (name, len) = guest.string(0, "d");
            guest.call(|ctx, g| path::create_directory(ctx, g, here, name, len)).unwrap();
            let next = guest.open_in(here, "d", Oflags::DIRECTORY, Rights::DIRECTORY, true).unwrap();
            if level > 0 {
                guest.close(here).unwrap();
            }
            here = next;
        }
        assert_eq!(guest.open_in(here, "..", Oflags::DIRECTORY, Rights::DIRECTORY, true), Err(Errno::Perm));
        // A directory does not go into itself, at any depth.
        let ((from, from_len), (to, to_len)) = (guest.string(0, "d"), guest.string(64, "x"));
        let moved = guest.call(|ctx, g| path::rename(ctx, g, ROOT, from, from_len, here, to, to_len));
        assert_eq!(moved, Err(Errno::Inval));
        assert_eq!(guest.call(|ctx, g| path::rename(ctx, g, ROOT, from, from_len, ROOT, to, to_len)), Ok(()));
        let file = guest.open_in(here, "f", Oflags::CREAT, Rights::FILE, true).unwrap();
        assert_eq!(guest.write(file, b"deep"), Ok(4));
    });
}

#[test]
fn the_quota_holds_against_names_links_and_holes() {
    let fs = MemoryFs::builder().quota_bytes(100_000).quota_entries(50).build().unwrap();
    let mut guest = guest_with(Access::ReadWrite, |builder| builder.directory_in(&fs, "/fs", Access::ReadWrite));
    let fs_root = Fd(4);
    let mut made = 0;
    for number in 0..1000 {
        let name = format!("{number}");
        let result = match number % 3 {
            0 => guest.open_in(fs_root, &name, Oflags::CREAT, Rights::FILE, true).and_then(|fd| guest.close(fd)),
            1 => {
                let (path, len) = guest.string(0, &name);
                guest.call(|ctx, g| path::create_directory(ctx, g, fs_root, path, len))
            }
            _ => {
                let ((from, from_len), (path, len)) = (guest.string(64, &"t".repeat(4000)), guest.string(0, &name));
                guest.call(|ctx, g| path::symlink(ctx, g, from, from_len, fs_root, path, len))
            }
        };
        match result {
            Ok(()) => made += 1,
            Err(error) => assert_eq!(error, Errno::Nospc),
        }
    }
    assert!(made == 50 && fs.usage().entries == 50 && fs.usage().bytes <= 100_000, "{made}, {:?}", fs.usage());
    // Writes of one byte far from each other, then to the end.
    let file = guest.open_in(fs_root, "0", Oflags::empty(), Rights::FILE, true).unwrap();
    guest.iovecs(&[(BUFFER, 1)]);
    let mut written = 0;
    for position in 0..100_000_u64 {
        let write = guest.call(|ctx, g| fd::pwrite(ctx, g, file, Ptr::new(0), 1, position << 20, Ptr::new(RESULT)));
        written += u32::from(write.is_ok());
    }
    assert!(written <= 100_000 / 512 && fs.usage().bytes <= 100_000, "{written}, {:?}", fs.usage());
    assert_eq!(guest.call(|ctx, g| fd::allocate(ctx, g, file, 0, 1 << 62)), Err(Errno::Nospc));
    assert_eq!(guest.call(|ctx, g| fd::filestat_set_size(ctx, g, file, i64::MAX as u64)), Ok(()), "a hole");
    assert_eq!(guest.call(|ctx, g| fd::filestat_set_size(ctx, g, file, 0)), Ok(()));
    let before = fs.usage().bytes;
    // Small pieces of what was large are small.
    for _ in 0..100 {
        guest.call(|ctx, g| fd::allocate(ctx, g, file, 0, 5000)).unwrap();
        guest.call(|ctx, g| fd::filestat_set_size(ctx, g, file, 0)).unwrap();
    }
    assert_eq!(fs.usage().bytes, before);
}
