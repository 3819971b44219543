;; Exceptions as they were before 3.0.
(module
  (tag $none)
  (tag $i32 (param i32))
  (tag $two (param i32 i32))

  (func $throws (param i32) (throw $i32 (local.get 0)))
  (func $throws_two (param i32) (throw $two (local.get 0) (i32.const 1)))

  (func (export "plain") (param i32) (result i32)
    try (result i32)
      local.get 0
      i32.const 1
      i32.eq
      if (result i32)
        local.get 0
        call $throws
        i32.const -1
      else
        local.get 0
        i32.const 2
        i32.eq
        if
          local.get 0
          call $throws_two
        end
        local.get 0
        i32.const 3
        i32.eq
        if
          throw $none
        end
        i32.const 100
      end
    catch $i32
      i32.const 10
      i32.add
    catch $two
      i32.add
      i32.const 20
      i32.add
    catch_all
      i32.const 30
    end)

  ;; What is below the block stays, and results come from each part.
  (func (export "below") (param i32) (result i32)
    local.get 0
    i32.const 7
    i32.mul
    try (result i32)
      local.get 0
      call $throws
      i32.const 0
    catch_all
      i32.const 1000
    end
    i32.add)

  ;; `rethrow` of the outer and of the inner exception.
  (func (export "rethrow") (param i32) (result i32)
    try (result i32)
      try (result i32)
        i32.const 1
        call $throws
        i32.const 0
      catch $i32
        drop
        try (result i32)
          i32.const 2
          call $throws
          i32.const 0
        catch $i32
          drop
          local.get 0
          if
            rethrow 1
          end
          local.get 0
          i32.eqz
          if
            rethrow 2
          end
          i32.const 0
        end
      end
    catch $i32
    end)

  ;; `delegate` to an outer `try`, past one that would catch.
  (func (export "delegate") (param i32) (result i32)
    try $outer (result i32)
      try $inner (result i32)
        try (result i32)
          local.get 0
          call $throws
          i32.const 0
        delegate $outer
      catch_all
        i32.const -1
      end
    catch $i32
    end)

  ;; `delegate` to the caller.
  (func $delegates (param i32) (result i32)
    try $inner (result i32)
      try (result i32)
        local.get 0
        call $throws
        i32.const 0
      delegate 1
    catch_all
      i32.const -1
    end)
  (func (export "delegate_to_caller") (param i32) (result i32)
    try (result i32)
      local.get 0
      call $delegates
    catch $i32
      i32.const 5
      i32.add
    end)

  ;; `delegate` to a `catch` goes to what is around its `try`.
  (func (export "delegate_in_catch") (param i32) (result i32)
    try (result i32)
      try $t (result i32)
        i32.const 1
        call $throws
        i32.const 0
      catch $i32
        drop
        try (result i32)
          local.get 0
          call $throws
          i32.const 0
        delegate $t
      catch_all
        i32.const -1
      end
    catch $i32
    end)

  ;; Branches out of each part; nothing of a `catch` is covered by its own `try`.
  (func (export "branches") (param i32) (result i32) (local $i i32)
    block $done (result i32)
      loop $again
        try
          local.get $i
          i32.const 3
          i32.ge_u
          if
            i32.const 9
            br $done
          end
          local.get $i
          call $throws
        catch $i32
          i32.const 1
          i32.add
          local.set $i
          br $again
        end
      end
      i32.const -1
    end
    local.get $i
    i32.add)
  (func (export "catch_throws") (result i32)
    try (result i32)
      try (result i32)
        i32.const 1
        call $throws
        i32.const 0
      catch $i32
        i32.const 10
        i32.add
        call $throws
        i32.const 0
      end
    catch $i32
    end)
  (func (export "without_catch") (param i32) (result i32)
    try (result i32)
      try (result i32)
        local.get 0
        call $throws
        i32.const 0
      end
    catch $i32
    end))
