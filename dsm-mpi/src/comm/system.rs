//! One communicator of the system's MPI: every call that dsm makes on it.
//!
//! Requests are nonblocking and polled, so that each ends by its deadline. One that is given up is never freed, and what
//! it was lent is forgotten, since MPI may use both for as long as the process lives. The message-passing part may be
//! called by several threads at once (`MPI_THREAD_MULTIPLE` is provided, or `universe` refuses).
//!
//! Not here: starting and ending MPI (`universe`).
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::c_int;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::sync::Arc;
use std::time::Duration;

use dsm_runtime::private::Birthplace;
use dsm_runtime::{Error, ErrorKind, Result, private};
use mpi::ffi;

use super::buffer::Buffer;
use super::health::Health;
use super::link::{Group, Tag};
use super::universe;
use super::wait::Wait;

/// The most bytes in one message: a count is an `int`.
const PIECE: usize = 1 << 28;

/// A communicator of dsm's own; freed when it is dropped, unless it was given up.
#[derive(Debug)]
pub(crate) struct Communicator {
    raw: ffi::MPI_Comm,
    rank: usize,
    size: usize,
    health: Arc<Health>,
    birthplace: Birthplace,
}

// SAFETY: the handle is a number or the address of an object that MPI guards itself under `MPI_THREAD_MULTIPLE`.
unsafe impl Send for Communicator {}
// SAFETY: as above.
unsafe impl Sync for Communicator {}

impl Communicator {
    /// A duplicate of `MPI_COMM_WORLD`. Collective.
    pub(super) fn of_the_world() -> Result<Self> {
        // SAFETY: the constant is set by the C compiler, and MPI is initialised (`universe` calls this).
        let world = unsafe { ffi::RSMPI_COMM_WORLD };
        let raw = made("duplicate the world's communicator", |raw| {
            // SAFETY: `raw` is a place for a handle.
            unsafe { ffi::MPI_Comm_dup(world, raw) }
        })?;
        Communicator::own(raw, &Arc::default())
    }

    /// Takes over a communicator.
    fn own(raw: ffi::MPI_Comm, health: &Arc<Health>) -> Result<Self> {
        let (mut rank, mut size) = (0, 0);
        // SAFETY: the handle is live; errors are to be returned, since a message names more than MPI's abort does.
        unsafe {
            check("set the error handler", ffi::MPI_Comm_set_errhandler(raw, ffi::RSMPI_ERRORS_RETURN))?;
            check("ask for the rank", ffi::MPI_Comm_rank(raw, &raw mut rank))?;
            check("ask for the size", ffi::MPI_Comm_size(raw, &raw mut size))?;
        }
        let birthplace = Birthplace::here()?;
        Ok(Communicator { raw, rank: rank as usize, size: size as usize, health: Arc::clone(health), birthplace })
    }

    pub(crate) fn health(&self) -> &Arc<Health> {
        &self.health
    }

    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Fails where MPI must not be called.
    fn ready(&self) -> Result<()> {
        if !self.birthplace.is_here() {
            let text = "this communicator was made in another process: a child that an MPI rank forked can't use it";
            return Err(private::error(ErrorKind::Process, text));
        }
        if mpi::environment::is_finalized() {
            return Err(private::error(ErrorKind::Mpi, "MPI has been finalised: nothing can be sent any more"));
        }
        Ok(())
    }

    pub(super) fn send(&self, to: usize, tag: Tag, message: Vec<u8>, limit: Option<Duration>) -> Result<()> {
        self.complete("send a message", message, limit, |bytes, count, request| {
            // SAFETY: the bytes stay until the request is done, or for ever (`complete`).
            unsafe { ffi::MPI_Isend(bytes, count, ffi::RSMPI_UINT8_T, to as c_int, tag as c_int, self.raw, request) }
        })
        .map(drop)
    }

    /// Each tag is received by one thread only, so what was seen is what is received.
    pub(crate) fn try_receive(
        &self,
        from: Option<usize>,
        tag: Tag,
        limit: Option<Duration>,
    ) -> Result<Option<(usize, Vec<u8>)>> {
        self.ready()?;
        let (mut there, mut status) = (0, MaybeUninit::<ffi::MPI_Status>::zeroed());
        // SAFETY: the constant is set by the C compiler.
        let from = from.map_or(unsafe { ffi::RSMPI_ANY_SOURCE }, |rank| rank as c_int);
        // SAFETY: both are places for what MPI answers.
        let seen = unsafe { ffi::MPI_Iprobe(from, tag as c_int, self.raw, &raw mut there, status.as_mut_ptr()) };
        check("look for a message", seen)?;
        if there == 0 {
            return Ok(None);
        }
        // SAFETY: MPI filled it in; zeroed before, it is plain numbers anyway.
        let status = unsafe { status.assume_init() };
        let mut length = 0;
        // SAFETY: the status is of a message of bytes.
        check("measure a message", unsafe {
            ffi::MPI_Get_count(&raw const status, ffi::RSMPI_UINT8_T, &raw mut length)
        })?;
        let message = self.complete(
            "receive a message",
            vec![0; length as usize],
            limit,
            // SAFETY: the bytes stay until the request is done, or for ever (`complete`).
            |bytes, count, request| unsafe {
                ffi::MPI_Irecv(bytes, count, ffi::RSMPI_UINT8_T, status.MPI_SOURCE, tag as c_int, self.raw, request)
            },
        )?;
        Ok(Some((status.MPI_SOURCE as usize, message)))
    }

    /// Starts to send a message, which MPI may do at any time from now on.
    pub(crate) fn start_sending(&self, to: usize, tag: Tag, message: Vec<u8>) -> Result<Sending> {
        self.ready()?;
        let mut message = ManuallyDrop::new(message);
        let (bytes, length) = (message.as_mut_ptr(), message.len());
        if length > c_int::MAX as usize {
            let text = format!("a message of {length} bytes is longer than MPI sends: send less at once");
            return Err(private::error(ErrorKind::Mpi, text));
        }
        // SAFETY: the constant is set by the C compiler.
        let mut request = unsafe { ffi::RSMPI_REQUEST_NULL };
        // SAFETY: the bytes stay until the request is done (`has_sent`), or for ever.
        check("send a message", unsafe {
            let (length, to, tag) = (length as c_int, to as c_int, tag as c_int);
            ffi::MPI_Isend(bytes.cast(), length, ffi::RSMPI_UINT8_T, to, tag, self.raw, &raw mut request)
        })?;
        Ok(Sending { request, message })
    }

    /// Whether a message is sent, and its bytes are freed; asked no more once it is.
    pub(crate) fn has_sent(&self, sending: &mut Sending) -> Result<bool> {
        let mut done = 0;
        // SAFETY: the request was started and not completed yet.
        let tested = unsafe { ffi::MPI_Test(&raw mut sending.request, &raw mut done, ffi::RSMPI_STATUS_IGNORE) };
        check("send a message", tested)?;
        if done != 0 {
            drop(std::mem::take(&mut *sending.message));
        }
        Ok(done != 0)
    }

    /// Sends and receives at once, in order for each pair of ranks.
    ///
    /// What is lent to MPI is lent until it has been used: a request that doesn't end by the deadline ends the job.
    pub(crate) fn exchange(
        &self,
        tag: Tag,
        sends: &[(usize, Cow<'_, [u8]>)],
        mut receives: Vec<(usize, &mut [u8])>,
        limit: Option<Duration>,
    ) -> Result<()> {
        self.ready()?;
        let mut requests = Vec::new();
        let started = self.start_all(tag, sends, &mut receives, &mut requests);
        let mut wait = Wait::for_at_most(limit);
        let ended = started.and_then(|()| {
            loop {
                let mut left = 0;
                for request in &mut requests {
                    let mut done = 0;
                    // SAFETY: the request was started; one that is done is null, and done at once.
                    let tested = unsafe { ffi::MPI_Test(request, &raw mut done, ffi::RSMPI_STATUS_IGNORE) };
                    check("move rows", tested)?;
                    left += usize::from(done == 0);
                }
                if left == 0 {
                    return Ok(());
                }
                if !wait.pause() {
                    let limit = limit.unwrap_or_default().as_secs_f64();
                    let text = format!("MPI didn't move the rows of {left} messages by the deadline of {limit} s");
                    return Err(private::error(ErrorKind::Deadline, text));
                }
            }
        });
        if let Err(error) = ended {
            // Others use what MPI was lent once this returns.
            eprintln!("error: rank {}: {error}", self.rank);
            universe::abort(1);
        }
        Ok(())
    }

    fn start_all(
        &self,
        tag: Tag,
        sends: &[(usize, Cow<'_, [u8]>)],
        receives: &mut [(usize, &mut [u8])],
        requests: &mut Vec<ffi::MPI_Request>,
    ) -> Result<()> {
        for (from, bytes) in receives {
            for piece in bytes.chunks_mut(PIECE) {
                // SAFETY: the constant is set by the C compiler.
                let mut request = unsafe { ffi::RSMPI_REQUEST_NULL };
                let (length, from, tag) = (piece.len() as c_int, *from as c_int, tag as c_int);
                let start = piece.as_mut_ptr().cast();
                // SAFETY: the bytes are lent until the request is done, or the process ends (`exchange`).
                check("receive rows", unsafe {
                    ffi::MPI_Irecv(start, length, ffi::RSMPI_UINT8_T, from, tag, self.raw, &raw mut request)
                })?;
                requests.push(request);
            }
        }
        for (to, bytes) in sends {
            for piece in bytes.chunks(PIECE) {
                // SAFETY: the constant is set by the C compiler.
                let mut request = unsafe { ffi::RSMPI_REQUEST_NULL };
                let (length, to, tag) = (piece.len() as c_int, *to as c_int, tag as c_int);
                let start = piece.as_ptr().cast();
                // SAFETY: as above.
                check("send rows", unsafe {
                    ffi::MPI_Isend(start, length, ffi::RSMPI_UINT8_T, to, tag, self.raw, &raw mut request)
                })?;
                requests.push(request);
            }
        }
        Ok(())
    }

    pub(super) fn barrier(&self, limit: Option<Duration>) -> Result<()> {
        self.complete("meet at a barrier", Vec::new(), limit, |_, _, request| {
            // SAFETY: `request` is a place for one.
            unsafe { ffi::MPI_Ibarrier(self.raw, request) }
        })
        .map(drop)
    }

    pub(super) fn broadcast<B: Buffer>(&self, root: usize, buffer: B, limit: Option<Duration>) -> Result<B> {
        let mut part = Part { buffer, from: 0 };
        let length = part.buffer.bytes().1;
        while part.from < length {
            part = self.complete("broadcast", part, limit, |bytes, count, request| {
                // SAFETY: the bytes stay until the request is done, or for ever (`complete`).
                unsafe { ffi::MPI_Ibcast(bytes, count, ffi::RSMPI_UINT8_T, root as c_int, self.raw, request) }
            })?;
            part.from += PIECE;
        }
        Ok(part.buffer)
    }

    /// Starts a request on the buffer and sees it through; at the deadline, forgets both.
    fn complete<B: Buffer>(
        &self,
        doing: &str,
        mut buffer: B,
        limit: Option<Duration>,
        start: impl FnOnce(*mut std::ffi::c_void, c_int, *mut ffi::MPI_Request) -> c_int,
    ) -> Result<B> {
        self.ready()?;
        let (bytes, length) = buffer.bytes();
        // SAFETY: the constant is set by the C compiler.
        let mut request = unsafe { ffi::RSMPI_REQUEST_NULL };
        check(doing, start(bytes.as_ptr().cast(), length.min(PIECE) as c_int, &raw mut request))?;
        let mut wait = Wait::for_at_most(limit);
        loop {
            let mut done = 0;
            // SAFETY: the request was started and not completed yet.
            let tested = unsafe { ffi::MPI_Test(&raw mut request, &raw mut done, ffi::RSMPI_STATUS_IGNORE) };
            let failed = check(doing, tested);
            if failed.is_ok() && done != 0 {
                return Ok(buffer);
            }
            if failed.is_err() || !wait.pause() {
                std::mem::forget(buffer);
                failed?;
                let limit = limit.unwrap_or_default().as_secs_f64();
                let text = format!("MPI didn't {doing} by the deadline of {limit} s");
                return Err(private::error(ErrorKind::Deadline, text));
            }
        }
    }

    /// What number a rank of this communicator has in another; `None` when it isn't in it.
    pub(super) fn rank_in(&self, rank: usize, other: &Self) -> Result<Option<usize>> {
        self.ready()?;
        let (from, mut to) = (rank as c_int, 0);
        // SAFETY: the constants are set by the C compiler, the communicators are live, and the groups are freed.
        unsafe {
            let (mut group, mut others) = (ffi::RSMPI_GROUP_NULL, ffi::RSMPI_GROUP_NULL);
            check("ask for a group", ffi::MPI_Comm_group(self.raw, &raw mut group))?;
            check("ask for a group", ffi::MPI_Comm_group(other.raw, &raw mut others))?;
            let told = ffi::MPI_Group_translate_ranks(group, 1, &raw const from, others, &raw mut to);
            ffi::MPI_Group_free(&raw mut group);
            ffi::MPI_Group_free(&raw mut others);
            check("translate a rank", told)?;
            Ok((to != ffi::RSMPI_UNDEFINED).then_some(to as usize))
        }
    }

    /// Another communicator of the same ranks.
    pub(super) fn duplicate(&self, health: &Arc<Health>, limit: Option<Duration>) -> Result<Self> {
        // SAFETY: the constant is set by the C compiler.
        let place = Place(Box::new(unsafe { ffi::RSMPI_COMM_NULL }));
        let place = self.complete("duplicate a communicator", place, limit, |handle, _, request| {
            // SAFETY: the place of the handle stays until the request is done, or for ever (`complete`).
            unsafe { ffi::MPI_Comm_idup(self.raw, handle.cast(), request) }
        })?;
        Communicator::own(*place.0, health)
    }

    pub(super) fn split(&self, group: Group, key: i32, health: &Arc<Health>) -> Result<Option<Self>> {
        self.ready()?;
        let raw = made("split a communicator", |raw| match group {
            // SAFETY: `raw` is a place for a handle, in all three.
            Group::Numbered(number) => unsafe { ffi::MPI_Comm_split(self.raw, number, key, raw) },
            // SAFETY: as above.
            Group::None => unsafe { ffi::MPI_Comm_split(self.raw, ffi::RSMPI_UNDEFINED, key, raw) },
            // SAFETY: as above; the constants are set by the C compiler.
            Group::Node => unsafe {
                ffi::MPI_Comm_split_type(self.raw, ffi::RSMPI_COMM_TYPE_SHARED, key, ffi::RSMPI_INFO_NULL, raw)
            },
        })?;
        // SAFETY: the constant is set by the C compiler.
        if raw == unsafe { ffi::RSMPI_COMM_NULL } {
            return Ok(None);
        }
        Communicator::own(raw, health).map(Some)
    }
}

impl Drop for Communicator {
    fn drop(&mut self) {
        if !self.birthplace.is_here() {
            return;
        }
        if std::thread::panicking() && self.size > 1 {
            universe::abort(universe::PANICKED);
        }
        if !self.health.is_given_up() && !mpi::environment::is_finalized() {
            // SAFETY: the handle is live and dropped once; no request on it is left.
            unsafe { ffi::MPI_Comm_free(&raw mut self.raw) };
        }
    }
}

/// A message that MPI is to send. Forgotten before it is sent, its bytes are never freed.
pub(crate) struct Sending {
    request: ffi::MPI_Request,
    message: ManuallyDrop<Vec<u8>>,
}

// SAFETY: as for the communicator; the bytes are this value's own.
unsafe impl Send for Sending {}

/// Where MPI writes the handle of a communicator.
struct Place(Box<ffi::MPI_Comm>);

// SAFETY: the handle lies on the heap; only MPI writes to it.
unsafe impl Buffer for Place {
    fn bytes(&mut self) -> (std::ptr::NonNull<u8>, usize) {
        (std::ptr::NonNull::from(self.0.as_mut()).cast(), size_of::<ffi::MPI_Comm>())
    }
}

/// What is left of a buffer that is sent in pieces.
struct Part<B> {
    buffer: B,
    from: usize,
}

// SAFETY: a part of a buffer's bytes.
unsafe impl<B: Buffer> Buffer for Part<B> {
    fn bytes(&mut self) -> (std::ptr::NonNull<u8>, usize) {
        let (first, length) = self.buffer.bytes();
        // SAFETY: `from` is below the length, or the two are equal.
        (unsafe { first.add(self.from.min(length)) }, length.saturating_sub(self.from))
    }
}

/// A handle that MPI makes.
fn made(doing: &str, make: impl FnOnce(*mut ffi::MPI_Comm) -> c_int) -> Result<ffi::MPI_Comm> {
    // SAFETY: the constant is set by the C compiler.
    let mut raw = unsafe { ffi::RSMPI_COMM_NULL };
    check(doing, make(&raw mut raw)).map(|()| raw)
}

/// An error of MPI as one of dsm.
pub(super) fn check(doing: &str, code: c_int) -> Result<()> {
    match code {
        0 => Ok(()),
        code => Err(refused(doing, code)),
    }
}

#[cold]
fn refused(doing: &str, code: c_int) -> Error {
    let mut text = vec![0_u8; 4096];
    let mut length = 0;
    // SAFETY: the text is longer than MPI's longest (`MPI_MAX_ERROR_STRING` is at most 1024).
    let told = unsafe { ffi::MPI_Error_string(code, text.as_mut_ptr().cast(), &raw mut length) };
    text.truncate(if told == 0 { length as usize } else { 0 });
    private::error(ErrorKind::Mpi, format!("MPI refused to {doing}: {} ({code})", String::from_utf8_lossy(&text)))
}
