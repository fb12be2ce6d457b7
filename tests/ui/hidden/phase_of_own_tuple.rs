//! The trait of transitions implemented by hand, for a tuple.

struct Mine;

impl<'w> dsm::Phase<'w> for (Mine,) {
    type Views = ();
}

fn main() {}
