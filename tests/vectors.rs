//! Vectors wherever values can be: parameters, results, locals, globals, blocks, loops, calls of every kind, and frames of any size.
//!
//! Each program runs with and without superinstructions. What single instructions compute is tested by the spec's own scripts (`spec-tests`) and
//! beside the functions of `wasm::simd`.

use fulgurite::{
    Caller, Config, Engine, Error, ErrorKind, Func, FuncType, Global, GlobalType, Instance, Linker, Module, Store, V128, Val, ValType,
};

/// Runs a test with each configuration.
fn with_engines(test: impl Fn(&Engine)) {
    for fuse in [true, false] {
        test(&Engine::new(Config::new().superinstructions(fuse)));
    }
}

fn instance(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    let mut store = Store::new(engine, ());
    let module = Module::new(engine, text).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

/// A vector of four lanes.
fn lanes(lanes: [u32; 4]) -> V128 {
    V128::from_bytes(bytes_of(lanes))
}

fn bytes_of(lanes: [u32; 4]) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (place, lane) in bytes.chunks_exact_mut(4).zip(lanes) {
        place.copy_from_slice(&lane.to_le_bytes());
    }
    bytes
}

#[test]
fn typed_functions_take_and_give_vectors() {
    let text = r#"(module
        (func (export "turn") (param i32 v128 i64 v128) (result v128 i64 v128 i32)
            (local.get 3) (local.get 2) (local.get 1) (local.get 0))
        (func (export "one") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
        (func (export "early") (param v128 i32) (result v128)
            (br_if 0 (local.get 0) (local.get 1)) (v128.not)))"#;
    with_engines(|engine| {
        let (mut store, instance) = instance(engine, text);
        let (a, b) = (lanes([1, 2, 3, 4]), lanes([5, 6, 7, u32::MAX]));
        let turn = instance.get_typed_func::<(i32, V128, i64, V128), (V128, i64, V128, i32)>(&store, "turn").unwrap();
        assert_eq!(turn.call(&mut store, (7, a, -8, b)).unwrap(), (b, -8, a, 7));
        let one = instance.get_typed_func::<V128, V128>(&store, "one").unwrap();
        assert_eq!(one.call(&mut store, b).unwrap(), lanes([10, 12, 14, u32::MAX - 1]));
        let early = instance.get_typed_func::<(V128, i32), V128>(&store, "early").unwrap();
        assert_eq!(early.call(&mut store, (a, 1)).unwrap(), a);
        assert_eq!(early.call(&mut store, (a, 0)).unwrap(), V128::from(!a.bits()));
        let error = instance.get_typed_func::<(V128, V128), V128>(&store, "one").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        // The same without types.
        let turn = instance.get_func(&store, "turn").unwrap();
        let mut results = [Val::I32(0); 4];
        turn.call(&mut store, &[Val::I32(1), a.into(), Val::I64(2), b.into()], &mut results).unwrap();
        assert_eq!(results, [Val::V128(b), Val::I64(2), Val::V128(a), Val::I32(1)]);
        assert!(turn.call(&mut store, &[Val::I32(1), Val::I64(1), Val::I64(2), b.into()], &mut results).is_err());
    });
}

#[test]
fn hosts_are_called_with_vectors() {
    let text = r#"(module
        (import "host" "add" (func $add (param v128 i32) (result v128)))
        (import "host" "pair" (func $pair (param i32 v128 v128) (result v128 i32 v128)))
        (func (export "run") (param v128 i32) (result v128) (local $a v128) (local $b v128)
            (call $pair (local.get 1) (local.get 0) (call $add (local.get 0) (local.get 1)))
            (local.set $b) (local.set 1) (local.set $a)
            (i32x4.add (local.get $a) (i32x4.mul (local.get $b) (i32x4.splat (local.get 1)))))
        (func (export "tail") (param i32) (result v128)
            (return_call $add (i32x4.splat (local.get 0)) (local.get 0))))"#;
    with_engines(|engine| {
        let mut linker = Linker::new(engine);
        let add = |_: Caller<'_, ()>, vector: V128, x: i32| {
            let mut lanes = bytes_to_lanes(vector);
            lanes.iter_mut().for_each(|lane| *lane = lane.wrapping_add(x.cast_unsigned()));
            lanes_to_vector(lanes)
        };
        linker.func_wrap("host", "add", add).unwrap();
        let mut store = Store::new(engine, ());
        let v128 = ValType::V128;
        let ty = FuncType::new([ValType::I32, v128, v128], [v128, ValType::I32, v128]);
        let pair = Func::new(&mut store, ty, |_, params, results| {
            let [Val::I32(x), a, b] = *params else { return Err(Error::new("other parameters")) };
            results.copy_from_slice(&[b, Val::I32(x + 1), a]);
            Ok(())
        });
        linker.define("host", "pair", pair).unwrap();
        let instance = linker.instantiate(&mut store, &Module::new(engine, text).unwrap()).unwrap();
        let run = instance.get_typed_func::<(V128, i32), V128>(&store, "run").unwrap();
        // a = v + x, b = v, x + 1: a + b * (x + 1).
        assert_eq!(run.call(&mut store, (lanes([1, 2, 3, 4]), 10)).unwrap(), lanes([22, 34, 46, 58]));
        let tail = instance.get_typed_func::<i32, V128>(&store, "tail").unwrap();
        assert_eq!(tail.call(&mut store, 21).unwrap(), lanes([42; 4]));
    });
}

fn bytes_to_lanes(vector: V128) -> [u32; 4] {
    let bytes = vector.to_bytes();
    [0, 4, 8, 12].map(|at| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]))
}

fn lanes_to_vector(values: [u32; 4]) -> V128 {
    lanes(values)
}

#[test]
fn globals_hold_vectors() {
    let text = r#"(module
        (import "host" "shared" (global $shared (mut v128)))
        (import "host" "fixed" (global $fixed v128))
        (global $own (mut v128) (v128.const i32x4 1 2 3 4))
        (global $copy v128 (global.get $fixed))
        (func (export "run") (result v128)
            (global.set $own (i32x4.add (global.get $own) (global.get $copy)))
            (global.set $shared (i32x4.add (global.get $shared) (global.get $own)))
            (global.get $shared)))"#;
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        let shared = Global::new(&mut store, GlobalType::new(ValType::V128, true), lanes([100; 4]).into()).unwrap();
        let fixed = Global::new(&mut store, GlobalType::new(ValType::V128, false), lanes([10, 20, 30, 40]).into()).unwrap();
        assert!(Global::new(&mut store, GlobalType::new(ValType::V128, false), Val::I32(1)).is_err());
        linker.define("host", "shared", shared).unwrap().define("host", "fixed", fixed).unwrap();
        let instance = linker.instantiate(&mut store, &Module::new(engine, text).unwrap()).unwrap();
        let run = instance.get_typed_func::<(), V128>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), lanes([111, 122, 133, 144]));
        assert_eq!(shared.get(&store), Val::V128(lanes([111, 122, 133, 144])));
        shared.set(&mut store, lanes([0; 4]).into()).unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), lanes([21, 42, 63, 84]));
    });
}

#[test]
fn blocks_and_loops_carry_vectors() {
    // Sums 1 … n in each lane by a loop that carries two vectors and a number, then leaves through tables and branches of all kinds.
    let text = r#"(module
        (func (export "sum") (param $n i32) (result v128) (local $unused v128)
            (v128.const i32x4 0 0 0 0) (v128.const i32x4 1 1 1 1) (local.get $n)
            (loop $again (param v128 v128 i32) (result v128)
                (local.set $n) (local.set $unused)
                (i32x4.add (local.get $unused))
                (i32x4.add (local.get $unused) (v128.const i32x4 1 1 1 1))
                (i32.sub (local.get $n) (i32.const 1))
                (br_if $again (i32.gt_s (local.get $n) (i32.const 1)))
                (drop) (drop)))
        (func (export "select") (param v128 v128 i32) (result v128)
            (select (local.get 0) (local.get 1) (local.get 2)))
        (func (export "table") (param v128 i32) (result v128)
            (i32x4.add (v128.const i32x4 1 0 0 0)
                (block $a (result v128)
                    (i32x4.add (v128.const i32x4 0 1 0 0)
                        (block $b (result v128)
                            (i64.const 5)
                            (i32x4.add (v128.const i32x4 0 0 1 0)
                                (block $c (result v128)
                                    (br_table $a $b $c (local.get 0) (local.get 1))))
                            (br $b))))))
        (func (export "tee") (param v128) (result v128) (local $a v128) (local $b v128)
            (local.get 0)
            (local.set 0 (v128.not (local.tee $a (local.tee $b (local.get 0)))))
            (i32x4.sub (i32x4.add (local.get 0) (local.get $a)) (i32x4.add (local.get $b)))
            (drop (local.get $a)))
        (func (export "if") (param v128 i32) (result v128)
            (local.get 0)
            (if (param v128) (result v128) (local.get 1) (then (i32x4.neg)) (else (i32x4.abs)))))"#;
    with_engines(|engine| {
        let (mut store, instance) = instance(engine, text);
        let a = lanes([1, 2, 3, u32::MAX]);
        let sum = instance.get_typed_func::<i32, V128>(&store, "sum").unwrap();
        assert_eq!(sum.call(&mut store, 100).unwrap(), lanes([5050; 4]));
        let select = instance.get_typed_func::<(V128, V128, i32), V128>(&store, "select").unwrap();
        assert_eq!(select.call(&mut store, (a, lanes([9; 4]), 0)).unwrap(), lanes([9; 4]));
        assert_eq!(select.call(&mut store, (a, lanes([9; 4]), 256)).unwrap(), a);
        let table = instance.get_typed_func::<(V128, i32), V128>(&store, "table").unwrap();
        assert_eq!(table.call(&mut store, (a, 0)).unwrap(), lanes([2, 2, 3, u32::MAX]));
        assert_eq!(table.call(&mut store, (a, 1)).unwrap(), lanes([2, 3, 3, u32::MAX]));
        assert_eq!(table.call(&mut store, (a, 9)).unwrap(), lanes([2, 3, 4, u32::MAX]));
        // a - ((-1 - a + a) + a), where the parameter as it was is read before it is set.
        let tee = instance.get_typed_func::<V128, V128>(&store, "tee").unwrap();
        assert_eq!(tee.call(&mut store, a).unwrap(), lanes([1; 4]));
        let choose = instance.get_typed_func::<(V128, i32), V128>(&store, "if").unwrap();
        assert_eq!(choose.call(&mut store, (a, 1)).unwrap(), lanes([u32::MAX, u32::MAX - 1, u32::MAX - 2, 1]));
        assert_eq!(choose.call(&mut store, (a, 0)).unwrap(), lanes([1, 2, 3, 1]));
    });
}

#[test]
fn declared_vectors_start_as_zero_wherever_the_stack_has_been() {
    let text = r#"(module
        (func $dirty (result v128) (local v128 v128 v128 v128 v128)
            (local.set 0 (v128.const i64x2 -1 -1)) (local.set 1 (local.get 0)) (local.set 2 (local.get 0))
            (local.set 3 (local.get 0)) (local.set 4 (local.get 0)) (local.get 4))
        (func $clean (result v128) (local i32 v128 i64 v128 v128)
            (v128.or (v128.or (local.get 1) (local.get 3)) (local.get 4)))
        (func (export "run") (result v128) (drop (call $dirty)) (call $clean)))"#;
    with_engines(|engine| {
        let (mut store, instance) = instance(engine, text);
        let run = instance.get_typed_func::<(), V128>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), lanes([0; 4]));
    });
}

#[test]
fn tail_calls_move_vectors() {
    // Functions of more and of fewer parameters by turns, through a table too, and into another instance.
    let text = r#"(module
        (type $wide (func (param v128 i32 v128 v128) (result v128)))
        (import "other" "end" (func $end (param v128 v128) (result v128)))
        (table funcref (elem $wide))
        (func $narrow (export "run") (param $n i32) (result v128)
            (return_call $wide (i32x4.splat (local.get $n)) (local.get $n) (v128.const i32x4 1 2 3 4) (v128.const i32x4 5 6 7 8)))
        (func $wide (type $wide) (local v128)
            (if (i32.eqz (local.get 1))
                (then (return_call $end (i32x4.add (local.get 2) (local.get 3)) (local.get 0))))
            (if (i32.and (local.get 1) (i32.const 1)) (then (return_call $narrow (i32.sub (local.get 1) (i32.const 1)))))
            (return_call_indirect (type $wide)
                (local.get 0) (i32.sub (local.get 1) (i32.const 1)) (local.get 3) (local.get 2) (i32.const 0))))"#;
    let other = r#"(module (func (export "end") (param v128 v128) (result v128) (i32x4.sub (local.get 0) (local.get 1))))"#;
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        let other = linker.instantiate(&mut store, &Module::new(engine, other).unwrap()).unwrap();
        linker.instance(&mut store, "other", other).unwrap();
        let instance = linker.instantiate(&mut store, &Module::new(engine, text).unwrap()).unwrap();
        let run = instance.get_typed_func::<i32, V128>(&store, "run").unwrap();
        for n in [0, 1, 2, 100_001] {
            assert_eq!(run.call(&mut store, n).unwrap(), lanes([6, 8, 10, 12]), "{n}");
        }
    });
}

#[test]
fn functions_have_a_thousand_vectors_as_parameters_and_results() {
    let list = "v128 ".repeat(1000);
    let gets: String = (0..1000).rev().map(|index| format!("(local.get {index})")).collect();
    let sets: String = (0..1000).map(|index| format!("(local.set {})", index + 1)).collect();
    let makes: String = (0..1000).map(|index| format!("(i32x4.splat (i32.add (local.get 0) (i32.const {index})))")).collect();
    let text = format!(
        "(module (type $many (func (param {list}) (result {list})))
            (func $turn (type $many) {gets})
            (func $again (type $many) (return_call $turn {gets}))
            (func (export \"run\") (param i32) (result v128 v128) (local {list})
                (call $again {makes}) {sets} (local.get 1) (local.get 1000)))"
    );
    with_engines(|engine| {
        let (mut store, instance) = instance(engine, &text);
        let run = instance.get_typed_func::<i32, (V128, V128)>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, 5).unwrap(), (lanes([1004; 4]), lanes([5; 4])));
    });
}

/// Slots that 16 bits can't name are reached by every kind of vector op.
#[test]
fn frames_of_vectors_may_be_large() {
    let text = format!(
        r#"(module (memory 1)
        (func $id (param v128) (result v128) (local.get 0))
        (func (export "run") (param i32) (result v128 i32) (local {} i64) (local $a v128) (local $b v128) (local $c v128) (local $n i32)
            (local.set $a (i32x4.splat (local.get 0)))
            (local.set $b (v128.const i32x4 1 2 3 4))
            (local.set $c (v128.bitselect (i32x4.add (local.get $a) (local.get $b)) (local.get $b) (v128.const i32x4 -1 0 -1 0)))
            (v128.store offset=8 (i32.const 0) (local.get $c))
            (local.set $a (v128.load32_lane offset=8 3 (i32.const 0) (local.get $a)))
            (v128.store16_lane offset=40 7 (i32.const 0) (local.get $a))
            (local.set $n (i32x4.extract_lane 3 (local.get $a)))
            (local.set $b (call $id (select (local.get $b) (local.get $c) (local.get $n))))
            (local.set $b (i32x4.shl (i32x4.replace_lane 0 (local.get $b) (local.get $n)) (local.get 0)))
            (i8x16.shuffle 0 1 2 3 20 21 22 23 8 9 10 11 28 29 30 31 (local.get $b) (local.get $a))
            (i32.add (local.get $n) (i32.load16_u offset=40 (i32.const 0)))))"#,
        "i64 ".repeat(6000)
    );
    with_engines(|engine| {
        let (mut store, instance) = instance(engine, &text);
        let run = instance.get_typed_func::<i32, (V128, i32)>(&store, "run").unwrap();
        // c = (6, 2, 8, 4); a = (5, 5, 5, 6), whose upper half-lane is 0; n = 6; b = (6, 2, 3, 4) << 5.
        assert_eq!(run.call(&mut store, 5).unwrap(), (lanes([192, 5, 96, 6]), 6));
    });
}

#[test]
fn accesses_trap_at_the_ends_of_memories() {
    let text = |memory: &str, address: &str| {
        let mut text = format!("(module {memory}");
        for (name, bytes) in [("load", 16), ("load8x8_s", 8), ("load32_splat", 4), ("load64_zero", 8), ("load16_splat", 2)] {
            text += &format!("(func (export \"{name}:{bytes}\") (param {address}) (drop (v128.{name} offset=3 (local.get 0))))");
        }
        for (lanes, bytes) in [(16, 1), (8, 2), (4, 4), (2, 8)] {
            let bits = bytes * 8;
            let last = lanes - 1;
            text += &format!(
                "(func (export \"load{bits}_lane:{bytes}\") (param {address})
                    (drop (v128.load{bits}_lane offset=3 {last} (local.get 0) (v128.const i64x2 0 0))))
                (func (export \"store{bits}_lane:{bytes}\") (param {address})
                    (v128.store{bits}_lane offset=3 {last} (local.get 0) (v128.const i64x2 0 0)))"
            );
        }
        text + &format!("(func (export \"store:16\") (param {address}) (v128.store offset=3 (local.get 0) (v128.const i64x2 0 0))))")
    };
    with_engines(|engine| {
        for (memory, address) in [("(memory 1)", "i32"), ("(memory i64 1)", "i64")] {
            let (mut store, instance) = instance(engine, &text(memory, address));
            let module = Module::new(engine, text(memory, address)).unwrap();
            for export in module.exports() {
                let Some((_, bytes)) = export.name().split_once(':') else { continue };
                let last = 65536 - 3 - bytes.parse::<i64>().unwrap();
                let func = instance.get_func(&store, export.name()).unwrap();
                let value = |x: i64| if address == "i64" { Val::I64(x) } else { Val::I32(x as i32) };
                func.call(&mut store, &[value(last)], &mut []).unwrap();
                for address in [last + 1, -1, i64::from(i32::MIN)] {
                    let error = func.call(&mut store, &[value(address)], &mut []).unwrap_err();
                    assert_eq!(error.message(), "out of bounds memory access", "{} {address}", export.name());
                }
            }
        }
    });
}
