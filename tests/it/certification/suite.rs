//! The OpenID Foundation's conformance suite as a server under test sees it: what it publishes below the alias of a plan, over https.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use poem::endpoint::make;
use poem::{EndpointExt, Request, Response, Route, Server};
use serde_json::Value;

use crate::binary::tls::port::TlsPort;
use crate::binary::tls::site::Issued;

pub struct Suite {
    /// Where the module that runs is found.
    pub base: String,
    published: Arc<Mutex<BTreeMap<String, Value>>>,
    called: Arc<Mutex<Vec<String>>>,
}

impl Suite {
    /// Starts it on this machine; it ends with the test's runtime.
    pub fn start(certificate: &Issued) -> Self {
        let acceptor = TlsPort::bind(certificate);
        let base = format!("https://localhost:{}/test/a/claviger", acceptor.number);
        let suite = Self { base, published: Arc::default(), called: Arc::default() };
        let (published, called) = (Arc::clone(&suite.published), Arc::clone(&suite.called));
        let answer = make(move |request: Request| {
            let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            let document = published.lock().unwrap().get(&name).cloned();
            called.lock().unwrap().push(name);
            async move {
                match document {
                    Some(document) => Response::builder().content_type("application/json").body(document.to_string()),
                    None => Response::builder().finish(),
                }
            }
        });
        tokio::spawn(Server::new_with_acceptor(acceptor).run(Route::new().at("/test/a/claviger/*any", answer.boxed())));
        suite
    }

    /// Where something of the module's is.
    pub fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    pub fn publishes(&self, name: &str, document: Value) {
        self.published.lock().unwrap().insert(name.to_owned(), document);
    }

    pub fn was_called_at(&self, name: &str) -> bool {
        self.called.lock().unwrap().iter().any(|known| known == name)
    }
}
