;; Escape times of the Mandelbrot set: f64 arithmetic and compares with almost no memory traffic.
(module
  (func (export "run") (param $n i32) (result i32)
    (local $px i32) (local $py i32) (local $i i32) (local $sum i32)
    (local $x0 f64) (local $y0 f64) (local $x f64) (local $y f64) (local $xx f64) (local $yy f64) (local $scale f64)
    (local.set $scale (f64.div (f64.const 3) (f64.convert_i32_s (local.get $n))))
    (loop $rows
      (local.set $px (i32.const 0))
      (local.set $y0 (f64.sub (f64.mul (f64.convert_i32_s (local.get $py)) (local.get $scale)) (f64.const 1.5)))
      (loop $columns
        (local.set $x0 (f64.sub (f64.mul (f64.convert_i32_s (local.get $px)) (local.get $scale)) (f64.const 2)))
        (local.set $x (f64.const 0))
        (local.set $y (f64.const 0))
        (local.set $xx (f64.const 0))
        (local.set $yy (f64.const 0))
        (local.set $i (i32.const 0))
        (block $escaped
          (loop $iterate
            (local.set $y (f64.add (f64.mul (f64.mul (f64.const 2) (local.get $x)) (local.get $y)) (local.get $y0)))
            (local.set $x (f64.add (f64.sub (local.get $xx) (local.get $yy)) (local.get $x0)))
            (local.set $xx (f64.mul (local.get $x) (local.get $x)))
            (local.set $yy (f64.mul (local.get $y) (local.get $y)))
            (br_if $escaped (f64.gt (f64.add (local.get $xx) (local.get $yy)) (f64.const 4)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $iterate (i32.lt_s (local.get $i) (i32.const 50)))))
        (local.set $sum (i32.add (local.get $sum) (local.get $i)))
        (local.set $px (i32.add (local.get $px) (i32.const 1)))
        (br_if $columns (i32.lt_s (local.get $px) (local.get $n))))
      (local.set $py (i32.add (local.get $py) (i32.const 1)))
      (br_if $rows (i32.lt_s (local.get $py) (local.get $n))))
    (local.get $sum)))
