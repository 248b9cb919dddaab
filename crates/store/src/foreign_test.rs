//! A second workspace sees, changes and refers to nothing of the first, in every function that takes a workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use model::{
    AlarmKind, Article, ArticleKind, ArticleState, Audience, Category, CategoryId, ConversationState,
    DeliveryState, EventKind, GapReason, HelpCentre, Label, LabelId, Media, MediaFailure, MediaId, MediaKind,
    Millis, OutboundId, QuickReply, QuickReplyId, ReactionBy, Report, SessionId, Turn, WorkspaceId,
};

use crate::agent::AgentChange;
use crate::conversation::{Filter, NewConversation};
use crate::event::NewChange;
use crate::inbound::NewDelivery;
use crate::media::{MediaRow, Ready};
use crate::message::{NewMessage, Place};
use crate::outbound::{NewOutbound, OutboundKind};
use crate::sample::{self, Sample, id, identity_row, inbox_row, last, sample, write};
use crate::session::NewSession;
use crate::values::Sql;
use crate::{
    Db, Error, Result, Tx, Visibility, agent, alarm, api_token, article, attempt, audit, category, ceremony,
    contact, conversation, erasing, event, gap, help_centre, identity, import, inbound, inbox, job,
    knowledge_source, known_browser, label, lag, lane, link, media, message, one_time_code, outbound,
    passkey, provider, quick_reply, reaction, report, role, search, send_lane, session, taken, team, testing,
    workspace,
};
use crate::{
    bot, breach, consent, erasure, hold, intent, intent_example, intent_version, notice, privacy_setting,
    removal, retention, stale, suggestion, trial, unanswered,
};

/// One of everything in the first workspace, beside its [`Sample`].
#[derive(Clone)]
struct Own {
    passkey: model::PasskeyId,
    provider: model::ProviderId,
    some: Sample,
    session: SessionId,
    label: LabelId,
    category: CategoryId,
    article: Article,
    source: model::SourceId,
    import: model::ImportId,
    reply: QuickReplyId,
    theirs: NewMessage,
    ours: NewMessage,
    media: MediaId,
    unused: MediaId,
    outbound: OutboundId,
    outbound_fence: i64,
    send_lane: send_lane::Waiting,
    job: model::JobId,
    job_fence: i64,
    lane_fence: i64,
    queued: model::InboundId,
    parked: model::InboundId,
    address_key: String,
    alarm: model::AlarmId,
    progress: search::Progress,
    token: model::TokenId,
    role: model::RoleId,
    team: model::TeamId,
    intent: model::IntentId,
    example: model::ExampleId,
    law: Law,
}

/// One of everything that the law asks for.
#[derive(Clone, Copy)]
struct Law {
    hold: model::HoldId,
    rule: model::RetentionId,
    breach: model::BreachId,
    erasure: model::ErasureId,
    trial: model::TrialId,
}

impl Own {
    /// Our message as a report finds it.
    fn reported(&self) -> message::Reported {
        message::Reported {
            message: self.ours.id,
            conversation: self.some.conversation,
            direction: self.ours.direction,
            identity: self.some.identity,
            user_known: true,
            sending: true,
            is_last: true,
            status: self.ours.status.clone(),
        }
    }
}

fn media_row(id: MediaId) -> MediaRow {
    MediaRow {
        message_id: None,
        media: Media::pending(id, "image/png"),
        kind: MediaKind::Image,
        storage_key: Some(format!("key-{}", id.0)),
        thumbnail_key: None,
        source: None,
        key: None,
        thumbnail_file_key: None,
    }
}

fn ready() -> Ready {
    Ready {
        mime: "image/png".into(),
        size: 1,
        width: None,
        height: None,
        duration_ms: None,
        waveform: None,
        storage_key: "stolen".into(),
        thumbnail_key: None,
        key: None,
        thumbnail_file_key: None,
    }
}

fn delivery(inbox: model::InboxId, dedupe: u8) -> NewDelivery {
    NewDelivery {
        id: id(),
        inbox,
        received_at: Millis(1),
        dedupe: vec![dedupe],
        body: Bytes::from_static(b"{}"),
    }
}

fn new_outbound(some: &Sample) -> NewOutbound {
    NewOutbound {
        id: id(),
        message_id: None,
        inbox_id: some.inbox,
        conversation_id: some.conversation,
        identity_id: some.identity,
        kind: OutboundKind::Read,
        intent: "{}".into(),
        next_at: Millis(1),
        deadline: Millis(9),
        created_at: Millis(1),
    }
}

fn new_conversation(some: &Sample) -> NewConversation {
    NewConversation {
        id: id(),
        inbox_id: some.inbox,
        identity_id: some.identity,
        contact_id: some.contact,
        turn: Turn::Queue,
        now: Millis(1),
    }
}

fn fate(some: &Sample, asked: &NewMessage, source: i64) -> suggestion::Fate {
    let (kind, used) = (model::SuggestionKind::Article, Some(model::SuggestionUse::Unchanged));
    suggestion::Fate { message: asked.id, kind, source, agent: some.agent, used, helpful: None }
}

/// What became of the suggestion that is there.
fn taken(own: &Own) -> suggestion::Fate {
    suggestion::Fate { helpful: Some(true), ..fate(&own.some, &own.theirs, own.article.id.0) }
}

fn bounds() -> stale::Bounds {
    stale::Bounds { review: Millis(9), taken: Millis(9), unhelpful: 1 }
}

/// A message as the index has it.
fn entry(message: model::MessageId) -> search::Entry {
    search::Entry { message, tokens: vec![search::Token(7)] }
}

fn wanted() -> search::Wanted {
    search::Wanted { tokens: vec![vec![search::Token(7)]], ..search::Wanted::default() }
}

fn new_session(agent_id: model::AgentId) -> NewSession {
    NewSession {
        id: id(),
        agent_id,
        token_hash: id::<WorkspaceId>().0.to_le_bytes().to_vec(),
        created_at: Millis(1),
        expires_at: Millis(1_000_000),
        user_agent: String::new(),
        address: String::new(),
        two_steps: false,
        provider_id: None,
    }
}

fn new_token(agent_id: model::AgentId) -> api_token::TokenRow {
    api_token::TokenRow {
        id: id(),
        agent_id,
        name: "report".into(),
        permissions: Vec::new(),
        networks: Vec::new(),
        created_at: Millis(1),
        expires_at: None,
        used_at: None,
        used_from: None,
    }
}

fn new_provider(id: model::ProviderId) -> model::Provider {
    model::Provider {
        id,
        name: "Company".into(),
        issuer: "https://id.example.com".into(),
        client_id: "desk".into(),
        has_secret: true,
        enabled: true,
        scopes: vec!["email".into()],
        creates_accounts: false,
        links_by_email: false,
        vouches_for_emails: false,
        second_step: model::ProviderStep::Own,
        group_claim: "groups".into(),
        group_roles: vec![model::GroupRole { group: "all".into(), role: model::Role::Agent }],
        default_role: None,
        created_at: Millis(1),
    }
}

fn new_passkey(agent_id: model::AgentId) -> passkey::PasskeyRow {
    let id: model::PasskeyId = id();
    passkey::PasskeyRow {
        id,
        agent_id,
        credential: id.0.to_le_bytes().to_vec(),
        name: "phone".into(),
        public_key: "{}".into(),
        created_at: Millis(1),
        used_at: None,
    }
}

fn new_link(agent_id: model::AgentId) -> link::NewLink {
    let hash = id::<WorkspaceId>().0.to_le_bytes().to_vec();
    link::NewLink { hash, agent_id, kind: model::LinkKind::Reset, expires_at: Millis(9) }
}

fn audit_entry() -> model::AuditEntry {
    model::AuditEntry {
        seq: 1,
        at: Millis(1),
        actor_kind: model::ActorKind::System,
        actor: None,
        seen_as: None,
        act: model::Act::RetentionRan,
        subject: None,
        conversation_id: None,
        contact_id: None,
        address: String::new(),
        device: String::new(),
        reason: None,
        detail: None,
        times: 1,
        hash: "00ff".into(),
    }
}

fn new_consent(contact: model::ContactId) -> consent::NewConsent {
    consent::NewConsent {
        contact,
        purpose: model::Purpose::Marketing,
        given: true,
        text_version: "1".into(),
        way: model::ConsentWay::Form,
        evidence: Some("form 7".into()),
        message: None,
        agent: None,
        at: Millis(5),
        expires_at: None,
    }
}

fn rule(inbox: model::InboxId, class: model::DataClass) -> model::RetentionRule {
    let (id, inbox_id) = (id(), Some(inbox));
    model::RetentionRule { id, inbox_id, class, purpose: None, days: 30, changed_at: Millis(1) }
}

fn told(inbox_id: model::InboxId) -> model::Notice {
    let (language, text) = ("en".to_owned(), "What we do with your data.".to_owned());
    model::Notice { inbox_id, language, version: 1, text, changed_at: Millis(1) }
}

fn olds(inbox: model::InboxId) -> removal::Olds {
    removal::Olds { inbox, before: Millis(3_000_000_000_000), after: model::MessageId(0) }
}

fn new_erasure(id: model::ErasureId, contact: model::ContactId) -> erasure::New {
    erasure::New { id, contact, why: model::ErasureWhy::Asked, agent: None, now: Millis(1) }
}

async fn law(tx: &mut Tx, some: &Sample) -> Result<Law> {
    let ws = some.ws;
    let made = Law { hold: id(), rule: id(), breach: id(), erasure: id(), trial: id() };
    consent::append(tx, ws, &new_consent(some.contact)).await?;
    hold::put(tx, ws, made.hold, some.contact, "a suit", some.agent, Millis(1)).await?;
    let rule = model::RetentionRule { id: made.rule, ..rule(some.inbox, model::DataClass::Messages) };
    retention::insert(tx, ws, &rule).await?;
    retention::begin(tx, ws, 7, Millis(1), Millis(2)).await?;
    let noted = model::BreachDraft { title: "lost".into(), ..model::BreachDraft::default() };
    breach::insert(tx, ws, made.breach, &noted, some.agent, Millis(1)).await?;
    let rest = erasure::Rest { keys: vec![1], ..erasure::Rest::default() };
    let (other, ..) = sample::customer(tx, ws, some.inbox, "Gone").await?;
    for id in [made.erasure, id()] {
        erasure::begin(tx, ws, new_erasure(id, other), &rest, &model::Erased::default()).await?;
    }
    notice::put(tx, ws, some.inbox, "en", "What we do with your data.", Millis(1)).await?;
    notice::tell(tx, ws, some.contact, &told(some.inbox), Millis(1)).await?;
    privacy_setting::put(tx, ws, "sensitive", "{}").await?;
    bot::put(
        tx,
        ws,
        some.inbox,
        model::BotSetting { enabled: true, ..model::BotSetting::default() },
        Millis(1),
    )
    .await?;
    bot::remember(tx, ws, some.conversation, &model::BotMemory { disclosed: true, ..Default::default() })
        .await?;
    trial::begin(tx, ws, some.inbox, run(), 100, Millis(1)).await?;
    for (run, id) in [(run(), id()), (trial::SHADOW, made.trial)] {
        trial::insert(tx, ws, some.inbox, run, &tried(some.conversation, id)).await?;
    }
    Ok(made)
}

fn run() -> trial::Run {
    model::JobId(7).into()
}

fn tried(conversation_id: model::ConversationId, id: model::TrialId) -> model::Trial {
    model::Trial {
        id,
        conversation_id,
        message_id: sample::id(),
        reply_id: sample::id(),
        deed: model::TrialDeed::Answer,
        said: Some("14 days".to_owned()),
        confidence: Some(80),
        reason: None,
        agreement: Some(model::Agreement::Same),
        verdict: None,
        at: Millis(1),
    }
}

fn progress() -> trial::Progress {
    let replay = model::Replay { conversations: 100, looked: 9, started_at: Millis(1), done_at: None };
    trial::Progress { run: run(), replay, place: None }
}

/// The lane of an inbox with something to send.
async fn waiting_lane(tx: &mut Tx, inbox: model::InboxId) -> Result<send_lane::Waiting> {
    let mut all = send_lane::waiting(tx, Millis(5)).await?;
    all.retain(|one| one.inbox == inbox);
    Ok(all.remove(0))
}

fn custom_role(id: model::RoleId) -> model::CustomRole {
    let rights = model::Rights { scope: model::Scope::Team, ..model::Rights::none() };
    model::CustomRole { id, name: format!("Helper {}", id.0), rights, created_at: Millis(1) }
}

fn category_row() -> Category {
    Category { id: id(), name: format!("Orders {}", id::<CategoryId>().0), position: 1 }
}

fn article_row(category_id: Option<CategoryId>) -> Article {
    Article {
        id: id(),
        kind: ArticleKind::Article,
        state: ArticleState::Published,
        audience: Audience::Public,
        locale: "en".into(),
        title: "Refunds".into(),
        body: "Within five days.".into(),
        questions: vec![],
        category_id,
        translation_of: None,
        owner_id: None,
        review_at: Some(Millis(1)),
        source: Some("https://example.com/faq".into()),
        taken_at: None,
        version: 1,
        published_version: Some(1),
        helpful: 0,
        unhelpful: 0,
        created_at: Millis(1),
        updated_at: Millis(1),
    }
}

fn source_row() -> model::KnowledgeSource {
    model::KnowledgeSource {
        id: id(),
        kind: model::SourceKind::Sitemap,
        name: "https://example.com/sitemap.xml".into(),
        addresses: vec![],
        choice: model::ImportChoice::default(),
        every: model::Every::Day,
        next_at: None,
        taken_at: None,
        created_at: Millis(1),
        last: None,
    }
}

fn piece(place: i64) -> import::Piece {
    let item = model::ImportItem {
        place,
        verdict: model::ImportVerdict::New,
        source: format!("https://example.com/{place}"),
        kind: ArticleKind::Article,
        locale: "en".into(),
        category: String::new(),
        title: "Refunds".into(),
        body: "Within five days.".into(),
        questions: vec![],
        article_id: None,
        problem: None,
    };
    import::Piece { item, hash: vec![1], form: knowledge_source::Form::default() }
}

fn centre(slug: &str) -> HelpCentre {
    HelpCentre {
        enabled: true,
        slug: slug.to_owned(),
        title: "Help".into(),
        intro: String::new(),
        color: "#336699".into(),
        locales: vec!["en".into()],
    }
}

fn intent_row(id: model::IntentId, name: &str) -> model::Intent {
    model::Intent {
        id,
        name: name.into(),
        description: String::new(),
        answer: model::IntentAnswer::HandOver { team_id: None },
        enabled: true,
        examples: 0,
        waiting: 0,
        created_at: Millis(1),
        updated_at: Millis(1),
    }
}

fn new_example(
    intent: model::IntentId,
    source: Option<intent_example::Source>,
) -> intent_example::NewExample {
    intent_example::NewExample {
        id: id(),
        intent_id: Some(intent),
        text: "where is it".into(),
        state: model::ExampleState::Accepted,
        source,
        understood: None,
        by: None,
        at: Millis(1),
    }
}

fn new_version() -> intent_version::NewVersion {
    let about = model::IntentVersion {
        version: 0,
        examples: 1,
        intents: 1,
        figures: model::IntentFigures::default(),
        took_ms: 1,
        trained_at: Millis(1),
        in_use: true,
    };
    intent_version::NewVersion { revision: 900, about, model: vec![1] }
}

/// An intent with an example from a message, and two models of which the older one is in use.
async fn learned(
    tx: &mut Tx,
    some: &Sample,
    message: model::MessageId,
) -> Result<(model::IntentId, model::ExampleId)> {
    let (ws, made) = (some.ws, id());
    intent::insert(tx, ws, &intent_row(made, "Late")).await?;
    let source = intent_example::Source { message, conversation: some.conversation, contact: some.contact };
    let example = new_example(made, Some(source));
    intent_example::insert(tx, ws, &example).await?;
    for revision in [800, 850] {
        intent_version::insert(tx, ws, &intent_version::NewVersion { revision, ..new_version() }).await?;
    }
    intent_version::choose(tx, ws, 1).await?;
    Ok((made, example.id))
}

async fn own(db: &Db) -> Own {
    let some = sample(db).await;
    write(db, move |tx| {
        Box::pin(async move {
            let ws = some.ws;
            let session = new_session(some.agent);
            session::insert(tx, ws, &session).await?;
            let token = new_token(some.agent);
            api_token::insert(tx, ws, &token, &token.id.0.to_le_bytes()).await?;
            let passkey = new_passkey(some.agent);
            passkey::insert(tx, ws, &passkey).await?;
            let provider = new_provider(id());
            provider::insert(tx, ws, &provider, Some(&model::Secret::new("s".into()))).await?;
            provider::link(tx, ws, provider.id, "known", some.agent, Millis(1)).await?;
            let theirs = NewSession { provider_id: Some(provider.id), ..new_session(some.agent) };
            session::insert(tx, ws, &theirs).await?;
            one_time_code::put(tx, ws, some.agent, &model::Secret::new(vec![1])).await?;
            one_time_code::put_recovery(tx, ws, some.agent, &[ws.0.to_le_bytes().to_vec()]).await?;
            link::put(tx, ws, &new_link(some.agent)).await?;
            known_browser::put(tx, ws, some.agent, &ws.0.to_le_bytes(), Millis(1)).await?;
            let begun = ceremony::Ceremony { who: Some((ws, some.agent)), state: "{}".into(), tries_left: 1 };
            ceremony::put(tx, &ws.0.to_le_bytes(), "test", &begun, Millis(9)).await?;
            attempt::count(tx, &ws.0.to_le_bytes(), Millis(1), Millis(1), Millis(1)).await?;
            let label = Label { id: id(), name: "Red".into(), color: "red".into() };
            label::insert(tx, ws, &label, Millis(1)).await?;
            conversation::set_labels(tx, ws, some.conversation, &[label.id]).await?;
            let reply =
                QuickReply { id: id(), shortcut: "hi".into(), body: "hello".into(), updated_at: Millis(1) };
            quick_reply::insert(tx, ws, &reply).await?;
            let role = custom_role(id());
            role::insert(tx, ws, &role).await?;
            let team = id();
            team::insert(tx, ws, team, "Sales", Millis(1)).await?;
            team::set_members(tx, ws, team, &[some.agent]).await?;
            team::set_inboxes(tx, ws, team, &[some.inbox]).await?;
            let category = category_row();
            category::insert(tx, ws, &category).await?;
            let article = article_row(Some(category.id));
            article::insert(tx, ws, &article, Some(some.agent)).await?;
            let source = source_row();
            knowledge_source::insert(tx, ws, &source).await?;
            let choice = &source.choice;
            knowledge_source::update(tx, ws, source.id, choice, source.every, Some(Millis(i64::MAX))).await?;
            knowledge_source::put_form(
                tx,
                ws,
                source.id,
                "https://example.com/1",
                &knowledge_source::Form::default(),
            )
            .await?;
            let reading = import::beginning(id(), source.id, Some(some.agent), Millis(1));
            let file = import::Waiting { file: "place".into(), sha256: vec![1] };
            import::begin(tx, ws, &reading, Some(&file)).await?;
            import::put(tx, ws, reading.id, &[piece(1)]).await?;
            taken::mark(tx, ws, article.id, source.id, &[1], Millis(1)).await?;
            category::set_synonyms(tx, ws, &[id()], &[vec!["a".into(), "b".into()]]).await?;
            help_centre::set(tx, ws, &centre(&format!("shop-{}", ws.0))).await?;
            for dedupe in [1, 2] {
                inbound::accept(tx, ws, &delivery(some.inbox, dedupe)).await?;
            }
            let claimed = lane::claim(tx, crate::sample::turn(5, 500), lane::PORTION).await?;
            let claim = claimed.lanes.iter().find(|lane| lane.inbox == some.inbox).expect("a lane");
            let (parked, queued) = (claim.items[0].id, claim.items[1].id);
            inbound::park(tx, ws, some.inbox, claim.fence, parked, Millis(6), "no").await?;
            let mut theirs = some.customer_writes("question");
            theirs.inbound_id = Some(queued);
            message::insert(tx, ws, &theirs).await?;
            let mut ours = some.agent_writes("answer");
            ours.client_id = Some("client".into());
            message::insert(tx, ws, &ours).await?;
            reaction::set(tx, ws, ours.id, ReactionBy::Contact, Some("👍"), None, Millis(5)).await?;
            unanswered::begin(tx, ws).await?;
            for asked in [theirs.id, ours.id] {
                unanswered::note(tx, ws, asked, None, "en", false, Millis(5)).await?;
            }
            unanswered::sort(tx, ws, &[(ours.id, ours.id)]).await?;
            conversation::inbound(tx, ws, some.conversation, &last(&theirs), true, Millis(5)).await?;
            let (used, unused) = (id(), id());
            suggestion::note(tx, ws, &fate(&some, &theirs, article.id.0), Millis(5)).await?;
            media::insert(tx, ws, &media_row(used), Millis(1), None).await?;
            media::attach(tx, ws, used, theirs.id).await?;
            media::failed(tx, ws, used, MediaFailure::Blocked).await?;
            media::insert(tx, ws, &media_row(unused), Millis(1), Some(some.agent)).await?;
            let sending = NewOutbound { message_id: Some(ours.id), ..new_outbound(&some) };
            outbound::insert(tx, ws, &sending).await?;
            let (_, identity_id, conversation_id) = sample::customer(tx, ws, some.inbox, "Jo").await?;
            conversation::assign(tx, ws, conversation_id, None, Turn::Bot, Millis(1)).await?;
            outbound::insert(tx, ws, &NewOutbound { identity_id, conversation_id, ..new_outbound(&some) })
                .await?;
            let accepted = Report { state: DeliveryState::Accepted, at: Millis(4), failure: None };
            message::report(tx, ws, ours.id, &accepted).await?;
            let send_lane = waiting_lane(tx, some.inbox).await?;
            let taken = send_lane::take(tx, ws, some.inbox, &send_lane, Millis(500)).await?.expect("free");
            let sending = outbound::claim(tx, ws, some.inbox, taken.fence, Millis(5), 1).await?.remove(0);
            // Free, so that taking it is something.
            send_lane::release(tx, ws, some.inbox, taken.fence, true).await?;
            let send_lane = waiting_lane(tx, some.inbox).await?;
            job::enqueue(tx, ws, id(), "fetch", "{}", Millis(1)).await?;
            let job = job::claim(tx, Millis(5), Millis(500), 1).await?.remove(0);
            let early = Report { state: DeliveryState::Sent, at: Millis(1), failure: None };
            report::put(tx, ws, some.inbox, "wamid.early", &early, Millis(1)).await?;
            event::append(tx, ws, &[NewChange::of(EventKind::Label, 1)], Millis(1)).await?;
            audit::advance(tx, ws, 1).await?;
            audit::append(tx, ws, &[audit_entry()]).await?;
            audit::count(tx, ws, &audit::Volume { opened: 1, ..audit::Volume::default() }).await?;
            gap::open(tx, ws, parked, GapReason::MessageMissing, "wamid.lost", Millis(1)).await?;
            let (alarm, over) = (id(), id());
            alarm::raise(tx, ws, over, AlarmKind::Parked, Some(some.inbox), Millis(1)).await?;
            alarm::clear(tx, ws, over, Millis(2)).await?;
            alarm::raise(tx, ws, alarm, AlarmKind::Gap, Some(some.inbox), Millis(1)).await?;
            search::begin(tx, ws).await?;
            search::put(tx, ws, &[entry(ours.id)]).await?;
            let progress = search::progress(tx, ws).await?.expect("begun");
            let (intent, example) = learned(tx, &some, theirs.id).await?;
            let law = law(tx, &some).await?;
            consent::set_purpose(tx, ws, ours.id, model::Purpose::Marketing).await?;
            let inbox = inbox::get(tx, ws, some.inbox).await?.expect("the inbox");
            Ok(Own {
                some,
                session: session.id,
                label: label.id,
                reply: reply.id,
                category: category.id,
                article,
                source: source.id,
                import: reading.id,
                theirs,
                ours,
                media: used,
                unused,
                outbound: sending.id,
                outbound_fence: sending.fence,
                send_lane,
                job: job.id,
                job_fence: job.fence,
                lane_fence: claim.fence,
                queued,
                parked,
                address_key: inbox.address_key,
                alarm,
                progress,
                token: token.id,
                role: role.id,
                team,
                intent,
                example,
                law,
                passkey: passkey.id,
                provider: provider.id,
            })
        })
    })
    .await
}

/// Whether a function showed or did nothing. An error is one when it says that there is no such thing.
trait Nothing {
    fn is_nothing(&self) -> bool;
}

impl Nothing for bool {
    fn is_nothing(&self) -> bool {
        !self
    }
}

impl Nothing for i64 {
    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

/// Returned by functions that tell nothing; whether they did anything is seen by the rows.
impl Nothing for () {
    fn is_nothing(&self) -> bool {
        true
    }
}

impl<T> Nothing for Option<T> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T> Nothing for Vec<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Nothing for crate::Page<T> {
    fn is_nothing(&self) -> bool {
        self.items.is_empty() && self.next_cursor.is_none()
    }
}

impl Nothing for message::MessagePage {
    fn is_nothing(&self) -> bool {
        self.items.is_empty() && !self.has_before && !self.has_after
    }
}

impl Nothing for audit::Head {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for consent::Head {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for std::result::Result<consent::Head, i64> {
    fn is_nothing(&self) -> bool {
        self.as_ref().is_ok_and(Nothing::is_nothing)
    }
}

impl Nothing for model::Consent {
    fn is_nothing(&self) -> bool {
        false
    }
}

impl Nothing for removal::Removed {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for conversation::Counts {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for suggestion::Counts {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for search::Found {
    fn is_nothing(&self) -> bool {
        self.messages.is_empty() && self.next.is_none()
    }
}

impl Nothing for model::ImportCounts {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Nothing for u64 {
    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

impl Nothing for lag::Waiting {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl<T: Nothing> Nothing for Result<T> {
    fn is_nothing(&self) -> bool {
        match self {
            Ok(found) => found.is_nothing(),
            Err(error) => matches!(error, Error::Missing | Error::Unique(_)),
        }
    }
}

type Call = Box<dyn for<'t> FnOnce(&'t mut Tx, WorkspaceId, Own) -> BoxFuture<'t, bool> + Send>;

/// Every function that takes a workspace, called with the ids of another one. The name is the file and the function.
macro_rules! calls {
    ($($file:ident :: $name:ident ( $tx:ident, $ws:ident, $own:ident ) => $call:expr;)*) => {{
        let calls: Vec<(&'static str, Call)> = vec![$((
            concat!(stringify!($file), "::", stringify!($name)),
            Box::new(|$tx: &mut Tx, $ws: WorkspaceId, $own: Own| {
                Box::pin(async move { let _ = &$own; Nothing::is_nothing(&$call.await) }) as BoxFuture<'_, bool>
            }),
        )),*];
        calls
    }};
}

#[expect(clippy::too_many_lines, reason = "one line per function of the room")]
fn calls() -> Vec<(&'static str, Call)> {
    use Visibility as V;
    calls! {
        agent::get(tx, ws, own) => agent::get(tx, ws, own.some.agent);
        agent::list(tx, ws, own) => agent::list(tx, ws);
        agent::update(tx, ws, own) => agent::update(tx, ws, own.some.agent, &AgentChange { disabled: Some(true), ..AgentChange::default() });
        agent::password_hash(tx, ws, own) => agent::password_hash(tx, ws, own.some.agent);
        agent::set_password(tx, ws, own) => agent::set_password(tx, ws, own.some.agent, "stolen");
        agent::owners(tx, ws, own) => agent::owners(tx, ws);
        session::insert(tx, ws, own) => session::insert(tx, ws, &new_session(own.some.agent));
        session::rotate(tx, ws, own) => session::rotate(tx, ws, own.session, b"a", b"b", Millis(5));
        session::touch(tx, ws, own) => session::touch(tx, ws, own.session, Millis(5), Millis(9), Millis(99), "x");
        session::list(tx, ws, own) => session::list(tx, ws, own.some.agent, Millis(5));
        session::delete(tx, ws, own) => session::delete(tx, ws, own.some.agent, own.session);
        session::delete_all(tx, ws, own) => session::delete_all(tx, ws, own.some.agent);
        session::prove(tx, ws, own) => session::prove(tx, ws, own.session, Millis(5), true);
        session::get(tx, ws, own) => session::get(tx, ws, own.some.agent, own.session, Millis(5));
        session::view_as(tx, ws, own) => session::view_as(tx, ws, own.some.agent, own.session, Some(own.some.agent));
        session::delete_of_provider(tx, ws, own) => session::delete_of_provider(tx, ws, own.provider);
        session::delete_without_provider(tx, ws, own) => session::delete_without_provider(tx, ws);
        session::delete_of_one_step(tx, ws, own) => session::delete_of_one_step(tx, ws);
        api_token::insert(tx, ws, own) => api_token::insert(tx, ws, &new_token(own.some.agent), b"x");
        api_token::get(tx, ws, own) => api_token::get(tx, ws, own.token);
        api_token::list(tx, ws, own) => api_token::list(tx, ws);
        api_token::count(tx, ws, own) => api_token::count(tx, ws);
        api_token::touch(tx, ws, own) => api_token::touch(tx, ws, own.token, Millis(5), "x");
        api_token::delete(tx, ws, own) => api_token::delete(tx, ws, own.token);
        api_token::delete_of(tx, ws, own) => api_token::delete_of(tx, ws, own.some.agent);
        provider::update(tx, ws, own) => provider::update(tx, ws, &model::Provider { name: "Other".into(), ..new_provider(own.provider) });
        provider::set_secret(tx, ws, own) => provider::set_secret(tx, ws, own.provider, &model::Secret::new("t".into()));
        provider::get(tx, ws, own) => provider::get(tx, ws, own.provider);
        provider::secret(tx, ws, own) => provider::secret(tx, ws, own.provider);
        provider::list(tx, ws, own) => provider::list(tx, ws);
        provider::delete(tx, ws, own) => provider::delete(tx, ws, own.provider);
        provider::link(tx, ws, own) => provider::link(tx, ws, own.provider, "other", own.some.agent, Millis(5));
        provider::account(tx, ws, own) => provider::account(tx, ws, own.provider, "known");
        provider::accounts_of(tx, ws, own) => provider::accounts_of(tx, ws, own.some.agent);
        provider::unlink(tx, ws, own) => provider::unlink(tx, ws, own.provider, own.some.agent);
        passkey::insert(tx, ws, own) => passkey::insert(tx, ws, &new_passkey(own.some.agent));
        passkey::list(tx, ws, own) => passkey::list(tx, ws, own.some.agent);
        passkey::rename(tx, ws, own) => passkey::rename(tx, ws, own.some.agent, own.passkey, "x");
        passkey::used(tx, ws, own) => passkey::used(tx, ws, own.passkey, "{}", Millis(5));
        passkey::delete(tx, ws, own) => passkey::delete(tx, ws, own.some.agent, own.passkey);
        passkey::delete_all(tx, ws, own) => passkey::delete_all(tx, ws, own.some.agent);
        one_time_code::put(tx, ws, own) => one_time_code::put(tx, ws, own.some.agent, &model::Secret::new(vec![2]));
        one_time_code::get(tx, ws, own) => one_time_code::get(tx, ws, own.some.agent);
        one_time_code::confirm(tx, ws, own) => one_time_code::confirm(tx, ws, own.some.agent, Millis(5), 1);
        one_time_code::spend(tx, ws, own) => one_time_code::spend(tx, ws, own.some.agent, 5);
        one_time_code::delete(tx, ws, own) => one_time_code::delete(tx, ws, own.some.agent);
        one_time_code::put_recovery(tx, ws, own) => one_time_code::put_recovery(tx, ws, own.some.agent, &[vec![9]]);
        one_time_code::take_recovery(tx, ws, own) => one_time_code::take_recovery(tx, ws, own.some.agent, &own.some.ws.0.to_le_bytes());
        one_time_code::count_recovery(tx, ws, own) => one_time_code::count_recovery(tx, ws, own.some.agent);
        one_time_code::delete_recovery(tx, ws, own) => one_time_code::delete_recovery(tx, ws, own.some.agent);
        link::put(tx, ws, own) => link::put(tx, ws, &new_link(own.some.agent));
        link::delete(tx, ws, own) => link::delete(tx, ws, own.some.agent);
        known_browser::put(tx, ws, own) => known_browser::put(tx, ws, own.some.agent, &own.some.ws.0.to_le_bytes(), Millis(5));
        known_browser::delete_all(tx, ws, own) => known_browser::delete_all(tx, ws, own.some.agent);
        alarm::raise(tx, ws, own) => alarm::raise(tx, ws, id(), AlarmKind::Lag, Some(own.some.inbox), Millis(9));
        alarm::clear(tx, ws, own) => alarm::clear(tx, ws, own.alarm, Millis(9));
        alarm::standing(tx, ws, own) => alarm::standing(tx, ws);
        alarm::past(tx, ws, own) => alarm::past(tx, ws, 9);
        gap::stands(tx, ws, own) => gap::stands(tx, ws, own.some.inbox, &own.theirs.provider_id.clone().unwrap());
        gap::watch(tx, ws, own) => gap::watch(tx, ws, own.queued, Millis(9));
        gap::open(tx, ws, own) => gap::open(tx, ws, own.parked, GapReason::OtherInbox, "stolen", Millis(9));
        gap::close(tx, ws, own) => gap::close(tx, ws, own.parked);
        gap::list(tx, ws, own) => gap::list(tx, ws, None, 10);
        gap::with_body(tx, ws, own) => gap::with_body(tx, ws, own.parked);
        gap::replay(tx, ws, own) => gap::replay(tx, ws, own.parked, Millis(9));
        gap::count(tx, ws, own) => gap::count(tx, ws);
        testing::bodies(tx, ws, own) => testing::bodies(tx, ws);
        testing::lose(tx, ws, own) => testing::lose(tx, ws, own.ours.id);
        testing::misfile(tx, ws, own) => testing::misfile(tx, ws, own.ours.id, own.some.conversation);
        testing::set_back(tx, ws, own) => testing::set_back(tx, ws, own.ours.id);
        inbox::update(tx, ws, own) => inbox::update(tx, ws, &inbox::InboxRow { id: own.some.inbox, ..inbox_row() });
        inbox::remove(tx, ws, own) => inbox::remove(tx, ws, own.some.inbox, Millis(5));
        inbox::get(tx, ws, own) => inbox::get(tx, ws, own.some.inbox);
        inbox::list(tx, ws, own) => inbox::list(tx, ws);
        inbox::by_address_key(tx, ws, own) => inbox::by_address_key(tx, ws, model::ChannelKind::Whatsapp, &own.address_key);
        inbound::accept(tx, ws, own) => inbound::accept(tx, ws, &delivery(own.some.inbox, 9));
        inbound::accept_all(tx, ws, own) => inbound::accept_all(tx, ws, &[delivery(own.some.inbox, 9)]);
        inbound::done(tx, ws, own) => inbound::done(tx, ws, own.some.inbox, own.lane_fence, &[own.queued]);
        inbound::retry(tx, ws, own) => inbound::retry(tx, ws, own.some.inbox, own.lane_fence, own.queued, Millis(9));
        inbound::delay(tx, ws, own) => inbound::delay(tx, ws, own.some.inbox, own.lane_fence, own.queued, Millis(9));
        inbound::park(tx, ws, own) => inbound::park(tx, ws, own.some.inbox, own.lane_fence, own.queued, Millis(9), "x");
        lane::release(tx, ws, own) => lane::release(tx, ws, own.some.inbox, own.lane_fence);
        lane::renew(tx, ws, own) => lane::renew(tx, ws, own.some.inbox, own.lane_fence, Millis(9));
        inbound::parked(tx, ws, own) => inbound::parked(tx, ws, None, 10);
        inbound::parked_body(tx, ws, own) => inbound::parked_body(tx, ws, own.parked);
        inbound::replay(tx, ws, own) => inbound::replay(tx, ws, own.parked, Millis(9));
        inbound::body(tx, ws, own) => inbound::body(tx, ws, own.queued);
        contact::get(tx, ws, own) => contact::get(tx, ws, own.some.contact);
        contact::rename(tx, ws, own) => contact::rename(tx, ws, own.some.contact, "stolen", true);
        contact::identities(tx, ws, own) => contact::identities(tx, ws, own.some.contact);
        erasing::keys_of_deliveries(tx, ws, own) =>
            erasing::keys_of_deliveries(tx, ws, own.some.contact, Millis::hours(5));
        erasing::keys_of_person(tx, ws, own) => erasing::keys_of_person(tx, ws, own.some.contact);
        erasing::young_keys(tx, ws, own) => erasing::young_keys(tx, ws, own.some.contact, Millis(9));
        erasing::spare(tx, ws, own) => erasing::spare(tx, ws, &[]);
        erasure::finish(tx, ws, own) => erasure::finish(tx, ws, own.law.erasure, 1, &[], Millis(9));
        erasure::close(tx, ws, own) => erasure::close(tx, ws, own.law.erasure);
        erasure::get(tx, ws, own) => erasure::get(tx, ws, own.law.erasure);
        erasure::list(tx, ws, own) => erasure::list(tx, ws, None, 9);
        erasure::walk(tx, ws, own) => erasure::walk(tx, ws, &consent::Head::default(), 9);
        erasure::head(tx, ws, own) => erasure::head(tx, ws);
        consent::append(tx, ws, own) => consent::append(tx, ws, &new_consent(own.some.contact));
        consent::latest(tx, ws, own) => consent::latest(tx, ws, own.some.contact, model::Purpose::Marketing);
        consent::of_contact(tx, ws, own) => consent::of_contact(tx, ws, own.some.contact, 9);
        consent::set_purpose(tx, ws, own) => consent::set_purpose(tx, ws, own.ours.id, model::Purpose::Sensitive);
        consent::purpose(tx, ws, own) => consent::purpose(tx, ws, own.ours.id);
        consent::head(tx, ws, own) => consent::head(tx, ws);
        consent::walk(tx, ws, own) => consent::walk(tx, ws, &consent::Head::default(), 9);
        hold::put(tx, ws, own) => hold::put(tx, ws, id(), own.some.contact, "stolen", own.some.agent, Millis(9));
        hold::lift(tx, ws, own) => hold::lift(tx, ws, own.law.hold, own.some.agent, Millis(9));
        hold::stands(tx, ws, own) => hold::stands(tx, ws, own.some.contact);
        hold::get(tx, ws, own) => hold::get(tx, ws, own.law.hold);
        hold::list(tx, ws, own) => hold::list(tx, ws, None, 9);
        hold::of_contact(tx, ws, own) => hold::of_contact(tx, ws, own.some.contact);
        privacy_setting::get(tx, ws, own) => privacy_setting::get(tx, ws, "sensitive");
        notice::list(tx, ws, own) => notice::list(tx, ws);
        notice::of_inbox(tx, ws, own) => notice::of_inbox(tx, ws, own.some.inbox);
        notice::put(tx, ws, own) => notice::put(tx, ws, own.some.inbox, "de", "stolen", Millis(9));
        notice::delete(tx, ws, own) => notice::delete(tx, ws, own.some.inbox, "en");
        notice::tell(tx, ws, own) => notice::tell(tx, ws, model::ContactId(7), &told(own.some.inbox), Millis(9));
        notice::told(tx, ws, own) => notice::told(tx, ws, own.some.contact);
        bot::setting(tx, ws, own) => bot::setting(tx, ws, own.some.inbox);
        bot::put(tx, ws, own) => bot::put(tx, ws, own.some.inbox, model::BotSetting::default(), Millis(9));
        bot::release(tx, ws, own) => bot::release(tx, ws, own.some.inbox);
        bot::memory(tx, ws, own) => bot::memory(tx, ws, own.some.conversation);
        bot::remember(tx, ws, own) => bot::remember(tx, ws, own.some.conversation, &model::BotMemory::default());
        bot::newest(tx, ws, own) => bot::newest(tx, ws, own.some.conversation);
        bot::forget(tx, ws, own) => bot::forget(tx, ws, own.some.conversation);
        suggestion::note(tx, ws, own) => suggestion::note(tx, ws, &taken(&own), Millis(9));
        suggestion::served(tx, ws, own) => suggestion::served(tx, ws, own.theirs.id);
        suggestion::counts(tx, ws, own) => suggestion::counts(tx, ws, model::SuggestionKind::Article, own.article.id.0);
        trial::begin(tx, ws, own) => trial::begin(tx, ws, own.some.inbox, run(), 9, Millis(9));
        trial::replay(tx, ws, own) => trial::replay(tx, ws, own.some.inbox);
        trial::advance(tx, ws, own) => trial::advance(tx, ws, own.some.inbox, &progress());
        trial::insert(tx, ws, own) => trial::insert(tx, ws, own.some.inbox, trial::SHADOW, &tried(own.some.conversation, id()));
        trial::forget_old(tx, ws, own) => trial::forget_old(tx, ws, own.some.inbox, 0);
        trial::judge(tx, ws, own) => trial::judge(tx, ws, own.law.trial, None);
        trial::get(tx, ws, own) => trial::get(tx, ws, own.law.trial);
        trial::list(tx, ws, own) => trial::list(tx, ws, own.some.inbox, trial::SHADOW, trial::Filter::default(), None, 9);
        trial::counts(tx, ws, own) => trial::counts(tx, ws, own.some.inbox, trial::SHADOW);
        intent::insert(tx, ws, own) => intent::insert(tx, ws, &intent_row(own.intent, "stolen"));
        intent::update(tx, ws, own) => intent::update(tx, ws, &intent_row(own.intent, "stolen"), intent::Step::Told);
        intent::delete(tx, ws, own) => intent::delete(tx, ws, own.intent);
        intent::get(tx, ws, own) => intent::get(tx, ws, own.intent);
        intent::list(tx, ws, own) => intent::list(tx, ws);
        intent::learning(tx, ws, own) => intent::learning(tx, ws);
        intent_example::insert(tx, ws, own) => intent_example::insert(tx, ws, &new_example(own.intent, None));
        intent_example::decide(tx, ws, own) => intent_example::decide(tx, ws, own.example, None, model::ExampleState::Refused, None, Millis(9));
        intent_example::delete(tx, ws, own) => intent_example::delete(tx, ws, own.example);
        intent_example::get(tx, ws, own) => intent_example::get(tx, ws, own.example);
        intent_example::of_message(tx, ws, own) => intent_example::of_message(tx, ws, own.theirs.id);
        intent_example::list(tx, ws, own) => intent_example::list(tx, ws, intent_example::Filter::default(), None, 9);
        intent_example::corrections(tx, ws, own) => intent_example::corrections(tx, ws, &[own.theirs.id]);
        intent_example::changed(tx, ws, own) => intent_example::changed(tx, ws, 0, 9);
        intent_example::count(tx, ws, own) => intent_example::count(tx, ws);
        intent_version::choose(tx, ws, own) => intent_version::choose(tx, ws, 2);
        intent_version::list(tx, ws, own) => intent_version::list(tx, ws, 9, 9);
        intent_version::trained(tx, ws, own) => intent_version::trained(tx, ws);
        intent_version::model(tx, ws, own) => intent_version::model(tx, ws, 1);
        intent_version::prune(tx, ws, own) => intent_version::prune(tx, ws, 9);
        stale::list(tx, ws, own) => stale::list(tx, ws, bounds(), model::ArticleId(i64::MAX), 9);
        unanswered::advance(tx, ws, own) => unanswered::advance(tx, ws, 0, 7);
        unanswered::note(tx, ws, own) => unanswered::note(tx, ws, own.theirs.id, Some(own.ours.id), "en", true, Millis(9));
        unanswered::unsorted(tx, ws, own) => unanswered::unsorted(tx, ws);
        unanswered::newest(tx, ws, own) => unanswered::newest(tx, ws, 9);
        unanswered::sort(tx, ws, own) => unanswered::sort(tx, ws, &[(own.theirs.id, own.theirs.id)]);
        unanswered::prune(tx, ws, own) => unanswered::prune(tx, ws, model::MessageId(i64::MAX));
        unanswered::topics(tx, ws, own) => unanswered::topics(tx, ws, None, 9);
        unanswered::of_topic(tx, ws, own) => unanswered::of_topic(tx, ws, own.ours.id, 9);
        unanswered::dismiss(tx, ws, own) => unanswered::dismiss(tx, ws, own.ours.id);
        breach::update(tx, ws, own) => breach::update(tx, ws, own.law.breach, &model::BreachDraft::default(), Millis(9));
        breach::get(tx, ws, own) => breach::get(tx, ws, own.law.breach);
        breach::list(tx, ws, own) => breach::list(tx, ws, None, 9);
        breach::concerned(tx, ws, own) => breach::concerned(tx, ws, None, None, Millis(i64::MAX), model::ContactId(0), 9);
        retention::list(tx, ws, own) => retention::list(tx, ws);
        retention::insert(tx, ws, own) => retention::insert(tx, ws, &rule(own.some.inbox, model::DataClass::Files));
        retention::change(tx, ws, own) => retention::change(tx, ws, own.law.rule, 9, Millis(9));
        retention::delete(tx, ws, own) => retention::delete(tx, ws, own.law.rule);
        retention::inboxes(tx, ws, own) => retention::inboxes(tx, ws);
        retention::note(tx, ws, own) => retention::note(tx, ws, 7, &model::RetentionCount::default(), Millis(9), None);
        retention::runs(tx, ws, own) => retention::runs(tx, ws, 9);
        removal::person(tx, ws, own) => removal::person(tx, ws, own.some.contact);
        removal::old_messages(tx, ws, own) => removal::old_messages(tx, ws, olds(own.some.inbox), 9);
        removal::old_files(tx, ws, own) => removal::old_files(tx, ws, olds(own.some.inbox), 9);
        removal::messages(tx, ws, own) => removal::messages(tx, ws, &[own.theirs.id]);
        removal::files(tx, ws, own) => removal::files(tx, ws, &[own.theirs.id]);
        removal::old_deliveries(tx, ws, own) => removal::old_deliveries(tx, ws, own.some.inbox, Millis(3_000_000_000_000));
        removal::empty_deliveries(tx, ws, own) => removal::empty_deliveries(tx, ws, own.some.inbox, Millis(3_000_000_000_000), 9);
        removal::idle_people(tx, ws, own) => removal::idle_people(tx, ws, Millis(3_000_000_000_000), model::ContactId(0), 9);
        removal::inboxes_of(tx, ws, own) => removal::inboxes_of(tx, ws, own.some.contact);
        contact::merged(tx, ws, own) => contact::merged(tx, ws, own.some.contact);
        contact::lock(tx, ws, own) => contact::lock(tx, ws, own.some.contact);
        contact::merge(tx, ws, own) => contact::merge(tx, ws, own.some.contact, model::ContactId(1));
        identity::insert(tx, ws, own) => identity::insert(tx, ws, &identity_row(own.some.inbox, own.some.contact));
        identity::get(tx, ws, own) => identity::get(tx, ws, own.some.identity);
        identity::known_by_user(tx, ws, own) => identity::known_by_user(tx, ws, own.some.inbox, &format!("user-{}", own.some.identity.0));
        identity::known_by_phone(tx, ws, own) => identity::known_by_phone(tx, ws, own.some.inbox, &format!("+491700{}", own.some.identity.0));
        identity::by_user(tx, ws, own) => identity::by_user(tx, ws, own.some.inbox, &format!("user-{}", own.some.identity.0));
        identity::by_phone(tx, ws, own) => identity::by_phone(tx, ws, own.some.inbox, &format!("+491700{}", own.some.identity.0));
        identity::update(tx, ws, own) => identity::update(tx, ws, &identity::IdentityRow { id: own.some.identity, ..identity_row(own.some.inbox, own.some.contact) });
        identity::set_blocked(tx, ws, own) => identity::set_blocked(tx, ws, own.some.identity, true);
        identity::inbound_at(tx, ws, own) => identity::inbound_at(tx, ws, own.some.identity, Millis(99));
        identity::absorb(tx, ws, own) => identity::absorb(tx, ws, own.some.identity, model::IdentityId(1), Millis(9));
        conversation::open_of(tx, ws, own) => conversation::open_of(tx, ws, own.some.inbox, own.some.identity);
        conversation::insert(tx, ws, own) => conversation::insert(tx, ws, &new_conversation(&own.some));
        conversation::get(tx, ws, own) => conversation::get(tx, ws, &V::everything(), |_| None, own.some.conversation, Millis(9));
        conversation::visible(tx, ws, own) => conversation::visible(tx, ws, &V::everything(), own.some.conversation);
        conversation::contact_visible(tx, ws, own) => conversation::contact_visible(tx, ws, &V::everything(), own.some.contact);
        conversation::give_to_team(tx, ws, own) => conversation::give_to_team(tx, ws, own.some.conversation, Some(own.team), Millis(9));
        conversation::facts(tx, ws, own) => conversation::facts(tx, ws, own.some.conversation);
        conversation::list(tx, ws, own) => conversation::list(tx, ws, &V::everything(), |_| None, &Filter::default(), None, 10, Millis(9));
        conversation::counts(tx, ws, own) => conversation::counts(tx, ws, &V::everything(), own.some.agent);
        conversation::inbound(tx, ws, own) => conversation::inbound(tx, ws, own.some.conversation, &last(&own.theirs), true, Millis(99));
        conversation::outbound(tx, ws, own) => conversation::outbound(tx, ws, own.some.conversation, &last(&own.theirs), Millis(99));
        conversation::note(tx, ws, own) => conversation::note(tx, ws, own.some.conversation, &last(&own.theirs), Millis(99));
        conversation::set_state(tx, ws, own) => conversation::set_state(tx, ws, own.some.conversation, ConversationState::Resolved, None, Millis(9));
        conversation::hold(tx, ws, own) => conversation::hold(tx, ws, own.some.conversation);
        conversation::assign(tx, ws, own) => conversation::assign(tx, ws, own.some.conversation, None, Turn::Bot, Millis(9));
        conversation::clear_unread(tx, ws, own) => conversation::clear_unread(tx, ws, own.some.conversation);
        conversation::newest_inbound(tx, ws, own) => conversation::newest_inbound(tx, ws, own.some.conversation);
        conversation::heard(tx, ws, own) => conversation::heard(tx, ws, own.some.conversation, Millis(99_999));
        conversation::set_labels(tx, ws, own) => conversation::set_labels(tx, ws, own.some.conversation, &[]);
        conversation::last_status(tx, ws, own) => conversation::last_status(tx, ws, own.some.conversation, own.theirs.id, DeliveryState::Read);
        conversation::last_content(tx, ws, own) => conversation::last_content(tx, ws, own.some.conversation, own.theirs.id, "text", "stolen");
        conversation::repoint(tx, ws, own) => conversation::repoint(tx, ws, own.some.identity, model::IdentityId(1), own.some.contact, Millis(9));
        message::insert(tx, ws, own) => message::insert(tx, ws, &own.some.customer_writes("smuggled"));
        message::get(tx, ws, own) => message::get(tx, ws, &V::everything(), own.ours.id);
        message::many(tx, ws, own) => message::many(tx, ws, &[own.ours.id, own.theirs.id]);
        message::page(tx, ws, own) => message::page(tx, ws, own.some.conversation, Place::Newest, 10);
        message::by_client(tx, ws, own) => message::by_client(tx, ws, own.some.conversation, "client");
        message::by_provider(tx, ws, own) => message::by_provider(tx, ws, own.some.inbox, &own.theirs.provider_id.clone().unwrap());
        message::reference(tx, ws, own) => message::reference(tx, ws, own.ours.id);
        message::reported(tx, ws, own) => message::reported(tx, ws, own.some.inbox, &own.theirs.provider_id.clone().unwrap());
        message::report_on(tx, ws, own) => message::report_on(tx, ws, &own.reported(), &Report { state: DeliveryState::Read, at: Millis(9), failure: None });
        message::report(tx, ws, own) => message::report(tx, ws, own.ours.id, &Report { state: DeliveryState::Read, at: Millis(9), failure: None });
        message::requeue(tx, ws, own) => message::requeue(tx, ws, own.ours.id, Millis(9));
        message::set_provider_id(tx, ws, own) => message::set_provider_id(tx, ws, own.ours.id, "stolen");
        message::edit(tx, ws, own) => message::edit(tx, ws, own.ours.id, &own.theirs.content.clone(), Millis(9));
        message::edit_caption(tx, ws, own) => message::edit_caption(tx, ws, own.ours.id, None, Millis(9));
        message::revoke(tx, ws, own) => message::revoke(tx, ws, own.ours.id, Millis(9));
        reaction::set(tx, ws, own) => reaction::set(tx, ws, own.ours.id, ReactionBy::Agent, Some("x"), None, Millis(9));
        message::raw(tx, ws, own) => message::raw(tx, ws, own.theirs.id);
        message::outgoing(tx, ws, own) => message::outgoing(tx, ws, own.ours.id);
        search::progress(tx, ws, own) => search::progress(tx, ws);
        search::advance(tx, ws, own) => search::advance(tx, ws, &own.progress, &search::Progress { seq: 7, ..own.progress });
        search::older(tx, ws, own) => search::older(tx, ws, own.ours.id, 9);
        search::unindexed(tx, ws, own) => search::unindexed(tx, ws, &[own.theirs.id]);
        search::stand(tx, ws, own) => search::stand(tx, ws, &[own.ours.id], true);
        search::conversations(tx, ws, own) => search::conversations(tx, ws, own.some.contact, 9);
        search::find(tx, ws, own) => search::find(tx, ws, &V::everything(), &wanted(), model::MessageId(i64::MAX), 10, 10);
        search::put(tx, ws, own) => search::put(tx, ws, &[entry(own.ours.id)]);
        search::forget(tx, ws, own) => search::forget(tx, ws, &[own.ours.id]);
        report::put(tx, ws, own) => report::put(tx, ws, own.some.inbox, "wamid.early", &Report { state: DeliveryState::Read, at: Millis(9), failure: None }, Millis(9));
        report::about(tx, ws, own) => report::about(tx, ws, own.some.inbox, "wamid.early");
        report::take(tx, ws, own) => report::take(tx, ws, own.some.inbox, "wamid.early");
        media::get(tx, ws, own) => media::get(tx, ws, own.media);
        media::attach(tx, ws, own) => media::attach(tx, ws, own.unused, own.ours.id);
        media::ready(tx, ws, own) => media::ready(tx, ws, own.media, &ready());
        media::failed(tx, ws, own) => media::failed(tx, ws, own.media, MediaFailure::Expired);
        media::delete(tx, ws, own) => media::delete(tx, ws, own.unused);
        media::key_in_use(tx, ws, own) => media::key_in_use(tx, ws, &format!("key-{}", own.media.0));
        outbound::insert(tx, ws, own) => outbound::insert(tx, ws, &new_outbound(&own.some));
        outbound::advance(tx, ws, own) => outbound::advance(tx, ws, own.outbound, own.outbound_fence, "{}");
        outbound::claim(tx, ws, own) => outbound::claim(tx, ws, own.some.inbox, own.outbound_fence, Millis(5), 9);
        outbound::sent(tx, ws, own) => outbound::sent(tx, ws, own.outbound, own.outbound_fence);
        outbound::retry(tx, ws, own) => outbound::retry(tx, ws, own.outbound, own.outbound_fence, Millis(9), true, None);
        outbound::failed(tx, ws, own) => outbound::failed(tx, ws, own.outbound, own.outbound_fence);
        outbound::uncertain(tx, ws, own) => outbound::uncertain(tx, ws, own.outbound, own.outbound_fence);
        outbound::orphans(tx, ws, own) => outbound::orphans(tx, ws, own.some.inbox, own.outbound_fence + 1);
        outbound::in_doubt(tx, ws, own) => outbound::in_doubt(tx, ws, own.some.conversation);
        outbound::recent(tx, ws, own) => outbound::recent(tx, ws, own.some.conversation, 9);
        send_lane::take(tx, ws, own) => send_lane::take(tx, ws, own.some.inbox, &own.send_lane, Millis(900));
        send_lane::hold(tx, ws, own) => send_lane::hold(tx, ws, own.some.inbox, own.outbound_fence, Millis(900));
        send_lane::release(tx, ws, own) => send_lane::release(tx, ws, own.some.inbox, own.outbound_fence, true);
        send_lane::silence(tx, ws, own) => send_lane::silence(tx, ws, own.some.inbox, Millis(900));
        outbound::get(tx, ws, own) => outbound::get(tx, ws, own.outbound);
        outbound::by_message(tx, ws, own) => outbound::by_message(tx, ws, own.ours.id);
        outbound::delete_by_message(tx, ws, own) => outbound::delete_by_message(tx, ws, own.ours.id);
        job::done(tx, ws, own) => job::done(tx, ws, own.job, own.job_fence);
        job::hold(tx, ws, own) => job::hold(tx, ws, own.job, own.job_fence, Millis(9));
        job::retry(tx, ws, own) => job::retry(tx, ws, own.job, own.job_fence, Millis(9));
        event::since(tx, ws, own) => event::since(tx, ws, 0, 10);
        event::head(tx, ws, own) => event::head(tx, ws);
        audit::head(tx, ws, own) => audit::head(tx, ws);
        audit::after(tx, ws, own) => audit::after(tx, ws, 0, 10);
        audit::list(tx, ws, own) => audit::list(tx, ws, &audit::Filter::default(), None, 10);
        article::revision(tx, ws, own) => article::revision(tx, ws);
        article::insert(tx, ws, own) => article::insert(tx, ws, &Article { source: None, ..article_row(Some(own.category)) }, None);
        article::update(tx, ws, own) => article::update(tx, ws, &own.article, false, None);
        article::remove(tx, ws, own) => article::remove(tx, ws, own.article.id, Millis(9));
        article::get(tx, ws, own) => article::get(tx, ws, own.article.id);
        article::by_source(tx, ws, own) => article::by_source(tx, ws, "https://example.com/faq");
        article::list(tx, ws, own) => article::list(tx, ws, &article::Filter::default(), None, 10);
        article::versions(tx, ws, own) => article::versions(tx, ws, own.article.id, 9, 9);
        article::version(tx, ws, own) => article::version(tx, ws, own.article.id, 1);
        article::changed(tx, ws, own) => article::changed(tx, ws, 0, 9);
        article::public(tx, ws, own) => article::public(tx, ws, "en");
        article::translations(tx, ws, own) => article::translations(tx, ws, own.article.id);
        article::rate(tx, ws, own) => article::rate(tx, ws, own.article.id, true);
        article::count(tx, ws, own) => article::count(tx, ws);
        article::unsort(tx, ws, own) => article::unsort(tx, ws, own.category);
        knowledge_source::get(tx, ws, own) => knowledge_source::get(tx, ws, own.source);
        knowledge_source::by_name(tx, ws, own) => knowledge_source::by_name(tx, ws, &source_row().name);
        knowledge_source::list(tx, ws, own) => knowledge_source::list(tx, ws, None, 10);
        knowledge_source::count(tx, ws, own) => knowledge_source::count(tx, ws);
        knowledge_source::update(tx, ws, own) => knowledge_source::update(tx, ws, own.source, &source_row().choice, model::Every::Never, None);
        knowledge_source::taken(tx, ws, own) => knowledge_source::taken(tx, ws, own.source, Millis(9));
        knowledge_source::remove(tx, ws, own) => knowledge_source::remove(tx, ws, own.source);
        knowledge_source::form(tx, ws, own) => knowledge_source::form(tx, ws, own.source, "https://example.com/1");
        knowledge_source::put_form(tx, ws, own) => knowledge_source::put_form(tx, ws, own.source, "https://example.com/1", &knowledge_source::Form::default());
        import::begin(tx, ws, own) => import::begin(tx, ws, &import::beginning(id(), own.source, None, Millis(9)), None);
        import::forget(tx, ws, own) => import::forget(tx, ws, own.source);
        import::get(tx, ws, own) => import::get(tx, ws, own.import);
        import::file(tx, ws, own) => import::file(tx, ws, own.import);
        import::file_of(tx, ws, own) => import::file_of(tx, ws, own.source);
        import::forget_file(tx, ws, own) => import::forget_file(tx, ws, own.import);
        import::step(tx, ws, own) => import::step(tx, ws, own.import, model::ImportState::Reading, model::ImportState::Ready, None, Millis(9));
        import::set_columns(tx, ws, own) => import::set_columns(tx, ws, own.import, &[]);
        import::recount(tx, ws, own) => import::recount(tx, ws, own.import, Millis(9));
        import::put(tx, ws, own) => import::put(tx, ws, own.import, &[piece(7)]);
        import::settle(tx, ws, own) => import::settle(tx, ws, own.import, &piece(1));
        import::items(tx, ws, own) => import::items(tx, ws, own.import, None, None, 10);
        import::next(tx, ws, own) => import::next(tx, ws, own.import, model::ImportVerdict::New, 10);
        import::unapplied(tx, ws, own) => import::unapplied(tx, ws, own.import, 10);
        import::has(tx, ws, own) => import::has(tx, ws, own.import, "https://example.com/1");
        import::last_place(tx, ws, own) => import::last_place(tx, ws, own.import);
        import::applied(tx, ws, own) => import::applied(tx, ws, own.import, 1, model::ImportVerdict::Same, None);
        import::clear(tx, ws, own) => import::clear(tx, ws, own.import);
        taken::find(tx, ws, own) => taken::find(tx, ws, "https://example.com/faq");
        taken::mark(tx, ws, own) => taken::mark(tx, ws, own.article.id, own.source, &[2], Millis(9));
        taken::seen(tx, ws, own) => taken::seen(tx, ws, own.article.id, own.source, Millis(9));
        taken::of_source(tx, ws, own) => taken::of_source(tx, ws, own.source, model::ArticleId(0), 10);
        taken::release(tx, ws, own) => taken::release(tx, ws, own.source);
        category::update(tx, ws, own) => category::update(tx, ws, &Category { id: own.category, ..category_row() });
        category::delete(tx, ws, own) => category::delete(tx, ws, own.category);
        category::list(tx, ws, own) => category::list(tx, ws);
        category::synonyms(tx, ws, own) => category::synonyms(tx, ws);
        help_centre::get(tx, ws, own) => help_centre::get(tx, ws);
        label::update(tx, ws, own) => label::update(tx, ws, &Label { id: own.label, name: "x".into(), color: "x".into() });
        label::delete(tx, ws, own) => label::delete(tx, ws, own.label);
        label::list(tx, ws, own) => label::list(tx, ws);
        role::get(tx, ws, own) => role::get(tx, ws, own.role);
        role::update(tx, ws, own) => role::update(tx, ws, &custom_role(own.role));
        role::list(tx, ws, own) => role::list(tx, ws);
        role::holders(tx, ws, own) => role::holders(tx, ws, model::Role::Owner);
        role::delete(tx, ws, own) => role::delete(tx, ws, own.role);
        team::rename(tx, ws, own) => team::rename(tx, ws, own.team, "Stolen");
        team::set_members(tx, ws, own) => team::set_members(tx, ws, own.team, &[]);
        team::set_inboxes(tx, ws, own) => team::set_inboxes(tx, ws, own.team, &[]);
        team::delete(tx, ws, own) => team::delete(tx, ws, own.team);
        team::list(tx, ws, own) => team::list(tx, ws);
        team::of_agent(tx, ws, own) => team::of_agent(tx, ws, own.some.agent);
        team::inboxes_of_agent(tx, ws, own) => team::inboxes_of_agent(tx, ws, own.some.agent);
        lag::inboxes(tx, ws, own) => lag::inboxes(tx, ws);
        lag::jobs(tx, ws, own) => lag::jobs(tx, ws, Millis(99));
        quick_reply::update(tx, ws, own) => quick_reply::update(tx, ws, &QuickReply { id: own.reply, shortcut: "x".into(), body: "x".into(), updated_at: Millis(9) });
        quick_reply::delete(tx, ws, own) => quick_reply::delete(tx, ws, own.reply);
        quick_reply::list(tx, ws, own) => quick_reply::list(tx, ws);
    }
}

/// Functions that refer to nothing of any workspace but the one they are given.
const WITHOUT_REFERENCE: &[&str] = &[
    "agent::insert",
    "audit::advance",
    "audit::append",
    "audit::count",
    "category::insert",
    "category::set_synonyms",
    "breach::insert",
    "contact::insert",
    // The person is one whose rows are gone.
    "erasure::begin",
    "event::append",
    "help_centre::set",
    "inbox::insert",
    "intent::set_automatic",
    "intent_version::insert",
    "job::enqueue",
    "knowledge_source::insert",
    "label::insert",
    // Its agent and message are checked where the row is written; see the schema's references.
    "media::insert",
    "privacy_setting::put",
    "provider::insert",
    "quick_reply::insert",
    "retention::begin",
    "role::insert",
    "search::begin",
    "team::insert",
    "unanswered::begin",
    "workspace::get",
    "workspace::insert",
    "workspace::set_sign_in",
    "workspace::sign_in",
];

/// Every public function that takes a workspace, found in the sources.
fn functions() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(source).expect("the sources are readable") {
        let path = entry.expect("the sources are readable").path();
        let Some(file) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() || file.ends_with("_test") || file == "sample" {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the sources are readable");
        for piece in text.split("\npub async fn ").skip(1) {
            let (name, rest) = piece.split_once('(').expect("a function has arguments");
            let arguments = rest.split_once(')').expect("arguments end").0;
            if arguments.contains("WorkspaceId") {
                found.insert(format!("{file}::{name}"));
            }
        }
    }
    found
}

/// Every row of every table, as text.
async fn rows(db: &Db) -> BTreeMap<String, Vec<String>> {
    let schema: &str = &crate::migrate::texts().collect::<String>();
    // A table that was dropped and made again is as it was made last.
    let mut tables = BTreeMap::new();
    for piece in schema.split("CREATE TABLE ").skip(1) {
        let (table, rest) = piece.split_once(" (").expect("a table has columns");
        let body = rest.split_once("\n);").expect("a table ends").0;
        let lines =
            body.lines().map(str::trim_start).filter(|line| line.starts_with(|c: char| c.is_lowercase()));
        let columns: Vec<String> =
            lines.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
        tables.insert(table.to_owned(), columns);
    }
    write(db, move |tx| {
        Box::pin(async move {
            let mut all = BTreeMap::new();
            for (table, columns) in tables {
                let sql = format!("SELECT {} FROM {table}", columns.join(", "));
                let mut rows: Vec<String> =
                    tx.query(Sql::built(&sql), &[]).await?.iter().map(|row| format!("{row:?}")).collect();
                rows.sort();
                all.insert(table, rows);
            }
            Ok(all)
        })
    })
    .await
}

#[tokio::test]
async fn another_workspace_sees_and_changes_nothing() {
    testing::on_both(|db| async move {
        let own = own(&db).await;
        let stranger: WorkspaceId = id();
        write(&db, move |tx| Box::pin(workspace::insert(tx, stranger, "Stranger", Millis(1)))).await;
        let before = rows(&db).await;
        assert!(before.values().all(|rows| !rows.is_empty()) || before["setup_token"].is_empty());
        for (name, call) in calls() {
            let theirs = own.clone();
            let nothing = db.write(move |tx| {
                Box::pin(async move {
                    let nothing = call(tx, stranger, theirs).await;
                    Ok::<_, Error>(nothing)
                })
            });
            match nothing.await {
                Ok(nothing) => assert!(nothing, "{name} shows or does something"),
                // The statement was refused, and `call` took that for nothing.
                Err(error) => assert!(matches!(error, Error::Aborted), "{name}: {error}"),
            }
            let after = rows(&db).await;
            for (table, rows) in &after {
                assert_eq!(*rows, before[table], "{name} changed {table}");
            }
        }
    })
    .await;
}

/// The same calls with the right workspace do something: else the test above would prove nothing.
#[tokio::test]
async fn the_own_workspace_sees_and_changes() {
    testing::on_both(|db| async move {
        let quiet = [
            // They need what the sample does not have: the right old token, a second contact or address, a caption.
            "session::rotate",
            "contact::merge",
            "contact::merged",
            "identity::absorb",
            "conversation::repoint",
            "message::edit_caption",
            // Other rows refer to the sample's messages.
            "testing::lose",
            // They need deliveries that nothing waits for, conversations that are over, receipts, hours under way, or no
            // hold; their own tests make them.
            "removal::old_messages",
            "removal::old_deliveries",
            "removal::empty_deliveries",
            "removal::idle_people",
            "erasure::walk",
            "erasure::head",
            "erasing::young_keys",
            "hold::put",
            // The agent is known there already, and an owner.
            "provider::link",
            "session::delete_without_provider",
            // Makes a second live conversation.
            "conversation::insert",
            // The calls empty what is filled, or tell nothing.
            "team::set_members",
            "team::set_inboxes",
            // Tell nothing.
            "trial::begin",
            "erasing::spare",
            "retention::insert",
            "api_token::insert",
            "article::insert",
            // The first has the id of one that is there.
            "intent::insert",
            "intent_example::insert",
            "import::forget",
            "link::put",
            "one_time_code::put_recovery",
            "passkey::insert",
            // Its code was never confirmed.
            "one_time_code::spend",
            "identity::inbound_at",
            "identity::insert",
            "outbound::insert",
            "report::put",
            "send_lane::silence",
            "session::insert",
        ];
        for (name, call) in calls() {
            if quiet.contains(&name) {
                continue;
            }
            let own = own(&db).await;
            let ws = own.some.ws;
            let outcome =
                db.write(move |tx| Box::pin(async move { Ok::<_, Error>(call(tx, ws, own).await) })).await;
            assert!(matches!(outcome, Ok(false)), "{name} with its own workspace: {outcome:?}");
        }
    })
    .await;
}

#[test]
fn every_function_is_tried() {
    let called: BTreeSet<String> = calls().iter().map(|(name, _)| (*name).to_owned()).collect();
    let excused: BTreeSet<String> = WITHOUT_REFERENCE.iter().map(|name| (*name).to_owned()).collect();
    let all: BTreeSet<String> = called.union(&excused).cloned().collect();
    assert_eq!(all, functions());
    assert!(called.is_disjoint(&excused));
}
