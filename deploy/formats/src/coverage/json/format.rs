//! The entry of a coverage format that is one JSON document.

use crate::{
    coverage::{json::outline::Outline, report::CoverageReport},
    refusal::ReportRefusal,
};

/// A coverage format that is one JSON document.
pub(super) struct JsonFormat {
    /// A truncated document of this format is recognized by containing one of these texts.
    pub(super) marks: &'static [&'static str],
    /// Whether a document has this format.
    pub(super) is_format_of: fn(&Outline) -> bool,
    /// Reads a document.
    pub(super) read: fn(&str) -> Result<CoverageReport, JsonFault>,
}

/// Why a document of a known format is not read.
#[derive(Debug)]
pub(super) enum JsonFault {
    /// A value does not have the type that the format requires.
    Json(serde_json::Error),
    /// The values cannot be true.
    Refused(ReportRefusal),
}

impl JsonFault {
    /// The refusal, made of the parser's error by the function.
    pub(super) fn refusal(self, of_json: fn(&serde_json::Error) -> ReportRefusal) -> ReportRefusal {
        match self {
            Self::Json(error) => of_json(&error),
            Self::Refused(refusal) => refusal,
        }
    }
}

impl From<serde_json::Error> for JsonFault {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<ReportRefusal> for JsonFault {
    fn from(refusal: ReportRefusal) -> Self {
        Self::Refused(refusal)
    }
}
