//! What a team and a sub-team have in common: collectives that carry values. Each member writes its own bytes, meets the
//! others, and reads theirs.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};

use serde::{Serialize, de::DeserializeOwned};

use super::context::{Context, Leaving, Section};
use crate::engine::Failure;
use crate::error::{Error, ErrorKind, Place};
use crate::identity::{Identity, Operation};

/// Ranks that meet.
pub(super) trait Group {
    fn context(&self) -> &'static Context;

    /// How many there are, numbered from 0.
    fn members(&self) -> usize;

    /// This rank's number.
    fn own(&self) -> usize;

    /// The rank in the team of a member.
    fn rank_of(&self, member: usize) -> usize;

    /// The sequence number of the collective about to be met in.
    fn next(&self) -> u64;

    /// Which of a rank's places for bytes the collective with this sequence number uses.
    fn bytes_of(&self, sequence: u64) -> usize;

    /// The identity of the next collective.
    fn identity(&self, operation: Operation) -> Identity;

    fn meet(&self, identity: &Identity, operation: Operation, place: &'static Location<'static>);

    /// This member has read what it wanted of the collective just met in.
    fn have_read(&self, operation: Operation, place: &'static Location<'static>);

    /// Whether this member is the first to come to a `single`.
    fn first(&self, sequence: u64) -> bool;

    /// Combines all members' values in order.
    fn fold<T: Serialize + DeserializeOwned>(
        &self,
        operation: Operation,
        x: &T,
        op: impl FnMut(T, T) -> T,
        place: &'static Location<'static>,
    ) -> T {
        // All values are read before the operator runs, which may enter collectives of its own.
        match self.all(operation, x, place).into_iter().reduce(op) {
            Some(value) => value,
            None => unreachable!("there is a worker"),
        }
    }

    /// Every member's value.
    fn all<T: Serialize + DeserializeOwned>(
        &self,
        operation: Operation,
        x: &T,
        place: &'static Location<'static>,
    ) -> Vec<T> {
        let members = self.members();
        self.of(operation, x, 0..members, place)
    }

    /// The values of some members, for this one.
    fn of<T: Serialize + DeserializeOwned>(
        &self,
        operation: Operation,
        x: &T,
        members: impl Iterator<Item = usize>,
        place: &'static Location<'static>,
    ) -> Vec<T> {
        let context = self.context();
        context.check();
        // Before anything is written: inside the writing of another value the bytes are in use.
        context.may_meet(operation, place);
        let sequence = self.next();
        self.contribute(x, place);
        let mut identity = self.identity(operation);
        identity.push_type::<T>();
        self.meet(&identity, operation, place);
        self.read(operation, place, || members.map(|member| self.contributed(sequence, member, place)).collect())
    }

    /// Combines the values of this member and those before it, for a scan; `None` where there are none.
    fn scanned<T: Serialize + DeserializeOwned>(
        &self,
        operation: Operation,
        x: &T,
        count: usize,
        op: impl FnMut(T, T) -> T,
        place: &'static Location<'static>,
    ) -> Option<T> {
        self.of(operation, x, 0..count, place).into_iter().reduce(op)
    }

    fn broadcast_from<T: Serialize + DeserializeOwned>(
        &self,
        root: usize,
        x: T,
        place: &'static Location<'static>,
    ) -> T {
        let context = self.context();
        context.check();
        if root >= self.members() {
            let message = format!("broadcast from rank {root}: there are {} workers, numbered from 0", self.members());
            context.misuse(&message, place);
        }
        context.may_meet(Operation::Broadcast, place);
        let sequence = self.next();
        if self.own() == root {
            self.contribute(&x, place);
        }
        let mut identity = self.identity(Operation::Broadcast);
        identity.push(root as u64);
        identity.push_type::<T>();
        self.meet(&identity, Operation::Broadcast, place);
        self.read(Operation::Broadcast, place, || {
            if self.own() == root { x } else { self.contributed(sequence, root, place) }
        })
    }

    fn run_single<R: Serialize + DeserializeOwned>(
        &self,
        f: impl FnOnce() -> R,
        place: &'static Location<'static>,
    ) -> R {
        let context = self.context();
        context.check();
        // Checked before `f` runs, since another worker's `f` may depend on not being inside a section.
        context.may_meet(Operation::Single, place);
        let sequence = self.next();
        if self.first(sequence) {
            let value = context.within(Section::Single, f);
            // From inside `f` nothing can have met, so the sequence is the same.
            self.contribute(&Some(value), place);
        } else {
            self.contribute::<Option<R>>(&None, place);
        }
        let mut identity = self.identity(Operation::Single);
        identity.push_type::<R>();
        self.meet(&identity, Operation::Single, place);
        let found = self.read(Operation::Single, place, || {
            (0..self.members()).find_map(|member| self.contributed::<Option<R>>(sequence, member, place))
        });
        match found {
            Some(value) => value,
            None => context.misuse("the worker that ran `single` left it by a panic, so there is no result", place),
        }
    }

    /// Reads what members have written, and meets them once more where their bytes must stay until then: also when the
    /// reading panics, since whoever catches that could write the next bytes while others still read these.
    fn read<R>(&self, operation: Operation, place: &'static Location<'static>, read: impl FnOnce() -> R) -> R {
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(value) => {
                self.have_read(operation, place);
                value
            }
            Err(payload) if payload.is::<Leaving>() => resume_unwind(payload),
            Err(payload) => {
                // Not dropped, should the call fail meanwhile: that may panic in its turn.
                let payload = ManuallyDrop::new(payload);
                self.have_read(operation, place);
                resume_unwind(ManuallyDrop::into_inner(payload))
            }
        }
    }

    /// Writes this member's bytes for the collective about to be met in.
    fn contribute<T: Serialize>(&self, x: &T, place: &'static Location<'static>) {
        let context = self.context();
        let written = context.engine.contribute(self.bytes_of(self.next()), &mut |buffer| {
            let room = buffer.len();
            context.within(Section::Serialize, || postcard::to_slice(x, buffer)).map(|used| used.len()).map_err(
                |source| {
                    Error::new(
                        ErrorKind::Argument,
                        format!(
                            "a `{}` of rank {} can't be sent ({room} bytes of room): {source}",
                            std::any::type_name::<T>(),
                            context.rank()
                        ),
                    )
                },
            )
        });
        if let Err(error) = written {
            fail(context, &error, place);
        }
    }

    /// Reads a member's bytes of the collective just met in.
    fn contributed<T: DeserializeOwned>(&self, sequence: u64, member: usize, place: &'static Location<'static>) -> T {
        let (context, rank) = (self.context(), self.rank_of(member));
        let bytes = context.engine.contribution(self.bytes_of(sequence), rank);
        match context.within(Section::Serialize, || postcard::from_bytes(bytes)) {
            Ok(value) => value,
            Err(source) => {
                let message = format!("the `{}` of rank {rank} can't be read: {source}", std::any::type_name::<T>());
                fail(context, &Error::new(ErrorKind::Argument, message), place)
            }
        }
    }
}

#[cold]
fn fail(context: &Context, error: &Error, place: &'static Location<'static>) -> ! {
    context.engine.report(Failure::Argument, &error.to_string(), Some(Place::from(place)));
    context.engine.fail(Failure::Argument);
    context.leave()
}
