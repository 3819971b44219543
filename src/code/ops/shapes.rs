//! The lists of operand forms that ops exist in, numbered; what each holds stands in `code::forms`.
//!
//! Read by: `code::ops`. Calls: `code::{forms, operands}`.

use crate::code::forms::with_forms;
use crate::code::operands::{Form, Kind, PINNING};

/// The lists of operand forms, see `code::forms`.
macro_rules! define_shapes {
    ($($shape:ident)*) => {
        /// A list of operand forms that an op exists in.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Shape { $($shape),* }

        /// The forms of each shape, by its number.
        #[allow(clippy::large_const_arrays, reason = "read at compile time only")]
        pub(super) const SHAPES: [ShapeForms; [$(Shape::$shape),*].len()] = [$({
            #[allow(unused_mut, reason = "a shape may have no forms")]
            let mut forms = ShapeForms::EMPTY;
            with_forms!($shape add_forms forms);
            forms
        }),*];
    };
}
macro_rules! add_forms {
    ($forms:ident; $($x:ident $y:ident: $($d:ident)*),*) => {
        $($( $forms = $forms.with(Form { x: Kind::$x, y: Kind::$y, d: Kind::$d }); )*)*
    };
}

/// The forms of one shape, numbered.
#[derive(Clone, Copy)]
pub(super) struct ShapeForms {
    /// What is asked at run time.
    pub(super) lookup: Lookup,
    /// How many there are.
    pub(super) count: u16,
    /// The form of each number.
    pub(super) forms: [Form; MAX_FORMS],
}

/// Which forms a shape has.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    /// The number of each form, by its code; [`NO_FORM`] for those that there are not.
    pub(super) number: [FormNumber; Form::CODES],
    /// Bit `x | y << 3`: some form has these sources.
    pub(super) sources: u64,
    /// Bit `x | y << 3`: the form with these sources and destination `U` exists.
    pub(super) updates: u64,
    /// Whether a source, and the destination, can be pinned.
    pub(super) pins: [bool; 2],
    /// Whether the destination can be the accumulator alone.
    pub(super) accumulates: bool,
}

/// Most forms of a shape.
const MAX_FORMS: usize = if PINNING { 320 } else { 16 };

/// The number of a form in its shape: narrow where there are few.
#[cfg(not(feature = "compact"))]
type FormNumber = u16;
#[cfg(feature = "compact")]
type FormNumber = u8;

/// No form.
pub(super) const NO_FORM: FormNumber = FormNumber::MAX;

impl ShapeForms {
    const EMPTY: Self = Self {
        lookup: Lookup { number: [NO_FORM; Form::CODES], sources: 0, updates: 0, pins: [false; 2], accumulates: false },
        count: 0,
        forms: [Form { x: Kind::N, y: Kind::N, d: Kind::N }; MAX_FORMS],
    };

    const fn with(mut self, form: Form) -> Self {
        let lookup = &mut self.lookup;
        assert!(PINNING || !(form.x.is_pin() || form.y.is_pin() || form.d.is_pin()), "this build pins no locals");
        assert!(lookup.number[form.code()] == NO_FORM, "a form is listed twice");
        lookup.number[form.code()] = self.count as FormNumber;
        self.forms[self.count as usize] = form;
        lookup.accumulates |= matches!(form.d, Kind::R);
        self.count += 1;
        let bit = 1 << (form.x as u64 | (form.y as u64) << 3);
        lookup.sources |= bit;
        if form.d as u8 == Kind::U as u8 {
            lookup.updates |= bit;
        }
        lookup.pins[0] |= matches!(form.x, Kind::P0);
        lookup.pins[1] |= matches!(form.d, Kind::P0);
        self
    }
}

define_shapes! {
    IntCommutative IntBinary IntRare IntCompare IntBranch
    F64Commutative F64Binary F64Rare F64Compare F64Branch
    F32Commutative F32Binary F32Rare F32Compare F32Branch
    IntToInt IntToF64 IntToF32 F64ToInt F64ToF64 F64ToF32 F32ToInt F32ToF64 F32ToF32
    LoadInt LoadF64 LoadF32 StoreInt StoreF64 StoreF32 LoadWide StoreWide LoadAny StoreAny
    VectorCommutative VectorBinary VectorToVector VectorToInt VectorShift VectorAndF64 IntToVector F64ToVector F32ToVector
    FieldInt FieldF64 FieldF32 FieldVector SetFieldInt SetFieldF64 SetFieldOther
    ElementInt ElementF64 ElementOther SetElementInt SetElementF64 SetElementOther TestReference CheckReference ImmediatesToSlot
    LoadVector LoadLane StoreVector StoreLane ExtractInt ExtractF64 ExtractF32 CopyVector ProduceVector ConsumeVector
    CopyInt CopyF64 CopyF32 Produce Select SelectByAcc ConsumeInt ConsumeF64 ConsumeF32 ConsumeIndex
    ConsumeImmediate SlotAndImmediate ImmediateToSlot Plain SlotToSlot SlotsToSlot ToSlot FromSlot FromSlots LoadPinInt LoadPinF64 StorePinInt StorePinF64
}
