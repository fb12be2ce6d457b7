//! Functions by the numbers under which every process of the same program finds them: agents aren't forks of the driver,
//! so a function lies elsewhere there, but as far from any other of the program.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::hash::{DefaultHasher, Hasher as _};
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use crate::array::{HandleSource, Shared};
use crate::cluster::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::Segment;
use crate::sync::Operation;

/// Tells the types of a declared struct's fields.
pub(crate) type Types = fn(&Arc<Segment>) -> Vec<FieldType>;

/// Of the field declared as this number.
pub(crate) type FieldType = (usize, std::any::TypeId, &'static str);

pub(crate) fn types_of<S: Shared>(segment: &Arc<Segment>) -> Vec<FieldType> {
    let mut source = HandleSource::new(segment);
    drop(S::handles(&mut source));
    source.types
}

/// What they are measured from; a static, since a function may have several addresses.
static ORIGIN: AtomicU8 = AtomicU8::new(0);

fn origin() -> usize {
    ORIGIN.as_ptr() as usize
}

pub(super) fn number_of_entry(entry: Entry) -> Result<u64> {
    number(entry as usize)
}

pub(super) fn number_of_types(types: Types) -> Result<u64> {
    number(types as usize)
}

/// The function that the driver numbered.
pub(super) fn entry(number: u64) -> Entry {
    // SAFETY: the number was made of an `Entry` by a process of the same program, as all agents have compared at the start,
    // and lies in the program itself, whose parts lie equally far apart in each process.
    unsafe { std::mem::transmute::<usize, Entry>(address(number)) }
}

pub(crate) fn number_of_operation(operation: Operation) -> Result<u64> {
    number(operation as usize)
}

/// The function that an agent numbered.
pub(super) fn operation(number: u64) -> Operation {
    // SAFETY: as above, of an `Operation`.
    unsafe { std::mem::transmute::<usize, Operation>(address(number)) }
}

/// The function that the driver numbered.
pub(super) fn types(number: u64) -> Types {
    // SAFETY: as above, of a `Types`.
    unsafe { std::mem::transmute::<usize, Types>(address(number)) }
}

fn address(number: u64) -> usize {
    origin().wrapping_add(number as usize)
}

fn number(address: usize) -> Result<u64> {
    if base_of(address) != base_of(origin()) {
        return Err(Error::new(
            ErrorKind::Misuse,
            "a parallel function that lies in a library loaded at run time can't be called on several nodes: link it into \
             the program",
        ));
    }
    Ok(address.wrapping_sub(origin()) as u64)
}

/// Where the file begins in memory that holds this address.
fn base_of(address: usize) -> Option<usize> {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: it only looks the number up, and fills the place it is given.
    let known: c_int = unsafe { libc::dladdr(std::ptr::without_provenance::<c_void>(address), found.as_mut_ptr()) };
    // SAFETY: all zero is a value of the type, filled in or not.
    (known != 0).then(|| unsafe { found.assume_init() }.dli_fbase as usize)
}

/// A number that differs from program to program: a hash of the file.
pub(super) fn program() -> std::io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&std::fs::read("/proc/self/exe")?);
    Ok(hasher.finish())
}
