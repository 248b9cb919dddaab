//! The verdict: what the world outside knows against what the store and the provider hold.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::image::{Image, Message};
use crate::knowledge::ARTICLES;
use crate::ledger::Book;

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// Acknowledged and not in the store.
    Lost,
    /// In the store twice.
    Doubled,
    /// After one that it should stand before.
    Misordered,
    /// Under another customer or another number.
    Misfiled,
    /// Two live conversations of one customer, or one customer twice.
    TwoOpen,
    /// The events have a gap.
    Gap,
    /// In the store and never told to anybody.
    Unshown,
    /// Accepted and never applied.
    Unapplied,
    /// Put aside although it can be understood.
    Parked,
    /// A file is missing or is not what it says.
    File,
    /// A reply that the provider has twice.
    SentTwice,
    /// A reply that the provider does not have and that is not shown as failed or uncertain.
    NotSent,
    /// A reply that the provider has and told of, still shown as uncertain or failed.
    Unresolved,
    /// The engine finds its own files damaged.
    Damaged,
    /// Of somebody who was erased, or older than a rule allows, and still there.
    Remains,
    /// Seen from outside while it ran.
    Trouble,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) wrong: Wrong,
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.wrong, self.what)
    }
}

/// What was looked at; a check that looked at nothing has not passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Customers' messages that were acknowledged.
    pub(crate) acked: usize,
    /// Pairs of neighbours whose order is determined.
    pub(crate) ordered: usize,
    /// Replies that were acknowledged.
    pub(crate) replies: usize,
    /// Replies that are shown as uncertain.
    pub(crate) uncertain: usize,
    /// Conversations.
    pub(crate) conversations: usize,
    /// Events.
    pub(crate) events: usize,
    /// Files that were compared with their hash.
    pub(crate) files: usize,
    /// Messages that must be gone.
    pub(crate) gone: usize,
    /// Tables of articles that were written, and that have failed.
    pub(crate) imports: (usize, usize),
}

/// What the provider holds of our replies: their texts, one list for each customer, in the order of arrival.
pub(crate) type Received = Vec<Vec<String>>;

/// Compares everything. `media` is the folder of files, where there is one to look at.
pub(crate) fn check(
    book: &Book,
    image: &Image,
    received: &Received,
    media: Option<&Path>,
) -> (Vec<Finding>, Seen) {
    let mut found = Findings::default();
    let mut seen =
        Seen { conversations: image.conversations.len(), events: image.events.len(), ..Seen::default() };
    deliveries(book, image, &mut found);
    customers_messages(book, image, &mut found, &mut seen);
    people(image, &mut found);
    events(image, &mut found);
    replies(book, image, received, &mut found, &mut seen);
    files(book, image, media, &mut found, &mut seen);
    forgotten(book, image, media, &mut found);
    imports(book, image, &mut found, &mut seen);
    for trouble in &book.troubles {
        found.add(Wrong::Trouble, trouble.clone());
    }
    (found.0, seen)
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, wrong: Wrong, what: String) {
        self.0.push(Finding { wrong, what });
    }
}

/// Every acknowledged delivery is kept, applied, and put aside only where nobody could understand it.
fn deliveries(book: &Book, image: &Image, found: &mut Findings) {
    let kept: HashMap<&[u8], i64> = image.inbound.iter().map(|(id, hash)| (hash.as_slice(), *id)).collect();
    let mut hopeless = HashSet::new();
    for (hash, is_hopeless) in &book.acked {
        match kept.get(hash.as_slice()) {
            None => found.add(
                Wrong::Lost,
                format!("a delivery of {} was acknowledged and is not kept", hex::encode(hash)),
            ),
            Some(id) if *is_hopeless => _ = hopeless.insert(*id),
            Some(_) => {}
        }
    }
    if kept.len() < image.inbound.len() {
        found.add(Wrong::Doubled, format!("{} deliveries are kept twice", image.inbound.len() - kept.len()));
    }
    for row in &image.locked {
        found.add(Wrong::Lost, format!("the key of {row} is not there"));
    }
    for id in &image.queued {
        found.add(Wrong::Unapplied, format!("delivery {id} still waits"));
    }
    for job in image.jobs.iter().filter(|kind| *kind == "fetch") {
        found.add(Wrong::Unapplied, format!("a job still waits: {job}"));
    }
    for (id, reason) in &image.parked {
        if !hopeless.contains(id) {
            found.add(Wrong::Parked, format!("delivery {id} was put aside: {reason}"));
        }
    }
}

/// Every acknowledged message is there, once, under its customer and number, and where order is determined, in order.
fn customers_messages(book: &Book, image: &Image, found: &mut Findings, seen: &mut Seen) {
    let mut by_provider: HashMap<&str, Vec<&Message>> = HashMap::new();
    let mut by_text: HashMap<&str, usize> = HashMap::new();
    for message in image.messages.iter().filter(|message| !message.out) {
        by_provider.entry(message.provider.as_deref().unwrap_or("")).or_default().push(message);
        if let Some(text) = &message.text {
            *by_text.entry(text).or_default() += 1;
        }
    }
    let conversations: HashMap<i64, i64> =
        image.conversations.iter().map(|one| (one.id, one.identity)).collect();
    let identities: HashMap<i64, _> = image.identities.iter().map(|one| (one.id, one)).collect();
    let inboxes: HashMap<i64, &str> =
        image.inboxes.iter().map(|(id, number)| (*id, number.as_str())).collect();
    for (id, told) in &book.told {
        if told.is_forgotten(book) {
            seen.gone += 1;
            if by_provider.contains_key(id.as_str()) {
                found.add(Wrong::Remains, format!("message {id} of {:?} is still there", told.user));
            }
            continue;
        }
        if told.acked.is_some() {
            seen.acked += 1;
        }
        let rows = by_provider.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let twice = told.text.as_deref().and_then(|text| by_text.get(text)).is_some_and(|count| *count > 1);
        if rows.len() > 1 || twice {
            found.add(Wrong::Doubled, format!("message {id} is there more than once"));
        }
        let Some(row) = rows.first() else {
            if told.acked.is_some() {
                found.add(Wrong::Lost, format!("message {id} was acknowledged and is not there"));
            }
            continue;
        };
        let person = conversations.get(&row.conversation).and_then(|identity| identities.get(identity));
        let is_theirs = person.is_some_and(|person| match (&told.user, &person.user) {
            (Some(user), Some(known)) => user == known,
            _ => told.phone.is_some() && told.phone == person.phone,
        });
        if !is_theirs {
            found.add(Wrong::Misfiled, format!("message {id} of {:?} stands under {person:?}", told.user));
        }
        if inboxes.get(&row.inbox).copied() != Some(told.number.as_str()) {
            found.add(
                Wrong::Misfiled,
                format!("message {id} for {} stands in inbox {}", told.number, row.inbox),
            );
        }
        if told.text != row.text && row.kind == "text" {
            found.add(Wrong::Misfiled, format!("message {id} says {:?} and not {:?}", row.text, told.text));
        }
    }
    let times = |message: &Message| {
        let told = book.told.get(message.provider.as_deref()?)?;
        Some((told.tried, told.acked))
    };
    order(image.messages.iter().filter(|message| !message.out), times, "message", found, seen);
}

/// Whoever was acknowledged before another was first tried stands before it.
fn order<'a>(
    messages: impl Iterator<Item = &'a Message>,
    times: impl Fn(&Message) -> Option<(Duration, Option<Duration>)>,
    what: &str,
    found: &mut Findings,
    seen: &mut Seen,
) {
    let mut here = None;
    let (mut latest, mut before) = (Duration::ZERO, None);
    for message in messages {
        if here != Some(message.conversation) {
            (here, latest, before) = (Some(message.conversation), Duration::ZERO, None);
        }
        let Some((tried, acked)) = times(message) else { continue };
        if acked.is_some_and(|acked| acked < latest) {
            found.add(
                Wrong::Misordered,
                format!(
                    "{what} {} stands after one that was tried only after its acknowledgement",
                    message.id
                ),
            );
        }
        if before.is_some_and(|before| before < tried) {
            seen.ordered += 1;
        }
        latest = latest.max(tried);
        before = acked;
    }
}

/// One person per address, one live conversation per person and inbox.
fn people(image: &Image, found: &mut Findings) {
    let mut live = BTreeSet::new();
    for one in image.conversations.iter().filter(|one| one.live) {
        if !live.insert((one.inbox, one.identity)) {
            found.add(Wrong::TwoOpen, format!("identity {} has two live conversations", one.identity));
        }
    }
    let mut known = BTreeSet::new();
    for one in &image.identities {
        for address in
            [one.user.as_ref().map(|user| ("user", user)), one.phone.as_ref().map(|phone| ("phone", phone))]
                .into_iter()
                .flatten()
        {
            if !known.insert((one.inbox, address)) {
                found.add(Wrong::TwoOpen, format!("{address:?} is there twice"));
            }
        }
    }
}

/// Numbers without a gap, and no message of which nobody was told.
fn events(image: &Image, found: &mut Findings) {
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    let mut told = HashSet::new();
    for (workspace, seq, kind, subject) in &image.events {
        let expected = last.get(workspace).copied().unwrap_or(0) + 1;
        if *seq != expected {
            found.add(Wrong::Gap, format!("event {seq} follows {}", expected - 1));
        }
        last.insert(*workspace, *seq);
        if kind == "message" {
            told.insert(*subject);
        }
    }
    for (workspace, head) in &image.heads {
        let end = last.get(workspace).copied().unwrap_or(0);
        if end != *head {
            found.add(Wrong::Gap, format!("the last event is {end} and the counter stands at {head}"));
        }
    }
    for message in image.messages.iter().filter(|message| !told.contains(&message.id)) {
        found.add(Wrong::Unshown, format!("message {} was never told to a browser", message.id));
    }
}

/// Every reply is there once, reached the provider at most once and in order, and is shown as what became of it.
fn replies(book: &Book, image: &Image, received: &Received, found: &mut Findings, seen: &mut Seen) {
    let mut rows: HashMap<&str, Vec<&Message>> = HashMap::new();
    for message in image.messages.iter().filter(|message| message.out) {
        rows.entry(message.client.as_deref().unwrap_or("")).or_default().push(message);
    }
    let mut arrived: HashMap<&str, usize> = HashMap::new();
    for text in received.iter().flatten() {
        *arrived.entry(text).or_default() += 1;
    }
    for (client, reply) in &book.replies {
        let here = rows.get(client.as_str()).map(Vec::as_slice).unwrap_or_default();
        if here.len() > 1 {
            found.add(Wrong::Doubled, format!("reply {client} is there {} times", here.len()));
        }
        let count = arrived.get(reply.text.as_str()).copied().unwrap_or(0);
        if count > 1 {
            found.add(Wrong::SentTwice, format!("the customer got reply {client} {count} times"));
        }
        if reply.acked.is_none() {
            continue;
        }
        seen.replies += 1;
        let Some(row) = here.first() else {
            found.add(Wrong::Lost, format!("reply {client} was acknowledged and is not there"));
            continue;
        };
        let status = row.status.as_deref().unwrap_or("none");
        seen.uncertain += usize::from(status == "uncertain");
        match (count, status) {
            (0, "uncertain" | "failed") => {}
            (0, _) => found.add(
                Wrong::NotSent,
                format!("reply {client} is shown as {status} and never reached the provider"),
            ),
            (_, "uncertain" | "failed" | "queued") => {
                found.add(
                    Wrong::Unresolved,
                    format!("reply {client} reached the customer and is shown as {status}"),
                );
            }
            _ => {}
        }
    }
    let written = |message: &Message| {
        let reply = book.replies.get(message.client.as_deref()?)?;
        Some((reply.tried, reply.acked))
    };
    order(image.messages.iter().filter(|message| message.out), written, "reply", found, seen);
    let by_text: HashMap<&str, (Duration, Option<Duration>)> =
        book.replies.values().map(|reply| (reply.text.as_str(), (reply.tried, reply.acked))).collect();
    for texts in received {
        let mut latest = Duration::ZERO;
        for text in texts {
            let Some((tried, acked)) = by_text.get(text.as_str()).copied() else {
                found.add(Wrong::Trouble, format!("the provider got {text:?}, which nobody wrote"));
                continue;
            };
            if acked.is_some_and(|acked| acked < latest) {
                found.add(
                    Wrong::Misordered,
                    format!("{text:?} reached the customer after one that was written later"),
                );
            }
            latest = latest.max(tried);
        }
    }
}

/// Every file that a message shows is in its place and whole.
fn files(book: &Book, image: &Image, media: Option<&Path>, found: &mut Findings, seen: &mut Seen) {
    let with_file: HashSet<i64> = image.files.iter().map(|file| file.message).collect();
    for message in image.messages.iter().filter(|message| message.kind == "image") {
        if !with_file.contains(&message.id) {
            found.add(Wrong::File, format!("message {} shows a picture that nobody knows", message.id));
        }
    }
    let troubled = image.inboxes.iter().find(|(_, number)| Some(number) == book.troubled.as_ref());
    let may_miss: HashSet<i64> = image
        .messages
        .iter()
        .filter(|message| troubled.is_some_and(|(inbox, _)| *inbox == message.inbox))
        .map(|message| message.id)
        .collect();
    for file in &image.files {
        if file.state == "failed" && may_miss.contains(&file.message) {
            continue;
        }
        let key = match (&file.state[..], &file.key) {
            ("ready", Some(key)) => key,
            (state, _) => {
                found.add(Wrong::File, format!("the file of message {} is {state}", file.message));
                continue;
            }
        };
        let Some(media) = media else { continue };
        let named = key.rsplit('/').next().unwrap_or_default();
        match std::fs::read(media.join("objects").join(key)) {
            Ok(bytes) if hash(&bytes) == named => seen.files += 1,
            Ok(bytes) => {
                found.add(Wrong::File, format!("{key} holds {} bytes that are not its own", bytes.len()));
            }
            Err(error) => found.add(Wrong::File, format!("cannot read {key}: {error}")),
        }
    }
}

/// What was taken in is written as a whole, each article once, or has failed and says why.
fn imports(book: &Book, image: &Image, found: &mut Findings, seen: &mut Seen) {
    let mut titles: HashMap<&str, usize> = HashMap::new();
    for title in &image.articles {
        *titles.entry(title).or_default() += 1;
    }
    let ends: HashMap<i64, (&str, bool)> =
        image.imports.iter().map(|(id, state, why)| (*id, (state.as_str(), *why))).collect();
    for (id, state, _) in &image.imports {
        if ["reading", "applying"].contains(&state.as_str()) {
            found.add(Wrong::Unapplied, format!("import {id} is {state} for ever"));
        }
    }
    for (id, import) in &book.imports {
        let articles: Vec<usize> = (0..ARTICLES)
            .map(|number| titles.get(import.title(number).as_str()).copied().unwrap_or(0))
            .collect();
        if articles.iter().any(|count| *count > 1) {
            found.add(Wrong::Doubled, format!("an article of {} is there twice", import.name));
        }
        match ends.get(id) {
            Some(("done", _)) if articles.contains(&0) => {
                found.add(Wrong::Lost, format!("{} is done, and an article of it is missing", import.name));
            }
            Some(("done", _)) => seen.imports.0 += 1,
            Some(("failed", true)) => seen.imports.1 += 1,
            Some(("failed", false)) => {
                found.add(Wrong::Unapplied, format!("{} has failed without a reason", import.name));
            }
            Some(_) if !import.consented => {}
            Some((state, _)) => {
                found.add(Wrong::Lost, format!("{} was consented to and is {state}", import.name));
            }
            None => found.add(Wrong::Lost, format!("{} is no import", import.name)),
        }
    }
}

/// Nothing is left of whom the product says that it erased but a receipt, and no file of a message whose time was over.
fn forgotten(book: &Book, image: &Image, media: Option<&Path>, found: &mut Findings) {
    for one in &image.identities {
        if one.user.as_ref().is_some_and(|user| book.erased.contains_key(user)) {
            found.add(Wrong::Remains, format!("{:?} was erased and has an address", one.user));
        }
    }
    for (user, contact) in &book.erased {
        if !image.erasures.contains(&(*contact, true)) {
            found.add(Wrong::Lost, format!("there is no receipt of the erasure of {user}"));
        }
    }
    for (contact, _) in image.erasures.iter().filter(|(_, finished)| !finished) {
        found.add(Wrong::Unapplied, format!("the erasure of customer {contact} never ended"));
    }
    for key in &book.expired_files {
        if media.is_some_and(|media| media.join("objects").join(key).exists()) {
            found.add(Wrong::Remains, format!("{key} belonged to a message whose time was over"));
        }
    }
}

/// The SHA-256 of bytes in hex.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

#[cfg(test)]
mod tests;
