//! The `openidconnect` crate as a relying party: discovery, code with PKCE, ID token, userinfo, refresh.

use openidconnect::core::{CoreClient, CoreProviderMetadata, CoreResponseType, CoreUserInfoClaims};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};

use crate::actors::{Browser, TestServer};

#[tokio::test]
async fn it_signs_alice_in_and_refreshes() {
    signs_alice_in_and_refreshes(&TestServer::start_in_real_time().await).await;
}

/// Conformance: 1
#[tokio::test]
async fn it_finds_an_issuer_with_a_path() {
    signs_alice_in_and_refreshes(&TestServer::start_below("/tenant").await).await;
}

async fn signs_alice_in_and_refreshes(server: &TestServer) {
    let http = |request: HttpRequest| async {
        let response = server.http.execute(request.try_into().unwrap()).await?;
        let mut builder = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            builder = builder.header(name, value);
        }
        Ok::<HttpResponse, reqwest::Error>(builder.body(response.bytes().await?.to_vec()).unwrap())
    };
    let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new(server.issuer.clone()).unwrap(), &http).await.unwrap();
    let client =
        CoreClient::from_provider_metadata(metadata, ClientId::new("demo-web".into()), Some(ClientSecret::new("demo-web-secret".into())))
            .set_redirect_uri(RedirectUrl::new("http://localhost:3000/callback".into()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("profile".into()))
        .add_scope(Scope::new("email".into()))
        .set_pkce_challenge(challenge)
        .url();

    let back = Browser::new(server).log_in_and_consent(url.as_str()).await;
    assert_eq!(back.parameter("state").as_ref(), Some(state.secret()));
    assert_eq!(back.parameter("iss"), Some(server.issuer.clone()));

    let tokens =
        client.exchange_code(AuthorizationCode::new(back.code())).unwrap().set_pkce_verifier(verifier).request_async(&http).await.unwrap();
    let claims = tokens.id_token().unwrap().claims(&client.id_token_verifier(), &nonce).unwrap();
    let subject = claims.subject().clone();
    let info: CoreUserInfoClaims =
        client.user_info(tokens.access_token().clone(), Some(subject.clone())).unwrap().request_async(&http).await.unwrap();
    assert_eq!(info.email().map(|email| email.as_str()), Some("alice@example.com"));

    let refreshed = client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap().request_async(&http).await.unwrap();
    let renewed = refreshed.id_token().unwrap().claims(&client.id_token_verifier(), |_: Option<&Nonce>| Ok(())).unwrap();
    assert_eq!(renewed.subject(), &subject);
}
