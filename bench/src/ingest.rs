//! Deliveries of a provider: signed, each with one text message, from many customers.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use aws_lc_rs::hmac;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::{NUMBER, Program, SECRET};

/// Arguments of `ingest`.
#[derive(clap::Args)]
pub(crate) struct Ingest {
    /// The program.
    #[arg(long, default_value = "target/serve/bellhop")]
    program: PathBuf,
    /// Deliveries a second.
    #[arg(long, default_value_t = 10_000)]
    rate: u64,
    /// For how many seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections of the provider.
    #[arg(long, default_value_t = 256)]
    connections: u64,
    /// Customers who write.
    #[arg(long, default_value_t = 2_000)]
    customers: u64,
}

/// Runs the load and prints what was accepted, how late, and what the store holds.
pub(crate) async fn run(ingest: Ingest) -> anyhow::Result<()> {
    let program = Program::start(&ingest.program).await?;
    let hook = program.connect_inbox().await?;
    let total = ingest.rate * ingest.seconds;
    // Everything is signed before the clock starts, so that the generator's own work does not count.
    let requests: Arc<Vec<Vec<u8>>> =
        Arc::new((0..total).map(|n| request(&hook, &program.address, n, n % ingest.customers)).collect());
    let (cpu_before, _) = program.usage()?;
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now() + Duration::from_millis(100);
    let mut tasks = Vec::new();
    for _ in 0..ingest.connections {
        let (requests, next, address, rate) =
            (requests.clone(), next.clone(), program.address.clone(), ingest.rate);
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await?;
            stream.set_nodelay(true)?;
            let mut latencies = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(usize::try_from(n)?) else { return anyhow::Ok(latencies) };
                let due = start + Duration::from_nanos(n * 1_000_000_000 / rate);
                tokio::time::sleep_until(due.into()).await;
                stream.write_all(request).await?;
                read_ok(&mut stream).await?;
                latencies.push(due.elapsed());
            }
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    let elapsed = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("offered   {} deliveries at {}/s over {} connections", total, ingest.rate, ingest.connections);
    println!("accepted  {} in {elapsed:.2} s: {:.0}/s", latencies.len(), latencies.len() as f64 / elapsed);
    println!(
        "latency   from the due time: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    let (cpu_accept, resident) = program.usage()?;
    let shown = drain(&program, total).await?;
    let (cpu_all, _) = program.usage()?;
    println!("memory    {resident:.0} MiB resident at the end of the load");
    println!(
        "processor {:.0} µs a delivery until accepted, {:.0} µs until shown",
        (cpu_accept - cpu_before) / total as f64 * 1e6,
        (cpu_all - cpu_before) / total as f64 * 1e6
    );
    println!("pipeline  all applied {shown:.2} s after the last was accepted");
    let (db, _folder) = program.stop().await?;
    let held = messages(&db).await?;
    println!("store     holds {held} of {} accepted messages", latencies.len());
    anyhow::ensure!(held == total, "the store does not hold what was accepted");
    Ok(())
}

fn request(hook: &str, host: &str, n: u64, customer: u64) -> Vec<u8> {
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"{NUMBER}"}},"contacts":[{{"profile":{{"name":"Customer {customer}"}},"wa_id":"1555{customer:07}","user_id":"US.{customer}"}}],"messages":[{{"from":"1555{customer:07}","from_user_id":"US.{customer}","id":"wamid.bench{n}","timestamp":"1780000000","text":{{"body":"Message {n}: is my parcel on its way? \u4f60\u597d"}},"type":"text"}}]}},"field":"messages"}}]}}]}}"#
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hex::encode(hmac::sign(&key, body.as_bytes()));
    format!(
        "POST {hook} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nx-hub-signature-256: sha256={signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads one answer, which must be 200 with a length.
async fn read_ok(stream: &mut TcpStream) -> anyhow::Result<()> {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        let mut chunk = [0; 1024];
        let read = stream.read(&mut chunk).await?;
        anyhow::ensure!(read > 0, "the program closed the connection");
        buffer.extend_from_slice(&chunk[..read]);
        let text = std::str::from_utf8(&buffer).context("an answer that is no text")?;
        if let Some(end) = text.find("\r\n\r\n") {
            anyhow::ensure!(
                text.starts_with("HTTP/1.1 200"),
                "not accepted: {}",
                text.lines().next().unwrap_or("")
            );
            let head = text[..end].to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Ok(0), |value| value.trim().parse())?;
            if buffer.len() >= end + 4 + length {
                return Ok(());
            }
        }
    }
}

/// Waits until the program rests; returns how many seconds that took.
async fn drain(program: &Program, total: u64) -> anyhow::Result<f64> {
    let started = Instant::now();
    let limit = Duration::from_secs(60 + total / 500);
    let (mut busy, mut rested) = (program.usage()?.0, Instant::now());
    while rested.elapsed() < Duration::from_secs(2) && started.elapsed() < limit {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = program.usage()?.0;
        if now - busy > 0.03 {
            rested = Instant::now();
        }
        busy = now;
    }
    Ok((rested - started).as_secs_f64())
}

/// How many messages the store tells of.
async fn messages(db: &store::Db) -> anyhow::Result<u64> {
    let count = db
        .read(|tx| {
            Box::pin(async move {
                let mut seen = std::collections::HashSet::new();
                for (workspace, head) in store::event::heads(tx).await? {
                    let mut after = 0;
                    while after < head {
                        let changes = store::event::since(tx, workspace, after, 10_000).await?;
                        let Some(last) = changes.last() else { break };
                        after = last.seq;
                        let kept = changes.iter().filter(|change| change.kind == model::EventKind::Message);
                        seen.extend(kept.map(|change| change.subject));
                    }
                }
                Ok::<_, store::Error>(seen.len() as u64)
            })
        })
        .await?;
    db.stop().await;
    Ok(count)
}
