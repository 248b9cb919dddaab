//! The product with its numbers connected, and what is around it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use sim::Sim;
use tokio::io::AsyncWriteExt as _;

use crate::agents::{Browser, OWNER};
use crate::carrier::{Carrier, Weather};
use crate::check::Received;
use crate::crossing::{Crossing, Delays};
use crate::deaths::Clock;
use crate::forget::Door;
use crate::front::Front;
use crate::ledger::Ledger;
use crate::node::{Node, Place};
use crate::plan::{Breaks, Plan};

/// Signs every delivery.
const SECRET: &str = "torture-app-secret";

/// The product with its numbers connected, and the providers.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) carrier: Arc<Carrier>,
    /// What stands before the first provider, where it is to be in trouble.
    pub(crate) front: Option<Arc<Front>>,
    /// The providers of the numbers that agents answer.
    pub(crate) sims: Vec<Sim>,
    pub(crate) door: Door,
    pub(crate) nodes: Vec<Node>,
}

impl World {
    /// Starts the providers and the processes, makes the owner, connects the numbers.
    pub(crate) async fn begin(plan: &Plan, mut place: Place, clock: &Clock) -> anyhow::Result<Self> {
        let mut sims = Vec::new();
        for number in 0..=plan.numbers {
            let clock = clock.clone();
            let config = sim::Config {
                app_secret: SECRET.to_owned(),
                phone_number_id: format!("1055501001{number:05}"),
                waba_id: format!("2055501001{number:05}"),
                display_phone_number: format!("+1 555-020-{number:04}"),
                seed: plan.seed.wrapping_add(number as u64),
                automatic: true,
                now: Arc::new(move || clock.now()),
                ..sim::Config::test()
            };
            sims.push(Sim::start(config).await?);
        }
        place.allowed = sims.iter().map(|sim| sim.address().to_string()).collect();
        let ledger = Arc::new(Ledger::new());
        let front = match (plan.breaks, sims.first()) {
            (Breaks::Provider, Some(sim)) => {
                Some(Front::start(sim.address().to_string(), ledger.clone()).await?)
            }
            _ => None,
        };
        if let (Some(front), Some(sim)) = (&front, sims.first()) {
            place.allowed.push(front.address().to_owned());
            ledger.book().troubled = Some(sim.config().phone_number_id.clone());
        }
        make_owner(&place).await?;
        let mut nodes = Vec::new();
        for number in 0..if plan.postgres { 2 } else { 1 } {
            nodes.push(Node::new(place.clone(), number)?);
        }
        let addresses = nodes.iter().map(Node::address).collect();
        let weather = Weather { twice: 30, late: 20 };
        let crossing = (plan.breaks == Breaks::Bus).then(Crossing::default);
        let seed = plan.seed.wrapping_add(77);
        let carrier =
            Carrier::start(ledger.clone(), addresses, SECRET.to_owned(), seed, weather, crossing).await?;
        for node in &mut nodes {
            node.spawn("", &[])?;
            node.listens().await?;
        }
        let mut owner = Browser::sign_in(&carrier).await?;
        let mut inboxes = Vec::new();
        for (number, sim) in sims.iter().enumerate() {
            let fronted = front.as_ref().filter(|_| number == 0);
            let url = fronted.map_or(sim.graph_url(), |front| format!("http://{}", front.address()));
            let (inbox, hook) = owner.connect(sim, &url).await?;
            inboxes.push(inbox);
            carrier.connect(hook);
            sim.set_webhook(&carrier.address(number));
        }
        let (sim, inbox) = sims.pop().zip(inboxes.pop()).context("a number")?;
        Ok(Self { place, ledger, carrier, front, sims, door: Door { sim, inbox }, nodes })
    }
}

async fn make_owner(place: &Place) -> anyhow::Result<()> {
    let mut command = place.command(1);
    command.args(["user", "create", "--email", OWNER.0, "--name", "Olga", "--password-stdin"]);
    command.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", place.program.display()))?;
    let mut line = child.stdin.take().context("no input")?;
    line.write_all(format!("{}\n", OWNER.1).as_bytes()).await?;
    drop(line);
    let ended = child.wait_with_output().await?;
    if !ended.status.success() {
        bail!("cannot make the owner: {}", String::from_utf8_lossy(&ended.stderr));
    }
    Ok(())
}

/// What the providers hold of our replies.
pub(crate) fn received(sims: &[Sim]) -> Received {
    let mut all = Vec::new();
    for sim in sims {
        let mut by_customer: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for customer in sim.customers() {
            let texts = sim.received(&customer.id).into_iter().filter_map(|message| message.text);
            by_customer.insert(customer.user_id, texts.collect());
        }
        all.extend(by_customer.into_values());
    }
    all
}

/// From the acknowledgement of a reply until its provider had it, but for the first provider's: while that one was in
/// trouble, and while it was not. `clock` is that of the providers.
pub(crate) fn left(world: &World, clock: &Clock, troubles: &[(Duration, Duration)]) -> (Delays, Delays) {
    let began = clock.began(world.ledger.now());
    let book = world.ledger.book();
    let acked: HashMap<&str, Duration> =
        book.replies.values().filter_map(|reply| Some((reply.text.as_str(), reply.acked?))).collect();
    let (mut troubled, mut well) = (Vec::new(), Vec::new());
    for sim in world.sims.iter().skip(1) {
        for message in sim.customers().iter().flat_map(|customer| sim.received(&customer.id)) {
            let Some(acked) = message.text.as_deref().and_then(|text| acked.get(text)) else { continue };
            let arrived = Duration::from_millis(u64::try_from(message.at - began).unwrap_or(0));
            let within = troubles.iter().any(|(from, to)| (*from..*to).contains(acked));
            let last = troubles.last().is_some_and(|(_, to)| acked < to);
            let which = if within { &mut troubled } else { &mut well };
            if last {
                which.push(arrived.saturating_sub(*acked));
            }
        }
    }
    (troubled.into_iter().collect(), well.into_iter().collect())
}
