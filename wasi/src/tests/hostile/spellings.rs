//! Paths in every spelling: each call refuses those that lead out, and does the same in every world.

use super::*;

/// A tree with a file, a directory, and a link to each.
fn plant(guest: &Guest) {
    guest.put_file("file", "contents");
    guest.make_directory("dir/inner");
    #[cfg(unix)]
    for (contents, name) in [("file", "to-file"), ("dir", "to-dir"), (".", "self"), ("loop", "loop"), ("nothing", "dangling")] {
        guest.make_symlink(contents, name);
    }
}

/// The outcomes of a path in each world, which must be the same.
fn outcomes(path: &[u8]) -> Outcomes {
    let mut first: Option<Outcomes> = None;
    each(|mut guest| {
        plant(&guest);
        let outcomes = try_path(&mut guest, path);
        guest.check_outside();
        assert_eq!(guest.get_file("file"), b"contents");
        let shown = String::from_utf8_lossy(&path[..path.len().min(60)]).into_owned();
        match &first {
            Some(first) => assert_eq!(*first, outcomes, "{:?} beside the host, path {shown:?}", guest.world),
            None => first = Some(outcomes),
        }
    });
    first.unwrap()
}

#[test]
fn what_leads_out_is_refused_by_every_call() {
    for path in ["/", "//", "/file", "/etc/passwd", "..", "../", "../x", "../granted/file", "dir/../../x", "dir/inner/../../../x", "./../x"]
    {
        for (call, outcome) in outcomes(path.as_bytes()) {
            // The source of these two is missing, which may be found first.
            let allowed = outcome == Err(Errno::Perm) || outcome == Err(Errno::Noent) && call.ends_with(" to");
            assert!(allowed, "{call} {path}: {outcome:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn every_spelling_means_the_same_in_every_world() {
    let paths = [
        ".",
        "./",
        "./.",
        "file",
        "./file",
        ".//file",
        "file/",
        "file/.",
        "file//",
        "file/..",
        "file/x",
        "dir",
        "dir/",
        "dir/.",
        "dir//",
        "dir/..",
        "dir/../file",
        "dir/inner",
        "dir/./inner/",
        "dir/inner/..",
        "dir/inner/../..",
        "to-file",
        "to-file/",
        "to-file/.",
        "to-file/x",
        "to-dir",
        "to-dir/",
        "to-dir/.",
        "to-dir/..",
        "to-dir/inner",
        "to-dir/inner/..",
        "to-dir/../file",
        "self",
        "self/",
        "self/file",
        "self/self/self/dir",
        "self/..",
        "self/dir/..",
        "loop",
        "loop/",
        "loop/x",
        "dangling",
        "dangling/",
        "dangling/x",
        "new",
        "new/",
        "new/.",
        "new/..",
        "new/x",
        "",
        "back\\slash",
        "..\\file",
        "C:",
        "C:\\file",
        "NUL",
        "NUL.txt",
        "CON",
        "COM1",
        "COM\u{b9}",
        "file::$DATA",
        "file ",
        "file.",
        " ",
        "~",
        "*",
        "%2e%2e",
        "\u{202e}",
        "...",
        ". .",
        "-rf",
    ];
    for path in paths {
        outcomes(path.as_bytes());
    }
}

#[test]
fn odd_bytes_are_refused_before_any_file_system_sees_them() {
    let odd: [(&[u8], Errno); 7] = [
        (b"a\0b", Errno::Ilseq),
        (b"file\0", Errno::Ilseq),
        (b"\0", Errno::Ilseq),
        (b"\xff", Errno::Ilseq),
        (b"dir/\xc0\xae\xc0\xae/x", Errno::Ilseq),
        (b"\xed\xa0\x80", Errno::Ilseq),
        (b"\xf8\x88\x80\x80\x80", Errno::Ilseq),
    ];
    for (path, expected) in odd {
        for (call, outcome) in outcomes(path) {
            assert_eq!(outcome, Err(expected), "{call} {path:?}");
        }
    }
}

#[test]
fn long_paths_are_refused() {
    for path in [
        "n".repeat(1 << 20),
        "a/".repeat(1 << 19),
        "../".repeat(350_000),
        "/".repeat(1 << 20),
        "n".repeat(256),
        "dir/".to_owned() + &"n".repeat(256),
    ] {
        for (call, outcome) in outcomes(path.as_bytes()) {
            let refused = outcome == Err(Errno::Nametoolong) || outcome == Err(Errno::Noent) && call.ends_with(" to");
            assert!(refused, "{call} of {} bytes: {outcome:?}", path.len());
        }
    }
    // The longest name that there is.
    let outcomes = outcomes("n".repeat(255).as_bytes());
    assert!(outcomes.contains(&("create".to_owned(), Ok(()))), "{outcomes:?}");
}
