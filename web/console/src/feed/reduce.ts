import type { Conversation, ConversationFilter, Counts, Message, MessagePage, Page } from "../api/types";
import type { FeedEvent } from "./frame";

/** The loaded stretch of one conversation's messages, oldest first. */
export interface Stretch {
  items: Message[];
  hasBefore: boolean;
  hasAfter: boolean;
  /** Index of the first item in an endless list; falls by one with each older message put in front. */
  base: number;
}

export interface Pages<T> {
  pages: Page<T>[];
  pageParams: unknown[];
}

const startBase = 1_000_000;

export function stretch(page: MessagePage): Stretch {
  return { items: page.items, hasBefore: page.has_before, hasAfter: page.has_after, base: startBase };
}

/** Puts an older page in front; messages that are already there are not doubled. */
export function prepend(old: Stretch, page: MessagePage): Stretch {
  const here = new Set(old.items.map((m) => m.id));
  const older = page.items.filter((m) => !here.has(m.id));
  return {
    ...old,
    items: [...older, ...old.items],
    hasBefore: page.has_before,
    base: old.base - older.length,
  };
}

/** Puts a newer page behind. */
export function append(old: Stretch, page: MessagePage): Stretch {
  const here = new Set(old.items.map((m) => m.id));
  const newer = page.items.filter((m) => !here.has(m.id));
  return { ...old, items: [...old.items, ...newer], hasAfter: page.has_after };
}

/** Whether a message stands before another: ids of one conversation ascend in the order of its thread. */
function before(one: Message, other: Message): boolean {
  return one.id.length === other.id.length ? one.id < other.id : one.id.length < other.id.length;
}

/** Replaces a message where it stands, or adds it at its place when that is loaded. */
export function putMessage(old: Stretch, message: Message): Stretch {
  const at = old.items.findIndex((m) => m.id === message.id);
  if (at >= 0) {
    const items = old.items.slice();
    items[at] = message;
    return { ...old, items };
  }
  let place = old.items.length;
  for (
    let previous = old.items[place - 1];
    previous && before(message, previous);
    previous = old.items[place - 1]
  ) {
    place -= 1;
  }
  if (place === old.items.length && old.hasAfter) return old;
  if (place === 0 && old.hasBefore) return old;
  const items = old.items.slice();
  items.splice(place, 0, message);
  return { ...old, items };
}

export function reduceStretch(old: Stretch, conversation: string, event: FeedEvent): Stretch {
  const message = event.message;
  return message && message.conversation_id === conversation ? putMessage(old, message) : old;
}

/** The moment that orders the list. */
export function activity(conversation: Conversation): number {
  return conversation.updated_at;
}

/**
 * Whether a conversation belongs into a list; `null` where only the server can say, because the
 * list is a search.
 */
export function belongs(conversation: Conversation, filter: ConversationFilter, me: string): boolean | null {
  if (filter.state !== "all" && conversation.state !== filter.state) return false;
  if (filter.assignee === "me" && conversation.assignee_id !== me) return false;
  if (filter.assignee === "none" && conversation.assignee_id !== null) return false;
  if (filter.inbox && conversation.inbox_id !== filter.inbox) return false;
  if (filter.label && !conversation.label_ids.includes(filter.label)) return false;
  return filter.q ? null : true;
}

/** Moves a changed conversation to its place in a list, or out of it. */
export function reducePages(
  old: Pages<Conversation>,
  filter: ConversationFilter,
  me: string,
  event: FeedEvent,
): Pages<Conversation> {
  const changed = event.conversation;
  if (!changed) return old;
  const present = old.pages.some((p) => p.items.some((c) => c.id === changed.id));
  const wanted = belongs(changed, filter, me) ?? present;
  if (!present && !wanted) return old;

  const pages = old.pages.map((p) => ({ ...p, items: p.items.filter((c) => c.id !== changed.id) }));
  if (wanted) insert(pages, changed);
  return { ...old, pages };
}

function insert(pages: Page<Conversation>[], conversation: Conversation) {
  for (const page of pages) {
    const at = page.items.findIndex((c) => activity(c) <= activity(conversation));
    if (at >= 0) {
      page.items.splice(at, 0, conversation);
      return;
    }
  }
  // Older than everything loaded: it will come with its page, unless this was the last one.
  const last = pages.at(-1);
  if (last && last.next_cursor === null) last.items.push(conversation);
}

/** Replaces, adds or removes one entry of a small complete list (labels, people, …). */
export function reduceItems<T extends { id: string }>(
  old: { items: T[] },
  changed: T | null | undefined,
  deleted: string | null | undefined,
): { items: T[] } {
  if (deleted) return { items: old.items.filter((i) => i.id !== deleted) };
  if (!changed) return old;
  const here = old.items.some((i) => i.id === changed.id);
  return {
    items: here ? old.items.map((i) => (i.id === changed.id ? changed : i)) : [...old.items, changed],
  };
}

/** Conversations that wait for this agent: what the window's title and the app's badge show. */
export function waiting(counts: Counts | undefined): number {
  return counts ? counts.mine.unread + counts.unassigned.unread : 0;
}
