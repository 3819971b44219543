;; Message passing: who sees the flag sees the data, with atomics; with plain accesses whatever order.
(module $Mem (memory (export "shared") 1 1 shared))

(thread $Writer (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (i32.store (i32.const 0) (i32.const 42))
      (i32.atomic.store (i32.const 4) (i32.const 1))
      (i32.store (i32.const 16) (i32.const 42))
      (i32.store (i32.const 20) (i32.const 1))))
  (invoke "run"))

(thread $Reader (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "atomic") (result i32)
      (loop (br_if 0 (i32.eqz (i32.atomic.load (i32.const 4)))))
      (i32.load (i32.const 0)))
    (func (export "plain") (result i32 i32)
      (i32.load (i32.const 20))
      (i32.load (i32.const 16))))
  (assert_return (invoke "atomic") (i32.const 42))
  (assert_return (invoke "plain") (either (i32.const 0) (i32.const 1)) (either (i32.const 0) (i32.const 42))))

(wait $Writer)
(wait $Reader)

;; What both have done is there afterwards.
(register "mem" $Mem)
(module $Check
  (memory (import "mem" "shared") 1 1 shared)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
(assert_return (invoke $Check "load" (i32.const 0)) (i32.const 42))
(assert_return (invoke $Check "load" (i32.const 16)) (i32.const 42))
