;; Binary trees: one that lives for the whole run, and many small ones that are built, walked and dropped meanwhile.
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree)) (field $value (mut i32))))
  (func $build (param $depth i32) (param $seed i32) (result (ref $tree))
    (if (result (ref $tree)) (i32.eqz (local.get $depth))
      (then (struct.new $tree (ref.null $tree) (ref.null $tree) (local.get $seed)))
      (else
        (struct.new $tree
          (call $build (i32.sub (local.get $depth) (i32.const 1)) (i32.mul (local.get $seed) (i32.const 3)))
          (call $build (i32.sub (local.get $depth) (i32.const 1)) (i32.add (local.get $seed) (i32.const 1)))
          (local.get $seed)))))
  (func $sum (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 0))
      (else
        (i32.add
          (struct.get $tree $value (local.get $tree))
          (i32.sub
            (call $sum (struct.get $tree $left (local.get $tree)))
            (call $sum (struct.get $tree $right (local.get $tree))))))))
  (func (export "run") (param $depth i32) (result i32)
    (local $long (ref null $tree)) (local $i i32) (local $total i32)
    (local.set $long (call $build (local.get $depth) (i32.const 1)))
    (loop $next
      (local.set $total (i32.add (local.get $total) (call $sum (call $build (i32.const 6) (local.get $i)))))
      (struct.set $tree $value (local.get $long) (local.get $total))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.shl (i32.const 1) (i32.sub (local.get $depth) (i32.const 5))))))
    (call $sum (local.get $long))))
