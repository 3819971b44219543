//! A decoded module: what its sections say, with types already canonical.
//!
//! Spec: Structure, Modules. Made by: `decode::decode`. Read by: `validate`, `translate`, `runtime`, `api`.
//!
//! # Invariants
//! M1. Every [`ValType`] in it is canonical in the registry that it was decoded with.
//! M2. `bodies[i]` is the body of defined function `i` (local declarations first), as a byte range of what was decoded.
//! M3. Index spaces start with the imports, in the order of the import section.
//! Indices inside may be out of bounds until `validate::module` has accepted it.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;

use super::hints::BranchHints;
use crate::wasm::features::Features;
use crate::wasm::matching::KnownTypes;
use crate::wasm::types::{CompositeType, FieldType, GlobalType, HeapType, MemoryType, SubType, TableType, TypeId, ValType};

/// What an import or export is, by index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExternIndex {
    /// A function index.
    Func(u32),
    /// A table index.
    Table(u32),
    /// A memory index.
    Memory(u32),
    /// A global index.
    Global(u32),
    /// A tag index.
    Tag(u32),
}

/// The declared type of an import; functions and tags by type index of the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportType {
    /// A function of this type index.
    Func(u32),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag of this type index.
    Tag(u32),
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Name of the module that it comes from.
    pub module: Box<str>,
    /// Its name there.
    pub name: Box<str>,
    /// What it must be.
    pub ty: ImportType,
    /// Byte offset of the import in the module.
    pub offset: u32,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: Box<str>,
    /// What it is.
    pub item: ExternIndex,
    /// Byte offset of the export in the module.
    pub offset: u32,
}

/// An instruction of a constant expression.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ConstOp {
    /// `i32.const`
    I32(i32),
    /// `i64.const`
    I64(i64),
    /// `f32.const`, by its bits.
    F32(u32),
    /// `f64.const`, by its bits.
    F64(u64),
    /// `v128.const`, by its bytes.
    V128([u8; 16]),
    /// `global.get`
    GlobalGet(u32),
    /// `ref.null`
    RefNull(HeapType),
    /// `ref.func`
    RefFunc(u32),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
    /// `struct.new`, of the type at a type index.
    StructNew(u32),
    /// `struct.new_default`
    StructNewDefault(u32),
    /// `array.new`
    ArrayNew(u32),
    /// `array.new_default`
    ArrayNewDefault(u32),
    /// `array.new_fixed`: type index, number of elements.
    ArrayNewFixed(u32, u32),
    /// `ref.i31`
    RefI31,
    /// `any.convert_extern`
    AnyConvertExtern,
    /// `extern.convert_any`
    ExternConvertAny,
}

impl ConstOp {
    /// Whether it makes an object, so that each evaluation gives another value.
    pub const fn allocates(self) -> bool {
        matches!(
            self,
            Self::StructNew(_) | Self::StructNewDefault(_) | Self::ArrayNew(_) | Self::ArrayNewDefault(_) | Self::ArrayNewFixed(..)
        )
    }
}

/// A constant expression, in order, without its `end`; operators carry their byte offsets.
#[derive(Clone, Debug, Default)]
pub struct ConstExpr {
    /// Operators with the offsets at which they start.
    pub ops: SmallVec<[(ConstOp, u32); 1]>,
    /// Byte offset of the `end`.
    pub end: u32,
}

/// A table that the module defines.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its type.
    pub ty: TableType,
    /// What its elements start as; null without it.
    pub init: Option<ConstExpr>,
    /// Byte offset of the definition.
    pub offset: u32,
}

/// A memory that the module defines.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Its type.
    pub ty: MemoryType,
    /// Byte offset of the definition.
    pub offset: u32,
}

/// A global that the module defines.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its type.
    pub ty: GlobalType,
    /// What it starts as.
    pub init: ConstExpr,
    /// Byte offset of the definition.
    pub offset: u32,
}

/// When and where a segment is copied.
#[derive(Clone, Debug)]
pub enum SegmentMode {
    /// On instantiation, to this table or memory at this offset.
    Active {
        /// Table or memory index.
        target: u32,
        /// Where the copy starts.
        offset: ConstExpr,
    },
    /// By `table.init` or `memory.init`.
    Passive,
    /// Never; it only declares function references.
    Declarative,
}

/// The elements of a segment.
#[derive(Clone, Debug)]
pub enum Elements {
    /// Function indices.
    Functions(Box<[u32]>),
    /// One constant expression for each element.
    Expressions(Box<[ConstExpr]>),
}

impl Elements {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Functions(items) => items.len(),
            Self::Expressions(items) => items.len(),
        }
    }

    /// Whether some of them make objects, which must be made once.
    pub fn allocate(&self) -> bool {
        match self {
            Self::Functions(_) => false,
            Self::Expressions(items) => items.iter().any(|item| item.ops.iter().any(|(op, _)| op.allocates())),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// The type of its elements.
    pub ty: ValType,
    /// When and where it is copied.
    pub mode: SegmentMode,
    /// The elements.
    pub items: Elements,
    /// Byte offset of the segment.
    pub offset: u32,
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment {
    /// When and where it is copied.
    pub mode: SegmentMode,
    /// Its bytes, as a range of the module's.
    pub bytes: Range<u32>,
    /// Byte offset of the segment.
    pub offset: u32,
}

/// A custom section.
#[derive(Clone, Debug)]
pub struct CustomSection {
    /// Its name.
    pub name: Box<str>,
    /// Its bytes after the name, as a range of the module's.
    pub bytes: Range<u32>,
}

/// A decoded module.
#[derive(Debug, Default)]
pub struct Module {
    /// The whole binary, if the module is kept; empty until then, so that a module that is only validated costs no copy. It may lie in memory
    /// that the embedder handed over, or in the middle of an archive.
    pub bytes: Bytes,
    /// The proposals that it may use.
    pub features: Features,
    /// Canonical id and shape of each type index.
    pub types: Vec<(TypeId, Arc<SubType>)>,
    /// What matching needs of these types.
    pub known_types: KnownTypes,
    /// Type indices of the recursion groups in which supertypes are declared, and the groups' offsets.
    pub subtypes: Vec<(Range<u32>, u32)>,
    /// The imports, in order.
    pub imports: Vec<Import>,
    /// The type index of each function; imports first.
    pub functions: Vec<u32>,
    /// How many functions are imported.
    pub imported_functions: u32,
    /// The type of each table; imports first.
    pub table_types: Vec<TableType>,
    /// The type of each memory; imports first.
    pub memory_types: Vec<MemoryType>,
    /// The type of each global; imports first.
    pub global_types: Vec<GlobalType>,
    /// The type index of each tag, with the offset at which it is declared; imports first.
    pub tags: Vec<(u32, u32)>,
    /// How many tags are imported.
    pub imported_tags: u32,
    /// Tables that the module defines.
    pub tables: Vec<Table>,
    /// Memories that the module defines.
    pub memories: Vec<Memory>,
    /// Globals that the module defines.
    pub globals: Vec<Global>,
    /// The exports, in order.
    pub exports: Vec<Export>,
    /// The start function and the offset at which it is named.
    pub start: Option<(u32, u32)>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// What the data count section says, if there is one.
    pub data_count: Option<u32>,
    /// Data segments.
    pub data: Vec<DataSegment>,
    /// Byte ranges of the bodies of defined functions (invariant M2).
    pub bodies: Vec<Range<u32>>,
    /// Custom sections, in order.
    pub customs: Vec<CustomSection>,
    /// Names from the name section; empty where it is missing or malformed.
    pub names: Names,
    /// Which way branches are expected to go; none where nothing is said, or nothing well-formed.
    pub branch_hints: BranchHints,
    /// Bit set of the functions that occur outside of bodies and of the start section; empty if none does.
    pub(super) declared: Box<[u64]>,
}

/// What the name section says.
#[derive(Debug, Default)]
pub struct Names {
    /// The module's name.
    pub module: Option<String>,
    /// Function names, sorted by index.
    pub functions: Vec<(u32, Box<str>)>,
}

impl Names {
    /// The name of a function.
    pub fn function(&self, index: u32) -> Option<&str> {
        let at = self.functions.binary_search_by_key(&index, |entry| entry.0).ok()?;
        Some(&self.functions[at].1)
    }
}

impl Module {
    /// Whether the function occurs outside of bodies and of the start section, so that `ref.func` may name it in bodies.
    pub fn is_declared(&self, func: u32) -> bool {
        self.declared.get(func as usize / 64).is_some_and(|word| word >> (func % 64) & 1 != 0)
    }

    /// How many globals are imported.
    pub fn imported_globals(&self) -> usize {
        self.global_types.len() - self.globals.len()
    }

    /// Canonical id and type of a tag: its parameters are the payload. `None` where there is no such tag, or none with a function type.
    pub fn tag_type(&self, tag: u32) -> Option<(TypeId, &crate::wasm::types::FuncType)> {
        self.func_type(self.tags.get(tag as usize)?.0)
    }

    /// A heap type as operators name it, with its type index made canonical; `None` if there is no such type.
    pub fn heap_type(&self, heap: HeapType) -> Option<HeapType> {
        match heap.as_indexed() {
            Some(index) => self.types.get(index as usize).map(|(id, _)| HeapType::defined(*id)),
            None => Some(heap),
        }
    }

    /// A value type as operators name it, with its type index made canonical; `None` if there is no such type.
    pub fn val_type(&self, ty: ValType) -> Option<ValType> {
        match ty.heap_type() {
            Some(heap) => Some(ValType::reference(self.heap_type(heap)?, ty.is_nullable())),
            None => Some(ty),
        }
    }

    /// Canonical id and fields of the structure type at a type index; `None` where there is none.
    pub fn struct_type(&self, type_index: u32) -> Option<(TypeId, &[FieldType])> {
        let (id, ty) = self.types.get(type_index as usize)?;
        match &ty.composite {
            CompositeType::Struct(fields) => Some((*id, fields)),
            _ => None,
        }
    }

    /// Canonical id and elements of the array type at a type index; `None` where there is none.
    pub fn array_type(&self, type_index: u32) -> Option<(TypeId, FieldType)> {
        let (id, ty) = self.types.get(type_index as usize)?;
        match ty.composite {
            CompositeType::Array(element) => Some((*id, element)),
            _ => None,
        }
    }

    /// The type of references to a function, by index; `None` if there is no such function.
    pub fn function_reference(&self, index: u32) -> Option<ValType> {
        let (id, _) = self.types.get(*self.functions.get(index as usize)? as usize)?;
        Some(ValType::reference(HeapType::defined(*id), false))
    }

    /// The bytes of a range of the module.
    pub fn slice(&self, range: &Range<u32>) -> &[u8] {
        &self.bytes[range.start as usize..range.end as usize]
    }

    /// Canonical id and type of the function type at a type index; `None` where there is no function type.
    pub fn func_type(&self, type_index: u32) -> Option<(TypeId, &crate::wasm::types::FuncType)> {
        let (id, ty) = self.types.get(type_index as usize)?;
        match &ty.composite {
            CompositeType::Func(ty) => Some((*id, ty)),
            _ => None,
        }
    }
}
