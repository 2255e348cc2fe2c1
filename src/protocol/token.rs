//! Opaque tokens: the secrets that we hand out and later recognise by their hash alone.
//!
//! Every opaque token reads `prefix` `random` `checksum`, from `[A-Za-z0-9_-]` only (RFC 6750 §2.1 `b64token`), so that
//! leak scanners can find one and a mistyped one is refused without a query. The random part holds 192 bits
//! (RFC 6749 §10.10 asks for 128 at least). The prefix makes the kinds of token disjoint: a refresh token is never a valid code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Random bytes in a token.
pub const RANDOM_BYTES: usize = 24;
const RANDOM_CHARACTERS: usize = 32;
const CHECKSUM_CHARACTERS: usize = 6;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An authorization code (RFC 6749 §1.3.1).
    AuthorizationCode,
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken,
    /// The cookie of a person's session with us.
    Session,
    /// The cookie that binds forms to a browser before anyone has logged in.
    Browser,
    /// A client's generated password (RFC 6749 §2.3.1).
    ClientSecret,
    /// The `state` of a sign-in at another provider (RFC 6749 §10.12).
    State,
    /// An API key.
    ApiKey,
    /// What a client that registered itself manages its registration with (RFC 7592 §1.2).
    RegistrationAccessToken,
    /// What lets somebody register a client (RFC 7591 §1.2).
    InitialAccessToken,
}

impl TokenKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::Session,
        Self::Browser,
        Self::ClientSecret,
        Self::State,
        Self::ApiKey,
        Self::RegistrationAccessToken,
        Self::InitialAccessToken,
    ];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization code",
            Self::RefreshToken => "refresh token",
            Self::Session => "session cookie",
            Self::Browser => "browser cookie",
            Self::ClientSecret => "client secret",
            Self::State => "state of a sign-in",
            Self::ApiKey => "API key",
            Self::RegistrationAccessToken => "registration access token",
            Self::InitialAccessToken => "initial access token",
        }
    }

    /// The characters that every token of this kind starts with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "clv_code_",
            Self::RefreshToken => "clv_rt_",
            Self::Session => "clv_ses_",
            Self::Browser => "clv_web_",
            Self::ClientSecret => "clv_cs_",
            Self::State => "clv_st_",
            Self::ApiKey => "clv_key_",
            Self::RegistrationAccessToken => "clv_reg_",
            Self::InitialAccessToken => "clv_iat_",
        }
    }
}

/// An opaque token in plain text. It has no `Debug` and no `Clone`: it is shown to its holder once and then forgotten.
pub struct Token(String);

impl Token {
    /// The token of `kind` made from fresh random bytes.
    #[must_use]
    pub fn new(kind: TokenKind, random: [u8; RANDOM_BYTES]) -> Self {
        let mut text = String::from(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(random, &mut text);
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    /// Reads what a caller presents as a token of `kind`; `None` when it can't be one.
    #[must_use]
    pub fn parse(kind: TokenKind, text: &str) -> Option<Self> {
        let random_and_checksum = text.strip_prefix(kind.prefix())?;
        let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if random_and_checksum.len() != RANDOM_CHARACTERS + CHECKSUM_CHARACTERS || !random_and_checksum.bytes().all(alphabet) {
            return None;
        }
        let (body, found) = text.split_at(text.len() - CHECKSUM_CHARACTERS);
        (checksum(body) == found).then(|| Self(text.to_owned()))
    }

    /// Why a text is no token of `kind`, in words that leave out the text.
    #[must_use]
    pub fn misfit(kind: TokenKind, text: &str) -> String {
        match TokenKind::ALL.into_iter().find(|known| text.starts_with(known.prefix())) {
            Some(found) if found != kind => format!("what came has the form of another kind: {}", found.name()),
            Some(_) => "what came begins as it should and is mistyped or cut off: its check characters are wrong".to_owned(),
            None if text.starts_with("eyJ") => "what came has the form of a JSON Web Token".to_owned(),
            None => format!("what came has not the form of a token of this server ({}...)", kind.prefix()),
        }
    }

    /// The plain text, for its holder.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the store may keep of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn checksum(body: &str) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(Sha256::digest(body));
    text.truncate(CHECKSUM_CHARACTERS);
    text
}

/// The SHA-256 of a token, base64url without padding: all that the store knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of a secret that is long and random already (an opaque token, a client's secret).
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(secret)))
    }

    /// A hash as it was stored.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The hash as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two hashes are equal, in a time that does not tell where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_as_its_own_kind_only() {
        let token = Token::new(TokenKind::RefreshToken, [7; RANDOM_BYTES]);
        assert!(Token::parse(TokenKind::RefreshToken, token.reveal()).is_some_and(|read| read.hash() == token.hash()));
        assert!(Token::parse(TokenKind::AuthorizationCode, token.reveal()).is_none());
    }

    /// Conformance: 36
    #[test]
    fn a_token_holds_more_than_anybody_guesses_and_fits_where_bearer_tokens_go() {
        for kind in TokenKind::ALL {
            let [one, other] = [[0; RANDOM_BYTES], [255; RANDOM_BYTES]].map(|random| Token::new(kind, random).reveal().to_owned());
            let random = one.strip_prefix(kind.prefix()).unwrap();
            // RFC 6749 §10.10: 128 bits at least; each character holds six.
            assert!(random.len() * 6 >= 128 && one != other, "{one}");
            // RFC 6750 §2.1, `b64token`.
            let fits = |character: char| character.is_ascii_alphanumeric() || "-._~+/".contains(character);
            assert!([one, other].iter().all(|token| token.chars().all(fits)));
        }
    }

    #[test]
    fn a_mistyped_token_is_refused_by_its_checksum() {
        let token = Token::new(TokenKind::AuthorizationCode, [7; RANDOM_BYTES]);
        let mistyped = token.reveal().replacen('B', "C", 1);
        assert_ne!(mistyped, token.reveal());
        assert!(Token::parse(TokenKind::AuthorizationCode, &mistyped).is_none());
        assert!(Token::parse(TokenKind::AuthorizationCode, &token.reveal()[1..]).is_none());
        assert!(Token::parse(TokenKind::AuthorizationCode, "").is_none());
        assert!(Token::misfit(TokenKind::AuthorizationCode, &mistyped).contains("mistyped"));
        assert!(Token::misfit(TokenKind::RefreshToken, &mistyped).contains("authorization code"));
        assert!(Token::misfit(TokenKind::RefreshToken, "hunter2").ends_with("(clv_rt_...)"));
    }
}
