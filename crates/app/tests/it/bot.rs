//! The bot and people in one conversation, in every order: it never writes where the turn is not its own.

use app::bot::{Plan, act, think};
use model::{
    AuthorKind, BotSetting, Content, Conversation, ConversationState, Direction, LastMessage, MessageId, Turn,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use store::message::NewMessage;

use crate::desk::{Customer, Desk, on_both};

/// How many courses of events are tried on each engine.
const COURSES: usize = 60;

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The customer writes one of these.
    Customer(usize),
    /// A job begins: it reads and thinks.
    Think,
    /// The job that began first comes to its transaction.
    Act,
    /// The job that began last does.
    ActNewest,
    Reply,
    Assign,
    Unassign,
    HandBack,
    Resolve,
    Reopen,
    /// The bot is switched off and on again.
    Switch,
}

const SAID: [&str; 6] = [
    "I want a refund",
    "hello",
    "where on earth is my parcel",
    "let me talk to a person",
    "are you a bot?",
    "这是什么",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..SAID.len()).prop_map(Step::Customer),
        6 => Just(Step::Think),
        5 => Just(Step::Act),
        1 => Just(Step::ActNewest),
        1 => Just(Step::Reply),
        1 => Just(Step::Assign),
        1 => Just(Step::Unassign),
        6 => Just(Step::HandBack),
        1 => Just(Step::Resolve),
        1 => Just(Step::Reopen),
        1 => Just(Step::Switch),
    ];
    // Each begins with a message that a job has thought about.
    proptest::collection::vec(step, 5..40).prop_map(|mut steps| {
        steps.splice(0..0, [Step::Customer(0), Step::Think]);
        steps
    })
}

/// One course of events, with what is under way.
struct Course<'a> {
    desk: &'a Desk,
    conversation: Conversation,
    newest: Option<MessageId>,
    plans: std::collections::VecDeque<Plan>,
    written: usize,
}

impl<'a> Course<'a> {
    /// Begins one with somebody of this number.
    async fn begin(desk: &'a Desk, number: usize) -> Self {
        let conversation = somebody(desk, number).await;
        Self { desk, conversation, newest: None, plans: Default::default(), written: 0 }
    }

    async fn now(&self) -> Conversation {
        let desk = self.desk;
        app::conversation::get(&desk.app, &desk.caller, self.conversation.id).await.expect("it is there")
    }

    /// The customer's message as receiving keeps it, without the job: that one is done by hand.
    async fn customer(&mut self, text: &str) {
        let (app, workspace) = (&self.desk.app, self.desk.caller.workspace);
        let (conversation, inbox, now) = (self.conversation.id, self.conversation.inbox_id, app.now());
        let row = NewMessage {
            id: app.ids.next(),
            conversation_id: conversation,
            inbox_id: inbox,
            direction: Direction::In,
            at: now,
            created_at: now,
            author_kind: AuthorKind::Contact,
            author_agent_id: None,
            content: Content::Text { text: text.to_owned() },
            provider_id: None,
            client_id: None,
            reply_to_id: None,
            reply_to_provider_id: None,
            forwarded: false,
            status: None,
            inbound_id: None,
        };
        self.newest = Some(row.id);
        app.write(move |tx| {
            Box::pin(async move {
                store::message::insert(tx, workspace, &row).await?;
                let last = LastMessage {
                    id: row.id,
                    direction: row.direction,
                    kind: "text".to_owned(),
                    preview: row.content.preview(),
                    at: now,
                    status: None,
                };
                store::conversation::inbound(tx, workspace, conversation, &last, true, now).await?;
                Ok(())
            })
        })
        .await
        .expect("kept");
    }

    /// The bot comes to its transaction: it does something only where the turn is its own.
    async fn act(&mut self, plan: Plan) {
        let before = self.now().await;
        let did = act(&self.desk.app, self.desk.caller.workspace, plan).await.expect("no fault");
        let written = self.written_by_bot().await;
        if before.turn != Turn::Bot || before.state != ConversationState::Open {
            assert!(
                !did,
                "it acted although the turn was {:?} and the state {:?}",
                before.turn, before.state
            );
        }
        if !did {
            assert_eq!(written, self.written, "it wrote and said that it did not");
        }
        self.written = written;
    }

    async fn written_by_bot(&self) -> usize {
        let thread = self.desk.thread(&self.conversation).await;
        thread.iter().filter(|message| message.author.kind == AuthorKind::Bot).count()
    }

    async fn step(&mut self, place: usize, step: Step) {
        let (app, caller, id) = (&self.desk.app, &self.desk.caller, self.conversation.id);
        match step {
            Step::Customer(said) => return self.customer(SAID[said]).await,
            Step::Think => {
                let Some(newest) = self.newest else { return };
                let plan = think(app, caller.workspace, id, newest).await.expect("no fault");
                self.plans.extend(plan);
                return;
            }
            Step::Act | Step::ActNewest => {
                let next = match step {
                    Step::Act => self.plans.pop_front(),
                    _ => self.plans.pop_back(),
                };
                if let Some(plan) = next {
                    self.act(plan).await;
                }
                return;
            }
            Step::Reply => {
                self.desk.reply(&self.conversation, &format!("c{place}"), "a person").await.expect("written");
                assert_eq!(self.now().await.turn, Turn::Person, "whoever writes has the turn");
            }
            Step::Assign => {
                let owned = app::conversation::assign(app, caller, id, Some(caller.agent.id), None).await;
                assert_eq!(owned.expect("assigned").turn, Turn::Person);
            }
            Step::Unassign => {
                let given = app::conversation::assign(app, caller, id, None, None).await.expect("given back");
                assert_eq!(given.turn, Turn::Queue);
            }
            Step::HandBack => {
                let given = app::conversation::hand_back(app, caller, id).await.expect("handed back");
                assert_eq!((given.turn, given.assignee_id), (Turn::Bot, None));
            }
            Step::Resolve => drop(app::conversation::resolve(app, caller, id).await.expect("resolved")),
            Step::Reopen => drop(app::conversation::reopen(app, caller, id).await.expect("opened")),
            Step::Switch => {
                for enabled in [false, true] {
                    switch(self.desk, enabled).await;
                }
            }
        }
        assert_eq!(self.written_by_bot().await, self.written, "nothing but its own deed makes the bot write");
    }
}

async fn switch(desk: &Desk, enabled: bool) {
    let setting = BotSetting { enabled, threshold: 60, ..BotSetting::default() };
    app::bot::set(&desk.app, &desk.caller, desk.inbox.row.id, setting).await.expect("switched");
}

/// A conversation of somebody new.
async fn somebody(desk: &Desk, number: usize) -> Conversation {
    let name: &'static str = Box::leak(format!("Customer {number}").into_boxed_str());
    let phone: &'static str = Box::leak(format!("52155500{number:05}").into_boxed_str());
    let customer = Customer { user: None, phone: Some(phone), name };
    // To thanks the bot says nothing.
    desk.deliver(customer.text(&format!("wamid.{number}"), "thanks")).await;
    let all = desk.conversations().await;
    let found = all.into_iter().find(|one| one.contact.name == name).expect("a conversation");
    assert_eq!(found.turn, Turn::Bot);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn in_no_order_of_events_does_the_bot_write_where_the_turn_is_not_its_own() {
    let mut runner = TestRunner::deterministic();
    let all = steps();
    let mut courses = Vec::new();
    for _ in 0..COURSES {
        courses.push(all.new_tree(&mut runner).expect("a course").current());
    }
    on_both(async |desk| {
        switch(&desk, true).await;
        let (mut written, mut silenced) = (0, 0);
        for (number, steps) in courses.iter().enumerate() {
            let mut course = Course::begin(&desk, number).await;
            for (place, step) in steps.iter().enumerate() {
                course.step(place, *step).await;
            }
            // What was thought long ago comes last of all.
            silenced += course.plans.len();
            course.step(99, Step::Reply).await;
            while let Some(plan) = course.plans.pop_front() {
                course.act(plan).await;
            }
            written += course.written;
        }
        assert!(written > COURSES / 3 && silenced > 0, "the courses are worth trying: {written}, {silenced}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_same_moment_one_of_them_is_first_and_the_person_stays() {
    on_both(async |desk| {
        switch(&desk, true).await;
        for number in 0..20 {
            let mut course = Course::begin(&desk, number).await;
            course.customer("hello").await;
            course.step(0, Step::Think).await;
            course.step(0, Step::Think).await;
            let (one, other) = (course.plans.pop_front(), course.plans.pop_front());
            let (one, other) = (one.expect("a plan"), other.expect("the same"));
            let workspace = desk.caller.workspace;
            let (did, again, replied) = tokio::join!(
                act(&desk.app, workspace, one),
                act(&desk.app, workspace, other),
                desk.reply(&course.conversation, "c1", "I am here"),
            );
            replied.expect("written");
            let (did, again) = (did.expect("no fault"), again.expect("no fault"));
            assert!(!(did && again), "one message is answered once");
            assert_eq!(course.written_by_bot().await, usize::from(did || again));
            assert_eq!(course.now().await.turn, Turn::Person);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_answered_is_not_answered_again_when_it_is_handed_back() {
    on_both(async |desk| {
        switch(&desk, true).await;
        let mut course = Course::begin(&desk, 1).await;
        course.customer("hello").await;
        course.step(0, Step::Think).await;
        course.step(0, Step::Reply).await;
        course.step(0, Step::HandBack).await;
        course.step(0, Step::Act).await;
        assert_eq!((course.written, course.now().await.turn), (0, Turn::Bot));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_it_gives_up_what_became_its_own_at_the_same_moment() {
    on_both(async |desk| {
        switch(&desk, true).await;
        let mut course = Course::begin(&desk, 1).await;
        course.customer("hello").await;
        // Switched off where what began at the same moment was not seen.
        let (workspace, inbox, now) = (desk.caller.workspace, desk.inbox.row.id, desk.app.now());
        let off = BotSetting { enabled: false, threshold: 60, ..BotSetting::default() };
        desk.app
            .write(move |tx| {
                Box::pin(async move { Ok(store::bot::put(tx, workspace, inbox, off, now).await?) })
            })
            .await
            .expect("switched");
        course.step(0, Step::Think).await;
        course.step(0, Step::Act).await;
        assert_eq!((course.written, course.now().await.turn), (0, Turn::Queue));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_may_be_written_any_more_people_are_told_and_the_customer_is_not() {
    on_both(async |desk| {
        switch(&desk, true).await;
        let mut course = Course::begin(&desk, 1).await;
        course.customer("hello").await;
        course.step(0, Step::Think).await;
        desk.clock.advance(model::Millis::hours(25));
        let plan = course.plans.pop_front().expect("a plan");
        assert!(act(&desk.app, desk.caller.workspace, plan).await.expect("no fault"));
        assert_eq!((course.written_by_bot().await, course.now().await.turn), (0, Turn::Queue));
        let thread = desk.thread(&course.conversation).await;
        let told = thread.iter().find_map(|line| match &line.content {
            Content::Activity(activity) => activity.hand_over.as_deref(),
            _ => None,
        });
        assert_eq!(told.map(|told| told.reason), Some(model::HandOverReason::WindowClosed));
    })
    .await;
}
