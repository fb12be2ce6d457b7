//! What `derive(Element)` makes of a struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::messages;
use crate::model::ElementStruct;
use crate::names::{self, text};

/// The impl, and what it relies on: every field is an element, and together they fill the struct.
///
/// The bound is on the very trait that the impl is for, by whatever path, and on the field itself: another macro may have
/// changed the struct since these tokens were read.
pub(crate) fn element(input: &ElementStruct) -> TokenStream {
    let ElementStruct { krate, name, fields, .. } = input;
    let padding = messages::element_padding(&text(name));
    let (members, types): (Vec<_>, Vec<_>) = fields.iter().map(|(member, ty)| (member, ty)).unzip();
    let value = names::local("value");
    let fields_are_elements = fields.iter().map(|(member, ty)| {
        let krate = krate.at(ty.span());
        quote_spanned! {ty.span()=>
            #[allow(deprecated)]
            const _: fn(&#name) = |#value| {
                fn assert_element<T: #krate::Element>(_: *const T) {}
                assert_element::<#ty>(&raw const #value.#member);
            };
        }
    });
    let these_are_all = quote! {
        #[allow(deprecated)]
        const _: fn(&#name) = |#name { #(#members: _,)* }| {};
    };
    let no_padding = quote_spanned! {name.span()=>
        const _: () = ::core::assert!(
            ::core::mem::size_of::<#name>() == #(::core::mem::size_of::<#types>())+*,
            #padding
        );
    };
    let element = impl_only(input);
    quote! {
        #(#fields_are_elements)*
        #these_are_all
        #no_padding
        #element
    }
}

/// The impl alone. Where a mistake is reported, it keeps every use of the struct from being one more.
pub(crate) fn impl_only(input: &ElementStruct) -> TokenStream {
    let ElementStruct { krate, name, generics, .. } = input;
    if !generics.params.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        unsafe impl #krate::Element for #name {}
    }
}
