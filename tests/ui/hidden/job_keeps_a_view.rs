//! A job by hand that stores a view in a thread-local.

use dsm::__private::{Access, Job, Mode, ResourceSource};
use dsm::prelude::*;

thread_local! {
    static KEPT: std::cell::Cell<Option<Read<'static, f64, Ix1>>> = const { std::cell::Cell::new(None) };
}

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
    type Value = ();
    const NAME: &'static str = "mine";
    const ACCESS: &'static [Access] = &[Access::new(0, Mode::Read)];

    fn run<'w>(source: &mut ResourceSource<'w>, (): ()) -> Result<(), String> {
        KEPT.set(Some(source.array(0)));
        Ok(())
    }
}

fn main() {}
