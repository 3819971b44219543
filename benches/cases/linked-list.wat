;; Builds a shuffled ring of 4096 nodes of 16 bytes (next, value) and walks it: loads that depend on each other.
(module
  (memory (export "memory") 2)
  (func (export "run") (param $steps i32) (result i64)
    (local $i i32) (local $node i32) (local $sum i64)
    (loop $build
      (local.set $node (i32.shl (local.get $i) (i32.const 4)))
      ;; Node i points to node (i * 5 + 1) mod 4096, which visits all of them.
      (i32.store (local.get $node)
        (i32.shl (i32.and (i32.add (i32.mul (local.get $i) (i32.const 5)) (i32.const 1)) (i32.const 4095)) (i32.const 4)))
      (i64.store offset=8 (local.get $node) (i64.extend_i32_u (i32.mul (local.get $i) (i32.const 2654435761))))
      (br_if $build (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
    (local.set $node (i32.const 0))
    (loop $walk
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1)) (i64.load offset=8 (local.get $node))))
      (local.set $node (i32.load (local.get $node)))
      (br_if $walk (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
    (local.get $sum)))
