//! The job of a parallel function: what a worker runs, and what it is sent.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::resources;
use crate::model::{Declared, Krate, Mode, Parallel, Returned, Schedule};
use crate::names::{self, text};

/// The `Job` of the function.
pub(super) fn job(parallel: &Parallel, declared: &Declared) -> TokenStream {
    let (krate, name, shared) = (&parallel.krate, &parallel.name, &parallel.resource.path);
    let job = names::job();
    let resources_struct = names::resources(name);
    let source = names::local("source");
    let text_of_name = text(name);
    let owned = parallel.arguments.iter().map(|argument| owned(&argument.ty).0);
    let output = output(parallel);
    let accesses = accesses(parallel, declared);
    let initialisers = resources::initialisers(parallel, declared, &source);

    let locals: Vec<_> = (1..=parallel.arguments.len()).map(names::argument).collect();
    let (arguments, take) = if locals.is_empty() {
        (quote!(_), None)
    } else {
        let arguments = names::local("arguments");
        (quote!(#arguments), Some(quote!(let (#(#locals,)*) = #arguments;)))
    };
    let passed = parallel.arguments.iter().zip(&locals).map(|(argument, local)| match owned_kind(&argument.ty) {
        Passing::Reference => quote!(&#local),
        Passing::Value => quote!(#local),
    });
    let resources = names::local("resources");
    let call = wrap(parallel, quote!(#name(#resources, #(#passed),*)));
    quote! {
        enum #job {}

        #[allow(clippy::type_complexity)]
        impl #krate::__private::Job for #job {
            type Shared = #shared;
            type Arguments = (#(#owned,)*);
            type Output = #output;

            const NAME: &'static str = #text_of_name;
            const ACCESS: &'static [#krate::__private::Access] = &[#accesses];

            fn run(
                #source: &mut #krate::__private::ResourceSource<'_>,
                #arguments: Self::Arguments,
            ) -> Self::Output {
                let #resources = #resources_struct { #initialisers };
                #take
                #call
            }
        }
    }
}

/// How the user's function takes an argument that the worker owns.
pub(super) enum Passing {
    Value,
    Reference,
}

/// The type that travels, and how it is passed on: a reference arrives as an owned value and is borrowed again.
pub(super) fn owned(ty: &Type) -> (TokenStream, Passing) {
    match ty {
        Type::Group(group) => owned(&group.elem),
        Type::Paren(paren) => owned(&paren.elem),
        Type::Reference(reference) => (owned_target(&reference.elem), Passing::Reference),
        other => (quote!(#other), Passing::Value),
    }
}

fn owned_kind(ty: &Type) -> Passing {
    owned(ty).1
}

fn owned_target(target: &Type) -> TokenStream {
    match target {
        Type::Group(group) => owned_target(&group.elem),
        Type::Paren(paren) => owned_target(&paren.elem),
        Type::Slice(slice) => {
            let element = &slice.elem;
            quote_spanned!(target.span()=> ::std::vec::Vec<#element>)
        }
        Type::Path(path) if path.path.is_ident("str") => quote_spanned!(target.span()=> ::std::string::String),
        other => quote!(#other),
    }
}

/// The type that comes back from each worker.
pub(super) fn result(parallel: &Parallel) -> TokenStream {
    match &parallel.returned {
        Returned::Unit => quote!(()),
        Returned::Plain(ty) => quote!(#ty),
        Returned::Result { success: Some(success), .. } => quote!(#success),
        Returned::Result { whole, success: None } => success_of(&parallel.krate, whole),
    }
}

fn output(parallel: &Parallel) -> TokenStream {
    let krate = &parallel.krate;
    match &parallel.returned {
        Returned::Result { whole, .. } => {
            let success = success_of(krate, whole);
            quote!(#krate::__private::Fallible<#success>)
        }
        Returned::Unit | Returned::Plain(_) => {
            let result = result(parallel);
            quote!(#krate::__private::Plain<#result>)
        }
    }
}

fn success_of(krate: &Krate, whole: &Type) -> TokenStream {
    let krate = krate.at(whole.span());
    quote_spanned!(whole.span()=> <#whole as #krate::__private::IsResult>::Ok)
}

fn wrap(parallel: &Parallel, call: TokenStream) -> TokenStream {
    let krate = &parallel.krate;
    match &parallel.returned {
        Returned::Result { .. } => quote!(#krate::__private::Fallible::from_result(#call)),
        Returned::Unit | Returned::Plain(_) => quote!(#krate::__private::Plain(#call)),
    }
}

fn accesses(parallel: &Parallel, declared: &Declared) -> TokenStream {
    let krate = &parallel.krate;
    let accesses = resources::used(parallel, declared).map(|(usage, field)| {
        let index = Literal::usize_unsuffixed(field.index);
        let mode = mode(krate, &usage.mode);
        quote!(#krate::__private::Access::new(#index, #krate::__private::Mode::#mode))
    });
    quote!(#(#accesses,)*)
}

fn mode(krate: &Krate, mode: &Mode) -> TokenStream {
    match mode {
        Mode::Read => quote!(Read),
        Mode::Split { axis, schedule, .. } => {
            let axis = Literal::usize_unsuffixed(*axis);
            let schedule = match schedule {
                Schedule::Block => quote!(Block),
                Schedule::Cyclic(chunk) => {
                    let chunk = Literal::usize_unsuffixed(*chunk);
                    quote!(Cyclic(#chunk))
                }
                Schedule::Random => quote!(Random),
            };
            quote!(Split { axis: #axis, schedule: #krate::Schedule::#schedule })
        }
        Mode::Atomic => quote!(Atomic),
        Mode::Raw => quote!(Raw),
    }
}
