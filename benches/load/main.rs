//! How fast the server is beside what the machine can do at all: tokens beside bare RSA signatures, logins beside bare Argon2 computations,
//! each pair measured in turns on the same core, because machines are noisy and only ratios travel. Then how soon the server answers after
//! its start, and how much memory it keeps. What the figures were, and what they mean: docs/performance.md.
//!
//! `cargo bench --bench load` takes about three minutes. While it is under load, the server has core 0 and the generator core 1. Nothing
//! leaves loopback, and nothing that is timed can make the run fail.

#![expect(clippy::print_stdout, reason = "a benchmark speaks on standard output")]

mod baseline;
mod client;
mod cores;
mod figures;
mod server;

use std::error::Error;
use std::time::Duration;

use crate::baseline::{Argon2Baseline, SignatureBaseline, openssl};
use crate::client::{Form, paced, saturate};
use crate::cores::{BOTH, GENERATOR, SERVER, on_beside_load, pin};
use crate::figures::{Limit, median, milliseconds, percentile};
use crate::server::{Installation, binary};

/// How often, and for how long, a baseline and a load take turns.
#[derive(Clone, Copy)]
struct Turns {
    rounds: usize,
    length: Duration,
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Baseline and load in turns: so many, each of this length. The shorter, the less a machine's moods tell one from the other.
const TOKENS: Turns = Turns { rounds: 30, length: Duration::from_millis(600) };
/// A sign-in takes long, so that the end of a turn, when the last ones wait for nothing but the disk, counts.
const LOGINS: Turns = Turns { rounds: 15, length: Duration::from_millis(1600) };
/// How long there is load before memory is looked at.
const BURST: Duration = Duration::from_secs(2);
/// Connections that ask for machine tokens.
const MACHINES: usize = 32;
/// Connections that log in; fewer than may wait for a worker, so that none is refused.
const PEOPLE: usize = 16;
/// Machine tokens asked for in a second, at an even pace, while people log in.
const PACE: u32 = 200;
/// Starts of the server that are timed.
const STARTS: usize = 20;
/// Time after which the server counts as idle.
const REST: Duration = Duration::from_secs(10);

fn main() -> Outcome<()> {
    // `cargo test --benches` runs this as well, without the flag.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    pin(&[GENERATOR])?;
    let installation = Installation::new()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("binary                                  {:>9.1} MB", binary()?);
    cold_start(&installation)?;
    memory(&installation, &runtime)?;
    let server = installation.start(&[SERVER])?;
    runtime.block_on(machine_tokens(&installation))?;
    runtime.block_on(logins(&installation))?;
    server.stop()
}

/// From the start of the process to the first answer that says it is ready.
fn cold_start(installation: &Installation) -> Outcome<()> {
    for (cores, name) in [(&[SERVER][..], "one core "), (&BOTH[..], "two cores")] {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let server = installation.start(cores)?;
            times.push(milliseconds(server.ready_after()));
            server.stop()?;
        }
        Limit::Below(50.0).show(&format!("cold start, {name}"), median(&mut times), "ms");
    }
    Ok(())
}

/// What stays resident when there is nothing to do, in the process as an operator would start it.
fn memory(installation: &Installation, runtime: &tokio::runtime::Runtime) -> Outcome<()> {
    let server = installation.start(&BOTH)?;
    std::thread::sleep(REST);
    Limit::Below(20.0).show("resident memory, idle after the start", server.resident()?, "MB");
    runtime.block_on(saturate(&installation.machine()?, MACHINES, BURST))?;
    std::thread::sleep(REST);
    println!("resident memory, idle after tokens      {:>9.1} MB", server.resident()?);
    runtime.block_on(saturate(&installation.person()?, PEOPLE, BURST * 2))?;
    std::thread::sleep(REST);
    println!("resident memory, idle after logins      {:>9.1} MB", server.resident()?);
    server.stop()
}

async fn machine_tokens(installation: &Installation) -> Outcome<()> {
    let (baseline, form) = (SignatureBaseline::new()?, installation.machine()?);
    let bare = || on_beside_load(&[SERVER], || baseline.rate(TOKENS.length / 2));
    let openssl = on_beside_load(&[SERVER], || Ok(openssl()))?;
    let (bare, tokens, ratio) = in_turns(TOKENS, &form, MACHINES, bare).await?;
    println!("bare RSA-2048 signatures, aws-lc        {bare:>9.0} /s");
    println!("the same by `openssl speed`             {openssl:>9} /s");
    println!("machine tokens                          {tokens:>9.0} /s");
    Limit::AtLeast(0.85).show("machine tokens / signatures", ratio, "");
    Ok(())
}

async fn logins(installation: &Installation) -> Outcome<()> {
    let (mut baseline, form) = (Argon2Baseline::new()?, installation.person()?);
    let bare = || on_beside_load(&[SERVER], || baseline.rate(LOGINS.length / 2));
    let (bare, logins, ratio) = in_turns(LOGINS, &form, PEOPLE, bare).await?;
    println!("bare Argon2id, 19 MiB, t=2, p=1         {bare:>9.1} /s");
    println!("password logins                         {logins:>9.1} /s");
    Limit::AtLeast(0.9).show("password logins / Argon2id", ratio, "");

    let length = BURST * 5;
    let machine = installation.machine()?;
    let alone = paced(&machine, PACE, length).await?;
    let (logins, beside) = tokio::try_join!(saturate(&form, PEOPLE, length), paced(&machine, PACE, length))?;
    for (mut times, when) in [(alone, "alone"), (beside, "while logins saturate")] {
        let (half, most) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
        println!("{PACE} machine tokens/s, {when:<22} p50 {half:.2} ms, p99 {most:.2} ms");
    }
    println!("password logins meanwhile               {logins:>9.1} /s");
    Ok(())
}

/// Measures the bare rate before and after each load. The medians of both rates, and of their ratios.
async fn in_turns(turns: Turns, form: &Form, connections: usize, mut bare: impl FnMut() -> Outcome<f64>) -> Outcome<(f64, f64, f64)> {
    let (mut bares, mut rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns.rounds {
        let before = bare()?;
        let rate = saturate(form, connections, turns.length).await?;
        let around = f64::midpoint(before, bare()?);
        bares.push(around);
        rates.push(rate);
        ratios.push(rate / around);
    }
    Ok((median(&mut bares), median(&mut rates), median(&mut ratios)))
}
