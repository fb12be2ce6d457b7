//! What `derive(Element)` makes of a struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::messages;
use crate::model::ElementStruct;
use crate::names::text;

/// The impl, and what it relies on: every field is an element, and together they fill the struct.
pub(crate) fn element(input: &ElementStruct) -> TokenStream {
    let ElementStruct { krate, name, fields, .. } = input;
    let padding = messages::element_padding(&text(name));
    let fields_are_elements = fields.iter().map(|ty| {
        let krate = krate.at(ty.span());
        quote_spanned!(ty.span()=> const _: fn() = || #krate::__private::assert_element::<#ty>();)
    });
    let no_padding = quote_spanned! {name.span()=>
        const _: () = ::core::assert!(
            ::core::mem::size_of::<#name>() == #(::core::mem::size_of::<#fields>())+*,
            #padding
        );
    };
    let element = impl_only(input);
    quote! {
        #(#fields_are_elements)*
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
