;; Makes many structures that die at once, of several sizes, and reads their fields: the rate of allocation.
(module
  (type $point (struct (field $x i32) (field $y i32)))
  (type $box (struct (field $low (ref $point)) (field $high (ref $point)) (field $weight f64) (field $tag i8)))
  (func $make (param $i i32) (result (ref $box))
    (struct.new $box
      (struct.new $point (local.get $i) (i32.const 7))
      (struct.new $point (i32.const 3) (i32.mul (local.get $i) (i32.const 5)))
      (f64.convert_i32_u (i32.and (local.get $i) (i32.const 15)))
      (local.get $i)))
  (func (export "run") (param $rounds i32) (result i32)
    (local $i i32) (local $sum i32) (local $box (ref null $box))
    (loop $next
      (local.set $box (call $make (local.get $i)))
      (local.set $sum
        (i32.add
          (i32.add (i32.mul (local.get $sum) (i32.const 31)) (struct.get $point $x (struct.get $box $low (local.get $box))))
          (i32.add
            (i32.add (struct.get $point $y (struct.get $box $high (local.get $box))) (struct.get_s $box $tag (local.get $box)))
            (i32.trunc_sat_f64_u (struct.get $box $weight (local.get $box))))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rounds))))
    (local.get $sum)))
