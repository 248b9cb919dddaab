import { expect, test } from "vitest";
import type { Intent } from "../../api/types";
import { draftOf, valuesOf } from "./draft";

const intent: Intent = {
  id: "it_1",
  name: "Late parcel",
  description: "",
  answer: { do: "say", texts: { en: "Soon.", es: "Pronto." } },
  enabled: true,
  examples: 6,
  waiting: 0,
  created_at: 1,
  updated_at: 1,
};

test("an intent comes out of a form as it went in", () => {
  const values = valuesOf(draftOf(intent, "en"));
  expect(values).toEqual({ name: "Late parcel", description: "", enabled: true, answer: intent.answer });
  const people: Intent = { ...intent, answer: { do: "hand_over", team_id: null } };
  expect(valuesOf(draftOf(people, "en"))?.answer).toEqual(people.answer);
});

test("what is not finished is not saved", () => {
  const empty = draftOf(null, "zh-CN");
  expect(empty.texts).toEqual([{ language: "zh-Hans", text: "" }]);
  expect(valuesOf(empty)).toBeNull();
  expect(valuesOf({ ...empty, name: "x" })).toBeNull();
  expect(valuesOf({ ...empty, name: "x", does: "article" })).toBeNull();
  const written = valuesOf({ ...draftOf(intent, "en"), texts: [{ language: "en", text: " " }] });
  expect(written).toBeNull();
});
