//! Signing in at another provider: a second server of ours, and one that speaks as GitHub does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::actors::{Broker, Browser, Octo, Page, RelyingParty, TestServer, claims, provider};

async fn octo_and_server(more: &Value) -> (Octo, TestServer) {
    let octo = Octo::start().await;
    let server = TestServer::start_with_providers(vec![provider("github", &octo.url, more)]).await;
    (octo, server)
}

/// What GitHub's page leads back to when the person presses this button.
async fn decide(server: &TestServer, away: &Page, button: &str) -> String {
    assert!(away.left, "still at {}: {}", away.url, away.body);
    let url = away.url.as_str().replace("/login/oauth/authorize?", "/login/oauth/decide?");
    let answer = server.http.get(format!("{url}&{button}=1")).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn through_github(server: &TestServer, browser: &mut Browser<'_>, url: &str) -> Page {
    let away = browser.open(url).await;
    let back = decide(server, &away, "authorize").await;
    browser.open(&back).await
}

#[tokio::test]
async fn somebody_from_another_server_gets_an_account_and_tokens_that_say_how_they_came() {
    let broker = Broker::start(&json!({"roles": ["visitor"], "display_name": "Our company"})).await;
    let app = RelyingParty::demo_web(&broker.server);
    let mut browser = Browser::new(&broker.server);
    let page = browser.open(&app.authorization_url("openid profile email offline_access", "login_hint=alice&max_age=3600")).await;
    assert!(page.body.contains("Continue with <bdi>Our company</bdi>"), "{}", page.body);
    let away = browser.submit(&page, &[], "with-work").await;
    for (name, expected) in [("client_id", "broker"), ("login_hint", "alice"), ("max_age", "3600"), ("code_challenge_method", "S256")] {
        assert_eq!(away.parameter(name).as_deref(), Some(expected), "{}", away.url);
    }
    assert_eq!(away.parameter("redirect_uri"), Some(broker.server.url("/login/callback/work")));
    let back = broker.pass_there(&away, "alice", "wonderland").await;
    let consent = browser.open(&back).await;
    assert_eq!(consent.url.path(), "/consent", "{}", consent.body);
    let done = browser.submit(&consent, &[], "consent-allow").await;
    let tokens = app.redeem(&done.code()).await;
    let refreshed = app.refresh(tokens.refresh()).await;
    for claims in [tokens.id_claims(), tokens.access_claims(), refreshed.id_claims(), refreshed.access_claims()] {
        assert_eq!((&claims["amr"], &claims["idp"]), (&json!(["fed", "pwd"]), &json!("work")), "{claims}");
        assert_ne!(claims["sub"], Value::Null);
    }
    assert_eq!(tokens.access_claims()["roles"], json!(["visitor"]));
    let told = broker.server.userinfo(tokens.access()).await.json();
    assert_eq!((&told["name"], &told["email"]), (&json!("Alice Liddell"), &json!("alice@example.com")), "{told}");
    // It is somebody else than the alice of this server: a name and an address prove nothing.
    assert_eq!(told["preferred_username"], json!("alice-work"));
    let local = claims(broker.server.alices_tokens("openid").await["access_token"].as_str().unwrap());
    assert_ne!(local["sub"], tokens.access_claims()["sub"]);

    // The next time it is the same account, and nobody is asked anything there or here.
    let again =
        broker.sign_in(&mut Browser::new(&broker.server), &app.authorization_url("openid", "provider=work"), "alice", "wonderland").await;
    assert_eq!(app.redeem(&again.code()).await.access_claims()["sub"], tokens.access_claims()["sub"]);
}

#[tokio::test]
async fn the_client_may_ask_for_the_provider_and_pass_its_wishes_on() {
    let broker = Broker::start(&json!({})).await;
    let app = RelyingParty::demo_web(&broker.server);
    let away = |extra: &'static str| {
        let (app, server) = (&app, &broker.server);
        async move { Browser::new(server).open(&app.authorization_url("openid", &format!("provider=work&{extra}"))).await }
    };
    assert_eq!(away("prompt=login").await.parameter("prompt").as_deref(), Some("login"));
    assert_eq!(away("prompt=select_account").await.parameter("prompt").as_deref(), Some("select_account"));
    assert_eq!(away("prompt=consent").await.parameter("prompt"), None, "that is a matter between the person and our client");
    assert_eq!(away("max_age=0").await.parameter("max_age").as_deref(), Some("0"));
    let silent = away("prompt=none").await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"), "nobody is sent anywhere");
    let (a, b) = (away("").await, away("").await);
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(a.parameter(name), b.parameter(name), "{name}");
    }
}

#[tokio::test]
async fn whoever_signs_in_for_a_request_with_prompt_login_does_not_go_in_circles() {
    let broker = Broker::start(&json!({})).await;
    let app = RelyingParty::demo_web(&broker.server);
    let mut browser = Browser::new(&broker.server);
    for extra in ["provider=work", "provider=work&prompt=login", "provider=work&max_age=0"] {
        let page = broker.sign_in(&mut browser, &app.authorization_url("openid", extra), "alice", "wonderland").await;
        let page = if page.left { page } else { browser.submit(&page, &[], "consent-allow").await };
        assert!(page.parameter("code").is_some(), "{extra}: {}", page.url);
    }
}

#[tokio::test]
async fn who_is_there_already_is_sent_nowhere() {
    let broker = Broker::start(&json!({})).await;
    let app = RelyingParty::demo_web(&broker.server);
    let mut browser = Browser::new(&broker.server);
    app.sign_in(&mut browser, "openid").await;
    let page = browser.open(&app.authorization_url("openid", "provider=work")).await;
    assert_eq!(page.url.origin().ascii_serialization(), "http://localhost:3000", "{}", page.url);
    let tokens = app.redeem(&page.code()).await;
    assert_eq!((&tokens.id_claims()["amr"], &tokens.id_claims()["idp"]), (&json!(["pwd"]), &Value::Null));
}

#[tokio::test]
async fn github_gives_a_profile_and_the_primary_address_with_whether_it_is_verified() {
    let (octo, server) = octo_and_server(&json!({})).await;
    let app = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let consent = through_github(&server, &mut browser, &app.authorization_url("openid profile email", "provider=work")).await;
    let tokens = app.redeem(&browser.submit(&consent, &[], "consent-allow").await.code()).await;
    let told = server.userinfo(tokens.access()).await.json();
    let expected = json!({
        "sub": told["sub"], "name": "monalisa octocat", "nickname": "octocat", "preferred_username": "octocat-work",
        "profile": "https://github.com/octocat", "picture": "https://avatars.example/583231", "website": "https://github.com/blog",
        "email": "octocat@github.example", "email_verified": true, "updated_at": told["updated_at"],
    });
    assert_eq!(told, expected);
    assert_eq!(tokens.id_claims()["amr"], json!(["fed"]));

    // The next time the profile is another one, the login too: the number is who they are.
    octo.change(|state| {
        state.user["login"] = "hubot".into();
        state.user["name"] = "Hubot".into();
        state.emails = json!([{"email": "hubot@github.example", "verified": false, "primary": true, "visibility": null}]);
    });
    server.clock.advance(Duration::from_mins(1));
    let mut other = Browser::new(&server);
    let back = through_github(&server, &mut other, &app.authorization_url("openid profile email", "provider=work")).await;
    let tokens = app.redeem(&back.code()).await;
    let now = server.userinfo(tokens.access()).await.json();
    assert_eq!(now["sub"], told["sub"]);
    assert_eq!((&now["name"], &now["email"], &now["email_verified"]), (&json!("Hubot"), &json!("hubot@github.example"), &json!(false)));
}

#[tokio::test]
async fn the_profile_is_kept_for_whoever_reads_it() {
    let (_octo, server) = octo_and_server(&json!({})).await;
    let mut browser = Browser::new(&server);
    let page = browser.open("/login").await;
    let away = browser.submit(&page, &[], "with-work").await;
    let back = decide(&server, &away, "authorize").await;
    let account = browser.open(&back).await;
    assert_eq!(account.url.path(), "/account", "{}", account.body);
    let octocat = claviger::identity::user::Username::parse("octocat-work").unwrap();
    let user = server.store.users().find_by_username(&octocat).await.unwrap().unwrap();
    let identities = server.store.identities().of_user(&user.subject).await.unwrap();
    let [identity] = identities.as_slice() else { panic!("{identities:?}") };
    assert_eq!((identity.subject.as_str(), identity.profile["company"].as_str()), ("583231", Some("GitHub")));
    assert_eq!(identity.profile["location"].as_str(), Some("San Francisco"));
    assert!(!identity.profile.contains_key("node_id"), "what is not known is not kept");
}

#[tokio::test]
async fn who_refuses_there_is_back_on_the_login_page_and_the_password_works() {
    let (_octo, server) = octo_and_server(&json!({})).await;
    let app = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    let away = browser.open(&app.authorization_url("openid", "provider=work")).await;
    let back = decide(&server, &away, "cancel").await;
    let page = browser.open(&back).await;
    assert_eq!(page.status, 400, "{}", page.body);
    assert!(page.body.contains("GitHub says that you turned back."), "{}", page.body);
    let why = server.why(&page.trace_id).await;
    assert!(why.reason.contains("access_denied"), "{}", why.reason);
    let consent = browser.submit(&page, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    let done = if consent.left { consent } else { browser.submit(&consent, &[], "consent-allow").await };
    assert_eq!(app.redeem(&done.code()).await.id_claims()["amr"], json!(["pwd"]));
}

#[tokio::test]
async fn without_create_accounts_nobody_new_comes_in() {
    let (_octo, server) = octo_and_server(&json!({"create_accounts": false})).await;
    let mut browser = Browser::new(&server);
    let page = through_github(&server, &mut browser, &RelyingParty::demo_web(&server).authorization_url("openid", "provider=work")).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("Nobody here is linked to your account at GitHub."), "{}", page.body);
    assert!(!browser.cookies.contains_key("claviger-session"), "no session");
    assert!(server.why(&page.trace_id).await.advice.is_some_and(|advice| advice.contains("create_accounts")));
}

#[tokio::test]
async fn only_verified_addresses_of_allowed_domains_let_somebody_in() {
    let (octo, server) = octo_and_server(&json!({"allowed_email_domains": ["github.example"]})).await;
    let url = RelyingParty::demo_web(&server).authorization_url("openid", "provider=work");
    for emails in [
        json!([{"email": "octocat@github.example", "verified": false, "primary": true}]),
        json!([{"email": "octocat@evil.example", "verified": true, "primary": true}, {"email": "o@github.example", "verified": true, "primary": false}]),
        json!([]),
    ] {
        octo.change(|state| state.emails = emails.clone());
        let page = through_github(&server, &mut Browser::new(&server), &url).await;
        assert!(page.body.contains("no verified e-mail address that is allowed here"), "{emails}: {}", page.body);
    }
    octo.change(|state| state.emails = json!([{"email": "octocat@GitHub.example", "verified": true, "primary": true}]));
    let page = through_github(&server, &mut Browser::new(&server), &url).await;
    assert_eq!(page.url.path(), "/consent", "{}", page.body);
}

#[tokio::test]
async fn errors_that_come_with_status_200_are_errors() {
    let (octo, server) = octo_and_server(&json!({})).await;
    let url = RelyingParty::demo_web(&server).authorization_url("openid", "provider=work");
    for (answer, reason) in [
        (
            json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."}),
            "bad_verification_code",
        ),
        (json!({"error": "incorrect_client_credentials"}), "incorrect_client_credentials"),
        (json!({"message": "Server Error"}), "holds no token"),
        (json!({"access_token": "gho_wrong", "token_type": "bearer", "scope": ""}), "does not answer as documented"),
    ] {
        octo.change(|state| state.token_answer = Some(answer.clone()));
        let mut browser = Browser::new(&server);
        let page = through_github(&server, &mut browser, &url).await;
        assert_eq!(page.status, 400, "{answer}: {}", page.body);
        let why = server.why(&page.trace_id).await;
        assert!(why.reason.contains(reason), "{answer}: {}", why.reason);
        assert!(!browser.cookies.contains_key("claviger-session"));
    }
}

#[tokio::test]
async fn a_provider_that_is_switched_off_or_unknown_says_so() {
    let (octo, server) = octo_and_server(&json!({"enabled": false})).await;
    let app = RelyingParty::demo_web(&server);
    let page = Browser::new(&server).open(&app.authorization_url("openid", "")).await;
    assert!(!page.body.contains("/login/with/"), "no button");
    for name in ["work", "nobody", "..%2f"] {
        let page = Browser::new(&server).open(&app.authorization_url("openid", &format!("provider={name}"))).await;
        assert_eq!(page.status, 400, "{}", page.body);
        assert!(
            page.body.contains("You can't sign in that way at the moment.") || page.body.contains("can&#39;t sign in that way"),
            "{}",
            page.body
        );
    }
    drop(octo);
}

#[tokio::test]
async fn github_is_not_asked_where_the_client_needs_to_know_when_they_signed_in() {
    let (_octo, server) = octo_and_server(&json!({})).await;
    let page = Browser::new(&server).open(&RelyingParty::demo_web(&server).authorization_url("openid", "provider=work&max_age=60")).await;
    assert_eq!((page.left, page.status.as_u16()), (false, 400));
    assert!(page.body.contains("does not show that you signed in there a moment ago"), "{}", page.body);
}

#[tokio::test]
async fn a_sign_in_that_a_client_asks_for_anew_has_to_be_shown() {
    let (_octo, server) = octo_and_server(&json!({})).await;
    let app = RelyingParty::demo_web(&server);
    for extra in ["provider=work&prompt=login", "provider=work&prompt=login%20select_account", "provider=work&max_age=60"] {
        let page = Browser::new(&server).open(&app.authorization_url("openid", extra)).await;
        assert_eq!((page.left, page.status.as_u16()), (false, 400), "{extra}");
    }
    // Who came from there some time ago may have signed in long before: a client that needs to know gets no answer by that.
    let mut browser = Browser::new(&server);
    through_github(&server, &mut browser, &app.authorization_url("openid", "provider=work")).await;
    let page = browser.open(&app.authorization_url("openid", "max_age=3600")).await;
    assert_eq!((page.left, page.url.path()), (false, "/login"), "{}", page.url);
    let broker = Broker::start(&json!({})).await;
    let url = RelyingParty::demo_web(&broker.server).authorization_url("openid", "provider=work&prompt=login%20select_account");
    let away = Browser::new(&broker.server).open(&url).await;
    assert_eq!((away.parameter("prompt").as_deref(), away.parameter("max_age").as_deref()), (Some("login select_account"), Some("0")));
}
