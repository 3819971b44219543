//! Symbolic links: chains, loops, links that lead out, and links that are exchanged while a path is resolved.

#![cfg(unix)]

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use calls::path;

#[test]
fn forty_links_are_followed_and_no_more() {
    each(|mut guest| {
        guest.put_file("l0", "end");
        guest.make_directory("d0");
        for level in 1..=41 {
            guest.make_symlink(format!("l{}", level - 1), &format!("l{level}"));
            guest.make_symlink(format!("d{}", level - 1), &format!("d{level}"));
        }
        assert!(guest.open_to_read("l40").is_ok());
        assert_eq!(guest.open_to_read("l41"), Err(Errno::Loop));
        assert_eq!(guest.filetype("d40/../l0", true), Ok(Filetype::RegularFile as u8));
        assert_eq!(guest.filetype("d41/../l0", true), Err(Errno::Loop));
        assert_eq!(guest.filetype("d20/../l20", true), Ok(Filetype::RegularFile as u8), "all together");
        assert_eq!(guest.filetype("d20/../l21", true), Err(Errno::Loop));
        assert_eq!(guest.filetype("l41", false), Ok(Filetype::SymbolicLink as u8));
        // Two that lead to each other, and one that leads through itself.
        guest.make_symlink("pong", "ping");
        guest.make_symlink("ping", "pong");
        guest.make_symlink("deep/deep", "deep");
        for name in ["ping", "pong/x", "deep", "deep/x"] {
            assert_eq!(guest.open(name, Oflags::CREAT), Err(Errno::Loop), "{name}");
        }
    });
}

#[test]
fn creating_through_a_dangling_link_stays_inside() {
    each(|mut guest| {
        guest.make_directory("d");
        guest.make_symlink("d/made", "inside");
        guest.make_symlink("../made", "outside");
        guest.make_symlink("d/../../made", "around");
        guest.make_symlink(guest.outside.path().join("made"), "absolute");
        guest.make_symlink("missing/made", "nowhere");
        guest.make_symlink("made-dir/", "slash");
        assert_eq!(guest.open("inside", Oflags::CREAT | Oflags::EXCL), Err(Errno::Exist));
        assert_eq!(guest.open_with("inside", Oflags::CREAT, Rights::FILE, false), Err(Errno::Loop), "not followed");
        assert!(!guest.exists("d/made"));
        let file = guest.open("inside", Oflags::CREAT).unwrap();
        guest.write(file, b"made").unwrap();
        assert_eq!(guest.get_file("d/made"), b"made");
        for name in ["outside", "around", "absolute"] {
            assert_eq!(guest.open(name, Oflags::CREAT), Err(Errno::Perm), "{name}");
        }
        assert_eq!(guest.open("nowhere", Oflags::CREAT), Err(Errno::Noent));
        assert_eq!(guest.open("slash", Oflags::CREAT), Err(Errno::Isdir));
        // A link at the end is itself what is made, moved, linked and removed.
        assert_eq!(guest.with_path("outside", path::create_directory), Err(Errno::Exist));
        assert_eq!(guest.with_path("outside", path::unlink_file), Ok(()));
        guest.check_outside();
    });
}

/// Exchanges what `name` means, between a folder with a file and a link that leads out, until told to stop.
fn exchange(folder: &Path, target: &Path, stop: &AtomicBool) {
    let (real, name) = (folder.join("real"), folder.join("name"));
    while !stop.load(Ordering::Relaxed) {
        std::fs::rename(&real, &name).unwrap();
        std::fs::rename(&name, &real).unwrap();
        std::os::unix::fs::symlink(target, &name).unwrap();
        std::fs::remove_file(&name).unwrap();
    }
}

#[test]
fn links_exchanged_below_an_overlay_are_not_followed_out() {
    let folder = tempfile::tempdir().unwrap();
    let secret = tempfile::tempdir().unwrap();
    std::fs::write(secret.path().join("f"), "outside").unwrap();
    std::fs::create_dir(folder.path().join("real")).unwrap();
    std::fs::write(folder.path().join("real/f"), "inside").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| exchange(folder.path(), secret.path(), &stop));
        let mut seen = 0;
        for _ in 0..4000 {
            // What is found is kept, so that each try needs a fresh overlay.
            let fs = MemoryFs::builder().over_host(folder.path()).unwrap().build().unwrap();
            for name in ["name/f", "real/f"] {
                if let Ok(contents) = fs.read(name) {
                    assert_eq!(contents, b"inside");
                    seen += 1;
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(seen > 0, "the folder was never there");
    });
}

#[test]
fn links_exchanged_in_memory_lead_nowhere_else() {
    let mut guest = guest_in(World::Memory, Access::ReadWrite, |builder| builder);
    let fs = guest.fs.clone();
    fs.create_directory("in/real").unwrap();
    fs.write("in/real/f", "inside").unwrap();
    fs.create_directory("secret").unwrap();
    fs.write("secret/f", "outside").unwrap();
    let inner = fs.directory("in", Access::ReadWrite).unwrap();
    guest.ctx = WasiCtx::builder().custom_directory(inner, "/").build().unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                fs.symlink("real", "in/name").unwrap();
                fs.remove("in/name").unwrap();
                fs.symlink("../secret", "in/name").unwrap();
                fs.remove("in/name").unwrap();
            }
        });
        let (mut inside, mut tries) = (0, 0);
        while tries < 20_000 || inside == 0 && tries < 10_000_000 {
            tries += 1;
            match guest.open_to_read("name/f") {
                Ok(file) => {
                    assert_eq!(guest.read(file, 10).unwrap(), b"inside");
                    guest.close(file).unwrap();
                    inside += 1;
                }
                Err(error) => assert!(matches!(error, Errno::Perm | Errno::Noent), "{error:?}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(inside > 0, "the link was never there");
    });
}

/// The size of what a name stands for, links followed.
fn size(guest: &mut Guest, name: &str) -> Result<u64, Errno> {
    guest.with_path(name, |ctx, g, fd, path, len| {
        path::filestat_get::<crate::abi::Filestat>(ctx, g, fd, Lookupflags::SYMLINK_FOLLOW, path, len, Ptr::new(RESULT))
    })?;
    Ok(guest.u64(RESULT + 32))
}

#[test]
fn a_plain_name_that_becomes_a_link_between_calls_is_resolved_again() {
    each(|mut guest| {
        guest.put_file("outer", "outside, or so it looks");
        guest.make_directory("d");
        guest.put_file("d/target", "inside");
        assert_eq!((size(&mut guest, "outer"), size(&mut guest, "d/target")), (Ok(23), Ok(6)));
        for (contents, expected) in [
            ("d/target", Ok(6)),
            ("./d/../outer", Ok(23)),
            ("d", Err(())),
            ("../canary", Err(())),
            ("..", Err(())),
            ("missing", Err(())),
            ("name", Err(())),
            ("/etc/passwd", Err(())),
        ] {
            // The link of the round before.
            let _ = guest.with_path("name", path::unlink_file);
            let file = guest.open("name", Oflags::CREAT).unwrap();
            guest.write(file, b"12345").unwrap();
            guest.close(file).unwrap();
            assert_eq!(size(&mut guest, "name"), Ok(5));
            guest.with_path("name", path::unlink_file).unwrap();
            if guest.world == World::Overlay {
                guest.fs.symlink(contents, "name").unwrap();
            } else {
                guest.make_symlink(contents, "name");
            }
            let found = size(&mut guest, "name");
            match expected {
                Ok(size) => assert_eq!(found, Ok(size), "{contents}"),
                Err(()) if contents == "d" => assert!(found.is_ok(), "a directory"),
                Err(()) => assert!(matches!(found, Err(Errno::Perm | Errno::Noent | Errno::Loop)), "{contents}: {found:?}"),
            }
            assert_eq!(guest.filetype("name", false), Ok(Filetype::SymbolicLink as u8));
        }
        guest.check_outside();
    });
}

#[test]
fn plain_names_exchanged_with_links_meanwhile_never_lead_out() {
    let mut guest = guest();
    let secret = tempfile::tempdir().unwrap();
    let (outside, folder) = (secret.path().join("f"), guest.path().to_path_buf());
    std::fs::write(&outside, "outside").unwrap();
    let (name, spare) = (folder.join("name"), folder.join("spare"));
    std::fs::write(&name, "in").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // By renaming onto it, so that the name is always there: a file, a link that leads out, or one that leads to nothing.
            for round in 0_u32.. {
                match round % 3 {
                    0 => std::os::unix::fs::symlink(&outside, &spare).unwrap(),
                    1 => std::fs::write(&spare, "in").unwrap(),
                    _ => std::os::unix::fs::symlink("../../f", &spare).unwrap(),
                }
                std::fs::rename(&spare, &name).unwrap();
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let (mut seen, mut tries, start) = (0, 0, std::time::Instant::now());
        while tries < 10_000 || (seen == 0 && start.elapsed().as_secs() < 20) {
            tries += 1;
            match size(&mut guest, "name") {
                // Empty where the guest has cut it.
                Ok(size) => assert!(size == 2 || size == 0, "{size}"),
                Err(error) => assert!(matches!(error, Errno::Perm | Errno::Noent), "{error:?}"),
            }
            match guest.open_to_read("name") {
                Ok(file) => {
                    assert!(matches!(&guest.read(file, 10).unwrap()[..], b"in" | b""));
                    guest.close(file).unwrap();
                    seen += 1;
                }
                Err(error) => assert!(matches!(error, Errno::Perm | Errno::Noent), "{error:?}"),
            }
            // The same where it would do harm.
            for oflags in [Oflags::CREAT, Oflags::TRUNC, Oflags::CREAT | Oflags::TRUNC] {
                if let Ok(file) = guest.open("name", oflags) {
                    guest.close(file).unwrap();
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(seen > 0, "the file was never there");
    });
    assert_eq!(std::fs::read(&outside).unwrap(), b"outside");
}
