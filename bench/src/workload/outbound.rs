//! Replies of agents through the API to a provider that takes everything: how fast they go out, and that no
//! number ever exceeds the provider's rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use model::{Clock, ConversationId, Ids};

use crate::data;
use crate::figure::{Figure, Findings};
use crate::http;
use crate::load::{self, Plan};
use crate::place::{Desk, Now};
use crate::program::Program;
use crate::provider::{Provider, most_in_a_second};
use crate::stage::{Running, Stage, each};

/// Replies a second, over all numbers.
const RATE: f64 = 8_000.0;
/// Numbers: each sends 67 a second, below the provider's 80.
const NUMBERS: usize = 120;
/// Conversations of each number.
const CONVERSATIONS: u64 = 50;
/// What the provider takes of one number in a second.
const PROVIDERS_RATE: f64 = 80.0;

/// Replies over many numbers, then far too many for one.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let start = Instant::now();
    let provider = Provider::start(start).await?;
    let place = crate::place::Place::new(&stage.scratch, stage.postgres.as_deref()).await?;
    let desks = place.furnish(NUMBERS, &provider.address).await?;
    let conversations = open_conversations(&place, &desks).await?;
    let program = Program::start(&stage.program, &place, Some(&provider.address)).await?;
    let running = Running { place, program, desks };
    let count = (RATE * stage.seconds(4.0, 20.0)) as usize;
    let replies = replies(&running, &conversations, count, |n| (n % NUMBERS, n / NUMBERS));
    let plan = Plan::new(&running.program.address, replies, RATE);
    let before = running.program.usage()?.seconds;
    let outcome = load::run(&plan).await?;
    ensure!(outcome.count(201) == count as u64, "not every reply was taken");
    all_sent(&running, &provider, count).await?;
    let seconds = plan.start.elapsed().as_secs_f64();
    let rested = running.program.rest(Duration::from_secs(60)).await?;
    findings.fault(outcome.fault());
    findings.add(Figure::new("sent, of 8,000/s written", count as f64 / seconds, "/s").at_least(7_900.0));
    findings.add(
        Figure::new("processor, written to sent", each(rested - before, count as u64), "µs/reply")
            .at_most(200.0),
    );
    let burst = stage.count(240, 800);
    let replies = self::replies(&running, &conversations, burst, |n| (0, n));
    let begun = Instant::now();
    load::run(&Plan::new(&running.program.address, replies, RATE)).await?;
    all_sent(&running, &provider, count + burst).await?;
    findings.add(
        Figure::new(
            format!("{burst} replies at once through one number"),
            begun.elapsed().as_secs_f64(),
            "s",
        )
        .note(format!("the provider's rate alone takes {:.1} s", burst as f64 / PROVIDERS_RATE - 1.0)),
    );
    let taken = provider.stop();
    let most = taken.values().map(|times| most_in_a_second(times)).max().unwrap_or(0);
    findings.add(
        Figure::new("most messages of one number in any second, as they arrived", most as f64, "")
            .at_most(PROVIDERS_RATE),
    );
    findings.add(
        Figure::new(
            "sent more than once or not at all",
            taken.values().map(Vec::len).sum::<usize>().abs_diff(count + burst) as f64,
            "",
        )
        .at_most(0.0),
    );
    running.program.stop().await?;
    Ok(findings)
}

/// Conversations whose customers have just written.
async fn open_conversations(
    place: &crate::place::Place,
    desks: &[Desk],
) -> anyhow::Result<Vec<Vec<ConversationId>>> {
    let db = place.open().await?;
    let ids = Arc::new(Ids::new(Arc::new(Now), 1));
    let mut all = Vec::new();
    for desk in desks {
        let (ids, workspace, inbox, now) = (ids.clone(), desk.workspace, desk.inbox, Now.now());
        let made = db.write(move |tx| {
            Box::pin(async move {
                let mut made = Vec::new();
                for number in 0..CONVERSATIONS {
                    let at = data::customer(tx, &ids, workspace, inbox, number, now).await?;
                    store::conversation::heard(tx, workspace, at.conversation, now).await?;
                    made.push(at.conversation);
                }
                Ok::<_, store::Error>(made)
            })
        });
        all.push(made.await?);
    }
    db.stop().await;
    Ok(all)
}

/// Requests that write replies: `place` says through which number each goes, and to which of its customers in turn.
/// A customer gets fewer than a provider lets through ahead of one in six seconds.
fn replies(
    running: &Running,
    conversations: &[Vec<ConversationId>],
    count: usize,
    place: impl Fn(usize) -> (usize, usize),
) -> Vec<Vec<u8>> {
    let batch = Now.now().0;
    let reply = |n: usize| {
        let (desk, customer) = place(n);
        let conversation = conversations[desk][customer % conversations[desk].len()];
        let path = format!("/api/conversations/{conversation}/messages");
        let body = format!(
            r#"{{"client_id":"{batch}-{n}","text":"Thank you, it is on its way and will arrive tomorrow before noon."}}"#
        );
        http::post(&running.program.address, &path, &running.desks[desk].token, &body)
    };
    (0..count).map(reply).collect()
}

async fn all_sent(running: &Running, provider: &Provider, count: usize) -> anyhow::Result<()> {
    let (mut last, mut since) = (0, Instant::now());
    while last < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let taken = provider.count();
        if taken > last {
            (last, since) = (taken, Instant::now());
        }
        ensure!(
            since.elapsed() < Duration::from_secs(30),
            "only {last} of {count} replies were sent: {}",
            running.program.complaints()
        );
    }
    Ok(())
}
