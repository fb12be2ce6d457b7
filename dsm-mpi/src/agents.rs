//! Clusters on the nodes of an MPI job: each rank is a node, rank 0 runs the program, the others serve it.

use dsm_runtime::private::{self, MainOutcome};
use std::process::ExitCode;

/// Runs a program's `main`: as one of several agents, where MPI's launcher started several.
pub fn run_main<T: MainOutcome>(main: fn() -> T) -> ExitCode {
    #[cfg(feature = "system-mpi")]
    if let Err(error) = over_mpi::join() {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    let exit = private::run_main(main);
    private::leave();
    exit
}

#[cfg(feature = "system-mpi")]
mod over_mpi {
    use std::borrow::Cow;
    use std::collections::VecDeque;
    use std::sync::Arc;
    use std::time::Duration;

    use dsm_runtime::private::{self, Net};
    use dsm_runtime::{Error, Result};

    use crate::comm::{Comm, Communicator, Sending, Tag, abort, deadline, launched_by};

    /// Joins the other nodes, where there are any and the environment doesn't ask for something else.
    pub(super) fn join() -> Result<()> {
        let asked = std::env::var("DSM_BACKEND").unwrap_or_default();
        // Alone, the rank has no need of MPI, whose threads would be in the way of forks.
        let alone =
            ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"].iter().any(|name| std::env::var(name).is_ok_and(|size| size == "1"));
        if launched_by().is_none() || alone || !["", "mpi"].contains(&asked.trim()) {
            return Ok(());
        }
        let comm = Comm::world()?;
        let communicator = match comm.communicator() {
            Some(communicator) if communicator.size() > 1 => Arc::clone(communicator),
            _ => return Ok(()),
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let ranks_here = comm.node().size();
        private::join(Box::new(Agents {
            communicator,
            limit: deadline::chosen(None)?,
            cores: (cores / ranks_here).max(1),
            leaving: VecDeque::new(),
        }));
        Ok(())
    }

    /// The agents, one on each rank.
    struct Agents {
        communicator: Arc<Communicator>,
        /// How long data may take.
        limit: Option<Duration>,
        cores: usize,
        /// Messages that MPI hasn't sent yet.
        leaving: VecDeque<Sending>,
    }

    impl Agents {
        fn or_give_up<T>(&mut self, result: Result<T>) -> T {
            result.unwrap_or_else(|error: Error| self.give_up(&error.to_string()))
        }

        /// Forgets what has been sent.
        fn sweep(&mut self) {
            while let Some(mut oldest) = self.leaving.pop_front() {
                let sent = self.communicator.has_sent(&mut oldest);
                if !self.or_give_up(sent) {
                    self.leaving.push_front(oldest);
                    break;
                }
            }
        }
    }

    impl Net for Agents {
        fn node(&self) -> usize {
            self.communicator.rank()
        }

        fn nodes(&self) -> usize {
            self.communicator.size()
        }

        fn cores(&self) -> usize {
            self.cores
        }

        fn post(&mut self, to: usize, message: Vec<u8>) {
            let sending = self.communicator.start_sending(to, Tag::Agents, message);
            let sending = self.or_give_up(sending);
            self.leaving.push_back(sending);
        }

        fn take(&mut self) -> Option<(usize, Vec<u8>)> {
            self.sweep();
            let message = self.communicator.try_receive(None, Tag::Agents, self.limit);
            self.or_give_up(message)
        }

        fn exchange(&mut self, sends: Vec<(usize, Cow<'_, [u8]>)>, receives: Vec<(usize, &mut [u8])>) {
            if let Err(error) = self.communicator.exchange(Tag::Rows, &sends, receives, self.limit) {
                self.give_up(&error.to_string());
            }
        }

        fn leave(&mut self) {
            while !self.leaving.is_empty() {
                self.sweep();
                std::thread::yield_now();
            }
        }

        fn give_up(&mut self, why: &str) -> ! {
            eprintln!("error: {why}");
            abort(1)
        }
    }
}
