//! The team: the workers of one call, and what they do together.

mod collectives;
mod context;
mod group;
mod loops;
mod ordered;
mod rng;
mod section_tuples;
mod sections;
mod sub_team;
mod team;

pub(crate) use context::{Context, Doing, Leaving, Section, current, forget_call};
pub use loops::{LoopIndex, LoopRange};
pub use rng::TeamRng;
pub use section_tuples::Sections;
pub use sub_team::SubTeam;
pub use team::Team;
