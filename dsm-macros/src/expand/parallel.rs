//! What `parallel` makes of a function: the function that is called with the cluster, around the user's own, and the
//! resource struct.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::attributes::FunctionAttributes;
use super::{job, resources::resources};
use crate::model::{Declared, Parallel, Returned};
use crate::names;

/// The second step: the function, with its declaration known.
pub(crate) fn parallel(parallel: &Parallel, declared: &Declared) -> TokenStream {
    let krate = &parallel.krate;
    let outer = &FunctionAttributes::new(&parallel.attributes).outer;
    let signature = signature(parallel);
    let inner = inner(parallel);
    let job = job::job(parallel, declared);
    let job_name = names::job();
    let (cluster, arguments) = (names::local("cluster"), names::local("arguments"));
    let given = parallel.arguments.iter().map(|argument| {
        let name = &argument.name;
        match job::sent(&argument.ty).passing {
            job::Passing::Reference => quote!(#name),
            job::Passing::Value => quote!(&#name),
        }
    });
    let locals: Vec<_> = (1..=parallel.arguments.len()).map(names::argument).collect();
    let numbers = (0..parallel.arguments.len()).map(Literal::usize_unsuffixed);
    let resources = resources(parallel, declared);
    quote! {
        #(#outer)*
        #[allow(clippy::needless_lifetimes, clippy::ptr_arg, clippy::too_many_arguments)]
        #signature {
            // A parameter may have the function's name, which the items of the inner block would hide.
            let #arguments = (#(#given,)*);
            {
                #inner
                #job
                let (#(#locals,)*) = #arguments;
                #krate::__private::call::<#job_name, _>(
                    #cluster,
                    &(#(#krate::__private::Given::<#job_name, #numbers>(#locals),)*),
                )
            }
        }
        #resources
    }
}

/// `pub fn add(cluster: &mut Cluster<VecAdd>, scale: i64) -> Result<Vec<usize>>`.
pub(super) fn signature(parallel: &Parallel) -> TokenStream {
    let Parallel { krate, vis, name, generics, resource, arguments, .. } = parallel;
    let cluster = names::local("cluster");
    let shared = &resource.path;
    let (parameters, where_clause) = (&generics.params, &generics.where_clause);
    let generics = (!parameters.is_empty()).then(|| quote!(<#parameters>));
    let arguments = arguments.iter().map(|argument| {
        let (name, ty) = (&argument.name, &argument.ty);
        quote!(#name: #ty)
    });
    let result = job::result(parallel);
    quote! {
        #vis fn #name #generics(#cluster: &mut #krate::Cluster<#shared>, #(#arguments),*)
            -> #krate::Result<::std::vec::Vec<#result>> #where_clause
    }
}

/// The user's function, with the resource struct in place of the declared one.
fn inner(parallel: &Parallel) -> TokenStream {
    let Parallel { name, generics, resource, arguments, returned, body, .. } = parallel;
    let attributes = &FunctionAttributes::new(&parallel.attributes).inner;
    let resources = names::resources(name);
    let (parameters, where_clause) = (&generics.params, &generics.where_clause);
    let generics = (!parameters.is_empty()).then(|| quote!(<#parameters>));
    let (resource_attributes, pattern) = (&resource.attributes, &resource.pattern);
    let resource = quote_spanned!(resource.path.span()=> #resources<'_>);
    let arguments = arguments.iter().map(|argument| {
        let (attributes, pattern, ty) = (&argument.attributes, &argument.pattern, &argument.ty);
        quote!(#(#attributes)* #pattern: #ty)
    });
    let output = match returned {
        Returned::Unit => None,
        Returned::Plain(ty) | Returned::Result { whole: ty, .. } => Some(quote!(-> #ty)),
    };
    quote! {
        #(#attributes)*
        fn #name #generics(#(#resource_attributes)* #pattern: #resource, #(#arguments),*) #output #where_clause #body
    }
}
