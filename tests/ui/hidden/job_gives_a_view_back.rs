//! A job by hand that gives a view back.

use dsm::__private::{Access, Job, Mode, ResourceSource};
use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

struct Mine;

impl Job for Mine {
    type Shared = Grid;
    type Arguments = ();
    type Value = Read<'static, f64, Ix1>;
    const NAME: &'static str = "mine";
    const ACCESS: &'static [Access] = &[Access::new(0, Mode::Read)];

    fn run<'w>(source: &mut ResourceSource<'w>, (): ()) -> Result<Self::Value, String> {
        Ok(source.array(0))
    }
}

fn main() {}
