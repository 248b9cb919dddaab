import { expect, test } from "vitest";
import { moving, upTo } from "./shares";

test("a band ends where the next begins", () => {
  expect([0, 25, 50, 75, 90].map(upTo)).toEqual([25, 50, 75, 90, 100]);
});

test("what hardly moved is not told", () => {
  const share = (before: number, now: number, confidence: number | null = null) => ({
    intent_id: null,
    language: null,
    confidence,
    before,
    now,
  });
  const [up, down] = [share(0.12, 0.31), share(0.3, 0.2)];
  expect(moving([up, share(0.2, 0.205), down])).toEqual([up, down]);
  const [sure, unsure] = [share(0.6, 0.2, 90), share(0.1, 0.4, 25)];
  expect(moving([sure, unsure])).toEqual([unsure, sure]);
});
