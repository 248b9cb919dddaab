//! Rows to write and to ask for.

use super::*;

pub(super) fn some_hours() -> model::Hours {
    let (day, from, until) = (model::Weekday::Monday, "09:00".to_owned(), "17:00".to_owned());
    let week = vec![model::Opening { day, from, until }];
    model::Hours { zone: "UTC".to_owned(), week, closed: Vec::new() }
}

pub(super) fn media_row(id: MediaId) -> MediaRow {
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

pub(super) fn ready() -> Ready {
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
        unscanned: false,
    }
}

pub(super) fn delivery(inbox: model::InboxId, dedupe: u8) -> NewDelivery {
    NewDelivery {
        id: id(),
        inbox,
        received_at: Millis(1),
        dedupe: vec![dedupe],
        body: Bytes::from_static(b"{}"),
    }
}

pub(super) fn new_conversation(some: &Sample) -> NewConversation {
    NewConversation {
        id: id(),
        inbox_id: some.inbox,
        identity_id: some.identity,
        contact_id: some.contact,
        turn: Turn::Queue,
        now: Millis(1),
    }
}

pub(super) fn fate(some: &Sample, asked: &NewMessage, source: i64) -> suggestion::Fate {
    let (kind, used) = (model::SuggestionKind::Article, Some(model::SuggestionUse::Unchanged));
    suggestion::Fate {
        message: asked.id,
        kind,
        source,
        agent: some.agent,
        used,
        helpful: None,
        taken_back: false,
    }
}

/// An answer, as if it were the bot's.
pub(super) fn given(asked: &NewMessage, answer: &NewMessage) -> verdict::Answer {
    let source = verdict::Source { kind: model::AnswerKind::Article, id: 7, place: 0 };
    verdict::Answer { message: answer.id, asked: asked.id, source }
}

/// That it is wrong.
pub(super) fn wrong(some: &Sample) -> verdict::Said {
    verdict::Said { agent: some.agent, good: false, noted: false }
}

/// What became of the suggestion that is there.
pub(super) fn taken(own: &Own) -> suggestion::Fate {
    suggestion::Fate { helpful: Some(true), ..fate(&own.some, &own.theirs, own.article.id.0) }
}

pub(super) fn bounds() -> stale::Bounds {
    stale::Bounds { review: Millis(9), taken: Millis(9), unhelpful: 1 }
}

/// A message as the index has it.
pub(super) fn entry(message: model::MessageId) -> search::Entry {
    search::Entry { message, tokens: vec![search::Token(7)] }
}

pub(super) fn wanted() -> search::Wanted {
    search::Wanted { tokens: vec![vec![search::Token(7)]], ..search::Wanted::default() }
}

pub(super) fn new_session(agent_id: model::AgentId) -> NewSession {
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
        provider_sid: None,
    }
}

pub(super) fn new_token(agent_id: model::AgentId) -> api_token::TokenRow {
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

pub(super) fn new_provider(id: model::ProviderId) -> model::Provider {
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
        acr_values: Vec::new(),
        max_age: None,
        created_at: Millis(1),
    }
}

pub(super) fn new_passkey(agent_id: model::AgentId) -> passkey::PasskeyRow {
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

pub(super) fn new_link(agent_id: model::AgentId) -> link::NewLink {
    let hash = id::<WorkspaceId>().0.to_le_bytes().to_vec();
    link::NewLink { hash, agent_id, kind: model::LinkKind::Reset, expires_at: Millis(9) }
}

pub(super) fn audit_entry() -> model::AuditEntry {
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

pub(super) fn new_consent(contact: model::ContactId) -> consent::NewConsent {
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

pub(super) fn rule(inbox: model::InboxId, class: model::DataClass) -> model::RetentionRule {
    let (id, inbox_id) = (id(), Some(inbox));
    model::RetentionRule { id, inbox_id, class, purpose: None, days: 30, changed_at: Millis(1) }
}

pub(super) fn surge_row(id: model::SurgeId) -> topic::SurgeRow {
    topic::SurgeRow {
        id,
        kind: model::TopicKind::Word,
        subject: 7,
        count: 9,
        hours: 6,
        usual: 100,
        began_at: Millis(1),
        ended_at: None,
        dismissed: false,
    }
}

pub(super) fn told(inbox_id: model::InboxId) -> model::Notice {
    let (language, text) = ("en".to_owned(), "What we do with your data.".to_owned());
    model::Notice { inbox_id, language, version: 1, text, changed_at: Millis(1) }
}

pub(super) fn olds(inbox: model::InboxId) -> removal::Olds {
    removal::Olds { inbox, before: Millis(3_000_000_000_000), after: model::MessageId(0) }
}

pub(super) fn new_erasure(id: model::ErasureId, contact: model::ContactId) -> erasure::New {
    erasure::New { id, contact, why: model::ErasureWhy::Asked, agent: None, now: Millis(1) }
}

pub(super) fn run() -> trial::Run {
    model::JobId(7).into()
}

pub(super) fn tried(conversation_id: model::ConversationId, id: model::TrialId) -> model::Trial {
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

pub(super) fn progress() -> trial::Progress {
    let replay = model::Replay { conversations: 100, looked: 9, started_at: Millis(1), done_at: None };
    trial::Progress { run: run(), replay, place: None }
}

/// The lane of an inbox with something to send.
pub(super) async fn waiting_lane(tx: &mut Tx, inbox: model::InboxId) -> Result<send_lane::Waiting> {
    let mut all = send_lane::waiting(tx, Millis(5)).await?;
    all.retain(|one| one.inbox == inbox);
    Ok(all.remove(0))
}

pub(super) fn custom_role(id: model::RoleId) -> model::CustomRole {
    let rights = model::Rights { scope: model::Scope::Team, ..model::Rights::none() };
    model::CustomRole { id, name: format!("Helper {}", id.0), rights, created_at: Millis(1) }
}

pub(super) fn category_row() -> Category {
    Category { id: id(), name: format!("Orders {}", id::<CategoryId>().0), position: 1 }
}

pub(super) fn source_row() -> model::KnowledgeSource {
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

pub(super) fn piece(place: i64) -> import::Piece {
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

pub(super) fn centre(slug: &str) -> HelpCentre {
    HelpCentre {
        enabled: true,
        slug: slug.to_owned(),
        title: "Help".into(),
        intro: String::new(),
        color: "#336699".into(),
        locales: vec!["en".into()],
    }
}
