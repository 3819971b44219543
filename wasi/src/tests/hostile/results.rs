//! Result cells out of bounds: no call has done anything by the time it finds out.

use super::*;
use crate::abi::types::{Filestat, Whence};
use calls::{fd, path, readdir};

/// An address whose cell does not fit.
const END: u32 = 65533;

#[test]
fn a_fault_leaves_position_contents_and_descriptors_as_they_were() {
    each(|mut guest| {
        guest.put_file("f", "0123456789");
        let file = guest.open("f", Oflags::empty()).unwrap();
        guest.read(file, 3).unwrap();
        guest.iovecs(&[(BUFFER, 4)]);
        let (regions, fault) = (Ptr::new(0), Err(Errno::Fault));
        assert_eq!(guest.call(|ctx, g| fd::read(ctx, g, file, regions, 1, Ptr::new(END))), fault);
        assert_eq!(guest.call(|ctx, g| fd::write(ctx, g, file, regions, 1, Ptr::new(END))), fault);
        assert_eq!(guest.call(|ctx, g| fd::pwrite(ctx, g, file, regions, 1, 0, Ptr::new(END))), fault);
        assert_eq!(guest.call(|ctx, g| fd::pread(ctx, g, file, regions, 1, 0, Ptr::new(END))), fault);
        assert_eq!(guest.call(|ctx, g| fd::seek(ctx, g, file, 0, Whence::Set, Ptr::new(END))), fault);
        assert_eq!(guest.call(|ctx, g| fd::tell(ctx, g, file, Ptr::new(END))), fault);
        // A bad region after a good one, and a good one after a bad one.
        for regions in [[(BUFFER, 2), (65535, 2)], [(65535, 2), (BUFFER, 2)], [(BUFFER, 2), (u32::MAX, u32::MAX)]] {
            guest.iovecs(&regions);
            for write in [true, false] {
                let moved = guest.call(|ctx, g| match write {
                    true => fd::write(ctx, g, file, Ptr::new(0), 2, Ptr::new(RESULT)),
                    false => fd::read(ctx, g, file, Ptr::new(0), 2, Ptr::new(RESULT)),
                });
                assert!(matches!(moved, Err(Errno::Fault | Errno::Inval)), "{moved:?}");
            }
        }
        assert_eq!(guest.read(file, 2).unwrap(), b"34", "the position is where it was");
        assert_eq!(guest.get_file("f"), b"0123456789");
        let (name, len) = guest.string(0, "f");
        assert_eq!(
            guest.call(|ctx, g| path::filestat_get(ctx, g, ROOT, Lookupflags::empty(), name, len, Ptr::<Filestat>::new(END))),
            fault
        );
        assert_eq!(guest.call(|ctx, g| path::readlink(ctx, g, ROOT, name, len, Ptr::new(BUFFER), 9, Ptr::new(END))), fault);
        assert_eq!(guest.call(|ctx, g| path::readlink(ctx, g, ROOT, name, len, Ptr::new(END), 9, Ptr::new(RESULT))), fault);
        assert_eq!(guest.call(|ctx, g| readdir::readdir(ctx, g, ROOT, Ptr::new(BUFFER), 9, 0, Ptr::new(END))), fault);
    });
}

#[test]
fn a_fault_creates_cuts_and_opens_nothing() {
    each(|mut guest| {
        guest.put_file("f", "0123456789");
        let open = |guest: &mut Guest, name: &str, oflags, at| {
            let (name, len) = guest.string(0, name);
            let no = Fdflags::empty();
            guest.call(|ctx, g| path::open(ctx, g, ROOT, Lookupflags::empty(), name, len, oflags, Rights::FILE, ALL, no, Ptr::new(at)))
        };
        for _ in 0..3000 {
            assert_eq!(open(&mut guest, "new", Oflags::CREAT, END), Err(Errno::Fault));
        }
        assert_eq!(open(&mut guest, "f", Oflags::TRUNC, u32::MAX), Err(Errno::Fault));
        assert_eq!((guest.exists("new"), guest.get_file("f")), (false, b"0123456789".to_vec()));
        assert_eq!(guest.open("f", Oflags::empty()), Ok(Fd(4)), "no number was lost");
        // The name itself out of bounds, where a name is made.
        let made = guest.call(|ctx, g| path::create_directory(ctx, g, ROOT, Ptr::new(END), 9));
        assert_eq!(made, Err(Errno::Fault));
        assert_eq!(guest.count_names(), 1);
    });
}
