//! What `shared!` makes of one struct: the struct itself, the handles, the traits, the macro for `parallel`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{field_traits, handles, specification, stage};
use crate::model::SharedStruct;

/// `site` is where the macro was called, for the name of the hidden macro.
pub(crate) fn shared(declaration: &SharedStruct, site: &str) -> TokenStream {
    let specification = specification::specification(declaration);
    let handles = handles::handles(declaration, site);
    let shared = specification::shared_impl(declaration);
    let fields = field_traits::field_traits(declaration);
    let stage = stage::stage_macro(declaration, site);
    quote! {
        #specification
        #handles
        #shared
        #fields
        #stage
    }
}
