//! `GET` and `POST /userinfo` (OpenID Connect Core §5.3), and `GET /me`, the same person with roles and scopes.

use std::sync::Arc;

use poem::Request;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::http::bearer::{AboutPerson, ByForm, OrJwt, refuse};
use crate::http::caller::{Bearer, Needs};
use crate::http::form::Form;
use crate::http::section::Section;
use crate::protocol::bearer::Reason;
use crate::web::why::explained;

pub(super) struct Api(pub(super) Arc<Server>);

/// The scope that makes a token one about a person.
struct OpenId;

impl Needs for OpenId {
    const SCOPE: &'static str = "openid";
}

/// The token, when it does not stand in the header (RFC 6750 §2.2).
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct UserinfoRequest {
    /// The access token.
    access_token: Option<String>,
}

/// A person's claims, as far as the token's scopes release them (OpenID Connect Core §5.1, §5.4).
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct Claims {
    /// Their identifier.
    sub: String,
    /// With `profile`: the full name as it is shown.
    name: Option<String>,
    /// With `profile`: given names.
    given_name: Option<String>,
    /// With `profile`: surnames.
    family_name: Option<String>,
    /// With `profile`: middle names.
    middle_name: Option<String>,
    /// With `profile`: the casual name.
    nickname: Option<String>,
    /// With `profile`: the name to be called by; the username when nothing else is set.
    preferred_username: Option<String>,
    /// With `profile`: URL of a profile page.
    profile: Option<String>,
    /// With `profile`: URL of a picture.
    picture: Option<String>,
    /// With `profile`: URL of a web page or blog.
    website: Option<String>,
    /// With `profile`: gender.
    gender: Option<String>,
    /// With `profile`: birthday, `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    birthdate: Option<String>,
    /// With `profile`: time zone name, such as `Europe/Paris`.
    zoneinfo: Option<String>,
    /// With `profile`: language tag, such as `en-GB`.
    locale: Option<String>,
    /// With `email`: e-mail address.
    email: Option<String>,
    /// With `email`: whether we made sure that the e-mail address is theirs.
    email_verified: Option<bool>,
    /// With `phone`: telephone number, `+` and digits (E.164).
    phone_number: Option<String>,
    /// With `phone`: whether we made sure that the telephone number is theirs.
    phone_number_verified: Option<bool>,
    /// With `address`: postal address (§5.1.1).
    address: Option<PostalAddress>,
    /// With `roles`: what they are here, by themselves and by their groups.
    roles: Option<Vec<String>>,
    /// With `groups`: the groups that they are in.
    groups: Option<Vec<String>>,
    /// With `profile`: when this last changed, in seconds since 1970.
    updated_at: Option<i64>,
}

/// A postal address (OpenID Connect Core §5.1.1).
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub(super) struct PostalAddress {
    /// The whole address as it stands on a letter, lines parted by newlines.
    formatted: Option<String>,
    /// Street and house number.
    street_address: Option<String>,
    /// City.
    locality: Option<String>,
    /// State, province or region.
    region: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// Country.
    country: Option<String>,
}

/// A person, with what they are here and what the token is good for.
#[derive(Object)]
#[oai(example)]
struct Me {
    #[oai(flatten)]
    claims: Claims,
    /// What they sign in with.
    username: String,
    /// What the token is good for.
    scope: String,
    /// Who got the token.
    client_id: String,
}

impl Example for UserinfoRequest {
    /// Swagger UI puts the token in the header.
    fn example() -> Self {
        Self::default()
    }
}

impl Example for Claims {
    fn example() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            sub: "0199a1c4-7d0e-7c3a-9f6b-2f1f0e5d4c3b".to_owned(),
            name: text("Alice Liddell"),
            preferred_username: text("alice"),
            locale: text("en-GB"),
            updated_at: Some(1_795_262_400),
            ..Self::default()
        }
    }
}

impl Example for Me {
    fn example() -> Self {
        Self {
            claims: Claims { roles: Some(vec!["admin".to_owned()]), groups: Some(Vec::new()), ..Claims::example() },
            username: "alice".to_owned(),
            scope: "openid profile".to_owned(),
            client_id: "claviger-docs".to_owned(),
        }
    }
}

#[OpenApi(tag = "Section::People")]
impl Api {
    /// See who the token speaks for
    ///
    /// A JWT for a client that registered for a signed or encrypted answer.
    #[oai(path = "/userinfo", method = "get", operation_id = "userinfo")]
    async fn userinfo(&self, request: &Request, bearer: Bearer<OpenId>) -> OrJwt<AboutPerson<Claims>> {
        self.answer_userinfo(request, bearer.token()).await
    }

    /// See who the token speaks for, with the token in the header or in a form
    ///
    /// A JWT for a client that registered for a signed or encrypted answer.
    #[oai(path = "/userinfo", method = "post", operation_id = "userinfoByPost")]
    async fn userinfo_by_post(
        &self,
        request: &Request,
        bearer: Bearer<OpenId>,
        form: Form<UserinfoRequest>,
    ) -> ByForm<OrJwt<AboutPerson<Claims>>> {
        ByForm(match form.params {
            Ok(params) => self.answer_userinfo(request, bearer.token_or_in(&params)).await,
            Err(problem) => OrJwt(AboutPerson::from_response(explained(problem.refused().json(), problem.report()))),
        })
    }

    /// See who you are here
    ///
    /// The same claims, with the roles that the person has here and what the token is good for.
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, request: &Request, bearer: Bearer<OpenId>) -> AboutPerson<Me> {
        match bearer.token() {
            Ok(token) => AboutPerson::reply(request, self.0.me(&token).await),
            Err(reason) => AboutPerson::from_response(refuse(reason, None)),
        }
    }
}

impl Api {
    async fn answer_userinfo(&self, request: &Request, token: Result<String, Reason>) -> OrJwt<AboutPerson<Claims>> {
        OrJwt(match token {
            Ok(token) => AboutPerson::reply(request, self.0.userinfo(&token).await),
            Err(reason) => AboutPerson::from_response(refuse(reason, None)),
        })
    }
}
