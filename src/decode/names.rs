//! The name section, read leniently: what is malformed in it is ignored, as the spec demands of custom sections.
//!
//! Spec: Appendix, Custom Sections, Name Section. Called by: `decode::sections`.

use alloc::string::String;

use super::module::Names;
use crate::util::sort::sort_by;

/// Adds what the section says to `names`, up to the first malformed byte.
pub(super) fn read(section: wasmparser::NameSectionReader<'_>, names: &mut Names) {
    for subsection in section {
        match subsection {
            Ok(wasmparser::Name::Module { name, .. }) => names.module = Some(String::from(name)),
            Ok(wasmparser::Name::Function(map)) => {
                for naming in map {
                    let Ok(naming) = naming else { break };
                    names.functions.push((naming.index, naming.name.into()));
                }
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    // They should be in order. Of several names of a function any will do.
    if !names.functions.is_sorted_by(|a, b| a.0 < b.0) {
        sort_by(&mut names.functions, |a, b| a.0.cmp(&b.0));
        names.functions.dedup_by_key(|entry| entry.0);
    }
}
