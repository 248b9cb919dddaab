//! Everything about one person, as a file to take along: `person.json` for machines, `index.html` for people, and the
//! files. It is written while it is sent, a page of messages at a time, so its size does not matter.

mod html;
mod zip;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use model::{
    Act, Contact, ContactId, Conversation, ConversationId, Hold, IdentityId, InboxId, Media, MediaState,
    Message, MessageId, Millis, Permission,
};
use serde::Serialize;
use store::contact::ContactRow;
use store::conversation::Filter;
use store::message::Place;
use store::notice::Told;
use store::{Tx, Visibility};
use tokio::sync::mpsc;

use crate::audit::{self, Note};
use crate::consent::{self, Consents};
use crate::{App, Caller, Error, Result, conversation};

use zip::Zip;

/// How many conversations, messages and entries are read at a time.
const PAGE: i64 = 100;
/// How many pieces may wait for the reader.
const WAITING: usize = 8;

/// An export on its way.
pub struct Export {
    /// A name for the file.
    pub name: String,
    /// A ZIP file. It breaks off with an error when something cannot be read.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

/// An address with everything that the provider told.
#[derive(Debug, Serialize)]
struct Address {
    id: IdentityId,
    inbox_id: InboxId,
    inbox: Option<String>,
    user_id: Option<String>,
    phone: Option<String>,
    username: Option<String>,
    profile_name: Option<String>,
    blocked: bool,
    last_inbound_at: Option<Millis>,
    created_at: Millis,
}

/// What is short enough to be read at once.
struct About {
    contact: Contact,
    former: Vec<ContactRow>,
    identities: Vec<Address>,
    consents: Consents,
    notices: Vec<Told>,
    holds: Vec<Hold>,
    conversations: Vec<(Conversation, Vec<String>)>,
}

/// Takes everything about a person out. That it was taken is noted first.
///
/// # Errors
/// [`Error::NotFound`] when there is no such customer, [`Error::Forbidden`] when something of anybody is hidden from the
/// caller.
pub async fn person(app: &Arc<App>, caller: &Caller, contact: ContactId) -> Result<Export> {
    debug_assert!(caller.may(Permission::PersonExport), "the handler asks for the right");
    caller.sees_whole()?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            store::contact::get(tx, workspace, contact).await?.ok_or(Error::NotFound)?;
            audit::record(tx, &actor, Note::of(Act::ExportTaken).on(contact).about(contact), now).await
        })
    })
    .await?;
    // What the person's data was read for until now belongs to it.
    audit::flush(app).await?;
    let about = app.read(move |tx| Box::pin(async move { about(tx, workspace, contact, now).await })).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let writer = Writer {
        app: app.clone(),
        workspace,
        workspace_name: caller.workspace_name.clone(),
        words: html::Words::of(caller.agent.locale),
        now,
        sender: sender.clone(),
        zip: Zip::default(),
        files: Vec::new(),
    };
    tokio::spawn(async move {
        if let Err(error) = writer.all(about).await {
            tracing::error!(%contact, %error, "an export broke off");
            let broken = io::Error::other("the export broke off; ask for it again");
            let _ = sender.send(Err(broken)).await;
        }
    });
    let stream = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    Ok(Export { name: format!("{contact}.zip"), stream: stream.boxed() })
}

async fn about(tx: &mut Tx, workspace: model::WorkspaceId, contact: ContactId, now: Millis) -> Result<About> {
    let row = store::contact::get(tx, workspace, contact).await?.ok_or(Error::NotFound)?;
    let inboxes = store::inbox::list(tx, workspace).await?;
    let labels = store::label::list(tx, workspace).await?;
    let named = |id: InboxId| inboxes.iter().find(|inbox| inbox.id == id).map(|inbox| inbox.name.clone());
    let mut identities = Vec::new();
    for one in store::contact::identities(tx, workspace, contact).await? {
        identities.push(Address {
            id: one.id,
            inbox_id: one.inbox_id,
            inbox: named(one.inbox_id),
            user_id: one.user_id,
            phone: one.phone,
            username: one.username,
            profile_name: one.profile_name,
            blocked: one.blocked,
            last_inbound_at: one.last_inbound_at,
            created_at: one.created_at,
        });
    }
    let filter = Filter { contact: Some(contact), ..Filter::default() };
    // The law asks for everything, whatever the one who takes it out otherwise sees.
    let everything = Visibility::everything();
    let (mut conversations, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = store::conversation::list(
            tx,
            workspace,
            &everything,
            conversation::windows,
            &filter,
            cursor.as_deref(),
            PAGE,
            now,
        )
        .await?;
        for one in page.items {
            let names = labels.iter().filter(|label| one.label_ids.contains(&label.id));
            let names = names.map(|label| label.name.clone()).collect();
            conversations.push((one, names));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(About {
        contact: Contact { id: row.id, name: row.name, created_at: row.created_at },
        former: store::contact::merged(tx, workspace, contact).await?,
        identities,
        consents: consent::load(tx, workspace, contact, now).await?,
        notices: store::notice::told(tx, workspace, contact).await?,
        holds: store::hold::of_contact(tx, workspace, contact).await?,
        conversations,
    })
}

/// Nobody reads any more.
const GONE: &str = "the reader went away";

struct Writer {
    app: Arc<App>,
    workspace: model::WorkspaceId,
    workspace_name: String,
    words: &'static html::Words,
    now: Millis,
    sender: mpsc::Sender<io::Result<Bytes>>,
    zip: Zip,
    files: Vec<Media>,
}

impl Writer {
    async fn send(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.sender.send(Ok(bytes.into())).await.map_err(|_| Error::internal(GONE))
    }

    async fn begin(&mut self, name: &str) -> Result<()> {
        let bytes = self.zip.begin(name);
        self.send(bytes).await
    }

    async fn put(&mut self, bytes: impl Into<Vec<u8>>) -> Result<()> {
        let bytes = bytes.into();
        self.zip.count(&bytes);
        self.send(bytes).await
    }

    async fn json(&mut self, name: &str, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(Error::internal)?;
        self.put(format!(",\n{}: {text}", serde_json::Value::from(name))).await
    }

    async fn end(&mut self) -> Result<()> {
        let bytes = self.zip.end();
        self.send(bytes).await
    }

    async fn all(mut self, about: About) -> Result<()> {
        self.machine(&about).await?;
        self.page(&about).await?;
        for file in std::mem::take(&mut self.files) {
            self.file(&file).await?;
        }
        let bytes = self.zip.finish();
        self.send(bytes).await
    }

    /// `person.json`.
    async fn machine(&mut self, about: &About) -> Result<()> {
        self.begin("person.json").await?;
        self.put(format!("{{\"format\": \"bellhop person 1\",\n\"exported_at\": {}", self.now.0)).await?;
        let workspace = self.workspace_name.clone();
        self.json("workspace", &workspace).await?;
        self.json("contact", &about.contact).await?;
        self.json("name", &about.contact.name).await?;
        let former: Vec<&str> = about.former.iter().map(|row| row.name.as_str()).collect();
        self.json("former_names", &former).await?;
        self.json("identities", &about.identities).await?;
        self.json("consents", &about.consents).await?;
        self.json("notices", &about.notices).await?;
        self.json("holds", &about.holds).await?;
        self.put(",\n\"conversations\": [").await?;
        for (place, (conversation, labels)) in about.conversations.iter().enumerate() {
            let text = serde_json::to_string(conversation).map_err(Error::internal)?;
            let labels = serde_json::to_string(labels).map_err(Error::internal)?;
            let comma = if place > 0 { ",\n" } else { "\n" };
            self.put(format!("{comma}{{\"conversation\": {text}, \"labels\": {labels}, \"messages\": ["))
                .await?;
            let mut after = MessageId(0);
            let mut first = true;
            while let Some(messages) = self.messages(conversation.id, after).await? {
                let mut text = String::new();
                for message in &messages {
                    text.push_str(if first { "\n" } else { ",\n" });
                    first = false;
                    text.push_str(&serde_json::to_string(message).map_err(Error::internal)?);
                    after = message.id;
                    let file = message.content.media().filter(|media| media.state == MediaState::Ready);
                    self.files.extend(file.cloned());
                }
                self.put(text).await?;
            }
            self.put("]}").await?;
        }
        self.put("],\n\"audit\": [").await?;
        self.audit(about.contact.id).await?;
        self.put("]").await?;
        self.json("schema", &store::personal::TABLES).await?;
        self.put("}\n").await?;
        self.end().await
    }

    async fn messages(&self, conversation: ConversationId, after: MessageId) -> Result<Option<Vec<Message>>> {
        let workspace = self.workspace;
        let read = self.app.read(move |tx| {
            Box::pin(async move {
                Ok(store::message::page(tx, workspace, conversation, Place::After(after), PAGE).await?)
            })
        });
        let page = read.await?;
        Ok(Some(page.items).filter(|items| !items.is_empty()))
    }

    async fn audit(&mut self, contact: ContactId) -> Result<()> {
        let (workspace, mut cursor, mut first) = (self.workspace, None::<String>, true);
        loop {
            let from = cursor.clone();
            let read = self.app.read(move |tx| {
                Box::pin(async move {
                    let filter = store::audit::Filter { contact: Some(contact), ..Default::default() };
                    Ok(store::audit::list(tx, workspace, &filter, from.as_deref(), PAGE).await?)
                })
            });
            let page = read.await?;
            let mut text = String::new();
            for entry in &page.items {
                text.push_str(if first { "\n" } else { ",\n" });
                first = false;
                text.push_str(&serde_json::to_string(entry).map_err(Error::internal)?);
            }
            self.put(text).await?;
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// `index.html`.
    async fn page(&mut self, about: &About) -> Result<()> {
        self.begin("index.html").await?;
        let words = self.words;
        let head = html::head(words, &self.workspace_name, self.now, about);
        self.put(head).await?;
        for (conversation, labels) in &about.conversations {
            self.put(html::conversation(words, conversation, labels)).await?;
            let mut after = MessageId(0);
            while let Some(messages) = self.messages(conversation.id, after).await? {
                after = messages.last().map_or(after, |last| last.id);
                let text: String = messages.iter().map(|message| html::message(words, message)).collect();
                self.put(text).await?;
            }
        }
        self.put(html::FOOT).await?;
        self.end().await
    }

    async fn file(&mut self, media: &Media) -> Result<()> {
        let (workspace, id) = (self.workspace, media.id);
        let found =
            self.app.read(move |tx| Box::pin(async move { Ok(store::media::get(tx, workspace, id).await?) }));
        let Some(row) = found.await? else { return Ok(()) };
        let Some(place) = row.storage_key else { return Ok(()) };
        self.begin(&html::file_name(media)).await?;
        let opened = self.app.files.open_sealed(&place, row.key.as_ref(), None).await;
        let (_, mut bytes) = opened.map_err(Error::internal)?;
        while let Some(piece) = bytes.next().await {
            self.put(piece.map_err(Error::internal)?).await?;
        }
        self.end().await
    }
}
