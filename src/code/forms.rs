//! The operand forms in which each shape of instruction exists. Each line is one product: source x, source y, and a list of destinations.
//!
//! The lists are macros because two readers need them in two ways: `code::ops` numbers the forms, `exec::handlers` instantiates a handler for
//! each. Sources of commutative instructions and of comparisons are ordered A < P < S < I by the translator, which halves their forms.
//! What is not listed does not exist: the translator moves operands to slots instead. The feature `compact` has a shorter list in place of this one.

/// `with_forms!(Shape callback args…)` calls `callback! { args… ; X Y: D…, … }`.
macro_rules! with_forms {
    (IntCommutative $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: R W P0 P1, A I: R W P0 P1, A P0: R W P0 P1, A P1: R W P0 P1,
        P0 S: R W P0 P1, P0 I: R W P0 P1, P0 P0: R W P0 P1, P0 P1: R W P0 P1,
        P1 S: R W P0 P1, P1 I: R W P0 P1, P1 P1: R W P0 P1,
        S S: R W U P0 P1, S I: R W U P0 P1
    } };
    (IntBinary $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: R W P0 P1, A I: R W P0 P1, A P0: R W P0 P1, A P1: R W P0 P1,
        P0 S: R W P0 P1, P0 I: R W P0 P1, P0 P0: R W P0 P1, P0 P1: R W P0 P1, P0 A: R W P0 P1,
        P1 S: R W P0 P1, P1 I: R W P0 P1, P1 P1: R W P0 P1, P1 P0: R W P0 P1, P1 A: R W P0 P1,
        S S: R W U P0 P1, S I: R W U P0 P1, S A: R W U P0 P1, S P0: R W U P0 P1, S P1: R W U P0 P1,
        I S: R W P0 P1, I A: R W P0 P1, I P0: R W P0 P1, I P1: R W P0 P1
    } };
    (IntRare $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W, S I: R W, I S: R W, A S: R W, S A: R W, A I: R W, I A: R W
    } };
    (IntCompare $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: R W, A I: R W, A P0: R W, A P1: R W,
        P0 S: R W, P0 I: R W, P0 P0: R W, P0 P1: R W, P1 S: R W, P1 I: R W, P1 P1: R W,
        S S: R W, S I: R W
    } };
    (IntBranch $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: N, A I: N, A P0: N, A P1: N,
        P0 S: N, P0 I: N, P0 P0: N, P0 P1: N, P1 S: N, P1 I: N, P1 P1: N,
        S S: N, S I: N
    } };
    (F64Commutative $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: R W P0 P1 P2 P3, A I: R W P0 P1 P2 P3,
        A P0: R W P0 P1 P2 P3, A P1: R W P0 P1 P2 P3, A P2: R W P0 P1 P2 P3, A P3: R W P0 P1 P2 P3,
        P0 S: R W P0 P1 P2 P3, P0 I: R W P0 P1 P2 P3, P0 P0: R W P0 P1 P2 P3, P0 P1: R W P0 P1 P2 P3, P0 P2: R W P0 P1 P2 P3, P0 P3: R W P0 P1 P2 P3,
        P1 S: R W P0 P1 P2 P3, P1 I: R W P0 P1 P2 P3, P1 P1: R W P0 P1 P2 P3, P1 P2: R W P0 P1 P2 P3, P1 P3: R W P0 P1 P2 P3,
        P2 S: R W P0 P1 P2 P3, P2 I: R W P0 P1 P2 P3, P2 P2: R W P0 P1 P2 P3, P2 P3: R W P0 P1 P2 P3,
        P3 S: R W P0 P1 P2 P3, P3 I: R W P0 P1 P2 P3, P3 P3: R W P0 P1 P2 P3,
        S S: R W U P0 P1 P2 P3, S I: R W U P0 P1 P2 P3
    } };
    (F64Binary $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: R W P0 P1 P2 P3, A I: R W P0 P1 P2 P3,
        A P0: R W P0 P1 P2 P3, A P1: R W P0 P1 P2 P3, A P2: R W P0 P1 P2 P3, A P3: R W P0 P1 P2 P3,
        P0 S: R W P0 P1 P2 P3, P0 I: R W P0 P1 P2 P3, P0 A: R W P0 P1 P2 P3,
        P0 P0: R W P0 P1 P2 P3, P0 P1: R W P0 P1 P2 P3, P0 P2: R W P0 P1 P2 P3, P0 P3: R W P0 P1 P2 P3,
        P1 S: R W P0 P1 P2 P3, P1 I: R W P0 P1 P2 P3, P1 A: R W P0 P1 P2 P3,
        P1 P0: R W P0 P1 P2 P3, P1 P1: R W P0 P1 P2 P3, P1 P2: R W P0 P1 P2 P3, P1 P3: R W P0 P1 P2 P3,
        P2 S: R W P0 P1 P2 P3, P2 I: R W P0 P1 P2 P3, P2 A: R W P0 P1 P2 P3,
        P2 P0: R W P0 P1 P2 P3, P2 P1: R W P0 P1 P2 P3, P2 P2: R W P0 P1 P2 P3, P2 P3: R W P0 P1 P2 P3,
        P3 S: R W P0 P1 P2 P3, P3 I: R W P0 P1 P2 P3, P3 A: R W P0 P1 P2 P3,
        P3 P0: R W P0 P1 P2 P3, P3 P1: R W P0 P1 P2 P3, P3 P2: R W P0 P1 P2 P3, P3 P3: R W P0 P1 P2 P3,
        S S: R W U P0 P1 P2 P3, S I: R W U P0 P1 P2 P3, S A: R W U P0 P1 P2 P3,
        S P0: R W U P0 P1 P2 P3, S P1: R W U P0 P1 P2 P3, S P2: R W U P0 P1 P2 P3, S P3: R W U P0 P1 P2 P3,
        I S: R W P0 P1 P2 P3, I A: R W P0 P1 P2 P3, I P0: R W P0 P1 P2 P3, I P1: R W P0 P1 P2 P3, I P2: R W P0 P1 P2 P3, I P3: R W P0 P1 P2 P3
    } };
    (F64Rare $callback:ident $($args:tt)*) => { with_forms! { IntRare $callback $($args)* } };
    (F64Compare $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: R W, A I: R W, A P0: R W, A P1: R W, A P2: R W, A P3: R W,
        P0 S: R W, P0 I: R W, P0 P0: R W, P0 P1: R W, P0 P2: R W, P0 P3: R W,
        P1 S: R W, P1 I: R W, P1 P1: R W, P1 P2: R W, P1 P3: R W,
        P2 S: R W, P2 I: R W, P2 P2: R W, P2 P3: R W, P3 S: R W, P3 I: R W, P3 P3: R W,
        S S: R W, S I: R W
    } };
    (F64Branch $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        A S: N, A I: N, A P0: N, A P1: N, A P2: N, A P3: N,
        P0 S: N, P0 I: N, P0 P0: N, P0 P1: N, P0 P2: N, P0 P3: N,
        P1 S: N, P1 I: N, P1 P1: N, P1 P2: N, P1 P3: N,
        P2 S: N, P2 I: N, P2 P2: N, P2 P3: N, P3 S: N, P3 I: N, P3 P3: N,
        S S: N, S I: N
    } };
    (F32Commutative $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, A I: R W, S S: R W U, S I: R W U } };
    (F32Binary $callback:ident $($args:tt)*) => { with_forms! { IntRare $callback $($args)* } };
    (F32Rare $callback:ident $($args:tt)*) => { with_forms! { IntRare $callback $($args)* } };
    (F32Compare $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, A I: R W, S S: R W, S I: R W } };
    (F32Branch $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: N, A I: N, S S: N, S I: N } };
    (IntToInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W P0 P1, A N: R W P0 P1, P0 N: R W P0 P1, P1 N: R W P0 P1 } };
    (IntToF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S N: R W P0 P1 P2 P3, A N: R W P0 P1 P2 P3, P0 N: R W P0 P1 P2 P3, P1 N: R W P0 P1 P2 P3
    } };
    (IntToF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W, P0 N: R W, P1 N: R W } };
    (F64ToInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S N: R W P0 P1, A N: R W P0 P1, P0 N: R W P0 P1, P1 N: R W P0 P1, P2 N: R W P0 P1, P3 N: R W P0 P1
    } };
    (F64ToF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S N: R W P0 P1 P2 P3, A N: R W P0 P1 P2 P3, P0 N: R W P0 P1 P2 P3, P1 N: R W P0 P1 P2 P3, P2 N: R W P0 P1 P2 P3, P3 N: R W P0 P1 P2 P3
    } };
    (F64ToF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W, P0 N: R W, P1 N: R W, P2 N: R W, P3 N: R W } };
    (F32ToInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W P0 P1, A N: R W P0 P1 } };
    (F32ToF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W P0 P1 P2 P3, A N: R W P0 P1 P2 P3 } };
    (F32ToF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W } };
    (LoadInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S N: R W P0 P1, A N: R W P0 P1, I N: R W P0 P1, P0 N: R W P0 P1, P1 N: R W P0 P1
    } };
    (LoadF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S N: R W P0 P1 P2 P3, A N: R W P0 P1 P2 P3, I N: R W P0 P1 P2 P3, P0 N: R W P0 P1 P2 P3, P1 N: R W P0 P1 P2 P3
    } };
    (LoadF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W, I N: R W, P0 N: R W, P1 N: R W } };
    (StoreInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, S P0: N, S P1: N, A S: N, A I: N, A P0: N, A P1: N, I S: N, I A: N, I I: N, I P0: N, I P1: N,
        P0 S: N, P0 A: N, P0 I: N, P0 P0: N, P0 P1: N, P1 S: N, P1 A: N, P1 I: N, P1 P0: N, P1 P1: N
    } };
    (StoreF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, S P0: N, S P1: N, S P2: N, S P3: N, A S: N, A A: N, A I: N, A P0: N, A P1: N, A P2: N, A P3: N,
        I S: N, I A: N, I I: N, I P0: N, I P1: N, I P2: N, I P3: N, P0 S: N, P0 A: N, P0 I: N, P0 P0: N, P0 P1: N, P0 P2: N, P0 P3: N,
        P1 S: N, P1 A: N, P1 I: N, P1 P0: N, P1 P1: N, P1 P2: N, P1 P3: N
    } };
    (StoreF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, A S: N, A A: N, A I: N, I S: N, I A: N, I I: N, P0 S: N, P0 A: N, P0 I: N, P1 S: N, P1 A: N, P1 I: N
    } };
    (FieldInt $callback:ident $($args:tt)*) => { with_forms! { F32ToInt $callback $($args)* } };
    (FieldF64 $callback:ident $($args:tt)*) => { with_forms! { F32ToF64 $callback $($args)* } };
    (FieldF32 $callback:ident $($args:tt)*) => { with_forms! { F32ToF32 $callback $($args)* } };
    (FieldVector $callback:ident $($args:tt)*) => { with_forms! { VectorToVector $callback $($args)* } };
    (SetFieldInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, S P0: N, S P1: N, A S: N, A I: N, A P0: N, A P1: N
    } };
    (SetFieldF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S P0: N, S P1: N, S P2: N, S P3: N, A S: N, A A: N, A P0: N, A P1: N, A P2: N, A P3: N
    } };
    (SetFieldOther $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: N, S A: N, A S: N, A A: N } };
    (ElementInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W P0 P1, S A: R W P0 P1, S I: R W P0 P1, S P0: R W P0 P1, S P1: R W P0 P1,
        A S: R W P0 P1, A I: R W P0 P1, A P0: R W P0 P1, A P1: R W P0 P1
    } };
    (ElementF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W P0 P1 P2 P3, S A: R W P0 P1 P2 P3, S I: R W P0 P1 P2 P3, S P0: R W P0 P1 P2 P3, S P1: R W P0 P1 P2 P3,
        A S: R W P0 P1 P2 P3, A I: R W P0 P1 P2 P3, A P0: R W P0 P1 P2 P3, A P1: R W P0 P1 P2 P3
    } };
    (ElementOther $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W, S A: R W, S I: R W, S P0: R W, S P1: R W, A S: R W, A I: R W, A P0: R W, A P1: R W
    } };
    (SetElementInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, S P0: N, S P1: N, A S: N, A I: N, A P0: N, A P1: N,
        I S: N, I A: N, I I: N, I P0: N, I P1: N, P0 S: N, P0 A: N, P0 I: N, P0 P0: N, P0 P1: N, P1 S: N, P1 A: N, P1 I: N, P1 P0: N, P1 P1: N
    } };
    (SetElementF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, S P0: N, S P1: N, A S: N, A A: N, A I: N, A P0: N, A P1: N,
        P0 S: N, P0 A: N, P0 I: N, P0 P0: N, P0 P1: N, P1 S: N, P1 A: N, P1 I: N, P1 P0: N, P1 P1: N,
        P2 S: N, P2 A: N, P2 I: N, P2 P0: N, P2 P1: N, P3 S: N, P3 A: N, P3 I: N, P3 P0: N, P3 P1: N
    } };
    (SetElementOther $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, S I: N, S P0: N, S P1: N, A S: N, A A: N, A I: N, A P0: N, A P1: N
    } };
    (TestReference $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: R W, A I: R W } };
    (CheckReference $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: N, A I: N } };
    (ImmediatesToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; I I: W } };
    (LoadWide $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W } };
    (StoreWide $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: N, S A: N, A S: N } };
    (LoadAny $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: W } };
    (StoreAny $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: N } };
    (CopyInt $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S N: W P0 P1, A N: W P0 P1, I N: W P0 P1, P0 N: W P0 P1, P1 N: W P0 P1
    } };
    (CopyF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S N: W P0 P1 P2 P3, A N: W P0 P1 P2 P3, I N: W P0 P1 P2 P3, P0 N: W P0 P1 P2 P3, P1 N: W P0 P1 P2 P3, P2 N: W P0 P1 P2 P3, P3 N: W P0 P1 P2 P3
    } };
    (CopyF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: W, A N: W, I N: W } };
    (Produce $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: R W P0 P1 } };
    (Select $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W P0 P1, S A: R W P0 P1, S I: R W P0 P1, S P0: R W P0 P1, S P1: R W P0 P1,
        A S: R W P0 P1, A I: R W P0 P1, A P0: R W P0 P1, A P1: R W P0 P1,
        I S: R W P0 P1, I A: R W P0 P1, I I: R W P0 P1, I P0: R W P0 P1, I P1: R W P0 P1,
        P0 S: R W P0 P1, P0 A: R W P0 P1, P0 I: R W P0 P1, P0 P0: R W P0 P1, P0 P1: R W P0 P1,
        P1 S: R W P0 P1, P1 A: R W P0 P1, P1 I: R W P0 P1, P1 P0: R W P0 P1, P1 P1: R W P0 P1
    } };
    (SelectByAcc $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W P0 P1, S I: R W P0 P1, S P0: R W P0 P1, S P1: R W P0 P1,
        I S: R W P0 P1, I I: R W P0 P1, I P0: R W P0 P1, I P1: R W P0 P1,
        P0 S: R W P0 P1, P0 I: R W P0 P1, P0 P0: R W P0 P1, P0 P1: R W P0 P1,
        P1 S: R W P0 P1, P1 I: R W P0 P1, P1 P0: R W P0 P1, P1 P1: R W P0 P1
    } };
    (ConsumeInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N, A N: N, I N: N, P0 N: N, P1 N: N } };
    (ConsumeF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N, A N: N, P0 N: N, P1 N: N, P2 N: N, P3 N: N } };
    (ConsumeF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N, A N: N } };
    (ConsumeIndex $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N, A N: N, P0 N: N, P1 N: N } };
    (ConsumeImmediate $callback:ident $($args:tt)*) => { $callback! { $($args)*; I N: N } };
    (ImmediateToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; I N: W } };
    (SlotAndImmediate $callback:ident $($args:tt)*) => { $callback! { $($args)*; S I: W } };
    (Plain $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: N } };
    (SlotToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: W } };
    (SlotsToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: W } };
    (ToSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: W } };
    (FromSlot $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N } };
    (FromSlots $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: N } };
    (VectorCommutative $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, S S: R W } };
    (VectorBinary $callback:ident $($args:tt)*) => { $callback! { $($args)*; A S: R W, S A: R W, S S: R W } };
    (VectorToVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W } };
    (VectorToInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W P0 P1, A N: R W P0 P1 } };
    (VectorShift $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W, S A: R W, S I: R W, S P0: R W, S P1: R W, A S: R W, A A: R W, A I: R W, A P0: R W, A P1: R W
    } };
    (VectorAndF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: R W, S A: R W, A S: R W, A A: R W } };
    (IntToVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W, P0 N: R W, P1 N: R W } };
    (F64ToVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W, P0 N: R W, P1 N: R W, P2 N: R W, P3 N: R W } };
    (F32ToVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W } };
    (LoadVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W, A N: R W, I N: R W, P0 N: R W, P1 N: R W } };
    (LoadLane $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: R W, S A: R W, A S: R W, A A: R W, I S: R W, I A: R W, P0 S: R W, P0 A: R W, P1 S: R W, P1 A: R W
    } };
    (StoreVector $callback:ident $($args:tt)*) => { $callback! { $($args)*;
        S S: N, S A: N, A S: N, A A: N, I S: N, I A: N, P0 S: N, P0 A: N, P1 S: N, P1 A: N
    } };
    (StoreLane $callback:ident $($args:tt)*) => { $callback! { $($args)*; S S: N, A S: N, I S: N, P0 S: N, P1 S: N } };
    (ExtractInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W P0 P1 } };
    (ExtractF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W P0 P1 P2 P3 } };
    (ExtractF32 $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: R W } };
    (CopyVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: W, A N: W } };
    (ProduceVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: R W } };
    (ConsumeVector $callback:ident $($args:tt)*) => { $callback! { $($args)*; S N: N, A N: N } };
    (LoadPinInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: P0 P1 } };
    (LoadPinF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; N N: P0 P1 P2 P3 } };
    (StorePinInt $callback:ident $($args:tt)*) => { $callback! { $($args)*; P0 N: N, P1 N: N } };
    (StorePinF64 $callback:ident $($args:tt)*) => { $callback! { $($args)*; P0 N: N, P1 N: N, P2 N: N, P3 N: N } };
}
pub(crate) use with_forms;
