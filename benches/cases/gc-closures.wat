;; Closures as compilers make them: a structure with a function reference first, and what was captured behind it; called by call_ref.
(module
  (rec
    (type $apply (func (param (ref $closure)) (param i32) (result i32)))
    (type $closure (sub (struct (field $code (ref $apply))))))
  (type $adder (sub final $closure (struct (field $code (ref $apply)) (field $term i32))))
  (type $composition
    (sub final $closure (struct (field $code (ref $apply)) (field $outer (ref $closure)) (field $inner (ref $closure)))))
  (type $counter (sub final $closure (struct (field $code (ref $apply)) (field $count (mut i32)))))
  (elem declare func $add $compose $count)
  (func $add (type $apply) (param $self (ref $closure)) (param $x i32) (result i32)
    (i32.add (local.get $x) (struct.get $adder $term (ref.cast (ref $adder) (local.get $self)))))
  (func $count (type $apply) (param $self (ref $closure)) (param $x i32) (result i32)
    (local $counter (ref $counter))
    (local.set $counter (ref.cast (ref $counter) (local.get $self)))
    (struct.set $counter $count (local.get $counter) (i32.add (struct.get $counter $count (local.get $counter)) (i32.const 1)))
    (i32.mul (local.get $x) (struct.get $counter $count (local.get $counter))))
  (func $compose (type $apply) (param $self (ref $closure)) (param $x i32) (result i32)
    (local $pair (ref $composition))
    (local.set $pair (ref.cast (ref $composition) (local.get $self)))
    (call $call
      (struct.get $composition $outer (local.get $pair))
      (call $call (struct.get $composition $inner (local.get $pair)) (local.get $x))))
  (func $call (param $closure (ref $closure)) (param $x i32) (result i32)
    (call_ref $apply (local.get $closure) (local.get $x) (struct.get $closure $code (local.get $closure))))
  (func (export "run") (param $rounds i32) (result i32)
    (local $counter (ref $closure)) (local $total i32)
    (local.set $counter (struct.new $counter (ref.func $count) (i32.const 0)))
    (loop $round
      (local.set $total
        (call $call
          (struct.new $composition
            (ref.func $compose)
            (struct.new $adder (ref.func $add) (local.get $rounds))
            (struct.new $composition (ref.func $compose) (local.get $counter) (struct.new $adder (ref.func $add) (i32.const 3))))
          (local.get $total)))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $total)))
