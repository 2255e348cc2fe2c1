//! `claviger keys`: the signing keys. A running server notices a change by itself.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::output::{Trouble, complain, say, table, word};
use crate::cli::place::Place;
use crate::clock::Clock;
use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::metadata::KEY_SET_LIFETIME;
use crate::random::Random;
use crate::signing::{Key, KeyFolder, KeySize, KeyState, Kid};

/// See and rotate the signing keys
#[derive(Args)]
#[command(after_help = "Example:\n  claviger keys rotate --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the keys and their states
    #[command(after_help = "Example:\n  claviger keys list")]
    List,
    /// Show the published form of a key
    #[command(after_help = "Example:\n  claviger keys show KID")]
    Show {
        /// The key's identifier
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Add a key of your own as the next one (PEM: PKCS#8, PKCS#1 or SEC 1)
    #[command(after_help = "Examples:\n  claviger keys add my-key.pem\n  claviger keys add my-key.pem --algorithm PS256")]
    Add {
        /// The file with the private key
        file: PathBuf,
        /// What it shall sign with [default: RS256, ES256, ES384 or `EdDSA`, whichever the key is for]
        #[arg(long, value_name = "ALGORITHM", value_parser = word(SigningAlgorithm::parse))]
        algorithm: Option<SigningAlgorithm>,
    },
    /// Take a key out at once, because it may have leaked: no token that it signed is believed any more
    #[command(
        after_help = "Example:\n  claviger keys disable KID\n\nIf the whole folder may have leaked, disable every key that `claviger keys list` shows."
    )]
    Disable {
        /// The key's identifier
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Sign with the next key from now on, and make another next one
    #[command(after_help = "Examples:\n  claviger keys rotate\n  claviger keys rotate --algorithm ES256")]
    Rotate {
        /// Only the keys of this algorithm; the first ones are made if it has none [default: those of each that has keys]
        #[arg(long, value_name = "ALGORITHM", value_parser = word(SigningAlgorithm::parse))]
        algorithm: Option<SigningAlgorithm>,
    },
}

pub(super) fn run(arguments: Arguments) -> Result<(), Trouble> {
    let config = arguments.place.config()?;
    let (now, random) = (Clock::system().now(), Random::system());
    let size = u32::try_from(config.keys.rsa_bits).ok().and_then(KeySize::from_bits).unwrap_or_default();
    let folder = || KeyFolder::open(&config.keys.folder);
    match arguments.command {
        Command::List => {
            let rows: Vec<_> = folder()?
                .keyring()?
                .keys()
                .map(|key| vec![key.kid().to_string(), key.algorithm().to_string(), state(key.state())])
                .collect();
            say(table(&rows))?;
        }
        Command::Show { kid } => {
            let published = folder()?.keyring()?.published(now);
            let Some(key) = published.keys.iter().find(|key| key.kid.as_str() == kid) else {
                return Err(Trouble::new(format!("there is no published key {kid}. `claviger keys list` shows them.")));
            };
            say(serde_json::to_string_pretty(key).map_err(|error| Trouble::new(error.to_string()))?)?;
        }
        Command::Add { file, algorithm } => {
            let pem = std::fs::read_to_string(&file).map_err(|error| Trouble::new(format!("{} can't be read: {error}", file.display())))?;
            // It may be brought along before the server was ever started.
            let folder = KeyFolder::open_or_create(&config.keys.folder, size, &random, now)?;
            let imported = folder.import(&pem, algorithm, size, &random, now)?;
            say(format!("{} is the next key for {}; `claviger keys rotate` makes it sign.", imported.next, imported.algorithm))?;
        }
        Command::Disable { kid } => {
            let parsed = Kid::parse(&kid).map_err(|problem| Trouble::new(format!("{kid:?}: {problem}")))?;
            let folder = folder()?;
            let algorithm = folder.keyring()?.keys().find(|key| *key.kid() == parsed).map(Key::algorithm).unwrap_or_default();
            folder.disable(&parsed, size, &random, now)?;
            say(format!("{kid} is gone: verifiers refuse its tokens as soon as they fetch the keys anew, within minutes."))?;
            if let Some(active) = folder.keyring()?.active_for(algorithm) {
                say(format!("{} signs with {algorithm} from now on.", active.kid()))?;
            }
        }
        Command::Rotate { algorithm } => {
            let folder = folder()?;
            let keyring = folder.keyring()?;
            if let Some(algorithm) = algorithm.filter(|algorithm| keyring.active_for(*algorithm).is_none()) {
                folder.prepare(algorithm, size, &random, now)?;
                return say(format!("{algorithm} had no keys. The first one signs from now on, and the next one is published."));
            }
            for algorithm in algorithm.map_or_else(|| keyring.algorithms(), |algorithm| vec![algorithm]) {
                let is_young = |state| matches!(state, KeyState::Next { since } if now.since(since) < KEY_SET_LIFETIME);
                if keyring.keys().any(|key| key.algorithm() == algorithm && is_young(key.state())) {
                    complain(&format!(
                        "the next key for {algorithm} is younger than the copies of the key set that verifiers may hold: some may refuse its tokens for a few minutes"
                    ));
                }
                let rotation = folder.rotate(algorithm, size, &random, now, Duration::ZERO)?;
                say(format!("{} signs with {algorithm} from now on. {} is published as the next one.", rotation.active, rotation.next))?;
                say(format!("{} is retired, and published for as long as its tokens may live.", rotation.retired))?;
            }
        }
    }
    Ok(())
}

fn state(state: KeyState) -> String {
    match state {
        KeyState::Next { .. } => "next: published, does not sign yet".to_owned(),
        KeyState::Active { .. } => "active: signs".to_owned(),
        KeyState::Retired { until, .. } => format!("retired: published until {until}"),
    }
}
