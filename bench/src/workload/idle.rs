//! What the program costs while nothing happens, and what it costs when everybody comes back at once.

use std::time::{Duration, Instant};

use crate::figure::{Figure, Findings};
use crate::socket::Socket;
use crate::stage::Stage;

/// From starting the process to the first answer, and memory when it rests.
pub(crate) async fn start(stage: &Stage) -> anyhow::Result<Findings> {
    let (mut first, mut resident) = (vec![], vec![]);
    for _ in 0..stage.count(5, 11) {
        let running = stage.start(1).await?;
        first.push(running.program.first_answer.as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        resident.push(running.program.usage()?.resident);
        running.program.stop().await?;
    }
    let mut findings = Findings::default();
    findings.add(Figure::of_rounds("start to first answer", &first, "ms").at_most(100.0));
    findings.add(Figure::of_rounds("memory at rest", &resident, "MiB").at_most(15.0));
    Ok(findings)
}

/// Browsers that are told nothing, and then all of them coming back.
pub(crate) async fn sockets(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let running = stage.start(1).await?;
    let count = stage.count(2_000, 8_000);
    let (address, token) = (&running.program.address, &running.desks[0].token);
    // The first socket pays for what all share.
    let first = Socket::open(address, token, None).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let empty = running.program.usage()?;
    let sockets = open(address, token, count).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let open_now = running.program.usage()?;
    let kibibytes = (open_now.resident - empty.resident) * 1024.0 / count as f64;
    findings.add(
        Figure::new(format!("memory of an idle socket, of {count}"), kibibytes, "KiB")
            .at_most(4.0)
            .note("of the process; the kernel's own buffers are not in it"),
    );
    drop(sockets);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (before, begun) = (running.program.usage()?.seconds, Instant::now());
    let sockets = open(address, token, count).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let used = running.program.usage()?.seconds - before;
    findings.add(Figure::new(
        format!("{count} sockets coming back at once, until the last is served"),
        seconds,
        "s",
    ));
    findings.add(Figure::new("processor of a socket coming back", used * 1e6 / count as f64, "µs"));
    drop((sockets, first));
    running.program.stop().await?;
    Ok(findings)
}

/// Opens sockets, 64 at a time.
async fn open(address: &str, token: &str, count: usize) -> anyhow::Result<Vec<Socket>> {
    let mut tasks = Vec::new();
    for lane in 0..64 {
        let (address, token) = (address.to_owned(), token.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut sockets = Vec::new();
            for _ in (lane..count).step_by(64) {
                sockets.push(Socket::open(&address, &token, None).await?);
            }
            anyhow::Ok(sockets)
        }));
    }
    let mut sockets = Vec::new();
    for task in tasks {
        sockets.extend(task.await??);
    }
    Ok(sockets)
}
