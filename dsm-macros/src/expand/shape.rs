//! The length of an axis: the user's expression, with its arithmetic checked.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprLit, Lit, LitInt};

use crate::model::Krate;

/// `axis("grid", "n + 1", || checked::add(n, 1))`.
pub(super) fn axis(krate: &Krate, array: &str, length: &Expr) -> TokenStream {
    let source = length.to_token_stream().to_string();
    let mut length = length.clone();
    if is_literal(&length) {
        count_in_usize(&mut length);
    }
    let length = &length;
    let checked = match arithmetic(krate, length) {
        Some(call) => call,
        None => {
            let value = value(krate, length);
            quote_spanned!(length.span()=> ::core::option::Option::Some(#value))
        }
    };
    let axis = krate.item_at(length.span(), "axis");
    quote_spanned!(length.span()=> #axis(#array, #source, || #checked))
}

/// Whether nothing but literals is in the expression, so that nothing else says which integer it is.
fn is_literal(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(_) => true,
        Expr::Binary(binary) => is_literal(&binary.left) && is_literal(&binary.right),
        Expr::Paren(paren) => is_literal(&paren.expr),
        Expr::Group(group) => is_literal(&group.expr),
        _ => false,
    }
}

/// Makes the unsuffixed integers `usize`, which else would be `i32` and overflow too early.
fn count_in_usize(expression: &mut Expr) {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Int(integer), .. }) if integer.suffix().is_empty() => {
            *integer = LitInt::new(&format!("{}usize", integer.base10_digits()), integer.span());
        }
        Expr::Binary(binary) => {
            count_in_usize(&mut binary.left);
            count_in_usize(&mut binary.right);
        }
        Expr::Paren(paren) => count_in_usize(&mut paren.expr),
        Expr::Group(group) => count_in_usize(&mut group.expr),
        _ => {}
    }
}

/// The expression as a plain value, in a closure that returns an `Option`.
fn value(krate: &Krate, expression: &Expr) -> TokenStream {
    if let Some(call) = arithmetic(krate, expression) {
        return quote!(#call?);
    }
    match expression {
        Expr::Cast(cast) => {
            let (inner, ty) = (value(krate, &cast.expr), &cast.ty);
            quote!(#inner as #ty)
        }
        Expr::Paren(paren) => {
            let inner = value(krate, &paren.expr);
            quote_spanned!(paren.paren_token.span.join()=> (#inner))
        }
        Expr::Group(group) => value(krate, &group.expr),
        other => other.to_token_stream(),
    }
}

/// The call that stands for a binary operation, in parentheses or not. It gives an `Option`.
fn arithmetic(krate: &Krate, expression: &Expr) -> Option<TokenStream> {
    let binary = match expression {
        Expr::Binary(binary) => binary,
        Expr::Paren(paren) => return arithmetic(krate, &paren.expr),
        Expr::Group(group) => return arithmetic(krate, &group.expr),
        _ => return None,
    };
    let span = binary.op.span();
    let function = match binary.op {
        BinOp::Add(_) => quote_spanned!(span=> add),
        BinOp::Sub(_) => quote_spanned!(span=> sub),
        BinOp::Mul(_) => quote_spanned!(span=> mul),
        BinOp::Div(_) => quote_spanned!(span=> div),
        BinOp::Rem(_) => quote_spanned!(span=> rem),
        _ => return None,
    };
    let (left, right) = (value(krate, &binary.left), value(krate, &binary.right));
    let krate = krate.at(span);
    Some(quote_spanned!(span=> #krate::__private::checked::#function(#left, #right)))
}
