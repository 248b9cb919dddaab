// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { emptyDraft, forgetDrafts, keepDraft, readDraft } from "./draft";

const draft = { text: "hello", note: "", replyTo: "ms_1" };

beforeEach(() => localStorage.clear());

test("a draft is kept for one agent and one conversation", () => {
  keepDraft("ag_1", "cv_1", draft);
  expect(readDraft("ag_1", "cv_1")).toEqual(draft);
  expect(readDraft("ag_1", "cv_2")).toEqual(emptyDraft);
  expect(readDraft("ag_2", "cv_1")).toEqual(emptyDraft);
});

test("an empty draft leaves nothing behind", () => {
  keepDraft("ag_1", "cv_1", draft);
  keepDraft("ag_1", "cv_1", emptyDraft);
  expect(localStorage.length).toBe(0);
});

test("signing out forgets all drafts and nothing else", () => {
  keepDraft("ag_1", "cv_1", draft);
  keepDraft("ag_2", "cv_9", draft);
  localStorage.setItem("bellhop.locale", "en");
  forgetDrafts();
  expect(Object.keys(localStorage)).toEqual(["bellhop.locale"]);
});

test("what somebody else wrote into the storage does no harm", () => {
  localStorage.setItem("bellhop.draft.ag_1.cv_1", "{broken");
  expect(readDraft("ag_1", "cv_1")).toEqual(emptyDraft);
  localStorage.setItem("bellhop.draft.ag_1.cv_1", '{"text":5}');
  expect(readDraft("ag_1", "cv_1")).toEqual(emptyDraft);
});
