//! Counts the words of many files: one job per file, counted where it is read, the counts merged as they come.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;

/// How often each word comes.
type Counts = BTreeMap<String, u64>;

/// The words of a file, in small letters.
fn count(path: &Path) -> std::io::Result<Counts> {
    let text = String::from_utf8_lossy(&fs::read(path)?).to_lowercase();
    let mut counts = Counts::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    Ok(counts)
}

/// A text with a known answer: file `i` holds the words `w0` to `wi`, each as often as its number says, plus one.
fn write_texts(folder: &Path, n: usize) -> std::io::Result<Vec<PathBuf>> {
    (0..n)
        .map(|file| {
            let path = folder.join(format!("{file}.txt"));
            let words = (0..=file).flat_map(|word| vec![format!("W{word}"); word + 1]);
            fs::write(&path, words.collect::<Vec<_>>().join(" \n"))?;
            Ok(path)
        })
        .collect()
}

/// Counts the words of files and shows the ten that come most often.
#[derive(Parser)]
struct Args {
    /// Files to read [default: texts made for the purpose, whose counts are checked]
    files: Vec<PathBuf>,
    /// How many texts to make
    #[arg(long, default_value_t = 40)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

/// The counts of all files that can be read.
fn count_all(files: &[PathBuf], workers: Option<usize>) -> dsm::Result<Counts> {
    let mut total = Counts::new();
    let map = dsm::map(files).workers(workers).progress("files").on_error(dsm::Skip);
    map.try_run_each(
        |_, path| count(path),
        |file, counts| match counts {
            Ok(counts) => counts.into_iter().for_each(|(word, count)| *total.entry(word).or_default() += count),
            Err(error) => eprintln!("{}: {}", files[file].display(), error.message()),
        },
    )?;
    Ok(total)
}

#[dsm::main]
fn main() -> Result<(), Box<dyn Error>> {
    let Args { files, n, workers } = Args::parse();
    if !files.is_empty() {
        show(&count_all(&files, workers)?);
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let total = count_all(&write_texts(folder.path(), n)?, workers)?;
    show(&total);

    assert_eq!(total.len(), n, "one word for each file");
    for word in 0..n {
        let expected = (word as u64 + 1) * (n - word) as u64; // so often in each file from its own on
        assert_eq!(total[&format!("w{word}")], expected, "w{word}");
    }
    Ok(())
}

fn show(counts: &Counts) {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    for (word, count) in counts.iter().take(10) {
        println!("{count:>8} {word}");
    }
}
