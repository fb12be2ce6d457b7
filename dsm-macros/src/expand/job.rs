//! The job of a parallel function: what a worker runs, and what it is sent.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::resources;
use crate::model::{Declared, Krate, Mode, Parallel, Returned, Schedule, peeled};
use crate::names::{self, text};

/// The `Job` of the function.
pub(super) fn job(parallel: &Parallel, declared: &Declared) -> TokenStream {
    let (krate, name, shared) = (&parallel.krate, &parallel.name, &parallel.resource.path);
    let job = names::job();
    let resources_struct = names::resources(name);
    let source = names::local("source");
    let text_of_name = text(name);
    let value = result(parallel);
    let accesses = accesses(parallel, declared);
    let initialisers = resources::initialisers(parallel, declared, &source);

    let numbers = (0..parallel.arguments.len()).map(Literal::usize_unsuffixed).collect::<Vec<_>>();
    let locals: Vec<_> = (1..=parallel.arguments.len()).map(names::argument).collect();
    let (arguments, take) = if locals.is_empty() {
        (quote!(_), None)
    } else {
        let arguments = names::local("arguments");
        (quote!(#arguments), Some(quote!(let (#(#krate::__private::Owned(#locals),)*) = #arguments;)))
    };
    let travelling = parallel.arguments.iter().zip(&numbers).map(|(argument, number)| {
        let Sent { given, owned, .. } = sent(&argument.ty);
        quote! {
            impl #krate::__private::ArgumentOf<#number> for #job {
                type Given = #given;
                type Owned = #owned;
            }
        }
    });
    let passed = parallel.arguments.iter().zip(&locals).map(|(argument, local)| match sent(&argument.ty).passing {
        Passing::Reference => quote!(&#local),
        Passing::Value => quote!(#local),
    });
    let resources = names::local("resources");
    let call = wrap(parallel, quote!(#name(#resources, #(#passed),*)));
    quote! {
        enum #job {}

        #(#travelling)*

        #[allow(clippy::type_complexity)]
        impl #krate::__private::Job for #job {
            type Shared = #shared;
            type Arguments = (#(#krate::__private::Owned<Self, #numbers>,)*);
            type Value = #value;

            const NAME: &'static str = #text_of_name;
            const ACCESS: &'static [#krate::__private::Access] = &[#accesses];

            fn run(
                #source: &mut #krate::__private::ResourceSource<'_>,
                #arguments: Self::Arguments,
            ) -> ::core::result::Result<Self::Value, ::std::string::String> {
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

/// How an argument travels: a reference arrives as an owned value and is borrowed again.
pub(super) struct Sent {
    /// What the driver has.
    given: TokenStream,
    /// What a worker gets.
    owned: TokenStream,
    pub(super) passing: Passing,
}

/// How an argument of this type travels.
pub(super) fn sent(ty: &Type) -> Sent {
    match peeled(ty) {
        Type::Reference(reference) => {
            let target = peeled(&reference.elem);
            let owned = match target {
                Type::Slice(slice) => {
                    let element = &slice.elem;
                    quote_spanned!(target.span()=> ::std::vec::Vec<#element>)
                }
                Type::Path(path) if path.path.is_ident("str") => {
                    quote_spanned!(target.span()=> ::std::string::String)
                }
                other => quote!(#other),
            };
            Sent { given: quote!(#target), owned, passing: Passing::Reference }
        }
        other => Sent { given: quote!(#other), owned: quote!(#other), passing: Passing::Value },
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

fn success_of(krate: &Krate, whole: &Type) -> TokenStream {
    let krate = krate.at(whole.span());
    quote_spanned!(whole.span()=> <#whole as #krate::__private::IsResult>::Ok)
}

fn wrap(parallel: &Parallel, call: TokenStream) -> TokenStream {
    let krate = &parallel.krate;
    match &parallel.returned {
        // An error must be text to travel.
        Returned::Result { whole, .. } => {
            let own_result = krate.item_at(whole.span(), "own_result");
            // Where its error is refused.
            let call = names::respan(call, whole.span());
            quote!(#own_result(#call))
        }
        Returned::Unit | Returned::Plain(_) => quote!(::core::result::Result::Ok(#call)),
    }
}

fn accesses(parallel: &Parallel, declared: &Declared) -> TokenStream {
    let krate = &parallel.krate;
    let accesses = resources::used(parallel, declared).map(|(usage, field)| {
        let index = Literal::usize_unsuffixed(field.index);
        let mode = match &usage.mode {
            // Not every element has the operator: that is to be said where it stands.
            Mode::Accumulate { operator, span } => {
                let span = Span::call_site().located_at(*span);
                let shared = names::respan(parallel.resource.path.to_token_stream(), span);
                let krate = krate.at(span);
                let name = Ident::new(operator.type_name(), span);
                quote_spanned!(span=> Accumulate(#krate::__private::operator::<
                    <#shared as #krate::__private::ArrayField<#index>>::Element,
                    #krate::ops::#name,
                >()))
            }
            other => mode(krate, other),
        };
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
                Schedule::Dynamic(chunk) => {
                    let chunk = Literal::usize_unsuffixed(*chunk);
                    quote!(Dynamic(#chunk))
                }
                Schedule::Guided(least) => {
                    let least = Literal::usize_unsuffixed(*least);
                    quote!(Guided(#least))
                }
            };
            quote!(Split { axis: #axis, schedule: #krate::Schedule::#schedule })
        }
        Mode::Atomic => quote!(Atomic),
        Mode::Accumulate { .. } => unreachable!("handled with its element"),
        Mode::Raw => quote!(Raw),
    }
}
