//! Access tokens taken back early.

use crate::database::{Database, on_both_databases};
use crate::store::{HOSTILE, after};

on_both_databases!(a_revoked_token_is_known);

async fn a_revoked_token_is_known(database: Database) {
    let revoked = database.store.revoked_tokens();
    for _ in 0..2 {
        assert_eq!(revoked.revoke("jti", after(60)).await, Ok(()));
    }
    assert_eq!(revoked.contains("jti").await, Ok(true));
    for other in ["JTI", "", "jti\0", "%", HOSTILE] {
        assert_eq!(revoked.contains(other).await, Ok(false), "{other:?}");
    }
    assert_eq!(revoked.revoke(HOSTILE, after(60)).await, Ok(()));
    assert_eq!(revoked.contains(HOSTILE).await, Ok(true));
}
