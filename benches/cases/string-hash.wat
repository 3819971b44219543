;; FNV-1a over a text of 4096 bytes, byte by byte, and a count of its words.
(module
  (memory (export "memory") 1)
  (data (i32.const 4096) "the quick brown fox jumps over the lazy dog while the small cat sleeps near a warm stove; ")
  (func $init
    (local $i i32)
    (loop $next
      (i32.store8 (local.get $i) (i32.load8_u offset=4096 (i32.rem_u (local.get $i) (i32.const 90))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 4096)))))
  (func (export "run") (param $rounds i32) (result i32)
    (local $i i32) (local $hash i32) (local $byte i32) (local $words i32) (local $inside i32)
    (call $init)
    (local.set $hash (i32.const 0x811c9dc5))
    (loop $round
      (local.set $i (i32.const 0))
      (loop $next
        (local.set $byte (i32.load8_u (local.get $i)))
        (local.set $hash (i32.mul (i32.xor (local.get $hash) (local.get $byte)) (i32.const 0x01000193)))
        (if (i32.and (i32.ge_u (local.get $byte) (i32.const 97)) (i32.le_u (local.get $byte) (i32.const 122)))
          (then
            (if (i32.eqz (local.get $inside)) (then (local.set $words (i32.add (local.get $words) (i32.const 1)))))
            (local.set $inside (i32.const 1)))
          (else (local.set $inside (i32.const 0))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.ne (local.get $i) (i32.const 4096))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.xor (local.get $hash) (local.get $words))))
