//! Modules: loading, what they import and export, and their code.

use alloc::{boxed::Box, string::String, sync::Arc};

use bytes::Bytes;

use super::compile::{self, Facts, ModuleExtension};
use super::config::CompilationMode;
use super::engine::Engine;
use super::error::Error;
use super::tag::TagType;
use crate::code::cell::ModuleCode;
use crate::decode::{self, module as decoded};
use crate::exec;
use crate::runtime::module::ModuleInner;
use crate::translate;
use crate::util::{large, parallel};
use crate::validate;
use crate::wasm::types::{FuncType, GlobalType, MemoryType, TableType};

/// A loaded and validated module. Cheap to clone, shared by threads, instantiated any number of times.
///
/// ```
/// use fulgurite::{Engine, ExternType, Module};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (import "env" "log" (func (param i32))) (memory (export "memory") 1))"#)?;
/// let import = module.imports().next().unwrap();
/// assert_eq!((import.module(), import.name()), ("env", "log"));
/// assert!(matches!(module.get_export("memory"), Some(ExternType::Memory(_))));
/// # Ok::<(), fulgurite::Error>(())
/// ```
#[derive(Clone)]
pub struct Module(Arc<ModuleInner>);

impl core::fmt::Debug for Module {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// What an import or export is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(TagType),
}

impl ExternType {
    /// The type, if it is a function's.
    pub fn func(&self) -> Option<&FuncType> {
        match self {
            Self::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type, if it is a table's.
    pub fn table(&self) -> Option<&TableType> {
        match self {
            Self::Table(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type, if it is a memory's.
    pub fn memory(&self) -> Option<&MemoryType> {
        match self {
            Self::Memory(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type, if it is a global's.
    pub fn global(&self) -> Option<&GlobalType> {
        match self {
            Self::Global(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type, if it is a tag's.
    pub fn tag(&self) -> Option<&TagType> {
        match self {
            Self::Tag(ty) => Some(ty),
            _ => None,
        }
    }
}

/// An import of a module.
#[derive(Clone, Copy, Debug)]
pub struct ImportType<'a> {
    module: &'a Module,
    import: &'a decoded::Import,
}

impl<'a> ImportType<'a> {
    /// The name of the module that it is to come from.
    pub fn module(&self) -> &'a str {
        &self.import.module
    }

    /// Its name there.
    pub fn name(&self) -> &'a str {
        &self.import.name
    }

    /// What it must be.
    pub fn ty(&self) -> ExternType {
        match self.import.ty {
            decoded::ImportType::Func(index) => ExternType::Func(self.module.type_at(index)),
            decoded::ImportType::Table(ty) => ExternType::Table(ty),
            decoded::ImportType::Memory(ty) => ExternType::Memory(ty),
            decoded::ImportType::Global(ty) => ExternType::Global(ty),
            decoded::ImportType::Tag(index) => ExternType::Tag(TagType::of_valid(self.module.type_at(index))),
        }
    }
}

/// An export of a module.
#[derive(Clone, Copy, Debug)]
pub struct ExportType<'a> {
    module: &'a Module,
    export: &'a decoded::Export,
}

impl<'a> ExportType<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.export.name
    }

    /// What it is.
    pub fn ty(&self) -> ExternType {
        self.module.item_type(self.export.item)
    }

    /// The function's index, if it is a function.
    pub fn func_index(&self) -> Option<u32> {
        match self.export.item {
            decoded::ExternIndex::Func(index) => Some(index),
            _ => None,
        }
    }
}

impl Module {
    /// Loads a module from its binary format, or with the feature `wat` from its text format.
    ///
    /// # Errors
    /// Kinds `Malformed`, `Invalid`, `Unsupported`, `Limit`.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module, Error> {
        let bytes = bytes.as_ref();
        if Self::is_serialized(bytes) {
            return Err(Error::archive("this is an archive that Module::serialize made, and Module::deserialize loads"));
        }
        #[cfg(feature = "wat")]
        if !bytes.starts_with(b"\0asm") {
            let text = core::str::from_utf8(bytes).map_err(|_| Error::malformed_text(&"neither a binary module nor text"))?;
            let binary = wat::parse_str(text).map_err(|error| Error::malformed_text(&error))?;
            return Self::from_binary(engine, &binary);
        }
        Self::from_binary(engine, bytes)
    }

    /// Loads a module from its binary format, of which it keeps a copy.
    ///
    /// # Errors
    /// Kinds `Malformed`, `Invalid`, `Unsupported`, `Limit`.
    pub fn from_binary(engine: &Engine, bytes: &[u8]) -> Result<Module, Error> {
        Self::load(engine, bytes, compile::copies_beside(engine, bytes.len()), || copied(bytes))
    }

    /// Loads a module from its binary format, and keeps `bytes` themselves, as long as the module or an instance of it is there: no copy is
    /// made. A `Vec<u8>` will do, and so will an `Arc<[u8]>`, a `&'static [u8]`, or a file that is mapped into memory.
    ///
    /// ```
    /// # let dir = std::env::temp_dir();
    /// # let path = dir.join(format!("fulgurite-from-owned-{}.wasm", std::process::id()));
    /// # std::fs::write(&path, b"\0asm\x01\0\0\0")?;
    /// let engine = fulgurite::Engine::default();
    /// let module = fulgurite::Module::from_owned(&engine, fulgurite::Module::read_file(&path)?)?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Module::from_binary`].
    pub fn from_owned(engine: &Engine, bytes: impl AsRef<[u8]> + Send + 'static) -> Result<Module, Error> {
        let image = Bytes::from_owner(bytes);
        Self::load(engine, &image, false, || image.clone())
    }

    /// Reads a file, for [`Module::from_owned`] or [`Module::deserialize_owned`]: as [`std::fs::read`], but more quickly if the file is large and
    /// the system gives large pages to those who ask for them (Linux).
    ///
    /// # Errors
    /// As [`std::fs::read`].
    #[cfg(feature = "std")]
    pub fn read_file(path: impl AsRef<std::path::Path>) -> std::io::Result<alloc::vec::Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let mut bytes = large::with_capacity(usize::try_from(length).unwrap_or(usize::MAX))?;
        std::io::Read::read_to_end(&mut file, &mut bytes)?;
        Ok(bytes)
    }

    /// Decodes and judges a module; `keep` gives the same bytes, to keep, and may do that on a thread of its own if it is `parallel`.
    fn load(engine: &Engine, bytes: &[u8], parallel: bool, keep: impl Fn() -> Bytes + Sync) -> Result<Module, Error> {
        let (image, judged) = parallel::both(parallel, keep, || {
            let decoded = decode::decode(bytes, engine.types(), engine.features())?;
            validate::module(&decoded)?;
            let facts = match engine.config().mode {
                CompilationMode::LazyValidation => Facts::called(decoded.bodies.len()),
                CompilationMode::Lazy | CompilationMode::Eager => compile::validate_bodies(engine, &decoded, bytes)?,
            };
            Ok::<_, Error>((decoded, facts))
        });
        let (decoded, facts) = judged?;
        Self::from_facts(engine, decoded, image, facts)
    }

    /// A module of what was decoded from `image`, which is valid as far as `facts` go.
    pub(super) fn from_facts(engine: &Engine, mut decoded: decoded::Module, image: Bytes, facts: Facts) -> Result<Module, Error> {
        decoded.bytes = image;
        let code = ModuleCode::new(decoded.bodies.len(), exec::translate_stub());
        let extension = ModuleExtension::new(engine, facts);
        let module = Module(Arc::new(ModuleInner::new(decoded, code, Box::new(extension))));
        if engine.config().mode == CompilationMode::Eager {
            compile::translate_all(&module.0)?;
        }
        Ok(module)
    }

    /// Decodes and validates a binary module, and keeps nothing of it.
    ///
    /// # Errors
    /// As [`Module::from_binary`].
    pub fn validate(engine: &Engine, bytes: &[u8]) -> Result<(), Error> {
        let decoded = decode::decode(bytes, engine.types(), engine.features())?;
        validate::module(&decoded)?;
        compile::check_bodies(engine, &decoded, bytes)
    }

    /// Its imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        self.0.decoded.imports.iter().map(|import| ImportType { module: self, import })
    }

    /// Its exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        self.0.decoded.exports.iter().map(|export| ExportType { module: self, export })
    }

    /// What the export of this name is.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        self.0.export(name).map(|export| self.item_type(export.item))
    }

    /// Its name, from the name section.
    pub fn name(&self) -> Option<&str> {
        self.0.decoded.names.module.as_deref()
    }

    /// The engine that it was loaded with.
    pub fn engine(&self) -> &Engine {
        match ModuleExtension::of(&self.0) {
            Some(extension) => extension.engine(),
            None => unreachable!("modules are made by `from_binary` only"),
        }
    }

    /// The names and contents of its custom sections, in order.
    pub fn custom_sections(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.decoded.customs.iter().map(|section| (&*section.name, self.0.decoded.slice(&section.bytes)))
    }

    /// How many functions it has, imported ones included.
    pub fn function_count(&self) -> u32 {
        self.0.decoded.functions.len() as u32
    }

    /// The name of a function, from the name section.
    pub fn function_name(&self, func_index: u32) -> Option<&str> {
        self.0.decoded.names.function(func_index)
    }

    /// The internal code of a function, for people: imports come first in the count of functions. The form may change with each version.
    ///
    /// # Errors
    /// If the module defines no such function, or, with lazy validation, if it is invalid.
    pub fn disassemble(&self, func_index: u32) -> Result<String, Error> {
        let function =
            func_index.checked_sub(self.0.decoded.imported_functions).filter(|&index| (index as usize) < self.0.decoded.bodies.len());
        let function = function.ok_or_else(|| Error::api(alloc::format!("the module does not define a function {func_index}")))?;
        let facts = compile::extension(&self.0)?.facts(&self.0, function)?;
        Ok(translate::listing(&self.0.decoded, &self.0.code, function, &facts, self.engine().options()))
    }

    /// Bytes of internal code that were translated so far.
    pub fn code_bytes(&self) -> usize {
        self.0.code.code_bytes()
    }

    /// What is behind it.
    pub(crate) fn inner(&self) -> &Arc<ModuleInner> {
        &self.0
    }

    /// A module that an instance holds.
    pub(crate) fn from_inner(inner: Arc<ModuleInner>) -> Self {
        Self(inner)
    }

    /// The function type at a type index.
    fn type_at(&self, index: u32) -> FuncType {
        match self.0.decoded.func_type(index) {
            Some((_, ty)) => ty.clone(),
            None => FuncType::new([], []),
        }
    }

    /// The type of an item; validation has checked the index.
    pub(crate) fn item_type(&self, item: decoded::ExternIndex) -> ExternType {
        let decoded = &self.0.decoded;
        match item {
            decoded::ExternIndex::Func(index) => ExternType::Func(self.type_at(decoded.functions[index as usize])),
            decoded::ExternIndex::Table(index) => ExternType::Table(decoded.table_types[index as usize]),
            decoded::ExternIndex::Memory(index) => ExternType::Memory(decoded.memory_types[index as usize]),
            decoded::ExternIndex::Global(index) => ExternType::Global(decoded.global_types[index as usize]),
            decoded::ExternIndex::Tag(index) => ExternType::Tag(TagType::of_valid(self.type_at(decoded.tags[index as usize].0))),
        }
    }
}

/// A copy of a module's bytes, to keep.
pub(super) fn copied(bytes: &[u8]) -> Bytes {
    match large::with_capacity(bytes.len()) {
        Ok(mut copy) => {
            copy.extend_from_slice(bytes);
            copy.into()
        }
        // There is no memory: as the allocator has it.
        Err(_) => Bytes::copy_from_slice(bytes),
    }
}
