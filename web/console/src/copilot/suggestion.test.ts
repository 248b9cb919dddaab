import { expect, test } from "vitest";
import type { Suggestion } from "../api/types";
import { firstBlank, isInternal, sourceKey, takenBy, unchanged } from "./suggestion";

const article: Suggestion = {
  source: { kind: "article", id: "ar_1", title: "Refunds", locale: "en", internal: true },
  text: "Five days.",
  confidence: 80,
  question: null,
  words: [],
};

test("a source has a name, and what is internal is told", () => {
  const reply: Suggestion = { ...article, source: { kind: "quick_reply", id: "qr_1", shortcut: "hi" } };
  expect([sourceKey(article), sourceKey(reply)]).toEqual(["article ar_1", "quick_reply qr_1"]);
  expect([isInternal(article), isInternal(reply)]).toEqual([true, false]);
});

test("what is left open is found", () => {
  expect(firstBlank("Order ___ is at ___.")).toEqual({ from: 6, to: 9 });
  expect(firstBlank("Five days.")).toBeNull();
});

test("spaces around a text change nothing, words do", () => {
  expect(unchanged("Five days. ", "Five days.")).toBe(true);
  expect(unchanged("Six days.", "Five days.")).toBe(false);
});

test("Alt with a digit takes one, whatever the layout writes there", () => {
  const key = { altKey: true, ctrlKey: false, metaKey: false, code: "Digit2" };
  expect(takenBy(key)).toBe(1);
  expect(takenBy({ ...key, code: "Numpad1" })).toBe(0);
  for (const other of [{ code: "Digit4" }, { altKey: false }, { ctrlKey: true }, { metaKey: true }]) {
    expect(takenBy({ ...key, ...other })).toBeNull();
  }
});
