import { expect, test } from "vitest";
import type { LanguageModel } from "../../api/types";
import { draftOf, keyFate, share, valuesOf } from "./draft";

const model: LanguageModel = {
  address: "http://localhost:11434/v1",
  model: "small",
  has_key: true,
  answers: false,
  assists: true,
  cross_border: true,
  tokens_a_day: 2_000,
  tokens_a_contact: 1_000,
  abilities: { streams: true, json: true, temperature: true, newer_limit: false },
  checked_at: 1,
};

test("what is not changed goes back as it came, and no key keeps the one that is there", () => {
  const { has_key: _has, abilities: _abilities, checked_at: _at, ...rest } = model;
  expect(valuesOf(draftOf(model))).toEqual(rest);
  expect(valuesOf({ ...draftOf(model), key: "k" })).toEqual({ ...rest, key: "k" });
});

test("an empty budget is for the server to refuse", () => {
  expect(valuesOf({ ...draftOf(null), tokens_a_day: "", tokens_a_contact: "" })).toMatchObject({
    tokens_a_day: 0,
    tokens_a_contact: 0,
  });
});

test("a key stays with its address, a slash at the end or not", () => {
  expect(keyFate("", null)).toBe("none");
  expect(keyFate(model.address, { ...model, has_key: false })).toBe("none");
  expect(keyFate(` ${model.address}/ `, model)).toBe("kept");
  expect(keyFate("https://models.example.com/v1", model)).toBe("anew");
});

test("a bar is never more than full", () => {
  expect([share(0, 1_000), share(250, 1_000), share(1_100, 1_000), share(-5, 1_000)]).toEqual([
    0, 25, 100, 0,
  ]);
});
