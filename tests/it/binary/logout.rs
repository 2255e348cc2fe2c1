//! A client that is to be told that a session is over, and a server that is stopped before it could be.

use crate::actors::{Answers, Browser, Listener};
use crate::binary::program::Site;

const CALLBACK: &str = "https://shop.example/callback";

#[tokio::test]
async fn a_client_that_failed_is_told_by_the_server_that_was_started_next() {
    let site = Site::configured();
    site.configure("sqlite://claviger.db", "migrate_on_start = true\n[outbound]\nallowed_private_hosts = [\"127.0.0.1\"]\n");
    let listener = Listener::start([Answers::Status(500)]).await;
    let data = format!(
        "[[client]]\nclient_id = \"shop\"\nclient_name = \"Shop\"\nclient_secret = \"shop-secret-that-is-long-enough-for-it\"\nscope = \"openid\"\n\
         first_party = true\npkce = \"optional\"\nredirect_uris = [\"{CALLBACK}\"]\nbackchannel_logout_uri = \"{}\"\n\
         [[user]]\nusername = \"alice\"\npassword = \"through-the-looking-glass\"\n",
        listener.url
    );
    std::fs::write(site.path("data.toml"), data).unwrap();
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    site.succeed(&["apply", "data.toml", "--config", "claviger.toml"]);

    let running = site.serve().await;
    let mut browser = Browser::at(&site.issuer, &site.http);
    let url = site.url(&format!("/authorize?response_type=code&client_id=shop&scope=openid&redirect_uri={CALLBACK}"));
    assert!(browser.log_in(&url, "alice", "through-the-looking-glass").await.left);
    let question = browser.open("/logout").await;
    let page = browser.submit(&question, &[], "logout-yes").await;
    assert!(page.body.contains("You are signed out."), "{}", page.body);
    let first = listener.hears(1).await.remove(0);
    running.kill();

    let _running = site.serve().await;
    let second = listener.hears(2).await.remove(1);
    assert_eq!((&first.claims()["sid"], &first.claims()["iss"]), (&second.claims()["sid"], &second.claims()["iss"]));
}
