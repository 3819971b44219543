//! From sections to a [`Module`].
//!
//! Spec: Binary Format, Modules. Called by: `decode`. Calls: wasmparser, `decode::{const_expr, names, types}`.
//!
//! wasmparser frames the sections, checks their order and the counts that must agree, and reads their entries; here its entries become ours and
//! the limits of `wasm::limits` are enforced.

use alloc::{boxed::Box, vec::Vec};
use core::ops::Range;

use wasmparser::{BinaryReader, Encoding, ExternalKind, FromReader, Parser, Payload, SectionLimited, TypeRef, WasmFeatures};

use crate::wasm::{
    features::{Features, Proposal},
    limits,
    matching::KnownTypes,
    types::{TypeRegistry, ValType},
};

use super::{
    const_expr,
    error::DecodeError,
    hints::{self, BranchHints},
    module::{
        ConstExpr, ConstOp, CustomSection, DataSegment, ElementSegment, Elements, Export, ExternIndex, Global, Import, ImportType, Memory,
        Module, SegmentMode, Table,
    },
    names,
    operators::Reader,
    types,
};

/// Decodes a binary module that may use `features`; its types become canonical in `registry`. The bytes are not copied: who keeps the module sets [`Module::bytes`].
///
/// # Errors
/// Malformed bytes, proposals that are not implemented or disabled, and exceeded limits; `Invalid` only for what a [`Module`] can't hold: constant
/// expressions with other than constant operators, and types that are not defined.
pub fn decode(bytes: &[u8], registry: &TypeRegistry, features: Features) -> Result<Module, DecodeError> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(DecodeError::limit("bytes", u32::MAX.into(), 0));
    }
    let mut decoder = Decoder { bytes, module: Module { features, ..Module::default() }, registry, hinted: false };
    let mut parser = Parser::new(0);
    // With all proposals on, so that they are recognised and can be named.
    parser.set_features(WasmFeatures::all());
    for payload in parser.parse_all(bytes) {
        decoder.payload(payload.map_err(|error| DecodeError::parser(&error))?)?;
    }
    let mut module = decoder.module;
    module.declared = declared_functions(&module);
    module.known_types = KnownTypes::new(&module.types, registry);
    Ok(module)
}

/// An offset of wasmparser; the module's length was checked.
fn offset_of(offset: u64) -> u32 {
    offset as u32
}

/// A range of wasmparser.
fn range_of(range: &Range<u64>) -> Range<u32> {
    offset_of(range.start)..offset_of(range.end)
}

/// Refuses what a proposal brought if that may not be used.
pub(super) fn require(features: Features, proposal: Proposal, offset: u32) -> Result<(), DecodeError> {
    if features.has(proposal) { Ok(()) } else { Err(DecodeError::unsupported(proposal, offset)) }
}

/// Refuses tags unless exceptions of some kind may be used.
fn require_tags(features: Features, offset: u32) -> Result<(), DecodeError> {
    if features.has(Proposal::LegacyExceptions) { Ok(()) } else { require(features, Proposal::Exceptions, offset) }
}

/// Refuses more than `max` of something.
fn check_count(what: &str, count: usize, max: u32, offset: u32) -> Result<(), DecodeError> {
    if count > max as usize { Err(DecodeError::limit(what, max.into(), offset)) } else { Ok(()) }
}

/// Refuses more memories than there may be.
fn check_memories(module: &Module, offset: u32) -> Result<(), DecodeError> {
    if module.memory_types.len() > 1 {
        require(module.features, Proposal::MultiMemory, offset)?;
    }
    check_count("memories", module.memory_types.len(), limits::MAX_MEMORIES, offset)
}

/// Hands the entries of a section to `entry`, with their offsets.
fn entries<'a, T: FromReader<'a>>(
    section: SectionLimited<'a, T>,
    mut entry: impl FnMut(u32, T) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    for item in section.into_iter_with_offsets() {
        let (offset, item) = item.map_err(|error| DecodeError::parser(&error))?;
        entry(offset_of(offset), item)?;
    }
    Ok(())
}

/// What wasmparser read, or its error as ours.
fn read<T>(result: wasmparser::Result<T>) -> Result<T, DecodeError> {
    result.map_err(|error| DecodeError::parser(&error))
}

/// The same as [`entries`] for entries with constant expressions, which `entry` reads itself: wasmparser would go through each expression with a
/// reader of all operators, in 20 kB of code.
fn entries_with_expressions<T>(
    bytes: &[u8],
    section: &SectionLimited<'_, T>,
    mut entry: impl FnMut(&mut BinaryReader<'_>, u32) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let (start, end) = (section.original_position(), section.range().end);
    let bytes = bytes.get(start as usize..end as usize).unwrap_or_default();
    let mut reader = BinaryReader::new_features(bytes, start, WasmFeatures::all());
    for _ in 0..section.count() {
        let offset = offset_of(reader.original_position());
        entry(&mut reader, offset)?;
    }
    if reader.eof() { Ok(()) } else { Err(DecodeError::malformed("section size mismatch", offset_of(reader.original_position()))) }
}

/// A module in the making.
struct Decoder<'a> {
    bytes: &'a [u8],
    module: Module,
    registry: &'a TypeRegistry,
    /// Whether there was a section of branch hints.
    hinted: bool,
}

impl Decoder<'_> {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), DecodeError> {
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => Ok(()),
            Payload::TypeSection(section) => self.types(section),
            Payload::ImportSection(section) => self.imports(section),
            Payload::FunctionSection(section) => self.functions(section),
            Payload::TableSection(section) => self.tables(section),
            Payload::MemorySection(section) => self.memories(section),
            Payload::GlobalSection(section) => self.globals(section),
            Payload::ExportSection(section) => self.exports(section),
            Payload::StartSection { func, range } => {
                self.module.start = Some((func, offset_of(range.start)));
                Ok(())
            }
            Payload::ElementSection(section) => self.elements(section),
            Payload::DataCountSection { count, range } => {
                check_count("data segments", count as usize, limits::MAX_DATA_SEGMENTS, offset_of(range.start))?;
                self.module.data_count = Some(count);
                Ok(())
            }
            Payload::DataSection(section) => self.data(section),
            Payload::CodeSectionEntry(body) => self.body(range_of(&body.range())),
            Payload::CustomSection(section) => {
                self.custom(&section);
                Ok(())
            }
            Payload::TagSection(section) => self.tags(section),
            Payload::UnknownSection { range, .. } => Err(DecodeError::malformed("malformed section id", offset_of(range.start))),
            _ => Err(DecodeError::malformed("unknown binary version", 4)),
        }
    }

    fn types(&mut self, section: wasmparser::TypeSectionReader<'_>) -> Result<(), DecodeError> {
        entries(section, |offset, group| {
            check_count("types", self.module.types.len() + group.types().len(), limits::MAX_TYPES, offset)?;
            let first = self.module.types.len() as u32;
            if types::rec_group(group, self.registry, self.module.features, offset, &mut self.module.types)? {
                self.module.subtypes.push((first..self.module.types.len() as u32, offset));
            }
            Ok(())
        })
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<(), DecodeError> {
        entries(section, |offset, imports| {
            if !matches!(imports, wasmparser::Imports::Single(..)) {
                require(self.module.features, Proposal::CompactImports, offset)?;
            }
            for import in imports {
                let (offset, import) = import.map(|(at, import)| (offset_of(at), import)).map_err(|error| DecodeError::parser(&error))?;
                check_count("imports", self.module.imports.len() + 1, limits::MAX_IMPORTS, offset)?;
                self.import(import, offset)?;
            }
            Ok(())
        })
    }

    fn import(&mut self, import: wasmparser::Import<'_>, offset: u32) -> Result<(), DecodeError> {
        let module = &mut self.module;
        let known = types::Known::new(&module.types, module.features);
        let ty = match import.ty {
            TypeRef::Func(index) => {
                module.functions.push(index);
                module.imported_functions += 1;
                ImportType::Func(index)
            }
            TypeRef::Table(ty) => {
                let ty = types::table_type(ty, known, offset)?;
                module.table_types.push(ty);
                check_count("tables", module.table_types.len(), limits::MAX_TABLES, offset)?;
                ImportType::Table(ty)
            }
            TypeRef::Memory(ty) => {
                let ty = types::memory_type(ty, module.features, offset)?;
                module.memory_types.push(ty);
                check_memories(module, offset)?;
                ImportType::Memory(ty)
            }
            TypeRef::Global(ty) => {
                let ty = types::global_type(ty, known, offset)?;
                module.global_types.push(ty);
                ImportType::Global(ty)
            }
            TypeRef::Tag(ty) => {
                require_tags(module.features, offset)?;
                module.tags.push((ty.func_type_idx, offset));
                check_count("tags", module.tags.len(), limits::MAX_TAGS, offset)?;
                module.imported_tags += 1;
                ImportType::Tag(ty.func_type_idx)
            }
            TypeRef::FuncExact(_) => return Err(DecodeError::unsupported(Proposal::CustomDescriptors, offset)),
        };
        module.imports.push(Import { module: import.module.into(), name: import.name.into(), ty, offset });
        Ok(())
    }

    fn functions(&mut self, section: wasmparser::FunctionSectionReader<'_>) -> Result<(), DecodeError> {
        let count = self.module.functions.len() + section.count() as usize;
        check_count("functions", count, limits::MAX_FUNCTIONS, offset_of(section.range().start))?;
        entries(section, |_, index| {
            self.module.functions.push(index);
            Ok(())
        })
    }

    fn tables(&mut self, section: wasmparser::TableSectionReader<'_>) -> Result<(), DecodeError> {
        let module = &mut self.module;
        entries_with_expressions(self.bytes, &section, |reader, offset| {
            let known = types::Known::new(&module.types, module.features);
            let has_init = read(reader.clone().read_u8())? == 0x40;
            if has_init {
                let mark = [read(reader.read_u8())?, read(reader.read_u8())?];
                if mark != [0x40, 0] {
                    return Err(DecodeError::malformed("invalid table encoding", offset + 1));
                }
            }
            let ty = types::table_type(read(reader.read())?, known, offset)?;
            let mut init = None;
            if has_init {
                require(module.features, Proposal::FunctionReferences, offset)?;
                init = Some(expression(reader, known)?);
            }
            module.table_types.push(ty);
            check_count("tables", module.table_types.len(), limits::MAX_TABLES, offset)?;
            module.tables.push(Table { ty, init, offset });
            Ok(())
        })
    }

    fn memories(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Result<(), DecodeError> {
        let module = &mut self.module;
        entries(section, |offset, ty| {
            let ty = types::memory_type(ty, module.features, offset)?;
            module.memory_types.push(ty);
            check_memories(module, offset)?;
            module.memories.push(Memory { ty, offset });
            Ok(())
        })
    }

    fn tags(&mut self, section: wasmparser::TagSectionReader<'_>) -> Result<(), DecodeError> {
        let offset = offset_of(section.range().start);
        require_tags(self.module.features, offset)?;
        check_count("tags", self.module.tags.len() + section.count() as usize, limits::MAX_TAGS, offset)?;
        entries(section, |offset, tag| {
            self.module.tags.push((tag.func_type_idx, offset));
            Ok(())
        })
    }

    fn globals(&mut self, section: wasmparser::GlobalSectionReader<'_>) -> Result<(), DecodeError> {
        let module = &mut self.module;
        entries_with_expressions(self.bytes, &section, |reader, offset| {
            let known = types::Known::new(&module.types, module.features);
            let ty = types::global_type(read(reader.read())?, known, offset)?;
            let init = expression(reader, known)?;
            module.global_types.push(ty);
            check_count("globals", module.global_types.len(), limits::MAX_GLOBALS, offset)?;
            module.globals.push(Global { ty, init, offset });
            Ok(())
        })
    }

    fn exports(&mut self, section: wasmparser::ExportSectionReader<'_>) -> Result<(), DecodeError> {
        check_count("exports", section.count() as usize, limits::MAX_EXPORTS, offset_of(section.range().start))?;
        entries(section, |offset, export| {
            let item = match export.kind {
                ExternalKind::Func => ExternIndex::Func(export.index),
                ExternalKind::Table => ExternIndex::Table(export.index),
                ExternalKind::Memory => ExternIndex::Memory(export.index),
                ExternalKind::Global => ExternIndex::Global(export.index),
                ExternalKind::Tag => ExternIndex::Tag(export.index),
                ExternalKind::FuncExact => return Err(DecodeError::malformed("malformed export kind", offset)),
            };
            self.module.exports.push(Export { name: export.name.into(), item, offset });
            Ok(())
        })
    }

    fn elements(&mut self, section: wasmparser::ElementSectionReader<'_>) -> Result<(), DecodeError> {
        check_count("element segments", section.count() as usize, limits::MAX_ELEMENT_SEGMENTS, offset_of(section.range().start))?;
        entries_with_expressions(self.bytes, &section, |reader, offset| {
            let known = types::Known::new(&self.module.types, self.module.features);
            let flags = read(reader.read_var_u32())?;
            if flags > 7 {
                return Err(DecodeError::malformed("malformed element segment kind", offset));
            }
            let mode = match flags & 3 {
                1 => SegmentMode::Passive,
                3 => SegmentMode::Declarative,
                kind => active(kind == 2, reader, known)?,
            };
            let (ty, items) = element_items(flags, reader, offset, known)?;
            self.module.elements.push(ElementSegment { ty, mode, items, offset });
            Ok(())
        })
    }

    fn data(&mut self, section: wasmparser::DataSectionReader<'_>) -> Result<(), DecodeError> {
        check_count("data segments", section.count() as usize, limits::MAX_DATA_SEGMENTS, offset_of(section.range().start))?;
        entries_with_expressions(self.bytes, &section, |reader, offset| {
            let known = types::Known::new(&self.module.types, self.module.features);
            let mode = match read(reader.read_var_u32())? {
                1 => SegmentMode::Passive,
                kind @ (0 | 2) => active(kind == 2, reader, known)?,
                _ => return Err(DecodeError::malformed("malformed data segment kind", offset)),
            };
            let bytes = range_of(&read(reader.read_reader())?.range());
            self.module.data.push(DataSegment { mode, bytes, offset });
            Ok(())
        })
    }

    fn body(&mut self, range: Range<u32>) -> Result<(), DecodeError> {
        check_count("bytes in a function body", range.len(), limits::MAX_BODY_BYTES, range.start)?;
        self.module.bodies.push(range);
        Ok(())
    }

    fn custom(&mut self, section: &wasmparser::CustomSectionReader<'_>) {
        let bytes = section.data_offset()..section.data_offset() + section.data().len() as u64;
        self.module.customs.push(CustomSection { name: section.name().into(), bytes: range_of(&bytes) });
        if section.name() == "name" {
            let reader = BinaryReader::new(section.data(), section.data_offset());
            names::read(wasmparser::NameSectionReader::new(reader), &mut self.module.names);
        }
        if section.name() == hints::SECTION && self.module.bodies.is_empty() && !self.hinted {
            self.hinted = true;
            self.module.branch_hints = BranchHints::read(section);
        }
    }
}

/// The constant expression that comes next.
fn expression(reader: &mut BinaryReader<'_>, known: types::Known<'_>) -> Result<ConstExpr, DecodeError> {
    let offset = offset_of(reader.original_position());
    let rest = read(reader.clone().read_bytes(reader.bytes_remaining()))?;
    let mut operators = Reader::new(rest, offset);
    let expr = const_expr::read(&mut operators, known)?;
    read(reader.read_bytes((operators.offset() - offset) as usize))?;
    Ok(expr)
}

/// Where an active segment goes: to the first table or memory, or to one that is named first.
fn active(is_named: bool, reader: &mut BinaryReader<'_>, known: types::Known<'_>) -> Result<SegmentMode, DecodeError> {
    let target = if is_named { read(reader.read_var_u32())? } else { 0 };
    Ok(SegmentMode::Active { target, offset: expression(reader, known)? })
}

/// The type and the items of an element segment. Bit 2 of its flags says that items are expressions; where both others are 0, no type is given.
fn element_items(
    flags: u32,
    reader: &mut BinaryReader<'_>,
    offset: u32,
    known: types::Known<'_>,
) -> Result<(ValType, Elements), DecodeError> {
    let (is_typed, has_expressions) = (flags & 3 != 0, flags & 4 != 0);
    if has_expressions {
        let ty = if is_typed { read(reader.read())? } else { wasmparser::RefType::FUNCREF };
        let count = read(reader.read_var_u32())?;
        check_elements(count, offset)?;
        let ty = types::ref_type(ty, known, offset)?;
        let mut expressions = Vec::new();
        for _ in 0..count {
            expressions.push(expression(reader, known)?);
        }
        return Ok((ty, Elements::Expressions(expressions.into_boxed_slice())));
    }
    if is_typed && read(reader.read::<ExternalKind>())? != ExternalKind::Func {
        return Err(DecodeError::malformed("malformed element kind", offset));
    }
    let count = read(reader.read_var_u32())?;
    check_elements(count, offset)?;
    // A count that is too large for the bytes must not take memory.
    let mut functions = Vec::with_capacity((count as usize).min(reader.bytes_remaining()));
    for _ in 0..count {
        functions.push(read(reader.read_var_u32())?);
    }
    Ok((ValType::FUNCREF.non_null(), Elements::Functions(functions.into_boxed_slice())))
}

fn check_elements(count: u32, offset: u32) -> Result<(), DecodeError> {
    check_count("elements in a segment", count as usize, limits::MAX_TABLE_ELEMENTS as u32, offset)
}

/// The set of functions that `ref.func` may name in bodies: those that occur outside of bodies and of the start section.
///
/// Spec: Validation, Modules, references `refs` of the context.
fn declared_functions(module: &Module) -> Box<[u64]> {
    let mut set = Vec::new();
    let mut declare = |index: u32| {
        if (index as usize) < module.functions.len() {
            if set.is_empty() {
                set.resize(module.functions.len().div_ceil(64), 0u64);
            }
            set[index as usize / 64] |= 1 << (index % 64);
        }
    };
    let declare_in = |expr: &ConstExpr, declare: &mut dyn FnMut(u32)| {
        for (op, _) in &expr.ops {
            if let ConstOp::RefFunc(index) = op {
                declare(*index);
            }
        }
    };
    for global in &module.globals {
        declare_in(&global.init, &mut declare);
    }
    for table in &module.tables {
        if let Some(init) = &table.init {
            declare_in(init, &mut declare);
        }
    }
    for export in &module.exports {
        if let ExternIndex::Func(index) = export.item {
            declare(index);
        }
    }
    for segment in &module.elements {
        match &segment.items {
            Elements::Functions(items) => items.iter().for_each(|&index| declare(index)),
            Elements::Expressions(items) => items.iter().for_each(|expr| declare_in(expr, &mut declare)),
        }
    }
    set.into_boxed_slice()
}
