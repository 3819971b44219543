;; Arguments are the callee's frame; pins that are written are stored around calls; leaf functions do not ask for stack.
(module
  (import "m" "f" (func $imported (param i32) (result i32)))
  (table 2 funcref)
  (type $unary (func (param i32) (result i32)))
  (func $leaf (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $nested (param i32) (result i32)
    (call $leaf (call $leaf (local.get 0) (i32.const 1)) (call $imported (local.get 0))))
  (func $indirect (param i32) (result i32)
    (call_indirect (type $unary) (i32.const 3) (local.get 0)))
  (func $pinned (param $n i32) (result i32) (local $sum i32)
    (loop $outer
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (br_if $outer (call $imported (local.get $sum))))
    (local.get $sum)))
