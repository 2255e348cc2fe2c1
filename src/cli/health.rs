//! `claviger health`: whether the server of this machine is ready, for whoever keeps it running and has no other program at hand.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::cli::output::{Trouble, say};
use crate::cli::place::Place;
use crate::config::Config;
use crate::web::tls::Pair;
use crate::web::tls::own::{Connector, showed_another};

/// Ask the running server on this machine whether it is ready
#[derive(Args)]
#[command(after_help = "Example:\n  claviger health --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
}

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a server that shows another certificate than that of the file is left alone: it looks at the file once a second.
const REST: Duration = Duration::from_millis(500);

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let config = arguments.place.config()?;
    let addresses: Vec<SocketAddr> = config.server.listen.iter().copied().flat_map(from_this_machine).collect();
    let shown = addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" or ");
    let mut other_certificate = false;
    let asked = timeout(PATIENCE, ask(&addresses, &config, &mut other_certificate)).await;
    let answer = match asked {
        Ok(answer) => answer,
        Err(_) if other_certificate => {
            return Err(Trouble::new(format!("what listens at {shown} shows another certificate than that of tls.certificate_file")));
        }
        Err(_) => return Err(Trouble::new(format!("the server did not answer at {shown} within {} s", PATIENCE.as_secs()))),
    };
    match answer {
        Ok(StatusCode::OK) => {
            say("The server is ready.")?;
            Ok(())
        }
        Ok(StatusCode::SERVICE_UNAVAILABLE) => {
            Err(Trouble::new("the server runs, but it is not ready: its database does not answer. Its log says more."))
        }
        Ok(status) => Err(Trouble::new(format!("what answers at {shown} does not seem to be Claviger: it says {status}"))),
        Err(Unanswered::Connect(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            Err(Trouble::new(format!("nobody listens at {shown}. Is the server running?")))
        }
        Err(Unanswered::Connect(error)) => Err(Trouble::new(format!("there is no way to {shown}: {error}"))),
        Err(Unanswered::Encrypt(error)) => Err(Trouble::new(format!("what listens at {shown} does not speak TLS as it should: {error}"))),
        Err(Unanswered::Speak(error)) => Err(Trouble::new(format!("what listens at {shown} gave no answer: {error}"))),
    }
}

/// Why there is no answer.
enum Unanswered {
    Connect(std::io::Error),
    Encrypt(std::io::Error),
    Speak(hyper::Error),
}

/// The status that the first of `addresses` where somebody listens answers with. `other_certificate` says whether it was asked in vain so
/// far because it showed another certificate than that of the file.
async fn ask(addresses: &[SocketAddr], config: &Config, other_certificate: &mut bool) -> Result<StatusCode, Unanswered> {
    loop {
        let stream = TcpStream::connect(addresses).await.map_err(Unanswered::Connect)?;
        if config.tls.files().is_none() {
            return ask_on(stream, config).await;
        }
        let connector = Connector::new(Pair::read(&config.tls).ok().as_ref(), &config.issuer).map_err(Unanswered::Encrypt)?;
        match connector.connect(stream).await {
            Ok(stream) => return ask_on(stream, config).await,
            Err(error) if showed_another(&error) => *other_certificate = true,
            Err(error) => return Err(Unanswered::Encrypt(error)),
        }
        sleep(REST).await;
    }
}

/// The status that whoever is at the other end of `stream` answers with. The host is the server's own: `claviger dev` minds.
async fn ask_on(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, config: &Config) -> Result<StatusCode, Unanswered> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(Unanswered::Speak)?;
    tokio::spawn(connection);
    let mut request = Request::new(Empty::<Bytes>::new());
    if let Some(path) = config.issuer.url("/health/ready").parse::<Uri>().ok().and_then(|url| url.into_parts().path_and_query) {
        *request.uri_mut() = path.into();
    }
    if let Ok(host) = config.issuer.authority().parse() {
        request.headers_mut().insert(HOST, host);
    }
    Ok(sender.send_request(request).await.map_err(Unanswered::Speak)?.status())
}

/// Where to reach, from this machine, whoever listens on `address`: the unspecified address is every one of its own.
fn from_this_machine(address: SocketAddr) -> Vec<SocketAddr> {
    let loopback: &[IpAddr] = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => &[IpAddr::V4(Ipv4Addr::LOCALHOST)],
        // It is heard by both protocols, and a machine may lack the newer one.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => &[IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)],
        _ => return vec![address],
    };
    loopback.iter().map(|ip| SocketAddr::new(*ip, address.port())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_asked_where_this_machine_reaches_it() {
        for (listen, asked) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("192.0.2.7:80", "192.0.2.7:80"),
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080 127.0.0.1:8080"),
            ("[::1]:8080", "[::1]:8080"),
        ] {
            let found = from_this_machine(listen.parse().unwrap()).iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" ");
            assert_eq!(found, asked, "{listen}");
        }
    }
}
