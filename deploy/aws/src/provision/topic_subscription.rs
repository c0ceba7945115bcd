//! A subscription of a receiver to a topic, as an operator writes it.

use std::{error::Error, fmt, str::FromStr};

use url::Url;

use crate::{queue_address::QueueAddress, sns_admin::FIFO};

/// The longest name of a topic, in bytes.
const LONGEST_TOPIC: usize = 256;
/// The prefix of a queue's name.
const QUEUE: &str = "sqs:";
/// The prefix of an e-mail address.
const EMAIL: &str = "email:";

/// A receiver for a topic: `badge-events=sqs:jobs`. Its `Display` leaves out the path of a URL, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSubscription {
    /// The name or the ARN of the topic.
    pub(super) topic: String,
    /// The receiver.
    pub(super) receiver: TopicReceiver,
}

/// The receiver of the messages that are published to a topic.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum TopicReceiver {
    /// A queue of SQS.
    Queue(QueueAddress),
    /// A webhook.
    Url(Url),
    /// An e-mail address.
    Email(String),
}

/// What is wrong with a subscription to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicSubscriptionMistake {
    /// There is no `=`.
    NoReceiver,
    /// The part before `=` is not a topic.
    Topic,
    /// The part after `=` is not a receiver.
    Receiver,
    /// A FIFO topic delivers to queues only.
    FifoTopic,
    /// A standard topic does not deliver to a FIFO queue.
    FifoQueue,
}

impl TopicReceiver {
    /// The name of the protocol in SNS.
    pub(super) const fn protocol(&self) -> &'static str {
        match self {
            Self::Queue(_) => "sqs",
            Self::Url(_) => "https",
            Self::Email(_) => "email",
        }
    }
}

impl FromStr for TopicSubscription {
    type Err = TopicSubscriptionMistake;

    fn from_str(text: &str) -> Result<Self, TopicSubscriptionMistake> {
        let (topic, receiver) = text.split_once('=').ok_or(TopicSubscriptionMistake::NoReceiver)?;
        if !is_topic(topic) {
            return Err(TopicSubscriptionMistake::Topic);
        }
        let receiver = receiver_of(receiver).ok_or(TopicSubscriptionMistake::Receiver)?;
        let is_fifo = topic.ends_with(FIFO);
        match &receiver {
            TopicReceiver::Queue(queue) if !is_fifo && queue.name().ends_with(FIFO) => {
                Err(TopicSubscriptionMistake::FifoQueue)
            }
            TopicReceiver::Url(_) | TopicReceiver::Email(_) if is_fifo => Err(TopicSubscriptionMistake::FifoTopic),
            _ => Ok(Self { topic: topic.to_owned(), receiver }),
        }
    }
}

/// Whether a text is the name or the ARN of a topic.
fn is_topic(text: &str) -> bool {
    let name = match text.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "sns", _, _, name] | [name] => *name,
        _ => return false,
    };
    let name = name.strip_suffix(FIFO).unwrap_or(name);
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    !name.is_empty() && name.len() <= LONGEST_TOPIC && name.bytes().all(is_letter)
}

fn receiver_of(text: &str) -> Option<TopicReceiver> {
    if let Some(queue) = text.strip_prefix(QUEUE) {
        return QueueAddress::parse_any(queue).map(TopicReceiver::Queue);
    }
    if let Some(address) = text.strip_prefix(EMAIL) {
        let is_address = address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
        return is_address.then(|| TopicReceiver::Email(address.to_owned()));
    }
    Url::parse(text).ok().filter(|url| url.scheme() == "https").map(TopicReceiver::Url)
}

impl fmt::Display for TopicReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(queue) => write!(f, "the queue {}", queue.name()),
            Self::Url(url) => write!(f, "https://{}/…", url.host_str().unwrap_or_default()),
            Self::Email(address) => f.write_str(address),
        }
    }
}

impl fmt::Debug for TopicReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for TopicSubscriptionMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoReceiver => "it says not who receives; write badge-events=sqs:jobs",
            Self::Topic => "what stands before = is no name nor ARN of a topic; write badge-events=sqs:jobs",
            Self::Receiver => {
                "what stands behind = is no receiver; write sqs: and the name, the URL or the ARN of a queue, \
                 https://host/path, or email: and an address"
            }
            Self::FifoTopic => "a FIFO topic delivers to queues only; name a queue, or a topic without .fifo",
            Self::FifoQueue => "a FIFO queue receives from FIFO topics only; name another queue, or a topic with .fifo",
        })
    }
}

impl Error for TopicSubscriptionMistake {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_names_a_topic_and_a_receiver_that_the_topic_can_have() {
        let shown = |text: &str| {
            let parsed = text.parse::<TopicSubscription>();
            parsed.map(|subscription| (subscription.topic, subscription.receiver.to_string()))
        };
        let named = |topic: &str, receiver: &str| Ok((topic.to_owned(), receiver.to_owned()));
        let arn = "arn:aws:sns:eu-west-1:123456789012:a.fifo";
        let rows = [
            ("a=sqs:jobs", named("a", "the queue jobs")),
            ("a=sqs:arn:aws:sqs:eu-west-1:123456789012:jobs", named("a", "the queue jobs")),
            (&format!("{arn}=sqs:jobs.fifo"), named(arn, "the queue jobs.fifo")),
            ("a.fifo=sqs:jobs", named("a.fifo", "the queue jobs")),
            ("a=https://hooks.example.com/hidden?key=hidden", named("a", "https://hooks.example.com/…")),
            ("a=email:team@example.com", named("a", "team@example.com")),
            ("a", Err(TopicSubscriptionMistake::NoReceiver)),
            ("a b=sqs:jobs", Err(TopicSubscriptionMistake::Topic)),
            ("arn:aws:sqs:eu-west-1:123456789012:a=sqs:jobs", Err(TopicSubscriptionMistake::Topic)),
            ("a=jobs", Err(TopicSubscriptionMistake::Receiver)),
            ("a=http://hooks.example.com", Err(TopicSubscriptionMistake::Receiver)),
            ("a=email:team", Err(TopicSubscriptionMistake::Receiver)),
            ("a=sqs:jobs.fifo", Err(TopicSubscriptionMistake::FifoQueue)),
            ("a.fifo=email:team@example.com", Err(TopicSubscriptionMistake::FifoTopic)),
        ];
        for (text, expected) in rows {
            assert_eq!(shown(text), expected, "{text}");
        }
        let hidden: TopicSubscription = "a=https://hooks.example.com/hidden".parse().unwrap();
        assert!(!format!("{hidden:?}").contains("hidden"), "{hidden:?}");
    }
}
