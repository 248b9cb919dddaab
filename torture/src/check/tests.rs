//! The checker must be able to fail: each fault is planted in a faultless world, and found under its name alone.

use super::*;
use crate::image::{Conversation, File, Identity};
use crate::knowledge::Import;
use crate::ledger::{Reply, Told};

struct World {
    book: Book,
    image: Image,
    received: Received,
    media: tempfile::TempDir,
}

const PICTURE: &[u8] = b"a picture";

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Two customers, each with two messages and an answer; one sent a picture. A third was erased, and of a fourth, who wrote
/// to another number, the time is over.
fn faultless() -> World {
    let (mut book, mut image) = (Book::default(), Image::default());
    image.inboxes = vec![(1, "105".to_owned()), (2, "106".to_owned())];
    image.identities.push(person(13, 2, "US.3"));
    for (user, number, name) in [("US.2", "105", "wamid.erased"), ("US.3", "106", "wamid.expired")] {
        let told = Told {
            number: number.to_owned(),
            user: Some(user.to_owned()),
            phone: None,
            text: Some(format!("text of {user}")),
            tried: at(900),
            acked: Some(at(950)),
        };
        book.told.insert(name.to_owned(), told);
    }
    book.erased.insert("US.2".to_owned(), 32);
    image.erasures.push((32, true));
    book.expired = Some("106".to_owned());
    book.expired_files.push("7/bb/expired".to_owned());
    let mut received = Vec::new();
    for customer in 0..2_i64 {
        let (user, phone) = (format!("US.{customer}"), format!("1555{customer}"));
        let (identity, conversation) = (10 + customer, 20 + customer);
        image.identities.push(Identity {
            id: identity,
            inbox: 1,
            user: Some(user.clone()),
            phone: Some(phone.clone()),
        });
        image.conversations.push(Conversation { id: conversation, inbox: 1, identity, live: true });
        for n in 0..2_i64 {
            let (id, begun) = (100 + customer * 10 + n, u64::try_from(n).expect("small") * 100);
            let (provider, text) = (format!("wamid.{id}"), format!("text {id}"));
            let told = Told {
                number: "105".to_owned(),
                user: Some(user.clone()),
                phone: Some(phone.clone()),
                text: Some(text.clone()),
                tried: at(begun),
                acked: Some(at(begun + 50)),
            };
            book.told.insert(provider.clone(), told);
            book.acked.insert(vec![u8::try_from(id).expect("small")], false);
            image.inbound.push((id, vec![u8::try_from(id).expect("small")]));
            image.messages.push(message(id, conversation, Some(provider), None, text));
        }
        let (id, client) = (150 + customer, format!("client {customer}"));
        let text = format!("answer {customer}");
        let reply = Reply { text: text.clone(), tried: at(300), acked: Some(at(350)) };
        book.replies.insert(client.clone(), reply);
        image.messages.push(message(id, conversation, None, Some(client), text.clone()));
        received.push(vec![text]);
    }
    book.acked.insert(vec![200], true);
    image.inbound.push((200, vec![200]));
    image.parked.push((200, "nobody can read this".to_owned()));
    for (seq, message) in (1_i64..).zip(&image.messages) {
        image.events.push((7, seq, "message".to_owned(), message.id));
    }
    image.heads = vec![(7, 6)];
    let media = tempfile::tempdir().expect("a folder");
    let key = format!("7/aa/{}", hash(PICTURE));
    let path = media.path().join("objects").join(&key);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, PICTURE).expect("written");
    image.files.push(File { message: 100, state: "ready".to_owned(), key: Some(key) });
    for (id, name, state) in [(40, "Table 1", "done"), (41, "Table 2", "failed")] {
        let import = Import { name: name.to_owned(), consented: true };
        let written = if state == "done" { ARTICLES } else { 50 };
        image.articles.extend((0..written).map(|number| import.title(number)));
        image.imports.push((id, state.to_owned(), state == "failed"));
        book.imports.insert(id, import);
    }
    World { book, image, received, media }
}

fn person(id: i64, inbox: i64, user: &str) -> Identity {
    Identity { id, inbox, user: Some(user.to_owned()), phone: None }
}

fn message(
    id: i64,
    conversation: i64,
    provider: Option<String>,
    client: Option<String>,
    text: String,
) -> Message {
    let out = client.is_some();
    let status = out.then(|| "delivered".to_owned());
    Message {
        id,
        conversation,
        inbox: 1,
        out,
        provider,
        client,
        text: Some(text),
        status,
        kind: "text".to_owned(),
    }
}

fn row(world: &mut World, id: i64) -> &mut Message {
    world.image.messages.iter_mut().find(|message| message.id == id).expect("the message")
}

/// A message that ought to be gone.
fn remains(world: &mut World, conversation: i64, provider: &str) {
    let text = "still here".to_owned();
    world.image.messages.push(message(190, conversation, Some(provider.to_owned()), None, text));
    world.image.events.push((7, 7, "message".to_owned(), 190));
    world.image.heads[0].1 = 7;
}

type Plant = fn(&mut World);

const FAULTS: &[(&str, Wrong, Plant)] = &[
    ("a message vanished", Wrong::Lost, |world| {
        world.image.messages.retain(|message| message.id != 101);
    }),
    ("a delivery vanished", Wrong::Lost, |world| world.image.inbound.retain(|(id, _)| *id != 101)),
    ("a reply vanished", Wrong::Lost, |world| {
        world.image.messages.retain(|message| message.id != 150);
        world.received[0].clear();
    }),
    ("a message twice under one id", Wrong::Doubled, |world| {
        let copy = Message { id: 109, ..row(world, 101).clone() };
        world.image.messages.insert(2, copy);
        world.image.events.push((7, 7, "message".to_owned(), 109));
        world.image.heads[0].1 = 7;
    }),
    ("a message twice under two ids", Wrong::Doubled, |world| {
        let copy = Message { id: 109, provider: Some("wamid.other".to_owned()), ..row(world, 101).clone() };
        world.image.messages.insert(2, copy);
        world.image.events.push((7, 7, "message".to_owned(), 109));
        world.image.heads[0].1 = 7;
    }),
    ("a delivery twice", Wrong::Doubled, |world| world.image.inbound.push((199, vec![101]))),
    ("a reply twice", Wrong::Doubled, |world| {
        let copy = row(world, 150).clone();
        world.image.messages.insert(3, copy);
    }),
    ("two messages change places", Wrong::Misordered, |world| world.image.messages.swap(0, 1)),
    ("two replies arrive the wrong way round", Wrong::Misordered, |world| {
        let reply = Reply { text: "later".to_owned(), tried: at(900), acked: Some(at(950)) };
        world.book.replies.insert("client later".to_owned(), reply);
        world
            .image
            .messages
            .insert(3, message(151, 20, None, Some("client later".to_owned()), "later".to_owned()));
        world.image.events.push((7, 7, "message".to_owned(), 151));
        world.image.heads[0].1 = 7;
        world.received[0].insert(0, "later".to_owned());
    }),
    ("a message under another customer", Wrong::Misfiled, |world| row(world, 111).conversation = 20),
    ("a message under another number", Wrong::Misfiled, |world| row(world, 101).inbox = 2),
    ("a message with another's words", Wrong::Misfiled, |world| {
        row(world, 101).text = Some("other".to_owned());
    }),
    ("two live conversations", Wrong::TwoOpen, |world| {
        world.image.conversations.push(Conversation { id: 29, inbox: 1, identity: 10, live: true });
    }),
    ("one customer twice", Wrong::TwoOpen, |world| {
        world.image.identities.push(person(19, 1, "US.0"));
    }),
    ("a gap in the events", Wrong::Gap, |world| {
        world.image.events[5].1 = 7;
        world.image.heads[0].1 = 7;
    }),
    ("an end of the events that is missing", Wrong::Gap, |world| world.image.heads[0].1 = 9),
    ("a message that nobody is told of", Wrong::Unshown, |world| world.image.events[3].3 = 100),
    ("a delivery that waits for ever", Wrong::Unapplied, |world| world.image.queued.push(101)),
    ("a file that is never fetched", Wrong::Unapplied, |world| world.image.jobs.push("fetch".to_owned())),
    ("a good delivery put aside", Wrong::Parked, |world| world.image.parked.push((101, "oh".to_owned()))),
    ("a file that is not there", Wrong::File, |world| {
        std::fs::remove_dir_all(world.media.path().join("objects")).expect("removed");
    }),
    ("a file that is half there", Wrong::File, |world| {
        let key = world.image.files[0].key.clone().expect("a key");
        std::fs::write(world.media.path().join("objects").join(key), b"a pic").expect("written");
    }),
    ("a file that never came", Wrong::File, |world| world.image.files[0].state = "pending".to_owned()),
    ("a reply that the customer got twice", Wrong::SentTwice, |world| {
        world.received[0].push("answer 0".to_owned());
    }),
    ("a reply that never left", Wrong::NotSent, |world| world.received[0].clear()),
    ("an uncertain reply that did arrive", Wrong::Unresolved, |world| {
        row(world, 150).status = Some("uncertain".to_owned());
    }),
    ("a message of somebody who was erased", Wrong::Remains, |world| remains(world, 20, "wamid.erased")),
    ("an address of somebody who was erased", Wrong::Remains, |world| {
        world.image.identities.push(person(12, 1, "US.2"));
    }),
    ("an erasure without a receipt", Wrong::Lost, |world| world.image.erasures.clear()),
    ("an erasure that never ends", Wrong::Unapplied, |world| world.image.erasures.push((33, false))),
    ("a message whose time was over", Wrong::Remains, |world| remains(world, 21, "wamid.expired")),
    ("a file whose time was over", Wrong::Remains, |world| {
        let place = world.media.path().join("objects").join("7/bb/expired");
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("made");
        std::fs::write(place, b"old").expect("written");
    }),
    ("half of a table's articles", Wrong::Lost, |world| world.image.articles.truncate(60)),
    ("an article twice", Wrong::Doubled, |world| world.image.articles.push("Table 2 question 7".to_owned())),
    ("a table that vanished", Wrong::Lost, |world| _ = world.image.imports.remove(1)),
    ("a table that fails and does not say why", Wrong::Unapplied, |world| world.image.imports[1].2 = false),
    ("a table that is never written", Wrong::Lost, |world| world.image.imports[1].1 = "ready".to_owned()),
    ("a table that is read for ever", Wrong::Unapplied, |world| {
        world.image.imports.push((42, "reading".to_owned(), false));
    }),
    ("something seen from outside", Wrong::Trouble, |world| world.book.troubles.push("refused".to_owned())),
];

#[test]
fn a_faultless_world_has_no_findings_and_everything_was_looked_at() {
    let world = faultless();
    let (found, seen) = check(&world.book, &world.image, &world.received, Some(world.media.path()));
    assert_eq!(found, []);
    let expected = Seen {
        acked: 4,
        ordered: 2,
        replies: 2,
        uncertain: 0,
        conversations: 2,
        events: 6,
        files: 1,
        gone: 2,
        imports: (1, 1),
    };
    assert_eq!(seen, expected);
}

#[test]
fn every_planted_fault_is_found_under_its_name_alone() {
    for (name, wrong, plant) in FAULTS {
        let mut world = faultless();
        plant(&mut world);
        let (found, _) = check(&world.book, &world.image, &world.received, Some(world.media.path()));
        let kinds: BTreeSet<Wrong> = found.iter().map(|finding| finding.wrong).collect();
        assert_eq!(kinds, BTreeSet::from([*wrong]), "{name}: {found:#?}");
    }
}

#[test]
fn a_reply_that_never_left_may_be_uncertain() {
    let mut world = faultless();
    world.received[0].clear();
    row(&mut world, 150).status = Some("uncertain".to_owned());
    let (found, seen) = check(&world.book, &world.image, &world.received, Some(world.media.path()));
    assert_eq!((found, seen.uncertain), (vec![], 1));
}
