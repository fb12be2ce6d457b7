//! How `parallel` learns of a declaration elsewhere: `shared!` makes a macro under the struct's name, and `parallel`
//! calls it with all it has. The macro puts the declaration in front and calls the second step.
//!
//! A field may depend on a `cfg`, which only the compiler can decide, and only while it compiles the crate of the
//! declaration. It tells by way of a derive, whose input holds just the fields that are there. So with such a field the
//! macro is made by a derive on the handles struct.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::{Path, Visibility};

use crate::model::{DeclaredKind, Field, FieldKind, Krate, SharedStruct, StageMacro};
use crate::names;

/// The hidden macro, when it can be written at once.
pub(super) fn stage_macro(declaration: &SharedStruct, site: &str) -> TokenStream {
    if depends_on_cfg(declaration) {
        return TokenStream::new();
    }
    let SharedStruct { attributes, vis, name, broken, .. } = declaration;
    let fields = declaration.fields.iter().map(compact).collect::<TokenStream>();
    hidden_macro(&attributes.cfg, vis, name, &names::stage_macro(name, site), *broken, &fields)
}

/// The derive that makes the hidden macro, with what it has to know, for the handles struct.
pub(super) fn stage_derive(declaration: &SharedStruct, site: &str) -> Option<TokenStream> {
    let SharedStruct { attributes, name, broken, .. } = declaration;
    depends_on_cfg(declaration).then(|| {
        let krate = &attributes.krate;
        let hidden = names::stage_macro(name, site);
        let state = state(*broken);
        let fields = declaration.fields.iter().map(compact);
        quote! {
            #[derive(#krate::__private::StageMacro)]
            #[dsm(stage(#hidden #name #state #(#fields)*))]
        }
    })
}

/// What the derive makes: the hidden macro, which knows the fields that aren't there by name only.
pub(crate) fn derived_stage_macro(input: &StageMacro) -> TokenStream {
    let fields = input.declared.fields.iter().map(|field| {
        let (index, name) = (Literal::usize_unsuffixed(field.index), &field.name);
        let kind = match field.kind {
            DeclaredKind::Array { axes } => array(axes),
            DeclaredKind::Cell(kind) => cell(kind.name()),
            DeclaredKind::Cells(kind) => cells(kind.name()),
            DeclaredKind::Absent => quote!(absent),
        };
        quote!((#index #kind #name))
    });
    let fields = fields.collect::<TokenStream>();
    hidden_macro(&[], &input.vis, &input.declared.name, &input.hidden, input.declared.broken, &fields)
}

/// What `parallel` makes of a function in the first step: a call of the struct's macro.
pub(crate) fn first_step(krate: &Krate, shared: &Path, clauses: &TokenStream, function: &TokenStream) -> TokenStream {
    quote!(#shared! { { #krate } { #clauses } { #function } })
}

/// The macro, and the `use` that gives it the struct's name. A macro isn't visible outside its crate unless it is
/// exported, and an exported one is there for everybody, so only that of a `pub` struct is.
fn hidden_macro(
    cfg: &[syn::Attribute],
    vis: &Visibility,
    name: &Ident,
    hidden: &Ident,
    broken: bool,
    fields: &TokenStream,
) -> TokenStream {
    let export = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    let state = state(broken);
    quote! {
        #(#cfg)*
        #[doc(hidden)]
        #[allow(non_local_definitions, unused_macros)]
        #export
        macro_rules! #hidden {
            ({ $($dsm:tt)* } $($rest:tt)*) => {
                $($dsm)*::__private::expand_parallel! { { #name #state #fields } $($rest)* }
            };
        }
        #(#cfg)*
        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #hidden as #name;
    }
}

fn depends_on_cfg(declaration: &SharedStruct) -> bool {
    declaration.fields.iter().any(|field| !field.cfg.is_empty())
}

fn state(broken: bool) -> Ident {
    Ident::new(if broken { "broken" } else { "sound" }, Span::call_site())
}

/// The form that `parse::declared` reads.
fn compact(field: &Field) -> TokenStream {
    let (index, name) = (Literal::usize_unsuffixed(field.index), &field.name);
    let kind = match &field.kind {
        FieldKind::Array { shape, .. } => array(shape.len()),
        FieldKind::Cell(written) => cell(written.kind.name()),
        FieldKind::Cells { cell: written, .. } => cells(written.kind.name()),
    };
    quote!((#index #kind #name))
}

fn array(axes: usize) -> TokenStream {
    let axes = Literal::usize_unsuffixed(axes);
    quote!(array #axes)
}

fn cell(kind: &str) -> TokenStream {
    let kind = Ident::new(kind, Span::call_site());
    quote!(cell #kind)
}

fn cells(kind: &str) -> TokenStream {
    let kind = Ident::new(kind, Span::call_site());
    quote!(cells #kind)
}
