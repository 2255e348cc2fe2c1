//! `GET /health/live` and `/health/ready`, for whoever keeps the server running.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::{Example, Type};
use poem_openapi::{ApiResponse, Object, OpenApi};

use crate::flow::Server;
use crate::http::reply::json;
use crate::http::responses;
use crate::http::section::Section;

pub(super) struct Api(pub(super) Arc<Server>);

/// How it is.
#[derive(Object)]
#[oai(example)]
struct Health {
    /// `ok` or `unavailable`.
    status: String,
}

/// It runs, or nobody would answer.
struct Live;

/// Whether it can answer requests.
struct Ready(bool);

#[OpenApi(tag = "Section::Health")]
impl Api {
    /// Ask whether the process runs
    #[oai(path = "/health/live", method = "get", operation_id = "live")]
    async fn live(&self) -> Live {
        Live
    }

    /// Ask whether the server can answer requests
    #[oai(path = "/health/ready", method = "get", operation_id = "ready")]
    async fn ready(&self) -> Ready {
        let ready = self.0.is_ready().await;
        if let Err(failure) = &ready {
            tracing::error!(%failure, "not ready");
        }
        Ready(ready.is_ok())
    }
}

impl Example for Health {
    fn example() -> Self {
        Self { status: "ok".to_owned() }
    }
}

impl IntoResponse for Live {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &serde_json::json!({ "status": "ok" }))
    }
}

impl ApiResponse for Live {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![responses::json::<Health>(200, "It runs.")] }
    }

    fn register(registry: &mut Registry) {
        Health::register(registry);
    }
}

impl IntoResponse for Ready {
    fn into_response(self) -> Response {
        if self.0 { Live.into_response() } else { json(StatusCode::SERVICE_UNAVAILABLE, &serde_json::json!({ "status": "unavailable" })) }
    }
}

impl ApiResponse for Ready {
    fn meta() -> MetaResponses {
        let unavailable = responses::json::<Health>(503, "The database does not answer.");
        MetaResponses { responses: Live::meta().responses.into_iter().chain([unavailable]).collect() }
    }

    fn register(registry: &mut Registry) {
        Health::register(registry);
    }
}
