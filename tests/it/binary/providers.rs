//! Other identity providers in the configuration file.

use crate::actors::Answer;
use crate::binary::program::{Site, eventually};

const GOOGLE: &str = "[[provider]]\nname = \"google\"\nkind = \"google\"\nclient_id = \"x\"\nclient_secret = \"hunter2\"\n";

#[tokio::test]
async fn a_provider_of_the_configuration_has_its_button_and_comes_before_a_stored_one() {
    let site = Site::migrated();
    site.apply(&format!("{GOOGLE}display_name = \"The stored one\"\n"), &[]).succeeded();
    site.configure("sqlite://claviger.db", &format!("{GOOGLE}display_name = \"The configured one\"\ncreate_accounts = true\n"));
    let running = site.serve().await;
    let page = Answer::of(site.http.get(site.url("/login")).send().await.unwrap()).await.body;
    assert!(page.contains("The configured one") && !page.contains("The stored one"), "{page}");
    eventually("the warning", async || site.log(&running).contains("google is in the configuration and in the database").then_some(()))
        .await;
    let checked = site.succeed(&["check", "--config", "claviger.toml"]);
    assert!(checked.contains("provider google: create_accounts gives everybody in the world"), "{checked}");
    assert!(!site.log(&running).contains("hunter2") && !checked.contains("hunter2"));
}

#[test]
fn what_is_wrong_with_providers_and_certificates_is_said() {
    let site = Site::configured();
    site.configure("sqlite://claviger.db", "[[provider]]\nname = \"m\"\nkind = \"microsoft\"\ntenant = \"common\"\nclient_id = \"x\"\n");
    let said = site.run(&["check", "--config", "claviger.toml"]).failed();
    assert!(
        said.contains("provider[0].tenant: must be one tenant's identifier") && said.contains("provider[0].client_secret: is missing"),
        "{said}"
    );
    site.configure("sqlite://claviger.db", "[outbound]\nca_file = \"own.pem\"\n");
    let outcome = site.run(&["check", "--config", "claviger.toml"]);
    assert!(outcome.stdout.contains("problem  outbound: outbound.ca_file: own.pem can't be read"), "{outcome:?}");
}
