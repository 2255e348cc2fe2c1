//! Roles: words that say what a person or a client is here (RFC 9068 §2.2.3.1, after RFC 7643 §4.1.2).

/// The role that lets a person manage this server.
pub const ADMIN: &str = "admin";

/// What the name of a role or of a group must be, for whoever chose another one.
pub const ROLE_RULE: &str = "must be 1 to 64 of the characters a-z A-Z 0-9 . _ : -";

/// Whether a text can be the name of a role, or of a group.
#[must_use]
pub fn is_role(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
