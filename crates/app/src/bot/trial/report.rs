//! What came of trials, put together. Pure: counts in, a report out.

use std::collections::BTreeMap;

use model::{Agreement, BotSetting, HandOverReason, Replay, TrialDeed, Verdict};
use serde::Serialize;
use store::trial::Count;

/// At which steps the curve is told, in percent.
const STEP: i64 = 5;
/// How many of the answers that can be judged must be right for a threshold to be proposed, and how many there must be.
const RIGHT: f64 = 0.9;
const ENOUGH: i64 = 10;

/// What came of the trials of an inbox.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Report {
    /// How far the trial on past conversations is; `null` for trials of the day, or when there was none.
    pub replay: Option<Replay>,
    /// How many questions were tried. What needed no answer is not among them.
    pub questions: i64,
    /// For how many the bot would have asked which of several is meant, at the lowest threshold.
    pub offered: i64,
    /// How many it would have left to people whatever the threshold, and why.
    pub handed_over: Vec<Left>,
    /// How it would have answered at each threshold, the lowest first.
    pub curve: Vec<Step>,
    /// The lowest threshold at which nine of ten answers that can be judged are right; `null` where too few can be judged
    /// or none is good enough.
    pub proposed: Option<i64>,
}

/// Questions that the bot would have left to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Left {
    /// Why.
    pub reason: HandOverReason,
    /// How many.
    pub count: i64,
}

/// How the bot would have answered at one threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Step {
    /// The threshold, in percent.
    pub threshold: i64,
    /// How many questions it would have answered.
    pub answered: i64,
    /// So many of them right: a person said the same, or judged it so.
    pub right: i64,
    /// So many of them wrong: a person said something else, or judged it so.
    pub wrong: i64,
}

impl Report {
    pub(super) fn of(replay: Option<Replay>, counts: &[Count]) -> Self {
        let total = |wanted: &dyn Fn(&Count) -> bool| -> i64 {
            counts.iter().filter(|one| wanted(one)).map(|one| one.count).sum()
        };
        let mut reasons: BTreeMap<HandOverReason, i64> = BTreeMap::new();
        for one in counts {
            if let Some(reason) = one.reason {
                *reasons.entry(reason).or_default() += one.count;
            }
        }
        let mut handed_over: Vec<Left> =
            reasons.into_iter().map(|(reason, count)| Left { reason, count }).collect();
        handed_over.sort_by_key(|left| std::cmp::Reverse(left.count));
        let thresholds =
            (BotSetting::LEAST..BotSetting::MOST).step_by(STEP as usize).chain([BotSetting::MOST]);
        let curve: Vec<Step> = thresholds.map(|threshold| step(counts, threshold)).collect();
        let good = |step: &&Step| {
            let judged = step.right + step.wrong;
            judged >= ENOUGH && step.right as f64 >= RIGHT * judged as f64
        };
        Self {
            replay,
            questions: total(&|one| one.deed != TrialDeed::Other),
            offered: total(&|one| one.deed == TrialDeed::Offer),
            handed_over,
            proposed: curve.iter().find(good).map(|step| step.threshold),
            curve,
        }
    }
}

fn step(counts: &[Count], threshold: i64) -> Step {
    let mut step = Step { threshold, ..Step::default() };
    let answers = counts.iter().filter(|one| one.deed == TrialDeed::Answer);
    for one in answers.filter(|one| one.confidence.is_some_and(|confidence| confidence >= threshold)) {
        step.answered += one.count;
        // What a person judged counts, whatever the comparison says.
        match (one.verdict, one.agreement) {
            (Some(Verdict::Right), _) | (None, Some(Agreement::Same)) => step.right += one.count,
            (Some(Verdict::Wrong), _) | (None, Some(Agreement::Different)) => step.wrong += one.count,
            (None, _) => {}
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(confidence: i64, agreement: Agreement, verdict: Option<Verdict>, count: i64) -> Count {
        let (deed, confidence, agreement) = (TrialDeed::Answer, Some(confidence), Some(agreement));
        Count { deed, confidence, reason: None, agreement, verdict, count }
    }

    fn other(deed: TrialDeed, reason: Option<HandOverReason>, count: i64) -> Count {
        Count { deed, confidence: Some(40), reason, agreement: None, verdict: None, count }
    }

    #[test]
    fn the_curve_tells_what_each_threshold_costs() {
        let report = Report::of(
            None,
            &[
                answered(55, Agreement::Different, None, 4),
                answered(72, Agreement::Same, None, 6),
                answered(85, Agreement::Different, Some(Verdict::Right), 5),
                answered(97, Agreement::Unclear, None, 3),
                answered(97, Agreement::Same, Some(Verdict::Wrong), 1),
                other(TrialDeed::Offer, None, 7),
                other(TrialDeed::HandOver, Some(HandOverReason::Asked), 2),
                other(TrialDeed::HandOver, Some(HandOverReason::NotKnown), 9),
                other(TrialDeed::Other, None, 50),
            ],
        );
        assert_eq!((report.questions, report.offered), (37, 7));
        assert_eq!(report.handed_over[0], Left { reason: HandOverReason::NotKnown, count: 9 });
        let at = |threshold| *report.curve.iter().find(|step| step.threshold == threshold).expect("told");
        assert_eq!(at(50), Step { threshold: 50, answered: 19, right: 11, wrong: 5 });
        assert_eq!(at(60), Step { threshold: 60, answered: 15, right: 11, wrong: 1 });
        assert_eq!(at(99), Step { threshold: 99, ..Step::default() });
        assert_eq!(report.proposed, Some(60), "11 of 12");
    }

    #[test]
    fn nothing_is_proposed_where_little_is_known() {
        let report = Report::of(None, &[answered(90, Agreement::Same, None, 9)]);
        assert_eq!((report.proposed, report.curve[0].right), (None, 9));
        assert_eq!(Report::of(None, &[]).curve.len(), 11);
    }
}
