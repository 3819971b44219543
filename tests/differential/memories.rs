//! Memories other than a plain one (64-bit addresses, further memories, pages of one byte), tables with 64-bit indices, and arithmetic on 128 bits.
//! wasmi is the only other engine that has them, so it has to agree.

use super::memory::{LOADS, PAGE, STORES, number_from, same_memories};
use super::{Failure, Failures, Sides, Value, fuzz::random::Random};
use std::fmt::Write as _;

/// A memory to access: its declarations, whether addresses are 64 bits wide, and how instructions name it.
struct Kind {
    declarations: &'static str,
    wide: bool,
    name: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind { declarations: "(memory $m (export \"memory\") i64 1)", wide: true, name: "" },
    Kind { declarations: "(memory 2) (memory $m (export \"memory\") 1)", wide: false, name: "$m " },
    Kind { declarations: "(memory 2) (memory $m (export \"memory\") i64 1)", wide: true, name: "$m " },
    Kind { declarations: "(memory i64 2) (memory $m (export \"memory\") 1)", wide: false, name: "$m " },
    Kind { declarations: "(memory $m (export \"memory\") 65536 (pagesize 1))", wide: false, name: "" },
    Kind { declarations: "(memory $m (export \"memory\") i64 65536 (pagesize 1))", wide: true, name: "" },
];

/// Offsets that are folded into an access; the last ones for 64-bit addresses only.
const OFFSETS: [u64; 9] = [0, 1, 8, 65_528, 65_536, 0xffff_ffff, 0x1_0000_0000, u64::MAX - 7, u64::MAX];
const NARROW_OFFSETS: usize = 6;

/// An address as a parameter.
fn address(value: u64, wide: bool) -> Value {
    if wide { Value::I64(value.cast_signed()) } else { Value::I32((value as u32).cast_signed()) }
}

/// Addresses around the end of memory, and at the ends of the address space.
fn positions(width: u64, offset: u64, wide: bool) -> Vec<u64> {
    let last = PAGE - width;
    let end = if wide { u64::MAX } else { 0xffff_ffff };
    let mut found: Vec<u64> = [last.wrapping_sub(1), last, last + 1].iter().map(|at| at.wrapping_sub(offset) & end).collect();
    found.extend([0, end, end - 7, 0x8000_0000, 0x1_0000_0000 & end, 0x1_0000_0000_u64.wrapping_sub(offset) & end]);
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn accesses_to_other_memories() {
    let mut failures = Failures::default();
    for kind in &KINDS {
        for (name, width, ty) in LOADS.into_iter().chain(STORES) {
            check_access(kind, name, width, ty, &mut failures);
        }
    }
    failures.finish();
}

fn check_access(kind: &Kind, name: &str, width: u64, ty: &str, failures: &mut Failures) {
    let Kind { declarations, wide, name: memory } = *kind;
    let at = if wide { "i64" } else { "i32" };
    let zero = if wide { "(i64.extend_i32_u (local.get $z))" } else { "(local.get $z)" };
    let mut text = format!("(module {declarations}\n");
    for start in [0, 65_512] {
        let _ = writeln!(
            text,
            "(data (memory $m) ({at}.const {start}) \"\\01\\82\\03\\84\\05\\86\\07\\88\\99\\0a\\bb\\0c\\dd\\0e\\ff\\10\\11\\92\\13\\94\")"
        );
    }
    let offsets = if wide { &OFFSETS[..] } else { &OFFSETS[..NARROW_OFFSETS] };
    let mut calls = Vec::new();
    for (number, &offset) in offsets.iter().enumerate() {
        let constants = positions(width, offset, wide).into_iter().map(|value| (format!("({at}.const {value})"), vec![value]));
        let forms = ["(local.get $p)".into(), format!("({at}.add (local.get $p) {zero})"), "(local.tee $l (local.get $p))".into()];
        let computed = forms.into_iter().map(|form| (form, positions(width, offset, wide)));
        for (form, (operand, values)) in computed.chain(constants).enumerate() {
            let export = format!("f{number}_{form}");
            let (result, stored) = match name.contains("store") {
                true if form % 2 == 0 => (String::new(), format!("({ty}.const 77)")),
                true => (String::new(), number_from(ty, "(local.get $z)")),
                false => (format!("(result {ty})"), String::new()),
            };
            let _ = writeln!(
                text,
                "(func (export \"{export}\") (param $p {at}) (param $z i32) {result} (local $l {at}) ({name} {memory}offset={offset} {operand} {stored}))"
            );
            calls.push((export, offset, values));
        }
    }
    text.push(')');
    let mut sides = Sides::beside_wasmi(&text);
    for (export, offset, values) in &calls {
        for &value in values {
            let inside = u128::from(value) + u128::from(*offset) + u128::from(width) <= u128::from(PAGE);
            let what = format!("{declarations} {name} offset={offset} at {value:#x}");
            match sides.call(export, &[address(value, wide), Value::I32(0)]) {
                Err(error) => failures.add(format!("{what}: {error}")),
                Ok(Ok(_)) if inside => {}
                Ok(Err(Failure::Memory)) if !inside => {}
                Ok(outcome) => failures.add(format!("{what}: {outcome:?}")),
            }
        }
    }
    same_memories(&sides, &format!("after {name} with {declarations}"), failures);
}

/// Size, growth, fills and copies of all pairs of memories.
#[test]
fn whole_memories() {
    let text = "(module
        (memory $a (export \"memory\") 1 3) (memory $b i64 1 3) (memory $c 70000 200000 (pagesize 1)) (memory $d i64 70000 (pagesize 1))
        (data $s \"0123456789abcdef\")
        (func (export \"sizes\") (result i32 i64 i32 i64) (memory.size $a) (memory.size $b) (memory.size $c) (memory.size $d))
        (func (export \"grow\") (param i64) (result i32 i64 i32 i64)
            (memory.grow $a (i32.wrap_i64 (local.get 0))) (memory.grow $b (local.get 0))
            (memory.grow $c (i32.wrap_i64 (local.get 0))) (memory.grow $d (local.get 0)))
        (func (export \"init\") (param $to i64) (param $from i32) (param $len i32)
            (memory.init $a $s (i32.wrap_i64 (local.get $to)) (local.get $from) (local.get $len))
            (memory.init $b $s (local.get $to) (local.get $from) (local.get $len))
            (memory.init $c $s (i32.wrap_i64 (local.get $to)) (local.get $from) (local.get $len))
            (memory.init $d $s (local.get $to) (local.get $from) (local.get $len)))
        (func (export \"fill\") (param $to i64) (param $value i32) (param $len i64)
            (memory.fill $b (local.get $to) (local.get $value) (local.get $len))
            (memory.fill $c (i32.wrap_i64 (local.get $to)) (local.get $value) (i32.wrap_i64 (local.get $len)))
            (memory.fill $d (local.get $to) (local.get $value) (local.get $len)))
        (func (export \"copy\") (param $to i64) (param $from i64) (param $len i64)
            (memory.copy $b $c (local.get $to) (i32.wrap_i64 (local.get $from)) (i32.wrap_i64 (local.get $len)))
            (memory.copy $d $b (local.get $to) (local.get $from) (local.get $len))
            (memory.copy $d $d (local.get $to) (local.get $from) (local.get $len))
            (memory.copy $a $d (i32.wrap_i64 (local.get $to)) (local.get $from) (i32.wrap_i64 (local.get $len)))))";
    let mut sides = Sides::beside_wasmi(text);
    let mut failures = Failures::default();
    let mut random = Random::new(7);
    let edges = [0, 1, 65_519, 65_520, 65_535, 65_536, 70_000, 131_072, 0xffff_ffff, 0x1_0000_0000, u64::MAX];
    for round in 0..400 {
        let mut number = || {
            Value::I64(
                match random.below(3) {
                    0 => edges[random.below(edges.len())],
                    _ => random.next() % 70_000,
                }
                .cast_signed(),
            )
        };
        let (to, from, len) = (number(), number(), number());
        let mut small = || Value::I32((random.next() % 18) as i32);
        let (export, args) = match round % 5 {
            0 => ("sizes", vec![]),
            1 if round % 20 == 1 => ("grow", vec![Value::I64(round % 3)]),
            1 => ("grow", vec![Value::I64(-1 - round)]),
            2 => ("init", vec![to, small(), small()]),
            3 => ("fill", vec![to, small(), len]),
            _ => ("copy", vec![to, from, len]),
        };
        if let Err(error) = sides.call(export, &args) {
            failures.add(format!("round {round}: {error}"));
        }
        same_memories(&sides, &format!("after {export}{args:?}"), &mut failures);
    }
    failures.finish();
}

/// Every operator on a table with 64-bit indices, at its ends.
#[test]
fn wide_tables() {
    let text = "(module
        (type $f (func (result i32))) (table $t i64 4 8 funcref) (table $u 3 funcref) (elem $e funcref (ref.func $one) (ref.func $two))
        (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
        (func (export \"size\") (result i64) (table.size $t))
        (func (export \"call\") (param i64) (result i32) (call_indirect $t (type $f) (local.get 0)))
        (func (export \"tail\") (param i64) (result i32) (return_call_indirect $t (type $f) (local.get 0)))
        (func (export \"get\") (param i64) (result i32) (ref.is_null (table.get $t (local.get 0))))
        (func (export \"set\") (param i64) (table.set $t (local.get 0) (ref.func $two)))
        (func (export \"grow\") (param i64) (result i64) (table.grow $t (ref.func $one) (local.get 0)))
        (func (export \"fill\") (param i64 i64) (table.fill $t (local.get 0) (ref.func $two) (local.get 1)))
        (func (export \"init\") (param i64) (table.init $t $e (local.get 0) (i32.const 0) (i32.const 2)))
        (func (export \"copy\") (param i64 i64) (table.copy $t $t (local.get 0) (i64.const 1) (local.get 1)))
        (func (export \"out\") (param i64) (table.copy $u $t (i32.const 1) (local.get 0) (i32.const 2)))
        (func (export \"in\") (param i64) (table.copy $t $u (local.get 0) (i32.const 1) (i32.const 2))))";
    let mut sides = Sides::beside_wasmi(text);
    let mut failures = Failures::default();
    let indices = [0, 1, 2, 3, 4, 5, 8, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0001, -1, i64::MIN];
    for export in ["size", "call", "init", "get", "call", "fill", "in", "out", "copy", "set", "tail", "grow", "call", "size", "out"] {
        for index in indices {
            for len in [0, 1, 2, 0x1_0000_0000] {
                let args = match export {
                    "size" => vec![],
                    "fill" | "copy" => vec![Value::I64(index), Value::I64(len)],
                    _ => vec![Value::I64(index)],
                };
                if let Err(error) = sides.call(export, &args) {
                    failures.add(error);
                }
            }
        }
    }
    failures.finish();
}

/// Operands as parameters, constants and sums, results used at once, kept, and in another order; in frames of all sizes.
#[test]
fn wide_arithmetic() {
    let mut failures = Failures::default();
    for locals in [0, 5_000] {
        let locals = format!("(local {})", "i64 ".repeat(locals));
        let mut text = String::from("(module\n");
        for (export, op) in [("add", "i64.add128"), ("sub", "i64.sub128")] {
            let _ = writeln!(
                text,
                "(func (export \"{export}\") (param $a i64) (param $b i64) (param $c i64) (param $d i64) (result i64 i64) {locals}
                    (i64.const 5)
                    ({op} (i64.xor (local.get $a) (i64.const 1)) (local.get $b) (local.get $c) (i64.sub (local.get $d) (local.get $a)))
                    (local.set $b) (local.tee $a) ({op} (local.get $b) (i64.const -3) (i64.const 9)) (local.set $c) (local.set $d)
                    (i64.add (local.get $c)) (local.get $d))"
            );
        }
        for (export, op) in [("mul_s", "i64.mul_wide_s"), ("mul_u", "i64.mul_wide_u")] {
            let _ = writeln!(
                text,
                "(func (export \"{export}\") (param $a i64) (param $b i64) (param $c i64) (param $d i64) (result i64 i64 i64) {locals}
                    (local.get $d) ({op} (i64.add (local.get $a) (local.get $c)) (local.get $b)) i64.const 1 i64.add
                    ({op} (local.get $d) (i64.const -7)) i64.xor i64.xor)"
            );
        }
        text.push(')');
        let mut sides = Sides::beside_wasmi(&text);
        let mut random = Random::new(9);
        let mut number = || {
            Value::I64(match random.below(4) {
                0 => [0, 1, -1, i64::MIN, i64::MAX][random.below(5)],
                _ => random.next().cast_signed() >> random.below(64),
            })
        };
        for _ in 0..300 {
            let args = [number(), number(), number(), number()];
            for export in ["add", "sub", "mul_s", "mul_u"] {
                if let Err(error) = sides.call(export, &args) {
                    failures.add(error);
                }
            }
        }
    }
    failures.finish();
}
