;; A linked list is reversed in place and summed, over and over; an array of structures is walked, and their fields are changed.
(module
  (type $node (struct (field $next (mut (ref null $node))) (field $value (mut i64))))
  (type $nodes (array (mut (ref null $node))))
  (func $reverse (param $list (ref null $node)) (result (ref null $node))
    (local $reversed (ref null $node)) (local $next (ref null $node))
    (block $done
      (loop $each
        (br_if $done (ref.is_null (local.get $list)))
        (local.set $next (struct.get $node $next (local.get $list)))
        (struct.set $node $next (local.get $list) (local.get $reversed))
        (local.set $reversed (local.get $list))
        (local.set $list (local.get $next))
        (br $each)))
    (local.get $reversed))
  (func $sum (param $list (ref null $node)) (result i64)
    (local $sum i64)
    (block $done
      (loop $each
        (br_if $done (ref.is_null (local.get $list)))
        (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1)) (struct.get $node $value (local.get $list))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $each)))
    (local.get $sum))
  (func $add_all (param $nodes (ref $nodes)) (param $term i64)
    (local $i i32) (local $node (ref null $node))
    (loop $each
      (local.set $node (array.get $nodes (local.get $nodes) (local.get $i)))
      (struct.set $node $value (local.get $node) (i64.add (struct.get $node $value (local.get $node)) (local.get $term)))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $nodes))))))
  (func (export "run") (param $rounds i32) (result i64)
    (local $nodes (ref $nodes)) (local $list (ref null $node)) (local $i i32) (local $sum i64)
    (local.set $nodes (array.new_default $nodes (i32.const 1000)))
    (loop $build
      (local.set $list (struct.new $node (local.get $list) (i64.extend_i32_u (i32.mul (local.get $i) (i32.const 2654435761)))))
      (array.set $nodes (local.get $nodes) (local.get $i) (local.get $list))
      (br_if $build (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (loop $round
      (local.set $list (call $reverse (local.get $list)))
      (local.set $sum (i64.xor (i64.mul (local.get $sum) (i64.const 31)) (call $sum (local.get $list))))
      (call $add_all (local.get $nodes) (local.get $sum))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
