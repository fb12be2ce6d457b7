//! The path of the crate dsm in generated code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use crate::names::respan;

/// `::dsm`, unless the user said `crate = path`.
#[derive(Clone, Default)]
pub(crate) struct Krate {
    path: Option<Path>,
}

impl Krate {
    /// The path as if it stood at `span`, so that what begins with it is reported there.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        respan(self.to_token_stream(), span)
    }

    /// An item of `__private`, as if its path stood at `span`.
    pub(crate) fn item_at(&self, span: Span, name: &str) -> TokenStream {
        let span = Span::call_site().located_at(span);
        let (path, name) = (self.at(span), Ident::new(name, span));
        quote_spanned!(span=> #path::__private::#name)
    }
}

impl From<Path> for Krate {
    fn from(path: Path) -> Self {
        Self { path: Some(path) }
    }
}

impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.path {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote!(::dsm)),
        }
    }
}
