//! What a rank says of a failed call, as bytes in its region; and the text it says.

use serde::{Deserialize, Serialize};

use crate::error::Place;

/// A rank's own account of how it left a failed call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The number of the failure at this rank, where there was one.
    pub(crate) failure: Option<u32>,
    /// What went wrong at this rank, where something did.
    pub(crate) message: Option<String>,
    /// Where that was; else where it was waiting.
    pub(crate) place: Option<Place>,
    /// What it was in the middle of: `barrier`, or `waits for lock `total``.
    pub(crate) doing: Option<String>,
}

impl Report {
    /// Writes the report; gives the bytes used. A report too large for the region is cut to its place.
    pub(crate) fn write(&self, buffer: &mut [u8]) -> usize {
        let shorter = Report {
            message: self.message.as_ref().map(|_| "(a message too long to send)".to_owned()),
            ..self.clone()
        };
        [self, &shorter]
            .into_iter()
            .find_map(|report| postcard::to_slice(report, buffer).ok().map(|used| used.len()))
            .unwrap_or(0)
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
