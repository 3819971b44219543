;; A linear congruential generator whose state is in mutable globals, called through a small function.
(module
  (global $state (mut i64) (i64.const 42))
  (global $calls (mut i32) (i32.const 0))
  (func $next (result i32)
    (global.set $state (i64.add (i64.mul (global.get $state) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.wrap_i64 (i64.shr_u (global.get $state) (i64.const 33))))
  (func (export "run") (param $n i32) (result i32)
    (local $x i32)
    (global.set $state (i64.const 42))
    (global.set $calls (i32.const 0))
    (loop $again
      (local.set $x (i32.xor (local.get $x) (call $next)))
      (br_if $again (i32.lt_u (global.get $calls) (local.get $n))))
    (local.get $x)))
