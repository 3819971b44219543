//! Sharing: modules between threads and instances, and what is released when stores and modules go.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicIsize, Ordering};

use fulgurite::{Caller, CompilationMode, Config, Engine, Error, ExternRef, Func, Instance, Linker, Memory, Module, Store, TypedFunc};

/// Counts the bytes that are allocated.
struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);

// SAFETY: it only counts; the system's allocator does the work.
#[allow(unsafe_code, reason = "a global allocator is unsafe by its nature")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's duty.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's duty.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's duty.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tests of this file run one after the other, since they count allocations of the process.
static ALONE: Mutex<()> = Mutex::new(());

const MODULE: &str = r#"(module
    (import "h" "note" (func $note (param i32)))
    (memory (export "m") 1 100) (table $t 10 funcref)
    (global $g (mut i32) (i32.const 0))
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "run") (param i32) (result i32)
        (call $note (local.get 0))
        (drop (memory.grow (i32.const 1)))
        (i32.store (i32.const 0) (call $fib (local.get 0)))
        (i32.load (i32.const 0)))
    (elem (i32.const 0) $fib $note)
    (data (i32.const 100) "data"))"#;

fn linker(engine: &Engine) -> Linker<u64> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("h", "note", |mut caller: Caller<'_, u64>, x: i32| *caller.data_mut() += x as u64).unwrap();
    linker
}

#[test]
fn instances_of_a_module_share_its_code() {
    let _alone = ALONE.lock();
    let engine = Engine::default();
    let (module, linker) = (Module::new(&engine, MODULE).unwrap(), linker(&engine));
    assert_eq!(module.code_bytes(), 0);
    let mut store = Store::new(&engine, 0);
    let first = linker.instantiate(&mut store, &module).unwrap();
    let run = first.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 10).unwrap(), 55);
    let translated = module.code_bytes();
    assert!(translated > 0);
    for _ in 0..1000 {
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let fib = instance.get_typed_func::<i32, i32>(&store, "fib").unwrap();
        assert_eq!(fib.call(&mut store, 3).unwrap(), 2);
    }
    for _ in 0..100 {
        let mut store = Store::new(&engine, 0);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let fib = instance.get_typed_func::<i32, i32>(&store, "fib").unwrap();
        assert_eq!(fib.call(&mut store, 3).unwrap(), 2);
    }
    assert_eq!(module.code_bytes(), translated);
    assert_eq!(*store.data(), 10);
}

#[test]
fn eager_compilation_leaves_nothing_to_translate() {
    let _alone = ALONE.lock();
    let mut config = Config::new();
    config.compilation_mode(CompilationMode::Eager);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, MODULE).unwrap();
    let translated = module.code_bytes();
    let mut store = Store::new(&engine, 0);
    let instance = linker(&engine).instantiate(&mut store, &module).unwrap();
    assert_eq!(instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, 10).unwrap(), 55);
    assert_eq!(module.code_bytes(), translated);
}

#[test]
fn threads_share_a_module() {
    let _alone = ALONE.lock();
    for _ in 0..20 {
        let engine = Engine::default();
        let (module, linker) = (Module::new(&engine, MODULE).unwrap(), linker(&engine));
        let start = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    let mut store = Store::new(&engine, 0);
                    let instance = linker.instantiate(&mut store, &module).unwrap();
                    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
                    assert_eq!(run.call(&mut store, 12).unwrap(), 144);
                });
            }
        });
    }
}

#[test]
fn stores_move_between_threads() {
    let _alone = ALONE.lock();
    fn is_send<T: Send>() {}
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send::<Store<u64>>();
    is_send_and_sync::<(Engine, Module, Error, Linker<u64>)>();
    is_send_and_sync::<(Instance, Func, Memory, ExternRef, TypedFunc<i32, i32>)>();
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0);
    let instance = linker(&engine).instantiate(&mut store, &Module::new(&engine, MODULE).unwrap()).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 5).unwrap(), 5);
    let (mut store, result) = std::thread::spawn(move || {
        let result = run.call(&mut store, 6);
        (store, result.unwrap())
    })
    .join()
    .unwrap();
    assert_eq!((result, run.call(&mut store, 7).unwrap()), (8, 13));
    assert_eq!(store.into_data(), 18);
}

#[test]
fn what_is_dropped_is_released() {
    let _alone = ALONE.lock();
    let cycle = || {
        let engine = Engine::default();
        let (module, linker) = (Module::new(&engine, MODULE).unwrap(), linker(&engine));
        for _ in 0..3 {
            let mut store = Store::new(&engine, 0);
            ExternRef::new(&mut store, vec![0u8; 1000]);
            for _ in 0..20 {
                let instance = linker.instantiate(&mut store, &module).unwrap();
                instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, 5).unwrap();
            }
            let trap = Module::new(&engine, "(module (func unreachable) (start 0))").unwrap();
            assert_eq!(Instance::new(&mut store, &trap, &[]).unwrap_err().backtrace().len(), 1);
        }
    };
    // What is made once for the process is made in the first round.
    cycle();
    let before = LIVE.load(Ordering::Relaxed);
    for _ in 0..20 {
        cycle();
    }
    // The test harness may allocate meanwhile; a leak of 20 rounds would be far larger.
    let grown = LIVE.load(Ordering::Relaxed) - before;
    assert!(grown < 4096, "{grown} bytes were not released");
}
