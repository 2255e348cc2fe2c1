//! A server that speaks GitHub's documented endpoints and error shapes: errors of the token endpoint come with status 200, the API says
//! `{"message": …}`, and who somebody is stands at `/user` and `/user/emails`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::endpoint::make;
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::{Endpoint, EndpointExt, Request, Response, Route};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

type Fields = BTreeMap<String, String>;

pub struct Octo {
    pub url: String,
    pub state: Arc<Mutex<State>>,
}

pub struct State {
    /// `GET /user`.
    pub user: Value,
    /// `GET /user/emails`.
    pub emails: Value,
    /// What the token endpoint answers instead of a token.
    pub token_answer: Option<Value>,
    /// Codes that were given out, each with its challenge.
    codes: BTreeMap<String, String>,
}

impl Octo {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let state = Arc::new(Mutex::new(State {
            user: json!({
                "login": "octocat", "id": 583_231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "avatar_url": "https://avatars.example/583231",
                "html_url": "https://github.com/octocat", "type": "User", "name": "monalisa octocat", "company": "GitHub",
                "blog": "https://github.com/blog", "location": "San Francisco", "email": "octocat@shown.example", "hireable": false, "bio": null,
                "created_at": "2008-01-14T04:33:35Z",
            }),
            emails: json!([
                {"email": "other@github.example", "verified": true, "primary": false, "visibility": null},
                {"email": "octocat@github.example", "verified": true, "primary": true, "visibility": "public"},
            ]),
            token_answer: None,
            codes: BTreeMap::new(),
        }));
        let acceptor = TcpAcceptor::from_tokio(listener).unwrap();
        tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(routes(&state)));
        Self { url, state }
    }

    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }
}

fn routes(state: &Arc<Mutex<State>>) -> impl Endpoint + 'static {
    let at = |answer: fn(&mut State, &Request, &Fields) -> Response| {
        let state = Arc::clone(state);
        make(move |mut request: Request| {
            let state = Arc::clone(&state);
            async move {
                let body = request.take_body().into_string().await.unwrap_or_default();
                let query = request.uri().query().unwrap_or_default().to_owned();
                let pairs = form_urlencoded::parse(body.as_bytes()).chain(form_urlencoded::parse(query.as_bytes()));
                let fields: Fields = pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
                answer(&mut state.lock().unwrap(), &request, &fields)
            }
        })
        .boxed()
    };
    Route::new()
        .at("/login/oauth/authorize", at(authorize))
        .at("/login/oauth/decide", at(decide))
        .at("/login/oauth/access_token", at(token))
        .at("/api/v3/user", at(user))
        .at("/api/v3/user/emails", at(emails))
}

/// The page that asks whether the application may know who somebody is.
fn authorize(_: &mut State, _: &Request, fields: &Fields) -> Response {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let hidden = fields.iter().fold(String::new(), |page, (name, value)| {
        format!("{page}<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    });
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><title>Authorize</title><link rel=\"icon\" href=\"data:,\"><main><h1>Authorize broker</h1>\
         <form method=\"get\" action=\"/login/oauth/decide\">{hidden}<button name=\"authorize\" value=\"1\" id=\"js-oauth-authorize-btn\">Authorize</button>\
         <button name=\"cancel\" value=\"1\" id=\"cancel\">Cancel</button></form></main></html>"
    );
    Response::builder().content_type("text/html; charset=utf-8").body(page)
}

fn decide(state: &mut State, _: &Request, fields: &Fields) -> Response {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let mut back = Url::parse(&field("redirect_uri")).unwrap();
    if fields.contains_key("cancel") {
        back.query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("error_description", "The user has denied your application access.")
            .append_pair("error_uri", "https://docs.github.com/apps/troubleshooting-authorization-request-errors/#access-denied")
            .append_pair("state", &field("state"));
    } else {
        let code = format!("{:020}", state.codes.len() + 1);
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &field("state"));
        state.codes.insert(code, field("code_challenge"));
    }
    Response::builder().status(StatusCode::FOUND).header("location", back.as_str()).finish()
}

fn json_answer(status: StatusCode, value: &Value) -> Response {
    Response::builder().status(status).content_type("application/json; charset=utf-8").body(value.to_string())
}

fn token(state: &mut State, request: &Request, fields: &Fields) -> Response {
    // Only who asks for JSON gets it.
    assert_eq!(request.header("accept"), Some("application/json"));
    let error = |error: &str, description: &str| {
        let uri = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/";
        json_answer(StatusCode::OK, &json!({"error": error, "error_description": description, "error_uri": uri}))
    };
    if let Some(answer) = &state.token_answer {
        return json_answer(StatusCode::OK, answer);
    }
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    if (field("client_id").as_str(), field("client_secret").as_str()) != ("broker", "broker-secret") {
        return error("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
    }
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
    if state.codes.remove(&field("code")).is_none_or(|given| given != challenge) {
        return error("bad_verification_code", "The code passed is incorrect or expired.");
    }
    json_answer(
        StatusCode::OK,
        &json!({"access_token": "gho_16C7e42F292c6912E7710c838347Ae178B4a", "scope": "read:user,user:email", "token_type": "bearer"}),
    )
}

fn api(request: &Request, value: &Value) -> Response {
    assert!(request.header("user-agent").is_some(), "GitHub refuses requests without one");
    if request.header("authorization") == Some("Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a") {
        json_answer(StatusCode::OK, value)
    } else {
        json_answer(
            StatusCode::UNAUTHORIZED,
            &json!({"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"}),
        )
    }
}

fn user(state: &mut State, request: &Request, _: &Fields) -> Response {
    api(request, &state.user)
}

fn emails(state: &mut State, request: &Request, _: &Fields) -> Response {
    api(request, &state.emails)
}
