//! The rules of validation one by one: for each way to break one, the kind of the failure and how its message starts.

use fulgurite::{Engine, Error, ErrorKind, Module};

fn validate(text: &str) -> Result<(), Error> {
    Module::validate(&Engine::default(), &wat::parse_str(text).unwrap())
}

/// The module in the text format must be invalid, for this reason.
#[track_caller]
fn invalid(text: &str, message: &str) {
    refused(validate(text), ErrorKind::Invalid, message);
}

/// The module with these sections must be malformed, for this reason.
#[track_caller]
fn malformed(sections: &[u8], message: &str) {
    refused(validate_sections(sections), ErrorKind::Malformed, message);
}

#[track_caller]
fn refused(result: Result<(), Error>, kind: ErrorKind, message: &str) {
    let error = result.expect_err("the module was accepted");
    assert_eq!((error.kind(), error.message().starts_with(message)), (kind, true), "{}", error.message());
}

fn validate_sections(sections: &[u8]) -> Result<(), Error> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend_from_slice(sections);
    Module::validate(&Engine::default(), &bytes)
}

/// Sections of a module with one memory and one function of type `[] -> []` with this body (locals first).
fn with_body(body: &[u8]) -> Vec<u8> {
    let mut sections = vec![1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1];
    sections.extend([10, body.len() as u8 + 2, 1, body.len() as u8]);
    sections.extend_from_slice(body);
    sections
}

#[test]
fn operands_must_have_the_right_types() {
    invalid("(module (func (i32.add (i32.const 1) (i64.const 2)) drop))", "type mismatch: i32.add expects i32, found i64");
    invalid("(module (func (i32.eqz) drop))", "type mismatch: i32.eqz expects i32, found nothing");
    invalid("(module (func (local f32) (local.set 0 (f64.const 1))))", "type mismatch: local.set expects f32, found f64");
    invalid("(module (func drop))", "type mismatch: drop expects an operand, found nothing");
    invalid("(module (func (block (i32.const 1)) ))", "type mismatch: end finds more operands");
    invalid("(module (func (result i32)))", "type mismatch: end expects i32, found nothing");
    invalid("(module (func (i32.const 1) (block (i32.eqz) (drop)) (drop)))", "type mismatch: i32.eqz expects i32, found nothing");
    invalid("(module (func (select (i32.const 1) (f32.const 2) (i32.const 3)) drop))", "type mismatch: select expects i32, found f32");
    invalid(
        "(module (func (select (ref.null func) (ref.null func) (i32.const 3)) drop))",
        "type mismatch: select expects a number or vector, found funcref",
    );
    invalid("(module (func (ref.is_null (i32.const 1)) drop))", "type mismatch: ref.is_null expects a reference, found i32");
    invalid("(module (func (unreachable) (i64.const 1) (i32.add) (drop)))", "type mismatch: i32.add expects i32, found i64");
}

#[test]
fn control() {
    invalid("(module (func (br 1)))", "unknown label 1");
    invalid("(module (func (if (result i32) (i32.const 1) (then (i32.const 1))) drop))", "type mismatch: if without else");
    invalid(
        "(module (func (block (result i32) (block (br_table 0 1 (i32.const 1) (i32.const 0)))) drop))",
        "type mismatch: br_table has targets that take different numbers of operands",
    );
    invalid("(module (func (loop (result i32) (br 0)) ))", "type mismatch");
    invalid("(module (func (result i32) (return)))", "type mismatch: return expects i32, found nothing");
    malformed(&with_body(&[0, 0x41, 1]), "END opcode expected");
    malformed(&with_body(&[0, 0x05, 0x0b]), "misplaced ELSE opcode");
    malformed(&with_body(&[0, 0x0b, 0x0b]), "section size mismatch");
    malformed(&with_body(&[0, 0x27, 0x0b]), "illegal opcode");
    malformed(&with_body(&[0, 0xfc, 0x7f, 0x0b]), "illegal opcode");
    malformed(&with_body(&[0, 0x02, 0x41, 0x0b, 0x0b]), "malformed value type");
    malformed(&with_body(&[0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x1a, 0x0b]), "integer representation too long");
    malformed(&with_body(&[0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a, 0x0b]), "integer too large");
}

#[test]
fn what_is_malformed_is_not_called_invalid() {
    // An operand is missing, and later the body ends in the middle of an integer.
    malformed(&with_body(&[0, 0x1a, 0x41, 0x80]), "unexpected end");
    malformed(&with_body(&[0, 0x1a, 0x41, 0x00]), "END opcode expected");
}

#[test]
fn indices() {
    invalid("(module (func (local.get 0) drop))", "unknown local 0");
    invalid("(module (func (global.get 0) drop))", "unknown global 0");
    invalid("(module (func (call 7)))", "unknown function 7");
    invalid("(module (func (call_indirect 2 (type 0) (i32.const 0))))", "unknown table 2");
    invalid("(module (func (i32.load (i32.const 0)) drop))", "unknown memory 0");
    invalid("(module (memory 1) (func (data.drop 3)))", "unknown data segment 3");
    invalid("(module (func (elem.drop 0)))", "unknown elem segment 0");
    invalid("(module (import \"\" \"\" (func (type 9))))", "unknown type 9");
    invalid("(module (export \"x\" (memory 0)))", "unknown memory 0");
    invalid("(module (start 0))", "unknown function 0");
    invalid("(module (data (i32.const 0) \"\"))", "unknown memory 0");
    invalid("(module (elem (i32.const 0) 0) (func))", "unknown table 0");
    invalid("(module (table 1 funcref) (elem (i32.const 0) 5))", "unknown function 5");
}

#[test]
fn memories_tables_and_globals() {
    assert!(validate("(module (memory 1) (memory 1))").is_ok());
    invalid("(module (memory 1) (func (drop (i32.load 1 (i32.const 0)))))", "unknown memory 1");
    invalid("(module (memory i64 1) (func (drop (i32.load (i32.const 0)))))", "type mismatch: i32.load expects i64, found i32");
    invalid("(module (memory i64 0x1000000000001))", "memory size must be at most 2^48 pages");
    invalid("(module (memory 1 shared))", "shared memory must have maximum");
    invalid("(module (memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0)))))", "atomic alignment must be natural");
    malformed(&with_body(&[0, 0xfe, 3, 1, 0x0b]), "zero byte expected");
    invalid("(module (memory 1 1 (pagesize 2)))", "invalid custom page size");
    malformed(&with_body(&[0, 0x41, 0, 0x28, 0x82, 0x01, 0, 0x1a, 0x0b]), "malformed memop flags");
    invalid("(module (memory 65537))", "memory size must be at most 65536 pages");
    invalid("(module (memory 2 1))", "size minimum must not be greater than maximum");
    invalid("(module (table 2 1 funcref))", "size minimum must not be greater than maximum");
    invalid("(module (memory 1) (func (drop (i32.load8_u align=2 (i32.const 0)))))", "alignment must not be larger than natural");
    invalid("(module (global i32 (i32.const 0)) (func (global.set 0 (i32.const 1))))", "global is immutable");
    invalid("(module (table 1 externref) (func (call_indirect (type 0) (i32.const 0))))", "type mismatch: call_indirect needs elements");
    invalid("(module (table 1 externref) (elem (i32.const 0) func))", "type mismatch: expected externref, found (ref func)");
    invalid("(module (memory 1) (func (drop (i32.load align=4294967296 (i32.const 0)))))", "alignment must not be larger than natural");
    malformed(&with_body(&[0, 0xfc, 9, 0, 0x0b]), "data count section required");
    malformed(&[5, 3, 1, 0x10, 1], "malformed limits flags");
    malformed(&[6, 6, 1, 0x7f, 4, 0x41, 0, 0x0b], "malformed mutability");
}

#[test]
fn exports_start_and_references() {
    invalid("(module (func) (export \"a\" (func 0)) (export \"a\" (func 0)))", "duplicate export name");
    invalid("(module (func (param i32)) (start 0))", "start function");
    invalid("(module (func) (func (drop (ref.func 0))))", "undeclared function reference");
    invalid("(module (func (select (result i32 i32) (i32.const 0) (i32.const 0) (i32.const 0))))", "invalid result arity");
    assert!(validate("(module (func $f) (elem declare func $f) (func (drop (ref.func $f))))").is_ok());
}

#[test]
fn constant_expressions() {
    invalid("(module (global i32 (i64.const 0)))", "type mismatch: expected i32, found i64");
    invalid("(module (global i32 (i32.const 0) (i32.const 1)))", "type mismatch: expected one value of type i32, found 2 values");
    invalid("(module (global i32))", "type mismatch: expected one value of type i32, found 0 values");
    invalid("(module (global i32 (i32.div_s (i32.const 1) (i32.const 1))))", "constant expression required: i32.div_s");
    invalid("(module (global i32 (global.get 1)) (global i32 (i32.const 0)))", "unknown global 1");
    invalid("(module (import \"\" \"\" (global (mut i32))) (global i32 (global.get 0)))", "constant expression required");
    invalid("(module (global i32 (i32.add (i32.const 1) (i64.const 1))))", "type mismatch: expected i32, found i64");
    malformed(&[6, 5, 1, 0x7f, 0, 0xff, 0x0b], "illegal opcode");
}

#[test]
fn sections() {
    malformed(&[13 + 1, 0], "malformed section id");
    malformed(&[5, 3, 1, 0, 1, 4, 4, 1, 0x70, 0, 0], "unexpected content after last section");
    malformed(&[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0], "function and code section have inconsistent lengths");
    malformed(&[5, 4, 1, 0, 1, 0], "section size mismatch");
    malformed(&[5, 9, 1], "unexpected end");
    malformed(&[0, 3, 2, 0xff, 0xff], "malformed UTF-8 encoding");
    malformed(&[12, 1, 1], "data count and data section have inconsistent lengths");
    refused(Module::validate(&Engine::default(), b"\0asm\x0d\0\x01\0"), ErrorKind::Malformed, "unknown binary version");
    refused(Module::validate(&Engine::default(), b"\0ASM\x01\0\0\0"), ErrorKind::Malformed, "magic header not detected");
}

#[test]
fn proposals_are_named() {
    let unsupported = |text: &str, proposal: &str| {
        refused(validate(text), ErrorKind::Unsupported, &format!("unsupported proposal: {proposal}"));
    };
    unsupported("(module (type $f (func)) (type (cont $f)))", "stack switching");
}

#[test]
fn typed_function_references() {
    let with_type = |rest: &str| format!("(module (type $t (func (param i32))) {rest})");
    let invalid = |rest: &str, message: &str| invalid(&with_type(rest), message);
    invalid("(func (local (ref $t)) (drop (local.get 0)))", "uninitialized local: local 0");
    invalid("(func (local (ref $t)) (block (local.set 0 (ref.as_non_null (ref.null $t)))) (drop (local.get 0)))", "uninitialized local");
    invalid("(table 1 (ref $t))", "type mismatch: a table of (ref type 0) needs an initial element");
    invalid("(func (call_ref $t (i32.const 0) (ref.null func)))", "type mismatch: call_ref expects (ref null type 0), found funcref");
    invalid(
        "(func (param (ref null $t)) (result (ref $t)) (local.get 0))",
        "type mismatch: end expects (ref type 0), found (ref null type 0)",
    );
    invalid("(func (block (br_on_non_null 0 (ref.null $t))))", "type mismatch: br_on_non_null to a label that takes no reference");
    invalid("(func (param (ref null 7)))", "unknown type 7");
    invalid("(func (local (ref null 7)))", "unknown type 7");
    assert!(validate(&with_type("(func (param (ref $t)) (result funcref) (local.get 0))")).is_ok());
}

#[test]
fn structures_and_arrays() {
    let with_types = |rest: &str| format!("(module (type $s (struct (field i32) (field (mut i8)))) (type $a (array (ref eq))) {rest})");
    let invalid = |rest: &str, message: &str| invalid(&with_types(rest), message);
    invalid("(func (param (ref $s)) (struct.set $s 0 (local.get 0) (i32.const 1)))", "immutable field: struct.set of field 0");
    invalid("(func (param (ref $s)) (drop (struct.get $s 1 (local.get 0))))", "type mismatch: struct.get of packed values");
    invalid(
        "(func (param (ref $s)) (drop (struct.get_s $s 0 (local.get 0))))",
        "type mismatch: struct.get_s of values that are not packed",
    );
    invalid("(func (param (ref $s)) (drop (struct.get $s 2 (local.get 0))))", "unknown field 2");
    invalid("(func (drop (array.new_default $a (i32.const 1))))", "type mismatch: array.new_default of type (ref eq)");
    invalid("(func (drop (struct.new_default $a)))", "type mismatch: struct.new_default needs a structure type, type 1 is none");
    invalid("(type (sub final $s (struct)))", "sub type: type 2 is declared below a final type");
    invalid("(type $o (sub (struct (field i32)))) (type (sub $o (struct (field i64))))", "sub type: type 3 does not match its supertype");
    invalid("(func (param funcref) (drop (ref.test anyref (local.get 0))))", "type mismatch: ref.test expects anyref, found funcref");
    invalid("(global (ref $s) (struct.new $s (i32.const 1)))", "type mismatch: expected i32, found nothing");
}

#[test]
fn limits() {
    let limit = |text: &str, message: &str| refused(validate(text), ErrorKind::Limit, message);
    limit(&format!("(module (func (param {})))", "i32 ".repeat(1001)), "too many parameters");
    limit(&format!("(module (func (result {})))", "i32 ".repeat(1001)), "too many results");
    limit(&format!("(module (memory (export \"{}\") 1))", "x".repeat(100_001)), "too many bytes in a name");
    limit(&format!("(module (func (local {})))", "i32 ".repeat(50_001)), "too many locals");
    limit(&format!("(module {})", "(table 0 funcref)".repeat(101)), "too many tables");
    malformed(&with_body(&[2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 2, 0x7e, 0x0b]), "too many locals");
}

#[test]
fn errors_tell_the_offset() {
    let error = validate("(module (func) (func $broken (i32.const 0) (i64.eqz) drop))").unwrap_err();
    let bytes = wat::parse_str("(module (func) (func $broken (i32.const 0) (i64.eqz) drop))").unwrap();
    let offset = bytes.iter().position(|&byte| byte == 0x50).unwrap();
    assert!(error.to_string().contains(&format!("offset {offset:#x}")), "{error}");
}
