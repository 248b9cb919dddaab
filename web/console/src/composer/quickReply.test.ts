import { expect, test } from "vitest";
import { fill, matching, slashWord } from "./quickReply";

const reply = (shortcut: string, body = "") => ({ id: shortcut, shortcut, body, updated_at: 0 });

test("a slash opens at the beginning of a word only", () => {
  expect(slashWord("/he", 3)).toEqual({ from: 0, to: 3, word: "he" });
  expect(slashWord("Yes /", 5)).toEqual({ from: 4, to: 5, word: "" });
  expect(slashWord("1/2", 3)).toBeNull();
  expect(slashWord("https://x", 9)).toBeNull();
  expect(slashWord("/hello there", 12)).toBeNull();
});

test("beginnings come before what only contains the word", () => {
  const replies = [reply("bye", "say hello"), reply("hello"), reply("hours")];
  expect(matching(replies, "he").map((r) => r.shortcut)).toEqual(["hello", "bye"]);
  expect(matching(replies, "")).toHaveLength(3);
  expect(matching(replies, "xyz")).toEqual([]);
});

test("variables are filled, unknown ones stay visible", () => {
  const facts = { "contact.name": "Ana {{x}}" };
  expect(fill("Hi {{contact.name}}, {{ contact.name }}! {{contact.age}}", facts)).toBe(
    "Hi Ana {{x}}, Ana {{x}}! {{contact.age}}",
  );
});
