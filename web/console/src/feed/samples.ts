import type { Conversation, Message } from "../api/types";

/** A conversation for tests, with whatever a case changes. */
export function conversation(id: string, at: number, change: Partial<Conversation> = {}): Conversation {
  return {
    id,
    inbox_id: "ib_1",
    contact: { id: `ct_${id}`, name: id },
    identity: { id: `id_${id}`, phone: null, username: null, blocked: false },
    state: "open",
    turn: "person",
    assignee_id: "ag_me",
    team_id: null,
    snoozed_until: null,
    created_at: 0,
    updated_at: at,
    last_message: { id: `ms_${id}`, direction: "in", kind: "text", preview: "", at, status: null },
    unread: 0,
    label_ids: [],
    window: { state: "none", expires_at: null },
    waiting_since: null,
    ...change,
  };
}

/** A text message for tests. */
export function message(id: string, at: number, change: Partial<Message> = {}): Message {
  return {
    id,
    conversation_id: "cv_1",
    direction: "in",
    at,
    author: { type: "contact", id: "ct_1", name: "Ana" },
    content: { kind: "text", text: id },
    reply_to: null,
    reactions: [],
    status: null,
    forwarded: false,
    edited_at: null,
    revoked_at: null,
    client_id: null,
    sensitive: [],
    ...change,
  };
}
