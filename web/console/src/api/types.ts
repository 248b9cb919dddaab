/** The shapes of the HTTP interface that the console works with. Times are milliseconds UTC. */

export type Role = "owner" | "admin" | "agent";
export type Locale = "en" | "zh-CN";

export interface Agent {
  id: string;
  name: string;
  email: string;
  role: Role;
  locale: string;
  disabled: boolean;
  created_at: number;
}

export interface Me {
  agent: Agent;
  workspace: { id: string; name: string };
  permissions: string[];
  seq: number;
}

export interface Session {
  id: string;
  current: boolean;
  created_at: number;
  seen_at: number;
  user_agent: string | null;
  address: string | null;
}

export type MediaKind = "image" | "audio" | "voice" | "video" | "document" | "sticker";

export interface MediaLimit {
  kind: MediaKind;
  mimes: string[];
  max_bytes: number;
}

export interface Capabilities {
  text_limit: number;
  caption_limit: number;
  media: MediaLimit[];
  quote: boolean;
  reactions: boolean;
  typing: boolean;
  read_receipts: boolean;
  edit: boolean;
  delete: boolean;
  window_hours: number | null;
}

export interface ChannelField {
  name: string;
  label: Record<string, string>;
  help: Record<string, string>;
  secret: boolean;
  required: boolean;
  placeholder: string | null;
  pattern: string | null;
}

export interface Channel {
  kind: string;
  name: string;
  fields: ChannelField[];
  capabilities: Capabilities;
}

export interface Check {
  code: string;
  ok: boolean;
  detail: string | null;
}

export interface Inbox {
  id: string;
  kind: string;
  name: string;
  address: string | null;
  config: Record<string, string>;
  secrets_set: string[];
  callback_url: string;
  verify_token: string;
  capabilities: Capabilities;
  health: { state: "unchecked" | "ok" | "error"; checked_at: number | null; checks: Check[] };
  created_at: number;
}

export type ConversationState = "open" | "snoozed" | "resolved";
export type Direction = "in" | "out" | "note" | "activity";
export type SendState =
  | "queued"
  | "sending"
  | "accepted"
  | "sent"
  | "delivered"
  | "read"
  | "played"
  | "failed"
  | "uncertain";

export interface LastMessage {
  id: string;
  direction: Direction;
  kind: string;
  preview: string;
  at: number;
  status: SendState | null;
}

export interface Conversation {
  id: string;
  inbox_id: string;
  contact: { id: string; name: string };
  identity: { id: string; phone: string | null; username: string | null; blocked: boolean };
  state: ConversationState;
  turn: "bot" | "queue" | "person";
  assignee_id: string | null;
  snoozed_until: number | null;
  created_at: number;
  updated_at: number;
  last_message: LastMessage | null;
  unread: number;
  label_ids: string[];
  window: { state: "open" | "closed" | "none"; expires_at: number | null };
  waiting_since: number | null;
}

export interface CountPair {
  open: number;
  unread: number;
}

export interface Counts {
  mine: CountPair;
  unassigned: CountPair;
  all: CountPair;
}

export interface Media {
  id: string;
  state: "pending" | "ready" | "failed";
  mime: string | null;
  size: number | null;
  name: string | null;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  waveform: number[] | null;
  voice: boolean;
  animated: boolean;
  url: string | null;
  thumbnail_url: string | null;
  failure: string | null;
}

export interface ContactCard {
  name: string;
  phones: { number: string; label: string | null }[];
  emails: string[];
  organization: string | null;
}

export type MediaContent = {
  kind: "image" | "video" | "document" | "sticker";
  media: Media;
  caption: string | null;
};

export type Content =
  | { kind: "text"; text: string }
  | MediaContent
  | { kind: "audio"; media: Media }
  | {
      kind: "location";
      latitude: number;
      longitude: number;
      name: string | null;
      address: string | null;
      url: string | null;
    }
  | { kind: "contacts"; cards: ContactCard[] }
  | {
      kind: "reply";
      via: "button" | "list" | "template" | "flow";
      title: string;
      description: string | null;
      payload: string | null;
    }
  | {
      kind: "order";
      items: { product_id: string; quantity: number; price: number | null; currency: string | null }[];
      text: string | null;
    }
  | { kind: "system"; event: "number_changed" | "identity_changed" | "other"; text: string }
  | { kind: "unsupported"; type: string | null; reason: string | null }
  | {
      kind: "activity";
      event: string;
      agent_id: string | null;
      by_agent_id: string | null;
      until: number | null;
      text: string | null;
    };

export interface Failure {
  code: string;
  provider_code: string | number | null;
  detail: string | null;
  retryable: boolean;
}

export interface Status {
  state: SendState;
  queued_at: number | null;
  accepted_at: number | null;
  sent_at: number | null;
  delivered_at: number | null;
  read_at: number | null;
  played_at: number | null;
  failed_at: number | null;
  failure: Failure | null;
}

export interface Quote {
  id: string | null;
  author_name: string | null;
  kind: string;
  preview: string;
}

export interface Reaction {
  emoji: string;
  by: "contact" | "agent";
  at: number;
}

export interface Message {
  id: string;
  conversation_id: string;
  direction: Direction;
  at: number;
  author: { type: "contact" | "agent" | "bot" | "system"; id: string | null; name: string | null };
  content: Content;
  reply_to: Quote | null;
  reactions: Reaction[];
  status: Status | null;
  forwarded: boolean;
  edited_at: number | null;
  revoked_at: number | null;
  client_id: string | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface MessagePage {
  items: Message[];
  has_before: boolean;
  has_after: boolean;
}

export interface NewMessage {
  client_id: string;
  text?: string;
  upload_id?: string;
  voice?: boolean;
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  reply_to?: string;
}

export interface Upload {
  id: string;
  kind: MediaKind;
  mime: string;
  size: number;
  name: string | null;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
}

export interface ContactIdentity {
  id: string;
  inbox_id: string;
  phone: string | null;
  username: string | null;
  blocked: boolean;
  last_inbound_at: number | null;
}

export interface Contact {
  id: string;
  name: string;
  created_at: number;
  first_seen_at: number;
  identities: ContactIdentity[];
  conversations: Conversation[];
}

export interface Label {
  id: string;
  name: string;
  color: string;
}

export interface QuickReply {
  id: string;
  shortcut: string;
  body: string;
  updated_at: number;
}

export interface Parked {
  id: string;
  inbox_id: string;
  received_at: number;
  parked_at: number;
  reason: string;
  attempts: number;
  size: number;
}

export interface ConversationFilter {
  state: ConversationState | "all";
  assignee: "me" | "none" | "any";
  inbox?: string | undefined;
  label?: string | undefined;
  q?: string | undefined;
}
