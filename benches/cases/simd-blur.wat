;; Blurs an image of 256 by 64 bytes: each byte becomes the weighted mean of its neighbours (1 2 1), first along rows, then along columns.
(module
  (memory (export "memory") 1)
  (func $init (local $i i32)
    (loop $next
      (i32.store8 offset=256 (local.get $i) (i32.rem_u (i32.mul (local.get $i) (local.get $i)) (i32.const 251)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 16384)))))
  (func $mean (param $a v128) (param $b v128) (param $c v128) (result v128)
    (i8x16.narrow_i16x8_u
      (i16x8.shr_u
        (i16x8.add
          (i16x8.add (i16x8.extend_low_i8x16_u (local.get $a)) (i16x8.extend_low_i8x16_u (local.get $c)))
          (i16x8.shl (i16x8.extend_low_i8x16_u (local.get $b)) (i32.const 1)))
        (i32.const 2))
      (i16x8.shr_u
        (i16x8.add
          (i16x8.add (i16x8.extend_high_i8x16_u (local.get $a)) (i16x8.extend_high_i8x16_u (local.get $c)))
          (i16x8.shl (i16x8.extend_high_i8x16_u (local.get $b)) (i32.const 1)))
        (i32.const 2))))
  (func $pass (param $step i32) (local $at i32)
    (local.set $at (i32.const 256))
    (loop $next
      (v128.store (local.get $at)
        (call $mean
          (v128.load (i32.sub (local.get $at) (local.get $step)))
          (v128.load (local.get $at))
          (v128.load (i32.add (local.get $at) (local.get $step)))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 16640)))))
  (func (export "run") (param $rounds i32) (result i32) (local $sum v128) (local $at i32)
    (call $init)
    (loop $round
      (call $pass (i32.const 1))
      (call $pass (i32.const 256))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.set $at (i32.const 256))
    (loop $next
      (local.set $sum (i8x16.add (i8x16.add (local.get $sum) (local.get $sum)) (i8x16.add (local.get $sum) (v128.load (local.get $at)))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 16640))))
    (i32.xor
      (i32.xor (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
      (i32.xor (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum))))))
