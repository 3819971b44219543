//! Sequences of file operations, run on several file systems at once and compared.
//!
//! Data in: any bytes, read as a sequence of operations. Data out: nothing, or a panic that tells the operations up to the first difference.
//! Used by the test `paths` with bytes from a generator, and by the fuzz target of that name with those of the fuzzer. Calls: the public
//! interface alone, through the guest program `guest.wat`.
//!
//! # What must hold
//! - A folder of the host, a file system in memory, and one over a folder of the host give the same error numbers and the same results.
//! - They hold the same tree at the end.
//! - Nothing outside of the folders has changed, nothing below an overlay has, and no file of the outside was read.
//! - No descriptor of the host is left open, and what memory counts is gone with the last name.

mod operation;
mod source;
mod world;

use operation::Operation;
pub use source::Source;
use world::World;

/// How long a sequence may be, so that time is bounded.
const OPERATIONS_MAX: usize = 100;

/// Runs the sequence that the bytes stand for in every world, and compares.
pub fn run(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let mut worlds = World::all();
    let mut trace = Vec::new();
    for _ in 0..OPERATIONS_MAX {
        if source.is_empty() {
            break;
        }
        let operation = Operation::draw(&mut source, &worlds[0].open());
        trace.push(format!("{operation:?}").replace("/n/n/n/n", "…"));
        compare(&mut worlds, &mut trace, |world| operation.run(world));
    }
    compare(&mut worlds, &mut trace, World::tree);
    for world in worlds {
        world.finish(&trace);
    }
}

/// Lets each world tell something, and fails unless all tell the same.
fn compare(worlds: &mut [World], trace: &mut Vec<String>, mut tell: impl FnMut(&mut World) -> String) {
    let told: Vec<String> = worlds.iter_mut().map(&mut tell).collect();
    let same = told.iter().all(|other| *other == told[0]);
    if !same {
        for (world, lines) in worlds.iter().zip(&told) {
            // Of a tree, what is not in every other.
            let odd = |line: &&str| !told.iter().all(|other| other.lines().any(|known| known == *line));
            lines.lines().filter(odd).for_each(|line| trace.push(format!("{}: {line}", world.name())));
        }
        panic!("the file systems differ after\n{}", trace.join("\n"));
    }
    trace.push(format!("    {}", told[0].lines().next().unwrap_or_default()));
}
