//! The protocols themselves, as states of atomic words: no memory, no processes, no kernel.
//!
//! They use the machine only through `crate::machine`, so that `tests/models` runs these very files under a model checker.

mod barrier;
mod call_word;
mod dispenser;
mod errand_words;
mod flag_word;
mod identity_words;
mod lock_word;
mod park;
mod published;
mod relay;
mod sub_team_words;
mod ticket_words;
mod turn_word;
mod wait;

pub(crate) use barrier::{Arrival, Barrier, Met};
pub(crate) use call_word::CallWord;
pub(crate) use dispenser::{Asker, Dispenser, Portion};
pub(crate) use errand_words::{ErrandTold, ErrandWords};
pub(crate) use flag_word::FlagWord;
pub(crate) use identity_words::IdentityWords;
pub(crate) use lock_word::{LockRefused, LockWord};
pub(crate) use park::{Held, Park, Patience, Waiting};
pub(crate) use published::{Asleep, Published, WaitKind, WaitWords, WordPlace, nothing_can_move};
pub(crate) use relay::Relay;
pub(crate) use sub_team_words::SubTeamWords;
pub(crate) use ticket_words::TicketWords;
pub(crate) use turn_word::{TurnRefused, TurnWord};
pub(crate) use wait::{Outcome, Wait, wait_while};
