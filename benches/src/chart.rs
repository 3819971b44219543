//! Charts: a table as bars, in SVG.
//!
//! Data in: [`Table`]. Data out: one SVG file for each. Called by: `main`, for `run-all`. Calls: `report`.
//!
//! A bar is as long as the logarithm of the ratio to the first column: to the right of the line at 1 that column is better, to the left the other
//! one. Equal ratios are equal lengths, so a geometric mean is the middle of its bars.

use crate::report::Table;
use std::fmt::Write as _;

/// Sizes in pixels.
const LABELS: f64 = 170.0;
const PLOT: f64 = 560.0;
const MARGIN: f64 = 60.0;
const BAR: f64 = 9.0;
const GAP: f64 = 7.0;
const TOP: f64 = 58.0;

/// Fills for the columns after the first; they can be told apart without colour vision.
const FILLS: [&str; 5] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"];

/// The ticks of the axis.
const TICKS: [f64; 9] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// The table as a chart; `None` if it compares nothing.
pub fn svg(table: &Table) -> Option<String> {
    let peers: Vec<usize> = (1..table.columns.len()).filter(|&column| table.geomean(column).is_some()).collect();
    let mut groups: Vec<(String, Vec<Option<f64>>)> =
        table.rows.iter().map(|row| (row.name.clone(), peers.iter().map(|&column| table.ratio(row, column)).collect())).collect();
    groups.push(("geometric mean".into(), peers.iter().map(|&column| table.geomean(column)).collect()));
    let ratios = || groups.iter().flat_map(|(_, ratios)| ratios.iter().flatten().copied());
    let low = ratios().fold(1.0, f64::min).log2().floor();
    let high = ratios().fold(1.0, f64::max).log2().ceil().max(low + 1.0);
    let x = |ratio: f64| LABELS + (ratio.log2() - low) / (high - low) * PLOT;
    let group = peers.len() as f64 * BAR + GAP;
    let height = TOP + groups.len() as f64 * group + 10.0;
    if peers.is_empty() {
        return None;
    }

    let width = LABELS + PLOT + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"11\" role=\"img\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"18\" font-size=\"13\" font-weight=\"bold\">{title}: ratio to {base}, above 1 where {base} is better</text>\n",
        title = escape(&table.title),
        base = escape(&table.columns[0]),
    );
    let mut legend = 10.0;
    for (place, &column) in peers.iter().enumerate() {
        let name = escape(&table.columns[column]);
        let _ = writeln!(out, "<rect x=\"{legend}\" y=\"27\" width=\"10\" height=\"10\" fill=\"{}\"/>", FILLS[place % FILLS.len()]);
        let _ = writeln!(out, "<text x=\"{}\" y=\"36\">{name}</text>", legend + 14.0);
        legend += 40.0 + name.len() as f64 * 7.0;
    }
    for tick in TICKS.into_iter().filter(|tick| (low..=high).contains(&tick.log2())) {
        let stroke = if tick == 1.0 { "black" } else { "#ddd" };
        let _ = writeln!(out, "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1}\" y2=\"{height:.0}\" stroke=\"{stroke}\"/>", x(tick), TOP - 4.0);
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">{tick}</text>", x(tick), TOP - 8.0);
    }
    for (index, (name, ratios)) in groups.iter().enumerate() {
        let top = TOP + index as f64 * group;
        let weight = if index + 1 == groups.len() { " font-weight=\"bold\"" } else { "" };
        let middle = top + (group - GAP) / 2.0 + 4.0;
        let _ = writeln!(out, "<text x=\"{}\" y=\"{middle:.1}\" text-anchor=\"end\"{weight}>{}</text>", LABELS - 8.0, escape(name));
        for (place, ratio) in ratios.iter().enumerate() {
            let Some(ratio) = *ratio else { continue };
            let (from, to) = (x(ratio.min(1.0)), x(ratio.max(1.0)));
            let y = top + place as f64 * BAR;
            let fill = FILLS[place % FILLS.len()];
            let _ =
                writeln!(out, "<rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{fill}\"/>", to - from, BAR - 1.0);
            let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"9\">{ratio:.2}</text>", to + 3.0, y + BAR - 1.5);
        }
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// The text as SVG can hold it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell, Row};

    #[test]
    fn bars_start_at_one_and_missing_values_have_none() {
        let row = |name: &str, cells: [Option<f64>; 3]| Row {
            name: name.into(),
            cells: cells.into_iter().map(|cell| cell.map(Cell)).collect(),
            rounds: None,
            notes: Vec::new(),
        };
        let table = Table {
            title: "Time (ms) of <a> & b".into(),
            unit: "ms".into(),
            lower_is_better: true,
            columns: vec!["ours".into(), "theirs".into(), "none".into()],
            rows: vec![row("twice", [Some(1.0), Some(2.0), None]), row("half", [Some(2.0), Some(1.0), None])],
        };
        let svg = svg(&table).unwrap();
        // From 0.5 to 2 in 560 pixels: the line at 1 is in the middle.
        assert!(svg.contains("<rect x=\"450.0\" y=\"58.0\" width=\"280.0\""), "{svg}");
        assert!(svg.contains("<rect x=\"170.0\" y=\"74.0\" width=\"280.0\""), "{svg}");
        assert!(svg.contains("<title>Time (ms) of &lt;a&gt; &amp; b</title>") && !svg.contains("none</text>"), "{svg}");
        assert!(super::svg(&Table { columns: vec!["ours".into()], ..table }).is_none());
    }
}
