//! What a person sees: the pages in a real browser. It obeys the content security policy, keeps cookies apart by site, opens windows, goes
//! back, and complains on its console, and each visit ends with the assertion that it had nothing to complain about.

mod account;
mod answers;
mod api_keys;
mod application;
mod chromium;
mod consent;
mod console;
mod docs;
mod driver;
mod example;
mod fastapi;
mod forgery;
mod gallery;
mod https;
mod look;
mod party;
mod provider;
mod sign_in;
mod sign_out;
mod single_logout;
mod single_sign_on;
mod spa;
mod spa_by_backend;
mod spa_with_provider;
mod swagger;
mod webapp;
