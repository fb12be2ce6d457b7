//! What a cluster counts.

/// What a cluster has counted: see [`Cluster::stats`](crate::Cluster::stats).
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
/// let cluster = Cluster::with_workers(2, Plain)?;
/// let stats: dsm::Stats = cluster.stats();
/// assert_eq!((stats.calls(), stats.bytes_moved()), (0, 0));
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub(super) calls: u64,
    pub(super) bytes_moved: u64,
}

impl Stats {
    /// How many calls were begun, those that failed included.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel(split(a))]
    /// fn fill(mut res: Plain) {
    ///     res.a.fill(1.0);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// fill(&mut cluster)?;
    /// assert_eq!(cluster.stats().calls(), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Bytes of arrays that have gone from node to node, those of all nodes together: 0 on one machine.
    ///
    /// Contributions to collectives, arguments, results and atomics are not counted.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel(split(a))]
    /// fn fill(mut res: Plain) {
    ///     res.a.fill(1.0);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// fill(&mut cluster)?;
    /// assert_eq!(cluster.stats().bytes_moved(), 0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn bytes_moved(&self) -> u64 {
        self.bytes_moved
    }
}
