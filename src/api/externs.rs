//! Things that are imported and exported.

use super::context::AsContext;
use super::error::Error;
use super::func::Func;
use super::global::Global;
use super::memory::Memory;
use super::module::ExternType;
use super::shared_memory::SharedMemory;
use super::table::Table;
use super::tag::Tag;
use crate::runtime::store::{ExternId, StoreInner};

/// Something that can be imported or exported: a handle into a store.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory that is not shared.
    Memory(Memory),
    /// A shared memory.
    SharedMemory(SharedMemory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

impl Extern {
    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        match self {
            Self::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        match self {
            Self::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The memory, if it is a shared one.
    pub fn into_shared_memory(self) -> Option<SharedMemory> {
        match self {
            Self::SharedMemory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        match self {
            Self::Global(global) => Some(global),
            _ => None,
        }
    }

    /// The tag, if it is one.
    pub fn into_tag(self) -> Option<Tag> {
        match self {
            Self::Tag(tag) => Some(tag),
            _ => None,
        }
    }

    /// Its type; tables and memories with their present sizes.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Self::Func(func) => ExternType::Func(func.ty(store)),
            Self::Table(table) => ExternType::Table(table.ty(store)),
            Self::Memory(memory) => ExternType::Memory(memory.ty(store)),
            Self::SharedMemory(memory) => ExternType::Memory(memory.ty()),
            Self::Global(global) => ExternType::Global(global.ty(store)),
            Self::Tag(tag) => ExternType::Tag(tag.ty(store)),
        }
    }

    /// Its id in a store.
    pub(crate) fn id(&self, store: &mut StoreInner) -> Result<ExternId, Error> {
        Ok(match self {
            Self::Func(func) => ExternId::Func(func.id(store)?),
            Self::Table(table) => ExternId::Table(table.number(store)?),
            Self::Memory(memory) => ExternId::Memory(memory.number(store)?),
            Self::SharedMemory(memory) => {
                let number = store.add_shared_memory(memory.block());
                ExternId::Memory(number.ok_or_else(|| Error::limit("the store has no number left for a memory"))?)
            }
            Self::Global(global) => ExternId::Global(global.id(store)?),
            Self::Tag(tag) => ExternId::Tag(tag.number(store)?),
        })
    }

    /// A handle by its id.
    pub(crate) fn from_id(store: &StoreInner, id: ExternId) -> Self {
        match id {
            ExternId::Func(id) => Self::Func(Func::from_id(store, id)),
            ExternId::Table(number) => Self::Table(Table::from_number(store, number)),
            ExternId::Memory(number) => match store.memory(number).and_then(|memory| memory.shared()) {
                Some(block) => Self::SharedMemory(SharedMemory::from_block(block.clone())),
                None => Self::Memory(Memory::from_number(store, number)),
            },
            ExternId::Global(id) => Self::Global(Global::from_id(store, id)),
            ExternId::Tag(number) => Self::Tag(Tag::from_number(store, number)),
        }
    }
}

macro_rules! into_extern {
    ($($kind:ident)*) => {
        $(impl From<$kind> for Extern {
            fn from(item: $kind) -> Self {
                Self::$kind(item)
            }
        })*
    };
}
into_extern! { Func Table Memory SharedMemory Global Tag }
