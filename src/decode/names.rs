//! The name section, read leniently: what is malformed in it is ignored, as the spec demands of custom sections.
//!
//! Spec: Appendix, Custom Sections, Name Section. Called by: `decode::sections`.

use alloc::string::String;

use super::module::Names;

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
    names.functions.sort_by_key(|entry| entry.0);
    names.functions.dedup_by_key(|entry| entry.0);
}
