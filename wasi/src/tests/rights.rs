//! Rights, and grants that allow no change.

use super::*;
use crate::abi::flags::Fstflags;
use calls::{fd, path};

fn restrict(guest: &mut Guest, fd: Fd, base: Rights, inheriting: Rights) -> Result<(), Errno> {
    guest.call(|ctx, g| fd::fdstat_set_rights(ctx, g, fd, base, inheriting))
}

fn rights(guest: &mut Guest, fd: Fd) -> (Rights, Rights) {
    guest.call(|ctx, g| fd::fdstat_get(ctx, g, fd, Ptr::new(RESULT))).unwrap();
    (Rights::from_bits(guest.u64(RESULT + 8)).unwrap(), Rights::from_bits(guest.u64(RESULT + 16)).unwrap())
}

#[test]
fn rights_only_shrink() {
    each(|mut guest| {
        let file = guest.open("f", Oflags::CREAT).unwrap();
        assert_eq!(rights(&mut guest, file), (Rights::FILE, Rights::empty()));
        assert_eq!(restrict(&mut guest, file, Rights::FD_READ, Rights::empty()), Ok(()));
        assert_eq!(guest.write(file, b"x"), Err(Errno::Notcapable));
        assert_eq!(guest.read(file, 1), Ok(vec![]));
        assert_eq!(restrict(&mut guest, file, Rights::FD_READ | Rights::FD_WRITE, Rights::empty()), Err(Errno::Notcapable));
        assert_eq!(restrict(&mut guest, file, Rights::FD_READ, Rights::FD_READ), Err(Errno::Notcapable));
        assert_eq!(restrict(&mut guest, Fd(77), Rights::empty(), Rights::empty()), Err(Errno::Badf));
        assert_eq!(guest.call(|ctx, g| fd::filestat_set_size(ctx, g, file, 1)), Err(Errno::Notcapable));
        assert_eq!(guest.call(|ctx, g| fd::sync(ctx, g, file)), Err(Errno::Notcapable));
    });
}

#[test]
fn what_is_opened_inherits() {
    each(|mut guest| {
        guest.make_directory("d");
        guest.put_file("d/f", "x");
        let inheriting = Rights::DIRECTORY | Rights::FD_READ;
        assert_eq!(restrict(&mut guest, ROOT, Rights::PATH_OPEN, inheriting), Ok(()));
        assert_eq!(guest.open("d/f", Oflags::empty()), Err(Errno::Notcapable), "writing is not handed on");
        assert_eq!(guest.open_to_read("d/f").map(drop), Ok(()));
        assert_eq!(guest.open_with("new", Oflags::CREAT, Rights::FD_READ, true), Err(Errno::Notcapable));
        assert_eq!(guest.open_with("d/f", Oflags::TRUNC, Rights::FD_READ, true), Err(Errno::Notcapable));
        assert_eq!(guest.with_path("e", path::create_directory), Err(Errno::Notcapable));
        assert_eq!(guest.with_path("d/f", path::unlink_file), Err(Errno::Notcapable));
        let directory = guest.open_with("d", Oflags::DIRECTORY, Rights::DIRECTORY, true).unwrap();
        let (base, handed_on) = rights(&mut guest, directory);
        assert_eq!((base, handed_on), (Rights::DIRECTORY, inheriting));
        assert_eq!(guest.open_in(directory, "f", Oflags::empty(), Rights::FD_WRITE, true), Err(Errno::Notcapable));
        let file = guest.open_in(directory, "f", Oflags::empty(), Rights::FD_READ, true).unwrap();
        assert_eq!(rights(&mut guest, file).0, Rights::FD_READ);
        assert_eq!(guest.get_file("d/f"), b"x");
    });
}

#[test]
fn streams_have_one_direction() {
    each(|mut guest| {
        assert_eq!(guest.write(Fd(0), b"x"), Err(Errno::Notcapable));
        assert_eq!(guest.read(Fd(1), 1), Err(Errno::Notcapable));
        assert_eq!(guest.read(Fd(0), 1), Ok(vec![]));
        assert_eq!(guest.write(Fd(1), b"x"), Ok(1));
        assert_eq!(guest.write(Fd(2), b"x"), Ok(1));
    });
}

#[test]
fn a_read_only_grant_cannot_be_changed_in_any_way() {
    for world in World::ALL {
        let mut guest = guest_in(world, Access::ReadOnly, |builder| builder);
        guest.put_file("f", "old");
        guest.make_directory("d");
        guest.put_file("d/f", "old");
        guest.make_directory("rw");
        guest.put_file("rw/mine", "mine");
        let builder = WasiCtx::builder();
        let builder = match world {
            World::Host => {
                builder.directory(guest.path(), "/", Access::ReadOnly).directory(guest.path().join("rw"), "/rw", Access::ReadWrite)
            }
            World::Memory | World::Overlay => builder
                .directory_in(&guest.fs, "/", Access::ReadOnly)
                .custom_directory(guest.fs.directory("rw", Access::ReadWrite).unwrap(), "/rw"),
        };
        guest.ctx = builder.build().unwrap();
        try_every_change(guest);
    }
}

/// Tries every change in a read-only grant, with a writable one inside it and so of the same file system.
fn try_every_change(mut guest: Guest) {
    let mtime = |guest: &mut Guest| {
        guest.filetype("f", true).unwrap();
        guest.u64(RESULT + 48)
    };
    let before = mtime(&mut guest);

    let read = Rights::FD_READ;
    assert_eq!(guest.open("f", Oflags::empty()), Err(Errno::Rofs));
    assert_eq!(guest.open_with("f", Oflags::TRUNC, read, true), Err(Errno::Rofs));
    assert_eq!(guest.open_with("f", Oflags::TRUNC | Oflags::CREAT, read, true), Err(Errno::Rofs));
    assert_eq!(guest.open_with("new", Oflags::CREAT, read, true), Err(Errno::Rofs));
    assert_eq!(guest.open_with("new", Oflags::CREAT | Oflags::EXCL, read, true), Err(Errno::Rofs));
    assert_eq!(guest.with_path("new", path::create_directory), Err(Errno::Rofs));
    assert_eq!(guest.with_path("f", path::unlink_file), Err(Errno::Rofs));
    assert_eq!(guest.with_path("d", path::remove_directory), Err(Errno::Rofs));
    let set = guest.with_path("f", |ctx, g, fd, path, len| {
        path::filestat_set_times(ctx, g, fd, Lookupflags::empty(), path, len, 1, 1, Fstflags::MTIM)
    });
    assert_eq!(set, Err(Errno::Rofs));

    let existing = guest.open_with("f", Oflags::CREAT, ALL.difference(NEEDS_WRITE), true).unwrap();
    assert_eq!(guest.read(existing, 9).unwrap(), b"old");
    assert!(guest.write(existing, b"new").is_err());
    assert!(guest.call(|ctx, g| fd::filestat_set_size(ctx, g, existing, 0)).is_err());
    assert!(guest.call(|ctx, g| fd::allocate(ctx, g, existing, 0, 10)).is_err());
    assert_eq!(guest.call(|ctx, g| fd::filestat_set_times(ctx, g, existing, 1, 1, Fstflags::MTIM)), Err(Errno::Rofs));
    assert_eq!(guest.call(|ctx, g| fd::filestat_set_times(ctx, g, ROOT, 1, 1, Fstflags::MTIM)), Err(Errno::Rofs));
    assert_eq!(guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, existing, Fdflags::APPEND)), Ok(()));
    assert!(guest.write(existing, b"new").is_err());

    let inner = guest.open_with("d", Oflags::DIRECTORY, Rights::DIRECTORY, true).unwrap();
    assert_eq!(guest.open_in(inner, "f", Oflags::empty(), Rights::FILE, true), Err(Errno::Rofs), "what is opened inherits");

    let across = |guest: &mut Guest, from: (Fd, &str), to: (Fd, &str), link: bool| {
        let (from_path, from_len) = guest.string(0, from.1);
        let (to_path, to_len) = guest.string(8192, to.1);
        guest.call(|ctx, g| {
            if link {
                path::link(ctx, g, from.0, Lookupflags::empty(), from_path, from_len, to.0, to_path, to_len)
            } else {
                path::rename(ctx, g, from.0, from_path, from_len, to.0, to_path, to_len)
            }
        })
    };
    let other = Fd(4);
    for link in [true, false] {
        assert_eq!(across(&mut guest, (ROOT, "f"), (other, "stolen"), link), Err(Errno::Rofs));
        assert_eq!(across(&mut guest, (other, "mine"), (ROOT, "given"), link), Err(Errno::Rofs));
    }
    let (contents, contents_len) = guest.string(0, "f");
    let (name, name_len) = guest.string(8192, "link");
    let link = guest.call(|ctx, g| path::symlink(ctx, g, contents, contents_len, ROOT, name, name_len));
    assert_eq!(link, Err(Errno::Rofs));

    assert_eq!(guest.get_file("f"), b"old");
    assert_eq!(mtime(&mut guest), before);
    assert_eq!(guest.count_names(), 3);
    assert!(guest.exists("rw/mine") && !guest.exists("rw/stolen"));
}

/// What needs a writable file.
const NEEDS_WRITE: Rights = Rights::FD_WRITE.union(Rights::FD_ALLOCATE).union(Rights::FD_FILESTAT_SET_SIZE);
