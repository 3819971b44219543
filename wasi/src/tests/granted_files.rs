//! Single files of the host as grants.

use super::*;
use calls::{path, readdir};

/// A folder with files, some of which are granted in `/etc`: one to read, one to write.
fn guest_of_files() -> (tempfile::TempDir, Guest) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["read", "write", "secret"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    let mut guest = guest();
    let builder = WasiCtx::builder().file(folder.path().join("read"), "/etc/r", Access::ReadOnly).file(
        folder.path().join("write"),
        "/etc/w",
        Access::ReadWrite,
    );
    guest.ctx = builder.build().unwrap();
    (folder, guest)
}

#[test]
fn granted_files_are_opened_and_nothing_beside_them() {
    let (folder, mut guest) = guest_of_files();
    let file = guest.open_to_read("r").unwrap();
    assert_eq!(guest.read(file, 100).unwrap(), b"read");
    assert_eq!(guest.open("r", Oflags::empty()), Err(Errno::Rofs));
    assert_eq!(guest.open_with("r", Oflags::TRUNC, Rights::FD_READ, true), Err(Errno::Rofs));
    let file = guest.open("w", Oflags::CREAT | Oflags::TRUNC).unwrap();
    guest.write(file, b"written").unwrap();
    assert_eq!(std::fs::read(folder.path().join("write")).unwrap(), b"written");
    for (name, expected) in [
        ("secret", Errno::Noent),
        ("../secret", Errno::Perm),
        ("/r", Errno::Perm),
        ("..", Errno::Perm),
        ("", Errno::Noent),
        ("r/", Errno::Notdir),
        ("r/.", Errno::Notdir),
        ("r/../w", Errno::Notdir),
        ("./secret", Errno::Noent),
    ] {
        assert_eq!(guest.open_to_read(name), Err(expected), "{name}");
        assert_eq!(guest.filetype(name, true), Err(expected), "{name}");
    }
    assert_eq!(guest.open("new", Oflags::CREAT), Err(Errno::Rofs));
    assert_eq!(guest.open("w", Oflags::CREAT | Oflags::EXCL), Err(Errno::Exist));
    assert_eq!(guest.filetype("./w", false), Ok(Filetype::RegularFile as u8));
    assert_eq!(guest.filetype(".", false), Ok(Filetype::Directory as u8));
    let again = guest.open_with(".", Oflags::DIRECTORY, Rights::DIRECTORY, true).unwrap();
    assert!(guest.open_in(again, "r", Oflags::empty(), Rights::FD_READ, true).is_ok());
    guest.call(|ctx, g| readdir::readdir(ctx, g, again, Ptr::new(BUFFER), 1000, 0, Ptr::new(RESULT))).unwrap();
    assert_eq!(guest.u32(RESULT), 51 + 2 * 25, "`.`, `..`, `r`, `w`");
}

#[test]
fn granted_files_are_not_moved_linked_or_removed() {
    let (folder, mut guest) = guest_of_files();
    for name in ["r", "w"] {
        assert_eq!(guest.with_path(name, path::unlink_file), Err(Errno::Rofs));
        assert_eq!(guest.with_path(name, path::remove_directory), Err(Errno::Rofs));
        let ((from, from_len), (to, to_len)) = (guest.string(0, name), guest.string(64, "x"));
        assert_eq!(guest.call(|ctx, g| path::rename(ctx, g, ROOT, from, from_len, ROOT, to, to_len)), Err(Errno::Rofs));
        let linked = guest.call(|ctx, g| path::link(ctx, g, ROOT, Lookupflags::empty(), from, from_len, ROOT, to, to_len));
        assert_eq!(linked, Err(Errno::Rofs));
        assert_eq!(guest.call(|ctx, g| path::symlink(ctx, g, from, from_len, ROOT, to, to_len)), Err(Errno::Rofs));
        assert_eq!(guest.with_path(name, path::create_directory), Err(Errno::Exist));
    }
    assert_eq!(guest.with_path("x", path::create_directory), Err(Errno::Rofs));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_a_granted_file_is_not_followed() {
    let (folder, mut guest) = guest_of_files();
    std::fs::remove_file(folder.path().join("write")).unwrap();
    assert_eq!(guest.open("w", Oflags::CREAT), Err(Errno::Noent), "it is not made again");
    std::os::unix::fs::symlink("secret", folder.path().join("write")).unwrap();
    assert_eq!(guest.open_to_read("w"), Err(Errno::Loop));
    assert_eq!(guest.open("w", Oflags::TRUNC), Err(Errno::Loop));
    std::fs::remove_file(folder.path().join("write")).unwrap();
    std::fs::create_dir(folder.path().join("write")).unwrap();
    assert_eq!(guest.open_to_read("w"), Err(Errno::Isdir));
    assert_eq!(std::fs::read(folder.path().join("secret")).unwrap(), b"secret");
}

#[test]
fn mistakes_in_grants_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    std::fs::write(&file, "").unwrap();
    let error = |builder: WasiCtxBuilder| builder.build().unwrap_err().to_string();
    let file_as = |name: &str| WasiCtx::builder().file(&file, name, Access::ReadOnly);
    assert!(error(WasiCtx::builder().file(folder.path().join("missing"), "x", Access::ReadOnly)).contains("missing"));
    assert!(error(WasiCtx::builder().file(folder.path(), "x", Access::ReadOnly)).contains("is a directory"));
    for name in ["", "/", "a/", "a/..", "."] {
        assert!(error(file_as(name)).contains("does not end in a name"), "{name}");
    }
    assert!(error(file_as("a\0/b")).contains("NUL"));
    assert!(error(file_as("/x/f").file(&file, "/x/f", Access::ReadOnly)).contains("cannot grant the file"));
    assert!(error(file_as("/x/f").directory(folder.path(), "/x", Access::ReadOnly)).contains("another folder"));
    assert!(
        file_as("/x/f")
            .file(&file, "/x/g", Access::ReadOnly)
            .file(&file, "/f", Access::ReadOnly)
            .file(&file, "f", Access::ReadOnly)
            .build()
            .is_ok()
    );
}
