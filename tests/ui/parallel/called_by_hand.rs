//! A call of the hidden macro.

dsm::__private::expand_parallel! { { Grid sound (0 flag ready) } { } { fn step(res: Grid) {} } }

fn main() {}
