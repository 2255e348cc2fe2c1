//! `/api/v1/users`: people's accounts.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::{Any, Example};
use poem_openapi::{Object, OpenApi};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::flow::Server;
use crate::flow::manage::users::{NewPassword, UserView};
use crate::flow::manage::{Page, Reach, Refused, UserFilter, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::{Body, Patch};
use crate::http::manage::precondition::{IfMatch, PerhapsIfMatch};
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Changed, Deleted, Many, New, One};
use crate::http::manage::scopes::{UsersRead, UsersWrite};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::http::userinfo::PostalAddress;
use crate::identity::account::Account;
use crate::protocol::problem::Problem;
use crate::protocol::subject::Subject;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// What is known about a person (OpenID Connect Core §5.1).
#[derive(Default, Object)]
#[oai(rename = "StandardClaims", skip_serializing_if_is_none)]
struct Claims {
    /// The full name as it is shown.
    name: Option<String>,
    /// Given names.
    given_name: Option<String>,
    /// Surnames.
    family_name: Option<String>,
    /// Middle names.
    middle_name: Option<String>,
    /// The casual name.
    nickname: Option<String>,
    /// The name to be called by; the username when nothing else is set.
    preferred_username: Option<String>,
    /// URL of a profile page.
    profile: Option<String>,
    /// URL of a picture.
    picture: Option<String>,
    /// URL of a web page or blog.
    website: Option<String>,
    /// Gender.
    gender: Option<String>,
    /// Birthday, `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    birthdate: Option<String>,
    /// Time zone name, such as `Europe/Paris`.
    zoneinfo: Option<String>,
    /// Language tag, such as `en-GB`.
    locale: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// Whether the e-mail address was verified.
    email_verified: Option<bool>,
    /// Telephone number, `+` and digits (E.164).
    phone_number: Option<String>,
    /// Whether the telephone number was verified.
    phone_number_verified: Option<bool>,
    /// Postal address.
    address: Option<PostalAddress>,
}

/// What can be chosen about an account.
#[derive(Default, Object)]
#[oai(example, rename = "Account", skip_serializing_if_is_none)]
struct AccountDocument {
    /// What is known about them.
    claims: Option<Claims>,
    /// What else is known about them, by the names of the attributes.
    attributes: Option<Any<Map<String, Value>>>,
    /// What they are here themselves, such as `admin`.
    roles: Option<Vec<String>>,
    /// The groups that they are in.
    groups: Option<Vec<String>>,
    /// Whether they can sign in. Whoever is disabled is signed out everywhere.
    enabled: Option<bool>,
}

/// A change of an account.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct AccountPatch {
    #[oai(flatten)]
    account: AccountDocument,
    /// Another password. Whoever gets one is signed out everywhere.
    password: Option<String>,
}

/// An account to open.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct NewAccount {
    /// What they sign in with; upper case is folded.
    username: String,
    #[oai(flatten)]
    account: AccountDocument,
    /// Their password; without one they can't sign in with a password.
    password: Option<String>,
}

/// A person with an account.
#[derive(Object)]
#[oai(example)]
struct User {
    /// Their identifier in tokens.
    sub: String,
    /// What they sign in with.
    username: String,
    #[oai(flatten)]
    account: AccountDocument,
    /// Whether they can sign in with a password.
    has_password: bool,
    /// When the account was opened, in seconds since 1970.
    created_at: i64,
    /// When it was last changed, in seconds since 1970.
    updated_at: i64,
}

impl Example for AccountDocument {
    fn example() -> Self {
        let claims = Claims {
            name: Some("Carol Jones".to_owned()),
            email: Some("carol@example.com".to_owned()),
            email_verified: Some(true),
            ..Claims::default()
        };
        Self { claims: Some(claims), roles: Some(vec!["editor".to_owned()]), ..Self::default() }
    }
}

impl Example for AccountPatch {
    fn example() -> Self {
        Self { account: AccountDocument::example(), password: None }
    }
}

impl Example for NewAccount {
    fn example() -> Self {
        let password = Some("a long and quiet river".to_owned());
        Self { username: "carol".to_owned(), account: AccountDocument::example(), password }
    }
}

impl Example for User {
    fn example() -> Self {
        Self {
            sub: "0199a1c4-7d0e-7c3a-9f6b-2f1f0e5d4c3b".to_owned(),
            username: "carol".to_owned(),
            account: AccountDocument { enabled: Some(true), ..AccountDocument::example() },
            has_password: true,
            created_at: 1_795_262_400,
            updated_at: 1_795_262_400,
        }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Users")]
impl Api {
    /// List the people
    #[oai(path = "/users", method = "get", operation_id = "listUsers")]
    #[expect(clippy::too_many_arguments, reason = "an argument documents a parameter of the query")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<UsersRead>,
        /// Text in the username, whatever its case.
        #[oai(name = "q")]
        _q: Optional<String>,
        /// Only those with this role.
        #[oai(name = "role")]
        _role: Optional<String>,
        /// Only those who are enabled, or disabled.
        #[oai(name = "enabled")]
        _enabled: Optional<bool>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<User> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            let filter = UserFilter { text: query.text("q"), role: query.text("role"), enabled: query.flag("enabled")? };
            let page = self.0.user_page(&filter, &query.page()?).await?;
            Ok(Page { items: page.items.iter().map(UserView::of).collect(), next: page.next })
        };
        Many::reply(request, page.await)
    }

    /// Open an account
    #[oai(path = "/users", method = "post", operation_id = "createUser")]
    async fn create(&self, request: &Request, bearer: Bearer<UsersWrite>, body: Body<NewAccount>) -> New<User> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let mut value = body.value()?;
            let password = take_password(&mut value)?;
            let account = read::<Account>(value)?;
            let user = self.0.add_user(Reach::Of(&by), account, password).await??;
            audit(&by, "users.create", &user.subject);
            let location = self.0.issuer().url(&format!("/api/v1/users/{}", user.subject));
            Ok((UserView::of(&user), location, None))
        };
        New::reply(request, made.await)
    }

    /// See a person
    #[oai(path = "/users/:sub", method = "get", operation_id = "getUser")]
    async fn get(&self, request: &Request, bearer: Bearer<UsersRead>, sub: Path<String>) -> One<User> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = self.0.user_by_subject(&Subject::new(sub.0.clone())).await?;
            let user = found.ok_or_else(|| Refused::not_found("user", &sub.0))?;
            Ok(UserView::of(&user))
        };
        One::reply(request, found.await)
    }

    /// Change an account
    ///
    /// A merge patch (RFC 7396): what is left out stays, `null` takes it out.
    #[oai(path = "/users/:sub", method = "patch", operation_id = "updateUser")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer<UsersWrite>,
        sub: Path<String>,
        /// Which version is changed: the `ETag` that you got, or `*` for whatever it is by now.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Patch<AccountPatch>,
    ) -> Changed<User> {
        let changed = async {
            let by = permit(&self.0, &bearer).await?;
            let (expected, mut patch) = (if_match.expected()?, body.value()?);
            let password = take_password(&mut patch)?;
            let user = self.0.patch_user(Reach::Of(&by), &Subject::new(sub.0), &expected, password, &patch).await??;
            audit(&by, "users.update", &user.subject);
            Ok(UserView::of(&user))
        };
        Changed::reply(request, changed.await)
    }

    /// Delete a person and everything of theirs
    #[oai(path = "/users/:sub", method = "delete", operation_id = "deleteUser")]
    async fn delete(
        &self,
        request: &Request,
        bearer: Bearer<UsersWrite>,
        sub: Path<String>,
        /// Which version is deleted: the `ETag` that you got; whatever it is by now when left out.
        #[oai(name = "If-Match")]
        if_match: PerhapsIfMatch,
    ) -> Deleted {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let subject = Subject::new(sub.0);
            self.0.delete_user(Reach::Of(&by), &subject, &if_match.expected()?).await??;
            audit(&by, "users.delete", &subject);
            Ok(())
        };
        Deleted::reply(request, gone.await)
    }
}

/// Takes the password out of a body: it goes to the hash and nowhere else.
fn take_password(body: &mut Value) -> Result<Option<NewPassword>, Refused> {
    match body.as_object_mut().and_then(|body| body.remove("password")) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(NewPassword::Text(SecretString::from(text)))),
        Some(_) => Err(Refused::Invalid(vec![Problem::new("password", "must be a text")])),
    }
}
