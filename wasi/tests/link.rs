//! The functions as a module sees them: registered, typed, with a memory, and ending the program.

use std::time::Duration;

use fulgurite::{Engine, Error, ErrorKind, Linker, Module, Store};
use fulgurite_wasi::{Access, Errno, Input, InterruptHandle, Interruption, Output, OutputPipe, WasiCtx, add_to_linker};

/// Instantiates a module of the text format and calls its `_start`.
fn run(ctx: WasiCtx, text: &str) -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(text).expect("the test's module"))?;
    let mut store = Store::new(&engine, (1_u8, ctx));
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |data: &mut (u8, WasiCtx)| &mut data.1)?;
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ())
}

fn empty() -> WasiCtx {
    WasiCtx::builder().build().expect("no grants")
}

#[test]
fn exit_statuses_reach_the_host() {
    for status in [0, 1, 42, 255, -1] {
        let error = run(
            empty(),
            &format!(
                r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                    (func (export "_start") (call $exit (i32.const {status}))))"#
            ),
        )
        .unwrap_err();
        assert_eq!((error.kind(), error.exit_status()), (ErrorKind::Exit, Some(status)));
    }
}

#[test]
fn signals_end_the_guest_with_the_status_of_a_shell() {
    let error = run(
        empty(),
        r#"(module (import "wasi_unstable" "proc_raise" (func $raise (param i32) (result i32)))
            (func (export "_start")
                (if (i32.ne (call $raise (i32.const 99)) (i32.const 28)) (then unreachable))
                (if (call $raise (i32.const 16)) (then unreachable))
                (drop (call $raise (i32.const 6)))))"#,
    )
    .unwrap_err();
    assert_eq!(error.exit_status(), Some(134));
}

#[test]
fn a_module_without_memory_is_told_so() {
    for memory in ["", r#"(memory (export "mem") 1)"#, r#"(global (export "memory") i32 (i32.const 0))"#] {
        let error = run(
            empty(),
            &format!(
                r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
                    {memory} (func (export "_start") (drop (call $yield))))"#
            ),
        )
        .unwrap_err();
        assert!(error.to_string().contains("export a memory named `memory`"), "{error}");
    }
}

#[test]
fn a_module_with_64_bit_addresses_is_told_so() {
    // Wherever it has WASI write: the low half of an address is not what the guest means.
    for memory in ["(memory (export \"memory\") i64 1)", "(memory (export \"memory\") i64 1 1 shared)"] {
        let error = run(
            empty(),
            &format!(
                r#"(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
                    {memory} (func (export "_start") (drop (call $random (i32.wrap_i64 (i64.const 0x1_0000_0000)) (i32.const 8)))))"#
            ),
        )
        .unwrap_err();
        assert!(error.to_string().contains("64-bit addresses"), "{error}");
    }
    // A function that takes such addresses is another function.
    let error = run(
        empty(),
        r#"(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i64 i64) (result i32)))
            (memory (export "memory") i64 1) (func (export "_start")))"#,
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unlinkable);
    assert!(error.to_string().contains("random_get"), "{error}");
}

#[test]
fn invalid_flags_are_an_error_number() {
    run(
        empty(),
        r#"(module
            (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $flags (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_advise" (func $advise (param i32 i64 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "_start")
                (if (i32.ne (call $flags (i32.const 0) (i32.const 32)) (i32.const 28)) (then unreachable))
                (if (i32.ne (call $flags (i32.const 0) (i32.const 0x10001)) (i32.const 28)) (then unreachable))
                (if (i32.ne (call $advise (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 6)) (i32.const 28)) (then unreachable))
                (if (i32.ne (call $time (i32.const 4) (i64.const 0) (i32.const 0)) (i32.const 28)) (then unreachable))))"#,
    )
    .unwrap();
}

#[test]
fn the_older_interface_numbers_whence_in_its_own_way() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), "0123456789").unwrap();
    let ctx = WasiCtx::builder().directory(folder.path(), "/", Access::ReadOnly).build().unwrap();
    run(
        ctx,
        r#"(module
            (import "wasi_unstable" "path_open"
                (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "wasi_unstable" "fd_seek" (func $old (param i32 i64 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_seek" (func $new (param i32 i64 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "f")
            (func $expect (param $errno i32) (param $position i64)
                (if (local.get $errno) (then unreachable))
                (if (i64.ne (i64.load (i32.const 16)) (local.get $position)) (then unreachable)))
            (func (export "_start")
                ;; read, seek, tell
                (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
                        (i64.const 0x26) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
                (call $expect (call $old (i32.const 4) (i64.const -3) (i32.const 1) (i32.const 16)) (i64.const 7))
                (call $expect (call $old (i32.const 4) (i64.const 1) (i32.const 0) (i32.const 16)) (i64.const 8))
                (call $expect (call $old (i32.const 4) (i64.const 2) (i32.const 2) (i32.const 16)) (i64.const 2))
                (call $expect (call $new (i32.const 4) (i64.const -3) (i32.const 2) (i32.const 16)) (i64.const 7))
                (call $expect (call $new (i32.const 4) (i64.const 1) (i32.const 1) (i32.const 16)) (i64.const 8))
                (call $expect (call $new (i32.const 4) (i64.const 2) (i32.const 0) (i32.const 16)) (i64.const 2))))"#,
    )
    .unwrap();
}

#[test]
fn input_is_copied_to_output() {
    let output = OutputPipe::new();
    let ctx = WasiCtx::builder().stdin(Input::bytes("some input")).stdout(Output::pipe(&output)).build().unwrap();
    run(
        ctx,
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "_start")
                (loop $next
                    ;; at most 3 bytes at 100
                    (i32.store (i32.const 0) (i32.const 100))
                    (i32.store (i32.const 4) (i32.const 3))
                    (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)) (then unreachable))
                    (if (i32.eqz (i32.load (i32.const 4))) (then return))
                    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
                    (br $next))))"#,
    )
    .unwrap();
    assert_eq!(output.take(), b"some input");
}

#[test]
fn functions_are_not_replaced_silently() {
    let engine = Engine::default();
    let mut linker = Linker::<WasiCtx>::new(&engine);
    add_to_linker(&mut linker, |ctx| ctx).unwrap();
    assert!(add_to_linker(&mut linker, |ctx| ctx).is_err());
}

#[test]
fn contexts_can_move_between_threads() {
    fn assert_send<T: Send>() {}
    assert_send::<WasiCtx>();
}

#[test]
fn a_deadline_ends_the_guest_with_an_error_of_its_kind() {
    // Makes calls that do not wait, without end.
    let text = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (loop $again (br_if $again (i32.eqz (call $yield))))))"#;
    let error = run(WasiCtx::builder().timeout(Duration::from_millis(20)).build().unwrap(), text).unwrap_err();
    assert_eq!((error.kind(), error.downcast_ref()), (ErrorKind::Host, Some(&Interruption::Deadline)));
    let handle = InterruptHandle::new().unwrap();
    handle.interrupt();
    let error = run(WasiCtx::builder().interrupt(&handle).build().unwrap(), text).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Interruption::Interrupted));
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_ends_the_guest_if_wanted() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\08\00\00\00\01\00\00\00x")
        (func (export "_start")
            (if (i32.ne (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 64)) (then unreachable))))"#;
    let closed = || {
        let (_, writer) = std::io::pipe().unwrap();
        Output::file(std::fs::File::from(std::os::fd::OwnedFd::from(writer)))
    };
    run(WasiCtx::builder().stdout(closed()).build().unwrap(), text).unwrap();
    let error = run(WasiCtx::builder().stdout(closed()).broken_pipe_status(141).build().unwrap(), text).unwrap_err();
    assert_eq!(error.exit_status(), Some(141));
}

#[test]
fn refusals_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let ctx = WasiCtx::builder()
        .directory(folder.path(), "/data", Access::ReadOnly)
        .path_limit(8)
        .on_refusal(move |refusal| sender.send(refusal.clone()).unwrap())
        .build()
        .unwrap();
    run(
        ctx,
        r#"(module
            (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "../x") (data (i32.const 8) "new") (data (i32.const 16) "too/long/")
            (func (export "_start")
                (drop (call $mkdir (i32.const 3) (i32.const 8) (i32.const 3)))
                ;; what does not exist, and a path that is too long, are no refusals
                (drop (call $unlink (i32.const 9) (i32.const 8) (i32.const 3)))
                (if (i32.ne (call $unlink (i32.const 3) (i32.const 16) (i32.const 9)) (i32.const 37)) (then unreachable))
                (drop (call $rename (i32.const 3) (i32.const 8) (i32.const 3) (i32.const 3) (i32.const 0) (i32.const 4)))))"#,
    )
    .unwrap();
    let refusals: Vec<_> = receiver.try_iter().collect();
    let names: Vec<_> = refusals.iter().map(|refusal| (refusal.call, refusal.errno, refusal.paths.len())).collect();
    assert_eq!(names, [("path_create_directory", Errno::Rofs, 1), ("path_rename", Errno::Rofs, 2)]);
    assert_eq!((refusals[0].paths[0].directory.as_deref(), refusals[0].paths[0].path.as_str()), (Some("/data"), "new"));
    assert_eq!(refusals[1].paths[1].to_string(), r#""../x" in "/data""#);
}
