//! Reports: aligned text (coloured on a terminal), JSON and Markdown.
//!
//! The first column is the base; every other column is followed by its ratio to the base, above 1 where the base is better.

use crate::Result;
use serde::Serialize;
use std::{
    fmt::Write as _,
    io::IsTerminal,
    time::{SystemTime, UNIX_EPOCH},
};

/// A measured value, in the unit of its table.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct Cell(pub f64);

/// A row of a table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The case or the module.
    pub name: String,
    /// A value for each column, none where the engine has no such mode or refused the module.
    pub cells: Vec<Option<Cell>>,
    /// How many rounds the minimum was taken over.
    pub rounds: Option<u32>,
    /// Why values are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A table of measurements.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// What is measured.
    pub title: String,
    /// The unit of the cells.
    pub unit: String,
    /// Times rather than throughputs.
    pub lower_is_better: bool,
    /// Engines, or whatever is compared.
    pub columns: Vec<String>,
    /// One for each case.
    pub rows: Vec<Row>,
}

/// A report: where and when, and the tables.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Which command made it.
    pub command: String,
    /// The machine's processor and operating system.
    pub machine: String,
    /// The day, UTC.
    pub date: String,
    /// Names and versions of the engines.
    pub engines: Vec<(String, String)>,
    /// The tables.
    pub tables: Vec<Table>,
}

impl Table {
    /// How many times better the base is than `column` in `row`.
    pub fn ratio(&self, row: &Row, column: usize) -> Option<f64> {
        let base = row.cells.first().copied().flatten()?.0;
        let other = row.cells.get(column).copied().flatten()?.0;
        Some(if self.lower_is_better { other / base } else { base / other })
    }

    /// The geometric mean of the ratios of `column`, over rows that have both values.
    pub fn geomean(&self, column: usize) -> Option<f64> {
        let logs: Vec<f64> = self.rows.iter().filter_map(|row| self.ratio(row, column)).map(f64::ln).collect();
        if logs.is_empty() { None } else { Some((logs.iter().sum::<f64>() / count(logs.len())).exp()) }
    }

    /// Aligned text.
    pub fn text(&self) -> String {
        let paint = Paint { on: std::io::stdout().is_terminal() };
        let mut out = format!("{}\n{}\n", paint.bold(&self.title), self.header());
        for row in &self.rows {
            let _ = writeln!(out, "{}", self.line(row));
        }
        if self.columns.len() > 1 {
            let _ = writeln!(out, "{}", paint.bold(&self.footer()));
        }
        for note in self.rows.iter().flat_map(|row| row.notes.iter().map(move |note| (&row.name, note))) {
            let _ = writeln!(out, "  {}: {}", note.0, note.1);
        }
        out
    }

    /// The line of column names.
    pub fn header(&self) -> String {
        let mut out = format!("{:20}", "");
        for (index, column) in self.columns.iter().enumerate() {
            let _ = write!(out, " {:>width$}", column, width = self.width(index));
            if index > 0 {
                let _ = write!(out, " {:>7}", "ratio");
            }
        }
        out
    }

    /// One row as a line.
    pub fn line(&self, row: &Row) -> String {
        let paint = Paint { on: std::io::stdout().is_terminal() };
        let mut out = format!("{:20}", row.name);
        for (index, cell) in row.cells.iter().enumerate() {
            let _ = write!(out, " {:>width$}", cell.map_or_else(|| "-".into(), |cell| number(cell.0)), width = self.width(index));
            if index > 0 {
                let ratio = self.ratio(row, index);
                let text = format!(" {:>7}", ratio.map_or_else(String::new, |ratio| format!("{ratio:.3}")));
                out.push_str(&paint.verdict(&text, ratio));
            }
        }
        out
    }

    /// The geometric means as a line.
    pub fn footer(&self) -> String {
        let mut out = format!("{:20}", "geometric mean");
        for index in 0..self.columns.len() {
            let _ = write!(out, " {:>width$}", "", width = self.width(index));
            if index > 0 {
                let _ = write!(out, " {:>7}", self.geomean(index).map_or_else(|| "-".into(), |mean| format!("{mean:.3}")));
            }
        }
        out
    }

    /// A Markdown table: values, and ratios in brackets.
    pub fn markdown(&self) -> String {
        let mut out = format!("### {}\n\n| |", self.title);
        for column in &self.columns {
            let _ = write!(out, " {column} |");
        }
        out.push_str("\n|---|");
        out.push_str(&"---:|".repeat(self.columns.len()));
        out.push('\n');
        for row in &self.rows {
            let _ = write!(out, "| {} |", row.name);
            for (index, cell) in row.cells.iter().enumerate() {
                let _ = match (cell, self.ratio(row, index).filter(|_| index > 0)) {
                    (None, _) => write!(out, " – |"),
                    (Some(cell), None) => write!(out, " {} |", number(cell.0)),
                    (Some(cell), Some(ratio)) => write!(out, " {} ({ratio:.2}×) |", number(cell.0)),
                };
            }
            out.push('\n');
        }
        if self.columns.len() > 1 {
            out.push_str("| **geometric mean** | |");
            for index in 1..self.columns.len() {
                let _ = write!(out, " **{}** |", self.geomean(index).map_or_else(|| "–".into(), |mean| format!("{mean:.2}×")));
            }
            out.push('\n');
        }
        out
    }

    fn width(&self, column: usize) -> usize {
        self.columns.get(column).map_or(0, String::len).max(10)
    }
}

impl Report {
    /// A report of this machine and day.
    pub fn new(command: &str, engines: Vec<(String, String)>, tables: Vec<Table>) -> Self {
        Self { command: command.into(), machine: machine(), date: date(), engines, tables }
    }

    /// One line about machine, day and versions.
    pub fn heading(&self) -> String {
        let engines: Vec<String> = self.engines.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!("{}, {}; {}", self.machine, self.date, engines.join(", "))
    }

    /// Writes it as JSON, to standard output if `path` is `-`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_json(&self, path: &str) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        if path == "-" {
            crate::print(&(text + "\n"))
        } else {
            Ok(std::fs::write(path, text + "\n").map_err(|error| format!("{path}: {error}"))?)
        }
    }

    /// All tables as Markdown.
    pub fn markdown(&self) -> String {
        let tables: Vec<String> = self.tables.iter().map(Table::markdown).collect();
        format!("{}\n\n{}", self.heading(), tables.join("\n"))
    }
}

/// Four significant digits, without an exponent.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        value if value >= 1000.0 => 0,
        value if value >= 100.0 => 1,
        value if value >= 10.0 => 2,
        value if value >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// A count as a float.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
fn count(count: usize) -> f64 {
    count as f64
}

/// The processor's model and the operating system.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model.trim().to_string());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} ({threads} threads), {} {}", model.as_deref().unwrap_or("unknown processor"), std::env::consts::OS, std::env::consts::ARCH)
}

/// Today in UTC, as `2026-11-22`.
pub fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut year, mut rest) = (1970, days);
    while rest >= 365 + u64::from(leap(year)) {
        rest -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, rest + 1)
}

/// Colours, if the output is a terminal.
struct Paint {
    on: bool,
}

impl Paint {
    fn bold(&self, text: &str) -> String {
        if self.on { format!("\x1b[1m{text}\x1b[0m") } else { text.into() }
    }

    /// Green where the base is better, red where it is not.
    fn verdict(&self, text: &str, ratio: Option<f64>) -> String {
        match ratio {
            Some(ratio) if self.on && ratio >= 1.02 => format!("\x1b[32m{text}\x1b[0m"),
            Some(ratio) if self.on && ratio < 0.98 => format!("\x1b[31m{text}\x1b[0m"),
            _ => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |name: &str, cells: &[Option<f64>]| Row {
            name: name.into(),
            cells: cells.iter().map(|cell| cell.map(Cell)).collect(),
            rounds: None,
            notes: Vec::new(),
        };
        Table {
            title: "T".into(),
            unit: "ms".into(),
            lower_is_better: true,
            columns: vec!["a".into(), "b".into()],
            rows: vec![row("x", &[Some(1.0), Some(2.0)]), row("y", &[Some(2.0), Some(16.0)]), row("z", &[Some(1.0), None])],
        }
    }

    #[test]
    fn geomean_skips_missing_values() {
        assert!((table().geomean(1).expect("two rows") - 4.0).abs() < 1e-12);
        assert!(Table { rows: Vec::new(), ..table() }.geomean(1).is_none());
    }

    #[test]
    fn markdown_has_a_line_for_each_row() {
        assert_eq!(table().markdown().lines().filter(|line| line.starts_with('|')).count(), 6);
    }

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_779), (2026, 11, 22));
    }
}
