//! A guest opens and closes for a long time: nothing of the host stays open, and nothing of the memory counted.
//!
//! `FULGURITE_WASI_OPENS` says how often. A test of its own, so that no other test opens anything meanwhile.

use fulgurite::{Engine, Linker, Module, Store};
use fulgurite_wasi::{Access, MemoryFs, WasiCtx, WasiCtxBuilder, add_to_linker};

/// Opens `f` for writing, writes, opens the directory, moves the one onto the other, closes, removes; as often as it is told.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "f.")
    ;; one region of 100 bytes at 64
    (data (i32.const 16) "\40\00\00\00\64\00\00\00")
    (func $done (param $errno i32) (if (local.get $errno) (then unreachable)))
    (func (export "run") (param $times i64)
        (loop $next
            (call $done (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1)
                (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 8)))
            (call $done (call $write (i32.const 4) (i32.const 16) (i32.const 1) (i32.const 12)))
            (call $done (call $open (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 2)
                (i64.const 0x4000) (i64.const 0) (i32.const 0) (i32.const 8)))
            (call $done (call $renumber (i32.const 5) (i32.const 4)))
            (call $done (call $close (i32.const 4)))
            (call $done (call $unlink (i32.const 3) (i32.const 0) (i32.const 1)))
            ;; what fails must not keep anything either: no file, a bad result cell, a closed number
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 0)
                (i64.const 0) (i64.const 0) (i32.const 0) (i32.const -1)))
            (drop (call $renumber (i32.const 3) (i32.const 4)))
            (br_if $next (i64.gt_s (local.tee $times (i64.sub (local.get $times) (i64.const 1))) (i64.const 0))))))"#;

/// Runs the guest with a grant.
fn run(builder: WasiCtxBuilder, times: i64) {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(GUEST).expect("the guest is well-formed")).expect("the guest is valid");
    let mut store = Store::new(&engine, builder.build().expect("the grants"));
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).expect("the functions");
    let instance = linker.instantiate(&mut store, &module).expect("an instance");
    let start = open_descriptors();
    let run = instance.get_typed_func::<i64, ()>(&store, "run").expect("the guest's function");
    run.call(&mut store, times).expect("every call does what it should");
    assert_eq!(open_descriptors(), start, "descriptors while the guest still lives");
}

/// How many descriptors this process has open, where that can be seen.
fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn nothing_stays_open() {
    let times = std::env::var("FULGURITE_WASI_OPENS").map_or(50_000, |times| times.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("g"), "below").expect("a file");
    let start = open_descriptors();
    run(WasiCtx::builder().directory(folder.path(), "/", Access::ReadWrite), times / 5);
    let (memory, overlay) =
        (MemoryFs::new(), MemoryFs::builder().over_host(folder.path()).expect("the folder").build().expect("an overlay"));
    for fs in [&memory, &overlay] {
        run(WasiCtx::builder().directory_in(fs, "/", Access::ReadWrite), times);
        assert_eq!((fs.usage().bytes, fs.usage().entries), (0, 0));
    }
    drop(overlay);
    assert_eq!(open_descriptors(), start, "descriptors when all is gone");
}
