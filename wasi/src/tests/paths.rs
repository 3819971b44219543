//! What a path may reach.

use super::*;
use calls::path;

/// Paths that lead out, or would.
const ESCAPES: &[&str] =
    &["..", "../x", "a/../../x", "/", "/etc/passwd", "//", "./../x", "a/b/../../../x", "../../../../../../../../etc/passwd"];

#[test]
fn paths_out_of_the_grant_are_refused() {
    each(|mut guest| {
        guest.make_directory("a/b");
        for escape in ESCAPES {
            assert_eq!(guest.open_to_read(escape), Err(Errno::Perm), "open {escape}");
            assert_eq!(guest.open(escape, Oflags::CREAT), Err(Errno::Perm), "create {escape}");
            assert_eq!(guest.filetype(escape, true), Err(Errno::Perm), "stat {escape}");
            assert_eq!(guest.filetype(escape, false), Err(Errno::Perm), "stat {escape}");
            let made = guest.with_path(escape, path::create_directory);
            assert!(matches!(made, Err(Errno::Perm | Errno::Exist)), "mkdir {escape}: {made:?}");
            assert!(guest.with_path(escape, path::unlink_file).is_err(), "unlink {escape}");
            assert!(guest.with_path(escape, path::remove_directory).is_err(), "rmdir {escape}");
        }
        guest.check_outside();
    });
}

#[cfg(unix)]
#[test]
fn symbolic_links_out_of_the_grant_are_not_followed() {
    each(|mut guest| {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        let name = outside.path().file_name().unwrap().to_str().unwrap().to_owned();
        guest.make_symlink(outside.path(), "absolute");
        guest.make_symlink(format!("../{name}"), "relative");
        guest.make_symlink("relative", "chain");
        guest.make_symlink(".", "self");
        guest.make_symlink(outside.path().join("secret"), "file");
        guest.make_symlink(format!("../{name}/new"), "dangling");
        for link in ["absolute", "relative", "chain"] {
            for path in [link.to_owned(), format!("{link}/"), format!("{link}/."), format!("{link}/secret"), format!("self/{link}/secret")]
            {
                assert_eq!(guest.open_to_read(&path), Err(Errno::Perm), "{path}");
                assert_eq!(guest.filetype(&path, true), Err(Errno::Perm), "{path}");
            }
            let trailing = guest.filetype(&format!("{link}/"), false);
            assert_eq!(trailing, Err(Errno::Perm), "a trailing slash follows {link}");
            let inside = guest.with_path(&format!("{link}/made"), path::create_directory);
            assert_eq!(inside, Err(Errno::Perm));
        }
        assert_eq!(guest.open_to_read("self/../secret"), Err(Errno::Perm));
        assert_eq!(guest.open_to_read(&format!("self/../{name}/secret")), Err(Errno::Perm));
        assert_eq!(guest.open_to_read("file"), Err(Errno::Perm));
        assert_eq!(guest.open("dangling", Oflags::CREAT), Err(Errno::Perm));
        assert_eq!(guest.open("file", Oflags::TRUNC), Err(Errno::Perm));
        assert!(!outside.path().join("new").exists() && !outside.path().join("made").exists());
        assert_eq!(std::fs::read(outside.path().join("secret")).unwrap(), b"secret");
        assert_eq!(guest.filetype("file", false), Ok(Filetype::SymbolicLink as u8), "the link itself is inside");
        let set = guest.with_path("file", |ctx, g, fd, path, len| {
            path::filestat_set_times(ctx, g, fd, Lookupflags::SYMLINK_FOLLOW, path, len, 1, 1, crate::abi::flags::Fstflags::MTIM)
        });
        assert_eq!(set, Err(Errno::Perm));
    });
}

#[cfg(unix)]
#[test]
fn a_link_that_is_exchanged_meanwhile_is_not_followed() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut guest = guest();
    let secret = tempfile::tempdir().unwrap();
    std::fs::write(secret.path().join("f"), "outside").unwrap();
    let (real, name) = (guest.path().join("real"), guest.path().join("name"));
    std::fs::create_dir(&real).unwrap();
    std::fs::write(real.join("f"), "inside").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                std::fs::rename(&real, &name).unwrap();
                std::fs::rename(&name, &real).unwrap();
                std::os::unix::fs::symlink(secret.path(), &name).unwrap();
                std::fs::remove_file(&name).unwrap();
            }
        });
        let (mut opened, mut tries, start) = (0, 0, std::time::Instant::now());
        // A busy machine may not run the other thread for a while.
        while tries < 20_000 || (opened == 0 && start.elapsed().as_secs() < 20) {
            tries += 1;
            if let Ok(file) = guest.open_to_read("name/f") {
                assert_eq!(guest.read(file, 10).unwrap(), b"inside");
                guest.close(file).unwrap();
                opened += 1;
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(opened > 0, "the folder was never there");
    });
}

#[cfg(unix)]
#[test]
fn loops_and_long_chains_of_links_end() {
    each(|mut guest| {
        guest.make_symlink("loop", "loop");
        guest.put_file("l0", "");
        for level in 1..=41 {
            guest.make_symlink(format!("l{}", level - 1), &format!("l{level}"));
        }
        assert_eq!(guest.open_to_read("loop"), Err(Errno::Loop));
        assert_eq!(guest.open_to_read("l41"), Err(Errno::Loop));
        assert!(guest.open_to_read("l20").is_ok());
        assert_eq!(guest.open_with("l1", Oflags::empty(), Rights::FD_READ, false), Err(Errno::Loop), "not followed");
    });
}

#[test]
fn symbolic_links_of_the_guest_are_relative() {
    each(|mut guest| {
        let mut link = |contents: &str, name: &str| {
            let (contents, contents_len) = guest.string(0, contents);
            let (name, name_len) = guest.string(8192, name);
            guest.call(|ctx, g| path::symlink(ctx, g, contents, contents_len, ROOT, name, name_len))
        };
        assert_eq!(link("/etc", "a"), Err(Errno::Perm));
        assert_eq!(link("x", "../a"), Err(Errno::Perm));
        assert_eq!(link("../outside", "b"), Ok(()));
        assert_eq!(link("target", "c"), Ok(()));
        assert_eq!(guest.open_to_read("b"), Err(Errno::Perm));
        let mut readlink = |name: &str, len| {
            let (name, name_len) = guest.string(0, name);
            guest.put(BUFFER, b"......");
            guest.call(|ctx, g| path::readlink(ctx, g, ROOT, name, name_len, Ptr::new(BUFFER), len, Ptr::new(RESULT)))?;
            Ok::<_, Errno>((guest.u32(RESULT), guest.bytes(BUFFER, 6).to_vec()))
        };
        assert_eq!(readlink("c", 100), Ok((6, b"target".to_vec())));
        assert_eq!(readlink("c", 3), Ok((3, b"tar...".to_vec())));
        assert_eq!(readlink("c", 0), Ok((0, b"......".to_vec())));
        assert_eq!(readlink("c", u32::MAX), Err(Errno::Fault));
    });
}

#[test]
fn odd_strings_are_refused_by_name() {
    each(|mut guest| {
        assert_eq!(guest.open_to_read(""), Err(Errno::Noent));
        assert_eq!(guest.open_to_read("a\0b"), Err(Errno::Ilseq));
        assert_eq!(guest.open_to_read(&"a".repeat(300)), Err(Errno::Nametoolong));
        assert_eq!(guest.open_to_read(&"a/".repeat(3000)), Err(Errno::Nametoolong));
        guest.put(STRINGS, &[b'a', 0xff]);
        let result = guest.call(|ctx, g| path::create_directory(ctx, g, ROOT, Ptr::new(STRINGS), 2));
        assert_eq!(result, Err(Errno::Ilseq));
        assert_eq!(guest.with_path("", path::create_directory), Err(Errno::Noent));
        assert_eq!(guest.with_path("", path::unlink_file), Err(Errno::Noent));
        // No device or drive is meant by such names here: they are plain names or, on Windows, refused.
        for name in ["C:", "NUL", "COM\u{b9}", "file::$DATA", "back\\slash"] {
            let made = guest.open(name, Oflags::CREAT);
            assert_eq!(made.is_ok(), cfg!(unix), "{name}: {made:?}");
        }
    });
}

#[test]
fn trailing_slashes_want_a_directory() {
    each(|mut guest| {
        guest.put_file("file", "");
        guest.make_directory("dir");
        for path in ["file/", "file/.", "file//"] {
            assert_eq!(guest.open_to_read(path), Err(Errno::Notdir), "{path}");
            assert_eq!(guest.filetype(path, false), Err(Errno::Notdir), "{path}");
            assert!(guest.with_path(path, path::unlink_file).is_err());
        }
        for path in ["dir", "dir/", "dir/.", "./dir//", "dir/../dir", "."] {
            assert_eq!(guest.filetype(path, false), Ok(Filetype::Directory as u8), "{path}");
        }
        assert_eq!(guest.open("new/", Oflags::CREAT).map_err(|e| e != Errno::Perm), Err(true));
        assert!(!guest.exists("new"));
        assert!(matches!(guest.with_path("dir", path::unlink_file), Err(Errno::Isdir | Errno::Perm)));
        assert_eq!(guest.with_path("file", path::remove_directory), Err(Errno::Notdir));
        assert_eq!(guest.with_path("dir/", path::remove_directory), Ok(()));
    });
}

#[test]
fn a_file_is_not_a_directory_to_look_in() {
    each(|mut guest| {
        let file = guest.open("file", Oflags::CREAT).unwrap();
        assert_eq!(guest.open_in(file, "x", Oflags::empty(), Rights::FD_READ, true), Err(Errno::Notdir));
        assert_eq!(guest.open_in(Fd(1), "x", Oflags::empty(), Rights::FD_READ, true), Err(Errno::Notdir));
        assert_eq!(guest.open_in(Fd(99), "x", Oflags::empty(), Rights::FD_READ, true), Err(Errno::Badf));
        assert_eq!(guest.open_with("file", Oflags::DIRECTORY, Rights::FD_READDIR, true), Err(Errno::Notdir));
        assert_eq!(guest.open_with("d", Oflags::DIRECTORY | Oflags::CREAT, ALL, true), Err(Errno::Inval));
    });
}

#[test]
fn only_directories_are_renamed_to_a_name_with_a_slash() {
    each(|mut guest| {
        let rename = |guest: &mut Guest, from: &str, to: &str| {
            let ((from, from_len), (to, to_len)) = (guest.string(0, from), guest.string(8192, to));
            guest.call(|ctx, g| path::rename(ctx, g, ROOT, from, from_len, ROOT, to, to_len))
        };
        guest.put_file("file", "");
        guest.put_file("other", "");
        guest.make_directory("dir/inner");
        for (from, to) in
            [("file", "new/"), ("file/", "new"), ("file", "new//"), ("file", "other/"), ("file", "file/"), ("file", "dir/new/")]
        {
            assert_eq!(rename(&mut guest, from, to), Err(Errno::Notdir), "{from} to {to}");
        }
        #[cfg(unix)]
        {
            guest.make_symlink("dir", "link");
            assert_eq!(rename(&mut guest, "link", "new/"), Err(Errno::Notdir), "a link is none, wherever it leads");
        }
        assert_eq!(rename(&mut guest, "missing", "new/"), Err(Errno::Noent));
        assert_eq!(rename(&mut guest, "", "new/"), Err(Errno::Noent));
        assert_eq!(rename(&mut guest, "../file", "new/"), Err(Errno::Perm));
        assert_eq!(rename(&mut guest, "file", "../new/"), Err(Errno::Perm));
        for name in [".", "..", "dir/."] {
            assert!(rename(&mut guest, name, "new/").is_err(), "{name}");
        }
        assert!(guest.exists("file") && guest.exists("other") && !guest.exists("new"));
        assert_eq!(rename(&mut guest, "dir", "new/"), Ok(()));
        assert_eq!(rename(&mut guest, "new/", "dir/"), Ok(()));
        assert_eq!(guest.filetype("dir/inner", false), Ok(Filetype::Directory as u8));
        guest.check_outside();
    });
}
