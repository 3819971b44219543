;; Store buffering: each thread writes one place and reads the other's. With atomics one of them sees the other's value.
(module $Mem (memory (export "shared") 1 1 shared))

(thread $First (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "atomic") (result i32)
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (i32.atomic.store (i32.const 24) (i32.atomic.load (i32.const 4)))
      (i32.load (i32.const 24)))
    (func (export "plain") (result i32)
      (i32.store (i32.const 8) (i32.const 1))
      (i32.load (i32.const 12))))
  (assert_return (invoke "atomic") (either (i32.const 0) (i32.const 1)))
  (assert_return (invoke "plain") (either (i32.const 0) (i32.const 1))))

(thread $Second (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "atomic") (result i32)
      (i32.atomic.store (i32.const 4) (i32.const 1))
      (i32.atomic.store (i32.const 28) (i32.atomic.load (i32.const 0)))
      (i32.load (i32.const 28)))
    (func (export "plain") (result i32)
      (i32.store (i32.const 12) (i32.const 1))
      (i32.load (i32.const 8))))
  (assert_return (invoke "atomic") (either (i32.const 0) (i32.const 1)))
  (assert_return (invoke "plain") (either (i32.const 0) (i32.const 1))))

(wait $First)
(wait $Second)

(register "mem" $Mem)
(module $Check
  (memory (import "mem" "shared") 1 1 shared)
  (func (export "seen") (result i32) (i32.or (i32.load (i32.const 24)) (i32.load (i32.const 28)))))
(assert_return (invoke $Check "seen") (i32.const 1))
