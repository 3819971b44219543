//! wasi-threads: guests start threads that share a memory and the context, within the embedder's bounds.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use fulgurite::{Engine, Error, Linker, Module, Store};
use fulgurite_wasi::{
    Input, InputPipe, InterruptHandle, Interruption, Output, OutputPipe, Threads, WasiCtx, WasiCtxBuilder, add_shared_to_linker,
};

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

/// Starts a thread that waits as its argument says: 0 sleeps for an hour, 1 reads standard input, 2 polls for it, 3 sleeps for a second, 5 reads while the
/// first thread closes it. It tells when it is about to, and, where its wait ends, writes what came of it: the error number and how many bytes or events
/// there were. `run` writes a line meanwhile, and returns.
const WAITS: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (export "memory" (memory 0))
    (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
    (data (i32.const 32) "\00\04\00\00\64\00\00\00")
    (data (i32.const 272) "\01")
    (data (i32.const 328) "\01")
    (func (export "wasi_thread_start") (param $number i32) (param $argument i32) (local $errno i32)
        (i64.store (i32.const 280) (select (i64.const 1000000000) (i64.const 3600000000000) (i32.eq (local.get $argument) (i32.const 3))))
        (i32.atomic.store (i32.const 64) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 64) (i32.const 1)))
        (local.set $errno
            (if (result i32) (i32.eq (i32.and (local.get $argument) (i32.const 3)) (i32.const 1))
                (then (call $read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 48)))
                (else (call $poll
                    (select (i32.const 320) (i32.const 256) (i32.eq (local.get $argument) (i32.const 2)))
                    (i32.const 512) (i32.const 1) (i32.const 48)))))
        (i32.store8 (i32.const 8) (i32.add (i32.const 48) (local.get $errno)))
        (i32.store8 (i32.const 9) (i32.add (i32.const 48) (i32.load (i32.const 48))))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 52))))
    (func (export "run") (param $argument i32) (result i32)
        (if (i32.lt_s (call $spawn (local.get $argument)) (i32.const 0)) (then (unreachable)))
        (drop (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const -1)))
        (if (i32.eq (local.get $argument) (i32.const 5)) (then (drop (call $close (i32.const 0)))))
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 56))))"#;

/// Runs [`WAITS`]; gives what was written while the thread was waiting, and, after `wake`, what ended the thread and what was written in all.
fn run_waiting(argument: i32, ctx: WasiCtxBuilder, wake: impl FnOnce()) -> (Vec<u8>, Option<Interruption>, Vec<u8>) {
    let (engine, output) = (Engine::default(), OutputPipe::new());
    let module = Module::new(&engine, WAITS).unwrap();
    let ctx = Arc::new(Mutex::new(ctx.stdout(Output::pipe(&output)).build().unwrap()));
    let mut linker = Linker::new(&engine);
    add_shared_to_linker(&mut linker, |ctx: &mut Arc<Mutex<WasiCtx>>| ctx).unwrap();
    let (own, (failed, failures)) = (ctx.clone(), mpsc::channel());
    let failed = Mutex::new(failed);
    let threads = Threads::new(
        &module,
        1,
        move |engine| Store::new(engine, own.clone()),
        move |error: Error| failed.lock().unwrap().send(error.downcast_ref::<Interruption>().copied()).unwrap(),
    );
    threads.add_to_linker(&mut linker).unwrap();
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, argument).unwrap(), 0);
    // For as long as it takes the thread to begin to wait.
    std::thread::sleep(Duration::from_millis(50));
    let meanwhile = output.contents();
    wake();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        match failures.recv_timeout(Duration::from_millis(10)) {
            Ok(failure) => return (meanwhile, failure, output.contents()),
            // Both lines.
            Err(_) if output.contents().len() == 12 => return (meanwhile, None, output.contents()),
            Err(_) => {}
        }
    }
    panic!("the thread does not go on");
}

#[test]
fn a_thread_that_reads_or_polls_lets_others_call() {
    for argument in [1, 2] {
        let pipe = InputPipe::new().unwrap();
        let other = pipe.clone();
        let (meanwhile, failure, output) = run_waiting(argument, WasiCtx::builder().stdin(Input::pipe(&pipe)), move || other.write(b"abc"));
        assert_eq!((&meanwhile[..], failure), (&b"hello\n"[..], None));
        // No error, and three bytes or one event.
        let expected = if argument == 1 { &b"hello\n03llo\n"[..] } else { b"hello\n01llo\n" };
        assert_eq!(output, expected, "{argument}");
    }
}

#[test]
fn a_thread_that_sleeps_lets_others_call_and_wakes_in_time() {
    let start = Instant::now();
    let (meanwhile, failure, output) = run_waiting(3, WasiCtx::builder(), || ());
    assert_eq!((&meanwhile[..], failure, &output[..]), (&b"hello\n"[..], None, &b"hello\n01llo\n"[..]));
    assert!(start.elapsed() >= Duration::from_secs(1) && start.elapsed() < Duration::from_secs(30));
}

#[test]
fn bounds_reach_threads_that_wait() {
    for argument in [0, 1, 2] {
        let (handle, pipe) = (InterruptHandle::new().unwrap(), InputPipe::new().unwrap());
        let other = handle.clone();
        let builder = || WasiCtx::builder().stdin(Input::pipe(&pipe));
        let (meanwhile, failure, _) = run_waiting(argument, builder().interrupt(&handle), move || other.interrupt());
        assert_eq!((&meanwhile[..], failure), (&b"hello\n"[..], Some(Interruption::Interrupted)), "{argument}");
        let limit = Duration::from_millis(300);
        let (_, failure, output) = run_waiting(argument, builder().waiting_limit(limit), || ());
        assert_eq!((&output[..], failure), (&b"hello\n"[..], Some(Interruption::WaitingLimit)), "{argument}");
    }
}

#[test]
fn a_function_that_has_nothing_yet_is_asked_again_without_the_context() {
    let (mut asked, (send, receive)) = (0, mpsc::channel::<()>());
    let receive = Mutex::new(receive);
    let input = Input::callback(move |buffer| {
        asked += 1;
        if asked > 1000 && receive.lock().unwrap().try_recv().is_ok() {
            buffer[..2].copy_from_slice(b"ab");
            return Ok(2);
        }
        Err(std::io::ErrorKind::WouldBlock.into())
    });
    let (meanwhile, failure, output) = run_waiting(1, WasiCtx::builder().stdin(input), move || send.send(()).unwrap());
    assert_eq!((&meanwhile[..], failure, &output[..]), (&b"hello\n"[..], None, &b"hello\n02llo\n"[..]));
}

#[test]
fn a_descriptor_that_is_closed_while_a_thread_waits_for_it_is_gone() {
    let pipe = InputPipe::new().unwrap();
    let other = pipe.clone();
    let (_, failure, output) = run_waiting(5, WasiCtx::builder().stdin(Input::pipe(&pipe)), move || other.write(b"abc"));
    // `EBADF`, and nothing read; perhaps before the first thread has written.
    assert!(failure.is_none() && output.ends_with(b"80llo\n"), "{output:?}");
    assert_eq!(pipe.unread(), 3);
}

#[test]
fn a_read_that_waits_for_all_keeps_what_came_before_others_had_the_context() {
    use std::io::Write;
    const RECEIVES: &str = r#"(module
        (import "wasi_snapshot_preview1" "sock_recv" (func $receive (param i32 i32 i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1 1 shared)
        (data (i32.const 0) "\80\00\00\00\04\00\00\00\90\00\00\00\04\00\00\00")
        (func (export "run") (result i32) (call $receive (i32.const 3) (i32.const 0) (i32.const 2) (i32.const 2) (i32.const 32) (i32.const 36))))"#;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let ctx = WasiCtx::builder().tcp_stream(listener.accept().unwrap().0).build().unwrap();
    let (engine, ctx) = (Engine::default(), Arc::new(Mutex::new(ctx)));
    let module = Module::new(&engine, RECEIVES).unwrap();
    let mut linker = Linker::new(&engine);
    add_shared_to_linker(&mut linker, |ctx: &mut Arc<Mutex<WasiCtx>>| ctx).unwrap();
    let mut store = Store::new(&engine, ctx.clone());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let memory = instance.get_shared_memory(&store, "memory").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for piece in ["a", "bcd", "ef", "gh"] {
                // The others have the context, also when something has come already.
                assert!(ctx.lock().is_ok());
                peer.write_all(piece.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(30));
            }
        });
        assert_eq!(instance.get_typed_func::<(), i32>(&store, "run").unwrap().call(&mut store, ()).unwrap(), 0);
    });
    let (mut bytes, mut count) = ([0; 20], [0; 4]);
    memory.read(0x80, &mut bytes).unwrap();
    memory.read(32, &mut count).unwrap();
    assert_eq!((&bytes[..4], &bytes[16..], u32::from_le_bytes(count)), (&b"abcd"[..], &b"efgh"[..], 8));
}
