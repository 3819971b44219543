//! Random sequences of file operations on the host's file system, in memory, and on an overlay, compared; see `model`.
//!
//! `FULGURITE_WASI_SEQUENCES` says how many; a failure prints the operations.

mod model;

/// Bytes from a small generator with a fixed start, so that a failure repeats.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..600).map(|_| next()).collect()
}

#[test]
fn sequences_do_the_same_on_every_file_system() {
    let count = std::env::var("FULGURITE_WASI_SEQUENCES").map_or(150, |count| count.parse().expect("a number of sequences"));
    for seed in 1..=count {
        let result = std::panic::catch_unwind(|| model::run(&bytes(seed)));
        assert!(result.is_ok(), "sequence {seed}");
    }
}
