//! The limits on listeners: connections whose answer is a stream of events.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::client_address::ClientAddress;

/// How many listeners there may be. Each is woken by every event, and takes a file descriptor.
pub(crate) const MOST_LISTENERS: usize = 256;
/// How many of them one client may have. Over loopback there is no limit, since a reverse proxy may run on this
/// machine.
pub(crate) const MOST_OF_CLIENT: usize = 32;

/// The value of [`Listeners::ended`] once the server stops.
const STOPPED: u64 = u64::MAX;

/// The counts of present listeners, and their limits.
#[derive(Debug)]
pub(crate) struct Listeners {
    most: usize,
    most_of_client: usize,
    taken: Mutex<TakenPlaces>,
    /// How often all streams have been ended; [`STOPPED`] once the server stops.
    ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct TakenPlaces {
    all: usize,
    clients: HashMap<ClientAddress, usize>,
}

/// The place of one listener. Dropping it frees the place.
#[derive(Debug)]
pub(crate) struct ListenerPlace {
    client: Option<ClientAddress>,
    listeners: Arc<Listeners>,
    /// The value of [`Listeners::ended`] when this listener began.
    began: u64,
    ended: watch::Receiver<u64>,
}

impl Listeners {
    /// Places for at most `most` listeners, and for `most_of_client` of one client.
    pub(crate) fn new(most: usize, most_of_client: usize) -> Arc<Self> {
        Arc::new(Self { most, most_of_client, taken: Mutex::default(), ended: watch::Sender::new(0) })
    }

    /// A place for a client, if there is one.
    pub(crate) fn admit(self: &Arc<Self>, client: Option<ClientAddress>) -> Option<ListenerPlace> {
        let mut taken = self.taken();
        if taken.all >= self.most {
            return None;
        }
        if let Some(client) = client {
            let of_client = taken.clients.entry(client).or_default();
            if *of_client >= self.most_of_client {
                return None;
            }
            *of_client += 1;
        }
        taken.all += 1;
        drop(taken);
        let ended = self.ended.subscribe();
        let began = *ended.borrow();
        Some(ListenerPlace { client, listeners: Arc::clone(self), began, ended })
    }

    /// Ends every stream, also those that begin later.
    pub(crate) fn stop(&self) {
        self.ended.send_replace(STOPPED);
    }

    /// Ends all present streams. Each stream told its client at the beginning after how long to reconnect.
    #[cfg(unix)]
    pub(crate) fn restart(&self) {
        self.ended.send_if_modified(|ended| {
            let is_running = *ended != STOPPED;
            *ended += u64::from(is_running);
            is_running
        });
    }

    fn taken(&self) -> MutexGuard<'_, TakenPlaces> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ListenerPlace {
    /// Waits until the stream is to end.
    pub(crate) async fn ended(&mut self) {
        let began = self.began;
        // An error means that the sender is gone: the server has stopped.
        let _ = self.ended.wait_for(|ended| *ended == STOPPED || *ended != began).await;
    }
}

impl Drop for ListenerPlace {
    fn drop(&mut self) {
        let mut taken = self.listeners.taken();
        taken.all -= 1;
        if let Some(client) = self.client
            && let Some(of_client) = taken.clients.get_mut(&client)
        {
            *of_client -= 1;
            if *of_client == 0 {
                taken.clients.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn client(last: u8) -> Option<ClientAddress> {
        ClientAddress::at(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn a_client_has_thirty_two_places_and_all_together_have_two_hundred_and_fifty_six() {
        let listeners = Listeners::new(MOST_LISTENERS, MOST_OF_CLIENT);
        let mut places: Vec<_> = (0..32).filter_map(|_| listeners.admit(client(1))).collect();
        assert!(listeners.admit(client(1)).is_none(), "the thirty-third of one client");
        places.pop();
        places.extend(listeners.admit(client(1)));
        // A proxy on this machine has no limit of its own.
        places.extend((0..224).filter_map(|_| listeners.admit(None)));
        assert_eq!(places.len(), 256);
        assert!(listeners.admit(None).is_none() && listeners.admit(client(2)).is_none(), "the 257th of all");
        places.truncate(10);
        assert!(listeners.admit(client(2)).is_some());
        drop(places);
        let taken = listeners.taken();
        assert_eq!((taken.all, taken.clients.len()), (0, 0));
    }
}
