//! The name of one request (W3C Trace Context §3.2.2.3, `trace-id`): in its answer, in the log, and beside the reason why it was refused.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one request: 128 random bits in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceId(String);

/// The text is no trace id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a trace id is 32 hexadecimal digits, as in the Trace-Id header of an answer and on the error page")]
pub struct InvalidTraceId;

impl TraceId {
    /// The trace id of 128 fresh random bits.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(random)))
    }

    /// Reads a trace id as somebody copied it: with white space or quotes around it, with the name of its header, or in upper case.
    pub fn parse(text: &str) -> Result<Self, InvalidTraceId> {
        let bare = |text: &str| text.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`')).to_owned();
        let text = bare(text).to_ascii_lowercase();
        let id = bare(text.strip_prefix("trace-id:").unwrap_or(&text));
        if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) { Ok(Self(id)) } else { Err(InvalidTraceId) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_copied() {
        let id = TraceId::new([0xab; 16]);
        for copied in [id.as_str(), " \tabababababababababababababababab\r\n", "Trace-Id: \"ABABABABABABABABABABABABABABABAB\""] {
            assert_eq!(TraceId::parse(copied), Ok(id.clone()), "{copied:?}");
        }
        for wrong in ["", "trace-id:", "ab", &"a".repeat(33), &"g".repeat(32), "abababababababab'; DROP TABLE x;--", &"é".repeat(16)] {
            assert_eq!(TraceId::parse(wrong), Err(InvalidTraceId), "{wrong:?}");
        }
    }
}
