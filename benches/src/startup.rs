//! Start-up: from the bytes of a module to an instance of it, by how much is done before the first call.
//!
//! Each load makes a new engine and drops everything outside the timed region. Rounds go over engines in turn; minimum of rounds.

use crate::{
    Result,
    engines::{Engine, Mode},
    exec::columns,
    report::{Cell, Row, Table},
};
use std::time::{Duration, Instant};

/// What one table of the report shows.
#[derive(Clone, Copy)]
enum Phase {
    /// Load in this mode and instantiate.
    Start(Mode),
    /// Instantiate what was loaded eagerly.
    Instantiate,
}

/// The phases, with the titles of their tables.
const PHASES: [(Phase, &str); 4] = [
    (Phase::Start(Mode::Eager), "Start-up, eager: validate, translate all, instantiate (ms)"),
    (Phase::Start(Mode::LazyTranslation), "Start-up, lazy: validate all, instantiate (ms)"),
    (Phase::Start(Mode::LazyValidation), "Start-up, laziest: parse, instantiate; bodies unseen (ms)"),
    (Phase::Instantiate, "Instantiate a module that is already translated (ms)"),
];

/// Rounds made even if they exceed the budget.
const MIN_ROUNDS: u32 = 3;

/// Measures all modules in all phases; one table for each phase.
///
/// # Errors
/// Never for an engine that refuses a module: that is a note in the table.
pub fn run(engines: &[Box<dyn Engine>], modules: &[(String, Vec<u8>)], budget: Duration, mut done: impl FnMut(&Row)) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for (phase, title) in PHASES {
        let mut rows = Vec::new();
        for (name, wasm) in modules {
            let row = run_module(engines, name, wasm, phase, budget);
            done(&row);
            rows.push(row);
        }
        tables.push(Table { title: title.into(), unit: "ms".into(), lower_is_better: true, columns: columns(engines), rows });
    }
    Ok(tables)
}

fn run_module(engines: &[Box<dyn Engine>], name: &str, wasm: &[u8], phase: Phase, budget: Duration) -> Row {
    let mut best: Vec<Option<f64>> = vec![None; engines.len()];
    let mut failed: Vec<bool> = vec![false; engines.len()];
    let mut notes = Vec::new();
    let start = Instant::now();
    let mut round = 0;
    while round < MIN_ROUNDS || start.elapsed() < budget {
        for ((engine, best), failed) in engines.iter().zip(&mut best).zip(&mut failed) {
            let mode = match phase {
                Phase::Start(mode) => mode,
                Phase::Instantiate => Mode::Eager,
            };
            if *failed || !engine.modes().contains(&mode) {
                continue;
            }
            match once(engine.as_ref(), mode, wasm, phase) {
                Ok(seconds) => *best = Some(best.map_or(seconds, |best| best.min(seconds))),
                Err(error) => {
                    *failed = true;
                    *best = None;
                    notes.push(format!("{}: {error}", engine.name()));
                }
            }
        }
        round += 1;
    }
    let cells = best.into_iter().map(|best| best.map(|seconds| Cell(seconds * 1e3))).collect();
    Row { name: name.into(), cells, rounds: Some(round), notes }
}

fn once(engine: &dyn Engine, mode: Mode, wasm: &[u8], phase: Phase) -> Result<f64> {
    let start = Instant::now();
    let module = engine.load(mode, wasm)?;
    let loaded = start.elapsed();
    let instance = module.instantiate()?;
    let total = start.elapsed();
    drop(instance);
    Ok(match phase {
        Phase::Start(_) => total,
        Phase::Instantiate => total.saturating_sub(loaded),
    }
    .as_secs_f64())
}
