//! Tokens are taken from the budgets before a call and corrected after it, so that calls at the same time, on several nodes
//! too, never use more than there is.

use model::{ContactId, Millis, WorkspaceId};

use super::Access;
use crate::{App, Result};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How many bytes of a text make a token at least: a letter of Chinese has three, a token of English about four.
const BYTES: usize = 3;

/// For whom tokens are spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spender {
    /// For a customer.
    Contact(ContactId),
    /// To try the bot on what a customer said before; half of a day's budget is left to customers.
    Trial(ContactId),
}

impl Spender {
    /// Whose words the model is given.
    pub(super) fn contact(self) -> ContactId {
        match self {
            Self::Contact(contact) | Self::Trial(contact) => contact,
        }
    }
}

/// What was taken for one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    workspace: WorkspaceId,
    day: i64,
    contact: Option<ContactId>,
    tokens: i64,
}

/// The day of a moment.
pub(crate) fn day(now: Millis) -> i64 {
    now.0.div_euclid(DAY)
}

/// How many tokens a call may use: those of its texts, and those of its answer.
pub(crate) fn estimate(bytes: usize, answer: u32) -> i64 {
    (bytes / BYTES) as i64 + i64::from(answer)
}

/// By how much what was taken is to be corrected when a server says how much it used. Nobody's word makes it more than eight
/// times as much, or one answer could say that the day is over.
pub(crate) fn correction(taken: i64, used: i64) -> i64 {
    used.clamp(0, taken.saturating_mul(8).max(0)) - taken
}

/// Takes tokens; `None` when so many are not left today.
pub(super) async fn take(
    app: &App,
    workspace: WorkspaceId,
    access: &Access,
    spender: Spender,
    tokens: i64,
) -> Result<Option<Taken>> {
    let day = day(app.now());
    let (whole, each) = (access.model.tokens_a_day, access.model.tokens_a_contact);
    let (contact, whole) = match spender {
        Spender::Contact(contact) => (Some(contact), whole),
        Spender::Trial(_) => (None, whole / 2),
    };
    let taken = app.write(move |tx| {
        Box::pin(async move {
            use store::language_model::{forget, settle, spend, used};
            if used(tx, workspace, day).await? == 0 {
                forget(tx, workspace, day - 1).await?;
            }
            if let Some(contact) = contact
                && !spend(tx, workspace, day, Some(contact), tokens, each).await?
            {
                return Ok(false);
            }
            if spend(tx, workspace, day, None, tokens, whole).await? {
                return Ok(true);
            }
            if contact.is_some() {
                settle(tx, workspace, day, contact, -tokens).await?;
            }
            Ok(false)
        })
    });
    Ok(taken.await?.then_some(Taken { workspace, day, contact, tokens }))
}

/// Corrects what was taken by what was used.
pub(super) async fn settle(app: &App, taken: Taken, used: i64) -> Result<()> {
    let Taken { workspace, day, contact, tokens } = taken;
    let more = correction(tokens, used);
    app.write(move |tx| {
        Box::pin(async move {
            store::language_model::settle(tx, workspace, day, None, more).await?;
            if contact.is_some() {
                store::language_model::settle(tx, workspace, day, contact, more).await?;
            }
            Ok(())
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_word_spends_more_than_eight_times_what_was_taken() {
        for (taken, used, more) in [
            (100, 40, -60),
            (100, 130, 30),
            (100, i64::MAX, 700),
            (100, -5, -100),
            (0, 9, 0),
            (i64::MAX, i64::MAX, 0),
        ] {
            assert_eq!(correction(taken, used), more, "{used} of {taken}");
        }
    }
}
