//! Who is forgotten: people who write to a number of its own and are erased while everything else goes on, and, in the
//! end, those of them who are left and whose messages are older than a rule allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use model::ContactId;
use serde_json::{Value, json};
use sim::{CustomerMessage, Sim};

use crate::agents::{Answer, Browser};
use crate::carrier::Carrier;
use crate::customers::picture;
use crate::image::Source;
use crate::node::Node;

/// How long after one person the next one passes by.
const EACH: Duration = Duration::from_millis(600);
/// So many of them wait to be erased at any time; the last of them are left for the rule.
const WAITING: usize = 4;
/// How long an answer is waited for before it is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// How often it is asked.
const TRIES: usize = 600;
/// How long the nightly run may take, of a process that was just started.
const NIGHT: Duration = Duration::from_secs(60);

/// The number that people write to who are forgotten.
#[derive(Clone)]
pub(crate) struct Door {
    /// Its provider.
    pub(crate) sim: Sim,
    /// The inbox, as the product names it.
    pub(crate) inbox: String,
}

impl Door {
    /// The number, as its provider names it.
    pub(crate) fn number(&self) -> String {
        self.sim.config().phone_number_id.clone()
    }
}

/// Somebody who wrote.
struct Passer {
    name: String,
    user: String,
    messages: Vec<String>,
}

/// Lets people pass by and erases them one after the other, until told to stop. An erasure that was begun is finished.
pub(crate) async fn erase(carrier: Arc<Carrier>, door: Door, stop: Arc<AtomicBool>) -> anyhow::Result<()> {
    let mut browser = Browser::sign_in(&carrier).await?;
    let mut waiting: Vec<Passer> = Vec::new();
    let (mut n, mut last) = (0_u64, Instant::now());
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(PAUSE).await;
        if carrier.ledger.is_quiet() {
            continue;
        }
        if last.elapsed() > EACH && waiting.len() < WAITING * 3 {
            (n, last) = (n + 1, Instant::now());
            waiting.push(pass(&door.sim, n).await?);
        }
        if waiting.len() > WAITING && waiting[0].is_heard(&carrier) {
            let passer = &waiting[0];
            if let Some(contact) = find(&mut browser, &carrier, &door, passer).await {
                forget(&mut browser, &carrier, contact, passer).await;
                waiting.remove(0);
            }
        }
    }
    Ok(())
}

async fn pass(sim: &Sim, n: u64) -> anyhow::Result<Passer> {
    let name = format!("Passer {n}");
    let id = sim.customer(&name, Some(&format!("+1556{n:07}")), None).await;
    let user = sim.profile(&id).context("a customer who is not there")?.user_id;
    let text = sim.send(&id, CustomerMessage::text(format!("passing by {n}"))).await;
    let file = CustomerMessage::image(picture(&format!("passing {n}")), "image/png");
    Ok(Passer { name, user, messages: vec![text, sim.send(&id, file).await] })
}

impl Passer {
    /// Whether the product has taken everything that they wrote.
    fn is_heard(&self, carrier: &Carrier) -> bool {
        let book = carrier.ledger.book();
        self.messages.iter().all(|id| book.told.get(id).is_some_and(|told| told.acked.is_some()))
    }
}

/// Finds somebody as soon as everything that they wrote is shown.
async fn find(browser: &mut Browser, carrier: &Carrier, door: &Door, passer: &Passer) -> Option<ContactId> {
    let path = format!("/api/conversations?state=all&limit=100&inbox={}", door.inbox);
    let Answer::Done(page) = browser.ask(carrier.node(), &path, None).await else { return None };
    let items = page["items"].as_array()?;
    let found = items.iter().find(|item| item["contact"]["name"] == passer.name.as_str())?;
    let path = format!("/api/conversations/{}/messages", found["id"].as_str()?);
    let Answer::Done(thread) = browser.ask(carrier.node(), &path, None).await else { return None };
    let shown = thread["items"].as_array()?.iter().filter(|item| item["direction"] == "in").count();
    let contact = found["contact"]["id"].as_str()?.parse().ok()?;
    (shown == passer.messages.len()).then_some(contact)
}

/// Asks until the product says that they are erased. Once it was asked, a customer who is not there is one.
async fn forget(browser: &mut Browser, carrier: &Carrier, contact: ContactId, passer: &Passer) {
    let path = format!("/api/contacts/{contact}/erase");
    let reason = json!({ "reason": "asked to be forgotten" });
    for tried in 0..TRIES {
        match browser.ask(carrier.node(), &path, Some(&reason)).await {
            Answer::Refused(404, _) if tried > 0 => {}
            Answer::Done(_) => {}
            Answer::Refused(status, text) => {
                return carrier.ledger.trouble(format!("an erasure was refused with {status}: {text}"));
            }
            Answer::Nothing => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        }
        carrier.ledger.book().erased.insert(passer.user.clone(), contact.0);
        return;
    }
    carrier.ledger.trouble(format!("the erasure of {contact} was never answered"));
}

/// Resolves what is left of the number, because nothing open is ever removed by age, and writes a rule that is a day
/// long for it.
pub(crate) async fn write_rule(carrier: &Arc<Carrier>, door: &Door) -> anyhow::Result<()> {
    let mut browser = Browser::sign_in(carrier).await?;
    let path = format!("/api/conversations?state=all&limit=100&inbox={}", door.inbox);
    let page = must(&mut browser, carrier, &path, None).await?;
    for item in page["items"].as_array().context("no conversations")? {
        let id = item["id"].as_str().context("a conversation without an id")?;
        must(&mut browser, carrier, &format!("/api/conversations/{id}/resolve"), Some(&json!({}))).await?;
    }
    let rule = json!({ "inbox_id": door.inbox, "class": "messages", "days": 1 });
    must(&mut browser, carrier, "/api/retention", Some(&rule)).await?;
    Ok(())
}

/// Asks once, when nothing fails any more.
async fn must(
    browser: &mut Browser,
    carrier: &Carrier,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    match browser.ask(carrier.node(), path, body).await {
        Answer::Done(done) => Ok(done),
        Answer::Refused(status, text) => bail!("{path} was refused with {status}: {text}"),
        Answer::Nothing => bail!("{path} was not answered"),
    }
}

/// The night in which the rule is obeyed: the process that does it dies behind its first removal, and another one ends
/// it. `later` lets time pass: more than a day at first, then more than the lease of the dead.
pub(crate) async fn night(
    node: &mut Node,
    source: &mut Source,
    door: &Door,
    mut later: impl FnMut(Duration) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    node.kill().await?;
    later(Duration::from_secs(25 * 60 * 60))?;
    node.spawn("retention.removed:1", &[])?;
    ensure!(node.ends_within(NIGHT).await?, "nothing was removed in the night");
    later(Duration::from_secs(11 * 60))?;
    node.spawn("", &[])?;
    node.listens().await?;
    let (begun, number) = (Instant::now(), door.number());
    while source.messages_of(&number).await? + source.left().await? > 0 && begun.elapsed() < NIGHT {
        // The checker says what is left.
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Looks whether the product finds its receipts whole.
pub(crate) async fn look_at_receipts(carrier: &Arc<Carrier>) -> anyhow::Result<()> {
    let mut browser = Browser::sign_in(carrier).await?;
    let Answer::Done(chains) = browser.ask(carrier.node(), "/api/privacy/chains", None).await else {
        anyhow::bail!("nobody showed the chains of receipts");
    };
    for chain in ["consents", "receipts"] {
        if chains[chain]["broken_at"] != Value::Null {
            carrier.ledger.trouble(format!("the chain of {chain} is broken: {}", chains[chain]));
        }
    }
    let (receipts, erased) = (chains["receipts"]["entries"].as_u64(), carrier.ledger.book().erased.len());
    if receipts != Some(erased as u64) {
        carrier.ledger.trouble(format!("{erased} people were erased, and there are {receipts:?} receipts"));
    }
    Ok(())
}
