import { expect, test } from "vitest";
import { age, stale } from "./age";

const day = 86_400_000;

test("a source grows stale by what is expected of it", () => {
  const now = 1_000 * day;
  expect(age({ taken_at: null }, now)).toBe(null);
  expect(age({ taken_at: now + 5 }, now)).toBe(0);
  expect(stale({ taken_at: null, every: "day" }, now)).toBe(false);
  expect(stale({ taken_at: now - 3 * day, every: "day" }, now)).toBe(true);
  expect(stale({ taken_at: now - 3 * day, every: "week" }, now)).toBe(false);
  expect(stale({ taken_at: now - 15 * day, every: "week" }, now)).toBe(true);
  expect(stale({ taken_at: now - 89 * day, every: "never" }, now)).toBe(false);
  expect(stale({ taken_at: now - 91 * day, every: "never" }, now)).toBe(true);
});
