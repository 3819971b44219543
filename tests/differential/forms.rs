//! Every numeric instruction with every combination of operand forms and destinations, on edge values.
//!
//! One module for each instruction. It has one function for each combination, and a `batch` that calls them all and stores the
//! results, so that a pair of arguments costs one call. Instructions that may trap are called one by one.

use super::{Failures, Sides, Value};
use std::fmt::Write as _;

/// A number type and what its tests need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Type {
    I32,
    I64,
    F32,
    F64,
}

use Type::{F32, F64, I32, I64};

impl Type {
    fn name(self) -> &'static str {
        match self {
            I32 => "i32",
            I64 => "i64",
            F32 => "f32",
            F64 => "f64",
        }
    }

    /// What can be added to any value without changing it.
    fn neutral(self) -> Value {
        match self {
            I32 => Value::I32(0),
            I64 => Value::I64(0),
            F32 => Value::F32((-0.0_f32).to_bits()),
            F64 => Value::F64((-0.0_f64).to_bits()),
        }
    }

    /// Values at the edges of every instruction's domain.
    fn edges(self) -> Vec<Value> {
        const INTEGERS: [i32; 10] = [0, 1, -1, 2, 31, 33, i32::MIN, i32::MAX, 0x5555_aaaa, -128];
        const LONGS: [i64; 11] = [0, 1, -1, 2, 63, 65, i64::MIN, i64::MAX, 0x8000_0000, 0xffff_ffff, -129];
        const SINGLES: [f32; 15] = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            2.5,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            1e-45,
            f32::MAX,
            2_147_483_600.0,
            -2_147_483_600.0,
            4_294_967_300.0,
            9.223_372e18,
            1.844_674_4e19,
        ];
        const DOUBLES: [f64; 18] = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            2.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            5e-324,
            f64::MAX,
            2_147_483_647.9,
            2_147_483_648.0,
            -2_147_483_648.9,
            -2_147_483_649.0,
            4_294_967_295.9,
            -0.9,
            9.223_372_036_854_775e18,
            1.844_674_407_370_955_2e19,
        ];
        match self {
            I32 => INTEGERS.map(Value::I32).to_vec(),
            I64 => LONGS.map(Value::I64).to_vec(),
            F32 => SINGLES.map(|value| Value::F32(value.to_bits())).to_vec(),
            F64 => DOUBLES.map(|value| Value::F64(value.to_bits())).to_vec(),
        }
    }
}

/// A constant as the text format writes it.
fn literal(value: Value) -> String {
    match value {
        Value::I32(value) => format!("(i32.const {value})"),
        Value::I64(value) => format!("(i64.const {value})"),
        Value::F32(bits) => format!("(f32.const {})", float(f64::from(f32::from_bits(bits)), format!("{:e}", f32::from_bits(bits)))),
        Value::F64(bits) => format!("(f64.const {})", float(f64::from_bits(bits), format!("{:e}", f64::from_bits(bits)))),
        Value::V128(_) | Value::FuncRef(_) | Value::ExternRef(_) => unreachable!("numbers only"),
    }
}

fn float(value: f64, digits: String) -> String {
    match (value.is_nan(), value.is_infinite()) {
        (true, _) => "nan".into(),
        (_, true) => if value > 0.0 { "inf" } else { "-inf" }.into(),
        _ => digits,
    }
}

/// An instruction under test.
struct Instruction {
    name: &'static str,
    /// One or two operands of one type.
    operands: usize,
    from: Type,
    to: Type,
    traps: bool,
    /// A comparison, which is also tested before branches and `select`.
    test: bool,
}

/// Every numeric instruction of the standard, without vectors.
fn instructions() -> Vec<Instruction> {
    let mut list = Vec::new();
    let mut add = |names: &[&'static str], operands, from, to: Option<Type>, test| {
        for name in names {
            let trapping = (name.contains("trunc_f") && !name.contains("sat")) || name.contains("div_") || name.contains("rem_");
            let to = to.unwrap_or_else(|| result_of(name));
            list.push(Instruction { name, operands, from, to, traps: trapping, test });
        }
    };
    macro_rules! integer {
        ($ty:literal, $own:expr) => {
            add(
                &[
                    concat!($ty, ".add"),
                    concat!($ty, ".sub"),
                    concat!($ty, ".mul"),
                    concat!($ty, ".div_s"),
                    concat!($ty, ".div_u"),
                    concat!($ty, ".rem_s"),
                    concat!($ty, ".rem_u"),
                    concat!($ty, ".and"),
                    concat!($ty, ".or"),
                    concat!($ty, ".xor"),
                    concat!($ty, ".shl"),
                    concat!($ty, ".shr_s"),
                    concat!($ty, ".shr_u"),
                    concat!($ty, ".rotl"),
                    concat!($ty, ".rotr"),
                ],
                2,
                $own,
                Some($own),
                false,
            );
            add(
                &[
                    concat!($ty, ".eq"),
                    concat!($ty, ".ne"),
                    concat!($ty, ".lt_s"),
                    concat!($ty, ".lt_u"),
                    concat!($ty, ".gt_s"),
                    concat!($ty, ".gt_u"),
                    concat!($ty, ".le_s"),
                    concat!($ty, ".le_u"),
                    concat!($ty, ".ge_s"),
                    concat!($ty, ".ge_u"),
                ],
                2,
                $own,
                Some(I32),
                true,
            );
            add(&[concat!($ty, ".eqz")], 1, $own, Some(I32), true);
            add(
                &[
                    concat!($ty, ".clz"),
                    concat!($ty, ".ctz"),
                    concat!($ty, ".popcnt"),
                    concat!($ty, ".extend8_s"),
                    concat!($ty, ".extend16_s"),
                ],
                1,
                $own,
                Some($own),
                false,
            );
        };
    }
    macro_rules! floating {
        ($ty:literal, $own:expr) => {
            add(
                &[
                    concat!($ty, ".add"),
                    concat!($ty, ".sub"),
                    concat!($ty, ".mul"),
                    concat!($ty, ".div"),
                    concat!($ty, ".min"),
                    concat!($ty, ".max"),
                    concat!($ty, ".copysign"),
                ],
                2,
                $own,
                Some($own),
                false,
            );
            add(
                &[
                    concat!($ty, ".eq"),
                    concat!($ty, ".ne"),
                    concat!($ty, ".lt"),
                    concat!($ty, ".gt"),
                    concat!($ty, ".le"),
                    concat!($ty, ".ge"),
                ],
                2,
                $own,
                Some(I32),
                true,
            );
            add(
                &[
                    concat!($ty, ".abs"),
                    concat!($ty, ".neg"),
                    concat!($ty, ".ceil"),
                    concat!($ty, ".floor"),
                    concat!($ty, ".trunc"),
                    concat!($ty, ".nearest"),
                    concat!($ty, ".sqrt"),
                ],
                1,
                $own,
                Some($own),
                false,
            );
        };
    }
    integer!("i32", I32);
    integer!("i64", I64);
    floating!("f32", F32);
    floating!("f64", F64);
    add(&["i64.extend32_s"], 1, I64, Some(I64), false);
    add(
        &[
            "i64.extend_i32_s",
            "i64.extend_i32_u",
            "f32.convert_i32_s",
            "f32.convert_i32_u",
            "f64.convert_i32_s",
            "f64.convert_i32_u",
            "f32.reinterpret_i32",
        ],
        1,
        I32,
        None,
        false,
    );
    add(
        &["i32.wrap_i64", "f32.convert_i64_s", "f32.convert_i64_u", "f64.convert_i64_s", "f64.convert_i64_u", "f64.reinterpret_i64"],
        1,
        I64,
        None,
        false,
    );
    add(
        &[
            "i32.trunc_f32_s",
            "i32.trunc_f32_u",
            "i64.trunc_f32_s",
            "i64.trunc_f32_u",
            "i32.trunc_sat_f32_s",
            "i32.trunc_sat_f32_u",
            "i64.trunc_sat_f32_s",
            "i64.trunc_sat_f32_u",
            "f64.promote_f32",
        ],
        1,
        F32,
        None,
        false,
    );
    add(
        &[
            "i32.trunc_f64_s",
            "i32.trunc_f64_u",
            "i64.trunc_f64_s",
            "i64.trunc_f64_u",
            "i32.trunc_sat_f64_s",
            "i32.trunc_sat_f64_u",
            "i64.trunc_sat_f64_s",
            "i64.trunc_sat_f64_u",
            "f32.demote_f64",
        ],
        1,
        F64,
        None,
        false,
    );
    list
}

/// The type that a name starts with.
fn result_of(name: &str) -> Type {
    *[I32, I64, F32, F64].iter().find(|ty| name.starts_with(ty.name())).expect("a numeric instruction")
}

/// Where an operand comes from: `$a` or `$b` are parameters, `$la` and `$lb` locals with the same values.
fn operand_forms(ty: Type, letter: char) -> Vec<String> {
    let name = ty.name();
    vec![
        format!("(local.get ${letter})"),
        format!("(local.get $l{letter})"),
        format!("({name}.add (local.get ${letter}) (local.get $z))"),
        format!("(call $same (local.get ${letter}))"),
    ]
}

/// Function bodies: what is done with an operation's result.
fn destinations(instruction: &Instruction, operation: &str, again: &str) -> Vec<String> {
    let to = instruction.to.name();
    let chain = if matches!(instruction.to, I32 | I64) { "xor" } else { "sub" };
    let mut bodies = vec![
        operation.to_string(),
        format!("(local.set $r {operation}) (local.get $r)"),
        format!("({to}.{chain} {operation} (local.get $r))"),
        format!("({to}.{chain} (local.get $r) {operation})"),
        format!("({to}.{chain} (local.tee $r {operation}) (local.get $r)) (drop) (local.get $r)"),
        // Both operands stay on the stack below the result of a block.
        format!("(block (result {to}) {operation} (br_if 0 (i32.wrap_i64 (i64.const 0))))"),
    ];
    if instruction.from == instruction.to {
        // Into an operand, and again: what loops do.
        bodies.push(format!("(local.set $la {operation}) (local.set $la {again}) (local.get $la)"));
        bodies.push(format!(
            "(loop (local.set $la {again}) (br_if 0 (local.tee $n (i32.add (local.get $n) (i32.const -1))))) (local.get $la)"
        ));
    }
    if instruction.test {
        bodies.extend([
            format!("(select (i32.const 5) (i32.const 6) {operation})"),
            format!("(select (local.get $n) (i32.const 6) {operation})"),
            format!("(if (result i32) {operation} (then (i32.const 7)) (else (i32.const 8)))"),
            format!("(block (br_if 0 {operation}) (return (i32.const 9))) (i32.const 10)"),
            format!("(block (br_if 0 (i32.eqz {operation})) (return (i32.const 11))) (i32.const 12)"),
            format!("(block (result i32) (br_if 0 (i32.const 13) {operation}) (drop) (i32.const 14))"),
            format!("(i32.eqz {operation})"),
            format!("(loop (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if 0 (i32.and {operation} (local.get $n)))) (local.get $n)"),
            format!("(loop (br_if 1 (i32.const 15) (i32.eqz (local.get $n))) (drop) (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if 0 {operation})) (local.get $n)"),
        ]);
    }
    bodies
}

/// The operation in all forms: text, and the same with the local `$la` as its first operand.
fn operations(instruction: &Instruction) -> Vec<(String, String)> {
    let name = instruction.name;
    let edges = instruction.from.edges();
    // A few constants, among them those that small immediates and strength reduction treat specially.
    let constants: Vec<String> = edges.iter().take(3).chain(edges.iter().skip(5).step_by(3)).map(|value| literal(*value)).collect();
    let left = operand_forms(instruction.from, 'a');
    let mut found = Vec::new();
    if instruction.operands == 1 {
        for operand in left.iter().chain(&constants) {
            found.push((format!("({name} {operand})"), format!("({name} (local.get $la))")));
        }
        return found;
    }
    let right = operand_forms(instruction.from, 'b');
    for rhs in right.iter().chain(&constants) {
        let again = format!("({name} (local.get $la) {rhs})");
        for lhs in &left {
            found.push((format!("({name} {lhs} {rhs})"), again.clone()));
        }
    }
    for lhs in &constants {
        for rhs in &right {
            found.push((format!("({name} {lhs} {rhs})"), format!("({name} {rhs} (local.get $la))")));
        }
        found.push((format!("({name} {lhs} {lhs})"), format!("({name} {lhs} (local.get $la))")));
    }
    // One operand twice.
    found.push((format!("({name} (local.get $a) (local.get $a))"), format!("({name} (local.get $la) (local.get $la))")));
    found.push((
        format!("({name} (local.tee $la (local.get $b)) (local.get $la))"),
        format!("({name} (local.tee $la (local.get $b)) (local.get $a))"),
    ));
    found
}

/// The module of an instruction, and the bodies of its functions.
fn module(instruction: &Instruction) -> (String, Vec<String>) {
    let (from, to) = (instruction.from.name(), instruction.to.name());
    let mut text = format!("(module (memory (export \"memory\") 4)\n(func $same (param {from}) (result {from}) (local.get 0))\n");
    let mut bodies = Vec::new();
    for (index, (operation, again)) in operations(instruction).iter().enumerate() {
        let all = destinations(instruction, operation, again);
        // All destinations for parameters; for other forms two, in turns.
        let keep = |at: usize| index == 0 || at == index % all.len() || at == (index * 3 + 1) % all.len();
        bodies.extend(all.iter().enumerate().filter(|(at, _)| keep(*at)).map(|(_, body)| body.clone()));
    }
    for (index, body) in bodies.iter().enumerate() {
        let _ = writeln!(
            text,
            "(func $f{index} (export \"f{index}\") (param $a {from}) (param $b {from}) (param $z {from}) (result {to}) (local $la {from}) (local $lb {from}) (local $r {to}) (local $n i32)\n \
             (local.set $la (local.get $a)) (local.set $lb (local.get $b)) (local.set $n (i32.const 3))\n {body})"
        );
    }
    let _ = writeln!(text, "(func (export \"batch\") (param $a {from}) (param $b {from}) (param $z {from})");
    for index in 0..bodies.len() {
        let at = index * 8;
        let _ = writeln!(text, " ({to}.store offset={at} (i32.const 0) (call $f{index} (local.get $a) (local.get $b) (local.get $z)))");
    }
    text.push_str("))");
    (text, bodies)
}

/// Runs one instruction; adds at most one difference.
fn check(instruction: &Instruction, failures: &mut Failures) {
    let (text, bodies) = module(instruction);
    let mut sides = Sides::new(&text);
    let edges = instruction.from.edges();
    let neutral = instruction.from.neutral();
    let seconds = if instruction.operands == 1 { vec![neutral] } else { edges.clone() };
    for a in &edges {
        for b in &seconds {
            let args = [*a, *b, neutral];
            let outcome = if instruction.traps { one_by_one(&mut sides, &bodies, &args) } else { batch(&mut sides, &bodies, &args) };
            if let Err(error) = outcome {
                failures.add(format!("{}: {error}", instruction.name));
                return;
            }
        }
    }
}

fn one_by_one(sides: &mut Sides, bodies: &[String], args: &[Value]) -> Result<(), String> {
    for (index, body) in bodies.iter().enumerate() {
        sides.call(&format!("f{index}"), args).map_err(|error| format!("{error}\n{body}"))?.ok();
    }
    Ok(())
}

fn batch(sides: &mut Sides, bodies: &[String], args: &[Value]) -> Result<(), String> {
    sides.call("batch", args)?.map_err(|failure| format!("batch{args:?} fails with {failure:?}"))?;
    let memories = sides.memories(bodies.len() * 8);
    if memories.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a == b)) {
        return Ok(());
    }
    // Some results differ, if only by the payload of a NaN: the slow comparison of values tells.
    one_by_one(sides, bodies, args)
}

/// Splits the work, so that test threads share it.
fn check_share(share: usize) {
    let mut failures = Failures::default();
    for instruction in instructions().iter().skip(share).step_by(4) {
        check(instruction, &mut failures);
    }
    failures.finish();
}

#[test]
fn instructions_agree_in_all_forms_1() {
    check_share(0);
}

#[test]
fn instructions_agree_in_all_forms_2() {
    check_share(1);
}

#[test]
fn instructions_agree_in_all_forms_3() {
    check_share(2);
}

#[test]
fn instructions_agree_in_all_forms_4() {
    check_share(3);
}
