//! `claviger preview`: the same that `GET /api/v1/preview` answers.

use serde_json::Value;

use crate::binary::program::Site;

/// A preview, and how long what it shows would live, without what differs from one to the next.
fn lasting(text: &str) -> (Value, Vec<i64>) {
    let mut preview: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"));
    let mut lifetimes = Vec::new();
    for token in ["access_token", "id_token"] {
        let Some(claims) = preview.get_mut(token).and_then(Value::as_object_mut) else { continue };
        let second = |claim: Option<Value>| claim.and_then(|second| second.as_i64()).unwrap_or_else(|| panic!("{text}"));
        lifetimes.push(second(claims.remove("exp")) - second(claims.remove("iat")));
        for passing in ["jti", "sid", "auth_time", "at_hash"] {
            claims.remove(passing);
        }
    }
    (preview, lifetimes)
}

#[tokio::test]
async fn it_prints_what_the_api_answers() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let form = [
        ("grant_type", "password"),
        ("client_id", "claviger-docs"),
        ("username", "alice"),
        ("password", "wonderland"),
        ("scope", "users:read"),
    ];
    let admin = site.post("/token", None, &form).await.json()["access_token"].as_str().unwrap().to_owned();
    for (client, user, scope) in [
        ("demo-web", Some("alice"), Some("openid profile email items:read clients:read")),
        ("demo-web", Some("bob"), None),
        ("claviger-docs", Some("bob"), Some("openid roles clients:read items:write")),
        ("demo-m2m", None, Some("items:write openid")),
        ("demo-m2m", None, None),
    ] {
        let mut arguments = vec!["preview", "--client", client, "--data", "data"];
        let mut query = vec![("client", client)];
        for (flag, name, value) in [("--user", "user", user), ("--scope", "scope", scope)] {
            if let Some(value) = value {
                arguments.extend([flag, value]);
                query.push((name, value));
            }
        }
        let printed = site.succeed(&arguments);
        let url = reqwest::Url::parse_with_params(&site.url("/api/v1/preview"), &query).unwrap();
        let answer = site.http.get(url).bearer_auth(&admin).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{arguments:?}");
        let answered = lasting(&answer.text().await.unwrap());
        let (preview, lifetimes) = lasting(&printed);
        assert_eq!((&preview, &lifetimes), (&answered.0, &answered.1), "{arguments:?}");
        assert_eq!(preview["access_token"]["client_id"], client);
        assert!(!preview["claims"].as_array().unwrap().is_empty() && !lifetimes.is_empty(), "{printed}");
        assert_eq!(preview.get("id_token").is_some(), user.is_some(), "{printed}");
    }
    let dropped = site.succeed(&["preview", "--client", "demo-web", "--user", "alice", "--scope", "openid clients:read", "--data", "data"]);
    assert!(dropped.contains("clients:read") && dropped.contains("the client may not ask for it"), "{dropped}");
}

#[tokio::test]
async fn what_can_t_be_asked_for_is_said_in_words() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    for (arguments, words) in [
        (&["--client", "nobody"][..], "client: there is no such client"),
        (&["--client", "demo-web", "--user", "nobody"], "user: there is no such person"),
        (&["--client", "demo-web", "--user", "alice", "--scope", "nonsense"], "scope: "),
        (&["--client", "demo-web"], "the client is registered for no grant"),
        (&["--client", "demo-m2m", "--user", "alice"], "the client is registered for no grant"),
    ] {
        let said = site.run(&[&["preview"], arguments, &["--data", "data"]].concat()).failed();
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
