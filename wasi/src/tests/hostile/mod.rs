//! What hostile guests try. Each abuse is tried in each world; most of the shorter ones are in the parent's files, by what they try to break.
//!
//! - `odd_values`: every call with every odd value
//! - `spellings`: what paths may be written like
//! - `links`: symbolic links
//! - `read_only`: grants that allow no change
//! - `polls`, `listings`: odd subscriptions; large, changing and odd directories
//! - `results`: faults after side effects
//! - `endurance`: many descriptors, names and levels

mod endurance;
mod links;
mod listings;
mod odd_values;
mod polls;
mod read_only;
mod results;
mod spellings;

use super::*;

/// What a call with one path came to, by name of the call.
type Outcomes = Vec<(String, Result<(), Errno>)>;

/// Tries every call that takes a path on a path, as source and as target, and undoes what it made.
fn try_path(guest: &mut Guest, bytes: &[u8]) -> Outcomes {
    use crate::abi::flags::Fstflags;
    use crate::abi::types::Filestat;
    use calls::path;
    let len = bytes.len() as u32;
    let at = 1 << 20;
    guest.memory.resize(at + bytes.len().max(65536), 0);
    guest.put(at as u32, bytes);
    let (tried, other) = (Ptr::new(at as u32), guest.string(0, "other"));
    let (follow, not) = (Lookupflags::SYMLINK_FOLLOW, Lookupflags::empty());
    let mut outcomes = Outcomes::new();
    let mut note = |name: &str, outcome| outcomes.push((name.to_owned(), outcome));
    for (name, oflags, flags) in
        [("open", Oflags::empty(), follow), ("open nofollow", Oflags::empty(), not), ("open directory", Oflags::DIRECTORY, follow)]
    {
        let opened = guest
            .call(|ctx, g| path::open(ctx, g, ROOT, flags, tried, len, oflags, Rights::FD_READ, ALL, Fdflags::empty(), Ptr::new(RESULT)));
        if opened.is_ok() {
            guest.close(Fd(guest.u32(RESULT))).unwrap();
        }
        note(name, opened);
    }
    for (name, flags) in [("stat", follow), ("stat nofollow", not)] {
        note(name, guest.call(|ctx, g| path::filestat_get::<Filestat>(ctx, g, ROOT, flags, tried, len, Ptr::new(RESULT))));
        let set = guest.call(|ctx, g| path::filestat_set_times(ctx, g, ROOT, flags, tried, len, 1, 1, Fstflags::ATIM));
        note(&format!("set times, {name}"), set);
    }
    note("readlink", guest.call(|ctx, g| path::readlink(ctx, g, ROOT, tried, len, Ptr::new(BUFFER), 100, Ptr::new(RESULT))));
    let linked = guest.call(|ctx, g| path::link(ctx, g, ROOT, not, tried, len, ROOT, other.0, other.1));
    if linked.is_ok() {
        guest.with_path("other", path::unlink_file).unwrap();
    }
    note("link from", linked);
    let renamed = guest.call(|ctx, g| path::rename(ctx, g, ROOT, tried, len, ROOT, other.0, other.1));
    if renamed.is_ok() {
        guest.call(|ctx, g| path::rename(ctx, g, ROOT, other.0, other.1, ROOT, tried, len)).unwrap();
    }
    note("rename from", renamed);
    let (source, missing) = (guest.string(128, "source"), guest.string(256, "missing"));
    note("link to", guest.call(|ctx, g| path::link(ctx, g, ROOT, not, missing.0, missing.1, ROOT, tried, len)));
    note("rename to", guest.call(|ctx, g| path::rename(ctx, g, ROOT, missing.0, missing.1, ROOT, tried, len)));
    for (name, make) in [("symlink", 0), ("create", 1), ("create exclusively", 2), ("create directory", 3)] {
        let made = guest.call(|ctx, g| match make {
            0 => path::symlink(ctx, g, source.0, source.1, ROOT, tried, len),
            3 => path::create_directory(ctx, g, ROOT, tried, len),
            _ => {
                let oflags = if make == 1 { Oflags::CREAT } else { Oflags::CREAT | Oflags::EXCL };
                path::open(ctx, g, ROOT, not, tried, len, oflags, Rights::FILE, ALL, Fdflags::empty(), Ptr::new(RESULT))
            }
        });
        match (made, make) {
            (Ok(()), 0) => guest.call(|ctx, g| path::unlink_file(ctx, g, ROOT, tried, len)).unwrap(),
            (Ok(()), 3) => guest.call(|ctx, g| path::remove_directory(ctx, g, ROOT, tried, len)).unwrap(),
            (Ok(()), _) => {
                guest.close(Fd(guest.u32(RESULT))).unwrap();
                // What was there before stays.
                if make == 2 {
                    guest.call(|ctx, g| path::unlink_file(ctx, g, ROOT, tried, len)).unwrap();
                }
            }
            (Err(_), _) => {}
        }
        note(name, made);
    }
    outcomes
}
