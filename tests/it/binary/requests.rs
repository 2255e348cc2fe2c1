//! What clients ask of the program.

use serde_json::Value;

use crate::actors::Answer;
use crate::binary::program::Site;

impl Site {
    /// Posts a form, with Basic authentication for a `client` as `id:secret`.
    pub async fn post(&self, path: &str, client: Option<&str>, form: &[(&str, &str)]) -> Answer {
        let request = self.http.post(self.url(path)).form(form);
        let request = match client.and_then(|client| client.split_once(':')) {
            Some((id, secret)) => request.basic_auth(id, Some(secret)),
            None => request,
        };
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(self.url(path)).send().await.unwrap()).await
    }

    /// A machine's token, or why not.
    pub async fn machine_token(&self, client: &str) -> Answer {
        self.post("/token", Some(client), &[("grant_type", "client_credentials")]).await
    }

    /// What `demo-password` gets for alice.
    pub async fn alices_tokens(&self) -> Value {
        let form = [("grant_type", "password"), ("client_id", "demo-password"), ("username", "alice"), ("password", "wonderland")];
        let answer = self.post("/token", None, &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("client_id", "demo-password"), ("refresh_token", token)];
        self.post("/token", None, &form).await
    }

    pub async fn is_active(&self, token: &str) -> bool {
        let answer = self.post("/introspect", Some("demo-api:demo-api-secret"), &[("token", token)]).await;
        answer.json()["active"].as_bool().unwrap_or_else(|| panic!("{}", answer.body))
    }
}
