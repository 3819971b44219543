;; Load buffering: each thread reads one place, then writes the other's. With atomics not both read what the other writes afterwards.
(module $Mem (memory (export "shared") 1 1 shared))

(thread $First (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (i32.atomic.store (i32.const 24) (i32.atomic.load (i32.const 4)))
      (i32.atomic.store (i32.const 0) (i32.const 1))))
  (invoke "run"))

(thread $Second (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (i32.atomic.store (i32.const 28) (i32.atomic.load (i32.const 0)))
      (i32.atomic.store (i32.const 4) (i32.const 1))))
  (invoke "run"))

(wait $Second)
(wait $First)

(register "mem" $Mem)
(module $Check
  (memory (import "mem" "shared") 1 1 shared)
  (func (export "both") (result i32) (i32.and (i32.load (i32.const 24)) (i32.load (i32.const 28)))))
(assert_return (invoke $Check "both") (i32.const 0))
