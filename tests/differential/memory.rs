//! Loads and stores: at the end of memory in every operand form, after growth in a callee, in loops with folded offsets.

use super::{Failure, Failures, Sides, Value};
use std::fmt::Write as _;

pub const PAGE: u64 = 65536;

/// A load or store: name, bytes, type of the value.
pub const LOADS: [(&str, u64, &str); 14] = [
    ("i32.load", 4, "i32"),
    ("i32.load8_s", 1, "i32"),
    ("i32.load8_u", 1, "i32"),
    ("i32.load16_s", 2, "i32"),
    ("i32.load16_u", 2, "i32"),
    ("i64.load", 8, "i64"),
    ("i64.load8_s", 1, "i64"),
    ("i64.load8_u", 1, "i64"),
    ("i64.load16_s", 2, "i64"),
    ("i64.load16_u", 2, "i64"),
    ("i64.load32_s", 4, "i64"),
    ("i64.load32_u", 4, "i64"),
    ("f32.load", 4, "f32"),
    ("f64.load", 8, "f64"),
];

pub const STORES: [(&str, u64, &str); 9] = [
    ("i32.store", 4, "i32"),
    ("i32.store8", 1, "i32"),
    ("i32.store16", 2, "i32"),
    ("i64.store", 8, "i64"),
    ("i64.store8", 1, "i64"),
    ("i64.store16", 2, "i64"),
    ("i64.store32", 4, "i64"),
    ("f32.store", 4, "f32"),
    ("f64.store", 8, "f64"),
];

/// Offsets that are folded into an access.
const OFFSETS: [u64; 9] = [0, 1, 8, 4096, 65_528, 65_535, 65_536, 0x7fff_ffff, 0xffff_ffff];

/// Forms of an address whose value is the parameter `$p`, also when it is known.
fn addresses(value: u64) -> [String; 6] {
    [
        "(local.get $p)".into(),
        "(local.get $l)".into(),
        "(i32.add (local.get $p) (local.get $z))".into(),
        "(i32.add (local.get $l) (i32.const 0))".into(),
        "(i32.shl (i32.shr_u (local.get $p) (local.get $z)) (i32.const 0))".into(),
        format!("(i32.const {value})"),
    ]
}

/// Addresses of an access of `width` bytes at `offset` around the end of `size` bytes, and at the ends of the address space.
fn positions(size: u64, width: u64, offset: u64) -> Vec<u64> {
    let around = [-2_i64, -1, 0, 1].map(|delta| (size - width).checked_add_signed(delta).and_then(|end| end.checked_sub(offset)));
    let mut found: Vec<u64> = around.into_iter().flatten().collect();
    found.extend([0, size, 0xffff_ffff, 0xffff_ffff - offset.min(0xffff_ffff), 0x8000_0000]);
    found.retain(|at| *at <= 0xffff_ffff);
    found.sort_unstable();
    found.dedup();
    found
}

/// An `i32` with these bits.
fn address(value: u64) -> Value {
    Value::I32(u32::try_from(value).expect("an address of 32 bits").cast_signed())
}

const HEAD: &str = "(param $p i32) (param $z i32)";
const LOCALS: &str = "(local $l i32) (local.set $l (local.get $p))";

#[test]
fn accesses_at_the_end_of_memory() {
    let mut failures = Failures::default();
    for (name, width, ty) in LOADS.into_iter().chain(STORES) {
        for offset in OFFSETS {
            check_end(name, width, ty, offset, &mut failures);
        }
    }
    failures.finish();
}

fn check_end(name: &str, width: u64, ty: &str, offset: u64, failures: &mut Failures) {
    let positions = positions(PAGE, width, offset);
    let store = name.contains("store");
    let mut text = String::from(
        "(module (memory (export \"memory\") 1)\n(data (i32.const 65512) \"\\01\\82\\03\\84\\05\\86\\07\\88\\99\\0a\\bb\\0c\\dd\\0e\\ff\\10\\11\\92\\13\\94\\15\\96\\17\\98\")\n",
    );
    let mut names = Vec::new();
    for (position, value) in positions.iter().enumerate() {
        for (form, address) in addresses(*value).iter().enumerate() {
            if position > 0 && form < 5 {
                continue;
            }
            let export = if form < 5 { format!("f{form}") } else { format!("c{position}") };
            let _ = if store {
                // Values as constant and as something computed, in turns.
                let stored = if form % 2 == 0 { format!("({ty}.const 77)") } else { number_from(ty, "(local.get $z)") };
                writeln!(text, "(func (export \"{export}\") {HEAD} {LOCALS} ({name} offset={offset} {address} {stored}))")
            } else {
                writeln!(text, "(func (export \"{export}\") {HEAD} (result {ty}) {LOCALS} ({name} offset={offset} {address}))")
            };
            names.push((export, form, position));
        }
    }
    text.push(')');
    let mut sides = Sides::new(&text);
    for value in &positions {
        let in_bounds = value + offset + width <= PAGE;
        for (export, form, position) in &names {
            if *form == 5 && positions.get(*position) != Some(value) {
                continue;
            }
            let args = [address(*value), Value::I32(0)];
            match sides.call(export, &args) {
                Err(error) => failures.add(format!("{name} offset={offset}: {error}")),
                Ok(outcome) if outcome == Err(Failure::Memory) && in_bounds => {
                    failures.add(format!("{name} offset={offset} at {value} traps"))
                }
                Ok(outcome) if outcome.is_ok() != in_bounds => failures.add(format!("{name} offset={offset} at {value}: {outcome:?}")),
                Ok(_) => {}
            }
        }
    }
    same_memories(&sides, &format!("after {name} offset={offset}"), failures);
}

/// Something of type `ty` computed from an `i32`.
pub fn number_from(ty: &str, value: &str) -> String {
    match ty {
        "i32" => format!("(i32.add {value} (i32.const -2))"),
        "i64" => format!("(i64.extend_i32_s (i32.add {value} (i32.const -3)))"),
        _ => format!("({ty}.convert_i32_s (i32.add {value} (i32.const -5)))"),
    }
}

pub fn same_memories(sides: &Sides, when: &str, failures: &mut Failures) {
    let memories = sides.memories(65536);
    let Some(((_, expected), others)) = memories.split_last() else { return };
    for (label, memory) in others {
        if memory != expected {
            let at = memory.iter().zip(expected).position(|(a, b)| a != b);
            failures.add(format!("{label}: memory differs {when}, at {at:?}"));
        }
    }
}

/// The memory may move when it grows: nothing may be remembered across a call, whichever way growth happens.
#[test]
fn growth_in_a_callee_then_each_load() {
    let ways = [
        "(drop (memory.grow (i32.const 1)))",
        "(call $grow)",
        "(call_indirect (i32.const 0))",
        "(call $deep)",
        "(if (i32.const 1) (then (call $grow)))",
        "(loop (call $grow) (br_if 0 (i32.lt_u (memory.size) (i32.const 2))))",
    ];
    let mut failures = Failures::default();
    for (name, _, ty) in LOADS {
        let store = format!("{ty}.store");
        for way in ways {
            let back = 2 * PAGE - 8;
            let text = format!(
                "(module (memory (export \"memory\") 1 40) (table funcref (elem $grow)) (data (i32.const 100) \"\\f1\\82\\73\\84\\05\\86\\37\\c0\")
                 (func $grow (drop (memory.grow (i32.const 1))))
                 (func $deep (call $grow) (i64.store (i32.const 200) (i64.load (i32.const 100))))
                 (func (export \"f\") (param $p i32) (result {ty} {ty} {ty} {ty}) (local $before {ty})
                   (local.set $before ({name} (local.get $p)))
                   {way}
                   ({store} offset={back} (i32.const 0) ({ty}.const 3))
                   (local.get $before) ({name} (local.get $p)) ({name} offset={back} (i32.const 0)) ({name} offset=100 (i32.const 0)))
                 (func (export \"g\") (param $p i32) (result {ty})
                   ({store} (local.get $p) ({name} offset=4 (local.get $p)))
                   {way}
                   ({store} offset=8 (local.get $p) ({name} (local.get $p)))
                   ({name} offset=8 (local.get $p))))"
            );
            let mut sides = Sides::new(&text);
            for round in 0..3 {
                for export in ["f", "g"] {
                    match sides.call(export, &[Value::I32(96 + round * 4)]) {
                        Err(error) => failures.add(format!("{name} after {way}: {error}")),
                        Ok(Err(failure)) => failures.add(format!("{name} after {way} fails: {failure:?}")),
                        Ok(Ok(_)) => {}
                    }
                }
            }
            same_memories(&sides, &format!("after {name} and {way}"), &mut failures);
        }
    }
    failures.finish();
}

/// Sums and copies over arrays, with the offset folded and the address a running local, a shifted counter, or a sum.
#[test]
fn loops_over_arrays() {
    let mut failures = Failures::default();
    for (name, width, ty) in LOADS {
        let store = format!("{ty}.store");
        let step = width.max(if ty.ends_with("64") { 8 } else { 4 });
        let scale = step.trailing_zeros();
        let text = format!(
            "(module (memory (export \"memory\") 1)
             (func $fill (local $i i32) (loop (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const 0x01010167)))
               (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 4096)))))
             (func (export \"running\") (param $n i32) (result {ty}) (local $p i32) (local $sum {ty})
               (call $fill)
               (loop (local.set $sum ({ty}.add (local.get $sum) ({name} offset=16 (local.get $p))))
                 (local.set $p (i32.add (local.get $p) (i32.const {step})))
                 (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
               (local.get $sum))
             (func (export \"shifted\") (param $n i32) (result {ty}) (local $i i32) (local $sum {ty})
               (call $fill)
               (loop (local.set $sum ({ty}.sub ({name} offset=32 (i32.shl (local.get $i) (i32.const {scale}))) (local.get $sum)))
                 (br_if 0 (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
               (local.get $sum))
             (func (export \"copied\") (param $n i32) (result {ty}) (local $i i32) (local $from i32) (local $to i32)
               (call $fill) (local.set $to (i32.const 8192))
               (block $out (loop $next
                 (br_if $out (i32.ge_s (local.get $i) (local.get $n)))
                 ({store} (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const {scale})))
                   ({ty}.add ({name} offset=4 (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const {scale})))) ({ty}.const 2)))
                 (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
               ({name} offset=8192 (i32.const {step})))
             (func (export \"twice\") (param $n i32) (result {ty}) (local $p i32) (local $q i32)
               (call $fill) (local.set $q (i32.const 2048))
               (loop ({store} offset=4096 (local.get $p) ({name} (local.get $p))) ({store} offset=6144 (local.get $p) ({name} offset=8 (local.get $q)))
                 (local.set $p (i32.add (local.get $p) (i32.const {step}))) (local.set $q (i32.sub (local.get $q) (i32.const {step})))
                 (br_if 0 (i32.gt_s (local.tee $n (i32.add (local.get $n) (i32.const -1))) (i32.const 0))))
               ({name} offset=4100 (local.get $q))))"
        );
        let mut sides = Sides::new(&text);
        for export in ["running", "shifted", "copied", "twice"] {
            for turns in [1, 2, 3, 50] {
                match sides.call(export, &[Value::I32(turns)]) {
                    Err(error) => failures.add(format!("{name}: {error}")),
                    Ok(Err(failure)) => failures.add(format!("{name} {export} fails: {failure:?}")),
                    Ok(Ok(_)) => {}
                }
            }
        }
        if ty.starts_with('i') {
            same_memories(&sides, &format!("after loops with {name}"), &mut failures);
        }
    }
    failures.finish();
}
