//! Search in what messages say.
//!
//! The index holds tokens and no words, and gives messages that the caller may see and that have the tokens. Each of
//! them is then opened, and its text as the caller may read it decides: so what is masked for somebody is not found
//! by what it hides.

use std::sync::Arc;

use model::{
    AgentId, ContactId, Content, ConversationId, Direction, InboxId, Masks, Message, MessageId, Millis,
    Personal, SearchHit, SnippetPiece, WorkspaceId,
};
use store::search::{Token, Wanted};
use store::{Page, Tx, Visibility};
use vault::{WordKey, WorkspaceKeys};

use crate::sensitive::{self, Policy};
use crate::{App, Caller, Error, Result, conversation};

/// The most hits on one page.
pub const MAX_PAGE: i64 = 50;
/// The longest query, in characters.
const MAX_QUERY: usize = 200;
/// How many entries of the index the first step looks at, and each further one.
const DEPTHS: (i64, i64) = (200, 1500);
/// How many steps a page takes at most; what is not found by then, the next page goes on to look for.
const STEPS: usize = 4;
/// Of how many conversations of a person the messages are found.
const CONVERSATIONS: i64 = 64;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What was typed; see [`ai::Query::parse`].
    pub q: String,
    /// In one inbox.
    pub inbox: Option<InboxId>,
    /// In conversations of one customer.
    pub contact: Option<ContactId>,
    /// Written by one agent.
    pub agent: Option<AgentId>,
    /// Who speaks to whom.
    pub direction: Option<Direction>,
    /// Written at this moment or later.
    pub from: Option<Millis>,
    /// Written before this moment.
    pub until: Option<Millis>,
}

/// A page of messages that say what was looked for, the newest first. A page may be short, or empty, although another
/// one follows: what a page costs is bounded, so a search that finds little looks at a part of the messages at a time.
///
/// # Errors
/// When nothing is looked for, or the cursor is not one of this list's.
pub async fn messages(
    app: &App,
    caller: &Caller,
    filter: Filter,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<SearchHit>> {
    if filter.q.chars().count() > MAX_QUERY {
        return Err(Error::field("q", "too_long", format!("at most {MAX_QUERY} characters")));
    }
    let query = ai::Query::parse(&filter.q)
        .ok_or_else(|| Error::field("q", "empty", "type a word that the message has"))?;
    let before = match cursor {
        None => MessageId(i64::MAX),
        Some(cursor) => cursor.parse().map_err(|_| store::Error::BadCursor)?,
    };
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let keys = keys(app, workspace).await?;
    let policy = sensitive::policy(app, workspace).await?;
    let (masks, limit) = (caller.masks(), limit.clamp(1, MAX_PAGE));
    let look = Look { workspace, visibility, masks, query, policy, now, limit };
    app.read(move |tx| {
        Box::pin(async move {
            match wanted(tx, workspace, &keys.words, &look.query, &filter).await? {
                Some(wanted) => look.page(tx, &wanted, before).await,
                None => Ok(Page { items: Vec::new(), next_cursor: None }),
            }
        })
    })
    .await
}

/// The keys of a workspace, with which its index is made and asked.
pub(crate) async fn keys(app: &App, workspace: WorkspaceId) -> Result<Arc<WorkspaceKeys>> {
    Ok(app.db.keys()?.workspace(workspace).await?)
}

/// The token of a term, which tells nothing without the key.
pub(crate) fn token(key: &WordKey, term: &ai::Term) -> Token {
    short(match term {
        ai::Term::Word(word) => key.word(word),
        ai::Term::Beginning(letters) => key.beginning(letters),
    })
}

fn short(token: vault::Token) -> Token {
    let [a, b, c, d, ..] = token.0;
    Token(u32::from_be_bytes([a, b, c, d]))
}

/// The token of where a message stands: filters are terms as words are. No word has a colon in it.
pub(crate) fn mark(key: &WordKey, what: &str, of: impl std::fmt::Display) -> Token {
    short(key.word(&format!("{what}:{of}")))
}

/// Everything that a message is found by; nothing where it says nothing or was withdrawn.
pub(crate) fn tokens(key: &WordKey, inbox: InboxId, message: &Message) -> Vec<Token> {
    let terms = match message.revoked_at {
        None => ai::terms(&said(&message.content)),
        Some(_) => return Vec::new(),
    };
    if terms.is_empty() {
        return Vec::new();
    }
    let mut tokens: Vec<Token> = terms.iter().map(|term| token(key, term)).collect();
    tokens.push(mark(key, "inbox", inbox));
    tokens.push(mark(key, "conversation", message.conversation_id));
    tokens.push(mark(key, "direction", message.direction.as_str()));
    tokens.extend(message.author.id.map(|agent| mark(key, "agent", agent)));
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// What of a message people look for.
fn said(content: &Content) -> String {
    let text = content.text().map(str::to_owned);
    let more = match content {
        Content::Document { media, caption: Some(_) } => media.name.clone().into_iter().collect(),
        Content::Location { name: Some(_), address, .. } => address.clone().into_iter().collect(),
        Content::Contacts { cards } => cards.iter().skip(1).map(|card| card.name.clone()).collect(),
        _ => Vec::new(),
    };
    text.into_iter().chain(more).collect::<Vec<String>>().join("\n")
}

/// What the index is asked; `None` when nothing can be found.
async fn wanted(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: &WordKey,
    query: &ai::Query,
    filter: &Filter,
) -> Result<Option<Wanted>> {
    let terms = query.terms();
    let mut tokens: Vec<Vec<Token>> =
        terms.iter().map(|set| set.iter().map(|term| token(key, term)).collect()).collect();
    tokens.extend(filter.inbox.map(|inbox| vec![mark(key, "inbox", inbox)]));
    tokens.extend(filter.agent.map(|agent| vec![mark(key, "agent", agent)]));
    tokens.extend(filter.direction.map(|direction| vec![mark(key, "direction", direction.as_str())]));
    if let Some(contact) = filter.contact {
        let theirs = store::search::conversations(tx, workspace, contact, CONVERSATIONS).await?;
        if theirs.is_empty() {
            return Ok(None);
        }
        tokens.push(theirs.into_iter().map(|id: ConversationId| mark(key, "conversation", id)).collect());
    }
    Ok(Some(Wanted { tokens, from: filter.from, until: filter.until, contact: filter.contact }))
}

/// One page that somebody looks for.
struct Look {
    workspace: WorkspaceId,
    visibility: Visibility,
    masks: Masks,
    query: ai::Query,
    policy: Arc<Policy>,
    now: Millis,
    limit: i64,
}

impl Look {
    async fn page(&self, tx: &mut Tx, wanted: &Wanted, mut before: MessageId) -> Result<Page<SearchHit>> {
        let mut items = Vec::new();
        for step in 0..STEPS {
            let depth = if step == 0 { DEPTHS.0 } else { DEPTHS.1 };
            let found =
                store::search::find(tx, self.workspace, &self.visibility, wanted, before, depth, self.limit)
                    .await?;
            let mut messages = store::message::many(tx, self.workspace, &found.messages).await?;
            messages.reverse();
            for message in messages {
                let id = message.id;
                items.extend(self.hit(tx, message).await?);
                if items.len() as i64 == self.limit {
                    return Ok(Page { items, next_cursor: Some(id.to_string()) });
                }
            }
            match found.next {
                Some(next) => before = next,
                None => return Ok(Page { items, next_cursor: None }),
            }
        }
        Ok(Page { items, next_cursor: Some(before.to_string()) })
    }

    /// The message as it is shown, if it says what was looked for.
    async fn hit(&self, tx: &mut Tx, message: Message) -> Result<Option<SearchHit>> {
        let mut message = self.policy.shown(message);
        message.mask(self.masks);
        let text = said(&message.content);
        let Some(places) = self.query.find(&text) else { return Ok(None) };
        let (windows, id) = (conversation::windows, message.conversation_id);
        let conversation =
            store::conversation::get(tx, self.workspace, &self.visibility, windows, id, self.now).await?;
        let Some(conversation) = conversation else { return Ok(None) };
        let piece = |piece: ai::snippet::Piece| SnippetPiece { text: piece.text, hit: piece.hit };
        Ok(Some(SearchHit {
            message_id: message.id,
            conversation_id: message.conversation_id,
            inbox_id: conversation.inbox_id,
            contact: conversation.contact,
            direction: message.direction,
            at: message.at,
            kind: message.content.kind().to_owned(),
            author: message.author,
            snippet: ai::snippet::pieces(&text, &places).into_iter().map(piece).collect(),
        }))
    }
}
