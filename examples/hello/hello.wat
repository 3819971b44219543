;; The least that a program can do with WASI: one write to standard output. hello.wasm is the same in binary.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; Where the bytes are, how many they are, and the bytes.
  (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
  (func (export "_start")
    (drop (call 0 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
