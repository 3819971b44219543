//! The operand forms of the feature `compact`, in place of those of `code::forms`: no local is pinned, and what is rare, or needs much code, works
//! from slot to slot.
//!
//! # Invariants
//! A shape with one form that has the accumulator for its destination (`R`) has one for each of its sources: the translator drops the store of any
//! result that is read from the accumulator.

/// `with_forms!(Shape callback args…)` calls `callback! { args… ; X Y: D…, … }`.
macro_rules! with_forms {
    (IntCommutative $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, A I: R W, S S: R W U, S I: R W U } };
    (IntBinary $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, A I: R W, S S: R W U, S I: R W U, S A: R W U } };
    (IntRare $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, A I: R W, S S: R W, S I: R W } };
    (IntCompare $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: W, A I: W, S S: W, S I: W } };
    (IntBranch $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: N, A I: N, S S: N, S I: N } };
    (F64Commutative $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, A I: R W, S S: R W U, S I: R W U } };
    (F64Binary $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, A I: R W, S S: R W, S I: R W, S A: R W } };
    (F64Rare $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (F64Compare $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (F64Branch $callback:ident $($args:tt)*) => { with_forms! { IntBranch $callback $($args)* } };
    (F32Commutative $callback:ident $($args:tt)*) => { with_forms! { F64Commutative $callback $($args)* } };
    (F32Binary $callback:ident $($args:tt)*) => { with_forms! { F64Binary $callback $($args)* } };
    (F32Rare $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (F32Compare $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (F32Branch $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: N, S S: N } };
    (IntToInt $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (IntToF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W } };
    (IntToF32 $callback:ident $($args:tt)*) => { with_forms! { IntToF64 $callback $($args)* } };
    (F64ToInt $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (F64ToF64 $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (F64ToF32 $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (F32ToInt $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (F32ToF64 $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (F32ToF32 $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (LoadInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W, I N: R W } };
    (LoadF64 $callback:ident $($args:tt)*) => { with_forms! { LoadInt $callback $($args)* } };
    (LoadF32 $callback:ident $($args:tt)*) => { with_forms! { LoadInt $callback $($args)* } };
    (StoreInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, A S: N, A I: N, I S: N, I A: N, I I: N
    } };
    (StoreF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, A S: N, A A: N, A I: N, I S: N, I A: N, I I: N
    } };
    (StoreF32 $callback:ident $($args:tt)*) => { with_forms! { StoreF64 $callback $($args)* } };
    (FieldInt $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (FieldF64 $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (FieldF32 $callback:ident $($args:tt)*) => { with_forms! { EitherToSlot $callback $($args)* } };
    (FieldVector $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (SetFieldInt $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (SetFieldF64 $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (SetFieldOther $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (ElementInt $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (ElementF64 $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (ElementOther $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (SetElementInt $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (SetElementF64 $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (SetElementOther $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (TestReference $callback:ident $($args:tt)*) => { with_forms! { SlotAndImmediate $callback $($args)* } };
    (CheckReference $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: N } };
    (ImmediatesToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; I I: W } };
    (LoadWide $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (StoreWide $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (LoadAny $callback:ident $($args:tt)*) => { with_forms! { SlotAndImmediate $callback $($args)* } };
    (StoreAny $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: N } };
    (CopyInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: W, A N: W, I N: W } };
    (CopyF64 $callback:ident $($args:tt)*) => { with_forms! { CopyInt $callback $($args)* } };
    (CopyF32 $callback:ident $($args:tt)*) => { with_forms! { CopyInt $callback $($args)* } };
    (Produce $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: R W } };
    (Select $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: W, S I: W, I S: W, I I: W } };
    (SelectByAcc $callback:ident $($args:tt)*) => { with_forms! { Select $callback $($args)* } };
    (ConsumeInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N, A N: N, I N: N } };
    (ConsumeF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N, A N: N } };
    (ConsumeF32 $callback:ident $($args:tt)*) => { with_forms! { ConsumeF64 $callback $($args)* } };
    (ConsumeIndex $callback:ident $($args:tt)*) => { with_forms! { ConsumeF64 $callback $($args)* } };
    (ConsumeImmediate $callback:ident $($args:tt)*) => { $callback! { $($args)*; I N: N } };
    (ImmediateToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; I N: W } };
    (SlotAndImmediate $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: W } };
    (Plain $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: N } };
    (SlotToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: W } };
    (EitherToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: W, A N: W } };
    (SlotsToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: W } };
    (ToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: W } };
    (FromSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N } };
    (FromSlots $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: N } };
    (VectorCommutative $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (VectorBinary $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (VectorToVector $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (VectorToInt $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (VectorShift $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: W, S I: W } };
    (VectorAndF64 $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (IntToVector $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (F64ToVector $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (F32ToVector $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (LoadVector $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (LoadLane $callback:ident $($args:tt)*) => { with_forms! { SlotsToSlot $callback $($args)* } };
    (StoreVector $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (StoreLane $callback:ident $($args:tt)*) => { with_forms! { FromSlots $callback $($args)* } };
    (ExtractInt $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (ExtractF64 $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (ExtractF32 $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (CopyVector $callback:ident $($args:tt)*) => { with_forms! { SlotToSlot $callback $($args)* } };
    (ProduceVector $callback:ident $($args:tt)*) => { with_forms! { ToSlot $callback $($args)* } };
    (ConsumeVector $callback:ident $($args:tt)*) => { with_forms! { FromSlot $callback $($args)* } };
    (LoadPinInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; } };
    (LoadPinF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; } };
    (StorePinInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; } };
    (StorePinF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; } };
}
pub(crate) use with_forms;
