//! Why somebody was not let in who came by another provider.

use crate::flow::throttle::Throttled;
use crate::outbound::OutboundFailure;
use crate::protocol::explanation::{Explanation, Fact, shown};
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::upstream::Trouble;

/// What the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEntry {
    /// There is no such provider, or it is switched off.
    Off,
    /// They refused there.
    Denied,
    /// The provider can't be reached, or is too slow.
    Unreachable,
    /// The provider does not answer as it should, or says what can't be relied on.
    Failed,
    /// The provider does not show that they signed in recently.
    NotFresh,
    /// Nobody here is linked to who they are there, and accounts are not made.
    NoAccount,
    /// They have no verified e-mail address in a domain that is allowed.
    NotAllowed,
    /// Their account is disabled.
    Disabled,
    /// Who they are there is linked to another account.
    Taken,
    /// They are somebody else here by now.
    OtherPerson,
    /// Too many set off from where they are: seconds until they may.
    TooMany(u64),
}

/// Somebody was not let in.
#[derive(Clone, Debug)]
pub struct Turned {
    /// What they are told.
    pub why: NoEntry,
    /// What the provider is called on our pages.
    pub label: String,
    /// What the operator is told.
    pub refusal: Refusal,
}

impl NoEntry {
    const fn code(self) -> ErrorCode {
        match self {
            Self::Off => ErrorCode::InvalidRequest,
            Self::Unreachable | Self::TooMany(_) => ErrorCode::TemporarilyUnavailable,
            _ => ErrorCode::AccessDenied,
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Off => "There is no such identity provider, or it is switched off.",
            Self::Denied => "The person refused at the identity provider.",
            Self::Unreachable => "The identity provider cannot be reached.",
            Self::Failed => "The identity provider did not answer as it should.",
            Self::NotFresh => "The identity provider does not show a recent sign-in.",
            Self::NoAccount => "Nobody here is linked to this identity.",
            Self::NotAllowed => "The identity has no verified e-mail address that is allowed here.",
            Self::Disabled => "The account is disabled.",
            Self::Taken => "The identity is linked to another account.",
            Self::OtherPerson => "Somebody else is signed in by now.",
            Self::TooMany(_) => "Too many sign-ins at other providers are under way.",
        }
    }

    const fn advice(self) -> Option<&'static str> {
        match self {
            Self::Off => {
                Some("Declare the provider as [[provider]], in the configuration or for `claviger apply`; check that it is enabled.")
            }
            Self::NoAccount => Some(
                "If people who come for the first time shall get an account, set create_accounts = true. Otherwise they link it at /account.",
            ),
            Self::NotAllowed => Some("allowed_email_domains lists the domains; only an address counts that the provider says is verified."),
            Self::NotFresh => Some(
                "max_age and prompt=login can only be met by a provider whose ID token has auth_time. GitHub and Google do not give it.",
            ),
            _ => None,
        }
    }
}

impl Turned {
    /// `reason` is for the log and the operator.
    pub(super) fn new(why: NoEntry, label: &str, provider: &str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let explanation = Explanation::of(Fact::of("provider").came(provider).note(reason.clone()));
        let explanation = match why.advice() {
            Some(advice) => explanation.advise(advice),
            None => explanation,
        };
        // It may be no name of ours but whatever stood in its place.
        tracing::info!(target: "claviger::security", provider = shown(provider), reason, "nobody was let in from another provider");
        let refusal = Refusal::new(why.code(), why.description()).because(reason).explained(explanation);
        Self { why, label: label.to_owned(), refusal }
    }

    /// Too many set off.
    pub(super) fn throttled(throttled: Throttled, label: &str) -> Self {
        let Throttled { seconds, why } = throttled;
        Self { why: NoEntry::TooMany(seconds), label: label.to_owned(), refusal: Refusal::too_many(seconds).explained(why) }
    }

    /// The trouble with a provider.
    pub(super) fn by(trouble: &Trouble, label: &str, provider: &str) -> Self {
        let why = match trouble {
            Trouble::Denied => NoEntry::Denied,
            Trouble::NotFresh(_) => NoEntry::NotFresh,
            Trouble::Unreachable(OutboundFailure::TooLong { .. } | OutboundFailure::Redirected { .. } | OutboundFailure::Broken { .. })
            | Trouble::Refused(_)
            | Trouble::Misbehaved(_)
            | Trouble::Untrusted(_) => NoEntry::Failed,
            Trouble::Unreachable(_) => NoEntry::Unreachable,
        };
        Self::new(why, label, provider, trouble.to_string())
    }
}
