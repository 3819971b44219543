//! Proposals can be disabled one by one: a module that needs one is accepted by default, and refused by its name without it.

use fulgurite::{Config, Engine, ErrorKind, Module};

/// A switch of `Config`.
type Switch = fn(&mut Config, bool) -> &mut Config;

/// Switches, the name that messages have, and a module that needs just this proposal.
const PROPOSALS: &[(Switch, &str, &str)] = &[
    (Config::wasm_simd, "fixed-width SIMD", "(module (func (drop (i8x16.splat (i32.const 1)))))"),
    (Config::wasm_simd, "fixed-width SIMD", "(module (func (local v128)))"),
    (Config::wasm_simd, "fixed-width SIMD", "(module (func unreachable (block (result v128) unreachable) drop))"),
    (Config::wasm_simd, "fixed-width SIMD", "(module (func unreachable (select (result v128)) drop))"),
    (Config::wasm_simd, "fixed-width SIMD", "(module (type (func (param v128))))"),
    (Config::wasm_simd, "fixed-width SIMD", "(module (import \"\" \"\" (global v128)))"),
    (Config::wasm_simd, "fixed-width SIMD", "(module (global v128 (v128.const i64x2 0 0)))"),
    (Config::wasm_relaxed_simd, "relaxed SIMD", "(module (func (param v128) (drop (f32x4.relaxed_min (local.get 0) (local.get 0)))))"),
    (Config::wasm_tail_call, "tail calls", "(module (func $f (return_call $f)))"),
    (
        Config::wasm_tail_call,
        "tail calls",
        "(module (type $t (func)) (table 1 funcref) (func (return_call_indirect (type $t) (i32.const 0))))",
    ),
    (Config::wasm_exceptions, "exception handling", "(module (tag))"),
    (Config::wasm_exceptions, "exception handling", "(module (func (try_table)))"),
    (Config::wasm_exceptions, "exception handling", "(module (func (param exnref) (throw_ref (local.get 0))))"),
    (Config::wasm_legacy_exceptions, "legacy exception handling", "(module (func try end))"),
    (
        Config::wasm_function_references,
        "typed function references",
        "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))",
    ),
    (Config::wasm_gc, "garbage collection", "(module (type (struct)))"),
    (Config::wasm_gc, "garbage collection", "(module (rec (type (func)) (type (func))))"),
    (Config::wasm_gc, "garbage collection", "(module (func (param anyref)))"),
    (Config::wasm_gc, "garbage collection", "(module (func (drop (ref.i31 (i32.const 1)))))"),
    (Config::wasm_extended_const, "extended constant expressions", "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"),
    (Config::wasm_multi_memory, "multiple memories", "(module (memory 1) (memory 1))"),
    (Config::wasm_memory64, "memory64", "(module (memory i64 1))"),
    (Config::wasm_memory64, "memory64", "(module (table i64 1 funcref))"),
    (Config::wasm_threads, "threads", "(module (memory 1 1 shared))"),
    (Config::wasm_threads, "threads", "(module (func (atomic.fence)))"),
    (Config::wasm_custom_page_sizes, "custom page sizes", "(module (import \"\" \"\" (memory 1 (pagesize 1))))"),
    (Config::wasm_wide_arithmetic, "wide arithmetic", "(module (func (i64.mul_wide_u (i64.const 1) (i64.const 2)) (drop) (drop)))"),
    (Config::wasm_compact_imports, "compact import section", "(module (import \"m\" (item \"a\" (func)) (item \"b\" (func))))"),
];

#[test]
fn a_disabled_proposal_is_named() {
    for (switch, name, text) in PROPOSALS {
        let bytes = wat::parse_str(text).unwrap();
        let mut config = Config::new();
        switch(&mut config, true);
        assert!(Module::validate(&Engine::new(&config), &bytes).is_ok(), "{text}");
        switch(&mut config, false);
        let error = Module::validate(&Engine::new(&config), &bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{text}");
        let message = error.to_string();
        assert!(message.contains(&format!("unsupported proposal: {name} (at offset 0x")), "{text}: {message}");
    }
}
