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
                // Code, idle machines and whatever else is made once.
                bytes_for_each(&module, 8, 2, called);
                let (each, left) = bytes_for_each(&module, stores, instances, called);
                assert_eq!(left, 0, "{stores} {instances} {called}");
                // The stack of a store whose functions were called is not the instance's.
                let stack = if called && stores > 1 { 64 << 10 } else { 0 };
                let engine_bytes = if each - stack >= PAGE { each - stack - PAGE } else { each - stack };
                assert!(engine_bytes <= 1024, "{engine_bytes} bytes: {stores} {instances} {called}");
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
