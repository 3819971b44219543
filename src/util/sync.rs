//! Locks that work with and without the standard library, with one interface.
//!
//! With `std` they block; without it they spin. Poisoning is ignored: no code of ours leaves shared data half changed when it unwinds.
//! Called by: `wasm::types`, `code`, `api`.

#[cfg(feature = "std")]
mod imp {
    /// A lock for many readers or one writer.
    #[derive(Default, Debug)]
    pub struct RwLock<T>(std::sync::RwLock<T>);

    impl<T> RwLock<T> {
        /// A lock around a value.
        pub const fn new(value: T) -> Self {
            Self(std::sync::RwLock::new(value))
        }

        /// Waits for shared access.
        pub fn read(&self) -> std::sync::RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
        }

        /// Waits for exclusive access.
        pub fn write(&self) -> std::sync::RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }

    /// A lock for one user at a time.
    #[derive(Default, Debug)]
    pub struct Mutex<T>(std::sync::Mutex<T>);

    impl<T> Mutex<T> {
        /// A lock around a value.
        pub const fn new(value: T) -> Self {
            Self(std::sync::Mutex::new(value))
        }

        /// Waits for access.
        pub fn lock(&self) -> std::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }
}

#[cfg(not(feature = "std"))]
mod imp {
    pub use spin::{Mutex, RwLock};
}

pub use imp::{Mutex, RwLock};
