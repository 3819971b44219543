//! Archives: modules with what their validation found, as bytes that a later process loads without validating again.
//!
//! Called by: embedders. Calls: `decode`, `api::{module, compile}`.
//!
//! # Format
//! Integers are little-endian, so that an archive fits every machine.
//! ```text
//!  0  8  MAGIC
//!  8  4  FORMAT
//! 12  4  0
//! 16  8  checksum of all that follows: XXH3, 64 bits, no seed
//! 24  8  length of the archive
//! 32  8  fingerprint of the instructions that the engine knows
//! 40  4  locals that are pinned, by class
//! 44  4  length of the engine's version
//! 48  4  length of the module
//! 52  4  number of bodies
//! 56  4  proposals that the engine accepted
//! 60     the engine's version; the module; a record of facts for each body (`BodyFacts::to_record`)
//! ```
//! Loading decodes the module's sections, and slices. What is in front of the checksum is compared; so a damaged archive is refused whatever was
//! damaged. FORMAT changes with the table above, and with what a record looks like or means.
//!
//! # Not here
//! Translated code: it holds addresses, of handlers and of itself, and is made at the first call faster than it could be read and relocated for
//! all functions. RATIONALE.md has more.
#![allow(unsafe_code)] // Functions that trust what they are given are declared unsafe; nothing in here is.

use alloc::{format, string::String, vec::Vec};
use core::ops::Range;

use bytes::Bytes;
use twox_hash::XxHash3_64;

use super::compile::{self, Facts};
use super::engine::Engine;
use super::error::Error;
use super::module::{Module, copied};
use crate::code::operands::PINS;
use crate::decode;
use crate::translate::BodyFacts;
use crate::util::parallel;
use crate::wasm::{
    features::{Features, Proposal},
    opcodes::Opcode,
};

/// What archives start with. It is no text, and a line end that is translated on the way damages it.
const MAGIC: [u8; 8] = *b"\0fulgur\n";
/// The version of the format.
const FORMAT: u32 = 2;
/// Bytes in front of what the checksum covers.
const UNCHECKED: usize = 24;
/// Bytes in front of the engine's version.
const HEADER: usize = 60;
/// The version of the engine, which decides what validation finds.
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Module {
    /// Writes the module, with what was found out about it, to an archive that [`Module::deserialize`] loads without validating it again.
    ///
    /// The archive holds the module's own bytes and a few more for each function. It fits engines of the same version of this crate, on all
    /// machines and with all settings. Translated code is not part of it.
    ///
    /// ```
    /// use fulgurite::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), r#"(module (func (export "f")))"#)?;
    /// let archive = module.serialize()?;
    /// // Later, in another process:
    /// let engine = Engine::default();
    /// // SAFETY: the archive comes from `serialize`, and nobody else has touched it.
    /// let module = unsafe { Module::deserialize(&engine, &archive) }?;
    /// assert!(module.get_export("f").is_some());
    /// # Ok::<(), fulgurite::Error>(())
    /// ```
    ///
    /// # Errors
    /// With [`CompilationMode::LazyValidation`](crate::CompilationMode::LazyValidation), which has left bodies unseen, kind `Invalid` or
    /// `Malformed` if one is bad. Kind `Limit` if there is no memory for the archive.
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        let inner = self.inner();
        let extension = compile::extension(inner)?;
        let (module, bodies) = (&inner.decoded.bytes, inner.decoded.bodies.len());
        let length = HEADER + VERSION.len() + module.len() + bodies * BodyFacts::RECORD;
        let mut archive = Vec::new();
        archive.try_reserve_exact(length).map_err(|_| Error::limit(format!("no memory for an archive of {length} bytes")))?;
        archive.extend_from_slice(&MAGIC);
        archive.extend_from_slice(&FORMAT.to_le_bytes());
        archive.resize(UNCHECKED, 0);
        archive.extend_from_slice(&(length as u64).to_le_bytes());
        archive.extend_from_slice(&INSTRUCTIONS.to_le_bytes());
        archive.extend_from_slice(&PINNED);
        for number in [VERSION.len(), module.len(), bodies] {
            archive.extend_from_slice(&(number as u32).to_le_bytes());
        }
        archive.extend_from_slice(&inner.decoded.features.bits().to_le_bytes());
        archive.extend_from_slice(VERSION.as_bytes());
        archive.extend_from_slice(module);
        for function in 0..bodies as u32 {
            archive.extend_from_slice(&extension.facts(inner, function)?.to_record());
        }
        let checksum = checksum(&archive);
        archive[UNCHECKED - 8..UNCHECKED].copy_from_slice(&checksum.to_le_bytes());
        Ok(archive)
    }

    /// Loads a module from an archive that [`Module::serialize`] made, and does not validate it. The archive is copied.
    ///
    /// # Errors
    /// Kind `Archive`, with what does not fit, if these bytes are no archive, if any of them is damaged or missing, and if another version of the
    /// engine made them. With [`CompilationMode::Eager`](crate::CompilationMode::Eager) functions are translated here, as in [`Module::new`].
    ///
    /// # Safety
    /// `archive` must be, byte for byte, what [`Module::serialize`] returned, in this process or in another that was built from the same source
    /// of this crate. The engine trusts what the archive says of the module's functions, as it trusts its own validation: a forged archive can
    /// make it read and write any memory of the process. The checksum finds accidents, not forgery, since whoever writes an archive can
    /// compute it. So load archives only from where nobody can put them whom you would not let run native code.
    pub unsafe fn deserialize(engine: &Engine, archive: impl AsRef<[u8]>) -> Result<Module, Error> {
        let archive = archive.as_ref();
        let parallel = compile::threads(engine, archive.len(), compile::COPIED_BYTES) > 1;
        load(engine, archive, parallel, || copied(archive))
    }

    /// Loads a module from an archive, as [`Module::deserialize`], and keeps `archive` itself as long as the module or an instance of it is there:
    /// no copy is made. A `Vec<u8>` will do, and so will an `Arc<[u8]>`, a `&'static [u8]`, or a file that is mapped into memory.
    ///
    /// # Errors
    /// As [`Module::deserialize`].
    ///
    /// # Safety
    /// As [`Module::deserialize`]; and the bytes must stay as they are: nobody may write to a file that is mapped, or cut it off.
    pub unsafe fn deserialize_owned(engine: &Engine, archive: impl AsRef<[u8]> + Send + 'static) -> Result<Module, Error> {
        let archive = Bytes::from_owner(archive);
        load(engine, &archive, false, || archive.clone())
    }

    /// Reads an archive from a file and loads it, as [`Module::deserialize`].
    ///
    /// # Errors
    /// As [`Module::deserialize`]; and kind `Host`, with a [`std::io::Error`], if the file can't be read.
    ///
    /// # Safety
    /// As [`Module::deserialize`], for what is in the file. It may change afterwards.
    #[cfg(feature = "std")]
    pub unsafe fn deserialize_file(engine: &Engine, path: impl AsRef<std::path::Path>) -> Result<Module, Error> {
        let archive = Bytes::from(Module::read_file(path).map_err(Error::host)?);
        load(engine, &archive, false, || archive.clone())
    }

    /// Whether the bytes start like an archive of [`Module::serialize`], of this version or another, for those who take both archives and modules.
    pub fn is_serialized(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }
}

/// What the opcode table holds; bodies with others are refused by the validation that made an archive, but not here.
const INSTRUCTIONS: u64 = {
    // FNV-1a over the opcodes.
    let (mut hash, mut index) = (0xcbf2_9ce4_8422_2325, 0);
    while index < Opcode::ALL.len() {
        hash = (hash ^ Opcode::ALL[index].code() as u64).wrapping_mul(0x100_0000_01b3);
        index += 1;
    }
    hash
};

/// How many locals are pinned, by class: the facts name them.
const PINNED: [u8; 4] = [PINS[0] as u8, PINS[1] as u8, PINS[2] as u8, PINS[3] as u8];

/// The checksum of an archive.
fn checksum(archive: &[u8]) -> u64 {
    XxHash3_64::oneshot(archive.get(UNCHECKED..).unwrap_or_default())
}

/// An archive with fields that fit its length.
struct Archive<'a> {
    checksum: u64,
    instructions: u64,
    pinned: [u8; 4],
    features: Features,
    version: &'a [u8],
    module: Range<usize>,
    bodies: usize,
}

/// The bytes at a place.
fn field<const N: usize>(archive: &[u8], at: usize) -> Result<[u8; N], Error> {
    archive.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or_else(|| cut_off(archive))
}

#[cold]
fn cut_off(archive: &[u8]) -> Error {
    Error::archive(format!("the archive is cut off: it ends after {} bytes", archive.len()))
}

#[cold]
fn damaged() -> Error {
    Error::archive("the archive is damaged; compile the module again")
}

impl<'a> Archive<'a> {
    /// Takes an archive apart.
    fn new(archive: &'a [u8]) -> Result<Self, Error> {
        if !Module::is_serialized(archive) {
            return Err(Error::archive("this is no archive of Module::serialize"));
        }
        let format = u32::from_le_bytes(field(archive, 8)?);
        if format != FORMAT {
            let message = format!("the archive has format {format}, and this engine reads format {FORMAT}; compile the module again");
            return Err(Error::archive(message));
        }
        let length = u64::from_le_bytes(field(archive, 24)?);
        if (archive.len() as u64) < length {
            return Err(cut_off(archive));
        }
        let number = |at| Ok::<_, Error>(u64::from(u32::from_le_bytes(field(archive, at)?)));
        let (version, module, bodies) = (number(44)?, number(48)?, number(52)?);
        let start = HEADER as u64 + version;
        if length != archive.len() as u64 || start + module + bodies * BodyFacts::RECORD as u64 != length {
            return Err(damaged());
        }
        // All are within the archive.
        let (start, module) = (start as usize, module as usize);
        Ok(Self {
            checksum: u64::from_le_bytes(field(archive, 16)?),
            instructions: u64::from_le_bytes(field(archive, 32)?),
            pinned: field(archive, 40)?,
            features: Features::from_bits_retain(u32::from_le_bytes(field(archive, 56)?)),
            version: &archive[HEADER..start],
            module: start..start + module,
            bodies: bodies as usize,
        })
    }

    /// Refuses an archive that another engine made, or one with other proposals: bodies that use them are not looked at again.
    fn check_engine(&self, features: Features) -> Result<(), Error> {
        let other = |what: &str| {
            let version = String::from_utf8_lossy(self.version);
            Error::archive(format!("the archive was made by fulgurite {version}{what}, and this is {VERSION}; compile the module again"))
        };
        if self.version != VERSION.as_bytes() {
            return Err(other(""));
        }
        if self.instructions != INSTRUCTIONS {
            return Err(other(" with other instructions"));
        }
        if self.pinned != PINNED {
            return Err(other(" for other registers"));
        }
        match Proposal::ALL.iter().find(|proposal| self.features.has(**proposal) && !features.has(**proposal)) {
            Some(proposal) => Err(Error::archive(format!("the archive may use a proposal that is disabled here: {}", proposal.name()))),
            None => Ok(()),
        }
    }
}

/// Loads an archive, on two threads if that may be; `keep` gives the same bytes, to keep.
fn load(engine: &Engine, archive: &[u8], parallel: bool, keep: impl Fn() -> Bytes + Sync) -> Result<Module, Error> {
    let parts = Archive::new(archive)?;
    let ((image, checksum), decoded) = parallel::both(
        parallel,
        // Copied first, so that it is in the cache.
        || (keep(), checksum(archive)),
        || decode::decode(&archive[parts.module.clone()], engine.types(), engine.features()),
    );
    if checksum != parts.checksum || archive[12..16] != [0; 4] {
        return Err(damaged());
    }
    parts.check_engine(engine.features())?;
    let decoded = decoded?;
    if decoded.bodies.len() != parts.bodies {
        return Err(damaged());
    }
    let facts = Facts::Archived(image.slice(parts.module.end..));
    Module::from_facts(engine, decoded, image.slice(parts.module), facts)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::{Config, ErrorKind};

    /// `(module (func (param i32)) (func))`
    const MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x08\x02\x60\x01\x7f\0\x60\0\0\x03\x03\x02\0\x01\x0a\x07\x02\x02\0\x0b\x02\0\x0b";

    fn archive() -> Vec<u8> {
        Module::from_binary(&Engine::default(), MODULE).unwrap().serialize().unwrap()
    }

    /// What is said of an archive that something was done to, with a checksum that fits.
    fn refusal(change: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut archive = archive();
        change(&mut archive);
        let checksum = checksum(&archive);
        archive[16..24].copy_from_slice(&checksum.to_le_bytes());
        // SAFETY: it is refused.
        let error = unsafe { Module::deserialize(&Engine::default(), &archive) }.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Archive);
        error.to_string()
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert!(refusal(|archive| archive[0] = b'M').contains("no archive"));
        assert!(refusal(|archive| archive[8] = 9).contains("format 9, and this engine reads format 2"));
        let version = VERSION.replace(|c: char| c.is_ascii_digit(), "9");
        let other = |archive: &mut Vec<u8>| archive[HEADER..HEADER + VERSION.len()].copy_from_slice(version.as_bytes());
        assert!(refusal(other).contains(&format!("made by fulgurite {version}, and this is {VERSION}")));
        assert!(refusal(|archive| archive[32] ^= 1).contains("other instructions"));
        assert!(refusal(|archive| archive[41] ^= 1).contains("other registers"));
    }

    #[test]
    fn fields_that_do_not_fit_are_refused() {
        for at in (12..16).chain(24..32).chain(44..56) {
            for bit in 0..8 {
                let message = refusal(|archive| archive[at] ^= 1 << bit);
                assert!(message.contains("damaged") || message.contains("cut off"), "byte {at}, bit {bit}: {message}");
            }
        }
    }

    /// Facts are what counts, so that what they are must be what validation says again.
    #[test]
    fn facts_are_those_of_validation() {
        let archive = archive();
        let records = &archive[archive.len() - 2 * BodyFacts::RECORD..];
        let mut config = Config::new();
        config.compilation_mode(crate::CompilationMode::LazyValidation);
        let module = Module::from_binary(&Engine::new(&config), MODULE).unwrap();
        let extension = compile::extension(module.inner()).unwrap();
        let again: Vec<_> = (0..2).map(|function| extension.facts(module.inner(), function).unwrap().to_record()).collect();
        assert_eq!(records.chunks(BodyFacts::RECORD).collect::<Vec<_>>(), again.iter().map(|record| &record[..]).collect::<Vec<_>>());
        assert_eq!(module.serialize().unwrap(), archive);
        assert_eq!(vec![0; 4], archive[12..16]);
    }
}
