//! The rules for everything in a module but function bodies.
//!
//! Spec: Validation, Modules; Types; Constant Expressions. Called by: `api`. Calls: `decode::module`.

use alloc::{collections::BTreeSet, format, vec::Vec};

use smallvec::SmallVec;

use crate::{
    decode::module::{ConstExpr, ConstOp, Elements, Export, ExternIndex, Global, ImportType, Module, SegmentMode},
    util::sort::sort_by,
    wasm::{
        features::Proposal,
        matching::Matching,
        types::{HeapType, ValType},
    },
};

use super::ValidateError;

/// Validates everything in a module but the bodies of its functions.
///
/// # Errors
/// The first rule that the module breaks.
pub fn module(module: &Module) -> Result<(), ValidateError> {
    let context = Context { module };
    context.types()?;
    context.imports()?;
    context.functions()?;
    context.tables_and_memories()?;
    context.tags()?;
    context.globals()?;
    context.exports()?;
    context.start()?;
    context.elements()?;
    context.data()
}

/// The module as the context of its rules.
struct Context<'m> {
    module: &'m Module,
}

impl Context<'_> {
    /// Declared supertypes must be open, and their subtypes match them. Spec: Validation, Recursive Types.
    fn types(&self) -> Result<(), ValidateError> {
        let module = self.module;
        if module.subtypes.is_empty() {
            return Ok(());
        }
        let mut by_id: Vec<_> = module.types.iter().map(|(id, ty)| (*id, ty)).collect();
        sort_by(&mut by_id, |a, b| a.0.cmp(&b.0));
        for (range, offset) in &module.subtypes {
            for index in range.clone() {
                let Some((_, ty)) = module.types.get(index as usize) else { continue };
                let Some(id) = ty.supertype.and_then(HeapType::as_defined) else { continue };
                let Ok(at) = by_id.binary_search_by_key(&id, |known| known.0) else {
                    return Err(ValidateError::unknown("type", id.0, *offset));
                };
                let parent = by_id[at].1;
                if parent.is_final {
                    return Err(ValidateError::invalid(format!("sub type: type {index} is declared below a final type"), *offset));
                }
                if !module.known_types.composite_matches(&ty.composite, &parent.composite) {
                    return Err(ValidateError::invalid(format!("sub type: type {index} does not match its supertype"), *offset));
                }
            }
        }
        Ok(())
    }

    fn imports(&self) -> Result<(), ValidateError> {
        for import in &self.module.imports {
            match import.ty {
                ImportType::Func(type_index) => self.func_type(type_index, import.offset)?,
                ImportType::Table(ty) => check(ty.problem(), import.offset)?,
                ImportType::Memory(ty) => check(ty.problem(), import.offset)?,
                ImportType::Global(_) => {}
                ImportType::Tag(type_index) => self.tag_type(type_index, import.offset)?,
            }
        }
        Ok(())
    }

    /// A function type must exist at a type index.
    fn func_type(&self, type_index: u32, offset: u32) -> Result<(), ValidateError> {
        match self.module.func_type(type_index) {
            Some(_) => Ok(()),
            None => Err(ValidateError::unknown("type", type_index, offset)),
        }
    }

    /// The type of a tag is that of a function without results.
    fn tag_type(&self, type_index: u32, offset: u32) -> Result<(), ValidateError> {
        self.func_type(type_index, offset)?;
        match self.module.func_type(type_index) {
            Some((_, ty)) if !ty.results().is_empty() => {
                Err(ValidateError::invalid(format!("non-empty tag result type: a tag has type {ty}"), offset))
            }
            _ => Ok(()),
        }
    }

    fn tags(&self) -> Result<(), ValidateError> {
        let defined = self.module.tags.iter().skip(self.module.imported_tags as usize);
        defined.into_iter().try_for_each(|&(type_index, offset)| self.tag_type(type_index, offset))
    }

    fn functions(&self) -> Result<(), ValidateError> {
        let defined = self.module.functions.iter().skip(self.module.imported_functions as usize);
        for (&type_index, body) in defined.zip(&self.module.bodies) {
            self.func_type(type_index, body.start)?;
        }
        Ok(())
    }

    fn tables_and_memories(&self) -> Result<(), ValidateError> {
        for table in &self.module.tables {
            check(table.ty.problem(), table.offset)?;
            match &table.init {
                Some(init) => self.const_expr(init, table.ty.element, self.module.imported_globals())?,
                None if table.ty.element.is_defaultable() => {}
                None => {
                    let message = format!("type mismatch: a table of {} needs an initial element", table.ty.element);
                    return Err(ValidateError::invalid(message, table.offset));
                }
            }
        }
        for memory in &self.module.memories {
            check(memory.ty.problem(), memory.offset)?;
        }
        Ok(())
    }

    fn globals(&self) -> Result<(), ValidateError> {
        let imported = self.module.imported_globals();
        (imported..).zip(&self.module.globals).try_for_each(|(index, global): (usize, &Global)| {
            // With garbage collection, globals that come before are constant too.
            self.const_expr(&global.init, global.ty.content, index)
        })
    }

    /// Whether one type matches another.
    fn matches(&self, found: ValType, expected: ValType) -> bool {
        self.module.known_types.matches(found, expected)
    }

    fn exports(&self) -> Result<(), ValidateError> {
        let mut names = BTreeSet::new();
        for export in &self.module.exports {
            self.export(export)?;
            if !names.insert(&*export.name) {
                return Err(ValidateError::invalid(format!("duplicate export name {:?}", export.name), export.offset));
            }
        }
        Ok(())
    }

    fn export(&self, export: &Export) -> Result<(), ValidateError> {
        let module = self.module;
        let (what, index, count) = match export.item {
            ExternIndex::Func(index) => ("function", index, module.functions.len()),
            ExternIndex::Table(index) => ("table", index, module.table_types.len()),
            ExternIndex::Memory(index) => ("memory", index, module.memory_types.len()),
            ExternIndex::Global(index) => ("global", index, module.global_types.len()),
            ExternIndex::Tag(index) => ("tag", index, module.tags.len()),
        };
        if (index as usize) < count { Ok(()) } else { Err(ValidateError::unknown(what, index, export.offset)) }
    }

    fn start(&self) -> Result<(), ValidateError> {
        let Some((index, offset)) = self.module.start else { return Ok(()) };
        let Some(&type_index) = self.module.functions.get(index as usize) else {
            return Err(ValidateError::unknown("function", index, offset));
        };
        match self.module.func_type(type_index) {
            Some((_, ty)) if ty.params().is_empty() && ty.results().is_empty() => Ok(()),
            Some((_, ty)) => Err(ValidateError::invalid(format!("start function must have type [] -> [], not {ty}"), offset)),
            None => Err(ValidateError::unknown("type", type_index, offset)),
        }
    }

    fn elements(&self) -> Result<(), ValidateError> {
        for segment in &self.module.elements {
            if let SegmentMode::Active { target, offset } = &segment.mode {
                let Some(table) = self.module.table_types.get(*target as usize) else {
                    return Err(ValidateError::unknown("table", *target, segment.offset));
                };
                if !self.matches(segment.ty, table.element) {
                    return Err(ValidateError::mismatch(table.element, segment.ty, segment.offset));
                }
                self.const_expr(offset, table.address_type(), usize::MAX)?;
            }
            match &segment.items {
                Elements::Functions(items) => items.iter().try_for_each(|&index| self.function(index, segment.offset))?,
                Elements::Expressions(items) => items.iter().try_for_each(|expr| self.const_expr(expr, segment.ty, usize::MAX))?,
            }
        }
        Ok(())
    }

    /// A function must exist.
    fn function(&self, index: u32, offset: u32) -> Result<(), ValidateError> {
        if (index as usize) < self.module.functions.len() { Ok(()) } else { Err(ValidateError::unknown("function", index, offset)) }
    }

    fn data(&self) -> Result<(), ValidateError> {
        for segment in &self.module.data {
            if let SegmentMode::Active { target, offset } = &segment.mode {
                let Some(memory) = self.module.memory_types.get(*target as usize) else {
                    return Err(ValidateError::unknown("memory", *target, segment.offset));
                };
                self.const_expr(offset, memory.address_type(), usize::MAX)?;
            }
        }
        Ok(())
    }

    /// A constant expression must give one value of a type. Spec: Validation, Constant Expressions; the proposal Extended Constant Expressions.
    /// It may read globals of lower indices than `globals`.
    fn const_expr(&self, expr: &ConstExpr, expected: ValType, globals: usize) -> Result<(), ValidateError> {
        let mut operands = SmallVec::<[ValType; 4]>::new();
        for &(op, offset) in &expr.ops {
            match op {
                ConstOp::I32(_) => operands.push(ValType::I32),
                ConstOp::I64(_) => operands.push(ValType::I64),
                ConstOp::F32(_) => operands.push(ValType::F32),
                ConstOp::F64(_) => operands.push(ValType::F64),
                ConstOp::V128(_) => operands.push(ValType::V128),
                ConstOp::RefNull(heap) => operands.push(ValType::reference(heap, true)),
                ConstOp::RefFunc(index) => {
                    let ty = self.module.function_reference(index);
                    operands.push(ty.ok_or_else(|| ValidateError::unknown("function", index, offset))?);
                }
                ConstOp::GlobalGet(index) => operands.push(self.constant_global(index, globals, offset)?),
                ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => binary(&mut operands, ValType::I32, offset)?,
                ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => binary(&mut operands, ValType::I64, offset)?,
                _ => self.const_reference(op, &mut operands, offset)?,
            }
        }
        match operands[..] {
            [found] if self.matches(found, expected) => Ok(()),
            [found] => Err(ValidateError::mismatch(expected, found, expr.end)),
            _ => {
                let message = format!("type mismatch: expected one value of type {expected}, found {} values", operands.len());
                Err(ValidateError::invalid(message, expr.end))
            }
        }
    }

    /// Constant operators on structures, arrays and other references.
    fn const_reference(&self, op: ConstOp, operands: &mut SmallVec<[ValType; 4]>, offset: u32) -> Result<(), ValidateError> {
        let unknown = |index| ValidateError::invalid(format!("unknown type {index} of this kind"), offset);
        let defaultable = |ty: ValType| {
            let message = || format!("type mismatch: type {ty} has no default value");
            if ty.is_defaultable() { Ok(()) } else { Err(ValidateError::invalid(message(), offset)) }
        };
        let mut pop = |expected: ValType| match operands.pop() {
            Some(found) if self.matches(found, expected) => Ok(found),
            Some(found) => Err(ValidateError::mismatch(expected, found, offset)),
            None => Err(ValidateError::invalid(format!("type mismatch: expected {expected}, found nothing"), offset)),
        };
        let result = match op {
            ConstOp::StructNew(index) | ConstOp::StructNewDefault(index) => {
                let (id, fields) = self.module.struct_type(index).ok_or_else(|| unknown(index))?;
                for field in fields.iter().rev() {
                    let ty = field.storage.unpacked();
                    if matches!(op, ConstOp::StructNew(_)) { pop(ty).map(drop)? } else { defaultable(ty)? }
                }
                ValType::reference(HeapType::defined(id), false)
            }
            ConstOp::ArrayNew(index) | ConstOp::ArrayNewDefault(index) | ConstOp::ArrayNewFixed(index, _) => {
                let (id, element) = self.module.array_type(index).ok_or_else(|| unknown(index))?;
                let ty = element.storage.unpacked();
                if !matches!(op, ConstOp::ArrayNewFixed(..)) {
                    pop(ValType::I32)?;
                }
                let elements = match op {
                    ConstOp::ArrayNewFixed(_, count) => count,
                    ConstOp::ArrayNewDefault(_) => defaultable(ty).map(|()| 0)?,
                    _ => 1,
                };
                for _ in 0..elements {
                    pop(ty)?;
                }
                ValType::reference(HeapType::defined(id), false)
            }
            ConstOp::RefI31 => pop(ValType::I32).map(|_| ValType::reference(HeapType::I31, false))?,
            ConstOp::AnyConvertExtern => {
                let found = pop(ValType::EXTERNREF)?;
                ValType::reference(HeapType::ANY, found.is_nullable())
            }
            _ => {
                let found = pop(ValType::ANYREF)?;
                ValType::reference(HeapType::EXTERN, found.is_nullable())
            }
        };
        operands.push(result);
        Ok(())
    }

    /// The type of a global that constant expressions may read: immutable, and imported; with garbage collection, one below `globals`.
    fn constant_global(&self, index: u32, globals: usize, offset: u32) -> Result<ValType, ValidateError> {
        let known = if self.module.features.has(Proposal::Gc) { globals } else { self.module.imported_globals() };
        match self.module.global_types.get(index as usize) {
            Some(_) if index as usize >= known => {
                Err(ValidateError::invalid(format!("unknown global {index}: it is not constant yet"), offset))
            }
            Some(ty) if ty.mutable => {
                Err(ValidateError::invalid(format!("constant expression required: global {index} is mutable"), offset))
            }
            Some(ty) => Ok(ty.content),
            None => Err(ValidateError::unknown("global", index, offset)),
        }
    }
}

/// Two operands of a type give a result of that type.
fn binary(operands: &mut SmallVec<[ValType; 4]>, ty: ValType, offset: u32) -> Result<(), ValidateError> {
    match operands[..] {
        [.., a, b] if a == ty && b == ty => {
            operands.pop();
            Ok(())
        }
        [.., a, b] => Err(ValidateError::mismatch(ty, if b == ty { a } else { b }, offset)),
        _ => Err(ValidateError::invalid(format!("type mismatch: expected two operands of type {ty}"), offset)),
    }
}

/// A type must break no rule.
fn check(problem: Option<&'static str>, offset: u32) -> Result<(), ValidateError> {
    problem.map_or(Ok(()), |problem| Err(ValidateError::invalid(problem, offset)))
}
