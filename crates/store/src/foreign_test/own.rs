//! What the first workspace has: one of everything.

use super::*;

/// One of everything in the first workspace, beside its [`Sample`].
#[derive(Clone)]
pub(super) struct Own {
    pub(super) passkey: model::PasskeyId,
    pub(super) provider: model::ProviderId,
    pub(super) some: Sample,
    pub(super) session: SessionId,
    pub(super) label: LabelId,
    pub(super) category: CategoryId,
    pub(super) article: Article,
    pub(super) source: model::SourceId,
    pub(super) import: model::ImportId,
    pub(super) reply: QuickReplyId,
    pub(super) theirs: NewMessage,
    pub(super) ours: NewMessage,
    pub(super) media: MediaId,
    pub(super) unused: MediaId,
    pub(super) outbound: OutboundId,
    pub(super) outbound_fence: i64,
    pub(super) sending: outbound::Sending,
    pub(super) send_lane: send_lane::Waiting,
    pub(super) job: model::JobId,
    pub(super) job_fence: i64,
    pub(super) lane_fence: i64,
    pub(super) queued: model::InboundId,
    pub(super) parked: model::InboundId,
    pub(super) address_key: String,
    pub(super) alarm: model::AlarmId,
    pub(super) progress: search::Progress,
    pub(super) token: model::TokenId,
    pub(super) role: model::RoleId,
    pub(super) team: model::TeamId,
    pub(super) intent: model::IntentId,
    pub(super) example: model::ExampleId,
    pub(super) law: Law,
}

/// One of everything that the law asks for.
#[derive(Clone, Copy)]
pub(super) struct Law {
    pub(super) hold: model::HoldId,
    pub(super) rule: model::RetentionId,
    pub(super) breach: model::BreachId,
    pub(super) erasure: model::ErasureId,
    pub(super) trial: model::TrialId,
    pub(super) tried: model::MessageId,
    pub(super) surge: model::SurgeId,
}

impl Own {
    /// Our message as a report finds it.
    pub(super) fn reported(&self) -> message::Reported {
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

pub(super) async fn law(tx: &mut Tx, some: &Sample) -> Result<Law> {
    let ws = some.ws;
    let made =
        Law { hold: id(), rule: id(), breach: id(), erasure: id(), trial: id(), tried: id(), surge: id() };
    let over = id();
    topic::begin(tx, ws, model::MessageId(0)).await?;
    let said = [0, 5].map(|hour| (topic::Counted { kind: model::TopicKind::Word, subject: 7, hour }, 2));
    topic::count(tx, ws, &said).await?;
    let all = topic::Counted { kind: model::TopicKind::All, subject: 0, hour: 5 };
    topic::count(tx, ws, &[(all, 2)]).await?;
    topic::rise(tx, ws, &surge_row(over)).await?;
    topic::end(tx, ws, over, Millis(2)).await?;
    topic::rise(tx, ws, &surge_row(made.surge)).await?;

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
    hours::put_workspace(tx, ws, &some_hours(), Millis(1)).await?;
    let elsewhere = model::Hours { zone: "Asia/Shanghai".to_owned(), ..some_hours() };
    hours::put_inbox(tx, ws, some.inbox, &elsewhere, Millis(1)).await?;
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
        let one = model::Trial { message_id: made.tried, ..tried(some.conversation, id) };
        trial::insert(tx, ws, some.inbox, run, &one).await?;
    }
    Ok(made)
}

/// An intent with an example from a message, and two models of which the older one is in use.
pub(super) async fn learned(
    tx: &mut Tx,
    some: &Sample,
    message: model::MessageId,
) -> Result<(model::IntentId, model::ExampleId)> {
    let (ws, made) = (some.ws, id());
    intent::insert(tx, ws, &model::Intent { id: made, ..intent_row("Late") }).await?;
    let source = intent_example::Source { message, conversation: some.conversation, contact: some.contact };
    let example = intent_example::NewExample { source: Some(source), ..example_row(made, "where is it") };
    intent_example::insert(tx, ws, std::slice::from_ref(&example)).await?;
    for revision in [800, 850] {
        intent_version::insert(tx, ws, &version_row(revision)).await?;
    }
    intent_version::choose(tx, ws, 1).await?;
    Ok((made, example.id))
}

pub(super) async fn own(db: &Db) -> Own {
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
            provider::sign_out(tx, ws, provider.id, b"word", Some(b"over"), Millis(9)).await?;
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
            let article = Article {
                category_id: Some(category.id),
                review_at: Some(Millis(1)),
                source: Some("https://example.com/faq".into()),
                ..article_row()
            };
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
            category::set_synonyms(
                tx,
                ws,
                &[id()],
                &[category::Group { locale: String::new(), words: vec!["a".into(), "b".into()] }],
            )
            .await?;
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
            let answer = given(&theirs, &ours);
            verdict::answered(tx, ws, &answer).await?;
            verdict::put(tx, ws, theirs.id, answer.source, wrong(&some), Millis(5)).await?;
            embedding_model::put(tx, ws, &embedding_model::some()).await?;
            embedding_model::set_key(tx, ws, Some(&model::Secret::new("k".into()))).await?;
            embedding_model::spend(tx, ws, 1, 1, 9).await?;
            language_model::put(tx, ws, &language_model::some()).await?;
            language_model::set_key(tx, ws, Some(&model::Secret::new("k".into()))).await?;
            language_model::spend(tx, ws, 1, None, 10, 100).await?;
            suggestion::note(tx, ws, &fate(&some, &theirs, article.id.0), Millis(5)).await?;
            media::insert(tx, ws, &media_row(used), Millis(1), None).await?;
            media::attach(tx, ws, used, theirs.id).await?;
            media::failed(tx, ws, used, MediaFailure::Blocked).await?;
            media::insert(tx, ws, &media_row(unused), Millis(1), Some(some.agent)).await?;
            let sending = NewOutbound { message_id: Some(ours.id), ..some.sends() };
            outbound::insert(tx, ws, &sending).await?;
            let (_, identity_id, conversation_id) = sample::customer(tx, ws, some.inbox, "Jo").await?;
            conversation::assign(tx, ws, conversation_id, None, Turn::Bot, Millis(1)).await?;
            outbound::insert(tx, ws, &NewOutbound { identity_id, conversation_id, ..some.sends() }).await?;
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
                sending,
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
