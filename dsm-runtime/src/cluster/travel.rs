//! What travels between the driver and the workers: arguments there, results back.
//!
//! A job says of each argument in an impl of its own how it is given and how a worker owns it. What is serialized is
//! generic over the job and the argument's number, so a type that can't be sent is refused at that impl, where the user
//! wrote it, and nowhere else. `Argument` and `Output` have methods in place of serde's traits as supertraits, which
//! would be reported beside them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A type that a worker owns when the driver gives a `Given`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Given}` can't be sent to a worker",
    label = "not `Serialize + DeserializeOwned`",
    note = "each worker is a process and gets its own copy: derive `serde::Serialize` and `serde::Deserialize`, turn on the `serde` feature of the crate it comes from, or pass what it is made from"
)]
pub trait Argument<Given: ?Sized>: Sized {
    /// Writes what is given.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    fn write<S: Serializer>(given: &Given, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads what is owned.
    ///
    /// # Errors
    ///
    /// Those of the deserializer.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A type that a worker gives back.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sent back from a worker",
    label = "not `Serialize + DeserializeOwned`",
    note = "each worker is a process: derive `serde::Serialize` and `serde::Deserialize`, turn on the `serde` feature of the crate it comes from, or return what it is made from"
)]
pub trait Output: Sized + 'static {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// Those of the deserializer.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

macro_rules! argument {
    ($([$($t:ident)?] $given:ty => $owned:ty;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl $(<$t: Serialize + DeserializeOwned>)? Argument<$given> for $owned {
            fn write<S: Serializer>(given: &$given, serializer: S) -> Result<S::Ok, S::Error> {
                given.serialize(serializer)
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }
    )* };
}

argument! {
    [T] T => T;
    [T] [T] => Vec<T>;
    [] str => String;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> Output for T {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// The argument of number `INDEX` of a job.
#[doc(hidden)]
pub trait ArgumentOf<const INDEX: usize> {
    /// What the driver has.
    type Given: ?Sized;
    /// What each worker gets.
    type Owned: Argument<Self::Given>;
}

/// An argument on its way out.
#[doc(hidden)]
pub struct Given<'a, J: ArgumentOf<INDEX>, const INDEX: usize>(pub &'a J::Given);

impl<J: ArgumentOf<INDEX>, const INDEX: usize> Serialize for Given<'_, J, INDEX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        J::Owned::write(self.0, serializer)
    }
}

/// An argument that has arrived.
#[doc(hidden)]
pub struct Owned<J: ArgumentOf<INDEX>, const INDEX: usize>(pub J::Owned);

impl<'de, J: ArgumentOf<INDEX>, const INDEX: usize> Deserialize<'de> for Owned<J, INDEX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        J::Owned::read(deserializer).map(Owned)
    }
}

/// A result on its way back.
pub(super) struct Outgoing<'a, V>(pub(super) &'a V);

impl<V: Output> Serialize for Outgoing<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// A result that has arrived.
pub(super) struct Incoming<V>(pub(super) V);

impl<'de, V: Output> Deserialize<'de> for Incoming<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        V::read(deserializer).map(Incoming)
    }
}
