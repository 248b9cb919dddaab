//! Breaches of data, and by when whom to tell.

use serde::{Deserialize, Serialize};

use crate::{AgentId, BreachId, InboxId, Millis};

/// What is noted of a breach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreachDraft {
    /// What happened, in one line.
    pub title: String,
    /// What is known: what happened, which data, what may come of it, what was done.
    #[serde(default)]
    pub account: String,
    /// When somebody here first knew: from then the clocks run.
    pub noticed_at: Millis,
    /// When it began; `null` when nobody knows.
    #[serde(default)]
    pub began_at: Option<Millis>,
    /// When it ended; `null` while it goes on or when nobody knows.
    #[serde(default)]
    pub ended_at: Option<Millis>,
    /// The inbox whose customers are concerned; `null` for all.
    #[serde(default)]
    pub inbox_id: Option<InboxId>,
    /// Whether it is likely to be a high risk for people, who then have to be told.
    #[serde(default)]
    pub high_risk: bool,
    /// Whether the rules for incidents in China hold, and there those for critical infrastructure.
    #[serde(default)]
    pub china: bool,
    /// Whether this is critical infrastructure in China.
    #[serde(default)]
    pub critical: bool,
    /// When the authority was told.
    #[serde(default)]
    pub authority_told_at: Option<Millis>,
    /// When the people concerned were told.
    #[serde(default)]
    pub people_told_at: Option<Millis>,
    /// When it was closed.
    #[serde(default)]
    pub closed_at: Option<Millis>,
}

/// A breach as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Breach {
    /// Its id.
    pub id: BreachId,
    /// What is noted of it.
    #[serde(flatten)]
    pub noted: BreachDraft,
    /// Who noted it.
    pub created_by: AgentId,
    /// When what is noted was last changed.
    pub changed_at: Millis,
    /// By when whom to tell.
    pub duties: Vec<Duty>,
}

/// Which duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DutyKind {
    /// Tell the data protection authority (GDPR, article 33): 72 hours.
    GdprAuthority,
    /// Tell the people concerned without undue delay (GDPR, article 34), where the risk is high.
    GdprPeople,
    /// Report a serious incident in China: 4 hours.
    ChinaIncident,
    /// Report a serious incident of critical infrastructure in China: 1 hour.
    ChinaCritical,
}

/// A duty with its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Duty {
    /// Which one.
    pub kind: DutyKind,
    /// By when; `null` where the law says "without undue delay".
    pub due_at: Option<Millis>,
    /// When it was done.
    pub done_at: Option<Millis>,
}

impl BreachDraft {
    /// By when whom to tell.
    pub fn duties(&self) -> Vec<Duty> {
        let due = |hours| Some(self.noticed_at + Millis::hours(hours));
        let authority = self.authority_told_at;
        let mut duties = vec![Duty { kind: DutyKind::GdprAuthority, due_at: due(72), done_at: authority }];
        if self.high_risk {
            duties.push(Duty { kind: DutyKind::GdprPeople, due_at: None, done_at: self.people_told_at });
        }
        match (self.china, self.critical) {
            (true, true) => {
                duties.push(Duty { kind: DutyKind::ChinaCritical, due_at: due(1), done_at: authority });
            }
            (true, false) => {
                duties.push(Duty { kind: DutyKind::ChinaIncident, due_at: due(4), done_at: authority });
            }
            (false, _) => {}
        }
        duties.sort_by_key(|duty| duty.due_at.unwrap_or(Millis(i64::MAX)));
        duties
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_run_from_when_it_was_noticed() {
        let kinds = |draft: &BreachDraft| -> Vec<(DutyKind, Option<i64>)> {
            let hours = |due: Millis| (due - draft.noticed_at).0 / 3_600_000;
            draft.duties().into_iter().map(|duty| (duty.kind, duty.due_at.map(hours))).collect()
        };
        let plain = BreachDraft { noticed_at: Millis(1_000), ..BreachDraft::default() };
        assert_eq!(kinds(&plain), [(DutyKind::GdprAuthority, Some(72))]);
        let risky = BreachDraft { high_risk: true, china: true, ..plain.clone() };
        let wanted = [
            (DutyKind::ChinaIncident, Some(4)),
            (DutyKind::GdprAuthority, Some(72)),
            (DutyKind::GdprPeople, None),
        ];
        assert_eq!(kinds(&risky), wanted);
        let critical = BreachDraft { china: true, critical: true, ..plain };
        assert_eq!(kinds(&critical)[0], (DutyKind::ChinaCritical, Some(1)));
    }
}
