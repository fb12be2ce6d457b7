//! What a declared struct asks for, collected before any memory is made: the layout is computed once, here.

use std::any::{TypeId, type_name};

use super::available::{available, human};
use super::declared::{Field, FieldKind};
use super::memory::page_size;
use crate::array::SharedCell;
use crate::element::Element;
use crate::error::{Error, ErrorKind, Result};
use crate::shape::Axes;

/// The fields of one declared struct, in the making.
///
/// Generated code fills it; every check on sizes is made here, so that what is laid out fits an address space.
#[derive(Debug)]
pub struct Declaration {
    struct_name: &'static str,
    fields: Vec<Field>,
    length: usize,
}

impl Declaration {
    pub(crate) fn new(struct_name: &'static str) -> Self {
        Declaration { struct_name, fields: Vec::new(), length: 0 }
    }

    /// Adds an array of this shape, page aligned.
    ///
    /// # Errors
    ///
    /// When its bytes are more than an address space holds.
    pub fn array<T: Element, D: Axes>(
        &mut self,
        index: usize,
        name: &'static str,
        shape: impl AsRef<[usize]>,
    ) -> Result<()> {
        let shape = shape.as_ref();
        assert_eq!(shape.len(), D::AXES, "the shape of `{name}` has as many axes as its dimension");
        self.refuse_alignment::<T>(name)?;
        let bytes = array_bytes::<T>(shape).ok_or_else(|| {
            Error::new(
                ErrorKind::Shape,
                format!(
                    "array `{name}` of {}: shape {shape:?} of {} needs more bytes than an address space holds",
                    self.struct_name,
                    type_name::<T>(),
                ),
            )
        })?;
        self.add(
            Field {
                index,
                name,
                kind: FieldKind::Array(shape.to_vec()),
                type_id: TypeId::of::<T>(),
                type_name: type_name::<T>(),
                stride: size_of::<T>(),
                offset: 0,
            },
            bytes,
            page_size(),
        )
    }

    /// Adds one lock, flag or atomic, on cache lines of its own.
    ///
    /// # Errors
    ///
    /// When the declaration as a whole is more than an address space holds.
    pub fn cell<C: SharedCell>(&mut self, index: usize, name: &'static str) -> Result<()> {
        self.cells_of::<C>(index, name, FieldKind::Cell(C::KIND.0), 1)
    }

    /// Adds `count` locks or flags, each on cache lines of its own.
    ///
    /// # Errors
    ///
    /// When they are more than an address space holds.
    pub fn cells<C: SharedCell>(&mut self, index: usize, name: &'static str, count: usize) -> Result<()> {
        self.cells_of::<C>(index, name, FieldKind::Cells(C::KIND.0, count), count)
    }

    fn cells_of<C: SharedCell>(
        &mut self,
        index: usize,
        name: &'static str,
        kind: FieldKind,
        count: usize,
    ) -> Result<()> {
        self.refuse_alignment::<C>(name)?;
        let bytes =
            size_of::<C>().checked_mul(count).filter(|&bytes| bytes <= isize::MAX as usize).ok_or_else(|| {
                Error::new(
                    ErrorKind::Shape,
                    format!(
                        "`{name}` of {}: {count} {}s need more bytes than an address space holds",
                        self.struct_name,
                        C::KIND.0.noun(),
                    ),
                )
            })?;
        let field = Field {
            index,
            name,
            kind,
            type_id: TypeId::of::<C>(),
            type_name: type_name::<C>(),
            stride: size_of::<C>(),
            offset: 0,
        };
        self.add(field, bytes, align_of::<C>().max(128))
    }

    /// A mapping begins at a page, so nothing in it can be aligned more.
    fn refuse_alignment<T>(&self, name: &str) -> Result<()> {
        if align_of::<T>() <= page_size() {
            return Ok(());
        }
        let message = format!(
            "`{name}` of {}: {} is aligned to {} bytes, but shared memory to a page of {}",
            self.struct_name,
            type_name::<T>(),
            align_of::<T>(),
            page_size(),
        );
        Err(Error::new(ErrorKind::Shape, message))
    }

    fn add(&mut self, mut field: Field, bytes: usize, align: usize) -> Result<()> {
        assert!(
            self.fields.iter().all(|other| other.index != field.index),
            "field {} of {} is declared once",
            field.index,
            self.struct_name
        );
        let end = self
            .length
            .checked_next_multiple_of(align)
            .and_then(|offset| {
                field.offset = offset;
                offset.checked_add(bytes)
            })
            .filter(|&end| end <= isize::MAX as usize - page_size());
        self.length = end.ok_or_else(|| {
            Error::new(
                ErrorKind::Shape,
                format!(
                    "{}: its fields up to `{}` need more bytes than an address space holds",
                    self.struct_name, field.name
                ),
            )
        })?;
        self.fields.push(field);
        Ok(())
    }

    /// The laid-out fields and the bytes they need, whether or not there is memory for them.
    /// What another process laid out.
    pub(crate) fn laid_out_as(struct_name: &'static str, fields: Vec<Field>, length: usize) -> Self {
        Declaration { struct_name, fields, length }
    }

    #[cfg(test)]
    pub(crate) fn laid_out(self) -> (Vec<Field>, usize) {
        (self.fields, self.length)
    }

    /// The laid-out fields and the bytes they need, once memory for them is known to be there.
    pub(crate) fn fit(self) -> Result<(Vec<Field>, usize)> {
        let available = available();
        if self.length as u64 > available.bytes {
            let largest = self.fields.iter().max_by_key(|field| field.bytes());
            let largest = largest.map_or(String::new(), |field| match self.fields.len() {
                1 => format!(" (shape {:?} of {})", field.shape(), field.type_name),
                _ => format!(" (`{}` alone {}, shape {:?})", field.name, human(field.bytes() as u128), field.shape()),
            });
            return Err(Error::new(
                ErrorKind::Memory,
                format!(
                    "{} needs {} of shared memory{largest}, {} bytes in all, but {} leaves {} ({} bytes): make it smaller, \
                     or run where there is more",
                    self.struct_name,
                    human(self.length as u128),
                    self.length,
                    available.limit,
                    human(u128::from(available.bytes)),
                    available.bytes,
                ),
            ));
        }
        Ok((self.fields, self.length))
    }
}

/// Bytes of an array; ndarray wants even the non-zero axes alone to stay below `isize::MAX`.
fn array_bytes<T>(shape: &[usize]) -> Option<usize> {
    let nonzero =
        shape.iter().filter(|&&axis| axis != 0).try_fold(1_usize, |product, &axis| product.checked_mul(axis))?;
    nonzero.checked_mul(size_of::<T>().max(1)).filter(|&bytes| bytes <= isize::MAX as usize - page_size())?;
    Some(if shape.contains(&0) { 0 } else { nonzero * size_of::<T>() })
}
