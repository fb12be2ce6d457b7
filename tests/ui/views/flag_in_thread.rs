//! A flag waited for on another thread.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        done: [Flag; n],
    }
}

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    let done = res.done;
    std::thread::scope(|scope| {
        scope.spawn(|| done[0].wait(1));
    });
}

fn main() {}
