//! What instances cost and leave behind: bytes of the engine, resident memory, and memory of gone instances that new ones get.

mod counting;

use fulgurite::{Config, Engine, Instance, Module, Store};

const PAGE: isize = 65_536;

/// One page of memory, and functions that fill memory and look for what is not zero.
const MODULE: &str = r#"(module
    (memory (export "memory") 1 200)
    (func (export "fill") (param $pages i32)
        (drop (memory.grow (local.get $pages)))
        (memory.fill (i32.const 0) (i32.const 7) (i32.mul (memory.size) (i32.const 65536))))
    (func (export "touch") (i32.store (i32.const 8192) (i32.const 1)))
    (func (export "dirty") (param $pages i32) (result i32) (local $at i32) (local $sum i64)
        (drop (memory.grow (local.get $pages)))
        (loop
            (local.set $sum (i64.or (local.get $sum) (i64.load (local.get $at))))
            (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.mul (memory.size) (i32.const 65536)))))
        (i64.ne (local.get $sum) (i64.const 0))))"#;

/// Engines with and without the pool of memories.
fn engines() -> [Engine; 2] {
    [true, false].map(|pool| {
        let mut config = Config::new();
        config.memory_pool(pool).max_stack_bytes(64 << 10);
        Engine::new(&config)
    })
}

fn call(store: &mut Store<()>, instance: Instance, name: &str, pages: Option<i32>) {
    match pages {
        Some(pages) => instance.get_typed_func::<i32, ()>(&*store, name).unwrap().call(store, pages).unwrap(),
        None => instance.get_typed_func::<(), ()>(&*store, name).unwrap().call(store, ()).unwrap(),
    }
}

/// Bytes for each instance, while they live, and after all are dropped.
fn bytes_for_each(module: &Module, stores: usize, instances: usize, called: bool) -> (isize, isize) {
    let engine = module.engine();
    let before = counting::live();
    let mut live = Vec::with_capacity(stores);
    for _ in 0..stores {
        let mut store = Store::new(engine, ());
        for _ in 0..instances {
            let instance = Instance::new(&mut store, module, &[]).unwrap();
            if called {
                call(&mut store, instance, "touch", None);
            }
        }
        live.push(store);
    }
    let each = (counting::live() - before - (stores * size_of::<Store<()>>()) as isize) / (stores * instances) as isize;
    drop(live);
    (each, counting::live() - before)
}

#[test]
fn instances_take_a_kibibyte_and_give_all_back() {
    for engine in engines() {
        let module = Module::new(&engine, MODULE).unwrap();
        for called in [false, true] {
            for (stores, instances) in [(1000, 1), (1, 1000)] {
                // Code, idle machines and stacks, and whatever else is made once.
                bytes_for_each(&module, 100, 2, called);
                let (each, left) = bytes_for_each(&module, stores, instances, called);
                assert_eq!(left, 0, "{stores} {instances} {called}");
                // Of the stores whose functions were called, 64 keep the stack, and the others share one.
                let stacks = if called && stores > 1 { 65 * (64 << 10) / 1000 } else { 0 };
                let engine_bytes = if each >= PAGE { each - PAGE } else { each };
                assert!(engine_bytes <= 1024 + stacks, "{engine_bytes} bytes: {stores} {instances} {called}");
            }
        }
    }
}

#[test]
fn engines_and_modules_give_all_back() {
    let cycle = |engine: &Engine| {
        let module = Module::new(engine, MODULE).unwrap();
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        call(&mut store, instance, "fill", Some(3));
    };
    engines().iter().for_each(cycle);
    let before = counting::live();
    engines().iter().for_each(cycle);
    assert_eq!(counting::live(), before);
}

#[test]
fn types_of_other_modules_cost_a_store_nothing() {
    let [engine, _] = engines();
    // Two types, a cast that succeeds and one that fails; `fields` keeps the types of modules apart.
    let objects = |fields: usize| {
        let fields = "(field i64)".repeat(fields);
        let wat = format!(
            r#"(module
                (type $base (sub (struct {fields}))) (type $derived (sub $base (struct {fields} (field i32))))
                (func (export "cast") (result i32)
                    (i32.add (ref.test (ref $base) (struct.new_default $derived))
                        (i32.mul (i32.const 2) (ref.test (ref $derived) (struct.new_default $base))))))"#
        );
        Module::new(&engine, wat).unwrap()
    };
    let run = |store: &mut Store<()>, module: &Module| {
        let instance = Instance::new(&mut *store, module, &[]).unwrap();
        assert_eq!(instance.get_typed_func::<(), i32>(&*store, "cast").unwrap().call(store, ()).unwrap(), 1);
    };
    let bytes = |module: &Module| {
        let mut store = Store::new(&engine, ());
        let before = counting::live();
        run(&mut store, module);
        counting::live() - before
    };
    let first = objects(1);
    bytes(&first);
    let alone = bytes(&first);
    let many: String = (0..20_000).map(|number| format!("(type (struct (field i32) (field (ref null {}))))", number / 2)).collect();
    let many = Module::new(&engine, format!("(module (rec {many}))")).unwrap();
    let last = objects(2);
    bytes(&last);
    let beside = bytes(&last);
    assert!(beside < alone + 1024, "{alone} bytes alone, {beside} beside another module");
    // In one store, whichever comes first.
    for modules in [[&first, &last], [&last, &first]] {
        let mut store = Store::new(&engine, ());
        for module in [modules[0], modules[1], &many, modules[0], modules[1]] {
            if module.exports().len() == 1 {
                run(&mut store, module)
            } else {
                let _ = Instance::new(&mut store, module, &[]).unwrap();
            }
        }
    }
}

#[test]
fn many_stores_share_stacks_and_call_through_each_other() {
    let [engine, _] = engines();
    let wat = r#"(module
        (import "host" "next" (func $next (param i32) (result i32)))
        (func (export "sum") (param $n i32) (result i32) (local $kept i32)
            (local.set $kept (i32.mul (local.get $n) (i32.const 3)))
            (if (result i32) (i32.eqz (local.get $n))
                (then (i32.const 0))
                (else (i32.add (local.get $kept) (call $next (i32.sub (local.get $n) (i32.const 1)))))))
        (func (export "trap") (unreachable))
        (func $deep (export "deep") (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0)))))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut live: Vec<(Store<()>, Instance)> = Vec::new();
    for number in 0..200 {
        let mut store = Store::new(&engine, ());
        // A host function that calls the guest again, on the same store, while the call that led to it waits.
        let next = fulgurite::Func::wrap(&mut store, |mut caller: fulgurite::Caller<'_, ()>, n: i32| -> Result<i32, fulgurite::Error> {
            let sum = caller.get_export("sum").and_then(fulgurite::Extern::into_func).unwrap();
            sum.typed::<i32, i32>(&caller)?.call(&mut caller, n)
        });
        let instance = Instance::new(&mut store, &module, &[next.into()]).unwrap();
        live.push((store, instance));
        // Old and new stores in turns; traps and exhausted stacks give theirs back too.
        for at in [number, number / 2, 0] {
            let (store, instance) = &mut live[at];
            let sum = instance.get_typed_func::<i32, i32>(&*store, "sum").unwrap();
            assert_eq!(sum.call(&mut *store, 10).unwrap(), 165);
            assert!(instance.get_typed_func::<(), ()>(&*store, "trap").unwrap().call(&mut *store, ()).is_err());
            assert!(instance.get_typed_func::<i32, i32>(&*store, "deep").unwrap().call(&mut *store, 0).is_err());
            assert_eq!(sum.call(&mut *store, 4).unwrap(), 30);
        }
    }
}

#[test]
fn memories_start_as_zero_whoever_had_them_before() {
    for engine in engines() {
        let module = Module::new(&engine, MODULE).unwrap();
        let mut live = Vec::new();
        for round in 0..60 {
            let pages = [0, 1, 2, 0, 40, 199, 3][round % 7];
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let dirty = instance.get_typed_func::<i32, i32>(&store, "dirty").unwrap();
            assert_eq!(dirty.call(&mut store, pages).unwrap(), 0, "round {round}");
            call(&mut store, instance, "fill", Some(0));
            live.push(store);
            if round % 5 == 4 {
                live.remove(0);
                live.pop();
            }
        }
    }
}

/// Resident bytes of the process.
#[cfg(target_os = "linux")]
fn resident() -> isize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<isize>().unwrap() << 10
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn pages_that_no_guest_touched_are_not_resident() {
    let [engine, _] = engines();
    let module = Module::new(&engine, MODULE).unwrap();
    const COUNT: isize = 4000;
    for called in [false, true] {
        let before = resident();
        let mut store = Store::new(&engine, ());
        for _ in 0..COUNT {
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            if called {
                call(&mut store, instance, "touch", None);
            }
        }
        let each = (resident() - before) / COUNT;
        // Called: the page that was written to, and that of the header. Other tests run beside this one.
        let allowed = 4096 + if called { 2 * 4096 } else { 0 };
        assert!(each < allowed, "{each} resident bytes for each instance");
    }
}
