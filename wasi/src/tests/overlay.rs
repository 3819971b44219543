//! What only an overlay has: a directory below that is never changed, copies when written to, names that are hidden.

use super::*;
use crate::Usage;
use calls::path;

/// A folder with a little tree, and an overlay over it.
fn overlay() -> (tempfile::TempDir, MemoryFs) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
    for name in ["f", "a/f", "a/b/f"] {
        std::fs::write(folder.path().join(name), format!("below: {name}")).unwrap();
    }
    let fs = MemoryFs::builder().quota_bytes(4096).over_host(folder.path()).unwrap().build().unwrap();
    (folder, fs)
}

/// A guest in a file system.
fn guest_of(fs: &MemoryFs) -> Guest {
    let mut guest = guest();
    guest.ctx = WasiCtx::builder().directory_in(fs, "/", Access::ReadWrite).build().unwrap();
    guest
}

#[test]
fn what_is_changed_above_stays_as_it_was_below() {
    let (folder, fs) = overlay();
    let mut guest = guest_of(&fs);
    let file = guest.open("a/f", Oflags::empty()).unwrap();
    assert_eq!((guest.read(file, 6).unwrap(), fs.usage()), (b"below:".to_vec(), Usage { bytes: 0, entries: 0 }));
    let before = fs.filestat("a/f").unwrap();
    assert_eq!(guest.write(file, b"ABOVE"), Ok(5));
    let after = fs.filestat("a/f").unwrap();
    assert_eq!((fs.read("a/f"), fs.usage().bytes), (Ok(b"below:ABOVE".to_vec()), 512));
    assert_eq!((before.dev, before.ino, before.size), (after.dev, after.ino, 10), "it is the same file");
    assert_eq!(std::fs::read(folder.path().join("a/f")).unwrap(), b"below: a/f");
    fs.write("f", "cut first").unwrap();
    assert_eq!(std::fs::read(folder.path().join("f")).unwrap(), b"below: f");
    fs.set_modified("a/b/f", 7).unwrap();
    assert!(
        std::fs::metadata(folder.path().join("a/b/f")).unwrap().modified().unwrap()
            > std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1)
    );
    assert_eq!(fs.filestat("a/b/f").map(|stat| stat.mtim), Ok(7));
}

#[test]
fn removed_names_are_hidden_and_can_be_made_again() {
    let (folder, fs) = overlay();
    fs.remove("f").unwrap();
    assert_eq!((fs.read("f"), fs.list("")), (Err(Errno::Noent), Ok(vec!["a".into()])));
    assert_eq!(fs.remove("f"), Err(Errno::Noent));
    fs.write("f", "new").unwrap();
    assert_eq!((fs.read("f"), fs.usage().entries), (Ok(b"new".to_vec()), 1));
    fs.remove("f").unwrap();
    assert_eq!((fs.read("f"), fs.usage().entries), (Err(Errno::Noent), 0), "what lies below does not come back");
    // A directory is empty when everything in it is hidden; one made in its place has nothing of it.
    assert_eq!(fs.remove("a/b"), Err(Errno::Notempty), "though nobody has looked into it");
    fs.remove("a/b/f").unwrap();
    fs.remove("a/b").unwrap();
    fs.create_directory("a/b").unwrap();
    assert_eq!(fs.list("a/b"), Ok(vec![]));
    assert_eq!(std::fs::read(folder.path().join("a/b/f")).unwrap(), b"below: a/b/f");
}

#[test]
fn directories_move_with_what_lies_below_them() {
    let (folder, fs) = overlay();
    let mut guest = guest_of(&fs);
    let ((from, from_len), (to, to_len)) = (guest.string(0, "a"), guest.string(64, "moved"));
    guest.call(|ctx, g| path::rename(ctx, g, ROOT, from, from_len, ROOT, to, to_len)).unwrap();
    assert_eq!((fs.read("moved/b/f"), fs.list("")), (Ok(b"below: a/b/f".to_vec()), Ok(vec!["f".into(), "moved".into()])));
    fs.write("moved/new", "").unwrap();
    assert_eq!(fs.list("moved"), Ok(vec!["b".into(), "f".into(), "new".into()]));
    fs.create_directory("a").unwrap();
    assert_eq!(fs.list("a"), Ok(vec![]));
    assert!(folder.path().join("a/b/f").exists() && !folder.path().join("moved").exists());
}

#[test]
fn hard_links_below_are_one_file_above() {
    let (folder, fs) = overlay();
    std::fs::hard_link(folder.path().join("f"), folder.path().join("a/g")).unwrap();
    fs.write("a/g", "written through one name").unwrap();
    assert_eq!(fs.read("f"), Ok(b"written through one name".to_vec()));
    assert_eq!(fs.filestat("f").map(|stat| stat.nlink), Ok(2));
    fs.remove("f").unwrap();
    assert_eq!(fs.filestat("a/g").map(|stat| stat.nlink), Ok(1));
    fs.remove("a/g").unwrap();
    assert_eq!(fs.usage(), Usage { bytes: 0, entries: 0 });
}

#[test]
fn a_copy_that_does_not_fit_changes_nothing() {
    let (folder, fs) = overlay();
    std::fs::write(folder.path().join("large"), vec![9; 5000]).unwrap();
    let mut guest = guest_of(&fs);
    let file = guest.open("large", Oflags::empty()).unwrap();
    assert_eq!(guest.write(file, b"x"), Err(Errno::Nospc));
    assert_eq!((guest.read(file, 3).unwrap(), fs.usage().bytes), (vec![9; 3], 0), "it can still be read");
    fs.write("large", "cut").unwrap();
    assert_eq!((fs.read("large"), fs.usage().bytes), (Ok(b"cut".to_vec()), 512), "what is cut is not copied first");
}

#[test]
fn a_read_only_overlay_and_overlays_of_memory() {
    let base = MemoryFs::new();
    base.write("f", "base").unwrap();
    let middle = MemoryFs::builder().over(base.root(Access::ReadOnly)).build().unwrap();
    middle.write("g", "middle").unwrap();
    let top = MemoryFs::builder().over(middle.root(Access::ReadOnly)).build().unwrap();
    top.write("f", "top").unwrap();
    top.remove("g").unwrap();
    assert_eq!((base.read("f"), middle.read("g")), (Ok(b"base".to_vec()), Ok(b"middle".to_vec())));
    assert_eq!((top.read("f"), top.list("")), (Ok(b"top".to_vec()), Ok(vec!["f".into()])));
    let mut guest = guest();
    guest.ctx = WasiCtx::builder().directory_in(&top, "/", Access::ReadOnly).build().unwrap();
    assert_eq!(guest.open("f", Oflags::empty()), Err(Errno::Rofs));
    assert_eq!(guest.with_path("f", path::unlink_file), Err(Errno::Rofs));
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_below_are_seen_and_not_opened() {
    let (folder, fs) = overlay();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let mut guest = guest_of(&fs);
    assert_eq!(guest.filetype("socket", true), Ok(Filetype::SocketStream as u8));
    assert_eq!(guest.open_to_read("socket"), Err(Errno::Nxio));
    assert_eq!(guest.open("socket", Oflags::CREAT), Err(Errno::Nxio));
    assert_eq!(guest.with_path("socket", path::unlink_file), Ok(()));
    assert!(folder.path().join("socket").exists());
}

#[test]
fn files_that_vanish_below_are_errors_and_nothing_worse() {
    let (folder, fs) = overlay();
    let mut guest = guest_of(&fs);
    assert_eq!(guest.filetype("a/b/f", true), Ok(Filetype::RegularFile as u8));
    std::fs::remove_dir_all(folder.path().join("a")).unwrap();
    std::fs::create_dir_all(folder.path().join("a/b/f")).unwrap();
    assert_eq!(guest.open_to_read("a/b/f"), Err(Errno::Stale), "a directory has taken its place");
    std::fs::remove_dir_all(folder.path().join("a")).unwrap();
    assert_eq!(guest.open_to_read("a/b/f"), Err(Errno::Noent));
    assert_eq!(guest.with_path("a/b/f", path::unlink_file), Ok(()), "its name can go");
}
