//! Reads a module from a file or standard input, as binary or as text.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::Path;

use fulgurite::Module;

use crate::error::CliError;

/// What `-` is called in messages.
const STDIN: &str = "standard input";

/// A module that was read.
pub struct Input {
    /// The file's path as it was given, or `standard input`.
    pub name: String,
    /// The binary; text is already translated.
    pub binary: Vec<u8>,
}

impl Input {
    /// Reads `path`, or standard input for `-`. What does not start like a binary is taken for the text format.
    pub fn read(path: &OsStr) -> Result<Self, CliError> {
        let (name, bytes) = read_bytes(path)?;
        Self::parse(path, name, bytes)
    }

    /// The module in `bytes`, which were read from `path` and are called `name`.
    pub fn parse(path: &OsStr, name: String, bytes: Vec<u8>) -> Result<Self, CliError> {
        if Module::is_serialized(&bytes) {
            let message = "a precompiled module; only `fulgurite run --allow-precompiled` takes those";
            return Err(CliError::failure(format!("{name}: {message}")));
        }
        // An empty or cut-off binary shall be called that, and not text without a module.
        if bytes.starts_with(b"\0asm") || bytes.starts_with(b"\0") || Path::new(path).extension() == Some(OsStr::new("wasm")) {
            return Ok(Self { name, binary: bytes });
        }
        match wat::parse_bytes(&bytes) {
            Ok(binary) => Ok(Self { binary: binary.into_owned(), name }),
            Err(mut error) => {
                error.set_path(&name);
                Err(CliError::failure(format!("{name}: malformed text: {error}")))
            }
        }
    }
}

/// The bytes of `path`, or of standard input for `-`, and what to call it.
pub fn read_bytes(path: &OsStr) -> Result<(String, Vec<u8>), CliError> {
    if path == "-" {
        let mut bytes = Vec::new();
        return match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => Ok((STDIN.into(), bytes)),
            Err(error) => Err(CliError::failure(format!("{STDIN}: {error}"))),
        };
    }
    let name = path.to_string_lossy().into_owned();
    match Module::read_file(path) {
        Ok(bytes) => Ok((name, bytes)),
        Err(error) => Err(CliError::failure(format!("{name}: {error}"))),
    }
}
