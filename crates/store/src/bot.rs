//! In which inboxes the bot answers, and what it remembers of a conversation. That it writes only where the turn is its own
//! is seen to where messages are kept: [`crate::message::insert`].

use model::{
    AuthorKind, BotMemory, BotSetting, ConversationId, Direction, InboxId, MessageId, Millis, WorkspaceId,
};

use crate::message::NewMessage;
use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    SETTING = "SELECT enabled, threshold, shadow, times FROM inbox_bot WHERE workspace_id = $1 AND inbox_id = $2";
    PUT = "INSERT INTO inbox_bot (workspace_id, inbox_id, enabled, threshold, shadow, times, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET enabled = excluded.enabled,
        threshold = excluded.threshold, shadow = excluded.shadow, times = excluded.times,
        changed_at = excluded.changed_at
        WHERE inbox_bot.enabled <> excluded.enabled OR inbox_bot.threshold <> excluded.threshold
        OR inbox_bot.shadow <> excluded.shadow OR inbox_bot.times <> excluded.times";
    RELEASE = "UPDATE conversation SET turn = 'queue' WHERE workspace_id = $1 AND inbox_id = $2 AND turn = 'bot'
        AND state <> 'resolved' RETURNING id";
    MEMORY = "SELECT disclosed, spoken, offered FROM conversation_bot
        WHERE workspace_id = $1 AND conversation_id = $2";
    REMEMBER = "INSERT INTO conversation_bot (workspace_id, conversation_id, disclosed, spoken, offered)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, conversation_id) DO UPDATE
        SET disclosed = excluded.disclosed, spoken = excluded.spoken, offered = excluded.offered";
    NEWEST = "SELECT id, direction FROM message WHERE workspace_id = $1 AND conversation_id = $2
        AND (direction = 'in' AND author_kind = 'contact' OR direction = 'out' AND author_kind = 'agent')
        ORDER BY id DESC LIMIT 1";
    HOLD_TURN = "UPDATE conversation SET turn = turn WHERE workspace_id = $1 AND id = $2 AND turn = 'bot'";
    TAKE_TURN = "UPDATE conversation SET turn = 'person' WHERE workspace_id = $1 AND id = $2";
    FORGET = "DELETE FROM conversation_bot WHERE workspace_id = $1 AND conversation_id = $2";
}

/// Whether the bot answers in an inbox, and how sure it must be; `None` where nobody ever decided.
pub async fn setting(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId) -> Result<Option<BotSetting>> {
    let row = tx.query_opt(SETTING, values![ws, inbox]).await?;
    let read = |mut row: Row| {
        let (enabled, threshold, shadow) = (row.take()?, row.take()?, row.take()?);
        Ok(BotSetting { enabled, threshold, shadow, times: row.take()? })
    };
    row.map(read).transpose()
}

/// Decides it; `false` when it was decided so already. [`crate::Error::Missing`] when there is no such inbox.
pub async fn put(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    setting: BotSetting,
    now: Millis,
) -> Result<bool> {
    tx.change(PUT, values![ws, inbox, setting.enabled, setting.threshold, setting.shadow, setting.times, now])
        .await
}

/// Gives the conversations of an inbox that are the bot's to the queue, and tells which. Resolved ones are left: when
/// their customers write again, they begin anew.
pub async fn release(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId) -> Result<Vec<ConversationId>> {
    tx.query_map(RELEASE, values![ws, inbox], Row::take).await
}

/// What the bot remembers of a conversation; `None` where it never wrote.
pub async fn memory(tx: &mut Tx, ws: WorkspaceId, conversation: ConversationId) -> Result<Option<BotMemory>> {
    let row = tx.query_opt(MEMORY, values![ws, conversation]).await?;
    let read = |mut row: Row| {
        Ok(BotMemory { disclosed: row.take()?, spoken: row.take()?, offered: row.take_json()? })
    };
    row.map(read).transpose()
}

/// Remembers it; tells that it does. [`crate::Error::Missing`] when there is no such conversation.
pub async fn remember(
    tx: &mut Tx,
    ws: WorkspaceId,
    conversation: ConversationId,
    memory: &BotMemory,
) -> Result<bool> {
    let offered = to_json(&memory.offered)?;
    tx.change(REMEMBER, values![ws, conversation, memory.disclosed, memory.spoken, offered]).await
}

/// The newest that the customer or an agent wrote: incoming, it is what no agent has answered.
pub async fn newest(
    tx: &mut Tx,
    ws: WorkspaceId,
    conversation: ConversationId,
) -> Result<Option<(MessageId, Direction)>> {
    let row = tx.query_opt(NEWEST, values![ws, conversation]).await?;
    row.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Forgets it: the bot begins as with somebody whom it does not know.
pub async fn forget(tx: &mut Tx, ws: WorkspaceId, conversation: ConversationId) -> Result<bool> {
    tx.change(FORGET, values![ws, conversation]).await
}

/// Whether a message may be written as far as the bot is concerned: its own only while the turn is its own, which nobody
/// can change until the transaction ends.
pub(crate) async fn may_write(tx: &mut Tx, ws: WorkspaceId, message: &NewMessage) -> Result<bool> {
    match (message.direction, message.author_kind) {
        (Direction::Out, AuthorKind::Bot) => tx.change(HOLD_TURN, values![ws, message.conversation_id]).await,
        _ => Ok(true),
    }
}

/// Gives the turn to people when an agent has written; tells whether the conversation is there.
pub(crate) async fn yields(tx: &mut Tx, ws: WorkspaceId, message: &NewMessage) -> Result<bool> {
    match (message.direction, message.author_kind) {
        (Direction::Out, AuthorKind::Agent) => {
            tx.change(TAKE_TURN, values![ws, message.conversation_id]).await
        }
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use model::{BotTimes, Turn};

    use super::*;
    use crate::sample::{id, sample, write};
    use crate::{conversation, message, testing};

    #[tokio::test]
    async fn the_bot_writes_where_the_turn_is_its_own_and_an_agent_takes_it() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, talk) = (some.ws, some.conversation);
                    let turn = async |tx: &mut Tx| {
                        conversation::facts(tx, ws, talk).await.map(|facts| facts.map(|facts| facts.turn))
                    };
                    let mut said = some.agent_writes("5 days");
                    said.author_kind = AuthorKind::Bot;
                    said.author_agent_id = None;
                    assert!(!message::insert(tx, ws, &said).await?, "the queue has the turn");
                    assert!(conversation::assign(tx, ws, talk, None, Turn::Bot, Millis(5)).await?);
                    assert!(message::insert(tx, ws, &said).await?);
                    assert_eq!(turn(tx).await?, Some(Turn::Bot));
                    let (asks, says) = (some.customer_writes("hello?"), some.agent_writes("I am here now"));
                    for (written, by) in [(asks, Direction::In), (says, Direction::Out)] {
                        message::insert(tx, ws, &written).await?;
                        assert_eq!(newest(tx, ws, talk).await?, Some((written.id, by)));
                    }
                    assert_eq!(turn(tx).await?, Some(Turn::Person), "whoever writes takes the turn");
                    said.id = id();
                    assert!(!message::insert(tx, ws, &said).await?, "a person has the turn");
                    conversation::assign(tx, ws, talk, Some(some.agent), Turn::Bot, Millis(6)).await?;
                    assert_eq!(turn(tx).await?, Some(Turn::Person), "what somebody owns is not the bot's");
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_decided_and_remembered_is_kept_until_it_is_changed() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, talk) = (some.ws, some.conversation);
                    assert_eq!(setting(tx, ws, some.inbox).await?, None);
                    for threshold in [80, 60] {
                        let decided = BotSetting {
                            enabled: true,
                            threshold,
                            shadow: threshold == 60,
                            times: if threshold == 60 { BotTimes::Closed } else { BotTimes::Always },
                        };
                        assert!(put(tx, ws, some.inbox, decided, Millis(1)).await?);
                        assert!(!put(tx, ws, some.inbox, decided, Millis(2)).await?);
                        assert_eq!(setting(tx, ws, some.inbox).await?, Some(decided));
                    }
                    conversation::assign(tx, ws, talk, None, Turn::Bot, Millis(5)).await?;
                    assert_eq!(release(tx, ws, some.inbox).await?, [talk]);
                    assert!(release(tx, ws, some.inbox).await?.is_empty());
                    assert_eq!(memory(tx, ws, talk).await?, None);
                    for spoken in [1, 2] {
                        let kept = BotMemory { disclosed: true, spoken, offered: vec![id(), id()] };
                        remember(tx, ws, talk, &kept).await?;
                        assert_eq!(memory(tx, ws, talk).await?, Some(kept));
                    }
                    assert!(forget(tx, ws, talk).await? && !forget(tx, ws, talk).await?);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
