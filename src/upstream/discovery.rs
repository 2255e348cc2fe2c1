//! What OpenID Providers publish about themselves (OpenID Connect Discovery): metadata and keys, fetched when they are needed and remembered for
//! a while; failures for seconds only.

use std::sync::Arc;

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, IssuerUrl, JsonWebKeySet, ProviderMetadata};
use serde::{Deserialize, Serialize};

use crate::identity::provider::Provider;
use crate::upstream::{Trouble, Upstream};

/// What the library does not know of a provider's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extra {
    /// RFC 9207 §3.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

/// A provider's metadata and keys.
pub(super) type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What metadata is remembered by.
pub(super) type Key = (String, String);

fn key(provider: &Provider) -> Key {
    (provider.name.to_string(), provider.issuer().into_owned())
}

impl Upstream {
    /// The provider's metadata and keys, fetched when they are first needed.
    pub(super) async fn metadata(&self, provider: &Provider) -> Result<Arc<Metadata>, Trouble> {
        let key = key(provider);
        if let Some(trouble) = self.failed.get(&key).await {
            return Err(trouble);
        }
        let fetched = self.known.try_get_with(key.clone(), self.discover(provider)).await;
        match fetched {
            Ok(metadata) => Ok(metadata),
            Err(trouble) => {
                self.failed.insert(key, (*trouble).clone()).await;
                Err((*trouble).clone())
            }
        }
    }

    async fn discover(&self, provider: &Provider) -> Result<Arc<Metadata>, Trouble> {
        let issuer = IssuerUrl::new(provider.issuer().into_owned()).map_err(|_| Trouble::Misbehaved("its issuer is no URL"))?;
        let http = self.asking(provider);
        Ok(Arc::new(Metadata::discover_async(issuer, &http).await?))
    }

    /// The metadata with the keys of now. They are not fetched again and again because of tokens that name keys at will.
    pub(super) async fn renewed_keys(&self, provider: &Provider, metadata: &Arc<Metadata>) -> Result<Arc<Metadata>, Trouble> {
        let key = key(provider);
        // Whoever comes while they are fetched waits for them.
        let renewed = self.renewed.try_get_with(key.clone(), self.fetch_keys(provider, metadata)).await;
        match renewed {
            Ok(renewed) => {
                self.known.insert(key, Arc::clone(&renewed)).await;
                Ok(renewed)
            }
            Err(trouble) => {
                self.failed.insert(key, (*trouble).clone()).await;
                Err((*trouble).clone())
            }
        }
    }

    async fn fetch_keys(&self, provider: &Provider, metadata: &Arc<Metadata>) -> Result<Arc<Metadata>, Trouble> {
        let http = self.asking(provider);
        let keys: CoreJsonWebKeySet = JsonWebKeySet::fetch_async(metadata.jwks_uri(), &http).await?;
        Ok(Arc::new((**metadata).clone().set_jwks(keys)))
    }
}
