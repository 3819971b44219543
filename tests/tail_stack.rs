//! Whether execution needs native stack: in an optimised build every handler must jump to the next. One that calls it instead would use up the small
//! stack of these threads within some thousand instructions, and the process would die.
//!
//! `cargo test --release --test tail_stack` checks the tail back end; a debug build checks the loop with fewer iterations.

use std::fmt::Write as _;

use fulgurite::{Config, Engine, Linker, Module, Store};

/// Native stack of the threads, in bytes: room for the driver, not for a thousandth of the handlers that run.
const STACK_BYTES: usize = if cfg!(debug_assertions) { 512 * 1024 } else { 128 * 1024 };

/// Calls `run(iterations)` of a module in a thread with a small stack, and gives its result.
fn run(text: &str, fuse: bool, iterations: u32) -> u64 {
    let text = text.to_owned();
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let mut config = Config::new();
            config.superinstructions(fuse);
            let engine = Engine::new(&config);
            let module = Module::new(&engine, text.as_bytes()).expect("a valid module");
            let mut store = Store::new(&engine, ());
            let mut linker = Linker::new(&engine);
            linker.func_wrap("host", "twice", |x: i32| x.wrapping_mul(2)).expect("a new name");
            let instance = linker.instantiate(&mut store, &module).expect("an instance");
            let run = instance.get_typed_func::<u32, u64>(&store, "run").expect("the export");
            run.call(&mut store, iterations).expect("no trap")
        })
        .expect("a thread")
        .join()
        .expect("the thread ends by itself")
}

#[test]
fn optimised_builds_for_known_targets_use_the_tail_back_end() {
    let expected = if cfg!(debug_assertions) || !cfg!(target_arch = "x86_64") { "loop" } else { "tail" };
    assert_eq!(Engine::dispatch_back_end(), expected);
}

#[test]
fn a_billion_dispatches_need_no_stack() {
    // Ten instructions an iteration without superinstructions.
    let text = "(module (func (export \"run\") (param $n i32) (result i64) (local $a i64) (local $b i64) (local $c i64)
        (loop $next
            (local.set $a (i64.add (local.get $a) (i64.const 3)))
            (local.set $b (i64.xor (local.get $b) (local.get $a)))
            (local.set $c (i64.sub (local.get $c) (local.get $b)))
            (local.set $a (i64.rotl (local.get $a) (i64.const 7)))
            (local.set $b (i64.or (local.get $b) (i64.const 1)))
            (local.set $c (i64.mul (local.get $c) (local.get $b)))
            (local.set $a (i64.and (local.get $a) (i64.const 0xffffffffff)))
            (local.set $b (i64.shr_u (local.get $b) (i64.const 1)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $next (local.get $n)))
        (i64.add (i64.add (local.get $a) (local.get $b)) (local.get $c))))";
    let iterations = if cfg!(debug_assertions) { 10_000 } else { 100_000_000 };
    assert_eq!(run(text, false, iterations), run(text, true, iterations));
}

/// A module whose loop holds an instruction of every family in many operand forms.
fn every_family() -> String {
    let mut body = String::new();
    for ty in ["i32", "i64"] {
        let a = format!("(local.get ${ty}a)");
        let b = format!("(local.get ${ty}b)");
        let temporary = format!("({ty}.load (i32.const 16))");
        let constant = format!("({ty}.const 12345)");
        for op in ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"] {
            for (x, y) in
                [(&a, &b), (&b, &a), (&a, &constant), (&constant, &b), (&temporary, &a), (&b, &temporary), (&temporary, &constant)]
            {
                let _ = writeln!(body, "(local.set ${ty}a ({ty}.{op} {x} {y}))");
                let _ = writeln!(body, "({ty}.store (i32.const 16) ({ty}.{op} {x} {y}))");
            }
        }
        for op in ["div_s", "div_u", "rem_s", "rem_u"] {
            let _ = writeln!(body, "(local.set ${ty}b ({ty}.{op} {a} ({ty}.or {b} ({ty}.const 1001))))");
        }
        for op in ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"] {
            for (x, y) in [(&a, &b), (&temporary, &a), (&b, &constant)] {
                let _ = writeln!(body, "(if ({ty}.{op} {x} {y}) (then (local.set ${ty}b ({ty}.add {b} ({ty}.const 1)))))");
                let _ = writeln!(body, "(local.set $i32a (i32.add (local.get $i32a) ({ty}.{op} {x} {y})))");
                let _ = writeln!(body, "(local.set ${ty}a (select {x} {y} ({ty}.{op} {x} {y})))");
            }
        }
        for op in ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"] {
            let _ = writeln!(body, "(local.set ${ty}b ({ty}.add {b} ({ty}.{op} {a})))");
        }
    }
    for ty in ["f32", "f64"] {
        let (a, b) = (format!("(local.get ${ty}a)"), format!("(local.get ${ty}b)"));
        let temporary = format!("({ty}.load (i32.const 32))");
        for op in ["add", "sub", "mul", "div", "min", "max", "copysign"] {
            for (x, y) in [(&a, &b), (&temporary, &a), (&b, &temporary)] {
                let _ = writeln!(body, "(local.set ${ty}a ({ty}.{op} {x} {y}))");
                let _ = writeln!(body, "({ty}.store (i32.const 32) ({ty}.{op} {x} {y}))");
            }
        }
        for op in ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] {
            let _ = writeln!(body, "(local.set ${ty}b ({ty}.{op} {a}))");
        }
        for op in ["eq", "ne", "lt", "gt", "le", "ge"] {
            let _ = writeln!(body, "(if ({ty}.{op} {a} {b}) (then (local.set ${ty}b ({ty}.add {b} ({ty}.const 0.5)))))");
            let _ = writeln!(body, "(if (i32.eqz ({ty}.{op} {temporary} {b})) (then (local.set ${ty}a {b})))");
        }
        for int in ["i32", "i64"] {
            for sign in ["s", "u"] {
                let _ = writeln!(body, "(local.set ${int}b ({int}.trunc_sat_{ty}_{sign} {a}))");
                let _ = writeln!(body, "(local.set ${ty}a ({ty}.convert_{int}_{sign} (local.get ${int}b)))");
                let _ = writeln!(body, "(local.set ${int}a ({int}.trunc_{ty}_{sign} ({ty}.const 7.9)))");
            }
        }
        let _ = writeln!(body, "(local.set ${ty}a (select {a} {b} (local.get $i32b)))");
        let _ = writeln!(body, "(global.set ${ty} {a}) (local.set ${ty}b (global.get ${ty}))");
    }
    for (ty, widths) in [("i32", &["8_s", "8_u", "16_s", "16_u"][..]), ("i64", &["8_s", "8_u", "16_s", "16_u", "32_s", "32_u"])] {
        for width in widths {
            let address = "(i32.and (local.get $i32a) (i32.const 0xff8))";
            let _ = writeln!(body, "(local.set ${ty}b ({ty}.load{width} offset=3 {address}))");
            let bits = width.trim_end_matches("_s").trim_end_matches("_u");
            let _ = writeln!(body, "({ty}.store{bits} offset=5 {address} (local.get ${ty}a))");
        }
        let _ = writeln!(body, "(global.set ${ty} (local.get ${ty}a)) (local.set ${ty}b (global.get ${ty}))");
    }
    format!(
        r#"(module
        (import "host" "twice" (func $twice (param i32) (result i32)))
        (type $unary (func (param i32) (result i32)))
        (memory 1 3) (data $d "passive")
        (table $t 4 8 funcref) (elem (table $t) (i32.const 0) func $one $twice) (elem $e func $one)
        (global $i32 (mut i32) (i32.const 1)) (global $i64 (mut i64) (i64.const 1))
        (global $f32 (mut f32) (f32.const 1)) (global $f64 (mut f64) (f64.const 1))
        (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $pair (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
        (func $half (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
        (func $third (param f32) (result f32) (f32.div (local.get 0) (f32.const 3)))
        (func (export "run") (param $n i32) (result i64)
            (local $i32a i32) (local $i32b i32) (local $i64a i64) (local $i64b i64)
            (local $f32a f32) (local $f32b f32) (local $f64a f64) (local $f64b f64)
            (loop $next
                {body}
                (local.set $i32a (call $one (local.get $i32a)))
                (local.set $i32b (call $twice (local.get $i32a)))
                (local.set $i32a (call_indirect $t (type $unary) (local.get $i32b) (i32.and (local.get $n) (i32.const 1))))
                (local.set $f64a (call $half (local.get $f64a)))
                (local.set $f32a (call $third (local.get $f32a)))
                (call $pair (local.get $i32a) (local.get $i64a)) (local.set $i32b) (local.set $i64b)
                (block $c (block $b (block $a (br_table $a $b $c (i32.and (local.get $n) (i32.const 3))))
                    (local.set $i32a (i32.add (local.get $i32a) (i32.const 5)))) (local.set $i64a (i64.extend_i32_u (local.get $i32a))))
                (memory.copy (i32.const 64) (i32.const 128) (i32.const 32))
                (memory.fill (i32.const 200) (local.get $i32a) (i32.const 16))
                (memory.init $d (i32.const 300) (i32.const 0) (i32.const 7))
                (local.set $i32b (i32.add (local.get $i32b) (memory.grow (i32.const 0))))
                (local.set $i32b (i32.add (local.get $i32b) (memory.size)))
                (table.set $t (i32.const 2) (table.get $t (i32.const 0)))
                (table.copy $t $t (i32.const 2) (i32.const 0) (i32.const 2))
                (table.init $t $e (i32.const 3) (i32.const 0) (i32.const 1))
                (table.fill $t (i32.const 2) (ref.func $one) (i32.const 1))
                (local.set $i32b (i32.add (local.get $i32b) (table.grow $t (ref.null func) (i32.const 0))))
                (local.set $i32b (i32.add (local.get $i32b) (i32.add (table.size $t) (ref.is_null (table.get $t (i32.const 1))))))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $next (local.get $n)))
            (i64.xor (i64.xor (local.get $i64a) (local.get $i64b)) (i64.extend_i32_u (i32.xor (local.get $i32a) (local.get $i32b))))))"#
    )
}

#[test]
fn every_handler_family_needs_no_stack() {
    let text = every_family();
    let iterations = if cfg!(debug_assertions) { 20 } else { 20_000 };
    assert_eq!(run(&text, false, iterations), run(&text, true, iterations));
}

#[test]
fn deep_recursion_needs_no_native_stack() {
    // Frames live on the store's own stack: this recursion is deeper than the native stack has bytes for return addresses.
    let text = "(module (func $down (param i32) (result i64)
            (if (result i64) (i32.eqz (local.get 0)) (then (i64.const 1))
                (else (i64.add (i64.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
        (func (export \"run\") (param i32) (result i64) (call $down (local.get 0))))";
    assert_eq!(run(text, true, 20_000), 20_001);
}
