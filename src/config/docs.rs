//! Whether there is documentation.

use super::kind::{flag, parsed};
use super::settings::{Presence, settings};
use crate::protocol::client::ClientId;

settings! {
    /// The documentation of the API: Swagger UI at `/docs`, and the OpenAPI document that it shows at `/openapi.json`.
    pub Docs "docs"

    /// Whether it is there. `claviger dev` always has it.
    enabled: bool = flag(), Presence::Default("false");

    /// The client by which people get tokens there, to try the API. Its redirect URI is the issuer's `/docs/oauth2-redirect.html`.
    client_id: ClientId = parsed("the identifier of a client", ClientId::parse), Presence::Default("claviger-docs");
}

impl Docs {
    /// The client of the documentation, where there is documentation.
    #[must_use]
    pub fn client(&self) -> Option<ClientId> {
        self.enabled.then(|| self.client_id.clone())
    }
}
