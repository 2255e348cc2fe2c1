//! Where API keys may stand.

use super::kind::flag;
use super::settings::{Presence, settings};

settings! {
    /// API keys, for what can't do OAuth. They stand in the header `X-API-Key` of requests to this server's own API.
    pub ApiKeys "api_keys"

    /// Whether a key may stand in the query as well (`?api_key=…`). URLs are written down: in logs of proxies, in browsers' histories and in `Referer`
    /// headers. This server never logs one; others do. Only for what can send nothing else.
    in_query: bool = flag(), Presence::Default("false");
}
