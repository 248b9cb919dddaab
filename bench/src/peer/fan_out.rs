//! One message to many sockets, by Bellhop and by others in turn. What a delivery costs is, with each, the
//! difference between many sockets and one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use tempfile::TempDir;
use tokio::process::Command;

use super::process::Process;
use super::setup;
use super::wire::{Publisher, Wire};
use crate::figure::{Figure, Findings};
use crate::program::free_port;
use crate::stage::Stage;
use crate::workload::fan_out;

/// Messages a second.
const RATE: f64 = 100.0;

/// A program that tells many what one said.
struct Broker {
    name: &'static str,
    wire: Wire,
    process: Process,
}

/// Bellhop and those that can be had.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let (sockets, count) = (stage.count(500, 1_000), (RATE * stage.seconds(5.0, 20.0)).max(20.0) as usize);
    let running = stage.start(1).await?;
    let one = fan_out::phase(&running, 1, 0, count, RATE).await?;
    let many = fan_out::phase(&running, sockets, count as u64, count, RATE).await?;
    running.program.stop().await?;
    let ours = (many.cpu - one.cpu).max(0.0) * 1e6 / (many.told - one.told).max(1) as f64;
    findings.add(Figure::new("Bellhop", ours, "µs/delivery").note(format!("{} bytes a delivery", many.size)));
    // The same bytes for everybody.
    let payload = "x".repeat(many.size);
    for broker in [nats(stage).await, mosquitto(stage).await, socket_io(stage).await, ejabberd(stage).await] {
        match broker {
            Ok(broker) => {
                let theirs = measure(&broker, sockets, count, &payload).await?;
                let times = crate::page::number(theirs / ours);
                let figure = Figure::new(broker.name, theirs, "µs/delivery");
                findings.add(figure.note(format!("Bellhop: {times} times as good")));
            }
            Err(error) => findings.faults.push(format!("one could not be measured: {error:#}")),
        }
    }
    Ok(findings)
}

async fn measure(broker: &Broker, sockets: usize, count: usize, payload: &str) -> anyhow::Result<f64> {
    let (one, told_one) = phase(broker, 1, count, payload).await?;
    let (many, told_many) = phase(broker, sockets, count, payload).await?;
    let expected = (sockets * count) as u64;
    anyhow::ensure!(told_many == expected, "{} told {told_many} of {expected}", broker.name);
    Ok((many - one).max(0.0) * 1e6 / (told_many - told_one).max(1) as f64)
}

/// Processor seconds and deliveries with this many sockets.
async fn phase(broker: &Broker, sockets: usize, count: usize, payload: &str) -> anyhow::Result<(f64, u64)> {
    let told = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..sockets {
        tasks.push(broker.wire.subscribe(&broker.process.address, told.clone()).await?);
    }
    let mut publisher = Publisher::open(broker.wire, &broker.process.address).await?;
    let before = broker.process.rest().await?.seconds;
    let start = Instant::now();
    for n in 0..count {
        tokio::time::sleep_until((start + Duration::from_secs_f64(n as f64 / RATE)).into()).await;
        publisher.publish(payload).await?;
    }
    let after = broker.process.rest().await?.seconds;
    for task in tasks {
        task.abort();
    }
    // The broker notices that they have gone.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok((after - before, told.load(Ordering::Relaxed)))
}

fn folder(stage: &Stage) -> anyhow::Result<TempDir> {
    std::fs::create_dir_all(&stage.scratch)?;
    Ok(tempfile::tempdir_in(&stage.scratch)?)
}

async fn start(stage: &Stage, program: PathBuf, args: &[String], port: u16) -> anyhow::Result<Process> {
    let folder = folder(stage)?;
    let mut command = Command::new(program);
    command.args(args);
    Process::start(command, folder, port).await
}

async fn nats(stage: &Stage) -> anyhow::Result<Broker> {
    let port = free_port()?;
    let args = ["--addr", "127.0.0.1", "--port", &port.to_string()].map(str::to_owned);
    let process = start(stage, setup::find("nats-server")?, &args, port).await?;
    Ok(Broker { name: "nats-server", wire: Wire::Nats, process })
}

async fn mosquitto(stage: &Stage) -> anyhow::Result<Broker> {
    let port = free_port()?;
    // Without a file of settings it listens on this machine alone and lets everybody in.
    let process = start(stage, setup::find("mosquitto")?, &["-p".to_owned(), port.to_string()], port).await?;
    Ok(Broker { name: "mosquitto", wire: Wire::Mqtt, process })
}

async fn socket_io(stage: &Stage) -> anyhow::Result<Broker> {
    let port = free_port()?;
    let server = setup::node().await?.join("server.js");
    let args = [server.to_string_lossy().into_owned(), port.to_string()];
    let process = start(stage, setup::find("node")?, &args, port).await?;
    Ok(Broker { name: "socket.io 4.8", wire: Wire::SocketIo, process })
}

/// With its MQTT module, as it is installed by Debian; its own script would run it as another user, in fixed folders.
async fn ejabberd(stage: &Stage) -> anyhow::Result<Broker> {
    setup::find("ejabberdctl")?;
    let (port, folder) = (free_port()?, folder(stage)?);
    let settings = format!(
        "hosts: [localhost]
loglevel: error
auth_method: anonymous
anonymous_protocol: login_anon
allow_multiple_connections: true
listen:
  - {{port: {port}, ip: 127.0.0.1, module: mod_mqtt, backlog: 1000}}
modules:
  mod_mqtt:
    access_publish: {{\"#\": [{{allow: all}}]}}
    access_subscribe: {{\"#\": [{{allow: all}}]}}
"
    );
    std::fs::write(folder.path().join("ejabberd.yml"), settings)?;
    let mut command = Command::new(setup::find("erl")?);
    let database = format!("\"{}\"", folder.path().join("database").display());
    command.args(["-noinput", "-mnesia", "dir", &database, "-s", "ejabberd"]);
    command.env("ERL_LIBS", erlang_libraries()?);
    command.env("EJABBERD_CONFIG_PATH", folder.path().join("ejabberd.yml"));
    command.env("EJABBERD_LOG_PATH", folder.path().join("ejabberd.log"));
    let process = Process::start(command, folder, port).await?;
    Ok(Broker { name: "ejabberd", wire: Wire::Mqtt, process })
}

/// The folder that holds ejabberd's compiled modules; which one it is depends on the processor.
fn erlang_libraries() -> anyhow::Result<PathBuf> {
    let is_there = |folder: &PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("ejabberd-"))
    };
    let below = std::fs::read_dir("/usr/lib")?.flatten().map(|entry| entry.path());
    below.into_iter().find(is_there).context("the modules of ejabberd are not below /usr/lib")
}
