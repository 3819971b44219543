//! Tail calls: they take no stack, whoever is called, and keep what the caller of the first function relies on.
//!
//! Each program runs with and without superinstructions. The spec's own scripts are in `spec-tests`.

use fulgurite::{Caller, Config, Engine, ErrorKind, Instance, Linker, Module, Store};

/// Runs a test with each configuration.
fn with_engines(test: impl Fn(&Engine)) {
    for fuse in [true, false] {
        test(&Engine::new(Config::new().superinstructions(fuse)));
    }
}

fn instantiate(engine: &Engine, store: &mut Store<()>, linker: &Linker<()>, text: &str) -> Instance {
    linker.instantiate(store, &Module::new(engine, text).unwrap()).unwrap()
}

#[test]
fn a_million_turns_take_no_stack() {
    // Directly, through a table, and by turns with functions of more and of fewer parameters.
    let text = r#"(module
        (type $two (func (param i64 i64) (result i64)))
        (table funcref (elem $sum_indirect))
        (func $sum (export "sum") (param $n i64) (param $sum i64) (result i64)
            (if (i64.eqz (local.get $n)) (then (return (local.get $sum))))
            (return_call $sum (i64.sub (local.get $n) (i64.const 1)) (i64.add (local.get $sum) (local.get $n))))
        (func $sum_indirect (export "indirect") (param $n i64) (param $sum i64) (result i64)
            (if (i64.eqz (local.get $n)) (then (return (local.get $sum))))
            (return_call_indirect (type $two)
                (i64.sub (local.get $n) (i64.const 1)) (i64.add (local.get $sum) (local.get $n)) (i32.const 0)))
        (func $one (export "changing") (param $n i64) (result i64)
            (local i64 i64 i64)
            (if (i64.eqz (local.get $n)) (then (return (i64.const 77))))
            (return_call $five (i64.const 1) (i64.const 2) (local.get $n) (f64.const 3) (i64.const 4)))
        (func $five (param i64 i64 i64 f64 i64) (result i64)
            (if (f64.ne (local.get 3) (f64.const 3)) (then (unreachable)))
            (if (i64.ne (i64.add (local.get 0) (i64.mul (local.get 1) (local.get 4))) (i64.const 9)) (then (unreachable)))
            (return_call $one (i64.sub (local.get 2) (i64.const 1)))))"#;
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instantiate(engine, &mut store, &Linker::new(engine), text);
        for name in ["sum", "indirect"] {
            let run = instance.get_typed_func::<(i64, i64), i64>(&store, name).unwrap();
            assert_eq!(run.call(&mut store, (1_000_000, 0)).unwrap(), 500_000_500_000, "{name}");
        }
        let run = instance.get_typed_func::<i64, i64>(&store, "changing").unwrap();
        assert_eq!(run.call(&mut store, 100_000).unwrap(), 77);
    });
}

/// A function that calls itself jumps to its start: its locals are zero again, whether they live in registers or in slots, and its parameters
/// are the new ones wherever they live.
#[test]
fn a_function_that_calls_itself_starts_anew() {
    let text = r#"(module
        (func $f (export "f") (param $n i32) (param $x f64) (param $sum i64) (result i64) (local $i i32) (local $y f64) (local $rest i64)
            (if (i32.or (local.get $i) (i32.or (f64.ne (local.get $y) (f64.const 0)) (i64.ne (local.get $rest) (i64.const 0)))) (then (unreachable)))
            (if (i32.eqz (local.get $n)) (then (return (i64.add (local.get $sum) (i64.trunc_f64_s (local.get $x))))))
            (loop
                (local.set $i (i32.add (local.get $i) (local.get $n)))
                (local.set $y (f64.add (local.get $y) (local.get $x)))
                (local.set $rest (i64.add (local.get $rest) (i64.const 1)))
                (br_if 0 (i32.lt_u (local.get $i) (i32.mul (local.get $n) (i32.const 3)))))
            (return_call $f
                (i32.sub (local.get $n) (i32.const 1))
                (f64.add (local.get $x) (f64.const 2))
                (i64.add (local.get $sum) (i64.add (local.get $rest) (i64.extend_i32_u (local.get $i)))))))"#;
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instantiate(engine, &mut store, &Linker::new(engine), text);
        let f = instance.get_typed_func::<(i32, f64, i64), i64>(&store, "f").unwrap();
        // Each turn adds 3 for its turns of the loop, and 3n.
        assert_eq!(f.call(&mut store, (1000, 1.0, 0)).unwrap(), 3 * 1000 + 3 * 500_500 + 2001);
    });
}

#[test]
fn arguments_may_change_places() {
    let text = r#"(module
        (func $turn (export "turn") (param i32 i32 f64 i64) (result i32 i64 f64)
            (if (i32.eqz (local.get 0)) (then (return (local.get 1) (local.get 3) (local.get 2))))
            (return_call $other (local.get 3) (local.get 2) (local.get 1) (i32.sub (local.get 0) (i32.const 1))))
        (func $other (param i64 f64 i32 i32) (result i32 i64 f64)
            (return_call $turn (local.get 3) (local.get 2) (f64.add (local.get 1) (f64.const 1)) (i64.add (local.get 0) (i64.const 2)))))"#;
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instantiate(engine, &mut store, &Linker::new(engine), text);
        let turn = instance.get_typed_func::<(i32, i32, f64, i64), (i32, i64, f64)>(&store, "turn").unwrap();
        assert_eq!(turn.call(&mut store, (1000, 5, 0.5, 7)).unwrap(), (5, 2007, 1000.5));
    });
}

#[test]
fn callers_find_what_they_left() {
    // The tail call's callee has more arguments than its caller has room for: they go over its locals and operands, and over nothing of its caller.
    let many = 40;
    let params = "i64 ".repeat(many);
    let gets: String = (0..many).map(|i| format!("(i64.add (local.get 0) (i64.const {i}))")).collect();
    let sum: String = (0..many).fold(String::from("(i64.const 0)"), |sum, i| format!("(i64.add {sum} (local.get {i}))"));
    let text = format!(
        r#"(module
        (type $many (func (param {params}) (result i64)))
        (table funcref (elem $many))
        (func $many (type $many) {sum})
        (func $direct (param i64) (result i64) (return_call $many {gets}))
        (func $indirect (param i64) (result i64) (return_call_indirect (type $many) {gets} (i32.wrap_i64 (local.get 0))))
        (func (export "run") (param i64) (result i64) (local i64 i64)
            (local.set 1 (i64.const 1000000)) (local.set 2 (i64.const 2000000))
            (i64.add (i64.add (call $direct (local.get 0)) (call $indirect (local.get 0))) (i64.add (local.get 1) (local.get 2)))))"#
    );
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instantiate(engine, &mut store, &Linker::new(engine), &text);
        let run = instance.get_typed_func::<i64, i64>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, 0).unwrap(), 2 * 780 + 3_000_000);
        let error = run.call(&mut store, 5).unwrap_err();
        assert!(error.to_string().contains("undefined element"), "{error}");
    });
}

#[test]
fn other_instances_and_the_host_are_called_in_place() {
    let even = r#"(module
        (import "odd" "table" (table 2 funcref))
        (type $t (func (param i32) (result i32)))
        (import "host" "answer" (func $answer (param i32) (result i32)))
        (func $even (export "even") (type $t)
            (if (i32.eqz (local.get 0)) (then (return_call $answer (i32.const 2))))
            (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
        (elem (i32.const 0) $even)
        (func (export "twice") (type $t)
            (i32.add (call $even (local.get 0)) (call $even (i32.add (local.get 0) (i32.const 2))))))"#;
    let odd = r#"(module
        (table (export "table") 2 funcref)
        (type $t (func (param i32) (result i32)))
        (global $calls (export "calls") (mut i32) (i32.const 0))
        (func $odd (type $t)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
            (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
        (elem (i32.const 1) $odd))"#;
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker.func_wrap("host", "answer", |_: Caller<'_, ()>, n: i32| n * 10).unwrap();
        let odd = instantiate(engine, &mut store, &linker, odd);
        linker.instance(&mut store, "odd", odd).unwrap();
        let even = instantiate(engine, &mut store, &linker, even);
        let twice = even.get_typed_func::<i32, i32>(&store, "twice").unwrap();
        assert_eq!(twice.call(&mut store, 300_000).unwrap(), 40, "both end in the host's answer, in the instance that called");
        let run = even.get_typed_func::<i32, i32>(&store, "even").unwrap();
        assert_eq!(run.call(&mut store, 300_001).unwrap(), 1, "and in the other instance");
        assert_eq!(run.call(&mut store, 0).unwrap(), 20);
    });
}

#[test]
fn what_is_below_the_arguments_outlives_them() {
    let text = r#"(module
        (func $f (export "f") (param i32 i32) (result i32)
            (i32.sub (i32.const 100) (i32.add (local.get 1)
                (if (result i32) (i32.ne (local.get 0) (i32.const 0))
                    (then (i32.const 5) (return_call $f (local.get 1) (i32.sub (local.get 0) (i32.const 1))))
                    (else (i32.const 3)))))))"#;
    with_engines(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instantiate(engine, &mut store, &Linker::new(engine), text);
        let f = instance.get_typed_func::<(i32, i32), i32>(&store, "f").unwrap();
        assert_eq!(f.call(&mut store, (0, 7)).unwrap(), 90);
        assert_eq!(f.call(&mut store, (4, 9)).unwrap(), 92, "(4, 9), (9, 3), (3, 8), (8, 2), …, (0, 5)");
    });
}

#[test]
fn results_must_be_those_of_the_function() {
    let refused = |text: &str, message: &str| {
        let error = Module::new(&Engine::default(), text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    };
    refused("(module (func $f (result i32) (return_call $g)) (func $g (result i64) (i64.const 0)))", "a tail call must have the results");
    refused("(module (func $f (return_call $g)) (func $g (result i32) (i32.const 0)))", "a tail call must have the results");
    refused("(module (func $f (return_call $g)) (func $g (param i32)))", "type mismatch");
    refused("(module (func $f (return_call 7)))", "unknown function 7");
    refused("(module (type (func)) (func $f (return_call_indirect (type 0) (i32.const 0))))", "unknown table 0");
}
