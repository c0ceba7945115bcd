//! How long a command retries to send its reports.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, Instant},
};

use backon::ExponentialBuilder;
use jiff::SignedDuration;

/// The longest time that can be set. A job that waits longer usually costs more than its badge is worth.
const LONGEST: Duration = Duration::from_secs(3600);
/// The shortest pause before the first retry. It doubles with each retry, and a random time up to the same length is
/// added, so that jobs that failed together do not retry together.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause without its random part. It is short, so that a restarted server is found again soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The time within which attempts begin, for all reports of a command together. Without any, there is one attempt for
/// each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience(Duration);

/// Why a text is not a valid patience.
#[derive(Debug)]
pub(super) enum PatienceFault {
    Unreadable,
    TooLong,
}

impl fmt::Display for PatienceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("write seconds such as 30, or a duration such as 90s or 2m"),
            Self::TooLong => write!(f, "at most {} seconds", LONGEST.as_secs()),
        }
    }
}

impl std::error::Error for PatienceFault {}

impl FromStr for Patience {
    type Err = PatienceFault;

    /// Reads `30`, `30s` and `1m 30s`.
    fn from_str(text: &str) -> Result<Self, PatienceFault> {
        let text = text.trim();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let duration = match is_number {
            // A number that overflows its type is also too long a time.
            true => text.parse().map(Duration::from_secs).map_err(|_| PatienceFault::TooLong)?,
            false => {
                let duration: SignedDuration = text.parse().map_err(|_| PatienceFault::Unreadable)?;
                Duration::try_from(duration).map_err(|_| PatienceFault::Unreadable)?
            }
        };
        if duration > LONGEST { Err(PatienceFault::TooLong) } else { Ok(Self(duration)) }
    }
}

impl Patience {
    /// Starts the time now.
    pub(super) fn begin(self) -> Deadline {
        Deadline { patience: self.0, end: Instant::now() + self.0 }
    }
}

/// The end of the time within which attempts begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    pub(super) patience: Duration,
    end: Instant,
}

impl Deadline {
    /// The pauses between attempts, without an end of their own.
    pub(super) fn pauses() -> ExponentialBuilder {
        let pauses = ExponentialBuilder::default().with_min_delay(SHORTEST_PAUSE).with_max_delay(LONGEST_PAUSE);
        pauses.without_max_times().with_jitter()
    }

    /// The pause before the next attempt: our own, or the longer one that the server asks for. It is `None` if there is
    /// no next attempt. Our own is shortened, so that the last attempt begins at the very end.
    pub(super) fn pause(&self, asked: Option<Duration>, own: Option<Duration>) -> Option<Duration> {
        let left = self.left(Instant::now());
        if left.is_zero() || asked.is_some_and(|asked| asked > left) {
            return None;
        }
        own.map(|own| asked.map_or(own, |asked| asked.max(own)).min(left))
    }

    fn left(&self, now: Instant) -> Duration {
        self.end.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patience_is_seconds_or_a_duration() {
        for (text, seconds) in
            [("30", 30), ("0", 0), ("90s", 90), ("2m", 120), ("1m 30s", 90), ("PT5S", 5), ("1h", 3600)]
        {
            assert_eq!(text.parse::<Patience>().unwrap(), Patience(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "soon", "-1", "-5s", "30 parsecs", "1.2.3"] {
            assert!(matches!(text.parse::<Patience>(), Err(PatienceFault::Unreadable)), "{text}");
        }
        for text in ["3601", "2h", "99999999999999999999999"] {
            assert!(matches!(text.parse::<Patience>(), Err(PatienceFault::TooLong)), "{text}");
        }
    }

    #[test]
    fn the_last_attempt_begins_at_the_end_and_none_after_it() {
        let own = Some(Duration::from_secs(2));
        let long = Patience(Duration::from_secs(60)).begin();
        assert_eq!(long.pause(None, own), own);
        assert_eq!(long.pause(Some(Duration::from_secs(5)), own), Some(Duration::from_secs(5)));
        assert_eq!(long.pause(Some(Duration::from_secs(61)), own), None);
        let short = Patience(Duration::from_secs(1)).begin();
        assert!(short.pause(None, own).is_some_and(|pause| pause <= Duration::from_secs(1)));
        let none = Patience(Duration::ZERO).begin();
        assert_eq!((none.pause(None, own), none.pause(Some(Duration::ZERO), own)), (None, None));
    }
}
