//! Asking a person whether a client may have what it asks for.

use std::sync::Arc;

use crate::flow::authorize::{Considered, Next, name_of};
use crate::flow::{Failure, Server};
use crate::identity::session::Interaction;
use crate::protocol::client::Client;
use crate::protocol::token::Token;
use crate::store::Applied;

/// What the consent page asks.
pub struct Question {
    /// The client.
    pub client: Arc<Client>,
    /// Who is asked.
    pub person: String,
    /// What is asked for: each scope word and what it allows.
    pub scopes: Vec<(String, String)>,
    /// Where the answer goes.
    pub redirect_uri: String,
}

impl Server {
    /// The question of a request that waits for an answer; `None` when it does not, and the browser belongs back at the junction.
    pub async fn consent_question(&self, query: &str, session: Option<&Token>) -> Result<Option<Question>, Failure> {
        let Ok(Considered { client, destination, current: Some(current), next: Next::Consent(scope), .. }) =
            self.consider(query, session).await?
        else {
            return Ok(None);
        };
        let catalog = self.catalog().await?;
        let scopes =
            scope.iter().map(|word| (word.to_string(), catalog.description(word.as_str()).unwrap_or_default().to_owned())).collect();
        Ok(Some(Question {
            client,
            person: current.user.display_name().to_owned(),
            scopes,
            redirect_uri: destination.redirect_uri().to_owned(),
        }))
    }

    /// Records the person's answer. The browser then goes back to the junction.
    pub async fn answer_consent(&self, query: &str, session: Option<&Token>, allow: bool) -> Result<(), Failure> {
        let Ok(Considered { client, current: Some(current), next: Next::Consent(scope), .. }) = self.consider(query, session).await? else {
            return Ok(());
        };
        let now = self.clock.now();
        if allow && self.store.consents().allow(&current.user.subject, &client.id, &scope, now).await? == Applied::Lost {
            // The person or the client was deleted meanwhile: the junction will say so.
            return Ok(());
        }
        let request = name_of(query);
        let signed_in = current.session.interaction_for(&request, now).is_some_and(|interaction| interaction.signed_in);
        let interaction = Interaction { request, signed_in, consent: Some(allow), at: now };
        Ok(self.store.sessions().set_interaction(&current.session.id, Some(&interaction)).await?)
    }
}
