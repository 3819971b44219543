;; Evaluates an expression, whose nodes are of different subtypes, again and again: br_on_cast, ref.test and ref.cast of final and open types.
(module
  (rec
    (type $expression (sub (struct)))
    (type $number (sub final $expression (struct (field $value i32))))
    (type $variable (sub final $expression (struct (field $index i8))))
    (type $binary (sub $expression (struct (field $left (ref $expression)) (field $right (ref $expression)))))
    (type $sum (sub final $binary (struct (field $left (ref $expression)) (field $right (ref $expression)))))
    (type $product (sub final $binary (struct (field $left (ref $expression)) (field $right (ref $expression)))))
    (type $choice (sub final $binary (struct (field $left (ref $expression)) (field $right (ref $expression)) (field $limit i32)))))
  (type $environment (array i32))
  (func $make (param $depth i32) (param $seed i32) (result (ref $expression))
    (local $left (ref $expression)) (local $right (ref $expression))
    (if (i32.eqz (local.get $depth))
      (then
        (if (i32.and (local.get $seed) (i32.const 4)) (then (return (struct.new $number (local.get $seed)))))
        (return (struct.new $variable (i32.and (local.get $seed) (i32.const 3))))))
    (local.set $left
      (call $make (i32.sub (local.get $depth) (i32.const 1)) (i32.add (i32.mul (local.get $seed) (i32.const 5)) (i32.const 1))))
    (local.set $right
      (call $make (i32.sub (local.get $depth) (i32.const 1)) (i32.add (i32.mul (local.get $seed) (i32.const 7)) (i32.const 3))))
    (block $choice
      (block $product
        (block $sum
          (br_table $sum $product $choice (i32.rem_u (i32.shr_u (local.get $seed) (i32.const 1)) (i32.const 3))))
        (return (struct.new $sum (local.get $left) (local.get $right))))
      (return (struct.new $product (local.get $left) (local.get $right))))
    (struct.new $choice (local.get $left) (local.get $right) (i32.and (local.get $seed) (i32.const 1023))))
  (func $evaluate (param $node (ref $expression)) (param $environment (ref $environment)) (result i32)
    (local $left i32) (local $right i32)
    (block $binary (result (ref $binary))
      (block $variable (result (ref $variable))
        (block $number (result (ref $number))
          (br_on_cast $number (ref $expression) (ref $number) (local.get $node))
          (br_on_cast $variable (ref $expression) (ref $variable))
          (br $binary (ref.cast (ref $binary))))
        (return (struct.get $number $value)))
      (local.set $left (struct.get_u $variable $index))
      (return (array.get $environment (local.get $environment) (local.get $left))))
    (drop)
    (local.set $left (call $evaluate (struct.get $binary $left (ref.cast (ref $binary) (local.get $node))) (local.get $environment)))
    (local.set $right (call $evaluate (struct.get $binary $right (ref.cast (ref $binary) (local.get $node))) (local.get $environment)))
    (if (ref.test (ref $sum) (local.get $node)) (then (return (i32.add (local.get $left) (local.get $right)))))
    (if (ref.test (ref $product) (local.get $node)) (then (return (i32.mul (local.get $left) (local.get $right)))))
    (select
      (local.get $left) (local.get $right)
      (i32.lt_s (i32.and (local.get $left) (i32.const 2047)) (struct.get $choice $limit (ref.cast (ref $choice) (local.get $node))))))
  (func (export "run") (param $rounds i32) (result i32)
    (local $root (ref $expression)) (local $total i32)
    (local.set $root (call $make (i32.const 10) (i32.const 1)))
    (loop $round
      (local.set $total
        (i32.xor
          (i32.mul (local.get $total) (i32.const 31))
          (call $evaluate
            (local.get $root)
            (array.new_fixed $environment 4 (local.get $rounds) (i32.const 3) (local.get $total) (i32.const -1)))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $total)))
