//! Options of the engine that several commands share, and how sizes are written.

use fulgurite::{CompilationMode, Config, Engine};

/// Proposals that are disabled unless asked for.
#[derive(clap::Args)]
pub struct ProposalOptions {
    /// Accept exceptions as they were before WebAssembly 3.0: try, catch, delegate, rethrow
    #[arg(long)]
    legacy_exceptions: bool,
}

impl ProposalOptions {
    /// A configuration with these proposals.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config.wasm_legacy_exceptions(self.legacy_exceptions);
        config
    }

    /// An engine with these proposals.
    pub fn engine(&self) -> Engine {
        Engine::new(&self.config())
    }
}

/// How functions are translated.
#[derive(clap::Args)]
pub struct EngineOptions {
    /// Keep to base instructions: no superinstructions
    #[arg(long)]
    no_fuse: bool,

    /// Translate all functions when the module is loaded, not each at its first call
    #[arg(long)]
    eager: bool,

    #[command(flatten)]
    proposals: ProposalOptions,
}

impl EngineOptions {
    /// The configuration that they describe.
    pub fn config(&self) -> Config {
        let mut config = self.proposals.config();
        config.superinstructions(!self.no_fuse);
        if self.eager {
            config.compilation_mode(CompilationMode::Eager);
        }
        config
    }

    /// An engine with these options.
    pub fn engine(&self) -> Engine {
        Engine::new(&self.config())
    }
}

/// Reads a number of bytes: digits, and `K`, `M` or `G` for powers of 1024.
pub fn parse_bytes(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: usize = digits.parse().map_err(|_| "a size is digits, then K, M or G if wanted: 65536, 64K, 2M".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "more bytes than this machine can address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_bytes;

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("0"), Ok(0));
        assert_eq!(parse_bytes("65536"), Ok(65536));
        assert_eq!(parse_bytes("64K"), Ok(65536));
        assert_eq!(parse_bytes("3m"), Ok(3 << 20));
        assert_eq!(parse_bytes("2G"), Ok(2 << 30));
        for bad in ["", "K", "-1", "1T", "1.5M", "99999999999999999999", "18446744073709551615K", "é"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }
}
