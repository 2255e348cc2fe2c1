//! `/api/v1/keys`: the signing keys. A private key never leaves the server.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::flow::manage::Refused;
use crate::flow::manage::keys::RotatedAlgorithm;
use crate::http::caller::Bearer;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Gone, Many, One, Outcome};
use crate::http::manage::scopes::{KeysRead, KeysWrite};
use crate::http::manage::words::{KeyState, ResponseAlgorithm};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::protocol::jose::SigningAlgorithm;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// A signing key; what it is published as stands at `/.well-known/jwks.json`.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct Key {
    /// Its identifier (RFC 7638).
    kid: String,
    /// What it signs with.
    alg: ResponseAlgorithm,
    /// Where it stands in its life.
    state: KeyState,
    /// Since when, in seconds since 1970.
    since: i64,
    /// Of a retired key: until when it is published, in seconds since 1970.
    until: Option<i64>,
}

/// What a rotation led to.
#[derive(Object)]
#[oai(example)]
struct Rotated {
    /// What became of the keys of each algorithm that was rotated.
    rotations: Vec<Rotation>,
}

/// What became of the keys of an algorithm.
#[derive(Object)]
struct Rotation {
    /// The algorithm.
    alg: ResponseAlgorithm,
    /// The key that signs now.
    active: String,
    /// The key that will sign after the next rotation.
    next: String,
    /// The key that signed before.
    retired: String,
}

const KID: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

impl Example for Key {
    fn example() -> Self {
        Self { kid: KID.to_owned(), alg: ResponseAlgorithm::Rs256, state: KeyState::Active, since: 1_795_262_400, until: None }
    }
}

impl Example for Rotated {
    fn example() -> Self {
        let rotation = Rotation {
            alg: ResponseAlgorithm::Rs256,
            active: KID.to_owned(),
            next: "ZjAwLTQ3ZjQtYjY1Zi0zZDQ5Y2FmZTYxMmQtNGY5Ny0".to_owned(),
            retired: "b2xkLTQ3ZjQtYjY1Zi0zZDQ5Y2FmZTYxMmQtNGY5Ny0".to_owned(),
        };
        Self { rotations: vec![rotation] }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Keys")]
impl Api {
    /// List the signing keys
    #[oai(path = "/keys", method = "get", operation_id = "listKeys")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<KeysRead>,
        /// Only those in this state: `next`, `active` or `retired`.
        #[oai(name = "state")]
        _state: Optional<KeyState>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<Key> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            Ok(self.0.key_page(query.word("state", &["next", "active", "retired"])?, &query.page()?))
        };
        Many::reply(request, page.await)
    }

    /// Sign with the next key from now on
    ///
    /// Of each algorithm that has keys, or of the one that is named. A key stays the next one while verifiers may still hold a key set without
    /// it, unless `now` is `true`; where that leaves nothing to do, the request is refused.
    #[oai(path = "/keys/rotate", method = "post", operation_id = "rotateKeys")]
    async fn rotate(
        &self,
        request: &Request,
        bearer: Bearer<KeysWrite>,
        /// Rotate even if some verifiers will refuse tokens for a few minutes.
        #[oai(name = "now")]
        _now: Optional<bool>,
        /// Only the keys of this algorithm.
        #[oai(name = "algorithm")]
        _algorithm: Optional<ResponseAlgorithm>,
    ) -> Outcome<Rotated> {
        let rotated = async {
            let by = permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            let names: Vec<&str> = SigningAlgorithm::ALL.iter().map(|known| known.as_str()).collect();
            let algorithm = query.word("algorithm", &names)?.and_then(SigningAlgorithm::parse);
            let audited = |rotation: &RotatedAlgorithm| audit(&by, "keys.rotate", rotation.active.as_str());
            Ok(self.0.rotate_keys(algorithm, query.flag("now")?.unwrap_or_default(), audited).await??)
        };
        Outcome::reply(request, rotated.await)
    }

    /// See a signing key
    #[oai(path = "/keys/:kid", method = "get", operation_id = "getKey")]
    async fn get(&self, request: &Request, bearer: Bearer<KeysRead>, kid: Path<String>) -> One<Key> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = self.0.key(&kid);
            Ok(found.ok_or_else(|| Refused::not_found("key", &kid.0))?)
        };
        One::reply(request, found.await)
    }

    /// Take a key out at once, because it may have leaked
    ///
    /// No token that it signed is believed any more. If it signs, the next one takes its place.
    #[oai(path = "/keys/:kid/disable", method = "post", operation_id = "disableKey")]
    async fn disable(&self, request: &Request, bearer: Bearer<KeysWrite>, kid: Path<String>) -> Gone {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            self.0.disable_key(&kid).await??;
            audit(&by, "keys.disable", &kid.0);
            Ok(())
        };
        Gone::reply(request, gone.await)
    }
}
