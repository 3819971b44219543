;; Calls one of four small functions through a table, chosen by the running value.
(module
  (type $step (func (param i32) (result i32)))
  (table funcref (elem $add $xor $rotate $multiply))
  (func $add (type $step) (i32.add (local.get 0) (i32.const 0x2545)))
  (func $xor (type $step) (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 15))))
  (func $rotate (type $step) (i32.rotl (local.get 0) (i32.const 7)))
  (func $multiply (type $step) (i32.mul (local.get 0) (i32.const 0x2c1b3c6d)))
  (func (export "run") (param $n i32) (result i32)
    (local $x i32)
    (local.set $x (i32.const 12345))
    (loop $next
      (local.set $x
        (call_indirect (type $step)
          (i32.add (local.get $x) (local.get $n))
          (i32.and (i32.shr_u (local.get $x) (i32.const 3)) (i32.const 3))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
