//! GitHub: OAuth 2 (RFC 6749) with PKCE, and its own API for who somebody is. It is no OpenID Provider: there is no ID token, and it does
//! not say when somebody signed in.

use http::header::{ACCEPT, AUTHORIZATION};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, TokenUrl,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::identity::profile::LONGEST_PROFILE;
use crate::identity::provider::Provider;
use crate::upstream::{Answer, Arrival, Errand, Registered, Trouble, Upstream};

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What is kept of `GET /user`.
const KEPT: [&str; 13] = [
    "login",
    "id",
    "name",
    "company",
    "location",
    "blog",
    "bio",
    "html_url",
    "avatar_url",
    "twitter_username",
    "hireable",
    "type",
    "created_at",
];

/// An entry of `GET /user/emails`.
#[derive(Deserialize)]
struct Address {
    #[serde(rename = "email")]
    text: String,
    primary: bool,
    verified: bool,
}

pub(super) fn depart(registered: &Registered, errand: &Errand) -> Result<String, Trouble> {
    // It can't say when somebody signed in, so that there is no sense in going there.
    if let Some(max_age) = errand.max_age {
        return Err(Trouble::NotFresh(max_age));
    }
    let client = client(registered, errand)?;
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(errand.verifier.clone()));
    let state = CsrfToken::new(errand.state.clone());
    let mut request = client.authorize_url(move || state).set_pkce_challenge(challenge);
    for scope in registered.provider.scopes() {
        request = request.add_scope(Scope::new(scope.to_owned()));
    }
    if let Some(hint) = &errand.login_hint {
        request = request.add_extra_param("login", hint.clone());
    }
    if errand.select_account || errand.login {
        request = request.add_extra_param("prompt", "select_account");
    }
    Ok(request.url().0.into())
}

impl Upstream {
    pub(super) async fn arrive_from_github(
        &self,
        registered: &Registered,
        errand: &Errand,
        answer: Answer<'_>,
    ) -> Result<Arrival, Trouble> {
        let provider = &registered.provider;
        let issuer = provider.issuer();
        if answer.iss.is_some_and(|iss| iss != issuer && iss.strip_suffix("/login/oauth") != Some(&*issuer)) {
            return Err(Trouble::untrusted("the answer names another issuer (iss)"));
        }
        let code = AuthorizationCode::new(answer.code()?.to_owned());
        let http = self.asking(provider);
        let exchange = client(registered, errand)?;
        let exchange = exchange.exchange_code(code).set_pkce_verifier(PkceCodeVerifier::new(errand.verifier.clone()));
        let tokens = exchange.request_async(&http).await?;
        let token = tokens.access_token().secret();
        let api = api(&issuer);
        let user: Map<String, Value> = self.ask_github(provider, &format!("{api}/user"), token).await?;
        // A login can be given up and taken by somebody else; the number stays.
        let subject = user.get("id").and_then(Value::as_u64).ok_or(Trouble::untrusted("the profile has no id"))?.to_string();
        let mut profile: Map<String, Value> = user.into_iter().filter(|(name, _)| KEPT.contains(&name.as_str())).collect();
        // The address in the profile is one that its owner shows, verified or not: only the list says which is.
        if registered.provider.scopes().iter().any(|scope| matches!(*scope, "user:email" | "user")) {
            let emails: Vec<Address> = self.ask_github(provider, &format!("{api}/user/emails"), token).await?;
            if let Some(primary) = emails.into_iter().find(|email| email.primary) {
                profile.insert("email".to_owned(), primary.text.into());
                profile.insert("email_verified".to_owned(), primary.verified.into());
            }
        }
        if serde_json::to_string(&profile).map_or(usize::MAX, |text| text.len()) > LONGEST_PROFILE {
            return Err(Trouble::Misbehaved("the profile is longer than 16 KiB"));
        }
        Ok(Arrival { subject, profile, authenticated_at: None, amr: Vec::new(), acr: None })
    }

    async fn ask_github<T: for<'de> Deserialize<'de>>(&self, provider: &Provider, url: &str, token: &str) -> Result<T, Trouble> {
        const NONE: Trouble = Trouble::Misbehaved("its API does not answer as documented");
        let request = http::Request::get(url)
            .header(ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = self.outbound.send(request.body(Vec::new()).map_err(|_| NONE)?, &provider.allowed_private_hosts).await?;
        if !answer.status().is_success() {
            return Err(NONE);
        }
        serde_json::from_slice(answer.body()).map_err(|_| NONE)
    }
}

/// Where the API is: beside GitHub's own site and its data residency sites, below an Enterprise Server.
fn api(issuer: &str) -> String {
    match issuer.strip_prefix("https://") {
        Some(host) if host == "github.com" || host.ends_with(".ghe.com") => format!("https://api.{host}"),
        _ => format!("{}/api/v3", issuer.trim_end_matches('/')),
    }
}

fn client(registered: &Registered, errand: &Errand) -> Result<Client, Trouble> {
    let none = |_| Trouble::Misbehaved("its address is no URL");
    let site = registered.provider.issuer();
    let site = site.trim_end_matches('/');
    Ok(BasicClient::new(ClientId::new(registered.provider.client_id.clone()))
        .set_client_secret(ClientSecret::new(registered.secret.expose_secret().to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::new(format!("{site}/login/oauth/authorize")).map_err(none)?)
        .set_token_uri(TokenUrl::new(format!("{site}/login/oauth/access_token")).map_err(none)?)
        .set_redirect_uri(RedirectUrl::new(errand.redirect_uri.clone()).map_err(none)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_where_each_github_has_it() {
        assert_eq!(api("https://github.com"), "https://api.github.com");
        assert_eq!(api("https://octo.ghe.com"), "https://api.octo.ghe.com");
        assert_eq!(api("https://github.corp.example"), "https://github.corp.example/api/v3");
    }
}
