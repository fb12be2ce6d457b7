//! Closures in worker processes of their own: `map`, `stream` and `background`. `README.md` beside this file has the protocol.

mod asks;
mod background;
mod context;
mod drive;
mod hand;
mod map;
mod memory;
mod on_error;
mod ordered;
mod outbox;
mod plan;
mod progress;
mod run;
mod serial;
mod source;

pub use background::{Background, background};
pub use context::JobContext;
pub use map::{Map, map, stream};
pub use on_error::{JobError, OnError, Skip, Stop};
pub use progress::Progress;
pub use source::{Jobs, Listed, Streamed};
