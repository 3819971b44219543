//! Operators that are rare, out of the way of others: each is read and turned into its effect on the operand stack.
//!
//! Called by: `validate::body`.

use crate::{
    decode::{
        module::Module,
        operators::{MemArg, PREFIX_FC, PREFIX_FD, PREFIX_FE, ReadError, Reader},
    },
    wasm::{
        features::Proposal,
        opcodes::{Immediates, Opcode, Signature},
        types::{HeapType, MemoryType, ValType},
    },
};

use super::{BodySink, body::Body, error::Fault, operands::MARK};

/// What a rare operator does to the operand stack; [`MARK`] stands for no operand and no result.
pub(super) struct Effect {
    /// Operands, the last on top.
    pub(super) pops: [ValType; 4],
    /// Results, the last on top.
    pub(super) pushes: [ValType; 2],
}

impl Effect {
    /// These operands and results, of which there are no more than fit.
    fn new(pops: &[ValType], pushes: &[ValType]) -> Self {
        let mut effect = Self { pops: [MARK; 4], pushes: [MARK; 2] };
        effect.pops.iter_mut().zip(pops).for_each(|(place, &ty)| *place = ty);
        effect.pushes.iter_mut().zip(pushes).for_each(|(place, &ty)| *place = ty);
        effect
    }
}

/// The type of a length that two address types can name.
fn length_type(target: ValType, source: ValType) -> ValType {
    if target == source { target } else { ValType::I32 }
}

impl<'a, S: BodySink> Body<'a, S> {
    /// Reads a rare operator whose first byte has been read.
    #[inline(never)]
    pub(super) fn rare(&self, reader: &mut Reader<'a>, byte: u8) -> Result<Effect, Fault> {
        let opcode = match byte {
            PREFIX_FC | PREFIX_FD | PREFIX_FE => reader.sub_opcode(byte)?,
            _ => Reader::one_byte_opcode(byte)?,
        };
        self.require(opcode.proposal())?;
        Ok(match opcode {
            Opcode::SelectTyped => {
                if reader.u32()? != 1 {
                    return Err(Fault::SelectArity);
                }
                let ty = known_type(self.module, reader.val_type()?)?;
                Effect::new(&[ty, ty, ValType::I32], &[ty])
            }
            Opcode::RefNull => {
                let ty = ValType::reference(reader.heap_type()?, true);
                Effect::new(&[], &[known_type(self.module, ty)?])
            }
            Opcode::RefFunc => {
                let index = reader.u32()?;
                let ty = self.module.function_reference(index).ok_or(Fault::Unknown("function", index))?;
                if !self.module.is_declared(index) {
                    return Err(Fault::UndeclaredFunction(index));
                }
                Effect::new(&[], &[ty])
            }
            Opcode::MemorySize | Opcode::MemoryGrow | Opcode::MemoryInit | Opcode::DataDrop | Opcode::MemoryCopy | Opcode::MemoryFill => {
                self.memory_operator(opcode, reader)?
            }
            Opcode::TableGet
            | Opcode::TableSet
            | Opcode::TableInit
            | Opcode::ElemDrop
            | Opcode::TableCopy
            | Opcode::TableGrow
            | Opcode::TableSize
            | Opcode::TableFill => self.table_operator(opcode, reader)?,
            Opcode::AtomicFence => {
                reader.zero_byte()?;
                Effect::new(&[], &[])
            }
            atomic if atomic.proposal() == Proposal::Threads => self.atomic(atomic, reader)?,
            fixed => {
                let address = self.immediates(reader, fixed.immediates())?;
                let Signature::Fixed(operands, results) = fixed.signature() else { return Err(Fault::Read(ReadError::IllegalOpcode)) };
                let mut effect = Effect::new(operands, results);
                if let Some(address) = address {
                    effect.pops[0] = address;
                }
                effect
            }
        })
    }

    /// Reads and checks the immediates of an operator of fixed type; gives the type of its address, if it has one.
    fn immediates(&self, reader: &mut Reader<'a>, immediates: Immediates) -> Result<Option<ValType>, Fault> {
        let lane = |reader: &mut Reader<'a>, lanes: u8| match reader.byte()? {
            lane if lane < lanes => Ok(()),
            lane => Err(Fault::Lane { lane, lanes }),
        };
        match immediates {
            Immediates::MemArg(natural) => return self.access(reader.mem_arg()?, natural).map(Some),
            Immediates::MemArgLane(natural) => {
                let address = self.access(reader.mem_arg()?, natural)?;
                lane(reader, 16 >> natural)?;
                return Ok(Some(address));
            }
            Immediates::Lane(lanes) => lane(reader, lanes)?,
            Immediates::Lanes => {
                if let Some(lane) = reader.bytes_16()?.into_iter().find(|&lane| lane >= 32) {
                    return Err(Fault::Lane { lane, lanes: 32 });
                }
            }
            other => reader.skip(other)?,
        }
        Ok(None)
    }

    /// Refuses what a proposal brought if the module may not use it.
    pub(super) fn require(&self, proposal: Proposal) -> Result<(), Fault> {
        if self.module.features.has(proposal) { Ok(()) } else { Err(Fault::Read(ReadError::Unsupported(proposal))) }
    }

    /// An operator on whole memories or data segments.
    fn memory_operator(&self, opcode: Opcode, reader: &mut Reader<'a>) -> Result<Effect, Fault> {
        let i32 = ValType::I32;
        Ok(match opcode {
            Opcode::MemorySize => Effect::new(&[], &[self.memory(reader.u32()?)?.address_type()]),
            Opcode::MemoryGrow => {
                let address = self.memory(reader.u32()?)?.address_type();
                Effect::new(&[address], &[address])
            }
            Opcode::MemoryInit => {
                let segment = reader.u32()?;
                let address = self.memory(reader.u32()?)?.address_type();
                self.check_data(segment)?;
                Effect::new(&[address, i32, i32], &[])
            }
            Opcode::MemoryCopy => {
                let target = self.memory(reader.u32()?)?.address_type();
                let source = self.memory(reader.u32()?)?.address_type();
                Effect::new(&[target, source, length_type(target, source)], &[])
            }
            Opcode::MemoryFill => {
                let address = self.memory(reader.u32()?)?.address_type();
                Effect::new(&[address, i32, address], &[])
            }
            _ => {
                self.check_data(reader.u32()?)?;
                Effect::new(&[], &[])
            }
        })
    }

    /// An operator on tables or element segments.
    fn table_operator(&self, opcode: Opcode, reader: &mut Reader<'a>) -> Result<Effect, Fault> {
        let i32 = ValType::I32;
        if let Opcode::TableInit | Opcode::ElemDrop = opcode {
            let found = self.element_segment(reader.u32()?)?;
            if opcode == Opcode::ElemDrop {
                return Ok(Effect::new(&[], &[]));
            }
            let table = self.table(reader.u32()?)?;
            self.check_elements(found, table.element)?;
            return Ok(Effect::new(&[table.address_type(), i32, i32], &[]));
        }
        let table = self.table(reader.u32()?)?;
        let (element, index) = (table.element, table.address_type());
        Ok(match opcode {
            Opcode::TableGet => Effect::new(&[index], &[element]),
            Opcode::TableSet => Effect::new(&[index, element], &[]),
            Opcode::TableGrow => Effect::new(&[element, index], &[index]),
            Opcode::TableSize => Effect::new(&[], &[index]),
            Opcode::TableFill => Effect::new(&[index, element, index], &[]),
            _ => {
                let source = self.table_of(reader.u32()?, element)?.address_type();
                Effect::new(&[index, source, length_type(index, source)], &[])
            }
        })
    }

    /// A memory.
    fn memory(&self, index: u32) -> Result<&'a MemoryType, Fault> {
        if index != 0 {
            self.require(Proposal::MultiMemory)?;
        }
        self.module.memory_types.get(index as usize).ok_or(Fault::Unknown("memory", index))
    }

    /// An atomic access to memory.
    fn atomic(&self, opcode: Opcode, reader: &mut Reader<'a>) -> Result<Effect, Fault> {
        let (Immediates::MemArg(natural), Signature::Fixed(operands, results)) = (opcode.immediates(), opcode.signature()) else {
            return Err(Fault::Read(ReadError::IllegalOpcode));
        };
        let arg = reader.mem_arg()?;
        let address = self.access(arg, natural)?;
        if arg.align != u32::from(natural) {
            return Err(Fault::AtomicAlignment { align: arg.align, natural });
        }
        let mut effect = Effect::new(operands, results);
        effect.pops[0] = address;
        Ok(effect)
    }

    /// Checks an access to memory whose natural alignment is 2^`natural`; gives the type of its address.
    #[inline(never)]
    pub(super) fn access(&self, arg: MemArg, natural: u8) -> Result<ValType, Fault> {
        let memory = self.memory(arg.memory)?;
        if arg.align > u32::from(natural) {
            return Err(Fault::Alignment { align: arg.align, natural });
        }
        if !memory.is_64 && arg.offset > u64::from(u32::MAX) {
            return Err(Fault::OffsetOutOfRange(arg.offset));
        }
        Ok(memory.address_type())
    }

    /// The element type of an element segment.
    pub(super) fn element_segment(&self, index: u32) -> Result<ValType, Fault> {
        self.module.elements.get(index as usize).map(|segment| segment.ty).ok_or(Fault::Unknown("elem segment", index))
    }

    /// Checks that a data segment exists; data segments come after bodies, which is why a count must have come before.
    pub(super) fn check_data(&self, index: u32) -> Result<(), Fault> {
        match self.module.data_count {
            Some(count) if index < count => Ok(()),
            Some(_) => Err(Fault::Unknown("data segment", index)),
            None => Err(Fault::DataCountRequired),
        }
    }
}

/// A value type as operators name it, with its type index made canonical, if there is such a type and the module may use it.
pub(super) fn known_type(module: &Module, ty: ValType) -> Result<ValType, Fault> {
    match ty {
        ValType::FUNCREF | ValType::EXTERNREF => Ok(ty),
        ValType::V128 if !module.features.has(Proposal::Simd) => Err(ReadError::Unsupported(Proposal::Simd).into()),
        ty if !ty.is_ref() => Ok(ty),
        ty => known_reference(module, ty),
    }
}

#[cold]
#[inline(never)]
fn known_reference(module: &Module, ty: ValType) -> Result<ValType, Fault> {
    let Some(heap) = ty.heap_type() else { return Ok(ty) };
    let required = match heap {
        HeapType::EXN | HeapType::NOEXN => Proposal::Exceptions,
        HeapType::FUNC | HeapType::EXTERN => Proposal::FunctionReferences,
        heap if heap.as_indexed().is_some() => Proposal::FunctionReferences,
        _ => Proposal::Gc,
    };
    let features = module.features;
    // Garbage collection brought all that typed function references had.
    let covered = required == Proposal::FunctionReferences && features.has(Proposal::Gc);
    if !covered && !features.has(required) {
        return Err(ReadError::Unsupported(required).into());
    }
    module.val_type(ty).ok_or(Fault::Unknown("type", heap.as_indexed().unwrap_or(0)))
}
