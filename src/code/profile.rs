//! Profiles: how often each straight line of instructions ran, from which `scripts/superinstructions` chooses what to fuse.
//!
//! Only with the feature `profile`: the translator then puts a `Count` in front of each straight line, and notes the ids of the instructions in it.
//! Called by: `translate`, `exec::handlers`, `api`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::ops::{Id, describe};
use crate::util::sync::Mutex;

struct Profile {
    counts: Vec<u64>,
    lines: Vec<Vec<(Id, u32)>>,
}

static PROFILE: Mutex<Profile> = Mutex::new(Profile { counts: Vec::new(), lines: Vec::new() });

/// A new counter.
pub fn counter() -> u32 {
    let mut profile = PROFILE.lock();
    profile.counts.push(0);
    profile.counts.len() as u32 - 1
}

/// Counts one execution.
#[cold]
#[inline(never)]
pub fn count(counter: u32) {
    if let Some(count) = PROFILE.lock().counts.get_mut(counter as usize) {
        *count += 1;
    }
}

/// Notes a straight line: its instructions, each with the counter that counts it.
pub fn note(line: Vec<(Id, u32)>) {
    PROFILE.lock().lines.push(line);
}

/// The type of the handler of an instruction, as the list of superinstructions names it.
pub fn type_name(id: Id) -> String {
    use super::ops::Template;
    let Some((op, form)) = describe(id) else { return String::new() };
    let info = op.info();
    let d = if info.layout.has_d { form.d.destination_name() } else { "N" };
    let name = |kind: super::operands::Kind| if kind == super::operands::Kind::N { "N" } else { kind.source_name() };
    let (template, marker) = match info.template {
        Template::Binary | Template::VectorWithScalar => ("Binary", op.name()),
        Template::Compare => ("Compare", op.name()),
        Template::CompareBranch => ("CompareBranch", op.name().trim_start_matches("Branch")),
        Template::Unary => ("Unary", op.name()),
        Template::Load | Template::VectorLoad => ("Load", op.name()),
        Template::Store => ("Store", op.name()),
        Template::ReplaceLane => ("ReplaceLane", op.name()),
        Template::ExtractLane => ("ExtractLane", op.name()),
        Template::Ternary => ("Ternary", op.name()),
        Template::LoadLane => ("LoadLane", op.name()),
        Template::StoreLane => ("StoreLane", op.name()),
        Template::Element => ("Element", op.name()),
        Template::SetElement => ("SetElement", op.name()),
        Template::Other => ("Other", op.name()),
    };
    alloc::format!("{template}<{marker}, {}, {}, {d}>", name(form.x), name(form.y))
}

/// What was counted: for each straight line that ran, a paragraph of lines `count type`. Counters start again at 0.
pub fn dump() -> String {
    let mut profile = PROFILE.lock();
    let mut text = String::new();
    for line in &profile.lines {
        let counts: Vec<u64> = line.iter().map(|&(_, counter)| profile.counts.get(counter as usize).copied().unwrap_or(0)).collect();
        if counts.iter().all(|&count| count == 0) {
            continue;
        }
        for (&(id, _), count) in line.iter().zip(counts) {
            let _ = writeln!(text, "{count} {}", type_name(id));
        }
        text.push('\n');
    }
    profile.counts.iter_mut().for_each(|count| *count = 0);
    text
}
