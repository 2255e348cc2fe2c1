//! Whole stories: who does what, and what they notice.

mod account;
mod account_password;
mod api_keys;
mod back_channel;
mod claim_rules;
mod claims_request;
mod code;
mod consent;
mod front_channel;
mod front_channel_logout;
mod home;
mod keys;
mod login;
mod logout;
mod native;
mod pairwise;
mod password_grant;
mod prompt;
mod provider;
mod provider_claims;
mod provider_links;
mod request_object;
mod resources;
mod roles;
mod session;
mod session_management;
