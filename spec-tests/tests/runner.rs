//! The runner itself: each kind of directive passes if it should, and fails with its line, expectation and finding if it should not.

use fulgurite::Config;
use fulgurite_spec_tests::{Failure, run_script};

/// The one failure of a script.
fn failure(script: &str) -> Failure {
    let report = run_script("test.wast", script, &Config::default());
    assert_eq!(report.failures.len(), 1, "{:#?}", report.failures);
    report.failures.into_iter().next().unwrap()
}

/// Checks that the directive after a module, on line 3, is the only failure of the script.
fn fails(module: &str, directive: &str, keyword: &str, expected: &str, found: &str) {
    let failure = failure(&format!("{module}\n\n  {directive}"));
    // A quoted module begins, for the parser, where it says so.
    let begin = if directive.starts_with("(module quote") { "quote" } else { keyword.split(' ').next().unwrap() };
    assert_eq!((failure.line, failure.column), (3, directive.find(begin).unwrap() + 3), "{failure}");
    assert_eq!(failure.directive, keyword);
    assert_eq!(failure.expected, expected);
    assert!(failure.found.starts_with(found), "found: {}", failure.found);
}

/// Checks that all of a script passes, and how many directives it has.
fn passes(script: &str, directives: usize) {
    let report = run_script("test.wast", script, &Config::default());
    assert!(report.is_ok(), "{:#?}", report.failures);
    assert_eq!(report.passed, directives);
}

const EMPTY: &str = "(module)";
const DIV: &str = r#"(module (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))"#;
const LOOP: &str = r#"(module (func $f (export "f") (call $f)))"#;

#[test]
fn modules() {
    passes("(module) (module $a) (module binary \"\\00asm\" \"\\01\\00\\00\\00\") (module quote \"(func)\")", 4);
    fails(EMPTY, "(module (func (result i32)))", "module", "an instance", "invalid: ");
    fails(EMPTY, r#"(module binary "\00asm" "\02\00\00\00")"#, "module", "an instance", "malformed: ");
    fails(EMPTY, r#"(module quote "(func (no.such.op))")"#, "module", "an instance", "malformed text: ");
    fails(EMPTY, r#"(module (import "no" "where" (func)))"#, "module", "an instance", "unlinkable: ");
    fails(EMPTY, "(module (func unreachable) (start 0))", "module", "an instance", "trap: unreachable");
}

#[test]
fn definitions_and_instances() {
    let script = r#"
        (module definition $M (global $g (mut i32) (i32.const 1))
            (func (export "next") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
        (module instance $a $M)
        (module instance $b $M)
        (assert_return (invoke $a "next") (i32.const 2))
        (assert_return (invoke $a "next") (i32.const 3))
        (assert_return (invoke $b "next") (i32.const 2))
        (module instance)
        (assert_return (invoke "next") (i32.const 2))"#;
    passes(script, 8);
    fails(EMPTY, "(module definition (func (result i32)))", "module definition", "a valid module", "invalid: ");
    fails(EMPTY, "(module instance $a $M)", "module instance", "a module definition", "none of that name");
    let unlinkable = r#"(module definition $M (import "no" "where" (func)))"#;
    fails(unlinkable, "(module instance $a $M)", "module instance", "an instance", "unlinkable: ");
}

#[test]
fn register_and_invoke() {
    passes(
        &format!(
            r#"{DIV} (register "m") (invoke "div" (i32.const 1) (i32.const 1)) (module (import "m" "div" (func (param i32 i32) (result i32))))"#
        ),
        4,
    );
    fails(EMPTY, r#"(register "m" $none)"#, "register", "an instance $none", "none of that name");
    fails(DIV, r#"(invoke "div" (i32.const 1) (i32.const 0))"#, "invoke", "a return", "trap: integer divide by zero");
    fails(DIV, r#"(invoke "no" (i32.const 1))"#, "invoke", "an exported function \"no\"", "none of that name");
    fails(DIV, r#"(invoke "div" (i32.const 1))"#, "invoke", "a return", "misuse: ");
}

#[test]
fn assert_return() {
    let call = |result: &str| format!(r#"(assert_return (invoke "div" (i32.const 6) (i32.const 2)) {result})"#);
    passes(&format!("{DIV} {}", call("(i32.const 3)")), 2);
    passes(&format!("{DIV} {}", call("(either (i32.const 4) (i32.const 3))")), 2);
    fails(DIV, &call("(i32.const 4)"), "assert_return", "(i32.const 4)", "(i32.const 3)");
    fails(DIV, &call("(i64.const 3)"), "assert_return", "(i64.const 3)", "(i32.const 3)");
    fails(DIV, &call(""), "assert_return", "nothing", "(i32.const 3)");
    fails(DIV, &call("(i32.const 3) (i32.const 3)"), "assert_return", "(i32.const 3) (i32.const 3)", "(i32.const 3)");
    fails(DIV, &call("(either (i32.const 4) (i32.const 5))"), "assert_return", "(either (i32.const 4) (i32.const 5))", "(i32.const 3)");
    let trap = r#"(assert_return (invoke "div" (i32.const 6) (i32.const 0)) (i32.const 3))"#;
    fails(DIV, trap, "assert_return", "(i32.const 3)", "trap: integer divide by zero");
}

#[test]
fn assert_return_of_floats() {
    let module = r#"(module
        (func (export "f32") (param i32) (result f32) (f32.reinterpret_i32 (local.get 0)))
        (func (export "f64") (param i64) (result f64) (f64.reinterpret_i64 (local.get 0))))"#
        .replace('\n', "");
    let f32 = |bits: u32, result: &str| format!(r#"(assert_return (invoke "f32" (i32.const {bits})) (f32.const {result}))"#);
    let f64 = |bits: u64, result: &str| format!(r#"(assert_return (invoke "f64" (i64.const {bits})) (f64.const {result}))"#);
    let good = [
        f32(0x7fc0_0000, "nan:canonical"),
        f32(0xffc0_0000, "nan:canonical"),
        f32(0x7fc0_0000, "nan:arithmetic"),
        f32(0xffc0_0001, "nan:arithmetic"),
        f32(0x7fa0_0000, "nan:0x200000"),
        f32(0x8000_0000, "-0"),
        f64(0x7ff8_0000_0000_0000, "nan:canonical"),
        f64(0xfff8_0000_0000_0000, "nan:canonical"),
        f64(0xfff8_0000_0000_0001, "nan:arithmetic"),
        f64(0x7ff4_0000_0000_0000, "nan:0x4000000000000"),
        f64(0x8000_0000_0000_0000, "-0"),
    ];
    passes(&format!("{module}{}", good.concat()), 1 + good.len());
    for (directive, expected, found) in [
        (f32(0x7fc0_0001, "nan:canonical"), "(f32.const nan:canonical)", "(f32.const NaN = 0x7fc00001)"),
        (f32(0x7fa0_0000, "nan:arithmetic"), "(f32.const nan:arithmetic)", "(f32.const NaN = 0x7fa00000)"),
        (f32(0, "-0"), "(f32.const -0.0 = 0x80000000)", "(f32.const 0.0 = 0x00000000)"),
        (f32(0x7f80_0000, "nan:canonical"), "(f32.const nan:canonical)", "(f32.const inf = 0x7f800000)"),
        (f64(0x7ff8_0000_0000_0001, "nan:canonical"), "(f64.const nan:canonical)", "(f64.const NaN = 0x7ff8000000000001)"),
        (f64(0x7ff4_0000_0000_0000, "nan:arithmetic"), "(f64.const nan:arithmetic)", "(f64.const NaN = 0x7ff4000000000000)"),
        (f64(0, "-0"), "(f64.const -0.0 = 0x8000000000000000)", "(f64.const 0.0 = 0x0000000000000000)"),
    ] {
        fails(&module, &directive, "assert_return", expected, found);
    }
}

#[test]
fn assert_return_of_references_and_globals() {
    let module = r#"(module (func $f) (elem declare func $f) (global (export "g") i64 (i64.const 7))
        (func (export "func") (result funcref) (ref.func $f)) (func (export "null") (result funcref) (ref.null func))
        (func (export "same") (param externref) (result externref) (local.get 0)))"#
        .replace('\n', "");
    let good = r#"
        (assert_return (get "g") (i64.const 7))
        (assert_return (invoke "func") (ref.func))
        (assert_return (invoke "null") (ref.null func))
        (assert_return (invoke "null") (ref.null))
        (assert_return (invoke "same" (ref.extern 4)) (ref.extern 4))
        (assert_return (invoke "same" (ref.extern 4)) (ref.extern))
        (assert_return (invoke "same" (ref.null extern)) (ref.null extern))"#;
    passes(&format!("{module}{good}"), 8);
    for (directive, expected, found) in [
        (r#"(assert_return (get "g") (i64.const 8))"#, "(i64.const 8)", "(i64.const 7)"),
        (r#"(assert_return (get "h") (i64.const 8))"#, "an exported global \"h\"", "none of that name"),
        (r#"(assert_return (invoke "func") (ref.null func))"#, "(ref.null func)", "(ref.func)"),
        (r#"(assert_return (invoke "null") (ref.func))"#, "(ref.func)", "(ref.null func)"),
        (r#"(assert_return (invoke "null") (ref.null extern))"#, "(ref.null extern)", "(ref.null func)"),
        (r#"(assert_return (invoke "same" (ref.extern 4)) (ref.extern 5))"#, "(ref.extern 5)", "(ref.extern 4)"),
        (r#"(assert_return (invoke "same" (ref.null extern)) (ref.extern 5))"#, "(ref.extern 5)", "(ref.null extern)"),
    ] {
        fails(&module, directive, "assert_return", expected, found);
    }
}

#[test]
fn assert_trap_and_exhaustion() {
    let trap = |divisor: i32, text: &str| format!(r#"(assert_trap (invoke "div" (i32.const 6) (i32.const {divisor})) "{text}")"#);
    passes(&format!("{DIV} {} {}", trap(0, "integer divide by zero"), trap(0, "integer divide")), 3);
    passes(r#"(assert_trap (module (func unreachable) (start 0)) "unreachable executed")"#, 1);
    fails(DIV, &trap(0, "integer overflow"), "assert_trap", "trap: integer overflow", "trap: integer divide by zero");
    fails(DIV, &trap(2, "integer divide by zero"), "assert_trap", "trap: integer divide by zero", "a return: (i32.const 3)");
    let start = r#"(assert_trap (module (func) (start 0)) "unreachable")"#;
    fails(EMPTY, start, "assert_trap", "trap: unreachable", "a return: nothing");

    passes(&format!(r#"{LOOP} (assert_exhaustion (invoke "f") "call stack exhausted")"#), 2);
    let exhaustion = r#"(assert_exhaustion (invoke "div" (i32.const 1) (i32.const 0)) "call stack exhausted")"#;
    fails(DIV, exhaustion, "assert_exhaustion", "exhaustion: call stack exhausted", "trap: integer divide by zero");
    let exhaustion = r#"(assert_exhaustion (invoke "div" (i32.const 1) (i32.const 1)) "call stack exhausted")"#;
    fails(DIV, exhaustion, "assert_exhaustion", "exhaustion: call stack exhausted", "a return: (i32.const 1)");
}

#[test]
fn assert_rejections() {
    let good = r#"
        (assert_malformed (module binary "\00asm") "unexpected end")
        (assert_malformed (module quote "(func (no.such.op))") "unknown operator")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_unlinkable (module (import "spectest" "no" (func))) "unknown import")
        (assert_unlinkable (module (import "spectest" "print" (func (param i32)))) "incompatible import type")"#;
    passes(good, 5);
    let malformed = "assert_malformed";
    fails(EMPTY, r#"(assert_malformed (module quote "(func)") "some text")"#, malformed, "malformed: some text", "a valid module");
    let invalid = r#"\00asm\01\00\00\00\01\04\01\60\00\00\03\02\01\07"#;
    let directive = format!(r#"(assert_malformed (module binary "{invalid}\0a\04\01\02\00\0b") "some text")"#);
    fails(EMPTY, &directive, malformed, "malformed: some text", "invalid: ");
    fails(EMPTY, r#"(assert_invalid (module (func)) "type mismatch")"#, "assert_invalid", "invalid: type mismatch", "a valid module");
    let directive = r#"(assert_invalid (module binary "\00asm") "type mismatch")"#;
    fails(EMPTY, directive, "assert_invalid", "invalid: type mismatch", "malformed: ");
    let directive = r#"(assert_invalid (module quote "(func (no.such.op))") "type mismatch")"#;
    fails(EMPTY, directive, "assert_invalid", "invalid: type mismatch", "malformed text: ");

    let unlinkable = "assert_unlinkable";
    let directive = r#"(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")"#;
    fails(EMPTY, directive, unlinkable, "unlinkable: unknown import", "an instance");
    let directive = r#"(assert_unlinkable (module (import "spectest" "no" (func))) "incompatible import type")"#;
    fails(EMPTY, directive, unlinkable, "unlinkable: incompatible import type", "unlinkable: unknown import");
    let directive = r#"(assert_unlinkable (module (func unreachable) (start 0)) "unknown import")"#;
    fails(EMPTY, directive, unlinkable, "unlinkable: unknown import", "trap: unreachable");
}

#[test]
fn custom_sections() {
    passes(r#"(assert_malformed_custom (module quote "(func (@name 1))") "some text")"#, 1);
    for keyword in ["assert_malformed_custom", "assert_invalid_custom"] {
        let directive = format!(r#"({keyword} (module quote "(func)") "some text")"#);
        fails(EMPTY, &directive, keyword, "rejection: some text", "acceptance");
    }
}

#[test]
fn what_needs_other_proposals_fails() {
    let directive = r#"(assert_exception (invoke "div" (i32.const 1) (i32.const 0)))"#;
    fails(DIV, directive, "assert_exception", "an exception", "trap: integer divide by zero");
    let directive = r#"(assert_exception (invoke "div" (i32.const 1) (i32.const 1)))"#;
    fails(DIV, directive, "assert_exception", "an exception", "a return: (i32.const 1)");
    let directive = r#"(assert_suspension (invoke "div" (i32.const 1) (i32.const 1)) "unhandled")"#;
    fails(DIV, directive, "assert_suspension", "suspension: unhandled", "a return: (i32.const 1)");
}

#[test]
fn threads() {
    let memory = "(module $m (memory (export \"m\") 1 1 shared))";
    passes(&format!("{memory} (thread $t (shared (module $m)) (register \"s\" $m) (module)) (wait $t) (thread $u) (module)"), 7);
    fails(EMPTY, "(thread $t (shared (module $none)))", "thread", "an instance $none", "none of that name");
    fails(EMPTY, "(wait $t)", "wait", "a thread $t", "none of that name");
    let twice = failure("(module) (thread $t)\n(wait $t)\n (wait $t)");
    assert_eq!((twice.line, twice.column, twice.directive), (3, 3, "wait"));
    // A failure in a thread has its own place, and what is behind it runs; failures come in the order of the script.
    let script = format!(
        "{DIV}\n(thread $t\n  {DIV}\n  (assert_return (invoke \"div\" (i32.const 4) (i32.const 2)) (i32.const 3))\n  (invoke \"div\" \
         (i32.const 1) (i32.const 1)))\n(invoke \"no\")\n(thread $u\n (invoke \"no\"))\n{EMPTY}"
    );
    let report = run_script("test.wast", &script, &Config::default());
    let places: Vec<_> = report.failures.iter().map(|failure| (failure.line, failure.column, failure.directive)).collect();
    assert_eq!(places, [(4, 4, "assert_return"), (6, 2, "invoke"), (8, 3, "invoke")]);
    assert_eq!((report.passed, &*report.failures[0].found), (6, "(i32.const 2)"));
}

#[test]
fn after_a_bad_module_nothing_runs_on_the_one_before() {
    let script = format!("{DIV}\n(module (func (result i32)))\n(invoke \"div\" (i32.const 1) (i32.const 1))\n{EMPTY}");
    let report = run_script("test.wast", &script, &Config::default());
    assert_eq!(report.passed, 2);
    assert_eq!(report.failures.iter().map(|failure| failure.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(report.failures[1].expected, "an instance");
}

#[test]
fn unreadable_scripts() {
    let unclosed = failure("(module)\n(assert_return");
    assert_eq!((unclosed.line, unclosed.directive, &*unclosed.expected), (2, "script", "a script"));
    let unknown = failure("(module)\n (assert_nonsense)");
    assert_eq!((unknown.line, unknown.column, unknown.directive), (2, 3, "script"));
    let lexical = failure("(module)\n\"unclosed");
    assert_eq!((lexical.line, lexical.directive), (2, "script"));
}
