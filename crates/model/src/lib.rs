//! The pure domain of Bellhop: types, state machines, windows and permissions.
//!
//! No IO, no async, no clock: time and randomness are parameters ([`Clock`], [`Entropy`]).

mod agent;
mod alarm;
mod article;
mod audit;
mod bot;
mod breach;
pub mod cell;
mod clock;
mod consent;
mod contact;
mod conversation;
mod drift;
mod embedding_model;
mod erasure;
mod event;
mod hours;
mod ids;
mod import;
mod inbox;
mod intent;
mod label;
mod language_model;
mod link;
mod mask;
mod media;
mod message;
mod named;
mod notice;
mod pattern;
mod permission;
mod provider;
mod retention;
mod role;
mod search;
mod secret;
mod sensitive;
mod status;
mod stop_word;
mod suggestion;
mod synonyms;
mod team;
mod topic;
mod trial;
mod unanswered;
mod verdict;
mod window;

pub use agent::{Agent, Locale};
pub use alarm::{Alarm, AlarmKind, GapReason};
pub use article::{Article, ArticleKind, ArticleState, ArticleVersion, Audience, Category, HelpCentre};
pub use audit::{Act, ActorKind, AuditEntry, Shown};
pub use bot::{
    BotMemory, BotSetting, BotTimes, HandOver, HandOverReason, Haste, Mood, NamedKind, NamedThing,
};
pub use breach::{Breach, BreachDraft, Duty, DutyKind};
pub use clock::{Clock, Entropy, ManualClock, Millis};
pub use consent::{Consent, ConsentState, ConsentWay, Purpose};
pub use contact::{Contact, Identity};
pub use conversation::{
    Conversation, ConversationContact, ConversationIdentity, ConversationState, LastMessage, Turn,
};
pub use drift::{Drift, DriftPart, DriftShare, DriftState};
pub use embedding_model::EmbeddingModel;
pub use erasure::{Erased, ErasureWhy, Hold, Receipt};
pub use event::{Change, EventKind, Was};
pub use hours::{ClosedDay, Hours, Opening, Weekday};
pub use ids::*;
pub use import::{
    ColumnRole, Every, Import, ImportChoice, ImportColumn, ImportCounts, ImportItem, ImportProblem,
    ImportState, ImportVerdict, KnowledgeSource, SourceKind,
};
pub use inbox::{Capabilities, ChannelKind, Check, Health, HealthState, MediaRule};
pub use intent::{
    ExampleOrigin, ExampleState, Intent, IntentAnswer, IntentChange, IntentCorrection, IntentExample,
    IntentFigure, IntentFigures, IntentLearning, IntentVersion, Understood, UnderstoodMessage,
};
pub use label::{Label, QuickReply};
pub use language_model::{LanguageModel, ModelAbilities, Tone};
pub use link::LinkKind;
pub use mask::{MASKED, Mask, Masks, Personal};
pub use media::{Media, MediaFailure, MediaKind, MediaState, UPLOAD_LIFE};
pub use message::{
    Activity, Author, AuthorKind, ContactCard, ContactPhone, Content, Direction, Message, MessageChoice,
    OrderItem, Quote, Reaction, ReactionBy, ReplyVia, SystemEvent,
};
pub use notice::{LANGUAGES, Notice, language_for};
pub use pattern::{MAX_PATTERN, MAX_TEXT, Pattern, PatternError, TooCostly};
pub use permission::Permission;
pub use provider::{GroupRole, Provider, ProviderStep, RoleSaid};
pub use retention::{DataClass, RetentionCount, RetentionReport, RetentionRule};
pub use role::{CustomRole, Rights, Role, Scope};
pub use search::{SearchHit, SnippetPiece};
pub use secret::Secret;
pub use sensitive::{Outbound, SensitiveClass, SensitiveRule, SensitiveSpan};
pub use status::{DeliveryState, Failure, FailureCode, Report, Status};
pub use stop_word::is_stop_word;
pub use suggestion::{
    SimilarConversation, Suggestion, SuggestionKind, SuggestionSource, SuggestionUse, Suggestions, Summary,
    SummaryPoint,
};
pub use synonyms::Synonyms;
pub use team::Team;
pub use topic::{Surge, TopicCount, TopicIntent, TopicKind, TopicOutlook, TopicQuestion};
pub use trial::{Agreement, Replay, Trial, TrialDeed, TrialSource, Verdict};
pub use unanswered::{ArticleSuggestion, StaleArticle, StaleReason, UnansweredQuestion, UnansweredTopic};
pub use verdict::{AnswerKind, BotAnswer, JudgedPair};
pub use window::{Window, WindowState};
