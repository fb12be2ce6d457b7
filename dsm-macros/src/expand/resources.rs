//! The resource struct of a parallel function.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};

use super::attributes::FunctionAttributes;
use super::docs;
use crate::model::{Declared, DeclaredField, DeclaredKind, Mode, Parallel, Schedule, Usage};
use crate::names::{self, respan, text};

/// `pub struct AddResources<'w> { … }`.
pub(crate) fn resources(parallel: &Parallel, declared: &Declared) -> TokenStream {
    let (krate, vis, shared) = (&parallel.krate, &parallel.vis, &parallel.resource.path);
    let name = names::resources(&parallel.name);
    let doc = docs::resources(&text(&parallel.name), &text(&declared.name));
    let attributes = FunctionAttributes::new(&parallel.attributes).resources;
    let views = used(parallel, declared).map(|(usage, field)| {
        let array = &usage.array;
        let index = Literal::usize_unsuffixed(field.index);
        let doc = docs::view(&text(array), &usage.mode);
        let view = view(&usage.mode).0;
        let declared = quote!(<#shared as #krate::__private::ArrayField<#index>>);
        quote!(#[doc = #doc] pub #array: #krate::#view<'w, #declared::Element, #declared::Dim>)
    });
    let cells = declared.fields.iter().filter_map(|field| {
        let name = &field.name;
        let index = Literal::usize_unsuffixed(field.index);
        let (doc, ty) = match field.kind {
            DeclaredKind::Cell(kind) => {
                (docs::cell(&text(name), kind), quote!(<#shared as #krate::__private::CellField<#index>>::Cell))
            }
            DeclaredKind::Cells(kind) => {
                (docs::cells(&text(name), kind), quote!([<#shared as #krate::__private::CellsField<#index>>::Cell]))
            }
            DeclaredKind::Array { .. } | DeclaredKind::Absent => return None,
        };
        Some(quote!(#[doc = #doc] pub #name: &'w #ty))
    });
    quote! {
        #[doc = #doc]
        #(#attributes)*
        #[allow(dead_code, missing_debug_implementations, private_interfaces, unreachable_pub)]
        #vis struct #name<'w> {
            #(#views,)*
            #(#cells,)*
            /// This worker's rank, for information.
            pub id: usize,
            /// How many workers there are.
            pub workers: usize,
            /// The team of this call.
            pub team: #krate::Team<'w>,
        }
    }
}

/// The fields of the struct, each taken from the source.
pub(super) fn initialisers(parallel: &Parallel, declared: &Declared, source: &Ident) -> TokenStream {
    let (krate, shared) = (&parallel.krate, &parallel.resource.path);
    let views = used(parallel, declared).map(|(usage, field)| {
        let array = &usage.array;
        let index = Literal::usize_unsuffixed(field.index);
        // Not every element is atomic: that is to be said at the array's name.
        let function = krate.item_at(array.span(), view(&usage.mode).1);
        let shared = respan(shared.to_token_stream(), array.span());
        quote!(#array: #function::<#shared, #index>(#source))
    });
    let cells = declared.fields.iter().filter_map(|field| {
        let name = &field.name;
        let index = Literal::usize_unsuffixed(field.index);
        let method = match field.kind {
            DeclaredKind::Cell(_) => quote!(cell),
            DeclaredKind::Cells(_) => quote!(cells),
            DeclaredKind::Array { .. } | DeclaredKind::Absent => return None,
        };
        Some(quote!(#name: #krate::__private::#method::<#shared, #index>(#source)))
    });
    quote! {
        #(#views,)*
        #(#cells,)*
        id: #source.id(),
        workers: #source.workers(),
        team: #source.team(),
    }
}

/// The arrays of the clauses that are there, each with its declaration.
pub(super) fn used<'a>(
    parallel: &'a Parallel,
    declared: &'a Declared,
) -> impl Iterator<Item = (&'a Usage, &'a DeclaredField)> {
    parallel.usages.iter().filter_map(|usage| {
        let field = declared.fields.iter().find(|field| text(&field.name) == text(&usage.array))?;
        (!matches!(field.kind, DeclaredKind::Absent)).then_some((usage, field))
    })
}

/// The type of a view, and the function of `__private` that takes it from the source.
fn view(mode: &Mode) -> (Ident, &'static str) {
    let (ty, function) = match mode {
        Mode::Read => ("Read", "read"),
        Mode::Split { schedule: Schedule::Block, .. } => ("Split", "split"),
        Mode::Split { .. } => ("Rows", "rows"),
        Mode::Atomic => ("Atomics", "atomics"),
        Mode::Accumulate { .. } => ("Accumulate", "accumulate"),
        Mode::Raw => ("Raw", "raw"),
    };
    (Ident::new(ty, Span::call_site()), function)
}
