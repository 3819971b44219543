//! What instances share: a decoded module, the cells of its code, and its exports by name.
//!
//! Made by: `api` when it loads a module. Read by: `runtime`, `api`.

use alloc::{boxed::Box, vec::Vec};
use core::any::Any;

use crate::code::cell::ModuleCode;
use crate::decode::module::{Export, ExternIndex, Module};
use crate::util::sort::sort_by;

/// A loaded module.
pub struct ModuleInner {
    /// What it says.
    pub decoded: Module,
    /// Its code, as far as it is translated.
    pub code: ModuleCode,
    /// What the layer above keeps with the module: `runtime` may not name its types, and only carries it.
    pub extension: Box<dyn Any + Send + Sync>,
    /// Indices of the exports, in the order of their names.
    exports_by_name: Box<[u32]>,
}

impl core::fmt::Debug for ModuleInner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ModuleInner").field("name", &self.decoded.names.module).finish_non_exhaustive()
    }
}

impl ModuleInner {
    /// A module that validation has accepted.
    pub fn new(decoded: Module, code: ModuleCode, extension: Box<dyn Any + Send + Sync>) -> Self {
        let mut order: Vec<u32> = (0..decoded.exports.len() as u32).collect();
        sort_by(&mut order, |&a, &b| decoded.exports[a as usize].name.cmp(&decoded.exports[b as usize].name));
        Self { decoded, code, extension, exports_by_name: order.into_boxed_slice() }
    }

    /// The export of this name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        let at = self.exports_by_name.binary_search_by(|&export| (*self.decoded.exports[export as usize].name).cmp(name)).ok()?;
        Some(&self.decoded.exports[self.exports_by_name[at] as usize])
    }

    /// The index of an exported function.
    pub fn exported_function(&self, name: &str) -> Option<u32> {
        match self.export(name)?.item {
            ExternIndex::Func(index) => Some(index),
            _ => None,
        }
    }

    /// How many functions the module defines.
    pub fn defined_functions(&self) -> usize {
        self.decoded.functions.len() - self.decoded.imported_functions as usize
    }
}
