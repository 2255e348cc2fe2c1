//! The database schema of Claviger, step by step: one migration per file, in the order of [`Migrator::migrations`].
//!
//! Conventions: identifiers are text, points in time are seconds since 1970 in 64 bits, lists and sets are JSON in text, yes and no
//! are booleans. No table is called by a reserved word, so that `select * from account` needs no quotes: a user is an `account`, a
//! grant is `granted`, a group is a `person_group`. A migration that was released is never changed; the next one mends it.

mod columns;
mod m0001_client;
mod m0002_api;
mod m0003_account;
mod m0004_session;
mod m0005_consent;
mod m0006_granted;
mod m0007_revoked_token;
mod m0008_login_failure;
mod m0009_refusal;
mod m0010_person_group;
mod m0011_attribute;
mod m0012_claim_rule;
mod m0013_api_key;
mod m0020_provider;
mod m0021_client_key;
mod m0022_client_responses;
mod m0023_logout;
mod m0024_subject;
mod m0025_presentation;
mod m0026_registration;
mod m0027_request;
mod m0028_refresh_token_rotation;
mod m0029_grant_sector;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Brings a database up to date, or takes it back.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_client::Migration),
            Box::new(m0002_api::Migration),
            Box::new(m0003_account::Migration),
            Box::new(m0004_session::Migration),
            Box::new(m0005_consent::Migration),
            Box::new(m0006_granted::Migration),
            Box::new(m0007_revoked_token::Migration),
            Box::new(m0008_login_failure::Migration),
            Box::new(m0009_refusal::Migration),
            Box::new(m0010_person_group::Migration),
            Box::new(m0011_attribute::Migration),
            Box::new(m0012_claim_rule::Migration),
            Box::new(m0013_api_key::Migration),
            Box::new(m0020_provider::Migration),
            Box::new(m0021_client_key::Migration),
            Box::new(m0022_client_responses::Migration),
            Box::new(m0023_logout::Migration),
            Box::new(m0024_subject::Migration),
            Box::new(m0025_presentation::Migration),
            Box::new(m0026_registration::Migration),
            Box::new(m0027_request::Migration),
            Box::new(m0028_refresh_token_rotation::Migration),
            Box::new(m0029_grant_sector::Migration),
        ]
    }
}
