//! Identifiers: 64-bit and time-ordered inside, short prefixed strings outside.
//!
//! Layout, from the highest bit: 1 zero, 41 bits of milliseconds since 2024-01-01 UTC, 10 bits of node lease,
//! 12 bits of counter. An id is a name and never a right: whatever grants access by being known is a random
//! token, stored hashed.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::{Clock, Millis};

/// 2024-01-01T00:00:00Z; 41 bits of milliseconds last until 2093.
const EPOCH: i64 = 1_704_067_200_000;
const NODE_BITS: u32 = 10;
const COUNTER_BITS: u32 = 12;

/// The largest node lease number.
pub const MAX_NODE: u16 = (1 << NODE_BITS) - 1;

/// Hands out ids that ascend within a node, even when the clock steps back or a millisecond is used up.
///
/// A node's number passes from holder to holder. Each holder makes ids of its own stretch of time only, and stretches
/// of one number never overlap: so no two holders make the same id, whatever their clocks say and however long one of
/// them slept.
pub struct Ids {
    clock: Arc<dyn Clock>,
    node: i64,
    /// The last `(milliseconds << COUNTER_BITS) | counter` handed out.
    last: AtomicI64,
    /// The first such number that is not ours to hand out.
    end: AtomicI64,
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").field("node", &self.node).finish_non_exhaustive()
    }
}

impl Ids {
    /// A generator for the node with number `node` (at most [`MAX_NODE`], higher bits are ignored) that nobody
    /// else will ever hold.
    pub fn new(clock: Arc<dyn Clock>, node: u16) -> Self {
        Self::between(clock, node, Millis(EPOCH), Millis(i64::MAX))
    }

    /// A generator for the stretch of time from `begin` until before `end`.
    pub fn between(clock: Arc<dyn Clock>, node: u16, begin: Millis, end: Millis) -> Self {
        // The first id handed out is the one after `last`.
        let (last, end) = (AtomicI64::new(place(begin)), AtomicI64::new(place(end)));
        Self { clock, node: i64::from(node & MAX_NODE), last, end }
    }

    /// Lengthens the stretch; one that is longer already stays.
    pub fn extend(&self, end: Millis) {
        self.end.fetch_max(place(end), Ordering::Relaxed);
    }

    /// Whether the stretch ends before `moment`: ids made then would stand before those that other nodes made earlier.
    pub fn ends_before(&self, moment: Millis) -> bool {
        self.end.load(Ordering::Relaxed) < place(moment)
    }

    /// The first moment of which no id was made: where another holder may begin.
    pub fn used_until(&self) -> Millis {
        Millis((self.last.load(Ordering::Relaxed) >> COUNTER_BITS) + EPOCH + 1)
    }

    /// The next raw id.
    ///
    /// # Panics
    /// When the stretch is used up, which takes four million ids for each second of it: an id of somebody else's
    /// stretch must not be made.
    pub fn next_raw(&self) -> i64 {
        let now = place(self.clock.now());
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let end = self.end.load(Ordering::Relaxed);
            // A clock that is past the end jumped, or nobody could lengthen the stretch: count on.
            let next = if now < end { now.max(last + 1) } else { last + 1 };
            assert!(next < end, "the node's stretch of ids is used up");
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    let (millis, counter) = (next >> COUNTER_BITS, next & ((1 << COUNTER_BITS) - 1));
                    return (millis << (NODE_BITS + COUNTER_BITS)) | (self.node << COUNTER_BITS) | counter;
                }
                Err(seen) => last = seen,
            }
        }
    }

    /// The next id of a kind.
    pub fn next<I: From<i64>>(&self) -> I {
        I::from(self.next_raw())
    }
}

/// Where a moment's ids begin.
fn place(moment: Millis) -> i64 {
    (moment.0 - EPOCH).clamp(0, i64::MAX >> COUNTER_BITS) << COUNTER_BITS
}

/// The moment at which a raw id was made.
pub fn made_at(raw: i64) -> Millis {
    Millis((raw >> (NODE_BITS + COUNTER_BITS)) + EPOCH)
}

/// The smallest raw id that a node makes at a moment: what was made before it is smaller.
pub fn first_at(at: Millis) -> i64 {
    (at.0 - EPOCH).max(0) << (NODE_BITS + COUNTER_BITS)
}

/// Why a string is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that starts with {prefix:?}")]
pub struct BadId {
    prefix: &'static str,
}

/// Crockford's base 32, lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(prefix: &str, raw: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [b'0'; 13];
    let mut rest = raw.cast_unsigned();
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    f.write_str(prefix)?;
    f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
}

fn decode(prefix: &'static str, text: &str) -> Result<i64, BadId> {
    let bad = BadId { prefix };
    let digits = text.strip_prefix(prefix).ok_or(bad.clone())?;
    if digits.len() != 13 {
        return Err(bad);
    }
    let mut raw: u64 = 0;
    for (place, digit) in digits.bytes().enumerate() {
        let value = ALPHABET.iter().position(|letter| *letter == digit).ok_or(bad.clone())? as u64;
        // 13 digits hold 65 bits: the first may only be 0 to 7, as ids are never negative.
        if place == 0 && value > 7 {
            return Err(bad);
        }
        raw = (raw << 5) | value;
    }
    Ok(raw.cast_signed())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(raw: i64) -> Self {
                Self(raw)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode($prefix, self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode($prefix, self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                decode($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .examples([concat!($prefix, "0f5s3v9k2m0a1")])
                    .build()
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }
    };
}

id!(/// A workspace: the tenant that owns everything else.
    WorkspaceId, "ws_");
id!(/// A person who works in a workspace.
    AgentId, "ag_");
id!(/// A signed-in browser of an agent.
    SessionId, "se_");
id!(/// An inbox: one connected number, account or address of a channel.
    InboxId, "ib_");
id!(/// A customer.
    ContactId, "ct_");
id!(/// A customer's address on one inbox.
    IdentityId, "id_");
id!(/// A conversation of one identity with one inbox.
    ConversationId, "cv_");
id!(/// A message, note or activity line.
    MessageId, "ms_");
id!(/// A stored file.
    MediaId, "md_");
id!(/// A label for conversations.
    LabelId, "lb_");
id!(/// A saved reply.
    QuickReplyId, "qr_");
id!(/// A raw delivery of a provider.
    InboundId, "in_");
id!(/// A queued sending to a provider.
    OutboundId, "ou_");
id!(/// A queued piece of background work.
    JobId, "jb_");
id!(/// An alarm for the operator.
    AlarmId, "al_");
id!(/// Something that customers ask about far more often than usual.
    SurgeId, "su_");
id!(/// A token for a program.
    TokenId, "tk_");
id!(/// A piece of knowledge.
    ArticleId, "ar_");
id!(/// A category of knowledge.
    CategoryId, "ca_");
id!(/// What knowledge is taken from.
    SourceId, "ks_");
id!(/// The reading of a source of knowledge.
    ImportId, "im_");
id!(/// A hold on a customer's data.
    HoldId, "ho_");
id!(/// The erasure of a customer.
    ErasureId, "er_");
id!(/// A rule about how long data lives.
    RetentionId, "rt_");
id!(/// A breach of data.
    BreachId, "br_");
id!(/// A passkey of an agent.
    PasskeyId, "pk_");
id!(/// A provider of identity.
    ProviderId, "pv_");
id!(/// A role that a workspace made.
    RoleId, "ro_");
id!(/// A team.
    TeamId, "tm_");
id!(/// A question on which the bot was tried.
    TrialId, "tr_");
id!(/// An intent of a workspace.
    IntentId, "it_");
id!(/// An example of an intent.
    ExampleId, "ex_");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn ids_ascend_even_when_the_clock_steps_back() {
        let clock = Arc::new(ManualClock::at(Millis(EPOCH + 5_000)));
        let ids = Ids::new(clock.clone(), 3);
        let mut last = ids.next_raw();
        for round in 0..20_000 {
            if round == 10_000 {
                clock.advance(Millis::hours(-1));
            }
            let next = ids.next_raw();
            assert!(next > last);
            last = next;
        }
        assert!(made_at(last) >= Millis(EPOCH + 5_000));
        assert!(first_at(made_at(last)) <= last && last < first_at(made_at(last) + Millis(1)));
    }

    #[test]
    fn two_nodes_never_share_an_id() {
        let clock = Arc::new(ManualClock::at(Millis(EPOCH + 5_000)));
        let (one, two) = (Ids::new(clock.clone(), 1), Ids::new(clock, 2));
        let ones: std::collections::HashSet<i64> = (0..5000).map(|_| one.next_raw()).collect();
        assert!((0..5000).all(|_| !ones.contains(&two.next_raw())));
    }

    #[test]
    fn two_holders_of_one_number_never_share_an_id() {
        let clock = Arc::new(ManualClock::at(Millis(EPOCH + 5_000)));
        let first = Ids::between(clock.clone(), 1, Millis(EPOCH), Millis(EPOCH + 6_000));
        let mut made: Vec<i64> = (0..5000).map(|_| first.next_raw()).collect();
        // The first one sleeps or its clock jumps; meanwhile another holder begins where its stretch ends.
        clock.advance(Millis::hours(1));
        let second = Ids::between(clock.clone(), 1, Millis(EPOCH + 6_000), Millis(EPOCH + 7_000));
        clock.advance(Millis::hours(-2));
        made.extend((0..5000).map(|_| second.next_raw()));
        clock.advance(Millis::hours(1));
        made.extend((0..5000).map(|_| first.next_raw()));
        let different: std::collections::HashSet<&i64> = made.iter().collect();
        assert_eq!(different.len(), made.len());
        // A third begins after a clean end.
        let third = Ids::between(clock, 1, second.used_until(), Millis(EPOCH + 9_000));
        assert!(third.next_raw() > *made[5000..10_000].iter().max().expect("made"));
    }

    #[test]
    #[should_panic(expected = "used up")]
    fn a_stretch_that_is_used_up_gives_nothing_more() {
        let clock = Arc::new(ManualClock::at(Millis(EPOCH + 5_000)));
        let ids = Ids::between(clock, 1, Millis(EPOCH + 5_000), Millis(EPOCH + 5_001));
        for _ in 0..=1 << COUNTER_BITS {
            ids.next_raw();
        }
    }

    proptest::proptest! {
        #[test]
        fn text_and_back(raw in 0..i64::MAX) {
            let id = ConversationId(raw);
            proptest::prop_assert_eq!(id.to_string().parse::<ConversationId>(), Ok(id));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<ConversationId>();
            let _ = format!("cv_{text}").parse::<ConversationId>();
        }
    }

    #[test]
    fn a_foreign_prefix_is_refused() {
        assert!(MessageId(7).to_string().parse::<ConversationId>().is_err());
        assert!("cv_zzzzzzzzzzzzz".parse::<ConversationId>().is_err());
    }
}
