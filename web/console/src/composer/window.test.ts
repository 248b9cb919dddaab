import { expect, test } from "vitest";
import { replyWindow, span } from "./window";

const hour = 3_600_000;
const now = 1_000 * hour;

test("the window counts down, warns, and closes by the clock", () => {
  const at = (left: number) => replyWindow({ state: "open", expires_at: now + left }, now);
  expect(at(20 * hour)).toEqual({ state: "open", left: 20 * hour });
  expect(at(2 * hour)).toEqual({ state: "closing", left: 2 * hour });
  expect(at(1)).toEqual({ state: "closing", left: 1 });
  expect(at(0)).toEqual({ state: "closed" });
  expect(at(-hour)).toEqual({ state: "closed" });
});

test("a channel without a window is always free", () => {
  expect(replyWindow({ state: "none", expires_at: null }, now)).toEqual({ state: "free" });
  expect(replyWindow({ state: "open", expires_at: null }, now)).toEqual({ state: "free" });
});

test("what the server closed stays closed", () => {
  expect(replyWindow({ state: "closed", expires_at: now + hour }, now)).toEqual({ state: "closed" });
});

test("spans are said in hours and minutes", () => {
  expect(span(19 * hour + 22 * 60_000, "en")).toBe("19 hr 22 min");
  expect(span(hour, "en")).toBe("1 hr");
  expect(span(20_000, "en")).toBe("1 min");
  expect(span(19 * hour + 22 * 60_000, "zh-CN")).toBe("19小时 22分钟");
});
