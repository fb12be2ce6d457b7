//! A job by hand that takes its views to live for ever.

use dsm::__private::{Access, Job, ResourceSource};

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
    const ACCESS: &'static [Access] = &[];

    fn run(_source: &mut ResourceSource<'static>, (): ()) -> Result<(), String> {
        Ok(())
    }
}

fn main() {}
