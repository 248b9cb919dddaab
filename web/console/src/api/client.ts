import { ApiError, readError } from "./error";
import type {
  Agent,
  Channel,
  Contact,
  Conversation,
  ConversationFilter,
  Counts,
  Inbox,
  Label,
  Me,
  Message,
  MessagePage,
  NewMessage,
  Page,
  Parked,
  QuickReply,
  Session,
  Upload,
} from "./types";

type Query = Record<string, string | number | undefined>;
interface Options {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

let onUnauthorized: () => void = () => {};

/** Says what happens when the server no longer knows the session. */
export function whenUnauthorized(handler: () => void) {
  onUnauthorized = handler;
}

function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [[key, String(value)]],
  );
  return pairs.length === 0 ? `/api${path}` : `/api${path}?${new URLSearchParams(pairs)}`;
}

async function call<T>(method: string, path: string, { query, body, signal }: Options = {}): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { accept: "application/json" } };
  if (signal) init.signal = signal;
  if (body instanceof FormData) {
    init.body = body;
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, "content-type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(address(path, query), init);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError("offline", "", 0);
  }
  const text = await response.text();
  const json = parse(text);
  if (!response.ok) {
    const error = readError(response.status, json);
    if (error.status === 401 && path !== "/session") onUnauthorized();
    throw error;
  }
  return json as T;
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const id = encodeURIComponent;

/** One function for each operation the console uses. All throw {@link ApiError}. */
export const api = {
  setup: {
    needed: () => call<{ needed: boolean }>("GET", "/setup"),
    finish: (body: {
      token: string;
      workspace_name: string;
      name: string;
      email: string;
      password: string;
      locale: string;
    }) => call<Me>("POST", "/setup", { body }),
  },
  session: {
    current: () => call<Me>("GET", "/session"),
    signIn: (body: { email: string; password: string }) => call<Me>("POST", "/session", { body }),
    signOut: () => call<void>("DELETE", "/session"),
    list: () => call<{ items: Session[] }>("GET", "/sessions"),
    signOutEverywhere: () => call<void>("DELETE", "/sessions"),
    revoke: (session: string) => call<void>("DELETE", `/sessions/${id(session)}`),
  },
  me: {
    change: (body: { name?: string; locale?: string }) => call<Me>("PATCH", "/me", { body }),
    password: (body: { current: string; new: string }) => call<void>("POST", "/me/password", { body }),
  },
  agents: {
    list: () => call<{ items: Agent[] }>("GET", "/agents"),
    create: (body: { name: string; email: string; password: string; role: string; locale: string }) =>
      call<Agent>("POST", "/agents", { body }),
    change: (agent: string, body: { name?: string; role?: string; disabled?: boolean }) =>
      call<Agent>("PATCH", `/agents/${id(agent)}`, { body }),
  },
  channels: () => call<{ items: Channel[] }>("GET", "/channels"),
  inboxes: {
    list: () => call<{ items: Inbox[] }>("GET", "/inboxes"),
    create: (body: { kind: string; name: string; config: Record<string, string> }) =>
      call<Inbox>("POST", "/inboxes", { body }),
    change: (inbox: string, body: { name?: string; config?: Record<string, string> }) =>
      call<Inbox>("PATCH", `/inboxes/${id(inbox)}`, { body }),
    remove: (inbox: string) => call<void>("DELETE", `/inboxes/${id(inbox)}`),
    check: (inbox: string) => call<Inbox>("POST", `/inboxes/${id(inbox)}/check`, { body: {} }),
  },
  conversations: {
    list: (filter: ConversationFilter, cursor: string | undefined, signal?: AbortSignal) =>
      call<Page<Conversation>>("GET", "/conversations", {
        query: { ...filter, cursor, limit: 50 },
        signal,
      }),
    counts: () => call<Counts>("GET", "/conversations/counts"),
    one: (conversation: string) => call<Conversation>("GET", `/conversations/${id(conversation)}`),
    assign: (conversation: string, agent_id: string | null) =>
      call<Conversation>("POST", `/conversations/${id(conversation)}/assign`, { body: { agent_id } }),
    resolve: (conversation: string) =>
      call<Conversation>("POST", `/conversations/${id(conversation)}/resolve`, { body: {} }),
    reopen: (conversation: string) =>
      call<Conversation>("POST", `/conversations/${id(conversation)}/reopen`, { body: {} }),
    snooze: (conversation: string, until: number) =>
      call<Conversation>("POST", `/conversations/${id(conversation)}/snooze`, { body: { until } }),
    read: (conversation: string) =>
      call<Conversation>("POST", `/conversations/${id(conversation)}/read`, { body: {} }),
    typing: (conversation: string) =>
      call<void>("POST", `/conversations/${id(conversation)}/typing`, { body: {} }),
    labels: (conversation: string, label_ids: string[]) =>
      call<Conversation>("PUT", `/conversations/${id(conversation)}/labels`, { body: { label_ids } }),
  },
  messages: {
    page: (
      conversation: string,
      where: { before?: string; after?: string; around?: string },
      signal?: AbortSignal,
    ) =>
      call<MessagePage>("GET", `/conversations/${id(conversation)}/messages`, {
        query: { ...where, limit: 50 },
        signal,
      }),
    send: (conversation: string, body: NewMessage) =>
      call<Message>("POST", `/conversations/${id(conversation)}/messages`, { body }),
    note: (conversation: string, body: { client_id: string; text: string }) =>
      call<Message>("POST", `/conversations/${id(conversation)}/notes`, { body }),
    react: (message: string, emoji: string) =>
      call<Message>("PUT", `/messages/${id(message)}/reaction`, { body: { emoji } }),
    retry: (message: string, confirm: boolean) =>
      call<Message>("POST", `/messages/${id(message)}/retry`, { body: { confirm } }),
  },
  upload: (file: Blob, name: string, signal?: AbortSignal) => {
    const body = new FormData();
    body.append("file", file, name);
    return call<Upload>("POST", "/uploads", { body, signal });
  },
  contacts: {
    one: (contact: string) => call<Contact>("GET", `/contacts/${id(contact)}`),
    rename: (contact: string, name: string) =>
      call<Contact>("PATCH", `/contacts/${id(contact)}`, { body: { name } }),
    block: (contact: string) => call<Contact>("POST", `/contacts/${id(contact)}/block`, { body: {} }),
    unblock: (contact: string) => call<Contact>("POST", `/contacts/${id(contact)}/unblock`, { body: {} }),
  },
  labels: {
    list: () => call<{ items: Label[] }>("GET", "/labels"),
    create: (body: { name: string; color: string }) => call<Label>("POST", "/labels", { body }),
    change: (label: string, body: { name?: string; color?: string }) =>
      call<Label>("PATCH", `/labels/${id(label)}`, { body }),
    remove: (label: string) => call<void>("DELETE", `/labels/${id(label)}`),
  },
  quickReplies: {
    list: () => call<{ items: QuickReply[] }>("GET", "/quick_replies"),
    create: (body: { shortcut: string; body: string }) =>
      call<QuickReply>("POST", "/quick_replies", { body }),
    change: (reply: string, body: { shortcut?: string; body?: string }) =>
      call<QuickReply>("PATCH", `/quick_replies/${id(reply)}`, { body }),
    remove: (reply: string) => call<void>("DELETE", `/quick_replies/${id(reply)}`),
  },
  parked: {
    page: (cursor: string | undefined) =>
      call<Page<Parked>>("GET", "/parked", { query: { cursor, limit: 50 } }),
    one: (item: string) => call<Parked & { body: string }>("GET", `/parked/${id(item)}`),
    replay: (item: string) => call<void>("POST", `/parked/${id(item)}/replay`, { body: {} }),
  },
};
