//! Colours, which `anstream` drops where standard output or standard error is no terminal.

use anstyle::{AnsiColor, Style};

/// The word that starts an error.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// A verdict that all is well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// A verdict that it is not.
pub const BAD: Style = AnsiColor::Red.on_default();
/// A heading.
pub const HEADING: Style = Style::new().bold();
