//! What runs in the background: forgetting what has expired, and noticing new keys.

use std::sync::Arc;
use std::time::Duration;

use crate::flow::Server;
use crate::signing::Reload;

/// Time between two sweeps that found nothing.
const REST: Duration = Duration::from_mins(1);
/// Rows deleted at a time, so that nobody waits for the sweep.
const BATCH: u64 = 500;
/// Time between two looks at the key folder.
const KEY_WATCH: Duration = Duration::from_secs(1);

/// Deletes expired rows in small batches, for as long as the server runs.
pub async fn sweep_forever(server: Arc<Server>) {
    loop {
        let now = server.clock.now();
        match server.store.sweep(now, server.settings.session, BATCH).await {
            Ok(deleted) if deleted >= BATCH => tokio::task::yield_now().await,
            Ok(deleted) => {
                tracing::debug!(deleted, "swept");
                tokio::time::sleep(REST).await;
            }
            Err(failure) => {
                tracing::error!(%failure, "sweeping failed");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Picks up changes of the key folder, for as long as the server runs.
pub async fn watch_keys(server: Arc<Server>) {
    loop {
        tokio::time::sleep(KEY_WATCH).await;
        match server.keyring.reload_if_changed() {
            Ok(Reload::Unchanged) => {}
            Ok(_) => tracing::info!(active = %server.keyring.current().active().kid(), "the signing keys changed"),
            Err(failure) => tracing::error!(%failure, "the signing keys can't be read; the ones from before stay in use"),
        }
    }
}
