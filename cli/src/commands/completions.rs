//! `fulgurite completions`: what a shell needs to complete command lines.

use std::io::Write as _;

use clap_complete::Shell;

use crate::error::CliError;
use crate::{Command, command_line};

/// Print completions for a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  fulgurite completions bash > ~/.local/share/bash-completion/completions/fulgurite
  fulgurite completions fish > ~/.config/fish/completions/fulgurite.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Command for Completions {
    fn execute(&self) -> Result<i32, CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command_line(|_| true), "fulgurite", &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(0)
    }
}
