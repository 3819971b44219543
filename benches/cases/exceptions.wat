;; Exceptions that cross calls: each turn throws through three activations to a clause that takes its payload; every eighth is caught on the way
;; by reference, and thrown again.
(module
  (tag $number (param i32))
  (tag $other)
  (func $throws (param $x i32) (result i32)
    (if (i32.and (local.get $x) (i32.const 1)) (then (throw $number (local.get $x))))
    (throw $number (i32.add (local.get $x) (i32.const 1))))
  (func $passes (param $x i32) (result i32)
    (i32.add (call $throws (i32.mul (local.get $x) (i32.const 3))) (i32.const 1)))
  (func $cleans_up (param $x i32) (result i32)
    (if (i32.and (local.get $x) (i32.const 7)) (then (return (call $passes (local.get $x)))))
    (throw_ref (block $caught (result exnref) (try_table (catch_all_ref $caught) (return (call $passes (local.get $x)))) (unreachable))))
  (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (block $caught (result i32)
          (try_table (result i32) (catch $number $caught)
            (block $never (try_table (catch $other $never) (drop (call $cleans_up (local.get $n)))))
            (i32.const 0)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
