//! Programs as compilers write them: locals, loops with counters, address arithmetic, loads and stores with offsets, small functions.
//!
//! wasm-smith seldom makes the sequences that superinstructions cover; this does, and nearly every instruction it makes is reached.
//! Everything ends: loops count down, functions call only earlier ones, and a function's cost bounds who may call it how often.
//!
//! # NaNs
//! Sign and payload of a NaN are open in the standard, so nothing here makes them visible: `reinterpret` and the sign operand of
//! `copysign` go through a guard, and memory has regions for integers, for `f32` and for `f64`, the latter compared as floats.

use arbitrary::{Result, Unstructured};
use std::fmt::Write as _;

/// Where the region of `f32` starts; integers lie below.
const F32_REGION: usize = 0x4000;
/// Where the region of `f64` starts.
const F64_REGION: usize = 0x8000;
/// Where integers start again.
const REGIONS_END: usize = 0xc000;
/// The deepest expression.
const MAX_DEPTH: u32 = 5;
/// The most instructions that a function may execute, roughly.
const MAX_COST: u64 = 40_000;

/// How wide the memory element at `at` is, for comparisons.
pub fn element_width(at: usize) -> usize {
    match at {
        F32_REGION..F64_REGION => 4,
        F64_REGION..REGIONS_END => 8,
        _ => 1,
    }
}

/// A program in the text format. Any bytes make one.
pub fn text(bytes: &[u8]) -> String {
    let mut writer = Writer { input: Unstructured::new(bytes), out: String::new(), functions: Vec::new(), frame: Frame::default() };
    // Running out of bytes ends in choices of zero, and not in an error.
    match writer.module() {
        Ok(()) => writer.out,
        Err(_) => "(module)".into(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    I32,
    I64,
    F32,
    F64,
}

const TYPES: [Type; 4] = [Type::I32, Type::I64, Type::F32, Type::F64];

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// A function that later ones may call.
struct Signature {
    params: Vec<Type>,
    results: Vec<Type>,
    cost: u64,
}

/// What is known while one function is written.
#[derive(Default)]
struct Frame {
    /// Types of parameters and locals. Integers named as counters or addresses are not among them.
    locals: Vec<Type>,
    /// Index of the first counter: one for each level of loops.
    counters: usize,
    /// Index of the two address locals; they hold multiples of 8 below the region size.
    addresses: usize,
    /// How often the current place runs.
    times: u64,
    /// The cost of the function so far.
    cost: u64,
    /// How many loops are open.
    loops: usize,
    results: Vec<Type>,
}

const INT_BINARY: [&str; 15] =
    ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_s", "div_u", "rem_s", "rem_u"];
const INT_COMPARE: [&str; 10] = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
const FLOAT_BINARY: [&str; 7] = ["add", "sub", "mul", "div", "min", "max", "copysign"];
const FLOAT_UNARY: [&str; 7] = ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"];
const FLOAT_COMPARE: [&str; 6] = ["eq", "ne", "lt", "gt", "le", "ge"];

struct Writer<'a> {
    input: Unstructured<'a>,
    out: String,
    functions: Vec<Signature>,
    frame: Frame,
}

impl Writer<'_> {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> Result<usize> {
        self.input.int_in_range(0..=bound.saturating_sub(1))
    }

    /// True once in `bound` times.
    fn once_in(&mut self, bound: usize) -> Result<bool> {
        // The last choice, so that exhausted input answers no.
        Ok(self.below(bound)? + 1 == bound)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Result<T> {
        self.input.choose(from).copied()
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn module(&mut self) -> Result<()> {
        self.put("(module\n(memory (export \"memory\") 1 3)\n");
        self.put("(global $g0 (export \"g0\") (mut i32) (i32.const 5))\n(global $g1 (export \"g1\") (mut i64) (i64.const -9))\n");
        self.put("(global $g2 (export \"g2\") (mut f32) (f32.const 0.5))\n(global $g3 (export \"g3\") (mut f64) (f64.const -2))\n");
        self.put("(data (i32.const 64) \"\\01\\02\\ff\\80\\7f\\00\\00\\80 some text to read\")\n");
        self.put("(type $leaf (func (param i32) (result i32)))\n(table 6 funcref)\n(elem (i32.const 0) $leaf0 $leaf1 $leaf2 $leaf3)\n");
        self.put("(func $leaf0 (type $leaf) (i32.add (local.get 0) (i32.const 3)))\n");
        self.put("(func $leaf1 (type $leaf) (i32.mul (local.get 0) (local.get 0)))\n");
        self.put("(func $leaf2 (type $leaf) (i32.load8_u offset=64 (i32.and (local.get 0) (i32.const 31))))\n");
        self.put("(func $leaf3 (type $leaf) (global.set $g0 (local.get 0)) (i32.xor (global.get $g0) (i32.const -1)))\n");
        let functions = 1 + self.below(4)?;
        for index in 0..functions {
            self.function(index)?;
        }
        self.put(")\n");
        Ok(())
    }

    fn types(&mut self, at_least: usize, at_most: usize) -> Result<Vec<Type>> {
        let count = at_least + self.below(at_most - at_least + 1)?;
        (0..count).map(|_| self.pick(&TYPES)).collect()
    }

    fn function(&mut self, index: usize) -> Result<()> {
        let params = self.types(0, 4)?;
        let results = if self.once_in(6)? { self.types(0, 3)? } else { vec![self.pick(&TYPES)?] };
        let locals = self.types(1, 6)?;
        let list = |types: &[Type]| types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(" ");
        let _ = write!(self.out, "(func $f{index} (export \"f{index}\")");
        for (keyword, types) in [("param", &params), ("result", &results), ("local", &locals)] {
            if !types.is_empty() {
                let _ = write!(self.out, " ({keyword} {})", list(types));
            }
        }
        // Three counters and two addresses.
        self.put(" (local i32 i32 i32 i32 i32)\n");
        let all: Vec<Type> = params.iter().chain(&locals).copied().collect();
        let counters = all.len();
        self.frame = Frame { locals: all, counters, addresses: counters + 3, times: 1, results: results.clone(), ..Frame::default() };
        for _ in 0..1 + self.below(8)? {
            self.statement(3)?;
        }
        for ty in &results {
            self.expression(*ty, 3)?;
            self.put("\n");
        }
        self.put(")\n");
        let cost = self.frame.cost + 10;
        self.functions.push(Signature { params, results, cost });
        Ok(())
    }

    fn statements(&mut self, depth: u32, most: usize) -> Result<()> {
        for _ in 0..1 + self.below(most)? {
            self.statement(depth)?;
        }
        Ok(())
    }

    fn statement(&mut self, depth: u32) -> Result<()> {
        self.frame.cost += self.frame.times * 4;
        let simple = depth == 0 || self.input.is_empty();
        match self.below(if simple { 4 } else { 15 })? {
            0 | 4 => self.assign()?,
            1 | 5 => self.store()?,
            2 => self.assign_global()?,
            3 => self.assign_address()?,
            6 | 7 => self.count_loop(depth)?,
            8 => {
                self.put("(if ");
                self.expression(Type::I32, 3)?;
                self.put(" (then ");
                self.statements(depth - 1, 3)?;
                self.put(")");
                if self.input.arbitrary()? {
                    self.put(" (else ");
                    self.statements(depth - 1, 3)?;
                    self.put(")");
                }
                self.put(")\n");
            }
            9 => {
                self.put("(block ");
                self.statements(depth - 1, 2)?;
                self.put("(br_if 0 ");
                self.expression(Type::I32, 3)?;
                self.put(")\n");
                self.statements(depth - 1, 3)?;
                self.put(")\n");
            }
            10 => self.switch(depth)?,
            11 => {
                let ty = self.pick(&TYPES)?;
                self.put("(drop ");
                self.expression(ty, 3)?;
                self.put(")\n");
            }
            12 => self.call_statement()?,
            13 => self.bulk()?,
            _ => self.early_return()?,
        }
        Ok(())
    }

    fn assign(&mut self) -> Result<()> {
        let local = self.below(self.frame.locals.len())?;
        let _ = write!(self.out, "(local.set {local} ");
        self.expression(self.frame.locals[local], 4)?;
        self.put(")\n");
        Ok(())
    }

    fn assign_global(&mut self) -> Result<()> {
        let index = self.below(4)?;
        let _ = write!(self.out, "(global.set $g{index} ");
        self.expression(TYPES[index], 3)?;
        self.put(")\n");
        Ok(())
    }

    /// Gives an address local a new value, or moves it on as loops do.
    fn assign_address(&mut self) -> Result<()> {
        let local = self.frame.addresses + self.below(2)?;
        if self.input.arbitrary()? {
            let step = self.pick(&[8, 16, 24, 64])?;
            let _ = writeln!(self.out, "(local.set {local} (i32.and (i32.add (local.get {local}) (i32.const {step})) (i32.const 0x1ff8)))");
        } else {
            let _ = write!(self.out, "(local.set {local} (i32.and ");
            self.expression(Type::I32, 3)?;
            self.put(" (i32.const 0x1ff8)))\n");
        }
        Ok(())
    }

    /// An address whose accesses with offsets up to `0x1f00` stay in the first 16 KiB.
    fn address(&mut self) -> Result<()> {
        match self.below(6)? {
            0..=2 => {
                let local = self.frame.addresses + self.below(2)?;
                let _ = write!(self.out, "(local.get {local})");
            }
            3 => {
                let local = self.frame.counters + self.below(3)?;
                let shift = self.below(2)? + 3;
                let _ = write!(self.out, "(i32.shl (local.get {local}) (i32.const {shift}))");
            }
            4 => {
                let base = self.frame.addresses + self.below(2)?;
                let counter = self.frame.counters + self.below(3)?;
                let _ = write!(self.out, "(i32.add (local.get {base}) (i32.shl (local.get {counter}) (i32.const 3)))");
            }
            _ => {
                self.put("(i32.and ");
                self.expression(Type::I32, 2)?;
                self.put(" (i32.const 0x1ff8))");
            }
        }
        Ok(())
    }

    /// The text of an offset for elements of `width` bytes in a region.
    fn offset(&mut self, region: usize, width: usize) -> Result<String> {
        let step = self.below(24)? * width;
        // Integers may lie anywhere; floats must not overlap in part.
        let odd = if region == 0 { self.below(4)? } else { 0 };
        Ok(match region + step + odd {
            0 => String::new(),
            offset => format!(" offset={offset}"),
        })
    }

    fn store(&mut self) -> Result<()> {
        let (ty, name, region, width) = match self.below(9)? {
            0 | 1 => (Type::I32, "i32.store", 0, 4),
            2 => (Type::I32, "i32.store8", 0, 1),
            3 => (Type::I32, "i32.store16", 0, 2),
            4 => (Type::I64, "i64.store", 0, 8),
            5 => (Type::I64, "i64.store8", 0, 1),
            6 => (Type::I64, if self.input.arbitrary()? { "i64.store16" } else { "i64.store32" }, 0, 4),
            7 => (Type::F32, "f32.store", F32_REGION, 4),
            _ => (Type::F64, "f64.store", F64_REGION, 8),
        };
        let offset = self.offset(region, width)?;
        let _ = write!(self.out, "({name}{offset} ");
        self.address()?;
        self.put(" ");
        self.expression(ty, 4)?;
        self.put(")\n");
        Ok(())
    }

    /// A loop of at most eight turns, counted up or down.
    fn count_loop(&mut self, depth: u32) -> Result<()> {
        if self.frame.loops == 3 {
            return self.assign();
        }
        let turns = 1 + self.below(8)?;
        let counter = self.frame.counters + self.frame.loops;
        let down = self.input.arbitrary()?;
        let start = if down { turns } else { 0 };
        let _ = writeln!(self.out, "(local.set {counter} (i32.const {start}))\n(loop");
        let before = self.frame.times;
        self.frame.times *= turns as u64;
        self.frame.loops += 1;
        self.statements(depth - 1, 4)?;
        self.frame.loops -= 1;
        self.frame.times = before;
        let _ = match (down, self.below(4)?) {
            (true, 0 | 1) => {
                writeln!(self.out, "(br_if 0 (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1)))))")
            }
            (true, _) => {
                writeln!(
                    self.out,
                    "(local.set {counter} (i32.add (local.get {counter}) (i32.const -1)))\n(br_if 0 (i32.gt_s (local.get {counter}) (i32.const 0))))"
                )
            }
            (false, 0 | 1) => writeln!(
                self.out,
                "(local.set {counter} (i32.add (local.get {counter}) (i32.const 1)))\n(br_if 0 (i32.lt_u (local.get {counter}) (i32.const {turns}))))"
            ),
            (false, _) => writeln!(
                self.out,
                "(br_if 0 (i32.ne (local.tee {counter} (i32.add (local.get {counter}) (i32.const 1))) (i32.const {turns}))))"
            ),
        };
        Ok(())
    }

    /// A `br_table` over two blocks.
    fn switch(&mut self, depth: u32) -> Result<()> {
        self.put("(block (block (block (br_table 0 1 0 2 ");
        self.put("(i32.and ");
        self.expression(Type::I32, 2)?;
        self.put(" (i32.const 7))))\n");
        self.statements(depth - 1, 2)?;
        self.put("(br 1))\n");
        self.statements(depth - 1, 2)?;
        self.put(")\n");
        Ok(())
    }

    /// The index of a function that may be called here, preferring late ones.
    fn callee(&mut self) -> Result<Option<usize>> {
        if self.functions.is_empty() {
            return Ok(None);
        }
        let index = self.below(self.functions.len())?;
        let cost = self.functions[index].cost.saturating_mul(self.frame.times);
        if self.frame.cost + cost > MAX_COST {
            return Ok(None);
        }
        self.frame.cost += cost;
        Ok(Some(index))
    }

    fn call(&mut self, index: usize, depth: u32) -> Result<()> {
        let _ = write!(self.out, "(call $f{index}");
        for ty in self.functions[index].params.clone() {
            self.put(" ");
            self.expression(ty, depth)?;
        }
        self.put(")");
        Ok(())
    }

    fn call_statement(&mut self) -> Result<()> {
        let Some(index) = self.callee()? else { return self.assign() };
        self.call(index, 2)?;
        for ty in self.functions[index].results.clone().iter().rev() {
            // Results go to locals of their types, or away.
            match self.frame.locals.iter().position(|local| local == ty) {
                Some(local) => {
                    let _ = write!(self.out, " (local.set {local})");
                }
                None => self.put(" (drop)"),
            }
        }
        self.put("\n");
        Ok(())
    }

    /// Bulk operations on the integers, and growth.
    fn bulk(&mut self) -> Result<()> {
        if self.once_in(4)? {
            self.put("(global.set $g0 (memory.grow (i32.and (i32.const 1) ");
            self.expression(Type::I32, 1)?;
            self.put(")))\n");
            return Ok(());
        }
        let name = self.pick(&["(memory.copy ", "(memory.fill "])?;
        self.put(name);
        self.address()?;
        self.put(" ");
        self.address()?;
        self.put(" (i32.and (i32.const 0x3f) ");
        self.expression(Type::I32, 1)?;
        self.put("))\n");
        Ok(())
    }

    fn early_return(&mut self) -> Result<()> {
        self.put("(if ");
        self.expression(Type::I32, 3)?;
        self.put(" (then (return");
        for ty in self.frame.results.clone() {
            self.put(" ");
            self.expression(ty, 1)?;
        }
        self.put(")))\n");
        Ok(())
    }

    fn expression(&mut self, ty: Type, depth: u32) -> Result<()> {
        let depth = depth.min(MAX_DEPTH);
        if depth == 0 || self.input.is_empty() {
            return self.leaf(ty);
        }
        self.frame.cost += self.frame.times;
        let depth = depth - 1;
        match (ty, self.below(14)?) {
            (_, 0..=2) => self.leaf(ty),
            (Type::I32 | Type::I64, 3..=6) => self.integer(ty, depth),
            (Type::F32 | Type::F64, 3..=6) => self.float(ty, depth),
            (_, 7 | 8) => self.load(ty),
            (Type::I32, 9) => self.test(depth),
            (Type::I64 | Type::F32 | Type::F64, 9) | (_, 10) => self.convert(ty, depth),
            (_, 11) => self.choose(ty, depth),
            (_, 12) => self.tee_or_call(ty, depth),
            _ => self.block(ty, depth),
        }
    }

    fn leaf(&mut self, ty: Type) -> Result<()> {
        let locals: Vec<usize> = (0..self.frame.locals.len()).filter(|local| self.frame.locals[*local] == ty).collect();
        match self.below(8)? {
            0..=4 if !locals.is_empty() => {
                let local = self.pick(&locals)?;
                let _ = write!(self.out, "(local.get {local})");
            }
            5 => {
                let index = TYPES.iter().position(|other| *other == ty).unwrap_or(0);
                let _ = write!(self.out, "(global.get $g{index})");
            }
            6 if ty == Type::I32 => {
                let local = self.frame.counters + self.below(5)?;
                let _ = write!(self.out, "(local.get {local})");
            }
            _ => {
                let constant = match ty {
                    Type::I32 => self.pick(&["1", "0", "-1", "2", "7", "31", "255", "0x7fffffff", "0x80000000", "12345"])?,
                    Type::I64 => {
                        self.pick(&["1", "0", "-1", "3", "63", "0xffffffff", "0x7fffffffffffffff", "0x8000000000000000", "-1234567890123"])?
                    }
                    Type::F32 => self.pick(&["1", "0", "-0", "0.5", "-3.25", "inf", "1e-40", "16777216", "nan"])?,
                    Type::F64 => self.pick(&["1", "0", "-0", "0.1", "-2.5", "-inf", "1e-310", "9007199254740992", "nan"])?,
                };
                let _ = write!(self.out, "({}.const {constant})", ty.name());
            }
        }
        Ok(())
    }

    fn integer(&mut self, ty: Type, depth: u32) -> Result<()> {
        if self.once_in(6)? {
            let unary: &[&str] = if ty == Type::I32 {
                &["clz", "ctz", "popcnt", "extend8_s", "extend16_s"]
            } else {
                &["clz", "ctz", "popcnt", "extend8_s", "extend16_s", "extend32_s"]
            };
            let name = self.pick(unary)?;
            let _ = write!(self.out, "({}.{name} ", ty.name());
            self.expression(ty, depth)?;
            self.put(")");
            return Ok(());
        }
        let name = self.pick(&INT_BINARY)?;
        let _ = write!(self.out, "({}.{name} ", ty.name());
        self.expression(ty, depth)?;
        self.put(" ");
        let divides = name.starts_with("div") || name.starts_with("rem");
        if divides && !self.once_in(16)? {
            // Rarely zero, so that most programs get somewhere.
            let _ = write!(self.out, "({}.or ({0}.const 1) ", ty.name());
            self.expression(ty, depth)?;
            self.put(")");
        } else {
            self.expression(ty, depth)?;
        }
        self.put(")");
        Ok(())
    }

    fn float(&mut self, ty: Type, depth: u32) -> Result<()> {
        if self.once_in(4)? {
            let name = self.pick(&FLOAT_UNARY)?;
            let _ = write!(self.out, "({}.{name} ", ty.name());
            self.expression(ty, depth)?;
            self.put(")");
            return Ok(());
        }
        let name = self.pick(&FLOAT_BINARY)?;
        let _ = write!(self.out, "({}.{name} ", ty.name());
        self.expression(ty, depth)?;
        self.put(" ");
        if name == "copysign" {
            // The sign of a NaN must not show.
            let other = if ty == Type::F32 { "(f32.convert_i32_s " } else { "(f64.convert_i32_s " };
            self.put(other);
            self.expression(Type::I32, depth)?;
            self.put(")");
        } else {
            self.expression(ty, depth)?;
        }
        self.put(")");
        Ok(())
    }

    fn load(&mut self, ty: Type) -> Result<()> {
        let (name, region, width) = match ty {
            Type::I32 => (self.pick(&["i32.load", "i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u", "i32.load16_s"])?, 0, 4),
            Type::I64 => (
                self.pick(&[
                    "i64.load",
                    "i64.load",
                    "i64.load8_u",
                    "i64.load8_s",
                    "i64.load16_u",
                    "i64.load16_s",
                    "i64.load32_u",
                    "i64.load32_s",
                ])?,
                0,
                8,
            ),
            Type::F32 => ("f32.load", F32_REGION, 4),
            Type::F64 => ("f64.load", F64_REGION, 8),
        };
        let offset = self.offset(region, width)?;
        let _ = write!(self.out, "({name}{offset} ");
        self.address()?;
        self.put(")");
        Ok(())
    }

    /// A comparison of any type, or `eqz`.
    fn test(&mut self, depth: u32) -> Result<()> {
        let ty = self.pick(&TYPES)?;
        let integer = matches!(ty, Type::I32 | Type::I64);
        if integer && self.once_in(4)? {
            let _ = write!(self.out, "({}.eqz ", ty.name());
            self.expression(ty, depth)?;
            self.put(")");
            return Ok(());
        }
        let name = if integer { self.pick(&INT_COMPARE)? } else { self.pick(&FLOAT_COMPARE)? };
        let _ = write!(self.out, "({}.{name} ", ty.name());
        self.expression(ty, depth)?;
        self.put(" ");
        self.expression(ty, depth)?;
        self.put(")");
        Ok(())
    }

    fn convert(&mut self, ty: Type, depth: u32) -> Result<()> {
        let choices: &[(&str, Type)] = match ty {
            Type::I32 => &[
                ("i32.wrap_i64", Type::I64),
                ("i32.trunc_sat_f32_s", Type::F32),
                ("i32.trunc_sat_f32_u", Type::F32),
                ("i32.trunc_sat_f64_s", Type::F64),
                ("i32.trunc_sat_f64_u", Type::F64),
                ("i32.reinterpret_f32", Type::F32),
            ],
            Type::I64 => &[
                ("i64.extend_i32_s", Type::I32),
                ("i64.extend_i32_u", Type::I32),
                ("i64.trunc_sat_f32_s", Type::F32),
                ("i64.trunc_sat_f32_u", Type::F32),
                ("i64.trunc_sat_f64_s", Type::F64),
                ("i64.trunc_sat_f64_u", Type::F64),
                ("i64.reinterpret_f64", Type::F64),
            ],
            Type::F32 => &[
                ("f32.convert_i32_s", Type::I32),
                ("f32.convert_i32_u", Type::I32),
                ("f32.convert_i64_s", Type::I64),
                ("f32.convert_i64_u", Type::I64),
                ("f32.demote_f64", Type::F64),
                ("f32.reinterpret_i32", Type::I32),
            ],
            Type::F64 => &[
                ("f64.convert_i32_s", Type::I32),
                ("f64.convert_i32_u", Type::I32),
                ("f64.convert_i64_s", Type::I64),
                ("f64.convert_i64_u", Type::I64),
                ("f64.promote_f32", Type::F32),
                ("f64.reinterpret_i64", Type::I64),
            ],
        };
        let (name, from) = self.pick(choices)?;
        if name.ends_with("reinterpret_f32") || name.ends_with("reinterpret_f64") {
            // min and max with a number keep NaNs, so a NaN is turned away by a comparison with itself, through memory.
            let (float, scratch) = if from == Type::F32 { ("f32", F64_REGION - 8) } else { ("f64", REGIONS_END - 8) };
            let _ = write!(self.out, "(block (result {}) ({float}.store offset={scratch} (i32.const 0) ", ty.name());
            self.expression(from, depth)?;
            let value = format!("({float}.load offset={scratch} (i32.const 0))");
            let _ = write!(self.out, ") ({name} (select {value} ({float}.const 1) ({float}.eq {value} {value}))))");
            return Ok(());
        }
        // A trapping conversion now and then.
        let name = if name.contains("trunc_sat") && self.once_in(24)? { name.replace("trunc_sat", "trunc") } else { name.to_string() };
        let _ = write!(self.out, "({name} ");
        self.expression(from, depth)?;
        self.put(")");
        Ok(())
    }

    /// `select` or `if` with a value.
    fn choose(&mut self, ty: Type, depth: u32) -> Result<()> {
        if self.input.arbitrary()? {
            self.put("(select ");
            self.expression(ty, depth)?;
            self.put(" ");
            self.expression(ty, depth)?;
            self.put(" ");
            self.condition(depth)?;
        } else {
            let _ = write!(self.out, "(if (result {}) ", ty.name());
            self.condition(depth)?;
            self.put(" (then ");
            self.expression(ty, depth)?;
            self.put(") (else ");
            self.expression(ty, depth)?;
            self.put(")");
        }
        self.put(")");
        Ok(())
    }

    fn condition(&mut self, depth: u32) -> Result<()> {
        if self.input.arbitrary()? { self.test(depth) } else { self.expression(Type::I32, depth) }
    }

    fn tee_or_call(&mut self, ty: Type, depth: u32) -> Result<()> {
        match self.below(3)? {
            0 => {
                if let Some(local) = self.frame.locals.iter().rposition(|local| *local == ty) {
                    let _ = write!(self.out, "(local.tee {local} ");
                    self.expression(ty, depth)?;
                    self.put(")");
                    return Ok(());
                }
            }
            1 if ty == Type::I32 => {
                self.put("(call_indirect (type $leaf) ");
                self.expression(Type::I32, depth)?;
                self.put(" (i32.and (i32.const ");
                // Rarely past the four functions: two empty entries, then the end of the table.
                let mask = if self.once_in(16)? { "7" } else { "3" };
                self.put(mask);
                self.put(") ");
                self.expression(Type::I32, depth)?;
                self.put("))");
                return Ok(());
            }
            _ => {
                if let Some(index) = self.callee()?
                    && self.functions[index].results == [ty]
                {
                    return self.call(index, depth);
                }
            }
        }
        self.leaf(ty)
    }

    /// A block with a value that a branch may give.
    fn block(&mut self, ty: Type, depth: u32) -> Result<()> {
        let _ = write!(self.out, "(block (result {}) ", ty.name());
        if self.input.arbitrary()? {
            self.put("(drop (br_if 0 ");
            self.expression(ty, depth)?;
            self.put(" ");
            self.condition(depth)?;
            self.put(")) ");
        } else {
            self.assign()?;
        }
        self.expression(ty, depth)?;
        self.put(")");
        Ok(())
    }
}
