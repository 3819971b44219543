//! What only a file system in memory has: the embedder's side, sharing, the quota, and what open files outlive.

use std::time::{Duration, SystemTime};

use super::*;
use crate::{Clock, Usage};
use calls::{fd, path};

#[test]
fn the_embedder_puts_in_and_takes_out() {
    let fs = MemoryFs::new();
    fs.create_directory("/a/b/c").unwrap();
    fs.create_directory("a/b").unwrap();
    fs.write("a/b/f", "first").unwrap();
    fs.write("/a/b/f", "second").unwrap();
    fs.symlink("a/b", "link").unwrap();
    fs.hard_link("a/b/f", "g").unwrap();
    assert_eq!(fs.read("link/f"), Ok(b"second".to_vec()));
    assert_eq!(fs.filestat("g").map(|stat| (stat.nlink, stat.size)), Ok((2, 6)));
    assert_eq!(fs.list("/"), Ok(vec!["a".into(), "g".into(), "link".into()]));
    assert_eq!(fs.list("g"), Err(Errno::Notdir));
    assert_eq!(fs.read("a"), Err(Errno::Isdir));
    assert_eq!(fs.write("a", "x"), Err(Errno::Isdir));
    assert_eq!(fs.read("../a"), Err(Errno::Perm));
    assert_eq!(fs.create_directory("g/x"), Err(Errno::Notdir));
    assert_eq!(fs.create_directory("g"), Err(Errno::Notdir));
    assert_eq!(fs.remove("a"), Err(Errno::Notempty));
    assert_eq!(fs.set_modified("g", 5), Ok(()));
    assert_eq!(fs.filestat("a/b/f").map(|stat| stat.mtim), Ok(5));
    for name in ["a/b/c", "a/b/f", "g", "link"] {
        assert_eq!(fs.remove(name), Ok(()), "{name}");
    }
    assert_eq!(fs.usage(), Usage { bytes: 0, entries: 2 });
}

#[test]
fn trees_are_copied_both_ways_and_nothing_leads_out() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::create_dir_all(from.path().join("a/b")).unwrap();
    std::fs::write(from.path().join("a/b/f"), vec![7; 100_000]).unwrap();
    std::fs::write(from.path().join("g"), "g").unwrap();
    #[cfg(unix)]
    for (contents, name) in [("a/b", "link"), ("/etc", "absolute")] {
        std::os::unix::fs::symlink(contents, from.path().join(name)).unwrap();
    }
    let fs = MemoryFs::new();
    let copied = fs.copy_in(from.path(), "in/here").unwrap();
    assert_eq!((copied.files, copied.directories), (2, 3));
    #[cfg(unix)]
    assert_eq!((copied.links, copied.left_out), (1, vec!["absolute".to_owned()]));
    assert_eq!(fs.read("in/here/a/b/f"), Ok(vec![7; 100_000]));
    fs.copy_in(from.path().join("g"), "in/single").unwrap();
    assert_eq!(fs.read("in/single"), Ok(b"g".to_vec()));
    // A link that a guest made where a folder of the host is.
    std::fs::create_dir(to.path().join("target")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(from.path(), to.path().join("in")).unwrap();
    #[cfg(unix)]
    assert!(fs.copy_out("", to.path()).unwrap_err().to_string().contains("in"));
    let copied = fs.copy_out("in", to.path().join("target")).unwrap();
    assert_eq!(copied.files, 3);
    assert_eq!(std::fs::read(to.path().join("target/here/a/b/f")).unwrap(), vec![7; 100_000]);
    let times = ["here/g", "single"].map(|name| std::fs::metadata(to.path().join("target").join(name)).unwrap().modified().unwrap());
    assert_eq!(times[0], std::fs::metadata(from.path().join("g")).unwrap().modified().unwrap());
    let error = MemoryFs::from_host(from.path().join("missing")).unwrap_err();
    assert!(error.to_string().contains("missing") && error.errno() == Errno::Noent, "{error}");
    let small = MemoryFs::builder().quota_bytes(5000).build().unwrap();
    assert_eq!(small.copy_in(from.path(), "").unwrap_err().errno(), Errno::Nospc);
}

#[test]
fn removed_and_replaced_files_live_while_they_are_open() {
    let mut guest = guest_in(World::Memory, Access::ReadWrite, |builder| builder);
    let fs = guest.fs.clone();
    let removed = guest.open("removed", Oflags::CREAT).unwrap();
    let replaced = guest.open("replaced", Oflags::CREAT).unwrap();
    guest.write(removed, &[1; 1000]).unwrap();
    guest.write(replaced, &[2; 1000]).unwrap();
    fs.write("new", "new").unwrap();
    guest.with_path("removed", path::unlink_file).unwrap();
    let ((from, from_len), (to, to_len)) = (guest.string(0, "new"), guest.string(64, "replaced"));
    guest.call(|ctx, g| path::rename(ctx, g, ROOT, from, from_len, ROOT, to, to_len)).unwrap();
    assert_eq!((fs.list("").unwrap(), fs.usage()), (vec!["replaced".into()], Usage { bytes: 2560, entries: 1 }));
    for (file, byte) in [(removed, 1), (replaced, 2)] {
        guest.call(|ctx, g| fd::filestat_get::<crate::abi::types::Filestat>(ctx, g, file, Ptr::new(RESULT))).unwrap();
        assert_eq!((guest.u64(RESULT + 24), guest.u64(RESULT + 32)), (0, 1000), "no name, all its bytes");
        guest.iovecs(&[(BUFFER, 10)]);
        guest.call(|ctx, g| fd::pread(ctx, g, file, Ptr::new(0), 1, 995, Ptr::new(RESULT))).unwrap();
        assert_eq!(guest.bytes(BUFFER, guest.u32(RESULT)), [byte; 5]);
        guest.close(file).unwrap();
    }
    assert_eq!(fs.usage(), Usage { bytes: 512, entries: 1 });
    // A context that goes closes everything.
    guest.open("last", Oflags::CREAT).unwrap();
    guest.with_path("last", path::unlink_file).unwrap();
    guest.ctx = WasiCtx::builder().build().unwrap();
    assert_eq!(fs.usage(), Usage { bytes: 512, entries: 1 });
}

#[test]
fn times_come_from_the_clock_of_the_context() {
    let seconds = |count| SystemTime::UNIX_EPOCH + Duration::from_secs(count);
    let fs = MemoryFs::builder().clock(Clock::fixed(seconds(1))).build().unwrap();
    fs.write("embedder", "").unwrap();
    let mut guest =
        guest_with(Access::ReadWrite, |builder| builder.clock(Clock::fixed(seconds(2))).directory_in(&fs, "/fs", Access::ReadWrite));
    guest.open_in(Fd(4), "guest", Oflags::CREAT, Rights::FILE, true).unwrap();
    let times = ["embedder", "guest", ""].map(|name| fs.filestat(name).unwrap().mtim / 1_000_000_000);
    assert_eq!(times, [1, 2, 2]);
}

#[test]
fn file_systems_are_apart_and_shared_ones_are_one() {
    let (one, other) = (MemoryFs::new(), MemoryFs::new());
    let mut guest = guest_with(Access::ReadWrite, |builder| {
        builder.directory_in(&one, "/one", Access::ReadWrite).directory_in(&other, "/other", Access::ReadWrite).directory_in(
            &one,
            "/again",
            Access::ReadWrite,
        )
    });
    one.write("f", "f").unwrap();
    let across = |guest: &mut Guest, to: u32, link: bool| {
        let ((from, from_len), (name, len)) = (guest.string(0, "f"), guest.string(64, "g"));
        guest.call(|ctx, g| match link {
            true => path::link(ctx, g, Fd(4), Lookupflags::empty(), from, from_len, Fd(to), name, len),
            false => path::rename(ctx, g, Fd(4), from, from_len, Fd(to), name, len),
        })
    };
    for link in [true, false] {
        assert_eq!(across(&mut guest, 5, link), Err(Errno::Xdev));
        assert_eq!(across(&mut guest, 3, link), Err(Errno::Xdev), "the host's");
    }
    assert_eq!(across(&mut guest, 6, true), Ok(()));
    assert_ne!(one.filestat("f").unwrap().dev, other.filestat("").unwrap().dev);
    assert_eq!(one.filestat("g").map(|stat| stat.ino), one.filestat("f").map(|stat| stat.ino));
}

#[test]
fn threads_append_without_losing_anything() {
    let fs = MemoryFs::new();
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let fs = fs.clone();
            scope.spawn(move || {
                let mut guest = guest_with(Access::ReadWrite, |builder| builder.directory_in(&fs, "/fs", Access::ReadWrite));
                let file = guest.open_in(Fd(4), "log", Oflags::CREAT, Rights::FILE, true).unwrap();
                guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, file, Fdflags::APPEND)).unwrap();
                for _ in 0..500 {
                    assert_eq!(guest.write(file, &[b'a' + thread; 7]), Ok(7));
                    let own = format!("{thread}");
                    guest.open_in(Fd(4), &own, Oflags::CREAT, Rights::FILE, true).and_then(|fd| guest.close(fd)).unwrap();
                    let (name, len) = guest.string(0, &own);
                    guest.call(|ctx, g| path::unlink_file(ctx, g, Fd(4), name, len)).unwrap();
                }
            });
        }
    });
    let log = fs.read("log").unwrap();
    assert_eq!(log.len(), 4 * 500 * 7);
    assert!(log.chunks(7).all(|line| line.iter().all(|byte| *byte == line[0])), "no write was torn");
    assert_eq!(fs.usage().entries, 1);
}
