//! Garbage-collected objects: how quickly they are made, and how long a collection takes by how much is alive.
//!
//! Engines are taken in turns and the minimum counts, as in `exec`.

use crate::{
    Result, cases,
    engines::{Engine, Instance, Value, ValueType},
    exec,
    report::{Cell, Row, Table},
};
use std::time::{Duration, Instant};

/// Structures that are made in one measurement of the rate.
const MADE: i32 = 1_000_000;
/// Depths of the trees that are alive in a collection.
const DEPTHS: [i32; 3] = [9, 14, 18];
/// Rounds made even if they exceed the budget.
const MIN_ROUNDS: u32 = 3;

/// Measures the engines that have objects.
///
/// # Errors
/// When the program does not run in an engine that takes it.
pub fn run(engines: &[Box<dyn Engine>], budget: Duration, mut done: impl FnMut(&Row)) -> Result<Table> {
    let wasm = cases::read_module(&cases::own_folder().join("objects.wat"))?;
    let mut notes = Vec::new();
    let mut instances: Vec<Option<Box<dyn Instance>>> = Vec::new();
    for engine in engines {
        let loaded = exec::load(engine.as_ref(), &wasm).and_then(|mut instance| make(&mut *instance, 1).map(|_| instance));
        instances.push(loaded.map_err(|error| notes.push(format!("{}: {error}", engine.name()))).ok());
    }
    let mut rows = Vec::new();
    let mut add = |name: String, cells, notes| {
        rows.push(Row { name, cells, rounds: None, notes });
        done(&rows[rows.len() - 1]);
    };
    add(format!("{MADE} made"), minimum(&mut instances, budget, |instance| make(instance, MADE).map(Some))?, notes);
    for depth in DEPTHS {
        for instance in instances.iter_mut().flatten() {
            instance.call("keep", &[Value::I32(depth)], None)?;
        }
        let cells = minimum(&mut instances, budget, |instance| {
            let start = Instant::now();
            Ok(instance.collect()?.then(|| start.elapsed()))
        })?;
        add(format!("collection, {} alive", (2 << depth) - 1), cells, Vec::new());
    }
    Ok(Table { title: "Objects (ms)".into(), unit: "ms".into(), lower_is_better: true, columns: exec::columns(engines), rows })
}

/// Makes structures that are not kept, and tells the time.
fn make(instance: &mut dyn Instance, count: i32) -> Result<Duration> {
    let start = Instant::now();
    instance.call("make", &[Value::I32(count)], Some(ValueType::I32))?;
    Ok(start.elapsed())
}

/// The shortest time of each instance in milliseconds, where it can be told.
fn minimum(
    instances: &mut [Option<Box<dyn Instance>>],
    budget: Duration,
    mut measure: impl FnMut(&mut dyn Instance) -> Result<Option<Duration>>,
) -> Result<Vec<Option<Cell>>> {
    let mut best = vec![None; instances.len()];
    let start = Instant::now();
    let mut round = 0;
    while round < MIN_ROUNDS || start.elapsed() < budget {
        for (instance, best) in instances.iter_mut().zip(&mut best) {
            let Some(instance) = instance else { continue };
            if let Some(time) = measure(&mut **instance)? {
                *best = Some(best.map_or(time, |best: Duration| best.min(time)));
            }
        }
        round += 1;
    }
    Ok(best.into_iter().map(|best| best.map(|time| Cell(time.as_secs_f64() * 1e3))).collect())
}
