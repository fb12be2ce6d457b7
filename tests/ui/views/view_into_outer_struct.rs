//! A view stored in a struct that lives for ever.

use dsm::prelude::*;

struct Keeper {
    all: Option<Read<'static, f64, Ix1>>,
}

thread_local! {
    static KEEPER: std::cell::RefCell<Keeper> = const { std::cell::RefCell::new(Keeper { all: None }) };
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

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    KEEPER.with_borrow_mut(|keeper| keeper.all = Some(res.a));
}

fn main() {}
