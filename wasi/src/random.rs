//! Where a guest's random bytes come from.
//!
//! Data in: the embedder's choice. Data out: bytes. Called by: `calls::random`, `ctx`.

use std::fmt;

use crate::abi::Errno;

/// A source of random bytes.
///
/// ```
/// use fulgurite_wasi::{Random, WasiCtx};
///
/// // The same bytes in every run, for tests.
/// let ctx = WasiCtx::builder().random(Random::seeded(42)).build()?;
/// # let _ = ctx;
/// # Ok::<(), fulgurite_wasi::BuildError>(())
/// ```
pub struct Random(Source);

/// The kinds of source.
enum Source {
    System,
    Seeded(Generator),
    Custom(Fill),
}

/// A function that fills a buffer.
type Fill = Box<dyn FnMut(&mut [u8]) + Send>;

impl Random {
    /// The secure generator of the host.
    pub fn system() -> Random {
        Random(Source::System)
    }

    /// A generator that gives the same bytes for the same seed, on every machine (xoshiro256++). Nothing that it gives is secret.
    pub fn seeded(seed: u64) -> Random {
        Random(Source::Seeded(Generator::new(seed)))
    }

    /// Any source: a function that fills a buffer.
    pub fn custom(fill: impl FnMut(&mut [u8]) + Send + 'static) -> Random {
        Random(Source::Custom(Box::new(fill)))
    }

    /// Fills the buffer.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Errno> {
        match &mut self.0 {
            Source::System => getrandom::fill(buffer).map_err(|_| Errno::Io)?,
            Source::Seeded(generator) => generator.fill(buffer),
            Source::Custom(fill) => fill(buffer),
        }
        Ok(())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Source::System => "Random(system)",
            Source::Seeded(_) => "Random(seeded)",
            Source::Custom(_) => "Random(custom)",
        })
    }
}

/// The generator xoshiro256++, whose state is filled by splitmix64 as its authors advise.
struct Generator([u64; 4]);

impl Generator {
    fn new(seed: u64) -> Generator {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        Generator([next(), next(), next(), next()])
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Fills the buffer by words, low byte first; what is left of the last word is dropped.
    fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // The first outputs for the state 1, 2, 3, 4, worked out from the definition.
        let mut generator = Generator([1, 2, 3, 4]);
        assert_eq!([generator.next(), generator.next(), generator.next()], [41_943_041, 58_720_359, 3_588_806_011_781_223]);
        // splitmix64 from the seed 0 starts like this in every text on it.
        assert_eq!(Generator::new(0).0[..2], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }

    #[test]
    fn seeds_decide() {
        let bytes = |seed| {
            let mut bytes = [0; 21];
            Random::seeded(seed).fill(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
        assert_ne!(bytes(7)[16..], [0; 5]);
    }
}
