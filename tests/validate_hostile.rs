//! Modules made to exhaust the validator: they must be judged in time and memory about linear in their size. A test that hangs is the failure.

use fulgurite::{Engine, ErrorKind, Module};

fn leb128(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A section: `count` entries whose bytes are `content`.
fn section(id: u8, count: usize, content: &[u8], out: &mut Vec<u8>) {
    let mut body = Vec::new();
    leb128(count, &mut body);
    body.extend_from_slice(content);
    out.push(id);
    leb128(body.len(), out);
    out.extend_from_slice(&body);
}

/// A module with a function of type 0 for each body; `types` are `count` entries of the type section.
fn module(count: usize, types: &[u8], bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    section(1, count, types, &mut out);
    section(3, bodies.len(), &vec![0; bodies.len()], &mut out);
    let mut code = Vec::new();
    for body in bodies {
        leb128(body.len(), &mut code);
        code.extend_from_slice(body);
    }
    section(10, bodies.len(), &code, &mut out);
    out
}

/// The type `[] -> []`.
const VOID: &[u8] = &[0x60, 0, 0];

fn validate(bytes: &[u8]) -> Result<(), ErrorKind> {
    Module::validate(&Engine::default(), bytes).map_err(|error| error.kind())
}

#[test]
fn deep_nesting() {
    let mut body = vec![0];
    body.extend([0x02, 0x40].repeat(100_000));
    body.extend([0x0b].repeat(100_001));
    assert_eq!(validate(&module(1, VOID, &[body])), Ok(()));
}

#[test]
fn deep_nesting_with_branches_to_the_outermost_label() {
    let mut body = vec![0];
    for depth in 0..50_000 {
        body.extend([0x02, 0x40, 0x41, 0, 0x0d]);
        leb128(depth, &mut body);
    }
    body.extend([0x0b].repeat(50_001));
    assert_eq!(validate(&module(1, VOID, &[body])), Ok(()));
}

#[test]
fn large_branch_table() {
    let mut body = vec![0, 0x02, 0x40, 0x41, 0, 0x0e];
    leb128(1_000_000, &mut body);
    body.extend((0..=1_000_000).map(|i| (i % 2) as u8));
    body.extend([0x0b, 0x0b]);
    assert_eq!(validate(&module(1, VOID, &[body])), Ok(()));
}

#[test]
fn branch_table_of_labels_with_many_results() {
    // Two types of 1000 results each, and a table that goes back and forth between labels of them.
    let mut types = VOID.to_vec();
    for last in [0x7f, 0x7f] {
        types.extend([0x60, 0, 0xe8, 0x07]);
        types.extend([0x7f].repeat(999));
        types.push(last);
    }
    let mut body = vec![0, 0x02, 1, 0x02, 2];
    body.extend([0x41, 0].repeat(1001));
    body.push(0x0e);
    leb128(20_000, &mut body);
    body.extend((0..=20_000).map(|i| (i % 2) as u8));
    body.extend([0x0b, 0x0b]);
    body.extend([0x1a].repeat(1000));
    body.push(0x0b);
    assert_eq!(validate(&module(3, &types, &[body])), Ok(()));
}

#[test]
fn many_functions_with_many_locals() {
    let body = vec![1, 0xb0, 0x86, 0x03, 0x7e, 0x20, 0xaf, 0x86, 0x03, 0x1a, 0x0b]; // 50,000 locals, of which the last is read
    assert_eq!(validate(&module(1, VOID, &vec![body; 50_000])), Ok(()));
}

#[test]
fn many_groups_of_locals() {
    let mut body = Vec::new();
    leb128(100_000, &mut body);
    body.extend([0, 0x7f].repeat(50_000));
    body.extend([1, 0x7c].repeat(50_000));
    body.extend([0x20, 0xaf, 0x86, 0x03, 0x1a, 0x0b]);
    assert_eq!(validate(&module(1, VOID, &[body])), Ok(()));
}

#[test]
fn many_calls_with_many_parameters_and_results() {
    let mut ty = vec![0x60, 0xe8, 0x07];
    ty.extend([0x7f].repeat(1000));
    ty.extend([0xe8, 0x07]);
    ty.extend([0x7f].repeat(1000));
    let mut body = vec![0];
    for local in 0..1000 {
        body.push(0x20);
        leb128(local, &mut body);
    }
    body.extend([0x10, 0].repeat(100_000));
    body.push(0x0b);
    assert_eq!(validate(&module(1, &ty, &[body])), Ok(()));
}

#[test]
fn operands_without_end_are_refused_before_memory_is() {
    let mut ty = vec![0x60, 0, 0xe8, 0x07];
    ty.extend([0x7f].repeat(1000));
    let mut body = vec![0];
    body.extend([0x10, 0].repeat(1_000_000));
    body.push(0x0b);
    assert_eq!(validate(&module(1, &ty, &[body])), Err(ErrorKind::Limit));
}

#[test]
fn counts_that_the_bytes_do_not_hold() {
    for id in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11] {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert!(matches!(validate(&bytes), Err(ErrorKind::Malformed | ErrorKind::Limit)), "section {id}");
    }
}
