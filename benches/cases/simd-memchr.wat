;; Finds each line end of a text of 32 KiB, sixteen bytes at a time, and counts what lies between.
(module
  (memory (export "memory") 1)
  (func $init (local $i i32)
    (loop $next
      (i32.store8 (local.get $i)
        (select (i32.const 10) (i32.add (i32.const 97) (i32.rem_u (local.get $i) (i32.const 26)))
          (i32.eqz (i32.rem_u (i32.mul (local.get $i) (i32.const 31)) (i32.const 61)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32768)))))
  (func $lines (result i32) (local $at i32) (local $bits i32) (local $last i32) (local $sum i32)
    (loop $block
      (local.set $bits (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (i8x16.splat (i32.const 10)))))
      (if (local.get $bits)
        (then
          (loop $line
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 5))
              (i32.sub (i32.add (local.get $at) (i32.ctz (local.get $bits))) (local.get $last))))
            (local.set $last (i32.add (local.get $at) (i32.ctz (local.get $bits))))
            (br_if $line (local.tee $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))))))
      (br_if $block (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 32768))))
    (local.get $sum))
  (func (export "run") (param $rounds i32) (result i32) (local $sum i32)
    (call $init)
    (loop $round
      (local.set $sum (i32.xor (i32.rotl (local.get $sum) (i32.const 1)) (call $lines)))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
