//! A person's real browser: Chromium without a screen. What it can do is what a person can: open an address, read, type, press.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::elements::Element;
use fantoccini::wd::{WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rcgen::{KeyPair, PublicKeyData};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::application::Application;
use super::driver::Driver;
use crate::binary::tls::site::Issued;

/// How long a page may take: far longer than it does, so that a busy machine makes no difference.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Chromium {
    client: Client,
    first_window: WindowHandle,
    excused: RefCell<Vec<&'static str>>,
    closed: bool,
    _driver: Driver,
}

impl Chromium {
    /// A browser with a fresh profile, for which the sites of `demo-web` and `demo-spa` are there.
    pub async fn start() -> Self {
        let application = Application::start().await;
        Self::start_with(&[("localhost:3000", application.port), ("localhost:5173", application.port)]).await
    }

    /// A browser with a fresh profile, for which each of these addresses is where the port is.
    pub async fn start_with(sites: &[(&str, u16)]) -> Self {
        Self::start_told("--no-first-run", sites).await
    }

    /// The same, believing one certificate, whoever issued it.
    pub async fn start_believing(certificate: &Issued, sites: &[(&str, u16)]) -> Self {
        let key = KeyPair::from_pem(&certificate.key).unwrap().subject_public_key_info();
        let pin = STANDARD.encode(Sha256::digest(key));
        Self::start_told(&format!("--ignore-certificate-errors-spki-list={pin}"), sites).await
    }

    async fn start_told(more: &str, sites: &[(&str, u16)]) -> Self {
        let driver = Driver::start().await;
        // The demo clients' addresses have fixed ports, which somebody else may be using; only the browser needs to believe in them.
        // Whatever is not on this machine is not to be found.
        let mut rules: Vec<String> = sites.iter().map(|(site, port)| format!("MAP {site} 127.0.0.1:{port}")).collect();
        rules.extend(["MAP localhost 127.0.0.1", "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"].map(str::to_owned));
        let rules = format!("--host-resolver-rules={}", rules.join(", "));
        // Only pages of ours are shown, and the sandbox does not work for root or in most containers; there, /dev/shm is small, too.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-proxy-server",
            "--hide-scrollbars",
            "--window-size=1280,1200",
            &rules,
            more,
        ];
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 30_000, "pageLoad": 30_000 },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("chromedriver starts Chromium: install Debian's chromium, of the same version as chromium-driver");
        let first_window = client.window().await.unwrap();
        Self { client, first_window, excused: RefCell::default(), closed: false, _driver: driver }
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Opens an address that leads to a site that is not to be found.
    pub async fn open_in_vain(&self, url: &str) {
        assert!(self.client.goto(url).await.is_err(), "{url} leads somewhere");
    }

    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// Where it is.
    pub async fn url(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    pub async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    /// Waits until the page shows these words, in this spelling.
    pub async fn sees(&self, words: &str) {
        self.until(&format!("the words “{words}”"), async || self.text().await.contains(words).then_some(())).await;
    }

    /// Waits until the page shows these words no more.
    pub async fn until_gone(&self, words: &str) {
        let gone = async || Some(self.text().await).filter(|text| !text.is_empty() && !text.contains(words)).map(drop);
        self.until(&format!("the end of “{words}”"), gone).await;
    }

    /// Waits until it is at an address that begins like this.
    pub async fn arrives_at(&self, start: &str) -> Url {
        self.until(start, async || self.client.current_url().await.ok().filter(|url| url.as_str().starts_with(start))).await
    }

    /// What the page shows as text, line by line, without the empty ones.
    pub async fn text(&self) -> String {
        let text = self.client.execute("return document.body.innerText.replace(/\\s*\\n\\s*/g, '\\n')", Vec::new()).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Types into the field that has this label.
    pub async fn fill_in(&self, label: &str, text: &str) {
        let field = self.find_by(Locator::XPath(&labelled(label))).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// What stands in the field that has this label.
    pub async fn field(&self, label: &str) -> String {
        self.find_by(Locator::XPath(&labelled(label))).await.prop("value").await.unwrap().unwrap()
    }

    /// The label of the field that would get what is typed.
    pub async fn focus(&self) -> Value {
        self.script("return document.activeElement.labels?.[0]?.innerText ?? null").await
    }

    /// Presses the button, or follows the link, that is called this. Words that only screen readers say belong to its name.
    pub async fn press(&self, name: &str) {
        self.click_by(Locator::XPath(&format!("//*[self::button or self::a][normalize-space()={name:?}]"))).await;
    }

    /// Presses what this CSS selector finds first.
    pub async fn click(&self, selector: &str) {
        self.click_by(Locator::Css(selector)).await;
    }

    /// Waits for what this CSS selector finds first.
    pub async fn find(&self, selector: &str) -> Element {
        self.find_by(Locator::Css(selector)).await
    }

    /// Signs in on the login page, which it waits for.
    pub async fn sign_in(&self, username: &str, password: &str) {
        self.fill_in("Username", username).await;
        self.fill_in("Password", password).await;
        self.press("Sign in").await;
    }

    /// What a script in the page returns.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// What a script in the page hands to its last argument.
    pub async fn asynchronous_script(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// Goes on in the window that the page opens.
    pub async fn enter_pop_up(&self) {
        let new = async || self.client.windows().await.unwrap().into_iter().find(|window| *window != self.first_window);
        let window = self.until("another window", new).await;
        self.client.switch_to_window(window).await.unwrap();
    }

    /// Goes on in the first window, once the other one has closed itself.
    pub async fn leave_pop_up(&self) {
        self.until("the end of the window", async || (self.client.windows().await.unwrap().len() == 1).then_some(())).await;
        self.client.switch_to_window(self.first_window.clone()).await.unwrap();
    }

    /// A command of the Chrome `DevTools` Protocol, for the window that it is in.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.vendor("goog/cdp/execute", json!({ "cmd": method, "params": parameters })).await
    }

    /// The browser's complaints about pages since the last look: errors, what a content security policy stopped, what could not be loaded.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.vendor("se/log", json!({ "type": "browser" })).await;
        let lines = log.as_array().unwrap().iter().map(|entry| format!("{} {}", entry["level"], entry["message"]));
        let excused = self.excused.borrow();
        lines.filter(|line| !excused.iter().any(|excused| line.contains(excused))).collect()
    }

    /// Waits until the browser complains with these words, and forgets what it complained about.
    pub async fn complains(&self, words: &str) {
        let look = async || self.complaints().await.iter().any(|line| line.contains(words)).then_some(());
        self.until(&format!("a complaint with “{words}”"), look).await;
    }

    /// Complaints with this in them are no fault: the story wants them.
    pub fn excuse(&self, part: &'static str) {
        self.excused.borrow_mut().push(part);
    }

    /// Ends the visit: the browser had nothing to complain about.
    pub async fn close(mut self) {
        self.closed = true;
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "the browser's console: {complaints:#?}");
    }

    async fn click_by(&self, locator: Locator<'_>) {
        // What is still moving, or under something else, is tried again.
        let press = async || self.client.find(locator).await.ok()?.click().await.ok();
        self.until(&format!("{locator:?}"), press).await;
    }

    async fn find_by(&self, locator: Locator<'_>) -> Element {
        self.until(&format!("{locator:?}"), async || self.client.find(locator).await.ok()).await
    }

    async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            let (url, text) = (self.client.current_url(), self.text());
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what} at {:?}, which shows: {}", url.await, text.await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn vendor(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Vendor { path, body }).await.unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        assert!(self.closed || std::thread::panicking(), "close() has to end a visit: it looks for complaints");
    }
}

/// The path of the field that has this label.
fn labelled(label: &str) -> String {
    format!("//*[@id=//label[normalize-space()={label:?}]/@for]")
}

/// What chromedriver can do beyond what the specification has.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
