//! A file in the making: written beside the place it is meant for, then renamed, so that the place holds what it held or
//! all of the new, never a part.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind};

/// As many symbolic links as the kernel follows.
const LINKS: usize = 40;

/// As much of a file's name goes into that of the one beside it, which has more letters; the system takes 255.
const LONGEST: usize = 200;

/// Where bytes are written.
pub(super) enum Target {
    /// To a file that takes the place of another, or of none, at the end.
    Beside(NamedTempFile, PathBuf),
    /// Straight to what can't be replaced: a device, a pipe.
    Straight(File),
}

impl Target {
    /// For `bytes` bytes in all.
    pub(super) fn open(path: &Path, bytes: u64) -> io::Result<Self> {
        let place = behind_links(path)?;
        // Of the path itself: a link in /proc to an open pipe leads to it, but the name that it holds doesn't.
        let present = match path.metadata() {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(present) = &present {
            // Who may not write it may not replace it either.
            let file = OpenOptions::new().write(true).open(path)?;
            if !present.is_file() {
                return Ok(Target::Straight(file));
            }
        }
        // Beyond the limit a write is answered by a signal, which ends the process.
        if let Ok((soft, _)) = getrlimit(Resource::RLIMIT_FSIZE)
            && soft != RLIM_INFINITY
            && bytes > soft
        {
            let text =
                format!("{bytes} bytes are more than this process may write to a file, {soft}: raise `ulimit -f`");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = place.file_name().unwrap_or_default().as_bytes();
        let mut prefix = OsString::from(".");
        prefix.push(OsStr::from_bytes(&name[..name.len().min(LONGEST)]));
        // A new one as if it were simply made: the system takes from these what the umask says. Nobody may read for a
        // moment what takes the place of a private one.
        let at_first = present.as_ref().map_or(Permissions::from_mode(0o666), |_| Permissions::from_mode(0o600));
        let file =
            tempfile::Builder::new().prefix(&prefix).suffix(".part").permissions(at_first).tempfile_in(folder)?;
        if let Some(present) = present {
            file.as_file().set_permissions(present.permissions())?;
        }
        Ok(Target::Beside(file, place))
    }

    /// Whether parts can be written apart from one another.
    pub(super) fn has_places(&self) -> bool {
        matches!(self, Target::Beside(..))
    }

    /// Writes the bytes at a place; where there are no places, what comes next.
    pub(super) fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        match self {
            Target::Beside(file, _) => file.as_file().write_all_at(bytes, at),
            Target::Straight(file) => (&*file).write_all(bytes),
        }
    }

    /// Puts the file in its place.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Target::Beside(file, place) => file.persist(place).map(drop).map_err(|error| error.error),
            Target::Straight(_) => Ok(()),
        }
    }
}

/// The path that a chain of symbolic links leads to, whether or not there is a file.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..LINKS {
        match place.read_link() {
            Ok(target) => place = place.parent().unwrap_or(Path::new("")).join(target),
            // No link, or nothing there: the rest shows which.
            Err(_) => return Ok(place),
        }
    }
    Err(io::Error::other("it is a symbolic link that leads to no end"))
}

/// Why a file could not be written.
pub(super) fn failed(path: &Path, bytes: u64, source: io::Error) -> Error {
    let remedy = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("; {bytes} bytes are needed there: make room, or write elsewhere")
        }
        io::ErrorKind::NotFound => "; its folder isn't there: make it first".to_owned(),
        io::ErrorKind::PermissionDenied => "; the file, or its folder, isn't writable for you".to_owned(),
        io::ErrorKind::IsADirectory => "; name a file in it".to_owned(),
        _ => String::new(),
    };
    let message = format!("can't write `{}`: {source}{remedy}", path.display());
    Error::new(ErrorKind::File, message).with_source(source)
}
