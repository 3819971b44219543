//! Execution: each case on each engine, in turns within one process, the minimum of the rounds.
//!
//! Turns, since a machine's speed drifts over minutes but less so within a round; the minimum, since noise only adds.
//! Results are checked against those the case list knows and compared between engines.

use crate::{
    Result,
    cases::{self, Case, Kind},
    engines::{self, Clock, Engine, Instance, Mode, Value, ValueType},
    report::{Cell, Row, Table},
};
use std::time::{Duration, Instant};

/// How to measure.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time budget of a case, all engines together.
    pub budget: Duration,
    /// Small problem sizes and a fast guest clock.
    pub small: bool,
}

/// Rounds made even if they exceed the budget.
const MIN_ROUNDS: u32 = 3;
/// How much of memory is compared between engines.
const HASHED_MEMORY: usize = 1 << 20;

/// One engine with one case set up in it.
struct Session {
    instance: Box<dyn Instance>,
    /// Arguments of the timed call.
    args: Vec<Value>,
    best: f64,
    /// What the first run returned.
    returned: Option<Value>,
}

/// Runs all cases and reports each one when it is done.
///
/// # Errors
/// When a case's files are missing, or an engine fails in a way that is not "unsupported", or results differ.
pub fn run(engines: &[Box<dyn Engine>], cases: &[Case], options: Options, mut done: impl FnMut(&Row)) -> Result<Table> {
    engines::set_clock(if options.small { Clock::Fast } else { Clock::Real });
    let mut rows = Vec::new();
    for case in cases {
        let row = run_case(engines, case, options).map_err(|error| format!("{}: {error}", case.name))?;
        done(&row);
        rows.push(row);
    }
    let title = if options.small { "Execution, small sizes (ms)" } else { "Execution (ms)" };
    Ok(Table { title: title.into(), unit: "ms".into(), lower_is_better: true, columns: columns(engines), rows })
}

/// The report's columns.
pub fn columns(engines: &[Box<dyn Engine>]) -> Vec<String> {
    engines.iter().map(|engine| engine.name().to_string()).collect()
}

fn run_case(engines: &[Box<dyn Engine>], case: &Case, options: Options) -> Result<Row> {
    let wasm = case.wasm()?;
    let input = case.input()?;
    let hashed = if cases::exports_memory(&wasm)? { HASHED_MEMORY } else { 0 };
    let mut notes = Vec::new();
    let mut sessions: Vec<Option<Session>> = Vec::new();
    for engine in engines {
        match load(engine.as_ref(), &wasm) {
            Ok(instance) => match set_up(instance, case, input.as_deref(), options) {
                Ok(session) => sessions.push(Some(session)),
                Err(error) if is_lazy(engine.as_ref()) => {
                    notes.push(format!("{}: {error}", engine.name()));
                    sessions.push(None);
                }
                Err(error) => return Err(format!("{}: {error}", engine.name()).into()),
            },
            Err(error) => {
                notes.push(format!("{}: {error}", engine.name()));
                sessions.push(None);
            }
        }
    }
    let start = Instant::now();
    let mut round = 0;
    while round < MIN_ROUNDS || start.elapsed() < options.budget {
        for (session, engine) in sessions.iter_mut().zip(engines) {
            let Some(running) = session else { continue };
            let Err(error) = time(running, case, options, round) else { continue };
            let message = format!("{}: {error}", engine.name());
            if round > 0 || !is_lazy(engine.as_ref()) {
                return Err(message.into());
            }
            notes.push(message);
            *session = None;
        }
        if round == 0 {
            compare(&mut sessions, engines, case, options, hashed)?;
        }
        round += 1;
        if case.kind == Kind::Score {
            // One run is long and averages by itself; the small one is short enough for two.
            if !options.small || round == 2 {
                break;
            }
        }
    }
    for session in sessions.iter_mut().flatten().filter(|_| case.kind == Kind::Session) {
        session.instance.call("teardown", &session.args, None)?;
    }
    let cells = sessions.iter().map(|session| session.as_ref().map(|session| Cell(session.best * 1e3))).collect();
    Ok(Row { name: case.name.clone(), cells, rounds: Some(round), notes })
}

/// Runs a case once in a fresh instance and checks its results. `border` is called where the timed part begins and where it ends.
///
/// # Errors
/// When a file is missing, or the case fails or gives other results than its list says.
pub fn run_once(instance: Box<dyn Instance>, case: &Case, small: bool, mut border: impl FnMut()) -> Result<()> {
    // A clock that is not the real one goes with a score that means nothing.
    let options = Options { budget: Duration::ZERO, small };
    let mut session = set_up(instance, case, case.input()?.as_deref(), options)?;
    border();
    time(&mut session, case, options, 0)?;
    border();
    fingerprint(&mut session, case, options, 0)?;
    Ok(())
}

/// An instance of a module, translated as far as the engine can before it runs.
///
/// # Errors
/// When the engine refuses the module.
pub fn load(engine: &dyn Engine, wasm: &[u8]) -> Result<Box<dyn Instance>> {
    engine.load(first_mode(engine), wasm)?.instantiate()
}

fn first_mode(engine: &dyn Engine) -> Mode {
    engine.modes().first().copied().unwrap_or(Mode::Eager)
}

/// Whether the engine finds out only on the first call that it cannot run a function.
fn is_lazy(engine: &dyn Engine) -> bool {
    first_mode(engine) != Mode::Eager
}

fn set_up(mut instance: Box<dyn Instance>, case: &Case, input: Option<&[u8]>, options: Options) -> Result<Session> {
    let mut args = case.args(options.small).to_vec();
    if case.kind == Kind::Session {
        let handle = instance.call("setup", &args, Some(ValueType::I32))?.ok_or("setup returned nothing")?;
        if let Some(input) = input {
            let at = instance.call("input_ptr", &[handle], Some(ValueType::I32))?.ok_or("input_ptr returned nothing")?;
            instance.write(at.as_address()?, input)?;
        }
        args = vec![handle];
    }
    Ok(Session { instance, args, best: f64::INFINITY, returned: None })
}

fn time(session: &mut Session, case: &Case, options: Options, round: u32) -> Result<()> {
    let start = Instant::now();
    let returned = session.instance.call("run", &session.args, case.result_type())?;
    let mut seconds = start.elapsed().as_secs_f64();
    if case.kind == Kind::Score {
        // The score is iterations per second of the guest's clock.
        let Some(Value::F32(score)) = returned else { return Err("the score is not an f32".into()) };
        let factor = if options.small { f64::from(engines::FAST_CLOCK_FACTOR) } else { 1.0 };
        seconds = (f64::from(score) * factor).recip();
    }
    if round == 0 {
        session.returned = returned;
    }
    session.best = session.best.min(seconds);
    Ok(())
}

/// Checks what the first round left: known values, then equality between engines.
fn compare(sessions: &mut [Option<Session>], engines: &[Box<dyn Engine>], case: &Case, options: Options, hashed: usize) -> Result<()> {
    let mut first: Option<(u64, &str)> = None;
    for (session, engine) in sessions.iter_mut().zip(engines) {
        let Some(session) = session else { continue };
        let print = fingerprint(session, case, options, hashed).map_err(|error| format!("{}: {error}", engine.name()))?;
        match first {
            Some((other, name)) if other != print => {
                return Err(format!("{} and {name} left different results or memory", engine.name()).into());
            }
            Some(_) => {}
            None => first = Some((print, engine.name())),
        }
    }
    Ok(())
}

/// Verifies the known values and returns a hash of everything that engines must agree on.
fn fingerprint(session: &mut Session, case: &Case, options: Options, hashed: usize) -> Result<u64> {
    if case.kind == Kind::Score {
        return Ok(0);
    }
    if let Some(expected) = case.result(options.small).filter(|expected| session.returned != Some(*expected)) {
        return Err(format!("run returned {:?}, not {expected}", session.returned).into());
    }
    let mut hash = session.returned.map_or(0, Value::bits);
    for check in &case.checks {
        let found = session.instance.call(&check.export, &session.args, Some(check.value.ty()))?.ok_or("nothing returned")?;
        if let Some(expected) = case.expected(check, options.small).filter(|expected| found.bits() != expected.bits()) {
            return Err(format!("{} returned {found}, not {expected}", check.export).into());
        }
        hash = hash.wrapping_mul(31).wrapping_add(found.bits());
    }
    if let Some(expected) = case.output()? {
        let at = session.instance.call("output_ptr", &session.args, Some(ValueType::I32))?.ok_or("output_ptr returned nothing")?;
        if session.instance.read(at.as_address()?, expected.len())? != expected {
            return Err("the output differs from the expected file".into());
        }
    }
    Ok(hash ^ fnv1a(&session.instance.read(0, hashed)?))
}

/// The FNV-1a hash.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
