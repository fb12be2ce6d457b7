//! The arguments of `parallel`: `read(a, b), split(c, axis = 1), crate = path`.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitInt, Token, parenthesized, token};

use super::options::crate_path;
use super::recover::{mistake, read, skip_comma, skip_item, skip_rest};
use crate::errors::Errors;
use crate::messages;
use crate::model::{AccumulateOp, Clause, ClauseOption, Clauses, Kind, Krate, ScheduleName};
use crate::names::nearest;

/// Reads all clauses.
pub(crate) fn clauses(arguments: TokenStream, errors: &mut Errors) -> Clauses {
    let mut clauses = Clauses::default();
    let mut krate = None;
    read(arguments, errors, |input, errors| {
        while !input.is_empty() {
            if let Err(error) = argument(input, &mut clauses, &mut krate, errors) {
                errors.syntax(error);
                skip_item(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                errors.at_span(input.span(), messages::EXPECTED_COMMA);
                skip_item(input);
            } else {
                skip_comma(input);
            }
        }
    });
    clauses.krate = krate.unwrap_or_default();
    clauses
}

/// A clause, or `crate = path`.
fn argument(
    input: ParseStream<'_>,
    clauses: &mut Clauses,
    krate: &mut Option<Krate>,
    errors: &mut Errors,
) -> syn::Result<()> {
    if !input.peek(Token![crate]) {
        clauses.clauses.extend(clause(input, errors)?);
        return Ok(());
    }
    let word: Token![crate] = input.parse()?;
    let path = crate_path(word, input)?;
    if krate.is_some() {
        errors.at(word, messages::option_twice("crate"));
    } else {
        *krate = Some(path.into());
    }
    Ok(())
}

/// One clause. `None` when its word is unknown, which is then reported.
fn clause(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Clause>> {
    if !input.peek(Ident::peek_any) {
        return Err(mistake(input, messages::EXPECTED_CLAUSE));
    }
    let keyword = input.call(Ident::parse_any)?;
    let word = keyword.to_string();
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.keyword() == word) else {
        let known = Kind::ALL.map(Kind::keyword);
        errors.at(&keyword, messages::unknown_clause(&word, &known, nearest(&word, &known)));
        skip_list(input)?;
        return Ok(None);
    };
    if !input.peek(token::Paren) {
        return Err(syn::Error::new_spanned(&keyword, messages::clause_form(&word)));
    }
    let content;
    parenthesized!(content in input);
    let mut clause = Clause { kind, keyword, arrays: Vec::new(), options: Vec::new() };
    while !content.is_empty() {
        if let Err(error) = item(&mut clause, &content, errors) {
            errors.syntax(error);
            skip_item(&content);
        } else if !content.is_empty() && !content.peek(Token![,]) {
            errors.at_span(content.span(), messages::EXPECTED_COMMA);
            skip_item(&content);
        } else {
            skip_comma(&content);
        }
    }
    Ok(Some(clause))
}

/// One item of a clause's list: a name, an option of `split`, or the operator of `accumulate`.
fn item(clause: &mut Clause, content: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    if clause.kind == Kind::Accumulate && is_operator(clause, content) {
        return operator(clause, content);
    }
    if !content.peek(Ident::peek_any) {
        return Err(mistake(content, messages::EXPECTED_ARRAY));
    }
    let name = content.call(Ident::parse_any)?;
    let word = name.to_string();
    if clause.kind != Kind::Split {
        if content.peek(Token![=]) || content.peek(token::Paren) {
            return Err(syn::Error::new_spanned(&name, messages::options_on(clause.kind.keyword())));
        }
        if !clause.options.is_empty() {
            errors.at(&name, messages::name_after_operator(&word));
        }
        clause.arrays.push(name);
        return Ok(());
    }
    if content.peek(Token![=]) {
        if word != "axis" {
            return Err(syn::Error::new_spanned(
                &name,
                messages::unknown_split_option(&word, nearest(&word, &["axis"])),
            ));
        }
        content.parse::<Token![=]>()?;
        let (value, span) = number(content, messages::AXIS_FORM)?;
        clause.options.push(ClauseOption::Axis { keyword: name, value, span });
        return Ok(());
    }
    let schedule = ScheduleName::ALL.into_iter().find(|schedule| schedule.keyword() == word);
    match schedule {
        Some(schedule) => {
            let argument = if content.peek(token::Paren) { Some(chunk(content, &word)?) } else { None };
            clause.options.push(ClauseOption::Schedule { keyword: name, name: schedule, argument });
        }
        None if content.peek(token::Paren) => {
            let known = ScheduleName::ALL.map(ScheduleName::keyword);
            let message = messages::unknown_split_option(&word, nearest(&word, &known));
            return Err(syn::Error::new_spanned(&name, message));
        }
        None => {
            if !clause.options.is_empty() {
                errors.at(&name, messages::name_after_option(&word));
            }
            clause.arrays.push(name);
        }
    }
    Ok(())
}

/// A word is an operator only after a name, so that an array may be called `min`.
fn is_operator(clause: &Clause, content: ParseStream<'_>) -> bool {
    let word = || operator_word(&content.fork()).is_some();
    !content.peek(Ident::peek_any) || (!clause.arrays.is_empty() && word())
}

fn operator_word(content: ParseStream<'_>) -> Option<AccumulateOp> {
    let word = content.call(Ident::parse_any).ok()?;
    AccumulateOp::ALL.into_iter().find(|operator| word == operator.token())
}

fn operator(clause: &mut Clause, content: ParseStream<'_>) -> syn::Result<()> {
    let span = content.span();
    let found = if content.peek(Token![+]) {
        content.parse::<Token![+]>()?;
        Some(AccumulateOp::Add)
    } else if content.peek(Token![*]) {
        content.parse::<Token![*]>()?;
        Some(AccumulateOp::Mul)
    } else if content.peek(Ident::peek_any) {
        operator_word(content)
    } else {
        None
    };
    // After a mistake, any operator: one is given, and what is wrong with it is said once.
    clause.options.push(ClauseOption::Operator { operator: found.unwrap_or(AccumulateOp::Add), span });
    match found {
        Some(_) => Ok(()),
        None => Err(mistake(content, messages::unknown_operator(&AccumulateOp::ALL.map(AccumulateOp::token)))),
    }
}

/// `(4)`, after the word of a schedule.
fn chunk(content: ParseStream<'_>, schedule: &str) -> syn::Result<(usize, Span)> {
    let inner;
    parenthesized!(inner in content);
    let form = messages::chunk_form(schedule);
    let value = number(&inner, &form)?;
    if !inner.is_empty() {
        let error = mistake(&inner, &form);
        skip_rest(&inner);
        return Err(error);
    }
    Ok(value)
}

fn number(content: ParseStream<'_>, form: &str) -> syn::Result<(usize, Span)> {
    if !content.peek(LitInt) {
        let error = mistake(content, form);
        skip_rest(content);
        return Err(error);
    }
    let literal: LitInt = content.parse()?;
    match literal.base10_parse() {
        Ok(value) => Ok((value, literal.span())),
        Err(_) => Err(syn::Error::new_spanned(literal, form)),
    }
}

/// Skips the parentheses of an unknown clause.
fn skip_list(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        skip_rest(&content);
    }
    Ok(())
}
