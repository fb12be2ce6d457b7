//! Draws the Mandelbrot set. How long a row takes can't be foreseen: those through the middle of the set cost a hundred
//! times those at its edge. So rows are handed out as workers ask for them.

use std::path::PathBuf;

use clap::Parser;
use dsm::prelude::*;
use image::{GrayImage, ImageReader};

dsm::shared! {
    /// The brightness of each pixel; 0 inside the set.
    struct Picture(n: usize) {
        picture: [u8; n, n],
    }
}

/// Steps after which a point that hasn't gone away is taken to be inside.
const STEPS: u32 = 1000;
/// The part of the plane that is drawn, a square around the whole set: its upper left corner and its side.
const LEFT: f64 = -2.0;
const TOP: f64 = 1.25;
const SIDE: f64 = 2.5;

/// The step at which a point goes beyond 2; `None` when it stays.
fn escape(x: f64, y: f64) -> Option<u32> {
    let (mut real, mut imaginary) = (0.0, 0.0);
    (0..STEPS).find(|_| {
        (real, imaginary) = (real * real - imaginary * imaginary + x, 2.0 * real * imaginary + y);
        real * real + imaginary * imaginary > 4.0
    })
}

/// Each worker draws the rows it gets; how many rows and how many points inside the set it had.
#[dsm::parallel(split(picture, dynamic(4)))]
fn draw(mut res: Picture) -> (usize, usize) {
    let mut inside = 0;
    for (i, mut row) in res.picture.iter_mut() {
        let step = SIDE / row.len() as f64;
        let y = TOP - (i as f64 + 0.5) * step;
        for (j, pixel) in row.iter_mut().enumerate() {
            let escaped = escape(LEFT + (j as f64 + 0.5) * step, y);
            inside += usize::from(escaped.is_none());
            *pixel = escaped.map_or(0, |steps| 255 - (4 * steps.min(50)) as u8);
        }
    }
    (res.picture.len(), inside)
}

/// Draws the Mandelbrot set into a PNG file.
#[derive(Parser)]
struct Args {
    /// Width and height in pixels
    #[arg(long, default_value_t = 500)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
    /// The file to write [default: dsm-mandelbrot.png in the folder for temporary files]
    #[arg(long)]
    picture: Option<PathBuf>,
}

#[dsm::main]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Args { n, workers, picture } = Args::parse();
    let path = picture.unwrap_or_else(|| std::env::temp_dir().join("dsm-mandelbrot.png"));
    let mut cluster = Cluster::with_workers(workers, Picture { n })?;
    let shares = draw(&mut cluster)?;

    let side = u32::try_from(n)?;
    let pixels = cluster.picture.iter().copied().collect();
    let drawn = GrayImage::from_raw(side, side, pixels).expect("one byte for each pixel");
    drawn.save(&path)?;
    let rows: Vec<usize> = shares.iter().map(|(rows, _)| *rows).collect();
    let inside: usize = shares.iter().map(|(_, inside)| *inside).sum();
    println!("{inside} of {} points are inside; rows drawn by each worker: {rows:?}", n * n);
    println!("the picture is {}", path.display());

    assert_eq!(rows.iter().sum::<usize>(), n, "each row is drawn once");
    assert_eq!(ImageReader::open(&path)?.decode()?.to_luma8(), drawn, "the file holds what was drawn");
    let dark = cluster.picture.iter().filter(|&&brightness| brightness == 0).count();
    assert_eq!(dark, inside, "what is inside is black");
    if n == 500 {
        assert_eq!(inside, 60_452, "points inside, at 500 x 500");
    }
    if n >= 100 {
        // The set's area is 1.5065918849 (Foerstemann 2012).
        let area = inside as f64 / (n * n) as f64 * SIDE * SIDE;
        assert!((area - 1.5066).abs() < 0.03, "the area is {area}");
    }
    Ok(())
}
