//! Which conversations a caller may see: built here and used by every list, search, count and export.

use model::{AgentId, ConversationState, InboxId, TeamId};

use crate::values::{Value, placeholders};

/// The conversations that a caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visibility(Sight);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sight {
    Everything,
    /// What was given to the agent or to one of the teams, and what comes through one of the inboxes.
    Some {
        agent: AgentId,
        teams: Vec<TeamId>,
        inboxes: Vec<InboxId>,
    },
}

/// Past so many parts a list is not put together from parts: whoever has so many sees so much that walking all
/// conversations finds a page soon.
const MOST_PARTS: usize = 48;

/// The states, each of which is a stretch of an index.
const STATES: [ConversationState; 3] =
    [ConversationState::Open, ConversationState::Snoozed, ConversationState::Resolved];

/// A part of what a caller may see that is one stretch of an index: a condition with a `?` for each value.
pub(crate) struct Part {
    pub(crate) condition: &'static str,
    pub(crate) values: Vec<Value>,
}

impl Visibility {
    /// Every conversation of the workspace.
    pub fn everything() -> Self {
        Self(Sight::Everything)
    }

    /// What was given to an agent or to one of these teams, and all that comes through these inboxes.
    pub fn of(agent: AgentId, teams: Vec<TeamId>, inboxes: Vec<InboxId>) -> Self {
        Self(Sight::Some { agent, teams, inboxes })
    }

    /// Whether a conversation of this owner, team and inbox is among them.
    pub fn sees(&self, owner: Option<AgentId>, team: Option<TeamId>, inbox: InboxId) -> bool {
        match &self.0 {
            Sight::Everything => true,
            Sight::Some { agent, teams, inboxes } => {
                owner == Some(*agent)
                    || team.is_some_and(|team| teams.contains(&team))
                    || inboxes.contains(&inbox)
            }
        }
    }

    /// Whether every conversation is among them.
    pub fn is_everything(&self) -> bool {
        self.0 == Sight::Everything
    }

    /// The condition on a conversation `c`, to be put behind ` AND `; its values follow those that are there.
    pub(crate) fn condition(&self, values: &mut Vec<Value>) -> String {
        let Sight::Some { agent, teams, inboxes } = &self.0 else { return "TRUE".to_owned() };
        values.push((*agent).into());
        let mut text = format!("(c.assignee_id = ${}", values.len());
        let mut any = |column: &str, ids: Vec<Value>| {
            let Some(last) = ids.last().cloned() else { return };
            // Filled up to a power of two, so that few forms of each statement are compiled.
            let length = ids.len().next_power_of_two();
            text.push_str(&format!(" OR {column} IN ({})", placeholders(values.len() + 1, length)));
            let missing = length - ids.len();
            values.extend(ids.into_iter().chain(std::iter::repeat_n(last, missing)));
        };
        any("c.team_id", teams.iter().map(|id| (*id).into()).collect());
        any("c.inbox_id", inboxes.iter().map(|id| (*id).into()).collect());
        text.push(')');
        text
    }

    /// What may be seen as stretches of indexes, each in the order of the list, so that a page costs what is on it;
    /// `None` where the whole is walked as well. `state` is what the list is narrowed to.
    pub(crate) fn parts(&self, state: Option<ConversationState>) -> Option<Vec<Part>> {
        let Sight::Some { agent, teams, inboxes } = &self.0 else { return None };
        let states: &[ConversationState] = state.as_ref().map_or(&STATES, std::slice::from_ref);
        let own = match state {
            None => Part { condition: "c.assignee_id = ?", values: vec![(*agent).into()] },
            Some(state) => Part {
                condition: "c.assignee_id = ? AND c.state = ?",
                values: vec![(*agent).into(), state.into()],
            },
        };
        let mut parts = vec![own];
        for state in states {
            parts.extend(teams.iter().map(|team| Part {
                condition: "c.team_id = ? AND c.state = ?",
                values: vec![(*team).into(), (*state).into()],
            }));
            parts.extend(inboxes.iter().map(|inbox| Part {
                condition: "c.inbox_id = ? AND c.state = ?",
                values: vec![(*inbox).into(), (*state).into()],
            }));
        }
        (parts.len() <= MOST_PARTS).then_some(parts)
    }

    /// Every kind there is, for the test that prepares all statements.
    #[cfg(test)]
    pub(crate) fn every_kind() -> Vec<Self> {
        let teams = |count| (1..=count).map(TeamId).collect::<Vec<_>>();
        let inboxes = |count| (1..=count).map(InboxId).collect::<Vec<_>>();
        let mut kinds = vec![Self::everything()];
        for (some, more) in [(0, 0), (1, 0), (2, 0), (0, 1), (3, 3), (60, 60)] {
            kinds.push(Self::of(AgentId(1), teams(some), inboxes(more)));
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_what() {
        let some = Visibility::of(AgentId(1), vec![TeamId(2)], vec![InboxId(3)]);
        assert!(some.sees(Some(AgentId(1)), None, InboxId(9)));
        assert!(some.sees(None, Some(TeamId(2)), InboxId(9)));
        assert!(some.sees(Some(AgentId(8)), None, InboxId(3)));
        assert!(!some.sees(Some(AgentId(8)), Some(TeamId(9)), InboxId(9)));
        assert!(!some.sees(None, None, InboxId(9)));
        assert!(Visibility::everything().sees(None, None, InboxId(9)));
    }

    #[test]
    fn a_condition_has_a_place_for_each_value() {
        let mut values = vec![Value::Integer(7)];
        let text = Visibility::of(AgentId(1), (1..=3).map(TeamId).collect(), vec![InboxId(5)])
            .condition(&mut values);
        assert_eq!(text, "(c.assignee_id = $2 OR c.team_id IN ($3, $4, $5, $6) OR c.inbox_id IN ($7))");
        assert_eq!(values.len(), 7);
    }
}
