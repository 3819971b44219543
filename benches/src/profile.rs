//! Profiles: runs each case once and writes how often each straight line of instructions ran, for `scripts/superinstructions`.
//!
//! Data in: cases. Data out: one file, `# case` and then what `fulgurite::profile` gives. Called by: `main`. Calls: `exec`, `engines`.
//!
//! Only the timed part of a case is counted, neither set-up nor checks. The guest's clock advances by its calls, so that equal sources give equal
//! files.

use crate::{
    Result,
    cases::Case,
    engines::{self, Clock, fulgurite::Fulgurite},
    exec,
};
use std::{fs::File, io::Write as _, path::Path};

/// What the engine counted since the last call, if this build counts.
fn counted() -> Option<String> {
    #[cfg(feature = "profile")]
    let counted = Some(fulgurite::profile());
    #[cfg(not(feature = "profile"))]
    let counted = None;
    counted
}

/// Writes the profile of all cases to a file, and tells of each case how many straight lines ran, or that the engine cannot load it.
///
/// # Errors
/// When this build does not count, a case's files are missing, a case fails, or the file cannot be written.
pub fn write(path: &Path, cases: &[Case], small: bool, mut done: impl FnMut(&str, &str)) -> Result<()> {
    if counted().is_none() {
        return Err("this build does not count; build it with `--features profile`".into());
    }
    engines::set_clock(Clock::Stepping);
    let mut file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
    for case in cases {
        let instance = match exec::load(&Fulgurite { fused: true }, &case.wasm()?) {
            Ok(instance) => instance,
            Err(error) => {
                done(&case.name, &format!("left out: {error}"));
                continue;
            }
        };
        let mut profile = None;
        // What came before the run is fetched too, and dropped.
        let fetch = || drop(profile.replace(counted().unwrap_or_default()));
        exec::run_once(instance, case, small, fetch).map_err(|error| format!("{}: {error}", case.name))?;
        let profile = profile.unwrap_or_default();
        write!(file, "# {}\n{profile}", case.name)?;
        done(&case.name, &format!("{} straight lines ran", profile.matches("\n\n").count()));
    }
    Ok(())
}
