//! The customers: known and unknown ones, who write single messages, albums a few milliseconds apart, pictures and
//! reactions, to several numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sim::{CustomerId, CustomerMessage, Dice, Sim};

use crate::carrier::Carrier;

/// A picture of one pixel; bytes after its end make each picture another file.
const PIXEL: &str = "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082";

/// More deliveries than this do not wait at once.
const MOST_UNDER_WAY: usize = 400;

/// A picture that nobody else sends.
pub(crate) fn picture(name: &str) -> Vec<u8> {
    let mut bytes = hex::decode(PIXEL).unwrap_or_default();
    bytes.extend_from_slice(name.as_bytes());
    bytes
}

/// How much is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// How many customers there are in the beginning.
    pub(crate) customers: usize,
    /// What customers do in a second.
    pub(crate) rate: u64,
}

struct Known {
    sim: usize,
    id: CustomerId,
}

/// Writes until told to stop.
pub(crate) async fn write(
    sims: Vec<Sim>,
    carrier: Arc<Carrier>,
    load: Load,
    seed: u64,
    stop: Arc<AtomicBool>,
) {
    let mut dice = Dice::new(seed);
    let mut known: Vec<Known> = Vec::new();
    let mut n = 0_u64;
    let pause = Duration::from_micros(1_000_000 / load.rate.max(1));
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(pause).await;
        if carrier.under_way() > MOST_UNDER_WAY || carrier.ledger.is_quiet() {
            continue;
        }
        n += 1;
        let mut act = dice.next() % 100;
        if known.len() < load.customers || act < 4 {
            let sim = known.len() % sims.len();
            // Every fifth has a username and shows no number.
            let (phone, name) = (format!("+1555{:07}", known.len()), format!("guest{}", known.len()));
            let phone = (known.len() % 5 != 4).then_some(phone);
            let username = phone.is_none().then_some(name.as_str());
            let id = sims[sim].customer(&format!("Guest {}", known.len()), phone.as_deref(), username).await;
            known.push(Known { sim, id });
            // Whom nobody knows begins with an album as often as not: the race for one conversation.
            act = if dice.chance(50) { 80 } else { 50 };
        }
        let who = if act == 80 || act == 50 { known.len() - 1 } else { pick(&mut dice, known.len()) };
        let one = &known[who];
        let sim = &sims[one.sim];
        match act {
            4..=9 => {
                let bytes = picture(&format!("picture {n}"));
                sim.send(&one.id, CustomerMessage::image(bytes, "image/png")).await;
            }
            10..=13 => {
                // Either of the two may come late, and then the reaction is there before what it is about.
                let target = sim.send(&one.id, CustomerMessage::text(format!("message {n}"))).await;
                sim.react(&one.id, &target, Some("👍")).await;
            }
            14 => carrier.send_hopeless(n),
            15 => carrier.send_stray(&sims[0].config().phone_number_id, n),
            75..=84 => {
                for part in 0..3 + dice.next() % 3 {
                    sim.send(&one.id, CustomerMessage::text(format!("album {n} part {part}"))).await;
                    tokio::time::sleep(Duration::from_millis(dice.next() % 3)).await;
                }
            }
            _ => _ = sim.send(&one.id, CustomerMessage::text(format!("message {n}"))).await,
        }
    }
}

/// One of `count`; the first few write far more than the rest.
fn pick(dice: &mut Dice, count: usize) -> usize {
    let most = if dice.chance(40) { count.min(5) } else { count };
    usize::try_from(dice.next()).unwrap_or(0) % most.max(1)
}
