//! A client's site. It shows what a browser brings, can have the sign-in in a window of its own, and can send a form wherever it likes.

use std::fmt::Write;
use std::net::{Ipv4Addr, TcpListener};

use poem::listener::TcpAcceptor;
use poem::web::Html;
use poem::{Body, Request, Route, Server, get, handler};
use url::form_urlencoded;

pub struct Application {
    pub port: u16,
}

impl Application {
    /// Starts it; it ends with the test's runtime.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let routes = Route::new().at("/form", get(form).post(arrival)).at("/window", get(window)).at("/*", get(arrival).post(arrival));
        tokio::spawn(Server::new_with_acceptor(TcpAcceptor::from_std(listener).unwrap()).run(routes));
        Self { port }
    }
}

/// What the browser brings, as text. A window that was opened for the sign-in tells whoever opened it, and closes.
#[handler]
async fn arrival(request: &Request, body: Body) -> Html<String> {
    let header = |name| request.header(name).unwrap_or("none");
    let mut text = format!("{} with Origin: {}, from: {}\n", request.method(), header("origin"), header("sec-fetch-site"));
    let body = body.into_string().await.unwrap();
    for (name, value) in pairs(request).into_iter().chain(form_urlencoded::parse(body.as_bytes()).into_owned()) {
        writeln!(text, "{name} = {value}").unwrap();
    }
    page(&format!(
        "<h1>Arrived</h1><pre>{}</pre><script>if (opener) {{ opener.postMessage(location.search, origin); close(); }}</script>",
        escaped(&text)
    ))
}

/// A button that opens the address `url` in a window of its own, and what that window sends back.
#[handler]
fn window(request: &Request) -> Html<String> {
    let url = pairs(request).remove(0).1;
    page(&format!(
        "<h1>Welcome</h1><button onclick=\"open('{}', 'sign-in', 'popup,width=500,height=700')\">Sign in with Claviger</button><p></p>\
        <script>onmessage = event => document.querySelector('p').innerText = event.origin + ' says ' + event.data</script>",
        escaped(&url)
    ))
}

/// A form for `action` with what else stands in the query. Like our own pages it says `no-referrer`, so that its origin is `null`.
#[handler]
fn form(request: &Request) -> Html<String> {
    let mut fields = String::new();
    let (action, rest) = pairs(request).split_first().map(|(first, rest)| (first.1.clone(), rest.to_vec())).unwrap();
    for (name, value) in rest {
        write!(fields, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(&name), escaped(&value)).unwrap();
    }
    page(&format!(
        "<meta name=\"referrer\" content=\"no-referrer\"><form method=\"post\" action=\"{}\">{fields}<button>Send</button></form>",
        escaped(&action)
    ))
}

fn pairs(request: &Request) -> Vec<(String, String)> {
    form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect()
}

fn page(body: &str) -> Html<String> {
    // Without an icon of its own, the browser would look for one and complain.
    Html(format!("<!doctype html><html lang=\"en\"><title>A client</title><link rel=\"icon\" href=\"data:,\">{body}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
}
