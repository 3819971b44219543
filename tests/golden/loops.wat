;; Locals that loops use are pinned, and so are loop parameters; a group that goes to its own start is repeated by its handler. A loop that asks
;; first whether to leave asks again at its end.
(module
  (memory 1)
  (func $count (param i32) (result i32)
    (loop $next
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 0))
  (func $sum (param $from i32) (param $to i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $from))))
      (br_if $next (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to))))
    (local.get $sum))
  (func $floats (param $n i32) (param $x f64) (result f64) (local $sum f64)
    (loop $next
      (local.set $sum (f64.add (local.get $sum) (f64.mul (local.get $x) (local.get $x))))
      (local.set $x (f64.mul (local.get $x) (f64.const 0.5)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $carried (param $n i32) (result i32)
    (local.get $n)
    (loop $next (param i32) (result i32)
      (br_if $next (local.tee $n (i32.sub (i32.const 1))) (local.get $n))))
  (func $asks (param $n i32) (result i32) (local $i i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $i) (local.get $n)))
        (i32.store8 (local.get $i) (i32.const 0))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i)))
