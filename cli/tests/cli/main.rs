//! The binary from outside: output, exit status and error texts of each command.

mod grants;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// What a run left behind.
struct Outcome {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs `fulgurite` with these arguments, and `stdin` as its standard input.
fn fulgurite_with(args: &[&str], stdin: &[u8]) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fulgurite"))
        .args(args)
        .env("FULGURITE_TEST", "from outside")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A program that ends without reading its input closes the pipe; that is not this test's business.
    let _ = child.stdin.take().expect("standard input is piped").write_all(stdin);
    let output = child.wait_with_output().expect("the binary ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Outcome { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn fulgurite(args: &[&str]) -> Outcome {
    fulgurite_with(args, b"")
}

/// A file in a folder of this test run.
fn file(name: &str, contents: impl AsRef<[u8]>) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it is below a folder")).expect("the folder can be made");
    fs::write(&path, contents).expect("the file can be written");
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// A file of the programs that ship with the repository.
fn example(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path).to_str().expect("the path is UTF-8").to_owned()
}

/// One of these programs.
fn words() -> String {
    example("words/words.wasm")
}

/// Checks status and that each of `texts` is in standard error.
#[track_caller]
fn assert_fails(outcome: &Outcome, status: i32, texts: &[&str]) {
    assert_eq!(outcome.status, Some(status), "stdout: {}\nstderr: {}", outcome.stdout, outcome.stderr);
    for text in texts {
        assert!(outcome.stderr.contains(text), "no {text:?} in: {}", outcome.stderr);
    }
}

/// Checks that all went well, and standard output.
#[track_caller]
fn assert_prints(outcome: &Outcome, stdout: &str) {
    assert_eq!(outcome.status, Some(0), "stderr: {}", outcome.stderr);
    assert_eq!(outcome.stdout, stdout);
    assert_eq!(outcome.stderr, "");
}

const MATH: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func $inner (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func $outer (export "div") (param i32 i32) (result i32) (i32.add (call $inner (local.get 0) (local.get 1)) (i32.const 0)))
    (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
    (func (export "both") (param i64 f32) (result f32 i64) (local.get 1) (local.get 0))
    (func $down (export "down") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (else (i32.const 0))))
    (memory (export "memory") 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

/// A program that exits with the status in its first argument's first byte, minus `0`.
const EXIT: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (drop (call $args_get (i32.const 0) (i32.const 64)))
        (call $exit (i32.sub (i32.load8_u (i32.load (i32.const 4))) (i32.const 48)))))"#;

#[test]
fn help_and_version() {
    let help = fulgurite(&["--help"]);
    assert_eq!(help.status, Some(0));
    for text in ["run", "validate", "compile", "dis", "inspect", "wast", "Examples:"] {
        assert!(help.stdout.contains(text), "{text}");
    }
    for command in ["run", "validate", "compile", "dis", "inspect", "wast", "completions"] {
        let help = fulgurite(&[command, "--help"]);
        assert_eq!(help.status, Some(0));
        assert!(help.stdout.contains("Examples:"), "{command}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = fulgurite(&["completions", shell]).stdout;
        assert!(script.contains("explain-denied"), "{shell}");
    }
    assert_prints(&fulgurite(&["--version"]), &format!("fulgurite {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_smallest_program() {
    let [text, binary] = ["hello/hello.wat", "hello/hello.wasm"].map(example);
    assert_eq!(wat::parse_file(&text).expect("the text is a module"), fs::read(&binary).expect("the binary is there"));
    for path in [text, binary] {
        assert_prints(&fulgurite(&["run", &path]), "hello\n");
    }
}

#[test]
fn mistakes_in_the_command_line() {
    assert_fails(&fulgurite(&[]), 2, &["Usage"]);
    assert_fails(&fulgurite(&["walk"]), 2, &["walk"]);
    assert_fails(&fulgurite(&["run"]), 2, &["FILE"]);
    assert_fails(&fulgurite(&["run", "--no-such-flag", "a.wasm"]), 2, &["--no-such-flag"]);
    assert_fails(&fulgurite(&["run", "--max-memory", "much", "a.wasm"]), 2, &["--max-memory", "K, M or G"]);
    let exit = file("env.wat", EXIT);
    assert_fails(&fulgurite(&["run", "--env", "NOT_SET_ANYWHERE_1", &exit]), 2, &["NOT_SET_ANYWHERE_1"]);
}

#[test]
fn invoke() {
    let math = file("math.wat", MATH);
    let call = |args: &[&str]| fulgurite(&[&["run", "--invoke"], &args[..1], &[&math], &args[1..]].concat());
    assert_prints(&call(&["add", "2", "-3"]), "-1\n");
    assert_prints(&call(&["add", "0xffffffff", "4294967295"]), "-2\n");
    assert_prints(&call(&["half", "-3"]), "-1.5\n");
    assert_prints(&call(&["both", "-9223372036854775808", "nan"]), "NaN\n-9223372036854775808\n");
    assert_fails(&call(&["add", "2"]), 2, &["\"add\"", "2 arguments", "there are 1"]);
    assert_fails(&call(&["add", "2", "two"]), 2, &["argument 2", "\"two\" is no i32"]);
    assert_fails(&call(&["sub", "2", "3"]), 1, &["math.wat", "\"sub\"", "add [", "div ["]);
    assert_fails(&call(&["memory"]), 1, &["no function"]);
    assert_fails(&fulgurite(&["run", &math]), 1, &["_start", "--invoke", "add ["]);
}

#[test]
fn engine_options() {
    let math = file("options.wat", MATH);
    for options in [&["--no-fuse"][..], &["--eager"], &["--no-fuse", "--eager"]] {
        assert_prints(&fulgurite(&[&["run"], options, &["--invoke", "down", &math, "1000"]].concat()), "1000\n");
    }
    assert_prints(&fulgurite(&["run", "--invoke", "grow", &math, "3"]), "1\n");
    assert_prints(&fulgurite(&["run", "--max-memory", "128K", "--invoke", "grow", &math, "3"]), "-1\n");
    assert_prints(&fulgurite(&["run", "--max-memory", "128K", "--invoke", "grow", &math, "1"]), "1\n");
    assert_fails(&fulgurite(&["run", "--max-stack", "64K", "--invoke", "down", &math, "100000"]), 134, &["call stack exhausted"]);
}

#[test]
fn exceptions() {
    let throws = file("throws.wat", "(module (tag $t (param i32)) (func $f (export \"f\") (param i32) (throw $t (local.get 0))))");
    let texts = ["throws.wat: exception: uncaught exception that carries i32", "f (function 0) at offset 0x"];
    assert_fails(&fulgurite(&["run", "--invoke", "f", &throws, "3"]), 134, &texts);
    let legacy = file("legacy.wat", "(module (tag $t) (func (export \"f\") (result i32) try throw $t catch_all end i32.const 5))");
    assert_fails(&fulgurite(&["validate", &legacy]), 1, &[]);
    assert_eq!(fulgurite(&["validate", "--legacy-exceptions", &legacy]).status, Some(0));
    assert_prints(&fulgurite(&["run", "--legacy-exceptions", "--invoke", "f", &legacy]), "5\n");
    assert_eq!(fulgurite(&["dis", "--legacy-exceptions", &legacy]).status, Some(0));
}

#[test]
fn traps_have_status_134_and_a_backtrace() {
    let math = file("trap.wat", MATH);
    let outcome = fulgurite(&["run", "--invoke", "div", &math, "1", "0"]);
    assert_fails(
        &outcome,
        134,
        &["trap.wat", "trap: integer divide by zero", "inner (function 1) at offset 0x", "outer (function 2) at offset 0x"],
    );
    assert_eq!(outcome.stdout, "");
    let endless = fulgurite(&["run", "--invoke", "down", &math, "-1"]);
    assert_fails(&endless, 134, &["call stack exhausted", "19: down (function 5)", "and more"]);
    let inner = outcome.stderr.find("inner").unwrap();
    assert!(inner < outcome.stderr.find("outer").unwrap(), "the innermost function comes first: {}", outcome.stderr);
}

#[test]
fn the_exit_status_is_the_guests() {
    let exit = file("exit.wat", EXIT);
    for status in [0, 1, 2, 3, 42] {
        let argument = char::from_u32(48 + status).unwrap().to_string();
        let outcome = fulgurite(&["run", &exit, &argument]);
        assert_eq!(outcome.status, i32::try_from(status).ok(), "{}", outcome.stderr);
        assert_eq!(outcome.stderr, "");
    }
}

#[test]
fn everything_after_the_file_is_the_guests() {
    let outcome = fulgurite(&["run", &words(), "--help"]);
    assert_fails(&outcome, 1, &["words: --help: "]);
    let outcome = fulgurite_with(&["run", &words(), "-n", "1"], b"a b a");
    assert_prints(&outcome, "      2 a\n      3 words, 2 different\n");
    let outcome = fulgurite(&["run", &words(), "--", "--invoke", "x"]);
    assert_fails(&outcome, 1, &["words: --: ", "words: --invoke: ", "words: x: "]);
}

#[test]
fn files_only_from_granted_folders() {
    let text = file("text.txt", "One two TWO three\n");
    let folder = Path::new(&text).parent().unwrap().to_str().unwrap().to_owned();
    let counted = "      2 two\n      1 one\n      1 three\n      4 words, 3 different\n";
    assert_prints(&fulgurite(&["run", "--dir", &format!("{folder}::/in"), &words(), "/in/text.txt"]), counted);
    assert_prints(&fulgurite(&["run", "--dir", &format!("{folder}::/in:ro"), &words(), "/in/text.txt"]), counted);
    assert_fails(&fulgurite(&["run", &words(), &text]), 1, &["words: "]);
    assert_fails(&fulgurite(&["run", "--dir", "no/such/folder", &words()]), 1, &["no/such/folder"]);
}

#[test]
fn environment_variables_only_if_named() {
    // Exits with the number of variables.
    let environ = r#"(module
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (drop (call $sizes (i32.const 0) (i32.const 4))) (call $exit (i32.load (i32.const 0)))))"#;
    let environ = file("environ.wat", environ);
    assert_eq!(fulgurite(&["run", &environ]).status, Some(0));
    assert_eq!(fulgurite(&["run", "--env", "FULGURITE_TEST", "--env", "A=b=c", "--env", "EMPTY=", &environ]).status, Some(3));
}

#[test]
fn modules_from_standard_input() {
    assert_prints(&fulgurite_with(&["run", "--invoke", "add", "-", "2", "3"], MATH.as_bytes()), "5\n");
    let binary = fs::read(words()).unwrap();
    assert_prints(&fulgurite_with(&["run", "-"], &binary), "      0 words, 0 different\n");
    assert_prints(&fulgurite_with(&["validate", "-"], &binary), "standard input: valid\n");
}

#[test]
fn bad_modules_are_named_with_place_and_rule() {
    assert_fails(&fulgurite(&["run", "no-such-file.wasm"]), 1, &["no-such-file.wasm"]);
    let malformed = file("malformed.wasm", b"\0asm\x02\0\0\0");
    assert_fails(&fulgurite(&["run", &malformed]), 1, &["malformed.wasm", "malformed module", "offset 0x"]);
    let empty = file("empty.wasm", "");
    assert_fails(&fulgurite(&["run", &empty]), 1, &["empty.wasm", "malformed module"]);
    let invalid = file("invalid.wat", "(module (func (export \"_start\") (drop (i32.add (i32.const 1) (i64.const 2)))))");
    assert_fails(&fulgurite(&["run", &invalid]), 1, &["invalid.wat", "invalid module", "type mismatch", "offset 0x"]);
    let text = file("text.wat", "(module\n  (func (export \"_start\") (no.such.op)))");
    assert_fails(&fulgurite(&["run", &text]), 1, &["text.wat:2:", "malformed text"]);
    let start = file("start.wat", "(module (func (export \"_start\") (result i32) (i32.const 1)))");
    assert_fails(&fulgurite(&["run", &start]), 1, &["start.wat", "[] -> [i32]", "[] -> []"]);
    let unlinkable = file("unlinkable.wat", "(module (import \"env\" \"missing\" (func)) (func (export \"_start\")))");
    assert_fails(&fulgurite(&["run", &unlinkable]), 1, &["unlinkable.wat", "unknown import", "env", "missing"]);
    let legacy = file("legacy.wat", "(module (func (export \"_start\") try end))");
    assert_fails(&fulgurite(&["run", &legacy]), 1, &["legacy.wat", "unsupported", "legacy exception"]);
}

#[test]
fn validate() {
    let good = file("good.wat", MATH);
    let bad = file("bad.wat", "(module (func (result i32) (i64.const 1)))");
    let both = fulgurite(&["validate", &good, &bad, "no-such-file.wasm", &good]);
    assert_eq!(both.status, Some(1));
    let lines: Vec<&str> = both.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", both.stdout);
    assert!(lines[0].ends_with("good.wat: valid") && lines[3] == lines[0]);
    assert!(lines[1].contains("bad.wat: invalid module: type mismatch") && lines[1].contains("offset 0x"), "{}", lines[1]);
    assert!(lines[2].starts_with("no-such-file.wasm: "));
    assert_prints(&fulgurite(&["validate", &good]), &format!("{good}: valid\n"));

    let json = fulgurite(&["validate", "--json", &good, &bad]);
    assert_eq!(json.status, Some(1));
    let verdicts: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(verdicts[0], serde_json::json!({ "file": good, "valid": true }));
    assert_eq!((&verdicts[1]["valid"], &verdicts[1]["kind"]), (&false.into(), &"invalid module".into()));
    assert!(verdicts[1]["offset"].is_u64() && verdicts[1]["message"].as_str().unwrap().contains("type mismatch"));
}

#[test]
fn precompiled_modules() {
    let math = file("precompile.wat", MATH);
    let output = file("math.precompiled", "");
    assert_prints(&fulgurite(&["compile", &math, "-o", &output]), "");
    let add = |options: &[&str], file: &str| fulgurite(&[&["run"], options, &["--invoke", "add", file, "2", "3"]].concat());
    assert_prints(&add(&["--allow-precompiled"], &output), "5\n");
    assert_prints(&add(&["--allow-precompiled", "--eager"], &output), "5\n");
    assert_prints(&add(&["--allow-precompiled", "--no-fuse"], &output), "5\n");
    // The option allows, and does not demand.
    assert_prints(&add(&["--allow-precompiled"], &math), "5\n");
    let trap = fulgurite(&["run", "--allow-precompiled", "--invoke", "div", &output, "1", "0"]);
    assert_fails(&trap, 134, &["math.precompiled", "integer divide by zero", "inner (function 1) at offset 0x"]);

    let counted = fulgurite_with(&["compile", "--output", &output, "-"], &fs::read(words()).unwrap());
    assert_prints(&counted, "");
    let outcome = fulgurite_with(&["run", "--allow-precompiled", &output, "-n", "1"], b"a b a");
    assert_prints(&outcome, "      2 a\n      3 words, 2 different\n");
}

#[test]
fn precompiled_modules_are_not_taken_by_accident() {
    let output = file("accident.precompiled", "");
    let math = file("accident.wat", MATH);
    assert_prints(&fulgurite(&["compile", &math, "-o", &output]), "");
    assert_fails(&fulgurite(&["run", "--invoke", "add", &output, "2", "3"]), 1, &["accident.precompiled", "--allow-precompiled"]);
    for command in [&["dis"][..], &["inspect"], &["compile", "-o", "unused"]] {
        assert_fails(&fulgurite(&[command, &[&output]].concat()), 1, &["accident.precompiled", "run --allow-precompiled"]);
    }
    assert!(fulgurite(&["validate", &output]).stdout.contains("run --allow-precompiled"));

    let archive = fs::read(&output).unwrap();
    let run = |archive: &[u8]| fulgurite(&["run", "--allow-precompiled", "--invoke", "add", &file("bad.precompiled", archive), "2", "3"]);
    let mut damaged = archive.clone();
    damaged[100] ^= 1;
    assert_fails(&run(&damaged), 1, &["bad.precompiled", "precompiled module", "damaged", "compile the module again"]);
    assert_fails(&run(&archive[..100]), 1, &["cut off", "100 bytes"]);
    let mut other = archive;
    other[8] = 200;
    assert_fails(&run(&other), 1, &["format 200", "compile the module again"]);

    assert_fails(&fulgurite(&["compile", &math]), 2, &["--output"]);
    assert_fails(&fulgurite(&["compile", &math, "-o", "no/such/folder/out"]), 1, &["no/such/folder/out"]);
    let invalid = file("uncompiled.wat", "(module (func (result i32) (i64.const 1)))");
    assert_fails(&fulgurite(&["compile", &invalid, "-o", &output]), 1, &["uncompiled.wat", "invalid module", "type mismatch"]);
}

#[test]
fn dis() {
    let math = file("dis.wat", MATH);
    let all = fulgurite(&["dis", &math]);
    assert_eq!(all.status, Some(0), "{}", all.stderr);
    for heading in ["function 0 add\n", "function 1 inner\n", "function 2 outer\n", "function 6 grow\n"] {
        assert!(all.stdout.contains(heading), "no {heading:?} in {}", all.stdout);
    }
    let one = fulgurite(&["dis", &math, "inner"]);
    assert!(one.stdout.starts_with("function 1 inner\n") && one.stdout.contains("I32DivS"), "{}", one.stdout);
    assert!(!one.stdout.contains("function 2"));
    for same in ["div", "outer", "2"] {
        assert!(fulgurite(&["dis", &math, same]).stdout.starts_with("function 2 outer\n"), "{same}");
    }
    assert_eq!(fulgurite(&["dis", "--no-fuse", &math]).status, Some(0));
    assert_fails(&fulgurite(&["dis", &math, "nobody"]), 1, &["dis.wat", "\"nobody\""]);
    assert_fails(&fulgurite(&["dis", &math, "7"]), 1, &["no function 7"]);
    assert_fails(&fulgurite(&["dis", &words(), "0"]), 1, &["imported"]);
}

#[test]
fn inspect() {
    let outcome = fulgurite(&["inspect", &words()]);
    assert_eq!(outcome.status, Some(0));
    for text in ["wasi_snapshot_preview1.fd_write: function [i32", "_start: function [] -> []", "memory: memory of ", "code", "producers"] {
        assert!(outcome.stdout.contains(text), "no {text:?} in {}", outcome.stdout);
    }
}

#[test]
fn wast() {
    let good = file("good.wast", format!("{MATH}\n(assert_return (invoke \"add\" (i32.const 1) (i32.const 2)) (i32.const 3))"));
    let script = "(module (func (export \"f\") (result i32) (i32.const 1)))\n\n(assert_return (invoke \"f\") (i32.const 2))\n(invoke \"f\")\n(invoke \"g\")";
    let bad = file("bad.wast", script);
    let outcome = fulgurite(&["wast", &good]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("\n2 passed, 0 failed\n"));
    let outcome = fulgurite(&["wast", &good, &bad]);
    assert_eq!(outcome.status, Some(1));
    let failure = "bad.wast:3: assert_return\n  expected (i32.const 2)\n  found    (i32.const 1)\n";
    assert!(outcome.stdout.contains(failure), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("bad.wast:5: invoke\n"));
    assert!(outcome.stdout.ends_with("\n4 passed, 2 failed\n"));

    let json = fulgurite(&["wast", "--json", &bad]);
    assert_eq!(json.status, Some(1));
    let reports: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&reports[0]["passed"], &reports[0]["failed"]), (&2.into(), &2.into()));
    let first =
        serde_json::json!({ "line": 3, "column": 2, "directive": "assert_return", "expected": "(i32.const 2)", "found": "(i32.const 1)" });
    assert_eq!(reports[0]["failures"][0], first);

    let many = file("many.wast", "(module)\n".to_owned() + &"(invoke \"f\")\n".repeat(12));
    assert!(fulgurite(&["wast", &many]).stdout.contains("2 more"));
    assert!(fulgurite(&["wast", "--all", &many]).stdout.contains("many.wast:13: invoke"));
    let latin = file("latin.wast", b"(module) ;; \xe9");
    assert_fails(&fulgurite(&["wast", &latin]), 1, &["UTF-8"]);
}
