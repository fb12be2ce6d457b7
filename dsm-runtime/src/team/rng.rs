//! Random numbers that differ from worker to worker and can be made again.

use rand::SeedableRng;
use rand_pcg::Pcg64;

use super::team::Team;
use crate::seed::mix;

/// The generator of [`Team::rng`]: PCG XSL RR 128/64 (O'Neill 2014), the same numbers on every platform.
///
/// ```
/// use dsm::TeamRng;
/// fn roll(rng: &mut TeamRng) -> u32 {
///     use rand::RngExt;
///     rng.random_range(1..=6)
/// }
/// ```
pub type TeamRng = Pcg64;

impl Team<'_> {
    /// A new generator, seeded from the cluster's seed, the number of the call, the rank, and how many this worker has
    /// asked for in this call.
    ///
    /// Use it rather than a generator that was seeded before the workers were forked: that one was copied, and gives the
    /// same numbers in every worker.
    ///
    /// ```
    /// # use dsm::Team;
    /// fn inside(team: &Team<'_>, samples: usize) -> usize {
    ///     use rand::RngExt;
    ///     let mut rng = team.rng();
    ///     (0..samples).filter(|_| rng.random::<f64>().hypot(rng.random::<f64>()) < 1.0).count()
    /// }
    /// ```
    #[must_use]
    pub fn rng(&self) -> TeamRng {
        let draw = self.context.draws.get();
        self.context.draws.set(draw + 1);
        Pcg64::seed_from_u64(mix(&[self.context.seed.get(), self.id() as u64, draw, 2]))
    }
}
