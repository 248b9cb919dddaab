import { describe, expect, test } from "vitest";
import type { Conversation, ConversationFilter } from "../api/types";
import type { FeedEvent } from "./frame";
import {
  append,
  type Pages,
  prepend,
  putMessage,
  reduceItems,
  reducePages,
  type Stretch,
  stretch,
} from "./reduce";
import { conversation, message } from "./samples";

const mine: ConversationFilter = { state: "open", assignee: "me" };

const changed = (c: Conversation): FeedEvent => ({
  type: "event",
  seq: 1,
  kind: "conversation",
  conversation: c,
});

function pages(...lists: Conversation[][]): Pages<Conversation> {
  return {
    pages: lists.map((items, n) => ({ items, next_cursor: n < lists.length - 1 ? `c${n}` : null })),
    pageParams: lists.map(() => undefined),
  };
}

const ids = (p: Pages<Conversation>) => p.pages.map((page) => page.items.map((c) => c.id));

describe("the list", () => {
  test("a conversation with a new message moves to the top", () => {
    const old = pages([conversation("a", 30), conversation("b", 20)], [conversation("c", 10)]);
    expect(ids(reducePages(old, mine, "ag_me", changed(conversation("c", 40))))).toEqual([
      ["c", "a", "b"],
      [],
    ]);
  });

  test("a new one is put at its place", () => {
    const old = pages([conversation("a", 30), conversation("b", 10)]);
    expect(ids(reducePages(old, mine, "ag_me", changed(conversation("n", 20))))).toEqual([["a", "n", "b"]]);
  });

  test("one that no longer fits leaves", () => {
    const old = pages([conversation("a", 30), conversation("b", 10)]);
    const resolved = conversation("a", 30, { state: "resolved" });
    const taken = conversation("b", 10, { assignee_id: "ag_other" });
    expect(ids(reducePages(old, mine, "ag_me", changed(resolved)))).toEqual([["b"]]);
    expect(ids(reducePages(old, mine, "ag_me", changed(taken)))).toEqual([["a"]]);
  });

  test("one older than what is loaded waits for its page", () => {
    const old: Pages<Conversation> = {
      pages: [{ items: [conversation("a", 30)], next_cursor: "more" }],
      pageParams: [],
    };
    expect(ids(reducePages(old, mine, "ag_me", changed(conversation("z", 5))))).toEqual([["a"]]);
    expect(
      ids(reducePages(pages([conversation("a", 30)]), mine, "ag_me", changed(conversation("z", 5)))),
    ).toEqual([["a", "z"]]);
  });

  test("a search takes changes of what it found and nothing else", () => {
    const found = { ...mine, q: "a" };
    const old = pages([conversation("a", 30)]);
    expect(ids(reducePages(old, found, "ag_me", changed(conversation("b", 40))))).toEqual([["a"]]);
    const renamed = conversation("a", 30, { unread: 4 });
    expect(reducePages(old, found, "ag_me", changed(renamed)).pages[0]?.items[0]?.unread).toBe(4);
  });

  test("labels, inboxes and nobody's conversations are filtered", () => {
    const c = conversation("n", 50, { assignee_id: null, label_ids: ["lb_1"] });
    const at = (filter: Partial<ConversationFilter>) =>
      ids(reducePages(pages([]), { state: "open", assignee: "none", ...filter }, "ag_me", changed(c)));
    expect(at({})).toEqual([["n"]]);
    expect(at({ label: "lb_1" })).toEqual([["n"]]);
    expect(at({ label: "lb_2" })).toEqual([[]]);
    expect(at({ inbox: "ib_2" })).toEqual([[]]);
    expect(at({ assignee: "me" })).toEqual([[]]);
    expect(at({ state: "all", assignee: "any" })).toEqual([["n"]]);
  });
});

describe("the thread", () => {
  const start = (change: Partial<Stretch> = {}): Stretch => ({
    ...stretch({ items: [message("a", 10), message("b", 20)], has_before: false, has_after: false }),
    ...change,
  });
  const order = (s: Stretch) => s.items.map((m) => m.id);

  test("a new message is added, a known one is replaced where it stands", () => {
    const added = putMessage(start(), message("c", 30));
    expect(order(added)).toEqual(["a", "b", "c"]);
    const edited = putMessage(added, message("b", 20, { edited_at: 25 }));
    expect(order(edited)).toEqual(["a", "b", "c"]);
    expect(edited.items[1]?.edited_at).toBe(25);
  });

  test("a message that comes late stands in the order of the ids", () => {
    expect(order(putMessage(start(), message("aa", 15)))).toEqual(["a", "b", "aa"]);
    expect(
      order(putMessage(start({ items: [message("a", 10), message("c", 20)] }), message("b", 30))),
    ).toEqual(["a", "b", "c"]);
  });

  test("what lies outside the loaded stretch is left to its page", () => {
    expect(order(putMessage(start({ hasAfter: true }), message("c", 30)))).toEqual(["a", "b"]);
    expect(order(putMessage(start({ hasBefore: true }), message("A", 1)))).toEqual(["a", "b"]);
  });

  test("older and newer pages join without doubles, and the index base follows", () => {
    const old = start({ hasBefore: true, hasAfter: true });
    const more = prepend(old, {
      items: [message("z", 1), message("a", 10)],
      has_before: false,
      has_after: true,
    });
    expect(order(more)).toEqual(["z", "a", "b"]);
    expect(more.base).toBe(old.base - 1);
    expect(more.hasBefore).toBe(false);
    const newer = append(more, {
      items: [message("b", 20), message("c", 30)],
      has_before: true,
      has_after: false,
    });
    expect(order(newer)).toEqual(["z", "a", "b", "c"]);
    expect(newer.hasAfter).toBe(false);
  });
});

test("small lists are added to, changed and shortened", () => {
  const list = { items: [{ id: "1", n: 1 }] };
  expect(reduceItems(list, { id: "2", n: 2 }, null).items).toHaveLength(2);
  expect(reduceItems(list, { id: "1", n: 9 }, null).items).toEqual([{ id: "1", n: 9 }]);
  expect(reduceItems(list, null, "1").items).toEqual([]);
});
