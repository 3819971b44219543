//! The rules for everything in a module but function bodies.
//!
//! Spec: Validation, Modules; Types; Constant Expressions. Called by: `api`. Calls: `decode::module`.

use alloc::{collections::BTreeSet, format};

use smallvec::SmallVec;

use crate::{
    decode::module::{ConstExpr, ConstOp, Elements, Export, ExternIndex, Global, ImportType, Module, SegmentMode},
    wasm::types::ValType,
};

use super::ValidateError;

/// Validates everything in a module but the bodies of its functions.
///
/// # Errors
/// The first rule that the module breaks.
pub fn module(module: &Module) -> Result<(), ValidateError> {
    let context = Context { module };
    context.imports()?;
    context.functions()?;
    context.tables_and_memories()?;
    context.tags()?;
    module.globals.iter().try_for_each(|global| context.global(global))?;
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
            if let Some(init) = &table.init {
                self.const_expr(init, table.ty.element)?;
            }
        }
        for memory in &self.module.memories {
            check(memory.ty.problem(), memory.offset)?;
        }
        Ok(())
    }

    fn global(&self, global: &Global) -> Result<(), ValidateError> {
        self.const_expr(&global.init, global.ty.content)
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
                if table.element != segment.ty {
                    return Err(ValidateError::mismatch(table.element, segment.ty, segment.offset));
                }
                self.const_expr(offset, table.address_type())?;
            }
            match &segment.items {
                Elements::Functions(items) => items.iter().try_for_each(|&index| self.function(index, segment.offset))?,
                Elements::Expressions(items) => items.iter().try_for_each(|expr| self.const_expr(expr, segment.ty))?,
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
                self.const_expr(offset, memory.address_type())?;
            }
        }
        Ok(())
    }

    /// A constant expression must give one value of a type. Spec: Validation, Constant Expressions; the proposal Extended Constant Expressions.
    fn const_expr(&self, expr: &ConstExpr, expected: ValType) -> Result<(), ValidateError> {
        let mut operands = SmallVec::<[ValType; 4]>::new();
        for &(op, offset) in &expr.ops {
            match op {
                ConstOp::I32(_) => operands.push(ValType::I32),
                ConstOp::I64(_) => operands.push(ValType::I64),
                ConstOp::F32(_) => operands.push(ValType::F32),
                ConstOp::F64(_) => operands.push(ValType::F64),
                ConstOp::RefNull(heap) => operands.push(ValType::reference(heap, true)),
                ConstOp::RefFunc(index) => {
                    self.function(index, offset)?;
                    operands.push(ValType::FUNCREF);
                }
                ConstOp::GlobalGet(index) => operands.push(self.constant_global(index, offset)?),
                ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => binary(&mut operands, ValType::I32, offset)?,
                ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => binary(&mut operands, ValType::I64, offset)?,
            }
        }
        match operands[..] {
            [found] if found == expected => Ok(()),
            [found] => Err(ValidateError::mismatch(expected, found, expr.end)),
            _ => {
                let message = format!("type mismatch: expected one value of type {expected}, found {} values", operands.len());
                Err(ValidateError::invalid(message, expr.end))
            }
        }
    }

    /// The type of a global that constant expressions may read: imported and immutable.
    fn constant_global(&self, index: u32, offset: u32) -> Result<ValType, ValidateError> {
        match self.module.global_types.get(index as usize) {
            Some(_) if index as usize >= self.module.imported_globals() => {
                Err(ValidateError::invalid(format!("unknown global {index}: only imported globals are constant"), offset))
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
