//! What a request would give, without giving it: the claims of the tokens and of userinfo, and why each is there or not.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::flow::manage::Refused;
use crate::flow::{Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::AccessToken;
use crate::protocol::authentication::Authentication;
use crate::protocol::claim_rule::{Facts, OwnRule, Source, Target};
use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::claims_request::AskedClaims;
use crate::protocol::client::{Client, ClientId, GrantType};
use crate::protocol::explanation::Fact;
use crate::protocol::grant::{Authorization, Grant, RefreshPlan};
use crate::protocol::id_token::{Beside, IdToken};
use crate::protocol::refusal::Refusal;
use crate::protocol::scope::Scope;
use crate::protocol::scope_grant::Grantor;
use crate::protocol::subject::GrantId;

/// The request that is tried out.
pub struct Tried<'a> {
    /// The client.
    pub client: &'a str,
    /// The person, by username or `sub`; `None` when the client acts for itself.
    pub user: Option<&'a str>,
    /// What is asked for; the client's default scope when left out.
    pub scope: Option<&'a str>,
}

/// What a request would give.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// The claims of the access token.
    pub access_token: AccessToken,
    /// The claims of the ID token, for a person's request with `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<IdToken>,
    /// The userinfo answer, for the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<Map<String, Value>>,
    /// Why each claim is where it is, or is not there although a rule names it.
    pub claims: Vec<Told>,
    /// The words of the scope that would not be granted, each with the rule that drops it.
    pub dropped: Vec<Fact>,
}

/// Why a claim is there, or not.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Where it is, or would be.
    #[serde(rename = "in")]
    pub target: Target,
    /// The claim.
    pub claim: String,
    /// Whether it is there with the value that this gives.
    pub present: bool,
    /// The rule behind it.
    pub because: String,
}

impl Server {
    /// What a request would give.
    pub async fn preview(&self, tried: Tried<'_>) -> Result<Result<Preview, Refused>, Failure> {
        let client = match ClientId::parse(tried.client) {
            Ok(id) => self.client(&id).await?,
            Err(_) => None,
        };
        let Some(client) = client else { return Ok(Err(Refused::field("client", "there is no such client"))) };
        let user = match tried.user {
            None => None,
            Some(name) => match self.user_by_name(name).await? {
                Some(user) => Some(user),
                None => return Ok(Err(Refused::field("user", "there is no such person"))),
            },
        };
        let asked = match tried.scope.map(Scope::parse).transpose() {
            Ok(asked) => asked,
            Err(problem) => return Ok(Err(Refused::field("scope", problem))),
        };
        let may_ask = if user.is_some() { client.acts_for_people() } else { client.may_use(GrantType::ClientCredentials) };
        if !client.enabled {
            return Ok(Err(Refused::Conflict("the client is disabled: it gets nothing")));
        }
        if user.as_ref().is_some_and(|user| !user.enabled) {
            return Ok(Err(Refused::Conflict("the person is disabled: nobody gets anything for them")));
        }
        if !may_ask {
            return Ok(Err(Refused::Conflict("the client is registered for no grant by which it could ask for this")));
        }
        Ok(match self.tried(&client, user.as_ref(), asked.as_ref()).await? {
            Ok(preview) => Ok(preview),
            Err(refusal) => {
                let dropped = refusal.explanation.facts.iter().filter_map(Fact::told).collect::<Vec<_>>().join("; ");
                Err(Refused::field("scope", format!("{}: {dropped}", refusal.reason)))
            }
        })
    }

    /// How a person signs in: with their password, or where they came from last if they have none.
    async fn usual_authentication(&self, user: &User) -> Result<Authentication, Failure> {
        if user.password.is_some() {
            return Ok(Authentication::by_password());
        }
        let last = self.ways_of(&user.subject).await?.into_iter().max_by_key(|way| (way.is_open, way.identity.last_used_at));
        Ok(last.map_or_else(Authentication::by_password, |way| Authentication::by_provider(&way.identity.provider, &[], None)))
    }

    async fn tried(&self, client: &Client, user: Option<&User>, asked: Option<&Scope>) -> Result<Result<Preview, Refusal>, Failure> {
        let (now, catalog) = (self.clock.now(), self.catalog().await?);
        let has_role = |role: &str| user.is_some_and(|user| user.has_role(role));
        let wanted = asked.unwrap_or(&client.default_scope);
        let scope = match user {
            Some(_) => match catalog.grantable(asked, client, has_role) {
                Ok(scope) => scope,
                Err(reason) => return Ok(Err(reason.into())),
            },
            // RFC 6749 §4.4: a client's own token is about nobody.
            None => wanted.and(&client.allowed_scope).filter(|word| !CLAIM_SCOPES.iter().any(|known| known.name == word.as_str())),
        };
        let authentication = match user {
            Some(user) => self.usual_authentication(user).await?,
            None => Authentication::by_password(),
        };
        let grant = user.map(|user| Grant {
            id: GrantId::new(self.random.uuid()),
            client: client.id.clone(),
            sector: client.sector(),
            user: user.subject.clone(),
            session: None,
            scope: scope.clone(),
            resources: Vec::new(),
            nonce: None,
            claims: AskedClaims::default(),
            authenticated_at: now,
            authentication: authentication.clone(),
            created_at: now,
            refresh_until: None,
            expires_at: now,
            revoked_at: None,
        });
        let authorization = Authorization { grant, scope, resources: Vec::new(), refresh: RefreshPlan::None };
        let access_token = match self.access_token(client, &authorization, user, now).await? {
            Ok(access_token) => access_token,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let granted = access_token.granted();
        let grantor = if user.is_some() { Grantor::Person(&has_role) } else { Grantor::Client };
        let dropped = catalog.dropped(wanted, &granted, client, grantor, &[]);
        let (mut id_token, mut userinfo) = (None, None);
        if let (Some(user), Some(grant)) = (user, &authorization.grant)
            && granted.contains("openid")
        {
            id_token = Some(self.id_token(client, grant, user, Beside::default(), now).await?);
            userinfo = Some(self.userinfo_claims(user, client, &access_token, &AskedClaims::default()).await?);
        }
        let facts = self.facts(user, client, &granted).await?;
        let rules = catalog.rules_for(access_token.aud.identifiers(), client);
        let there = [
            (Target::AccessToken, serde_json::to_value(&access_token).ok()),
            (Target::IdToken, id_token.as_ref().and_then(|token| serde_json::to_value(token).ok())),
            (Target::Userinfo, userinfo.clone().map(Value::Object)),
        ];
        let claims = there.into_iter().filter_map(|(target, value)| Some(told(target, &value?, &rules, &facts))).flatten().collect();
        Ok(Ok(Preview { access_token, id_token, userinfo, claims, dropped }))
    }
}

/// Why each claim of a token is there, and why those that rules name are not.
fn told(target: Target, token: &Value, rules: &[OwnRule<'_>], facts: &Facts) -> Vec<Told> {
    let tell = |claim: &str, present: bool, because: String| Told { target, claim: claim.to_owned(), present, because };
    let is_overruled = |rule: &OwnRule<'_>| target == Target::AccessToken && rule.is_the_apis(rules);
    let into = rules.iter().filter(|rule| rule.rule().into.contains(&target));
    let (overruled, of_rules): (Vec<&OwnRule<'_>>, Vec<&OwnRule<'_>>) = into.partition(|rule| is_overruled(rule));
    let mut told = Vec::new();
    for claim in token.as_object().into_iter().flat_map(Map::keys) {
        if !of_rules.iter().any(|own| own.rule().claim == *claim && own.rule().value(facts).is_ok()) {
            told.push(tell(claim, true, by_specification(target, claim, facts)));
        }
    }
    for own in overruled {
        let because = format!("a rule of the {own} ({}) does not count beside one of the API", own.rule().from);
        told.push(tell(&own.rule().claim, false, because));
    }
    for (place, owner) in of_rules.iter().enumerate() {
        let rule = owner.rule();
        let counts = |other: &&&OwnRule<'_>| other.rule().claim == rule.claim && other.rule().value(facts).is_ok();
        let later = of_rules.iter().skip(place + 1).find(counts);
        let from = match rule.from {
            Source::Constant | Source::Roles | Source::Groups => rule.from.to_string(),
            source => format!("{source} {}", rule.source_name()),
        };
        told.push(match (rule.value(facts), later) {
            (Err(unmet), _) => tell(&rule.claim, false, format!("a rule of the {owner} ({from}) gives nothing: {unmet}")),
            (Ok(_), Some(other)) => tell(&rule.claim, false, format!("a rule of the {owner} ({from}) is overruled by one of the {other}")),
            (Ok(_), None) => tell(&rule.claim, true, format!("a rule of the {owner}: {from}")),
        });
    }
    told
}

/// Why a claim is there that no rule puts there.
fn by_specification(target: Target, claim: &str, facts: &Facts) -> String {
    let releasing = CLAIM_SCOPES.iter().find(|scope| scope.claims.contains(&claim) && facts.scope.contains(scope.name));
    match (target, claim, releasing) {
        (_, "sub", _) => "whom it speaks for".to_owned(),
        (Target::AccessToken, "roles", _) => {
            "the roles of whom it speaks for, their own and their groups' (RFC 9068 section 2.2.3.1)".to_owned()
        }
        (Target::AccessToken, "groups", _) => "the person's groups (RFC 9068 section 2.2.3.1)".to_owned(),
        (Target::AccessToken, ..) => "every access token has it (RFC 9068 section 2.2)".to_owned(),
        (_, _, Some(scope)) => format!("the scope {} releases it", scope.name),
        (Target::IdToken, ..) => "every ID token has it (OpenID Connect Core section 2)".to_owned(),
        (Target::Userinfo, ..) => "every userinfo answer has it".to_owned(),
    }
}
