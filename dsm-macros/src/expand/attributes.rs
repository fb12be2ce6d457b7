//! Which of the user's attributes go where.

use syn::{Attribute, Meta};

pub(super) fn has_docs(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("doc"))
}

/// The attributes of a parallel function, sorted.
#[derive(Default)]
pub(super) struct FunctionAttributes<'a> {
    /// On the function that is called with the cluster.
    pub(super) outer: Vec<&'a Attribute>,
    /// On the function that holds the user's body.
    pub(super) inner: Vec<&'a Attribute>,
    /// On the resource struct.
    pub(super) resources: Vec<&'a Attribute>,
}

impl<'a> FunctionAttributes<'a> {
    pub(super) fn new(attributes: &'a [Attribute]) -> Self {
        let mut sorted = Self::default();
        for attribute in attributes {
            let name = attribute.path().get_ident().map(ToString::to_string);
            match name.as_deref() {
                Some("doc") => {
                    sorted.outer.push(attribute);
                    if matches!(attribute.meta, Meta::List(_)) {
                        sorted.resources.push(attribute);
                    }
                }
                Some("deprecated") => sorted.outer.push(attribute),
                Some("cfg") => {
                    sorted.outer.push(attribute);
                    sorted.resources.push(attribute);
                }
                // An expectation is met only where the lint fires, which is around the user's body.
                Some("allow" | "warn" | "deny" | "forbid" | "cfg_attr") => {
                    sorted.outer.push(attribute);
                    sorted.inner.push(attribute);
                }
                _ => sorted.inner.push(attribute),
            }
        }
        sorted
    }
}
