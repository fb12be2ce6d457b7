//! `Part`: rows of an anonymous array that one process at a time may write.
#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};
use std::sync::atomic::{AtomicU8, Ordering, fence};
use std::sync::{Arc, OnceLock};

use ndarray::{ArrayRef, ArrayViewMut};

use super::away::Borrowed;
use super::shared_array::SharedArray;
use crate::element::Element;
use crate::process::Home;
use crate::schedule::block;
use crate::segment::lending::{MOST_PARTS, claim_at_home, claim_away, claim_word};
use crate::segment::{Memory, Segment, Use};
use crate::shape::Axes;

/// Some rows of an anonymous array, disjoint from all other parts; from [`SharedArray::split_mut`].
///
/// Dereferences to `ndarray::ArrayRef<T, D>`. It belongs to the first process that uses it, until the map is over in which
/// that happens: jobs of a [`map`](crate::map()) write to the parts that they are given, and this process reads the array
/// afterwards. A second process that uses a part while it belongs to another panics; and one that this process has used
/// before the workers were forked is theirs only after [`hand_over`](Part::hand_over).
///
/// ```
/// use dsm::prelude::*;
///
/// let mut squares = SharedArray::zeros(10)?;
/// dsm::map(squares.split_mut(4)).workers(2).run(|_, mut part| {
///     let rows = part.range();
///     for (square, i) in part.iter_mut().zip(rows) {
///         *square = i * i;
///     }
/// })?;
/// assert_eq!(squares[9], 81);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Part<'a, T: 'static, D> {
    segment: Arc<Segment>,
    /// Of the array.
    index: usize,
    number: usize,
    rows: Range<usize>,
    /// The last [`Borrow`] at home that may be alive.
    borrowed_here: AtomicU8,
    /// The elements at home, and in a process that the array was lent to.
    here: OnceLock<ArrayViewMut<'static, T, D>>,
    away: OnceLock<(Home, ArrayViewMut<'static, T, D>)>,
    /// Shared by all parts.
    _borrowed: Arc<Borrowed>,
    array: PhantomData<&'a mut ArrayRef<T, D>>,
}

impl<T: Element, D: Axes> SharedArray<T, D> {
    /// Cuts an anonymous array into `parts` blocks of rows along its first axis, to be written by different processes.
    ///
    /// Lengths differ by at most one, the longer first, as under [`Schedule::Block`](crate::Schedule::Block). The rows are
    /// those the array was made with, whatever was done to its axes since.
    ///
    /// # Panics
    ///
    /// When the array is declared in a `shared!`, for more than 65536 parts, in a process other than the one that made the
    /// array, and while a map runs whose workers may read it.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let mut grid = SharedArray::<f64, _>::zeros((5, 2))?;
    /// let ranges: Vec<_> = grid.split_mut(3).iter().map(|part| part.range()).collect();
    /// assert_eq!(ranges, [0..2, 2..4, 4..5]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split_mut(&mut self, parts: usize) -> Vec<Part<'_, T, D>> {
        let rows = self.declared_rows();
        self.parts((0..parts).map(|part| block(rows, parts, part)).collect())
    }

    /// Cuts an anonymous array before these rows of its first axis, given in ascending order.
    ///
    /// # Panics
    ///
    /// As [`split_mut`](SharedArray::split_mut); and when a row is less than one before, or beyond the array.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let mut array = SharedArray::<u8, _>::zeros(10)?;
    /// let lengths: Vec<_> = array.split_mut_at(&[2, 9]).iter().map(|part| part.len()).collect();
    /// assert_eq!(lengths, [2, 7, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split_mut_at(&mut self, before: &[usize]) -> Vec<Part<'_, T, D>> {
        let rows = self.declared_rows();
        let starts = std::iter::once(0).chain(before.iter().copied());
        let ends = before.iter().copied().chain(std::iter::once(rows));
        let ranges: Vec<Range<usize>> = starts.zip(ends).map(|(start, end)| start..end).collect();
        if let Some(wrong) = ranges.iter().find(|range| range.start > range.end || range.end > rows) {
            panic!("`{}` of {rows} rows can't be cut into rows {wrong:?}: cuts ascend, up to {rows}", self.name());
        }
        self.parts(ranges)
    }

    /// As [`split_mut`](SharedArray::split_mut), for parts that outlive the handle: those that a
    /// [`background`](crate::background) process takes along.
    ///
    /// # Panics
    ///
    /// As [`split_mut`](SharedArray::split_mut).
    ///
    /// ```
    /// use dsm::prelude::*;
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// let parts: Vec<_> =
    ///     SharedArray::<u32, _>::zeros(10)?.into_parts(2).into_iter().map(|part| Rc::new(RefCell::new(part))).collect();
    /// let first = Rc::clone(&parts[0]);
    /// let other = dsm::background(move || first.borrow_mut().fill(1))?;
    /// parts[1].borrow_mut().fill(2);              // meanwhile
    /// other.join()?;
    /// assert_eq!(parts[0].borrow().sum() + parts[1].borrow().sum(), 15);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn into_parts(mut self, parts: usize) -> Vec<Part<'static, T, D>> {
        let rows = self.declared_rows();
        self.parts((0..parts).map(|part| block(rows, parts, part)).collect())
    }

    fn declared_rows(&self) -> usize {
        self.segment().field(self.index()).shape()[0]
    }

    #[track_caller]
    fn parts<'a>(&mut self, ranges: Vec<Range<usize>>) -> Vec<Part<'a, T, D>> {
        let (segment, index) = (Arc::clone(self.segment()), self.index());
        segment.assert_free(index);
        segment.assert_anonymous(index);
        assert!(ranges.len() <= MOST_PARTS, "`{}` can be cut into {MOST_PARTS} parts at most", self.name());
        let borrowed = Arc::new(Borrowed::as_used(&segment, Use::Parts));
        segment.assert_not_lent(index);
        let part = |(number, rows)| Part {
            segment: Arc::clone(&segment),
            index,
            number,
            rows,
            borrowed_here: AtomicU8::new(Borrow::None as u8),
            here: OnceLock::new(),
            away: OnceLock::new(),
            _borrowed: Arc::clone(&borrowed),
            array: PhantomData,
        };
        ranges.into_iter().enumerate().map(part).collect()
    }
}

impl<T: 'static, D: Axes> Part<'_, T, D> {
    /// Which rows of the array these are.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let mut array = SharedArray::<u8, _>::zeros(10)?;
    /// assert_eq!(array.split_mut(3)[1].range(), 4..7);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// No borrow of the part is alive: workers that are forked from now on may take it.
    ///
    /// A part that this process has used isn't its workers' any more, since a borrow of it could live on here, unknown to
    /// them: after `&mut` they don't touch it, after `&` they only read. This says that none does, which the compiler checks.
    /// In a worker it does nothing.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let mut array = SharedArray::zeros(10)?;
    /// let mut parts = array.split_mut(2);
    /// parts[1][0] = 7;                            // used here, then given away
    /// parts[1].hand_over();
    /// dsm::map(parts).workers(2).run(|_, mut part| part[0] += 1)?;
    /// assert_eq!((array[0], array[5]), (1, 8));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn hand_over(&mut self) {
        // A worker's copy may be borrowed at home whatever this one is.
        if self.segment.home.is_here() {
            *self.borrowed_here.get_mut() = Borrow::None as u8;
        }
    }

    /// Claims the part for this process, and makes its view there.
    #[inline]
    #[track_caller]
    fn claim(&self, borrow: Borrow) -> Claimed {
        if self.segment.is_away() {
            let memory = self.segment.lent(self.index, Use::Parts);
            if !borrow.goes_with(self.borrowed_here.load(Ordering::Relaxed)) {
                self.refuse_borrowed();
            }
            let (home, _) = self.away.get_or_init(|| (Home::here(), self.view_in(memory)));
            if home.is_here() && claim_away(claim_word(memory, self.number)) {
                return Claimed::Away;
            }
        } else {
            self.segment.assert_free(self.index);
            if self.borrowed_here.load(Ordering::Relaxed) != borrow as u8 {
                self.borrowed_here.store(borrow as u8, Ordering::Relaxed);
                // Before it is claimed: a claim since a lease began keeps its processes off, which are forked after that.
                fence(Ordering::SeqCst);
            }
            self.here.get_or_init(|| self.view_in(&self.segment.memory));
            if claim_at_home(claim_word(&self.segment.memory, self.number)) {
                return Claimed::Here;
            }
        }
        self.refuse()
    }

    fn view_in(&self, memory: &Memory) -> ArrayViewMut<'static, T, D> {
        let field = self.segment.field(self.index);
        let mut shape = field.shape().to_vec();
        let row: usize = shape[1..].iter().product::<usize>() * size_of::<T>();
        shape[0] = self.rows.len();
        let first = memory.at(field.offset + self.rows.start * row, self.rows.len() * row).cast::<T>();
        // SAFETY: these rows lie inside, aligned, and any bytes are valid elements. Parts don't overlap, and this process
        // has claimed this one, so that nobody else reaches them, but for a borrow from before at home, beside which
        // `claim` lets only both read; in this process the part does it alone, by `&self` or `&mut self`. Its segment keeps
        // the mapping at home; a lent one stays for good.
        unsafe { ArrayViewMut::from_shape_ptr(D::from_axes(&shape), first.as_ptr()) }
    }

    #[cold]
    #[track_caller]
    fn refuse_borrowed(&self) -> ! {
        let (name, rows) = (self.segment.name(self.index), &self.rows);
        panic!(
            "rows {rows:?} of `{name}` were used by their maker before the workers were forked, and may still be borrowed \
             there: call `hand_over()` on the part before the map"
        )
    }

    #[cold]
    #[track_caller]
    fn refuse(&self) -> ! {
        let (name, rows) = (self.segment.name(self.index), &self.rows);
        panic!(
            "rows {rows:?} of `{name}` belong to another process until its map is over: give each part to one job, as an \
             item of the map"
        )
    }
}

/// How a part is borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Borrow {
    None = 0,
    /// By `&`; no `&mut` is alive then.
    Shared = 1,
    Mutable = 2,
}

impl Borrow {
    /// Whether it may be made in a worker, when this may be alive at home.
    fn goes_with(self, at_home: u8) -> bool {
        at_home == Borrow::None as u8 || (at_home == Borrow::Shared as u8 && self == Borrow::Shared)
    }
}

/// Where a part is claimed.
#[derive(Clone, Copy, Debug)]
enum Claimed {
    Here,
    Away,
}

impl<T: 'static, D: Axes> Deref for Part<'_, T, D> {
    type Target = ArrayRef<T, D>;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &ArrayRef<T, D> {
        let view = match self.claim(Borrow::Shared) {
            Claimed::Here => self.here.get(),
            Claimed::Away => self.away.get().map(|(_, view)| view),
        };
        match view {
            Some(view) => view,
            None => unreachable!("a part has a view where it is claimed"),
        }
    }
}

impl<T: 'static, D: Axes> DerefMut for Part<'_, T, D> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut ArrayRef<T, D> {
        let view = match self.claim(Borrow::Mutable) {
            Claimed::Here => self.here.get_mut(),
            Claimed::Away => self.away.get_mut().map(|(_, view)| view),
        };
        match view {
            Some(view) => view,
            None => unreachable!("a part has a view where it is claimed"),
        }
    }
}

impl<T: Element + fmt::Debug, D: Axes> fmt::Debug for Part<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("array", &self.segment.name(self.index))
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}
