//! Golden listings: the internal code of small functions, which guard the rules of folding, residency and fusion.
//!
//! `tests/golden/NAME.wat` is a module; `tests/golden/NAME.lst` is the code of all its functions without superinstructions. A listing that changed
//! on purpose is written anew by `BLESS=1 cargo test --test golden`; read the difference before you commit it. The listings name pinned locals, which
//! the feature `compact` does not have: there `tests/differential.rs` guards the same rules by their results.
#![cfg(not(feature = "compact"))]

use std::fs;
use std::path::Path;

use fulgurite::{Config, Engine, Module};

fn listing(text: &[u8], fuse: bool) -> String {
    let mut config = Config::new();
    config.superinstructions(fuse);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, text).expect("a valid module");
    let imported = module.imports().count() as u32;
    let mut all = String::new();
    for function in imported..module.function_count() {
        let name = module.function_name(function).unwrap_or("?").to_owned();
        all += &format!("function {function} {name}\n{}", module.disassemble(function).expect("a function of the module"));
    }
    all
}

#[test]
fn listings_are_as_blessed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut sources: Vec<_> = fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    sources.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    sources.sort();
    assert!(sources.len() >= 6, "golden modules are missing");
    let mut wrong = Vec::new();
    for source in sources {
        let found = listing(&fs::read(&source).expect("the source"), false);
        let blessed = source.with_extension("lst");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&blessed, &found).expect("the listing is written");
        }
        let expected = fs::read_to_string(&blessed).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}: expected\n{expected}\nfound\n{found}", source.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn superinstructions_join_what_is_listed() {
    // Each line of the unfused listing is one dispatch; fused, parts start with `+`. The parts are the same.
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/loops.wat")).expect("the source");
    let parts = |listing: &str| -> Vec<String> {
        let operation = |line: &str| line.split("  ; ").next().unwrap_or("").split(" -> ").next().unwrap_or("")[11..].to_owned();
        listing.lines().filter(|line| !line.starts_with("function")).map(operation).collect()
    };
    let (plain, fused) = (listing(&text, false), listing(&text, true));
    assert_eq!(parts(&plain), parts(&fused));
    assert!(fused.lines().any(|line| line.trim_start().starts_with('+')), "nothing was fused:\n{fused}");
}

#[test]
fn translation_is_a_function_of_the_bytes() {
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/calls.wat")).expect("the source");
    assert_eq!(listing(&text, true), listing(&text, true));
}
