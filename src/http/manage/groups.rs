//! `/api/v1/groups`: groups of people, which give them roles.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::flow::manage::{Reach, Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::{Body, Patch};
use crate::http::manage::precondition::{IfMatch, PerhapsIfMatch};
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Changed, Deleted, Many, New, One};
use crate::http::manage::scopes::{UsersRead, UsersWrite};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// A group of people.
#[derive(Object)]
#[oai(rename = "Group", example, skip_serializing_if_is_none)]
struct GroupDocument {
    /// Its name, which also stands in tokens. It can't be changed.
    name: String,
    /// What it is, for people.
    description: Option<String>,
    /// What everybody in it is here.
    roles: Option<Vec<String>>,
}

/// A change of a group.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct GroupPatch {
    /// What it is, for people.
    description: Option<String>,
    /// What everybody in it is here, all of it.
    roles: Option<Vec<String>>,
}

impl Example for GroupDocument {
    fn example() -> Self {
        let GroupPatch { description, roles } = GroupPatch::example();
        Self { name: "editors".to_owned(), description, roles }
    }
}

impl Example for GroupPatch {
    fn example() -> Self {
        Self { description: Some("Those who write the news".to_owned()), roles: Some(vec!["editor".to_owned()]) }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Users")]
impl Api {
    /// List the groups
    #[oai(path = "/groups", method = "get", operation_id = "listGroups")]
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
    ) -> Many<GroupDocument> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            Ok(self.0.group_page(&query.text("q").unwrap_or_default(), &query.page()?).await?)
        };
        Many::reply(request, page.await)
    }

    /// Make a group
    #[oai(path = "/groups", method = "post", operation_id = "createGroup")]
    async fn create(&self, request: &Request, bearer: Bearer<UsersWrite>, body: Body<GroupDocument>) -> New<GroupDocument> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let made = self.0.add_group(Reach::Of(&by), read(body.value()?)?).await??;
            audit(&by, "groups.create", &made.name);
            let location = self.0.issuer().url(&format!("/api/v1/groups/{}", made.name));
            Ok((made, location, None))
        };
        New::reply(request, made.await)
    }

    /// See a group
    #[oai(path = "/groups/:name", method = "get", operation_id = "getGroup")]
    async fn get(&self, request: &Request, bearer: Bearer<UsersRead>, name: Path<String>) -> One<GroupDocument> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = self.0.group(&name).await?;
            Ok(found.ok_or_else(|| Refused::not_found("group", &name.0))?)
        };
        One::reply(request, found.await)
    }

    /// Change a group
    ///
    /// A merge patch (RFC 7396). Everybody in it gets other roles with it.
    #[oai(path = "/groups/:name", method = "patch", operation_id = "updateGroup")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer<UsersWrite>,
        name: Path<String>,
        /// Which version is changed: the `ETag` that you got, or `*` for whatever it is by now.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Patch<GroupPatch>,
    ) -> Changed<GroupDocument> {
        let changed = async {
            let by = permit(&self.0, &bearer).await?;
            let changed = self.0.patch_group(Reach::Of(&by), &name, &if_match.expected()?, &body.value()?).await??;
            audit(&by, "groups.update", &changed.name);
            Ok(changed)
        };
        Changed::reply(request, changed.await)
    }

    /// Delete a group; nobody is in it any more
    #[oai(path = "/groups/:name", method = "delete", operation_id = "deleteGroup")]
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
            self.0.delete_group(Reach::Of(&by), &name, &if_match.expected()?).await??;
            audit(&by, "groups.delete", &name.0);
            Ok(())
        };
        Deleted::reply(request, gone.await)
    }
}
