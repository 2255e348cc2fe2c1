//! The people, clients and API that `claviger dev` puts in, so that everything can be tried at once. Their passwords and secrets are public:
//! nothing else puts them in by itself.

use std::ops::ControlFlow;
use std::path::Path;

use crate::flow::apply::{Extent, Strength};
use crate::flow::{Failure, Server};
use crate::protocol::problem::Problem;

/// A file for `claviger apply` like any other, and the example of one.
const DEMO: &str = include_str!("../../examples/demo.toml");

impl Server {
    /// Puts in what is missing of the demo data. What is there stays as somebody may have changed it, but for our own URL: the port in it may
    /// be another one today.
    pub async fn put_demo_data(&self) -> Result<Result<(), Vec<Problem>>, Failure> {
        let document = self.read_document(DEMO, Path::new(""), Strength::Any);
        self.apply(&document, Extent::Missing, |_, _| ControlFlow::Continue(())).await
    }
}
