//! The types of the fields, for code that only knows the struct and the field's number.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::handles::{cell, dimension};
use crate::model::{FieldKind, SharedStruct};

/// `impl ArrayField<0> for VecAdd`, and so on for each field.
pub(super) fn field_traits(declaration: &SharedStruct) -> TokenStream {
    let (krate, name) = (&declaration.attributes.krate, &declaration.name);
    let struct_cfg = &declaration.attributes.cfg;
    declaration
        .fields
        .iter()
        .map(|field| {
            let cfg = &field.cfg;
            let index = Literal::usize_unsuffixed(field.index);
            let (field_trait, types) = match &field.kind {
                FieldKind::Array { element, shape } => {
                    let dimension = dimension(krate, shape.len());
                    (quote!(ArrayField), quote!(type Element = #element; type Dim = #dimension;))
                }
                FieldKind::Cell(written) => {
                    let ty = cell(krate, written);
                    (quote!(CellField), quote!(type Cell = #ty;))
                }
                FieldKind::Cells { cell: written, .. } => {
                    let ty = cell(krate, written);
                    (quote!(CellsField), quote!(type Cell = #ty;))
                }
            };
            quote! {
                #(#struct_cfg)*
                #(#cfg)*
                #[automatically_derived]
                impl #krate::__private::#field_trait<#index> for #name { #types }
            }
        })
        .collect()
}
