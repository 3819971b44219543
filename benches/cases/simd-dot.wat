;; Dot products of two arrays of 4096 floats, four at a time in two accumulators.
(module
  (memory (export "memory") 1)
  (func $init (local $i i32)
    (loop $next
      (f32.store (i32.shl (local.get $i) (i32.const 2)) (f32.convert_i32_s (i32.rem_u (i32.mul (local.get $i) (i32.const 7)) (i32.const 16))))
      (f32.store offset=16384 (i32.shl (local.get $i) (i32.const 2)) (f32.convert_i32_s (i32.sub (i32.const 8) (i32.rem_u (local.get $i) (i32.const 13)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 4096)))))
  (func $dot (result f32) (local $at i32) (local $a v128) (local $b v128)
    (loop $next
      (local.set $a (f32x4.add (local.get $a) (f32x4.mul (v128.load (local.get $at)) (v128.load offset=16384 (local.get $at)))))
      (local.set $b (f32x4.add (local.get $b) (f32x4.mul (v128.load offset=16 (local.get $at)) (v128.load offset=16400 (local.get $at)))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 32))) (i32.const 16384))))
    (local.set $a (f32x4.add (local.get $a) (local.get $b)))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
      (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
  (func (export "run") (param $rounds i32) (result f64) (local $sum f64)
    (call $init)
    (loop $round
      (local.set $sum (f64.add (local.get $sum) (f64.promote_f32 (call $dot))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
