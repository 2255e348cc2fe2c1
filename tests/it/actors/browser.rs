//! A person's browser: it keeps cookies, follows redirections as long as they stay with the server, and fills in forms that it finds.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use url::{Url, form_urlencoded};

use crate::actors::{Answer, TestServer};

pub struct Browser<'a> {
    issuer: &'a str,
    http: &'a reqwest::Client,
    user_agent: &'static str,
    pub cookies: BTreeMap<String, String>,
}

/// What the browser shows: one of the server's pages, or the address of a client that it was sent to.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub body: String,
    /// The browser left the server; nothing is loaded there.
    pub left: bool,
    /// The paths that it came through.
    pub trail: Vec<String>,
    /// What names the server's last answer in its log.
    pub trace_id: String,
}

impl<'a> Browser<'a> {
    pub fn new(server: &'a TestServer) -> Self {
        Self::at(&server.issuer, &server.http)
    }

    /// A browser for a server that runs elsewhere; `http` must follow no redirection.
    pub const fn at(issuer: &'a str, http: &'a reqwest::Client) -> Self {
        Self {
            issuer,
            http,
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            cookies: BTreeMap::new(),
        }
    }

    /// The same browser under another name.
    pub fn called(self, user_agent: &'static str) -> Self {
        Self { user_agent, ..self }
    }

    pub async fn open(&mut self, url: &str) -> Page {
        let url = Url::parse(url).or_else(|_| Url::parse(&format!("{}{url}", self.issuer))).unwrap();
        self.follow(url, None).await
    }

    /// Sends the form of a page with the button of this name pressed; where buttons have none, the form's action or a value in it names it.
    pub async fn submit(&mut self, page: &Page, fill_in: &[(&str, &str)], button: &str) -> Page {
        let (action, mut fields) = page.form(button);
        for (name, value) in fill_in {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.follow(page.url.join(&action).unwrap(), Some(fields)).await
    }

    /// Opens an address of a request and signs in on the page that it leads to.
    pub async fn log_in(&mut self, url: &str, username: &str, password: &str) -> Page {
        let page = self.open(url).await;
        assert!(self.is_at(&page, "/login"), "{}: {}", page.url, page.body);
        self.submit(&page, &[("username", username), ("password", password)], "login-submit").await
    }

    /// Signs in as alice and allows what is asked for.
    pub async fn log_in_and_consent(&mut self, url: &str) -> Page {
        let page = self.log_in(url, "alice", "wonderland").await;
        if self.is_at(&page, "/consent") { self.submit(&page, &[], "consent-allow").await } else { page }
    }

    /// Opens an address of a request and, as alice who allows everything, goes through whatever page comes.
    pub async fn pass(&mut self, url: &str) -> Page {
        let mut page = self.open(url).await;
        if self.is_at(&page, "/login") {
            page = self.submit(&page, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
        }
        if self.is_at(&page, "/consent") {
            page = self.submit(&page, &[], "consent-allow").await;
        }
        page
    }

    /// One request as this browser would send it, without following it anywhere.
    pub async fn send(&mut self, url: &Url, form: Option<&[(String, String)]>) -> Answer {
        let request = match form {
            None => self.http.get(url.clone()),
            Some(form) => self
                .http
                .post(url.clone())
                .form(form)
                .header(ORIGIN, self.own().origin().ascii_serialization())
                .header("sec-fetch-site", "same-origin"),
        };
        let request = request.header(USER_AGENT, self.user_agent);
        let cookies = self.cookie_header();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies) };
        let answer = Answer::of(request.send().await.unwrap()).await;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let path = Some(self.own().path().to_owned());
            assert_eq!(attributes.split(" Path=").nth(1).and_then(|rest| rest.split(';').next()), path.as_deref(), "{name}");
            if value.is_empty() || attributes.to_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Whether this is the server's page at a path below its issuer.
    pub fn is_at(&self, page: &Page, path: &str) -> bool {
        !page.left && page.url.path() == format!("{}{path}", self.own().path().trim_end_matches('/'))
    }

    fn own(&self) -> Url {
        Url::parse(self.issuer).unwrap()
    }

    /// Its cookies as it sends them.
    pub fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn follow(&mut self, mut url: Url, mut form: Option<Vec<(String, String)>>) -> Page {
        let mut trail = Vec::new();
        for _ in 0..10 {
            trail.push(url.path().to_owned());
            let answer = self.send(&url, form.take().as_deref()).await;
            let trace_id = answer.trace_id().to_owned();
            let Some(location) = answer.headers.get(LOCATION) else {
                return Page { url, status: answer.status, body: answer.body, left: false, trail, trace_id };
            };
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            url = url.join(location.to_str().unwrap()).unwrap();
            if url.origin() != self.own().origin() {
                return Page { url, status: answer.status, body: String::new(), left: true, trail, trace_id };
            }
        }
        panic!("it goes round in circles: {trail:?}");
    }
}

impl Page {
    /// A parameter of the address, or of its fragment.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let fragment = self.url.fragment().unwrap_or_default();
        let pairs = self.url.query_pairs().chain(form_urlencoded::parse(fragment.as_bytes()));
        pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// The code that the browser carries to the client.
    #[track_caller]
    pub fn code(&self) -> String {
        assert!(self.left, "still at {}: {}", self.url, self.body);
        self.parameter("code").unwrap_or_else(|| panic!("no code in {}", self.url))
    }

    /// Action and fields of the form that has this button.
    #[track_caller]
    pub fn form(&self, button: &str) -> (String, Vec<(String, String)>) {
        let form = self.body.split("<form").skip(1).find(|form| {
            let form = form.split("</form>").next().unwrap();
            form.contains(&format!("name=\"{button}\""))
                || form.contains(&format!("id=\"{button}\""))
                || form.contains(&format!("action=\"{button}\""))
                || form.contains(&format!("value=\"{button}\""))
        });
        let form = form.unwrap_or_else(|| panic!("no form with {button} at {}: {}", self.url, self.body)).split("</form>").next().unwrap();
        let action = attribute(form.split('>').next().unwrap(), "action").unwrap_or_else(|| self.url.path().to_owned());
        let mut fields = Vec::new();
        for input in form.split("<input").skip(1) {
            let input = input.split('>').next().unwrap();
            if let Some(name) = attribute(input, "name") {
                fields.push((name, attribute(input, "value").unwrap_or_default()));
            }
        }
        if form.contains(&format!("name=\"{button}\"")) {
            fields.push((button.to_owned(), "1".to_owned()));
        }
        (action, fields)
    }

    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> Option<String> {
        let input = self
            .body
            .split("<input")
            .skip(1)
            .map(|input| input.split('>').next().unwrap())
            .find(|input| attribute(input, "name").as_deref() == Some(name));
        input.and_then(|input| attribute(input, "value"))
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    let decoded = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(value.to_owned(), |text, (entity, character)| text.replace(entity, character));
    Some(decoded)
}
