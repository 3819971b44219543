//! Read-only grants beside writable ones of the same file system: no way of writing goes around the grant.

use super::*;
use calls::{fd, path};

/// A guest with `/` read-only, and `rw`, a folder inside, writable as descriptor 4.
fn guest_of_both(world: World) -> Guest {
    let mut guest = guest_in(world, Access::ReadOnly, |builder| builder);
    guest.put_file("f", "old");
    guest.make_directory("rw");
    guest.put_file("rw/mine", "mine");
    let builder = WasiCtx::builder();
    let builder = match world {
        World::Host => builder.directory(guest.path(), "/", Access::ReadOnly).directory(guest.path().join("rw"), "/rw", Access::ReadWrite),
        World::Memory | World::Overlay => {
            let rw = guest.fs.directory("rw", Access::ReadWrite).unwrap();
            builder.directory_in(&guest.fs, "/", Access::ReadOnly).custom_directory(rw, "/rw")
        }
    };
    guest.ctx = builder.build().unwrap();
    guest
}

#[test]
fn no_flag_opens_a_file_for_writing() {
    for world in World::ALL {
        let mut guest = guest_of_both(world);
        for bits in 0..16 {
            let oflags = Oflags::from_bits(bits).unwrap();
            for rights in
                [Rights::FILE, Rights::FD_WRITE, Rights::FD_ALLOCATE, Rights::FD_FILESTAT_SET_SIZE, Rights::FD_READ, Rights::empty(), ALL]
            {
                for name in ["f", "new", "rw/mine", "rw/new", "rw"] {
                    let Ok(fd) = guest.open_with(name, oflags, rights, true) else { continue };
                    for flags in [Fdflags::APPEND, Fdflags::empty()] {
                        let _ = guest.call(|ctx, g| fd::fdstat_set_flags(ctx, g, fd, flags));
                        assert!(guest.write(fd, b"new").is_err(), "{world:?} {name} {oflags:?} {rights:?}");
                    }
                    guest.iovecs(&[(BUFFER, 3)]);
                    assert!(guest.call(|ctx, g| fd::pwrite(ctx, g, fd, Ptr::new(0), 1, 0, Ptr::new(RESULT))).is_err());
                    assert!(guest.call(|ctx, g| fd::filestat_set_size(ctx, g, fd, 0)).is_err());
                    assert!(guest.call(|ctx, g| fd::allocate(ctx, g, fd, 0, 100)).is_err());
                    assert!(guest.call(|ctx, g| fd::filestat_set_times(ctx, g, fd, 1, 1, crate::abi::flags::Fstflags::MTIM)).is_err());
                    guest.close(fd).unwrap();
                }
            }
        }
        assert_eq!(guest.get_file("f"), b"old");
        assert_eq!(guest.get_file("rw/mine"), b"mine");
        assert_eq!(guest.count_names(), 2);
    }
}

#[test]
fn what_is_reached_through_the_writable_grant_is_writable_and_no_more() {
    for world in World::ALL {
        let mut guest = guest_of_both(world);
        let other = Fd(4);
        let file = guest.open_in(other, "mine", Oflags::TRUNC, Rights::FILE, true).unwrap();
        guest.write(file, b"changed").unwrap();
        assert_eq!(guest.get_file("rw/mine"), b"changed");
        assert_eq!(guest.open_in(other, "../f", Oflags::empty(), Rights::FILE, true), Err(Errno::Perm));
        assert_eq!(guest.open_in(other, "../f", Oflags::TRUNC, Rights::FD_READ, true), Err(Errno::Perm));
        // A read-only directory inside the writable one is no detour either.
        let ro = guest.open_with("rw", Oflags::DIRECTORY, Rights::DIRECTORY, true).unwrap();
        assert_eq!(guest.open_in(ro, "mine", Oflags::empty(), Rights::FILE, true), Err(Errno::Rofs));
        // Moving the number of one grant onto the other exchanges the grants, not what they allow.
        assert_eq!(guest.call(|ctx, g| fd::renumber(ctx, g, ROOT, other)), Ok(()));
        assert_eq!(guest.open_in(other, "f", Oflags::empty(), Rights::FILE, true), Err(Errno::Rofs));
        let (name, len) = guest.string(0, "f");
        assert_eq!(guest.call(|ctx, g| path::unlink_file(ctx, g, other, name, len)), Err(Errno::Rofs));
    }
}
