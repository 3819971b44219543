;; What an exception finds where it lands, and what it passes on its way.
(module
  (tag $none)
  (tag $i32 (param i32))
  (tag $all (param i32 i64 f32 f64))
  (memory 1)
  (global $count (mut i32) (i32.const 0))
  (type $thrower (func (param i32)))
  (table funcref (elem $throws $throws_even))

  (func $throws (param i32) (throw $i32 (local.get 0)))
  (func $throws_even (param i32) (if (i32.eqz (i32.and (local.get 0) (i32.const 1))) (then (throw $i32 (local.get 0)))))
  (func $throws_all (param i32)
    (throw $all (local.get 0) (i64.extend_i32_u (local.get 0)) (f32.convert_i32_u (local.get 0)) (f64.convert_i32_u (local.get 0))))

  ;; A local keeps what it held when the call was made, though its new value was computed before.
  (func (export "late") (param i32) (result i32) (local $x i32)
    (local.set $x (i32.const 1))
    (block $h (result i32)
      (try_table (catch $i32 $h)
        (i32.add (local.get 0) (i32.const 10))
        (call $throws (i32.const 5))
        (local.set $x))
      (i32.const 0))
    (i32.add (local.get $x)))

  ;; Locals that are used so much that they live in registers, written between calls that throw.
  (func (export "hot") (param $n i32) (result i64) (local $i i32) (local $sum i64) (local $f f64)
    (loop $again
      (block $next
        (block $h (result i32)
          (try_table (catch $i32 $h)
            (local.set $sum (i64.add (local.get $sum) (i64.const 1)))
            (local.set $f (f64.add (local.get $f) (f64.const 0.5)))
            (call $throws_even (local.get $i))
            (local.set $sum (i64.add (local.get $sum) (i64.const 1000)))
            (local.set $f (f64.mul (local.get $f) (f64.const 1))))
          (br $next))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (i32.mul (i32.const 100000) (i32.const 1)))))
        (drop))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (i64.add (local.get $sum) (i64.trunc_f64_s (local.get $f))))

  ;; The same, thrown in the function itself.
  (func (export "hot_throw") (param $n i32) (result i64) (local $i i32) (local $payload i32) (local $sum i64)
    (loop $again
      (block $next
        (block $h (result i32)
          (try_table (catch $i32 $h)
            (local.set $sum (i64.add (local.get $sum) (i64.const 3)))
            (if (i32.and (local.get $i) (i32.const 1)) (then (throw $i32 (local.get $i))))
            (local.set $sum (i64.add (local.get $sum) (i64.const 1000))))
          (br $next))
        (local.set $payload)
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $payload)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))

  ;; Operands below the label: a temporary, a constant, and a local that changes meanwhile.
  (func (export "below") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 3))
    (i32.const 100)
    (local.get 0)
    (block $h (result i32)
      (i32.const 77)
      (local.set 0 (i32.const 1000))
      (try_table (param i32) (result i32) (catch $i32 $h) (call $throws (i32.const 7)) (drop) (unreachable)))
    (i32.add) (i32.add) (i32.add))

  ;; Payloads of all classes, to a block, to the function, to a loop.
  (func (export "to_block") (param i32) (result f64) (local $f64 f64)
    (block $h (result i32 i64 f32 f64)
      (try_table (catch $all $h) (call $throws_all (local.get 0)))
      (unreachable))
    (local.set 0 (i32.const 0))
    (local.set $f64)
    (local.set $f64 (f64.mul (f64.promote_f32) (local.get $f64)))
    (local.set $f64 (f64.mul (f64.convert_i64_u) (local.get $f64)))
    (f64.mul (f64.convert_i32_u) (local.get $f64)))
  (func (export "to_function") (param i32) (result i32 i64 f32 f64)
    (try_table (catch $all 0) (call $throws_all (local.get 0)))
    (unreachable))
  (func (export "to_function_one") (param i32) (result i32)
    (try_table (catch $i32 0) (call $throws (local.get 0)))
    (unreachable))
  (func (export "to_loop") (param i32) (result i32)
    (i32.const 0)
    (loop $again (param i32) (result i32)
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (if (i32.ge_u (i32.const 20)) (then (return (local.get 0))))
      (try_table (catch $i32 $again) (call $throws (local.get 0)))
      (unreachable)))
  (func (export "to_loop_two") (param i32) (result i32) (local $e exnref)
    (i32.const 0) (ref.null exn)
    (loop $again (param i32 exnref) (result i32)
      (local.set $e)
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (if (i32.ge_u (i32.const 20)) (then (return (i32.add (local.get 0) (ref.is_null (local.get $e))))))
      (try_table (catch_ref $i32 $again) (call $throws (local.get 0)))
      (unreachable)))

  ;; A loop that starts with a call: `br` back to it from a block that catches must not catch what that call throws.
  (func $counts (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (if (i32.gt_u (global.get $count) (i32.const 3)) (then (throw $i32 (i32.const 42))))
    (i32.const 0))
  (func $head (result i32)
    (global.set $count (i32.const 0))
    (block $out
      (loop $again
        (br_if $out (call $counts))
        (block $h (result i32)
          (try_table (catch $i32 $h) (br $again))
          (unreachable))
        (return)))
    (i32.const -1))
  (func (export "head") (result i32)
    (block $h (result i32) (try_table (catch $i32 $h) (drop (call $head))) (i32.const -2))
    (i32.add (i32.const 1000)))

  ;; Through table and calls, from the innermost region that fits.
  (func (export "nested") (param i32) (result i32)
    (block $outer (result i32)
      (try_table (catch $i32 $outer)
        (block $inner
          (try_table (catch $none $inner)
            (call_indirect (type $thrower) (local.get 0) (i32.const 0))))
        (return (i32.const -1)))
      (return (i32.const -2)))
    (i32.add (i32.const 1)))

  ;; A tail call leaves the block that catches.
  (func $tail (param i32) (try_table (catch_all 0) (return_call $throws (local.get 0))))
  (func (export "tail") (param i32) (result i32)
    (block $h (result i32) (try_table (catch $i32 $h) (call $tail (local.get 0))) (i32.const -1)))

  ;; An exception keeps its payload, and is thrown again as often as one likes.
  (func (export "again") (param i32) (result i32) (local $e exnref) (local $left i32)
    (local.set $left (i32.const 5))
    (block $h (result i32 exnref) (try_table (catch_ref $i32 $h) (call $throws (local.get 0))) (unreachable))
    (local.set $e) (local.set 0)
    (loop $again
      (block $h (result i32 exnref) (try_table (catch_ref $i32 $h) (throw_ref (local.get $e))) (unreachable))
      (local.set $e)
      (local.set 0 (i32.add (local.get 0)))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (local.get 0))

  ;; Traps are not caught.
  (func (export "trap") (block $h (try_table (catch_all $h) (unreachable))))
  (func (export "null") (block $h (try_table (catch_all $h) (throw_ref (ref.null exn)))))
  (func $deep (call $deep) (call $deep))
  (func (export "overflow") (block $h (try_table (catch_all $h) (call $deep))))
  (func (export "bounds") (block $h (try_table (catch_all $h) (drop (i32.load (i32.const 65536))))))

  (func (export "uncaught") (param i32) (call $throws (local.get 0)))
  (func (export "swallow") (param i32) (block $h (try_table (catch_all $h) (call $throws_all (local.get 0)))))
  (func (export "swallow_ref") (param i32)
    (drop (block $h (result exnref) (try_table (catch_all_ref $h) (call $throws_all (local.get 0))) (ref.null exn)))))
