//! `claviger why`: an operator has a trace id and wants to know.

use crate::actors::Answer;
use crate::binary::program::Site;

async fn refused(site: &Site) -> Answer {
    let url = site.url("/authorize?client_id=demo-web&response_type=code&redirect_uri=http://localhost:3000/calback");
    Answer::of(site.http.get(url).send().await.unwrap()).await
}

#[tokio::test]
async fn a_running_server_is_asked_about_what_it_has_just_refused() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let answer = refused(&site).await;
    let trace_id = answer.trace_id();
    for copied in [trace_id.to_owned(), format!("Trace-Id: {}", trace_id.to_uppercase()), format!("  {trace_id}\n")] {
        let said = site.succeed(&["why", &copied, "--data", "data"]);
        for words in ["GET /authorize was refused: invalid_request (status 400)", "client    demo-web", trace_id, "What to do: "] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let lines: Vec<_> = said.lines().collect();
        let came = lines.iter().position(|line| line.contains("came") && line.ends_with("/calback")).unwrap();
        let caret = lines[came + 1].find('^').unwrap();
        assert_eq!((&lines[came][caret..], &lines[came - 1][caret..]), ("back", "lback"), "{said}");
        assert!(!said.contains('\x1b'), "{said}");
    }
    let log = site.log(&running);
    assert!(log.contains("GET /authorize was refused: invalid_request (status 400)\n"), "{log}");
    assert!(log.contains("\n  expected  http://localhost:3000/callback\n  came      http://localhost:3000/calback\n"), "{log}");
    assert!(log.contains(trace_id), "{log}");
}

#[tokio::test]
async fn a_server_in_production_remembers_and_keeps_its_mouth_shut() {
    let site = Site::configured();
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    let mut running = site.serve().await;
    let answer = refused(&site).await;
    assert!(!answer.body.contains("calback"), "{}", answer.body);
    assert_eq!(site.http.get(site.url(&format!("/why/{}", answer.trace_id()))).send().await.unwrap().status(), 404);
    let said = site.succeed(&["why", answer.trace_id(), "--config", "claviger.toml"]);
    assert!(said.contains("no client of this identifier is registered here"), "{said}");
    assert!(!site.log(&running).contains("calback"), "{}", site.log(&running));

    let last = refused(&site).await;
    running.terminate();
    assert_eq!(running.exit_code().await, Some(0));
    let said = site.succeed(&["why", last.trace_id(), "--config", "claviger.toml"]);
    assert!(said.contains("demo-web"), "what was refused just before the end is remembered: {said}");
}

#[tokio::test]
async fn an_unknown_or_odd_id_is_answered_in_words() {
    let site = Site::configured();
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    let unknown = site.run(&["why", "0af7651916cd43dd8448eb211c80319c", "--config", "claviger.toml"]).failed();
    assert!(unknown.contains("nothing is known about the request 0af7651916cd43dd8448eb211c80319c"), "{unknown}");
    assert!(unknown.contains("log.kept_refusals keeps 10000"), "{unknown}");
    for odd in ["x", "", "\u{1b}[2J", "0af7651916cd43dd8448eb211c80319c'; DROP TABLE refusal;--", &"a".repeat(100_000)] {
        let said = site.run(&["why", odd, "--config", "claviger.toml"]).failed();
        assert!(said.contains("a trace id is 32 hexadecimal digits"), "{said}");
    }
}

#[tokio::test]
async fn nothing_is_kept_where_the_operator_wants_nothing_kept() {
    let site = Site::configured();
    site.configure("sqlite://claviger.db", "[log]\nkept_refusals = 0\n");
    site.succeed(&["migrate", "--config", "claviger.toml"]);
    let _running = site.serve().await;
    let answer = refused(&site).await;
    let said = site.run(&["why", answer.trace_id(), "--config", "claviger.toml"]).failed();
    assert!(said.contains("log.kept_refusals keeps 0"), "{said}");
}
