//! Rows for this room's tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::future::BoxFuture;
use model::{
    Agent, AgentId, Article, ArticleKind, ArticleState, Audience, AuthorKind, ChannelKind, ContactId,
    Content, ConversationId, Direction, ExampleState, Health, IdentityId, InboxId, Intent, IntentAnswer,
    IntentFigures, IntentId, IntentVersion, LastMessage, Locale, Message, MessageId, Millis, Role, Secret,
    Status, WorkspaceId,
};

use crate::conversation::NewConversation;
use crate::identity::IdentityRow;
use crate::inbox::InboxRow;
use crate::intent_example::NewExample;
use crate::intent_version::NewVersion;
use crate::lane::{Turn, Which};
use crate::message::NewMessage;
use crate::outbound::{NewOutbound, OutboundKind};
use crate::{Db, Error, Tx, agent, contact, conversation, identity, inbox, message, workspace};

static LAST: AtomicI64 = AtomicI64::new(1000);

/// A fresh id of any kind; ascending.
pub(crate) fn id<I: From<i64>>() -> I {
    I::from(LAST.fetch_add(1, Ordering::SeqCst))
}

/// A turn in which deliveries are claimed that nobody tried.
pub(crate) fn turn(now: i64, lease_until: i64) -> Turn {
    let (now, lease_until) = (Millis(now), Millis(lease_until));
    Turn { number: id::<i64>(), now, lease_until, which: Which::Fresh, most_attempts: i64::MAX }
}

/// A workspace with one of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) ws: WorkspaceId,
    pub(crate) agent: AgentId,
    pub(crate) inbox: InboxId,
    pub(crate) contact: ContactId,
    pub(crate) identity: IdentityId,
    pub(crate) conversation: ConversationId,
}

/// `db.write` for tests: the error is the store's, and there must be none.
pub(crate) async fn write<T, F>(db: &Db, work: F) -> T
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    db.write(work).await.expect("a test's transaction is kept")
}

pub(crate) async fn sample(db: &Db) -> Sample {
    write(db, |tx| Box::pin(make(tx))).await
}

/// An intent for people, without examples.
pub(crate) fn intent_row(name: &str) -> Intent {
    Intent {
        id: id(),
        name: name.to_owned(),
        description: String::new(),
        answer: IntentAnswer::HandOver { team_id: None },
        enabled: true,
        examples: 0,
        waiting: 0,
        created_at: Millis(1),
        updated_at: Millis(1),
    }
}

/// An example that was written for an intent.
pub(crate) fn example_row(intent: IntentId, text: &str) -> NewExample {
    NewExample {
        id: id(),
        intent_id: Some(intent),
        text: text.to_owned(),
        state: ExampleState::Accepted,
        source: None,
        understood: None,
        by: None,
        at: Millis(1),
    }
}

/// A model that was trained with the examples of a revision.
pub(crate) fn version_row(revision: i64) -> NewVersion {
    let about = IntentVersion {
        version: 0,
        examples: 2,
        intents: 1,
        figures: IntentFigures::default(),
        took_ms: 5,
        trained_at: Millis(9),
        in_use: true,
    };
    NewVersion { revision, about, model: vec![1, 2, 3] }
}

pub(crate) fn agent_named(name: &str) -> Agent {
    let id: AgentId = id();
    Agent {
        id,
        name: name.to_owned(),
        email: format!("{name}-{}@example.com", id.0),
        role: Role::Owner,
        locale: Locale::En,
        disabled: false,
        created_at: Millis(1),
    }
}

pub(crate) fn inbox_row() -> InboxRow {
    let id: InboxId = id();
    InboxRow {
        id,
        kind: ChannelKind::Whatsapp,
        name: "Shop".into(),
        hook_key: format!("hook-{}", id.0),
        address_key: format!("number-{}", id.0),
        address: Some("+1 555 0100".into()),
        config: BTreeMap::from([("waba_id".to_owned(), "42".to_owned())]),
        secrets: BTreeMap::from([("access_token".to_owned(), Secret::new("EAAG".to_owned()))]),
        verify_token: Secret::new("verify".into()),
        health: Health::unchecked(),
        created_at: Millis(1),
    }
}

pub(crate) fn identity_row(inbox_id: InboxId, contact_id: ContactId) -> IdentityRow {
    let id: IdentityId = id();
    IdentityRow {
        id,
        inbox_id,
        contact_id,
        user_id: Some(format!("user-{}", id.0)),
        phone: Some(format!("+491700{}", id.0)),
        username: None,
        profile_name: Some("jo".into()),
        blocked: false,
        last_inbound_at: None,
        created_at: Millis(1),
    }
}

async fn make(tx: &mut Tx) -> Result<Sample, Error> {
    let ws = id();
    workspace::insert(tx, ws, "Shop", Millis(1)).await?;
    let agent = agent_named("olga");
    agent::insert(tx, ws, &agent, "hash").await?;
    let inbox = inbox_row();
    inbox::insert(tx, ws, &inbox).await?;
    let (contact, identity, conversation) = customer(tx, ws, inbox.id, "Änne Müller").await?;
    Ok(Sample { ws, agent: agent.id, inbox: inbox.id, contact, identity, conversation })
}

/// A customer with an open conversation.
pub(crate) async fn customer(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    name: &str,
) -> Result<(ContactId, IdentityId, ConversationId), Error> {
    let (contact, conversation) = (id(), id());
    contact::insert(tx, ws, contact, name, Millis(1)).await?;
    let identity = identity_row(inbox, contact);
    identity::insert(tx, ws, &identity).await?;
    let new = NewConversation {
        id: conversation,
        inbox_id: inbox,
        identity_id: identity.id,
        contact_id: contact,
        turn: model::Turn::Queue,
        now: Millis(1),
    };
    conversation::insert(tx, ws, &new).await?;
    Ok((contact, identity.id, conversation))
}

impl Sample {
    /// A message of the customer.
    pub(crate) fn customer_writes(&self, text: &str) -> NewMessage {
        let id: MessageId = id();
        NewMessage {
            id,
            conversation_id: self.conversation,
            inbox_id: self.inbox,
            direction: Direction::In,
            at: Millis(1_000),
            created_at: Millis(1_001),
            author_kind: AuthorKind::Contact,
            author_agent_id: None,
            content: Content::Text { text: text.to_owned() },
            provider_id: Some(format!("wamid.{}", id.0)),
            client_id: None,
            reply_to_id: None,
            reply_to_provider_id: None,
            forwarded: false,
            status: None,
            inbound_id: None,
        }
    }

    /// A message of the agent, which waits to be sent.
    pub(crate) fn agent_writes(&self, text: &str) -> NewMessage {
        NewMessage {
            direction: Direction::Out,
            author_kind: AuthorKind::Agent,
            author_agent_id: Some(self.agent),
            provider_id: None,
            status: Some(Status::queued(Millis(1_001))),
            ..self.customer_writes(text)
        }
    }

    /// A sending of no message in the conversation, due at once.
    pub(crate) fn sends(&self) -> NewOutbound {
        NewOutbound {
            id: id(),
            message_id: None,
            inbox_id: self.inbox,
            conversation_id: self.conversation,
            identity_id: self.identity,
            kind: OutboundKind::Read,
            intent: "{}".into(),
            next_at: Millis(1),
            deadline: Millis(100_000),
            created_at: Millis(1),
        }
    }
}

/// An article in use.
pub(crate) fn article_row() -> Article {
    Article {
        id: id(),
        kind: ArticleKind::Article,
        state: ArticleState::Published,
        audience: Audience::Public,
        locale: "en".into(),
        title: "Refunds".into(),
        body: "Within five days.".into(),
        questions: vec![],
        category_id: None,
        translation_of: None,
        owner_id: None,
        review_at: None,
        source: None,
        taken_at: None,
        version: 1,
        published_version: Some(1),
        helpful: 0,
        unhelpful: 0,
        created_at: Millis(1),
        updated_at: Millis(1),
    }
}

pub(crate) fn last(message: &NewMessage) -> LastMessage {
    LastMessage {
        id: message.id,
        direction: message.direction,
        kind: message.content.kind().to_owned(),
        preview: message.content.preview(),
        at: message.at,
        status: message.status.as_ref().map(|status| status.state),
    }
}

/// Keeps a message and gives it back as a page shows it.
pub(crate) async fn keep(tx: &mut Tx, ws: WorkspaceId, new: &NewMessage) -> Result<Message, Error> {
    assert!(message::insert(tx, ws, new).await?);
    Ok(message::many(tx, ws, &[new.id]).await?.pop().expect("the message just kept"))
}
