//! Contributions to elements that have no operator.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Particle {
    mass: f64,
}

dsm::shared! {
    struct Cloud(n: usize) {
        particles: [Particle; n],
    }
}

#[dsm::parallel(accumulate(particles, +))]
fn step(_res: Cloud) {}

fn main() {}
