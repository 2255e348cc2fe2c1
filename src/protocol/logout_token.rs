//! Logout tokens (OpenID Connect Back-Channel Logout §2.4): what tells a client that a session is over.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::protocol::client::ClientId;
use crate::protocol::issuer::Issuer;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;

/// The `typ` of a logout token's header.
pub const TYP: &str = "logout+jwt";
/// The event that it tells of.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long it is good for: as short as a client's clock allows (§2.4).
const LIFETIME: Duration = Duration::from_mins(2);

/// The claims of a logout token. There is never a `nonce` among them, so that it can't pass for an ID token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogoutToken {
    iss: String,
    sub: Subject,
    aud: ClientId,
    iat: Timestamp,
    exp: Timestamp,
    jti: String,
    events: Value,
    sid: SessionId,
}

impl LogoutToken {
    /// What tells `client` that a session of the person that it knows as `subject` is over. `jti` names this token and no other.
    #[must_use]
    pub fn new(issuer: &Issuer, client: &ClientId, subject: &Subject, session: &SessionId, jti: String, now: Timestamp) -> Self {
        Self {
            iss: issuer.to_string(),
            sub: subject.clone(),
            aud: client.clone(),
            iat: now,
            exp: now + LIFETIME,
            jti,
            events: json!({ EVENT: {} }),
            sid: session.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::samples;

    #[test]
    fn it_says_what_the_specification_asks_for_and_nothing_else() {
        let (subject, session) = (Subject::new("alice"), SessionId::new("s1"));
        let now = Timestamp::from_seconds(1000);
        let token = LogoutToken::new(&samples::issuer(), &samples::client_id("app"), &subject, &session, "j".to_owned(), now);
        let expected = json!({
            "iss": "https://id.example", "sub": "alice", "aud": "app", "iat": 1000, "exp": 1120, "jti": "j", "sid": "s1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}
        });
        assert_eq!(serde_json::to_value(token).unwrap(), expected);
    }
}
