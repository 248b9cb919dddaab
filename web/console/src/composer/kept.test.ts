// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { forgetKept, type Kept, keep, kept, letGo } from "./kept";

const one: Kept = {
  clientId: "c1",
  conversation: "cv_1",
  note: false,
  body: { client_id: "c1", text: "hello" },
  text: "hello",
  at: 2,
  replyTo: null,
};

beforeEach(() => localStorage.clear());

test("what is under way survives, in the order of writing, for its own agent", () => {
  keep("ag_1", one);
  keep("ag_1", { ...one, clientId: "c0", body: { client_id: "c0", text: "first" }, text: "first", at: 1 });
  expect(kept("ag_1").map((k) => k.text)).toEqual(["first", "hello"]);
  expect(kept("ag_2")).toEqual([]);
});

test("what has arrived leaves nothing behind", () => {
  keep("ag_1", one);
  letGo("ag_1", "c1");
  expect(localStorage.length).toBe(0);
});

test("signing out forgets all of it and nothing else", () => {
  keep("ag_1", one);
  localStorage.setItem("bellhop.locale", "en");
  forgetKept();
  expect(Object.keys(localStorage)).toEqual(["bellhop.locale"]);
});

test("what somebody else wrote into the storage does no harm", () => {
  localStorage.setItem("bellhop.leaving.ag_1.c1", "{broken");
  localStorage.setItem("bellhop.leaving.ag_1.c2", '{"clientId":"c2"}');
  expect(kept("ag_1")).toEqual([]);
});
