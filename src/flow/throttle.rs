//! Who has to wait, because of what was counted for them.

use std::net::IpAddr;
use std::time::Duration;

use crate::flow::{Failure, Server};
use crate::identity::throttle::ThrottleKey;
use crate::protocol::explanation::Explanation;

/// Somebody has to wait.
pub(super) struct Throttled {
    /// Seconds until they may try again.
    pub(super) seconds: u64,
    /// What was counted, for the operator.
    pub(super) why: Explanation,
}

/// Where somebody comes from, as far as it tells them from others: an address, of IPv6 its /64, which one person can have all of.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

impl Server {
    /// How long to wait, if any of the keys was counted too often.
    pub(super) async fn must_wait(&self, keys: &[ThrottleKey]) -> Result<Option<Throttled>, Failure> {
        let now = self.clock.now();
        let mut longest: Option<Duration> = None;
        let mut why = Explanation::default();
        for (key, failures) in self.store.login_failures().of_all(keys).await? {
            if let Some(wait) = key.wait(failures, self.settings.throttle, now) {
                longest = longest.max(Some(wait));
                why = why.and(key.explain(failures, self.settings.throttle));
            }
        }
        Ok(longest.map(|wait| Throttled { seconds: wait.as_secs().max(1), why }))
    }

    /// Counts a key once more, unless it was counted too often already. Of those who come at the same time, no more are let in than may be.
    pub(super) async fn admit(&self, key: &ThrottleKey) -> Result<Option<Throttled>, Failure> {
        let waiting = self.must_wait(std::slice::from_ref(key)).await?;
        if waiting.is_some() || self.count(key).await? <= key.limit(self.settings.throttle) {
            return Ok(waiting);
        }
        self.must_wait(std::slice::from_ref(key)).await
    }

    /// Counts a key once more; says how often it was counted within its time by now.
    pub(super) async fn count(&self, key: &ThrottleKey) -> Result<u32, Failure> {
        let window = key.window(self.settings.throttle);
        Ok(self.store.login_failures().count(key, self.clock.now(), window).await?.count)
    }
}
