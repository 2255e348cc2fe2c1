//! Where an answer may go. Only a checked redirection URI makes a [`Destination`], and only a destination makes an [`Answer`]: before that
//! point the only answer is our own error page (RFC 6749 §4.1.2.1).

use url::form_urlencoded;

use crate::protocol::authorize::Reason;
use crate::protocol::client::{Client, ClientId};
use crate::protocol::explanation::{Explanation, Fact, listed, stranger};
use crate::protocol::issuer::Issuer;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::unregistered;
use crate::protocol::refusal::Refusal;

/// The most that we echo of `state` and `nonce`.
const LONGEST_ECHO: usize = 1024;

/// How an answer travels (OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query: the default for codes.
    Query,
    /// In the fragment.
    Fragment,
    /// In the body of a form that posts itself.
    FormPost,
}

impl ResponseMode {
    /// All of them, as metadata lists them.
    pub const ALL: [&'static str; 3] = ["query", "fragment", "form_post"];

    /// How the answer to a request travels, the refusal of a request included that can't be obeyed: what has to do with tokens never in the
    /// query (OAuth 2.0 Multiple Response Types §3, §5).
    fn of(params: &Params) -> Self {
        let one = |name: &str| params.one(name).ok().flatten();
        let has_tokens = one("response_type").is_some_and(|types| types.split(' ').any(|word| matches!(word, "token" | "id_token")));
        let default = if has_tokens { Self::Fragment } else { Self::Query };
        one("response_mode").and_then(Self::parse).filter(|mode| *mode != Self::Query || !has_tokens).unwrap_or(default)
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

/// A checked place to send answers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
    session_state: Option<String>,
    issuer: Issuer,
}

/// What the client is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The code.
    pub code: Option<String>,
    /// The access token.
    pub access: Option<GivenAccess>,
    /// The ID token.
    pub id_token: Option<String>,
}

/// An access token for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAccess {
    /// The token.
    pub token: String,
    /// Seconds that it lives.
    pub expires_in: u32,
    /// What it is good for.
    pub scope: String,
}

/// An answer on its way to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    redirect_uri: String,
    mode: ResponseMode,
    /// Its parameters, `state` and `iss` among them.
    pub parameters: Vec<(&'static str, String)>,
}

/// Who asks (RFC 6749 §4.1.1).
pub fn client_id(params: &Params) -> Result<ClientId, Reason> {
    let id = params.one("client_id").map_err(|_| Reason::NoClient)?.ok_or(Reason::NoClient)?;
    ClientId::parse(id).map_err(|_| Reason::UnknownClient(stranger(id)))
}

impl Destination {
    /// Checks where the request wants its answer. A `response_mode` or a `state` that can't be obeyed does not hinder the errors that
    /// [`crate::protocol::authorize::Request::parse`] then finds: they go by query, without the state.
    pub fn check(params: &Params, client: &Client, issuer: &Issuer) -> Result<Self, Refusal> {
        let refuse = |presented: Option<&str>, explanation: Explanation| {
            let reason = Reason::UnregisteredRedirectUri(presented.map(|uri| uri.chars().take(300).collect()));
            Refusal::from(reason).explained(explanation)
        };
        let presented = params.one("redirect_uri").map_err(|repeated| refuse(None, repeated.explain()))?;
        let redirect_uri = match (presented, client.redirect_uris.as_slice()) {
            (Some(presented), _) if client.redirect_uri(presented).is_some() => presented.to_owned(),
            // RFC 6749 §3.1.2.3: it may be left out where only one is registered.
            (None, [only]) => only.to_string(),
            (Some(uri), registered) => {
                return Err(refuse(presented, unregistered::explain("redirect_uri", uri, registered, client.application_type)));
            }
            (None, registered) => {
                let fact = Fact::of("redirect_uri").expected(format!("one of {}", listed(registered)));
                return Err(refuse(None, Explanation::of(fact.note("it may be left out only where exactly one is registered"))));
            }
        };
        let mode = ResponseMode::of(params);
        let state = params.one("state").ok().flatten().filter(|state| is_echoable(state)).map(str::to_owned);
        Ok(Self { redirect_uri, mode, state, session_state: None, issuer: issuer.clone() })
    }

    /// The same place, where the answer also says in what state the browser is (OpenID Connect Session Management §2).
    #[must_use]
    pub fn with_session_state(self, session_state: Option<String>) -> Self {
        Self { session_state, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The answer with what is given (RFC 6749 §4.1.2, §4.2.2, OpenID Connect Core §3.2.2.5, §3.3.2.5, RFC 9207 §2).
    #[must_use]
    pub fn give(&self, given: Given) -> Answer {
        let mut parameters: Vec<(&'static str, String)> = given.code.map(|code| ("code", code)).into_iter().collect();
        if let Some(access) = given.access {
            parameters.extend([
                ("access_token", access.token),
                ("token_type", "Bearer".to_owned()),
                ("expires_in", access.expires_in.to_string()),
                ("scope", access.scope),
            ]);
        }
        parameters.extend(given.id_token.map(|token| ("id_token", token)));
        self.answer(parameters)
    }

    /// The answer with an error (RFC 6749 §4.1.2.1, RFC 9207 §2).
    #[must_use]
    pub fn refuse(&self, refusal: &Refusal) -> Answer {
        self.answer(vec![("error", refusal.code.as_str().to_owned()), ("error_description", refusal.description.to_owned())])
    }

    fn answer(&self, mut parameters: Vec<(&'static str, String)>) -> Answer {
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        parameters.push(("iss", self.issuer.to_string()));
        parameters.extend(self.session_state.clone().map(|state| ("session_state", state)));
        Answer { redirect_uri: self.redirect_uri.clone(), mode: self.mode, parameters }
    }
}

impl Answer {
    /// The URL to send the browser to; `None` when the answer travels in a form (then [`Answer::form_action`]).
    #[must_use]
    pub fn location(&self) -> Option<String> {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish();
        match self.mode {
            ResponseMode::Query => {
                Some(format!("{}{}{encoded}", self.redirect_uri, if self.redirect_uri.contains('?') { '&' } else { '?' }))
            }
            ResponseMode::Fragment => Some(format!("{}#{encoded}", self.redirect_uri)),
            ResponseMode::FormPost => None,
        }
    }

    /// Where the form posts to.
    #[must_use]
    pub fn form_action(&self) -> &str {
        &self.redirect_uri
    }
}

/// Whether `state` or `nonce` comes back byte for byte.
pub(super) fn is_echoable(text: &str) -> bool {
    text.len() <= LONGEST_ECHO && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::GrantType;
    use crate::protocol::redirect_uri::RedirectUri;
    use crate::protocol::refusal::Reason as _;
    use crate::protocol::samples;

    fn client() -> Client {
        samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid")
    }

    fn code(code: &str) -> Given {
        Given { code: Some(code.to_owned()), ..Given::default() }
    }

    fn check(query: &str, client: &Client) -> Result<Destination, Refusal> {
        Destination::check(&Params::parse(query.as_bytes()).unwrap(), client, &samples::issuer())
    }

    #[test]
    fn an_answer_carries_state_and_issuer_in_every_mode() {
        let params = "redirect_uri=https://app.example/cb&state=a%26b~.-_";
        let query = check(params, &client()).unwrap().give(code("c")).location();
        assert_eq!(query.as_deref(), Some("https://app.example/cb?code=c&state=a%26b%7E.-_&iss=https%3A%2F%2Fid.example"));
        let fragment = check(&format!("{params}&response_mode=fragment"), &client()).unwrap().give(code("c")).location().unwrap();
        assert!(fragment.starts_with("https://app.example/cb#code=c&"));
        let form = check(&format!("{params}&response_mode=form_post"), &client()).unwrap().give(code("c"));
        assert_eq!((form.location(), form.form_action()), (None, "https://app.example/cb"));
        let with_query = Client {
            redirect_uris: vec![RedirectUri::register("https://app.example/cb?x=1", client().application_type).unwrap()],
            ..client()
        };
        assert!(check("", &with_query).unwrap().give(code("c")).location().unwrap().starts_with("https://app.example/cb?x=1&code=c&"));
    }

    #[test]
    fn what_has_to_do_with_tokens_is_never_in_the_query() {
        for types in ["id_token", "token+id_token", "code+id_token", "token", "code+token", "id_token+evil"] {
            for mode in ["", "&response_mode=query", "&response_mode=evil", "&response_mode=fragment"] {
                let refused = check(&format!("response_type={types}{mode}"), &client()).unwrap().refuse(&Reason::NoResponseType.into());
                assert!(refused.location().unwrap().starts_with("https://app.example/cb#error="), "{types} {mode}");
            }
            let form = check(&format!("response_type={types}&response_mode=form_post"), &client()).unwrap();
            assert_eq!(form.refuse(&Reason::NoResponseType.into()).location(), None);
        }
        let given = Given {
            code: Some("c".to_owned()),
            access: Some(GivenAccess { token: "t".to_owned(), expires_in: 600, scope: "openid".to_owned() }),
            id_token: Some("i".to_owned()),
        };
        let all = check("response_type=code+token+id_token&state=s", &client()).unwrap().give(given).location().unwrap();
        let expected =
            "code=c&access_token=t&token_type=Bearer&expires_in=600&scope=openid&id_token=i&state=s&iss=https%3A%2F%2Fid.example";
        assert_eq!(all, format!("https://app.example/cb#{expected}"));
    }

    #[test]
    fn there_is_no_destination_but_a_registered_one() {
        for bad in [
            "redirect_uri=https://evil.example/cb",
            "redirect_uri=https://app.example/cb&redirect_uri=https://evil.example/cb",
            "redirect_uri=https://app.example/cb%23x",
        ] {
            let refusal = check(bad, &client()).unwrap_err();
            assert_eq!(refusal.description, Reason::UnregisteredRedirectUri(None).description(), "{bad}");
        }
        let mut several = client();
        several.redirect_uris.push(RedirectUri::register("https://app.example/other", client().application_type).unwrap());
        assert!(check("", &client()).is_ok());
        assert!(check("", &several).is_err());
    }
}
