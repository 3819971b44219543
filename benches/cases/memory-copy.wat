;; Copies 64 KiB by hand, 8 bytes a turn, then by memory.copy; sums a word of the result.
(module
  (memory (export "memory") 4)
  (func (export "run") (param $rounds i32) (result i64)
    (local $i i32) (local $sum i64)
    (loop $init
      (i64.store (local.get $i) (i64.mul (i64.extend_i32_u (local.get $i)) (i64.const 0x9e3779b97f4a7c15)))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $init (i32.lt_u (local.get $i) (i32.const 65536))))
    (loop $round
      (local.set $i (i32.const 0))
      (loop $copy
        (i64.store offset=65536 (local.get $i) (i64.load (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br_if $copy (i32.lt_u (local.get $i) (i32.const 65536))))
      (memory.copy (i32.const 131072) (i32.const 65536) (i32.const 65536))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (local.set $sum (i64.add (local.get $sum)
        (i64.load offset=131072 (i32.and (i32.shl (local.get $rounds) (i32.const 3)) (i32.const 65535)))))
      (br_if $round (local.get $rounds)))
    (local.get $sum)))
