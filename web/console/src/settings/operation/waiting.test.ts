import { expect, test } from "vitest";
import type { InboxLag, Overview } from "../../api/types";
import { age, parkedIn, rows } from "./waiting";

const none = { count: 0, since: null };
const lag = (inbox_id: string, change: Partial<InboxLag> = {}): InboxLag => ({
  inbox_id,
  deliveries: none,
  queued: none,
  sending: none,
  uncertain: none,
  parked: none,
  ...change,
});
const overview = (inboxes: InboxLag[]): Overview => ({
  at: 10_000,
  inboxes,
  jobs: none,
  gaps: 0,
  audited_until: null,
});

test("every connected inbox has a row, a removed one only while something waits there", () => {
  const found = rows(
    [
      { id: "a", name: "Shop" },
      { id: "b", name: "Support" },
    ],
    overview([lag("gone", { parked: { count: 2, since: 5 } }), lag("b", { queued: { count: 1, since: 7 } })]),
  );
  expect(found.map(({ id, name }) => [id, name])).toEqual([
    ["a", "Shop"],
    ["b", "Support"],
    ["gone", null],
  ]);
  expect(found.map((row) => row.lag.queued.count)).toEqual([0, 1, 0]);
});

test("parked deliveries are summed up", () => {
  expect(parkedIn(overview([]))).toBe(0);
  const two = lag("a", { parked: { count: 2, since: 5 } });
  expect(parkedIn(overview([two, lag("b", { parked: { count: 3, since: 5 } })]))).toBe(5);
});

test("an age is by the server's clock and never negative", () => {
  expect(age({ count: 1, since: 4_000 }, 10_000)).toBe(6_000);
  expect(age({ count: 1, since: 11_000 }, 10_000)).toBe(0);
  expect(age(none, 10_000)).toBeNull();
});
