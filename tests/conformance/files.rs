//! Files: raw and numpy's, read and written; what is wrong with one is told, and what was there stays.

use std::fs;
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use dsm::prelude::*;
use dsm::{ErrorKind, NpyElement};
use nix::sys::resource::{Resource, setrlimit};
use num_complex::Complex;

use crate::support::{Holdings, status_of};
use crate::teams;

dsm::shared! {
    struct Data(n: usize) { a: [f64; n], grid: [u16; n, 3] }
}

/// Files that numpy 2.4 has written.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/golden").join(name)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn assert_refused<T>(outcome: dsm::Result<T>, path: &Path, words: &[&str]) {
    let Err(error) = outcome else { panic!("`{}` was taken", path.display()) };
    assert_eq!(error.kind(), ErrorKind::File, "{error}");
    let text = error.to_string();
    for word in [&format!("`{}`", path.display()) as &str].iter().chain(words) {
        assert!(text.contains(word), "{text}\nhas no: {word}");
    }
}

fn there_and_back<T: NpyElement + PartialEq + std::fmt::Debug, D: dsm::Axes>(
    array: &ArrayRef<T, D>,
) -> dsm::Result<()> {
    let folder = folder();
    let (raw, npy) = (folder.path().join("raw"), folder.path().join("a.npy"));
    for workers in [1, 3] {
        dsm::to_file(&raw).workers(workers).write(array)?;
        dsm::to_npy(&npy).workers(workers).write(array)?;
        assert_eq!(fs::metadata(&raw).unwrap().len(), (array.len() * size_of::<T>()) as u64);
        assert_eq!(*dsm::from_npy::<T, D>(&npy).workers(workers).read()?, *array);
        assert_eq!(*dsm::from_file::<T>(&raw).shape(array.raw_dim()).workers(workers).read()?, *array);
        let mut into = SharedArray::like(array)?;
        dsm::from_npy(&npy).workers(workers).read_into(&mut into)?;
        assert_eq!(*into, *array);
        let mut reversed = SharedArray::like(array)?;
        let mut view = reversed.view_mut();
        view.invert_axis(Axis(0));
        dsm::from_file(&raw).read_into(&mut view)?;
        assert_eq!(view, array);
    }
    Ok(())
}

#[dsm::test]
fn every_type_and_shape_comes_back_as_it_was() -> dsm::Result<()> {
    teams([]);
    there_and_back(&Array1::from_iter((0..1000).map(|x| x as u8)))?;
    there_and_back(&array![i16::MIN, -1, 0, i16::MAX])?;
    there_and_back(&array![true, false, true])?;
    there_and_back(&array![Complex::new(1.0_f64, -2.0), Complex::new(0.5, 0.25)])?;
    there_and_back(&Array2::<f64>::zeros((0, 3)))?;
    there_and_back(&Array::from_shape_fn((2, 3, 2, 1, 2, 2), |(a, b, c, ..)| (100 * a + 10 * b + c) as u32))?;
    let grid = Array::from_shape_fn((1234, 1001), |(i, j)| (i * 1001 + j) as f64);
    there_and_back(&grid)?;
    there_and_back(&grid.t())?;
    there_and_back(&grid.slice(s![..;-3, 5..500;7]))?;
    Ok(())
}

#[dsm::test]
fn arrays_of_numbers_and_parts_of_files_are_read() -> dsm::Result<()> {
    teams([]);
    let folder = folder();
    let path = folder.path().join("raw");
    dsm::to_file(&path).write(&Array1::from_iter((0..10).map(|x| [x as f32, 0.5])))?;
    assert_eq!(
        *dsm::from_file::<[f32; 2]>(&path).offset(16).count(2).read()?,
        Array1::from_vec(vec![[2.0, 0.5], [3.0, 0.5]])
    );
    assert_eq!(dsm::from_file::<u128>(&path).read()?.len(), 5);
    assert_eq!(dsm::from_file::<f32>(&path).offset(80).read()?.len(), 0);
    assert_eq!(dsm::from_file::<f32>(&path).count(0).read()?.len(), 0);
    assert_refused(dsm::from_file::<f32>(&path).offset(81).read(), &path, &["beginning at byte 81", "it has 80"]);
    assert_refused(dsm::from_file::<f32>(&path).offset(2).read(), &path, &["78 bytes from 2 on", "f32", "4 bytes"]);
    assert_refused(dsm::from_file::<[f64; 3]>(&path).read(), &path, &["80 bytes", "no whole number"]);
    assert_refused(dsm::from_file::<f32>(&path).count(21).read(), &path, &["[21] of f32 are 84 bytes", "it has 80"]);
    let far = dsm::from_file::<f64>(&path).shape((usize::MAX, 3));
    assert_refused(far.read(), &path, &["too short"]);
    let mut into = Array1::<f32>::zeros(3);
    assert_refused(dsm::from_file(&path).count(4).read_into(&mut into), &path, &["[4] was asked for", "[3]"]);
    dsm::from_file(&path).offset(4).read_into(&mut into)?;
    assert_eq!(into, array![0.5, 1.0, 0.5]);
    Ok(())
}

#[dsm::parallel(read(a))]
fn sum(res: Data) -> f64 {
    res.a.sum()
}

#[dsm::test]
fn a_cluster_is_filled_from_a_file() -> dsm::Result<()> {
    let folder = folder();
    let path = folder.path().join("a.npy");
    dsm::to_npy(&path).write(&Array1::from_elem(100_000, 0.5))?;
    for workers in teams([1, 2]) {
        let before = Holdings::now();
        let mut cluster = Cluster::with_workers(workers, Data { n: 100_000 })?;
        dsm::from_npy(&path).workers(4).read_into(&mut cluster.a)?;
        assert_eq!(status_of(std::process::id(), "Threads").as_deref(), Some("1"));
        assert_eq!(sum(&mut cluster)?, vec![50_000.0; workers]);
        let wrong = dsm::from_npy(&golden("i32.npy")).read_into(&mut cluster.a.slice_mut(s![..3]));
        assert_refused(wrong, &golden("i32.npy"), &["`<i4`", "`<f8`"]);
        let wrong = dsm::from_npy(&path).read_into(&mut cluster.a.slice_mut(s![..3]));
        assert_refused(wrong, &path, &["[100000]", "[3]"]);
        drop(cluster);
        assert_eq!(Holdings::now(), before);
    }
    Ok(())
}

#[dsm::test]
fn what_numpy_writes_is_read_and_written_byte_for_byte() -> dsm::Result<()> {
    fn check<T: NpyElement, D: dsm::Axes>(
        name: &str,
        expected: &Array<T, D>,
        same: impl Fn(&T, &T) -> bool,
    ) -> dsm::Result<()> {
        let read = dsm::from_npy::<T, D>(golden(name)).read()?;
        assert_eq!(read.shape(), expected.shape());
        assert!(read.iter().zip(expected).all(|(a, b)| same(a, b)), "{name}");
        let folder = folder();
        let path = folder.path().join(name);
        dsm::to_npy(&path).write(expected)?;
        assert_eq!(fs::read(path).unwrap(), fs::read(golden(name)).unwrap(), "{name}");
        Ok(())
    }
    teams([]);
    let floats = array![[0.5, -1.0, 2.0], [f64::NAN, f64::INFINITY, -0.0]];
    check("f64_2x3.npy", &floats, |a, b| a.to_bits() == b.to_bits())?;
    check("bool.npy", &array![[true], [false]], bool::eq)?;
    check("c128.npy", &array![Complex::new(1.0, 2.0), Complex::new(-0.0, -3.5)], |a, b| a == b)?;
    for version in ["version_2.npy", "version_3.npy"] {
        assert_eq!(*dsm::from_npy::<f32, Ix1>(golden(version)).read()?, array![1.5, 2.5]);
    }
    assert_eq!(*dsm::from_npy::<i32, Ix1>(golden("i32.npy")).read()?, array![1, -2, i32::MAX]);
    Ok(())
}

#[dsm::test]
fn what_a_numpy_file_is_not_is_told_with_the_remedy() {
    fn refused<T: NpyElement, D: dsm::Axes>(name: &str, words: &[&str]) {
        assert_refused(dsm::from_npy::<T, D>(golden(name)).read(), &golden(name), words);
    }
    teams([]);
    refused::<f64, Ix2>("fortran.npy", &["Fortran order", "ascontiguousarray"]);
    refused::<f64, Ix1>("big_endian.npy", &["`>f8`", "other order", "astype('<f8')"]);
    refused::<f64, Ix1>("object.npy", &["pickled Python objects"]);
    refused::<f64, Ix1>("structure.npy", &["structures"]);
    refused::<f64, Ix1>("f16.npy", &["`<f2`", "astype('<f8')"]);
    refused::<f64, Ix1>("i32.npy", &["`<i4`", "`<f8`", "read them as i32"]);
    refused::<f64, Ix2>("bool.npy", &["`|b1`", "read them as bool"]);
    refused::<f64, Ix2>("empty_0x3.npy", &["`<u2`", "read them as u16"]);
    refused::<f64, Ix1>("f64_2x3.npy", &["[2, 3]", "Ix2"]);
    refused::<f64, Ix1>("single.npy", &["no axis"]);
    refused::<f64, Ix1>("two.npz", &["zip archive"]);
    let folder = folder();
    let path = folder.path().join("cut.npy");
    let whole = fs::read(golden("f64_2x3.npy")).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert_refused(dsm::from_npy::<f64, Ix2>(&path).read(), &path, &[]);
    }
    assert_refused(dsm::from_npy::<f64, Ix2>(&path).read(), &path, &["promises 48 bytes", "47 follow"]);
    for changed in 0..128 {
        // No byte of the header can be changed into garbage without a word; what is no error has the same meaning.
        let mut bytes = whole.clone();
        bytes[changed] = 0xff;
        fs::write(&path, &bytes).unwrap();
        assert_refused(dsm::from_npy::<f64, Ix2>(&path).read(), &path, &[]);
    }
    fs::write(&path, [0, 1, 2]).unwrap();
    assert_refused(dsm::from_file::<bool>(&path).read(), &path, &["byte 2 is 2", "read it as `u8`"]);
}

#[dsm::test]
fn what_can_not_be_read_is_told() {
    teams([]);
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    assert_refused(dsm::from_file::<u8>(at("none")).read(), &at("none"), &["No such file"]);
    let relative = dsm::from_file::<u8>("no such file").read();
    assert_refused(relative, Path::new("no such file"), &["looked for in"]);
    assert_refused(dsm::from_file::<u8>(folder.path()).read(), folder.path(), &["a folder"]);
    let null = Path::new("/dev/null");
    assert_refused(dsm::from_file::<u8>(null).read(), null, &["no regular file"]);
    nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_refused(dsm::from_file::<u8>(at("pipe")).read(), &at("pipe"), &["no regular file"]);
    fs::write(at("secret"), [1]).unwrap();
    fs::set_permissions(at("secret"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(at("secret")).is_err() {
        assert_refused(dsm::from_file::<u8>(at("secret")).read(), &at("secret"), &["readable for you"]);
    }
    let error = dsm::from_file::<u8>(at("secret")).workers(0).read().unwrap_err();
    assert!([ErrorKind::Workers, ErrorKind::File].contains(&error.kind()));
}

#[dsm::test]
fn what_can_not_be_written_leaves_what_was_there() {
    teams([]);
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let array = Array1::from_elem(100_000, 7_u64);
    assert_refused(dsm::to_file(at("no/file")).write(&array), &at("no/file"), &["folder isn't there"]);
    assert_refused(dsm::to_file(folder.path()).write(&array), folder.path(), &["name a file in it"]);
    let full = Path::new("/dev/full");
    assert_refused(dsm::to_file(full).write(&array), full, &["800000 bytes are needed", "make room"]);
    assert!(!full.metadata().unwrap().is_file(), "a device isn't replaced");
    dsm::to_npy("/dev/null").write(&array.slice(s![..;2])).unwrap();
    symlink(at("loop"), at("loop")).unwrap();
    assert_refused(dsm::to_file(at("loop")).write(&array), &at("loop"), &["symbolic link"]);
    fs::write(at("old"), "as it was").unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, 500_000, 500_000).unwrap();
    assert_refused(dsm::to_file(at("old")).write(&array), &at("old"), &["ulimit -f"]);
    assert_eq!(fs::read(at("old")).unwrap(), b"as it was");
    assert_eq!(names(folder.path()), ["loop", "old"]);
}

#[dsm::test]
fn a_written_file_has_the_permissions_of_any_other_and_links_stay() -> dsm::Result<()> {
    teams([]);
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let mode = |name: &str| fs::metadata(at(name)).unwrap().mode() & 0o7777;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o027));
    dsm::to_file(at("new")).write(&array![1_u8])?;
    assert_eq!(mode("new"), 0o640);
    fs::set_permissions(at("new"), fs::Permissions::from_mode(0o604)).unwrap();
    dsm::to_file(at("new")).write(&array![2_u8])?;
    assert_eq!((mode("new"), fs::read(at("new")).unwrap()), (0o604, vec![2]));
    fs::create_dir(at("deep")).unwrap();
    symlink("deep/target", at("link")).unwrap();
    symlink(at("link"), at("link to link")).unwrap();
    for value in [3_u8, 4] {
        dsm::to_file(at("link to link")).write(&array![value])?;
        assert_eq!(fs::read(at("deep/target")).unwrap(), [value]);
    }
    assert!(fs::symlink_metadata(at("link to link")).unwrap().is_symlink());
    assert_eq!(names(folder.path()), ["deep", "link", "link to link", "new"]);
    assert_eq!(names(&at("deep")), ["target"]);
    Ok(())
}

#[dsm::test]
fn a_pipe_is_written_straight_by_whatever_link_leads_to_it() -> dsm::Result<()> {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let folder = folder();
    let link = folder.path().join("link");
    symlink(format!("/proc/self/fd/{}", writer.as_raw_fd()), &link).unwrap();
    for path in [PathBuf::from(format!("/dev/fd/{}", writer.as_raw_fd())), link] {
        dsm::to_file(&path).write(&array![1_u8, 2, 3])?;
        let mut bytes = [0; 3];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, [1, 2, 3], "{}", path.display());
    }
    assert_eq!(names(folder.path()), ["link"]);
    Ok(())
}

#[dsm::test]
fn a_name_may_be_as_long_as_the_system_takes() -> dsm::Result<()> {
    let folder = folder();
    for name in ["n".repeat(255), "é".repeat(127)] {
        let path = folder.path().join(&name);
        dsm::to_npy(&path).write(&array![1_u8, 2, 3])?;
        assert_eq!(*dsm::from_npy::<u8, Ix1>(&path).read()?, array![1, 2, 3]);
        assert_eq!(names(folder.path()), [name]);
        fs::remove_file(&path).unwrap();
    }
    Ok(())
}

#[dsm::test]
fn an_array_larger_than_any_file_is_refused_before_it_is_written() {
    let folder = folder();
    let path = folder.path().join("a");
    let one = array![1.0];
    // Were it written, it would not fill the disk.
    setrlimit(Resource::RLIMIT_FSIZE, 1 << 20, 1 << 20).unwrap();
    for length in [1 << 60, 1 << 62] {
        let array = one.broadcast(length).unwrap();
        assert_refused(dsm::to_npy(&path).write(&array), &path, &["no file can have so many bytes"]);
    }
    assert!(names(folder.path()).is_empty());
}

#[dsm::test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    teams([]);
    let folder = folder();
    let path = folder.path().join("shrinking");
    fs::write(&path, vec![1; 64 << 20]).unwrap();
    // Cut off by another thread until a read meets it.
    let outcome = std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let file = fs::File::options().write(true).open(&path).unwrap();
        scope.spawn(move || {
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                file.set_len(1 << 20).unwrap();
                file.set_len(64 << 20).unwrap();
            }
        });
        let outcome = loop {
            if let Err(error) = dsm::from_file::<u8>(&path).count(60 << 20).read()
                && !error.to_string().contains("too short")
            {
                break error;
            }
        };
        drop(stop);
        outcome
    });
    assert_refused::<()>(Err(outcome), &path, &["shrank while it was read"]);
}

#[dsm::parallel]
fn read_in_worker(_res: Data, path: PathBuf) -> dsm::Result<u64> {
    Ok(dsm::from_file::<u32>(path).read()?.iter().map(|&x| u64::from(x)).sum())
}

#[dsm::test]
fn a_worker_reads_files_too_and_a_missing_one_is_its_error() -> dsm::Result<()> {
    let folder = folder();
    let path = folder.path().join("numbers");
    dsm::to_file(&path).write(&Array1::from_iter(0..10_u32))?;
    for workers in teams([1, 3]) {
        let mut cluster = Cluster::with_workers(workers, Data { n: 1 })?;
        assert_eq!(read_in_worker(&mut cluster, path.clone())?, vec![45; workers]);
        let error = read_in_worker(&mut cluster, folder.path().join("none")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Function);
        assert!(error.to_string().contains("No such file"), "{error}");
    }
    Ok(())
}
