//! Webhooks on their way: signed, in order, repeated until they are answered with 200, and disturbed as the
//! switches say.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::payload;
use crate::Sim;
use crate::failures::Switches;

/// A delivery that is not answered with 200 is repeated after 0.2 s, 0.4 s, … 30 s, this often in all.
const ATTEMPTS: u32 = 14;
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long updates wait for company when batching or reordering.
const GATHERING: Duration = Duration::from_millis(250);
/// Meta's limit of updates in one delivery.
const LARGEST_BATCH: usize = 1_000;

/// One change on its way to the business.
pub(crate) struct Update {
    pub(crate) value: Value,
    /// The customer's message in it, which gets its second tick when the webhook is taken.
    pub(crate) wamid: Option<String>,
    /// Told after the first attempt, or at once if the switches hold updates back.
    pub(crate) attempted: Option<oneshot::Sender<()>>,
}

/// One POST, as often as it needs.
#[derive(Clone)]
struct Delivery {
    body: bytes::Bytes,
    wamids: Vec<String>,
}

/// `sha256=` and the HMAC-SHA256 of the bytes in hex: the value of `X-Hub-Signature-256`.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

/// Takes updates until the provider stops.
pub(crate) async fn run(sim: Sim, mut updates: mpsc::UnboundedReceiver<Update>) {
    let stopped = sim.until_stopped();
    let work = async {
        while let Some(first) = updates.recv().await {
            let switches = sim.failures().get();
            let mut group = vec![first];
            release_if_held(&sim, &switches, &mut group);
            if switches.batch > 1 || switches.reorder {
                gather(&mut updates, &mut group, &switches).await;
                release_if_held(&sim, &switches, &mut group);
            }
            if switches.reorder {
                sim.world().dice.shuffle(&mut group);
            }
            post_group(&sim, group, &switches).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stopped => {}
    }
}

/// Nobody waits for updates that are held back on purpose or have no address to go to.
fn release_if_held(sim: &Sim, switches: &Switches, group: &mut [Update]) {
    let held = switches.batch > 1 || switches.reorder || switches.delay_ms > 0 || sim.webhook_url().is_none();
    if held {
        for update in group {
            if let Some(attempted) = update.attempted.take() {
                _ = attempted.send(());
            }
        }
    }
}

async fn gather(updates: &mut mpsc::UnboundedReceiver<Update>, group: &mut Vec<Update>, switches: &Switches) {
    let wanted = switches.batch.clamp(if switches.reorder { 8 } else { 1 }, LARGEST_BATCH);
    let fill = async {
        while group.len() < wanted {
            match updates.recv().await {
                Some(mut update) => {
                    // Released here and not after: whoever waits may be the one who sends the next.
                    if let Some(attempted) = update.attempted.take() {
                        _ = attempted.send(());
                    }
                    group.push(update);
                }
                None => break,
            }
        }
    };
    _ = timeout(GATHERING, fill).await;
}

async fn post_group(sim: &Sim, group: Vec<Update>, switches: &Switches) {
    let size = switches.batch.clamp(1, LARGEST_BATCH);
    let mut rest = group.into_iter().peekable();
    while rest.peek().is_some() {
        let chunk: Vec<Update> = rest.by_ref().take(size).collect();
        let (mut values, mut wamids, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for update in chunk {
            values.push(update.value);
            wamids.extend(update.wamid);
            waiting.extend(update.attempted);
        }
        let merge = size > 1 && sim.world().dice.chance(50);
        let body = payload::to_bytes(&payload::delivery(sim.config(), values, merge)).into();
        let delivery = Delivery { body, wamids };
        if switches.delay_ms > 0 {
            let (sim, delay) = (sim.clone(), Duration::from_millis(switches.delay_ms));
            sim.clone().spawn(async move {
                sleep(delay).await;
                deliver(&sim, delivery).await;
            });
        } else {
            deliver(sim, delivery).await;
        }
        for attempted in waiting {
            _ = attempted.send(());
        }
    }
}

/// The first attempt happens here, so that order is kept; repetitions go their own way, as Meta's do.
async fn deliver(sim: &Sim, delivery: Delivery) {
    let mut address = sim.webhook_address();
    _ = address.wait_for(Option::is_some).await;
    let twice = {
        let percent = sim.failures().get().duplicate_percent;
        sim.world().dice.chance(percent)
    };
    let wrong = sim.failures().take_wrong_signature();
    if attempt(sim, &delivery, wrong).await {
        if twice {
            attempt(sim, &delivery, false).await;
        }
        return;
    }
    let again = sim.clone();
    sim.spawn(async move {
        let mut pause = Duration::from_millis(200);
        for _ in 1..ATTEMPTS {
            sleep(pause).await;
            if attempt(&again, &delivery, false).await {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        tracing::error!(attempts = ATTEMPTS, "gave up a webhook that was never answered with 200");
    });
}

/// Posts once. True if the answer was 200.
async fn attempt(sim: &Sim, delivery: &Delivery, wrong_signature: bool) -> bool {
    let Some(url) = sim.webhook_url() else { return false };
    let secret = &sim.config().app_secret;
    let signature = match wrong_signature {
        true => signature(&format!("not {secret}"), &delivery.body),
        false => signature(secret, &delivery.body),
    };
    let request = sim.http().post(&url).timeout(PATIENCE).body(delivery.body.clone());
    let request = request
        .header("content-type", "application/json")
        .header("user-agent", "facebookexternalua")
        .header("x-hub-signature-256", signature);
    let outcome = match request.send().await {
        Ok(answer) if answer.status() == 200 => None,
        Ok(answer) => Some(format!("{url} answered {}", answer.status())),
        Err(error) => Some(format!("{url} did not answer: {error}")),
    };
    if let Some(reason) = &outcome {
        tracing::warn!(%reason, "webhook not taken");
    }
    let taken = outcome.is_none();
    sim.webhook_attempted(outcome.as_deref(), &delivery.wamids);
    taken
}
