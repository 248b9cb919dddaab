//! The bus between the nodes fails: it is killed, away for a while and started empty; its network passes nothing on to
//! one node; it says everything twice. What was acknowledged at one node is to be seen at the other all the same.

use std::time::{Duration, Instant};

use anyhow::ensure;
use sim::Dice;

use super::Outages;
use crate::bus::{Bus, Line, Mood};
use crate::crossing::{Called, Crossing};
use crate::ledger::Ledger;

/// How soon after the end of a fault calls must come through again.
const CALLED_AGAIN: Duration = Duration::from_secs(15);
/// What was acknowledged so shortly before a fault may have lost its call to it.
const SHORTLY: Duration = Duration::from_millis(500);

/// Lets it fail in each way. `long` is for how long at least.
pub(crate) async fn fail(
    bus: &mut Bus,
    lines: &[Line],
    crossing: &Crossing,
    ledger: &Ledger,
    dice: &mut Dice,
    (rounds, long): (usize, Duration),
) -> anyhow::Result<Outages> {
    let mut done = Outages::default();
    let told = |lines: &[Line]| lines.iter().map(Line::told).collect::<Vec<u64>>();
    for round in 0..rounds {
        called_again(lines, ledger).await;
        let began = ledger.now();
        tokio::time::sleep(long).await;
        crossing.stretch(Called::Yes, began, ledger.now().saturating_sub(SHORTLY));
        let away = long + Duration::from_millis(dice.next() % 1000);
        match round % 3 {
            0 => {
                bus.kill().await?;
                let (began, before) = (ledger.now(), told(lines));
                tokio::time::sleep(away).await;
                crossing.stretch(Called::No, began, ledger.now());
                ensure!(told(lines) == before, "calls came over a bus that was dead");
                bus.run().await?;
            }
            1 => {
                let cut = usize::try_from(dice.next()).unwrap_or(0) % lines.len();
                lines[cut].set(Mood::Silent);
                let began = ledger.now();
                tokio::time::sleep(away).await;
                crossing.stretch(Called::No, began, ledger.now());
                lines[cut].set(Mood::Open);
            }
            _ => {
                lines.iter().for_each(|line| line.set(Mood::Double));
                let began = ledger.now();
                tokio::time::sleep(away).await;
                crossing.stretch(Called::Yes, began, ledger.now());
                lines.iter().for_each(|line| line.set(Mood::Open));
            }
        }
        done.note(ledger, &format!("the bus failed in round {round}")).await;
    }
    called_again(lines, ledger).await;
    done.calls = told(lines).iter().sum();
    Ok(done)
}

/// Waits until every node was called.
async fn called_again(lines: &[Line], ledger: &Ledger) {
    let began = Instant::now();
    let before: Vec<u64> = lines.iter().map(Line::told).collect();
    while lines.iter().zip(&before).any(|(line, before)| line.told() <= *before) {
        if began.elapsed() > CALLED_AGAIN {
            return ledger.trouble(format!("no call came over the bus for {} s", CALLED_AGAIN.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
