//! The closed sets of words that the document names. What they mean is said where they are read: [`crate::protocol`].

use poem_openapi::Enum;

/// Where a client runs.
#[derive(Enum)]
pub(super) enum ApplicationType {
    #[oai(rename = "web")]
    Web,
    #[oai(rename = "native")]
    Native,
}

/// How a client authenticates.
#[derive(Enum)]
pub(super) enum AuthMethod {
    #[oai(rename = "client_secret_basic")]
    SecretBasic,
    #[oai(rename = "client_secret_post")]
    SecretPost,
    #[oai(rename = "client_secret_jwt")]
    SecretJwt,
    #[oai(rename = "private_key_jwt")]
    PrivateKeyJwt,
    #[oai(rename = "none")]
    None,
}

/// What a client signs its assertions with.
#[derive(Enum)]
#[oai(rename_all = "UPPERCASE")]
pub(super) enum SigningAlgorithm {
    Hs256,
    Rs256,
    Ps256,
    Es256,
    #[oai(rename = "EdDSA")]
    EdDsa,
}

/// What we sign with.
#[derive(Enum)]
#[oai(rename_all = "UPPERCASE")]
pub(super) enum ResponseAlgorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    #[oai(rename = "EdDSA")]
    EdDsa,
}

/// How the key of what we encrypt gets to the client.
#[derive(Enum)]
pub(super) enum KeyManagement {
    #[oai(rename = "RSA-OAEP-256")]
    RsaOaep256,
    #[oai(rename = "ECDH-ES")]
    EcdhEs,
    #[oai(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

/// What we encrypt with.
#[derive(Enum)]
pub(super) enum ContentEncryption {
    #[oai(rename = "A128CBC-HS256")]
    A128CbcHs256,
    #[oai(rename = "A128GCM")]
    A128Gcm,
    #[oai(rename = "A256GCM")]
    A256Gcm,
}

/// Whom a client's assertions may be addressed to.
#[derive(Enum)]
pub(super) enum AssertionAudience {
    #[oai(rename = "issuer")]
    Issuer,
    #[oai(rename = "issuer_or_token_endpoint")]
    IssuerOrTokenEndpoint,
}

/// What a client's `sub` of a person is.
#[derive(Enum)]
pub(super) enum SubjectType {
    #[oai(rename = "public")]
    Public,
    #[oai(rename = "pairwise")]
    Pairwise,
}

/// Who registered a client.
#[derive(Enum)]
pub(super) enum Registrar {
    #[oai(rename = "operator")]
    Operator,
    #[oai(rename = "self")]
    Itself,
}

/// Whether a code needs a proof key.
#[derive(Enum)]
pub(super) enum PkceRule {
    #[oai(rename = "required")]
    Required,
    #[oai(rename = "optional")]
    Optional,
}

/// Whether each use of a refresh token brings a successor.
#[derive(Enum)]
#[oai(rename_all = "lowercase")]
pub(super) enum RefreshTokenRotation {
    On,
    Off,
}

/// Which refresh tokens end when a person signs out.
#[derive(Enum)]
#[oai(rename_all = "lowercase")]
pub(super) enum LogoutRevokes {
    Session,
    Everything,
    Nothing,
}

/// A way to a token.
#[derive(Enum)]
pub(super) enum GrantType {
    #[oai(rename = "authorization_code")]
    AuthorizationCode,
    #[oai(rename = "client_credentials")]
    ClientCredentials,
    #[oai(rename = "refresh_token")]
    RefreshToken,
    #[oai(rename = "password")]
    Password,
    #[oai(rename = "implicit")]
    Implicit,
}

/// What the authorization endpoint answers with.
#[derive(Enum)]
pub(super) enum ResponseType {
    #[oai(rename = "code")]
    Code,
    #[oai(rename = "id_token")]
    IdToken,
    #[oai(rename = "id_token token")]
    IdTokenToken,
    #[oai(rename = "code id_token")]
    CodeIdToken,
    #[oai(rename = "code token")]
    CodeToken,
    #[oai(rename = "code id_token token")]
    CodeIdTokenToken,
}

/// Where a signing key stands in its life.
#[derive(Enum)]
pub(super) enum KeyState {
    #[oai(rename = "next")]
    Next,
    #[oai(rename = "active")]
    Active,
    #[oai(rename = "retired")]
    Retired,
}

/// What another identity provider speaks.
#[derive(Enum)]
#[oai(rename_all = "lowercase")]
pub(super) enum ProviderKind {
    Github,
    Google,
    Microsoft,
    Oidc,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::{self, Algorithm};
    use crate::protocol::{application_type, client, client_assertion, client_logout, subject_type};
    use poem_openapi::registry::Registry;
    use poem_openapi::types::Type;

    fn documented<T: Type>() -> Vec<String> {
        let mut registry = Registry::new();
        T::register(&mut registry);
        let schema = registry.schemas.into_values().next().unwrap();
        schema.enum_items.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_document_names_the_words_that_are_read() {
        fn read<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<String> {
            all.iter().map(|known| word(*known).to_owned()).collect()
        }
        use application_type::ApplicationType as Application;
        use client_assertion::AssertionAudience as Audience;
        assert_eq!(documented::<ApplicationType>(), read(Application::ALL, Application::as_str));
        assert_eq!(documented::<AuthMethod>(), read(client::AuthMethod::ALL, client::AuthMethod::as_str));
        assert_eq!(documented::<SigningAlgorithm>(), read(Algorithm::ALL, Algorithm::as_str));
        assert_eq!(documented::<ResponseAlgorithm>(), read(jose::SigningAlgorithm::ALL, jose::SigningAlgorithm::as_str));
        assert_eq!(documented::<KeyManagement>(), read(jose::KeyManagement::ALL, jose::KeyManagement::as_str));
        assert_eq!(documented::<ContentEncryption>(), read(jose::ContentEncryption::ALL, jose::ContentEncryption::as_str));
        assert_eq!(documented::<AssertionAudience>(), read(Audience::ALL, Audience::as_str));
        assert_eq!(documented::<SubjectType>(), read(subject_type::SubjectType::ALL, subject_type::SubjectType::as_str));
        assert_eq!(documented::<LogoutRevokes>(), read(client_logout::LogoutRevokes::ALL, client_logout::LogoutRevokes::as_str));
        assert_eq!(documented::<PkceRule>(), read(client::PkceRule::ALL, client::PkceRule::as_str));
        assert_eq!(documented::<RefreshTokenRotation>(), read(client::RefreshTokenRotation::ALL, client::RefreshTokenRotation::as_str));
        assert_eq!(documented::<GrantType>(), read(client::GrantType::ALL, client::GrantType::as_str));
        assert_eq!(documented::<ResponseType>(), read(client::ResponseType::ALL, client::ResponseType::as_str));
    }
}
