//! A file that is read at offsets, by several threads.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;

use ndarray::ArrayRef;

use super::element::{Fault, FileElement};
use super::progress::Transfer;
use crate::error::{Error, ErrorKind, Result};
use crate::shape::Axes;
use crate::threads::{do_all, number_of_threads};

/// Bytes that are read at once: few enough that threads finish together, many enough that calls cost nothing.
const CHUNK: usize = 4 << 20;

/// How a file is to be transferred.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    pub(super) workers: Option<usize>,
    pub(super) quiet: bool,
}

impl Manner {
    /// How many threads for so many bytes.
    pub(super) fn threads(self, bytes: u64) -> Result<usize> {
        let useful = usize::try_from(bytes / CHUNK as u64).unwrap_or(usize::MAX);
        Ok(number_of_threads(self.workers)?.min(useful).max(1))
    }
}

/// How many elements of `size` bytes are transferred at once.
pub(super) fn elements_at_once(size: usize) -> usize {
    (CHUNK / size.max(1)).max(1)
}

/// An open file.
pub(super) struct Source {
    file: File,
    path: PathBuf,
    pub(super) length: u64,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |source: io::Error| {
            let remedy = match source.kind() {
                io::ErrorKind::NotFound => match std::env::current_dir() {
                    Ok(folder) if path.is_relative() => format!(" (looked for in {})", folder.display()),
                    _ => String::new(),
                },
                io::ErrorKind::PermissionDenied => "; it, or a folder on the way, isn't readable for you".to_owned(),
                _ => String::new(),
            };
            let message = format!("can't read `{}`: {source}{remedy}", path.display());
            Error::new(ErrorKind::File, message).with_source(source)
        };
        // A pipe would wait for a writer, so it isn't even opened.
        let metadata = path.metadata().map_err(failed)?;
        if !metadata.is_file() {
            let what =
                if metadata.is_dir() { "a folder" } else { "no regular file, so it has no parts to be read apart" };
            let message = format!("can't read `{}`: it is {what}; name a file", path.display());
            return Err(Error::new(ErrorKind::File, message));
        }
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok(Source { file, path: path.to_owned(), length })
    }

    /// An error that names the file.
    pub(super) fn error(&self, what: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::File, format!("can't read `{}`: {what}", self.path.display()))
    }

    /// The bytes of a range, as far as the file goes.
    pub(super) fn bytes(&self, range: Range<u64>) -> Result<Vec<u8>> {
        let end = range.end.min(self.length);
        let mut bytes = vec![0; end.saturating_sub(range.start) as usize];
        self.file.read_exact_at(&mut bytes, range.start).map_err(|source| self.failed(source))?;
        Ok(bytes)
    }

    fn failed(&self, source: io::Error) -> Error {
        if source.kind() != io::ErrorKind::UnexpectedEof {
            return self.error(&source).with_source(source);
        }
        let now = self.file.metadata().map_or(0, |metadata| metadata.len());
        self.error(format_args!(
            "it had {} bytes and now has {now}: it shrank while it was read; read it when nobody writes it",
            self.length
        ))
    }

    /// Fills `array` from the bytes at `offset` on, by several threads if it is contiguous. `prepare` is told which of
    /// the array's bytes are written next.
    pub(super) fn fill<T: FileElement, D: Axes>(
        &self,
        offset: u64,
        array: &mut ArrayRef<T, D>,
        manner: Manner,
        prepare: impl Fn(Range<usize>) + Sync,
    ) -> Result<()> {
        let bytes = (array.len() * size_of::<T>()) as u64;
        let threads = manner.threads(bytes)?;
        let transfer = Transfer::new(&self.path, bytes, manner.quiet);
        let at_once = elements_at_once(size_of::<T>());
        let Some(slice) = array.as_slice_mut() else { return self.fill_apart(offset, array, at_once, &transfer) };
        let outcome = Mutex::new(Ok(()));
        let locked = || outcome.lock().unwrap_or_else(PoisonError::into_inner);
        do_all(threads, slice.chunks_mut(at_once).enumerate().collect(), |(number, chunk)| {
            if locked().is_err() {
                return;
            }
            let start = number * at_once * size_of::<T>();
            let length = size_of_val(chunk);
            prepare(start..start + length);
            match self.read(offset + start as u64, chunk) {
                Ok(()) => transfer.advance(length),
                Err(error) => *locked() = Err(error),
            }
        });
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill_apart<T: FileElement, D: Axes>(
        &self,
        mut offset: u64,
        array: &mut ArrayRef<T, D>,
        at_once: usize,
        transfer: &Transfer,
    ) -> Result<()> {
        let mut buffer: Vec<T> = array.iter().take(at_once).copied().collect();
        let mut elements = array.iter_mut();
        while elements.len() > 0 {
            let length = elements.len().min(at_once);
            self.read(offset, &mut buffer[..length])?;
            for (element, &value) in elements.by_ref().take(length).zip(&buffer) {
                *element = value;
            }
            offset += (length * size_of::<T>()) as u64;
            transfer.advance(length * size_of::<T>());
        }
        Ok(())
    }

    fn read<T: FileElement>(&self, offset: u64, values: &mut [T]) -> Result<()> {
        T::fill(values, &mut |bytes| self.file.read_exact_at(bytes, offset)).map_err(|fault| match fault {
            Fault::Io(source) => self.failed(source),
            Fault::NoBool(place, byte) => self
                .error(format_args!("byte {} is {byte}, and a bool is 0 or 1; read it as `u8`", offset + place as u64)),
        })
    }
}
