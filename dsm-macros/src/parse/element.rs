//! The struct under `derive(Element)`.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

use super::options::{Place, dsm_attribute, is_dsm};
use crate::errors::Errors;
use crate::messages;
use crate::model::ElementStruct;

/// Reads the struct. `None` when it can't be an element, which `errors` then knows.
pub(crate) fn element(item: TokenStream, errors: &mut Errors) -> Option<ElementStruct> {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => {
            errors.syntax(error);
            return None;
        }
    };
    let mut krate = None;
    for attribute in input.attrs.iter().filter(|attribute| is_dsm(attribute)) {
        dsm_attribute(attribute, Place::Struct, &mut krate, errors);
    }
    let fields = match input.data {
        Data::Struct(data) => data.fields,
        Data::Enum(data) => {
            errors.at(data.enum_token, messages::ELEMENT_KIND);
            return None;
        }
        Data::Union(data) => {
            errors.at(data.union_token, messages::ELEMENT_KIND);
            return None;
        }
    };
    Some(ElementStruct {
        krate: krate.unwrap_or_default(),
        attributes: input.attrs,
        generics: input.generics,
        name: input.ident,
        fields: fields.members().zip(fields.iter().map(|field| field.ty.clone())).collect(),
    })
}
