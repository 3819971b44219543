;; Waiting: a thread sleeps until another one notifies it; who comes late finds another value.
(module $Mem (memory (export "shared") 1 1 shared))

(thread $Sleeper (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "sleep") (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  ;; Woken, or late.
  (assert_return (invoke "sleep") (either (i32.const 0) (i32.const 1))))

(thread $Waker (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "wake") (result i32)
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (assert_return (invoke "wake") (either (i32.const 0) (i32.const 1))))

(wait $Sleeper)
(wait $Waker)

;; Two that take turns: each waits for the other's number, as futexes of C libraries do.
(thread $Ping (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "play") (param $me i32) (result i32) (local $turn i32)
      (loop $next
        ;; Until the number is of my parity.
        (local.set $turn (i32.atomic.load (i32.const 64)))
        (if (i32.ne (i32.and (local.get $turn) (i32.const 1)) (local.get $me))
          (then
            (drop (memory.atomic.wait32 (i32.const 64) (local.get $turn) (i64.const -1)))
            (br $next)))
        (i32.atomic.store (i32.const 64) (i32.add (local.get $turn) (i32.const 1)))
        (drop (memory.atomic.notify (i32.const 64) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $turn) (i32.const 98))))
      (i32.atomic.load (i32.const 64))))
  (assert_return (invoke "play" (i32.const 0)) (either (i32.const 99) (i32.const 100))))

(thread $Pong (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "play") (param $me i32) (result i32) (local $turn i32)
      (loop $next
        (local.set $turn (i32.atomic.load (i32.const 64)))
        (if (i32.ne (i32.and (local.get $turn) (i32.const 1)) (local.get $me))
          (then
            (drop (memory.atomic.wait32 (i32.const 64) (local.get $turn) (i64.const -1)))
            (br $next)))
        (i32.atomic.store (i32.const 64) (i32.add (local.get $turn) (i32.const 1)))
        (drop (memory.atomic.notify (i32.const 64) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $turn) (i32.const 98))))
      (i32.atomic.load (i32.const 64))))
  (assert_return (invoke "play" (i32.const 1)) (i32.const 100)))

(wait $Pong)
(wait $Ping)
