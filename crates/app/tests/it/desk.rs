//! A workspace with one WhatsApp inbox, an agent, and a clock that stands still.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use app::caller::Means;
use app::inbox::{InboxView, NewInbox};
use app::message::NewReply;
use app::receive::Hooked;
use app::{App, Caller, Parts, Settings};
use bytes::Bytes;
use channels::Head;
use model::{
    Agent, AgentId, ChannelKind, Clock, Conversation, Entropy, InboxId, Locale, ManualClock, Message, Millis,
    Role, SessionId, WorkspaceId,
};
use serde_json::{Value, json};
use store::conversation::Filter;
use store::message::Place;

use crate::provider::Provider;

pub(crate) const NUMBER: &str = "106540352242922";
const SECRET: &str = "app-secret";

pub(crate) struct Desk {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) caller: Caller,
    pub(crate) inbox: InboxView,
    provider: SocketAddr,
    media: tempfile::TempDir,
}

struct Counted(std::sync::atomic::AtomicU64);

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let next = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            *byte = (next.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        }
    }
}

/// Runs a test on every engine.
pub(crate) async fn on_both<F: AsyncFn(Desk)>(test: F) {
    for database in store::testing::databases().await {
        // Nobody listens there.
        test(Desk::open(database.db.clone(), SocketAddr::from(([127, 0, 0, 1], 9))).await).await;
    }
}

/// Runs a test on SQLite, with the database that it is on.
pub(crate) async fn on_sqlite<F: AsyncFn(Desk, store::Db)>(test: F) {
    let database = store::testing::sqlite().await;
    test(Desk::open(database.db.clone(), SocketAddr::from(([127, 0, 0, 1], 9))).await, database.db.clone())
        .await;
}

/// Runs a test on every engine, with a provider that takes messages.
pub(crate) async fn with_provider<F: AsyncFn(Desk, Provider)>(test: F) {
    for database in store::testing::databases().await {
        let provider = Provider::start().await;
        test(Desk::open(database.db.clone(), provider.address).await, provider).await;
    }
}

impl Desk {
    async fn open(db: store::Db, provider: SocketAddr) -> Self {
        let clock = Arc::new(ManualClock::at(Millis(1_790_000_000_000)));
        let media = tempfile::tempdir().expect("a folder");
        let app = node(1, db, &clock, &media, provider);
        let workspace: WorkspaceId = app.ids.next();
        let agent = Agent {
            id: app.ids.next::<AgentId>(),
            name: "Ana".to_owned(),
            email: format!("ana-{workspace}@example.org"),
            role: Role::Owner,
            locale: Locale::En,
            disabled: false,
            created_at: clock.now(),
        };
        let (stored, now) = (agent.clone(), clock.now());
        app.write(move |tx| {
            Box::pin(async move {
                store::workspace::insert(tx, workspace, "Shop", now).await?;
                Ok(store::agent::insert(tx, workspace, &stored, "no hash").await?)
            })
        })
        .await
        .expect("a workspace");
        let means = Means::Session { id: SessionId(1), proved_at: clock.now() };
        let rights = agent.role.rights().expect("an owner's");
        let grant = Arc::new(app::role::Grant { rights, visibility: store::Visibility::everything() });
        let (workspace_name, visit) = ("Shop".to_owned(), Default::default());
        let caller = Caller { workspace, workspace_name, agent, grant, viewer: None, means, visit };
        let inbox = connect(&app, &caller, NUMBER, provider).await;
        Self { app, clock, caller, inbox, provider, media }
    }

    /// Another node on the same database.
    pub(crate) fn second_node(&self) -> Arc<App> {
        node(2, self.app.db.clone(), &self.clock, &self.media, self.provider)
    }

    /// Connects another number.
    pub(crate) async fn connect(&self, number: &str) -> InboxView {
        connect(&self.app, &self.caller, number, self.provider).await
    }

    pub(crate) async fn inbox_of(&self, number: &str) -> InboxId {
        let all = app::inbox::list(&self.app, &self.caller).await.expect("a list");
        let found = all.iter().find(|one| one.row.address_key == number);
        found.expect("the number is connected").row.id
    }

    /// Sets a field of a number's configuration.
    pub(crate) async fn configure(&self, number: &str, field: &str, value: &str) {
        let config = BTreeMap::from([(field.to_owned(), value.to_owned())]);
        let inbox = self.inbox_of(number).await;
        app::inbox::update(&self.app, &self.caller, inbox, None, Some(config)).await.expect("configured");
    }

    pub(crate) async fn no_sendings_left(&self) {
        let left = self
            .app
            .read(|tx| Box::pin(async move { Ok(store::outbound::next_ready(tx).await?) }))
            .await
            .expect("no fault");
        assert_eq!(left, None, "something waits to be sent");
    }

    /// Posts a delivery to the hook as the provider does, and lets the workers run.
    pub(crate) async fn deliver(&self, value: Value) {
        self.post(&delivery(NUMBER, value)).await;
        app::worker::settle(&self.app).await.expect("settles");
    }

    /// Posts a body with a right signature.
    pub(crate) async fn post(&self, body: &Value) {
        let body = body.to_string();
        let signature = sign(SECRET, body.as_bytes());
        assert_eq!(self.post_raw(body.into_bytes(), &signature).await, Hooked::Accepted);
    }

    /// Posts a body with a given signature.
    pub(crate) async fn post_raw(&self, body: Vec<u8>, signature: &str) -> Hooked {
        let header = |name: &str| (name == "x-hub-signature-256").then_some(signature.as_bytes());
        let head = Head { method: "POST", query: "", header: &header };
        app::receive::hook(&self.app, &self.inbox.row.hook_key, &head, Bytes::from(body))
            .await
            .expect("no fault")
    }

    pub(crate) async fn conversations(&self) -> Vec<Conversation> {
        app::conversation::list(&self.app, &self.caller, Filter::default(), None, 100)
            .await
            .expect("a list")
            .items
    }

    pub(crate) async fn only_conversation(&self) -> Conversation {
        let mut all = self.conversations().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    pub(crate) async fn thread(&self, conversation: &Conversation) -> Vec<Message> {
        app::message::page(&self.app, &self.caller, conversation.id, Place::Newest, 100)
            .await
            .expect("a page")
            .items
    }

    /// The texts of a thread, activity lines as `(event)`.
    pub(crate) async fn texts(&self, conversation: &Conversation) -> Vec<String> {
        let thread = self.thread(conversation).await;
        thread
            .iter()
            .map(|message| match &message.content {
                model::Content::Activity(activity) => format!("({})", activity.event),
                content => content.text().unwrap_or(content.kind()).to_owned(),
            })
            .collect()
    }

    pub(crate) async fn reply(
        &self,
        conversation: &Conversation,
        client_id: &str,
        text: &str,
    ) -> app::Result<Message> {
        let reply =
            NewReply { client_id: client_id.to_owned(), text: Some(text.to_owned()), ..NewReply::default() };
        app::message::reply(&self.app, &self.caller, conversation.id, reply).await
    }

    pub(crate) async fn reply_on(
        &self,
        node: &App,
        conversation: &Conversation,
        client_id: &str,
        text: &str,
    ) {
        let reply =
            NewReply { client_id: client_id.to_owned(), text: Some(text.to_owned()), ..NewReply::default() };
        app::message::reply(node, &self.caller, conversation.id, reply).await.expect("queued");
    }

    pub(crate) async fn head(&self) -> i64 {
        app::event::head(&self.app, self.caller.workspace).await.expect("a number")
    }

    pub(crate) async fn parked(&self) -> Vec<String> {
        let workspace = self.caller.workspace;
        let page = self
            .app
            .read(move |tx| {
                Box::pin(async move { Ok(store::inbound::parked(tx, workspace, None, 100).await?) })
            })
            .await
            .expect("a page");
        page.items.into_iter().map(|parked| parked.reason).collect()
    }
}

fn node(
    number: u16,
    db: store::Db,
    clock: &Arc<ManualClock>,
    media: &tempfile::TempDir,
    provider: SocketAddr,
) -> Arc<App> {
    App::new(Parts {
        db,
        clock: clock.clone(),
        entropy: Arc::new(Counted(1.into())),
        files: app::files::Files::open(media.path()).expect("a media store"),
        node: app::node::Lease::fixed(clock.clone(), number),
        settings: Settings { egress_allow: vec![provider.to_string()], ..Settings::default() },
    })
    .expect("an app")
}

async fn connect(app: &App, caller: &Caller, number: &str, provider: SocketAddr) -> InboxView {
    let graph_url = format!("http://{provider}");
    let config = BTreeMap::from(
        [
            ("phone_number_id", number),
            ("waba_id", "102290129340398"),
            ("access_token", "a-token"),
            ("app_secret", SECRET),
            ("graph_url", &graph_url),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let new = NewInbox { kind: ChannelKind::Whatsapp, name: format!("Inbox {number}"), config };
    app::inbox::create(app, caller, new).await.expect("an inbox")
}

pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(aws_lc_rs::hmac::sign(&key, body)))
}

/// A delivery with one change.
pub(crate) fn delivery(number: &str, mut value: Value) -> Value {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"display_phone_number": "15550001111", "phone_number_id": number});
    json!({"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [
        {"field": "messages", "value": value}]}]})
}

/// A customer as deliveries describe one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Customer {
    pub(crate) user: Option<&'static str>,
    pub(crate) phone: Option<&'static str>,
    pub(crate) name: &'static str,
}

pub(crate) const MARIA: Customer =
    Customer { user: Some("MX.maria1"), phone: Some("5215550002222"), name: "María" };

impl Customer {
    fn contact(self) -> Value {
        let mut contact = json!({"profile": {"name": self.name}});
        if let Some(user) = self.user {
            contact["user_id"] = json!(user);
        }
        if let Some(phone) = self.phone {
            contact["wa_id"] = json!(phone);
        }
        contact
    }

    /// A delivery's value with one message of this customer.
    pub(crate) fn says(self, id: &str, mut message: Value) -> Value {
        message["id"] = json!(id);
        if message.get("timestamp").is_none() {
            message["timestamp"] = json!("1789999999");
        }
        if let Some(phone) = self.phone {
            message["from"] = json!(phone);
        }
        if let Some(user) = self.user {
            message["from_user_id"] = json!(user);
        }
        json!({"contacts": [self.contact()], "messages": [message]})
    }

    pub(crate) fn text(self, id: &str, text: &str) -> Value {
        self.says(id, json!({"type": "text", "text": {"body": text}}))
    }
}
