//! `fulgurite run`: what each option grants, limits and explains, and how a guest ends.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Outcome, assert_fails, assert_prints, file, fulgurite, fulgurite_with, words};

/// A program: imports, data and the body of its start function. The exit function is `$exit`.
fn program(name: &str, imports: &[(&str, &str)], rest: &str) -> String {
    let imports: String = imports
        .iter()
        .map(|(function, ty)| format!("(import \"wasi_snapshot_preview1\" \"{function}\" (func ${function} {ty}))\n"))
        .collect();
    let text = format!(
        r#"(module {imports}
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            {rest})"#
    );
    file(name, text)
}

/// Exits with a random byte.
fn dice() -> String {
    program(
        "dice.wat",
        &[("random_get", "(param i32 i32) (result i32)")],
        r#"(func (export "_start") (drop (call $random_get (i32.const 0) (i32.const 1))) (call $exit (i32.load8_u (i32.const 0))))"#,
    )
}

/// Sleeps for so many nanoseconds, then exits with the tens and ones of the time of day's seconds.
fn sleeper(nanoseconds: i64) -> String {
    program(
        &format!("sleeper-{nanoseconds}.wat"),
        &[("poll_oneoff", "(param i32 i32 i32 i32) (result i32)"), ("clock_time_get", "(param i32 i64 i32) (result i32)")],
        &format!(
            r#"(data (i32.const 16) "\01")
            (func (export "_start")
                (i64.store (i32.const 24) (i64.const {nanoseconds}))
                (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
                (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 0)))
                (call $exit (i32.wrap_i64 (i64.rem_u (i64.div_u (i64.load (i32.const 0)) (i64.const 1000000000)) (i64.const 100)))))"#
        ),
    )
}

/// Starts `fulgurite`, with pipes for its streams.
fn start(args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fulgurite"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

fn finish(child: Child) -> Outcome {
    let output = child.wait_with_output().expect("the binary ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Outcome { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn help_is_in_sections() {
    let help = fulgurite(&["run", "--help"]).stdout;
    let mut last = 0;
    let sections = [
        "\nArguments:",
        "FILE",
        "\nOptions:",
        "\nWhat the guest gets of this machine:",
        "--dir",
        "--env-file",
        "--clock",
        "\nLimits:",
        "--timeout",
        "Examples:",
    ];
    for section in sections {
        let place = help[last..].find(section).unwrap_or_else(|| panic!("no {section:?} after the others in {help}"));
        last += place;
    }
}

#[test]
fn folders_with_the_guests_path_first() {
    let text = file("mapdir/text.txt", "one two two\n");
    let folder = text.strip_suffix("/text.txt").unwrap();
    let counted = "      2 two\n      1 one\n      3 words, 2 different\n";
    assert_prints(&fulgurite(&["run", "--mapdir", &format!("/in::{folder}"), &words(), "/in/text.txt"]), counted);
    assert_prints(&fulgurite(&["run", "--mapdir", &format!("/in::{folder}:ro"), &words(), "/in/text.txt"]), counted);
    assert_fails(&fulgurite(&["run", "--mapdir", "/in::no/such/folder", &words()]), 1, &["--mapdir /in::no/such/folder: "]);
    assert_fails(&fulgurite(&["run", "--dir", &text, &words()]), 1, &["--dir ", "text.txt", "is no folder"]);
}

#[test]
fn a_guest_that_changes_an_overlay_leaves_the_folder_as_it_was() {
    // Removes `old`, makes the folder `new`, and exits with the sum of both error numbers, and 100 more if `old` can be made then.
    let changer = program(
        "changer.wat",
        &[("path_unlink_file", "(param i32 i32 i32) (result i32)"), ("path_create_directory", "(param i32 i32 i32) (result i32)")],
        r#"(data (i32.const 0) "old") (data (i32.const 8) "new")
        (func (export "_start")
            (call $exit (i32.add
                (i32.add (call $path_unlink_file (i32.const 3) (i32.const 0) (i32.const 3))
                    (call $path_create_directory (i32.const 3) (i32.const 8) (i32.const 3)))
                (select (i32.const 0) (i32.const 100) (call $path_create_directory (i32.const 3) (i32.const 0) (i32.const 3))))))"#,
    );
    let old = file("overlaid/old", "old");
    let folder = old.strip_suffix("/old").unwrap();
    for (flag, value) in
        [("--dir", format!("{folder}::/:overlay")), ("--dir", format!("{folder}:overlay")), ("--mapdir", format!("/::{folder}:overlay"))]
    {
        assert_eq!(fulgurite(&["run", flag, &value, &changer]).status, Some(100), "{flag} {value}");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
        assert_eq!(std::fs::read(&old).unwrap(), b"old");
    }
    assert_fails(&fulgurite(&["run", "--dir", "no/such/folder:overlay", &words()]), 1, &["--dir no/such/folder:overlay: "]);
    assert_fails(&fulgurite(&["run", "--file", &format!("{old}:overlay"), &words()]), 2, &["--file ", ":overlay is for folders"]);
}

#[test]
fn single_files() {
    let text = file("single/text.txt", "one two two\n");
    let counted = "      2 two\n      1 one\n      3 words, 2 different\n";
    file("single/other.txt", "not granted");
    let grant = format!("{text}::/in/words.txt:ro");
    assert_prints(&fulgurite(&["run", "--file", &grant, &words(), "/in/words.txt"]), counted);
    assert_prints(&fulgurite(&["run", "--file", &text, &words(), &text]), counted);
    assert_fails(&fulgurite(&["run", "--file", &grant, &words(), "/in/other.txt"]), 1, &["other.txt"]);
    assert_fails(&fulgurite(&["run", "--file", "no/such.txt", &words()]), 1, &["--file no/such.txt: "]);
    let folder = text.strip_suffix("/text.txt").unwrap();
    assert_fails(&fulgurite(&["run", "--file", folder, &words()]), 1, &["--file ", "is a folder", "--dir"]);
}

#[test]
fn variables_from_a_file() {
    // Writes all variables, each with its NUL.
    let environ = program(
        "environ-all.wat",
        &[
            ("environ_sizes_get", "(param i32 i32) (result i32)"),
            ("environ_get", "(param i32 i32) (result i32)"),
            ("fd_write", "(param i32 i32 i32 i32) (result i32)"),
        ],
        r#"(func (export "_start")
            (drop (call $environ_sizes_get (i32.const 0) (i32.const 12)))
            (drop (call $environ_get (i32.const 100) (i32.const 1000)))
            (i32.store (i32.const 8) (i32.const 1000))
            (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 4))))"#,
    );
    let variables = file("variables.env", "# a comment\nA=1\n\n  # and another\nB=x = y\nFULGURITE_TEST\nC=\n");
    assert_prints(
        &fulgurite(&["run", "--env", "A=2", "--env-file", &variables, &environ]),
        "A=2\0B=x = y\0FULGURITE_TEST=from outside\0C=\0",
    );
    let unset = file("unset.env", "A=1\nNOT_SET_ANYWHERE_2\n");
    assert_fails(&fulgurite(&["run", "--env-file", &unset, &environ]), 2, &["--env-file ", "unset.env:2: ", "NOT_SET_ANYWHERE_2"]);
    assert_fails(&fulgurite(&["run", "--env-file", "no/such.env", &environ]), 1, &["--env-file no/such.env: "]);
    assert_fails(&fulgurite(&["run", "--env", "=x", &environ]), 2, &["--env =x: ", "name"]);
}

#[test]
fn streams_from_and_to_files() {
    let input = file("streams-in.txt", "b a b\n");
    let output = file("streams-out.txt", "old contents that are longer than the new ones, by far, so that what is left of them would show");
    assert_prints(&fulgurite(&["run", "--stdin", &input, "--stdout", &output, &words()]), "");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "      2 b\n      1 a\n      3 words, 2 different\n");
    let both = fulgurite(&["run", "--stdin", &input, "--stdout", &output, "--stderr", &output, &words(), "missing"]);
    assert_eq!((both.status, both.stdout.as_str(), both.stderr.as_str()), (Some(1), "", ""));
    assert!(std::fs::read_to_string(&output).unwrap().contains("words: missing: "));
    for flag in ["--stdin", "--stdout", "--stderr"] {
        assert_fails(&fulgurite(&["run", flag, "no/such/file", &words()]), 1, &[&format!("{flag} no/such/file: ")]);
    }
}

/// Accepts one connection on the first descriptor after the streams, sends back what comes first, and exits with `LISTEN_FDS`.
fn server() -> String {
    program(
        "server.wat",
        &[
            ("sock_accept", "(param i32 i32 i32) (result i32)"),
            ("sock_recv", "(param i32 i32 i32 i32 i32 i32) (result i32)"),
            ("sock_send", "(param i32 i32 i32 i32 i32) (result i32)"),
            ("environ_get", "(param i32 i32) (result i32)"),
        ],
        r#"(data (i32.const 0) "\00\04\00\00\00\01\00\00")
        (func (export "_start") (local $fd i32)
            (if (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 16)) (then unreachable))
            (local.set $fd (i32.load (i32.const 16)))
            (if (call $sock_recv (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4) (i32.const 16)) (then unreachable))
            (if (call $sock_send (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16)) (then unreachable))
            ;; LISTEN_FDS=n is the only variable
            (drop (call $environ_get (i32.const 100) (i32.const 200)))
            (call $exit (i32.sub (i32.load8_u (i32.const 211)) (i32.const 48))))"#,
    )
}

/// Sends a greeting and checks that it comes back.
fn greet(mut client: TcpStream) {
    client.write_all(b"greeting").unwrap();
    let mut answer = [0; 8];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"greeting");
}

#[test]
fn a_listening_socket() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let child = start(&["run", "--timeout", "60s", "--tcp-listen", &address.to_string(), &server()]);
    let begin = Instant::now();
    let client = loop {
        match TcpStream::connect(address) {
            Ok(client) => break client,
            Err(error) if begin.elapsed() > Duration::from_secs(30) => panic!("{error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    greet(client);
    let outcome = finish(child);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), ""));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_fails(&fulgurite(&["run", "--tcp-listen", &address, &server()]), 1, &[&format!("--tcp-listen {address}: ")]);
    assert_fails(&fulgurite(&["run", "--tcp-listen", "nonsense", &server()]), 1, &["--tcp-listen nonsense: "]);
}

#[cfg(unix)]
#[test]
fn sockets_that_were_passed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = server();
    let child = Command::new("sh")
        .args(["-c", "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_fulgurite")])
        .args(["run", "--timeout", "60s", "--listenfd", &server])
        .stdin(std::os::fd::OwnedFd::from(listener))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    greet(TcpStream::connect(address).unwrap());
    let outcome = finish(child);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(1), ""));
    assert_fails(&fulgurite(&["run", "--listenfd", &server]), 1, &["--listenfd: ", "LISTEN_FDS"]);
}

#[test]
fn a_seed_repeats_random_bytes() {
    let dice = dice();
    let throw = |seed: &str| fulgurite(&["run", "--seed", seed, &dice]).status.unwrap();
    assert_eq!(throw("7"), throw("7"));
    let throws: Vec<i32> = ["1", "2", "3", "4"].map(throw).into();
    assert!(throws.iter().any(|throw| *throw != throws[0]), "{throws:?}");
    assert_fails(&fulgurite(&["run", "--seed", "x", &dice]), 2, &["--seed", "x"]);
}

#[test]
fn clocks_of_all_kinds() {
    // 42 minutes after 1970, and an hour of sleep.
    let hour = sleeper(3_600_000_000_000);
    let status = |clock: &str| fulgurite(&["run", "--clock", clock, &hour]).status;
    assert_eq!(status("fixed:1970-01-01T00:00:42Z"), Some(42), "an hour has no seconds over");
    assert_eq!(status("step:1s@1970-01-01T00:00:07Z"), Some(7));
    assert_eq!(status("fixed:17"), Some(17));
    let short = sleeper(1_000_000);
    assert!(fulgurite(&["run", "--clock", "offset:-24h", &short]).status.is_some_and(|status| status < 100));
    for bad in ["never", "fixed:yesterday", "step:soon", "offset:x"] {
        assert_fails(&fulgurite(&["run", "--clock", bad, &short]), 2, &["--clock", bad]);
    }
}

#[test]
fn limits_of_what_is_open_and_written() {
    let outcome = fulgurite_with(&["run", "--explain-denied", "--max-written-bytes", "20", &words()], b"a b c");
    assert!(outcome.stdout.len() == 20 && outcome.stderr.contains("--max-written-bytes"), "{} {}", outcome.stdout, outcome.stderr);
    assert_fails(&fulgurite(&["run", "--max-open-files", "3", "--dir", ".", &words()]), 1, &["descriptors", "3"]);
    let text = file("open/text.txt", "x");
    let folder = format!("{}::/in", text.strip_suffix("/text.txt").unwrap());
    assert_fails(&fulgurite(&["run", "--max-open-files", "4", "--dir", &folder, &words(), "/in/text.txt"]), 1, &["text.txt"]);
    assert_eq!(fulgurite(&["run", "--max-open-files", "5", "--dir", &folder, &words(), "/in/text.txt"]).status, Some(0));
    let table =
        file("table.wat", r#"(module (table 1 funcref) (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 9))))"#);
    assert_prints(&fulgurite(&["run", "--invoke", "grow", &table]), "1\n");
    assert_prints(&fulgurite(&["run", "--max-table", "9", "--invoke", "grow", &table]), "-1\n");
}

#[test]
fn a_timeout_ends_what_waits_and_what_runs() {
    let begin = Instant::now();
    let asleep = fulgurite(&["run", "--timeout", "50ms", &sleeper(i64::MAX)]);
    assert_fails(&asleep, 124, &["sleeper", "time is up", "--timeout", "function 3"]);
    let endless = file("endless.wat", r#"(module (func (export "_start") (loop $again (br $again))))"#);
    assert_fails(&fulgurite(&["run", "--timeout", "0.05", &endless]), 124, &["endless.wat", "time is up", "--timeout"]);
    // Standard input that stays open.
    let mut reading = start(&["run", "--timeout", "50ms", &words()]);
    let _input = reading.stdin.take();
    assert_fails(&finish(reading), 124, &["time is up"]);
    assert!(begin.elapsed() < Duration::from_secs(60));
    assert_eq!(fulgurite(&["run", "--timeout", "1h", &words()]).status, Some(0));
    assert_fails(&fulgurite(&["run", "--max-wait", "20ms", &sleeper(i64::MAX)]), 1, &["--max-wait"]);
    assert_fails(&fulgurite(&["run", "--timeout", "soon", &endless]), 2, &["--timeout", "soon", "500ms"]);
}

#[test]
fn refusals_are_explained() {
    let calls = [("path_create_directory", "(param i32 i32 i32) (result i32)"), ("path_unlink_file", "(param i32 i32 i32) (result i32)")];
    let climber = program(
        "climber.wat",
        &calls,
        r#"(data (i32.const 0) "../x") (data (i32.const 8) "/etc/passwd") (data (i32.const 32) "new")
        (func (export "_start")
            (drop (call $path_create_directory (i32.const 3) (i32.const 0) (i32.const 4)))
            (drop (call $path_create_directory (i32.const 3) (i32.const 0) (i32.const 4)))
            (drop (call $path_unlink_file (i32.const 3) (i32.const 8) (i32.const 11)))
            (drop (call $path_create_directory (i32.const 4) (i32.const 32) (i32.const 3)))
            (call $exit (i32.const 1)))"#,
    );
    let text = file("explained/text.txt", "x");
    let folder = text.strip_suffix("/text.txt").unwrap();
    let (writable, read_only) = (format!("{folder}::/a"), format!("{folder}::/b:ro"));
    let run = |explain: &[&str]| fulgurite(&[&["run", "--dir", &writable, "--dir", &read_only], explain, &[&climber]].concat());
    let outcome = run(&["--explain-denied"]);
    assert_fails(
        &outcome,
        1,
        &[
            "denied: path_create_directory \"../x\" in \"/a\"",
            "denied: path_unlink_file \"/etc/passwd\" in \"/a\"",
            "--dir /etc grants",
            "denied: path_create_directory \"new\" in \"/b\"",
            "without :ro",
            "was given /a, /b;",
        ],
    );
    assert_eq!(outcome.stderr.matches("../x").count(), 1, "each case once");
    assert_eq!(run(&[]).stderr, "");
}

#[test]
fn signals_of_the_guest_become_a_status() {
    let raise = program(
        "raise.wat",
        &[("proc_raise", "(param i32) (result i32)")],
        r#"(func (export "_start") (drop (call $proc_raise (i32.const 15))))"#,
    );
    assert_eq!(fulgurite(&["run", &raise]).status, Some(143));
}

/// Writes a line without its end, again and again, with a pause of so many nanoseconds before each but the first.
#[cfg(unix)]
fn ticker(nanoseconds: i64) -> String {
    program(
        &format!("ticker-{nanoseconds}.wat"),
        &[("poll_oneoff", "(param i32 i32 i32 i32) (result i32)"), ("fd_write", "(param i32 i32 i32 i32) (result i32)")],
        &format!(
            r#"(data (i32.const 16) "\01") (data (i32.const 200) "\d0\00\00\00\04\00\00\00tick")
            (func (export "_start")
                (loop $again
                    (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 300)))
                    (i64.store (i32.const 24) (i64.const {nanoseconds}))
                    (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
                    (br $again)))"#
        ),
    )
}

#[cfg(unix)]
#[test]
fn output_is_not_held_back_and_interruption_is_that_of_a_native_program() {
    use std::os::unix::process::ExitStatusExt as _;
    let mut child = start(&["run", &ticker(i64::MAX)]);
    let mut tick = [0; 4];
    child.stdout.as_mut().unwrap().read_exact(&mut tick).unwrap();
    assert_eq!(&tick, b"tick");
    let id = child.id().to_string();
    let send = |signal: &str| {
        let status = Command::new("kill").args([signal, id.as_str()]).status().unwrap();
        assert!(status.success());
    };
    send("-INT");
    let interrupted = !ignores_interruption();
    if !interrupted {
        send("-TERM");
    }
    assert_eq!(child.wait().unwrap().signal(), Some(if interrupted { 2 } else { 15 }));
}

/// Whether this process was started with interruptions ignored, as a shell starts what runs in the background; programs that it starts inherit that.
#[cfg(unix)]
fn ignores_interruption() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> 1 & 1 != 0)
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_ends_the_guest() {
    let mut child = start(&["run", "--timeout", "60s", &ticker(1_000_000)]);
    drop(child.stdout.take());
    let outcome = finish(child);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(141), ""));
}
