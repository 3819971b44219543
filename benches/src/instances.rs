//! Instances of one small module: time for each, the engine's own bytes, and resident memory of ten thousand that live at once.
//!
//! Times are taken in one process, engines in turns, minimum of rounds. What ten thousand cost is measured in a process of its own for each
//! engine, since memory that another engine gave back would hide what the next one takes.

use crate::{
    Result, allocator,
    report::{Cell, Row, Table},
};
use std::{
    any::Any,
    process::Command,
    time::{Duration, Instant},
};

/// One page of memory, and a function that writes to it.
const MODULE: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "touch") (param i32) (result i32)
        (i32.store (local.get 0) (i32.const 1))
        (i32.add (i32.load (local.get 0)) (local.get 0))))"#;

/// Where the module's memory is written to.
const ADDRESS: i32 = 8192;

/// How many instances live at once.
const LIVE: usize = 10_000;

/// Instances made in one measured turn.
const TURN: usize = 500;

/// The largest number of rounds.
const MAX_ROUNDS: u32 = 2000;

/// Whether instances share a store, and whether a function of them is called.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Way {
    shared_store: bool,
    called: bool,
}

/// All ways, with the names of their rows.
const WAYS: [(Way, &str); 4] = [
    (Way { shared_store: false, called: false }, "a store for each"),
    (Way { shared_store: false, called: true }, "a store for each, one call"),
    (Way { shared_store: true, called: false }, "one store"),
    (Way { shared_store: true, called: true }, "one store, one call"),
];

/// An engine with the module.
trait Subject {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Makes instances, which live as long as what comes back.
    ///
    /// # Errors
    /// When the engine refuses.
    fn make(&self, way: Way, count: usize) -> Result<Vec<Box<dyn Any>>>;
    /// Makes instances one after the other, each dropped before the next is made.
    ///
    /// # Errors
    /// When the engine refuses.
    fn churn(&self, called: bool, count: usize) -> Result<()>;
}

/// Implements [`Subject`] for an engine; the three have the same types and methods. `$engine` is the crate.
macro_rules! subject {
    ($subject:ident, $engine:ident, $one:expr) => {
        struct $subject {
            name: &'static str,
            engine: $engine::Engine,
            module: $engine::Module,
        }

        impl $subject {
            fn one(&self, store: &mut $engine::Store<()>, called: bool) -> Result<()> {
                let instance: $engine::Instance = $one(&mut *store, &self.module).map_err(|error| error.to_string())?;
                if called {
                    let touch = instance.get_typed_func::<i32, i32>(&mut *store, "touch").map_err(|error| error.to_string())?;
                    if touch.call(&mut *store, ADDRESS).map_err(|error| error.to_string())? != ADDRESS + 1 {
                        return Err("a wrong result".into());
                    }
                }
                Ok(())
            }
        }

        impl Subject for $subject {
            fn name(&self) -> &'static str {
                self.name
            }

            fn make(&self, way: Way, count: usize) -> Result<Vec<Box<dyn Any>>> {
                let stores = if way.shared_store { 1 } else { count };
                let mut live: Vec<Box<dyn Any>> = Vec::with_capacity(stores);
                for _ in 0..stores {
                    let mut store = $engine::Store::new(&self.engine, ());
                    for _ in 0..count / stores {
                        self.one(&mut store, way.called)?;
                    }
                    live.push(Box::new(store));
                }
                Ok(live)
            }

            fn churn(&self, called: bool, count: usize) -> Result<()> {
                for _ in 0..count {
                    let mut store = $engine::Store::new(&self.engine, ());
                    self.one(&mut store, called)?;
                }
                Ok(())
            }
        }
    };
}

subject!(Fulgurite, fulgurite, |store, module| fulgurite::Instance::new(store, module, &[]));
subject!(Wasmi, wasmi, |store, module| wasmi::Instance::new(store, module, &[]));
#[cfg(feature = "wasmtime")]
subject!(Wasmtime, wasmtime, |store, module| wasmtime::Instance::new(store, module, &[]));

/// Every engine that this build has.
fn subjects() -> Result<Vec<Box<dyn Subject>>> {
    let wasm = wat::parse_str(MODULE)?;
    let mut all: Vec<Box<dyn Subject>> = Vec::new();
    {
        let mut config = fulgurite::Config::new();
        config.compilation_mode(fulgurite::CompilationMode::Eager);
        let engine = fulgurite::Engine::new(&config);
        let module = fulgurite::Module::from_binary(&engine, &wasm)?;
        all.push(Box::new(Fulgurite { name: "fulgurite", engine, module }));
    }
    {
        let engine = wasmi::Engine::default();
        let module = wasmi::Module::new(&engine, &wasm)?;
        all.push(Box::new(Wasmi { name: "wasmi", engine, module }));
    }
    #[cfg(feature = "wasmtime")]
    for (name, pooled) in [("wasmtime", false), ("wasmtime-pooling", true)] {
        let mut config = wasmtime::Config::new();
        if pooled {
            let count = LIVE as u32 + 1;
            let mut pool = wasmtime::PoolingAllocationConfig::default();
            pool.total_memories(count).total_core_instances(count).max_memory_size(1 << 20).linear_memory_keep_resident(1 << 16);
            config.memory_reservation(1 << 20).memory_guard_size(1 << 16);
            config.allocation_strategy(wasmtime::InstanceAllocationStrategy::Pooling(pool));
        }
        let engine = wasmtime::Engine::new(&config).map_err(|error| error.to_string())?;
        let module = wasmtime::Module::from_binary(&engine, &wasm).map_err(|error| error.to_string())?;
        all.push(Box::new(Wasmtime { name, engine, module }));
    }
    Ok(all)
}

/// The tables: times, and what ten thousand cost.
///
/// # Errors
/// When an engine fails, or a process of one.
pub fn run(names: Option<&str>, budget: Duration, mut done: impl FnMut(&Row)) -> Result<Vec<Table>> {
    let mut subjects = subjects()?;
    if let Some(names) = names {
        subjects.retain(|subject| names.split(',').any(|name| name == subject.name()));
    }
    let columns: Vec<String> = subjects.iter().map(|subject| subject.name().to_string()).collect();
    let mut rows = Vec::new();
    for (way, name) in WAYS {
        let mut best = vec![f64::INFINITY; subjects.len()];
        let start = Instant::now();
        let mut rounds = 0;
        while rounds < 5 || start.elapsed() < budget && rounds < MAX_ROUNDS {
            for (subject, best) in subjects.iter().zip(&mut best) {
                let start = Instant::now();
                if way.shared_store {
                    drop(subject.make(way, TURN)?)
                } else {
                    subject.churn(way.called, TURN)?
                }
                *best = best.min(start.elapsed().as_secs_f64() / TURN as f64);
            }
            rounds += 1;
        }
        let cells = best.iter().map(|seconds| Some(Cell(seconds * 1e6))).collect();
        let row = Row { name: name.into(), cells, rounds: Some(rounds), notes: Vec::new() };
        done(&row);
        rows.push(row);
    }
    let title = "An instance with one page, made and dropped (µs)".into();
    let mut tables = vec![Table { title, unit: "µs".into(), lower_is_better: true, columns: columns.clone(), rows }];
    tables.extend(live_tables(&columns)?);
    Ok(tables)
}

/// What a process says of the instances that live in it.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Live {
    /// Microseconds to make one.
    make: f64,
    /// Microseconds to drop one.
    drop: f64,
    /// Bytes from the allocator for each, without linear memory.
    engine_bytes: f64,
    /// Resident KiB for each.
    resident: f64,
    /// Resident KiB in all after all are dropped, more than before the first.
    kept: f64,
}

/// One table for each figure, from one process for each engine and way.
fn live_tables(columns: &[String]) -> Result<Vec<Table>> {
    let mut found: Vec<Vec<Option<Live>>> = Vec::new();
    let mut notes: Vec<Vec<String>> = Vec::new();
    for index in 0..WAYS.len() {
        let mut row = Vec::new();
        let mut row_notes = Vec::new();
        for name in columns {
            let output = Command::new(std::env::current_exe()?).args(["live-instances", name, &index.to_string()]).output()?;
            if output.status.success() {
                row.push(Some(serde_json::from_slice(&output.stdout)?));
            } else {
                row.push(None);
                row_notes.push(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()));
            }
        }
        found.push(row);
        notes.push(row_notes);
    }
    let table = |title: &str, unit: &str, pick: fn(&Live) -> f64| Table {
        title: format!("{LIVE} live instances: {title} ({unit})"),
        unit: unit.into(),
        lower_is_better: true,
        columns: columns.to_vec(),
        rows: (WAYS.iter().zip(&found).zip(&notes))
            .map(|((way, row), notes)| Row {
                name: way.1.into(),
                cells: row.iter().map(|live| live.as_ref().map(|live| Cell(pick(live)))).collect(),
                rounds: None,
                notes: notes.clone(),
            })
            .collect(),
    };
    Ok(vec![
        table("making one", "µs", |live| live.make),
        table("dropping one", "µs", |live| live.drop),
        table("bytes of the engine for each", "bytes", |live| live.engine_bytes),
        table("resident memory for each", "KiB", |live| live.resident),
        table("resident memory in all, kept after the last is dropped", "KiB", |live| live.kept),
    ])
}

/// Makes the instances of one engine in one way, and prints what they cost as JSON.
///
/// # Errors
/// When there is no such engine or way, the engine fails, or the system does not tell resident memory.
pub fn live(operands: &[String]) -> Result<()> {
    let [name, way] = operands else { return Err("live-instances takes an engine and the number of a way".into()) };
    let (way, _) = *WAYS.get(way.parse::<usize>()?).ok_or("no such way")?;
    let subjects = subjects()?;
    let subject = subjects.iter().find(|subject| subject.name() == name).ok_or("no such engine")?;
    // What is made once for a process is not counted.
    subject.churn(way.called, 2)?;
    drop(subject.make(way, 4)?);
    allocator::count();
    let before = resident()?;
    let bytes = allocator::bytes();
    let start = Instant::now();
    let made = subject.make(way, LIVE)?;
    let make = start.elapsed();
    let bytes = allocator::bytes().wrapping_sub(bytes);
    let after = resident()?;
    let start = Instant::now();
    drop(made);
    let dropped = start.elapsed();
    let each = |total: f64| total / LIVE as f64;
    let per_instance = each(bytes as f64) - if way.shared_store { 0.0 } else { size_of::<Box<dyn Any>>() as f64 };
    let live = Live {
        make: each(make.as_secs_f64() * 1e6),
        drop: each(dropped.as_secs_f64() * 1e6),
        // Engines that take linear memory from the allocator take at least a page of it.
        engine_bytes: if per_instance >= 65_536.0 { per_instance - 65_536.0 } else { per_instance },
        resident: each(after - before),
        kept: resident()? - before,
    };
    crate::print(&serde_json::to_string(&live)?)
}

/// Resident memory of this process in KiB.
fn resident() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc/self/status: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
