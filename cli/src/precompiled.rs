//! The only place of the command line that trusts bytes: precompiled modules, which are loaded without validation.
#![allow(unsafe_code)] // Whether an archive may be trusted is for the user to say, with an option of its own.

use fulgurite::{Engine, Error, Module};

/// Loads what `fulgurite compile` wrote; to be called only if the user has said that it can be trusted.
pub fn load(engine: &Engine, archive: Vec<u8>) -> Result<Module, Error> {
    // SAFETY: with --allow-precompiled the user vouches for the file; the bytes are ours, and nobody changes them.
    unsafe { Module::deserialize_owned(engine, archive) }
}
