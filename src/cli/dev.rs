//! `claviger dev`: everything at once on the developer's own machine, with people, clients and an API to try it with.

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use sha2::{Digest, Sha256};

use crate::cli::app::Surroundings;
use crate::cli::output::{Trouble, say, table};
use crate::cli::place::{DEV_FOLDER, DEV_PORT, PORT_FILE, dev_config};
use crate::cli::start::{FirstKeys, log, open, run as serve};
use crate::config::Config;
use crate::random::Random;
use crate::web::listeners::{BindProblem, BindReason, Listeners};

/// Start on this machine, with demo people, clients and an API. Nobody else can reach it
#[derive(Args)]
#[command(after_help = "Example:\n  claviger dev --port 9000 --data /tmp/claviger-demo")]
pub(super) struct Arguments {
    /// The port on this machine
    #[arg(long, default_value_t = DEV_PORT, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// The folder of the database and the keys
    #[arg(long, value_name = "DIR", default_value = DEV_FOLDER)]
    data: PathBuf,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { port: DEV_PORT, data: DEV_FOLDER.into() }
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let folder = &arguments.data;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        Trouble::new(format!("the folder {} can't be made: {error}. Name another one with --data DIR.", folder.display()))
    })?;
    let config = dev_config(folder, arguments.port)?;
    let listeners = bind(&config, arguments.port).await?;
    log(&config);
    std::fs::write(folder.join(PORT_FILE), arguments.port.to_string())
        .map_err(|error| Trouble::new(format!("the folder {} can't be written to: {error}", folder.display())))?;
    let opened = open(&config, FirstKeys::Make).await?;
    opened.store.migrate().await?;
    // It may contradict what the developer made of it; that is no reason not to start.
    for problem in opened.server.put_demo_data().await?.err().unwrap_or_default() {
        tracing::warn!("the demo data was left out: {problem}");
    }
    say(welcome(config.issuer.as_str(), opened.server.random()))?;
    let surroundings = Surroundings { own_host_only: true, docs: config.docs.client(), shows_why: true, ..Surroundings::default() };
    serve(opened.server, &config, listeners, None, surroundings).await
}

/// Listens on both loopback addresses; on the first alone where the machine has no IPv6.
async fn bind(config: &Config, port: u16) -> Result<Listeners, Trouble> {
    let taken = |problem: BindProblem| match problem.reason {
        BindReason::Taken => Trouble::new(format!(
            "port {port} is taken by another program. Start on another one: claviger dev --port {}",
            port.checked_add(1).unwrap_or(DEV_PORT)
        )),
        _ => problem.into(),
    };
    match Listeners::bind(&config.server.listen).await {
        Err(BindProblem { reason: BindReason::NoSuchAddress, address }) if address.is_ipv6() => {
            let only: Vec<_> = config.server.listen.iter().copied().filter(std::net::SocketAddr::is_ipv4).collect();
            Listeners::bind(&only).await.map_err(taken)
        }
        bound => bound.map_err(taken),
    }
}

/// What there is to try, and how.
fn welcome(issuer: &str, random: &Random) -> String {
    let verifier = URL_SAFE_NO_PAD.encode(random.bytes::<32>());
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let state = URL_SAFE_NO_PAD.encode(random.bytes::<9>());
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let places = table(&[
        row(&["  issuer", issuer]),
        row(&["  discovery", &format!("{issuer}/.well-known/openid-configuration")]),
        row(&["  documentation", &format!("{issuer}/docs (press Authorize to try it)")]),
        row(&["  people", "alice / wonderland, bob / builder (alice is an admin)"]),
        row(&["  clients", "demo-web / demo-web-secret, demo-spa, demo-native, demo-password,"]),
        row(&["", "demo-m2m / demo-m2m-secret, demo-api / demo-api-secret, claviger-docs"]),
        row(&["  API", "http://localhost:8000 (items:read, items:write)"]),
    ]);
    let callback = "http://localhost:3000/callback";
    format!(
        "Claviger runs at {issuer} for this machine only. Everything below is for trying it out.\n\n{places}\n\n\
         A token for alice (password):\n  \
         curl -d grant_type=password -d client_id=demo-password -d username=alice -d password=wonderland -d scope='openid items:read' {issuer}/token\n\n\
         A token for a machine (client credentials):\n  \
         curl -u demo-m2m:demo-m2m-secret -d grant_type=client_credentials {issuer}/token\n\n\
         A refresh token, and what it is for:\n  \
         REFRESH_TOKEN=$(curl -s -d grant_type=password -d client_id=demo-password -d username=alice -d password=wonderland {issuer}/token | sed 's/.*\"refresh_token\":\"\\([^\"]*\\)\".*/\\1/')\n  \
         curl -d grant_type=refresh_token -d client_id=demo-password -d refresh_token=$REFRESH_TOKEN {issuer}/token\n\n\
         A sign-in (authorization code with PKCE): open this, then put the code from the address bar in place of CODE:\n  \
         {issuer}/authorize?response_type=code&client_id=demo-web&redirect_uri={callback}&scope=openid+profile+items:read&state={state}&code_challenge={challenge}&code_challenge_method=S256\n  \
         curl -u demo-web:demo-web-secret -d grant_type=authorization_code -d redirect_uri={callback} -d code_verifier={verifier} -d code=CODE {issuer}/token\n"
    )
}
