//! Messages and what they carry.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ConversationId, HandOver, Media, MediaKind, MessageId, Millis, SensitiveSpan, Status};

/// A line of a conversation: a message of the customer, one of the business, a note or an activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Message {
    /// Its id; ids of one conversation ascend in the order of the thread.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// Who speaks to whom.
    pub direction: Direction,
    /// When it was written, by the provider's clock where it has one.
    pub at: Millis,
    /// Who wrote it.
    pub author: Author,
    /// What it carries.
    pub content: Content,
    /// The message that it quotes.
    pub reply_to: Option<Quote>,
    /// How both sides reacted to it.
    pub reactions: Vec<Reaction>,
    /// How far it got, for messages of the business.
    pub status: Option<Status>,
    /// Whether the customer forwarded it from elsewhere.
    pub forwarded: bool,
    /// When it was last changed by its author.
    pub edited_at: Option<Millis>,
    /// When it was withdrawn by its author.
    pub revoked_at: Option<Millis>,
    /// The name that the writing browser gave it, which makes writing idempotent.
    pub client_id: Option<String>,
    /// What in its texts is sensitive, and whether it is masked here.
    pub sensitive: Vec<SensitiveSpan>,
}

/// Who speaks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the customer.
    In,
    /// To the customer.
    Out,
    /// Among agents.
    Note,
    /// Something that happened to the conversation.
    Activity,
}

impl Direction {
    /// The name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Note => "note",
            Self::Activity => "activity",
        }
    }

    /// The direction of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::In, Self::Out, Self::Note, Self::Activity].into_iter().find(|one| one.as_str() == name)
    }
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Author {
    /// What the author is.
    #[serde(rename = "type")]
    pub kind: AuthorKind,
    /// The agent, for agents.
    pub id: Option<AgentId>,
    /// The author's name, where known.
    pub name: Option<String>,
}

/// What the author of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    /// The customer.
    Contact,
    /// An agent.
    Agent,
    /// The bot.
    Bot,
    /// Bellhop itself.
    System,
}

impl AuthorKind {
    /// The name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Agent => "agent",
            Self::Bot => "bot",
            Self::System => "system",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Contact, Self::Agent, Self::Bot, Self::System].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a message carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Plain text.
    Text {
        /// The text, never markup.
        text: String,
    },
    /// A question of the business whose answers can be tapped; as buttons or as a list, as the channel has it.
    Choices {
        /// The question, never markup.
        text: String,
        /// What opens the choices where the channel hides them behind a button.
        label: String,
        /// The choices, in their order.
        choices: Vec<MessageChoice>,
    },
    /// A picture.
    Image {
        /// The file.
        media: Media,
        /// Text under it.
        caption: Option<String>,
    },
    /// A film.
    Video {
        /// The file.
        media: Media,
        /// Text under it.
        caption: Option<String>,
    },
    /// A file.
    Document {
        /// The file.
        media: Media,
        /// Text under it.
        caption: Option<String>,
    },
    /// A sticker.
    Sticker {
        /// The file.
        media: Media,
        /// Always absent; stickers have none.
        caption: Option<String>,
    },
    /// A sound file or, with `media.voice`, a voice note.
    Audio {
        /// The file.
        media: Media,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What is there.
        name: Option<String>,
        /// Its postal address.
        address: Option<String>,
        /// A page about it.
        url: Option<String>,
    },
    /// Address cards.
    Contacts {
        /// The cards.
        cards: Vec<ContactCard>,
    },
    /// A tap on a button, a list row or a form.
    Reply {
        /// What was tapped.
        via: ReplyVia,
        /// What the customer saw on it.
        title: String,
        /// A second line, for list rows.
        description: Option<String>,
        /// The id or data behind it.
        payload: Option<String>,
    },
    /// Goods that the customer wants to buy.
    Order {
        /// The goods.
        items: Vec<OrderItem>,
        /// What the customer wrote with it.
        text: Option<String>,
    },
    /// A notice of the provider about the customer.
    System {
        /// What happened.
        event: SystemEvent,
        /// The provider's words.
        text: Option<String>,
    },
    /// Something that the provider does not pass on, or that we do not know yet; the raw form is kept.
    Unsupported {
        /// The provider's name for it, such as `poll_creation`.
        #[serde(rename = "type")]
        kind: Option<String>,
        /// The provider's words.
        reason: Option<String>,
    },
    /// Something that happened to the conversation.
    Activity(Activity),
}

impl Content {
    /// The kind's name as stored and shown in lists and quotes: that of the API, and `voice` for a voice note.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Choices { .. } => "choices",
            Self::Image { .. } => "image",
            Self::Video { .. } => "video",
            Self::Document { .. } => "document",
            Self::Sticker { .. } => "sticker",
            Self::Audio { media } if media.voice => "voice",
            Self::Audio { .. } => "audio",
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::Reply { .. } => "reply",
            Self::Order { .. } => "order",
            Self::System { .. } => "system",
            Self::Unsupported { .. } => "unsupported",
            Self::Activity(_) => "activity",
        }
    }

    /// The file it carries.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image { media, .. }
            | Self::Video { media, .. }
            | Self::Document { media, .. }
            | Self::Sticker { media, .. }
            | Self::Audio { media } => Some(media),
            _ => None,
        }
    }

    /// The file it carries, to be changed.
    pub fn media_mut(&mut self) -> Option<&mut Media> {
        match self {
            Self::Image { media, .. }
            | Self::Video { media, .. }
            | Self::Document { media, .. }
            | Self::Sticker { media, .. }
            | Self::Audio { media } => Some(media),
            _ => None,
        }
    }

    /// A message that carries a file. A caption on sound is dropped: no channel shows it.
    pub fn of_media(kind: MediaKind, mut media: Media, caption: Option<String>) -> Self {
        match kind {
            MediaKind::Image => Self::Image { media, caption },
            MediaKind::Video => Self::Video { media, caption },
            MediaKind::Document => Self::Document { media, caption },
            MediaKind::Sticker => Self::Sticker { media, caption: None },
            MediaKind::Audio => Self::Audio { media },
            MediaKind::Voice => {
                media.voice = true;
                Self::Audio { media }
            }
        }
    }

    /// The text that a person reads in it: body, caption, title or name.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } | Self::Choices { text, .. } => Some(text),
            Self::Image { caption, .. } | Self::Video { caption, .. } | Self::Sticker { caption, .. } => {
                caption.as_deref()
            }
            Self::Document { caption, media } => caption.as_deref().or(media.name.as_deref()),
            Self::Location { name, address, .. } => name.as_deref().or(address.as_deref()),
            Self::Contacts { cards } => cards.first().map(|card| card.name.as_str()),
            Self::Reply { title, .. } => Some(title),
            Self::Order { text, .. } | Self::System { text, .. } => text.as_deref(),
            Self::Audio { .. } | Self::Unsupported { .. } | Self::Activity(_) => None,
        }
    }

    /// The beginning of its text on one line, at most 140 characters.
    pub fn preview(&self) -> String {
        let text = self.text().unwrap_or_default();
        let mut line: String = text.split_whitespace().take(140).collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = line.char_indices().nth(140) {
            line.truncate(end);
        }
        line
    }
}

/// One of several answers that a customer can tap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MessageChoice {
    /// What the tap names ([`Content::Reply`], its `payload`); unlike that of every other question.
    pub id: String,
    /// What the customer reads on it, whole; a channel may cut it.
    pub title: String,
}

/// An address card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContactCard {
    /// The person's or firm's name.
    pub name: String,
    /// Its numbers.
    pub phones: Vec<ContactPhone>,
    /// Its e-mail addresses.
    pub emails: Vec<String>,
    /// The firm it belongs to.
    pub organization: Option<String>,
}

/// A number on an address card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContactPhone {
    /// The number as written on the card.
    pub number: String,
    /// What it is, such as `WORK`.
    pub label: Option<String>,
}

/// Goods in an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderItem {
    /// The seller's name for the goods.
    pub product_id: String,
    /// How many.
    pub quantity: f64,
    /// Price of one.
    pub price: f64,
    /// Its currency (ISO 4217).
    pub currency: String,
}

/// What a customer tapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplyVia {
    /// A reply button.
    Button,
    /// A row of a list.
    List,
    /// A button of a template.
    Template,
    /// A form.
    Flow,
}

/// What a provider tells about a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SystemEvent {
    /// The customer has another number or id now.
    NumberChanged,
    /// The customer's device or keys changed.
    IdentityChanged,
    /// Something else.
    Other,
}

/// Something that happened to a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Activity {
    /// What happened: `assigned`, `unassigned`, `resolved`, `reopened`, `snoozed`, `woken`, `labels`,
    /// `number_changed`, `merged`, `handed_over` (by the bot) or `handed_back` (to the bot).
    pub event: String,
    /// The agent whom it concerns.
    pub agent_id: Option<AgentId>,
    /// The agent who did it; absent when Bellhop did.
    pub by_agent_id: Option<AgentId>,
    /// Until when, for `snoozed`.
    pub until: Option<Millis>,
    /// More about it.
    pub text: Option<String>,
    /// What the bot tells whoever takes over, for `handed_over`.
    #[serde(default)]
    pub hand_over: Option<Box<HandOver>>,
}

/// The message that another one quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Quote {
    /// The quoted message, where we have it.
    pub id: Option<MessageId>,
    /// Who wrote it.
    pub author_name: Option<String>,
    /// Its content's kind.
    pub kind: Option<String>,
    /// The beginning of its text.
    pub preview: String,
}

/// A reaction to a message; each side has at most one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Which side reacted.
    pub by: ReactionBy,
    /// When.
    pub at: Millis,
}

/// Which side reacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReactionBy {
    /// The customer.
    Contact,
    /// The business.
    Agent,
}

impl ReactionBy {
    /// The name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Agent => "agent",
        }
    }

    /// The side of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Contact, Self::Agent].into_iter().find(|side| side.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_one_short_line() {
        let text = format!("你好\n\n{}", "字".repeat(500));
        let preview = Content::Text { text }.preview();
        assert_eq!(preview.chars().count(), 140);
        assert!(preview.starts_with("你好 字"));
    }

    #[test]
    fn content_reads_as_the_api_promises() {
        let content = Content::Unsupported { kind: Some("poll_creation".into()), reason: None };
        let json = serde_json::to_value(&content).expect("content serialises");
        assert_eq!(json, serde_json::json!({"kind": "unsupported", "type": "poll_creation", "reason": null}));
    }
}
