//! A source of handles by hand, to be given each array a second time.

use dsm::__private::HandleSource;

fn again(source: HandleSource<'_>) -> HandleSource<'_> {
    HandleSource { taken: Vec::new(), ..source }
}

fn main() {}
