//! `/api/v1/attributes`: what else can be known about people than the standard claims.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};

use crate::flow::Server;
use crate::flow::manage::{Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::{Body, Patch};
use crate::http::manage::precondition::{IfMatch, PerhapsIfMatch};
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Changed, Deleted, Many, New, One};
use crate::http::manage::scopes::{UsersRead, UsersWrite};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// What the values of an attribute are.
#[derive(Enum)]
#[oai(rename_all = "lowercase")]
enum AttributeType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A list of texts.
    Strings,
}

/// An attribute that people can have.
#[derive(Object)]
#[oai(rename = "Attribute", example, skip_serializing_if_is_none)]
struct AttributeDocument {
    /// Its name: a-z, 0-9 and `_`. It can't be changed.
    name: String,
    /// What its values are. It can't be changed.
    #[oai(rename = "type")]
    kind: AttributeType,
    /// What it is, for people.
    description: Option<String>,
}

/// A change of an attribute.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct AttributePatch {
    /// What it is, for people.
    description: Option<String>,
}

impl Example for AttributeDocument {
    fn example() -> Self {
        let description = AttributePatch::example().description;
        Self { name: "department".to_owned(), kind: AttributeType::String, description }
    }
}

impl Example for AttributePatch {
    fn example() -> Self {
        Self { description: Some("Where in the company they work".to_owned()) }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Users")]
impl Api {
    /// List the attributes
    #[oai(path = "/attributes", method = "get", operation_id = "listAttributes")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<UsersRead>,
        /// Text in the name or the description, whatever its case.
        #[oai(name = "q")]
        _q: Optional<String>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<AttributeDocument> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            Ok(self.0.attribute_page(&query.text("q").unwrap_or_default(), &query.page()?).await?)
        };
        Many::reply(request, page.await)
    }

    /// Make an attribute
    #[oai(path = "/attributes", method = "post", operation_id = "createAttribute")]
    async fn create(&self, request: &Request, bearer: Bearer<UsersWrite>, body: Body<AttributeDocument>) -> New<AttributeDocument> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let made = self.0.add_attribute(read(body.value()?)?).await??;
            audit(&by, "attributes.create", &made.name);
            let location = self.0.issuer().url(&format!("/api/v1/attributes/{}", made.name));
            Ok((made, location, None))
        };
        New::reply(request, made.await)
    }

    /// See an attribute
    #[oai(path = "/attributes/:name", method = "get", operation_id = "getAttribute")]
    async fn get(&self, request: &Request, bearer: Bearer<UsersRead>, name: Path<String>) -> One<AttributeDocument> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = self.0.attribute(&name).await?;
            Ok(found.ok_or_else(|| Refused::not_found("attribute", &name.0))?)
        };
        One::reply(request, found.await)
    }

    /// Change an attribute
    ///
    /// A merge patch (RFC 7396). Only the description can be changed.
    #[oai(path = "/attributes/:name", method = "patch", operation_id = "updateAttribute")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer<UsersWrite>,
        name: Path<String>,
        /// Which version is changed: the `ETag` that you got, or `*` for whatever it is by now.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Patch<AttributePatch>,
    ) -> Changed<AttributeDocument> {
        let changed = async {
            let by = permit(&self.0, &bearer).await?;
            let changed = self.0.patch_attribute(&name, &if_match.expected()?, &body.value()?).await??;
            audit(&by, "attributes.update", &changed.name);
            Ok(changed)
        };
        Changed::reply(request, changed.await)
    }

    /// Delete an attribute; nothing is said of it any more
    #[oai(path = "/attributes/:name", method = "delete", operation_id = "deleteAttribute")]
    async fn delete(
        &self,
        request: &Request,
        bearer: Bearer<UsersWrite>,
        name: Path<String>,
        /// Which version is deleted: the `ETag` that you got; whatever it is by now when left out.
        #[oai(name = "If-Match")]
        if_match: PerhapsIfMatch,
    ) -> Deleted {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            self.0.delete_attribute(&name, &if_match.expected()?).await??;
            audit(&by, "attributes.delete", &name.0);
            Ok(())
        };
        Deleted::reply(request, gone.await)
    }
}
