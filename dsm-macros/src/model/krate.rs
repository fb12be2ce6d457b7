//! The path of the crate dsm in generated code.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Path;

/// `::dsm`, unless the user said `crate = path`.
#[derive(Clone, Default)]
pub(crate) struct Krate {
    path: Option<Path>,
}

impl Krate {
    /// The path as if it stood at `span`, so that a type that begins with it is reported there.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        respan(self.to_token_stream(), span)
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

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), respan(group.stream(), span)).into();
            }
            // The name is still looked up where it was written.
            token.set_span(span.resolved_at(token.span()));
            token
        })
        .collect()
}
