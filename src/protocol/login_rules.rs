//! What a client registers about how its people sign in (OpenID Connect Registration §2).

use serde::{Deserialize, Serialize};

use crate::protocol::problem::Problem;
use crate::protocol::web_uri::WebUri;

/// The most `acr` values that a client names.
const MOST_ACR_VALUES: usize = 20;
/// The longest of them.
const LONGEST_ACR_VALUE: usize = 255;

/// How a client's people sign in, where its requests say nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoginRules {
    /// Seconds since a person last signed in, after which they have to again (`default_max_age`).
    pub max_age: Option<u32>,
    /// Whether it relies on `auth_time` (`require_auth_time`). Every ID token of ours has it.
    pub needs_auth_time: bool,
    /// The classes of sign-in that it would like, the best first (`default_acr_values`): kept and told.
    pub acr_values: Vec<String>,
    /// Where others may send people who want to sign in at it (OpenID Connect Core §4, `initiate_login_uri`). We send nobody.
    pub initiate_login_uri: Option<WebUri>,
}

impl LoginRules {
    /// Everything that is wrong with them.
    pub(in crate::protocol) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.acr_values.len() > MOST_ACR_VALUES {
            problems.push(Problem::new("default_acr_values", format!("must have at most {MOST_ACR_VALUES}")));
        }
        for (index, value) in self.acr_values.iter().enumerate() {
            // OpenID Connect Core §3.1.2.1: in a request they stand in a list with spaces between them.
            if value.is_empty() || value.len() > LONGEST_ACR_VALUE || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                let rule = format!("must have 1 to {LONGEST_ACR_VALUE} printable ASCII characters without spaces");
                problems.push(Problem::new(format!("default_acr_values[{index}]"), rule));
            }
        }
        if self.initiate_login_uri.as_ref().is_some_and(|uri| uri.as_str().contains('#')) {
            problems.push(Problem::new("initiate_login_uri", "must have no fragment (#…)"));
        }
        problems
    }
}
