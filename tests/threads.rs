//! Shared memories: stores on several threads of the system, atomics, waiting, growth, and what hosts see of them.

use std::thread;
use std::time::{Duration, Instant};

use fulgurite::{
    Config, Engine, Error, ErrorKind, Extern, Instance, Linker, Memory, MemoryType, Module, SharedMemory, Store, StoreLimitsBuilder,
    TrapCode, WaitResult,
};

fn shared(engine: &Engine, min: u64, max: u64) -> SharedMemory {
    SharedMemory::new(engine, MemoryType::new(min, Some(max)).shared()).unwrap()
}

/// A module that imports a shared memory of at most 100 pages.
fn module(engine: &Engine, functions: &str) -> Module {
    Module::new(engine, format!("(module (import \"env\" \"memory\" (memory $m 1 100 shared)) {functions})")).unwrap()
}

/// A linker with a shared memory.
fn linker<T>(engine: &Engine, memory: &SharedMemory) -> Linker<T> {
    let mut linker = Linker::new(engine);
    linker.define("env", "memory", memory.clone()).unwrap();
    linker
}

/// An instance of `functions` in a store of its own.
fn instance(engine: &Engine, memory: &SharedMemory, functions: &str) -> (Store<()>, Instance) {
    let mut store = Store::new(engine, ());
    let instance = linker(engine, memory).instantiate(&mut store, &module(engine, functions)).unwrap();
    (store, instance)
}

/// Runs export `f` with the number of each thread, all at the same time.
fn run(threads: i32, engine: &Engine, memory: &SharedMemory, functions: &str) -> Vec<Result<i32, Error>> {
    let module = module(engine, functions);
    thread::scope(|scope| {
        let start = |number| {
            let (module, linker) = (&module, linker(engine, memory));
            scope.spawn(move || {
                let mut store = Store::new(engine, ());
                let instance = linker.instantiate(&mut store, module)?;
                instance.get_typed_func::<i32, i32>(&store, "f")?.call(&mut store, number)
            })
        };
        let running: Vec<_> = (0..threads).map(start).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn word(memory: &SharedMemory, at: u64) -> u32 {
    let mut bytes = [0; 4];
    memory.read(at, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

#[test]
fn no_addition_is_lost() {
    let engine = Engine::default();
    let memory = shared(&engine, 1, 100);
    let results = run(
        4,
        &engine,
        &memory,
        "(func (export \"f\") (param i32) (result i32) (local $i i32)
            (loop (drop (i32.atomic.rmw.add offset=8 (i32.const 0) (i32.const 1)))
                (drop (i64.atomic.rmw16.add_u offset=0x40000 (i32.const -262128) (i64.const 3)))
                (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))
            (local.get $i))",
    );
    assert!(results.iter().all(|result| matches!(result, Err(error) if error.trap_code() == Some(TrapCode::MemoryOutOfBounds))));
    let results = run(
        4,
        &engine,
        &memory,
        "(func (export \"f\") (param i32) (result i32) (local $i i32)
            (loop (drop (i32.atomic.rmw.add offset=8 (i32.const 0) (i32.const 1)))
                (drop (i64.atomic.rmw16.add_u offset=40000 (i32.const 16) (i64.const 3)))
                (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))
            (local.get $i))",
    );
    assert!(results.iter().all(|result| matches!(result, Ok(5000))));
    assert_eq!(word(&memory, 8), 4 * 5001);
    assert_eq!(word(&memory, 40_016), 60_000);
}

/// Plain accesses race; what is read was written by somebody, for aligned ones as a whole.
#[test]
fn plain_accesses_do_not_tear() {
    let engine = Engine::default();
    let memory = shared(&engine, 1, 100);
    let results = run(
        4,
        &engine,
        &memory,
        "(func (export \"f\") (param $n i32) (result i32) (local $i i32) (local $v i64)
            (loop
                (i64.store offset=16 (i32.const 0) (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 0x0101010101010101)))
                (local.set $v (i64.load offset=16 (i32.const 0)))
                (if (i64.ne (local.get $v) (i64.rotl (local.get $v) (i64.const 8))) (then (return (i32.const -1))))
                (i32.store16 offset=32 (i32.const 0) (local.get $n))
                (i32.store offset=33 (i32.const 0) (local.get $n))
                (drop (f64.load offset=29 (i32.const 0)))
                (memory.fill (i32.const 64) (local.get $n) (i32.const 100))
                (memory.copy (i32.const 70) (i32.const 64) (i32.const 90))
                (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
            (local.get $n))",
    );
    for (number, result) in (0..).zip(results) {
        assert_eq!(result.unwrap(), number);
    }
}

#[test]
fn growth_is_seen_by_all() {
    let engine = Engine::default();
    let memory = shared(&engine, 1, 100);
    let functions =
        "(func (export \"size\") (result i32) (memory.size)) (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export \"load\") (param i32) (result i32) (i32.load (local.get 0)))";
    let (mut one, first) = instance(&engine, &memory, functions);
    let (mut two, second) = instance(&engine, &memory, functions);
    let size = second.get_typed_func::<(), i32>(&two, "size").unwrap();
    let load = second.get_typed_func::<i32, i32>(&two, "load").unwrap();
    assert!(load.call(&mut two, 0x1_fffc).is_err());
    assert_eq!(first.get_typed_func::<i32, i32>(&one, "grow").unwrap().call(&mut one, 1).unwrap(), 1);
    assert_eq!((size.call(&mut two, ()).unwrap(), memory.size(), load.call(&mut two, 0x1_fffc).unwrap()), (2, 2, 0));
    assert_eq!(memory.grow(3).unwrap(), 2);
    assert_eq!((size.call(&mut two, ()).unwrap(), memory.data_size()), (5, 5 << 16));
    assert_eq!(first.get_typed_func::<i32, i32>(&one, "grow").unwrap().call(&mut one, 96).unwrap(), -1);
    assert_eq!(memory.grow(96).unwrap_err().kind(), ErrorKind::Limit);
    // A store's limiter decides on what its own instances ask for.
    let mut limited = Store::new(&engine, StoreLimitsBuilder::new().memory_size(6 << 16).build());
    limited.limiter(|limits| limits);
    let third = linker(&engine, &memory).instantiate(&mut limited, &module(&engine, functions)).unwrap();
    let grow = third.get_typed_func::<i32, i32>(&limited, "grow").unwrap();
    assert_eq!((grow.call(&mut limited, 2).unwrap(), grow.call(&mut limited, 1).unwrap()), (-1, 5));
}

/// Two threads hand a number back and forth, each asleep until it is its turn.
#[test]
fn threads_wait_for_each_other() {
    let engine = Engine::default();
    let memory = shared(&engine, 1, 100);
    let results = run(
        2,
        &engine,
        &memory,
        "(func (export \"f\") (param $n i32) (result i32) (local $v i32)
            (loop $next
                (local.set $v (i32.atomic.load (i32.const 0)))
                (if (i32.ne (i32.and (local.get $v) (i32.const 1)) (local.get $n))
                    (then (drop (memory.atomic.wait32 (i32.const 0) (local.get $v) (i64.const -1))) (br $next)))
                (i32.atomic.store (i32.const 0) (i32.add (local.get $v) (i32.const 1)))
                (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $v) (i32.const 500))))
            (local.get $v))",
    );
    assert!(results.iter().all(|result| matches!(result, Ok(500 | 501))), "{results:?}");
}

#[test]
fn waits_end() {
    let mut config = Config::new();
    config.max_atomic_wait(Some(Duration::from_millis(50)));
    let engine = Engine::new(&config);
    let memory = shared(&engine, 1, 100);
    let (mut store, instance) = instance(
        &engine,
        &memory,
        "(func (export \"wait32\") (param i32 i32 i64) (result i32) (memory.atomic.wait32 offset=4 (local.get 0) (local.get 1) (local.get 2)))
        (func (export \"wait64\") (param i32 i64 i64) (result i32) (memory.atomic.wait64 offset=0x80000 (local.get 0) (local.get 1) (local.get 2)))
        (func (export \"notify\") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))",
    );
    let wait32 = instance.get_typed_func::<(i32, i32, i64), i32>(&store, "wait32").unwrap();
    let wait64 = instance.get_typed_func::<(i32, i64, i64), i32>(&store, "wait64").unwrap();
    let notify = instance.get_typed_func::<(i32, i32), i32>(&store, "notify").unwrap();
    assert_eq!(wait32.call(&mut store, (0, 1, -1)).unwrap(), 1);
    assert_eq!(wait32.call(&mut store, (0, 0, 1_000_000)).unwrap(), 2);
    assert_eq!(notify.call(&mut store, (4, 7)).unwrap(), 0);
    assert_eq!(wait32.call(&mut store, (2, 0, 0)).unwrap_err().trap_code(), Some(TrapCode::UnalignedAtomic));
    assert_eq!(wait64.call(&mut store, (0, 0, 0)).unwrap_err().trap_code(), Some(TrapCode::MemoryOutOfBounds));
    assert_eq!(notify.call(&mut store, (65_536, 0)).unwrap_err().trap_code(), Some(TrapCode::MemoryOutOfBounds));
    let begin = Instant::now();
    let error = wait32.call(&mut store, (0, 0, -1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(begin.elapsed() >= Duration::from_millis(50) && error.to_string().contains("longer than the host allows"), "{error}");
    // The host can wait and wake, too.
    assert_eq!(memory.atomic_wait32(4, 5, None).unwrap(), WaitResult::Mismatch);
    assert_eq!(memory.atomic_wait64(8, 0, Some(Duration::from_millis(1))).unwrap(), WaitResult::TimedOut);
    assert!(memory.atomic_wait64(4, 0, None).is_err());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| memory.atomic_wait32(16, 0, None).unwrap());
        while notify.call(&mut store, (16, 1)).unwrap() == 0 {}
        assert_eq!(waiting.join().unwrap(), WaitResult::Ok);
    });
}

/// Atomics of all widths work on memories that are not shared; only waiting does not.
#[test]
fn atomics_without_threads() {
    let engine = Engine::default();
    let text = "(module (memory i64 1) (memory $n 1)
        (func (export \"f\") (param i64) (result i64)
            (i64.atomic.store offset=8 (local.get 0) (i64.const 0x1122334455667788))
            (drop (i64.atomic.rmw8.sub_u offset=9 (local.get 0) (i64.const 0x78)))
            (drop (i32.atomic.rmw16.xor_u offset=12 (local.get 0) (i32.const 0xffff)))
            (drop (i64.atomic.rmw32.cmpxchg_u offset=8 (local.get 0) (i64.const 0x55660f88) (i64.const 0x01020304)))
            (atomic.fence)
            (i64.atomic.rmw.and offset=0x100000008 (i64.sub (local.get 0) (i64.const 0x100000000)) (i64.const -1)))
        (func (export \"wait\") (drop (memory.atomic.wait32 $n (i32.const 0) (i32.const 0) (i64.const 0))))
        (func (export \"unaligned\") (drop (i32.atomic.load $n (i32.const 2))))
        (func (export \"notify\") (result i32) (memory.atomic.notify $n (i32.const 0) (i32.const 1))))";
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &Module::new(&engine, text).unwrap()).unwrap();
    let f = instance.get_typed_func::<i64, i64>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, 16).unwrap_err().trap_code(), Some(TrapCode::MemoryOutOfBounds));
    let mut trap = |name| instance.get_typed_func::<(), ()>(&store, name).unwrap().call(&mut store, ()).unwrap_err().trap_code();
    assert_eq!(trap("wait"), Some(TrapCode::ExpectedSharedMemory));
    assert_eq!(trap("unaligned"), Some(TrapCode::UnalignedAtomic));
    assert_eq!(instance.get_typed_func::<(), i32>(&store, "notify").unwrap().call(&mut store, ()).unwrap(), 0);
    let high = f.call(&mut store, 0x1_0000_0000).unwrap_err();
    assert_eq!(high.trap_code(), Some(TrapCode::MemoryOutOfBounds));
}

#[test]
fn hosts_get_shared_memories_apart() {
    let engine = Engine::default();
    let module = Module::new(&engine, "(module (memory (export \"own\") 1 2 shared) (data (i32.const 3) \"abc\"))").unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
    assert!(instance.get_memory(&store, "own").is_none());
    let memory = instance.get_shared_memory(&store, "own").unwrap();
    let mut bytes = [0; 5];
    memory.read(2, &mut bytes).unwrap();
    assert_eq!(&bytes, b"\0abc\0");
    assert_eq!(memory.read(65_534, &mut bytes).unwrap_err().trap_code(), Some(TrapCode::MemoryOutOfBounds));
    assert_eq!(memory.ty(), MemoryType::new(1, Some(2)).shared());
    assert_eq!(Extern::from(memory.clone()), instance.get_export(&store, "own").unwrap());
    // Another store can have it, under another name.
    let taker = Module::new(&engine, "(module (import \"\" \"m\" (memory 1 2 shared)) (export \"again\" (memory 0)))").unwrap();
    let mut other = Store::new(&engine, ());
    let again = Instance::new(&mut other, &taker, &[memory.clone().into()]).unwrap();
    assert_eq!(again.get_shared_memory(&other, "again").unwrap(), memory);
    // What is shared is no other memory, and the other way round.
    for text in ["(memory 1 2)", "(memory 1 1 shared)", "(memory 2 2 shared)"] {
        let module = Module::new(&engine, format!("(module (import \"\" \"m\" {text}))")).unwrap();
        let error = Instance::new(&mut other, &module, &[memory.clone().into()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unlinkable, "{text}");
    }
    assert_eq!(Memory::new(&mut other, MemoryType::new(1, Some(1)).shared()).unwrap_err().kind(), ErrorKind::Api);
    assert!(SharedMemory::new(&engine, MemoryType::new(1, Some(1))).is_err());
    assert!(SharedMemory::new(&engine, MemoryType::new(1, None).shared()).is_err());
    let wide = SharedMemory::new(&engine, MemoryType::new64(1, Some(1 << 40)).shared()).unwrap();
    assert!(wide.grow(1 << 39).is_err());
}
