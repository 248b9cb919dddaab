import { expect, test } from "vitest";
import { draftBegun, draftOf, reviewDay, reviewTime } from "./draft";

test("a day comes back as it was chosen", () => {
  for (const day of ["2026-01-01", "2026-11-29", "2028-02-29"]) expect(reviewDay(reviewTime(day))).toBe(day);
  expect(reviewTime("")).toBeNull();
  expect(reviewTime("nonsense")).toBeNull();
  expect(reviewDay(null)).toBe("");
});

test("a new article begins as an answer in the reader's language", () => {
  expect(draftOf(null, "zh-CN")).toMatchObject({ kind: "answer", locale: "zh-CN", audience: "public" });
});

test("a draft begins with what customers asked", () => {
  const begun = {
    title: "do you ship to Norway",
    body: "Within a week.",
    questions: ["shipping?", "to Norway?"],
    locale: "",
    sources: [],
  };
  const draft = draftBegun(begun, "zh-CN");
  expect([draft.title, draft.body, draft.questions, draft.locale]).toEqual([
    "do you ship to Norway",
    "Within a week.",
    "shipping?\nto Norway?",
    "zh-CN",
  ]);
  expect(draftBegun({ ...begun, locale: "en" }, "zh-CN").locale).toBe("en");
});
