use ai::language::Language;
use model::{Activity, ArticleId, Author, ConversationId, Media, MediaId, MessageId};

use super::*;

fn line(direction: Direction, kind: AuthorKind, content: Content) -> Message {
    Message {
        id: MessageId(1),
        conversation_id: ConversationId(1),
        direction,
        at: Millis(1_000_000),
        author: Author { kind, id: None, name: None },
        content,
        reply_to: None,
        reactions: Vec::new(),
        status: None,
        forwarded: false,
        edited_at: None,
        revoked_at: None,
        client_id: None,
        sensitive: Vec::new(),
    }
}

fn theirs(text: &str) -> Message {
    line(Direction::In, AuthorKind::Contact, Content::Text { text: text.into() })
}

fn ours(text: &str) -> Message {
    line(Direction::Out, AuthorKind::Bot, Content::Text { text: text.into() })
}

fn happened(event: &str) -> Message {
    let line_of = Activity {
        event: event.into(),
        agent_id: None,
        by_agent_id: None,
        until: None,
        text: None,
        hand_over: None,
    };
    line(Direction::Activity, AuthorKind::System, Content::Activity(line_of))
}

fn picture(caption: Option<&str>) -> Message {
    let media = Media::pending(MediaId(1), "image/png");
    line(Direction::In, AuthorKind::Contact, Content::Image { media, caption: caption.map(str::to_owned) })
}

fn decided(thread: &[Message], memory: &BotMemory, titles: &[&str]) -> First {
    let heard = Heard::of(thread);
    let today = jiff::civil::date(2026, 3, 4);
    let context = ai::Context { habit: Some(Language::En), today, patterns: None };
    let understood = ai::understand(&heard.question(), &context);
    let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
    first(&heard, memory, heard.taps.last().map(|(_, tap)| *tap), &titles, &understood, Millis(1_030_000))
}

fn at_once(thread: &[Message]) -> First {
    decided(thread, &BotMemory::default(), &[])
}

#[test]
fn what_nobody_answered_yet_is_one_question() {
    let notice = line(Direction::Out, AuthorKind::System, Content::Text { text: "privacy".into() });
    let thread = [
        theirs("long ago"),
        happened("resolved"),
        theirs("first"),
        ours("answer"),
        theirs("my parcel"),
        notice,
        happened("labels"),
        theirs("where is it?"),
    ];
    let heard = Heard::of(&thread);
    assert_eq!(heard.question(), "my parcel\nwhere is it?");
    let polite = [theirs("hi"), theirs("where is my parcel"), theirs("thanks")];
    assert_eq!(
        (Heard::of(&polite).question().as_str(), at_once(&polite)),
        ("where is my parcel", First::Ask)
    );
    assert_eq!(at_once(&[theirs("thanks"), theirs("hello")]), First::Help);
    assert_eq!(heard.before.as_deref(), Some("first"));
    assert_eq!(heard.theirs, ["first", "my parcel", "where is it?"]);
    assert_eq!(heard.ours.len(), 1);
    let mut withdrawn = theirs("a secret");
    withdrawn.revoked_at = Some(Millis(1));
    assert_eq!(Heard::of(&[theirs("a word"), withdrawn]).question(), "a word");
}

#[test]
fn a_file_without_words_is_for_people_and_with_words_a_question() {
    use HandOverReason::File;
    assert_eq!(at_once(&[picture(None)]), First::HandOver(File));
    assert_eq!(at_once(&[picture(Some("what is this part called"))]), First::Ask);
    assert_eq!(at_once(&[picture(None), theirs("what is this part called")]), First::HandOver(File));
    assert_eq!(
        at_once(&[picture(None), theirs("let me talk to a human")]),
        First::HandOver(HandOverReason::Asked)
    );
    let sticker = Content::Sticker { media: Media::pending(MediaId(1), "image/webp"), caption: None };
    assert_eq!(at_once(&[line(Direction::In, AuthorKind::Contact, sticker)]), First::Quiet);
}

#[test]
fn courtesy_needs_no_knowledge() {
    assert_eq!(at_once(&[theirs("Good morning")]), First::Help);
    assert_eq!(at_once(&[theirs("thank you")]), First::Quiet);
    assert_eq!(at_once(&[theirs("👍")]), First::Quiet);
    assert_eq!(at_once(&[theirs("???")]), First::HandOver(HandOverReason::NotUnderstood));
    assert_eq!(at_once(&[theirs("is this a bot?")]), First::WhetherMachine);
    assert_eq!(at_once(&[theirs("where is my parcel")]), First::Ask);
}

fn tap(about: i64, article: i64) -> Message {
    let payload = Some(format!("{}/{}", MessageId(about), ArticleId(article)));
    let title = "Talk to a person about refunds".to_owned();
    let via = ReplyVia::List;
    line(Direction::In, AuthorKind::Contact, Content::Reply { via, title, description: None, payload })
}

#[test]
fn what_was_tapped_is_meant_as_it_is_named() {
    let memory = BotMemory { offered: vec![ArticleId(1), ArticleId(2)], ..BotMemory::default() };
    let titles = ["Refunds", "Parcels"];
    for (thread, expected) in [
        (vec![tap(1, 2)], First::Tapped(ArticleId(2))),
        (vec![tap(9, 7)], First::Tapped(ArticleId(7))),
        (vec![tap(1, 2), theirs("thanks")], First::Tapped(ArticleId(2))),
        (vec![tap(1, 1), tap(1, 2)], First::Tapped(ArticleId(2))),
        (vec![theirs("let me talk to a human"), tap(1, 2)], First::HandOver(HandOverReason::Asked)),
        (vec![tap(1, 2), ours("five days"), theirs("2")], First::Chosen(1)),
    ] {
        assert_eq!(decided(&thread, &memory, &titles), expected, "{thread:?}");
    }
}

#[test]
fn a_choice_counts_only_where_something_was_offered() {
    let memory = BotMemory { offered: vec![ArticleId(1), ArticleId(2)], ..BotMemory::default() };
    let with = |said: &str| {
        decided(&[theirs("money"), ours("which?"), theirs(said)], &memory, &["Refunds", "Prices"])
    };
    assert_eq!(with("2"), First::Chosen(1));
    assert_eq!(with("Refunds"), First::Chosen(0));
    assert_eq!(with("3"), First::HandOver(HandOverReason::Asked));
    assert_eq!(with("ok"), First::Ask, "to a question that is no answer");
    assert_eq!(with("neither of them"), First::Ask);
    assert_eq!(at_once(&[theirs("2")]), First::Ask);
}

#[test]
fn circles_end_with_people() {
    use HandOverReason::{AskedAgain, Loop, TooMany};
    let asked = [theirs("Where is it?"), ours("there"), theirs("where is it")];
    assert_eq!(at_once(&asked), First::HandOver(AskedAgain));
    let anew = [theirs("Where is it?"), ours("there"), happened("handed_back"), theirs("where is it")];
    assert_eq!(at_once(&anew), First::Ask);
    let long = BotMemory { spoken: MOST_SPOKEN, ..BotMemory::default() };
    assert_eq!(decided(&[theirs("where is it")], &long, &[]), First::HandOver(TooMany));
    let mut brisk: Vec<Message> = (0..BRISK_COUNT).map(|_| ours("hello")).collect();
    brisk.push(theirs("hello, I am a bot as well"));
    assert_eq!(at_once(&brisk), First::HandOver(Loop));
}

#[test]
fn what_was_named_and_said_is_told() {
    let text = "Order #48213 never arrived. I paid $59.90. Write to ana@example.org";
    let context = ai::Context { habit: None, today: jiff::civil::date(2026, 3, 4), patterns: None };
    let found = named(text, &ai::understand(text, &context));
    let kinds: Vec<NamedKind> = found.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [NamedKind::Order, NamedKind::Amount, NamedKind::Email]);
    assert!(found[0].text.contains("48213"));
    let heard = Heard::of(&[theirs("hm"), theirs(text)]);
    assert!(summary(&heard).iter().any(|sentence| sentence.contains("never arrived")));
    assert_eq!(summary(&Heard::of(&[theirs("hm")])), ["hm"]);
}

#[test]
fn what_came_while_the_bot_wrote_is_not_answered_by_it() {
    let at = |id, message: Message| Message { id: MessageId(id), ..message };
    let mut answer = at(12, ours("an answer"));
    answer.client_id = Some(super::super::client_id(MessageId(10)));
    // Their names were made before the one who was first had ended.
    let thread = [at(10, theirs("my parcel")), at(11, theirs("my password")), answer];
    let heard = Heard::of(&thread);
    assert_eq!((heard.question().as_str(), heard.before.as_deref()), ("my password", Some("my parcel")));
    for (event, question) in
        [("handed_back", "my password"), ("resolved", "my password"), ("handed_over", "")]
    {
        let heard = Heard::of(&[&thread[..], &[at(13, happened(event))]].concat());
        assert_eq!(heard.question(), question, "{event}");
        assert_eq!(heard.theirs.join("\n"), question, "{event}");
    }
    let later = [&thread[..], &[at(13, happened("handed_back")), at(14, theirs("hm"))]].concat();
    assert_eq!(Heard::of(&later).question(), "hm");
}
