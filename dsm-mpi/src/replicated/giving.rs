//! Writing to every copy of an array.
//!
//! 1. All ranks meet: they agree on the array, the call and who gives, and learn which region the piece goes to. From here
//!    on every rank of every node is inside the call, its handle borrowed mutably.
//! 2. The giver writes the piece to its node's copy.
//! 3. With several nodes: when the giver isn't its node's first rank, its node meets; then the first ranks broadcast the
//!    region, out of the giver's copy and into the others.
//! 4. Each node meets: nobody leaves before the copy is whole.
//!
//! A step after the first that fails gives the group up.
#![allow(unsafe_code)]

use std::panic::Location;

use dsm_runtime::{Axes, Element, ErrorKind, Result, private};
use ndarray::{ArrayRef, ArrayViewD, Axis, IntoDimension, SliceArg, SliceInfoElem};

use super::region::Region;
use super::replicated::Replicated;
use crate::comm::Packed;

/// What the giver brings.
struct Gift<'p, T> {
    region: Region,
    piece: ArrayViewD<'p, T>,
}

impl<T: Element, D: Axes> Replicated<T, D> {
    /// Writes the piece of rank `root` to every copy, with its first element at `offset`. Collective.
    ///
    /// The piece and offset of other ranks aren't looked at, so they may give `None`.
    ///
    /// # Errors
    ///
    /// On all ranks alike, and nothing is written: when `root` is no rank or not the same on all, when it gives no piece, when
    /// the piece doesn't fit, and when the ranks don't all meet in this call on this array. When the deadline passes, the
    /// group is given up.
    ///
    /// ```
    /// use dsm::mpi::{Comm, Replicated};
    /// use dsm::prelude::*;
    ///
    /// let comm = Comm::world()?;
    /// let mut table = Replicated::zeros(&comm, (3, 5))?;
    /// table.set(Some(&array![[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]), (1, 1), 0)?;
    /// assert_eq!(table.to_string(), "0 0 0 0 0\n0 0 1 2 0\n0 3 4 5 0");
    ///
    /// let error = table.set(Some(&array![[1.0, 2.0]]), (2, 4), 0).unwrap_err();
    /// assert_eq!((error.kind(), error.rank()), (dsm::ErrorKind::Shape, Some(0)));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn set(
        &mut self,
        piece: Option<&ArrayRef<T, D>>,
        offset: impl IntoDimension<Dim = D>,
        root: usize,
    ) -> Result<()> {
        let offset = offset.into_dimension();
        let gift = if root >= self.comm.size() {
            let text = format!("there is no rank {root}: the group has {}", self.comm.size());
            Err(private::error(ErrorKind::Misuse, text))
        } else if root != self.comm.rank() {
            Ok(None)
        } else if let Some(piece) = piece {
            Region::block(self.copy.shape(), offset.slice(), piece.shape())
                .map(|region| Some(Gift { region, piece: piece.view().into_dyn() }))
        } else {
            Err(private::error(ErrorKind::Misuse, "a rank that is to give a piece gave none"))
        };
        self.give(&format!("set from rank {root}"), Location::caller(), gift)
    }

    /// Writes the array of the one rank that gives it to every copy. Collective.
    ///
    /// # Errors
    ///
    /// On all ranks alike, and nothing is written: when no rank or more than one gives an array, when its shape isn't that of
    /// this one, and when the ranks don't all meet in this call on this array. When the deadline passes, the group is given
    /// up.
    ///
    /// ```
    /// use dsm::mpi::{Comm, Replicated};
    /// use dsm::prelude::*;
    ///
    /// let comm = Comm::world()?;
    /// let mut table = Replicated::zeros(&comm, (2, 2))?;
    /// let read = (comm.rank() == comm.size() - 1).then(|| array![[1, 2], [3, 4]]);
    /// table.assign_from(read.as_deref())?;
    /// assert_eq!(table[[1, 0]], 3);
    ///
    /// let error = table.assign_from(None).unwrap_err();
    /// assert_eq!(error.kind(), dsm::ErrorKind::Misuse);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn assign_from(&mut self, array: Option<&ArrayRef<T, D>>) -> Result<()> {
        let shape = self.copy.shape();
        let gift = array.map(|array| match array.shape() == shape {
            true => Region::block(shape, &vec![0; shape.len()], shape)
                .map(|region| Gift { region, piece: array.view().into_dyn() }),
            false => Err(wrong_shape(array.shape(), shape)),
        });
        self.give("assign_from", Location::caller(), gift.transpose())
    }

    /// Writes the array of the one rank that gives it to a slice of every copy. Collective.
    ///
    /// The slice of the rank that gives is the one that counts.
    ///
    /// # Errors
    ///
    /// As those of [`assign_from`](Replicated::assign_from), and when the slice doesn't fit.
    ///
    /// ```
    /// use dsm::mpi::{Comm, Replicated};
    /// use dsm::prelude::*;
    ///
    /// let mut table = Replicated::zeros(&Comm::solo(), (3, 4))?;
    /// table.assign_slice_from(s![1, ..;2], Some(&array![7, 8]))?;
    /// assert_eq!(table.to_string(), "0 0 0 0\n7 0 8 0\n0 0 0 0");
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn assign_slice_from<S: SliceArg<D>>(
        &mut self,
        slice: S,
        array: Option<&ArrayRef<T, S::OutDim>>,
    ) -> Result<()> {
        let slice: &[SliceInfoElem] = slice.as_ref();
        let gift = array.map(|array| {
            let region = Region::sliced(self.copy.shape(), slice)?;
            if array.shape() != region.piece_shape() {
                return Err(wrong_shape(array.shape(), &region.piece_shape()));
            }
            let mut piece = array.view().into_dyn();
            for (axis, _) in slice.iter().enumerate().filter(|(_, taken)| taken.is_index()) {
                piece = piece.insert_axis(Axis(axis));
            }
            Ok(Gift { region, piece })
        });
        self.give("assign_slice_from", Location::caller(), gift.transpose())
    }

    fn give(&mut self, call: &str, place: &Location<'_>, gift: Result<Option<Gift<'_, T>>>) -> Result<()> {
        self.check_home()?;
        let what = format!("`{call}` of array {}", self.number);
        let says = match &gift {
            Ok(Some(gift)) => postcard::to_stdvec(&gift.region)
                .map(Some)
                .map_err(|error| private::error(ErrorKind::Mpi, error.to_string())),
            Ok(None) => Ok(None),
            Err(error) => Err(private::error(error.kind(), error.to_string())),
        };
        let gifts = self.comm.meet(&what, place, says)?;
        let (giver, region) = match &gifts[..] {
            [(giver, region)] => (*giver, region),
            others => return Err(not_one_giver(&what, &others.iter().map(|(rank, _)| *rank).collect::<Vec<_>>())),
        };
        let moved = postcard::from_bytes(region)
            .map_err(|error| private::error(ErrorKind::Mpi, format!("{what}: the region can't be read ({error})")))
            .and_then(|region| self.spread(&what, giver, &region, gift.unwrap_or(None)));
        moved.map_err(|error| self.comm.give_up(error))
    }

    /// Steps 2 to 4.
    fn spread(&mut self, what: &str, giver: usize, region: &Region, gift: Option<Gift<'_, T>>) -> Result<()> {
        let (rank, limit) = (self.comm.rank(), self.comm.limit());
        if let Some(gift) = gift {
            // SAFETY: every rank of the node is between steps 1 and 4, where only the giver touches the copy until the node
            // meets.
            let mut copy = unsafe { self.copy.view_mut() };
            region.of(&mut copy);
            // The C library copies long stretches past the caches, in two thirds of the time.
            match (copy.as_slice_mut(), gift.piece.as_slice()) {
                (Some(to), Some(from)) => to.copy_from_slice(from),
                _ => copy.into_dyn().assign(&gift.piece),
            }
        }
        if self.comm.nodes() > 1 {
            let node = self.comm.node_of(giver);
            let is_home = self.comm.node_of(rank) == node;
            if is_home && !self.comm.is_first(giver) {
                self.comm.node_link().barrier(what, limit)?;
            }
            self.between_nodes(what, node, is_home, region)?;
        }
        self.comm.node_link().barrier(what, limit)
    }

    /// The first ranks of the nodes copy the region from one node's copy to the others.
    fn between_nodes(&mut self, what: &str, from: usize, is_home: bool, region: &Region) -> Result<()> {
        let (Some(firsts), limit) = (self.comm.firsts_link().cloned(), self.comm.limit()) else { return Ok(()) };
        if let Some((first, count)) = region.stretch(self.copy.shape()) {
            // SAFETY: on the giver's node nobody writes to the copy any more, and others read it only after step 4; on other
            // nodes this rank alone touches it until then. Forgotten, the group is given up, and handles refuse.
            let stretch = unsafe { self.copy.stretch(first, count) };
            return firsts.broadcast(from, stretch, what, limit).map(drop);
        }
        // SAFETY: as above.
        let mut copy = unsafe { self.copy.view_mut() };
        region.of(&mut copy);
        let packed: Vec<T> = copy.iter().copied().collect();
        let Packed(packed) = firsts.broadcast(from, Packed(packed), what, limit)?;
        if !is_home {
            for (to, from) in copy.iter_mut().zip(packed) {
                *to = from;
            }
        }
        Ok(())
    }
}

fn wrong_shape(given: &[usize], wanted: &[usize]) -> dsm_runtime::Error {
    private::error(ErrorKind::Shape, format!("an array of shape {given:?} was given where {wanted:?} is wanted"))
}

fn not_one_giver(what: &str, givers: &[usize]) -> dsm_runtime::Error {
    let text = match givers {
        [] => format!("{what}: no rank gave an array, and one must"),
        _ => format!("{what}: ranks {givers:?} each gave an array, but only one may"),
    };
    private::error(ErrorKind::Misuse, text)
}
