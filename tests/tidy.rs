//! The teeth of ARCHITECTURE.md and CONTRIBUTING.md: checks of the sources that the compiler does not make.
//!
//! Data in: the files of the repository. Each check is a function from a path and a text to a list of problems, tried on small texts at the end of
//! this file, so that none passes because it cannot fail.
//!
//! Checked are: which layer imports which; which files may contain `unsafe`; that the paths in ARCHITECTURE.md exist; that each source starts
//! with its own documentation; words that must not be left behind; the length of files; and that no source is dead.

use std::fs;
use std::path::Path;

/// Who may import whom, inside `src`; each layer may import itself. See "Who may import whom" in ARCHITECTURE.md.
const LAYERS: &[(&str, &[&str])] = &[
    ("util", &[]),
    ("wasm", &["util"]),
    ("decode", &["util", "wasm"]),
    ("validate", &["util", "wasm", "decode"]),
    ("code", &["util", "wasm"]),
    ("translate", &["util", "wasm", "decode", "validate", "code"]),
    // An instance is made of what was decoded: indices, limits and segments.
    ("runtime", &["util", "wasm", "decode", "code"]),
    ("exec", &["util", "wasm", "code", "runtime"]),
    ("api", &["util", "wasm", "decode", "validate", "code", "translate", "runtime", "exec"]),
];

/// Where `unsafe` may be written, and why; UNSAFE.md is the inventory.
const UNSAFE: &[(&str, &str)] = &[
    ("src/exec/", "handlers read code and slots by raw pointers, under the numbered invariants of exec/mod.rs"),
    ("src/code/handlers.rs", "tables that the assembler made"),
    ("src/runtime/arena.rs", "what instances point to must not move"),
    ("src/runtime/bulk.rs", "bulk operations on memory that the executor also points to"),
    ("src/runtime/instance.rs", "the context that the executor's registers point to"),
    ("src/runtime/memory.rs", "mapped linear memory"),
    ("src/runtime/pool.rs", "mappings that are kept for further memories"),
    ("src/runtime/shared.rs", "memory that threads share"),
    ("src/runtime/store.rs", "hands out the parts of a store that the executor points to"),
    ("src/util/large.rs", "asks the system for large pages"),
    ("src/wasm/simd/intrinsics.rs", "calls intrinsics of the base lines of x86-64 and aarch64"),
    ("src/runtime/gc/space.rs", "lends the heap's bytes, whose address the executor has too"),
    ("src/runtime/objects.rs", "reads the operands of allocations from slots"),
    ("src/api/collect.rs", "names slots of frames, which hold roots"),
    ("src/api/driver.rs", "enters the executor, and answers its exits"),
    ("src/api/archive.rs", "declares functions that trust the archive they are given"),
    ("cli/src/precompiled.rs", "calls them where the user vouches for the archive"),
    ("tests/api_archive.rs", "calls them"),
    ("tests/api_sharing.rs", "a counting allocator"),
    ("tests/counting/mod.rs", "a counting allocator"),
    ("benches/footprint/src/main.rs", "a program without the standard library"),
    ("benches/src/allocator.rs", "a counting allocator"),
    ("tests/guarded_allocator/allocator.rs", "an allocator that finds wrong accesses"),
    ("tests/guarded_allocator.rs", "wrong accesses on purpose, for that allocator to find"),
    ("benches/src/engines/wasm3.rs", "calls a C library"),
];

/// Files that may have more lines than [`MAX_LINES`], and why.
const LONG: &[(&str, &str)] = &[("src/exec/superinstructions.rs", "a list that a script writes")];

const MAX_LINES: usize = 1000;

/// What must not be left behind in any file, in pieces so that this file passes.
const BANNED: &[(&str, &str)] = &[
    (concat!("to", "do!"), "no stubs"),
    (concat!("unimple", "mented!"), "no stubs"),
    (concat!("db", "g!("), "no debugging output"),
    (concat!("#[ig", "nore"), "no test is left out"),
    (concat!("FIX", "ME"), "fix it, or write it down as a known limit"),
    (concat!("/wo", "rk/main"), "no path of a machine"),
    (concat!("/wo", "rk/shared"), "no path of a machine"),
    (concat!("/wo", "rk/target"), "no path of a machine"),
    (concat!("/wo", "rk/notes"), "no path of a machine"),
    (concat!("/ro", "ot/"), "no path of a machine"),
    (concat!("/ho", "me/"), "no path of a machine"),
    (concat!("index.crates", ".io"), "no host of a registry"),
    (concat!("static.crates", ".io"), "no host of a registry"),
];

/// A text file of the repository, with its path from the root and `/` as the separator.
struct File {
    path: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All text files that people edit.
fn files() -> Vec<File> {
    let mut files = Vec::new();
    walk(root(), &mut files);
    assert!(files.iter().any(|file| file.path == "tests/tidy.rs"), "the walk missed this file");
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn walk(folder: &Path, files: &mut Vec<File>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder of the repository can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            let skipped = matches!(name, "target" | ".git" | "corpus" | "artifacts" | "coverage");
            if !skipped {
                walk(&path, files);
            }
            continue;
        }
        let path = relative(&path);
        let script = path.starts_with(".ci/") || path.starts_with("scripts/");
        let edited = [".rs", ".toml", ".md", ".sh", ".py", ".c", ".wat", ".wast"].iter().any(|suffix| name.ends_with(suffix));
        if let Some(text) = (edited || script).then(|| fs::read_to_string(root().join(&path)).ok()).flatten() {
            files.push(File { path, text });
        }
    }
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn sources(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.path.ends_with(".rs"))
}

#[track_caller]
fn assert_tidy(problems: Vec<String>) {
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

/// Rust code with comments and the contents of literals replaced by spaces; lines stay.
fn strip(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    let blank = |out: &mut String, chars: &[char]| out.extend(chars.iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
    while i < bytes.len() {
        let rest = &bytes[i..];
        let word_before = i > 0 && (bytes[i - 1].is_alphanumeric() || bytes[i - 1] == '_');
        let length = if rest.starts_with(&['/', '/']) {
            rest.iter().position(|&c| c == '\n').unwrap_or(rest.len())
        } else if rest.starts_with(&['/', '*']) {
            block_comment(rest)
        } else if rest[0] == '"' {
            quoted(rest)
        } else if rest[0] == 'r' && !word_before {
            raw_string(rest)
        } else if rest[0] == '\'' {
            char_literal(rest)
        } else {
            0
        };
        if length == 0 {
            out.push(rest[0]);
            i += 1;
        } else {
            blank(&mut out, &rest[..length]);
            i += length;
        }
    }
    out
}

/// The length of the block comment at the start; they nest.
fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut i) = (0, 0);
    while i < text.len() {
        if text[i..].starts_with(&['/', '*']) {
            depth += 1;
            i += 2;
        } else if text[i..].starts_with(&['*', '/']) {
            depth -= 1;
            i += 2;
            if depth == 0 {
                return i;
            }
        } else {
            i += 1;
        }
    }
    text.len()
}

/// The length of the string literal at the start.
fn quoted(text: &[char]) -> usize {
    let mut i = 1;
    while i < text.len() {
        match text[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    text.len()
}

/// The length of the raw string literal at the start, or 0 if there is none.
fn raw_string(text: &[char]) -> usize {
    let hashes = text[1..].iter().take_while(|&&c| c == '#').count();
    if text.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = 2 + hashes;
    match text[body..].windows(end.len()).position(|window| window == end) {
        Some(position) => body + position + end.len(),
        None => text.len(),
    }
}

/// The length of the character literal at the start, or 0 if it is a lifetime.
fn char_literal(text: &[char]) -> usize {
    match text {
        ['\'', '\\', ..] => text.iter().skip(3).position(|&c| c == '\'').map_or(0, |position| position + 4),
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

/// The words of some code, and what stands between them.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + code[at..].find(is_word)?;
        let end = code[start..].find(|c| !is_word(c)).map_or(code.len(), |length| start + length);
        at = end;
        Some((start, &code[start..end]))
    })
}

/// The part of a source before its unit tests, which may use any layer.
fn without_tests(code: &str) -> &str {
    code.find("#[cfg(test)]\nmod ").map_or(code, |end| &code[..end])
}

/// The layers that code names by a path from the crate's root, or by leaving its own layer through `super`.
fn imported_layers(code: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let layer = |name: &str| LAYERS.iter().map(|&(layer, _)| layer).find(|&layer| layer == name);
    for (start, word) in words(code) {
        if word != "crate" && word != "super" {
            continue;
        }
        let Some(path) = code[start + word.len()..].trim_start().strip_prefix("::").map(str::trim_start) else { continue };
        match path.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group).into_iter().filter_map(layer)),
            None => found.extend(words(path).next().filter(|&(start, _)| start == 0).and_then(|(_, name)| layer(name))),
        }
    }
    found
}

/// The first name of each path in the group of a `use`, whose text starts behind the brace.
fn group_heads(group: &str) -> Vec<&str> {
    let mut heads = Vec::new();
    for (start, word) in words(group) {
        let before = &group[..start];
        let (opened, closed) = (before.matches('{').count(), before.matches('}').count());
        if closed > opened {
            break;
        }
        let separator = before.trim_end().chars().next_back();
        if opened == closed && matches!(separator, None | Some(',')) {
            heads.push(word);
        }
    }
    heads
}

/// Imports that the matrix forbids.
fn layer_problems(path: &str, text: &str) -> Vec<String> {
    let Some(inside) = path.strip_prefix("src/") else { return Vec::new() };
    if inside == "lib.rs" {
        return Vec::new();
    }
    let name = inside.split(['/', '.']).next().unwrap_or_default();
    let Some((layer, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        return vec![format!("{path}: {name:?} is no layer of ARCHITECTURE.md")];
    };
    let code = strip(text);
    let mut bad: Vec<&str> = imported_layers(without_tests(&code));
    bad.retain(|other| other != layer && !allowed.contains(other));
    bad.sort_unstable();
    bad.dedup();
    bad.into_iter().map(|other| format!("{path}: the layer {layer} must not import {other}")).collect()
}

/// Whether code, not a comment or a literal, has the word `unsafe`.
fn has_unsafe(text: &str) -> bool {
    words(&strip(text)).any(|(_, word)| word == "unsafe")
}

fn unsafe_problems(path: &str, text: &str) -> Vec<String> {
    let allowed = UNSAFE.iter().any(|(prefix, _)| path.starts_with(prefix));
    if !allowed && has_unsafe(text) { vec![format!("{path}: unsafe outside the allow-list")] } else { Vec::new() }
}

fn banned_problems(path: &str, text: &str) -> Vec<String> {
    let found = BANNED.iter().filter(|(word, _)| text.contains(word));
    found.map(|(word, why)| format!("{path}: {word:?}: {why}")).collect()
}

fn doc_problems(path: &str, text: &str) -> Vec<String> {
    if text.starts_with("//!") { Vec::new() } else { vec![format!("{path}: must start with //! and what the file is for")] }
}

fn length_problems(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let long = LONG.iter().any(|(file, _)| *file == path);
    if lines > MAX_LINES && !long { vec![format!("{path}: {lines} lines, more than {MAX_LINES}")] } else { Vec::new() }
}

/// The paths that a Markdown text names: code spans that look like one, and the first column of fenced blocks marked `folders`, in which an
/// indented line is inside the last line that is not.
fn named_paths(markdown: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let (mut fence, mut folder) = (None, String::new());
    for line in markdown.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(info.trim() == "folders") };
        } else if fence == Some(true) {
            let Some(first) = line.split_whitespace().next() else { continue };
            if line.starts_with(' ') {
                paths.push(format!("{folder}{first}"));
            } else {
                folder = first.to_owned();
                paths.push(first.to_owned());
            }
        } else if fence.is_none() {
            let spans = line.split('`').skip(1).step_by(2);
            paths.extend(spans.filter(|span| looks_like_path(span)).map(str::to_owned));
        }
    }
    paths.iter().flat_map(|path| expand(path)).collect()
}

/// A relative path with a slash in it, or a file by its suffix; no option, address or Rust path.
fn looks_like_path(span: &str) -> bool {
    let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "._-/{},".contains(c));
    let file = [".rs", ".md", ".toml", ".py", ".sh"].iter().any(|suffix| span.ends_with(suffix));
    plain && !span.starts_with(['/', '-', '.']) && (file || span.contains('/')) || span == ".ci/run"
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn expand(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((choices, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    choices.split(',').flat_map(|choice| expand(&format!("{before}{}{after}", choice.trim()))).collect()
}

/// Sources below a `src` that no module, `path` attribute or `include!` names.
fn dead_files(files: &[(&str, &str)]) -> Vec<String> {
    let mut dead = Vec::new();
    for (path, _) in files.iter().filter(|(path, _)| path.starts_with("src/") || path.contains("/src/")) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if matches!(name, "lib.rs" | "main.rs") || folder.ends_with("/bin") {
            continue;
        }
        // The module that `src/a/b.rs` or `src/a/b/mod.rs` is, and the folder of its parent.
        let (parent, module) = match name {
            "mod.rs" => folder.rsplit_once('/').unwrap_or(("", folder)),
            _ => (folder, name.trim_end_matches(".rs")),
        };
        let declares = |text: &str| strip(text).contains(&format!("mod {module};"));
        let parents = [format!("{parent}/mod.rs"), format!("{parent}/lib.rs"), format!("{parent}/main.rs"), format!("{parent}.rs")];
        let declared = files.iter().any(|(other, text)| parents.iter().any(|parent| parent == other) && declares(text));
        let included = files.iter().any(|(_, text)| text.contains(&format!("{name}\"")));
        if !declared && !included {
            dead.push(format!("{path}: no module declares it"));
        }
    }
    dead
}

#[test]
fn layers_import_only_what_they_may() {
    assert_tidy(sources(&files()).flat_map(|file| layer_problems(&file.path, &file.text)).collect());
}

#[test]
fn unsafe_is_where_it_may_be() {
    let files = files();
    assert_tidy(sources(&files).flat_map(|file| unsafe_problems(&file.path, &file.text)).collect());
    let inventory = fs::read_to_string(root().join("UNSAFE.md")).expect("UNSAFE.md is there");
    for (prefix, why) in UNSAFE {
        let used = sources(&files).any(|file| file.path.starts_with(prefix) && has_unsafe(&file.text));
        assert!(used, "{prefix} ({why}) has no unsafe code any more: take it off the list");
        assert!(inventory.contains(&format!("`{prefix}`")), "{prefix} is missing in UNSAFE.md");
    }
}

#[test]
fn architecture_names_paths_that_exist() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let paths = named_paths(&text);
    assert!(paths.len() >= 10, "ARCHITECTURE.md names only {paths:?}");
    // Paths may leave out `src/`, as module paths do.
    let exists = |path: &str| root().join(path).exists() || root().join("src").join(path).exists();
    assert_tidy(paths.into_iter().filter(|path| !exists(path)).map(|path| format!("ARCHITECTURE.md: there is no {path}")).collect());
}

#[test]
fn sources_say_what_they_are_for() {
    assert_tidy(sources(&files()).flat_map(|file| doc_problems(&file.path, &file.text)).collect());
}

#[test]
fn nothing_is_left_behind() {
    assert_tidy(files().iter().flat_map(|file| banned_problems(&file.path, &file.text)).collect());
}

#[test]
fn files_are_short() {
    let files = files();
    assert_tidy(sources(&files).flat_map(|file| length_problems(&file.path, &file.text)).collect());
    for (path, why) in LONG {
        let lines = sources(&files).find(|file| file.path == *path).map_or(0, |file| file.text.lines().count());
        assert!(lines > MAX_LINES, "{path} ({why}) has {lines} lines: take it off the list");
    }
}

#[test]
fn no_source_is_dead() {
    let files = files();
    let pairs: Vec<(&str, &str)> = sources(&files).map(|file| (&*file.path, &*file.text)).collect();
    assert_tidy(dead_files(&pairs));
}

#[test]
fn the_readme_shows_the_example_that_is_compiled() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (readme, example) = (read("README.md"), read("examples/embed.rs"));
    let shown = readme.split_once("```rust\n").and_then(|(_, rest)| rest.split_once("```")).map(|(code, _)| code);
    assert!(example.ends_with(shown.expect("README.md has Rust code")), "README.md and examples/embed.rs differ");
}

#[test]
fn every_package_but_the_engine_forbids_unsafe() {
    // The command line has one file that loads precompiled modules, where the user vouches for them.
    for (file, lint) in [("cli/src/main.rs", "deny"), ("wasi/src/lib.rs", "forbid"), ("spec-tests/src/lib.rs", "forbid")] {
        let text = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(&format!("#![{lint}(unsafe_code)]")), "{file}");
    }
}

/// The checks themselves, on texts that break their rule and texts that do not.
mod checks {
    use super::*;

    #[test]
    fn strip_keeps_code_only() {
        let text = "a // unsafe\nb /* unsafe /* unsafe */ */ \"unsafe \\\" unsafe\" r#\"unsafe\" unsafe\"# 'x' '\\'' 'static c";
        let words: Vec<String> = words(&strip(text)).map(|(_, word)| word.to_owned()).collect();
        assert_eq!(words, ["a", "b", "static", "c"]);
        assert_eq!(strip("x\n// y\nz").lines().count(), 3);
    }

    #[test]
    fn layers() {
        for bad in [
            "use crate::api::error::Error;",
            "use crate::{wasm::types, api};",
            "use crate::{\n    api::{error, func},\n    wasm,\n};",
            "fn f() { crate::api::f() }",
            "use super::super::api::f;",
            "pub(crate) use crate :: api :: f;",
        ] {
            assert_eq!(layer_problems("src/exec/mod.rs", bad), ["src/exec/mod.rs: the layer exec must not import api"], "{bad}");
        }
        for good in [
            "use crate::{wasm::types, code};",
            "use crate::wasm::api;",
            "use crate::{wasm::{api, types}, code::api};",
            "// crate::api\nuse crate::exec::frame;",
            "fn f() {}\n#[cfg(test)]\nmod tests { use crate::api::f; }",
            "use super::frame;",
        ] {
            assert_eq!(layer_problems("src/exec/mod.rs", good), Vec::<String>::new(), "{good}");
        }
        assert_eq!(layer_problems("src/new/mod.rs", "").len(), 1);
        assert_eq!(layer_problems("src/util.rs", "use crate::wasm;").len(), 1);
        assert_eq!(layer_problems("src/lib.rs", "use crate::api;").len(), 0);
        assert_eq!(layer_problems("cli/src/main.rs", "use crate::api;").len(), 0);
    }

    #[test]
    fn the_matrix_has_no_cycle() {
        for (position, (layer, allowed)) in LAYERS.iter().enumerate() {
            for other in *allowed {
                let below = LAYERS[..position].iter().any(|(name, _)| name == other);
                assert!(below, "{layer} imports {other}, which is not below it");
            }
        }
    }

    #[test]
    fn unsafe_code() {
        assert_eq!(unsafe_problems("src/decode/mod.rs", "fn f() { unsafe { g() } }").len(), 1);
        assert_eq!(unsafe_problems("src/decode/mod.rs", "#![deny(unsafe_code)] // unsafe\nconst S: &str = \"unsafe\";").len(), 0);
        assert_eq!(unsafe_problems("src/runtime/memory.rs", "unsafe fn f() {}").len(), 0);
        assert_eq!(unsafe_problems("src/runtime/memory2.rs", "unsafe fn f() {}").len(), 1);
    }

    #[test]
    fn paths() {
        let text = "See `src/lib.rs` and `decode/`, `Vec<u8>`, `--dir`, `/abs/path`, `crate::api`, `exec/{loop,tail}.rs`, `README.md`, `.ci/run`.\n\
            ```\n`not/this`\n```\n```folders\nsrc/\n  wasm/    types\n  lib.rs   root\ncli/       command line\n```\nAnd `after/it`.";
        let found = named_paths(text);
        let expected = [
            "src/lib.rs",
            "decode/",
            "exec/loop.rs",
            "exec/tail.rs",
            "README.md",
            ".ci/run",
            "src/",
            "src/wasm/",
            "src/lib.rs",
            "cli/",
            "after/it",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn words_docs_and_length() {
        for (word, _) in BANNED {
            assert_eq!(banned_problems("a.md", &format!("some {word} text")).len(), 1, "{word}");
        }
        assert_eq!(banned_problems("a.md", "some text").len(), 0);
        assert_eq!(doc_problems("a.rs", "use x;\n//! too late").len(), 1);
        assert_eq!(doc_problems("a.rs", "//! What it is for.").len(), 0);
        assert_eq!(length_problems("a.rs", &"\n".repeat(MAX_LINES + 1)).len(), 1);
        assert_eq!(length_problems("a.rs", &"\n".repeat(MAX_LINES)).len(), 0);
    }

    #[test]
    fn dead() {
        let lib = ("src/lib.rs", "mod a;\nmod b;\n#[path = \"odd.rs\"] mod c; // mod f;");
        let alive =
            [lib, ("src/a.rs", ""), ("src/b/mod.rs", "pub mod d;"), ("src/b/d.rs", "mod e;"), ("src/b/d/e.rs", ""), ("src/odd.rs", "")];
        assert_eq!(dead_files(&alive), Vec::<String>::new());
        assert_eq!(dead_files(&[lib, ("src/f.rs", "")]), ["src/f.rs: no module declares it"]);
        assert_eq!(dead_files(&[lib, ("src/b/mod.rs", "mod d;"), ("src/b/x/mod.rs", "")]), ["src/b/x/mod.rs: no module declares it"]);
    }

    #[test]
    fn the_walk_sees_hidden_and_nested_files() {
        let files = files();
        for path in [".ci/run", "cli/src/commands/run.rs", "README.md"] {
            assert!(files.iter().any(|file| file.path == path), "{path}");
        }
    }
}
