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
