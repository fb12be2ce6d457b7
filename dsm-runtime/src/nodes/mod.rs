//! A cluster whose ranks are on several nodes: one copy of every array on each, kept coherent at phases and calls.
//!
//! `README.md` beside this file holds the protocol. On each node an *agent* speaks for the ranks there: on node 0 the
//! driver itself, while it waits for a call. Views say which elements a rank may write, so everybody knows which copies
//! are out of date without looking at memory: [`runs::Runs`] are elements of an array, [`share`] says which of them ranks
//! own, and [`copies::Copies`] keeps the books and says what has to be sent.
//!
//! What is not here: the network itself ([`Net`]), and what ranks on one node do among themselves (`cluster`).

mod address;
mod agent;
mod carry;
mod copies;
mod member;
mod message;
mod net;
mod pretended;
mod runs;
mod share;
mod spread_pool;
mod station;
#[cfg(test)]
mod tests;

pub(crate) use address::{number_of_operation, types_of};
pub use agent::{join, leave};
pub(crate) use member::refuses;
pub use net::Net;
pub(crate) use pretended::pretend;
use runs::Runs;
pub(crate) use spread_pool::{SpreadPool, room};
pub(crate) use station::{is_there, usual_threads};
