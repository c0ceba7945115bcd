//! How full the queues of SQS are. Their depth is cached for ten seconds, and concurrent callers share one request.

use std::{fmt, sync::Arc, time::Duration};

use badgesmith_engine::{QueueDepth, QueueGauge, QueueHealth};
use futures_util::future::{BoxFuture, join_all};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::{aws_clients::AwsClients, aws_error::AwsError, sqs::SqsQueue};

/// How long a depth is cached: anybody can ask for `/health`, and each call costs money.
const CACHED: Duration = Duration::from_secs(10);
/// How long a queue may take to answer, as for the other dependencies of `/health`.
const PATIENCE: Duration = Duration::from_millis(2500);

/// A queue with the queue of its dead letters.
struct WatchedQueue {
    /// The kind of messages that wait in it.
    of: &'static str,
    queue: SqsQueue,
    dead: SqsQueue,
}

/// The depths that were read, and when.
struct Look {
    at: Instant,
    found: Vec<QueueHealth>,
}

/// The queues of a deployment whose depth is read.
pub struct SqsGauge {
    queues: Arc<[WatchedQueue]>,
    latest: Arc<Mutex<Option<Look>>>,
}

impl SqsGauge {
    /// The queues that the settings name; `None` if they name none.
    ///
    /// # Errors
    /// [`AwsError::InvalidRequest`], if what they name is no FIFO queue.
    pub fn of(aws: &Arc<AwsClients>) -> Result<Option<Self>, AwsError> {
        let names = aws.queues();
        let all = [("reports", &names.reports), ("events", &names.events)];
        let named = all.into_iter().filter_map(|(of, name)| Some((of, name.as_deref()?)));
        let open = |(of, name)| {
            let queue = SqsQueue::new(Arc::clone(aws), name)?;
            Ok(WatchedQueue { of, dead: queue.dead(), queue })
        };
        let queues = named.map(open).collect::<Result<Vec<_>, AwsError>>()?;
        Ok((!queues.is_empty()).then(|| Self { queues: queues.into(), latest: Arc::default() }))
    }
}

impl QueueGauge for SqsGauge {
    fn read(&self) -> BoxFuture<'_, Vec<QueueHealth>> {
        let (queues, latest) = (Arc::clone(&self.queues), Arc::clone(&self.latest));
        // In a task of its own, so that a caller that stops waiting does not cause the request to be repeated.
        let look = tokio::spawn(async move {
            let mut latest = latest.lock().await;
            if let Some(Look { at, found }) = &*latest
                && at.elapsed() < CACHED
            {
                return found.clone();
            }
            let found = join_all(queues.iter().map(look)).await;
            *latest = Some(Look { at: Instant::now(), found: found.clone() });
            found
        });
        Box::pin(async move { look.await.unwrap_or_default() })
    }
}

async fn look(watched: &WatchedQueue) -> QueueHealth {
    let WatchedQueue { of, queue, dead } = watched;
    let both = async {
        let (waiting, received) = queue.depth().await?;
        let (visible, hidden) = dead.depth().await?;
        Ok::<_, AwsError>(QueueDepth { waiting, received, dead: visible + hidden })
    };
    let depth = timeout(PATIENCE, both).await.unwrap_or(Err(AwsError::Timeout));
    if let Err(fault) = &depth {
        tracing::error!(queue = queue.name(), fault.words = %fault, "the depth of a queue is not known");
    }
    QueueHealth::new(of, depth.ok())
}

impl fmt::Debug for SqsGauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.queues.iter().map(|watched| watched.queue.name())).finish()
    }
}
