;; For the command `objects`: structures that die at once, and a tree that is kept, whose nodes take as many fields.
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree)) (field $value (mut i32))))
  (global $kept (mut (ref null $tree)) (ref.null $tree))
  (func $build (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (local.get $depth)
      (then
        (struct.new $tree
          (call $build (i32.sub (local.get $depth) (i32.const 1)))
          (call $build (i32.sub (local.get $depth) (i32.const 1)))
          (local.get $depth)))
      (else (struct.new $tree (ref.null $tree) (ref.null $tree) (i32.const 0)))))
  ;; Keeps a tree of 2^(depth + 1) - 1 nodes.
  (func (export "keep") (param $depth i32)
    (global.set $kept (call $build (local.get $depth))))
  ;; Makes so many structures, none of which is kept; the sum of what is in them.
  (func (export "make") (param $count i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum
        (i32.add (local.get $sum) (struct.get $tree $value (struct.new $tree (ref.null $tree) (ref.null $tree) (local.get $count)))))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum)))
