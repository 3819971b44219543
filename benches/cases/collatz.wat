;; The longest Collatz chain below a bound: i64 arithmetic, data-dependent branches.
(module
  (func $length (param $n i64) (result i32)
    (local $steps i32)
    (block $done
      (loop $next
        (br_if $done (i64.eq (local.get $n) (i64.const 1)))
        (if (i64.eqz (i64.and (local.get $n) (i64.const 1)))
          (then (local.set $n (i64.shr_u (local.get $n) (i64.const 1))))
          (else (local.set $n (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
        (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
        (br $next)))
    (local.get $steps))
  (func (export "run") (param $bound i64) (result i64)
    (local $n i64) (local $best i64) (local $length i32) (local $longest i32)
    (local.set $n (i64.const 1))
    (loop $next
      (local.set $length (call $length (local.get $n)))
      (if (i32.gt_u (local.get $length) (local.get $longest))
        (then (local.set $longest (local.get $length)) (local.set $best (local.get $n))))
      (local.set $n (i64.add (local.get $n) (i64.const 1)))
      (br_if $next (i64.lt_u (local.get $n) (local.get $bound))))
    (local.get $best)))
