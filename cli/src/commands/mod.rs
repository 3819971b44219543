//! The commands, one a file: each has its arguments and prints what the library says.

pub mod compile;
pub mod completions;
pub mod dis;
pub mod inspect;
pub mod run;
pub mod validate;
pub mod wast;
