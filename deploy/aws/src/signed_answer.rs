//! The answer of a service to a signed call: a body, or an error with its code, in JSON or in XML.

use std::fmt;

use bytes::Bytes;
use serde::Deserialize;

use crate::aws_error::AwsError;

/// The answer to one attempt. Its debug output does not show a body, which may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum SignedAnswer {
    /// The call was made.
    Done(Bytes),
    /// The service refused it.
    Refused(ServiceRefusal),
}

/// An error of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceRefusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The code, without the name space that SQS and KMS may put before it.
    pub(crate) code: String,
    /// The message, for the log.
    pub(crate) message: String,
}

impl SignedAnswer {
    /// Reads an answer.
    pub(crate) fn read(status: u16, body: Bytes) -> Self {
        if (200..300).contains(&status) { Self::Done(body) } else { Self::Refused(ServiceRefusal::read(status, &body)) }
    }
}

impl fmt::Debug for SignedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(body) => write!(f, "Done({} bytes)", body.len()),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl ServiceRefusal {
    fn read(status: u16, body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        struct JsonError {
            #[serde(rename = "__type", default)]
            code: String,
            #[serde(default, alias = "Message")]
            message: String,
        }
        if let Ok(error) = serde_json::from_slice::<JsonError>(body) {
            let code = error.code.rsplit('#').next().unwrap_or_default().to_owned();
            return Self { status, code, message: error.message };
        }
        let text = String::from_utf8_lossy(body);
        let element = |name| xml_element(&text, name).unwrap_or_default();
        Self { status, code: element("Code"), message: element("Message") }
    }

    /// The error of the operation.
    pub(crate) fn error(&self, operation: &'static str) -> AwsError {
        AwsError::refused(operation, &self.code, self.status, &self.message)
    }
}

/// The text of the first element of this name, which has no attributes and no elements inside.
pub(crate) fn xml_element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    // `&amp;` is replaced last, so that its replacement is not decoded again.
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    Some(entities.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_code_in_json_and_in_xml() {
        let rows = [
            (r#"{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "none"}"#, "QueueDoesNotExist", "none"),
            (r#"{"__type": "NotFoundException", "Message": "no key"}"#, "NotFoundException", "no key"),
            ("<E><Error><Code>NotFound</Code><Message>a &amp;lt; b</Message></Error></E>", "NotFound", "a &lt; b"),
            ("gateway", "", ""),
        ];
        for (body, code, message) in rows {
            let SignedAnswer::Refused(refusal) = SignedAnswer::read(400, Bytes::from(body)) else { panic!("{body}") };
            assert_eq!((&*refusal.code, &*refusal.message), (code, message), "{body}");
        }
        assert_eq!(SignedAnswer::read(200, Bytes::from("{}")), SignedAnswer::Done(Bytes::from("{}")));
    }
}
