;; Calls inside of blocks that catch, where nothing is thrown: such a block must cost nothing.
(module
  (tag $number (param i32))
  (func $step (param $x i32) (result i32)
    (if (i32.eq (local.get $x) (i32.const -1)) (then (throw $number (local.get $x))))
    (i32.xor (i32.mul (local.get $x) (i32.const 0x9e3779b1)) (i32.shr_u (local.get $x) (i32.const 15))))
  (func (export "run") (param $n i32) (result i32) (local $x i32)
    (local.set $x (i32.const 1))
    (loop $again
      (local.set $x
        (block $caught (result i32)
          (try_table (result i32) (catch $number $caught) (i32.add (call $step (local.get $x)) (local.get $n)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
