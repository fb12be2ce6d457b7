//! Anonymous arrays: made at any time, of any shape, freed when dropped, and the maker's alone.

use std::sync::OnceLock;

use dsm::prelude::*;
use dsm::{Backend, ErrorKind};
use nix::sys::signal::Signal;

use crate::support::{Holdings, backend, status_of};
use crate::teams;

dsm::shared! {
    struct Plain(n: usize) { x: [u64; n] }
}

#[dsm::test]
fn arrays_of_one_to_six_axes_hold_what_they_are_made_with() -> dsm::Result<()> {
    teams([]);
    assert!(SharedArray::<f64, _>::zeros(10_000)?.iter().all(|&x| x == 0.0));
    assert_eq!(*SharedArray::full((2, 3), true)?, Array::from_elem((2, 3), true));
    let three = SharedArray::from_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as u16)?;
    assert_eq!(*three, Array::from_shape_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as u16));
    assert_eq!(SharedArray::<u8, Ix4>::zeros([1, 2, 3, 4])?.shape(), [1, 2, 3, 4]);
    assert_eq!(SharedArray::<u8, Ix5>::zeros([1, 2, 3, 4, 5])?.shape(), [1, 2, 3, 4, 5]);
    let mut six = SharedArray::<[u32; 3], Ix6>::zeros([1, 2, 3, 2, 1, 2])?;
    six[[0, 1, 2, 1, 0, 1]] = [1, 2, 3];
    assert_eq!(six.iter().last(), Some(&[1, 2, 3]));
    Ok(())
}

#[dsm::test]
fn a_copy_has_the_elements_of_any_layout_in_standard_layout() -> dsm::Result<()> {
    teams([]);
    let grid = Array::from_shape_fn((30, 40), |(i, j)| 100 * i + j);
    for view in [grid.view(), grid.t(), grid.slice(s![..;-1, ..;3]), grid.slice(s![5..5, ..])] {
        let copy = SharedArray::copy_of(&view)?;
        assert_eq!(*copy, view);
        assert!(copy.is_standard_layout());
        let like = SharedArray::like(&copy)?;
        assert_eq!(*like, Array::zeros(view.raw_dim()));
    }
    Ok(())
}

#[dsm::test]
fn an_axis_of_no_length_makes_an_empty_array() -> dsm::Result<()> {
    teams([]);
    assert_eq!(SharedArray::<f64, _>::zeros(0)?.len(), 0);
    let empty = SharedArray::<f64, _>::zeros((3, 0, 2))?;
    assert_eq!((empty.shape(), empty.sum()), (&[3, 0, 2][..], 0.0));
    assert_eq!(SharedArray::full((0, usize::MAX / 16), 1_u8)?.dim(), (0, usize::MAX / 16));
    Ok(())
}

#[dsm::test]
fn a_shape_that_does_not_fit_is_an_error_that_names_it() {
    teams([]);
    let error = SharedArray::<f64, _>::zeros((1 << 40, 1 << 30)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().contains("shape [1099511627776, 1073741824] of f64"), "{error}");
    let error = SharedArray::<f64, _>::zeros((usize::MAX, 2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape, "{error}");
    let error = SharedArray::full(1 << 50, 1.0_f64).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    let text = error.to_string();
    assert!(text.starts_with("an anonymous array needs 8.0 PiB of shared memory"), "{text}");
    assert!(text.contains("(shape [1125899906842624] of f64)") && text.contains("leaves"), "{text}");
}

#[dsm::test]
fn thousands_made_and_dropped_leave_nothing() -> dsm::Result<()> {
    teams([]);
    let number = |key| status_of(std::process::id(), key).unwrap().trim_end_matches(" kB").parse::<u64>().unwrap();
    let mappings = || std::fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let round = |arrays: usize| -> dsm::Result<()> {
        let mut kept = Vec::new();
        for number in 0..arrays {
            let array = SharedArray::full(1000 + number, number as f64)?;
            // Some are dropped at once, some in the order they were made, some later.
            if number % 3 == 0 {
                kept.push(array);
            }
            if kept.len() > 100 {
                kept.drain(..50);
            }
        }
        Ok(())
    };
    round(200)?;
    let (holdings, before, private, shared) = (Holdings::now(), mappings(), number("RssAnon"), number("RssShmem"));
    round(5000)?;
    assert_eq!(Holdings::now(), holdings);
    assert!(mappings() <= before + 5, "{} mappings, {before} before", mappings());
    assert!(number("RssAnon") < private + 256, "{} kB of private memory, {private} before", number("RssAnon"));
    assert_eq!(number("RssShmem"), shared);
    Ok(())
}

#[dsm::test]
fn too_many_at_once_is_an_error_that_tells_the_limit() {
    teams([]);
    use nix::sys::resource::{Resource, setrlimit};
    setrlimit(Resource::RLIMIT_NOFILE, 64, 64).unwrap();
    let mut arrays = Vec::new();
    let error = loop {
        match SharedArray::full(1, 7_u8) {
            Ok(array) => arrays.push(array),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Os);
    assert!(error.to_string().contains("ulimit -n"), "{error}");
    assert!(arrays.len() > 40 && arrays.iter().all(|array| array[0] == 7));
    arrays.pop();
    assert!(SharedArray::full(1, 7_u8).is_ok());
}

static GIVEN: OnceLock<SharedArray<u64, Ix1>> = OnceLock::new();
static VIEW: OnceLock<ArrayView1<'static, u64>> = OnceLock::new();

#[dsm::parallel]
fn read_the_drivers(_res: Plain, through_the_view: bool) -> u64 {
    if through_the_view { VIEW.get().unwrap()[0] } else { GIVEN.get().unwrap()[0] }
}

#[dsm::test]
fn a_worker_is_refused_by_name_and_finds_no_memory_in_its_place() -> dsm::Result<()> {
    teams([]);
    let given = GIVEN.get_or_init(|| SharedArray::full(10, 5).unwrap().named("given").named("too late"));
    assert_eq!(VIEW.get_or_init(|| given.view())[0], 5);
    let mut cluster = Cluster::with_workers(2, Plain { n: 1 })?;
    let error = read_the_drivers(&mut cluster, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert!(error.to_string().contains("`given` is an array that "), "{error}");
    if backend() == Backend::Process {
        let error = read_the_drivers(&mut cluster, true).unwrap_err();
        assert_eq!(error.signal(), Some(Signal::SIGSEGV as i32), "{error}");
    } else {
        // In its own process the view is as good as ever.
        assert_eq!(read_the_drivers(&mut cluster, true)?[0], 5);
    }
    assert_eq!(given.sum(), 50);
    Ok(())
}

#[dsm::parallel(split(x))]
fn sum_by_own_array(mut res: Plain) -> u64 {
    let mut own = SharedArray::copy_of(&res.x).unwrap();
    *own += 1;
    res.x.assign(&own);
    own.sum()
}

#[dsm::test]
fn a_worker_may_make_its_own() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let before = Holdings::now();
        let mut cluster = Cluster::with_workers(workers, Plain { n: 10 })?;
        for round in 1..=20 {
            assert_eq!(sum_by_own_array(&mut cluster)?.iter().sum::<u64>(), 10 * round);
        }
        assert!(cluster.x.iter().all(|&x| x == 20));
        drop(cluster);
        assert_eq!(Holdings::now(), before);
    }
    Ok(())
}

#[dsm::test]
fn an_anonymous_array_in_place_of_a_declared_one_is_refused() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Plain { n: 10 })?;
    let mut other = SharedArray::zeros(10)?;
    std::mem::swap(&mut cluster.x, &mut other);
    assert_eq!(sum_by_own_array(&mut cluster).unwrap_err().kind(), ErrorKind::Handle);
    std::mem::swap(&mut cluster.x, &mut other);
    assert_eq!(sum_by_own_array(&mut cluster)?, [5, 5]);
    assert_eq!((cluster.x.name(), other.name()), ("x", "anonymous"));
    Ok(())
}

#[dsm::test]
#[should_panic(expected = "can't be named `y`")]
fn a_declared_array_has_its_name() {
    teams([]);
    let mut cluster = Cluster::with_workers(2, Plain { n: 10 }).unwrap();
    let mut array = SharedArray::zeros(10).unwrap();
    std::mem::swap(&mut cluster.x, &mut array);
    let _ = array.named("y");
}
