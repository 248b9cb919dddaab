//! What agents do.

use app::Error;
use model::{ConversationState, Millis, Turn};

use crate::desk::{MARIA, on_both};

#[tokio::test]
async fn a_reply_written_twice_is_one_reply() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let conversation = desk.only_conversation().await;
        let first = desk.reply(&conversation, "c1", "hello").await.expect("queued");
        let second = desk.reply(&conversation, "c1", "hello").await.expect("the same");
        assert_eq!(first.id, second.id);
        assert_eq!(desk.texts(&conversation).await, ["hi", "hello"]);
        let answered = desk.only_conversation().await;
        assert_eq!((answered.turn, answered.waiting_since), (Turn::Person, None));
    })
    .await;
}

#[tokio::test]
async fn a_closed_window_refuses_what_cannot_arrive() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let conversation = desk.only_conversation().await;
        desk.clock.advance(Millis::hours(24));
        let refused = desk.reply(&conversation, "c1", "too late").await;
        assert!(matches!(refused, Err(Error::WindowClosed { hours: 24 })), "{refused:?}");
        assert_eq!(desk.texts(&conversation).await, ["hi"], "what was refused is not in the thread");
    })
    .await;
}

#[tokio::test]
async fn too_long_a_text_is_refused_with_its_length() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let conversation = desk.only_conversation().await;
        assert!(desk.reply(&conversation, "c1", &"字".repeat(4096)).await.is_ok());
        let Err(Error::Invalid(fields)) = desk.reply(&conversation, "c2", &"字".repeat(4097)).await else {
            panic!("4097 characters were taken");
        };
        assert!(fields[0].message.contains("4097"));
        assert!(desk.reply(&conversation, "c3", "  \n ").await.is_err(), "an empty text is no message");
    })
    .await;
}

#[tokio::test]
async fn a_snoozed_conversation_wakes_by_time_and_by_the_customer() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let id = desk.only_conversation().await.id;
        let soon = desk.app.now() + Millis::hours(1);
        app::conversation::snooze(&desk.app, &desk.caller, id, soon).await.expect("snoozed");
        assert_eq!(desk.only_conversation().await.state, ConversationState::Snoozed);
        desk.clock.advance(Millis::hours(1));
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(desk.only_conversation().await.state, ConversationState::Open);
        let later = desk.app.now() + Millis::hours(1);
        app::conversation::snooze(&desk.app, &desk.caller, id, later).await.expect("snoozed");
        desk.deliver(MARIA.text("2", "still there?")).await;
        let woken = desk.only_conversation().await;
        assert_eq!((woken.state, woken.snoozed_until), (ConversationState::Open, None));
    })
    .await;
}

#[tokio::test]
async fn only_an_agent_of_the_workspace_can_own_a_conversation() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let id = desk.only_conversation().await.id;
        let stranger = model::AgentId(4242);
        assert!(app::conversation::assign(&desk.app, &desk.caller, id, Some(stranger), None).await.is_err());
        let mine =
            app::conversation::assign(&desk.app, &desk.caller, id, Some(desk.caller.agent.id), None).await;
        assert_eq!(mine.expect("assigned").turn, Turn::Person);
        let queue =
            app::conversation::assign(&desk.app, &desk.caller, id, None, None).await.expect("given back");
        assert_eq!((queue.turn, queue.assignee_id), (Turn::Queue, None));
    })
    .await;
}

#[tokio::test]
async fn another_workspace_sees_nothing() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let conversation = desk.only_conversation().await;
        let mut stranger = desk.caller.clone();
        stranger.workspace = model::WorkspaceId(99);
        let found = app::conversation::get(&desk.app, &stranger, conversation.id).await;
        assert!(matches!(found, Err(Error::NotFound)));
        let resolved = app::conversation::resolve(&desk.app, &stranger, conversation.id).await;
        assert!(matches!(resolved, Err(Error::NotFound)));
        assert_eq!(desk.only_conversation().await.state, ConversationState::Open);
    })
    .await;
}

#[tokio::test]
async fn what_changes_nothing_tells_nobody() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let id = desk.only_conversation().await.id;
        app::conversation::read(&desk.app, &desk.caller, id).await.expect("read");
        let head = desk.head().await;
        app::conversation::read(&desk.app, &desk.caller, id).await.expect("read again");
        app::conversation::reopen(&desk.app, &desk.caller, id).await.expect("open already");
        assert_eq!(desk.head().await, head);
    })
    .await;
}
