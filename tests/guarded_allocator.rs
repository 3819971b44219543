//! The engine under an allocator that puts an inaccessible page behind each allocation and never hands out an address twice: reads and writes past
//! the end of the value stack, of translated code, of small memories, tables, globals and contexts end the process, and so do stale pointers.
//!
//! Beside the tests of this file, those of the API run here a second time. `spec-tests/tests/guarded.rs` runs the WebAssembly testsuite so.
//!
//! # Not here
//! Memories that have grown, or start with more than two pages, are mappings of the engine's own, which this does not guard. Smaller ones come from
//! the allocator, since builds with debug assertions do not pool memories.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

#[path = "guarded_allocator/allocator.rs"]
mod allocator;
#[path = "api_errors.rs"]
mod api_errors;
#[path = "api_host.rs"]
mod api_host;
#[path = "api_instances.rs"]
mod api_instances;
#[path = "api_limits.rs"]
mod api_limits;
#[allow(dead_code, reason = "comparisons with other engines are for tests/differential.rs")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;
#[path = "golden.rs"]
mod golden;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use fulgurite::{Caller, Config, Engine, Error, Extern, Func, Instance, Linker, Module, Store, TrapCode, Val, WasmParams, WasmResults};
use fuzz::compare::{self, Memory};
use fuzz::guest::Setup;
use fuzz::{program, random::Random, smith};

#[global_allocator]
static ALLOCATOR: allocator::Guarded = allocator::Guarded;

/// The engines that every test of this file runs on: fused and not, eager and lazy.
fn engines() -> impl Iterator<Item = Engine> {
    Setup::ALL.into_iter().map(|setup| {
        let mut config = Config::new();
        // Small, so that the end of the stack is soon reached.
        config.superinstructions(setup.fused).compilation_mode(setup.mode).max_stack_bytes(128 << 10);
        Engine::new(&config)
    })
}

/// The binary of a text.
fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A store with an instance of a module given as text; without imports.
fn instance(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    // A copy ends where its page does.
    let module = Module::from_binary(engine, &binary(text).clone()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (store, instance)
}

/// Calls an export.
fn call<P: WasmParams, R: WasmResults, T>(store: &mut Store<T>, instance: Instance, name: &str, params: P) -> Result<R, Error> {
    instance.get_typed_func::<P, R>(&*store, name)?.call(store, params)
}

fn trap<R>(result: Result<R, Error>) -> Option<TrapCode> {
    result.err().and_then(|error| error.trap_code())
}

/// All loads and stores, with the bytes that they access.
const ACCESSES: [(&str, &str, u32); 23] = [
    ("i32.load8_s", "i32", 1),
    ("i32.load8_u", "i32", 1),
    ("i32.load16_s", "i32", 2),
    ("i32.load16_u", "i32", 2),
    ("i32.load", "i32", 4),
    ("i64.load8_s", "i64", 1),
    ("i64.load8_u", "i64", 1),
    ("i64.load16_s", "i64", 2),
    ("i64.load16_u", "i64", 2),
    ("i64.load32_s", "i64", 4),
    ("i64.load32_u", "i64", 4),
    ("i64.load", "i64", 8),
    ("f32.load", "f32", 4),
    ("f64.load", "f64", 8),
    ("i32.store8", "i32", 1),
    ("i32.store16", "i32", 2),
    ("i32.store", "i32", 4),
    ("i64.store8", "i64", 1),
    ("i64.store16", "i64", 2),
    ("i64.store32", "i64", 4),
    ("i64.store", "i64", 8),
    ("f32.store", "f32", 4),
    ("f64.store", "f64", 8),
];

/// One function for each load and store, at a parameter plus an offset.
fn accesses(offset: u32) -> String {
    let function = |(name, ty, _): &(&str, &str, u32)| {
        let value = if name.contains("store") { format!(" ({ty}.const 1))") } else { "))".into() };
        let open = if name.contains("store") { "" } else { "(drop " };
        format!("(func (export \"{name}\") (param i32) {open}({name} offset={offset} (local.get 0){value})\n")
    };
    ACCESSES.iter().map(function).collect()
}

#[test]
fn accesses_end_where_memories_end() {
    for engine in engines() {
        for (pages, offset) in [(1u32, 0), (1, 65528), (2, 3), (2, 70000)] {
            let (mut store, instance) = instance(&engine, &format!("(module (memory {pages} {pages})\n{})", accesses(offset)));
            for (name, _, width) in ACCESSES {
                let last = pages * 65536 - width - offset;
                call::<_, (), _>(&mut store, instance, name, last).unwrap_or_else(|error| panic!("{name} at {last}: {error}"));
                for beyond in [last + 1, last + width, last + 4096, u32::MAX - offset, u32::MAX] {
                    let outcome = trap(call::<_, (), _>(&mut store, instance, name, beyond));
                    assert_eq!(outcome, Some(TrapCode::MemoryOutOfBounds), "{name} at {beyond}");
                }
            }
        }
    }
}

#[test]
fn bulk_operations_end_where_memories_and_tables_end() {
    let text = r#"(module (memory 1) (table $t 10 funcref) (func $f) (data $d "0123456789") (elem $e func $f $f $f)
        (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
        (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
        (func (export "table.copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
        (func (export "table.init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
        (func (export "table.fill") (param i32 i32 i32) (table.fill $t (local.get 0) (ref.func $f) (local.get 2)))
        (func (export "table.get") (param i32 i32 i32) (drop (table.get $t (local.get 0))))
        (func (export "table.set") (param i32 i32 i32) (table.set $t (local.get 0) (ref.func $f)))
        (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $f) (local.get 0)))
        (func (export "indirect") (param i32) (call_indirect $t (local.get 0))))"#;
    for engine in engines() {
        let (mut store, instance) = instance(&engine, text);
        for (name, fits, beyond) in [
            ("fill", [65530, 7, 6], [65530, 7, 7]),
            ("copy", [65530, 0, 6], [65530, 0, 7]),
            ("copy", [0, 65530, 6], [0, 65531, 6]),
            ("init", [65526, 0, 10], [65527, 0, 10]),
            ("init", [0, 9, 1], [0, 9, 2]),
            ("table.copy", [7, 0, 3], [8, 0, 3]),
            ("table.copy", [0, 7, 3], [0, 8, 3]),
            ("table.init", [7, 0, 3], [8, 0, 3]),
            ("table.init", [0, 2, 1], [0, 2, 2]),
            ("table.fill", [5, 0, 5], [5, 0, 6]),
            ("table.get", [9, 0, 0], [10, 0, 0]),
            ("table.set", [9, 0, 0], [10, 0, 0]),
        ] {
            let mut run = |[a, b, c]: [u32; 3]| trap(call::<_, (), _>(&mut store, instance, name, (a, b, c)));
            assert_eq!(run(fits), None, "{name}{fits:?}");
            let expected = if name.starts_with("table") { TrapCode::TableOutOfBounds } else { TrapCode::MemoryOutOfBounds };
            assert_eq!(run(beyond), Some(expected), "{name}{beyond:?}");
            assert_eq!(run([u32::MAX; 3]), Some(expected), "{name}");
        }
        for size in 10..40u32 {
            call::<_, (), _>(&mut store, instance, "indirect", size - 1).expect("the last entry");
            assert_eq!(trap(call::<_, (), _>(&mut store, instance, "indirect", size)), Some(TrapCode::UndefinedElement));
            assert_eq!(call::<_, u32, _>(&mut store, instance, "grow", 1u32).expect("it may grow"), size);
        }
    }
}

#[test]
fn memories_grow_from_the_allocator_to_a_mapping() {
    let text = r#"(module (import "h" "grow" (func $grow)) (memory (export "memory") 1 20)
        (func (export "run") (result i32) (local $at i32)
            (loop $next
                (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (memory.size))
                (if (i32.and (memory.size) (i32.const 1)) (then (call $grow)) (else (drop (memory.grow (i32.const 1)))))
                (br_if $next (i32.lt_u (memory.size) (i32.const 10))))
            (i32.add (i32.load (i32.const 65532)) (i32.load (i32.const 131068)))))"#;
    for engine in engines() {
        let mut linker = Linker::new(&engine);
        let grow = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let memory = caller.get_export("memory").and_then(Extern::into_memory).ok_or_else(|| Error::new("no memory"))?;
            memory.grow(&mut caller, 1).map(|_| ())
        };
        linker.func_wrap("h", "grow", grow).expect("a new name");
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &Module::new(&engine, text).expect("valid")).expect("an instance");
        assert_eq!(call::<_, i32, _>(&mut store, instance, "run", ()).expect("no trap"), 3);
    }
}

/// A function that calls itself with this many parameters, results and further locals, and pushes its parameters before the call.
fn recursive(params: usize, results: usize, locals: usize) -> String {
    let (types, given): (String, String) = (" i64".repeat(params), (0..params).map(|local| format!("(local.get {local})")).collect());
    let one_less = "(i64.sub (local.get 0) (i64.const 1))";
    let rest: String = (1..params).map(|local| format!("(local.get {local})")).collect();
    format!(
        "(module (func $f (export \"run\") (param{types}) (result{}) (local{})
            (if (i64.eqz (local.get 0)) (then (return {})))
            {given} (call $f {one_less} {rest}) {} {})\n(func (export \"start\") (param i64) (result i64)
            (call $f (local.get 0) {}) {}))",
        " i64".repeat(results),
        " i64".repeat(locals),
        "(i64.const 7)".repeat(results),
        format!("(local.set {})", params + locals - 1).repeat(results + params),
        "(i64.const 8)".repeat(results),
        "(i64.const 5)".repeat(params - 1),
        "drop ".repeat(results - 1),
    )
}

#[test]
fn recursion_ends_before_the_stack_does() {
    for engine in engines() {
        for (params, results, locals) in
            [(1, 1, 1), (1, 1, 700), (2, 1, 0), (60, 3, 5), (3, 60, 5), (900, 1, 1), (1, 900, 1), (900, 900, 900)]
        {
            let (mut store, instance) = instance(&engine, &recursive(params, results, locals));
            for _ in 0..2 {
                let error = call::<i64, i64, _>(&mut store, instance, "start", -1).expect_err("no end");
                assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow), "{params} parameters, {results} results, {locals} locals");
                assert!(!error.backtrace().is_empty());
            }
            assert_eq!(call::<i64, i64, _>(&mut store, instance, "start", 1).expect("two calls fit"), 8);
        }
    }
}

/// Recurses `depth` times, calls a leaf with nearly the largest frame that a leaf may have, and then a host function.
fn descending(padding: usize) -> String {
    let (locals, padding, wide) = (" i64".repeat(490), " i64".repeat(padding), " i64".repeat(1000));
    format!(
        r#"(module (import "h" "bottom" (func $bottom))
            (func $leaf (param i32) (result i32) (local{locals})
                (local.set 490 (i64.extend_i32_s (local.get 0))) (i32.wrap_i64 (local.get 490)))
            (func $down (export "down") (param $depth i32) (local{padding})
                (if (i32.eqz (call $leaf (local.get $depth))) (then (call $bottom) (return)))
                (call $down (i32.sub (local.get $depth) (i32.const 1))))
            (func (export "wide") (param{wide}) (result i64) (local.get 999)))"#
    )
}

#[test]
fn what_asks_for_no_stack_finds_room_at_its_end() {
    // The largest argument list, from the host.
    let bottom = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
        let wide = caller.get_export("wide").and_then(Extern::into_func).ok_or_else(|| Error::new("no function"))?;
        let arguments: Vec<Val> = (0..1000).map(Val::I64).collect();
        let mut results = [Val::I64(0)];
        let outcome = wide.call(&mut caller, &arguments, &mut results);
        assert!(trap(outcome).is_some() || results == [Val::I64(999)]);
        Ok(())
    };
    for engine in engines() {
        for padding in 0..3 {
            let module = Module::from_binary(&engine, &binary(&descending(padding))).expect("valid");
            let mut store = Store::new(&engine, ());
            let bottom = Func::wrap(&mut store, bottom);
            let instance = Instance::new(&mut store, &module, &[bottom.into()]).expect("an instance");
            let mut reaches = |depth: u32| trap(call::<_, (), _>(&mut store, instance, "down", depth)) != Some(TrapCode::StackOverflow);
            let (mut reached, mut beyond) = (10u32, 100_000);
            while beyond - reached > 1 {
                let middle = reached.midpoint(beyond);
                if reaches(middle) { reached = middle } else { beyond = middle }
            }
            assert!(reaches(reached) && !reaches(u32::MAX));
        }
    }
}

/// What a module of the drop orders below consists of; anything may be dropped while the rest is used.
struct Parts {
    engine: Option<Engine>,
    linker: Option<Linker<u32>>,
    exporter: Option<Module>,
    user: Option<Module>,
    error: Option<Error>,
}

const LIBRARY: &str = r#"(module $library (memory (export "memory") 1) (table (export "table") 4 funcref)
    (func $trap (export "trap") (param i32) (result i32) (i32.load (i32.mul (local.get 0) (i32.const 65536))))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))) (elem (i32.const 0) $trap))"#;

const USER: &str = r#"(module $user (import "library" "memory" (memory 1)) (import "library" "table" (table 4 funcref))
    (import "library" "trap" (func $trap (param i32) (result i32))) (import "library" "add" (func $add (param i32 i32) (result i32)))
    (import "h" "note" (func $note (param i32)))
    (func $inner (param i32) (result i32) (call $note (local.get 0)) (call $add (call $trap (local.get 0)) (i32.const 1)))
    (func (export "run") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1)))
    (elem (i32.const 1) $inner) (data (i32.const 0) "\09"))"#;

impl Parts {
    /// Everything, and a store with two instances, the second of which imports from the first.
    fn new(engine: Engine) -> (Self, Store<u32>, Instance) {
        let mut linker = Linker::new(&engine);
        linker.func_wrap("h", "note", |mut caller: Caller<'_, u32>, value: u32| *caller.data_mut() += value).expect("a new name");
        let library = Module::new(&engine, LIBRARY).expect("valid");
        let user = Module::new(&engine, USER).expect("valid");
        let mut store = Store::new(&engine, 0);
        let first = linker.instantiate(&mut store, &library).expect("an instance");
        linker.instance(&mut store, "library", first).expect("a new name");
        let instance = linker.instantiate(&mut store, &user).expect("an instance");
        let error = call::<u32, u32, _>(&mut store, instance, "run", 1).expect_err("out of bounds");
        (
            Self { engine: Some(engine), linker: Some(linker), exporter: Some(library), user: Some(user), error: Some(error) },
            store,
            instance,
        )
    }

    /// Drops one of them, by number.
    fn drop_part(&mut self, number: usize) {
        match number {
            0 => drop(self.engine.take()),
            1 => drop(self.linker.take()),
            2 => drop(self.exporter.take()),
            3 => drop(self.user.take()),
            _ => drop(self.error.take()),
        }
    }
}

#[test]
fn parts_are_dropped_in_any_order() {
    let mut random = Random::new(1);
    for round in 0..15 {
        for engine in engines() {
            let (mut parts, mut store, instance) = Parts::new(engine);
            let mut order = [0, 1, 2, 3, 4];
            for place in 0..order.len() {
                let other = place + random.below(5 - place);
                order.swap(place, other);
            }
            // In some rounds the store goes before the last parts do.
            for number in &order[..order.len() - round % 3] {
                parts.drop_part(*number);
                assert_eq!(call::<u32, u32, _>(&mut store, instance, "run", 0).expect("no trap"), 10);
                assert_eq!(trap(call::<u32, u32, _>(&mut store, instance, "run", 1)), Some(TrapCode::MemoryOutOfBounds));
            }
            assert!(*store.data() > 0);
            drop(store);
            if let Some(error) = &parts.error {
                let names: Vec<_> = error.backtrace().iter().map(|frame| frame.module_name.as_deref()).collect();
                assert_eq!(names, [Some("library"), Some("user"), Some("user")]);
            }
        }
    }
}

#[test]
fn instances_of_one_module_in_many_stores_and_threads() {
    for engine in engines() {
        let module = Module::new(&engine, LIBRARY).expect("valid");
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..3 {
                        let mut store = Store::new(&engine, ());
                        let instances: Vec<_> = (0..10).map(|_| Instance::new(&mut store, &module, &[]).expect("an instance")).collect();
                        for instance in instances {
                            assert_eq!(call::<_, i32, _>(&mut store, instance, "add", (2, 3)).expect("no trap"), 5);
                            assert!(call::<u32, i32, _>(&mut store, instance, "trap", 1).is_err());
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn host_functions_nest_until_a_limit() {
    for engine in engines() {
        let mut store = Store::new(&engine, None::<Func>);
        let again = Func::wrap(&mut store, |mut caller: Caller<'_, Option<Func>>, depth: i32| -> Result<i32, Error> {
            let run = caller.data().ok_or_else(|| Error::new("no function"))?;
            run.typed::<i32, i32>(&caller)?.call(&mut caller, depth)
        });
        let text = r#"(module (import "h" "again" (func $again (param i32) (result i32))) (func (export "run") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (local.get 0) (call $again (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))"#;
        let module = Module::new(&engine, text).expect("valid");
        let instance = Instance::new(&mut store, &module, &[again.into()]).expect("an instance");
        *store.data_mut() = instance.get_func(&store, "run");
        assert_eq!(call::<i32, i32, _>(&mut store, instance, "run", 20).expect("no trap"), 210);
        assert_eq!(trap(call::<i32, i32, _>(&mut store, instance, "run", -1)), Some(TrapCode::StackOverflow));
        assert_eq!(call::<i32, i32, _>(&mut store, instance, "run", 20).expect("no trap"), 210);
    }
}

#[test]
fn generated_modules_run() {
    for seed in 0..40 {
        let text = program::text(&Random::new(seed).bytes(500));
        compare::run_alone(&binary(&text), Memory::Program).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        let Some(wasm) = smith::module(&Random::new(seed).bytes(2000)) else { continue };
        compare::run_alone(&wasm, Memory::Bytes).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", fuzz::show(&wasm)));
    }
}

/// The allocator itself, tried in child processes that are to die.
mod allocator_works {
    use super::*;
    use std::hint::black_box;

    /// Names the deed that a child process does.
    const DEED: &str = "FULGURITE_GUARD_DEED";

    /// Does what the environment asks for, in a child process; otherwise nothing.
    #[test]
    fn child() {
        let Ok(deed) = std::env::var(DEED) else { return };
        deed_of(&deed);
    }

    #[allow(unsafe_code, reason = "these accesses are wrong on purpose")]
    fn deed_of(deed: &str) {
        let mut numbers = black_box(vec![1u64, 2, 3]);
        let first = numbers.as_mut_ptr();
        match deed {
            // SAFETY: inside of the vector.
            "read the last" => assert_eq!(unsafe { first.add(2).read_volatile() }, 3),
            // SAFETY: none; the process is to die of it.
            "read behind the end" => drop(black_box(unsafe { first.add(3).read_volatile() })),
            // SAFETY: none; the process is to die when the vector is released.
            "write in front" => unsafe { first.sub(1).write_volatile(0) },
            "read what was released" => {
                drop(numbers);
                // SAFETY: none; the process is to die of it.
                black_box(unsafe { first.read_volatile() });
            }
            "read what has moved" => {
                numbers.reserve_exact(1);
                // SAFETY: none; the process is to die of it.
                black_box(unsafe { first.read_volatile() });
            }
            "read behind a linear memory" => {
                // Optimised builds would take it from the pool, which this allocator does not see.
                let mut config = Config::new();
                config.memory_pool(false);
                let (store, instance) = instance(&Engine::new(&config), "(module (memory (export \"memory\") 1))");
                let data = instance.get_memory(&store, "memory").expect("the export").data(&store);
                // SAFETY: none; the process is to die of it.
                black_box(unsafe { data.as_ptr().add(data.len()).read_volatile() });
            }
            _ => panic!("no deed {deed:?}"),
        }
    }

    fn outcome(deed: &str) -> ExitStatus {
        let this = std::env::current_exe().expect("the path of this test");
        let output = Command::new(this).args(["--exact", "allocator_works::child"]).env(DEED, deed).output().expect("a child process");
        output.status
    }

    #[test]
    fn right_accesses_pass() {
        assert!(outcome("read the last").success());
    }

    #[test]
    fn wrong_reads_die_of_the_access() {
        for deed in ["read behind the end", "read what was released", "read what has moved", "read behind a linear memory"] {
            assert_eq!(outcome(deed).signal(), Some(libc::SIGSEGV), "{deed}");
        }
    }

    #[test]
    fn writes_beside_an_allocation_abort() {
        assert_eq!(outcome("write in front").signal(), Some(libc::SIGABRT));
    }
}
