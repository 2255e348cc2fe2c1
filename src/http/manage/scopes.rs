//! The scopes of the management API, as types (see [`Needs`]).

use crate::http::caller::Needs;

macro_rules! scopes {
    ($($name:ident = $scope:literal,)+) => {
        $(pub(super) struct $name;
        impl Needs for $name {
            const SCOPE: &'static str = $scope;
        })+
    };
}

scopes! {
    ClientsRead = "clients:read",
    ClientsWrite = "clients:write",
    UsersRead = "users:read",
    UsersWrite = "users:write",
    ApisRead = "apis:read",
    ApisWrite = "apis:write",
    KeysRead = "keys:read",
    KeysWrite = "keys:write",
    SessionsRead = "sessions:read",
    SessionsWrite = "sessions:write",
    ApiKeysRead = "api-keys:read",
    ApiKeysWrite = "api-keys:write",
    RefusalsRead = "refusals:read",
    ProvidersRead = "providers:read",
    ProvidersWrite = "providers:write",
}
