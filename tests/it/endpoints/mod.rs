//! The endpoints, each with its whole replies and its refusals.

mod authorize;
mod authorize_prompts;
mod authorize_refusals;
mod cors;
mod docs;
mod health;
mod introspect;
mod metadata;
mod openapi;
mod promises;
mod register;
mod register_again;
mod revoke;
mod token;
mod token_refusals;
mod userinfo;
mod well_known;
