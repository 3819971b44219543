//! Small things that every layer may use. Imports nothing of ours.

pub mod large;
pub mod parallel;
pub mod sort;
pub mod sync;
