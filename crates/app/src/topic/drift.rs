//! Watches whether what customers write has moved since what is understood of it was held for right.
//!
//! Compared are the last seven days with up to four weeks that begin seven days before somebody accepted it, or where nobody has,
//! with what was counted first. Whole weeks stand beside whole weeks, so that a weekend moves nothing. What is understood also moves
//! by our own doing: a model that understands it otherwise begins the weeks anew.

use std::collections::BTreeMap;

use ai::drift::{Counts, LEAST, STRETCH, Share, Shift, Span};
use model::{
    Act, Drift, DriftPart, DriftShare, DriftState, IntentId, MessageId, Millis, TopicKind, WorkspaceId,
    first_at,
};
use serde::{Deserialize, Serialize};
use store::drift::DriftRow;
use store::{Class, Tx};

use super::{HEARD, HOUR, newest, said};
use crate::audit::{self, Note};
use crate::intent::training;
use crate::unanswered::must_see;
use crate::{App, Caller, Error, Result};

/// What is watched.
pub(super) const KINDS: [TopicKind; 3] = [TopicKind::Intent, TopicKind::Confidence, TopicKind::Language];
/// For how many hours it is counted: the weeks that are compared with, the present one, and one that nobody looked in.
pub(super) const KEPT: i64 = (WEEKS + 2) * WEEK;
const WEEK: i64 = 7 * 24;
/// The most weeks that are compared with.
const WEEKS: i64 = 4;
/// Of how many of the newest messages another model must say the same, so that the weeks go on.
const ALIKE: f64 = 0.97;
/// How many shares are told.
const TOLD: usize = 6;
/// Where bands of confidence begin, in percent.
const BANDS: [i64; 5] = [0, 25, 50, 75, 90];

/// What is kept from look to look.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Held {
    /// The model by which it was understood.
    version: Option<i64>,
    /// The model in use, where it is another one that understands nearly the same.
    alike: Option<i64>,
    /// The first hour of which all was understood by it.
    since: i64,
    parts: Vec<Part>,
}

/// The weeks that are compared with, and the present one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Part {
    kind: TopicKind,
    /// The hour before which nothing counts: of the acceptance, or of the model.
    base: i64,
    /// The hour in which the weeks begin, and how many they are.
    from: i64,
    weeks: i64,
    before: Span,
    now: Span,
    moved: bool,
}

impl Part {
    /// Whether the weeks stay what they are: they are over, and had enough messages to tell anything.
    fn is_settled(&self) -> bool {
        self.weeks == WEEKS && self.before.size() >= LEAST
    }

    /// How far they are apart; `None` while that cannot be told.
    fn shift(&self) -> Option<Shift> {
        (self.weeks > 0).then(|| ai::drift::compare(&self.before, &self.now)).flatten()
    }
}

/// In which band somebody is so sure, in percent.
pub(super) fn band(confidence: i64) -> i64 {
    BANDS.into_iter().rev().find(|begin| *begin <= confidence).unwrap_or(0)
}

/// The number of a language: the letters of its tag, which stay what they are when others become known.
pub(super) fn number(tag: &str) -> i64 {
    tag.bytes().take(7).fold(0, |number, letter| number << 8 | i64::from(letter))
}

fn tag(number: i64) -> String {
    let letters = number.to_be_bytes().into_iter().filter(|letter| *letter != 0);
    letters.map(char::from).collect()
}

/// Looks once.
pub(super) async fn look(app: &App, workspace: WorkspaceId) -> Result<()> {
    let now = app.now();
    let hour = now.0.div_euclid(HOUR);
    let row = current(app, workspace).await?;
    let held = in_use(app, workspace, kept(&row), hour).await?;
    let accepted_at = row.accepted_at;
    let judged =
        app.read(move |tx| Box::pin(async move { judge(tx, workspace, accepted_at, held, hour).await }));
    let held = judged.await?;
    let moved: Vec<&str> =
        held.parts.iter().filter(|part| part.moved).map(|part| part.kind.as_str()).collect();
    let moved_at = (!moved.is_empty()).then(|| row.moved_at.unwrap_or(now));
    let after = DriftRow { moved_at, drift: Some(written(&held)?), accepted_at };
    if after == row {
        return Ok(());
    }
    if moved_at.is_some() && row.moved_at.is_none() {
        tracing::info!(%workspace, ?moved, "what customers write has moved");
    }
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            // Who accepts it meanwhile is right.
            store::drift::put(tx, workspace, &after).await?;
            Ok(())
        })
    })
    .await
}

async fn current(app: &App, workspace: WorkspaceId) -> Result<DriftRow> {
    let read = app.read(move |tx| Box::pin(async move { Ok(store::drift::get(tx, workspace).await?) }));
    Ok(read.await?.unwrap_or_default())
}

/// What was kept; nothing where another version of the program wrote it.
fn kept(row: &DriftRow) -> Option<Held> {
    row.drift.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

fn written(held: &Held) -> Result<String> {
    serde_json::to_string(held).map_err(Error::internal)
}

/// Sets what is said now beside what was said before.
async fn judge(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accepted_at: Option<Millis>,
    mut held: Held,
    hour: i64,
) -> Result<Held> {
    let accepted = accepted_at.map_or(0, |at| at.0.div_euclid(HOUR) - WEEK);
    let mut parts = Vec::new();
    for kind in KINDS {
        let Some(first) = store::topic::first(tx, workspace, kind).await? else { continue };
        let base = if kind == TopicKind::Language { accepted } else { accepted.max(held.since) };
        let known = held.parts.iter().find(|part| part.kind == kind && part.base == base);
        let mut part = match known {
            Some(known) if known.is_settled() => known.clone(),
            _ => {
                // The whole weeks since, up to the present one.
                let from = base.max(first);
                let weeks = ((hour - WEEK - from).max(0) / WEEK).min(WEEKS);
                let before = span(tx, workspace, kind, (from, from + weeks * WEEK)).await?;
                Part { kind, base, from, weeks, before, now: Span::default(), moved: false }
            }
        };
        part.now = span(tx, workspace, kind, (hour - WEEK, hour)).await?;
        let already = known.is_some_and(|known| known.moved);
        part.moved = part.shift().is_some_and(|shift| shift.has_moved(already));
        parts.push(part);
    }
    held.parts = parts;
    Ok(held)
}

/// By which model it is understood, and since when; with what was kept, where that still counts.
async fn in_use(app: &App, workspace: WorkspaceId, known: Option<Held>, hour: i64) -> Result<Held> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let version = store::intent::learning(tx, workspace).await?.and_then(|learning| learning.version);
            let Some(number) = version else { return Ok((version, None)) };
            let found = store::intent_version::list(tx, workspace, number.saturating_add(1), 1).await?;
            Ok((version, found.first().map(|one| one.trained_at.0.div_euclid(HOUR) + 1)))
        })
    });
    let (version, trained) = read.await?;
    let Some(held) = known else {
        return Ok(Held { version, since: trained.unwrap_or(0), ..Held::default() });
    };
    if version == held.version || (version.is_some() && version == held.alike) {
        return Ok(held);
    }
    if let (Some(before), Some(after)) = (held.version, version) {
        let messages = newest(app, workspace, Millis((hour - WEEK) * HOUR), HEARD).await?;
        let texts: Vec<String> = messages.iter().filter_map(said).collect();
        let same = match texts.len() as i64 >= LEAST {
            true => training::agreement(app, workspace, before, after, texts).await?,
            false => None,
        };
        if same.is_some_and(|part| part >= ALIKE) {
            return Ok(Held { alike: version, ..held });
        }
    }
    // This hour was understood by both.
    Ok(Held { version, alike: None, since: hour + 1, ..held })
}

/// What was counted from an hour on and before another.
async fn span(tx: &mut Tx, workspace: WorkspaceId, kind: TopicKind, hours: (i64, i64)) -> Result<Span> {
    let mut stretches = BTreeMap::<i64, Counts>::new();
    for (stretch, subject, count) in store::drift::stretches(tx, workspace, kind, hours, STRETCH).await? {
        stretches.entry(stretch).or_default().insert(subject, count);
    }
    Ok(Span::of(&stretches.into_values().collect::<Vec<_>>()))
}

/// Whether what customers write has moved since what is understood of it was held for right.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation.
pub async fn drift(app: &App, caller: &Caller) -> Result<Drift> {
    must_see(caller)?;
    let row = current(app, caller.workspace).await?;
    let parts = kept(&row).unwrap_or_default().parts;
    Ok(Drift {
        accepted_at: row.accepted_at,
        moved_at: row.moved_at,
        parts: parts.iter().map(shown).collect(),
    })
}

fn shown(part: &Part) -> DriftPart {
    let shift = part.shift();
    let state = match (part.weeks, &shift) {
        (0, _) => DriftState::Learning,
        (_, None) => DriftState::Few,
        _ if part.moved => DriftState::Moved,
        _ => DriftState::Steady,
    };
    let (index, shares) = shift.map_or((0.0, Vec::new()), |shift| (shift.index, shift.shares));
    let share = |one: Share| DriftShare {
        intent_id: (part.kind == TopicKind::Intent && one.category != 0).then_some(IntentId(one.category)),
        language: (part.kind == TopicKind::Language && one.category != 0).then(|| tag(one.category)),
        confidence: (part.kind == TopicKind::Confidence).then_some(one.category),
        before: one.before,
        now: one.now,
    };
    DriftPart {
        kind: part.kind,
        state,
        since: Millis(part.from * HOUR),
        weeks: part.weeks,
        ready_at: (part.weeks == 0).then_some(Millis((part.from + 2 * WEEK) * HOUR)),
        before: part.before.size(),
        now: part.now.size(),
        least: LEAST,
        index,
        shares: shares.into_iter().take(TOLD).map(share).collect(),
    }
}

/// Holds what is understood for right as it is now: from here on it is compared with the last seven days, and those that follow.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation.
pub async fn accept(app: &App, caller: &Caller) -> Result<()> {
    must_see(caller)?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            let row = store::drift::get(tx, workspace).await?.unwrap_or_default();
            let mut held = kept(&row);
            let parts = held.as_mut().map(|held| std::mem::take(&mut held.parts)).unwrap_or_default();
            let moved: Vec<TopicKind> =
                parts.iter().filter(|part| part.moved).map(|part| part.kind).collect();
            // Where nothing was counted yet it begins now.
            store::topic::begin(tx, workspace, MessageId(first_at(now))).await?;
            let drift = held.as_ref().map(written).transpose()?;
            store::drift::accept(tx, workspace, now, drift.as_deref()).await?;
            let detail = serde_json::json!({ "moved": moved });
            audit::record(tx, &actor, Note::of(Act::DriftAccepted).with(&detail), now).await?;
            Ok(())
        })
    })
    .await?;
    look(app, workspace).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_a_number_and_a_confidence_a_band() {
        for language in ai::language::ALL {
            assert_eq!(tag(number(language.tag())), language.tag());
        }
        assert_eq!([0, 24, 25, 74, 75, 89, 90, 100].map(band), [0, 0, 25, 50, 75, 75, 90, 90]);
    }
}
