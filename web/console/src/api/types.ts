import type { components } from "./schema";

type Schemas = components["schemas"];

/**
 * An answer as the server writes it. The document marks what may be absent as optional, but the
 * server writes every field and says `null` for what is absent.
 */
export type Whole<T> = T extends readonly (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Whole<T[Key]> }
    : T;

export type Agent = Whole<Schemas["Agent"]>;
export type Alarm = Whole<Schemas["Alarm"]>;
export type Article = Whole<Schemas["Article"]>;
export type ArticleChange = Schemas["ArticleEdit"];
export type ArticleSuggestion = Whole<Schemas["ArticleSuggestion"]>;
export type ArticleDraft = Schemas["ArticleDraft"];
export type Alarms = Whole<Schemas["Alarms"]>;
export type Assistance = Whole<Schemas["Assistance"]>;
export type AuditEntry = Whole<Schemas["AuditEntry"]>;
export type AuditVerified = Whole<Schemas["Verified"]>;
export type BotReport = Whole<Schemas["Report"]>;
export type BotSetting = Whole<Schemas["BotSetting"]>;
export type BotTrial = Whole<Schemas["TrialRow"]>;
export type Breach = Whole<Schemas["Breach"]>;
export type BreachDraft = Schemas["BreachDraft"];
/** Which trials of the bot: on what, and how they ended. */
export interface BotTrialFilter {
  source: Schemas["TrialSource"];
  deed?: Schemas["TrialDeed"] | undefined;
  agreement?: Schemas["Agreement"] | undefined;
}
export type BotAnswer = Whole<Schemas["BotAnswer"]>;
export type BotVerdict = Schemas["Verdict"];
/** With what a provider of identity sent the browser back. */
export type Callback = Schemas["Callback"];
export type Capabilities = Whole<Schemas["Capabilities"]>;
export type Channel = Whole<Schemas["Channel"]>;
export type ChannelField = Whole<Schemas["ChannelField"]>;
export type ColumnRole = Schemas["ColumnRole"];
export type ConsentNote = Schemas["ConsentNote"];
export type ConsentState = Whole<Schemas["ConsentState"]>;
export type ConsentWay = Schemas["ConsentWay"];
export type Contact = Whole<Schemas["Contact"]>;
export type Content = Whole<Schemas["Content"]>;
export type Controller = Whole<Schemas["Controller"]>;
export type Conversation = Whole<Schemas["Conversation"]>;
export type ConversationState = Schemas["ConversationState"];
export type Counts = Whole<Schemas["ConversationCounts"]>;
export type DataClass = Schemas["DataClass"];
export type Drift = Whole<Schemas["Drift"]>;
export type DriftPart = Drift["parts"][number];
export type DriftShare = DriftPart["shares"][number];
export type Every = Schemas["Every"];
export type Failure = Whole<Schemas["Failure"]>;
export type Gap = Whole<Schemas["Gap"]>;
export type Found = Whole<Schemas["Found"]>;
export type Hours = Whole<Schemas["Hours"]>;
export type HoursState = Whole<Schemas["HoursState"]>;
export type Weekday = Schemas["Weekday"];
export type HandOver = Whole<Schemas["HandOver"]>;
export type HelpCentre = Whole<Schemas["HelpCentre"]>;
export type Import = Whole<Schemas["Import"]>;
export type ImportChoice = Whole<Schemas["ImportChoice"]>;
export type ImportColumn = Whole<Schemas["ImportColumn"]>;
export type ImportItem = Whole<Schemas["ImportItem"]>;
export type Inbox = Whole<Schemas["Inbox"]>;
export type InboxLag = Whole<Schemas["InboxLag"]>;
export type Intent = Whole<Schemas["Intent"]>;
export type IntentAnswer = Whole<Schemas["IntentAnswer"]>;
export type IntentDraft = Schemas["IntentDraft"];
export type IntentExample = Whole<Schemas["IntentExample"]>;
export type IntentVersion = Whole<Schemas["IntentVersion"]>;
export type KnowledgeSource = Whole<Schemas["KnowledgeSource"]>;
export type Label = Whole<Schemas["Label"]>;
export type EmbeddingModel = Whole<Schemas["EmbeddingModel"]>;
export type EmbeddingModelDraft = Schemas["EmbeddingModelDraft"];
export type EmbeddingModelTested = Whole<Schemas["EmbeddingModelTested"]>;
export type LocalEmbeddingModel = Whole<Schemas["LocalEmbeddingModel"]>;
export type LanguageModel = Whole<Schemas["LanguageModel"]>;
export type LanguageModelDraft = Schemas["LanguageModelDraft"];
export type LanguageModelTested = Whole<Schemas["LanguageModelTested"]>;
export type LastMessage = Whole<Schemas["LastMessage"]>;
export type Locale = Schemas["Locale"];
export type Me = Whole<Schemas["Me"]>;
export type Mask = Schemas["Mask"];
export type Media = Whole<Schemas["Media"]>;
export type MediaKind = Schemas["MediaKind"];
export type MediaRule = Whole<Schemas["MediaRule"]>;
export type Message = Whole<Schemas["Message"]>;
export type MessagePage = Whole<Schemas["Thread"]>;
export type NewMessage = Schemas["MessageDraft"];
export type NewRole = Schemas["RoleDraft"];
export type Overview = Whole<Schemas["Overview"]>;
export type Parked = Whole<Schemas["Parked"]>;
export type Permission = Schemas["Permission"];
export type Provider = Whole<Schemas["Provider"]>;
export type ProviderDraft = Schemas["ProviderDraft"];
export type Purpose = Schemas["Purpose"];
export type QuickReply = Whole<Schemas["QuickReply"]>;
export type Quote = Whole<Schemas["Quote"]>;
export type RetentionDraft = Schemas["RetentionDraft"];
export type RetentionCount = Whole<Schemas["RetentionCount"]>;
/** How a text that is being written is put otherwise. */
export type Rewriting = { tone: Schemas["Tone"] } | { to: string };
export type Role = Schemas["Role"];
export type RoleView = Whole<Schemas["RoleView"]>;
export type Scope = Schemas["Scope"];
export type SearchHit = Whole<Schemas["SearchHit"]>;
export type SensitiveRule = Schemas["SensitiveRule"];
export type SendState = Schemas["DeliveryState"];
export type Session = Whole<Schemas["SessionView"]>;
export type SimilarConversation = Whole<Schemas["SimilarConversation"]>;
export type SignInPolicy = Whole<Schemas["SignInPolicy"]>;
export type StaleArticle = Whole<Schemas["StaleArticle"]>;
export type SourceDraft = Schemas["SourceDraft"];
export type Status = Whole<Schemas["Status"]>;
export type Surge = Whole<Schemas["Surge"]>;
export type Suggestion = Whole<Schemas["Suggestion"]>;
export type SuggestionFate = Schemas["SuggestionFate"];
export type SummaryPoint = Whole<Schemas["SummaryPoint"]>;
export type Team = Whole<Schemas["Team"]>;
export type TopicCount = Whole<Schemas["TopicCount"]>;
export type TopicOutlook = Whole<Schemas["TopicOutlook"]>;
export type UnansweredQuestion = Whole<Schemas["UnansweredQuestion"]>;
export type JudgedPair = Whole<Schemas["JudgedPair"]>;
export type PairDecision = Schemas["PairDecision"];
export type Synonyms = Schemas["Synonyms"];
export type UnansweredTopic = Whole<Schemas["UnansweredTopic"]>;
export type Upload = Whole<Schemas["Upload"]>;
export type Waiting = Whole<Schemas["Waiting"]>;
export type ServerFrame = Whole<Schemas["ServerFrame"]>;

/** One page of a list. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Which entries of the audit. Times are milliseconds since 1970 UTC. */
export interface AuditFilter {
  actor?: string | undefined;
  act?: Schemas["Act"] | undefined;
  contact?: string | undefined;
  from?: number | undefined;
  until?: number | undefined;
}

/** Which messages are looked for. Times are milliseconds since 1970 UTC. */
export interface MessageFilter {
  q: string;
  inbox?: string | undefined;
  agent?: string | undefined;
  direction?: "in" | "out" | "note" | undefined;
  from?: number | undefined;
  until?: number | undefined;
}

export type Understood = Whole<Schemas["Understood"]>;
export type UnderstoodMessage = Whole<Schemas["UnderstoodMessage"]>;

/** Which examples a list shows. */
export interface ExampleFilter {
  state?: IntentExample["state"] | undefined;
  intent?: string | undefined;
}

/** Which articles a list shows. */
export interface ArticleFilter {
  state?: Article["state"] | undefined;
  kind?: Article["kind"] | undefined;
  category?: string | undefined;
}

/** Which conversations a list shows. */
export interface ConversationFilter {
  state: ConversationState | "all";
  assignee: "me" | "none" | "any";
  inbox?: string | undefined;
  label?: string | undefined;
  q?: string | undefined;
}
export type CodeSecret = Whole<Schemas["CodeSecret"]>;
export type HeldLink = Whole<Schemas["HeldLink"]>;
export type MadeLink = Whole<Schemas["MadeLink"]>;
export type SecondStepNeeded = Whole<Schemas["SecondStepNeeded"]>;
export type Token = Whole<Schemas["TokenView"]>;
