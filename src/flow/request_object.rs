//! Authorization requests as signed objects: fetched where the client keeps them, believed if the client signed them.

use std::time::Duration;

use moka::future::Cache;
use sha2::{Digest, Sha256};

use crate::flow::authorize::LONGEST_QUERY;
use crate::flow::{Failure, Server};
use crate::protocol::authorize::{self, Destination};
use crate::protocol::client::{Client, ClientId};
use crate::protocol::params::Params;
use crate::protocol::refusal::Refusal;
use crate::protocol::request_object::{Carried, Reason, RequestObject, carried};
use crate::protocol::time::Timestamp;

/// How long a person may take to sign in for a request whose object ends meanwhile.
const IN_TIME: Duration = Duration::from_mins(30);
/// How long nothing is fetched where no object was found.
const REST: Duration = Duration::from_secs(10);
/// The most objects of which that is remembered.
const CAPACITY: u64 = 10_000;

/// The objects that came before they ended, by their hashes.
pub(super) struct InTime(Cache<[u8; 32], ()>);

impl Default for InTime {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).time_to_live(IN_TIME).build())
    }
}

/// Where no object of a client was found a moment ago: whoever sends people here must not make us a burden to others.
pub(super) struct InVain(Cache<(ClientId, String), Timestamp>);

impl Default for InVain {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).time_to_live(REST).build())
    }
}

impl Server {
    /// A request that names a place instead of an object, with the object itself: it is fetched once, however often our pages come back to it.
    /// `None` for any other request, and for one that is refused anyway.
    pub(super) async fn by_value(&self, query: &str) -> Result<Option<Result<String, Reason>>, Failure> {
        if query.len() > LONGEST_QUERY || !query.contains("request_uri=") {
            return Ok(None);
        }
        // What is wrong with any of this, the junction says.
        let Ok(params) = Params::parse(query.as_bytes()) else { return Ok(None) };
        let Ok(id) = authorize::client_id(&params) else { return Ok(None) };
        let Some(client) = self.cached_client(&id).await?.filter(|client| client.enabled) else { return Ok(None) };
        let Ok(Carried::ByReference(uri)) = carried(&params, &client) else { return Ok(None) };
        Ok(Some(self.fetched(uri, &params, &client).await))
    }

    async fn fetched(&self, uri: &str, params: &Params, client: &Client) -> Result<String, Reason> {
        let away = Reason::Away;
        // What is behind a hash is nothing that the other server sees.
        let place = (client.id.clone(), uri.split('#').next().unwrap_or_default().to_owned());
        let last = self.request_uris_in_vain.0.get(&place).await;
        if last.is_some_and(|last| self.clock.now().since(last) < REST) {
            return Err(away("there was no object a few seconds ago".to_owned()));
        }
        let found = self.clients_asked.of(client).document(uri, LONGEST_QUERY).await.map_err(away);
        let text = found.and_then(|found| String::from_utf8(found).map_err(|_| away("it is no text".to_owned())));
        let object = text.and_then(|text| RequestObject::read(text.trim(), client).map(|_| text));
        let Ok(object) = object else {
            self.request_uris_in_vain.0.insert(place, self.clock.now()).await;
            return object;
        };
        let query = params.with_object(object.trim()).to_query();
        if query.len() > LONGEST_QUERY { Err(away("it is too long".to_owned())) } else { Ok(query) }
    }

    /// What a request of `client` asks for: its parameters, with those of its object laid over them.
    /// `away` is why an object that should have been fetched was not.
    pub(super) async fn asked_for(&self, params: &Params, client: &Client, away: Option<Reason>) -> Result<Params, Reason> {
        let text = match carried(params, client)? {
            Carried::Plainly => return Ok(params.clone()),
            Carried::ByValue(text) => text,
            // Without a reason, somebody made the address of one of our pages up.
            Carried::ByReference(_) => return Err(away.unwrap_or_else(|| Reason::Away("it was not fetched".to_owned()))),
        };
        let object = RequestObject::read(text, client)?;
        self.signed_by_client(client, &object.jws, object.algorithm).await?;
        let name: [u8; 32] = Sha256::digest(text).into();
        let is_known = self.objects_in_time.0.contains_key(&name);
        let request = object.request(params, client, &self.issuer, self.clock.now(), is_known)?;
        if object.ends()?.is_some() && !is_known {
            self.objects_in_time.0.insert(name, ()).await;
        }
        Ok(request)
    }

    /// Where the answer to a request may go. Of one whose object is refused, the address may have stood in there: then that is what is told.
    pub(super) fn destination(&self, params: &Params, client: &Client, refused: Option<&Refusal>) -> Result<Destination, Refusal> {
        let found = Destination::check(params, client, &self.issuer);
        let has_none = params.one("redirect_uri").is_ok_and(|uri| uri.is_none());
        match (found, refused) {
            (Err(_), Some(refused)) if has_none => Err(refused.clone().asked_by(client.id.as_str())),
            (found, _) => found.map_err(|refusal| refusal.asked_by(client.id.as_str())),
        }
    }
}
