//! `/api/v1/refusals`: why requests were refused. The answers themselves say no more than the specifications want.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::flow::manage::Refused;
use crate::http::caller::Bearer;
use crate::http::manage::permit;
use crate::http::manage::reply::One;
use crate::http::manage::scopes::RefusalsRead;
use crate::http::section::Section;
use crate::protocol::trace_id::TraceId;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// A request that was refused, or given less than it asked for.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct Refusal {
    /// Names the request, as `Trace-Id` of its answer.
    trace_id: String,
    /// When it was answered, in seconds since 1970.
    at: i64,
    /// Its method.
    method: String,
    /// Its path, without the query.
    path: String,
    /// The status of its answer.
    status: u16,
    /// Who asked: a client, or what the request said about who it is.
    client: Option<String>,
    /// The error code of its answer; none when it was not refused, but given less than it asked for.
    code: Option<String>,
    /// The sentence of its answer.
    description: Option<String>,
    /// The reason, which its answer does not tell.
    reason: String,
    /// What was looked at.
    facts: Vec<Fact>,
    /// What to do about it, where that is obvious.
    advice: Option<String>,
}

/// One thing that was looked at.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub(super) struct Fact {
    /// What it is, such as the name of a parameter.
    what: String,
    /// What was expected.
    expected: Option<String>,
    /// What came; nothing did when it is left out.
    came: Option<String>,
    /// The first character of what came that is not as expected, counted from 0.
    differs_at: Option<u32>,
    /// The rule behind it.
    note: Option<String>,
}

impl Example for Refusal {
    fn example() -> Self {
        let fact = Fact {
            what: "redirect_uri".to_owned(),
            expected: Some("https://shop.example/callback".to_owned()),
            came: Some("https://shop.example/calback".to_owned()),
            differs_at: Some(24),
            note: Some("character 25: \"l\" was expected, \"b\" came".to_owned()),
        };
        Self {
            trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
            at: 1_795_262_400,
            method: "GET".to_owned(),
            path: "/authorize".to_owned(),
            status: 400,
            client: Some("shop".to_owned()),
            code: Some("invalid_request".to_owned()),
            description: Some("The redirect_uri is not registered for this client.".to_owned()),
            reason: "the redirect_uri is not registered".to_owned(),
            facts: vec![fact],
            advice: None,
        }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Refusals")]
impl Api {
    /// See why a request was refused
    ///
    /// Or why it was given less than it asked for, such as a narrower scope. The newest refusals are kept (`log.kept_refusals` says how many), a
    /// second or two after they were given at the latest.
    #[oai(path = "/refusals/:trace_id", method = "get", operation_id = "getRefusal")]
    async fn get(&self, request: &Request, bearer: Bearer<RefusalsRead>, trace_id: Path<String>) -> One<Refusal> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = match TraceId::parse(&trace_id) {
                Ok(trace_id) => self.0.refusal(&trace_id).await?,
                Err(_) => None,
            };
            Ok(found.ok_or_else(|| Refused::not_found("remembered refusal of the request", &trace_id.0))?)
        };
        One::reply(request, found.await)
    }
}
