//! A/B: two builds of this program (or two configurations of one), whole processes in turns, small sizes.
//!
//! Whole processes, since where code and data land differs from process to process and biases a measurement within one.

use crate::{
    Result,
    cases::Case,
    report::{Cell, Row, Table},
};
use std::process::Command;

/// One side of the comparison.
#[derive(Clone, Debug)]
pub struct Side {
    /// The program.
    pub program: String,
    /// The engine that it runs.
    pub engine: String,
    /// The column's name.
    pub label: String,
}

/// Runs each case on both sides in each round; the second column's ratio is new time to old time, above 1 if slower.
///
/// # Errors
/// When a process fails or prints no JSON.
pub fn run(sides: &[Side; 2], cases: &[Case], rounds: u32, common: &[String], mut done: impl FnMut(&Row)) -> Result<Table> {
    let mut rows = Vec::new();
    for case in cases {
        let mut best = [f64::INFINITY; 2];
        for _ in 0..rounds {
            for (best, side) in best.iter_mut().zip(sides) {
                *best = best.min(measure(side, case, common)?);
            }
        }
        let row = Row {
            name: case.name.clone(),
            cells: best.iter().map(|ms| Some(Cell(*ms))).collect(),
            rounds: Some(rounds),
            notes: Vec::new(),
        };
        done(&row);
        rows.push(row);
    }
    let columns = sides.iter().map(|side| side.label.clone()).collect();
    Ok(Table {
        title: format!("A/B, small sizes, minimum of {rounds} processes (ms)"),
        unit: "ms".into(),
        lower_is_better: true,
        columns,
        rows,
    })
}

/// The milliseconds that a process of its own reports for one case.
fn measure(side: &Side, case: &Case, common: &[String]) -> Result<f64> {
    let output = Command::new(&side.program)
        .args(["exec", "--small", "-t", "0.1", "--json", "-", "--engines", &side.engine, "--only", &case.name])
        .args(common)
        .output()
        .map_err(|error| format!("{}: {error}", side.program))?;
    if !output.status.success() {
        return Err(format!("{} failed on {}: {}", side.program, case.name, String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let cell = report.pointer("/tables/0/rows/0/cells/0").and_then(serde_json::Value::as_f64);
    Ok(cell.ok_or_else(|| format!("{} has no value for {}", side.program, case.name))?)
}
