//! Random programs that throw and catch, run by the engine with and without superinstructions, and by an interpreter of their trees: results,
//! locals and uncaught exceptions must be the same, with branch hints too. Each program is written once with `try_table` and once with the legacy `try`.

#[path = "../fuzz/src/hints.rs"]
mod hints;
#[allow(dead_code, reason = "others use all of it")]
#[path = "../fuzz/src/random.rs"]
mod random;

use std::fmt::Write as _;

use fulgurite::{CompilationMode, Config, Engine, ErrorKind, Instance, Module, Store, Val};
use random::Random;

/// Integer locals of each function; the first is its parameter.
const LOCALS: usize = 4;
/// Tags; tag t carries t integers.
const TAGS: usize = 3;
/// Functions; each calls only those behind it.
const FUNCTIONS: usize = 4;

#[derive(Debug)]
enum Expression {
    Constant(i32),
    Local(usize),
    Sum(usize, i32),
    Product(usize, usize),
}

#[derive(Debug)]
enum Statement {
    /// `local = expression`
    Set(usize, Expression),
    /// The f64 local grows by 1.
    Count,
    /// `local = function(expression)`
    Call(usize, usize, Expression),
    /// The expression is computed, then a function is called, then the local is set.
    Late(usize, Expression, usize),
    Throw(usize),
    If(usize, Vec<Statement>, Vec<Statement>),
    Loop(u8, Vec<Statement>),
    /// Body, clauses, local that an operand below the block is added to.
    Try(Vec<Statement>, Vec<Clause>, usize),
    /// Throws what the last clause with a reference caught, if there was one. (Nothing in legacy programs.)
    Again,
    /// Ends the function.
    Return(usize),
}

#[derive(Debug)]
struct Clause {
    tag: Option<usize>,
    reference: bool,
    then: Vec<Statement>,
}

fn expression(random: &mut Random) -> Expression {
    match random.below(4) {
        0 => Expression::Constant(random.below(100) as i32),
        1 => Expression::Local(random.below(LOCALS)),
        2 => Expression::Sum(random.below(LOCALS), random.below(10) as i32),
        _ => Expression::Product(random.below(LOCALS), random.below(LOCALS)),
    }
}

fn statements(random: &mut Random, function: usize, depth: usize) -> Vec<Statement> {
    (0..1 + random.below(4)).map(|_| statement(random, function, depth)).collect()
}

fn statement(random: &mut Random, function: usize, depth: usize) -> Statement {
    let local = random.below(LOCALS);
    let callee = function + 1 + random.below(FUNCTIONS - function);
    match random.below(if depth == 0 { 9 } else { 15 }) {
        0 | 1 => Statement::Set(local, expression(random)),
        2 => Statement::Count,
        3 | 4 if callee < FUNCTIONS => Statement::Call(local, callee, expression(random)),
        5 if callee < FUNCTIONS => Statement::Late(local, expression(random), callee),
        6 if depth < 3 => Statement::Throw(random.below(TAGS)),
        7 if depth < 2 => Statement::Return(local),
        8 => Statement::Again,
        9 => Statement::If(local, statements(random, function, depth - 1), statements(random, function, depth - 1)),
        10 | 11 => Statement::Loop(1 + random.below(3) as u8, statements(random, function, depth - 1)),
        12..=14 => {
            let clause = |random: &mut Random| Clause {
                tag: (random.below(4) > 0).then(|| random.below(TAGS)),
                reference: random.below(2) == 0,
                then: statements(random, function, depth - 1),
            };
            let mut clauses: Vec<_> = (0..random.below(4)).map(|_| clause(random)).collect();
            // The legacy form has one clause for all, and it comes last.
            if let Some(all) = clauses.iter().position(|clause| clause.tag.is_none()) {
                clauses.truncate(all + 1);
            }
            Statement::Try(statements(random, function, depth - 1), clauses, local)
        }
        _ => Statement::Set(local, expression(random)),
    }
}

/// How a statement ends that does not go on to the next.
#[derive(Clone, PartialEq, Debug)]
enum End {
    Thrown(usize, Vec<i32>),
    Returned(i32),
}

/// The state of an activation.
#[derive(Default)]
struct Frame {
    locals: [i32; LOCALS],
    count: f64,
    caught: Option<(usize, Vec<i32>)>,
}

/// The interpreter of trees.
struct Oracle<'p> {
    functions: &'p [Vec<Statement>],
    legacy: bool,
    /// Statements left; programs that run for long are not compared.
    fuel: u32,
}

impl Oracle<'_> {
    fn call(&mut self, function: usize, argument: i32) -> Result<i32, End> {
        let mut frame = Frame::default();
        frame.locals[0] = argument;
        let functions = self.functions;
        match self.run(&functions[function], &mut frame) {
            Ok(()) => {
                let sum = frame.locals.iter().fold(0i32, |sum, &local| sum.wrapping_mul(31).wrapping_add(local));
                Ok(sum.wrapping_add(frame.count as i32))
            }
            Err(End::Returned(value)) => Ok(value),
            Err(thrown) => Err(thrown),
        }
    }

    fn run(&mut self, statements: &[Statement], frame: &mut Frame) -> Result<(), End> {
        statements.iter().try_for_each(|statement| self.step(statement, frame))
    }

    fn step(&mut self, statement: &Statement, frame: &mut Frame) -> Result<(), End> {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 {
            return Err(End::Returned(0));
        }
        match statement {
            Statement::Set(local, value) => frame.locals[*local] = evaluate(value, frame),
            Statement::Count => frame.count += 1.0,
            Statement::Call(local, function, argument) => frame.locals[*local] = self.call(*function, evaluate(argument, frame))?,
            Statement::Late(local, value, function) => {
                let value = evaluate(value, frame);
                self.call(*function, frame.locals[0])?;
                frame.locals[*local] = value;
            }
            Statement::Throw(tag) => return Err(End::Thrown(*tag, frame.locals[..*tag].to_vec())),
            Statement::If(local, then, otherwise) => self.run(if frame.locals[*local] & 1 != 0 { then } else { otherwise }, frame)?,
            Statement::Loop(turns, body) => (0..*turns).try_for_each(|_| self.run(body, frame))?,
            Statement::Try(body, clauses, local) => {
                let below = frame.locals[*local];
                if let Err(end) = self.run(body, frame) {
                    self.catch(end, clauses, frame)?;
                }
                frame.locals[*local] = frame.locals[*local].wrapping_add(below);
            }
            Statement::Again if !self.legacy => {
                if let Some((tag, payload)) = frame.caught.clone() {
                    return Err(End::Thrown(tag, payload));
                }
            }
            Statement::Again => {}
            Statement::Return(local) => return Err(End::Returned(frame.locals[*local])),
        }
        Ok(())
    }

    fn catch(&mut self, end: End, clauses: &[Clause], frame: &mut Frame) -> Result<(), End> {
        let End::Thrown(tag, payload) = end else { return Err(end) };
        let Some(clause) = clauses.iter().find(|clause| clause.tag.is_none_or(|caught| caught == tag)) else {
            return Err(End::Thrown(tag, payload));
        };
        if clause.tag.is_some() {
            // The last is on top of the stack.
            for &value in payload.iter().rev() {
                frame.locals[1] = frame.locals[1].wrapping_mul(3).wrapping_add(value);
            }
        }
        if clause.reference {
            frame.caught = Some((tag, payload));
        }
        self.run(&clause.then, frame)
    }
}

fn evaluate(expression: &Expression, frame: &Frame) -> i32 {
    match *expression {
        Expression::Constant(value) => value,
        Expression::Local(local) => frame.locals[local],
        Expression::Sum(local, value) => frame.locals[local].wrapping_add(value),
        Expression::Product(a, b) => frame.locals[a].wrapping_mul(frame.locals[b]),
    }
}

/// Writes programs as text.
struct Writer {
    text: String,
    legacy: bool,
    labels: usize,
}

impl Writer {
    fn program(functions: &[Vec<Statement>], legacy: bool) -> String {
        let mut writer = Self { text: String::from("(module\n"), legacy, labels: 0 };
        for tag in 0..TAGS {
            let _ = writeln!(writer.text, "(tag $t{tag} (export \"t{tag}\") (param {}))", "i32 ".repeat(tag));
        }
        for (number, body) in functions.iter().enumerate() {
            let _ = writeln!(writer.text, "(func $f{number} (export \"f{number}\") (param $l0 i32) (result i32)");
            writer.text.push_str("(local $l1 i32) (local $l2 i32) (local $l3 i32) (local $n f64) (local $sum i32)");
            writer.text.push_str("(local $turn0 i32) (local $turn1 i32) (local $turn2 i32) (local $turn3 i32) (local $e exnref)\n");
            writer.statements(body, 0);
            for local in 0..LOCALS {
                let _ = writeln!(writer.text, "(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $l{local})))");
            }
            writer.text.push_str("(i32.add (local.get $sum) (i32.trunc_f64_s (local.get $n))))\n");
        }
        writer.text.push(')');
        writer.text
    }

    fn statements(&mut self, statements: &[Statement], loops: usize) {
        statements.iter().for_each(|statement| self.statement(statement, loops));
    }

    fn statement(&mut self, statement: &Statement, loops: usize) {
        self.labels += 1;
        let label = self.labels;
        match statement {
            Statement::Set(local, value) => {
                let _ = writeln!(self.text, "{} local.set $l{local}", operand(value));
            }
            Statement::Count => self.text.push_str("(local.set $n (f64.add (local.get $n) (f64.const 1)))\n"),
            Statement::Call(local, function, argument) => {
                let _ = writeln!(self.text, "{} call $f{function} local.set $l{local}", operand(argument));
            }
            Statement::Late(local, value, function) => {
                let _ = writeln!(self.text, "{} local.get $l0 call $f{function} drop local.set $l{local}", operand(value));
            }
            Statement::Throw(tag) => {
                for local in 0..*tag {
                    let _ = write!(self.text, "local.get $l{local} ");
                }
                // What follows is reachable for the validator, so that nothing of it needs other types.
                let _ = writeln!(self.text, "throw $t{tag}");
            }
            Statement::If(local, then, otherwise) => {
                let _ = writeln!(self.text, "local.get $l{local} i32.const 1 i32.and if");
                self.statements(then, loops);
                self.text.push_str("else\n");
                self.statements(otherwise, loops);
                self.text.push_str("end\n");
            }
            Statement::Loop(turns, body) => {
                let _ = writeln!(self.text, "i32.const {turns} local.set $turn{loops} loop $loop{label}");
                self.statements(body, loops + 1);
                let _ = writeln!(self.text, "local.get $turn{loops} i32.const 1 i32.sub local.tee $turn{loops} br_if $loop{label} end");
            }
            Statement::Try(body, clauses, local) => {
                let _ = writeln!(self.text, "local.get $l{local}");
                if self.legacy {
                    self.legacy_try(body, clauses, loops)
                } else {
                    self.try_table(body, clauses, loops, label)
                }
                let _ = writeln!(self.text, "local.get $l{local} i32.add local.set $l{local}");
            }
            Statement::Again if !self.legacy => {
                self.text.push_str("local.get $e ref.is_null i32.eqz if local.get $e throw_ref end\n");
            }
            Statement::Again => {}
            Statement::Return(local) => {
                let _ = writeln!(self.text, "local.get $l{local} return");
            }
        }
    }

    fn try_table(&mut self, body: &[Statement], clauses: &[Clause], loops: usize, label: usize) {
        let _ = writeln!(self.text, "block $end{label}");
        for (index, clause) in clauses.iter().enumerate().rev() {
            let payload = "i32 ".repeat(clause.tag.unwrap_or(0));
            let reference = if clause.reference { "exnref" } else { "" };
            let _ = writeln!(self.text, "block $h{label}_{index} (result {payload}{reference})");
        }
        self.text.push_str("try_table ");
        for (index, clause) in clauses.iter().enumerate() {
            let suffix = if clause.reference { "_ref" } else { "" };
            let _ = match clause.tag {
                Some(tag) => write!(self.text, "(catch{suffix} $t{tag} $h{label}_{index})"),
                None => write!(self.text, "(catch_all{suffix} $h{label}_{index})"),
            };
        }
        self.text.push('\n');
        self.statements(body, loops);
        let _ = writeln!(self.text, "end br $end{label}");
        for clause in clauses {
            self.text.push_str("end\n");
            if clause.reference {
                self.text.push_str("local.set $e\n");
            }
            self.take_payload(clause);
            self.statements(&clause.then, loops);
            let _ = writeln!(self.text, "br $end{label}");
        }
        self.text.push_str("end\n");
    }

    fn legacy_try(&mut self, body: &[Statement], clauses: &[Clause], loops: usize) {
        self.text.push_str("try\n");
        self.statements(body, loops);
        for clause in clauses {
            let _ = match clause.tag {
                Some(tag) => writeln!(self.text, "catch $t{tag}"),
                None => writeln!(self.text, "catch_all"),
            };
            self.take_payload(clause);
            self.statements(&clause.then, loops);
        }
        self.text.push_str("end\n");
    }

    fn take_payload(&mut self, clause: &Clause) {
        for _ in 0..clause.tag.unwrap_or(0) {
            self.text.push_str("local.get $l1 i32.const 3 i32.mul i32.add local.set $l1\n");
        }
    }
}

fn operand(expression: &Expression) -> String {
    match expression {
        Expression::Constant(value) => format!("i32.const {value}"),
        Expression::Local(local) => format!("local.get $l{local}"),
        Expression::Sum(local, value) => format!("local.get $l{local} i32.const {value} i32.add"),
        Expression::Product(a, b) => format!("local.get $l{a} local.get $l{b} i32.mul"),
    }
}

/// What a call of the engine ends with, in the terms of the oracle.
fn outcome(store: &mut Store<()>, instance: Instance, argument: i32) -> Result<i32, End> {
    let func = instance.get_typed_func::<i32, i32>(&*store, "f0").unwrap();
    func.call(&mut *store, argument).map_err(|error| {
        assert_eq!(error.kind(), ErrorKind::Exception, "{error}");
        let exception = error.exception(&mut *store).unwrap();
        let tag = (0..TAGS).find(|tag| instance.get_tag(&*store, &format!("t{tag}")) == Some(exception.tag(&*store))).unwrap();
        End::Thrown(tag, exception.payload(&*store).iter().filter_map(Val::i32).collect())
    })
}

#[test]
fn random_programs() {
    let engines = [(true, CompilationMode::Lazy), (false, CompilationMode::Eager)].map(|(fused, mode)| {
        let mut config = Config::new();
        config.superinstructions(fused).compilation_mode(mode).wasm_legacy_exceptions(true);
        Engine::new(&config)
    });
    let (mut compared, mut thrown) = (0, 0);
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let functions: Vec<_> = (0..FUNCTIONS).map(|function| statements(&mut random, function, 3)).collect();
        for legacy in [false, true] {
            let text = Writer::program(&functions, legacy);
            let plain = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            // Hints move code that catches, and what is around it.
            let binary = if seed % 2 == 0 { hints::add(&plain, &mut Random::new(seed)).unwrap() } else { plain };
            let load = |engine| Module::from_binary(engine, &binary).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let modules = engines.each_ref().map(load);
            for argument in [0, 1, 7] {
                let mut oracle = Oracle { functions: &functions, legacy, fuel: 100_000 };
                let expected = oracle.call(0, argument);
                if oracle.fuel == 0 {
                    continue;
                }
                compared += 1;
                thrown += usize::from(expected.is_err());
                for (module, engine) in modules.iter().zip(&engines) {
                    let mut store = Store::new(engine, ());
                    let instance = Instance::new(&mut store, module, &[]).unwrap();
                    let found = outcome(&mut store, instance, argument);
                    assert_eq!(found, expected, "seed {seed}, argument {argument}\n{text}");
                }
            }
        }
    }
    assert!(compared > 2_000 && thrown > 100 && thrown < compared / 2, "{compared} compared, {thrown} of them thrown");
}
