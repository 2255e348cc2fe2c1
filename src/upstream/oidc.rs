//! OpenID Providers (OpenID Connect Core §3.1, Discovery §4).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, AUTHORIZATION};
use oauth2::{AccessToken, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use openidconnect::core::{
    CoreAuthPrompt, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreJsonWebKey, CoreJwsSigningAlgorithm, CoreResponseType,
};
use openidconnect::{
    AccessTokenHash, AuthenticationFlow, ClaimsVerificationError, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenVerifier,
    LoginHint, Nonce, OAuth2TokenResponse, RedirectUrl, Scope, SignatureVerificationError, TokenResponse,
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use crate::identity::profile::{LONGEST_PROFILE, merged};
use crate::identity::provider::{Provider, ProviderKind};
use crate::protocol::time::Timestamp;
use crate::upstream::discovery::Metadata;
use crate::upstream::{Answer, Arrival, Errand, Registered, Trouble, Upstream};

/// What a provider's clock may be off by, in seconds, where it says when somebody signed in.
const LEEWAY: u64 = 60;

/// The algorithms that are taken: asymmetric ones. With a symmetric one, our own secret would be the key.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

impl Upstream {
    pub(super) async fn depart_to_oidc(&self, registered: &Registered, errand: &Errand) -> Result<String, Trouble> {
        if let (ProviderKind::Google, Some(max_age)) = (registered.provider.kind, errand.max_age) {
            return Err(Trouble::NotFresh(max_age));
        }
        let client = client(&*self.metadata(&registered.provider).await?, registered, errand)?;
        let (state, nonce) = (CsrfToken::new(errand.state.clone()), Nonce::new(errand.nonce.clone()));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(errand.verifier.clone()));
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client.authorize_url(flow, move || state, move || nonce).set_pkce_challenge(challenge);
        for scope in registered.provider.scopes().into_iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        // Google knows no prompt=login.
        let is_google = registered.provider.kind == ProviderKind::Google;
        if errand.login && !is_google {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        if errand.select_account || (errand.login && is_google) {
            request = request.add_prompt(CoreAuthPrompt::SelectAccount);
        }
        // OpenID Connect Core §2: who is asked for max_age has to say when they signed in.
        if let Some(max_age) = if errand.login && !is_google { Some(0) } else { errand.max_age } {
            request = request.set_max_age(Duration::from_secs(max_age));
        }
        if let Some(hint) = &errand.login_hint {
            request = request.set_login_hint(LoginHint::new(hint.clone()));
        }
        Ok(request.url().0.into())
    }

    pub(super) async fn arrive_from_oidc(&self, registered: &Registered, errand: &Errand, answer: Answer<'_>) -> Result<Arrival, Trouble> {
        let provider = &registered.provider;
        // A refusal needs nothing of the provider to be understood.
        if answer.error.is_some() && answer.iss.is_none_or(|iss| iss == provider.issuer()) {
            answer.code()?;
        }
        let metadata = self.metadata(provider).await?;
        // RFC 9207 §2.4: an answer of another issuer is refused before anything is made of it, an error as well.
        match answer.iss {
            Some(iss) if iss != provider.issuer() => return Err(Trouble::untrusted("the answer names another issuer (iss)")),
            None if metadata.additional_metadata().authorization_response_iss_parameter_supported => {
                return Err(Trouble::untrusted("the answer does not name its issuer (iss), as the provider says that it does"));
            }
            _ => {}
        }
        let code = AuthorizationCode::new(answer.code()?.to_owned());
        let client = client(&metadata, registered, errand)?;
        let http = self.asking(provider);
        let exchange = client.exchange_code(code).map_err(|_| Trouble::Misbehaved("its metadata has no token endpoint"))?;
        let verifier = PkceCodeVerifier::new(errand.verifier.clone());
        let tokens = exchange.set_pkce_verifier(verifier).request_async(&http).await?;
        let id_token = tokens.id_token().ok_or(Trouble::untrusted("there is no ID token"))?;
        let mut profile = self.verified(registered, errand, metadata.clone(), (id_token, tokens.access_token())).await?;
        let subject = text(&profile, "sub").ok_or(Trouble::untrusted("the ID token has no subject"))?;
        let authenticated_at = profile.get("auth_time").and_then(Value::as_i64).map(Timestamp::from_seconds);
        self.check_freshness(errand, authenticated_at)?;
        let said = |claim: &str| profile.get(claim).and_then(Value::as_array).cloned().unwrap_or_default();
        let amr = said("amr").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let acr = text(&profile, "acr");
        if let Some(url) = metadata.userinfo_endpoint() {
            let more = self.userinfo(provider, url.url().as_str(), tokens.access_token().secret(), &subject).await?;
            // What is signed comes before what is not.
            profile = merged(profile, more);
        }
        // What is about the token is nothing about the person.
        for claim in ["iss", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "sid", "auth_time", "amr", "acr"] {
            profile.remove(claim);
        }
        if serde_json::to_string(&profile).map_or(usize::MAX, |text| text.len()) > LONGEST_PROFILE {
            return Err(Trouble::Misbehaved("the profile is longer than 16 KiB"));
        }
        Ok(Arrival { subject, profile, authenticated_at, amr, acr })
    }

    /// The claims of an ID token that can be relied on (OpenID Connect Core §3.1.3.7). When it names a key that is not known, or names none
    /// and its signature is wrong, the keys may have changed: they are fetched once more.
    async fn verified(
        &self,
        registered: &Registered,
        errand: &Errand,
        metadata: Arc<Metadata>,
        (id_token, access_token): (&CoreIdToken, &AccessToken),
    ) -> Result<Map<String, Value>, Trouble> {
        let nonce = Nonce::new(errand.nonce.clone());
        let checked = |metadata: &Metadata| {
            let claims = id_token.claims(&self.verifier(metadata, registered), &nonce)?;
            let (azp, at_hash) = (claims.authorized_party().map(|azp| (**azp).clone()), claims.access_token_hash());
            // OpenID Connect Core §3.1.3.8: what it says of the access token has to hold. The hash is the algorithm's, which EdDSA's keys know.
            let is_its = |at_hash: &AccessTokenHash| {
                let algorithm = id_token.signing_alg()?;
                let hashes = metadata.jwks().keys().iter().filter_map(|key| AccessTokenHash::from_token(access_token, algorithm, key).ok());
                Ok::<_, SignatureVerificationError>(hashes.into_iter().any(|hash| hash == *at_hash))
            };
            Ok((azp, at_hash.map_or(Ok(true), is_its).map_err(ClaimsVerificationError::SignatureVerification)?))
        };
        let (azp, has_right_hash) = match checked(&metadata) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
            )) => checked(&*self.renewed_keys(&registered.provider, &metadata).await?)?,
            checked => checked?,
        };
        if !has_right_hash {
            return Err(Trouble::untrusted("the ID token was given with another access token (at_hash)"));
        }
        // OpenID Connect Core §3.1.3.7, rule 5.
        if azp.is_some_and(|azp| azp != registered.provider.client_id) {
            return Err(Trouble::untrusted("the ID token was given to somebody else (azp)"));
        }
        let text = id_token.to_string();
        let payload = text.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok()).unwrap_or_default();
        serde_json::from_slice(&payload).map_err(|_| Trouble::untrusted("the ID token makes no sense"))
    }

    fn verifier<'a>(&self, metadata: &Metadata, registered: &Registered) -> IdTokenVerifier<'a, CoreJsonWebKey> {
        let now = self.clock.now().seconds();
        let now = DateTime::<Utc>::from_timestamp(now, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let id = ClientId::new(registered.provider.client_id.clone());
        IdTokenVerifier::new_public_client(id, metadata.issuer().clone(), metadata.jwks().clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now)
    }

    /// OpenID Connect Core §3.1.2.1: with `max_age`, `auth_time` has to be there, and to be recent, as seen from when they were sent there.
    fn check_freshness(&self, errand: &Errand, authenticated_at: Option<Timestamp>) -> Result<(), Trouble> {
        let Some(max_age) = errand.max_age else { return Ok(()) };
        let oldest = max_age.saturating_add(LEEWAY).saturating_add(errand.under_way.as_secs());
        let is_fresh = authenticated_at.is_some_and(|at| self.clock.now().since(at).as_secs() <= oldest);
        if is_fresh { Ok(()) } else { Err(Trouble::NotFresh(max_age)) }
    }

    /// What the provider says besides the ID token (OpenID Connect Core §5.3), if it is about the same person.
    async fn userinfo(&self, provider: &Provider, url: &str, token: &str, subject: &str) -> Result<Map<String, Value>, Trouble> {
        const NONE: Trouble = Trouble::Misbehaved("its userinfo endpoint does not answer as one");
        let request = http::Request::get(url).header(ACCEPT, "application/json").header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = self.outbound.send(request.body(Vec::new()).map_err(|_| NONE)?, &provider.allowed_private_hosts).await?;
        if !answer.status().is_success() {
            return Err(NONE);
        }
        // A signed answer (§5.3.2) is not asked for; where a provider insists on one, the ID token has to do.
        let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(answer.body()) else { return Ok(Map::new()) };
        // OpenID Connect Core §5.3.2: nothing of somebody else is used.
        if claims.get("sub").and_then(Value::as_str) == Some(subject) {
            Ok(claims)
        } else {
            Err(Trouble::untrusted("the userinfo endpoint tells about somebody else (sub)"))
        }
    }
}

/// The library's client for one attempt.
fn client(metadata: &Metadata, registered: &Registered, errand: &Errand) -> Result<Client, Trouble> {
    let (id, secret) = (registered.provider.client_id.clone(), registered.secret.expose_secret().to_owned());
    let redirect_uri = RedirectUrl::new(errand.redirect_uri.clone()).map_err(|_| Trouble::Misbehaved("our own address is no URL"))?;
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method: &CoreClientAuthMethod| methods.is_some_and(|methods| methods.contains(method));
    // OpenID Connect Discovery §3: it takes Basic if it does not say.
    let in_the_form = takes(&CoreClientAuthMethod::ClientSecretPost) && !takes(&CoreClientAuthMethod::ClientSecretBasic);
    let how = if in_the_form { AuthType::RequestBody } else { AuthType::BasicAuth };
    Ok(CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(id), Some(ClientSecret::new(secret)))
        .set_redirect_uri(redirect_uri)
        .set_auth_type(how))
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name).and_then(Value::as_str).map(str::to_owned)
}
