//! The types of parameters and results: what can't go to another process.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{
    GenericArgument, Lifetime, PathArguments, Type, TypeFnPtr, TypeImplTrait, TypeInfer, TypeNever, TypeParamBound,
    TypePtr, TypeReference, TypeTraitObject,
};

use crate::errors::Errors;
use crate::messages;
use crate::model::peeled;

/// Checks the type of a further parameter. Its outermost reference is the one thing that may be borrowed.
pub(super) fn parameter(ty: &Type, errors: &mut Errors) {
    let before = errors.count();
    let mut walk = Walk { place: Place::Parameter, errors };
    match peeled(ty) {
        Type::Reference(reference) => {
            if let Some(mutability) = reference.mutability {
                walk.errors.at(mutability, messages::MUT_PARAMETER);
            }
            if let Some(lifetime) = reference.lifetime.as_ref().filter(|lifetime| lifetime.ident == "static") {
                walk.errors.at(lifetime, messages::STATIC_REFERENCE);
            }
            if walk.errors.count() == before {
                walk.visit_type(&reference.elem);
            }
        }
        other => walk.visit_type(other),
    }
}

/// Checks the type of the result.
pub(super) fn result(ty: &Type, errors: &mut Errors) {
    Walk { place: Place::Result, errors }.visit_type(ty);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Parameter,
    Result,
}

/// Reports the outermost mistake of each part, and doesn't look inside it.
struct Walk<'e> {
    place: Place,
    errors: &'e mut Errors,
}

impl Walk<'_> {
    fn report(&mut self, tokens: impl ToTokens, parameter: &str, result: &str) {
        let message = match self.place {
            Place::Parameter => parameter,
            Place::Result => result,
        };
        self.errors.at(tokens, message);
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.mutability.is_some() {
            self.report(reference, messages::MUT_PARAMETER, messages::BORROWED_RESULT);
        } else {
            self.report(reference, messages::INNER_REFERENCE, messages::BORROWED_RESULT);
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.report(lifetime, messages::NAMED_LIFETIME, messages::BORROWED_RESULT);
        }
    }

    fn visit_type_ptr(&mut self, pointer: &'ast TypePtr) {
        self.errors.at(pointer, messages::RAW_POINTER);
    }

    fn visit_type_fn_ptr(&mut self, pointer: &'ast TypeFnPtr) {
        self.report(pointer, messages::FUNCTION_PARAMETER, messages::FUNCTION_RESULT);
    }

    fn visit_type_trait_object(&mut self, object: &'ast TypeTraitObject) {
        if object.bounds.iter().any(is_callable) {
            self.report(object, messages::FUNCTION_PARAMETER, messages::FUNCTION_RESULT);
        } else {
            self.errors.at(object, messages::TRAIT_OBJECT);
        }
    }

    fn visit_type_impl_trait(&mut self, opaque: &'ast TypeImplTrait) {
        if opaque.bounds.iter().any(is_callable) {
            self.report(opaque, messages::FUNCTION_PARAMETER, messages::FUNCTION_RESULT);
        } else {
            self.report(opaque, messages::IMPL_PARAMETER, messages::IMPL_RESULT);
        }
    }

    fn visit_type_infer(&mut self, inferred: &'ast TypeInfer) {
        self.errors.at(inferred, messages::INFERRED_TYPE);
    }

    fn visit_type_never(&mut self, never: &'ast TypeNever) {
        self.errors.at(never, messages::NEVER_TYPE);
    }

    // The length of an array may hold any expression.
    fn visit_expr(&mut self, _: &'ast syn::Expr) {}
}

/// Is this one of `Fn`, `FnMut`, `FnOnce`?
fn is_callable(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else {
        return false;
    };
    let name = bound.path.segments.last().map(|last| last.ident.to_string());
    matches!(name.as_deref(), Some("Fn" | "FnMut" | "FnOnce"))
}

/// The first type in `<…>`.
pub(super) fn first_argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
