//! What goes wrong, as embedders see it: one opaque word with a kind, a text, and where it applies a trap code, an exit status, an offset, a
//! host error, or a backtrace.

use alloc::{borrow::Cow, boxed::Box, string::String, string::ToString, sync::Arc, vec::Vec};
use core::{any::Any, fmt};

use spin::Once;

use super::compile::ModuleExtension;
use super::context::AsContextMut;
use super::exception::{ExnRef, Thrown};
use crate::decode::error::{DecodeError, ErrorKind as DecodeKind};
use crate::runtime::{context::Slot, instantiate::InstantiateError, link_error::LinkError, module::ModuleInner, store::StoreInner};
use crate::validate::ValidateError;
use crate::wasm::trap::TrapCode;
use crate::wasm::types::{CompositeType, SubType, TypeRegistry};

/// What kind of thing went wrong; the first seven as the standard's test scripts tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are no module, or the text is none.
    Malformed,
    /// The module breaks a rule of validation.
    Invalid,
    /// The module uses a proposal that this engine does not have.
    Unsupported,
    /// An import is missing or of the wrong type.
    Unlinkable,
    /// Execution trapped; see [`Error::trap_code`].
    Trap,
    /// An exception was thrown and not caught; see [`Error::exception`].
    Exception,
    /// The program ended itself; see [`Error::exit_status`].
    Exit,
    /// A host function failed; see [`Error::downcast_ref`].
    Host,
    /// A limit of the engine, the store or the system was reached.
    Limit,
    /// The bytes are no archive of [`Module::serialize`](crate::Module::serialize), are damaged, or do not fit this engine.
    Archive,
    /// The interface was used wrongly: arguments of other types, a handle of another store, a module of another engine.
    Api,
    /// The engine broke its own rules. Please report it.
    Bug,
}

/// A failure. It is one word wide.
///
/// `{}` prints one line; `{:#}` adds the WebAssembly backtrace, if there is one.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    offset: Option<usize>,
    trap: Option<TrapCode>,
    exit: Option<i32>,
    thrown: Option<Thrown>,
    source: Option<Box<dyn core::error::Error + Send + Sync>>,
    frames: Vec<Frame>,
    symbols: Once<Vec<FrameInfo>>,
}

/// An activation as it was captured: cheap, and symbolised when somebody asks.
pub(crate) struct Frame {
    /// Whose function it is.
    pub(crate) module: Arc<ModuleInner>,
    /// Its index among the functions that the module defines.
    pub(crate) function: u32,
    /// How far it was, in bytes of internal code; none if it has no code yet.
    pub(crate) code_offset: Option<u32>,
}

/// One function of a backtrace.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FrameInfo {
    /// The function's index in its module.
    pub func_index: u32,
    /// Its name, if the name section gives one.
    pub func_name: Option<String>,
    /// The module's name, if the name section gives one.
    pub module_name: Option<String>,
    /// The byte offset, in the module, of the operator that was executed.
    pub module_offset: Option<usize>,
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.module_offset {
            Some(offset) => write!(f, "{offset:#06x} - ")?,
            None => f.write_str("       - ")?,
        }
        let name = self.func_name.as_deref().unwrap_or("<unnamed>");
        match &self.module_name {
            Some(module) => write!(f, "{module}!{name} (func {})", self.func_index),
            None => write!(f, "{name} (func {})", self.func_index),
        }
    }
}

impl Error {
    #[cold]
    fn make(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            offset: None,
            trap: None,
            exit: None,
            thrown: None,
            source: None,
            frames: Vec::new(),
            symbols: Once::new(),
        }))
    }

    /// A failure of the host, in words.
    pub fn new(message: impl fmt::Display) -> Self {
        Self::make(ErrorKind::Host, message.to_string())
    }

    /// A failure of the host, with a value that [`Error::downcast_ref`] gives back. An [`Error`] stays what it is.
    pub fn host<E: core::error::Error + Send + Sync + 'static>(error: E) -> Self {
        let mut error = Some(error);
        if let Some(own) = (&mut error as &mut dyn Any).downcast_mut::<Option<Error>>().and_then(Option::take) {
            return own;
        }
        match error {
            Some(error) => {
                let mut made = Self::make(ErrorKind::Host, error.to_string());
                made.0.source = Some(Box::new(error));
                made
            }
            None => Self::make(ErrorKind::Host, "a host function failed"),
        }
    }

    /// The end of the program with an exit status, as `proc_exit` asks for.
    pub fn exit(status: i32) -> Self {
        let mut error = Self::make(ErrorKind::Exit, alloc::format!("exit with status {status}"));
        error.0.exit = Some(status);
        error
    }

    /// An exception on its way through the host: a host function that returns this error throws the exception where it was called.
    ///
    /// An exception of another store than `store` gives an error of kind `Api`.
    pub fn thrown(mut store: impl AsContextMut, exception: ExnRef) -> Self {
        let store = store.as_context_mut();
        match exception.to_slot(store.inner()) {
            Ok(reference) => Self::uncaught(store.inner(), reference, store.engine().types()),
            Err(error) => error,
        }
    }

    /// The error that carries the exception at a reference.
    pub(crate) fn uncaught(store: &StoreInner, reference: Slot, types: &TypeRegistry) -> Self {
        let tag = store.exceptions.get(reference).map(|exception| exception.tag);
        let message = match tag.and_then(|tag| store.tag_type(tag)).map(|ty| types.get(ty)).as_deref() {
            Some(SubType { composite: CompositeType::Func(ty), .. }) if !ty.params().is_empty() => {
                let payload: Vec<String> = ty.params().iter().map(ToString::to_string).collect();
                Cow::Owned(alloc::format!("uncaught exception that carries {}", payload.join(" ")))
            }
            _ => Cow::Borrowed("uncaught exception"),
        };
        let mut error = Self::make(ErrorKind::Exception, message);
        error.0.thrown = Thrown::new(store, reference);
        error
    }

    /// A reached limit.
    pub(crate) fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self::make(ErrorKind::Limit, message)
    }

    /// An archive that can't be loaded.
    pub(crate) fn archive(message: impl Into<Cow<'static, str>>) -> Self {
        Self::make(ErrorKind::Archive, message)
    }

    /// A wrong use of the interface.
    pub(crate) fn api(message: impl Into<Cow<'static, str>>) -> Self {
        Self::make(ErrorKind::Api, message)
    }

    /// A handle that is not of the store that it was used with.
    pub(crate) fn other_store(what: &str) -> Self {
        Self::api(alloc::format!("the {what} belongs to another store"))
    }

    /// What must not happen.
    pub(crate) fn bug(message: &'static str) -> Self {
        Self::make(ErrorKind::Bug, message)
    }

    /// An unreadable text module.
    #[cfg(feature = "wat")]
    pub(crate) fn malformed_text(message: &dyn fmt::Display) -> Self {
        Self::make(ErrorKind::Malformed, message.to_string())
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Why execution trapped, if it did.
    pub fn trap_code(&self) -> Option<TrapCode> {
        self.0.trap
    }

    /// The exit status, if the program ended itself.
    pub fn exit_status(&self) -> Option<i32> {
        self.0.exit
    }

    /// The exception that was not caught, if it is of this store. It lives as long as the store from now on.
    pub fn exception(&self, mut store: impl AsContextMut) -> Option<ExnRef> {
        let store = store.as_context_mut();
        ExnRef::from_slot(store.inner(), self.thrown_reference(store.inner())?)
    }

    /// The reference to the exception that it carries, if that is of this store.
    pub(crate) fn thrown_reference(&self, store: &StoreInner) -> Option<Slot> {
        self.0.thrown.as_ref()?.reference(store)
    }

    /// The host's error, if it is an `E`.
    pub fn downcast_ref<E: core::error::Error + 'static>(&self) -> Option<&E> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Where in the module's bytes it was found.
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// What went wrong, without kind, offset and backtrace.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The WebAssembly functions that were active, innermost first, at most 64. Empty where none was.
    ///
    /// The first call looks up names and offsets.
    pub fn backtrace(&self) -> &[FrameInfo] {
        self.0.symbols.call_once(|| self.0.frames.iter().map(Frame::symbolise).collect())
    }

    /// How many activations were captured so far.
    pub(crate) fn frame_count(&self) -> usize {
        self.0.frames.len()
    }

    /// Adds what was active around what was captured already.
    pub(crate) fn add_frames(&mut self, frames: impl Iterator<Item = Frame>) {
        self.0.frames.extend(frames);
        self.0.symbols = Once::new();
    }
}

impl Frame {
    /// Looks up names and the offset.
    fn symbolise(&self) -> FrameInfo {
        let decoded = &self.module.decoded;
        let func_index = decoded.imported_functions + self.function;
        FrameInfo {
            func_index,
            func_name: decoded.names.function(func_index).map(String::from),
            module_name: decoded.names.module.clone(),
            module_offset: self.code_offset.and_then(|code_offset| {
                let offset = ModuleExtension::of(&self.module)?.locate(&self.module, self.function, code_offset)?;
                usize::try_from(offset).ok()
            }),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.kind {
            ErrorKind::Malformed => "malformed module: ",
            ErrorKind::Invalid => "invalid module: ",
            ErrorKind::Unsupported => "unsupported module: ",
            ErrorKind::Unlinkable => "unlinkable module: ",
            ErrorKind::Trap => "trap: ",
            ErrorKind::Bug => "internal error: ",
            _ => "",
        })?;
        f.write_str(&self.0.message)?;
        if let Some(offset) = self.0.offset {
            write!(f, " (at offset {offset:#x})")?;
        }
        if f.alternate() && !self.0.frames.is_empty() {
            f.write_str("\n  wasm backtrace:")?;
            for (index, frame) in self.backtrace().iter().enumerate() {
                write!(f, "\n    {index}: {frame}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self:#}", self.0.kind)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        // The text of the host's error is the message already; what comes next is what lies behind it.
        self.0.source.as_deref().and_then(|error| error.source())
    }
}

impl From<TrapCode> for Error {
    #[cold]
    fn from(code: TrapCode) -> Self {
        let mut error = Self::make(ErrorKind::Trap, code.message());
        error.0.trap = Some(code);
        error
    }
}

/// The public kind of a failure to decode or validate.
fn kind_of(kind: DecodeKind) -> ErrorKind {
    match kind {
        DecodeKind::Malformed => ErrorKind::Malformed,
        DecodeKind::Invalid => ErrorKind::Invalid,
        DecodeKind::Unsupported => ErrorKind::Unsupported,
        DecodeKind::Limit => ErrorKind::Limit,
    }
}

impl From<DecodeError> for Error {
    #[cold]
    fn from(error: DecodeError) -> Self {
        let mut made = Self::make(kind_of(error.kind()), error.message().to_string());
        made.0.offset = Some(error.offset() as usize);
        made
    }
}

impl From<ValidateError> for Error {
    #[cold]
    fn from(error: ValidateError) -> Self {
        let mut made = Self::make(kind_of(error.kind()), error.message().to_string());
        made.0.offset = Some(error.offset() as usize);
        made
    }
}

impl From<LinkError> for Error {
    #[cold]
    fn from(error: LinkError) -> Self {
        Self::make(ErrorKind::Unlinkable, error.into_message())
    }
}

impl From<InstantiateError<Error>> for Error {
    #[cold]
    fn from(error: InstantiateError<Error>) -> Self {
        match error {
            InstantiateError::Link(error) => error.into(),
            InstantiateError::Trap(code) => code.into(),
            InstantiateError::Limit(message) => Self::limit(message),
            InstantiateError::Limiter(error) => error,
            InstantiateError::Bug(message) => Self::bug(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[derive(Debug, PartialEq)]
    struct Broken(u32);

    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "broken in {} places", self.0)
        }
    }

    impl core::error::Error for Broken {}

    #[test]
    fn one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn host_errors_come_back() {
        let error = Error::host(Error::host(Broken(3)));
        assert_eq!(error.kind(), ErrorKind::Host);
        assert_eq!(error.downcast_ref::<Broken>(), Some(&Broken(3)));
        assert_eq!(error.to_string(), "broken in 3 places");
        assert!(Error::new("words").downcast_ref::<Broken>().is_none());
    }

    #[test]
    fn kinds_print_as_prefixes() {
        assert_eq!(Error::from(TrapCode::Unreachable).to_string(), "trap: unreachable");
        assert_eq!(Error::exit(3).exit_status(), Some(3));
        assert_eq!(Error::exit(3).to_string(), "exit with status 3");
        assert_eq!(Error::new("no such file").to_string(), "no such file");
    }
}
