//! `GET /health/live` and `/health/ready`, for whoever keeps the server running.

use std::sync::Arc;

use poem::http::StatusCode;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::http::reply::{Reply, json};

pub(super) struct Api(pub(super) Arc<Server>);

/// How it is.
#[derive(Object)]
struct Health {
    /// `ok` or `unavailable`.
    status: String,
}

#[OpenApi]
impl Api {
    /// Ask whether the process runs
    #[oai(path = "/health/live", method = "get", operation_id = "live")]
    async fn live(&self) -> Reply<Health> {
        Reply::from_response(json(StatusCode::OK, &serde_json::json!({ "status": "ok" })))
    }

    /// Ask whether the server can answer requests
    #[oai(path = "/health/ready", method = "get", operation_id = "ready")]
    async fn ready(&self) -> Reply<Health> {
        Reply::from_response(match self.0.is_ready().await {
            Ok(()) => json(StatusCode::OK, &serde_json::json!({ "status": "ok" })),
            Err(failure) => {
                tracing::error!(%failure, "not ready");
                json(StatusCode::SERVICE_UNAVAILABLE, &serde_json::json!({ "status": "unavailable" }))
            }
        })
    }
}
