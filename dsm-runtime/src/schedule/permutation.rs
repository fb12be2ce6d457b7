//! A seeded bijection of `0..n` that takes no memory.
//!
//! A balanced Feistel network permutes the smallest domain of an even number of bits that holds `0..n`, and an image
//! outside `0..n` is permuted again until it falls inside (cycle walking: J. Black and P. Rogaway, "Ciphers with
//! arbitrary finite domains", CT-RSA 2002). The domain has fewer than `4 * n` values (4 for the smallest n), so the
//! walk takes fewer than four steps on average.
//!
//! What it isn't: a cipher (the round function mixes well, but it is no secret), invertible here (nobody needs it), or
//! uniform over all `n!` permutations, which a 64-bit seed couldn't be for n above 20 anyway.

/// The number of Feistel rounds.
///
/// Six suffice for wide halves. With halves of one bit (n up to 4) the distance from the uniform distribution over the
/// 24 permutations shrinks by about half with each round, so twelve take it below anything a test can see.
const ROUNDS: u32 = 12;

/// The odd number nearest to 2^64 divided by the golden ratio: it keeps the inputs of different rounds far apart.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A permutation of `0..n`, the same wherever it is made from the same `n` and `seed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permutation {
    n: usize,
    /// The bits in one half of the domain: 1 to 32.
    half: u32,
    key: u64,
}

impl Permutation {
    /// The permutation of `0..n` that `seed` selects. Any `n` works; that of 0 has nothing to apply to.
    #[must_use]
    pub(crate) fn new(n: usize, seed: u64) -> Permutation {
        let bits = u64::BITS - (n.saturating_sub(1) as u64).leading_zeros();
        // Mixing the seed makes neighbouring seeds unrelated: a round adds its input to the key.
        Permutation { n, half: bits.div_ceil(2).max(1), key: mix(seed.wrapping_add(GOLDEN)) }
    }

    /// The image of `i`, less than `n`.
    ///
    /// # Panics
    ///
    /// When `i` is not less than `n`: from outside, the walk need not ever come in.
    #[must_use]
    pub(crate) fn apply(&self, i: usize) -> usize {
        assert!(i < self.n, "index {i} is outside a permutation of 0..{}", self.n);
        let mut value = i as u64;
        loop {
            value = self.encrypt(value);
            // The walk ends: the cycle that `i` lies on leads back to `i`, which is inside.
            if value < self.n as u64 {
                return value as usize;
            }
        }
    }

    /// The Feistel network: a bijection of the whole domain of `2 * half` bits, whatever the round function is.
    fn encrypt(&self, value: u64) -> u64 {
        let mut left = value >> self.half;
        let mut right = value & ((1 << self.half) - 1);
        for round in 0..ROUNDS {
            // The inputs of two rounds differ by a multiple of GOLDEN, never by as little as a half's value, so that
            // all rounds use different functions. The high bits are the best mixed.
            let input = self.key.wrapping_add(u64::from(round).wrapping_mul(GOLDEN)).wrapping_add(right);
            (left, right) = (right, left ^ (mix(input) >> (u64::BITS - self.half)));
        }
        left << self.half | right
    }
}

/// The output function of SplitMix64 (D. Stafford's variant 13 of MurmurHash3's finalizer).
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn images(n: usize, seed: u64) -> Vec<usize> {
        let permutation = Permutation::new(n, seed);
        (0..n).map(|i| permutation.apply(i)).collect()
    }

    #[test]
    fn it_is_a_bijection() {
        let around_powers = (0..=16).flat_map(|bits| [(1usize << bits) - 1, 1 << bits, (1 << bits) + 1]);
        for n in (0..300).chain(around_powers).chain([1000, 100_003]) {
            for seed in [0, 1, u64::MAX] {
                let mut sorted = images(n, seed);
                sorted.sort_unstable();
                assert!(sorted.into_iter().eq(0..n), "n = {n}, seed = {seed}");
            }
        }
    }

    #[test]
    fn the_domain_is_the_smallest_even_one() {
        let half = |n| Permutation::new(n, 0).half;
        assert_eq!([0, 1, 2, 4, 5, 16, 17].map(half), [1, 1, 1, 1, 2, 2, 3]);
        assert_eq!(half(1 << 20), 10);
        assert_eq!(half((1 << 20) + 1), 11);
        assert_eq!(half(usize::MAX), usize::BITS / 2);
    }

    #[test]
    fn the_largest_domain_works() {
        let permutation = Permutation::new(usize::MAX, 5);
        let ends = [0, 1, usize::MAX / 2, usize::MAX - 1].map(|i| permutation.apply(i));
        assert!(ends.iter().all(|&image| image < usize::MAX));
        assert_ne!(ends[0], ends[1]);
    }

    /// Pearson's statistic of how often each of `kinds` equally likely outcomes occurred.
    fn chi_square(counts: impl IntoIterator<Item = u32>, kinds: usize, total: u32) -> f64 {
        let expected = f64::from(total) / kinds as f64;
        let counts: Vec<_> = counts.into_iter().collect();
        let absent = (kinds - counts.len()) as f64 * expected;
        absent + counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum::<f64>()
    }

    #[test]
    fn all_permutations_of_four_are_equally_frequent() {
        const SEEDS: u32 = 240_000;
        let mut counts = HashMap::new();
        for seed in 0..u64::from(SEEDS) {
            *counts.entry(images(4, seed)).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // 23 degrees of freedom: a uniform choice exceeds 60 once in 30,000 times, and these seeds are fixed.
        let chi_square = chi_square(counts.into_values(), 24, SEEDS);
        assert!(chi_square < 60.0, "chi-square {chi_square}");
    }

    #[test]
    fn an_index_goes_everywhere_equally_often() {
        const SEEDS: u32 = 50_000;
        for (n, i) in [(2, 1), (3, 0), (10, 9), (50, 0), (50, 49), (64, 7)] {
            let mut counts = vec![0u32; n];
            for seed in 0..u64::from(SEEDS) {
                counts[Permutation::new(n, seed).apply(i)] += 1;
            }
            // The mean is n - 1 and the variance 2 * (n - 1): six deviations, for fixed seeds.
            let degrees = (n - 1) as f64;
            let chi_square = chi_square(counts, n, SEEDS);
            assert!(chi_square < degrees + 6.0 * (2.0 * degrees).sqrt(), "n = {n}, i = {i}: chi-square {chi_square}");
        }
    }

    #[test]
    fn neighbours_and_neighbouring_seeds_are_unrelated() {
        let n = 10_000;
        let (one, other) = (images(n, 1), images(n, 2));
        // Each of these has the expectation 1 in a random permutation.
        let fixed = (0..n).filter(|&i| one[i] == i).count();
        let equal = (0..n).filter(|&i| one[i] == other[i]).count();
        let shifted = (1..n).filter(|&i| one[i] == other[i - 1]).count();
        let successors = one.windows(2).filter(|pair| pair[0] + 1 == pair[1]).count();
        assert!([fixed, equal, shifted, successors].iter().all(|&count| count < 8));
    }

    #[test]
    #[should_panic(expected = "index 0 is outside a permutation of 0..0")]
    fn nothing_has_no_image() {
        let _ = Permutation::new(0, 0).apply(0);
    }
}
