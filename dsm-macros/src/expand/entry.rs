//! What `main` and `test` make of a function.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, ReturnType};

use crate::model::{Entry, Krate};
use crate::names::{self, text};

/// `main`, started by dsm.
pub(crate) fn main(krate: &Krate, entry: &Entry) -> TokenStream {
    let Entry { attributes, vis, name, output, body } = entry;
    let (outer, inner): (Vec<&Attribute>, Vec<&Attribute>) = attributes
        .iter()
        .partition(|attribute| ["doc", "cfg", "deprecated"].iter().any(|name| attribute.path().is_ident(name)));
    let body_function = at_output(name, output);
    quote! {
        #(#outer)*
        #vis fn #name() -> ::std::process::ExitCode {
            #(#inner)*
            fn #name() #output #body
            #krate::__private::run_main(#body_function)
        }
    }
}

/// A test, whose body runs in a process that has never had a second thread: the entry in `.init_array` is called before
/// libtest starts its own.
pub(crate) fn test(krate: &Krate, entry: &Entry) -> TokenStream {
    let Entry { attributes, vis, name, output, body } = entry;
    let text_of_name = text(name);
    let (entry_static, entry_function) = (names::entry_static(), names::entry());
    let body_function = at_output(name, output);
    let path = quote!(::core::concat!(::core::module_path!(), "::", #text_of_name));
    quote! {
        #[::core::prelude::v1::test]
        #(#attributes)*
        #vis fn #name() {
            fn #name() #output #body

            #[used]
            #[unsafe(link_section = ".init_array")]
            static #entry_static: extern "C" fn() = #entry_function;

            extern "C" fn #entry_function() {
                #krate::__private::test_entry(#path, #body_function)
            }

            #krate::__private::run_test(#path)
        }
    }
}

/// The function's name at the place of its result, since that is what rustc may have to refuse.
fn at_output(name: &Ident, output: &ReturnType) -> Ident {
    let mut name = name.clone();
    if let ReturnType::Type(_, ty) = output {
        name.set_span(ty.span().resolved_at(name.span()));
    }
    name
}
