//! Random numbers that differ from worker to worker and can be made again.

use rand::SeedableRng;
use rand_pcg::Pcg64;

use super::team::Team;
use crate::seed::mix;

/// The generator of [`Team::rng`]: PCG XSL RR 128/64 (O'Neill 2014), the same numbers on every platform.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
/// use dsm::TeamRng;
///
/// fn roll(rng: &mut TeamRng) -> u32 {
///     rng.random_range(1..=6)
/// }
///
/// #[dsm::parallel]
/// fn rolls(res: Plain) -> u32 {
///     let mut rng = res.team.rng();
///     roll(&mut rng) + roll(&mut rng)
/// }
///
/// let mut cluster = Cluster::with_workers(2, Plain)?;
/// assert!(rolls(&mut cluster)?.iter().all(|eyes| (2..=12).contains(eyes)));
/// # Ok::<(), dsm::Error>(())
/// ```
pub type TeamRng = Pcg64;

impl Team<'_> {
    /// A new generator, seeded from the cluster's seed, the number of the call, the rank, and how many this worker has
    /// asked for in this call. Not a collective.
    ///
    /// Use it rather than a generator that was seeded before the workers were forked: that one was copied, and gives
    /// the same numbers in every worker.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn pi(res: Plain, samples: usize) -> f64 {
    ///     let mut rng = res.team.rng();
    ///     let inside = (0..samples).filter(|_| rng.random::<f64>().hypot(rng.random::<f64>()) < 1.0).count();
    ///     4.0 * res.team.sum(inside) as f64 / (samples * res.workers) as f64
    /// }
    ///
    /// let mut cluster = Cluster::builder(Plain).workers(2).seed(1).build()?;
    /// assert!((pi(&mut cluster, 10_000)?[0] - std::f64::consts::PI).abs() < 0.1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn rng(&self) -> TeamRng {
        let draw = self.context.draws.get();
        self.context.draws.set(draw + 1);
        Pcg64::seed_from_u64(mix(&[self.context.seed.get(), self.id() as u64, draw, 2]))
    }
}
