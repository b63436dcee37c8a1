//! Limits the connections per address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The numbers of connections per address. Clones share them.
#[derive(Clone)]
pub(crate) struct Places {
    per_address: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place. Dropping it frees the place.
pub(crate) struct Place {
    address: IpAddr,
    places: Places,
}

impl Places {
    /// Allows that many connections per address.
    pub(crate) fn new(per_address: usize) -> Self {
        Self {
            per_address,
            taken: Arc::default(),
        }
    }

    /// Takes a place, if the address has one left.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Place> {
        let mut taken = self.lock();
        let count = taken.entry(address).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Place {
            address,
            places: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The address of the client.
    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_address_has_its_places_and_gets_them_back() {
        let [here, there] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let places = Places::new(2);
        let first = places.take(here).expect("the first");
        let second = places.take(here).expect("the second");
        assert_eq!(second.address(), here);
        assert!(places.take(here).is_none());
        assert!(places.take(there).is_some());
        drop(first);
        let third = places.take(here).expect("a place that is free again");
        drop((second, third));
        assert!(
            places.lock().is_empty(),
            "an address without connections is remembered"
        );
    }
}
