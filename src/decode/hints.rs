//! Branch hints: which way the producer of a module expects branches to go.
//!
//! Spec: Code Metadata, section `metadata.code.branch_hint`. Called by: `decode::sections`. Read by: `translate`, which lays code out by them. They
//! mean nothing for what a module does. A section that is malformed, stands behind the code, or is the second one is ignored as a whole, as the
//! spec demands of custom sections; hints at instructions that are no branches are never asked for.

use alloc::{boxed::Box, vec::Vec};

/// The name of the section.
pub(super) const SECTION: &str = "metadata.code.branch_hint";

/// A hint at one `if` or `br_if`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BranchHint {
    /// Index of the function.
    function: u32,
    /// Where the instruction starts, in bytes from the start of the body's local declarations.
    at: u32,
    /// Whether its operand is likely to be other than zero.
    likely: bool,
}

/// All hints of a module, in the order of its instructions.
#[derive(Default, Debug)]
pub struct BranchHints(Box<[BranchHint]>);

impl BranchHints {
    /// The hints of a section; none if it is malformed.
    pub(super) fn read(section: &wasmparser::CustomSectionReader<'_>) -> Self {
        let reader = wasmparser::BinaryReader::new(section.data(), section.data_offset());
        let hints = wasmparser::BranchHintSectionReader::new(reader).and_then(hints).ok().flatten();
        Self(hints.unwrap_or_default().into_boxed_slice())
    }

    /// The hints of a function, by its index among all functions, in the order of its instructions.
    pub fn of_function(&self, function: u32) -> &[BranchHint] {
        let start = self.0.partition_point(|hint| hint.function < function);
        let count = self.0[start..].partition_point(|hint| hint.function == function);
        &self.0[start..start + count]
    }
}

impl BranchHint {
    /// Of the hints of one function, what the one for the instruction at `at` bytes from the start of its body says: whether the branch's operand is
    /// likely to be other than zero. `None` where nothing is said.
    pub fn find(hints: &[Self], at: u32) -> Option<bool> {
        let index = hints.binary_search_by_key(&at, |hint| hint.at).ok()?;
        Some(hints[index].likely)
    }
}

/// The hints of a section; `None` if they are not in the order that the spec demands.
fn hints(section: wasmparser::BranchHintSectionReader<'_>) -> wasmparser::Result<Option<Vec<BranchHint>>> {
    let mut found: Vec<BranchHint> = Vec::new();
    let mut last_function = None;
    for function in section {
        let wasmparser::BranchHintFunction { func: function, hints } = function?;
        let mut last = None;
        for hint in hints {
            let wasmparser::BranchHint { func_offset: at, taken: likely } = hint?;
            if last.replace(at).is_some_and(|last| last >= at) {
                return Ok(None);
            }
            found.push(BranchHint { function, at, likely });
        }
        if last_function.replace(function).is_some_and(|last| last >= function) {
            return Ok(None);
        }
    }
    Ok(Some(found))
}
