//! Clusters: the driver's pool, the monitor, the workers, and how a call runs. `README.md` beside this file has the
//! protocol.

mod bell;
mod builder;
mod call;
mod charge;
mod child;
mod cluster;
mod control;
mod deadlock;
mod dispatch;
mod first_touch;
mod job;
mod monitor;
mod pidfd;
mod pool;
mod pool_memory;
mod process_engine;
mod report;
mod settings;
mod source;
mod travel;
pub(crate) mod verdict;
mod wait_policy;
mod worker;
mod workers;

pub use builder::Builder;
pub use call::call;
pub(crate) use child::threads;
pub use cluster::Cluster;
pub(crate) use dispatch::Entry;
pub use job::{IsResult, Job, own_result};
pub(crate) use pool::{Over, Pool, Watch, monitor_died};
pub(crate) use pool_memory::{PoolMemory, Region};
pub(crate) use settings::{Loan, Purpose, Settings};
pub use source::ResourceSource;
pub use travel::{Argument, ArgumentOf, Given, Output, Owned};
pub(crate) use verdict::Subject;
pub use wait_policy::WaitPolicy;
pub(crate) use worker::{Ended, Idle, Worker};
pub(crate) use workers::number_of_workers;
