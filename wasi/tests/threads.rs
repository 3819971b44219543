//! wasi-threads: guests start threads that share a memory and the context, within the embedder's bounds.

use std::sync::{Arc, Mutex};

use fulgurite::{Engine, Error, Linker, Module, Store};
use fulgurite_wasi::{Output, OutputPipe, Threads, WasiCtx, add_shared_to_linker};

/// Starts four threads, each of which writes a line and counts itself; waits until as many as were started have. Gives how many were refused.
const GUEST: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (export "memory" (memory 0))
    (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
    (func (export "wasi_thread_start") (param $number i32) (param $argument i32)
        (if (i32.eq (local.get $argument) (i32.const 99)) (then (call $exit (i32.const 7))))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
        (drop (memory.atomic.wait32 (i32.const 128) (i32.const 0) (i64.const -1)))
        (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
        (drop (memory.atomic.notify (i32.const 64) (i32.const 1))))
    (func (export "run") (param $argument i32) (result i32) (local $i i32) (local $refused i32) (local $done i32)
        (loop (local.set $refused (i32.add (local.get $refused) (i32.lt_s (call $spawn (local.get $argument)) (i32.const 0))))
            (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
        (i32.atomic.store (i32.const 128) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 128) (i32.const -1)))
        (loop $again
            (local.set $done (i32.atomic.load (i32.const 64)))
            (if (i32.lt_u (i32.add (local.get $done) (local.get $refused)) (i32.const 4))
                (then (drop (memory.atomic.wait32 (i32.const 64) (local.get $done) (i64.const 10000000))) (br $again))))
        (local.get $refused)))"#;

/// Runs the guest with at most `most` threads; gives how many it was refused, what was written, and the statuses with which threads ended it.
fn run(most: u32, argument: i32) -> (i32, Vec<u8>, Vec<Option<i32>>) {
    let (engine, output) = (Engine::default(), OutputPipe::new());
    let module = Module::new(&engine, GUEST).unwrap();
    let ctx = Arc::new(Mutex::new(WasiCtx::builder().stdout(Output::pipe(&output)).build().unwrap()));
    let mut linker = Linker::new(&engine);
    add_shared_to_linker(&mut linker, |ctx: &mut Arc<Mutex<WasiCtx>>| ctx).unwrap();
    let ended = Arc::new(Mutex::new(Vec::new()));
    let (own, statuses) = (ctx.clone(), ended.clone());
    let failed = move |error: Error| statuses.lock().unwrap().push(error.exit_status());
    let threads = Threads::new(&module, most, move |engine| Store::new(engine, own.clone()), failed);
    threads.add_to_linker(&mut linker).unwrap();
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let memory = instance.get_shared_memory(&store, "memory").unwrap();
    if argument == 99 {
        // Threads that end the program do not count themselves.
        memory.write(64, &[4]).unwrap();
    }
    let refused = instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, argument).unwrap();
    while argument == 99 && ended.lock().unwrap().len() < 4 {
        std::thread::yield_now();
    }
    let ended = ended.lock().unwrap().clone();
    (refused, output.contents(), ended)
}

#[test]
fn threads_share_memory_and_context() {
    let (refused, output, ended) = run(4, 1);
    assert_eq!((refused, ended), (0, vec![]));
    assert_eq!(output, b"hello\n".repeat(4));
}

#[test]
fn no_more_threads_than_allowed() {
    let (refused, output, _) = run(3, 1);
    assert_eq!((refused, output.len()), (1, 18));
    assert_eq!(run(0, 1).0, 4);
}

#[test]
fn embedders_hear_of_exits() {
    assert_eq!(run(4, 99).2, vec![Some(7); 4]);
}
