//! What a file changes, and what is wrong with one.

use std::num::NonZeroUsize;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::document::{Document, Rules, Strength};
use super::plan::{Extent, Found, plan};
use super::step::{Secret, Step};
use crate::flow::catalog::own_api;
use crate::identity::account::Account;
use crate::identity::user::{PasswordHash, User, Username};
use crate::password::{Argon2Cost, Passwords};
use crate::protocol::api::{Api, ApiScope};
use crate::protocol::chosen_secret::ChosenSecret;
use crate::protocol::claims::{Address, StandardClaims};
use crate::protocol::client::{Client, ClientSecret, TokenLifetimes};
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::resource::Resource;
use crate::protocol::samples::{client_id, confidential_client, issuer};
use crate::protocol::scope::ScopeToken;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::random::Random;

const DEMO: &str = include_str!("../../../examples/demo.toml");
const HASH: &str = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const SECRET: &str = "a secret that is long enough for anybody";

fn read(text: &str, strength: Strength) -> Document {
    let passwords = Passwords::new(Argon2Cost::new(64, 1, 1).unwrap(), NonZeroUsize::MIN, 1, Random::seeded(1)).unwrap();
    let rules = Rules { issuer: &issuer(), folder: Path::new("/nonexistent"), strength, password_minimum: 8, passwords: &passwords };
    Document::read(text, &rules)
}

fn nothing() -> Found {
    Found {
        attributes: vec![],
        groups: vec![],
        clients: vec![],
        apis: vec![],
        own_api: own_api(&issuer()),
        users: vec![],
        providers: vec![],
        from_providers: [].into(),
        other_secrets: [].into(),
        other_passwords: [].into(),
    }
}

fn steps(text: &str, found: &Found, extent: Extent) -> Vec<Step> {
    plan(&read(text, Strength::Any), found, extent, &issuer()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn problems(text: &str, found: &Found, strength: Strength) -> Vec<String> {
    let problems = plan(&read(text, strength), found, Extent::Named, &issuer()).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

/// What is stored once the steps were made.
fn made(mut found: Found, steps: Vec<Step>) -> Found {
    let secret =
        |hash: TokenHash| ClientSecret { id: hash.as_str().to_owned(), hash, sealed: None, created_at: Timestamp::from_seconds(1) };
    for step in steps {
        match step {
            Step::AddClient(client, Secret::Given(given)) => found.clients.push(Client { secrets: vec![secret(given.hash())], ..*client }),
            Step::AddClient(client, Secret::Generated) => {
                found.clients.push(Client { secrets: vec![secret(TokenHash::of("generated"))], ..*client });
            }
            Step::AddClient(client, _) => found.clients.push(*client),
            Step::AddAttribute(attribute) => found.attributes.push(attribute),
            Step::AddGroup(group) => found.groups.push(group),
            Step::AddApi(api) => found.apis.push(api),
            Step::AddUser(account, _) => found.users.push(user(&account)),
            _ => panic!("only what is new is made here"),
        }
    }
    found
}

fn user(account: &Account) -> User {
    User {
        subject: Subject::new(format!("{}-id", account.username)),
        username: Username::parse(&account.username).unwrap(),
        password: Some(PasswordHash::from_phc(HASH.to_owned())),
        password_version: 0,
        claims: account.claims.clone(),
        attributes: account.attributes.clone(),
        roles: account.roles.clone(),
        groups: account.groups.iter().map(|name| (name.clone(), [].into())).collect(),
        enabled: account.enabled,
        created_at: Timestamp::from_seconds(0),
        updated_at: Timestamp::from_seconds(0),
    }
}

fn subjects(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.to_string().lines().next().unwrap().to_owned()).collect()
}

#[test]
fn a_second_run_changes_nothing() {
    let first = steps(DEMO, &nothing(), Extent::Named);
    assert_eq!(first.len(), 12, "{:?}", subjects(&first));
    let found = made(nothing(), first);
    for extent in [Extent::Named, Extent::Everything, Extent::Missing] {
        assert_eq!(subjects(&steps(DEMO, &found, extent)), [""; 0], "{extent:?}");
    }
}

#[test]
fn what_is_named_becomes_as_the_file_says_with_defaults_for_what_it_leaves_out() {
    let found = made(nothing(), steps(DEMO, &nothing(), Extent::Named));
    let text = "[[client]]\nclient_id = 'demo-m2m'\nclient_name = 'Robot'\ngrant_types = ['client_credentials']\nscope = 'items:write x'\n\
                [[user]]\nusername = 'Alice'\nclaims = { name = 'Alice' }\n[[api]]\nidentifier = 'http://localhost:8000'\nname = 'Items'\n\
                scopes = [{ name = 'items:write', description = 'add items', role = 'editor' }]";
    let shown: Vec<String> = steps(text, &found, Extent::Named).iter().map(ToString::to_string).collect();
    let [client, api, user] = shown.as_slice() else { panic!("{shown:?}") };
    let expected = "~ client demo-m2m\n    client_name: \"Demo machine\" → \"Robot\"\n    scope: - \"clients:read\"\n    scope: - \"items:read\"\n    \
                    scope: + \"x\"\n    default_scope: [\"items:read\"] → unset";
    assert_eq!(client, expected);
    let expected = "~ api http://localhost:8000\n    scopes: - { name = \"items:read\", description = \"see your items\" }\n    \
                    scopes[items:write].description: \"add and change your items\" → \"add items\"\n    \
                    scopes[items:write].role: unset → \"editor\"\n    introspectors: - \"demo-api\"";
    assert_eq!(api, expected);
    assert!(user.contains("    claims.name: \"Alice Liddell\" → \"Alice\"\n") && user.contains("    roles: - \"admin\""), "{user}");
    assert!(!user.contains("password"), "what is not given stays: {user}");
}

#[test]
fn what_is_new_is_shown_without_what_it_would_be_anyway() {
    let text = "[[client]]\nclient_id = 'app'\nclient_name = 'App'\ngrant_types = []\nredirect_uris = []\n\
                [[api]]\nidentifier = 'https://a.example'\nname = 'A'\nscopes = [{ name = 'a' }]\nintrospectors = []\n\
                [[user]]\nusername = 'carol'\nroles = []";
    let shown: Vec<String> = steps(text, &nothing(), Extent::Named).iter().map(ToString::to_string).collect();
    let expected = [
        "+ client app\n    client_name: \"App\"\n    grant_types: []\n    client_secret: generated, and shown once",
        "+ api https://a.example\n    name: \"A\"\n    scopes: { name = \"a\", description = \"\" }",
        "+ user carol\n    password: none: they can't sign in with one",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn only_pruning_deletes_what_is_not_named_and_in_an_order_in_which_references_hold() {
    let mut found = made(nothing(), steps(DEMO, &nothing(), Extent::Named));
    found.apis[0].scopes[0].name = ScopeToken::parse("orders:read").unwrap();
    let text = "[[user]]\nusername = 'carol'\n[[api]]\nidentifier = 'https://orders.example'\nname = 'Orders'\n\
                scopes = [{ name = 'orders:read' }]\nintrospectors = ['orders']\n[[client]]\nclient_id = 'orders'\nclient_name = 'Orders'\n\
                grant_types = []\n[[client]]\nclient_id = 'demo-api'\nclient_name = 'Demo resource server'\ngrant_types = []";
    let refused = problems(text, &found, Strength::Any);
    assert_eq!(refused, ["api[0] \"https://orders.example\": scopes[0].name: orders:read is taken"], "the other API stays");
    let expected = [
        "+ client orders",
        "- api http://localhost:8000",
        "+ api https://orders.example",
        "+ user carol",
        "- user alice",
        "- user bob",
        "- client demo-web",
        "- client demo-spa",
        "- client demo-native",
        "- client demo-password",
        "- client demo-m2m",
        "- client claviger-docs",
        "- group editors",
        "- attribute department",
    ];
    assert_eq!(subjects(&steps(text, &found, Extent::Everything)), expected);
}

#[test]
fn a_scope_moves_from_one_api_to_another_but_not_in_a_circle() {
    let api = |identifier: &str, scopes: &[&str]| Api {
        identifier: Resource::parse(identifier).unwrap(),
        name: "x".to_owned(),
        scopes: scopes
            .iter()
            .map(|name| ApiScope { name: ScopeToken::parse(name).unwrap(), description: String::new(), role: None })
            .collect(),
        introspectors: [].into(),
        claims: Vec::new(),
    };
    let found = Found { apis: vec![api("https://a.example", &["a", "x"]), api("https://b.example", &["b", "y"])], ..nothing() };
    let file = |a: &str, b: &str| {
        let entry = |name: &str, scope: &str| {
            format!("[[api]]\nidentifier = 'https://{name}.example'\nname = 'x'\nscopes = [{{ name = '{scope}' }}]\n")
        };
        entry("a", a) + &entry("b", b)
    };
    assert_eq!(subjects(&steps(&file("y", "b"), &found, Extent::Named)), ["~ api https://b.example", "~ api https://a.example"]);
    assert_eq!(subjects(&steps(&file("a", "x"), &found, Extent::Named)), ["~ api https://a.example", "~ api https://b.example"]);
    let refused = problems(&file("b", "a"), &found, Strength::Any);
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[0].starts_with("api[0] \"https://a.example\": scopes: takes a scope over"), "{refused:?}");
}

#[test]
fn a_secret_that_works_already_changes_nothing_and_another_one_is_added() {
    let file = |rest: &str| format!("[[client]]\nclient_id = 'app'\nclient_name = 'App'\ngrant_types = []\n{rest}");
    let secret_after = |before: &str, after: &str| {
        let found = made(nothing(), steps(&file(before), &nothing(), Extent::Named));
        match steps(&file(after), &found, Extent::Named).as_slice() {
            [] => None,
            [step @ Step::ChangeClient { secret, .. }] => {
                assert!(!step.to_string().contains(SECRET) && !step.to_string().contains(TokenHash::of(SECRET).as_str()), "{step}");
                Some(secret.clone())
            }
            other => panic!("{:?}", subjects(other)),
        }
    };
    let (given, public) = (format!("client_secret = '{SECRET}'"), "token_endpoint_auth_method = 'none'");
    assert_eq!(secret_after(&given, &given), None);
    assert_eq!(secret_after(&given, ""), None, "what is not given stays");
    assert_eq!(secret_after("client_secret = 'another'", &given), Some(Secret::Given(ChosenSecret::new(SECRET.into()))));
    assert_eq!(secret_after(&given, public), Some(Secret::Withdrawn));
    assert_eq!(secret_after(public, &given), Some(Secret::Given(ChosenSecret::new(SECRET.into()))));
    assert_eq!(secret_after(public, ""), Some(Secret::Generated));
    assert_eq!(secret_after(public, public), None);
    // What was made for another method is hashed alone.
    let signing = "token_endpoint_auth_method = 'client_secret_jwt'";
    assert_eq!(secret_after(&given, signing), Some(Secret::Generated));
    let both = format!("{signing}\n{given}");
    assert_eq!(secret_after(&given, &both), Some(Secret::Given(ChosenSecret::new(SECRET.into()))));
    assert_eq!(secret_after(signing, ""), Some(Secret::Keep), "a hash is enough for the method that it then has");
}

#[test]
fn a_password_changes_only_when_it_is_another_one() {
    let mut found = Found { users: vec![user(&Account { username: "carol".to_owned(), ..Account::default() })], ..nothing() };
    let file = |password: &str| format!("[[user]]\nusername = 'carol'\n{password}");
    let text = "password = 'correct horse'";
    for same in ["", text, &format!("password_hash = '{HASH}'")] {
        assert_eq!(subjects(&steps(&file(same), &found, Extent::Named)), [""; 0], "{same}");
    }
    let other = HASH.replace("nf65", "nf66");
    let changed = steps(&file(&format!("password_hash = '{other}'")), &found, Extent::Named);
    found.other_passwords.insert(Username::parse("carol").unwrap());
    for steps in [changed, steps(&file(text), &found, Extent::Named)] {
        let [step] = steps.as_slice() else { panic!("one") };
        assert_eq!(step.to_string(), "~ user carol\n    password: another one; their sessions and tokens end");
    }
}

#[test]
fn where_only_the_missing_is_added_nothing_changes_but_our_own_url() {
    let mut found = made(nothing(), steps(DEMO, &nothing(), Extent::Named));
    for client in &mut found.clients {
        client.name = "Renamed".to_owned();
        client.enabled = false;
        client.secrets.clear();
    }
    let docs = found.clients.iter_mut().find(|client| client.id == client_id("claviger-docs")).unwrap();
    docs.redirect_uris.clear();
    docs.redirect_uris.extend(confidential_client(&[], "", "").redirect_uris);
    found.users.retain(|user| user.username.as_str() != "bob");
    found.users[0].claims = StandardClaims::default();
    found.apis[0].scopes.truncate(1);
    let shown: Vec<String> = steps(DEMO, &found, Extent::Missing).iter().map(ToString::to_string).collect();
    let expected = "~ client claviger-docs\n    redirect_uris: - \"https://app.example/cb\"\n    \
                    redirect_uris: + \"https://id.example/docs/oauth2-redirect.html\"";
    assert_eq!(shown, [expected, "+ user bob\n    claims.name: \"Bob Builder\"\n    password: as given"]);
}

#[test]
fn references_hold_and_our_own_api_is_not_ours_to_give() {
    let found = made(nothing(), steps(DEMO, &nothing(), Extent::Named));
    let api = |identifier: &str, rest: &str| format!("[[api]]\nidentifier = '{identifier}'\nname = 'x'\n{rest}\n");
    let text = api("{issuer}/api", "scopes = [{ name = 'a' }]")
        + &api("http://localhost:8000/", "scopes = [{ name = 'items:read' }]")
        + &api(
            "https://b.example",
            "scopes = [{ name = 'users:read' }, { name = 'openid' }, { name = 'b', role = 'x y' }]\nintrospectors = ['nobody', 'demo-web']",
        );
    let expected = [
        "api[0] \"https://id.example/api\": identifier: must not be the issuer or its /api, which are this server's own",
        "api[1] \"http://localhost:8000/\": identifier: can't be changed; it is registered as http://localhost:8000",
        "api[2] \"https://b.example\": scopes[0].name: users:read is taken",
        "api[2] \"https://b.example\": scopes[1].name: openid is taken",
        "api[2] \"https://b.example\": scopes[2].role: must be 1 to 64 of the characters a-z A-Z 0-9 . _ : -",
        "api[2] \"https://b.example\": introspectors: there is no client nobody",
    ];
    assert_eq!(problems(&text, &found, Strength::Any), expected);
}

#[test]
fn weak_and_unusable_secrets_are_refused_unless_they_may_be_weak() {
    let text = "[[client]]\nclient_id = 'a'\nclient_name = 'A'\ngrant_types = []\nclient_secret = 'short'\n\
                [[client]]\nclient_id = 'b'\nclient_name = 'B'\ngrant_types = []\nclient_secret = ''\n\
                [[client]]\nclient_id = 'c'\nclient_name = 'C'\ngrant_types = []\ntoken_endpoint_auth_method = 'none'\nclient_secret = 'x'\n\
                [[client]]\nclient_id = 'd'\nclient_name = 'D'\ngrant_types = []\nclient_secret_file = 'd'\nclient_secret = 1\n\
                [[user]]\nusername = 'a'\npassword = 'short'\n[[user]]\nusername = 'b'\npassword = ''\n\
                [[user]]\nusername = 'christopher'\npassword = 'Christopher'\n\
                [[user]]\nusername = 'd'\npassword_hash = '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8'\n\
                [[user]]\nusername = 'e'\npassword_hash = '$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'\n\
                [[user]]\nusername = 'f'\npassword_file = 'f'\n[[user]]\nusername = 'gerald'\npassword = 'Gerald'\n\
                [[user]]\nusername = 'h'\npassword_hash = '$argon2id$v=19$m=19456,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'\n\
                [[user]]\nusername = 'i'\npassword_hash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'\n";
    let always = [
        "client[1] \"b\": client_secret: is empty",
        "client[2] \"c\": client_secret: a client with the method none or private_key_jwt has no secret",
        "client[3] \"d\": client_secret_file: stands beside client_secret; keep one of them",
        "client[3] \"d\": client_secret: must be text",
        "user[1] \"b\": password: is empty",
        "user[2] \"christopher\": password: must not be the username",
        "user[3] \"d\": password_hash: can't be used: it is not of Argon2id",
        "user[4] \"e\": password_hash: can't be used: its cost is out of bounds: memory must be between 8 KiB for each lane and 262144 KiB (256 MiB)",
        "user[5] \"f\": password_file: /nonexistent/f can't be read: No such file or directory (os error 2)",
        "user[6] \"gerald\": password: must not be the username",
    ];
    assert_eq!(problems(text, &nothing(), Strength::Any), always);
    let let_in = read(text, Strength::Any);
    assert_eq!(let_in.weak, ["client[0] \"a\": client_secret", "user[0] \"a\": password", "user[7] \"h\": password_hash"]);
    assert_eq!(let_in.outdated_hashes, ["user[7] \"h\"", "user[8] \"i\""]);
    let strong = problems(text, &nothing(), Strength::Strong);
    for more in [
        "client[0] \"a\": client_secret: must have at least 32 characters",
        "user[0] \"a\": password: must have at least 8 characters",
        "user[1] \"b\": password: must have at least 8 characters",
        "user[6] \"gerald\": password: must have at least 8 characters",
        "user[7] \"h\": password_hash: is cheaper to guess than OWASP's least",
    ] {
        assert!(strong.iter().any(|problem| problem.starts_with(more)), "{strong:?}");
    }
    assert_eq!(strong.len(), always.len() + 3);
}

#[test]
fn problems_are_told_in_the_order_of_the_file_and_no_wrong_form_twice() {
    let text = "[[client]]\nclient_id = 'a b'\nclient_name = 5\nclient_secrte = 'hunter2'\nredirect_uris = ['http://a.example']\n\
                [[api]]\nname = 5\nscopes = [{ nmae = 'x' }]\n[[api]]\nidentifier = 'https://b.example'\nname = ''\n\
                [[user]]\npassword = 'long enough'\nclaims = { colour = 'red' }";
    let told = problems(text, &nothing(), Strength::Strong);
    let expected = [
        "client[0] \"a b\": client_name: invalid type: integer `5`, expected a string",
        "client[0] \"a b\": client_secrte: unknown field `client_secrte`, expected one of `client_id`, ",
        "client[0] \"a b\": client_id: must be",
        "client[0] \"a b\": redirect_uris[0]: must use https",
        "api[0]: name: invalid type",
        "api[0]: scopes[0].nmae: unknown field",
        "api[0]: scopes[0].name: is missing",
        "api[0]: identifier: is missing",
        "api[1] \"https://b.example\": name: must have",
        "api[1] \"https://b.example\": scopes: at least one",
        "user[0]: claims.colour: unknown field",
        "user[0]: username: must have",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told} is not {expected}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert!(told[1].ends_with("`enabled`, `client_secret`, `client_secret_file`"), "{}", told[1]);
}

/// The names of all members of a description, as they are listed for whoever gives another one.
fn members<T: DeserializeOwned>() -> Vec<String> {
    let refused = Table::from_iter([("another".to_owned(), Value::from(1))]).try_into::<T>().err().unwrap();
    let quoted: Vec<&str> = refused.message().split('`').collect();
    quoted.into_iter().skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_demo_file_shows_every_member() {
    let described = [members::<ClientMetadata>(), members::<TokenLifetimes>(), members::<Api>(), members::<ApiScope>()];
    let people = [members::<Account>(), members::<StandardClaims>(), members::<Address>()];
    let secrets = ["client_secret", "client_secret_file", "password", "password_file", "password_hash"].map(str::to_owned).to_vec();
    let named = [described.concat(), people.concat(), secrets].concat();
    assert!(named.len() > 50, "{named:?}");
    for name in named {
        let shown = format!("{name} = ");
        let is_there = |line: &str| line.trim_start_matches(['#', ' ']).starts_with(&shown) || line.contains(&format!(" {shown}"));
        let is_table =
            ["[[api.scopes]]", "[user.claims]", "[user.claims.address]"].iter().any(|table| table.contains(&format!(".{name}]")));
        assert!(DEMO.lines().any(is_there) || is_table, "{name}");
    }
}
