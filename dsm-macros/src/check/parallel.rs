//! A parallel function as far as it can be judged without the declaration.

use syn::{FnArg, GenericParam, Pat, PatType, ReturnType, Safety, Signature, Type, WherePredicate, parse_quote};

use super::{clauses, types};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Argument, Clauses, Function, Parallel, Resource, Returned, peeled};
use crate::names;

/// Further parameters travel as a tuple, and tuples end at sixteen.
const MAX_ARGUMENTS: usize = 16;

/// Types that a slip puts where the declared struct belongs.
const PRIMITIVES: [&str; 18] = [
    "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64", "bool",
    "char", "str", "String",
];

/// Checks clauses and signature. `None` when there is no usable first parameter.
pub(crate) fn parallel(clauses: Clauses, function: Function, errors: &mut Errors) -> Option<Parallel> {
    let usages = clauses::clauses(&clauses.clauses, errors);
    let Function { attributes, vis, signature, body } = function;
    qualifiers(&signature, errors);
    generics(&signature, errors);
    let Signature { ident: name, generics, inputs, output, paren_token, .. } = signature;

    let mut inputs = inputs.into_iter();
    let resource = match inputs.next() {
        Some(FnArg::Receiver(receiver)) => {
            errors.at(receiver, messages::RECEIVER);
            None
        }
        Some(FnArg::Typed(first)) => resource(first, errors),
        None => {
            errors.at_span(paren_token.span.join(), messages::RESOURCE_PARAMETER);
            None
        }
    };
    let arguments = arguments(inputs, errors);
    let returned = returned(output, errors);
    Some(Parallel {
        krate: clauses.krate,
        usages,
        attributes,
        vis,
        name,
        generics,
        resource: resource?,
        arguments,
        returned,
        body,
    })
}

fn qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Some(word) = signature.constness {
        errors.at(word, messages::qualifier("const"));
    }
    if let Some(word) = signature.asyncness {
        errors.at(word, messages::qualifier("async"));
    }
    if let Safety::Unsafe(word) = signature.safety {
        errors.at(word, messages::qualifier("unsafe"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, messages::qualifier("extern"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic.dots, messages::VARIADIC);
    }
}

fn generics(signature: &Signature, errors: &mut Errors) {
    for parameter in &signature.generics.params {
        match parameter {
            GenericParam::Type(_) | GenericParam::Const(_) => errors.at(parameter, messages::TYPE_GENERICS),
            GenericParam::Lifetime(_) => {}
        }
    }
    for predicate in signature.generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
        if !matches!(predicate, WherePredicate::Lifetime(_)) {
            errors.at(predicate, messages::WHERE_TYPES);
        }
    }
}

/// The first parameter: a plain path, no primitive.
fn resource(first: PatType, errors: &mut Errors) -> Option<Resource> {
    refuse_cfg(&first, errors);
    let path = match peeled(&first.ty) {
        Type::Path(ty) if ty.qself.is_none() => &ty.path,
        Type::Reference(reference) if matches!(peeled(&reference.elem), Type::Path(_)) => {
            errors.at(reference, messages::RESOURCE_REFERENCE);
            return None;
        }
        other => {
            errors.at(other, messages::RESOURCE_PARAMETER);
            return None;
        }
    };
    let plain = path.segments.iter().all(|segment| segment.arguments.is_none());
    let primitive = path.get_ident().is_some_and(|name| PRIMITIVES.iter().any(|primitive| name == primitive));
    if !plain || primitive {
        errors.at(path, messages::RESOURCE_PARAMETER);
        return None;
    }
    Some(Resource { path: path.clone(), attributes: first.attrs, pattern: *first.pat })
}

fn arguments(inputs: impl Iterator<Item = FnArg>, errors: &mut Errors) -> Vec<Argument> {
    let mut arguments = Vec::new();
    for input in inputs {
        let argument = match input {
            FnArg::Typed(argument) => argument,
            // rustc's own parser refuses a `self` that isn't the first.
            FnArg::Receiver(receiver) => {
                errors.at(receiver, messages::RECEIVER);
                continue;
            }
        };
        refuse_cfg(&argument, errors);
        if arguments.len() == MAX_ARGUMENTS {
            errors.at(&argument.pat, messages::TOO_MANY_PARAMETERS);
        }
        let before = errors.count();
        types::parameter(&argument.ty, errors);
        let ty = if errors.count() > before { stand_in(*argument.ty) } else { *argument.ty };
        let name = match &*argument.pat {
            Pat::Ident(plain) if plain.subpat.is_none() => plain.ident.clone(),
            _ => names::argument(arguments.len() + 1),
        };
        arguments.push(Argument { attributes: argument.attrs, pattern: *argument.pat, name, ty });
    }
    arguments
}

fn returned(output: ReturnType, errors: &mut Errors) -> Returned {
    let ReturnType::Type(_, ty) = output else {
        return Returned::Unit;
    };
    let before = errors.count();
    types::result(&ty, errors);
    if errors.count() > before {
        return Returned::Unit;
    }
    let Type::Path(path) = peeled(&ty) else {
        return Returned::Plain(ty);
    };
    match path.path.segments.last() {
        Some(last) if last.ident == "Result" => {
            let success = types::first_argument(&last.arguments).cloned().map(Box::new);
            Returned::Result { whole: ty, success }
        }
        _ => Returned::Plain(ty),
    }
}

/// The type by which the stub takes an argument whose type is refused: what is refused here may be refused by rustc
/// too, so anything goes, unless a reference keeps it harmless.
fn stand_in(refused: Type) -> Type {
    match peeled(&refused) {
        Type::Reference(_) => refused,
        _ => parse_quote!(impl ::core::marker::Sized),
    }
}

/// A parameter that may be there or not would change the tuple of arguments.
fn refuse_cfg(parameter: &PatType, errors: &mut Errors) {
    for attribute in &parameter.attrs {
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            errors.at(attribute, messages::PARAMETER_ATTRIBUTE);
        }
    }
}
