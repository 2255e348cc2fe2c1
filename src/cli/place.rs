//! Which server a command is about: the one of a configuration file, or the one that `claviger dev` keeps in a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::cli::output::Trouble;
use crate::cli::start::{FirstKeys, open};
use crate::config::{Config, environment};
use crate::flow::Server;

/// The folder of `claviger dev`.
pub(super) const DEV_FOLDER: &str = ".claviger";
/// The file in that folder that says which port it was last started on.
pub(super) const PORT_FILE: &str = "port";
/// The port of `claviger dev`.
pub(super) const DEV_PORT: u16 = 8080;

/// Which server the command is about.
#[derive(Args, Clone)]
pub(super) struct Place {
    /// The configuration file of a `claviger serve`; without one, its environment (`CLAVIGER_*`)
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The folder of a `claviger dev` [default: .claviger]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

impl Place {
    /// The configuration of that server.
    pub(super) fn config(&self) -> Result<Config, Trouble> {
        // clap lets global arguments past its groups.
        if self.config.is_some() && self.data.is_some() {
            return Err(Trouble::new("--config and --data name two servers. Give one of them."));
        }
        if let Some(file) = &self.config {
            return Ok(Config::load(Some(file), environment())?);
        }
        if !self.is_dev() {
            return Ok(Config::load(None, environment())?);
        }
        let folder = self.data.clone().unwrap_or_else(|| DEV_FOLDER.into());
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(Trouble::new(format!(
                "there is no folder {folder}. Start `claviger dev` once, or name a server with --config FILE or --data DIR."
            )));
        }
        let port = std::fs::read_to_string(folder.join(PORT_FILE)).ok().and_then(|text| text.trim().parse().ok());
        dev_config(&folder, port.unwrap_or(DEV_PORT))
    }

    /// Whether it is a `claviger dev`, which nobody else can reach.
    pub(super) fn is_dev(&self) -> bool {
        // A server that is configured by its environment alone has an issuer there.
        self.config.is_none() && (self.data.is_some() || !environment().any(|(name, _)| name == "CLAVIGER_ISSUER"))
    }

    /// That server, without listening. Its keys are for who serves to make: looking at something must not write anything.
    pub(super) async fn server(&self) -> Result<Arc<Server>, Trouble> {
        let config = self.config()?;
        if let Some(missing) = missing_database(&config) {
            return Err(Trouble::new(missing));
        }
        let opened = open(&config, FirstKeys::Leave).await?;
        opened.refuse_pending_migrations().await?;
        Ok(opened.server)
    }
}

/// Says so when the database is a file that is not there. Opening it would make an empty one, perhaps in the wrong place.
pub(super) fn missing_database(config: &Config) -> Option<String> {
    let file = config.database.url.sqlite_file().filter(|file| !file.exists())?;
    Some(format!("there is no database {}. Check database.url, or run `claviger migrate` to make it.", file.display()))
}

/// The configuration of a `claviger dev` with its data in `folder`.
pub(super) fn dev_config(folder: &Path, port: u16) -> Result<Config, Trouble> {
    let inside = |name: &str| folder.join(name).display().to_string();
    let settings = [
        ("CLAVIGER_ISSUER", format!("http://localhost:{port}")),
        ("CLAVIGER_SERVER_LISTEN", format!("127.0.0.1:{port},[::1]:{port}")),
        ("CLAVIGER_DATABASE_URL", format!("sqlite://{}", inside("claviger.db"))),
        ("CLAVIGER_KEYS_FOLDER", inside("keys")),
        ("CLAVIGER_DOCS_ENABLED", "true".to_owned()),
        ("CLAVIGER_REGISTRATION_POLICY", "initial_access_token".to_owned()),
        ("CLAVIGER_REGISTRATION_SCOPE", "openid,profile,email,offline_access,items:read".to_owned()),
    ];
    Ok(Config::load(None, settings.into_iter().map(|(name, value)| (name.to_owned(), value)))?)
}
