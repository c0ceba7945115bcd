//! How a queue is named: by its name, its URL or its ARN.

use crate::aws_error::AwsError;

/// The ending of a FIFO queue's name, which AWS requires.
const FIFO: &str = ".fifo";
/// The longest name of a queue, in bytes.
const LONGEST_NAME: usize = 80;

/// A FIFO queue as an operator names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum QueueAddress {
    /// Its URL, which needs no call to be found.
    Url(String),
    /// Its name, and its account if that is given.
    Name {
        /// The name.
        name: String,
        /// The number of the account, if it is not that of the credentials.
        account: Option<String>,
    },
}

impl QueueAddress {
    /// Reads a name, a URL or an ARN.
    ///
    /// # Errors
    /// [`AwsError::InvalidRequest`], if it is none of these, or does not name a FIFO queue.
    pub(crate) fn parse(text: &str) -> Result<Self, AwsError> {
        let refused = || {
            AwsError::InvalidRequest(format!(
                "{text:?} is no FIFO queue; write its name, which ends with {FIFO}, its URL or its ARN"
            ))
        };
        let address = Self::read(text).filter(|address| is_fifo_name(address.name()));
        address.ok_or_else(refused)
    }

    /// Reads a name, a URL or an ARN of a queue that need not be a FIFO queue; `None` if it is none of them.
    pub(crate) fn parse_any(text: &str) -> Option<Self> {
        let is_any_name = |name: &str| is_fifo_name(name) || is_name(name);
        Self::read(text).filter(|address| is_any_name(address.name()))
    }

    fn read(text: &str) -> Option<Self> {
        Some(if text.starts_with("https://") || text.starts_with("http://") {
            Self::Url(text.to_owned())
        } else if text.starts_with("arn:") {
            // arn:PARTITION:sqs:REGION:ACCOUNT:NAME
            let parts: Vec<_> = text.split(':').collect();
            let [_, _, "sqs", _, account, name] = parts.as_slice() else { return None };
            Self::Name { name: (*name).to_owned(), account: Some((*account).to_owned()) }
        } else {
            Self::Name { name: text.to_owned(), account: None }
        })
    }

    /// The name of the queue.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Url(url) => url.rsplit('/').next().unwrap_or_default(),
            Self::Name { name, .. } => name,
        }
    }

    /// The name of its queue of dead letters: `-dead` before the ending.
    pub(crate) fn dead_name(&self) -> String {
        format!("{}-dead{FIFO}", self.name().trim_end_matches(FIFO))
    }

    /// The address of its queue of dead letters, which is in the same region and account.
    pub(crate) fn dead(&self) -> Self {
        let dead = self.dead_name();
        match self {
            Self::Url(url) => Self::Url(format!("{}{dead}", url.strip_suffix(self.name()).unwrap_or_default())),
            Self::Name { account, .. } => Self::Name { name: dead, account: account.clone() },
        }
    }
}

fn is_fifo_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && name.strip_suffix(FIFO).is_some_and(is_name)
}

fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_named_by_its_name_its_url_or_its_arn() {
        let named = |account: Option<&str>| QueueAddress::Name {
            name: "reports.fifo".to_owned(),
            account: account.map(str::to_owned),
        };
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/reports.fifo";
        let rows = [
            ("reports.fifo", Some(named(None))),
            ("arn:aws:sqs:eu-west-1:123456789012:reports.fifo", Some(named(Some("123456789012")))),
            (url, Some(QueueAddress::Url(url.to_owned()))),
            ("reports", None),
            (".fifo", None),
            ("re ports.fifo", None),
            ("arn:aws:sns:eu-west-1:123456789012:reports.fifo", None),
            ("https://sqs.eu-west-1.amazonaws.com/123456789012/reports", None),
        ];
        for (text, expected) in rows {
            assert_eq!(QueueAddress::parse(text).ok(), expected, "{text}");
        }
        let queue = |text| QueueAddress::parse_any(text).map(|address| address.name().to_owned());
        assert_eq!(queue("arn:aws:sqs:eu-west-1:123456789012:jobs"), Some("jobs".to_owned()));
        assert_eq!(["reports.fifo", "a.b", ""].map(queue), [Some("reports.fifo".to_owned()), None, None]);
        assert_eq!(named(None).dead_name(), "reports-dead.fifo");
        assert_eq!(
            named(Some("1")).dead(),
            QueueAddress::Name { name: "reports-dead.fifo".into(), account: Some("1".into()) }
        );
        let dead = "https://sqs.eu-west-1.amazonaws.com/123456789012/reports-dead.fifo";
        assert_eq!(QueueAddress::parse(url).unwrap().dead(), QueueAddress::Url(dead.to_owned()));
        assert!(QueueAddress::parse(&format!("{}.fifo", "x".repeat(76))).is_err(), "81 bytes");
    }
}
