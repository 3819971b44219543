;; A toy bytecode machine: loads, br_table, and state in locals; an interpreter within the interpreter.
;; Its program: acc = acc * 5 + counter; acc ^= acc >> 9; counter -= 1; jump to 0 unless counter is 0; halt.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "\00\01\02\03\04\05")
  (func (export "run") (param $counter i32) (result i32)
    (local $pc i32) (local $acc i32)
    (block $halt
      (loop $next
        (block $jump
          (block $decrement
            (block $mix
              (block $add
                (block $multiply
                  (br_table $multiply $add $mix $decrement $jump $halt (i32.load8_u (local.get $pc))))
                ;; multiply
                (local.set $acc (i32.mul (local.get $acc) (i32.const 5)))
                (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
                (br $next))
              ;; add
              (local.set $acc (i32.add (local.get $acc) (local.get $counter)))
              (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
              (br $next))
            ;; mix
            (local.set $acc (i32.xor (local.get $acc) (i32.shr_u (local.get $acc) (i32.const 9))))
            (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
            (br $next))
          ;; decrement
          (local.set $counter (i32.sub (local.get $counter) (i32.const 1)))
          (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
          (br $next))
        ;; jump
        (local.set $pc (select (i32.const 0) (i32.add (local.get $pc) (i32.const 1)) (local.get $counter)))
        (br $next)))
    (local.get $acc)))
