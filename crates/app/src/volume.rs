//! Who reads or takes out unusually much of people, or is refused unusually often, against what they do on other days.

use std::collections::{BTreeMap, BTreeSet};

use model::{Act, Millis, Shown, WorkspaceId};
use serde_json::json;
use store::audit::{Filter, Volume};

use crate::audit::{self, Actor, Note};
use crate::{App, Result};

const DAY: i64 = 86_400_000;
/// The days that make somebody's norm.
const NORM_DAYS: i64 = 30;
/// How many times the norm is unusual.
const TIMES: i64 = 5;

/// Up to how much in a day is unusual for nobody, also not on the first day: rows of lists, things opened, things
/// taken out, refusals.
const PLENTY: [(Shown, i64); 4] =
    [(Shown::Listed, 1000), (Shown::Opened, 100), (Shown::TakenOut, 5), (Shown::Refused, 100)];

/// Somebody who did unusually much of one sort today.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unusual {
    workspace: WorkspaceId,
    actor: String,
    shown: Shown,
    count: i64,
    norm: i64,
}

/// Looks who does unusually much today, notes each of them once, and tells in which workspaces.
///
/// # Errors
/// When the store is away.
pub(crate) async fn look(app: &App) -> Result<BTreeSet<WorkspaceId>> {
    audit::flush(app).await?;
    let today = app.now().0.div_euclid(DAY);
    let volumes =
        |since: i64| app.read(move |tx| Box::pin(async move { Ok(store::audit::volumes(tx, since).await?) }));
    let much = |(_, volume): &(WorkspaceId, Volume)| {
        PLENTY.iter().any(|(shown, plenty)| volume.of(*shown) > *plenty)
    };
    // Mostly nobody does much: then nothing else is read.
    if !volumes(today).await?.iter().any(much) {
        return Ok(BTreeSet::new());
    }
    let found = judge(&volumes(today - NORM_DAYS).await?, today);
    for one in &found {
        note(app, one, today).await?;
    }
    Ok(found.into_iter().map(|one| one.workspace).collect())
}

/// Who did more than [`TIMES`] their norm: what they did on a day of the last thirty on which they did anything.
fn judge(volumes: &[(WorkspaceId, Volume)], today: i64) -> Vec<Unusual> {
    let mut of: BTreeMap<(WorkspaceId, &str), Vec<&Volume>> = BTreeMap::new();
    for (workspace, volume) in volumes {
        of.entry((*workspace, volume.actor.as_str())).or_default().push(volume);
    }
    let mut found = Vec::new();
    for ((workspace, actor), days) in of {
        for (shown, plenty) in PLENTY {
            let count: i64 = days.iter().filter(|one| one.day == today).map(|one| one.of(shown)).sum();
            let before: Vec<i64> =
                days.iter().filter(|one| one.day < today).map(|one| one.of(shown)).collect();
            let norm = before.iter().sum::<i64>() / (before.len() as i64).max(1);
            if count > plenty.max(TIMES.saturating_mul(norm)) {
                found.push(Unusual { workspace, actor: actor.to_owned(), shown, count, norm });
            }
        }
    }
    found
}

/// Notes it, unless it was noted today.
async fn note(app: &App, one: &Unusual, today: i64) -> Result<()> {
    let (one, now) = (one.clone(), app.now());
    let noted = app.write(move |tx| {
        Box::pin(async move {
            let from = Some(Millis(today * DAY));
            let filter = Filter { act: Some(Act::VolumeUnusual), from, ..Filter::default() };
            let sort = match one.shown {
                Shown::Listed => "listed",
                Shown::Opened => "opened",
                Shown::TakenOut => "taken_out",
                Shown::Refused => "refused",
            };
            let known = store::audit::list(tx, one.workspace, &filter, None, 1000).await?;
            let mark = format!("\"sort\":\"{sort}\"");
            let again = known.items.iter().any(|entry| {
                entry.subject.as_deref() == Some(&one.actor)
                    && entry.detail.as_ref().is_some_and(|detail| detail.contains(&mark))
            });
            if again {
                return Ok(());
            }
            tracing::warn!(workspace = %one.workspace, actor = one.actor, sort, count = one.count, norm = one.norm,
                "somebody reads or tries unusually much");
            let detail = json!({ "sort": sort, "count": one.count, "norm": one.norm });
            let note = Note::of(Act::VolumeUnusual).on(&one.actor).with(&detail);
            audit::record(tx, &Actor::system(one.workspace), note, now).await
        })
    });
    noted.await
}

#[cfg(test)]
mod tests {
    use super::*;

    const WS: WorkspaceId = WorkspaceId(1);
    const TODAY: i64 = 20_000;

    fn day(back: i64, listed: i64, opened: i64, taken_out: i64) -> (WorkspaceId, Volume) {
        (WS, Volume { actor: "ag_1".to_owned(), day: TODAY - back, listed, opened, taken_out, refused: 0 })
    }

    /// Fifty people with a steady norm, each of whom does more than five times as much of one sort, and just not so.
    #[test]
    fn five_times_the_own_norm_is_found_and_less_is_not() {
        for scenario in 0..50_i64 {
            let norm = 40 + 37 * scenario;
            let week = |listed, opened, taken| {
                (1..=7).map(move |back| day(back, listed, opened, taken)).collect::<Vec<_>>()
            };
            for (place, (shown, plenty)) in PLENTY.into_iter().enumerate() {
                let row = |back, count: i64| {
                    let mut counts = [0, 0, 0, 0];
                    counts[place] = count;
                    let (ws, volume) = day(back, counts[0], counts[1], counts[2]);
                    (ws, Volume { refused: counts[3], ..volume })
                };
                let mut days = match shown {
                    Shown::Listed => week(norm, 0, 0),
                    Shown::Opened => week(0, norm, 0),
                    Shown::TakenOut => week(0, 0, norm),
                    Shown::Refused => (1..=7).map(|back| row(back, norm)).collect(),
                };
                let limit = plenty.max(5 * norm);
                days.push(row(0, limit));
                assert!(judge(&days, TODAY).is_empty(), "{shown:?} {norm}");
                days.pop();
                days.push(row(0, limit + 1));
                let found = judge(&days, TODAY);
                assert_eq!(found.len(), 1, "{shown:?} {norm}");
                assert_eq!((found[0].shown, found[0].norm), (shown, norm));
            }
        }
    }

    #[test]
    fn a_first_day_has_its_limit_too_and_others_do_not_count() {
        assert!(judge(&[day(0, 1000, 100, 5)], TODAY).is_empty());
        assert_eq!(judge(&[day(0, 1001, 101, 6)], TODAY).len(), 3);
        let busy =
            (WS, Volume { actor: "ag_2".to_owned(), day: TODAY - 1, opened: 900, ..Volume::default() });
        assert_eq!(judge(&[busy, day(0, 0, 101, 0)], TODAY).len(), 1, "somebody else's norm does not count");
    }
}
