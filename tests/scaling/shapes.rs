//! Modules whose size, or work, grows with a number: each exports `run`, which takes an i32 and returns one.
//!
//! Used by `tests/scaling.rs`, which counts, and by `fulgurite-bench scaling`, which measures.

/// A family of modules.
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// The number for a test; twice it is tried too.
    pub number: usize,
    /// The module of a number.
    pub module: fn(usize) -> Vec<u8>,
    /// The argument of `run`, by the number.
    pub argument: fn(usize) -> i32,
    /// What `run` returns for it.
    pub result: fn(usize) -> i32,
}

/// All families.
pub const SHAPES: &[Shape] = &[
    // A body of 8 bytes for each: 1 MB and 2 MB.
    Shape { name: "long-body", number: 131_072, module: long_body, argument: |_| 1, result: |n| 1 + 1000 * n as i32 },
    Shape { name: "expression", number: 100_000, module: expression, argument: |_| 1, result: |n| 1 + n as i32 },
    Shape { name: "functions", number: 20_000, module: functions, argument: |_| 5, result: |n| 5 + n as i32 },
    Shape { name: "blocks", number: 10_000, module: blocks, argument: |_| 0, result: |n| n as i32 },
    Shape { name: "loops", number: 10_000, module: loops, argument: |_| 3, result: |_| 3 },
    Shape { name: "ifs", number: 10_000, module: ifs, argument: |_| 1, result: |n| n as i32 },
    Shape { name: "br-table", number: 100_000, module: br_table, argument: |n| n as i32, result: |_| 7 },
    Shape { name: "catch-clauses", number: 100_000, module: catch_clauses, argument: |_| 6, result: |_| 6 },
    Shape { name: "try-tables", number: 10_000, module: try_tables, argument: |_| 8, result: |_| 8 },
    Shape { name: "locals", number: 24_000, module: locals, argument: |_| 9, result: |n| 9 * n as i32 },
    Shape { name: "recursion", number: 50_000, module: |_| recursion(), argument: |n| n as i32, result: |n| n as i32 },
    Shape { name: "work", number: 100_000, module: |_| work(), argument: |n| n as i32, result: |n| n as i32 },
];

fn leb128(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A signed number, of constants.
fn signed(mut value: i32, out: &mut Vec<u8>) {
    while !(-64..64).contains(&value) {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

fn section(id: u8, count: usize, content: &[u8], out: &mut Vec<u8>) {
    let mut body = Vec::new();
    leb128(count, &mut body);
    body.extend_from_slice(content);
    out.push(id);
    leb128(body.len(), out);
    out.extend_from_slice(&body);
}

/// A module whose functions, all of type `[i32] -> [i32]`, have these bodies: locals, instructions, `end`. The first is exported.
fn module(bodies: &[Vec<u8>]) -> Vec<u8> {
    module_with_tags(bodies, 0)
}

/// The same with so many tags of exceptions that carry nothing.
fn module_with_tags(bodies: &[Vec<u8>], tags: usize) -> Vec<u8> {
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    section(1, 2, &[0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0], &mut out);
    section(3, bodies.len(), &vec![0; bodies.len()], &mut out);
    if tags > 0 {
        section(13, tags, &[0, 1].repeat(tags), &mut out);
    }
    section(7, 1, b"\x03run\0\0", &mut out);
    let mut code = Vec::new();
    for body in bodies {
        leb128(body.len(), &mut code);
        code.extend_from_slice(body);
    }
    section(10, bodies.len(), &code, &mut out);
    out
}

const GET: [u8; 2] = [0x20, 0];
const SET: [u8; 2] = [0x21, 0];
const ADD: u8 = 0x6a;
const END: u8 = 0x0b;

/// One statement after another: `local 0 += 1000`.
fn long_body(count: usize) -> Vec<u8> {
    let mut body = vec![0];
    for _ in 0..count {
        body.extend([GET[0], GET[1], 0x41, 0xe8, 0x07, ADD, SET[0], SET[1]]);
    }
    body.extend([GET[0], GET[1], END]);
    module(&[body])
}

/// One expression with `count` operands on the stack.
fn expression(count: usize) -> Vec<u8> {
    let mut body = vec![0, GET[0], GET[1]];
    body.extend([0x41, 1].repeat(count));
    body.extend([ADD].repeat(count));
    body.push(END);
    module(&[body])
}

/// Each function calls the next with one more; the last returns its argument.
fn functions(count: usize) -> Vec<u8> {
    let mut bodies: Vec<Vec<u8>> = (1..=count)
        .map(|next| {
            let mut body = vec![0, GET[0], GET[1], 0x41, 1, ADD, 0x10];
            leb128(next, &mut body);
            body.push(END);
            body
        })
        .collect();
    bodies.push(vec![0, GET[0], GET[1], END]);
    module(&bodies)
}

/// Blocks in blocks, with a branch to the outermost in each, and a statement behind each.
fn blocks(count: usize) -> Vec<u8> {
    let mut body = vec![0];
    for depth in 0..count {
        body.extend([0x02, 0x40, GET[0], GET[1], 0x0d]);
        leb128(depth, &mut body);
    }
    body.extend([END, GET[0], GET[1], 0x41, 1, ADD, SET[0], SET[1]].repeat(count));
    body.extend([GET[0], GET[1], END]);
    module(&[body])
}

/// Loops in loops, each run once.
fn loops(count: usize) -> Vec<u8> {
    let mut body = vec![0];
    body.extend([0x03, 0x40].repeat(count));
    body.extend([GET[0], GET[1], 0x45, 0x0d, 0, END].repeat(count));
    body.extend([GET[0], GET[1], END]);
    module(&[body])
}

/// One block with `count` clauses, of which the last catches what is thrown in it.
fn catch_clauses(count: usize) -> Vec<u8> {
    let mut body = vec![0, 0x02, 0x40, 0x1f, 0x40];
    leb128(count + 1, &mut body);
    body.extend([0, 1, 0].repeat(count));
    body.extend([2, 0, 0x08, 0, END, END, GET[0], GET[1], END]);
    module_with_tags(&[body], 2)
}

/// Blocks that catch in blocks that catch; the outermost gets what is thrown in the innermost.
fn try_tables(count: usize) -> Vec<u8> {
    let mut body = vec![0, 0x02, 0x40, 0x1f, 0x40, 1, 2, 0];
    for depth in 1..=count {
        body.extend([0x1f, 0x40, 1, 0, 1]);
        leb128(depth, &mut body);
    }
    body.extend([0x08, 0]);
    body.extend([END].repeat(count + 2));
    body.extend([GET[0], GET[1], END]);
    module_with_tags(&[body], 2)
}

/// Conditions in conditions, with both arms and results.
fn ifs(count: usize) -> Vec<u8> {
    let mut body = vec![0];
    body.extend([GET[0], GET[1], 0x04, 0x7f].repeat(count));
    body.extend([0x41, 0]);
    body.extend([0x41, 1, ADD, 0x05, 0x41, 0x7f, END].repeat(count));
    body.push(END);
    module(&[body])
}

/// A table with `count` entries; its last one, and the default, lead to 7.
fn br_table(count: usize) -> Vec<u8> {
    let mut body = vec![0, 0x02, 0x40, 0x02, 0x40, GET[0], GET[1], 0x0e];
    leb128(count, &mut body);
    body.extend((0..count).map(|index| u8::from(index + 1 == count)));
    body.extend([1, END, 0x41, 8, 0x0f, END, 0x41, 7, END]);
    module(&[body])
}

/// As many locals, each set from the one before it plus the argument.
fn locals(count: usize) -> Vec<u8> {
    let mut body = vec![1];
    leb128(count, &mut body);
    body.push(0x7f);
    for local in 1..=count {
        body.push(0x20);
        leb128(if local == 1 { count } else { local - 1 }, &mut body);
        body.extend([GET[0], GET[1], ADD, 0x21]);
        leb128(local, &mut body);
    }
    body.push(0x20);
    leb128(count, &mut body);
    body.push(END);
    module(&[body])
}

/// As deep as the argument says.
fn recursion() -> Vec<u8> {
    module(&[vec![0, GET[0], GET[1], 0x04, 0x7f, GET[0], GET[1], 0x41, 1, 0x6b, 0x10, 0, 0x41, 1, ADD, 0x05, 0x41, 0, END, END]])
}

/// As many turns as the argument says, and a little more for each.
fn work() -> Vec<u8> {
    let mut body = vec![1, 1, 0x7f, 0x03, 0x40, 0x20, 1, 0x41];
    signed(1, &mut body);
    body.extend([ADD, 0x22, 1, GET[0], GET[1], 0x48, 0x0d, 0, END, 0x20, 1, END]);
    module(&[body])
}
