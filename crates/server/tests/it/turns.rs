//! Who speaks: the bot or a person, and never both. Customers, agents, a lead who switches the bot off and on, and the bot on
//! two nodes are let loose on the same conversations; what the store then holds is read back in the order of its commits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use ai::language::Language;
use ai::random::Random;
use ai::saying::{Saying, say};
use app::system::SystemEntropy;
use app::{App, Parts, bot, files::Files, node};
use futures_util::future::BoxFuture;
use model::{
    Act, Activity, AuditEntry, AuthorKind, Clock, Content, ConversationId, ConversationState, Direction,
    EventKind, InboxId, ManualClock, Message, Millis, Turn, WorkspaceId,
};
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage, Sim};
use store::conversation::{Facts, Filter};
use store::message::Place;
use store::{Engine, Tx, Visibility};
use tokio::task::JoinSet;

use crate::at_once::workspace_of;
use crate::bot::Scene;
use crate::browser::{Browser, Reply};
use crate::desk::{Desk, on_both};
use crate::generated::extent;

/// How many conversations are led at the same time.
const WAVE: usize = 12;
/// For a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What customers write: what is known, what is not, and a wish for a person.
const WORDS: [&str; 8] = [
    "I want a refund",
    "how long does a refund take",
    "I forgot my password",
    "cannot log in",
    "I have moved",
    "wrong delivery address",
    "where is my parcel",
    "let me talk to a human",
];

/// How often what this is about really happened.
#[derive(Debug, Default)]
struct Tally {
    /// Plans that came to nothing because a person had the turn by then.
    late: AtomicUsize,
    /// Messages of a person that came while a plan was being acted.
    beside: AtomicUsize,
    /// Hand-backs between a plan and its act.
    between: AtomicUsize,
    /// Messages of the bot, of people, and hand-backs.
    bot: AtomicUsize,
    people: AtomicUsize,
    handed_back: AtomicUsize,
    /// Times that the bot was switched off.
    off: AtomicUsize,
}

fn add(count: &AtomicUsize) {
    count.fetch_add(1, SeqCst);
}

/// What came of it; `None` where two transactions on PostgreSQL got into each other's way, and nothing was done: workers try
/// again later, and so does whoever is told so.
fn done<T>(outcome: app::Result<T>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(app::Error::Unavailable) => None,
        Err(error) => panic!("it fails: {error}"),
    }
}

/// One conversation, led by everybody at once.
struct Run {
    /// How to have it again, for whoever reads that it failed.
    name: String,
    random: u64,
    customer: CustomerId,
    conversation: OnceLock<ConversationId>,
    sent: AtomicUsize,
    /// How many plans are being acted, and how many were.
    acting: AtomicUsize,
    acted: AtomicUsize,
    /// When a plan was thought, and when it was acted.
    plans: Mutex<Vec<(Millis, Millis)>>,
}

/// What everybody needs.
struct Stage {
    nodes: Vec<Arc<App>>,
    clock: Arc<ManualClock>,
    sim: Sim,
    workspace: WorkspaceId,
    inbox: InboxId,
    people: [(Browser, String); 2],
    tally: Tally,
}

impl Stage {
    async fn set(desk: &Desk) -> Self {
        let scene = Scene::open(desk).await;
        let ben = desk.agent(&scene.owner, "Ben", "admin").await;
        desk.sim.failures().update(|switches| switches.duplicate_percent = 30);
        let mut nodes = vec![desk.app.clone()];
        // The embedded store belongs to one process.
        if desk.app.db.engine() == Engine::Postgres {
            let other = Parts {
                db: desk.app.db.clone(),
                clock: desk.clock.clone(),
                entropy: Arc::new(SystemEntropy),
                files: Files::open(&desk.media).expect("a media store"),
                node: node::Lease::fixed(desk.clock.clone(), 2),
                settings: desk.app.settings.clone(),
            };
            nodes.push(App::new(other).expect("a node"));
        }
        let session = scene.owner.get("/api/session").await.json();
        let id = |session: &Value| session["agent"]["id"].as_str().expect("an id").to_owned();
        let bens = id(&ben.get("/api/session").await.json());
        Self {
            nodes,
            clock: desk.clock.clone(),
            sim: desk.sim.clone(),
            workspace: workspace_of(&session),
            inbox: scene.inbox.parse().expect("an id"),
            people: [(scene.owner, id(&session)), (ben, bens)],
            tally: Tally::default(),
        }
    }

    /// A while of up to so many milliseconds, in which time goes on for all.
    async fn pause(&self, random: &mut Random, most: usize) {
        self.clock.advance(Millis(1));
        match random.below(most) {
            0 => tokio::task::yield_now().await,
            some => tokio::time::sleep(Duration::from_millis(some as u64)).await,
        }
        self.clock.advance(Millis(1));
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, app::Result<T>> + Send + 'static,
    ) -> T {
        self.nodes[0].read(work).await.expect("the store answers")
    }

    async fn facts(&self, id: ConversationId) -> Facts {
        let ws = self.workspace;
        let found =
            self.read(move |tx| Box::pin(async move { Ok(store::conversation::facts(tx, ws, id).await?) }));
        found.await.expect("a conversation")
    }

    async fn switch(&self, enabled: bool) {
        let path = format!("/api/inboxes/{}/bot", self.inbox);
        let setting = json!({"enabled": enabled, "threshold": 70});
        let mut answer = self.people[0].0.put(&path, &setting).await;
        while answer.status == 503 {
            answer = self.people[0].0.put(&path, &setting).await;
        }
        answer.expect_status(200);
    }

    /// Finds the conversations of a wave as they begin.
    async fn find(&self, runs: &[Arc<Run>]) {
        let (ws, now) = (self.workspace, self.clock.now());
        while runs.iter().any(|run| run.conversation.get().is_none()) {
            let listed = self.read(move |tx| {
                Box::pin(async move {
                    let (all, any) = (Visibility::everything(), Filter::default());
                    let limit = 2 * WAVE as i64;
                    Ok(store::conversation::list(tx, ws, &all, |_| None, &any, None, limit, now).await?)
                })
            });
            for found in listed.await.items {
                if let Some(run) = runs.iter().find(|run| run.name == found.contact.name) {
                    let _ = run.conversation.set(found.id);
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Works as a node does until a wave is over: takes deliveries, sends, lets the bot answer.
    async fn work(&self, node: &App, mut random: Random, over: &AtomicBool) {
        while !over.load(SeqCst) {
            done(app::worker::settle(node).await);
            self.pause(&mut random, 4).await;
        }
    }

    /// Ends what is under way, however long that takes by the clock.
    async fn rest(&self) {
        let began = Instant::now();
        loop {
            app::worker::settle(&self.nodes[0]).await.expect("the workers settle");
            let left = self.read(|tx| {
                Box::pin(async {
                    let (sendings, jobs) =
                        (store::outbound::next_ready(tx).await?, store::job::next_ready(tx).await?);
                    Ok((store::inbound::backlog(tx).await?, sendings, jobs))
                })
            });
            let left = left.await;
            if left == (0, None, None) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "work is left: {left:?}");
            self.clock.advance(Millis(500));
        }
    }
}

impl Run {
    fn random(&self, of: u64) -> Random {
        Random::new(self.random.wrapping_add(of))
    }

    /// The conversation, as soon as it began.
    async fn begun(&self) -> ConversationId {
        loop {
            match self.conversation.get() {
                Some(id) => return *id,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }

    async fn write(&self, stage: &Stage, mut random: Random) {
        for _ in 0..2 + random.below(3) {
            stage.pause(&mut random, 40).await;
            let words = WORDS[random.below(WORDS.len())];
            stage.sim.send(&self.customer, CustomerMessage::text(words)).await;
            add(&self.sent);
        }
    }

    /// The bot of a node, which thinks and acts apart.
    async fn think(&self, stage: &Stage, node: &App, mut random: Random) {
        let (ws, id) = (stage.workspace, self.begun().await);
        for _ in 0..4 {
            stage.pause(&mut random, 30).await;
            let newest = stage.read(move |tx| {
                Box::pin(async move {
                    let page = store::message::page(tx, ws, id, Place::Newest, 20).await?;
                    Ok(page.items.into_iter().rfind(is_theirs).map(|message| message.id))
                })
            });
            let Some(newest) = newest.await else { continue };
            let plan = bot::think(node, ws, id, newest).await.expect("it thinks");
            let Some(plan) = plan else { continue };
            let thought = stage.clock.now();
            stage.pause(&mut random, 20).await;
            self.acting.fetch_add(1, SeqCst);
            let acted = done(bot::act(node, ws, plan).await);
            self.acting.fetch_sub(1, SeqCst);
            add(&self.acted);
            self.plans.lock().expect("plans").push((thought, stage.clock.now()));
            if acted == Some(false) && stage.facts(id).await.turn == Turn::Person {
                add(&stage.tally.late);
            }
        }
    }

    /// What a person does: writes, takes over, assigns, resolves, hands back.
    async fn lead(&self, stage: &Stage, who: usize, mut random: Random) {
        let (browser, id) = (&stage.people[who].0, self.begun().await);
        for step in 0..2 + random.below(4) {
            stage.pause(&mut random, 30).await;
            let at = |act: &str| format!("/api/conversations/{id}/{act}");
            match random.below(10) {
                0..4 => {
                    let text = format!("Person {who}, {step}");
                    let reply = json!({"client_id": text, "text": text});
                    let before = self.acted.load(SeqCst);
                    let during = self.acting.load(SeqCst) > 0;
                    ask(browser, &at("messages"), &reply).await.expect_status(201);
                    if during || self.acting.load(SeqCst) > 0 || self.acted.load(SeqCst) > before {
                        add(&stage.tally.beside);
                    }
                }
                4 => {
                    let (_, to) = &stage.people[random.below(2)];
                    ask(browser, &at("assign"), &json!({"agent_id": to})).await.expect_status(200);
                }
                5 => {
                    ask(browser, &at("resolve"), &json!({})).await.expect_status(200);
                }
                _ => {
                    let answer = ask(browser, &at("hand_back"), &json!({})).await;
                    assert!(answer.status == 200 || answer.code() == "no_bot", "{}", answer.status);
                }
            }
        }
    }
}

/// Asks as a console does: again, where the server is busy.
async fn ask(browser: &Browser, path: &str, body: &Value) -> Reply {
    loop {
        let reply = browser.post(path, body).await;
        if reply.status != 503 {
            return reply;
        }
    }
}

/// Leads so many conversations at once until all is at rest, and reads back what was said.
async fn wave(stage: &Arc<Stage>, runs: Vec<Arc<Run>>, mut random: Random) {
    let before = stage.heads().await;
    let over = Arc::new(AtomicBool::new(false));
    let mut workers = JoinSet::new();
    for node in stage.nodes.iter().chain(&stage.nodes) {
        let (stage, node, over) = (stage.clone(), node.clone(), over.clone());
        let random = Random::new(random.below(usize::MAX) as u64);
        workers.spawn(async move { stage.work(&node, random, &over).await });
    }
    let mut actors = JoinSet::new();
    for run in &runs {
        let (all, own) = (stage.clone(), run.clone());
        actors.spawn(async move { own.write(&all, own.random(1)).await });
        for (place, node) in [0, 1].into_iter().zip(stage.nodes.iter().cycle()) {
            let (all, own, node) = (stage.clone(), run.clone(), node.clone());
            actors.spawn(async move { own.think(&all, &node, own.random(2 + place)).await });
            let (all, own) = (stage.clone(), run.clone());
            actors.spawn(async move { own.lead(&all, place as usize, own.random(4 + place)).await });
        }
    }
    let (all, those) = (stage.clone(), runs.clone());
    actors.spawn(async move { all.find(&those).await });
    let all = stage.clone();
    actors.spawn(async move {
        for _ in 0..random.below(3) {
            all.pause(&mut random, 40).await;
            all.switch(false).await;
            add(&all.tally.off);
            all.pause(&mut random, 10).await;
            all.switch(true).await;
        }
    });
    while let Some(done) = actors.join_next().await {
        done.expect("everybody does what they wanted");
    }
    over.store(true, SeqCst);
    while let Some(done) = workers.join_next().await {
        done.expect("the workers end");
    }
    stage.rest().await;
    let kept = stage.kept(before).await;
    for run in &runs {
        check(stage, run, &kept).await;
    }
}

/// What a wave left behind, beside the threads.
struct Kept {
    /// The number at which each message was kept first.
    first: BTreeMap<i64, i64>,
    /// The numbers at which the bot was switched off, on, off, on …
    switched: Vec<i64>,
    audit: Vec<AuditEntry>,
}

impl Kept {
    fn seq(&self, message: &Message) -> i64 {
        *self.first.get(&message.id.0).expect("every message is a numbered change")
    }

    fn is_on(&self, seq: i64) -> bool {
        self.switched.iter().filter(|at| **at < seq).count() % 2 == 0
    }
}

impl Stage {
    /// The last numbers of the changes and of the audit.
    async fn heads(&self) -> (i64, i64) {
        let ws = self.workspace;
        self.read(move |tx| {
            Box::pin(
                async move { Ok((store::event::head(tx, ws).await?, store::audit::head(tx, ws).await?.seq)) },
            )
        })
        .await
    }

    async fn kept(&self, (mut event, mut entry): (i64, i64)) -> Kept {
        let (ws, inbox) = (self.workspace, self.inbox);
        self.read(move |tx| {
            Box::pin(async move {
                let mut kept = Kept { first: BTreeMap::new(), switched: Vec::new(), audit: Vec::new() };
                loop {
                    let changes = store::event::since(tx, ws, event, 1000).await?;
                    let Some(last) = changes.last() else { break };
                    event = last.seq;
                    for change in &changes {
                        if change.kind == EventKind::Message {
                            kept.first.entry(change.subject).or_insert(change.seq);
                        } else if change.kind == EventKind::Inbox && change.subject == inbox.0 {
                            kept.switched.push(change.seq);
                        }
                    }
                }
                loop {
                    let entries = store::audit::after(tx, ws, entry, 1000).await?;
                    let Some(last) = entries.last() else { break };
                    entry = last.seq;
                    kept.audit.extend(entries);
                }
                Ok(kept)
            })
        })
        .await
    }
}

fn is_theirs(message: &Message) -> bool {
    message.direction == Direction::In && message.author.kind == AuthorKind::Contact
}

fn is_out(message: &Message, by: AuthorKind) -> bool {
    message.direction == Direction::Out && message.author.kind == by
}

fn line(message: &Message) -> Option<&Activity> {
    match &message.content {
        Content::Activity(line) => Some(line),
        _ => None,
    }
}

/// Reads a conversation back in the order of its commits and looks whether anybody spoke who might not, and whether anybody
/// waits for nobody.
async fn check(stage: &Stage, run: &Run, kept: &Kept) {
    let (ws, tally) = (stage.workspace, &stage.tally);
    let id = *run.conversation.get().expect("it began");
    let page = stage.read(move |tx| {
        Box::pin(async move { Ok(store::message::page(tx, ws, id, Place::Newest, 200).await?) })
    });
    let mut thread = page.await.items;
    thread.sort_by_key(|message| kept.seq(message));
    let story: Vec<String> = thread
        .iter()
        .map(|message| {
            let what = line(message).map_or_else(|| message.content.preview(), |line| line.event.clone());
            let (seq, name) = (kept.seq(message), message.client_id.clone().unwrap_or_default());
            format!("{seq} {} {:?} {name}: {what}", message.id, message.author.kind)
        })
        .collect();
    let story = format!("{}; switched at {:?}\n{}", run.name, kept.switched, story.join("\n"));
    let plans = run.plans.lock().expect("plans").clone();

    // Whose turn it is as far as people are concerned, whether somebody owns it, who waits, and what the bot still has to say.
    let (mut people, mut owned, mut waits, mut anew) = (false, false, None, true);
    for (place, message) in thread.iter().enumerate() {
        let before = &thread[..place];
        if is_theirs(message) {
            // Where it stands above a person's answer or a hand-over it is with people, who see it there.
            let with = |one: &Message| {
                is_out(one, AuthorKind::Agent) || line(one).is_some_and(|line| line.event == "handed_over")
            };
            let with = before.iter().any(|one| with(one) && one.id > message.id);
            waits = (!with).then_some(message.id);
        } else if is_out(message, AuthorKind::Agent) {
            (people, waits) = (true, None);
            add(&tally.people);
        } else if is_out(message, AuthorKind::Bot) {
            let (seq, text) = (kept.seq(message), message.content.text().unwrap_or_default());
            assert!(!people, "the bot spoke where people have the turn: {story}");
            assert!(kept.is_on(seq), "the bot spoke although it was switched off: {story}");
            let answered = before.iter().find(|one| {
                is_theirs(one) && message.client_id.as_deref() == Some(&format!("bot-{}", one.id))
            });
            let answered = answered.unwrap_or_else(|| panic!("{} answers nothing: {story}", message.id));
            let twice = before.iter().any(|one| one.client_id == message.client_id);
            assert!(!twice, "one message was answered twice: {story}");
            let late = before.iter().any(|one| is_out(one, AuthorKind::Agent) && one.id > answered.id);
            assert!(!late, "the bot answered what a person had answered: {story}");
            let machine = text.starts_with(say(Language::En, Saying::Machine));
            assert!(machine || !anew, "the first words hide the machine: {story}");
            (anew, waits) = (false, waits.filter(|waits| *waits > answered.id));
            add(&tally.bot);
        } else if let Some(line) = line(message) {
            match line.event.as_str() {
                "assigned" => (people, owned) = (true, true),
                "handed_over" => (people, owned, waits) = (true, false, None),
                "handed_back" => {
                    (people, owned, anew) = (false, false, true);
                    add(&tally.handed_back);
                    let between =
                        plans.iter().any(|(thought, acted)| *thought < message.at && message.at < *acted);
                    tally.between.fetch_add(usize::from(between), SeqCst);
                }
                "resolved" => waits = None,
                "reopened" if !owned => (people, anew) = (false, true),
                "reopened" => {}
                other => panic!("nobody did {other}: {story}"),
            }
        }
    }
    let facts = stage.facts(id).await;
    assert!(!people || facts.turn != Turn::Bot, "people have the turn and the bot has it, too: {story}");
    let nobody = facts.turn == Turn::Bot && facts.state == ConversationState::Open;
    assert!(waits.is_none() || !nobody, "{waits:?} waits for nobody: {story}");

    let theirs = thread.iter().filter(|message| is_theirs(message)).count();
    assert_eq!(theirs, run.sent.load(SeqCst), "what came twice is there once: {story}");
    let written: Vec<&Message> = thread.iter().filter(|one| one.direction == Direction::Out).collect();
    let mut texts: Vec<&str> = written.iter().filter_map(|message| message.content.text()).collect();
    let received = stage.sim.received(&run.customer);
    let mut arrived: Vec<&str> = received.iter().filter_map(|message| message.text.as_deref()).collect();
    texts.sort_unstable();
    arrived.sort_unstable();
    assert_eq!(texts, arrived, "what was written arrived once: {story}");

    // The audit tells the same in the same order.
    let told = |act: Act| {
        kept.audit.iter().filter(move |entry| entry.conversation_id == Some(id) && entry.act == act)
    };
    let audited: Vec<&str> = told(Act::MessageWritten).filter_map(|entry| entry.subject.as_deref()).collect();
    let ids: Vec<String> = written.iter().map(|message| message.id.to_string()).collect();
    assert_eq!(audited, ids, "the audit tells something else: {story}");
    for (act, event) in
        [(Act::ConversationHandedBack, "handed_back"), (Act::ConversationHandedOver, "handed_over")]
    {
        let lines = thread.iter().filter(|one| line(one).is_some_and(|line| line.event == event)).count();
        assert_eq!(told(act).count(), lines, "the audit tells something else of {event}: {story}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_and_a_person_never_both_speak() {
    let (count, seed) = extent("TURNS", 60);
    on_both(async |desk| {
        let stage = Arc::new(Stage::set(desk).await);
        let mut random = Random::new(seed);
        for first in (0..count).step_by(WAVE) {
            let mut runs = Vec::new();
            for number in first..count.min(first + WAVE) {
                let name = format!("Run {number}");
                let phone = format!("1555{number:07}");
                let customer = stage.sim.customer(&name, Some(&phone), None).await;
                runs.push(Arc::new(Run {
                    name,
                    random: random.below(usize::MAX) as u64,
                    customer,
                    conversation: OnceLock::new(),
                    sent: AtomicUsize::new(0),
                    acting: AtomicUsize::new(0),
                    acted: AtomicUsize::new(0),
                    plans: Mutex::default(),
                }));
            }
            let own = Random::new(random.below(usize::MAX) as u64);
            wave(&stage, runs, own).await;
        }
        let tally = &stage.tally;
        eprintln!("{:?}, {count} conversations: {tally:?}", desk.app.db.engine());
        for (what, how_often) in [
            ("a person was faster than a plan", &tally.late),
            ("a person wrote while a plan was acted", &tally.beside),
            ("a conversation was handed back between a plan and its act", &tally.between),
            ("the bot wrote", &tally.bot),
            ("the bot was switched off", &tally.off),
        ] {
            assert!(
                how_often.load(SeqCst) > 0,
                "it never happened that {what}: nothing is proved: {tally:?}"
            );
        }
    })
    .await;
}
