//! The integration tests: one binary, so that it links once. Stories are in `flows`, endpoints in `endpoints`, threats in `attacks`; the
//! actors that play in them are in `actors`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(unreachable_pub, reason = "nobody outside calls a test")]

mod actors;
mod attacks;
mod binary;
mod browser;
mod certification;
mod conformance;
mod database;
mod endpoints;
mod examples;
mod explained;
mod flows;
mod fuzz;
mod generated;
mod interop;
mod layers;
mod manage;
mod store;
