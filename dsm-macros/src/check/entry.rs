//! The function under `main` or `test`.

use syn::{Safety, Signature};

use crate::errors::Errors;
use crate::messages;
use crate::model::{Entry, Function};

/// Checks the signature; `attribute` is `main` or `test`.
pub(crate) fn entry(attribute: &str, function: Function, errors: &mut Errors) -> Entry {
    let Function { attributes, vis, signature, body } = function;
    qualifiers(attribute, &signature, errors);
    let Signature { ident: name, generics, inputs, output, .. } = signature;
    if attribute == "main" && name != "main" {
        errors.at(&name, messages::MAIN_NAME);
    }
    if !generics.params.is_empty() || generics.where_clause.is_some() {
        match &generics.where_clause {
            Some(clause) if generics.params.is_empty() => errors.at(clause, messages::entry_generics(attribute)),
            _ => errors.at(&generics, messages::entry_generics(attribute)),
        }
    }
    if !inputs.is_empty() {
        errors.at(&inputs, messages::entry_parameters(attribute));
    }
    Entry { attributes, vis, name, output, body }
}

fn qualifiers(attribute: &str, signature: &Signature, errors: &mut Errors) {
    let message = |word| messages::entry_qualifier(attribute, word);
    if let Some(word) = signature.constness {
        errors.at(word, message("const"));
    }
    if let Some(word) = signature.asyncness {
        errors.at(word, message("async"));
    }
    if let Safety::Unsafe(word) = signature.safety {
        errors.at(word, message("unsafe"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, message("extern"));
    }
}
