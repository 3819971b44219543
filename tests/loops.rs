//! Loops: what they carry from turn to turn, and those that ask first whether to leave.
//!
//! Each function is run with and without superinstructions; the results are worked out in Rust. All loops of the spec's testsuite run too, in
//! `spec-tests`; these are the ones that the translator treats in its own way.

use fulgurite::{Config, Engine, Instance, Linker, Module, Store};

fn instances(text: &str) -> Vec<(Store<()>, Instance)> {
    let instance = |fuse: bool| {
        let engine = Engine::new(Config::new().superinstructions(fuse));
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
        (store, instance)
    };
    vec![instance(true), instance(false)]
}

/// Calls an export with these arguments, in each instance.
macro_rules! check {
    ($text:expr, $params:ty => $result:ty; $($arguments:expr => $expected:expr),* $(,)?) => {
        for (mut store, instance) in instances($text) {
            let run = instance.get_typed_func::<$params, $result>(&store, "run").unwrap();
            $( assert_eq!(run.call(&mut store, $arguments).unwrap(), $expected, "{:?}", $arguments); )*
        }
    };
}

#[test]
fn parameters_that_change_places() {
    // gcd: (a, b) becomes (b, a mod b).
    let text = r#"(module (func (export "run") (param i64 i64) (result i64)
        local.get 0 local.get 1
        (loop $turn (param i64 i64) (result i64)
            local.set 1 local.set 0
            local.get 1 i64.eqz
            (if (result i64) (then local.get 0)
                (else local.get 1 local.get 0 local.get 1 i64.rem_u br $turn)))))"#;
    check!(text, (i64, i64) => i64; (48, 18) => 6, (17, 5) => 1, (0, 9) => 9);
    // The parameters themselves, exchanged a number of times.
    let text = r#"(module (func (export "run") (param i32 i64) (result i64) (local i64 i64)
        i64.const 1 i64.const 2
        (loop $turn (param i64 i64) (result i64)
            local.set 2 local.set 3
            local.get 2 local.get 3
            local.get 0 i32.const 1 i32.sub local.tee 0
            br_if $turn
            i64.const 10 i64.mul i64.add)))"#;
    check!(text, (i32, i64) => i64; (1, 0) => 12, (2, 0) => 21, (3, 0) => 12, (10, 0) => 21);
}

#[test]
fn conditions_that_read_what_is_carried() {
    // The condition compares the parameter of this turn with that of the next.
    let text = r#"(module (func (export "run") (param i32) (result i32) (local i32 i32)
        i32.const 100
        (loop $turn (param i32) (result i32)
            local.tee 1
            i32.const 7 i32.sub
            local.tee 2
            local.get 1 local.get 0 i32.gt_s
            br_if $turn)))"#;
    let model = |end: i32| {
        let mut value = 100;
        loop {
            let before = value;
            value -= 7;
            if before <= end {
                break value;
            }
        }
    };
    check!(text, i32 => i32; 0 => model(0), 50 => model(50), 99 => model(99), 100 => model(100), -20 => model(-20));
    // The parameter stays on the stack below the condition, unread by a local.
    let text = r#"(module (func (export "run") (param f64 f64) (result f64)
        local.get 0
        (loop $turn (param f64) (result f64)
            f64.const 0.5 f64.mul
            local.tee 0
            local.get 0 local.get 1 f64.gt
            br_if $turn)))"#;
    check!(text, (f64, f64) => f64; (1024.0, 3.0) => 2.0, (1.0, 2.0) => 0.5, (f64::INFINITY, f64::INFINITY) => f64::INFINITY);
}

#[test]
fn tables_go_back_to_loops_with_parameters() {
    // Digits of a number, lowest first: 0 ends, 1 adds, others subtract.
    let text = r#"(module (func (export "run") (param i32) (result i32)
        i32.const 1000
        (loop $turn (param i32) (result i32)
            (block $other (param i32) (result i32)
                (block $end (param i32) (result i32)
                    local.get 0 i32.const 10 i32.rem_u
                    local.get 0 i32.const 10 i32.div_u local.set 0
                    br_table $end $turn $other)
                return)
            i32.const 1 i32.sub
            br $turn)))"#;
    check!(text, i32 => i32; 0 => 1000, 22 => 998, 1112 => 999, 1 => 1000, 222_222 => 994);
}

#[test]
fn more_is_carried_than_has_slots_of_its_own() {
    let types = "i32 ".repeat(9);
    let (gets, sets): (String, String) = (0..9).map(|i| (format!("local.get {i} "), format!("local.set {} ", 8 - i))).unzip();
    // Two loops of nine parameters, one inside the other: the inner one's are in their home slots.
    let text = format!(
        r#"(module (func (export "run") (param i32) (result i32) (local {types})
            {gets}
            (loop $outer (param {types}) (result {types})
                (loop $inner (param {types}) (result {types})
                    {sets}
                    local.get 0 i32.const 1 i32.sub local.set 0
                    local.get 8 i32.const 3 i32.add local.set 8
                    local.get 7 local.get 8 i32.add local.set 7
                    {gets}
                    local.get 0 i32.const 5 i32.and
                    br_if $inner)
                local.get 0
                br_if $outer)
            {sets} local.get 7))"#,
    );
    let model = |mut turns: i32| {
        let (mut sum, mut step) = (0, 0);
        loop {
            turns -= 1;
            step += 3;
            sum += step;
            if turns == 0 {
                break sum;
            }
        }
    };
    check!(&text, i32 => i32; 1 => model(1), 8 => model(8), 100 => model(100));
}

#[test]
fn loops_that_ask_first() {
    // A conditional branch out; an `if` around all; a condition that computes; a loop that `continue`s from two places.
    let out = r#"(module (func (export "run") (param i32) (result i32) (local i32 i32)
        (block $end (loop $turn
            (br_if $end (i32.ge_s (local.get 1) (local.get 0)))
            (local.set 2 (i32.add (local.get 2) (local.get 1)))
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br $turn)))
        local.get 2))"#;
    check!(out, i32 => i32; 0 => 0, 1 => 0, 10 => 45, -3 => 0);
    let around = r#"(module (func (export "run") (param i32) (result i32) (local i32 i32)
        (loop $turn
            (if (i32.lt_s (local.get 1) (local.get 0)) (then
                (local.set 2 (i32.add (local.get 2) (local.get 1)))
                (local.set 1 (i32.add (local.get 1) (i32.const 1)))
                (br $turn))
            (else (local.set 2 (i32.mul (local.get 2) (i32.const 2))))))
        local.get 2))"#;
    check!(around, i32 => i32; 0 => 0, 1 => 0, 10 => 90, -3 => 0);
    let computes = r#"(module (memory 1) (data (i32.const 5) "lightning") (func (export "run") (param i32) (result i32) (local i32)
        (local.set 1 (local.get 0))
        (block $end (loop $turn
            (br_if $end (i32.eqz (i32.load8_u (local.get 1))))
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br $turn)))
        (i32.sub (local.get 1) (local.get 0))))"#;
    check!(computes, i32 => i32; 5 => 9, 13 => 1, 14 => 0, 8 => 6);
    let two_places = r#"(module (func (export "run") (param i32) (result i32) (local i32)
        (block $end (loop $turn
            (br_if $end (i32.eq (local.get 0) (i32.const 1)))
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (if (i32.and (local.get 0) (i32.const 1)) (then
                (local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1)))
                (br $turn)))
            (local.set 0 (i32.shr_u (local.get 0) (i32.const 1)))
            (br $turn)))
        local.get 1))"#;
    check!(two_places, i32 => i32; 1 => 0, 2 => 1, 27 => 111, 97 => 118);
    // Values below the question, and dead loops before it.
    let dead = r#"(module (func (export "run") (param i32) (result i32) (local i32)
        (block (br 0) (loop (param) (br 0)))
        i32.const 7
        (block $end (loop $turn
            (br_if $end (i32.eqz (local.get 0)))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (local.set 1 (i32.add (local.get 1) (i32.const 2)))
            (br $turn)))
        local.get 1 i32.add))"#;
    check!(dead, i32 => i32; 0 => 7, 3 => 13);
}

#[test]
fn traps_in_a_question_asked_twice_are_found() {
    let text = r#"(module (memory 1) (func $walk (export "run") (param i32) (result i32)
        (block $end (loop $turn
            (br_if $end (i32.load8_u (local.get 0)))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br $turn)))
        local.get 0))"#;
    for (mut store, instance) in instances(text) {
        let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
        let message = run.call(&mut store, 65_000).unwrap_err().to_string();
        assert!(message.contains("out of bounds memory access"), "{message}");
        let first = run.call(&mut store, 65_536).unwrap_err().to_string();
        assert_eq!(message, first, "the load is named, whichever copy of it traps");
    }
}
