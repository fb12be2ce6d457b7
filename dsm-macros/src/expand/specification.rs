//! The struct that says how large to make things, and its `Shared` impl.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::attributes::has_docs;
use super::{docs, handles, shape};
use crate::model::{Field, FieldKind, SharedStruct};
use crate::names::{self, text};

/// `pub struct VecAdd { pub n: usize }`.
pub(super) fn specification(declaration: &SharedStruct) -> TokenStream {
    let SharedStruct { attributes, vis, name, parameters, .. } = declaration;
    let (own, cfg) = (&attributes.own, &attributes.cfg);
    let derive: Vec<TokenStream> = [("Clone", quote!(::core::clone::Clone)), ("Debug", quote!(::core::fmt::Debug))]
        .into_iter()
        .filter(|(name, _)| !attributes.derives(name))
        .map(|(_, path)| path)
        .collect();
    let derive = (!derive.is_empty()).then(|| quote!(#[derive(#(#derive),*)]));
    let fields = parameters.iter().map(|parameter| {
        let (attributes, name, ty) = (&parameter.attributes, &parameter.name, &parameter.ty);
        let doc = (!has_docs(attributes)).then(|| docs::parameter(&text(name))).map(|doc| quote!(#[doc = #doc]));
        quote!(#doc #(#attributes)* #vis #name: #ty)
    });
    let body = if parameters.is_empty() { quote!(;) } else { quote!({ #(#fields,)* }) };
    quote! {
        #(#cfg)*
        #(#own)*
        #derive
        #vis struct #name #body
    }
}

/// `impl Shared for VecAdd`.
pub(super) fn shared_impl(declaration: &SharedStruct) -> TokenStream {
    let SharedStruct { attributes, name, parameters, fields, .. } = declaration;
    let (krate, cfg) = (&attributes.krate, &attributes.cfg);
    let handles_struct = names::handles(name);
    let text_of_name = text(name);
    let into = names::local("declaration");
    let source = names::local("source");
    let parameters = parameters.iter().map(|parameter| {
        let name = &parameter.name;
        quote!(let #name = ::core::clone::Clone::clone(&self.#name);)
    });
    let declared = fields.iter().map(|field| declare(declaration, field));
    let handles = handles::initialisers(declaration, &source);
    let (visited, visitor) = (names::local("handles"), names::local("visitor"));
    let visits = handles::visits(declaration, &visited, &visitor);
    quote! {
        #(#cfg)*
        #[automatically_derived]
        impl #krate::Shared for #name {
            type Handles = #handles_struct;

            const NAME: &'static str = #text_of_name;

            #[allow(unused_variables, unused_parens)]
            fn declare(&self, #into: &mut #krate::__private::Declaration) -> #krate::Result<()> {
                #(#parameters)*
                #(#declared)*
                ::core::result::Result::Ok(())
            }

            #[allow(unused_variables)]
            fn handles(#source: &mut #krate::__private::HandleSource<'_>) -> Self::Handles {
                #handles_struct { #handles }
            }

            #[allow(unused_variables)]
            fn visit(#visited: &mut Self::Handles, #visitor: &mut #krate::__private::HandleVisitor<'_>) {
                #visits
            }
        }
    }
}

/// The statement that declares one field.
fn declare(declaration: &SharedStruct, field: &Field) -> TokenStream {
    let krate = &declaration.attributes.krate;
    let into = names::local("declaration");
    let name = text(&field.name);
    let index = Literal::usize_unsuffixed(field.index);
    let cfg = &field.cfg;
    let call = match &field.kind {
        FieldKind::Array { shape, .. } => {
            let axes = shape.iter().map(|length| shape::axis(krate, &name, length));
            quote!(declare_array::<Self, #index>(#into, #name, [#(#axes?,)*]))
        }
        FieldKind::Cell(_) => quote!(declare_cell::<Self, #index>(#into, #name)),
        FieldKind::Cells { length, .. } => {
            let axis = shape::axis(krate, &name, length);
            quote!(declare_cells::<Self, #index>(#into, #name, #axis?))
        }
    };
    quote!(#(#cfg)* #krate::__private::#call?;)
}
