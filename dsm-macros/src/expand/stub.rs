//! What stands in for a parallel function with a mistake: its signature, so that callers don't fail too.

use proc_macro2::TokenStream;
use quote::quote;

use super::attributes::FunctionAttributes;
use super::parallel::signature;
use crate::model::Parallel;
use crate::names;

/// The function, without the body.
pub(crate) fn function(parallel: &Parallel) -> TokenStream {
    let outer = &FunctionAttributes::new(&parallel.attributes).outer;
    let signature = signature(parallel);
    quote! {
        #(#outer)*
        #[allow(unused_variables, dead_code)]
        #signature {
            loop {}
        }
    }
}

/// A resource struct without fields, for helper functions that name it.
pub(crate) fn resources(parallel: &Parallel) -> TokenStream {
    let (vis, attributes) = (&parallel.vis, FunctionAttributes::new(&parallel.attributes).resources);
    let name = names::resources(&parallel.name);
    quote! {
        #(#attributes)*
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis struct #name<'w>(::core::marker::PhantomData<&'w ()>);
    }
}
